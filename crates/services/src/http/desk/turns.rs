//! What cases of other units ask of this one: clearances, answers, visits,
//! appointments, and what a register refused. Each page shows what the folder
//! lets this unit see, and no more.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Locale, Role, Zone};
use catalogue::Service;
use catalogue::chosen::in_words;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect};

use super::unit;
use crate::case::{Case, Refusal, case};
use crate::desk::WORDS;
use crate::facts;
use crate::files::File;
use crate::http::case::service_name;
use crate::http::files::{FileLine, officers_lines};
use crate::http::problem;
use crate::http::question::answered;
use crate::messages::Messages;
use crate::steps::{answer_turn, attend, bodies, co_sign, enter};
use crate::system::Services;
use crate::turn::{Turn, TurnId, TurnKind, TurnStage, of_unit};

/// Lines of the list at most.
const LINES: i64 = 100;

struct Line {
    id: String,
    name: String,
    kind: &'static str,
    due: Option<String>,
    late: bool,
}

#[derive(Template)]
#[template(path = "desk_turns.html")]
struct TurnsPage {
    page: Page,
    m: Messages,
    unit: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "desk_turn.html")]
struct TurnPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    service: String,
    title: String,
    kind: TurnKind,
    kind_text: &'static str,
    person: Option<String>,
    number: Option<String>,
    answers: Vec<(String, String)>,
    files: Vec<FileLine>,
    due: Option<String>,
    late: bool,
    /// They may answer now.
    ready: bool,
    /// Why not.
    hindrance: Option<&'static str>,
    words: usize,
}

/// What is asked.
pub(super) fn kind_text(m: Messages, kind: TurnKind) -> &'static str {
    match kind {
        TurnKind::Await => m.turn_kind_await(),
        TurnKind::Visit => m.turn_kind_visit(),
        TurnKind::Appointment => m.turn_kind_appointment(),
        TurnKind::Write => m.turn_kind_write(),
        _ => m.turn_kind_clear(),
    }
}

pub(super) async fn list(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
) -> Result<Html<String>, Problem> {
    let (unit, m, now) = (unit(&ctx)?, Messages::new(page.locale), ctx.now());
    let wanted = unit.clone();
    let found = ctx.read(move |read| {
        let turns = of_unit(read, &wanted, LINES)?;
        let cases = turns.iter().map(|turn| case(read, turn.case)).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, store::Error>(turns.into_iter().zip(cases).collect::<Vec<_>>())
    });
    let zone = services.catalogue.zone(Some(&unit));
    let lines = found.await?.into_iter().filter_map(|(turn, case)| Some((turn, case?))).map(|(turn, case)| Line {
        id: turn.id.to_string(),
        name: service_name(&services, &case, page.locale),
        kind: kind_text(m, turn.kind),
        due: turn.due_at.map(|at| at.local_minute(zone)),
        late: turn.stage == TurnStage::Late
            || (turn.kind != TurnKind::Appointment && turn.due_at.is_some_and(|at| at < now)),
    });
    let unit = services.catalogue.office_name(&unit, page.locale);
    Ok(Html(TurnsPage { lines: lines.collect(), m, unit, page }.render()?))
}

fn turn_id(text: &str) -> Result<TurnId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

