//! A life event's bundle: what it offers, its services while they are asked, the
//! one check page with its one button, and what became of each.

mod check;

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{CaseId, Zone};
use payments::{BillId, BillStage};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route};

use super::around::{href, name};
use super::case::stage_text;
use super::form::Nothing;
use super::{person, problem};
use crate::bundle::{
    self, Begun, BundleId, BundleStage, Joint, MemberState, Part, Why, discard, join, leave, open_of, own, possible,
    send, start,
};
use crate::case::{Refusal, Stage};
use crate::messages::Messages;
use crate::steps::pay;
use crate::system::Services;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/life-events/{key}/start", Right::SignedIn, offer).states(&["ok", "404"]),
        Route::post("/life-events/{key}/start", Right::SignedIn, begin),
        Route::get("/bundles/{bundle}", Right::SignedIn, show).states(&["ok", "sent", "404"]),
        Route::get("/bundles/{bundle}/check", Right::SignedIn, check::check).states(&["ok", "404"]),
        Route::post("/bundles/{bundle}/submit", Right::SignedIn, send_post),
        Route::post("/bundles/{bundle}/discard", Right::SignedIn, discard_post),
        Route::post("/bundles/{bundle}/services/{service}", Right::SignedIn, change),
    ]
}

/// Seconds after which a bundle that is being sent is shown again.
const AGAIN_S: u8 = 2;

/// A service that a bundle offers.
struct Offered {
    key: String,
    name: String,
    summary: String,
    optional: bool,
    /// Only some answers call for it.
    conditional: bool,
    /// Why whoever acts cannot apply for it.
    barred: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "bundle_start.html")]
struct StartPage {
    page: Page,
    m: Messages,
    token: FormToken,
    key: String,
    name: String,
    offered: Vec<Offered>,
    /// Bundles of this life event that can be gone on with.
    open: Vec<(String, String)>,
    /// Whether anything is open to whoever acts.
    any: bool,
}

/// Why a service is left out or was not sent, in words.
fn why_text(m: Messages, why: Why) -> &'static str {
    match why {
        Why::Mandate => m.bundle_why_mandate(),
        Why::ForPersons => m.bundle_why_persons(),
        Why::ForCompanies => m.bundle_why_companies(),
        Why::TooLow => m.bundle_why_low(),
        Why::Incomplete => m.bundle_why_incomplete(),
        Why::Ceiling => m.bundle_why_ceiling(),
        Why::Other => m.bundle_why_other(),
    }
}

async fn offer(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    let event = services.catalogue.event(&key).filter(|event| event.has_bundle()).ok_or_else(Problem::not_found)?;
    let (person, actor, catalogue, wanted) =
        (person(&ctx)?, ctx.actor.clone(), Arc::clone(&services.catalogue), key.clone());
    let today = ctx.now().date(Zone::Hebron);
    let read = ctx.read(move |read| {
        let mut barred = Vec::new();
        for member in catalogue.event(&wanted).map(|event| &event.members[..]).unwrap_or_default() {
            let service = catalogue.service(&member.service);
            barred.push(service.map(|service| possible(read, &actor, person, service, today)).transpose()?.flatten());
        }
        Ok::<_, store::Error>((barred, open_of(read, person)?))
    });
    let (barred, open) = read.await?;
    let m = Messages::new(page.locale);
    let offered = event.members.iter().zip(&barred).filter_map(|(member, why)| {
        let service = services.catalogue.service(&member.service)?;
        Some(Offered {
            key: member.service.clone(),
            name: service.text(page.locale, "name"),
            summary: service.text(page.locale, "summary"),
            optional: member.optional,
            conditional: member.when.is_some(),
            barred: why.map(|why| why_text(m, why)),
        })
    });
    let open = open.into_iter().filter(|bundle| bundle.event == key);
    let open =
        open.map(|bundle| (page.to(&format!("/bundles/{}", bundle.id)), bundle.created_at.local_minute(Zone::Hebron)));
    let view = StartPage {
        name: event.name(page.locale).to_owned(),
        offered: offered.collect(),
        open: open.collect(),
        any: barred.iter().any(Option::is_none),
        key,
        m,
        token,
        page,
    };
    Ok(Html(view.render()?))
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    service: Vec<String>,
}

async fn begin(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
    form: Form<Chosen>,
) -> Result<Redirect, Problem> {
    let begun = start(&ctx, form.key("services.bundle_start"), &services.catalogue, &key, &form.service).await;
    let id = begun.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/bundles/{id}"))))
}

/// A bundle of whoever acts, with its members' folders.
async fn joint<'s>(ctx: &Ctx, services: &'s Services, id: &str) -> Result<Joint<'s>, Problem> {
    let (id, actor): (BundleId, _) = (id.parse().map_err(|_| Problem::not_found())?, ctx.actor.clone());
    let (catalogue, today) = (Arc::clone(&services.catalogue), ctx.now().date(Zone::Hebron));
    let held = ctx.read(move |read| {
        let bundle = own(read, id, &actor)?;
        Ok::<_, Refusal>(bundle::held(read, bundle, &catalogue, today, &actor)?)
    });
    let held = held.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    if held.bundle.stage == BundleStage::Discarded {
        return Err(Problem::not_found());
    }
    Ok(Joint::of(held, &services.catalogue, &ctx.actor, ctx.now().date(Zone::Hebron)))
}

