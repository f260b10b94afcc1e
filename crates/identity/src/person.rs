//! People and their accounts: finding, opening, what is known of them, raising
//! what is proven.

use audit::Leaf;
use base::{AccountId, Assurance, Date, IdNumber, OfficerId, PersonId, PersonName, Phone};
use serde_json::json;
use store::{Error, Read, Row, Tx, params};

use crate::model::{ACCOUNT, Account, AccountOpened, FactorChanged, Facts, Refusal, StoredName, step};
use crate::password::PasswordHash;
use crate::security::Owner;
use crate::{certificate, sql};

const NUMBER_COLUMN: &str = "identity_person.id_number";
const BORN_COLUMN: &str = "identity_person.birth_date";
const NAMES_COLUMN: &str = "identity_person.names";
const PHONE_COLUMN: &str = "identity_account.phone";
const SECRET_COLUMN: &str = "identity_credential.secret";

/// The blind index of an ID number: the key of everything that is counted for a
/// person before anybody knows who they are.
pub(crate) fn index_of(read: &Read<'_>, number: &IdNumber) -> Vec<u8> {
    read.blind("identity.id_number", number.as_str())
}

/// The person to whom an ID number was proven to belong.
///
/// # Errors
/// The store's.
pub fn person_of_id_number(read: &mut Read<'_>, number: &IdNumber) -> Result<Option<PersonId>, Error> {
    let index = index_of(read, number);
    read.row(&sql::OWNER, &params![index])?.map(|row| row.get(0)).transpose()
}

/// The ID number that a person proved or, at `low`, says is theirs.
///
/// # Errors
/// The store's.
pub fn id_number(read: &mut Read<'_>, person: PersonId) -> Result<Option<IdNumber>, Error> {
    let Some(row) = read.row(&sql::PERSON, &params![person])? else { return Ok(None) };
    let text = read.open_text(person, NUMBER_COLUMN, &row.get::<Vec<u8>>(0)?)?;
    Ok(IdNumber::parse(&text))
}

/// The day of birth that the registry gave or, at `low`, that was typed.
///
/// # Errors
/// The store's.
pub fn birth_date(read: &mut Read<'_>, person: PersonId) -> Result<Option<Date>, Error> {
    let Some(row) = read.row(&sql::PERSON, &params![person])? else { return Ok(None) };
    let text = read.open_text(person, BORN_COLUMN, &row.get::<Vec<u8>>(1)?)?;
    Ok(Date::parse(&text))
}

/// The person's name as the registry gave it. A `low` account has none.
///
/// # Errors
/// The store's.
pub fn display_name(read: &mut Read<'_>, person: PersonId) -> Result<Option<PersonName>, Error> {
    let Some(row) = read.row(&sql::PERSON, &params![person])? else { return Ok(None) };
    let Some(sealed) = row.get::<Option<Vec<u8>>>(2)? else { return Ok(None) };
    let bytes = read.open(person, NAMES_COLUMN, &sealed)?;
    let name: StoredName = serde_json::from_slice(&bytes).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(Some(name.into()))
}

/// An account.
///
/// # Errors
/// The store's.
pub fn account(read: &mut Read<'_>, id: AccountId) -> Result<Option<Account>, Error> {
    let row = read.row(&sql::ACCOUNT, &params![id])?;
    row.map(|row| read_account(read, &row)).transpose()
}

/// The account of a person.
///
/// # Errors
/// The store's.
pub fn account_of(read: &mut Read<'_>, person: PersonId) -> Result<Option<Account>, Error> {
    let row = read.row(&sql::ACCOUNT_OF_PERSON, &params![person])?;
    row.map(|row| read_account(read, &row)).transpose()
}

/// The account that signs in with an ID number: the proven one if there is one.
pub(crate) fn account_of_number(read: &mut Read<'_>, number: &IdNumber) -> Result<Option<Account>, Error> {
    let index = index_of(read, number);
    let row = read.row(&sql::ACCOUNTS_OF_NUMBER, &params![index])?;
    row.map(|row| read_account(read, &row)).transpose()
}

