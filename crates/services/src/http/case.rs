//! A person's cases: the list, the timeline, the inbox, and who looked at their
//! data.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use audit::LeafId;
use axum::response::Html;
use base::{CaseId, Locale, OfficerId, Zone};
use documents::PaperId;
use payments::{BillId, BillStage};
use serde::Deserialize;
use store::{Ctx, Read};
use web::{Extension, Form, FormToken, Page, Path, Problem, Query, Redirect, Right, Route, Slice};

use super::{case_id, person, problem};
use crate::case::{Case, Stage, case, case_of, cases_of, own};
use crate::desk;
use crate::feedback;
use crate::folder::{Decider, Service, StepFile};
use crate::messages::Messages;
use crate::parcel::Waiting;
use crate::system::Services;
use crate::timeline::{Kind, Line, lines};
use crate::way::collection_office;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases", Right::SignedIn, list).states(&["ok", "empty"]),
        Route::get("/cases/{case}", Right::SignedIn, show).states(&["ok", "404"]),
        Route::post("/cases/{case}/reply", Right::SignedIn, reply),
        Route::post("/cases/{case}/feedback", Right::SignedIn, say_feedback),
        Route::get("/inbox", Right::SignedIn, inbox).states(&["ok", "empty"]),
        Route::get("/looks", Right::SignedIn, looks).states(&["ok", "empty"]),
    ]
}

struct CaseLine {
    href: String,
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
}

struct TimelineLine {
    text: &'static str,
    when: String,
    who: &'static str,
    note: Option<String>,
    leaf: LeafId,
}

struct PaperLine {
    id: PaperId,
    title: String,
    serial: String,
    revoked: bool,
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
    promise: Option<String>,
    continue_at: Option<String>,
    bill: Option<(BillId, String)>,
    receipt: Option<BillId>,
    papers: Vec<PaperLine>,
    pick_up: Option<String>,
    /// Handing over is locked after too many wrong codes.
    locked: bool,
    office: Option<String>,
    question: Option<String>,
    /// Why it was refused.
    reason: Option<String>,
    lines: Vec<TimelineLine>,
    /// Who has it now; absent for a draft and at the end.
    held_by: Option<String>,
    /// What is still to come.
    ahead: Vec<&'static str>,
    /// How long it takes once it is paid, while nothing is promised yet.
    usual: Option<String>,
    /// The answers to the one question at the end; empty when it is not asked.
    feedback: Vec<(u8, &'static str)>,
}

struct InboxLine {
    /// Which service the case is of.
    service: Option<String>,
    title: String,
    body: String,
    href: String,
    when: String,
    seen: bool,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    page: Page,
    m: Messages,
    lines: Vec<InboxLine>,
    older: Option<String>,
}

struct LookLine {
    when: String,
    who: String,
    what: String,
    purpose: &'static str,
    outcome: &'static str,
    case: Option<String>,
    leaf: LeafId,
}

#[derive(Template)]
#[template(path = "looks.html")]
struct LooksPage {
    page: Page,
    m: Messages,
    lines: Vec<LookLine>,
    older: Option<String>,
}

pub(super) fn stage_text(m: Messages, case: &Case) -> &'static str {
    match (case.stage, case.outcome.as_deref()) {
        (Stage::Draft | Stage::Discarded, _) => m.stage_draft(),
        (Stage::Checking, _) => m.stage_checking(),
        (Stage::Paying, _) => m.stage_paying(),
        (Stage::Deciding, _) => m.stage_deciding(),
        (Stage::Asked, _) => m.stage_asked(),
        (Stage::Issuing, _) => m.stage_issuing(),
        (Stage::Delivering, _) => m.stage_delivering(),
        (Stage::Closed, Some("refused")) => m.stage_refused(),
        (Stage::Closed, Some("withdrawn")) => m.stage_withdrawn(),
        (Stage::Closed, _) => m.stage_completed(),
    }
}

