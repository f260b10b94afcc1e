//! What rules may look at for a case, read in the caller's commit: what registers told,
//! and one's own papers that hold today.

use base::{Actor, Date, PersonId, Zone};
use catalogue::chosen::{Offer, Sources, fields};
use catalogue::told::Told;
use catalogue::{FieldKind, Service, form};
use rules::Facts;
use serde_json::json;
use store::{Error, Read, Tx};

use crate::case::Case;
use crate::told;

/// Papers that one person chooses from at most, the newest.
const PAPERS: i64 = 200;

/// What there is for a case. Whoever acts for another sees the papers of those
/// services that their mandate covers.
pub(crate) fn sources(
    read: &mut Read<'_>,
    service: &Service,
    case: &Case,
    today: Date,
    actor: &Actor,
) -> Result<Sources, Error> {
    let told = told::told(read, case)?;
    sources_with(read, service, case.person, told, today, actor)
}

/// The same with what was told just now.
pub(crate) fn sources_with(
    read: &mut Read<'_>,
    service: &Service,
    person: PersonId,
    told: Vec<Told>,
    today: Date,
    actor: &Actor,
) -> Result<Sources, Error> {
    let asks_for_papers = fields(service).any(|field| field.kind == FieldKind::Paper);
    let held = if asks_for_papers { documents::held_by(read, person, today, PAPERS)? } else { Vec::new() };
    let papers = held.into_iter().filter(|paper| actor.covers(&paper.template)).map(|paper| {
        let [ar, en] = paper.content.title;
        let mut thing = json!({
            "serial": paper.content.serial, "service": paper.template, "title": { "ar": ar, "en": en },
            "issued": paper.content.issued,
        });
        if let Some(last) = paper.content.valid_until {
            thing["valid_until"] = last.into();
        }
        Offer { key: paper.id.to_string(), thing }
    });
    Ok(Sources { told, papers: papers.collect() })
}

/// What rules may look at for a case in this commit.
pub(crate) fn facts_in(tx: &mut Tx<'_>, service: &Service, case: &Case) -> Result<Facts, Error> {
    let (today, actor) = (tx.now().date(Zone::Hebron), tx.actor().clone());
    let sources = sources(tx, service, case, today, &actor)?;
    Ok(form::facts(service, today, &case.answers, &sources))
}
