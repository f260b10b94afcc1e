//! A person's cases: the list and the timeline. Their inbox is in `inbox.rs`, who
//! looked at their data in `looks.rs`.

use std::sync::Arc;

use askama::Template;
use audit::LeafId;
use axum::response::Html;
use base::{Actor, Date, Locale, Money, Zone};
use catalogue::promise::{LEVELS, Promise};
use catalogue::{Catalogue, Decider, Service, StepKind, Typed};
use documents::PaperId;
use payments::{Bill, BillId, BillStage};
use serde::Deserialize;
use store::{Ctx, Read};
use web::{Extension, Form, FormToken, Page, Path, Problem, Query, Redirect, Right, Route, Slice};

use super::around::link;
use super::copies;
use super::files::CaseFiles;
use super::looks::{self, Reader, who};
use super::question::Field;
use super::resume::{DeliveryForm, delivery_form};
use super::waiting::{Beside, TurnLine, appealable_of, appointment, correction, held_by, turn_lines, waiting_text};
use super::{case_id, person, problem};
use crate::case::{Case, Stage, cases_of, own};
use crate::elapsed::{self, Usual};
use crate::files::files_of;
use crate::messages::Messages;
use crate::parcel::Waiting;
use crate::steps::{correct, pay};
use crate::system::Services;
use crate::timeline::{Kind, Line, lines};
use crate::{bundle, desk, feedback, promise};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases", Right::SignedIn, list).states(&["ok", "empty"]),
        Route::get("/cases/{case}", Right::SignedIn, show).states(&["ok", "404"]),
        Route::post("/cases/{case}/reply", Right::SignedIn, reply),
        Route::post("/cases/{case}/feedback", Right::SignedIn, say_feedback),
        Route::get("/looks", Right::Oneself, looks::show).states(&["ok", "empty"]),
    ]
}

struct CaseLine {
    href: String,
    id: String,
    name: String,
    stage: &'static str,
    stage_text: &'static str,
    refused: bool,
    when: String,
}

#[derive(Template)]
#[template(path = "cases.html")]
struct CasesPage {
    page: Page,
    m: Messages,
    lines: Vec<CaseLine>,
    older: Option<String>,
    unread: u32,
    /// Bundles that are not finished: where, what, and since when.
    bundles: Vec<(String, String, String)>,
}

struct TimelineLine {
    kind: Kind,
    text: &'static str,
    when: String,
    who: String,
    note: Option<String>,
    receipt: Option<LeafId>,
}

