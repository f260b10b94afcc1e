//! Papers on their way into somebody's hands: sent to a post office by manifest,
//! received there, handed over against the card and the pick-up code.

use base::{Actor, CaseId, PersonId};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Row, Tx, params};
use web::Transitions;

use crate::case::{Case, Refusal, Stage, case};
use crate::steps::decide::decided_by;
use crate::timeline::{Kind, add_in};
use crate::way::complete_in;
use crate::{promise, sql};

/// Wrong codes after which a parcel is locked.
pub const TRIES: i64 = 5;
/// Parcels of one manifest at most: each is several rows of one commit.
pub const MANIFEST: i64 = 20;
const CODE: &str = "services_parcel.code";

/// How a parcel travels.
pub const PARCEL: Transitions = Transitions {
    name: "services.parcel",
    start: "waiting",
    edges: &[
        ("waiting", "send", "sent"),
        ("waiting", "cancel", "cancelled"),
        ("sent", "receive", "arrived"),
        ("arrived", "hand_over", "collected"),
        ("arrived", "lock", "locked"),
        ("locked", "unlock", "arrived"),
    ],
};

/// A parcel as officers see it.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Of which case.
    pub case: CaseId,
    /// To which office.
    pub office: String,
    /// A stage of [`PARCEL`].
    pub stage: String,
    /// With which manifest.
    pub manifest: Option<String>,
    /// Wrong codes so far.
    pub tries: i64,
    /// The unit that decided it, which sends it; where a rule did, its office sends it.
    pub unit: Option<String>,
    code: Vec<u8>,
}

/// What a person shows at the counter when they collect a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The identity card.
    IdCard,
    /// A passport.
    Passport,
    /// A driving licence.
    Licence,
}

/// How handing over went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Handed {
    /// It is in the person's hands.
    Over,
    /// The code is wrong; so many tries are left.
    Wrong(i64),
    /// Too many wrong codes.
    Locked,
    /// It is another office's, or is not here.
    NotHere,
}

/// Parcels that a unit prints, so many at most: what is to be handed over at it, and
/// what it decided and did not send yet.
pub(crate) fn to_print(read: &mut Read<'_>, unit: &str, most: i64) -> Result<Vec<Parcel>, Error> {
    read.rows(&sql::PARCELS_TO_PRINT, &params![unit, most])?.iter().map(read_row).collect()
}

fn read_row(row: &Row) -> Result<Parcel, Error> {
    Ok(Parcel {
        case: row.get(0)?,
        office: row.get(1)?,
        stage: row.get(2)?,
        manifest: row.get(3)?,
        code: row.get(4)?,
        tries: row.get(5)?,
        unit: row.get(6)?,
    })
}

/// The paper of a case is to be sent to an office.
pub(crate) fn open_in(tx: &mut Tx<'_>, case: &Case, office: &str) -> Result<(), Error> {
    let code = fresh_code(tx, case.person)?;
    let (now, unit) = (tx.now(), decided_by(tx, case)?);
    tx.execute_one(&sql::INSERT_PARCEL, &params![case.id, office, PARCEL.start, code, now, unit])
}

