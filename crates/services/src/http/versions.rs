//! Versions that wait for signatures: what each changes, who has signed, and the
//! two words that an officer of a body has, to sign and to send back.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use base::{IdNumber, Locale, Role, Zone};
use catalogue::folder::NAMES;
use catalogue::{Group, Service};
use serde::Deserialize;
use similar::{ChangeTag, TextDiff};
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect, Right, Route};

use super::calendar::officer_name;
use super::fees;
use super::problem;
use crate::case::Refusal;
use crate::messages::Messages;
use crate::opening::{invite, invited};
use crate::replay::{self, Difference};
use crate::system::Services;
use crate::version::{self, Body, Signature, VERSION, Version, may_sign, send_back, sign, signatures, waiting};

pub(super) const SIGNERS: &[Role] =
    &[Role::Supervisor, Role::BusinessOperator, Role::AuthenticationOfficer, Role::Quality];
const QUALITY: &[Role] = &[Role::Quality];
/// Unchanged lines that stand beside a changed one.
const BESIDE: usize = 2;
/// Lines of differences that a page shows of one file.
const LINES: usize = 2_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/services", Right::Officer(SIGNERS), list).states(&["ok", "empty"]),
        Route::get("/desk/services/{key}/{version}", Right::Officer(SIGNERS), show)
            .states(&["ok", "signed", "returned", "404"]),
        Route::get("/desk/services/{key}/invited", Right::Officer(QUALITY), invited_page).states(&["ok", "404"]),
        Route::post("/desk/services/{key}/invited", Right::Officer(QUALITY), invited_post),
        Route::post("/desk/services/{key}/{version}/sign", Right::Officer(SIGNERS), sign_post),
        Route::post("/desk/services/{key}/{version}/return", Right::Officer(SIGNERS), return_post),
    ]
}

struct Line {
    href: String,
    name: String,
    version: u32,
    provider: String,
    signed: usize,
    put_at: String,
}

#[derive(Template)]
#[template(path = "desk_versions.html")]
struct ListPage {
    page: Page,
    m: Messages,
    lines: Vec<Line>,
    /// For the quality office: services that open to some before others.
    opening: Vec<(String, String)>,
}

/// A word of a body, or that it is awaited.
struct Said {
    body: &'static str,
    word: &'static str,
    who: Option<(String, String)>,
    reason: Option<String>,
}

/// What differs in a file; a new file differs in every line.
struct Changed {
    name: &'static str,
    lines: Vec<(char, String)>,
    /// More than is shown.
    cut: bool,
}

#[derive(Template)]
#[template(path = "desk_version.html")]
struct VersionPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    name: String,
    provider: String,
    version: u32,
    former: Option<u32>,
    digest: String,
    from: String,
    stage: &'static str,
    /// Before and after; before is empty where nothing was offered.
    fee: (String, String),
    assurance: (String, String),
    promise: (String, String),
    files: Vec<Changed>,
    said: Vec<Said>,
    /// What its rules would have decided of past cases.
    replay: Option<ReplayView>,
    /// What the officer may sign for: the words in addresses and on the page.
    may: Vec<(&'static str, &'static str)>,
}

/// What a version's rules would have decided of past cases: counts, and for officers
/// of its own units the numbers of the cases.
struct ReplayView {
    running: bool,
    looked: i64,
    counts: Vec<(&'static str, &'static str, i64)>,
    cases: Vec<String>,
}

/// Cases' numbers on the page at most.
const REPLAYED: usize = 50;

fn difference_text(m: Messages, difference: Difference) -> (&'static str, &'static str) {
    match difference {
        Difference::Refused => ("refused", m.replay_refused()),
        Difference::Granted => ("granted", m.replay_granted()),
        Difference::Reasons => ("reasons", m.replay_reasons()),
        Difference::Way => ("way", m.replay_way()),
        Difference::Fees => ("fees", m.replay_fees()),
        Difference::Promise => ("promise", m.replay_promise()),
    }
}

