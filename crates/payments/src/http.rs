//! Pages: a bill, the ways to pay it, the wait for the bank, the receipt.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use base::{Locale, PersonId, Zone};
use serde::Deserialize;
use serde_json::json;
use store::{Ctx, Read, params};
use web::{Extension, Form, FormToken, IntoResponse, Listener, Page, Path, Problem, Redirect, Right, Route};

use crate::bill::within;
use crate::biller::{self, problem};
use crate::card::{self, Attempt, Bank};
use crate::cash;
use crate::messages::Messages;
use crate::model::{AttemptId, Bill, BillId, BillStage, Refusal};
use crate::sql;
use crate::wording::Wording;
use crate::{BillLine, fee_on};

/// Longest webhook, bytes.
const EVENT_BYTES: usize = 4 << 10;
/// How old a webhook's signature may be, seconds.
const EVENT_AGE_S: i64 = 300;

pub(crate) fn routes() -> Vec<Route> {
    let operation = |summary: &str| json!({ "summary": summary, "tags": ["biller"] });
    vec![
        Route::get("/bills/{bill}", Right::SignedIn, show_bill).states(&[
            "open",
            "verifying",
            "paid",
            "waived",
            "twice",
            "404",
        ]),
        Route::post("/bills/{bill}/card", Right::SignedIn, begin_card),
        Route::get("/bills/{bill}/receipt", Right::SignedIn, show_receipt).states(&["paid", "waived", "404"]),
        Route::get("/payments/attempts/{attempt}", Right::SignedIn, show_attempt)
            .states(&["opening", "unknown", "failed", "404"]),
        Route::get("/payments/attempts/{attempt}/return", Right::SignedIn, come_back)
            .states(&["waiting", "failed", "404"]),
        Route::post("/api/v1/payments/bank-events", Right::Credential("bank signature"), bank_event)
            .describe(json!({ "summary": "The bank says that a payment moved; its status is then fetched" })),
        Route::post("/api/biller/v1/inquire", Right::ClientCertificate, biller::inquire)
            .on(Listener::Mtls)
            .describe(operation("What is payable under a code")),
        Route::post("/api/biller/v1/advise", Right::ClientCertificate, biller::advise)
            .on(Listener::Mtls)
            .describe(operation("Cash was taken")),
        Route::post("/api/biller/v1/reverse", Right::ClientCertificate, biller::reverse)
            .on(Listener::Mtls)
            .describe(operation("Cash was given back")),
        Route::post("/api/biller/v1/status", Right::ClientCertificate, biller::status)
            .on(Listener::Mtls)
            .describe(operation("What became of a transaction")),
    ]
}

#[derive(Template)]
#[template(path = "bill.html")]
struct BillPage {
    page: Page,
    m: Messages,
    token: FormToken,
    bill: Bill,
    /// What each line is for.
    names: Vec<String>,
    /// The 14 digits in groups of four.
    code_groups: Vec<String>,
    due: String,
    card: bool,
    /// A try by card whose outcome is not known yet.
    under_way: Option<UnderWay>,
    /// Money that came beside what settled the bill.
    held: Vec<Held>,
}

/// A try that the bank has not ended.
struct UnderWay {
    href: String,
    since: String,
    /// When its outcome is known at the latest, while that is to come.
    by: Option<String>,
}

/// Money that rests until it goes back to its payer.
struct Held {
    amount: String,
    at: String,
    rail: String,
    receipt: String,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    page: Page,
    /// Every language: a receipt is read by two people who share none.
    sides: Vec<ReceiptSide>,
    m: Messages,
    bill: Bill,
    /// Whether nothing was owed.
    waived: bool,
    number: String,
    paid_at: String,
    rail: String,
}

/// What a receipt says in one language.
struct ReceiptSide {
    words: Messages,
    /// Who asked for the money; bills of before the register knew have none.
    issuer: Option<String>,
    paid_for: String,
    fees: String,
    amount: String,
    decisions: String,
    /// Why it was waived.
    reason: Option<String>,
}

#[derive(Template)]
#[template(path = "attempt.html")]
struct AttemptPage {
    page: Page,
    m: Messages,
    attempt: Attempt,
    /// Where to look again.
    again: String,
}

#[derive(Deserialize)]
struct Nothing {}

async fn show_bill(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(bank): Extension<Arc<Option<Bank>>>,
    Path(bill): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let bill = own_bill(&ctx, &bill).await?;
    let digits: Vec<char> = bill.code.chars().collect();
    let code_groups = digits.chunks(4).map(|group| group.iter().collect()).collect();
    let due = bill.due.date(Zone::Hebron).to_string();
    let m = Messages::new(page.locale);
    let fees = fee_names(&ctx, &bill).await?;
    let names = fees.iter().zip(&bill.lines).map(|(names, line)| spoken(names, page.locale, &line.fee)).collect();
    let (id, now, locale) = (bill.id, ctx.now(), page.locale);
    let (attempt, held) =
        ctx.read(move |read| Ok::<_, store::Error>((card::under_way(read, id)?, held_for(read, id, locale)?))).await?;
    let under_way = attempt.filter(|_| bill.stage == BillStage::Open).map(|(attempt, since)| {
        let latest = since.plus_seconds(card::PATIENCE_S);
        UnderWay {
            href: page.to(&format!("/payments/attempts/{attempt}/return")),
            since: since.local_minute(Zone::Hebron),
            by: (latest > now).then(|| latest.local_minute(Zone::Hebron)),
        }
    });
    let view = BillPage { page, m, token, bill, names, code_groups, due, card: bank.is_some(), under_way, held };
    Ok(Html(view.render()?))
}

