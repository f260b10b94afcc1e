//! The portal and the desk as relying parties of the provider, in one process
//! or in two: `/sign-in`, `/desk/sign-in`, their callbacks, `/sign-out`.
//!
//! Not here: the provider (identity), which is spoken to over HTTP alone, and the
//! browser's session (web), which is filled from what the provider says.
//!
//! Code flow with PKCE, `state` and `nonce`; the client authenticates by
//! `private_key_jwt`; the ID token is verified with keys fetched from the
//! issuer over HTTP. What belongs to one attempt lies in a cookie of its own,
//! so that two tabs can sign in at once and nothing is written before somebody
//! has proven who they are.

mod exchange;
mod told;

pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

use std::sync::{Arc, Mutex};

use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Html;
use base::{Assurance, Locale, MandateId, Timestamp};
use openid::oauth::{Parameters, with_query};
use openid::{Client, Holders, Policy, secret};
use seal::SigningKey;
use seal::digest::{base64url, from_base64url, sha256};
use seal::jose::KeySet;
use serde::Deserialize;
use serde_json::Value;
use store::Ctx;
use web::client::HttpClient;
use web::cookie::{read_cookie, set_cookie};
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Problem, Query, Redirect, Response, ReturnPath, Right, Route,
    System, Visit,
};

use crate::messages::Messages;
use exchange::{Failed, exchange};

/// How long somebody may take to sign in, seconds.
const ATTEMPT_SECONDS: i64 = 3_600;

/// One relying party.
struct Party {
    client_id: &'static str,
    callback: &'static str,
    /// Where one goes when nothing else is asked.
    home: &'static str,
    key: Arc<SigningKey>,
}

/// The portal's two relying parties and the provider that they trust.
pub struct RelyingParty {
    issuer: String,
    /// Where the provider is reached from this process; usually the issuer.
    reach: String,
    origin: String,
    portal: Party,
    desk: Party,
    http: HttpClient,
    keys: Mutex<Option<(Timestamp, KeySet)>>,
}

/// The portal and the desk as the provider is to know them, without keys. `origin`
/// is the portal's own address.
#[must_use]
pub fn clients(origin: &str) -> [Client; 2] {
    let names = |words: fn(Messages) -> &'static str| -> Vec<String> {
        Locale::all().map(|locale| words(Messages::new(locale)).to_owned()).collect()
    };
    // Each language has its own, so that whatever comes of it is said in it.
    let in_each = |path: &str| -> Vec<String> {
        Locale::all().map(|locale| format!("{origin}{}{path}", locale.prefix())).collect()
    };
    let portal = Client {
        id: "portal".to_owned(),
        names: names(Messages::client_portal),
        holders: Holders::Citizens,
        first_party: true,
        sector: "portal".to_owned(),
        redirects: in_each("/sign-in/callback"),
        farewells: in_each("/"),
        jwks: Value::Null,
        policy: Policy::standard(),
        secret: None,
    };
    let desk = Client {
        id: "desk".to_owned(),
        names: names(Messages::client_desk),
        holders: Holders::Officers,
        redirects: in_each("/desk/sign-in/callback"),
        ..portal.clone()
    };
    [portal, desk]
}

impl RelyingParty {
    /// The two, with the keys under which the provider knows them. `issuer` is the
    /// provider's name, `reach` the address under which this process reaches it,
    /// `origin` the portal's own.
    #[must_use]
    pub fn new([issuer, reach, origin]: [&str; 3], [portal, desk]: [Arc<SigningKey>; 2], http: HttpClient) -> Self {
        Self {
            issuer: issuer.to_owned(),
            reach: reach.to_owned(),
            origin: origin.to_owned(),
            portal: Party { client_id: "portal", callback: "/sign-in/callback", home: "/", key: portal },
            desk: Party { client_id: "desk", callback: "/desk/sign-in/callback", home: "/desk", key: desk },
            http,
            keys: Mutex::default(),
        }
    }
}

/// The routes, as the binary mounts them beside the portal's.
#[must_use]
pub fn system(party: Arc<RelyingParty>) -> System {
    routes_only().with_state(party)
}

/// The same routes with nothing behind them, for tables that are printed.
#[must_use]
pub fn routes_only() -> System {
    System {
        name: "sign-in",
        routes: vec![
            Route::get("/sign-in", Right::Public, sign_in).states(&["ok"]),
            Route::get("/sign-in/callback", Right::Public, come_back).states(&["error"]),
            Route::get("/desk/sign-in", Right::Public, desk_sign_in).states(&["ok"]),
            Route::get("/desk/sign-in/callback", Right::Public, desk_come_back).states(&["error"]),
            Route::post("/account/acting", Right::Oneself, act),
            Route::get("/sign-out", Right::AnySession, ask_to_sign_out).states(&["ok"]),
            Route::post("/sign-out", Right::AnySession, sign_out),
        ],
        ..System::default()
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "return")]
    return_to: Option<String>,
    /// The least assurance that is wanted.
    level: Option<String>,
    /// `1`: the session that there is is no answer.
    fresh: Option<String>,
}