/// A service of a bundle, as its page lists it.
struct Line {
    key: String,
    name: String,
    tag: &'static str,
    text: &'static str,
    /// What happened or what to do about it, and where.
    note: Option<&'static str>,
    link: Option<(String, &'static str)>,
    /// What a form beside it does: `in`, `out`, or nothing.
    change: Option<&'static str>,
}

/// A bill of one of its cases.
struct Owed {
    service: String,
    bill: BillId,
    amount: String,
}

#[derive(Template)]
#[template(path = "bundle.html")]
struct BundlePage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    stage: BundleStage,
    name: String,
    lines: Vec<Line>,
    owed: Vec<Owed>,
    go_on: String,
    /// Whether anything is still asked.
    any: bool,
}

impl BundlePage {
    fn is_draft(&self) -> bool {
        self.stage == BundleStage::Draft
    }
    fn is_sending(&self) -> bool {
        self.stage == BundleStage::Sending
    }
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let joint = joint(&ctx, &services, &id).await?;
    let m = Messages::new(page.locale);
    let sending = joint.bundle.stage == BundleStage::Sending;
    let missing = joint.missing();
    let lines = joint.parts.iter().map(|part| match joint.bundle.stage {
        BundleStage::Draft => asked_line(m, &page, part, &missing),
        _ => sent_line(m, &page, part, sending),
    });
    let view = BundlePage {
        lines: lines.collect(),
        owed: owed(&ctx, &page, &joint).await?,
        name: name(&joint, &page),
        stage: joint.bundle.stage,
        go_on: page.to(&href(&joint, &joint.opens_at())),
        any: joint.open().next().is_some(),
        token,
        m,
        page,
        id: id.clone(),
    };
    let again = format!("{AGAIN_S}; url={}", view.page.to(&format!("/bundles/{id}")));
    let mut response = Html(view.render()?).into_response();
    if sending && let Ok(value) = again.parse() {
        response.headers_mut().insert("refresh", value);
    }
    Ok(response)
}

fn line(page: &Page, part: &Part<'_>, tag: &'static str, text: &'static str) -> Line {
    let name = part.service.map_or_else(|| part.member.service.clone(), |service| service.text(page.locale, "name"));
    Line { key: part.member.service.clone(), name, tag, text, note: None, link: None, change: None }
}

/// A member before the bundle is sent.
fn asked_line(m: Messages, page: &Page, part: &Part<'_>, missing: &[(CaseId, String)]) -> Line {
    if !part.covered {
        return Line { note: Some(m.bundle_why_mandate()), ..line(page, part, "", m.bundle_out()) };
    }
    if let Some((service, begun)) = part.open() {
        let change = part.optional.then_some("out");
        let lacks = missing.iter().any(|(case, _)| *case == begun.case.id);
        let (tag, text) = if lacks { ("soon", m.bundle_open()) } else { ("ok", m.bundle_answered()) };
        let first =
            catalogue::form::pages(service, &begun.facts).first().map(|first| first.id.as_str()).unwrap_or_default();
        let at = page.to(&format!("/cases/{}/form/{first}", begun.case.id));
        let note = (part.needed.is_none()).then(|| m.bundle_if_needed());
        return Line { note, link: Some((at, m.bundle_questions())), change, ..line(page, part, tag, text) };
    }
    let draft = part.begun.as_ref().filter(|begun| begun.case.stage == Stage::Draft);
    match (&part.begun, part.member.state) {
        // Sent by itself.
        (Some(begun), MemberState::In) if begun.case.submitted_at.is_some() => sent_line(m, page, part, false),
        (_, MemberState::In) if part.needed == Some(false) && draft.is_some() => {
            Line { note: Some(m.bundle_unneeded_why()), ..line(page, part, "", m.bundle_unneeded()) }
        }
        (_, MemberState::Awaits) => {
            let change = part.optional.then_some("out");
            Line { note: Some(m.bundle_awaits_why()), change, ..line(page, part, "ok", m.bundle_awaits()) }
        }
        _ => {
            let note = part.member.why.map(|why| why_text(m, why));
            let change = (note.is_none() && part.service.is_some()).then_some("in");
            Line { note, change, ..line(page, part, "", m.bundle_out()) }
        }
    }
}