/// Who did what the timeline says. What follows from a person's act by rule was
/// decided by this portal, not by them.
fn who_did(m: Messages, line: &Line) -> &'static str {
    let own = matches!(line.kind, Kind::Started | Kind::Submitted | Kind::Answered | Kind::Withdrawn);
    // The line is written when the news of an officer's act arrives.
    if line.kind == Kind::Revoked {
        return m.who_officer();
    }
    if own || !line.actor.starts_with("person:") { who(m, &line.actor) } else { m.who_system() }
}

fn who(m: Messages, actor: &str) -> &'static str {
    match actor.split(':').next() {
        Some("person") => m.who_you(),
        Some("officer") => m.who_officer(),
        Some("agency") => m.who_agency(),
        _ => m.who_system(),
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
    let (cases, unread) = ctx
        .read(move |read| Ok::<_, store::Error>((cases_of(read, person, &asked)?, notify::unread(read, person)?)))
        .await?;
    let (cases, next) = slice.cut(cases, |case| case.id.to_string());
    let m = Messages::new(page.locale);
    let lines = cases.iter().map(|case| CaseLine {
        href: page.to(&format!("/cases/{}", case.id)),
        name: service_name(&services, case, page.locale),
        stage: case.stage.as_str(),
        stage_text: stage_text(m, case),
        refused: case.outcome.as_deref() == Some("refused"),
        when: case.submitted_at.unwrap_or(case.saved_at).local_minute(Zone::Hebron),
    });
    let (lines, older) = (lines.collect(), next.map(|after| page.older(&after)));
    Ok(Html(CasesPage { lines, older, m, unread, page }.render()?))
}

pub(super) fn service_name(services: &Services, case: &Case, locale: Locale) -> String {
    services
        .catalogue
        .service(&case.service)
        .map_or_else(|| case.service.clone(), |service| service.text(locale, "name"))
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (person, wanted) = (person(&ctx)?, case_id(&id)?);
    let found = ctx.read(move |read| {
        let case = own(read, wanted, person)?;
        let timeline = lines(read, &case)?;
        let bill = payments::bill_of_case(read, wanted)?;
        let papers = documents::papers_about(read, &case.object())?;
        let parcel = crate::parcel::of_case(read, wanted, person)?;
        Ok::<_, crate::case::Refusal>((case, timeline, bill, papers, parcel))
    });
    let (case, timeline, bill, papers, parcel) = found.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let m = Messages::new(page.locale);
    let service = services.catalogue.service(&case.service).ok_or_else(Problem::not_found)?;
    let last_note = |kind: Kind| timeline.iter().rev().find(|line| line.kind == kind)?.note.clone();
    let question = (case.stage == Stage::Asked).then(|| last_note(Kind::Asked)).flatten();
    let reason = (case.outcome.as_deref() == Some("refused")).then(|| last_note(Kind::Refused)).flatten();
    let (mut open_bill, mut receipt) = (None, None);
    match bill {
        Some(bill) if bill.stage == BillStage::Open => open_bill = Some((bill.id, bill.total.number())),
        Some(bill) if matches!(bill.stage, BillStage::Paid { .. }) => receipt = Some(bill.id),
        _ => {}
    }
    let issued = papers.into_iter().filter(|paper| paper.stage != "ordered");
    let first = service.file.pages.first().map(|first| first.id.as_str()).unwrap_or_default();
    let view = CasePage {
        name: service.text(page.locale, "name"),
        stage_text: if matches!(parcel, Some(Waiting::Here(_))) { m.stage_ready() } else { stage_text(m, &case) },
        promise: case
            .promised_at
            .filter(|_| case.stage != Stage::Closed)
            .map(|at| format!("{} {}", page.date(at.date(Zone::Hebron)), at.local_time(Zone::Hebron))),
        continue_at: (case.stage == Stage::Draft).then(|| page.to(&format!("/cases/{id}/form/{first}"))),
        bill: open_bill.filter(|_| case.stage == Stage::Paying),
        receipt,
        papers: issued
            .map(|paper| PaperLine {
                id: paper.id,
                title: paper.content.title[usize::from(page.locale == Locale::EN)].clone(),
                serial: paper.content.serial,
                revoked: paper.stage == "revoked",
            })
            .collect(),
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
        reason,
        held_by: held_by(&services, m, &case, page.locale),
        ahead: ahead(m, service, &case),
        usual: (case.promised_at.is_none() && case.stage == Stage::Paying)
            .then(|| service.text(page.locale, "promise")),
        service: case.service.clone(),
        lines: timeline.into_iter().map(|line| shown_line(m, line)).collect(),
        feedback: if case.stage == Stage::Closed && case.feedback_at.is_none() {
            feedback_choices(m)
        } else {
            Vec::new()
        },
        token,
        id,
        case,
        m,
        page,
    };
    Ok(Html(view.render()?))
}

