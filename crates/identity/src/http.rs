//! Routes. A person's own pages are in `http/account.rs`, `http/factors.rs`,
//! `http/certificates.rs`, `http/contacts.rs`, `http/mandates.rs` and `http/companies.rs`, an officer's own in
//! `http/staff.rs`, the way in of one who lost every other in `http/readmission.rs`, what officers do in `http/desk.rs` and at a counter in `http/counter.rs`, those of signing in in
//! `http/open.rs`,
//! `http/sign_in.rs`, `http/recover.rs`, `http/vouching.rs` and `http/leave.rs` (the
//! code that they share in `http/code_step.rs`), a request and its answer in
//! `http/provider.rs` and
//! `http/back.rs`, the endpoints that clients call themselves in `http/token.rs`,
//! and their frame in `http/call.rs`. Devices without a browser are in
//! `http/device_authorization.rs`.

mod account;
mod back;
mod call;
mod certificates;
mod code_step;
mod companies;
mod contacts;
mod counter;
mod desk;
mod device_authorization;
mod factors;
mod leave;
mod mandates;
mod open;
mod provider;
mod readmission;
mod recover;
mod sign_in;
mod staff;
mod token;
mod vouching;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base::Locale;
use web::{Listener, Problem, Response, Right, Route, Visit};

use crate::messages::Messages;
use crate::model::Refusal;
use crate::password::{self, Unfit};

pub(crate) fn routes() -> Vec<Route> {
    const CLIENT: Right = Right::Credential("client authentication");
    const CERTIFICATE: Right = Right::ClientCertificate;
    const OWNER: Right = Right::Oneself;
    let mut routes = vec![
        Route::get("/account", OWNER, account::show).states(&["ok"]),
        Route::post("/account/sessions/{session}/end", OWNER, account::end_session),
        Route::post("/account/sessions/end", OWNER, account::end_sessions),
        Route::post("/account/consents/{client}/withdraw", OWNER, account::withdraw),
        Route::post("/account/disown", OWNER, account::disown),
        Route::get("/account/ended", Right::Public, account::ended).states(&["ok"]),
        Route::get("/account/password", OWNER, account::password).states(&["ok"]),
        Route::post("/account/password", OWNER, account::take_password),
        Route::get("/account/factors", OWNER, factors::show).states(&["ok", "fresh"]),
        Route::post("/account/factors/passkeys", OWNER, factors::take_passkey),
        Route::post("/account/factors/passkeys/{passkey}/remove", OWNER, factors::remove_passkey),
        Route::get("/account/factors/app", OWNER, factors::app).states(&["ok"]),
        Route::post("/account/factors/app", OWNER, factors::take_app),
        Route::post("/account/factors/app/remove", OWNER, factors::remove_app),
        Route::post("/account/factors/sheet", OWNER, factors::make_sheet),
        Route::get("/account/passkey.js", Right::Public, factors::script).without_session(),
        Route::get("/account/open", Right::Public, open::number).states(&["ok"]),
        Route::post("/account/open", Right::Public, open::take_number),
        Route::get("/account/open/{opening}", Right::Public, open::show).states(open::STATES),
        Route::post("/account/open/{opening}/born", Right::Public, open::take_born),
        Route::post("/account/open/{opening}/number", Right::Public, open::take_choice),
        Route::post("/account/open/{opening}/code", Right::Public, open::take_code),
        Route::post("/account/open/{opening}/resend", Right::Public, open::resend),
        Route::post("/account/open/{opening}/password", Right::Public, open::take_password),
        Route::get("/account/sign-in/{request}", Right::Public, sign_in::consent::show)
            .states(&["ok", "officer", "locked", "code", "consent", "404"]),
        Route::post("/account/sign-in/{request}/password", Right::Public, sign_in::take_password),
        Route::post("/account/sign-in/{request}/officer", Right::Public, sign_in::take_officer),
        Route::post("/account/sign-in/{request}/code", Right::Public, sign_in::take_code),
        Route::post("/account/sign-in/{request}/passkey", Right::Public, sign_in::take_passkey),
        Route::post("/account/sign-in/{request}/resend", Right::Public, sign_in::resend),
        Route::post("/account/sign-in/{request}/cancel", Right::Public, sign_in::cancel),
        Route::post("/account/sign-in/{request}/skip", Right::Public, sign_in::skip),
        Route::post("/account/sign-in/{request}/consent", Right::Public, sign_in::consent::consent),
        Route::get("/.well-known/openid-configuration", Right::Public, provider::discovery).without_session(),
        Route::get("/oauth2/jwks", Right::Public, provider::jwks).without_session(),
        Route::get("/oauth2/authorize", Right::Public, provider::authorize).states(&["400"]),
        Route::post("/oauth2/authorize", Right::Credential("authorization request"), provider::authorize_by_form),
        Route::get("/oauth2/form-post.js", Right::Public, back::script).without_session(),
        Route::post("/oauth2/par", CLIENT, token::push),
        Route::post("/oauth2/device_authorization", CLIENT, device_authorization::begin),
        Route::get("/device", OWNER, device_authorization::field).states(&["ok"]),
        Route::post("/device", OWNER, device_authorization::take_code),
        Route::get("/device/{request}", OWNER, device_authorization::show)
            .states(&["ok", "step-up", "unmet", "allowed", "refused", "404"]),
        Route::post("/device/{request}", OWNER, device_authorization::answer),
        Route::post("/oauth2/token", CLIENT, token::token),
        Route::post("/oauth2/revoke", CLIENT, token::revoke),
        Route::post("/oauth2/introspect", CLIENT, token::introspect),
        Route::get("/oauth2/userinfo", Right::Credential("access token"), provider::userinfo),
        Route::post("/oauth2/userinfo", Right::Credential("access token"), provider::userinfo),
        Route::post("/oauth2/par", CERTIFICATE, token::push).on(Listener::Mtls),
        Route::post("/oauth2/device_authorization", CERTIFICATE, device_authorization::begin).on(Listener::Mtls),
        Route::post("/oauth2/token", CERTIFICATE, token::token).on(Listener::Mtls),
        Route::post("/oauth2/revoke", CERTIFICATE, token::revoke).on(Listener::Mtls),
        Route::post("/oauth2/introspect", CERTIFICATE, token::introspect).on(Listener::Mtls),
        Route::get("/oauth2/userinfo", CERTIFICATE, provider::userinfo).on(Listener::Mtls),
        Route::post("/oauth2/userinfo", CERTIFICATE, provider::userinfo).on(Listener::Mtls),
        Route::get("/oauth2/end-session", Right::Public, leave::leave).states(&["ok", "empty"]),
        Route::post("/oauth2/end-session", Right::Public, leave::take_leave),
    ];
    routes.extend(recover::routes());
    routes.extend(open::abroad::routes());
    routes.extend(mandates::routes());
    routes.extend(certificates::routes());
    routes.extend(sign_in::certificate::routes());
    routes.extend(companies::routes());
    routes.extend(contacts::routes());
    routes.extend(vouching::routes());
    routes.extend(counter::routes());
    routes.extend(desk::routes());
    routes.extend(staff::routes());
    routes.extend(readmission::routes());
    routes
}

