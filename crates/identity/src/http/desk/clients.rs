//! Clients: the list, one client, and the form that proposes one. What is wrong
//! with a registration is said as `/demo/clients` says it, by its parameter. What is
//! typed is read in `clients/form.rs`.

mod form;

use openid::{Fault, Grant, Policy, Preset, Why};
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::{Locale, Timestamp, Zone};
use seal::jose::JwsAlgorithm;
use serde::Deserialize;
use store::{Ctx, Error, params};
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response};

use self::form::ClientForm;
use super::super::html;
use super::{Reason, named, refused};
use crate::Identity;
use crate::client::{self, Kept};
use crate::health::{self, Finding};
use crate::messages::Messages;
use crate::model::{Client, Holders, ProposalId, Refusal};
use crate::proposal::{self, Change, Registration};
use crate::sql;

/// Clients on one page of the list.
const SHOWN: usize = 100;

/// One thing that a client is registered with, as pages name it.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) values: Vec<String>,
}

struct ClientLine {
    id: String,
    name: String,
    preset: &'static str,
    own: bool,
    suspended: bool,
    checked: Option<String>,
    findings: usize,
}

#[derive(Template)]
#[template(path = "desk_identity_clients.html")]
struct ListPage {
    page: Page,
    m: Messages,
    lines: Vec<ClientLine>,
    older: Option<String>,
}

struct KeyLine {
    kid: String,
    algorithm: &'static str,
    since: Option<String>,
    days: i64,
}

#[derive(Template)]
#[template(path = "desk_identity_client.html")]
struct ClientPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    own: bool,
    suspended: bool,
    changed: String,
    facts: Vec<Fact>,
    keys: Vec<KeyLine>,
    checked: Option<String>,
    findings: Vec<String>,
    waiting: Vec<ProposalId>,
}