struct PaperLine {
    id: PaperId,
    title: String,
    serial: String,
    revoked: bool,
    copies: i64,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    /// Its key.
    service: String,
    case: Case,
    stage_text: &'static str,
    promise: Option<Promised>,
    /// What the last ninety days say of the service.
    median: Option<Median>,
    continue_at: Option<String>,
    /// What is to be paid: each bill and how much.
    owed: Vec<(BillId, Money)>,
    receipts: Vec<BillId>,
    /// Why nothing was to be paid.
    waived: Option<String>,
    papers: Vec<PaperLine>,
    /// What one more copy costs, where one can be asked for.
    copy: Option<String>,
    pick_up: Option<String>,
    /// Handing over is locked after too many wrong codes.
    locked: bool,
    office: Option<String>,
    question: Option<String>,
    /// The answer that is to be corrected.
    correction: Option<Field>,
    /// What was attached, and where more is asked for.
    files: CaseFiles,
    /// Why it was refused.
    reason: Option<Vec<String>>,
    lines: Vec<TimelineLine>,
    /// Who was asked at this step, and how each stands.
    turns: Vec<TurnLine>,
    /// A time is to be chosen, or was: what to do about it, and when it is.
    appointment: Option<(&'static str, Option<String>)>,
    may_withdraw: bool,
    /// Until when it can be appealed.
    appeal_until: Option<String>,
    /// Who has it now; absent for a draft and at the end.
    held_by: Option<String>,
    /// Since when.
    since: Option<String>,
    /// What is still to come.
    ahead: Vec<&'static str>,
    /// How long it takes once it is paid, while nothing is promised yet.
    usual: Option<String>,
    /// The bundle that it was asked with: where, and what it is called.
    bundle: Option<(String, String)>,
    /// Another way for its paper, as long as one is possible.
    delivery: Option<DeliveryForm>,
    /// The answers to the one question at the end; empty when it is not asked.
    feedback: Vec<(u8, &'static str)>,
}

/// Until when it is promised.
struct Promised {
    when: String,
    /// The clock stands still until they answer or pay.
    stopped: bool,
    /// The moon may still move it.
    provisional: bool,
    /// The promised time is over.
    over: bool,
}

impl Promised {
    fn of(promise: &Promise, page: &Page) -> Self {
        let (due, zone) = (promise.due_at, promise.place.zone);
        Self {
            when: format!("{} {}", page.date(due.date(zone)), due.local_time(zone)),
            stopped: promise.since.is_none(),
            provisional: promise.provisional,
            over: promise.level >= LEVELS[2],
        }
    }
}

/// How long half of the cases took at most, and how often the promise was kept.
struct Median {
    time: String,
    kept_percent: i64,
}

impl Median {
    fn of(usual: &Usual, locale: Locale) -> Self {
        let time = usual.measure.spelled(usual.amount, locale);
        Self { time, kept_percent: i64::try_from(usual.kept_percent).unwrap_or(0) }
    }
}

pub(super) fn stage_text(m: Messages, case: &Case) -> &'static str {
    match (case.stage, case.outcome.as_deref()) {
        (Stage::Draft | Stage::Discarded, _) => m.stage_draft(),
        (Stage::Checking, _) => m.stage_checking(),
        (Stage::Paying, _) => m.stage_paying(),
        (Stage::Deciding, _) => m.stage_deciding(),
        (Stage::Asked, _) => m.stage_asked(),
        (Stage::Waiting, _) => m.stage_waiting(),
        (Stage::Appealed, _) => m.stage_appealed(),
        (Stage::Issuing, _) => m.stage_issuing(),
        (Stage::Delivering, _) => m.stage_delivering(),
        (Stage::Closed, Some("refused")) => m.stage_refused(),
        (Stage::Closed, Some("withdrawn")) => m.stage_withdrawn(),
        (Stage::Closed, _) => m.stage_completed(),
    }
}

/// Who did what the timeline says. What follows from a person's act by rule was
/// decided by this portal, not by them.
fn who_did(read: &mut Read<'_>, reader: &Reader, line: &Line) -> Result<String, store::Error> {
    let m = reader.m();
    let own = matches!(
        line.kind,
        Kind::Started
            | Kind::Submitted
            | Kind::Answered
            | Kind::Corrected
            | Kind::Withdrawn
            | Kind::Appealed
            | Kind::Booked
            | Kind::Moved
            | Kind::CoSigned
            | Kind::CoSignRefused
            | Kind::DeliveryChanged
            | Kind::CopyBilled
    );
    // The line is written when the news of an officer's act arrives.
    if line.kind == Kind::Revoked {
        return Ok(m.who_officer().to_owned());
    }
    if own || !line.actor.starts_with("person:") {
        who(read, reader, &line.actor)
    } else {
        Ok(m.who_system().to_owned())
    }
}

async fn list(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Query(slice): Query<Slice>,
) -> Result<Html<String>, Problem> {
    let person = person(&ctx)?;
    let asked = slice.clone();
    let (cases, unread, open) = ctx
        .read(move |read| {
            let (cases, unread) = (cases_of(read, person, &asked)?, notify::unread(read, person)?);
            Ok::<_, store::Error>((cases, unread, bundle::open_of(read, person)?))
        })
        .await?;
    let (cases, next) = slice.cut(cases, |case| case.id.to_string());
    let m = Messages::new(page.locale);
    // Whoever acts for another sees what their mandate covers.
    let lines = cases.iter().filter(|case| ctx.actor.covers(&case.service)).map(|case| CaseLine {
        href: page.to(&format!("/cases/{}", case.id)),
        id: case.id.to_string(),
        name: service_name(&services, case, page.locale),
        stage: case.stage.as_str(),
        stage_text: stage_text(m, case),
        refused: case.outcome.as_deref() == Some("refused"),
        when: case.submitted_at.unwrap_or(case.saved_at).local_minute(Zone::Hebron),
    });
    let bundles = open.into_iter().filter_map(|bundle| {
        let (href, name) = link(&services, &bundle, &page)?;
        Some((href, name, bundle.created_at.local_minute(Zone::Hebron)))
    });
    let (lines, older, bundles) = (lines.collect(), next.map(|after| page.older(&after)), bundles.collect());
    Ok(Html(CasesPage { lines, older, m, unread, bundles, page }.render()?))
}

pub(super) fn service_name(services: &Services, case: &Case, locale: Locale) -> String {
    services.catalogue.of(case).map_or_else(|| case.service.clone(), |service| service.text(locale, "name"))
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (person, wanted, actor) = (person(&ctx)?, case_id(&id)?, ctx.actor.clone());
    let (reader, catalogue, today) = (Reader::of(&ctx), Arc::clone(&services.catalogue), ctx.now().date(Zone::Hebron));
    let found = ctx.read(move |read| {
        let case = own(read, wanted, &actor)?;
        let timeline = lines(read, &case)?.into_iter().map(|line| shown_line(read, &reader, line));
        let mut timeline = timeline.collect::<Result<Vec<_>, store::Error>>()?;
        // Each set of conditions has its line; only the first is what one had to meet to apply.
        for line in timeline.iter_mut().filter(|line| line.kind == Kind::Eligible).skip(1) {
            line.text = reader.m().event_eligible_more();
        }
        let bills = pay::bills(read, &case)?;
        let beside = Beside::of(read, &catalogue, &case, today, &actor)?;
        let papers = documents::papers_about(read, &case.object())?;
        let copy = copies::price(read, &catalogue, &case, today, &actor)?;
        let parcel = crate::parcel::of_case(read, wanted, person)?;
        let clock = (clock(read, &catalogue, &case, today)?, bundle::of_case(read, wanted)?);
        let files = files_of(read, &case)?;
        Ok::<_, crate::case::Refusal>((case, timeline, bills, beside, (papers, copy), parcel, clock, files))
    });
    let (case, mut timeline, bills, beside, (papers, copy), parcel, ((promise, usual), bundle), files) =
        found.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let m = Messages::new(page.locale);
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
    be_discreet(&ctx, service, &case, &mut timeline);
    let last_note = |kind: Kind| timeline.iter().rev().find(|line| line.kind == kind)?.note.clone();
    let question = (case.stage == Stage::Asked).then(|| last_note(Kind::Asked)).flatten();
    let reason = (case.outcome.as_deref() == Some("refused")).then(|| last_note(Kind::Refused)).flatten();
    // A rule's reasons stand on a line each.
    let reason = reason.map(|reasons| reasons.lines().map(str::to_owned).collect());
    let waived = bills.iter().find_map(|bill| waived(bill, page.locale));
    timeline.iter_mut().filter(|line| line.kind == Kind::Waived).for_each(|line| line.note.clone_from(&waived));
    let owed = bills.iter().filter(|bill| bill.stage == BillStage::Open).map(|bill| (bill.id, bill.total));
    let paid = bills.iter().filter(|bill| matches!(bill.stage, BillStage::Paid { .. })).map(|bill| bill.id);
    let until = appealable_of(&ctx, &services, &case).await?;
    let waits_for = beside.waits_for(&case);
    let view = CasePage {
        bundle: bundle.and_then(|bundle| link(&services, &bundle, &page)),
        delivery: delivery_form(&ctx, &services, &case, &page).await?,
        name: service.text(page.locale, "name"),
        stage_text: match &parcel {
            Some(Waiting::Here(_)) => m.stage_ready(),
            _ => waits_for.as_ref().map_or_else(|| stage_text(m, &case), |turn| waiting_text(m, turn.kind)),
        },
        promise: promise.map(|promise| Promised::of(&promise, &page)),
        median: usual.map(|usual| Median::of(&usual, page.locale)),
        continue_at: (case.stage == Stage::Draft).then(|| page.to(&format!("/cases/{id}/form"))),
        owed: owed.collect(),
        receipts: paid.collect(),
        turns: turn_lines(service, m, &page, &case, &beside),
        appointment: waits_for.as_ref().and_then(|turn| appointment(&services, &page, turn)),
        may_withdraw: beside.may_withdraw,
        appeal_until: until.map(|at| page.date(at.date(Zone::Hebron))),
        papers: paper_lines(papers, page.locale),
        copy: copy.map(|price| page.money(price)),
        office: case
            .unit
            .as_deref()
            .filter(|_| case.stage == Stage::Delivering)
            .map(|key| services.catalogue.office_name(key, page.locale)),
        locked: matches!(parcel, Some(Waiting::Locked)),
        pick_up: match parcel {
            Some(Waiting::Here(code)) if case.stage == Stage::Delivering => Some(code),
            _ => None,
        },
        question,
        files: CaseFiles::of(&page, service, &case, &files, beside.correct.as_ref()),
        correction: correction(&services, service, &page, &case, &beside),
        reason,
        held_by: held_by(&services, m, &case, &beside, page.locale),
        ahead: ahead(m, service, &case),
        since: timeline.last().map(|line| line.when.clone()),
        usual: (case.promised_at.is_none() && !matches!(case.stage, Stage::Draft | Stage::Discarded | Stage::Closed))
            .then(|| service.promise(page.locale)),
        service: case.service.clone(),
        lines: timeline,
        waived,
        feedback: feedback_choices(m, &case),
        token,
        id,
        case,
        m,
        page,
    };
    Ok(Html(view.render()?))
}

/// A case's promise while it is open, and what is usual for its service.
fn clock(
    read: &mut Read<'_>,
    catalogue: &Catalogue,
    case: &Case,
    today: Date,
) -> Result<(Option<Promise>, Option<Usual>), store::Error> {
    let promise = promise::promise(read, case.id)?.filter(|promise| promise.ended_at.is_none());
    let Some(service) = catalogue.of(case).filter(|_| held_now(case)) else { return Ok((promise, None)) };
    let measure = promise.as_ref().map_or(service.file.promise.default_span().0, |promise| promise.measure);
    Ok((promise, elapsed::usual(read, &case.service, measure, today)?))
}

/// Whether it is under way.
const fn held_now(case: &Case) -> bool {
    !matches!(case.stage, Stage::Draft | Stage::Discarded | Stage::Closed)
}

/// Whoever acts for another reads the folder's words in place of what officers wrote,
/// where the folder keeps that for the person themselves.
fn be_discreet(ctx: &Ctx, service: &Service, case: &Case, timeline: &mut [TimelineLine]) {
    if !matches!(ctx.actor, Actor::Agent { .. }) {
        return;
    }
    let begun = usize::try_from(case.step + 1).unwrap_or(0);
    let kept = service.file.steps.iter().take(begun).find_map(|step| match &step.kind {
        StepKind::Decide { discreet: Some(key), .. } => Some(service.text(ctx.locale, &format!("reason-{key}"))),
        _ => None,
    });
    let judged = |kind: Kind| matches!(kind, Kind::Refused | Kind::AppealWon | Kind::AppealLost);
    for line in timeline.iter_mut().filter(|line| kept.is_some() && judged(line.kind) && line.note.is_some()) {
        line.note.clone_from(&kept);
    }
}

/// The papers that were made.
fn paper_lines(papers: Vec<documents::Paper>, locale: Locale) -> Vec<PaperLine> {
    let issued = papers.into_iter().filter(|paper| paper.stage != "ordered");
    let lines = issued.map(|paper| PaperLine {
        id: paper.id,
        title: paper.content.title[usize::from(locale == Locale::EN)].clone(),
        serial: paper.content.serial,
        revoked: paper.stage == "revoked",
        copies: i64::from(paper.copies),
    });
    lines.collect()
}

/// Why nothing is to be paid.
fn waived(bill: &Bill, locale: Locale) -> Option<String> {
    bill.waived().map(|waiver| waiver.names.get(locale).unwrap_or_default().to_owned())
}

fn shown_line(read: &mut Read<'_>, reader: &Reader, line: Line) -> Result<TimelineLine, store::Error> {
    let m = reader.m();
    Ok(TimelineLine {
        kind: line.kind,
        text: line.kind.text(m),
        when: line.at.local_minute(Zone::Hebron),
        who: who_did(read, reader, &line)?,
        note: line.note,
        receipt: reader.has_receipt_of(&line.actor).then_some(line.leaf),
    })
}

/// The steps that a person will notice after the present one.
fn ahead(m: Messages, service: &Service, case: &Case) -> Vec<&'static str> {
    if matches!(case.stage, Stage::Draft | Stage::Discarded | Stage::Closed | Stage::Appealed) {
        return Vec::new();
    }
    let begun = usize::try_from(case.step + 1).unwrap_or(0);
    let steps = service.file.steps.iter().skip(begun);
    // What a rule may yet leave out is not announced.
    let named = steps.filter(|step| step.when.is_none()).filter_map(|step| match &step.kind {
        StepKind::Pay { fees, .. } => {
            let mut of_step = service.file.fees.iter().filter(|fee| fees.is_empty() || fees.contains(&fee.code));
            of_step.any(|fee| fee.when.is_none()).then(|| m.ahead_pay())
        }
        StepKind::Decide { by: Decider::Rule, .. } => None,
        StepKind::Decide { .. } => Some(m.ahead_decide()),
        StepKind::Clear { .. } => Some(m.ahead_clear()),
        StepKind::Await(_) => Some(m.ahead_await()),
        StepKind::HomeVisit(_) => Some(m.ahead_visit()),
        StepKind::CoSign { .. } => Some(m.ahead_co_sign()),
        StepKind::Appointment { .. } => Some(m.ahead_appointment()),
        StepKind::Write { .. } => Some(m.ahead_write()),
        StepKind::Issue => Some(m.ahead_issue()),
        StepKind::Deliver => service.collection_office(&case.answers).map(|_| m.ahead_deliver()),
    });
    named.collect()
}

/// The question of feedback, asked once a case has ended.
fn feedback_choices(m: Messages, case: &Case) -> Vec<(u8, &'static str)> {
    if case.stage != Stage::Closed || case.feedback_at.is_some() {
        return Vec::new();
    }
    let words = [m.feedback_5(), m.feedback_4(), m.feedback_3(), m.feedback_2(), m.feedback_1()];
    (1..=feedback::BEST).rev().zip(words).collect()
}

async fn reply(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Typed>,
) -> Result<Redirect, Problem> {
    let (case, key) = (case_id(&id)?, form.key("services.reply"));
    let replied = match form.get("text") {
        Some(text) => desk::reply(&ctx, key, case, text).await,
        None => correct(&ctx, key, &services.catalogue, case, &form).await,
    };
    replied.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}"))))
}

#[derive(Deserialize)]
struct Feedback {
    answer: u8,
}

async fn say_feedback(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Feedback>) -> Result<Redirect, Problem> {
    let kept = feedback::keep(&ctx, form.key("services.feedback"), case_id(&id)?, form.answer).await;
    kept.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}"))))
}
