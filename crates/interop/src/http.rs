//! The configuration that servers fetch, the door by which they join, and the
//! officers' page of agreements and servers.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::http::header;
use axum::response::Html;
use base::{Role, Timestamp, Zone};
use exchange::server::configuration::{ServerEntry, Signed};
use exchange::server::enrol::{Joined, Joining};
use serde::Deserialize;
use store::{Ctx, params};
use web::{Extension, Form, FormToken, IntoResponse, Page, Problem, Redirect, Response, Right, Route};

use crate::central::{Central, Refusal, agree_as, end_as};
use crate::join::{OPERATION, SUBSYSTEM, is_short_identifier, remove_server};
use crate::messages::Messages;
use crate::sql;

const TECHNICAL: &[Role] = &[Role::TechnicalOperator];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/exchange/configuration", Right::Public, configuration).without_session(),
        Route::post("/exchange/enrol", Right::Credential("an invitation to join"), enrol),
        Route::get("/desk/exchange", Right::Officer(TECHNICAL), show).states(&["ok"]),
        Route::post("/desk/exchange/agreements", Right::Officer(TECHNICAL), agreements),
        Route::post("/desk/exchange/invite", Right::Officer(TECHNICAL), invite),
        Route::post("/desk/exchange/remove", Right::Officer(TECHNICAL), remove),
    ]
}

async fn configuration(ctx: Ctx, Extension(central): Extension<Arc<Central>>) -> Result<Json<Signed>, Problem> {
    central.configuration(&ctx).await.map(Json).map_err(Problem::internal)
}

async fn enrol(
    ctx: Ctx,
    Extension(central): Extension<Arc<Central>>,
    web::Json(joining): web::Json<Joining>,
) -> Result<Json<Joined>, Problem> {
    central.join(&ctx, &joining).await.map(Json).map_err(|refusal| match refusal {
        Refusal::Invitation => Problem::unauthorised(),
        other => problem(ctx.locale, other),
    })
}

fn problem(locale: base::Locale, refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Identifier => Problem::refused(Messages::new(locale).identifier_wrong())
            .link("/desk/exchange", Messages::new(locale).exchange_title()),
        Refusal::Store(error) => error.into(),
        other => Problem::internal(other),
    }
}

struct Agreement {
    consumer: String,
    operation: String,
    since: String,
    ended: Option<String>,
}

#[derive(Template)]
#[template(path = "desk_exchange.html")]
struct ExchangePage {
    page: Page,
    m: Messages,
    token: FormToken,
    agreements: Vec<Agreement>,
    servers: Vec<ServerEntry>,
    operations: Vec<String>,
}

async fn show(ctx: Ctx, page: Page, token: FormToken) -> Result<Html<String>, Problem> {
    let (agreements, servers, operations) = ctx
        .read(|read| {
            let mut agreements = Vec::new();
            for row in read.rows(&sql::ALL_AGREEMENTS, &params![])? {
                let (since, ended): (Timestamp, Option<Timestamp>) = (row.get(3)?, row.get(4)?);
                agreements.push(Agreement {
                    consumer: row.get(1)?,
                    operation: row.get(2)?,
                    since: since.local_minute(Zone::Hebron),
                    ended: ended.map(|at| at.local_minute(Zone::Hebron)),
                });
            }
            let mut servers = Vec::new();
            for row in read.rows(&sql::SERVERS, &params![])? {
                let read = serde_json::from_str(&row.get::<String>(0)?);
                servers.push(read.map_err(|error| store::Error::Corrupt(error.to_string()))?);
            }
            let operations = read.rows(&sql::OPERATIONS, &params![])?;
            let operations = operations.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, store::Error>((agreements, servers, operations))
        })
        .await?;
    Ok(Html(ExchangePage { m: Messages::new(page.locale), page, token, agreements, servers, operations }.render()?))
}

#[derive(Deserialize)]
struct AgreementForm {
    consumer: String,
    operation: String,
    act: String,
}

async fn agreements(ctx: Ctx, page: Page, form: Form<AgreementForm>) -> Result<Redirect, Problem> {
    let (consumer, operation) = (form.consumer.trim(), form.operation.trim());
    if !is_short_identifier(consumer, SUBSYSTEM) || !is_short_identifier(operation, OPERATION) {
        return Err(problem(page.locale, Refusal::Identifier));
    }
    let key = form.key("interop.agreement");
    let done = match form.act.as_str() {
        "agree" => agree_as(&ctx, key, consumer, operation).await,
        "end" => end_as(&ctx, key, consumer, operation).await.map(drop),
        _ => return Err(Problem::bad_request(Vec::new())),
    };
    done.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to("/desk/exchange")))
}

#[derive(Deserialize)]
struct InviteForm {
    code: String,
    subsystems: String,
}

/// The invitation is a file: it is shown to nobody a second time.
async fn invite(
    ctx: Ctx,
    page: Page,
    Extension(central): Extension<Arc<Central>>,
    form: Form<InviteForm>,
) -> Result<Response, Problem> {
    let subsystems = form.subsystems.split_whitespace().map(str::to_owned).collect();
    let invitation = central.invite(&ctx, form.code.trim(), subsystems).await;
    let invitation = invitation.map_err(|refusal| problem(page.locale, refusal))?;
    let text = serde_json::to_string_pretty(&invitation).map_err(Problem::internal)?;
    let file = format!("attachment; filename=\"{}.invitation.json\"", invitation.code);
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, text).into_response())
}

#[derive(Deserialize)]
struct RemoveForm {
    code: String,
}

async fn remove(ctx: Ctx, page: Page, form: Form<RemoveForm>) -> Result<Redirect, Problem> {
    remove_server(&ctx, form.key("interop.remove"), &form.code).await?;
    Ok(Redirect::to(&page.to("/desk/exchange")))
}
