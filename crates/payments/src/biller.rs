//! `/api/biller/v1/…` on the mTLS listener: JSON in, JSON out. The collector is
//! whoever the client certificate names.

use serde::Deserialize;
use serde_json::json;
use store::Ctx;
use web::{Extension, IntoResponse, Json, Problem};

use crate::cash::{self, Advice};
use crate::model::Refusal;

/// Longest transaction number, characters.
const TRANSACTION_CHARS: usize = 80;

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
    Extension(peer): Extension<web::visit::PeerCertificate>,
    Json(inquiry): Json<Inquiry>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collector(&peer)?;
    Ok(Json(cash::inquire(&ctx, &collector, &inquiry.code).await.map_err(problem)?))
}

/// `POST /api/biller/v1/advise`.
pub(crate) async fn advise(
    ctx: Ctx,
    Extension(peer): Extension<web::visit::PeerCertificate>,
    Json(advice): Json<Advice>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collector(&peer)?;
    check_transaction(&advice.transaction)?;
    Ok(Json(cash::advise(&ctx, &collector, advice).await.map_err(problem)?))
}

/// `POST /api/biller/v1/reverse`.
pub(crate) async fn reverse(
    ctx: Ctx,
    Extension(peer): Extension<web::visit::PeerCertificate>,
    Json(reversal): Json<Reversal>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collector(&peer)?;
    check_transaction(&reversal.transaction)?;
    check_transaction(&reversal.reversal)?;
    let outcome = cash::reverse(&ctx, &collector, &reversal.transaction, &reversal.reversal).await.map_err(problem)?;
    Ok(Json(json!({ "outcome": outcome })))
}

/// `POST /api/biller/v1/status`.
pub(crate) async fn status(
    ctx: Ctx,
    Extension(peer): Extension<web::visit::PeerCertificate>,
    Json(question): Json<Question>,
) -> Result<impl IntoResponse, Problem> {
    let collector = collector(&peer)?;
    let known = cash::status(&ctx, &collector, &question.transaction).await.map_err(problem)?;
    known.map(Json).ok_or_else(Problem::not_found)
}

/// The certificate's common name: small letters, digits, dots and dashes, as a
/// ledger account takes it.
fn collector(peer: &web::visit::PeerCertificate) -> Result<String, Problem> {
    let certificate = seal::x509::Certificate::parse(peer.der()).map_err(|_| Problem::forbidden())?;
    let name = certificate.subject().get(seal::x509::Attribute::CommonName).unwrap_or_default().to_owned();
    ledger::Account::new(format!("collector:{name}")).map_err(|_| Problem::forbidden())?;
    Ok(name)
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
