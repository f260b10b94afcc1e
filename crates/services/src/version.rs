//! Versions of services. A version is put up with its files; the provider,
//! Finance, Interior and the quality office sign what they saw, each an officer
//! of their own; from its day on it is offered, and the one before goes on for
//! the cases that began on it.
//!
//! Invariant: what is offered is what was signed, to the byte.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit::Leaf;
use base::{Date, OfficerId, Role, Timestamp, Zone};
use catalogue::{Files, Kept, Service, Shapes, StepFile, StepKind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Row, Tx, params};
use web::Transitions;

use crate::case::Refusal;
use crate::{replay, sql};

/// How a version comes into force.
pub const VERSION: Transitions = Transitions {
    name: "services.version",
    start: "put-up",
    edges: &[("put-up", "sign", "put-up"), ("put-up", "complete", "signed"), ("put-up", "return", "returned")],
};

/// Most versions that wait for signatures on one page.
const WAITING: i64 = 100;
/// Saved folders that one commit keeps.
const SAVED: usize = 50;
/// Longest reason for sending a version back, characters.
pub const REASON: usize = 500;

/// Whose signatures a version needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Body {
    /// Whoever provides the service.
    Provider,
    /// Finance, for its fees.
    Finance,
    /// Interior, for the assurance that it asks for.
    Interior,
    /// The Cabinet's quality office.
    Quality,
}

impl Body {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Provider, Self::Finance, Self::Interior, Self::Quality];

    /// The word in storage and addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Finance => "finance",
            Self::Interior => "interior",
            Self::Quality => "quality",
        }
    }
    /// The body of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|body| body.as_str() == word)
    }
    /// Whose officers sign for it.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Provider => Role::Supervisor,
            Self::Finance => Role::BusinessOperator,
            Self::Interior => Role::AuthenticationOfficer,
            Self::Quality => Role::Quality,
        }
    }
}

/// A version that was put up.
#[derive(Debug, Clone)]
pub struct Version {
    /// Which service.
    pub service: String,
    /// Which version of it.
    pub version: u32,
    /// SHA-256 over its files: what is signed.
    pub digest: String,
    /// A stage of [`VERSION`].
    pub stage: String,
    /// The first day on which it is offered, once signed.
    pub from: Date,
    /// When it was put up.
    pub put_at: Timestamp,
    packed: Arc<[u8]>,
}

impl Version {
    /// Its files; none where they are not what was signed.
    pub(crate) fn files(&self) -> Option<Files> {
        Kept::from(self.clone()).files()
    }

    /// What its folder says, without what registers' operations take.
    pub(crate) fn service(&self) -> Option<Service> {
        Service::parse(&self.files()?, &Shapes::default()).ok()
    }
}

/// What a body said of a version.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Whose.
    pub body: Body,
    /// Who signed, or sent it back.
    pub officer: OfficerId,
    /// Why it was sent back; none is a signature.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What became of a folder that was put up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Put {
    /// It waits for signatures from now on.
    New,
    /// The same files are there already.
    Known,
    /// Other files are there under the same number: count the version up.
    Altered,
}

/// Puts a folder up for signatures. Its day is the one that it says, or the day
/// of the last signature.
///
/// # Errors
/// The store's.
pub(crate) async fn put_up(ctx: &Ctx, folder: &Kept, from: Option<Date>) -> Result<Put, Error> {
    let new = folder.clone();
    ctx.write(Key::once(ctx), move |tx| {
        if let Some(there) = version_in(tx, &new.service, new.version)? {
            return Ok(if there.digest == new.digest { Put::Known } else { Put::Altered });
        }
        let from = from.unwrap_or_else(|| tx.now().date(Zone::Hebron));
        insert_in(tx, &new, VERSION.start, from)?;
        audit::record_in(tx, &put_leaf("services.version_put_up", &new))?;
        replay::begin_in(tx, &new.service, new.version)?;
        Ok(Put::New)
    })
    .await
}

