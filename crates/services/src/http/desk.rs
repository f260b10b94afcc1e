//! The officers' desk: the queue, a case beside what registers told, parcels.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Actor, Role, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect, Right, Route};

use super::case::{service_name, stage_text};
use super::form::said;
use super::{case_id, problem, shown};
use crate::case::Stage;
use crate::desk::{self, approve, ask, open, queue, reject, take};
use crate::messages::Messages;
use crate::parcel::{Handed, at_office, hand_over, locked, receive, send, unlock, waiting};
use crate::promise;
use crate::system::Services;

const CLERKS: &[Role] = &[Role::Clerk, Role::Supervisor];
const SUPERVISORS: &[Role] = &[Role::Supervisor];
const AGENTS: &[Role] = &[Role::PostAgent];
const ANY: &[Role] = &Role::ALL;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk", Right::Officer(ANY), home).states(&["ok"]),
        Route::get("/desk/queue", Right::Officer(CLERKS), show_queue).states(&["ok", "empty"]),
        Route::get("/desk/cases/{case}", Right::Officer(CLERKS), show).states(&["ok", "404"]),
        Route::post("/desk/cases/{case}/take", Right::Officer(CLERKS), take_post),
        Route::post("/desk/cases/{case}/decide", Right::Officer(CLERKS), decide_post),
        Route::get("/desk/parcels", Right::Officer(CLERKS), parcels).states(&["ok", "empty"]),
        Route::post("/desk/parcels", Right::Officer(CLERKS), send_post),
        Route::post("/desk/parcels/unlock", Right::Officer(SUPERVISORS), unlock_post),
        Route::get("/desk/collection", Right::Officer(AGENTS), collection).states(&["ok"]),
        Route::post("/desk/collection/received", Right::Officer(AGENTS), receive_post),
        Route::post("/desk/collection", Right::Officer(AGENTS), hand_over_post),
    ]
}

struct QueueLine {
    id: String,
    name: String,
    stage: &'static str,
    stage_text: &'static str,
    since: String,
    promise: Option<String>,
    late: bool,
    /// What share of the promised time is used, in words.
    mark: Option<&'static str>,
    mine: bool,
    free: bool,
}

#[derive(Template)]
#[template(path = "desk_home.html")]
struct HomePage {
    page: Page,
    m: Messages,
    clerk: bool,
    agent: bool,
    /// They stand at a counter where people are seen.
    counter: bool,
    technical: bool,
    supervisor: bool,
    authentication: bool,
    quality: bool,
    unit: String,
    /// Cases that wait for a decision of the unit.
    cases: i64,
    /// Papers that wait to be sent.
    parcels: i64,
    /// Papers on their way to the office, and those that are there.
    coming: i64,
    here: i64,
}

#[derive(Template)]
#[template(path = "desk_queue.html")]
struct QueuePage {
    page: Page,
    m: Messages,
    token: FormToken,
    unit: String,
    lines: Vec<QueueLine>,
}

struct Fact {
    label: String,
    value: String,
    source: Option<String>,
}

struct Event {
    text: &'static str,
    when: String,
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "desk_case.html")]
struct CasePage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    stage_text: &'static str,
    answers: Vec<Fact>,
    facts: Vec<Fact>,
    events: Vec<Event>,
    mine: bool,
    decidable: bool,
    may_ask: bool,
    words: usize,
}

#[derive(Template)]
#[template(path = "desk_parcels.html")]
struct ParcelsPage {
    page: Page,
    m: Messages,
    token: FormToken,
    offices: Vec<(String, String, i64)>,
    /// Cases whose handing over is locked, with their office: for supervisors.
    locked: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "desk_collection.html")]
struct CollectionPage {
    page: Page,
    m: Messages,
    token: FormToken,
    office: String,
    coming: Vec<String>,
    here: i64,
    typed: String,
    error: Option<String>,
    handed: bool,
}

pub(super) fn unit(ctx: &Ctx) -> Result<String, Problem> {
    match &ctx.actor {
        Actor::Officer { unit, .. } => Ok(unit.clone()),
        _ => Err(Problem::forbidden()),
    }
}