fn read_account(read: &mut Read<'_>, row: &Row) -> Result<Account, Error> {
    let person: PersonId = row.get(1)?;
    let level: String = row.get(2)?;
    let phone = match row.get::<Option<Vec<u8>>>(4)? {
        Some(sealed) => Phone::parse(&read.open_text(person, PHONE_COLUMN, &sealed)?),
        None => None,
    };
    Ok(Account {
        id: row.get(0)?,
        person,
        level: Assurance::parse(&level).ok_or_else(|| Error::Corrupt(format!("level {level}")))?,
        stage: row.get(3)?,
        phone,
    })
}

/// What an account is opened with.
pub(crate) struct Opened<'a> {
    pub(crate) person: PersonId,
    pub(crate) number: &'a IdNumber,
    pub(crate) born: Date,
    pub(crate) facts: Option<&'a Facts>,
    pub(crate) phone: Option<&'a Phone>,
    pub(crate) password: &'a PasswordHash,
    pub(crate) level: Assurance,
}

/// Opens an account in the caller's commit. A proven one closes a `low` one
/// under the same number: whoever made that did not prove anything.
pub(crate) fn open_in(tx: &mut Tx<'_>, new: &Opened<'_>) -> Result<AccountId, Refusal> {
    let proven = new.level > Assurance::Low;
    if let Some(there) = account_of_number(tx, new.number)? {
        if !proven || there.level > Assurance::Low {
            return Err(Refusal::Taken);
        }
        close_in(tx, &there, "proven by somebody else")?;
    }
    let index = index_of(tx, new.number);
    let (person, now) = (new.person, tx.now());
    let represented = if proven { represented(tx, &index)? } else { None };
    let person = match represented {
        // Others acted for them before they had an account: it is the same person.
        Some(known) => {
            if let Some(facts) = new.facts {
                keep_facts_in(tx, known, facts)?;
            }
            known
        }
        None => {
            insert_in(tx, new, person, &index)?;
            person
        }
    };
    let account: AccountId = tx.mint();
    let phone = new.phone.map(|phone| tx.seal_text(person, PHONE_COLUMN, phone.as_str())).transpose()?;
    tx.execute_one(&sql::INSERT_ACCOUNT, &params![account, person, new.level.as_str(), phone, now])?;
    keep_password_in(tx, account, person, new.password)?;
    // A number abroad that nobody proved gets codes, which are counted, and no notices.
    if let Some(phone) = new.phone.filter(|phone| proven || !phone.is_abroad()) {
        notify::set_phone_in(tx, person, phone)?;
    }
    let level = new.level.as_str().to_owned();
    let leaf = Leaf::new("identity.account_opened", format!("account:{account}"));
    audit::record_in(tx, &leaf.about(person).with(json!({ "level": level })))?;
    tx.emit(&AccountOpened { account, person, level })?;
    Ok(account)
}

/// Keeps the person of a new account.
fn insert_in(tx: &mut Tx<'_>, new: &Opened<'_>, person: PersonId, index: &[u8]) -> Result<(), Error> {
    let (proven, now) = (new.level > Assurance::Low, tx.now());
    let number = tx.seal_text(person, NUMBER_COLUMN, new.number.as_str())?;
    let born = tx.seal_text(person, BORN_COLUMN, &new.born.to_string())?;
    let facts = new.facts.filter(|_| proven);
    let names = facts.map(|facts| seal_names(tx, person, facts)).transpose()?;
    let (version, told_at) = (facts.map(|facts| facts.version.clone()), facts.map(|_| now));
    let owned = proven.then(|| index.to_vec());
    tx.execute_one(&sql::INSERT_PERSON, &params![person, index, owned, number, born, names, version, told_at, now])
}

/// The person whose number this is proven to be and who has no account: one for
/// whom others act.
fn represented(read: &mut Read<'_>, index: &[u8]) -> Result<Option<PersonId>, Error> {
    let owner = read.row(&sql::OWNER, &params![index])?.map(|row| row.get::<PersonId>(0)).transpose()?;
    let Some(owner) = owner else { return Ok(None) };
    Ok(if account_of(read, owner)?.is_none() { Some(owner) } else { None })
}

