//! The bank's two faces: what the merchant calls, and the pages that the payer
//! sees.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use serde::Deserialize;
use serde_json::json;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Json, Page, Path, Problem, Redirect, Response, Right, Route};

use super::{
    Answer, Asked, Card, Refusal, Session, TEST_CARDS, answer, by_reference, expire, open, session, take_card,
};
use crate::messages::Messages;
use crate::outages::Company;
use crate::outside::Sandbox;

pub(crate) fn routes() -> Vec<Route> {
    let merchant = Right::Credential("the merchant's secret");
    vec![
        Route::post("/demo/bank/sessions", merchant, open_session),
        Route::get("/demo/bank/sessions/by-reference/{reference}", merchant, tell_session).without_session(),
        Route::get("/demo/bank/pay/{session}", Right::Demo, pay).states(&["card", "challenge", "out", "404"]),
        Route::post("/demo/bank/pay/{session}/card", Right::Demo, card_post),
        Route::post("/demo/bank/pay/{session}/challenge", Right::Demo, challenge_post),
        Route::post("/demo/bank/expire", Right::Demo, expire_post),
    ]
}

fn merchant(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), Problem> {
    sandbox.outages.check(Company::Bank)?;
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = format!("Bearer {}", sandbox.config().bank_secret);
    if seal::digest::equal(given.as_bytes(), expected.as_bytes()) { Ok(()) } else { Err(Problem::unauthorised()) }
}

async fn open_session(
    ctx: Ctx,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    merchant(&sandbox, &headers)?;
    let origin = &sandbox.config().portal_origin;
    let opened = open(&ctx, asked, origin).await.map_err(problem)?;
    let prefix = if opened.locale == "en" { "/en" } else { "" };
    let page = format!("{origin}{prefix}/demo/bank/pay/{}", opened.session);
    Ok((StatusCode::CREATED, Json(json!({ "session": opened.session, "page": page }))).into_response())
}

async fn tell_session(
    ctx: Ctx,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Result<Json<serde_json::Value>, Problem> {
    merchant(&sandbox, &headers)?;
    let now = ctx.now();
    let known = ctx.read(move |read| by_reference(read, &reference, now)).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(json!({
        "reference": known.reference,
        "status": known.status,
        "amount_minor": known.amount_minor,
        "currency": known.currency,
        "cause": known.cause,
    })))
}

#[derive(Template)]
#[template(path = "bank.html")]
struct BankPage {
    page: Page,
    m: Messages,
    token: FormToken,
    session: Session,
    amount: String,
    cards: Vec<(&'static str, &'static str)>,
    wrong: bool,
}

async fn found(ctx: &Ctx, sandbox: &Sandbox, word: &str) -> Result<Session, Problem> {
    sandbox.outages.check(Company::Bank)?;
    let (word, now) = (word.to_owned(), ctx.now());
    ctx.read(move |read| session(read, &word, now)).await?.ok_or_else(Problem::not_found)
}

fn view(page: Page, token: FormToken, session: Session, wrong: bool) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    let amount = base::Currency::from_code(&session.currency)
        .map_or_else(String::new, |currency| page.money(base::Money::from_minor(session.amount_minor, currency)));
    let shows = |card: &Card| match card {
        Card::Challenged => m.card_challenged(),
        Card::Trusted => m.card_trusted(),
        _ => m.card_empty(),
    };
    let cards = TEST_CARDS.iter().map(|(number, card)| (*number, shows(card))).collect();
    Ok(Html(BankPage { page, m, token, session, amount, cards, wrong }.render()?))
}

async fn pay(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    Path(word): Path<String>,
) -> Result<Response, Problem> {
    let session = found(&ctx, &sandbox, &word).await?;
    if session.is_over() {
        return Ok(Redirect::to(&session.return_url).into_response());
    }
    Ok(view(page, token, session, false)?.into_response())
}

#[derive(Deserialize)]
struct CardForm {
    card: String,
}

async fn card_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    Path(word): Path<String>,
    form: Form<CardForm>,
) -> Result<Response, Problem> {
    let session = found(&ctx, &sandbox, &word).await?;
    let card = Card::of(&form.card);
    if card == Card::Unknown && !session.is_over() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view(page, token, session, true)?).into_response());
    }
    take_card(&ctx, word.clone(), card).await.map_err(problem)?;
    Ok(Redirect::to(&page.to(&format!("/demo/bank/pay/{word}"))).into_response())
}

#[derive(Deserialize)]
struct ChallengeForm {
    answer: Answer,
}

async fn challenge_post(
    ctx: Ctx,
    page: Page,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    Path(word): Path<String>,
    form: Form<ChallengeForm>,
) -> Result<Redirect, Problem> {
    let session = found(&ctx, &sandbox, &word).await?;
    answer(&ctx, word.clone(), form.answer).await.map_err(problem)?;
    // Who walks away is not led back either: the merchant asks by itself.
    let there = if form.answer == Answer::Abandon { page.to("/demo") } else { session.return_url };
    Ok(Redirect::to(&there))
}

#[derive(Deserialize)]
struct Nothing {}

/// A visitor need not wait a quarter of an hour to see a page expire.
async fn expire_post(ctx: Ctx, page: Page, _form: Form<Nothing>) -> Result<Redirect, Problem> {
    expire(&ctx).await?;
    Ok(Redirect::to(&page.to("/demo")))
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Store(error) => Problem::from(error),
        Refusal::OtherPayment => Problem::conflict(refusal.to_string()),
        Refusal::Malformed(_) => Problem::refused(refusal.to_string()),
    }
}