async fn home(ctx: Ctx, page: Page, Extension(services): Extension<Arc<Services>>) -> Result<Html<String>, Problem> {
    let clerk = CLERKS.iter().any(|role| ctx.actor.has_role(*role));
    let agent = AGENTS.iter().any(|role| ctx.actor.has_role(*role));
    let technical = ctx.actor.has_role(Role::TechnicalOperator);
    let m = Messages::new(page.locale);
    let supervisor = ctx.actor.has_role(Role::Supervisor);
    let authentication = ctx.actor.has_role(Role::AuthenticationOfficer);
    let quality = ctx.actor.has_role(Role::Quality);
    let key = unit(&ctx)?;
    let counter = (clerk || agent) && services.catalogue.offices().iter().any(|office| office.key == key);
    let unit = services.catalogue.office_name(&key, page.locale);
    let [cases, parcels, coming, here] = ctx.read(move |read| desk::waiting(read, &key)).await?;
    let view = HomePage {
        m,
        page,
        clerk,
        agent,
        counter,
        technical,
        supervisor,
        authentication,
        quality,
        unit,
        cases,
        parcels,
        coming,
        here,
    };
    Ok(Html(view.render()?))
}

async fn show_queue(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
) -> Result<Html<String>, Problem> {
    let (unit, m, now) = (unit(&ctx)?, Messages::new(page.locale), ctx.now());
    let wanted = unit.clone();
    let (cases, marks) =
        ctx.read(move |read| Ok::<_, store::Error>((queue(read, &wanted)?, promise::marks(read, &wanted)?))).await?;
    let officer = ctx.actor.officer();
    let lines = cases.iter().map(|case| QueueLine {
        id: case.id.to_string(),
        name: service_name(&services, case, page.locale),
        stage: case.stage.as_str(),
        stage_text: stage_text(m, case),
        since: case.submitted_at.unwrap_or(case.saved_at).local_minute(Zone::Hebron),
        // While its person is asked, the clock stands still.
        promise: case.promised_at.filter(|_| case.stage != Stage::Asked).map(|at| at.local_minute(Zone::Hebron)),
        late: case.stage == Stage::Deciding && case.promised_at.is_some_and(|at| at < now),
        mark: super::late::mark_text(m, marks.get(&case.id).copied().unwrap_or(0)),
        mine: case.officer.is_some() && case.officer == officer,
        free: case.officer.is_none(),
    });
    let unit = services.catalogue.office_name(&unit, page.locale);
    Ok(Html(QueuePage { lines: lines.collect(), m, token, unit, page }.render()?))
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (unit, m) = (unit(&ctx)?, Messages::new(page.locale));
    let opened = open(&ctx, case_id(&id)?, &unit).await.map_err(|refusal| problem(page.locale, refusal))?;
    let case = &opened.case;
    let service = services.catalogue.service(&case.service).ok_or_else(Problem::not_found)?;
    let text = |key: &str| service.text(page.locale, key);
    let fields = service.file.pages.iter().filter_map(|page| page.field.as_ref());
    let answers = fields.filter_map(|field| {
        let value = said(&services, service, &page, field, case.answers.get(&field.id)?)?;
        Some(Fact { label: text(&format!("field-{}-label", field.id)), value, source: None })
    });
    let known = service.file.pages.iter().flat_map(|page| &page.known).filter_map(|known| {
        let body = opened.told.iter().find(|one| one.lookup == known.lookup)?.body.pointer(&known.path)?;
        let source = Some(text(&format!("source-{}", known.lookup)));
        Some(Fact { label: text(&format!("known-{}", known.id)), value: shown(&page, body)?, source })
    });
    let asked = opened.lines.iter().any(|line| line.kind == crate::timeline::Kind::Asked);
    let mine = case.officer.is_some() && case.officer == ctx.actor.officer();
    let view = CasePage {
        name: text("name"),
        stage_text: stage_text(m, case),
        answers: answers.collect(),
        facts: known.collect(),
        events: opened
            .lines
            .iter()
            .map(|line| Event {
                text: line.kind.text(m),
                when: line.at.local_minute(Zone::Hebron),
                note: line.note.clone(),
            })
            .collect(),
        mine,
        decidable: mine && case.stage == Stage::Deciding,
        may_ask: !asked || ctx.actor.has_role(Role::Supervisor),
        words: desk::WORDS,
        token,
        id,
        m,
        page,
    };
    Ok(Html(view.render()?))
}

#[derive(Deserialize)]
struct Nothing {}

async fn take_post(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let taken = take(&ctx, form.key("services.take"), case_id(&id)?, &unit(&ctx)?).await;
    taken.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/desk/cases/{id}"))))
}

#[derive(Deserialize)]
struct Decision {
    decision: String,
    #[serde(default)]
    text: String,
}

