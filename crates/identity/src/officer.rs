//! Officers: who they are, their password, and how they are told. No SMS here: a
//! desk is signed in to with a passkey, or with a password and a code of an app,
//! which are kept as citizens' are (`passkey.rs`, `authenticator.rs`).

use audit::Leaf;
use base::{Assurance, Locale, OfficerId, Role, Timestamp};
use serde_json::{Value, json};
use store::{Error, Read, Tx, params};

use crate::factors::REMOVED;
use crate::messages::Messages;
use crate::model::{NewOfficer, Officer};
use crate::password::PasswordHash;
use crate::sql;

const NAME_COLUMN: &str = "identity_officer.name";
const SECRET_COLUMN: &str = "identity_credential.secret";
const EMAIL_COLUMN: &str = "identity_officer.email";
/// What is known of an officer: their house put them there, and no counter
/// compared a card.
pub(crate) const LEVEL: Assurance = Assurance::Substantial;
/// Acts that an officer's own page shows.
const SHOWN: u32 = 20;

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

/// What an officer is called on pages in a language.
pub(crate) fn name_in(read: &mut Read<'_>, id: OfficerId, locale: Locale) -> Result<String, Error> {
    let [arabic, latin] = officer(read, id)?.map(|officer| officer.name).unwrap_or_default();
    Ok(if locale == Locale::EN { latin } else { arabic })
}

/// What an officer who may sign in types.
pub(crate) struct Factors {
    pub(crate) officer: OfficerId,
    pub(crate) password: Option<PasswordHash>,
}

pub(crate) fn factors_of(read: &mut Read<'_>, username: &str) -> Result<Option<Factors>, Error> {
    let index = index_of(read, username);
    let Some(row) = read.row(&sql::OFFICER_BY_NAME, &params![index])? else { return Ok(None) };
    let officer: OfficerId = row.get(0)?;
    let password = match read.row(&sql::CREDENTIAL, &params![officer, "password"])? {
        Some(row) => PasswordHash::from_bytes(&read.open(officer, SECRET_COLUMN, &row.get::<Vec<u8>>(0)?)?),
        None => None,
    };
    Ok(Some(Factors { officer, password }))
}

/// Whether an officer may still sign in.
pub(crate) fn is_open(read: &mut Read<'_>, id: OfficerId) -> Result<bool, Error> {
    let row = read.row(&sql::OFFICER, &params![id])?;
    Ok(row.map(|row| row.get::<String>(3)).transpose()?.as_deref() == Some("open"))
}

/// Where an officer is told, if their house said so.
pub(crate) fn email(read: &mut Read<'_>, id: OfficerId) -> Result<Option<String>, Error> {
    let sealed: Option<Vec<u8>> = read.row(&sql::OFFICER_EMAIL, &params![id])?.map_or(Ok(None), |row| row.get(0))?;
    sealed.map(|sealed| read.open_text(id, EMAIL_COLUMN, &sealed)).transpose()
}

pub(crate) fn set_email_in(tx: &mut Tx<'_>, id: OfficerId, email: &str) -> Result<(), Error> {
    let sealed = tx.seal_text(id, EMAIL_COLUMN, email)?;
    tx.execute_one(&sql::SET_OFFICER_EMAIL, &params![sealed, id])
}

/// A sign-in, a try, or a change of the ways to sign in.
pub(crate) struct Entry {
    pub(crate) act: String,
    pub(crate) factor: String,
    pub(crate) at: Timestamp,
}

/// What happened to an officer's sign-in, the latest first.
pub(crate) fn entries(read: &mut Read<'_>, id: OfficerId) -> Result<Vec<Entry>, Error> {
    let acts = audit::latest_acts_of(read, &format!("officer:{id}"), SHOWN)?;
    let entry = |act: audit::Act| {
        let factor = act.detail.get("factor").and_then(Value::as_str).unwrap_or_default().to_owned();
        Entry { act: act.act, factor, at: act.at }
    };
    Ok(acts.into_iter().map(entry).collect())
}

/// Records a change of an officer's factors and tells them: on their own page,
/// which reads the leaf, and by mail.
pub(crate) fn changed_in(
    tx: &mut Tx<'_>,
    id: OfficerId,
    act: &'static str,
    factor: &'static str,
    locale: Locale,
) -> Result<(), Error> {
    let leaf = Leaf::new(act, format!("officer:{id}"));
    audit::record_in(tx, &leaf.with(json!({ "factor": factor })))?;
    let Some(email) = email(tx, id)? else { return Ok(()) };
    let m = Messages::new(locale);
    let title = if act == REMOVED { m.staff_removed_title() } else { m.staff_added_title() };
    notify::officer_email_in(tx, id, &email, title, &format!("{title}\n\n{}", m.staff_changed_next()))
}

/// Keeps the password and the app's secret of an officer who has neither.
pub(crate) fn keep_credentials_in(
    tx: &mut Tx<'_>,
    officer: OfficerId,
    password: &PasswordHash,
    app: &[u8],
) -> Result<(), Error> {
    let now = tx.now();
    for (kind, bytes) in [("password", password.to_bytes()), ("totp", app.to_vec())] {
        let sealed = tx.seal(officer, SECRET_COLUMN, &bytes)?;
        tx.execute_one(&sql::INSERT_CREDENTIAL, &params![officer, kind, sealed, now])?;
    }
    Ok(())
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
    keep_credentials_in(tx, officer, password, &new.totp_secret)?;
    let leaf = Leaf::new("identity.officer_added", format!("officer:{officer}"));
    audit::record_in(tx, &leaf.with(json!({ "unit": new.unit, "roles": roles })))?;
    Ok(officer)
}
