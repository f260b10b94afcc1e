//! Companies for which somebody acts, and who signs for them.
//!
//! A company is kept as a person without an account, as a child is for whom a
//! parent acts: its cases, leaves and notices are then found as everybody's, and
//! nobody can ever sign in as one. What it has beside is here: its number, found
//! in a domain of its own, its names, and its signatories as the companies'
//! register last named them.

use base::{CompanyNumber, Locale, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Error, Read, Row, Tx, params};

use crate::registry::{Named, Record};
use crate::{person, sql};

const DATA: &str = "identity_company.data";

/// What is kept of a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Company {
    pub(crate) person: PersonId,
    pub(crate) number: CompanyNumber,
    name: [String; 2],
    form: [String; 2],
    /// Whether the register was heard and did not strike it off.
    pub(crate) active: bool,
    /// Whether two signatories sign together.
    pub(crate) jointly: bool,
}

impl Company {
    /// Its name in a language.
    pub(crate) fn name(&self, locale: Locale) -> &str {
        in_language(&self.name, locale)
    }
    /// Arabic and Latin.
    pub(crate) fn names(&self) -> [String; 2] {
        self.name.clone()
    }
    /// Its legal form in a language.
    pub(crate) fn form(&self, locale: Locale) -> &str {
        in_language(&self.form, locale)
    }
}

fn in_language([arabic, latin]: &[String; 2], locale: Locale) -> &str {
    if locale == Locale::EN { latin } else { arabic }
}

/// As it lies sealed.
#[derive(Serialize, Deserialize)]
struct Data {
    number: String,
    name: [String; 2],
    form: [String; 2],
}

fn index_of(read: &Read<'_>, number: &CompanyNumber) -> Vec<u8> {
    read.blind("identity.company_number", number.as_str())
}

fn company_of(read: &mut Read<'_>, row: &Row) -> Result<Company, Error> {
    let corrupt = || Error::Corrupt("a company's data".to_owned());
    let person: PersonId = row.get(0)?;
    let bytes = read.open(person, DATA, &row.get::<Vec<u8>>(1)?)?;
    let data: Data = serde_json::from_slice(&bytes).map_err(|_| corrupt())?;
    Ok(Company {
        person,
        number: CompanyNumber::parse(&data.number).ok_or_else(corrupt)?,
        name: data.name,
        form: data.form,
        active: row.get::<String>(2)? == "active",
        jointly: row.get::<i64>(3)? == 1,
    })
}

/// A company; nothing if this is a human.
pub(crate) fn company(read: &mut Read<'_>, person: PersonId) -> Result<Option<Company>, Error> {
    read.row(&sql::COMPANY, &params![person])?.map(|row| company_of(read, &row)).transpose()
}

/// The number of a company that is acted for; nothing if this is a human.
///
/// # Errors
/// The store's.
pub fn company_number(read: &mut Read<'_>, person: PersonId) -> Result<Option<CompanyNumber>, Error> {
    Ok(company(read, person)?.map(|company| company.number))
}

/// The companies that a person signs for, as the register last said.
pub(crate) fn signed_for(read: &mut Read<'_>, person: PersonId) -> Result<Vec<Company>, Error> {
    let rows = read.rows(&sql::COMPANIES_SIGNED_FOR, &params![person])?;
    rows.iter().map(|row| company_of(read, row)).collect()
}

/// The signatories of a company who proved their number here.
pub(crate) fn signatories(read: &mut Read<'_>, company: PersonId) -> Result<Vec<PersonId>, Error> {
    read.rows(&sql::SIGNATORIES, &params![company])?.iter().map(|row| row.get(0)).collect()
}

/// Whether a person signs for a company, as the register last said.
pub(crate) fn signs(read: &mut Read<'_>, company: PersonId, person: PersonId) -> Result<bool, Error> {
    Ok(signatories(read, company)?.contains(&person))
}

/// Keeps a company that the register named, before it is asked about it: a
/// look-up is about somebody who is there.
pub(crate) fn meet_in(tx: &mut Tx<'_>, named: &Named) -> Result<PersonId, Error> {
    let index = index_of(tx, &named.number);
    if let Some(row) = tx.row(&sql::COMPANY_BY_NUMBER, &params![index])? {
        return row.get(0);
    }
    let (company, now): (PersonId, _) = (tx.mint(), tx.now());
    person::insert_company_in(tx, company, &index)?;
    let data = seal(tx, company, &named.number, [&named.name, &Default::default()])?;
    tx.execute_one(&sql::INSERT_COMPANY, &params![company, index, data, now])?;
    Ok(company)
}

/// Keeps what the register says of a company.
pub(crate) fn keep_in(tx: &mut Tx<'_>, company: PersonId, record: &Record) -> Result<(), Error> {
    let (stage, now) = (if record.active { "active" } else { "struck-off" }, tx.now());
    let data = seal(tx, company, &record.number, [&record.name, &record.form])?;
    let jointly = i64::from(record.jointly);
    tx.execute_one(&sql::SET_COMPANY, &params![data, stage, jointly, now, company])?;
    tx.execute(&sql::DELETE_SIGNATORIES, &params![company])?;
    for number in &record.signatories {
        let about = person::index_of(tx, number);
        tx.execute(&sql::INSERT_SIGNATORY, &params![company, about])?;
    }
    Ok(())
}

fn seal(
    tx: &mut Tx<'_>,
    company: PersonId,
    number: &CompanyNumber,
    [name, form]: [&[String; 2]; 2],
) -> Result<Vec<u8>, Error> {
    let data = Data { number: number.as_str().to_owned(), name: name.clone(), form: form.clone() };
    let bytes = serde_json::to_vec(&data).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.seal(company, DATA, &bytes)
}

/// Companies for which somebody may act, and of which the register was not
/// asked since, longest ago first.
pub(crate) fn unheard(read: &mut Read<'_>, since: Timestamp) -> Result<Vec<Company>, Error> {
    let rows = read.rows(&sql::UNHEARD_COMPANIES, &params![since])?;
    rows.iter().map(|row| company_of(read, row)).collect()
}