async fn decide_post(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Decision>,
) -> Result<Redirect, Problem> {
    let (case, unit) = (case_id(&id)?, unit(&ctx)?);
    let key = form.key("services.decide");
    let decided = match form.decision.as_str() {
        "approve" => approve(&ctx, key, &services.catalogue, case, &unit).await,
        "reject" => reject(&ctx, key, case, &unit, &form.text).await,
        "ask" => ask(&ctx, key, case, &unit, &form.text).await,
        _ => return Err(Problem::bad_request(Vec::new())),
    };
    let m = Messages::new(page.locale);
    match decided {
        Ok(()) => Ok(Redirect::to(&page.to("/desk/queue"))),
        Err(crate::case::Refusal::Incomplete(_)) => {
            Err(Problem::refused(m.words_missing()).link(format!("/desk/cases/{id}"), m.back_to_case()))
        }
        Err(refusal) => Err(problem(page.locale, refusal)),
    }
}

async fn parcels(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
) -> Result<Html<String>, Problem> {
    let parcels = ctx.read(waiting).await?;
    let stopped = if ctx.actor.has_role(Role::Supervisor) { ctx.read(locked).await? } else { Vec::new() };
    let named = |office: &str| services.catalogue.office_name(office, page.locale);
    let locked = stopped.iter().map(|parcel| (parcel.case.to_string(), named(&parcel.office))).collect();
    let mut offices: Vec<(String, String, i64)> = Vec::new();
    for parcel in parcels {
        match offices.iter_mut().find(|(key, _, _)| *key == parcel.office) {
            Some((_, _, count)) => *count += 1,
            None => offices.push((parcel.office.clone(), named(&parcel.office), 1)),
        }
    }
    Ok(Html(ParcelsPage { m: Messages::new(page.locale), page, token, offices, locked }.render()?))
}

#[derive(Deserialize)]
struct ToOffice {
    office: String,
}

async fn send_post(ctx: Ctx, page: Page, form: Form<ToOffice>) -> Result<Redirect, Problem> {
    let sent = send(&ctx, form.key("services.send"), &form.office).await;
    sent.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to("/desk/parcels")))
}

#[derive(Deserialize)]
struct OfCase {
    case: String,
}

async fn unlock_post(ctx: Ctx, page: Page, form: Form<OfCase>) -> Result<Redirect, Problem> {
    let unlocked = unlock(&ctx, form.key("services.unlock"), case_id(&form.case)?).await;
    unlocked.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to("/desk/parcels")))
}

async fn collection_page(
    ctx: &Ctx,
    services: &Services,
    page: Page,
    token: FormToken,
) -> Result<CollectionPage, Problem> {
    let office = unit(ctx)?;
    let wanted = office.clone();
    let (coming, here) = ctx
        .read(move |read| {
            Ok::<_, store::Error>((at_office(read, &wanted, "sent")?, at_office(read, &wanted, "arrived")?))
        })
        .await?;
    let mut manifests: Vec<String> = coming.into_iter().filter_map(|parcel| parcel.manifest).collect();
    manifests.sort();
    manifests.dedup();
    Ok(CollectionPage {
        m: Messages::new(page.locale),
        office: services.catalogue.office_name(&office, page.locale),
        coming: manifests,
        here: i64::try_from(here.len()).unwrap_or(i64::MAX),
        typed: String::new(),
        error: None,
        handed: false,
        token,
        page,
    })
}

async fn collection(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
) -> Result<Html<String>, Problem> {
    Ok(Html(collection_page(&ctx, &services, page, token).await?.render()?))
}

#[derive(Deserialize)]
struct Manifest {
    manifest: String,
}

async fn receive_post(ctx: Ctx, page: Page, form: Form<Manifest>) -> Result<Redirect, Problem> {
    let received = receive(&ctx, form.key("services.receive"), &unit(&ctx)?, &form.manifest).await;
    received.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to("/desk/collection")))
}

#[derive(Deserialize)]
struct HandOver {
    case: String,
    pick_up: String,
    #[serde(default)]
    compared: bool,
}

async fn hand_over_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    form: Form<HandOver>,
) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    let error = match (form.compared, form.case.trim().parse()) {
        (false, _) => Some(m.compare_first().to_owned()),
        (true, Err(_)) => Some(m.parcel_not_here().to_owned()),
        (true, Ok(case)) => {
            let handed = hand_over(&ctx, form.key("services.hand_over"), &unit(&ctx)?, case, &form.pick_up).await;
            match handed.map_err(|refusal| problem(page.locale, refusal))? {
                Handed::Over => None,
                Handed::Wrong(left) => Some(m.code_wrong(left)),
                Handed::Locked => Some(m.parcel_locked().to_owned()),
                Handed::NotHere => Some(m.parcel_not_here().to_owned()),
            }
        }
    };
    let typed = form.case.clone();
    let mut view = collection_page(&ctx, &services, page, token).await?;
    view.handed = error.is_none();
    view.typed = if view.handed { String::new() } else { typed };
    view.error = error;
    Ok(Html(view.render()?))
}