async fn replayed(ctx: &Ctx, m: Messages, service: &Service) -> Result<Option<ReplayView>, Problem> {
    let (key, number) = (service.file.key.clone(), service.file.version);
    let read = ctx.read(move |read| {
        Ok::<_, store::Error>((replay::replay(read, &key, number)?, replay::differing(read, &key, number)?))
    });
    let (Some(found), differing) = read.await? else { return Ok(None) };
    let count = |wanted: Difference| differing.iter().filter(|(_, one)| *one == wanted).count();
    let all = Difference::ALL.into_iter().map(|one| {
        let (word, text) = difference_text(m, one);
        (word, text, i64::try_from(count(one)).unwrap_or(i64::MAX))
    });
    let rest = [("lacking", m.replay_lacking(), found.lacking), ("erased", m.replay_erased(), found.erased)];
    let own = may_sign(&ctx.actor, Body::Provider, service);
    let cases = differing.iter().filter(|_| own).take(REPLAYED).map(|(case, _)| case.to_string());
    Ok(Some(ReplayView {
        running: found.ended_at.is_none(),
        looked: found.looked,
        counts: all.chain(rest).filter(|(.., count)| *count > 0).collect(),
        cases: cases.collect(),
    }))
}

fn body_text(m: Messages, body: Body) -> &'static str {
    match body {
        Body::Provider => m.body_provider(),
        Body::Finance => m.body_finance(),
        Body::Interior => m.body_interior(),
        Body::Quality => m.body_quality(),
    }
}

async fn list(ctx: Ctx, page: Page, Extension(services): Extension<Arc<Services>>) -> Result<Html<String>, Problem> {
    let versions = ctx
        .read(move |read| {
            let mut versions = Vec::new();
            for version in waiting(read)? {
                let signed = signatures(read, &version.service, version.version)?.len();
                versions.push((version, signed));
            }
            Ok::<_, store::Error>(versions)
        })
        .await?;
    let today = ctx.now().date(Zone::Hebron).to_string();
    let mut lines = Vec::new();
    for (version, signed) in versions {
        let service = version.service().ok_or_else(Problem::not_found)?;
        lines.push(Line {
            href: page.to(&format!("/desk/services/{}/{}", version.service, version.version)),
            name: service.text(page.locale, "name"),
            version: version.version,
            provider: services.catalogue.agency(&service.file.provider, &today, page.locale),
            signed,
            put_at: version.put_at.local_minute(Zone::Hebron),
        });
    }
    let quality = ctx.actor.has_role(Role::Quality);
    let opening = services.catalogue.summaries().filter(|service| quality && service.opens_by_group);
    let opening = opening.map(|service| (service.key.clone(), service.name(page.locale).to_owned())).collect();
    Ok(Html(ListPage { m: Messages::new(page.locale), lines, opening, page }.render()?))
}

/// A version, what is offered instead today, and what was said of it.
async fn found(ctx: &Ctx, key: &str, number: &str) -> Result<(Version, Option<Version>, Vec<Signature>), Problem> {
    let (key, number) = (key.to_owned(), number.parse::<u32>().map_err(|_| Problem::not_found())?);
    let read = ctx.read(move |read| {
        let Some(version) = version::version(read, &key, number)? else { return Ok(None) };
        let former = match number.checked_sub(1) {
            Some(before) => version::newest_signed(read, &key, before)?,
            None => None,
        };
        let said = signatures(read, &key, number)?;
        Ok::<_, store::Error>(Some((version, former, said)))
    });
    read.await?.ok_or_else(Problem::not_found)
}

