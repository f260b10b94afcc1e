//! `/api/biller/v1/…` on the mTLS listener: JSON in, JSON out. The collector is
//! whoever registered the client certificate: its own name says nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use store::Ctx;
use web::visit::PeerCertificate;
use web::{Extension, IntoResponse, Json, Problem};

use crate::cash::{self, Advice};
use crate::model::Refusal;

/// Longest transaction number, characters.
const TRANSACTION_CHARS: usize = 80;

/// The collectors, by the certificates that they registered.
#[derive(Debug, Clone, Default)]
pub struct Collectors(BTreeMap<[u8; 32], String>);

/// Why a collector cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unregistered {
    /// The ledger takes no account of that name.
    #[error("a collector is named by small letters, digits, dots and dashes, not “{0}”")]
    Name(String),
    /// One certificate speaks for one collector.
    #[error("the certificates of {0} and {1} are one")]
    Shared(String, String),
}

impl Collectors {
    /// Registers a collector's certificate by its fingerprint, SHA-256 of its DER. A
    /// collector has two while one takes the place of the other.
    ///
    /// # Errors
    /// [`Unregistered`].
    pub fn register(&mut self, name: &str, fingerprint: [u8; 32]) -> Result<(), Unregistered> {
        // A colon would make it an account under another's.
        if name.contains(':') || ledger::Account::new(format!("collector:{name}")).is_err() {
            return Err(Unregistered::Name(name.to_owned()));
        }
        match self.0.insert(fingerprint, name.to_owned()) {
            Some(other) if other != name => Err(Unregistered::Shared(other, name.to_owned())),
            _ => Ok(()),
        }
    }
    fn of(&self, peer: &PeerCertificate) -> Result<&str, Problem> {
        let found = self.0.get(&seal::digest::sha256(peer.der())).map(String::as_str);
        found.ok_or_else(|| Problem::forbidden().because("no collector registered this certificate"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inquiry {
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reversal {
    transaction: String,
    reversal: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    transaction: String,
}

/// `POST /api/biller/v1/inquire`.
pub(crate) async fn inquire(
    ctx: Ctx,
    Extension(collectors): Extension<Arc<Collectors>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(inquiry): Json<Inquiry>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collectors.of(&peer)?;
    Ok(Json(cash::inquire(&ctx, collector, &inquiry.code).await.map_err(problem)?))
}

/// `POST /api/biller/v1/advise`.
pub(crate) async fn advise(
    ctx: Ctx,
    Extension(collectors): Extension<Arc<Collectors>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(advice): Json<Advice>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collectors.of(&peer)?;
    check_transaction(&advice.transaction)?;
    Ok(Json(cash::advise(&ctx, collector, advice).await.map_err(problem)?))
}

/// `POST /api/biller/v1/reverse`.
pub(crate) async fn reverse(
    ctx: Ctx,
    Extension(collectors): Extension<Arc<Collectors>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(reversal): Json<Reversal>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collectors.of(&peer)?;
    check_transaction(&reversal.transaction)?;
    check_transaction(&reversal.reversal)?;
    let outcome = cash::reverse(&ctx, collector, &reversal.transaction, &reversal.reversal).await.map_err(problem)?;
    Ok(Json(json!({ "outcome": outcome })))
}

/// `POST /api/biller/v1/status`.
pub(crate) async fn status(
    ctx: Ctx,
    Extension(collectors): Extension<Arc<Collectors>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(question): Json<Question>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collectors.of(&peer)?;
    let known = cash::status(&ctx, collector, &question.transaction).await.map_err(problem)?;
    known.map(Json).ok_or_else(Problem::not_found)
}

fn check_transaction(number: &str) -> Result<(), Problem> {
    let good = !number.is_empty()
        && number.len() <= TRANSACTION_CHARS
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if good { Ok(()) } else { Err(Problem::bad_request(Vec::new())) }
}

/// What a refusal is to a machine.
pub(crate) fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NoBill | Refusal::OutOfMandate => Problem::not_found(),
        Refusal::AboveCeiling => Problem::forbidden(),
        Refusal::OtherBody | Refusal::NotOpen(_) => Problem::conflict(refusal.to_string()),
        Refusal::Money(_) | Refusal::NoFee(_) => Problem::bad_request(Vec::new()),
        Refusal::Ledger(ledger::Refusal::Store(error)) | Refusal::Store(error) => error.into(),
        Refusal::Ledger(error) => Problem::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_speaks_for_whoever_registered_it() {
        let peer = |der: &[u8]| PeerCertificate::new(vec![der.to_vec()]).unwrap();
        let mut collectors = Collectors::default();
        let print = |der: &[u8]| seal::digest::sha256(der);
        for (name, der) in [("palpay", b"one"), ("palpay", b"new"), ("bank.of-x", b"two"), ("palpay", b"one")] {
            assert_eq!(collectors.register(name, print(der)), Ok(()));
        }
        for (der, name) in [(b"one", "palpay"), (b"new", "palpay"), (b"two", "bank.of-x")] {
            assert_eq!(collectors.of(&peer(der)).ok(), Some(name));
        }
        assert!(collectors.of(&peer(b"six")).is_err());
        let shared = Unregistered::Shared("palpay".to_owned(), "other".to_owned());
        assert_eq!(collectors.register("other", print(b"one")), Err(shared));
        for name in ["", "Pal Pay", "pal:pay"] {
            assert_eq!(collectors.register(name, print(b"x")), Err(Unregistered::Name(name.to_owned())));
        }
    }
}
