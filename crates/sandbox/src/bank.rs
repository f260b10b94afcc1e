//! The pretend bank: one session for each try of the merchant, a hosted page
//! for the card, a 3-D Secure challenge that can be passed, failed, cancelled,
//! abandoned or answered twice. The merchant asks how it went; a signed call
//! only tells that there is something to ask.
//!
//! Invariants: one session for each reference; a session ends once; no card
//! number is kept or logged, and only test cards are taken.

pub(crate) mod http;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, Read, Row, Tx, Work, params};
use web::Transitions;
use web::client::HttpClient;

use crate::outages::Company;
use crate::outside::Sandbox;
use crate::sql;

/// How long the hosted page can be used, seconds.
pub const PATIENCE_S: i64 = 15 * 60;
/// Work that tells the merchant that a session ended.
pub(crate) const TELL: &str = "sandbox.bank_tell";
/// Sessions that one press ends.
const EXPIRED_AT_ONCE: i64 = 50;
/// Longest address of return, bytes.
const ADDRESS_BYTES: usize = 500;
/// Longest reference of the merchant, characters.
const REFERENCE_CHARS: usize = 64;

/// How a session goes. Expiry is read off the clock.
pub const SESSION: Transitions = Transitions {
    name: "sandbox.bank_session",
    start: "created",
    edges: &[
        ("created", "card_challenged", "challenge"),
        ("created", "card_trusted", "authorised"),
        ("created", "card_refused", "declined"),
        ("created", "cancelled", "declined"),
        ("created", "time_passed", "expired"),
        ("challenge", "passed", "authorised"),
        ("challenge", "failed", "declined"),
        ("challenge", "cancelled", "declined"),
        ("challenge", "time_passed", "expired"),
    ],
};

/// A try at the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The merchant's word for it.
    pub reference: String,
    /// The bank's.
    pub session: String,
    /// Minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Where the browser goes afterwards.
    pub return_url: String,
    /// The payer's language.
    pub locale: String,
    /// A stage of [`SESSION`].
    pub status: String,
    /// Why it was declined.
    pub cause: Option<String>,
    created_at: i64,
}

/// What the merchant asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) reference: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) return_url: String,
    pub(crate) locale: String,
}

/// Why the bank refuses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the request is not one that this bank takes: {0}")]
    Malformed(&'static str),
    #[error("the reference was used for another payment")]
    OtherPayment,
    #[error(transparent)]
    Store(#[from] Error),
}

/// What a typed card number is to this bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Card {
    /// The payer must prove themself.
    Challenged,
    /// The bank trusts it without asking.
    Trusted,
    /// Not enough money.
    Empty,
    /// Not one of the test cards.
    Unknown,
}

/// The test cards, with what each shows.
pub(crate) const TEST_CARDS: [(&str, Card); 3] = [
    ("4000 0000 0000 3220", Card::Challenged),
    ("4000 0000 0000 0077", Card::Trusted),
    ("4000 0000 0000 9995", Card::Empty),
];

impl Card {
    /// Reads a typed number of any script; blanks and dashes fall away.
    pub(crate) fn of(typed: &str) -> Self {
        let digits = base::digits::only_digits(typed).unwrap_or_default();
        let same = |number: &str| number.replace(' ', "") == digits;
        TEST_CARDS.into_iter().find_map(|(number, card)| same(number).then_some(card)).unwrap_or(Self::Unknown)
    }
}

/// What the payer does on the challenge's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    /// The right code.
    Pass,
    /// A wrong code.
    Fail,
    /// No payment after all.
    Cancel,
    /// Away, without an answer.
    Abandon,
}

