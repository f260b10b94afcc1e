//! Cards, on the bank's own page: no card number ever enters this process. A
//! try is an intent with our id; the bank is asked by a job; what a browser or
//! a webhook brings back is only a reason to ask again.

use std::time::Duration;

use base::{Currency, Locale, Money, PersonId, Timestamp};
use http::{Method, StatusCode};
use ledger::Account;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, Work, params};
use web::client::HttpClient;

use crate::bill::{bill, within};
use crate::model::{AttemptId, Bill, BillId, BillStage, Refusal};
use crate::receive::{Received, receive_in};
use crate::sql;

/// The queue that opens the bank's page for a try.
pub(crate) const OPEN: &str = "payments.card_open";
/// The queue that asks the bank how a try went.
pub(crate) const ASK: &str = "payments.card_ask";
/// How long the bank may take for one answer.
const BANK: Duration = Duration::from_secs(10);
/// After the try's id in the key of a question that is not routine.
const AT_ONCE: &str = ":now";
/// A try that the bank does not know to be over is asked for again after this.
const AGAIN_S: i64 = 15;
/// And until this old, seconds; the bank's page expires before.
pub(crate) const PATIENCE_S: i64 = 45 * 60;

/// The acquiring bank, as the configuration names it.
#[derive(Clone)]
pub struct Bank {
    /// `https://pay.bank.example`.
    pub url: String,
    /// Our name there, also the ledger's `acquirer:{name}`.
    pub name: String,
    /// The bearer secret, read from a file.
    pub secret: String,
    /// Our own origin, for the way back.
    pub origin: String,
    /// The way there, with its kept connections.
    pub http: HttpClient,
}

#[derive(Deserialize)]
struct Opened {
    session: String,
    page: String,
}

#[derive(Deserialize)]
struct Told {
    reference: String,
    status: String,
    amount_minor: i64,
    currency: String,
    cause: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) attempt: AttemptId,
    pub(crate) locale: String,
}

/// How a try stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id, and our reference at the bank.
    pub id: AttemptId,
    /// What it shall settle.
    pub bill: BillId,
    /// A stage of the table of attempts.
    pub stage: String,
    /// The bank's page, once it opened.
    pub page: Option<String>,
    /// Why it failed, or is not believed.
    pub cause: Option<String>,
}

impl Attempt {
    /// Whether the bank has it and has not said how it went.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.stage.as_str(), "redirected" | "unknown")
    }
}

/// Begins a try by card: the intent, and the work of a job that opens the bank's page.
///
/// # Errors
/// No open bill of whoever acts, or the store's.
pub async fn begin(ctx: &Ctx, key: Key, bill: BillId, locale: Locale) -> Result<AttemptId, Refusal> {
    let (person, actor) = (ctx.actor.person().ok_or(Refusal::NoBill)?, ctx.actor.clone());
    ctx.write(key, move |tx| {
        if let Some(known) = crate::bill(tx, bill)? {
            within(&actor, &known.service, known.total)?;
        }
        begin_in(tx, bill, person, locale.tag())
    })
    .await
}

/// Something hints that a try moved: the bank is asked how it went, now.
///
/// # Errors
/// The store's.
pub async fn ask_bank(ctx: &Ctx, id: AttemptId) -> Result<(), Error> {
    ctx.write(Key::once(ctx), move |tx| match attempt(tx, id)? {
        Some(known) if known.is_open() => ask_in(tx, id),
        _ => Ok(()),
    })
    .await
}

