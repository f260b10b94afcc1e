//! Pages: what the public reads, a person's own cases, the officers' desk.

mod around;
mod beside;
mod bundle;
mod calendar;
mod case;
mod check;
mod copies;
mod desk;
mod entries;
mod fees;
mod files;
mod form;
mod inbox;
mod late;
mod looks;
mod open_draft;
mod outward;
mod public;
mod question;
mod resume;
mod start;
mod uploads;
mod versions;
mod waiting;
mod whole;

pub use public::open_hours;

use base::{CaseId, Locale, PersonId};
use serde_json::Value;
use store::Ctx;
use web::{Page, Problem, Route};

use crate::case::Refusal;
use crate::messages::Messages;

pub(crate) fn routes() -> Vec<Route> {
    let form = [public::routes(), start::routes(), form::routes(), entries::routes(), check::routes()];
    let comfort = [bundle::routes(), whole::routes(), resume::routes(), files::routes(), uploads::routes()];
    let cases = [case::routes(), inbox::routes(), beside::routes(), copies::routes(), desk::routes(), late::routes()];
    let others = [calendar::routes(), versions::routes(), outward::routes()];
    [form.concat(), comfort.concat(), cases.concat(), others.concat()].concat()
}

/// Whoever is signed in.
fn person(ctx: &Ctx) -> Result<PersonId, Problem> {
    ctx.actor.person().ok_or_else(Problem::not_found)
}

fn case_id(text: &str) -> Result<CaseId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// What a refusal looks like to the one who asked.
fn problem(locale: Locale, refusal: Refusal) -> Problem {
    let m = Messages::new(locale);
    match refusal {
        Refusal::NoCase | Refusal::NoService => Problem::not_found(),
        Refusal::NotNow(..) => Problem::conflict(m.not_now()).next_step(m.not_now_next()),
        Refusal::Incomplete(_) => Problem::refused(m.incomplete()),
        Refusal::NotEligible(_) => Problem::refused(m.not_eligible()),
        Refusal::TooLow => Problem::new(web::problem::Kind::AssuranceTooLow),
        Refusal::NotYours => Problem::conflict(m.not_yours()),
        Refusal::SamePerson => Problem::conflict(m.same_person()).next_step(m.same_person_next()),
        Refusal::Supervisor => Problem::conflict(m.needs_supervisor()),
        Refusal::TooLate => Problem::conflict(m.too_late()),
        Refusal::NotFree => Problem::conflict(m.not_free()).next_step(m.not_free_next()),
        Refusal::OutOfMandate => Problem::forbidden()
            .title(m.out_of_mandate_title())
            .explain(m.out_of_mandate())
            .next_step(m.out_of_mandate_next())
            .link("/cases", m.cases_title()),
        Refusal::ForPersons => Problem::forbidden()
            .title(m.for_persons_title())
            .explain(m.for_persons())
            .next_step(m.for_persons_next())
            .link("/sign-in", m.for_persons_back()),
        Refusal::ForCompanies => Problem::forbidden()
            .title(m.for_companies_title())
            .explain(m.for_companies())
            .next_step(m.for_companies_next())
            .link("/account/acting", m.for_companies_choose()),
        Refusal::NotOpen(day) => Problem::forbidden()
            .title(m.not_open_title())
            .explain(day.map_or_else(|| m.not_open().to_owned(), |day| m.not_open_until(web::date_in(locale, day))))
            .next_step(m.not_open_next())
            .link("/services", m.all_services()),
        Refusal::Gone(_) => Problem::conflict(m.chosen_gone()).next_step(m.chosen_gone_next()),
        Refusal::Retold => Problem::conflict(m.register_retold()).next_step(m.register_retold_next()),
        Refusal::Renewed => Problem::conflict(m.renewed()).next_step(m.renewed_next()).link("/cases", m.cases_title()),
        Refusal::File(bad) => files::refused(locale, bad),
        Refusal::Unscanned => Problem::conflict(m.file_unscanned_yet()).next_step(m.file_unscanned_yet_next()),
        Refusal::Quarantined => Problem::forbidden().explain(m.file_quarantined()).next_step(m.file_quarantined_next()),
        Refusal::Payments(payments::Refusal::AboveCeiling) => payments::above_ceiling(locale),
        Refusal::Payments(payments::Refusal::Store(error)) | Refusal::Store(error) => Problem::from(error),
        Refusal::Payments(other) => Problem::internal(other),
    }
}

/// A value as a page shows it: in the reader's language where it has languages,
/// a day in words.
fn shown(page: &Page, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(base::Date::parse(text).map_or_else(|| text.clone(), |day| page.date(day))),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(listed) => {
            let each: Vec<String> = listed.iter().filter_map(|one| shown(page, one)).collect();
            (!each.is_empty()).then(|| each.join(" · "))
        }
        Value::Object(spoken) => spoken.get(page.locale.tag()).and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}