impl Session {
    fn of(row: &Row, now: Timestamp) -> Result<Self, Error> {
        let mut session = Self {
            reference: row.get(0)?,
            session: row.get(1)?,
            amount_minor: row.get(2)?,
            currency: row.get(3)?,
            return_url: row.get(4)?,
            locale: row.get(5)?,
            status: row.get(6)?,
            cause: row.get(7)?,
            created_at: row.get(8)?,
        };
        let age = now.seconds_since(Timestamp::from_micros(session.created_at));
        if age > PATIENCE_S && SESSION.next(&session.status, "time_passed").is_some() {
            "expired".clone_into(&mut session.status);
        }
        Ok(session)
    }
    /// Whether nothing can change any more.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self.status.as_str(), "created" | "challenge")
    }
}

/// A session by its own word.
pub(crate) fn session(read: &mut Read<'_>, word: &str, now: Timestamp) -> Result<Option<Session>, Error> {
    read.row(&sql::SESSION, &params![word])?.map(|row| Session::of(&row, now)).transpose()
}

/// A session by the merchant's reference.
pub(crate) fn by_reference(read: &mut Read<'_>, reference: &str, now: Timestamp) -> Result<Option<Session>, Error> {
    read.row(&sql::SESSION_BY_REFERENCE, &params![reference])?.map(|row| Session::of(&row, now)).transpose()
}

/// Opens a session; the same reference again gives the same one.
pub(crate) async fn open(ctx: &Ctx, asked: Asked, merchant: &str) -> Result<Session, Refusal> {
    check(&asked, merchant)?;
    let key = Key::new("sandbox.bank_open", format!("{}:{}:{}", asked.reference, asked.amount_minor, asked.currency));
    ctx.write(key, move |tx| {
        let now = tx.now();
        if let Some(known) = by_reference(tx, &asked.reference, now)? {
            let same = known.amount_minor == asked.amount_minor && known.currency == asked.currency;
            return if same { Ok(known) } else { Err(Refusal::OtherPayment) };
        }
        let word: [u8; 20] = tx.random();
        let word = seal::digest::hex(&word);
        let Asked { reference, amount_minor, currency, return_url, locale } = &asked;
        tx.execute_one(
            &sql::INSERT_SESSION,
            &params![reference, word, *amount_minor, currency, return_url, locale, SESSION.start, now],
        )?;
        session(tx, &word, now)?.ok_or(Refusal::Store(Error::Corrupt("a session".to_owned())))
    })
    .await
}

fn check(asked: &Asked, merchant: &str) -> Result<(), Refusal> {
    let reference = &asked.reference;
    let plain = !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !plain || reference.len() > REFERENCE_CHARS {
        return Err(Refusal::Malformed("reference"));
    }
    if asked.amount_minor <= 0 {
        return Err(Refusal::Malformed("amount_minor"));
    }
    if base::Currency::from_code(&asked.currency).is_none() {
        return Err(Refusal::Malformed("currency"));
    }
    let leads_back = asked.return_url.strip_prefix(merchant).is_some_and(|path| path.starts_with('/'));
    if !leads_back || asked.return_url.len() > ADDRESS_BYTES {
        return Err(Refusal::Malformed("return_url"));
    }
    Ok(())
}

/// A card was typed. What it was is known; the number goes no further.
pub(crate) async fn take_card(ctx: &Ctx, word: String, card: Card) -> Result<(), Refusal> {
    let (event, cause) = match card {
        Card::Challenged => ("card_challenged", None),
        Card::Trusted => ("card_trusted", None),
        Card::Empty => ("card_refused", Some("insufficient_funds")),
        Card::Unknown => return Err(Refusal::Malformed("card")),
    };
    step(ctx, word, event, cause).await
}

/// The challenge was answered. A second answer, or one that comes too late,
/// changes nothing.
pub(crate) async fn answer(ctx: &Ctx, word: String, answer: Answer) -> Result<(), Refusal> {
    match answer {
        Answer::Pass => step(ctx, word, "passed", None).await,
        Answer::Fail => step(ctx, word, "failed", Some("challenge_failed")).await,
        Answer::Cancel => step(ctx, word, "cancelled", Some("cancelled_by_payer")).await,
        Answer::Abandon => Ok(()),
    }
}