/// The person of a number as the registry has it, for whom another is to act:
/// the known one, or `minted`.
pub(crate) fn know_in(tx: &mut Tx<'_>, minted: PersonId, number: &IdNumber, facts: &Facts) -> Result<PersonId, Error> {
    if let Some(known) = person_of_id_number(tx, number)? {
        keep_facts_in(tx, known, facts)?;
        return Ok(known);
    }
    let (index, now) = (index_of(tx, number), tx.now());
    let sealed = tx.seal_text(minted, NUMBER_COLUMN, number.as_str())?;
    let born = tx.seal_text(minted, BORN_COLUMN, &facts.born.to_string())?;
    let names = Some(seal_names(tx, minted, facts)?);
    let version = Some(facts.version.clone());
    tx.execute_one(&sql::INSERT_PERSON, &params![minted, index, index, sealed, born, names, version, now, now])?;
    Ok(minted)
}

/// Keeps a company as a person who has neither number, birth date nor account
/// (`company.rs`).
pub(crate) fn insert_company_in(tx: &mut Tx<'_>, company: PersonId, index: &[u8]) -> Result<(), Error> {
    let now = tx.now();
    let (number, born) = (tx.seal_text(company, NUMBER_COLUMN, "")?, tx.seal_text(company, BORN_COLUMN, "")?);
    tx.execute_one(&sql::INSERT_COMPANY_PERSON, &params![company, index, number, born, now])
}

fn seal_names(tx: &mut Tx<'_>, person: PersonId, facts: &Facts) -> Result<Vec<u8>, Error> {
    let bytes =
        serde_json::to_vec(&StoredName::from(&facts.name)).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.seal(person, NAMES_COLUMN, &bytes)
}

pub(crate) fn keep_password_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    person: PersonId,
    hash: &PasswordHash,
) -> Result<(), Error> {
    let (sealed, now) = (tx.seal(person, SECRET_COLUMN, &hash.to_bytes())?, tx.now());
    tx.execute_one(&sql::INSERT_CREDENTIAL, &params![account, "password", sealed, now])
}

/// Puts another password in the place of the one that there is.
pub(crate) fn set_password_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    person: PersonId,
    hash: &PasswordHash,
) -> Result<(), Error> {
    let (sealed, now) = (tx.seal(person, SECRET_COLUMN, &hash.to_bytes())?, tx.now());
    tx.execute_one(&sql::SET_CREDENTIAL, &params![sealed, now, account, "password"])
}

/// Removes everything that an account is entered with.
pub(crate) fn forget_factors_in(tx: &mut Tx<'_>, account: &Account) -> Result<(), Refusal> {
    for statement in [&sql::DELETE_CREDENTIALS, &sql::DELETE_PASSKEYS, &sql::DELETE_SHEET, &sql::DELETE_OPENING_CODES] {
        tx.execute(statement, &params![account.id])?;
    }
    let owner = Owner { account: account.id, person: account.person };
    certificate::revoke_all_in(tx, owner, certificate::Cause::Withdrawn)
}

/// What a `low` account is entered with may be anybody's: a counter that has
/// seen its person takes it away. This password is nobody's.
pub(crate) fn dispossess_in(tx: &mut Tx<'_>, account: &Account, nobodys: &PasswordHash) -> Result<(), Refusal> {
    forget_factors_in(tx, account)?;
    let now = tx.now();
    tx.execute_one(&sql::SET_PHONE, &params![None::<Vec<u8>>, now, account.id])?;
    notify::forget_in(tx, account.person)?;
    Ok(keep_password_in(tx, account.id, account.person, nobodys)?)
}