fn fresh_code(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<u8>, Error> {
    let number = u32::from_be_bytes(tx.random()) % 1_000_000;
    tx.seal_text(person, CODE, &format!("{number:06}"))
}

/// What a case's person needs to know of its parcel.
pub(crate) enum Waiting {
    /// It is at the office; this is the pick-up code.
    Here(String),
    /// Five wrong codes were typed: the code is worth nothing until a supervisor gives a new one.
    Locked,
}

/// How a case's parcel waits for its person, once it has arrived.
pub(crate) fn of_case(read: &mut Read<'_>, id: CaseId, person: PersonId) -> Result<Option<Waiting>, Error> {
    let Some(parcel) = read.row(&sql::PARCEL, &params![id])?.as_ref().map(read_row).transpose()? else {
        return Ok(None);
    };
    match parcel.stage.as_str() {
        "arrived" => Ok(Some(Waiting::Here(read.open_text(person, CODE, &parcel.code)?))),
        "locked" => Ok(Some(Waiting::Locked)),
        _ => Ok(None),
    }
}

/// A stage of [`PARCEL`], where a case has a parcel.
pub(crate) fn stage_of(read: &mut Read<'_>, id: CaseId) -> Result<Option<String>, Error> {
    let parcel = read.row(&sql::PARCEL, &params![id])?.as_ref().map(read_row).transpose()?;
    Ok(parcel.map(|parcel| parcel.stage))
}

/// The paper does not travel after all: nothing left yet.
pub(crate) fn cancel_in(tx: &mut Tx<'_>, id: CaseId) -> Result<(), Refusal> {
    let parcel = tx.row(&sql::PARCEL, &params![id])?.as_ref().map(read_row).transpose()?.ok_or(Refusal::NoCase)?;
    move_in(tx, &parcel, "cancel", None, parcel.tries)
}

/// The pick-up code of a case's parcel, for its person, while it can be used.
///
/// # Errors
/// The store's.
pub fn pick_up_code(read: &mut Read<'_>, id: CaseId, person: PersonId) -> Result<Option<String>, Error> {
    Ok(of_case(read, id, person)?.and_then(|waiting| match waiting {
        Waiting::Here(code) => Some(code),
        Waiting::Locked => None,
    }))
}

/// Parcels in a stage that a unit answers for: it sends them, and opens what was locked.
/// What it decided is a unit's; what a rule decided is its office's.
///
/// # Errors
/// The store's.
pub fn of_unit(read: &mut Read<'_>, unit: &str, stage: &str) -> Result<Vec<Parcel>, Error> {
    read.rows(&sql::PARCELS_OF, &params![unit, stage])?.iter().map(read_row).collect()
}

impl Parcel {
    /// The unit that answers for it.
    #[must_use]
    pub fn sender(&self) -> &str {
        self.unit.as_ref().unwrap_or(&self.office)
    }
}

/// A supervisor of the unit that sent it has looked at a locked parcel: its person gets a
/// new code.
///
/// # Errors
/// It is another unit's, or not locked.
pub async fn unlock(ctx: &Ctx, key: Key, id: CaseId) -> Result<(), Refusal> {
    let Actor::Officer { unit, .. } = ctx.actor.clone() else { return Err(Refusal::NotYours) };
    ctx.write(key, move |tx| {
        let parcel = tx.row(&sql::PARCEL, &params![id])?.as_ref().map(read_row).transpose()?;
        let parcel = parcel.filter(|parcel| parcel.sender() == unit).ok_or(Refusal::NoCase)?;
        let next = PARCEL.next(&parcel.stage, "unlock").ok_or(Refusal::NotNow("parcel", "unlock"))?;
        let case = case(tx, id)?.ok_or(Refusal::NoCase)?;
        let (code, now) = (fresh_code(tx, case.person)?, tx.now());
        tx.execute_one(&sql::UNLOCK_PARCEL, &params![next, code, now, id, parcel.stage])?;
        add_in(tx, &case, Kind::Unlocked, None, json!({ "office": parcel.office }))?;
        Ok(())
    })
    .await
}

/// Parcels of an office in a stage.
///
/// # Errors
/// The store's.
pub fn at_office(read: &mut Read<'_>, office: &str, stage: &str) -> Result<Vec<Parcel>, Error> {
    read.rows(&sql::PARCELS_AT, &params![office, stage, 200_i64])?.iter().map(read_row).collect()
}

fn move_in(
    tx: &mut Tx<'_>,
    parcel: &Parcel,
    event: &'static str,
    manifest: Option<&str>,
    tries: i64,
) -> Result<(), Refusal> {
    let next = PARCEL.next(&parcel.stage, event).ok_or(Refusal::NotNow("parcel", event))?;
    let now = tx.now();
    let params = params![next, manifest, tries, now, parcel.case, parcel.stage];
    tx.execute_one(&sql::MOVE_PARCEL, &params).map_err(Refusal::from)
}

/// An officer sends what of their unit waits for an office, by one manifest; returns how many.
///
/// # Errors
/// [`Refusal::NotYours`] of anybody but an officer, or the store's.
pub async fn send(ctx: &Ctx, key: Key, office: &str) -> Result<u32, Refusal> {
    let Actor::Officer { unit, .. } = ctx.actor.clone() else { return Err(Refusal::NotYours) };
    let office = office.to_owned();
    ctx.write(key, move |tx| {
        let rows = tx.rows(&sql::PARCELS_TO, &params![office, unit, MANIFEST])?;
        let manifest = base::code::short_code("M", tx.random());
        let mut sent = 0;
        for row in &rows {
            let parcel = read_row(row)?;
            move_in(tx, &parcel, "send", Some(&manifest), 0)?;
            let case = case(tx, parcel.case)?.ok_or(Refusal::NoCase)?;
            add_in(tx, &case, Kind::Sent, None, json!({ "office": office, "manifest": manifest }))?;
            sent += 1;
        }
        Ok(sent)
    })
    .await
}

/// An office has received what a manifest lists; returns how many.
///
/// # Errors
/// The store's.
pub async fn receive(ctx: &Ctx, key: Key, office: &str, manifest: &str) -> Result<u32, Refusal> {
    let (office, manifest) = (office.to_owned(), manifest.to_owned());
    ctx.write(key, move |tx| {
        let rows = tx.rows(&sql::PARCELS_AT, &params![office, "sent", 200_i64])?;
        let mut received = 0;
        for row in &rows {
            let parcel = read_row(row)?;
            if parcel.manifest.as_deref() != Some(manifest.as_str()) {
                continue;
            }
            move_in(tx, &parcel, "receive", Some(&manifest), 0)?;
            let case = case(tx, parcel.case)?.ok_or(Refusal::NoCase)?;
            add_in(tx, &case, Kind::Arrived, None, json!({ "office": office, "manifest": manifest }))?;
            promise::met_in(tx, &case)?;
            received += 1;
        }
        Ok(received)
    })
    .await
}

/// An agent has compared the document that was shown, and types the person's code.
///
/// # Errors
/// The store's; a wrong code is an answer, so that it counts.
pub async fn hand_over(
    ctx: &Ctx,
    key: Key,
    office: &str,
    id: CaseId,
    typed: &str,
    shown: Shown,
) -> Result<Handed, Refusal> {
    let (office, typed) = (office.to_owned(), base::digits::only_digits(typed).unwrap_or_default());
    ctx.write(key, move |tx| {
        let parcel = tx.row(&sql::PARCEL, &params![id])?.as_ref().map(read_row).transpose()?;
        let Some(parcel) = parcel.filter(|parcel| parcel.office == office) else { return Ok(Handed::NotHere) };
        match parcel.stage.as_str() {
            "arrived" => {}
            "locked" => return Ok(Handed::Locked),
            _ => return Ok(Handed::NotHere),
        }
        let mut found = case(tx, id)?.ok_or(Refusal::NoCase)?;
        let code = tx.open_text(found.person, CODE, &parcel.code)?;
        let manifest = parcel.manifest.clone();
        if !seal::digest::equal(code.as_bytes(), typed.as_bytes()) {
            let tries = parcel.tries + 1;
            if tries >= TRIES {
                move_in(tx, &parcel, "lock", manifest.as_deref(), tries)?;
                add_in(tx, &found, Kind::Locked, None, json!({ "office": office }))?;
                return Ok(Handed::Locked);
            }
            let now = tx.now();
            tx.execute_one(&sql::MOVE_PARCEL, &params!["arrived", manifest, tries, now, id, "arrived"])?;
            return Ok(Handed::Wrong(TRIES - tries));
        }
        move_in(tx, &parcel, "hand_over", manifest.as_deref(), parcel.tries)?;
        add_in(tx, &found, Kind::Collected, None, json!({ "office": office, "shown": shown }))?;
        complete_in(tx, &mut found)?;
        found.keep_in(tx, Stage::Delivering)?;
        Ok(Handed::Over)
    })
    .await
}