/// The hash of what only this browser can bring.
fn browser_of(visit: &Visit) -> [u8; 32] {
    seal::digest::sha256(visit.browser_binding().as_bytes())
}

/// The kind of browser and system that a request came with.
fn device_of(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    crate::device::name(agent.unwrap_or_default())
}

/// The portal's host without its port, as an origin-bound code names it.
fn host_of(visit: &Visit) -> String {
    let host = visit.origin().split_once("://").map_or(visit.origin(), |(_, host)| host);
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    name.map_or(host, |(name, _)| name).to_owned()
}

/// Why what was typed, and typed again, cannot be a password.
fn unfit(m: Messages, [typed, again]: [&str; 2], chars_min: usize, own: &[String]) -> Option<String> {
    if typed != again {
        return Some(m.passwords_differ().to_owned());
    }
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    password::check(typed, chars_min, &own).err().map(|unfit| match unfit {
        Unfit::Short(chars) => m.password_short(chars),
        Unfit::Long => m.password_long(password::CHARS_MAX),
        Unfit::Known => m.password_known().to_owned(),
    })
}

/// A refusal as a problem.
fn problem(refusal: Refusal, locale: Locale) -> Problem {
    let m = Messages::new(locale);
    match refusal {
        Refusal::Gone | Refusal::Stage { .. } => {
            Problem::not_found().explain(m.gone()).link("/sign-in", m.sign_in_title())
        }
        Refusal::Wait(seconds) => Problem::too_many(seconds),
        Refusal::Busy => Problem::unavailable().because("password checks wait"),
        Refusal::Locked => Problem::conflict(m.counter_locked()),
        Refusal::Alone => Problem::refused(m.recover_alone()),
        Refusal::NoCounter => Problem::forbidden().explain(m.no_counter()),
        Refusal::Taken => Problem::conflict(m.taken()),
        Refusal::OwnProposal => Problem::conflict(m.own_proposal()),
        Refusal::OwnClient => Problem::conflict(m.own_client()),
        Refusal::NoReason => Problem::refused(m.reason_missing()),
        Refusal::NoMandate => Problem::refused(m.mandate_gone()).link("/account/mandates", m.mandates_title()),
        Refusal::Silent => Problem::unavailable().explain(m.registry_silent()).because("a register was not heard"),
        Refusal::CompaniesSilent => {
            Problem::unavailable().explain(m.companies_silent()).because("the companies' register was not heard")
        }
        Refusal::TooLow => Problem::new(web::problem::Kind::AssuranceTooLow),
        Refusal::LastFactor => Problem::refused(m.last_factor()),
        Refusal::Unfit(part) => Problem::refused(mandates::unfit(m, part)),
        Refusal::Faulty(faults) => {
            let said: Vec<String> = faults.iter().map(|fault| desk::clients::sentence(m, fault)).collect();
            Problem::refused(said.join(" "))
        }
        Refusal::Store(error) => error.into(),
        Refusal::Seal(error) => Problem::internal(error),
    }
}

fn html(body: String, status: StatusCode) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
