//! In person at a counter: an officer of an office compares card and face with
//! the registry's photo. `same` proves the account, `doubt` hands the matter to
//! authentication officers; after `same` a number is bound (`phone`) or codes are
//! printed (`print`).
//!
//! A mission's officer has a passport in hand, every other one a card.
//!
//! Invariant: whoever compared does not decide on the doubt; no officer sees or
//! sets a secret, for the codes are on the print alone.

mod judge;
mod phone;
mod print;

use std::time::Duration;

use audit::Leaf;
use base::id::TypedId;
use base::{AccountId, Actor, Assurance, Date, IdNumber, OfficerId, PersonId, PersonName, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle;

pub(crate) use judge::{Document, doubt, same};
pub(crate) use phone::{code, resend, send};
pub(crate) use print::{Wanted, print};

use crate::figures::{self, Event};
use crate::model::{COMPARISON, ComparisonId, Facts, Refusal};
use crate::passport::{self, Kept};
use crate::person::{account, account_of_number, index_of};
use crate::registry::{Photo, Portrayed};
use crate::sign_in::allowed;
use crate::{Identity, lock, sql};

const COLUMN: &str = "identity_comparison.data";
/// How long an officer may take with one person, seconds.
const SECONDS: i64 = 1_800;
/// How long the registry may take: an officer and a person wait.
const LIMIT: Duration = Duration::from_secs(5);

/// What is known of the person at the counter; it lies sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Data {
    number: String,
    arabic: [String; 4],
    latin: [String; 4],
    born: String,
    pub(crate) alive: bool,
    version: String,
    /// Until it was compared.
    pub(crate) photo: Option<Photo>,
    /// The number that a code was sent to, until it is bound.
    phone: Option<String>,
    /// What the officer at the counter said of a doubt, and what was decided.
    pub(crate) reason: String,
    pub(crate) decision: String,
}

impl Data {
    pub(crate) fn number(&self) -> Result<IdNumber, Refusal> {
        IdNumber::parse(&self.number).ok_or(Refusal::Gone)
    }
    pub(crate) fn facts(&self) -> Result<Facts, Refusal> {
        let name = PersonName { arabic: self.arabic.clone(), latin: self.latin.clone() };
        let born = Date::parse(&self.born).ok_or(Refusal::Gone)?;
        Ok(Facts { name, born, alive: self.alive, version: self.version.clone() })
    }
}

/// A comparison.
#[derive(Clone)]
pub(crate) struct Comparison {
    pub(crate) id: ComparisonId,
    about: Vec<u8>,
    pub(crate) person: PersonId,
    pub(crate) account: Option<AccountId>,
    pub(crate) officer: OfficerId,
    pub(crate) unit: String,
    pub(crate) stage: String,
    pub(crate) cause: String,
    pub(crate) data: Data,
    pub(crate) began_at: Timestamp,
    ends_at: Timestamp,
}

impl Comparison {
    /// A number waits for its code.
    pub(crate) fn awaits_code(&self) -> bool {
        self.stage == "same" && self.data.phone.is_some()
    }
    /// The registry gave something to compare with, of somebody alive.
    pub(crate) fn comparable(&self) -> bool {
        self.data.photo.is_some() && self.data.alive
    }
}

/// Which officer stands at which counter.
#[derive(Debug, Clone)]
struct Desk {
    officer: OfficerId,
    unit: String,
    /// A mission, where people show a passport.
    mission: bool,
}

impl Desk {
    fn of(ctx: &Ctx, identity: &Identity) -> Result<Self, Refusal> {
        match &ctx.actor {
            Actor::Officer { officer, unit, .. } if identity.counters.contains_key(unit) => {
                Ok(Self { officer: *officer, unit: unit.clone(), mission: identity.is_mission(unit) })
            }
            _ => Err(Refusal::NoCounter),
        }
    }
}

/// Whether the officer's unit is a counter at all.
pub(crate) fn is_here(ctx: &Ctx, identity: &Identity) -> Result<(), Refusal> {
    Desk::of(ctx, identity).map(drop)
}

pub(crate) fn load(read: &mut Read<'_>, id: ComparisonId) -> Result<Comparison, Refusal> {
    let row = read.row(&sql::COMPARISON, &params![id])?.ok_or(Refusal::Gone)?;
    let person: PersonId = row.get(1)?;
    let bytes = read.open(person, COLUMN, &row.get::<Vec<u8>>(7)?)?;
    let data = serde_json::from_slice(&bytes).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(Comparison {
        id,
        about: row.get(0)?,
        person,
        account: row.get(2)?,
        officer: row.get(3)?,
        unit: row.get(4)?,
        stage: row.get(5)?,
        cause: row.get(6)?,
        data,
        began_at: row.get(8)?,
        ends_at: row.get(9)?,
    })
}

/// The comparison that an officer goes on with at the same counter.
fn own(read: &mut Read<'_>, id: ComparisonId, desk: &Desk, now: Timestamp) -> Result<Comparison, Refusal> {
    let there = load(read, id)?;
    let theirs = there.officer == desk.officer && there.unit == desk.unit;
    let holds = there.ends_at > now && matches!(there.stage.as_str(), "shown" | "same" | "waiting");
    if theirs && holds { Ok(there) } else { Err(Refusal::Gone) }
}

pub(crate) fn sealed(tx: &mut Tx<'_>, person: PersonId, data: &Data) -> Result<Vec<u8>, Error> {
    let bytes = serde_json::to_vec(data).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.seal(person, COLUMN, &bytes)
}