fn close_in(tx: &mut Tx<'_>, account: &Account, why: &str) -> Result<(), Refusal> {
    let (stage, now) = (step(&ACCOUNT, &account.stage, "closed")?, tx.now());
    tx.execute_one(&sql::SET_ACCOUNT_STAGE, &params![stage, now, account.id, account.stage])?;
    forget_factors_in(tx, account)?;
    let leaf = Leaf::new("identity.account_closed", format!("account:{}", account.id));
    audit::record_in(tx, &leaf.about(account.person).with(json!({ "why": why })))?;
    Ok(())
}

/// The password's hash of an account that is open.
pub(crate) fn password_of(read: &mut Read<'_>, account: &Account) -> Result<Option<PasswordHash>, Error> {
    if account.stage != "open" {
        return Ok(None);
    }
    let Some(row) = read.row(&sql::CREDENTIAL, &params![account.id, "password"])? else { return Ok(None) };
    let bytes = read.open(account.person, SECRET_COLUMN, &row.get::<Vec<u8>>(0)?)?;
    Ok(PasswordHash::from_bytes(&bytes))
}

/// Raises what is proven of an account: an officer has compared the person with
/// the card and the registry's photograph. A level is never lowered here.
///
/// # Errors
/// [`Refusal::Taken`] when the number was proven for another account,
/// [`Refusal::Gone`] when there is no such open account.
pub fn raise_in(tx: &mut Tx<'_>, account: AccountId, level: Assurance, officer: OfficerId) -> Result<(), Refusal> {
    let there = self::account(tx, account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)?;
    if there.level >= level {
        return Ok(());
    }
    let index: Vec<u8> = tx.row(&sql::CLAIMED, &params![there.person])?.ok_or(Refusal::Gone)?.get(0)?;
    let owner = tx.row(&sql::OWNER, &params![index])?.map(|row| row.get::<PersonId>(0)).transpose()?;
    match owner {
        None => tx.execute_one(&sql::OWN, &params![there.person])?,
        Some(owner) if owner == there.person => {}
        // Whoever was only acted for gives the number up to whom the officer saw.
        Some(owner) if account_of(tx, owner)?.is_none() => {
            tx.execute_one(&sql::DISOWN, &params![owner])?;
            tx.execute_one(&sql::OWN, &params![there.person])?;
        }
        Some(_) => return Err(Refusal::Taken),
    }
    let now = tx.now();
    tx.execute_one(&sql::SET_LEVEL, &params![level.as_str(), now, account])?;
    let detail = json!({ "from": there.level.as_str(), "to": level.as_str(), "officer": officer });
    let leaf = Leaf::new("identity.account_raised", format!("account:{account}"));
    audit::record_in(tx, &leaf.about(there.person).with(detail))?;
    tx.emit(&FactorChanged { account, person: there.person, factor: "level".to_owned() })?;
    Ok(())
}

/// Binds a number that an officer saw in the person's hand: codes go there.
///
/// # Errors
/// [`Refusal::Gone`] when there is no such open account.
pub fn bind_phone_in(tx: &mut Tx<'_>, account: AccountId, phone: &Phone, officer: OfficerId) -> Result<(), Refusal> {
    let there = self::account(tx, account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)?;
    let sealed = tx.seal_text(there.person, PHONE_COLUMN, phone.as_str())?;
    let now = tx.now();
    tx.execute_one(&sql::SET_PHONE, &params![sealed, now, account])?;
    notify::set_phone_in(tx, there.person, phone)?;
    let leaf = Leaf::new("identity.phone_bound", format!("account:{account}"));
    audit::record_in(tx, &leaf.about(there.person).with(json!({ "officer": officer, "ends_in": phone.tail() })))?;
    tx.emit(&FactorChanged { account, person: there.person, factor: "phone".to_owned() })?;
    Ok(())
}

/// Keeps what the registry says of a person whose number is proven.
///
/// # Errors
/// The store's.
pub fn keep_facts_in(tx: &mut Tx<'_>, person: PersonId, facts: &Facts) -> Result<(), Error> {
    let names = seal_names(tx, person, facts)?;
    let born = tx.seal_text(person, BORN_COLUMN, &facts.born.to_string())?;
    let now = tx.now();
    tx.execute_one(&sql::SET_FACTS, &params![names, born, facts.version, now, person])
}
