//! The passkey with which somebody abroad opens an account: an address is no
//! authenticator.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use seal::digest::{base64url, from_base64url};
use seal::webauthn::ALGORITHMS;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Path, Problem, Response, Visit};

use super::super::super::factors::place_of;
use super::super::super::{browser_of, device_of, host_of, html};
use super::super::{Stand, back, load, onward, parse, settled};
use super::{MissionLine, missions};
use crate::Identity;
use crate::messages::Messages;
use crate::opening::{Ended, Opening, abroad};
use crate::passkey::Made;

#[derive(Template)]
#[template(path = "open_passkey.html")]
struct PasskeyPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    challenge: String,
    rp_id: String,
    handle: String,
    name: String,
    algorithms: String,
    error: Option<&'static str>,
    missions: Vec<MissionLine>,
}

#[derive(Deserialize)]
pub(super) struct PasskeyForm {
    client_data: String,
    attestation: String,
}

pub(super) fn page(
    ctx: &Ctx,
    identity: &Arc<Identity>,
    visit: &Visit,
    opening: &Opening,
    error: Option<&'static str>,
) -> Result<Response, Problem> {
    let stand = Stand::at(visit, identity, opening.id);
    let (m, action) = (stand.m(), stand.action(opening.id));
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = PasskeyPage {
        missions: missions(identity, opening.country().unwrap_or_default(), stand.page.locale),
        challenge: base64url(&abroad::challenge(ctx, opening.id)),
        rp_id: host_of(visit),
        handle: base64url(&abroad::handle(ctx, opening.id)),
        name: opening.given_email().unwrap_or_default().to_owned(),
        algorithms: ALGORITHMS.map(|algorithm| algorithm.to_string()).join(" "),
        page: stand.page,
        m,
        token: stand.token,
        action,
        error,
    };
    Ok(html(body.render()?, status))
}

pub(super) async fn take(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<PasskeyForm>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let opening = load(&ctx, &visit, id).await?;
    let read = |text: &str| from_base64url(text).unwrap_or_default();
    let (client_data, attestation) = (read(&form.client_data), read(&form.attestation));
    let device = device_of(&headers);
    let made = Made { nonce: "", client_data: &client_data, attestation: &attestation, device };
    let key = form.key("identity.open.passkey");
    let (place, browser) = (place_of(&visit), browser_of(&visit));
    let network = identity.networks.name(visit.client()).to_owned();
    match abroad::with_passkey(&ctx, &identity, (key, id), browser, (&place, &made, &network)).await {
        Ok(Some(Ended::Opened(_, session))) => {
            if let Some(cookie) = crate::sso::cookie(&ctx, session, visit.is_secure()) {
                visit.add_header(axum::http::header::SET_COOKIE, cookie);
            }
            Ok(onward(&visit, &opening.return_to))
        }
        Ok(Some(Ended::Refused)) => Ok(back(&visit, id)),
        Ok(None) if opening.stage == "passkey" => {
            page(&ctx, &identity, &visit, &opening, Some(Messages::new(ctx.locale).open_passkey_failed()))
        }
        Ok(None) => Ok(back(&visit, id)),
        Err(refusal) => settled(Err(refusal), &ctx, &visit, (id, "passkey")).await,
    }
}
