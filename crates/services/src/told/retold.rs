//! Before officers decide, registers are asked again, unless what they told is of the last
//! minutes. One that says something else now stops the decision: what it told before is
//! kept beside it, and whoever decides sees both first. A silent one stops nothing.

use std::sync::Arc;

use base::CaseId;
use catalogue::Lookup;
use catalogue::chosen::Sources;
use catalogue::told::{Heard, Told};
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};

use super::{ask, keep_in, told};
use crate::case::{Case, Refusal, Stage};
use crate::desk::of_unit;
use crate::sql;
use crate::system::Services;
use crate::timeline::{Kind, add_in};

/// For so long what a register told is taken for what it would say now, seconds.
const FRESH_S: i64 = 600;
const BODY: &str = "services_told_before.body";

/// Asks the registers of a case again; whether any says something else than before.
///
/// # Errors
/// Another unit's, or the store's.
pub(crate) async fn ask_again(ctx: &Ctx, services: &Arc<Services>, id: CaseId, unit: &str) -> Result<bool, Refusal> {
    let (of, now) = (unit.to_owned(), ctx.now());
    let found = ctx.read(move |read| {
        let case = of_unit(read, id, &of)?;
        Ok::<_, Refusal>((told(read, &case)?, case))
    });
    let (known, case) = found.await?;
    let service = services.catalogue.of(&case).ok_or(Refusal::NoService)?;
    let is_old = |lookup: &&Lookup| {
        let mut of = known.iter().filter(|one| one.lookup == lookup.id && one.heard.is_final());
        of.any(|one| now.seconds_since(one.at) >= FRESH_S)
    };
    let old: Vec<&Lookup> = service.file.lookups.iter().filter(is_old).collect();
    if old.is_empty() || case.stage != Stage::Deciding {
        return Ok(false);
    }
    let answers = Sources { told: known.clone(), ..Sources::default() }.askable(service, &case.answers);
    let heard = ask(ctx, &services.exchange, &Case { answers, ..case }, &old, "case.decide").await?;
    let unit = unit.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let case = of_unit(tx, id, &unit)?;
        if case.stage == Stage::Deciding { take_in(tx, &case, &heard) } else { Ok(false) }
    })
    .await
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