/// A demo's folders hold as soon as they are saved; nobody signs them.
///
/// # Errors
/// The store's.
pub(crate) async fn keep_saved(ctx: &Ctx, folders: Vec<(Kept, Option<Date>)>) -> Result<(), Error> {
    for some in folders.chunks(SAVED) {
        let some = some.to_vec();
        ctx.write(Key::once(ctx), move |tx| {
            for (new, from) in &some {
                tx.execute(&sql::FORGET_VERSION, &params![new.service, new.version])?;
                let from = from.unwrap_or_else(|| tx.now().date(Zone::Hebron));
                insert_in(tx, new, "signed", from)?;
                audit::record_in(tx, &put_leaf("services.version_saved", new))?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    }
    Ok(())
}

fn put_leaf(act: &'static str, folder: &Kept) -> Leaf {
    Leaf::new(act, object(&folder.service, folder.version)).with(json!({ "digest": folder.digest }))
}

fn object(service: &str, version: u32) -> String {
    format!("version:{service}@{version}")
}

fn insert_in(tx: &mut Tx<'_>, new: &Kept, stage: &str, from: Date) -> Result<(), Error> {
    let (now, packed) = (tx.now(), &new.packed[..]);
    tx.execute_one(&sql::INSERT_VERSION, &params![new.service, new.version, new.digest, packed, stage, from, now])
}

/// Signs a version for a body: what was seen, by its digest. The fourth signature
/// brings it into force on its day, and no day before that of the signature.
///
/// # Errors
/// It does not wait, is not what was seen, the body has signed, the officer is
/// not the body's or has signed for another, or the store's.
pub async fn sign(
    ctx: &Ctx,
    key: Key,
    (service, number): (&str, u32),
    body: Body,
    digest: &str,
) -> Result<(), Refusal> {
    let (service, digest) = (service.to_owned(), digest.to_owned());
    ctx.write(key, move |tx| {
        let (there, signed) = waiting_in(tx, &service, number, body, &digest)?;
        say_in(tx, &there, body, None, "services.version_signed")?;
        if signed.len() + 1 < Body::ALL.len() {
            return Ok(());
        }
        let now = tx.now();
        let from = there.from.max(now.date(Zone::Hebron));
        tx.execute_one(&sql::DECIDE_VERSION, &params!["signed", from, now, service, number, VERSION.start])?;
        let detail = json!({ "digest": there.digest, "from": from.to_string() });
        audit::record_in(tx, &Leaf::new("services.version_complete", object(&service, number)).with(detail))?;
        Ok(())
    })
    .await
}

/// Sends a version back with a reason: it never comes into force, and a mended
/// one has another number.
///
/// # Errors
/// As of [`sign`]; or no reason is given.
pub async fn send_back(
    ctx: &Ctx,
    key: Key,
    (service, number): (&str, u32),
    body: Body,
    digest: &str,
    reason: &str,
) -> Result<(), Refusal> {
    let reason: String = reason.trim().chars().take(REASON).collect();
    if reason.is_empty() {
        return Err(Refusal::Incomplete(vec!["reason".to_owned()]));
    }
    let (service, digest) = (service.to_owned(), digest.to_owned());
    ctx.write(key, move |tx| {
        let (there, _) = waiting_in(tx, &service, number, body, &digest)?;
        say_in(tx, &there, body, Some(&reason), "services.version_returned")?;
        let now = tx.now();
        tx.execute_one(&sql::DECIDE_VERSION, &params!["returned", there.from, now, service, number, VERSION.start])?;
        Ok(())
    })
    .await
}

/// A version that waits for this body, and for this officer's word.
fn waiting_in(
    tx: &mut Tx<'_>,
    service: &str,
    number: u32,
    body: Body,
    digest: &str,
) -> Result<(Version, Vec<Signature>), Refusal> {
    let officer = tx.actor().officer().ok_or(Refusal::NotYours)?;
    let there = version_in(tx, service, number)?.ok_or(Refusal::NoService)?;
    let signed = signatures(tx, service, number)?;
    if there.stage != VERSION.start || there.digest != digest || signed.iter().any(|one| one.body == body) {
        return Err(Refusal::NotNow("version", body.as_str()));
    }
    if signed.iter().any(|one| one.officer == officer) {
        return Err(Refusal::SamePerson);
    }
    let read = there.service().ok_or(Refusal::NoService)?;
    if !may_sign(tx.actor(), body, &read) {
        return Err(Refusal::NotYours);
    }
    Ok((there, signed))
}

/// Whether an officer signs for a body: its role, and for the provider a unit
/// that the folder names, or the agency itself.
#[must_use]
pub fn may_sign(actor: &base::Actor, body: Body, service: &Service) -> bool {
    let own = |unit: &str| unit == service.file.provider || units(service).iter().any(|one| one == unit);
    let at_home = || matches!(actor, base::Actor::Officer { unit, .. } if own(unit));
    actor.has_role(body.role()) && (body != Body::Provider || at_home())
}

/// The units whose officers decide; by place, the one that the folder falls back on.
fn units(service: &Service) -> Vec<String> {
    let unit = |step: &'_ StepFile| match &step.kind {
        StepKind::Decide { unit: Some(unit), .. } => Some(unit.default().to_owned()),
        _ => None,
    };
    service.file.steps.iter().filter_map(unit).collect()
}

fn say_in(
    tx: &mut Tx<'_>,
    there: &Version,
    body: Body,
    reason: Option<&str>,
    act: &'static str,
) -> Result<(), Refusal> {
    let officer = tx.actor().officer().ok_or(Refusal::NotYours)?;
    let detail = json!({ "body": body.as_str(), "digest": there.digest, "reason": reason });
    let leaf = audit::record_in(tx, &Leaf::new(act, object(&there.service, there.version)).with(detail))?;
    let now = tx.now();
    let word = body.as_str();
    tx.execute_one(&sql::INSERT_SIGNATURE, &params![there.service, there.version, word, officer, reason, now, leaf])
        .map_err(Refusal::from)
}

fn read(row: &Row) -> Result<Version, Error> {
    Ok(Version {
        service: row.get(0)?,
        version: row.get(1)?,
        digest: row.get(2)?,
        packed: row.get::<Vec<u8>>(3)?.into(),
        stage: row.get(4)?,
        from: row.get(5)?,
        put_at: row.get(6)?,
    })
}

fn version_in(read_tx: &mut Read<'_>, service: &str, version: u32) -> Result<Option<Version>, Error> {
    read_tx.row(&sql::VERSION, &params![service, version])?.as_ref().map(read).transpose()
}

/// A version that was put up.
///
/// # Errors
/// The store's.
pub fn version(tx: &mut Read<'_>, service: &str, number: u32) -> Result<Option<Version>, Error> {
    version_in(tx, service, number)
}

/// The newest signed version up to a number.
///
/// # Errors
/// The store's.
pub fn newest_signed(tx: &mut Read<'_>, service: &str, most: u32) -> Result<Option<Version>, Error> {
    tx.row(&sql::NEWEST_SIGNED, &params![service, most])?.as_ref().map(read).transpose()
}

/// Versions that wait for signatures, the oldest first.
///
/// # Errors
/// The store's.
pub fn waiting(tx: &mut Read<'_>) -> Result<Vec<Version>, Error> {
    tx.rows(&sql::VERSIONS_IN, &params![VERSION.start, WAITING])?.iter().map(read).collect()
}

/// What bodies have said of a version.
///
/// # Errors
/// The store's.
pub fn signatures(tx: &mut Read<'_>, service: &str, number: u32) -> Result<Vec<Signature>, Error> {
    let rows = tx.rows(&sql::SIGNATURES, &params![service, number])?;
    let one = |row: &Row| {
        let word: String = row.get(0)?;
        Ok(Signature {
            body: Body::parse(&word).ok_or_else(|| Error::Corrupt(format!("services_signature.body {word}")))?,
            officer: row.get(1)?,
            reason: row.get(2)?,
            at: row.get(3)?,
        })
    };
    rows.iter().map(one).collect()
}

/// Every version that was signed, page by page.
///
/// # Errors
/// The store's.
pub async fn signed(ctx: &Ctx) -> Result<Vec<Version>, Error> {
    let (mut all, mut last) = (Vec::new(), (String::new(), 0_u32));
    loop {
        let (service, number) = last.clone();
        let page = ctx
            .read(move |tx| {
                let rows = tx.rows(&sql::VERSIONS_AFTER, &params![service, number])?;
                rows.iter().map(read).collect::<Result<Vec<_>, Error>>()
            })
            .await?;
        let Some(end) = page.last() else { return Ok(all) };
        last = (end.service.clone(), end.version);
        all.extend(page);
    }
}

/// The digest and stage of every version, by service and number.
///
/// # Errors
/// The store's.
pub(crate) async fn digests(ctx: &Ctx) -> Result<BTreeMap<(String, u32), (String, String)>, Error> {
    let (mut all, mut last) = (BTreeMap::new(), (String::new(), 0_u32));
    loop {
        let (service, number) = last.clone();
        let page = ctx
            .read(move |tx| {
                let rows = tx.rows(&sql::DIGESTS_AFTER, &params![service, number])?;
                let one = |row: &Row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)));
                rows.iter().map(one).collect::<Result<Vec<_>, Error>>()
            })
            .await?;
        let Some((end, _)) = page.last() else { return Ok(all) };
        last.clone_from(end);
        all.extend(page);
    }
}