#[derive(Deserialize)]
struct Nothing {}

async fn sign_in(
    visit: Visit,
    Extension(party): Extension<Arc<RelyingParty>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    Ok(begin(&visit, &party, &party.portal, asked, None))
}

#[derive(Deserialize)]
struct Wanted {
    mandate: String,
}

/// `POST /account/acting`: takes a mandate up, as a new request to the provider.
/// A form, since a link alone must not change for whom one acts.
async fn act(
    visit: Visit,
    Extension(party): Extension<Arc<RelyingParty>>,
    form: Form<Wanted>,
) -> Result<Response, Problem> {
    let mandate: MandateId = form.mandate.parse().map_err(|_| Problem::not_found())?;
    let return_to = Some(visit.localised("/cases"));
    let level = Some(Assurance::Substantial.as_str().to_owned());
    Ok(begin(&visit, &party, &party.portal, Asked { return_to, level, fresh: None }, Some(mandate)))
}

async fn desk_sign_in(
    visit: Visit,
    Extension(party): Extension<Arc<RelyingParty>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    Ok(begin(&visit, &party, &party.desk, asked, None))
}

async fn come_back(
    visit: Visit,
    headers: HeaderMap,
    uri: Uri,
    Extension(party): Extension<Arc<RelyingParty>>,
) -> Result<Response, Problem> {
    finish(&visit, &headers, &uri, &party, &party.portal).await
}

async fn desk_come_back(
    visit: Visit,
    headers: HeaderMap,
    uri: Uri,
    Extension(party): Extension<Arc<RelyingParty>>,
) -> Result<Response, Problem> {
    finish(&visit, &headers, &uri, &party, &party.desk).await
}

/// One attempt to sign in: everything follows from a random seed in its cookie.
struct Attempt {
    seed: String,
    locale: Locale,
    return_to: ReturnPath,
}

impl Attempt {
    fn value(&self) -> String {
        format!("{}.{}.{}", self.seed, self.locale.tag(), base64url(self.return_to.as_str().as_bytes()))
    }
    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let (seed, tag, path) = (parts.next()?, parts.next()?, parts.next()?);
        let path = String::from_utf8(from_base64url(path).ok()?).ok()?;
        Some(Self { seed: seed.to_owned(), locale: Locale::from_tag(tag)?, return_to: ReturnPath::parse(&path)? })
    }
    /// A value that only this portal can derive from the seed.
    fn derive(&self, ctx: &Ctx, purpose: &str) -> String {
        secret::text(&secret::of(|domain, value| ctx.db.blind(domain, value), purpose, &self.seed))
    }
}

/// The name of an attempt's cookie: two tabs have two.
fn cookie_name(state: &str, secure: bool) -> Option<String> {
    let start = state
        .get(..8)
        .filter(|start| start.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)))?;
    Some(format!("{}hukumati-try-{start}", if secure { "__Host-" } else { "" }))
}

fn begin(visit: &Visit, rp: &RelyingParty, party: &Party, asked: Asked, mandate: Option<MandateId>) -> Response {
    let ctx = visit.ctx();
    let home = visit.localised(party.home);
    let return_to = asked.return_to.as_deref().and_then(ReturnPath::parse);
    let return_to = return_to.unwrap_or_else(|| ReturnPath::or_home(Some(&home)));
    let attempt = Attempt { seed: base64url(&ctx.random::<24>()), locale: visit.locale(), return_to };
    let state = attempt.derive(&ctx, "state");
    if let Some(name) = cookie_name(&state, visit.is_secure())
        && let Some(cookie) = set_cookie(&name, &attempt.value(), ATTEMPT_SECONDS, visit.is_secure())
    {
        visit.add_header(header::SET_COOKIE, cookie);
    }
    let challenge = base64url(&sha256(attempt.derive(&ctx, "verifier").as_bytes()));
    let nonce = attempt.derive(&ctx, "nonce");
    let redirect_uri = rp.callback(party, visit.locale());
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", party.client_id),
        ("redirect_uri", redirect_uri.as_str()),
        ("scope", "openid profile"),
        ("state", state.as_str()),
        ("nonce", nonce.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("ui_locales", attempt.locale.tag()),
    ];
    let level = asked.level.as_deref().and_then(Assurance::parse);
    if let Some(level) = level {
        parameters.push(("acr_values", level.as_str()));
    }
    let mandate = mandate.map(|mandate| mandate.to_string());
    if let Some(mandate) = &mandate {
        parameters.push(("mandate", mandate));
    }
    if asked.fresh.as_deref() == Some("1") {
        parameters.push(("prompt", "login"));
    }
    Redirect::to(&with_query(&format!("{}/oauth2/authorize", rp.issuer), &parameters)).into_response()
}