fn differences(name: &'static str, before: &str, after: &str) -> Option<Changed> {
    if before == after {
        return None;
    }
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (at, group) in diff.grouped_ops(BESIDE).iter().enumerate() {
        if at > 0 {
            lines.push(('…', String::new()));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '−',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push((sign, change.value().trim_end_matches('\n').to_owned()));
        }
    }
    let cut = lines.len() > LINES;
    lines.truncate(LINES);
    Some(Changed { name, lines, cut })
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((key, number)): Path<(String, String)>,
) -> Result<Html<String>, Problem> {
    let (there, former, signatures) = found(&ctx, &key, &number).await?;
    let m = Messages::new(page.locale);
    let service = there.service().ok_or_else(Problem::not_found)?;
    let before = former.as_ref().and_then(Version::service);
    let (names, frame) = (signatures.clone(), page.clone());
    let who = ctx.read(move |read| names.iter().map(|one| officer_name(read, &frame, one.officer)).collect());
    let who: Vec<String> = who.await?;
    let said = Body::ALL.map(|body| {
        let at = signatures.iter().position(|one| one.body == body);
        let one = at.map(|at| &signatures[at]);
        Said {
            body: body_text(m, body),
            word: match one {
                None => m.signature_awaited(),
                Some(one) if one.reason.is_some() => m.version_returned(),
                Some(_) => m.signature_given(),
            },
            who: at.map(|at| (who[at].clone(), signatures[at].at.local_minute(Zone::Hebron))),
            reason: one.and_then(|one| one.reason.clone()),
        }
    });
    let own = signatures.iter().any(|one| Some(one.officer) == ctx.actor.officer());
    let open = there.stage == VERSION.start && !own;
    let may = Body::ALL.into_iter().filter(|body| {
        open && may_sign(&ctx.actor, *body, &service) && !signatures.iter().any(|one| one.body == *body)
    });
    let both = |text: &dyn Fn(&Service) -> String| (before.as_ref().map_or_else(String::new, text), text(&service));
    let today = ctx.now().date(Zone::Hebron).to_string();
    let (old, new) = (former.as_ref().and_then(Version::files), there.files().ok_or_else(Problem::not_found)?);
    let old = |name: &str| old.as_ref().and_then(|old| old.text(name)).unwrap_or_default();
    let files = NAMES.iter().filter_map(|name| differences(name, old(name), new.text(name).unwrap_or_default()));
    let view = VersionPage {
        action: page.to(&format!("/desk/services/{}/{}", there.service, there.version)),
        name: service.text(page.locale, "name"),
        provider: services.catalogue.agency(&service.file.provider, &today, page.locale),
        version: there.version,
        former: former.as_ref().map(|former| former.version),
        digest: there.digest.clone(),
        from: page.date(there.from),
        stage: match there.stage.as_str() {
            "signed" if signatures.is_empty() => m.version_saved(),
            "signed" => m.version_signed(),
            "returned" => m.version_returned(),
            _ => m.version_waits(),
        },
        fee: both(&|service| {
            let lines = fees::lines(service, &page);
            if lines.is_empty() { m.fee_none().to_owned() } else { lines.join(m.list_comma()) }
        }),
        assurance: both(&|service| assurance_text(m, service).to_owned()),
        promise: both(&|service| {
            let lines = service.promises(page.locale).into_iter().map(|(when, time)| m.promise_line(time, when));
            let lines: Vec<String> = lines.collect();
            if lines.is_empty() { service.promise(page.locale) } else { lines.join(m.list_comma()) }
        }),
        files: files.collect(),
        // A demo's folder holds as it was saved: nobody is asked to sign it.
        said: if there.stage == "signed" && signatures.is_empty() { Vec::new() } else { said.into_iter().collect() },
        replay: replayed(&ctx, m, &service).await?,
        may: may.map(|body| (body.as_str(), body_text(m, body))).collect(),
        token,
        m,
        page,
    };
    Ok(Html(view.render()?))
}

fn assurance_text(m: Messages, service: &Service) -> &'static str {
    match service.assurance() {
        base::Assurance::Low => m.assurance_low(),
        base::Assurance::Substantial => m.assurance_substantial(),
        base::Assurance::High => m.assurance_high(),
    }
}

#[derive(Deserialize)]
struct Word {
    body: String,
    digest: String,
    #[serde(default)]
    reason: String,
}

async fn sign_post(
    ctx: Ctx,
    page: Page,
    Path((key, number)): Path<(String, String)>,
    form: Form<Word>,
) -> Result<Redirect, Problem> {
    let (body, version) = word(&form, &key, &number)?;
    let signed = sign(&ctx, form.key("services.version_sign"), version, body, &form.digest).await;
    said(&page, &key, &number, signed)
}

