//! A drawn portrait for each person of the sample: flat shapes whose colours and
//! sizes follow from the ID number, and hatching that says that it is a sample.
//! No face of anybody.
//!
//! The file is a PNG with a palette and no compression (W3C PNG, third edition,
//! §11; RFC 1951 §3.2.4), so that it needs no encoder.

use serde_json::{Value, json};

use crate::population::{Dice, Person, Sex};

/// Pixels across and down.
const WIDTH: i32 = 96;
const HEIGHT: i32 = 120;
/// Bytes of a row of four-bit pixels.
const ROW_BYTES: usize = 48;
/// The height of the hatched band at the bottom, pixels.
const BAND: i32 = 14;

/// Places in the palette.
#[derive(Clone, Copy)]
enum Paint {
    Ground,
    Skin,
    Hair,
    Cloth,
    Line,
    Hatch,
}

/// The portrait of a person as the civil registry answers it.
pub(crate) fn photo(person: &Person) -> Value {
    let taken = person.born.plus_years(16);
    json!({
        "media_type": "image/png",
        "base64": seal::digest::base64(&png(person)),
        "taken_on": taken.to_string(),
        "sample": true,
    })
}

/// Sizes of a face, pixels.
struct Shape {
    half_width: i32,
    half_height: i32,
    shoulders: i32,
    scarf: bool,
    beard: bool,
}

fn png(person: &Person) -> Vec<u8> {
    let seed = person.id_number.as_str().parse().unwrap_or(0);
    let dice = Dice::new(seed);
    let woman = person.sex == Sex::Female;
    let shape = Shape {
        half_width: dice.between(17, 21),
        half_height: dice.between(23, 28),
        shoulders: dice.between(34, 42),
        scarf: woman && dice.percent(50),
        beard: !woman && dice.percent(40),
    };
    let skin = *dice.pick(&[[0xe8, 0xc3, 0x9e], [0xd9, 0xa8, 0x7c], [0xc6, 0x8f, 0x63], [0xf0, 0xd2, 0xb4]]);
    let hair = *dice.pick(&[[0x2b, 0x1d, 0x14], [0x4a, 0x33, 0x22], [0x6b, 0x6b, 0x6b], [0x1b, 0x1b, 0x18]]);
    let cloth = *dice.pick(&[[0x1f, 0x5c, 0x3f], [0x0b, 0x5c, 0x8a], [0x5b, 0x3a, 0x8c], [0x7a, 0x4a, 0x00]]);
    let palette = [[0xf7, 0xf4, 0xed], skin, hair, cloth, [0x1b, 0x1b, 0x18], [0xa6, 0x19, 0x2e]];
    let mut raw = Vec::new();
    for down in 0..HEIGHT {
        // Each row begins with its filter: none.
        raw.push(0);
        let row: Vec<u8> = (0..WIDTH).map(|across| paint(&shape, woman, across, down) as u8).collect();
        raw.extend(row.chunks(2).map(|pair| (pair[0] << 4) | pair[1]));
        debug_assert_eq!(row.len() / 2, ROW_BYTES);
    }
    let size = |pixels: i32| pixels.unsigned_abs().to_be_bytes();
    let mut header = Vec::new();
    header.extend([size(WIDTH), size(HEIGHT)].concat());
    // Four bits, palette, deflate, adaptive filters, not interlaced.
    header.extend([4, 3, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"PLTE", palette.concat()), (b"IDAT", stored(&raw)), (b"IEND", Vec::new())]
    {
        chunk(&mut file, kind, &data);
    }
    file
}

/// What lies at a pixel.
fn paint(shape: &Shape, woman: bool, across: i32, down: i32) -> Paint {
    let (centre, middle) = (WIDTH / 2, 52);
    let inside = |half_width: i32, half_height: i32, low: i32| {
        let (x, y) = (across - centre, down - middle - low);
        x * x * half_height * half_height + y * y * half_width * half_width
            <= half_width * half_width * half_height * half_height
    };
    let eye = |side: i32| (across - centre - side * 8).abs() <= 2 && (down - middle + 3).abs() <= 1;
    let mouth = (across - centre).abs() <= 6 && (down - middle - 12).abs() <= 1;
    let face = inside(shape.half_width, shape.half_height, 0);
    let brow = down < middle - shape.half_height / 2;
    if down >= HEIGHT - BAND {
        return if (across + down) % 8 < 4 { Paint::Hatch } else { Paint::Ground };
    }
    if face && !brow && (eye(-1) || eye(1) || mouth) {
        return Paint::Line;
    }
    if face && !brow {
        let bearded = shape.beard && down > middle + 6 && !mouth;
        return if bearded { Paint::Hair } else { Paint::Skin };
    }
    if shape.scarf && inside(shape.half_width + 8, shape.half_height + 12, 4) {
        return Paint::Cloth;
    }
    let hair = if woman {
        inside(shape.half_width + 6, shape.half_height + 12, 8)
    } else {
        inside(shape.half_width + 3, shape.half_height + 4, -4) && down < middle
    };
    if hair {
        return Paint::Hair;
    }
    if (across - centre).abs() <= 8 && down < 94 && down > middle {
        return Paint::Skin;
    }
    let slope = (down - 86).clamp(0, 14) + shape.shoulders - 14;
    if down >= 86 && (across - centre).abs() <= slope {
        return Paint::Cloth;
    }
    Paint::Ground
}

/// Data as deflate's stored blocks in a zlib frame (RFC 1950).
fn stored(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = raw.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in raw {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    out.extend(((high << 16) | low).to_be_bytes());
    out
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    file.extend(length.to_be_bytes());
    let begins = file.len();
    file.extend(kind);
    file.extend(data);
    let sum = crc(&file[begins..]);
    file.extend(sum.to_be_bytes());
}

/// CRC-32 as PNG has it (§ Annex D).
fn crc(data: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in data {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::Population;

    #[test]
    fn a_portrait_is_the_persons_own_and_small() {
        let population = Population::grow();
        let [one, other] = [0, 1].map(|index| png(&population.people()[index]));
        assert_eq!(one, png(&population.people()[0]));
        assert_ne!(one, other);
        assert!(one.starts_with(b"\x89PNG\r\n\x1a\n") && one.len() < 8_192, "{}", one.len());
    }

    #[test]
    fn sums_are_those_of_the_standards() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        assert!(stored(b"abc").ends_with(&0x024d_0127_u32.to_be_bytes()));
    }
}