#[derive(Template)]
#[template(path = "desk_identity_form.html")]
struct FormPage {
    page: Page,
    m: Messages,
    token: FormToken,
    /// The client that is changed; none when one is registered.
    id: Option<String>,
    typed: ClientForm,
    names: Vec<(Locale, String)>,
    faults: Vec<(&'static str, String)>,
    grants: Vec<(&'static str, bool)>,
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: String,
}

/// A fault as a sentence.
pub(in super::super) fn sentence(m: Messages, fault: &Fault) -> String {
    format!("{}: {}", fault.parameter, why(m, &fault.why))
}

fn why(m: Messages, why: &Why) -> String {
    match why {
        Why::NotHttps(address) => m.fault_not_https(address.as_str()),
        Why::Malformed(address) => m.fault_malformed(address.as_str()),
        Why::TooMany => m.fault_too_many().to_owned(),
        Why::NoAddress => m.fault_no_address().to_owned(),
        Why::NotJson => m.fault_not_json().to_owned(),
        Why::NotKeys => m.fault_not_keys().to_owned(),
        Why::NoKey => m.fault_no_key().to_owned(),
        Why::Needed => m.fault_needed().to_owned(),
        Why::LegacyOnly => m.fault_legacy_only().to_owned(),
        Why::NotADay => m.fault_not_a_day().to_owned(),
        Why::Passed => m.fault_passed().to_owned(),
        Why::NoName => m.fault_no_name().to_owned(),
        Why::NotAWord => m.fault_not_a_word().to_owned(),
        Why::NotADigest => m.fault_not_a_digest().to_owned(),
        Why::NotAnIdentifier => m.fault_not_an_identifier().to_owned(),
        Why::Taken => m.fault_taken().to_owned(),
    }
}

/// What a client is registered with, in the order of the form.
pub(super) fn facts(m: Messages, client: &Client) -> Vec<Fact> {
    let policy = &client.policy;
    let keys = client.keys().iter().map(|key| format!("{} {}", key.kid, algorithm(key))).collect();
    let holders = match client.holders {
        Holders::Citizens => m.holders_citizens(),
        Holders::Officers => m.holders_officers(),
    };
    let optional = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
    let secret = client.secret.iter().map(|secret| format!("SHA-256 {}", seal::digest::hex(secret))).collect();
    let all = [
        (m.client_id(), vec![client.id.clone()]),
        (m.client_name(), client.names.clone()),
        (m.client_sector(), vec![client.sector.clone()]),
        (m.client_holders(), vec![holders.to_owned()]),
        (m.client_preset(), vec![policy.preset.as_str().to_owned()]),
        (m.client_redirects(), client.redirects.clone()),
        (m.client_farewells(), client.farewells.clone()),
        (m.client_back_channel(), optional(&policy.back_channel)),
        (m.client_keys(), keys),
        (m.client_grants(), policy.grants.iter().map(|grant| grant.as_str().to_owned()).collect()),
        (m.client_scopes(), policy.scopes.clone()),
        (m.client_accepts(), policy.accepts.clone()),
        (m.client_rs256(), policy.rs256.then(|| "RS256".to_owned()).into_iter().collect()),
        (m.client_certificate(), optional(&policy.certificate)),
        (m.client_secret(), secret),
        (m.client_secret_until(), optional(&policy.secret_until)),
    ];
    all.into_iter().map(|(label, values)| Fact { label, values }).collect()
}

fn algorithm(key: &seal::jose::Jwk) -> &'static str {
    JwsAlgorithm::of(key.key.algorithm()).map_or("", JwsAlgorithm::name)
}

fn finding(m: Messages, finding: &Finding) -> String {
    match finding {
        Finding::RedirectSilent { origin } => m.finding_redirect_silent(origin.as_str()),
        Finding::BackChannelSilent { address } => m.finding_back_channel_silent(address.as_str()),
        Finding::BackChannelSlow { address } => m.finding_back_channel_slow(address.as_str()),
        Finding::OldKey { kid, days } => m.finding_old_key(kid.as_str(), days.to_string()),
        Finding::SecretEnds { day } => m.finding_secret_ends(day.as_str()),
        Finding::SecretEnded { day } => m.finding_secret_ended(day.as_str()),
    }
}

pub(super) async fn list(ctx: Ctx, page: Page, Query(after): Query<After>) -> Result<Html<String>, Problem> {
    let (m, locale) = (Messages::new(page.locale), page.locale);
    let mut lines = ctx
        .read(move |read| {
            let rows = read.rows(&sql::CLIENTS, &params![after.after])?;
            let corrupt = |_| Error::Corrupt("a client".to_owned());
            let line = |row: &store::Row| {
                let names: Vec<String> = serde_json::from_str(&row.get::<String>(1)?).map_err(corrupt)?;
                let policy: Policy = serde_json::from_str(&row.get::<String>(3)?).map_err(corrupt)?;
                let findings = row.get::<Option<String>>(6)?.map(|text| health::parse(&text)).transpose()?;
                Ok(ClientLine {
                    id: row.get(0)?,
                    name: named(&names, locale),
                    preset: policy.preset.as_str(),
                    own: row.get(2)?,
                    suspended: row.get::<String>(4)? != "open",
                    checked: row.get::<Option<Timestamp>>(5)?.map(|at| at.local_minute(Zone::Hebron)),
                    findings: findings.map_or(0, |findings| findings.len()),
                })
            };
            rows.iter().map(line).collect::<Result<Vec<_>, Error>>()
        })
        .await?;
    let more = lines.len() > SHOWN;
    lines.truncate(SHOWN);
    let older = lines.last().filter(|_| more).map(|line| page.older(&line.id));
    Ok(Html(ListPage { page, m, lines, older }.render()?))
}

async fn kept(ctx: &Ctx, id: &str) -> Result<Kept, Problem> {
    let id = id.to_owned();
    ctx.read(move |read| client::kept(read, &id)).await?.ok_or_else(Problem::not_found)
}

pub(super) async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (m, now) = (Messages::new(page.locale), ctx.now());
    let Kept { client, stage, changed_at } = kept(&ctx, &id).await?;
    let (health, since, waiting) = ctx
        .read(move |read| {
            let rows = read.rows(&sql::CLIENT_KEYS, &params![id])?;
            let since = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
            let since = since.collect::<Result<Vec<(String, Timestamp)>, Error>>()?;
            Ok::<_, Error>((health::health(read, &id)?, since, proposal::about(read, &format!("client:{id}"))?))
        })
        .await?;
    let keys = client.keys().into_iter().map(|key| {
        let print = seal::jose::thumbprint(&key.key);
        let since = since.iter().find(|(known, _)| *known == print).map(|(_, since)| *since);
        KeyLine {
            algorithm: algorithm(&key),
            kid: key.kid,
            since: since.map(|at| at.local_minute(Zone::Hebron)),
            days: since.map_or(0, |at| now.seconds_since(at) / 86_400),
        }
    });
    let keys = keys.collect();
    let (checked, findings) = health.map_or((None, Vec::new()), |health| {
        let findings = health.findings.iter().map(|one| finding(m, one)).collect();
        (Some(health.checked_at.local_minute(Zone::Hebron)), findings)
    });
    let view = ClientPage {
        name: named(&client.names, page.locale),
        own: client.first_party,
        suspended: stage != "open",
        changed: changed_at.local_minute(Zone::Hebron),
        facts: facts(m, &client),
        id: client.id,
        page,
        m,
        token,
        keys,
        checked,
        findings,
        waiting,
    };
    Ok(Html(view.render()?))
}