async fn return_post(
    ctx: Ctx,
    page: Page,
    Path((key, number)): Path<(String, String)>,
    form: Form<Word>,
) -> Result<Redirect, Problem> {
    let (body, version) = word(&form, &key, &number)?;
    let word = send_back(&ctx, form.key("services.version_return"), version, body, &form.digest, &form.reason).await;
    said(&page, &key, &number, word)
}

fn word<'k>(form: &Word, key: &'k str, number: &str) -> Result<(Body, (&'k str, u32)), Problem> {
    let body = Body::parse(&form.body).ok_or_else(Problem::not_found)?;
    Ok((body, (key, number.parse().map_err(|_| Problem::not_found())?)))
}

fn said(page: &Page, key: &str, number: &str, said: Result<(), Refusal>) -> Result<Redirect, Problem> {
    said.map_err(|refusal| refused(page.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/desk/services/{key}/{number}"))))
}

#[derive(Template)]
#[template(path = "desk_invited.html")]
struct InvitedPage {
    page: Page,
    m: Messages,
    token: FormToken,
    key: String,
    name: String,
    staff: u64,
    invited: u64,
    typed: String,
    error: Option<&'static str>,
}

async fn invited_view(
    ctx: &Ctx,
    (page, token): (Page, FormToken),
    services: &Services,
    key: String,
    typed: String,
    wrong: bool,
) -> Result<Html<String>, Problem> {
    let service = services.catalogue.service(&key).ok_or_else(Problem::not_found)?;
    let (m, wanted) = (Messages::new(page.locale), key.clone());
    let counts = ctx.read(move |read| invited(read, &wanted)).await?;
    let of = |group: Group| counts.iter().find(|(word, _)| word == group.as_str()).map_or(0, |(_, count)| *count);
    let view = InvitedPage {
        name: service.text(page.locale, "name"),
        staff: of(Group::Staff),
        invited: of(Group::Invited),
        error: wrong.then(|| m.invited_wrong()),
        m,
        token,
        key,
        typed,
        page,
    };
    Ok(Html(view.render()?))
}

async fn invited_page(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    invited_view(&ctx, (page, token), &services, key, String::new(), false).await
}

#[derive(Deserialize)]
struct Invitation {
    crowd: String,
    numbers: String,
}

async fn invited_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
    form: Form<Invitation>,
) -> Result<Response, Problem> {
    services.catalogue.service(&key).ok_or_else(Problem::not_found)?;
    let group = if form.crowd == Group::Staff.as_str() { Group::Staff } else { Group::Invited };
    let parts = form.numbers.split(|mark: char| mark.is_whitespace() || matches!(mark, ',' | '،' | ';' | '؛'));
    let numbers =
        parts.filter(|part| !part.is_empty()).map(|part| IdNumber::parse(part).filter(IdNumber::check_digit_fits));
    let invited = match numbers.collect::<Option<Vec<_>>>() {
        Some(numbers) => invite(&ctx, form.key("services.invite"), &key, group, numbers).await,
        None => Err(Refusal::Incomplete(Vec::new())),
    };
    match invited {
        Ok(()) => Ok(Redirect::to(&page.to(&format!("/desk/services/{key}/invited"))).into_response()),
        Err(Refusal::Incomplete(_)) => {
            let view = invited_view(&ctx, (page, token), &services, key, form.numbers.clone(), true).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, view).into_response())
        }
        Err(other) => Err(refused(page.locale, other)),
    }
}

fn refused(locale: Locale, refusal: Refusal) -> Problem {
    let m = Messages::new(locale);
    match refusal {
        Refusal::NotNow(..) => Problem::conflict(m.version_gone()).link("/desk/services", m.desk_services()),
        Refusal::NotYours => Problem::forbidden(),
        Refusal::Incomplete(_) => Problem::refused(m.version_reason_missing()),
        other => problem(locale, other),
    }
}
