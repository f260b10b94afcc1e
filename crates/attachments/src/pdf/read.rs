//! Reads the objects of a PDF from its first octet to its last (§7.3, §7.5): what is
//! there later takes the place of what was there before, as with an update at the end.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::DEPTH_MAX;
use crate::Bad;

/// Values that a file holds, in all its objects.
const VALUES_MAX: usize = 1_000_000;
/// What all object streams hold unpacked, bytes.
const UNPACKED_MAX: usize = 32 * 1024 * 1024;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    /// `true`, `false`, `null`.
    Word(&'static str),
    /// As it is written.
    Number(Box<[u8]>),
    /// Without its escapes.
    Name(Vec<u8>),
    /// Without its escapes.
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Entries),
    /// With where its octets lie in the file.
    Stream(Entries, std::ops::Range<usize>),
    Reference(u32),
}

pub(super) type Entries = Vec<(Vec<u8>, Object)>;

const NULL: Object = Object::Word("null");

impl Object {
    /// A value of a dictionary; the last of two.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let (Self::Dictionary(entries) | Self::Stream(entries, _)) = self else { return None };
        entries.iter().rev().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value)
    }
    pub(super) fn name(&self, name: &str) -> Option<&[u8]> {
        match self.get(name)? {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
    fn count(&self) -> Option<usize> {
        match self {
            Self::Number(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
            _ => None,
        }
    }
}

/// A file's objects.
pub(super) struct File<'f> {
    pub(super) bytes: &'f [u8],
    objects: BTreeMap<u32, Object>,
    root: Option<u32>,
    locked: bool,
}

impl<'f> File<'f> {
    pub(super) fn read(bytes: &'f [u8]) -> Result<Self, Bad> {
        let mut file = File { bytes, objects: BTreeMap::new(), root: None, locked: false };
        let mut reader = Reader::new(bytes);
        let mut packed = Vec::new();
        while reader.space() {
            let at = reader.at;
            if let Some(number) = reader.begins_object() {
                let object = reader.object_with_stream(number, &mut packed)?;
                if object.name("Type") == Some(b"XRef") {
                    file.trailer(&object);
                }
                file.objects.insert(number, object);
            } else if reader.word(b"trailer") {
                reader.space();
                let trailer = reader.value(0)?;
                file.trailer(&trailer);
            } else {
                // The table and whatever else: nothing here is believed.
                reader.at = at;
                reader.skip_word();
            }
        }
        file.unpack(&packed, reader.values)?;
        Ok(file)
    }

    fn trailer(&mut self, entries: &Object) {
        if let Some(Object::Reference(root)) = entries.get("Root") {
            self.root = Some(*root);
        }
        self.locked |= entries.get("Encrypt").is_some();
    }

    /// Objects that lie in streams (§7.5.7); those that stand in the file go before.
    fn unpack(&mut self, packed: &[u32], mut values: usize) -> Result<(), Bad> {
        let mut left = UNPACKED_MAX;
        let mut found = BTreeMap::new();
        for number in packed {
            let Some(stream @ Object::Stream(_, range)) = self.objects.get(number) else { continue };
            let octets = &self.bytes[range.clone()];
            let plain = match stream.get("Filter").map(|filter| self.follow(filter)) {
                None => octets.to_vec(),
                Some(Object::Name(filter)) if filter == b"FlateDecode" => unpacked(octets, left)?,
                Some(Object::Array(filters)) if filters[..] == [Object::Name(b"FlateDecode".to_vec())] => {
                    unpacked(octets, left)?
                }
                Some(_) => return Err(Bad::TooMuch),
            };
            if stream.get("DecodeParms").is_some() {
                return Err(Bad::TooMuch);
            }
            left = left.checked_sub(plain.len()).ok_or(Bad::TooMuch)?;
            let count = |name: &str| stream.get(name).map(|value| self.follow(value)).and_then(Object::count);
            let (count, first) = (count("N").ok_or(Bad::Broken)?, count("First").ok_or(Bad::Broken)?);
            let mut heads = Reader::new(&plain);
            for _ in 0..count.min(VALUES_MAX) {
                let (Some(number), Some(offset)) = (heads.number(), heads.number()) else { return Err(Bad::Broken) };
                let mut reader = Reader { bytes: &plain, at: first.saturating_add(offset), values };
                reader.space();
                let object = reader.value(0)?;
                values = reader.values;
                found.insert(u32::try_from(number).map_err(|_| Bad::Broken)?, object);
            }
        }
        for (number, object) in found {
            self.objects.entry(number).or_insert(object);
        }
        Ok(())
    }

    pub(super) fn is_locked(&self) -> bool {
        self.locked
    }
    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }
    pub(super) fn object(&self, number: u32) -> Option<&Object> {
        self.objects.get(&number)
    }
    /// The catalogue.
    pub(super) fn root(&self) -> Option<&Object> {
        let named = self.root.and_then(|number| self.objects.get(&number));
        named.or_else(|| self.objects.values().find(|object| object.name("Type") == Some(b"Catalog")))
    }
    /// What a reference leads to; null when it leads nowhere.
    pub(super) fn follow<'o>(&'o self, object: &'o Object) -> &'o Object {
        let mut object = object;
        for _ in 0..DEPTH_MAX {
            let Object::Reference(number) = object else { return object };
            object = self.objects.get(number).unwrap_or(&NULL);
        }
        &NULL
    }
}

