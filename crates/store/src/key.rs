//! The key of a write: what makes a repeated request the same request.

use aws_lc_rs::digest;

use crate::Ctx;

/// Sixteen bytes of SHA-256 over scope and value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub(crate) bytes: [u8; 16],
    /// Made a moment ago from randomness: nobody can have written under it.
    pub(crate) fresh: bool,
}

impl Key {
    /// The key of this value in this scope. What identifies a person may go in:
    /// what is stored is salted by nothing but bound to no readable text, so
    /// use it for form keys, ids and message ids, not for ID numbers.
    pub fn new(scope: &'static str, value: impl AsRef<str>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(scope.as_bytes());
        context.update(&[0]);
        context.update(value.as_ref().as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&context.finish().as_ref()[..16]);
        Self { bytes, fresh: false }
    }
    /// A fresh key for a write that nobody can repeat. It begins with the time,
    /// so that such keys lie side by side and not all over the index.
    #[must_use]
    pub fn once(ctx: &Ctx) -> Self {
        Self { bytes: base::id::mint(ctx.now(), ctx.random()).to_be_bytes(), fresh: true }
    }
    /// Hexadecimal, for logs and answers about unknown outcomes.
    #[must_use]
    pub fn reference(&self) -> String {
        hex(&self.bytes)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.reference())
    }
}
