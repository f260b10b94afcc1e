//! The officers' desk: the queue, and a case beside what registers told (`facts.rs`). What
//! other units' cases ask of a unit is in `turns.rs`, papers on their way in
//! `parcels.rs`, papers to be printed in `prints.rs`.

mod facts;
mod parcels;
mod prints;
mod turns;

use std::sync::Arc;

use askama::Template;
use axum::http::header;
use axum::response::Html;
use base::{Actor, Role, Zone};
use catalogue::{Decider, StepKind};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route};

use self::facts::{Fact, Traced};
use super::case::{service_name, stage_text};
use super::files::{FileLine, officers_lines};
use super::{case_id, problem};
use crate::case::{Case, Refusal, Stage};
use crate::desk::{self, Opened, approve, ask, ask_to_correct, open, queue, reject, take};
use crate::messages::Messages;
use crate::promise;
use crate::steps::decide::Bench;
use crate::steps::{self, agree, mark_absent, send_back, vote};
use crate::system::Services;
use crate::turn::{TurnId, TurnKind, TurnStage};

pub(super) const CLERKS: &[Role] = &[Role::Clerk, Role::Supervisor];
const SUPERVISORS: &[Role] = &[Role::Supervisor];
const AGENTS: &[Role] = &[Role::PostAgent];
/// Whoever may answer for a unit: a post office has appointments too.
pub(super) const DESKS: &[Role] = &[Role::Clerk, Role::Supervisor, Role::PostAgent];
const ANY: &[Role] = &Role::ALL;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk", Right::Officer(ANY), home).states(&["ok"]),
        Route::get("/desk/queue", Right::Officer(CLERKS), show_queue).states(&["ok", "empty"]),
        Route::get("/desk/cases/{case}", Right::Officer(CLERKS), show).states(&["ok", "404"]),
        Route::get("/desk/cases/{case}/papers/{paper}", Right::Officer(CLERKS), show_paper).states(&["404"]),
        Route::post("/desk/cases/{case}/take", Right::Officer(CLERKS), take_post),
        Route::post("/desk/cases/{case}/decide", Right::Officer(CLERKS), decide_post),
        Route::get("/desk/turns", Right::Officer(DESKS), turns::list).states(&["ok", "empty"]),
        Route::get("/desk/turns/{turn}", Right::Officer(DESKS), turns::show).states(&["ok", "404"]),
        Route::post("/desk/turns/{turn}", Right::Officer(DESKS), turns::answer),
        Route::get("/desk/parcels", Right::Officer(DESKS), parcels::parcels).states(&["ok", "empty"]),
        Route::post("/desk/parcels", Right::Officer(DESKS), parcels::send_post),
        Route::post("/desk/parcels/unlock", Right::Officer(SUPERVISORS), parcels::unlock_post),
        Route::get("/desk/prints", Right::Officer(DESKS), prints::list).states(&["ok", "empty"]),
        Route::post("/desk/prints", Right::Officer(DESKS), prints::print_post),
        Route::get("/desk/collection", Right::Officer(AGENTS), parcels::collection).states(&["ok"]),
        Route::post("/desk/collection/received", Right::Officer(AGENTS), parcels::receive_post),
        Route::post("/desk/collection", Right::Officer(AGENTS), parcels::hand_over_post),
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
    /// Whether versions of services wait for their signature.
    signer: bool,
    unit: String,
    /// What other cases wait for from the unit.
    turns: i64,
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
    /// What the folder's rules find in these answers and registers.
    rules: Vec<Traced>,
    /// They can take it from the queue.
    takeable: bool,
    /// They have it, and decide alone or first.
    decidable: bool,
    may_ask: bool,
    /// Answers that can be asked to be corrected: field and label.
    fields: Vec<(String, String)>,
    /// They hear an appeal against a refusal.
    appealed: bool,
    /// What the first of two officers decided, for the second.
    first: Option<First>,
    /// The committee's seats.
    committee: Option<Committee>,
    /// What was attached.
    files: Vec<FileLine>,
    /// What bodies, visits and registers said: what it is, who, and their words.
    said: Vec<(String, String, Option<String>)>,
    /// The decision that the page shows: an older page does not count.
    mark: String,
    words: usize,
}

struct First {
    yes: bool,
    reason: Option<String>,
}

struct Committee {
    seats: Vec<Seat>,
    may_vote: bool,
    may_mark_absent: bool,
}

struct Seat {
    number: usize,
    /// `open`, `absent`, `yes`, `no`, or `voted` to who has yet to vote.
    state: &'static str,
    reason: Option<String>,
}

