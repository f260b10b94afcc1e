//! Pictures, written anew from their pixels: what a camera wrote about place, time
//! and device stays behind, and so does whatever hides behind the last pixel. The
//! way up that the camera noted is applied first: a photo does not turn.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

use crate::{Bad, FileType};

/// Pixels of a picture: a telephone's 50 megapixels. Asked of the header, before
/// anything is decoded.
pub(crate) const PIXELS_MAX: u64 = 50_000_000;
/// Pixels in a row or a column.
const SIDE_MAX: u32 = 30_000;
/// Memory that decoding may take, bytes.
const MEMORY_MAX: u64 = 256 * 1024 * 1024;
/// Passes over a JPEG's pixels; a camera writes ten. Each takes as long as the whole
/// picture, however little it says.
const SCANS_MAX: usize = 100;
/// Of a hundred: letters of a photographed page stay clear.
const QUALITY: u8 = 88;

/// # Errors
/// Too many pixels, or broken.
pub(crate) fn anew(bytes: &[u8], kind: FileType) -> Result<Vec<u8>, Bad> {
    // FF DA begins a pass, and stands nowhere within one (ITU-T T.81 §B.1.1.5).
    if kind == FileType::Jpeg && bytes.windows(2).filter(|pair| pair == b"\xff\xda").count() > SCANS_MAX {
        return Err(Bad::TooMuch);
    }
    let format = if kind == FileType::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(wrong)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX || width.max(height) > SIDE_MAX {
        return Err(Bad::TooManyPixels);
    }
    let orientation = decoder.orientation().map_err(wrong)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(wrong)?;
    picture.apply_orientation(orientation);
    let mut written = Cursor::new(Vec::with_capacity(bytes.len()));
    let done = match kind {
        FileType::Png => picture.write_to(&mut written, ImageFormat::Png),
        _ if picture.color().has_color() => {
            picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut written, QUALITY))
        }
        _ => picture.to_luma8().write_with_encoder(JpegEncoder::new_with_quality(&mut written, QUALITY)),
    };
    done.map_err(wrong)?;
    Ok(written.into_inner())
}

fn wrong(error: ImageError) -> Bad {
    match error {
        ImageError::Limits(_) => Bad::TooManyPixels,
        _ => Bad::Broken,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    /// A photo that lies on its side, with its place and a comment.
    pub(crate) fn photo(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        let bytes = bytes.into_inner();
        // TIFF, little endian: one directory of two entries, orientation 6 and a GPS pointer.
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
        exif.extend_from_slice(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0");
        exif.extend_from_slice(b"\x01\0\x01\0\x02\0\x02\0\0\0N\0\0\0\0\0\0\0GPS 31.9N 35.2E");
        let segment = |mark: u8, body: &[u8]| {
            let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
            [&[0xff, mark], &length[..], body].concat()
        };
        [&bytes[..2], &segment(0xe1, &exif), &segment(0xfe, b"at home in Ramallah"), &bytes[2..]].concat()
    }

    fn holds(bytes: &[u8], words: &[u8]) -> bool {
        bytes.windows(words.len()).any(|part| part == words)
    }

    #[test]
    fn a_photo_loses_its_place_and_keeps_its_way_up() {
        let photo = photo(40, 20);
        assert!(holds(&photo, b"Exif") && holds(&photo, b"31.9N") && holds(&photo, b"Ramallah"));
        let kept = anew(&photo, FileType::Jpeg).unwrap();
        for words in [&b"Exif"[..], b"GPS", b"Ramallah"] {
            assert!(!holds(&kept, words), "{words:?}");
        }
        let picture = image::load_from_memory(&kept).unwrap();
        assert_eq!((picture.width(), picture.height()), (20, 40), "it was turned before its note was dropped");
        let behind = [&png(4, 4), &b"PK\x03\x04 a second file"[..]].concat();
        assert!(!holds(&anew(&behind, FileType::Png).unwrap(), b"second file"));
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        let mut bomb = png(1, 1);
        bomb[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
        let sum = crc(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&sum);
        assert_eq!(anew(&bomb, FileType::Png), Err(Bad::TooManyPixels));
        let passes = [&photo(4, 4)[..], &b"\xff\xda\0\x02".repeat(SCANS_MAX)].concat();
        assert_eq!(anew(&passes, FileType::Jpeg), Err(Bad::TooMuch));
    }

    /// ISO 15948 annex D.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
        })
    }
}
