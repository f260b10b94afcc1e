//! Recording an act in the caller's commit, and reading acts back.

use base::{Actor, PersonId, Timestamp};
use serde_json::Value;
use store::{Error, Read, Row, Tx, params};
use web::Slice;

use crate::model::{Act, Leaf, LeafId, canonical};
use crate::sql;

/// Acts on one object at most.
pub const ACTS: i64 = 200;
/// Bodies that one look of the invariant takes at once.
const PAGE: i64 = 500;
/// The sealed column's name.
const COLUMN: &str = "audit_body.body";

/// Records an act in the caller's commit. The tree learns of it within a second.
///
/// # Errors
/// The store's.
pub fn record_in(tx: &mut Tx<'_>, leaf: &Leaf) -> Result<LeafId, Error> {
    let id: LeafId = tx.mint();
    let salt: [u8; 32] = tx.random();
    let now = tx.now();
    let (actor, detail) = (tx.actor().reference(), with_mandate(tx.actor(), &leaf.detail));
    let body = canonical(leaf.act, &actor, now, id, &leaf.object, &detail);
    let hash = hash(&salt, &body);
    let kept = match leaf.subject {
        Some(subject) => tx.seal_text(subject, COLUMN, &body)?,
        None => body.into_bytes(),
    };
    tx.execute_one(&sql::INSERT_PENDING, &params![id, now, hash])?;
    tx.execute_one(&sql::INSERT_BODY, &params![id, now, leaf.act, actor, leaf.subject, leaf.object, kept, salt])?;
    Ok(id)
}

/// What is said with an act: where somebody acts for another also for whom, and
/// under which mandate.
fn with_mandate(actor: &Actor, detail: &Value) -> Value {
    let Actor::Agent { person, mandate, .. } = actor else { return detail.clone() };
    let mut said = detail.as_object().cloned().unwrap_or_default();
    said.insert("acts_for".to_owned(), format!("person:{person}").into());
    said.insert("mandate".to_owned(), mandate.id.to_string().into());
    Value::Object(said)
}

/// The leaf: SHA-256 over 32 random bytes and the canonical body. What the tree
/// then hashes is this, as the data of an RFC 6962 leaf.
pub(crate) fn hash(salt: &[u8; 32], body: &str) -> [u8; 32] {
    let mut bytes = salt.to_vec();
    bytes.extend_from_slice(body.as_bytes());
    seal::digest::sha256(&bytes)
}

/// Acts of one kind that concern a person, newest first: a slice, and one more.
///
/// # Errors
/// The store's.
pub fn acts_about(read: &mut Read<'_>, person: PersonId, act: &str, slice: &Slice) -> Result<Vec<Act>, Error> {
    acts(read, &sql::ACTS_ABOUT, &params![person, act, slice.before(), i64::from(slice.rows_to_read())])
}

/// Acts on an object such as `case:01J…`, oldest first.
///
/// # Errors
/// The store's.
pub fn acts_of(read: &mut Read<'_>, object: &str) -> Result<Vec<Act>, Error> {
    acts(read, &sql::ACTS_OF, &params![object, ACTS])
}

/// Acts on an object, newest first: so many at most.
///
/// # Errors
/// The store's.
pub fn latest_acts_of(read: &mut Read<'_>, object: &str, most: u32) -> Result<Vec<Act>, Error> {
    acts(read, &sql::LATEST_ACTS_OF, &params![object, i64::from(most)])
}

/// Whether there is this leaf, and it is of an act on this object.
///
/// # Errors
/// The store's.
pub fn is_about(read: &mut Read<'_>, leaf: &str, object: &str) -> Result<bool, Error> {
    let row = read.row(&sql::LEAF, &params![leaf])?;
    row.map_or(Ok(false), |row| row.get::<String>(0).map(|known| known == object))
}

fn acts(read: &mut Read<'_>, statement: &store::Statement, params: &[store::Param<'_>]) -> Result<Vec<Act>, Error> {
    let rows = read.rows(statement, params)?;
    rows.iter().map(|row| act(read, row)).collect()
}

fn act(read: &mut Read<'_>, row: &Row) -> Result<Act, Error> {
    let body = open_body(read, &row.get::<Vec<u8>>(5)?, row.get(6)?)?;
    let body: Value = body.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    Ok(Act {
        leaf: row.get(0)?,
        at: row.get::<Timestamp>(1)?,
        act: row.get(2)?,
        actor: row.get(3)?,
        object: row.get(4)?,
        detail: body.get("detail").cloned().unwrap_or(Value::Null),
    })
}

/// A body's text; `None` when its person's key was destroyed.
pub(crate) fn open_body(read: &mut Read<'_>, kept: &[u8], subject: Option<PersonId>) -> Result<Option<String>, Error> {
    match subject {
        None => String::from_utf8(kept.to_vec()).map(Some).map_err(|_| Error::Corrupt("a leaf's body".to_owned())),
        Some(person) => match read.open_text(person, COLUMN, kept) {
            Ok(text) => Ok(Some(text)),
            Err(Error::Sealed) => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// Invariant: every body that can still be read gives its leaf's hash, and no
/// act's leaf got lost on the way to the tree.
pub(crate) fn bodies_match(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut broken: Vec<String> = Vec::new();
    for row in read.rows(&sql::LOST, &params![])? {
        broken.push(format!("{} is in no tree", row.get::<String>(0)?));
    }
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::BODIES, &params![after, PAGE])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let body = open_body(read, &row.get::<Vec<u8>>(1)?, row.get(3)?)?;
            let matches = body.is_none_or(|body| {
                let salt = row.get::<[u8; 32]>(2);
                salt.is_ok_and(|salt| row.get::<[u8; 32]>(4).is_ok_and(|kept| kept == hash(&salt, &body)))
            });
            if !matches {
                broken.push(row.get(0)?);
            }
        }
    }
}