/// The try for a bill that is under way, and since when.
pub(crate) fn under_way(read: &mut Read<'_>, bill: BillId) -> Result<Option<(AttemptId, Timestamp)>, Error> {
    let row = read.row(&sql::OPEN_ATTEMPT_OF_BILL, &params![bill])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Begins a try: the intent and its work, in the caller's commit. One that is
/// under way is gone on with: two at once could both take money.
fn begin_in(tx: &mut Tx<'_>, id: BillId, person: PersonId, locale: &str) -> Result<AttemptId, Refusal> {
    let bill = bill(tx, id)?.filter(|bill| bill.payer == person).ok_or(Refusal::NoBill)?;
    if bill.stage != BillStage::Open {
        return Err(Refusal::NotOpen(bill.stage.as_str()));
    }
    if let Some((attempt, _)) = under_way(tx, id)? {
        return Ok(attempt);
    }
    let attempt: AttemptId = tx.mint();
    let now = tx.now();
    tx.execute_one(&sql::INSERT_ATTEMPT, &params![attempt, id, "card", now])?;
    tx.enqueue(OPEN, &attempt.to_string(), &Intent { attempt, locale: locale.to_owned() }, now)?;
    Ok(attempt)
}

/// Leaves the question how a try went, to be asked now; one that waits already
/// is enough.
fn ask_in(tx: &mut Tx<'_>, attempt: AttemptId) -> Result<(), Error> {
    // A key of its own: the next routine question, due later, must not hold this one up.
    let key = format!("{attempt}{AT_ONCE}");
    let now = tx.now();
    if tx.has_work(ASK, &key)? { Ok(()) } else { tx.enqueue(ASK, &key, &attempt, now) }
}

/// A try.
///
/// # Errors
/// The store's.
pub fn attempt(read: &mut Read<'_>, id: AttemptId) -> Result<Option<Attempt>, Error> {
    let Some(row) = read.row(&sql::ATTEMPT, &params![id])? else { return Ok(None) };
    Ok(Some(Attempt { id, bill: row.get(0)?, stage: row.get(1)?, page: row.get(3)?, cause: row.get(4)? }))
}

/// Opens the bank's page for a try. The bank gives the same answer for the same
/// reference, so a lost one is simply asked for again.
pub(crate) async fn open(ctx: Ctx, bank: Option<&Bank>, work: Work) -> Result<(), Error> {
    let intent: Intent = work.parse()?;
    let id = intent.attempt;
    let Some((known, bill)) = ctx.read(move |read| with_bill(read, id)).await? else { return Ok(()) };
    if known.stage != "created" {
        return Ok(());
    }
    let Some(bank) = bank else { return fail(&ctx, &work, id, "created", "no_bank").await };
    let prefix = base::Locale::from_tag(&intent.locale).map_or("", base::Locale::prefix);
    let body = json!({
        "reference": id.to_string(),
        "amount_minor": bill.total.minor(),
        "currency": bill.total.currency().code(),
        "return_url": format!("{}{prefix}/payments/attempts/{id}/return", bank.origin),
        "locale": intent.locale,
    });
    let bearer = format!("Bearer {}", bank.secret);
    let (key, url) = (id.to_string(), format!("{}/sessions", bank.url));
    let headers =
        [("authorization", bearer.as_str()), ("idempotency-key", key.as_str()), ("content-type", "application/json")];
    let client = bank.http.with_limit(BANK);
    let answer = client.send(Method::POST, &url, &headers, body.to_string()).await.map_err(unknown)?;
    if answer.status.is_client_error() && answer.status != StatusCode::TOO_MANY_REQUESTS {
        return fail(&ctx, &work, id, "created", "refused_by_bank").await;
    }
    if !answer.status.is_success() {
        return Err(Error::Unknown(format!("the bank answered {}", answer.status)));
    }
    let opened: Opened = serde_json::from_slice(&answer.body).map_err(unknown)?;
    let opened_in = move |tx: &mut Tx<'_>| {
        let due = tx.now().plus_seconds(AGAIN_S);
        if tx.execute(&sql::OPEN_ATTEMPT, &params![opened.session, opened.page, id])? == 1 {
            tx.enqueue(ASK, &id.to_string(), &id, due)?;
        }
        Ok::<(), Error>(())
    };
    ctx.write(work.write_key(), opened_in).await
}

/// Asks the bank how a try went, and takes the money if it was authorised for
/// exactly what was asked.
pub(crate) async fn ask(ctx: Ctx, bank: Option<&Bank>, work: Work) -> Result<(), Error> {
    let id: AttemptId = work.parse()?;
    let Some((known, bill)) = ctx.read(move |read| with_bill(read, id)).await? else { return Ok(()) };
    let Some(bank) = bank else { return Ok(()) };
    if !known.is_open() {
        return Ok(());
    }
    let bearer = format!("Bearer {}", bank.secret);
    let url = format!("{}/sessions/by-reference/{id}", bank.url);
    let client = bank.http.with_limit(BANK);
    let answer = client.send(Method::GET, &url, &[("authorization", bearer.as_str())], "").await;
    let told: Option<Told> = match answer {
        Ok(answer) if answer.status.is_success() => Some(serde_json::from_slice(&answer.body).map_err(unknown)?),
        Ok(answer) => return later(&ctx, &work, &known, format!("the bank answered {}", answer.status)).await,
        Err(error) => return later(&ctx, &work, &known, error.to_string()).await,
    };
    let Some(told) = told else { return Ok(()) };
    match told.status.as_str() {
        "authorised" => {
            let name = bank.name.clone();
            let asked = work.clone();
            let settled = ctx.write(work.write_key(), move |tx| settle(tx, &asked, &name, &known, &bill, &told));
            settled.await.map_err(store_error)
        }
        "declined" | "expired" => {
            let cause = told.cause.unwrap_or(told.status);
            fail(&ctx, &work, id, &known.stage, &cause).await
        }
        // Still at the bank: look again, for as long as its page can be open.
        _ => {
            let asked = work.clone();
            ctx.write(work.write_key(), move |tx| look_again(tx, &asked, id)).await
        }
    }
}

