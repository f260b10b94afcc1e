//! The assurance that each service asks for: dated, each by its decision. It is
//! owned here; what a service's folder names only seeds the demo.

use std::collections::BTreeMap;

use base::{Assurance, Date};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::sql;

/// What a service asks for from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// The service's key.
    pub(crate) service: String,
    /// What it is called, by language.
    pub(crate) names: BTreeMap<String, String>,
    /// The least assurance to submit.
    pub(crate) level: Assurance,
    /// The first day it holds.
    pub(crate) valid_from: Date,
    /// The decision that sets it.
    pub(crate) decision: String,
    /// Whether it is sample data.
    pub(crate) sample: bool,
}

/// Sets what a service asks for from a day on.
pub(crate) fn set_in(tx: &mut Tx<'_>, requirement: &Requirement) -> Result<(), Error> {
    tx.execute_one(
        &sql::SET_REQUIREMENT,
        &params![
            requirement.service,
            requirement.valid_from,
            requirement.level.as_str(),
            json!(requirement.names).to_string(),
            requirement.decision,
            requirement.sample
        ],
    )
}

/// From when on something is asked for that nobody has decided.
const FIRST_DAY: &str = "2000-01-01";

/// The decision of what was never decided, but suggested.
const SUGGESTED: &str = "–";
/// Services that one commit introduces.
const AT_ONCE: usize = 200;

/// A service that is named to those who decide what it asks for.
#[derive(Debug, Clone)]
pub struct Introduced {
    /// Its key.
    pub service: String,
    /// What it is called, by language.
    pub names: BTreeMap<String, String>,
    /// What its folder suggests, where a demo begins with that.
    pub suggested: Option<Assurance>,
}

/// Lists services that are new here: until its owner decides, one asks for the most, or
/// for what is suggested. What was decided or suggested before stays.
///
/// # Errors
/// The store's.
pub async fn introduce(ctx: &Ctx, services: Vec<Introduced>) -> Result<(), Error> {
    for some in services.chunks(AT_ONCE) {
        let some = some.to_vec();
        ctx.write(Key::once(ctx), move |tx| some.iter().try_for_each(|one| introduce_in(tx, one))).await?;
    }
    Ok(())
}

fn introduce_in(tx: &mut Tx<'_>, one: &Introduced) -> Result<(), Error> {
    let decisions = tx.rows(&sql::REQUIREMENTS_OF, &params![one.service])?;
    let decisions = decisions.iter().map(|row| row.get::<String>(2)).collect::<Result<Vec<_>, Error>>()?;
    let (level, decision) = match one.suggested {
        Some(level) if decisions.iter().all(String::is_empty) => (level, SUGGESTED),
        None if decisions.is_empty() => (Assurance::High, ""),
        _ => return Ok(()),
    };
    let (names, sample) = (json!(one.names).to_string(), decision == SUGGESTED);
    tx.execute_one(&sql::SET_REQUIREMENT, &params![one.service, FIRST_DAY, level.as_str(), names, decision, sample])
}

/// What a service asks for on a day; where nobody has set it, the most.
///
/// # Errors
/// The store's.
pub fn required_on(read: &mut Read<'_>, service: &str, day: Date) -> Result<Assurance, Error> {
    let row = read.row(&sql::REQUIREMENT_ON, &params![service, day])?;
    row.map_or(Ok(Assurance::High), |row| level(&row.get::<String>(0)?))
}

/// The services that nobody has decided on: each asks for the most.
///
/// # Errors
/// The store's.
pub fn undecided(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut decided: BTreeMap<String, bool> = BTreeMap::new();
    for one in requirements(read)? {
        *decided.entry(one.service).or_default() |= !one.decision.is_empty();
    }
    Ok(decided.into_iter().filter(|(_, decided)| !decided).map(|(service, _)| service).collect())
}

/// What every service asks for, by service and day.
///
/// # Errors
/// The store's.
pub(crate) fn requirements(read: &mut Read<'_>) -> Result<Vec<Requirement>, Error> {
    let rows = read.rows(&sql::REQUIREMENTS, &params![])?;
    let all = rows.iter().map(|row| {
        Ok(Requirement {
            service: row.get(0)?,
            valid_from: row.get(1)?,
            level: level(&row.get::<String>(2)?)?,
            names: parse(&row.get::<String>(3)?)?,
            decision: row.get(4)?,
            sample: row.get(5)?,
        })
    });
    all.collect()
}

/// What a service is called, as the latest entry has it.
pub(crate) fn names(read: &mut Read<'_>, service: &str) -> Result<BTreeMap<String, String>, Error> {
    let all = requirements(read)?;
    let latest = all.into_iter().rev().find(|one| one.service == service);
    Ok(latest.map(|one| one.names).unwrap_or_default())
}

fn level(word: &str) -> Result<Assurance, Error> {
    Assurance::parse(word).ok_or_else(|| Error::Corrupt(format!("level {word}")))
}

fn parse(names: &str) -> Result<BTreeMap<String, String>, Error> {
    serde_json::from_str(names).map_err(|error| Error::Corrupt(error.to_string()))
}