fn shown_line(m: Messages, line: Line) -> TimelineLine {
    TimelineLine {
        text: line.kind.text(m),
        when: line.at.local_minute(Zone::Hebron),
        who: who_did(m, &line),
        note: line.note,
        leaf: line.leaf,
    }
}

/// Who has a case now: its person, an office, or this portal.
fn held_by(services: &Services, m: Messages, case: &Case, locale: Locale) -> Option<String> {
    match (case.stage, &case.unit) {
        (Stage::Draft | Stage::Discarded | Stage::Closed, _) => None,
        (Stage::Paying | Stage::Asked, _) => Some(m.who_you().to_owned()),
        (Stage::Deciding | Stage::Delivering, Some(unit)) => Some(services.catalogue.office_name(unit, locale)),
        _ => Some(m.who_system().to_owned()),
    }
}

/// The steps that a person will notice after the present one.
fn ahead(m: Messages, service: &Service, case: &Case) -> Vec<&'static str> {
    if matches!(case.stage, Stage::Draft | Stage::Discarded | Stage::Closed) {
        return Vec::new();
    }
    let begun = usize::try_from(case.step + 1).unwrap_or(0);
    let steps = service.file.steps.iter().skip(begun);
    let named = steps.filter_map(|step| match step {
        StepFile::Pay => Some(m.ahead_pay()),
        StepFile::Decide { by: Decider::Clerk, .. } => Some(m.ahead_decide()),
        StepFile::Decide { .. } => None,
        StepFile::Issue => Some(m.ahead_issue()),
        StepFile::Deliver => collection_office(service, case).map(|_| m.ahead_deliver()),
    });
    named.collect()
}

fn feedback_choices(m: Messages) -> Vec<(u8, &'static str)> {
    let words = [m.feedback_5(), m.feedback_4(), m.feedback_3(), m.feedback_2(), m.feedback_1()];
    (1..=feedback::BEST).rev().zip(words).collect()
}

#[derive(Deserialize)]
struct Reply {
    text: String,
}