fn unpacked(octets: &[u8], most: usize) -> Result<Vec<u8>, Bad> {
    let mut plain = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    ZlibDecoder::new(octets).take(limit).read_to_end(&mut plain).map_err(|_| Bad::Broken)?;
    if plain.len() > most { Err(Bad::TooMuch) } else { Ok(plain) }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Values read so far.
    values: usize,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_mark(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'b> Reader<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, values: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Past spaces and comments; false at the end.
    fn space(&mut self) -> bool {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return true;
            }
        }
        false
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let there = self.rest().starts_with(word);
        self.at += if there { word.len() } else { 0 };
        there
    }

    fn skip_word(&mut self) {
        self.at += 1;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_mark(byte)) {
            self.at += 1;
        }
    }

    /// A number without sign, after spaces.
    fn number(&mut self) -> Option<usize> {
        self.space();
        let digits: Vec<u8> = self.rest().iter().copied().take(11).take_while(u8::is_ascii_digit).collect();
        self.at += digits.len();
        std::str::from_utf8(&digits).ok()?.parse().ok()
    }

    /// `12 0 obj`; where it does not stand, nothing is read.
    fn begins_object(&mut self) -> Option<u32> {
        let at = self.at;
        let begun = (|| {
            let number = self.number()?;
            self.number()?;
            self.space();
            if self.word(b"obj") { u32::try_from(number).ok() } else { None }
        })();
        if begun.is_none() {
            self.at = at;
        }
        begun
    }

    fn object_with_stream(&mut self, number: u32, packed: &mut Vec<u32>) -> Result<Object, Bad> {
        self.space();
        let object = self.value(0)?;
        self.space();
        let Object::Dictionary(entries) = object else { return Ok(object) };
        if !self.word(b"stream") {
            return Ok(Object::Dictionary(entries));
        }
        if !self.word(b"\r\n") && !self.word(b"\n") {
            self.word(b"\r");
        }
        let start = self.at;
        let object = Object::Dictionary(entries);
        let ends = |at: usize| {
            let after = self.bytes.get(at..).unwrap_or_default();
            let after = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")).unwrap_or(after);
            after.strip_prefix(b"\r").unwrap_or(after).starts_with(b"endstream")
        };
        let said = object.get("Length").and_then(Object::count).and_then(|length| start.checked_add(length));
        let end = match said.filter(|end| ends(*end)) {
            Some(end) => end,
            // The length stands elsewhere or is wrong: readers look for the end.
            None => {
                let at = find(self.rest(), b"endstream").ok_or(Bad::Broken)?;
                let octets = &self.rest()[..at];
                let octets = octets.strip_suffix(b"\n").unwrap_or(octets);
                start + octets.strip_suffix(b"\r").unwrap_or(octets).len()
            }
        };
        self.at = end;
        self.space();
        self.word(b"endstream");
        if object.name("Type") == Some(b"ObjStm") {
            packed.push(number);
        }
        let Object::Dictionary(entries) = object else { return Err(Bad::Broken) };
        Ok(Object::Stream(entries, start..end))
    }

    fn value(&mut self, depth: usize) -> Result<Object, Bad> {
        self.values += 1;
        if depth > DEPTH_MAX || self.values > VALUES_MAX {
            return Err(Bad::TooMuch);
        }
        match self.peek().ok_or(Bad::Broken)? {
            b'/' => Ok(Object::Name(self.named())),
            b'(' => self.text(),
            b'[' => {
                self.at += 1;
                let mut each = Vec::new();
                loop {
                    self.space();
                    if self.word(b"]") {
                        return Ok(Object::Array(each));
                    }
                    each.push(self.value(depth + 1)?);
                }
            }
            b'<' if self.word(b"<<") => self.entries(depth),
            b'<' => self.hex(),
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.number_or_reference(),
            _ => {
                let words = [("true", &b"true"[..]), ("false", b"false"), ("null", b"null")];
                let found = words.into_iter().find(|(_, word)| self.rest().starts_with(word));
                let (text, word) = found.ok_or(Bad::Broken)?;
                self.at += word.len();
                Ok(Object::Word(text))
            }
        }
    }

    fn entries(&mut self, depth: usize) -> Result<Object, Bad> {
        let mut entries = Vec::new();
        loop {
            self.space();
            if self.word(b">>") {
                return Ok(Object::Dictionary(entries));
            }
            if self.peek() != Some(b'/') {
                return Err(Bad::Broken);
            }
            let name = self.named();
            self.space();
            entries.push((name, self.value(depth + 1)?));
        }
    }

    /// A name, its `#20` read.
    fn named(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| !is_space(*byte) && !is_mark(*byte)) {
            self.at += 1;
            let escaped = (byte == b'#').then(|| self.bytes.get(self.at..self.at + 2).and_then(octet)).flatten();
            self.at += if escaped.is_some() { 2 } else { 0 };
            name.push(escaped.unwrap_or(byte));
        }
        name
    }

    fn hex(&mut self) -> Result<Object, Bad> {
        self.at += 1;
        let end = self.rest().iter().position(|byte| *byte == b'>').ok_or(Bad::Broken)?;
        let mut digits: Vec<u8> = self.rest()[..end].iter().copied().filter(|byte| !is_space(*byte)).collect();
        self.at += end + 1;
        if digits.len() % 2 == 1 {
            digits.push(b'0');
        }
        let octets: Option<Vec<u8>> = digits.chunks(2).map(octet).collect();
        octets.map(Object::Text).ok_or(Bad::Broken)
    }

    fn text(&mut self) -> Result<Object, Bad> {
        self.at += 1;
        let (mut text, mut open) = (Vec::new(), 1_usize);
        loop {
            let byte = self.peek().ok_or(Bad::Broken)?;
            self.at += 1;
            match byte {
                b'\\' => self.escape(&mut text)?,
                b')' if open == 1 => return Ok(Object::Text(text)),
                other => {
                    open = if other == b'(' { open + 1 } else { open - usize::from(other == b')') };
                    text.push(other);
                }
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Bad> {
        let byte = self.peek().ok_or(Bad::Broken)?;
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => drop(self.word(b"\n")),
            b'\n' => {}
            b'0'..=b'7' => {
                self.at -= 1;
                let digits = self.rest().iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte));
                let (count, code) =
                    digits.fold((0, 0_u32), |(count, code), digit| (count + 1, code * 8 + u32::from(digit - b'0')));
                self.at += count;
                text.push(u8::try_from(code & 0xff).unwrap_or(0));
            }
            other => text.push(other),
        }
        Ok(())
    }

    fn number_or_reference(&mut self) -> Result<Object, Bad> {
        let at = self.at;
        if let Some(number) = self.number()
            && self.peek().is_some_and(is_space)
            && self.number().is_some()
            && self.peek().is_some_and(is_space)
            && self.space()
            && self.word(b"R")
            && self.peek().is_none_or(|byte| is_space(byte) || is_mark(byte))
        {
            return u32::try_from(number).map(Object::Reference).map_err(|_| Bad::Broken);
        }
        self.at = at;
        let digits: Vec<u8> = self
            .rest()
            .iter()
            .copied()
            .take(64)
            .take_while(|byte| matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9'))
            .collect();
        self.at += digits.len();
        Ok(Object::Number(digits.into()))
    }
}

fn octet(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = hay.get(from..)?.iter().position(|byte| *byte == needle[0]) {
        if hay[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
