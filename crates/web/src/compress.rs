//! Brotli and gzip: as well as possible for what is made once, quickly for
//! what is made for one visitor.

use std::io::Write as _;

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// How an answer's bytes are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As they are.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl Coding {
    /// Its place in a list of all three.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Identity => 0,
            Self::Gzip => 1,
            Self::Brotli => 2,
        }
    }
    /// The best coding that the request accepts.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        let mut best = Self::Identity;
        for choice in lines.flat_map(|line| line.split(',')) {
            let (name, weight) = choice.split_once(';').unwrap_or((choice, "q=1"));
            let refused =
                weight.trim().strip_prefix("q=").is_some_and(|weight| weight.trim_matches(['0', '.']).is_empty());
            match name.trim() {
                "br" if !refused => return Self::Brotli,
                "gzip" if !refused => best = Self::Gzip,
                _ => {}
            }
        }
        best
    }
}

fn brotli(bytes: &[u8], quality: i32) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams { quality, lgwin: 18, ..Default::default() };
    let mut coded = Vec::with_capacity(bytes.len() / 3);
    // Writing into a Vec cannot fail.
    drop(brotli::BrotliCompress(&mut &bytes[..], &mut coded, &parameters));
    coded
}

fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut coder = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), flate2::Compression::new(level));
    drop(coder.write_all(bytes));
    coder.finish().unwrap_or_default()
}

/// Text above this many bytes is compressed well, not at best, which takes a second for
/// each half million bytes.
const BEST_BYTES: usize = 256 * 1024;

/// Brotli at its best, for what is made once.
#[must_use]
pub fn brotli_best(bytes: &[u8]) -> Vec<u8> {
    brotli(bytes, if bytes.len() > BEST_BYTES { 6 } else { 11 })
}
/// Brotli in well under a millisecond for a page.
#[must_use]
pub fn brotli_quick(bytes: &[u8]) -> Vec<u8> {
    brotli(bytes, 4)
}
/// gzip at its best, for what is made once.
#[must_use]
pub fn gzip_best(bytes: &[u8]) -> Vec<u8> {
    gzip(bytes, 9)
}
/// gzip in well under a millisecond for a page.
#[must_use]
pub fn gzip_quick(bytes: &[u8]) -> Vec<u8> {
    gzip(bytes, 5)
}