async fn begin_card(ctx: Ctx, page: Page, Path(bill): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let bill: BillId = bill.parse().map_err(|_| Problem::not_found())?;
    let attempt = match card::begin(&ctx, form.key("payments.card"), bill, page.locale).await {
        Ok(attempt) => attempt,
        Err(Refusal::AboveCeiling) => return Err(above_ceiling(page.locale)),
        Err(Refusal::OutOfMandate) => return Err(Problem::not_found()),
        Err(Refusal::NotOpen(_)) => return Ok(Redirect::to(&format!("{}/bills/{bill}", page.locale.prefix()))),
        Err(refusal) => return Err(problem(refusal)),
    };
    Ok(Redirect::to(&format!("{}/payments/attempts/{attempt}", page.locale.prefix())))
}

/// The wait for the bank: leads on as soon as there is somewhere to go.
async fn show_attempt(ctx: Ctx, page: Page, Path(attempt): Path<String>) -> Result<web::Response, Problem> {
    let (attempt, bill) = own_attempt(&ctx, &attempt).await?;
    match (attempt.stage.as_str(), &attempt.page) {
        ("redirected", Some(address)) => Ok(Redirect::to(address).into_response()),
        ("settled", _) => Ok(Redirect::to(&format!("{}/cases/{}", page.locale.prefix(), bill.case)).into_response()),
        // On the way to the bank: this address leads there as soon as its page is open.
        _ => waiting(page, attempt, ""),
    }
}

/// The browser came back from the bank: nothing it brings is believed.
async fn come_back(ctx: Ctx, page: Page, Path(attempt): Path<String>) -> Result<web::Response, Problem> {
    let (attempt, bill) = own_attempt(&ctx, &attempt).await?;
    if attempt.stage == "settled" {
        return Ok(Redirect::to(&format!("{}/cases/{}", page.locale.prefix(), bill.case)).into_response());
    }
    card::ask_bank(&ctx, attempt.id).await?;
    waiting(page, attempt, "/return")
}

fn waiting(page: Page, attempt: Attempt, below: &str) -> Result<web::Response, Problem> {
    let m = Messages::new(page.locale);
    let again = format!("{}/payments/attempts/{}{below}", page.locale.prefix(), attempt.id);
    let refresh = format!("2; url={again}");
    let failed = attempt.stage == "failed";
    let mut response = Html(AttemptPage { page, m, attempt, again }.render()?).into_response();
    if !failed && let Ok(value) = refresh.parse() {
        response.headers_mut().insert("refresh", value);
    }
    Ok(response)
}

async fn show_receipt(ctx: Ctx, page: Page, Path(bill): Path<String>) -> Result<impl IntoResponse, Problem> {
    let bill = own_bill(&ctx, &bill).await?;
    let BillStage::Paid { at } = bill.stage else { return Err(Problem::not_found()) };
    let id = bill.id;
    let payment = ctx.read(move |read| payment_of(read, id)).await?;
    let (rail, number) = payment.unwrap_or_else(|| ("waiver".to_owned(), bill.code.clone()));
    let fees = fee_names(&ctx, &bill).await?;
    let receipt = ReceiptPage {
        m: Messages::new(page.locale),
        page,
        sides: Locale::all().map(|locale| receipt_side(locale, &bill, &fees)).collect(),
        waived: bill.waived().is_some(),
        number,
        rail,
        paid_at: at.local_minute(Zone::Hebron),
        bill,
    };
    Ok(Html(receipt.render()?))
}

/// What the register called the fees of a bill on its day, line by line.
async fn fee_names(ctx: &Ctx, bill: &Bill) -> Result<Vec<Wording>, Problem> {
    let (codes, day) = (bill.lines.clone(), bill.at.date(Zone::Hebron));
    let names = ctx.read(move |read| {
        let name = |line: &BillLine| {
            Ok::<_, store::Error>(fee_on(read, &line.fee, day)?.map(|fee| fee.names).unwrap_or_default())
        };
        codes.iter().map(name).collect::<Result<Vec<_>, _>>()
    });
    Ok(names.await?)
}

fn spoken(names: &Wording, locale: Locale, otherwise: &str) -> String {
    names.get(locale).unwrap_or(otherwise).to_owned()
}

