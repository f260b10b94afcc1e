//! Before officers or a rule decide, registers are asked again, unless what they told is of
//! the last minutes. One that says something else now stops an officer's decision: what it
//! told before is kept beside it, and whoever decides sees both first. A silent one stops
//! no officer. A rule decides on what they say now (`way.rs`).

use std::sync::Arc;

use base::{CaseId, Timestamp};
use catalogue::chosen::Sources;
use catalogue::told::{Heard, Told};
use catalogue::{Lookup, Service};
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};

use super::{ask, keep_in, told};
use crate::case::{Case, Refusal, Stage, case};
use crate::sql;
use crate::system::Services;
use crate::timeline::{Kind, add_in};

/// For so long what a register told is taken for what it would say now, seconds.
const FRESH_S: i64 = 600;
const BODY: &str = "services_told_before.body";

/// The look-ups of which a case knows what was told too long ago to decide on it.
pub(crate) fn old<'s>(service: &'s Service, known: &[Told], now: Timestamp) -> Vec<&'s Lookup> {
    let is_old = |lookup: &&Lookup| {
        let mut of = known.iter().filter(|one| one.lookup == lookup.id && one.heard.is_final());
        of.any(|one| now.seconds_since(one.at) >= FRESH_S)
    };
    service.file.lookups.iter().filter(is_old).collect()
}

/// Asks the registers of a case again before officers of a unit decide on it.
///
/// # Errors
/// [`Refusal::Retold`] where one says something else than before, or the store's. A case
/// that is not the unit's to decide is left to the decision itself.
pub(crate) async fn ask_again(ctx: &Ctx, services: &Arc<Services>, id: CaseId, unit: &str) -> Result<(), Refusal> {
    let of = unit.to_owned();
    let found = ctx.read(move |read| {
        let case = case(read, id)?.filter(|case| is_deciding(case, &of));
        case.map(|case| Ok::<_, Error>((told(read, &case)?, case))).transpose()
    });
    let Some((known, case)) = found.await? else { return Ok(()) };
    let service = services.catalogue.of(&case).ok_or(Refusal::NoService)?;
    let old = old(service, &known, ctx.now());
    if old.is_empty() {
        return Ok(());
    }
    let answers = Sources { told: known.clone(), ..Sources::default() }.askable(service, &case.answers);
    let heard = ask(ctx, &services.exchange, &Case { answers, ..case }, &old, "case.decide").await?;
    let unit = unit.to_owned();
    let retold =
        ctx.write(Key::once(ctx), move |tx| match self::case(tx, id)?.filter(|case| is_deciding(case, &unit)) {
            Some(case) => take_in(tx, &case, &heard),
            None => Ok(false),
        });
    if retold.await? { Err(Refusal::Retold) } else { Ok(()) }
}

fn is_deciding(case: &Case, unit: &str) -> bool {
    case.stage == Stage::Deciding && case.unit.as_deref() == Some(unit)
}

/// Takes what registers say now; what they said before stays beside it.
fn take_in(tx: &mut Tx<'_>, case: &Case, heard: &[Told]) -> Result<bool, Refusal> {
    let known = told(tx, case)?;
    let mut changed = Vec::new();
    for one in heard.iter().filter(|one| one.heard.is_final() && one.holds(&case.answers)) {
        let Some(before) = known.iter().find(|known| known.lookup == one.lookup) else { continue };
        if (before.heard, &before.body) != (one.heard, &one.body) {
            let bytes = serde_json::to_vec(&before.body).map_err(|error| Error::Corrupt(error.to_string()))?;
            let sealed = tx.seal(case.person, BODY, &bytes)?;
            let (state, at) = (before.heard.as_str(), before.at);
            tx.execute_one(&sql::KEEP_TOLD_BEFORE, &params![case.id, one.lookup, state, at, sealed])?;
            changed.push(one.lookup.as_str());
        }
        keep_in(tx, case.id, case.person, std::slice::from_ref(one))?;
    }
    if !changed.is_empty() {
        add_in(tx, case, Kind::Retold, None, json!({ "lookups": changed }))?;
    }
    Ok(!changed.is_empty())
}

/// What registers told a case before they changed their answers; what else they told
/// stays. None where none did.
pub(crate) fn before(read: &mut Read<'_>, case: &Case, told: &[Told]) -> Result<Option<Vec<Told>>, Error> {
    let mut before = told.to_vec();
    let rows = read.rows(&sql::TOLD_BEFORE, &params![case.id])?;
    for row in &rows {
        let lookup: String = row.get(0)?;
        let body = read.open(case.person, BODY, &row.get::<Vec<u8>>(3)?)?;
        let body: Value = serde_json::from_slice(&body).map_err(|error| Error::Corrupt(error.to_string()))?;
        before.retain(|one| one.lookup != lookup);
        let (heard, at) = (Heard::parse(&row.get::<String>(1)?), row.get(2)?);
        before.push(Told { lookup, heard, at, asked: Map::new(), body });
    }
    Ok((!rows.is_empty()).then_some(before))
}