/// Ends every session that is still open, as if its time had passed; returns how many.
pub(crate) async fn expire(ctx: &Ctx) -> Result<usize, Error> {
    ctx.write(Key::once(ctx), |tx| {
        let open = tx.rows(&sql::OPEN_SESSIONS, &params![EXPIRED_AT_ONCE])?;
        for row in &open {
            move_on(tx, &row.get::<String>(0)?, "time_passed", None)?;
        }
        Ok(open.len())
    })
    .await
}

async fn step(ctx: &Ctx, word: String, event: &'static str, cause: Option<&'static str>) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| move_on(tx, &word, event, cause)).await.map_err(Refusal::from)
}

fn move_on(tx: &mut Tx<'_>, word: &str, event: &str, cause: Option<&str>) -> Result<(), Error> {
    let now = tx.now();
    let Some(known) = session(tx, word, now)? else { return Ok(()) };
    let Some(next) = SESSION.next(&known.status, event) else { return Ok(()) };
    tx.execute_one(&sql::MOVE_SESSION, &params![next, cause, known.session, known.status])?;
    if next != "challenge" {
        tx.enqueue(TELL, &known.reference, &known.reference, now)?;
    }
    Ok(())
}

/// Tells the merchant that there is something to ask.
pub(crate) async fn tell(ctx: Ctx, sandbox: &Sandbox, work: Work) -> Result<(), Error> {
    let reference: String = work.parse()?;
    if sandbox.outages.is_out(Company::Bank) {
        return Err(Error::Unknown("the bank is out".to_owned()));
    }
    let config = sandbox.config();
    let body = serde_json::json!({ "reference": reference }).to_string();
    let signature = signature(&config.bank_secret, ctx.now().as_seconds(), body.as_bytes());
    let url = format!("{}/api/v1/payments/bank-events", config.portal_reach);
    let headers = [("content-type", "application/json"), ("bank-signature", signature.as_str())];
    let answer = HttpClient::public().send(::http::Method::POST, &url, &headers, body).await;
    match answer {
        Ok(answer) if answer.status.is_success() || answer.status.is_client_error() => Ok(()),
        Ok(answer) => Err(Error::Unknown(format!("the merchant answered {}", answer.status))),
        Err(error) => Err(Error::Unknown(error.to_string())),
    }
}

/// `t=<seconds>,v1=<hex>`: HMAC-SHA-256 over time, a dot, and the raw body.
fn signature(secret: &str, seconds: i64, body: &[u8]) -> String {
    let message = [seconds.to_string().as_bytes(), b".", body].concat();
    let code = seal::digest::hmac_sha256(secret.as_bytes(), &message);
    format!("t={seconds},v1={}", seal::digest::hex(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_test_cards_are_taken() {
        for (typed, expected) in [
            ("4000 0000 0000 3220", Card::Challenged),
            ("4000-0000-0000-3220", Card::Challenged),
            ("٤٠٠٠٠٠٠٠٠٠٠٠٣٢٢٠", Card::Challenged),
            ("4000000000000077", Card::Trusted),
            ("4000000000009995", Card::Empty),
            ("4111111111111112", Card::Unknown),
            ("", Card::Unknown),
            ("4000 0000 0000 322o", Card::Unknown),
        ] {
            assert_eq!(Card::of(typed), expected, "{typed}");
        }
    }

    #[test]
    fn signatures_cover_time_and_body() {
        let signed = |secret, seconds, body: &[u8]| signature(secret, seconds, body);
        let one = signed("s", 7, b"{}");
        assert!(one.starts_with("t=7,v1=") && one.len() == 7 + 64);
        assert_ne!(one[7..], signed("s", 8, b"{}")[7..]);
        assert_ne!(one, signed("s", 7, b"{ }"));
        assert_ne!(one, signed("t", 7, b"{}"));
    }
}