pub(super) use turns::answers as answers_seen;

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
    let signer = super::versions::SIGNERS.iter().any(|role| ctx.actor.has_role(*role));
    let key = unit(&ctx)?;
    let counter = (clerk || agent) && services.catalogue.offices().iter().any(|office| office.key == key);
    let unit = services.catalogue.office_name(&key, page.locale);
    let [turns, cases, parcels, coming, here] = ctx.read(move |read| desk::waiting(read, &key)).await?;
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
        signer,
        unit,
        turns,
        cases,
        parcels,
        coming,
        here,
    };
    Ok(Html(view.render()?))
}

/// Whether a committee has it: nobody takes it for themselves. An appeal against what
/// it decided is heard by one.
fn is_before_committee(services: &Services, case: &Case) -> bool {
    let service = services.catalogue.of(case).filter(|_| case.stage != Stage::Appealed);
    let step = service.zip(usize::try_from(case.step).ok()).and_then(|(service, at)| service.file.steps.get(at));
    let sits = step.is_some_and(|step| matches!(step.kind, StepKind::Decide { by: Decider::Committee, .. }));
    // An appeal against what it decided is heard by one officer.
    sits && case.stage != Stage::Appealed
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
    let (officer, zone) = (ctx.actor.officer(), services.catalogue.zone(Some(&unit)));
    let lines = cases.iter().map(|case| QueueLine {
        id: case.id.to_string(),
        name: service_name(&services, case, page.locale),
        stage: case.stage.as_str(),
        stage_text: stage_text(m, case),
        since: case.submitted_at.unwrap_or(case.saved_at).local_minute(Zone::Hebron),
        // While its person is asked, the clock stands still.
        promise: case.promised_at.filter(|_| case.stage != Stage::Asked).map(|at| at.local_minute(zone)),
        late: case.stage == Stage::Deciding && case.promised_at.is_some_and(|at| at < now),
        mark: super::late::mark_text(m, marks.get(&case.id).copied().unwrap_or(0)),
        mine: (case.officer.is_some() && case.officer == officer) || is_before_committee(&services, case),
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
    let opened =
        open(&ctx, &services.catalogue, case_id(&id)?, &unit).await.map_err(|refusal| problem(page.locale, refusal))?;
    let case = &opened.case;
    let service = services.catalogue.of(case).ok_or_else(Problem::not_found)?;
    let text = |key: &str| service.text(page.locale, key);
    let questions = service.file.pages.iter().filter_map(|page| page.field.as_ref());
    let questions = questions.filter(|field| case.answers.contains_key(&field.id));
    let correctable = questions.map(|field| (field.id.clone(), text(&format!("field-{}-label", field.id))));
    let asked = opened.lines.iter().any(|line| line.kind == crate::timeline::Kind::Asked);
    let mine = case.officer.is_some() && case.officer == ctx.actor.officer();
    let deciding = case.stage == Stage::Deciding;
    let committee = committee(&ctx, &opened).filter(|_| deciding);
    let first = match &opened.bench {
        Bench::Second(seats) if mine && deciding => {
            Some(First { yes: seats[0].yes == Some(true), reason: opened.first_reason.clone() })
        }
        _ => None,
    };
    let others = opened.said.iter().map(|(turn, note)| {
        let named = if turn.kind == TurnKind::Appointment { "visit" } else { turn.name.as_str() };
        let name =
            if named == "visit" { turns::kind_text(m, turn.kind).to_owned() } else { text(&format!("body-{named}")) };
        (name, super::waiting::turn_state(m, turn).to_owned(), note.clone())
    });
    let view = CasePage {
        name: text("name"),
        stage_text: stage_text(m, case),
        rules: facts::traced(service, &opened, &page),
        answers: facts::answers(&services, service, &opened, &page),
        facts: facts::of_registers(service, &opened, &page),
        events: opened
            .lines
            .iter()
            .map(|line| Event {
                text: line.kind.text(m),
                when: line.at.local_minute(Zone::Hebron),
                note: line.note.clone(),
            })
            .collect(),
        takeable: !mine
            && !is_before_committee(&services, case)
            && matches!(case.stage, Stage::Deciding | Stage::Asked | Stage::Appealed),
        decidable: mine && deciding && matches!(opened.bench, Bench::One(_) | Bench::First(_)),
        appealed: mine && case.stage == Stage::Appealed,
        files: officers_lines(&page, case, &opened.files, &format!("/desk/cases/{id}")),
        said: others.collect(),
        mark: opened.bench.mark().map(|mark| mark.to_string()).unwrap_or_default(),
        first,
        committee,
        fields: correctable.collect(),
        may_ask: !asked || ctx.actor.has_role(Role::Supervisor),
        words: desk::WORDS,
        token,
        id,
        m,
        page,
    };
    Ok(Html(view.render()?))
}

async fn show_paper(
    ctx: Ctx,
    Extension(services): Extension<Arc<Services>>,
    Path((id, paper)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (unit, paper) = (unit(&ctx)?, paper.parse().map_err(|_| Problem::not_found())?);
    let found = desk::paper(&ctx, &services.catalogue, case_id(&id)?, &unit, paper).await;
    let found = found.map_err(|refusal| problem(ctx.locale, refusal))?;
    let pdf = documents::file(&ctx, &found).await.map_err(|refusal| match refusal {
        documents::Refusal::NoPaper => Problem::not_found(),
        documents::Refusal::Store(error) => Problem::from(error),
        other => Problem::internal(other),
    })?;
    let name = format!("inline; filename=\"{}.pdf\"", found.content.serial);
    let head = [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((head, pdf).into_response())
}

/// A committee's seats as one of its members sees them: votes and reasons are
/// shown to whoever has voted.
fn committee(ctx: &Ctx, opened: &Opened) -> Option<Committee> {
    let Bench::Committee(turns) = &opened.bench else { return None };
    let voted = ctx.actor.officer().is_some_and(|officer| opened.bench.has_sat(officer));
    let mut turns: Vec<_> = turns.iter().collect();
    turns.sort_by(|left, right| (left.name.len(), &left.name).cmp(&(right.name.len(), &right.name)));
    let seats = turns.iter().enumerate().map(|(at, turn)| Seat {
        number: at + 1,
        state: match (turn.stage, turn.yes) {
            (TurnStage::Dropped, _) => "absent",
            (_, None) => "open",
            (_, Some(_)) if !voted => "voted",
            (_, Some(true)) => "yes",
            (_, Some(false)) => "no",
        },
        reason: opened.reasons.iter().find(|known| voted && known.0 == turn.id).map(|known| known.1.clone()),
    });
    let open = turns.iter().any(|turn| turn.is_open());
    Some(Committee {
        seats: seats.collect(),
        may_vote: open && !voted,
        may_mark_absent: open && ctx.actor.has_role(Role::Supervisor),
    })
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
    /// The decision that the page showed.
    #[serde(default)]
    mark: String,
    /// The answer that is to be corrected.
    #[serde(default)]
    field: String,
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
    let m = Messages::new(page.locale);
    let decided = match form.decision.as_str() {
        "approve" => approve(&ctx, key, &services, case, &unit).await,
        "reject" => reject(&ctx, key, &services, case, &unit, &form.text).await,
        "ask" if form.field.is_empty() => ask(&ctx, key, case, &unit, &form.text).await,
        "ask" => ask_to_correct(&ctx, key, case, &unit, &form.text, &form.field).await,
        "win" => steps::hear_appeal(&ctx, key, &services.catalogue, case, &unit, true, &form.text).await,
        "lose" => steps::hear_appeal(&ctx, key, &services.catalogue, case, &unit, false, &form.text).await,
        "agree" => agree(&ctx, key, &services, case, &unit, mark(&form)?).await,
        "send-back" => send_back(&ctx, key, case, &unit, mark(&form)?, &form.text).await,
        "vote-yes" => vote(&ctx, key, &services, case, &unit, mark(&form)?, true, &form.text).await,
        "vote-no" => vote(&ctx, key, &services, case, &unit, mark(&form)?, false, &form.text).await,
        "absent" => mark_absent(&ctx, key, &services.catalogue, case, &unit, mark(&form)?).await,
        _ => return Err(Problem::bad_request(Vec::new())),
    };
    match decided {
        Ok(()) => Ok(Redirect::to(&page.to("/desk/queue"))),
        Err(Refusal::Incomplete(_)) => {
            Err(Problem::refused(m.words_missing()).link(format!("/desk/cases/{id}"), m.back_to_case()))
        }
        Err(refusal @ Refusal::Retold) => {
            Err(problem(page.locale, refusal).link(format!("/desk/cases/{id}"), m.back_to_case()))
        }
        Err(refusal) => Err(problem(page.locale, refusal)),
    }
}

fn mark(form: &Decision) -> Result<TurnId, Problem> {
    form.mark.parse().map_err(|_| Problem::bad_request(Vec::new()))
}