async fn reply(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Reply>) -> Result<Redirect, Problem> {
    let replied = desk::reply(&ctx, form.key("services.reply"), case_id(&id)?, &form.text).await;
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

async fn inbox(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Query(slice): Query<Slice>,
) -> Result<Html<String>, Problem> {
    let (person, locale) = (person(&ctx)?, page.locale);
    let (items, next, cases) = ctx
        .read(move |read| {
            let (items, next) = slice.cut(notify::inbox(read, person, locale, &slice)?, |item| item.id.to_string());
            let ids: BTreeSet<CaseId> = items.iter().filter_map(|item| case_of(&item.about)).collect();
            let cases = ids.into_iter().map(|id| case(read, id)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, store::Error>((items, next, cases))
        })
        .await?;
    let service = |about: &str| {
        let case = cases.iter().flatten().find(|case| case.object() == about)?;
        Some(service_name(&services, case, locale))
    };
    if items.iter().any(|item| !item.seen) {
        ctx.write(store::Key::once(&ctx), move |tx| notify::mark_read_in(tx, person)).await?;
    }
    let lines = items.into_iter().map(|item| InboxLine {
        service: service(&item.about),
        title: item.title,
        body: item.body,
        href: page.to(&item.link),
        when: item.at.local_minute(Zone::Hebron),
        seen: item.seen,
    });
    let (lines, older) = (lines.collect(), next.map(|after| page.older(&after)));
    Ok(Html(InboxPage { lines, older, m: Messages::new(page.locale), page }.render()?))
}

async fn looks(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Query(slice): Query<Slice>,
) -> Result<Html<String>, Problem> {
    let person = person(&ctx)?;
    let m = Messages::new(page.locale);
    let locale = page.locale;
    let asked = slice.clone();
    let (lookups, reads) = ctx
        .read(move |read| {
            let lookups = exchange::lookups_of(read, person, &asked)?;
            let mut reads = Vec::new();
            for kind in [desk::READ, documents::READ, identity::READ] {
                for act in audit::acts_about(read, person, kind, &asked)? {
                    let name = officer_name(read, &act.actor, locale)?;
                    reads.push((act, name));
                }
            }
            Ok::<_, store::Error>((lookups, reads))
        })
        .await?;
    let source = |operation: &str| {
        let named = services.catalogue.services().find_map(|service| {
            let lookup = service.file.lookups.iter().find(|lookup| lookup.operation == operation)?;
            Some(service.text(locale, &format!("source-{}", lookup.id)))
        });
        named.unwrap_or_else(|| operation.to_owned())
    };
    // Ids of both kinds begin with their time.
    let mut lines: Vec<(String, LookLine)> = Vec::new();
    for lookup in lookups {
        let line = LookLine {
            when: lookup.at.local_minute(Zone::Hebron),
            who: who(m, &lookup.actor).to_owned(),
            what: source(&lookup.operation),
            purpose: purpose(m, &lookup.purpose),
            outcome: if lookup.outcome == "answered" { m.look_answered() } else { m.look_unanswered() },
            case: lookup.case.map(|case| page.to(&format!("/cases/{case}"))),
            leaf: lookup.leaf,
        };
        lines.push((lookup.id.to_string(), line));
    }
    for (act, name) in reads {
        let (what, purpose) = match act.act.as_str() {
            desk::READ => (m.look_case(), m.purpose_decide()),
            identity::READ => (m.look_account(), m.purpose_account_care()),
            _ => (m.look_paper(), m.purpose_paper()),
        };
        let line = LookLine {
            when: act.at.local_minute(Zone::Hebron),
            who: name,
            what: what.to_owned(),
            purpose,
            outcome: m.look_answered(),
            case: act.object.strip_prefix("case:").map(|case| page.to(&format!("/cases/{case}"))),
            leaf: act.leaf,
        };
        lines.push((act.leaf.to_string(), line));
    }
    lines.sort_by(|(one, _), (other, _)| other.cmp(one));
    let (lines, next) = slice.cut(lines, |(id, _)| id.clone());
    let (lines, older) = (lines.into_iter().map(|(_, line)| line).collect(), next.map(|after| page.older(&after)));
    Ok(Html(LooksPage { lines, older, m, page }.render()?))
}

fn purpose(m: Messages, word: &str) -> &'static str {
    match word {
        "account.open" => m.purpose_account(),
        "account.counter" => m.purpose_counter(),
        "case.form" => m.purpose_form(),
        "case.submit" => m.purpose_submit(),
        _ => m.purpose_decide(),
    }
}

/// The officer's name, in Arabic or Latin letters.
fn officer_name(read: &mut Read<'_>, actor: &str, locale: Locale) -> Result<String, store::Error> {
    let id = actor.strip_prefix("officer:").and_then(|id| id.parse::<OfficerId>().ok());
    let officer = id.map(|id| identity::officer(read, id)).transpose()?.flatten();
    let named = officer.map(|officer| {
        let [arabic, latin] = officer.name;
        format!("{} ({})", if locale == Locale::EN { latin } else { arabic }, officer.unit)
    });
    Ok(named.unwrap_or_else(|| Messages::new(locale).who_officer().to_owned()))
}