pub(super) async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (unit, m) = (unit(&ctx)?, Messages::new(page.locale));
    let opened = bodies::open(&ctx, turn_id(&id)?, &unit).await.map_err(|refusal| problem(page.locale, refusal))?;
    let (turn, case) = (&opened.turn, &opened.case);
    let service = services.catalogue.of(case).ok_or_else(Problem::not_found)?;
    let name = opened
        .person
        .as_ref()
        .map(|name| if page.locale == Locale::EN { name.latin.join(" ") } else { name.arabic.join(" ") });
    let hindrance = match turn.kind {
        TurnKind::Appointment if turn.due_at.is_none() => Some(m.turn_unbooked()),
        TurnKind::Appointment if turn.due_at.is_some_and(|at| at > ctx.now()) => Some(m.turn_ahead()),
        TurnKind::Appointment | TurnKind::Write => None,
        _ if turn.stage == TurnStage::Late && !ctx.actor.has_role(Role::Supervisor) => Some(m.turn_needs_supervisor()),
        _ => None,
    };
    let title = if turn.kind == TurnKind::Appointment {
        m.turn_kind_appointment().to_owned()
    } else {
        service.text(page.locale, &format!("body-{}", turn.name))
    };
    // Only of answers that the folder lets this unit see.
    let sees = bodies::sees(service, turn);
    let seen: Vec<File> = opened.files.iter().filter(|file| sees.contains(&file.field)).cloned().collect();
    let view = TurnPage {
        service: service.text(page.locale, "name"),
        title,
        kind: turn.kind,
        kind_text: kind_text(m, turn.kind),
        person: name,
        number: opened.number.as_ref().map(|number| number.as_str().to_owned()),
        answers: answers(&ctx, &services, service, &page, case, turn).await?,
        files: officers_lines(&page, case, &seen, &format!("/desk/turns/{id}")),
        due: turn.due_at.map(|at| at.local_minute(services.catalogue.zone(turn.unit.as_deref()))),
        late: turn.stage == TurnStage::Late,
        ready: hindrance.is_none(),
        hindrance,
        words: WORDS,
        token,
        id,
        m,
        page,
    };
    Ok(Html(view.render()?))
}

/// The answers that the folder shows to whoever has this turn.
pub(in crate::http) async fn answers(
    ctx: &Ctx,
    services: &Services,
    service: &Service,
    page: &Page,
    case: &Case,
    turn: &Turn,
) -> Result<Vec<(String, String)>, Problem> {
    let seen = bodies::sees(service, turn);
    let (catalogue, of) = (Arc::clone(&services.catalogue), case.clone());
    let (today, actor) = (ctx.now().date(Zone::Hebron), ctx.actor.clone());
    let words = ctx.read(move |read| {
        let Some(service) = catalogue.of(&of) else { return Ok(of.answers.clone()) };
        let chosen = facts::sources(read, service, &of, today, &actor)?.chosen(service, &of.answers).1;
        let signed = co_sign::signed(read, service, &of)?;
        Ok::<_, store::Error>(co_sign::with_names(in_words(service, &of.answers, &chosen), &signed))
    });
    let words = words.await?;
    let asked =
        service.file.pages.iter().filter(|asked| asked.answer().is_some_and(|name| seen.iter().any(|id| id == name)));
    let shown = asked.flat_map(|asked| answered(services, service, page, asked, &words));
    Ok(shown.filter_map(|one| Some((one.label, one.value?))).collect())
}

#[derive(Deserialize)]
pub(super) struct Answer {
    answer: String,
    #[serde(default)]
    text: String,
    /// What was entered by hand has this number in the register.
    #[serde(default)]
    number: String,
}

pub(super) async fn answer(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Answer>,
) -> Result<Redirect, Problem> {
    let (turn, unit, key) = (turn_id(&id)?, unit(&ctx)?, form.key("services.turn"));
    let catalogue = &services.catalogue;
    let answered = match form.answer.as_str() {
        "yes" if !form.number.trim().is_empty() => {
            enter(&ctx, key, catalogue, turn, &unit, &form.text, &form.number).await
        }
        "yes" => answer_turn(&ctx, key, catalogue, turn, &unit, true, &form.text).await,
        "no" => answer_turn(&ctx, key, catalogue, turn, &unit, false, &form.text).await,
        "came" => attend(&ctx, key, catalogue, turn, &unit, true).await,
        "missed" => attend(&ctx, key, catalogue, turn, &unit, false).await,
        _ => return Err(Problem::bad_request(Vec::new())),
    };
    let m = Messages::new(page.locale);
    match answered {
        Ok(()) => Ok(Redirect::to(&page.to("/desk/turns"))),
        Err(Refusal::Incomplete(_)) => {
            Err(Problem::refused(m.words_missing()).link(format!("/desk/turns/{id}"), m.back_to_case()))
        }
        Err(refusal) => Err(problem(page.locale, refusal)),
    }
}