/// These versions, as far as they were put up.
///
/// # Errors
/// The store's.
pub(crate) async fn versions(ctx: &Ctx, names: Vec<(String, u32)>) -> Result<Vec<Version>, Error> {
    ctx.read(move |tx| {
        let found = names.iter().map(|(service, number)| version_in(tx, service, *number));
        Ok(found.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
    })
    .await
}

/// What changes whenever another version is in force: the newest decision, and the day.
///
/// # Errors
/// The store's.
pub fn stamp(tx: &mut Read<'_>, today: Date) -> Result<String, Error> {
    let row = tx.row(&sql::VERSIONS_STAMP, &params![])?;
    let (count, newest): (i64, i64) = row.map_or(Ok((0, 0)), |row| Ok::<_, Error>((row.get(0)?, row.get(1)?)))?;
    Ok(format!("{count}:{newest}:{}", today))
}

impl From<Version> for Kept {
    fn from(version: Version) -> Self {
        let Version { service, version, digest, packed, .. } = version;
        Self { service, version, digest, packed }
    }
}

/// Of each service the newest version whose day has come; and all others.
pub(crate) fn in_force(versions: Vec<Version>, today: Date) -> (BTreeMap<String, Version>, Vec<Version>) {
    let (mut now, mut others) = (BTreeMap::<String, Version>::new(), Vec::new());
    for version in versions {
        let newest = now.get(&version.service).is_none_or(|there| there.version < version.version);
        if version.from > today || !newest {
            others.push(version);
        } else if let Some(former) = now.insert(version.service.clone(), version) {
            others.push(former);
        }
    }
    (now, others)
}
