//! Officers: who they are, and their two factors. No SMS here: a desk is signed
//! in to with a password and a one-time password of a device.

use audit::Leaf;
use base::{OfficerId, Role};
use serde_json::json;
use store::{Error, Read, Tx, params};

use crate::model::{NewOfficer, Officer};
use crate::password::PasswordHash;
use crate::sql;

const NAME_COLUMN: &str = "identity_officer.name";
const SECRET_COLUMN: &str = "identity_credential.secret";

fn index_of(read: &Read<'_>, username: &str) -> Vec<u8> {
    read.blind("identity.username", &base::digits::to_western(username.trim()).to_lowercase())
}

/// An officer, whether they may still sign in or not.
///
/// # Errors
/// The store's.
pub fn officer(read: &mut Read<'_>, id: OfficerId) -> Result<Option<Officer>, Error> {
    let Some(row) = read.row(&sql::OFFICER, &params![id])? else { return Ok(None) };
    let roles: String = row.get(1)?;
    let name = read.open_text(id, NAME_COLUMN, &row.get::<Vec<u8>>(2)?)?;
    let (arabic, latin) = name.split_once('\n').unwrap_or((&name, &name));
    Ok(Some(Officer {
        id,
        unit: row.get(0)?,
        roles: roles.split(' ').filter_map(Role::parse).collect(),
        name: [arabic.to_owned(), latin.to_owned()],
    }))
}

/// The factors of an officer who may sign in.
pub(crate) struct Factors {
    pub(crate) officer: OfficerId,
    pub(crate) password: Option<PasswordHash>,
}

pub(crate) fn factors_of(read: &mut Read<'_>, username: &str) -> Result<Option<Factors>, Error> {
    let index = index_of(read, username);
    let Some(row) = read.row(&sql::OFFICER_BY_NAME, &params![index])? else { return Ok(None) };
    let officer: OfficerId = row.get(0)?;
    let password = secret(read, officer, "password")?.and_then(|(bytes, _)| PasswordHash::from_bytes(&bytes));
    Ok(Some(Factors { officer, password }))
}

fn secret(read: &mut Read<'_>, officer: OfficerId, kind: &str) -> Result<Option<(Vec<u8>, i64)>, Error> {
    let Some(row) = read.row(&sql::CREDENTIAL, &params![officer, kind])? else { return Ok(None) };
    let bytes = read.open(officer, SECRET_COLUMN, &row.get::<Vec<u8>>(0)?)?;
    Ok(Some((bytes, row.get(1)?)))
}

/// Takes a one-time password, once: its step is used up in this commit.
pub(crate) fn take_totp_in(tx: &mut Tx<'_>, officer: OfficerId, typed: &str) -> Result<bool, Error> {
    let Some((key, last_step)) = secret(tx, officer, "totp")? else { return Ok(false) };
    let Some(step) = crate::totp::accept(&key, typed, tx.now(), last_step) else { return Ok(false) };
    Ok(tx.execute(&sql::TAKE_STEP, &params![step, officer, "totp"])? == 1)
}

/// Puts an officer there, or returns the one who has that name already.
///
/// # Errors
/// The store's.
pub(crate) fn add_in(tx: &mut Tx<'_>, new: &NewOfficer, password: &PasswordHash) -> Result<OfficerId, Error> {
    let index = index_of(tx, &new.username);
    if let Some(row) = tx.row(&sql::OFFICER_BY_NAME, &params![index])? {
        return row.get(0);
    }
    let (officer, now): (OfficerId, _) = (tx.mint(), tx.now());
    let name = tx.seal_text(officer, NAME_COLUMN, &new.name.join("\n"))?;
    let roles = new.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ");
    tx.execute_one(&sql::INSERT_OFFICER, &params![officer, index, new.unit, roles, name, now])?;
    for (kind, bytes) in [("password", password.to_bytes()), ("totp", new.totp_secret.clone())] {
        let sealed = tx.seal(officer, SECRET_COLUMN, &bytes)?;
        tx.execute_one(&sql::INSERT_CREDENTIAL, &params![officer, kind, sealed, now])?;
    }
    let leaf = Leaf::new("identity.officer_added", format!("officer:{officer}"));
    audit::record_in(tx, &leaf.with(json!({ "unit": new.unit, "roles": roles })))?;
    Ok(officer)
}
