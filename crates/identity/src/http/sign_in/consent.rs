//! Who is signed in already answers at once, but for what a service may be told
//! about them: that is asked.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;
use store::Key;
use web::{Form, FormToken, Page, Problem, Query, Response};

use super::stand::{Due, Stand};
use crate::authorize::prove_in;
use crate::consent;
use crate::factors::By;
use crate::messages::Messages;
use crate::model::Refusal;
use crate::sign_in::account_id;
use crate::sso::Sso;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    client: String,
    profile: bool,
    id_number: bool,
}

/// Which code somebody wants to type.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    by: Option<By>,
}

#[derive(Deserialize)]
pub(crate) struct ConsentForm {
    answer: String,
}

pub(crate) async fn show(Due(stand): Due, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let answered = stand.is_answered();
    let Some(sso) = stand.sso.clone().filter(|_| answered) else {
        return stand.form(None, String::new(), wanted.by).await;
    };
    let (client, asked, account) = (stand.client.clone(), stand.there.asked.clone(), account_id(&sso.holder));
    if stand.ctx.read(move |read| consent::is_needed(read, &client, &asked, account)).await? {
        let scopes = consent::telling(&stand.there.asked);
        let page = ConsentPage {
            page: stand.frame(),
            m: stand.m(),
            token: stand.visit.form_token(),
            action: stand.action(),
            client: stand.client_name(),
            profile: scopes.contains(&"profile"),
            id_number: scopes.contains(&"id_number"),
        };
        return Ok(stand.page(page.render()?, StatusCode::OK));
    }
    prove(&stand, sso, None).await
}

/// Gives the code to whoever the session says; with what they allowed, if asked.
async fn prove(stand: &Stand, sso: Sso, allowed: Option<base::AccountId>) -> Result<Response, Problem> {
    let (id, client, asked) = (stand.there.id, stand.there.client.clone(), stand.there.asked.clone());
    let session = sso.id;
    let proven = stand.ctx.write(Key::once(&stand.ctx), move |tx| {
        if let Some(account) = allowed {
            consent::give_in(tx, &client, &asked, account)?;
        }
        prove_in(tx, id, &sso.holder, session)
    });
    match proven.await {
        Ok(()) => stand.answer(session).await,
        Err(Refusal::Gone | Refusal::Stage { .. }) => Ok(stand.again()),
        Err(refusal) => Err(stand.refused(refusal)),
    }
}

pub(crate) async fn consent(Due(stand): Due, form: Form<ConsentForm>) -> Result<Response, Problem> {
    let Some(sso) = stand.sso.clone().filter(|_| stand.is_answered()) else { return Ok(stand.again()) };
    if form.answer != "allow" {
        return stand.denied("the person did not allow it");
    }
    let account = account_id(&sso.holder);
    prove(&stand, sso, account).await
}