/// A member after the bundle was sent.
fn sent_line(m: Messages, page: &Page, part: &Part<'_>, sending: bool) -> Line {
    let service_page = || Some((page.to(&format!("/services/{}", part.member.service)), m.back_to_service()));
    match (&part.begun, part.member.state) {
        _ if !part.covered => Line { note: Some(m.bundle_why_mandate()), ..line(page, part, "", m.bundle_out()) },
        (Some(begun), MemberState::Failed) if begun.case.stage == Stage::Draft => {
            let note = part.member.why.map(|why| why_text(m, why));
            let at = page.to(&format!("/cases/{}/check", begun.case.id));
            Line { note, link: Some((at, m.bundle_go_on_alone())), ..line(page, part, "late", m.bundle_failed()) }
        }
        (Some(begun), MemberState::Begun) if begun.case.stage == Stage::Draft => {
            let first = part.service.and_then(|service| service.file.pages.first());
            let at = first.map(|first| page.to(&format!("/cases/{}/form/{}", begun.case.id, first.id)));
            let link = at.map(|at| (at, m.bundle_questions()));
            Line { note: Some(m.bundle_begun_itself()), link, ..line(page, part, "soon", m.bundle_open()) }
        }
        (None, MemberState::Awaits) => {
            if part.in_vain {
                return Line { note: Some(m.bundle_awaits_in_vain()), ..line(page, part, "", m.bundle_out()) };
            }
            Line { note: Some(m.bundle_awaits_why()), ..line(page, part, "soon", m.bundle_awaits()) }
        }
        (Some(begun), _) if begun.case.stage == Stage::Draft && sending => line(page, part, "soon", m.bundle_sending()),
        (Some(begun), MemberState::In | MemberState::Failed | MemberState::Begun)
            if begun.case.stage != Stage::Discarded =>
        {
            let tag = match (begun.case.stage, begun.case.outcome.as_deref()) {
                (Stage::Closed, Some("refused")) => "late",
                (Stage::Closed, _) => "ok",
                _ => "soon",
            };
            let at = page.to(&format!("/cases/{}", begun.case.id));
            let note = next_step(m, begun);
            Line { note, link: Some((at, m.bundle_to_case())), ..line(page, part, tag, stage_text(m, &begun.case)) }
        }
        (_, MemberState::Unneeded) => Line {
            note: Some(m.bundle_unneeded_why()),
            link: service_page(),
            ..line(page, part, "", m.bundle_unneeded())
        },
        _ => {
            let note = part.member.why.map(|why| why_text(m, why));
            Line { note, link: service_page(), ..line(page, part, "", m.bundle_out()) }
        }
    }
}

/// What a sent case asks of its person, or that it asks nothing.
fn next_step(m: Messages, begun: &Begun) -> Option<&'static str> {
    match begun.case.stage {
        Stage::Paying => Some(m.bundle_next_pay()),
        Stage::Asked => Some(m.asked_of_you()),
        Stage::Closed => None,
        _ if begun.case.marked => Some(m.marked_explained()),
        _ => Some(m.bundle_next_none()),
    }
}

/// What is to be paid for its cases, each bill by itself.
async fn owed(ctx: &Ctx, page: &Page, joint: &Joint<'_>) -> Result<Vec<Owed>, Problem> {
    if joint.bundle.stage == BundleStage::Draft {
        return Ok(Vec::new());
    }
    let begun =
        joint.parts.iter().filter(|part| part.covered).filter_map(|part| Some((part.service?, part.begun.as_ref()?)));
    let asked: Vec<(String, crate::case::Case)> =
        begun.map(|(service, begun)| (service.text(page.locale, "name"), begun.case.clone())).collect();
    let read = ctx.read(move |read| {
        let mut found = Vec::new();
        for (service, case) in &asked {
            let bills = pay::bills(read, case)?.into_iter().filter(|bill| bill.stage == BillStage::Open);
            found.extend(bills.map(|bill| (service.clone(), bill.id, bill.total)));
        }
        Ok::<_, store::Error>(found)
    });
    let owed = read.await?.into_iter();
    Ok(owed.map(|(service, bill, total)| Owed { service, bill, amount: page.money(total) }).collect())
}

async fn send_post(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Nothing>,
) -> Result<Redirect, Problem> {
    let joint = joint(&ctx, &services, &id).await?;
    if joint.bundle.stage == BundleStage::Draft {
        match send(&ctx, form.key("services.bundle_send"), &services, joint.bundle.id).await {
            Ok(()) => {}
            Err(Refusal::Incomplete(_)) => return Ok(Redirect::to(&page.to(&format!("/bundles/{id}/check")))),
            Err(refusal) => return Err(problem(ctx.locale, refusal)),
        }
    }
    Ok(Redirect::to(&page.to(&format!("/bundles/{id}"))))
}

async fn discard_post(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let bundle = id.parse().map_err(|_| Problem::not_found())?;
    let gone = discard(&ctx, form.key("services.bundle_discard"), bundle).await;
    gone.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to("/cases")))
}

/// What becomes of a service of the bundle.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Wanted {
    In,
    Out,
}

#[derive(Deserialize)]
struct Change {
    to: Wanted,
}

async fn change(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path((id, service)): Path<(String, String)>,
    form: Form<Change>,
) -> Result<Redirect, Problem> {
    let bundle = id.parse().map_err(|_| Problem::not_found())?;
    let (key, catalogue) = (form.key("services.bundle_change"), &services.catalogue);
    let changed = match form.to {
        Wanted::In => join(&ctx, key, catalogue, bundle, &service).await,
        Wanted::Out => leave(&ctx, key, catalogue, bundle, &service).await,
    };
    changed.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/bundles/{id}"))))
}