fn settle(tx: &mut Tx<'_>, asked: &Work, bank: &str, known: &Attempt, bill: &Bill, told: &Told) -> Result<(), Refusal> {
    let currency = Currency::from_code(&told.currency).ok_or(base::MoneyError::NotAnAmount(Currency::Ils))?;
    let amount = Money::from_minor(told.amount_minor, currency);
    if told.reference != known.id.to_string() || amount != bill.total {
        // The bank speaks of another sum: nobody's money is moved on that word.
        let moved = params!["unknown", None::<i64>, "integrity", known.id, known.stage];
        tx.execute_one(&sql::MOVE_ATTEMPT, &moved)?;
        return look_again(tx, asked, known.id).map_err(Refusal::from);
    }
    let now = tx.now();
    tx.execute_one(&sql::MOVE_ATTEMPT, &params!["settled", now, None::<String>, known.id, known.stage])?;
    let fresh = crate::bill::bill(tx, bill.id)?;
    let reference = known.id.to_string();
    let received = Received {
        rail: "card",
        account: Account::new(format!("acquirer:{bank}"))?,
        party: bank,
        reference: &reference,
        bill: fresh.as_ref(),
        amount,
        request_hash: seal::digest::sha256(reference.as_bytes()),
    };
    receive_in(tx, &received, |taken| taken.receipt.clone()).map(drop)
}

async fn fail(ctx: &Ctx, work: &Work, id: AttemptId, from: &str, cause: &str) -> Result<(), Error> {
    let (from, cause, asked) = (from.to_owned(), cause.to_owned(), work.clone());
    ctx.write(work.write_key(), move |tx| {
        let now = tx.now();
        // Another question moved it meanwhile: this one's answer is asked for again.
        match tx.execute(&sql::MOVE_ATTEMPT, &params!["failed", now, cause, id, from])? {
            0 => look_again(tx, &asked, id),
            _ => Ok(()),
        }
    })
    .await
}

/// The bank cannot be reached: the outcome is unknown, shown as that, and asked
/// for again.
async fn later(ctx: &Ctx, work: &Work, known: &Attempt, why: String) -> Result<(), Error> {
    tracing::warn!(attempt = %known.id, %why, "the bank did not say how a payment went");
    let (id, from, asked) = (known.id, known.stage.clone(), work.clone());
    ctx.write(work.write_key(), move |tx| {
        if from == "redirected" {
            tx.execute(&sql::MOVE_ATTEMPT, &params!["unknown", None::<i64>, None::<String>, id, from])?;
        }
        look_again(tx, &asked, id)
    })
    .await
}

/// Leaves the next routine question. There is one at any time: what was asked
/// because of a hint leaves none behind.
fn look_again(tx: &mut Tx<'_>, asked: &Work, id: AttemptId) -> Result<(), Error> {
    if asked.key.ends_with(AT_ONCE) {
        return Ok(());
    }
    let began = Timestamp::from_micros(i64::try_from((base::id::TypedId::bits(id) >> 80) * 1_000).unwrap_or(0));
    let old = tx.now().seconds_since(began);
    let pause = if old < PATIENCE_S { AGAIN_S } else { PATIENCE_S };
    let due = tx.now().plus_seconds(pause);
    tx.enqueue(ASK, &id.to_string(), &id, due)
}

fn with_bill(read: &mut Read<'_>, id: AttemptId) -> Result<Option<(Attempt, Bill)>, Error> {
    let Some(known) = attempt(read, id)? else { return Ok(None) };
    let bill = bill(read, known.bill)?;
    Ok(bill.map(|bill| (known, bill)))
}

fn unknown(error: impl std::fmt::Display) -> Error {
    Error::Unknown(error.to_string())
}

fn store_error(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Store(error) | Refusal::Ledger(ledger::Refusal::Store(error)) => error,
        other => Error::Corrupt(other.to_string()),
    }
}