/// The form, with what was typed and what is wrong with it.
fn form(
    page: Page,
    token: FormToken,
    id: Option<String>,
    typed: ClientForm,
    faults: &[Fault],
) -> Result<Response, Problem> {
    let m = Messages::new(page.locale);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let name = |locale: Locale| typed.client_name.get(locale.index()).cloned().unwrap_or_default();
    let view = FormPage {
        names: Locale::all().map(|locale| (locale, name(locale))).collect(),
        faults: faults.iter().map(|fault| (fault.parameter, why(m, &fault.why))).collect(),
        grants: Grant::ALL
            .map(|grant| (grant.as_str(), typed.grant_types.iter().any(|name| name == grant.as_str())))
            .into(),
        page,
        m,
        token,
        id,
        typed,
    };
    Ok(html(view.render()?, status))
}

pub(super) async fn new(page: Page, token: FormToken) -> Result<Response, Problem> {
    let typed = ClientForm {
        holders: Holders::Citizens.as_str().to_owned(),
        preset: Preset::default().as_str().to_owned(),
        ..ClientForm::default()
    };
    form(page, token, None, typed, &[])
}

pub(super) async fn take_new(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
    typed: Form<ClientForm>,
) -> Result<Response, Problem> {
    let (client, mut faults) = typed.client(typed.client_id.trim().to_owned());
    let id = client.id.clone();
    if ctx.read(move |read| client::kept(read, &id)).await?.is_some() {
        faults.push(Fault::new("client_id", Why::Taken));
    }
    propose(&ctx, &identity, (page, token), (typed, None), (client, faults)).await
}

pub(super) async fn change(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let kept = kept(&ctx, &id).await?;
    if kept.client.first_party {
        return Err(refused(page.locale)(Refusal::OwnClient));
    }
    form(page, token, Some(id), ClientForm::of(&kept.client), &[])
}

pub(super) async fn take_change(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    typed: Form<ClientForm>,
) -> Result<Response, Problem> {
    kept(&ctx, &id).await?;
    let read = typed.client(id.clone());
    propose(&ctx, &identity, (page, token), (typed, Some(id)), read).await
}

/// Proposes what was typed, or shows the form again with everything that is wrong.
async fn propose(
    ctx: &Ctx,
    identity: &Identity,
    (page, token): (Page, FormToken),
    (typed, id): (Form<ClientForm>, Option<String>),
    (client, mut faults): (Client, Vec<Fault>),
) -> Result<Response, Problem> {
    let read: Vec<&str> = faults.iter().map(|fault| fault.parameter).collect();
    // What could not be read is not judged a second time.
    let judged = client.faults(identity.here).into_iter().chain(client.has_ended(ctx.now().date(Zone::Hebron)));
    let judged: Vec<Fault> = judged.filter(|fault| !read.contains(&fault.parameter)).collect();
    faults.extend(judged);
    if !faults.is_empty() {
        return form(page, token, id, typed.into_inner(), &faults);
    }
    let change = Change::Client(Box::new(Registration::from(&client)));
    let proposed = proposal::propose(ctx, typed.key("identity.propose_client"), change, identity.here).await;
    let proposed = proposed.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to(&format!("/desk/identity/proposals/{proposed}"))).into_response())
}

pub(super) async fn suspend(
    ctx: Ctx,
    page: Page,
    Path(id): Path<String>,
    form: Form<Reason>,
) -> Result<Redirect, Problem> {
    let suspended = client::suspend(&ctx, form.key("identity.suspend"), &id, &form.reason).await;
    suspended.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to(&format!("/desk/identity/clients/{id}"))))
}

pub(super) async fn resume(
    ctx: Ctx,
    page: Page,
    Extension(identity): Extension<Arc<Identity>>,
    Path(client): Path<String>,
    form: Form<Reason>,
) -> Result<Redirect, Problem> {
    let change = Change::Resume { client, reason: form.reason.clone() };
    let proposed = proposal::propose(&ctx, form.key("identity.propose_resume"), change, identity.here).await;
    let proposed = proposed.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to(&format!("/desk/identity/proposals/{proposed}"))))
}
