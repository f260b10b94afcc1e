//! Static files and the hashes of inline styles.

/// Hashes (`sha256-…`) of the styles that pages hold inline, for the content policy.
pub const INLINE_STYLE_HASHES: &[&str] = &[];
