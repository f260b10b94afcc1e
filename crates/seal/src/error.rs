//! The one error of this crate. Texts say what was refused; none repeats the
//! refused bytes, which may be somebody's data.

use std::borrow::Cow;

/// Why bytes, a signature, a key or a certificate was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are not what they should be.
    #[error("malformed {what}: {why}")]
    Malformed {
        /// What was being read.
        what: &'static str,
        /// What is wrong with it.
        why: Cow<'static, str>,
    },
    /// More than a named limit allows.
    #[error("{what} exceeds its limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes or items.
        limit: usize,
    },
    /// A well-formed thing that this crate does not do.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
    /// The signature, tag or digest does not fit the content.
    #[error("does not verify: {0}")]
    Signature(&'static str),
    /// The key cannot be used.
    #[error("key refused: {0}")]
    Key(&'static str),
    /// No way from the certificate or key to the trust anchor.
    #[error("not trusted: {0}")]
    Untrusted(&'static str),
    /// Before its validity begins.
    #[error("not yet valid: {0}")]
    NotYetValid(&'static str),
    /// After its validity ended.
    #[error("expired: {0}")]
    Expired(&'static str),
    /// The certificate was revoked at or before the time asked for.
    #[error("revoked")]
    Revoked,
    /// A claim, header or field is not the one asked for.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// The crypto module failed.
    #[error("the crypto module failed: {0}")]
    Engine(&'static str),
}

impl SealError {
    /// A [`SealError::Malformed`].
    pub fn malformed(what: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Malformed { what, why: why.into() }
    }
}