fn receipt_side(locale: Locale, bill: &Bill, fees: &[Wording]) -> ReceiptSide {
    let words = Messages::new(locale);
    let joined = |texts: Vec<String>| texts.join(words.list_comma());
    let fees = joined(fees.iter().zip(&bill.lines).map(|(names, line)| spoken(names, locale, &line.fee)).collect());
    let set = bill.lines.iter().map(|line| &line.decision);
    let waived = bill.lines.iter().filter_map(|line| line.waiver.as_ref());
    let mut decisions: Vec<String> = set
        .chain(waived.map(|waiver| &waiver.decision))
        .filter_map(|text| text.get(locale).map(str::to_owned))
        .collect();
    decisions.dedup();
    ReceiptSide {
        words,
        issuer: bill.issuer.get(locale).map(str::to_owned),
        paid_for: spoken(&bill.names, locale, &fees),
        fees,
        amount: web::money_in(locale, bill.total),
        decisions: joined(decisions),
        reason: bill.waived().and_then(|waiver| waiver.names.get(locale)).map(str::to_owned),
    }
}

/// `POST /api/v1/payments/bank-events`: a hint, signed over the raw body.
async fn bank_event(
    ctx: Ctx,
    Extension(bank): Extension<Arc<Option<Bank>>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<StatusCode, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Hint {
        reference: String,
    }
    let bank = bank.as_ref().as_ref().ok_or_else(Problem::not_found)?;
    let signature = headers.get("bank-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if body.len() > EVENT_BYTES || !signed(bank, signature, &body, ctx.now().as_seconds()) {
        return Err(Problem::forbidden());
    }
    let hint: Hint = serde_json::from_slice(&body).map_err(|_| Problem::bad_request(Vec::new()))?;
    let id: AttemptId = hint.reference.parse().map_err(|_| Problem::not_found())?;
    card::ask_bank(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `t=<seconds>,v1=<hex>`: HMAC-SHA-256 over time, a dot, and the raw body.
fn signed(bank: &Bank, header: &str, body: &[u8], now: i64) -> bool {
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name));
    let (Some(time), Some(given)) = (part("t="), part("v1=")) else { return false };
    let fresh = time.parse::<i64>().is_ok_and(|time| now.abs_diff(time) <= EVENT_AGE_S.unsigned_abs());
    let message = [time.as_bytes(), b".", body].concat();
    let expected = seal::digest::hmac_sha256(bank.secret.as_bytes(), &message);
    fresh && seal::digest::from_hex(given).is_ok_and(|given| seal::digest::equal(&given, &expected))
}

fn person(ctx: &Ctx) -> Result<PersonId, Problem> {
    ctx.actor.person().ok_or_else(Problem::not_found)
}

/// A bill of whoever is signed in; another's is not there.
async fn own_bill(ctx: &Ctx, bill: &str) -> Result<Bill, Problem> {
    let person = person(ctx)?;
    let id: BillId = bill.parse().map_err(|_| Problem::not_found())?;
    let bill = ctx.read(move |read| crate::bill(read, id)).await?;
    let bill = bill.filter(|bill| cash::belongs_to(bill, person)).ok_or_else(Problem::not_found)?;
    match within(&ctx.actor, &bill.service, bill.total) {
        Err(Refusal::AboveCeiling) => Err(above_ceiling(ctx.locale)),
        Err(_) => Err(Problem::not_found()),
        Ok(()) => Ok(bill),
    }
}

/// Whoever acts for another may not owe or pay so much for them.
pub fn above_ceiling(locale: Locale) -> Problem {
    let m = Messages::new(locale);
    Problem::forbidden()
        .title(m.above_ceiling_title())
        .explain(m.above_ceiling())
        .next_step(m.above_ceiling_next())
        .link("/cases", m.to_cases())
}

async fn own_attempt(ctx: &Ctx, attempt: &str) -> Result<(Attempt, Bill), Problem> {
    let id: AttemptId = attempt.parse().map_err(|_| Problem::not_found())?;
    let found = ctx.read(move |read| card::attempt(read, id)).await?.ok_or_else(Problem::not_found)?;
    let bill = own_bill(ctx, &found.bill.to_string()).await?;
    Ok((found, bill))
}

fn held_for(read: &mut Read<'_>, bill: BillId, locale: Locale) -> Result<Vec<Held>, store::Error> {
    let rows = read.rows(&sql::HELD_FOR_BILL, &params![bill])?;
    let held = rows.iter().map(|row| {
        let currency = crate::model::currency(&row.get::<String>(2)?)?;
        Ok(Held {
            rail: row.get(0)?,
            at: row.get::<base::Timestamp>(1)?.local_minute(Zone::Hebron),
            amount: web::money_in(locale, base::Money::from_minor(row.get(3)?, currency)),
            receipt: row.get(4)?,
        })
    });
    held.collect()
}

fn payment_of(read: &mut Read<'_>, bill: BillId) -> Result<Option<(String, String)>, store::Error> {
    let row = read.row(&sql::PAYMENT_OF_BILL, &params![bill])?;
    row.map(|row| Ok((row.get(1)?, row.get(6)?))).transpose()
}
