//! The offline verdict on a paper: no network, no database, only trusted keys.
//! A key inside the paper is never trusted.

use base::Timestamp;
use seal::PublicKey;
use seal::cms::verify_detached;
use seal::x509::Profile;

use crate::code::{CopyNumber, Said, code_of, copy_of, read};
use crate::model::Refusal;
use crate::pades;

/// What holds of a sealed file.
#[derive(Debug, Clone)]
pub struct Seal {
    /// Whom the seal's certificate names.
    pub signer: String,
    /// When a trusted clock saw the seal.
    pub sealed_at: Option<Timestamp>,
    /// The paper's short code, under the seal.
    pub code: Option<String>,
    /// Which copy it is, under the seal; none on papers from before copies were counted.
    pub copy: Option<CopyNumber>,
}

/// Checks a PDF: the seal covers the whole file, nothing was added or changed
/// after it, and its certificate leads to a trusted root.
///
/// # Errors
/// Why it does not hold.
pub fn file(pdf: &[u8], roots: &[Vec<u8>], now: Timestamp) -> Result<Seal, Refusal> {
    let none = || Refusal::Template("no seal covers the whole file".to_owned());
    let opened = pades::open(pdf).ok_or_else(none)?;
    let signer = verify_detached(&opened.signature, &opened.digest, roots, now, Profile::DocumentSeal)?;
    Ok(Seal {
        signer: signer.certificate.subject().to_string(),
        sealed_at: signer.timestamp,
        copy: opened.address.as_deref().and_then(copy_of),
        code: opened.address.as_deref().and_then(code_of).map(str::to_owned),
    })
}

/// Checks the text of a printed code.
///
/// # Errors
/// Why it does not hold.
pub fn code(text: &str, keys: &[PublicKey]) -> Result<Said, Refusal> {
    read(text, keys)
}