/// Signing in came to nothing: what happened, and where to begin again.
fn failed(visit: &Visit, party: &Party, cause: &str) -> Problem {
    let m = Messages::new(visit.locale());
    let path = if party.home == "/" { "/sign-in" } else { "/desk/sign-in" };
    Problem::bad_request(Vec::new())
        .title(m.sign_in_failed_title())
        .explain(m.sign_in_failed())
        .next_step(m.sign_in_failed_next())
        .link(path, m.sign_in_title())
        .because(cause)
}

async fn finish(
    visit: &Visit,
    headers: &HeaderMap,
    uri: &Uri,
    rp: &RelyingParty,
    party: &Party,
) -> Result<Response, Problem> {
    let ctx = visit.ctx();
    let fail = |cause: &str| failed(visit, party, cause);
    let parameters = Parameters::parse(uri.query().unwrap_or_default().as_bytes()).map_err(|_| fail("parameters"))?;
    let state = parameters.get("state").ok_or_else(|| fail("no state"))?;
    let name = cookie_name(state, visit.is_secure()).ok_or_else(|| fail("strange state"))?;
    let attempt = read_cookie(headers, &name).and_then(Attempt::parse);
    let attempt = attempt.ok_or_else(|| fail("no attempt of this browser"))?;
    if let Some(cookie) = set_cookie(&name, "", 0, visit.is_secure()) {
        visit.add_header(header::SET_COOKIE, cookie);
    }
    if !seal::digest::equal(attempt.derive(&ctx, "state").as_bytes(), state.as_bytes()) {
        return Err(fail("another state"));
    }
    // RFC 9207: an answer of another issuer is none.
    if parameters.get("iss") != Some(rp.issuer.as_str()) {
        return Err(fail("another issuer"));
    }
    let Some(code) = parameters.get("code") else {
        let m = Messages::new(visit.locale());
        return Err(match parameters.get("error") {
            Some("temporarily_unavailable") => Problem::unavailable()
                .explain(m.mandate_to_check())
                .link("/account/acting", m.acting_title())
                .because("a register was not heard"),
            Some("access_denied") => fail("access_denied").title(m.mandate_gone_title()).explain(m.mandate_gone()),
            error => fail(error.unwrap_or("neither code nor error")),
        });
    };
    let refused = |error: Failed| match error {
        Failed::Unreachable(cause) => Problem::unavailable().because(cause),
        Failed::Refused(cause) => fail(&cause),
    };
    let (claims, access) = exchange(&ctx, rp, party, code, &attempt).await.map_err(refused)?;
    let session = told::session(&claims, attempt.locale).ok_or_else(|| fail("claims of the ID token"))?;
    let begun = visit.start_session(session).await?;
    // A mandate that ended while its code was on the way leaves no session: from
    // here on its end ends this one, and before that it ended the token.
    if begun.actor.mandate().is_some()
        && let Err(error) = rp.is_live(&access).await
    {
        visit.end_session().await?;
        return Err(refused(error));
    }
    Ok(Redirect::to(attempt.return_to.as_str()).into_response())
}

impl RelyingParty {
    /// Where the provider's answer comes to, in a language.
    fn callback(&self, party: &Party, locale: Locale) -> String {
        format!("{}{}{}", self.origin, locale.prefix(), party.callback)
    }
}

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage {
    page: Page,
    m: Messages,
    token: FormToken,
}

/// `GET /sign-out`: where the header's link leads; a link alone ends nothing.
async fn ask_to_sign_out(page: Page, token: FormToken) -> Result<Response, Problem> {
    let m = Messages::new(page.locale);
    Ok(Html(LeavePage { page, m, token }.render()?).into_response())
}

/// `POST /sign-out`: ends the portal's session, then the provider's.
async fn sign_out(
    visit: Visit,
    Extension(rp): Extension<Arc<RelyingParty>>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let session = visit.session().cloned().ok_or_else(Problem::sign_in_first)?;
    let party = if session.actor.officer().is_some() { &rp.desk } else { &rp.portal };
    visit.end_session().await?;
    let farewell = format!("{}{}/", rp.origin, visit.locale().prefix());
    let mut parameters = vec![("client_id", party.client_id), ("post_logout_redirect_uri", farewell.as_str())];
    if let Some(sid) = session.notes.get("sid") {
        parameters.push(("logout_hint", sid));
    }
    // What the installed app kept for reading without a network goes too.
    visit.add_header(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"storage\""));
    let language = visit.locale().prefix();
    Ok(Redirect::to(&with_query(&format!("{}{language}/oauth2/end-session", rp.issuer), &parameters)).into_response())
}
