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

/// Lists a service that is new here: until its owner decides, it asks for the most.
///
/// # Errors
/// The store's.
pub async fn introduce(ctx: &Ctx, service: &str, names: &BTreeMap<String, String>) -> Result<(), Error> {
    let key = Key::new("identity.introduce", service);
    first(ctx, key, (service, names), (Assurance::High, "")).await
}

/// Begins a demo with what a service's folder suggests.
///
/// # Errors
/// The store's.
pub async fn suggest(
    ctx: &Ctx,
    service: &str,
    names: &BTreeMap<String, String>,
    level: Assurance,
) -> Result<(), Error> {
    let key = Key::new("identity.suggest", service);
    first(ctx, key, (service, names), (level, SUGGESTED)).await
}

/// The decision of what was never decided, but suggested.
const SUGGESTED: &str = "–";

/// Once for each key: a later start changes nothing.
async fn first(
    ctx: &Ctx,
    key: Key,
    (service, names): (&str, &BTreeMap<String, String>),
    (level, decision): (Assurance, &'static str),
) -> Result<(), Error> {
    let (service, names) = (service.to_owned(), json!(names).to_string());
    let sample = decision == SUGGESTED;
    ctx.write(key, move |tx| {
        tx.execute_one(&sql::SET_REQUIREMENT, &params![service, FIRST_DAY, level.as_str(), names, decision, sample])
    })
    .await
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