/// Keeps where a comparison stands now; it was `from`.
fn keep_in(tx: &mut Tx<'_>, there: &Comparison, from: &str) -> Result<(), Error> {
    let data = sealed(tx, there.person, &there.data)?;
    let ends_at = tx.now().plus_seconds(SECONDS);
    tx.execute_one(
        &sql::SET_COMPARISON,
        &params![there.stage, there.cause, there.account, data, ends_at, there.id, from],
    )
}

/// What came of asking the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Shown(ComparisonId),
    /// The registry knows nobody of that number.
    Unknown,
    /// It was not heard.
    Silent,
}

/// An officer typed the number of a card: the registry is asked, and the look is
/// recorded for its person before anybody sees the answer.
pub(crate) async fn begin(ctx: &Ctx, identity: &Identity, key: Key, number: &IdNumber) -> Result<Asked, Refusal> {
    let desk = Desk::of(ctx, identity)?;
    let limit = identity.config.limits.comparisons_per_officer;
    let who = desk.officer.to_string();
    allowed(throttle::hit(ctx, "identity.counter", &who, limit, 24 * 3_600).await?)?;
    let asked = number.clone();
    let known = ctx.read(move |read| account_of_number(read, &asked)).await?;
    let person = known.as_ref().map_or_else(|| ctx.mint(), |known| known.person);
    let (facts, photo) = match identity.registry.portrait(ctx, number, person, LIMIT).await {
        Portrayed::Known(facts, photo) => (facts, photo),
        Portrayed::Unknown => {
            figures::count(ctx, Event::Comparison, "", "unknown").await;
            return Ok(Asked::Unknown);
        }
        Portrayed::Silent => {
            figures::count(ctx, Event::Comparison, "", "silent").await;
            return Ok(Asked::Silent);
        }
    };
    let data = Data {
        number: number.as_str().to_owned(),
        arabic: facts.name.arabic.clone(),
        latin: facts.name.latin.clone(),
        born: facts.born.to_string(),
        alive: facts.alive,
        version: facts.version.clone(),
        photo,
        phone: None,
        reason: String::new(),
        decision: String::new(),
    };
    let (number, account) = (number.clone(), known.map(|known| known.id));
    ctx.write(key, move |tx| {
        let (id, now): (ComparisonId, _) = (tx.mint(), tx.now());
        let (about, sealed) = (index_of(tx, &number), sealed(tx, person, &data)?);
        let (stage, ends_at) = (COMPARISON.start, now.plus_seconds(SECONDS));
        tx.execute_one(
            &sql::INSERT_COMPARISON,
            &params![id, about, person, account, desk.officer, desk.unit, stage, "", sealed, now, ends_at],
        )?;
        let object = account.map_or_else(|| format!("person:{person}"), |account| format!("account:{account}"));
        let leaf = Leaf::new(lock::READ, object).about(person);
        audit::record_in(tx, &leaf.with(json!({ "unit": desk.unit, "counter": true })))?;
        Ok::<_, Refusal>(id)
    })
    .await
    .map(Asked::Shown)
}

/// A comparison as the officer at the counter sees it.
pub(crate) struct Seen {
    pub(crate) comparison: Comparison,
    /// What is proven of the account, if there is one.
    pub(crate) level: Option<Assurance>,
    /// The last digits of its number.
    pub(crate) tail: String,
    /// When an earlier comparison of this number did not fit.
    pub(crate) doubted_at: Option<Timestamp>,
    /// At a mission: what is known of the person's passport.
    pub(crate) passport: Option<Kept>,
}

/// Where a comparison stands.
pub(crate) async fn seen(ctx: &Ctx, identity: &Identity, id: ComparisonId) -> Result<Seen, Refusal> {
    let (desk, now) = (Desk::of(ctx, identity)?, ctx.now());
    ctx.read(move |read| {
        let comparison = own(read, id, &desk, now)?;
        let there = comparison.account.map(|id| account(read, id)).transpose()?.flatten();
        let doubted = read.row(&sql::DOUBTED, &params![comparison.about])?;
        let doubted_at = doubted.map(|row| row.get(0)).transpose()?;
        let passport = if desk.mission { passport::of(read, comparison.person)? } else { None };
        let tail = there.as_ref().and_then(|there| Some(there.phone.as_ref()?.tail().to_owned()));
        let (level, tail) = (there.map(|there| there.level), tail.unwrap_or_default());
        Ok(Seen { level, tail, doubted_at, passport, comparison })
    })
    .await
}

/// Removes comparisons that are over. What was learnt of somebody who has no
/// account is destroyed with its key.
pub(crate) async fn clear(ctx: &Ctx, before: Timestamp) -> Result<(), Error> {
    let over = ctx.read(move |read| read.rows(&sql::OVER_COMPARISONS, &params![before])).await?;
    for row in over {
        let (id, person): (ComparisonId, PersonId) = (row.get(0)?, row.get(1)?);
        let key = Key::new("identity.clear_comparison", base::id::to_text(id.bits()));
        ctx.write(key, move |tx| {
            tx.execute(&sql::DELETE_COMPARISON, &params![id])?;
            if tx.row(&sql::PERSON_STAYS, &params![person])?.is_some() { Ok(()) } else { tx.erase(person) }
        })
        .await?;
    }
    Ok(())
}
