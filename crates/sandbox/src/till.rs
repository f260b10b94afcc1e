//! A point of sale: a shop where one pays a bill in cash by its 14 digits. It
//! speaks the biller interface with a certificate of its own.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Problem, Right, Route};

use crate::messages::Messages;
use crate::outside::Sandbox;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/demo/pos", Right::Demo, show).states(&["ok"]), Route::post("/demo/pos", Right::Demo, act)]
}

#[derive(Template)]
#[template(path = "till.html")]
struct TillPage {
    page: Page,
    m: Messages,
    token: FormToken,
    code: String,
    quote: Option<Quote>,
    receipt: Option<String>,
    error: Option<String>,
}

/// What the biller said is payable.
struct Quote {
    amount: String,
    amount_minor: i64,
    currency: String,
    quote_id: String,
    transaction: String,
}

async fn show(page: Page, token: FormToken) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    Ok(Html(TillPage { page, m, token, code: String::new(), quote: None, receipt: None, error: None }.render()?))
}

#[derive(Deserialize)]
struct Sale {
    code: String,
    quote_id: Option<String>,
    amount_minor: Option<i64>,
    currency: Option<String>,
    transaction: Option<String>,
}

async fn act(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    form: Form<Sale>,
) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    let sale = form.into_inner();
    let code: String = base::digits::to_western(&sale.code).chars().filter(char::is_ascii_digit).collect();
    let mut view = TillPage { page, m, token, code: code.clone(), quote: None, receipt: None, error: None };
    if let (Some(transaction), Some(minor), Some(currency)) = (sale.transaction, sale.amount_minor, sale.currency) {
        let today = ctx.now().date(base::Zone::Hebron).to_string();
        let advice = json!({
            "transaction": transaction, "code": code, "quote_id": sale.quote_id.filter(|id| !id.is_empty()),
            "amount_minor": minor, "currency": currency, "business_date": today, "branch": "demo",
        });
        match call(&sandbox, "advise", &advice).await {
            Ok(answer) if answer["outcome"] == "accepted" => {
                view.receipt = Some(answer["receipt"].as_str().unwrap_or_default().to_owned());
            }
            Ok(answer) => view.error = Some(m.till_outcome(answer["outcome"].as_str().unwrap_or("?"))),
            Err(()) => view.error = Some(m.till_silent().to_owned()),
        }
        return Ok(Html(view.render()?));
    }
    match call(&sandbox, "inquire", &json!({ "code": code })).await {
        Ok(answer) if answer["state"] == "payable" => {
            let minor = answer["amount_minor"].as_i64().unwrap_or(0);
            let currency = answer["currency"].as_str().unwrap_or("ILS").to_owned();
            let amount = base::Currency::from_code(&currency)
                .map_or_else(String::new, |known| view.page.money(base::Money::from_minor(minor, known)));
            let transaction = base::id::to_text(base::id::mint(ctx.now(), ctx.random()));
            let quote_id = answer["quote_id"].as_str().unwrap_or_default().to_owned();
            view.quote = Some(Quote { amount, amount_minor: minor, currency, quote_id, transaction });
        }
        Ok(answer) => view.error = Some(m.till_state(answer["state"].as_str().unwrap_or("?"))),
        Err(()) => view.error = Some(m.till_silent().to_owned()),
    }
    Ok(Html(view.render()?))
}

async fn call(sandbox: &Sandbox, verb: &str, body: &Value) -> Result<Value, ()> {
    let (origin, client) = sandbox.config().biller.as_ref().ok_or(())?;
    let url = format!("{origin}/api/biller/v1/{verb}");
    let answer = client.send(http::Method::POST, &url, &[("content-type", "application/json")], body.to_string()).await;
    let answer = answer.map_err(|error| tracing::warn!(%error, "the biller was not heard"))?;
    if !answer.status.is_success() {
        tracing::warn!(status = %answer.status, verb, "the biller refused");
        return Err(());
    }
    serde_json::from_slice(&answer.body).map_err(|_| ())
}
