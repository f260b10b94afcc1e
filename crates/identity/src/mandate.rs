//! Mandates: one person acts for another, or for a company, so far and so long. What there is and
//! how it is read; each way to get one, and its end, has a file of its own.
//!
//! Invariants: a mandate never grows: another scope, day or amount is another
//! mandate with its own acceptance; only the agent takes it up, while it holds;
//! its end ends every session and token under it in the same commit; each step
//! is a leaf about both people.

pub(crate) mod answer;
pub(crate) mod claims;
pub(crate) mod company;
pub(crate) mod counter;
pub(crate) mod delegate;
pub(crate) mod end;
pub(crate) mod family;
pub(crate) mod give;
pub(crate) mod sign;
pub(crate) mod take;

use audit::Leaf;
use base::{Date, IdNumber, Locale, Mandate, MandateId, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Error, Read, Row, Tx, params};

use crate::messages::Messages;
use crate::model::Refusal;
use crate::{person, sql};

const NUMBER: &str = "identity_mandate.agent_number";
const BASIS: &str = "identity_mandate.basis";

/// What a mandate rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The principal gave it here, and the agent accepted.
    Given,
    /// The civil registry: mother or father of a minor.
    Parent,
    /// A guardianship, shown at a counter.
    Guardian,
    /// A power of attorney, shown at a counter.
    Attorney,
    /// A certificate of inheritance, shown at a counter.
    Heir,
    /// The companies' register: a signatory of a company.
    Signatory,
    /// Signatories gave it in their company's name, and the agent accepted.
    Delegate,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Given, Self::Parent, Self::Guardian, Self::Attorney, Self::Heir, Self::Signatory, Self::Delegate];
    /// Those that a counter takes.
    pub(crate) const SHOWN: [Self; 3] = [Self::Guardian, Self::Attorney, Self::Heir];

    /// The word in storage and tokens.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Parent => "parent",
            Self::Guardian => "guardian",
            Self::Attorney => "attorney",
            Self::Heir => "heir",
            Self::Signatory => "signatory",
            Self::Delegate => "delegate",
        }
    }
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
    /// Whether the principal may end it: what a court or the registry set is not
    /// theirs to end.
    pub(crate) const fn is_the_principals(self) -> bool {
        matches!(self, Self::Given | Self::Attorney)
    }
    /// Whether a company is acted for.
    pub(crate) const fn is_a_companys(self) -> bool {
        matches!(self, Self::Signatory | Self::Delegate)
    }
}

/// How far and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// Keys of services; none for all.
    pub(crate) services: Option<Vec<String>>,
    /// For each bill, in agorot; none for no limit.
    pub(crate) ceiling_minor: Option<i64>,
    /// The first day, `2026-11-26`.
    pub(crate) from: String,
    /// The last day.
    pub(crate) until: String,
}

/// A mandate as it lies in the table.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) id: MandateId,
    pub(crate) kind: Kind,
    pub(crate) principal: PersonId,
    /// Nobody until it is accepted.
    pub(crate) agent: Option<PersonId>,
    agent_index: Vec<u8>,
    agent_number: Vec<u8>,
    basis: Option<Vec<u8>>,
    pub(crate) services: Option<Vec<String>>,
    pub(crate) ceiling_minor: Option<i64>,
    pub(crate) from: Date,
    pub(crate) until: Date,
    pub(crate) stage: String,
}

impl Kept {
    /// Whether it may be used on a day.
    pub(crate) fn holds_on(&self, day: Date) -> bool {
        self.stage == "accepted" && self.from <= day && day <= self.until
    }
    /// As sessions carry it.
    pub(crate) fn bounds(&self) -> Mandate {
        Mandate { id: self.id, services: self.services.clone(), ceiling_minor: self.ceiling_minor }
    }
    /// `mandate:01J…`: what leaves and notices name it.
    pub(crate) fn object(&self) -> String {
        format!("mandate:{}", self.id)
    }
    /// The last three digits of the number that it was meant for.
    pub(crate) fn tail(&self, read: &mut Read<'_>) -> Result<String, Error> {
        Ok(self.number(read)?.get(6..).unwrap_or_default().to_owned())
    }
    /// The number that it was meant for.
    fn number(&self, read: &mut Read<'_>) -> Result<String, Error> {
        read.open_text(self.principal, NUMBER, &self.agent_number)
    }
    /// The document that it rests on.
    pub(crate) fn document(&self, read: &mut Read<'_>) -> Result<Option<String>, Error> {
        self.basis.as_ref().map(|basis| read.open_text(self.principal, BASIS, basis)).transpose()
    }
}

fn kept(row: &Row) -> Result<Kept, Error> {
    let corrupt = |what: &str| Error::Corrupt(format!("a mandate's {what}"));
    let day = |column: usize| Date::parse(&row.get::<String>(column)?).ok_or_else(|| corrupt("day"));
    let services: String = row.get(7)?;
    let services = if services.is_empty() {
        None
    } else {
        Some(serde_json::from_str(&services).map_err(|_| corrupt("services"))?)
    };
    Ok(Kept {
        id: row.get(0)?,
        kind: Kind::parse(&row.get::<String>(1)?).ok_or_else(|| corrupt("kind"))?,
        principal: row.get(2)?,
        agent: row.get(3)?,
        agent_index: row.get(4)?,
        agent_number: row.get(5)?,
        basis: row.get(6)?,
        services,
        ceiling_minor: row.get(8)?,
        from: day(9)?,
        until: day(10)?,
        stage: row.get(11)?,
    })
}

/// A mandate.
pub(crate) fn mandate(read: &mut Read<'_>, id: MandateId) -> Result<Option<Kept>, Error> {
    read.row(&sql::MANDATE, &params![id])?.map(|row| kept(&row)).transpose()
}

/// Those that a person gave, or that are about them, newest first.
pub(crate) fn given(read: &mut Read<'_>, principal: PersonId) -> Result<Vec<Kept>, Error> {
    read.rows(&sql::MANDATES_GIVEN, &params![principal])?.iter().map(kept).collect()
}

/// Those that a person has or is offered, newest first. An offer is shown to
/// whoever proved the number.
pub(crate) fn received(read: &mut Read<'_>, agent: PersonId) -> Result<Vec<Kept>, Error> {
    read.rows(&sql::MANDATES_RECEIVED, &params![agent])?.iter().map(kept).collect()
}

/// Whether somebody may act for another in a service on a day.
///
/// # Errors
/// The store's.
pub fn acts_for(
    read: &mut Read<'_>,
    agent: PersonId,
    principal: PersonId,
    service: &str,
    day: Date,
) -> Result<bool, Error> {
    let held = received(read, agent)?;
    let fits = |one: &Kept| one.principal == principal && one.holds_on(day) && one.bounds().covers(service);
    Ok(held.iter().any(|one| one.agent == Some(agent) && fits(one)))
}

/// What is to be kept of a new mandate.
pub(crate) struct New<'a> {
    pub(crate) kind: Kind,
    pub(crate) principal: PersonId,
    pub(crate) agent: Option<PersonId>,
    pub(crate) number: &'a IdNumber,
    pub(crate) basis: Option<&'a str>,
    pub(crate) scope: &'a Scope,
    pub(crate) stage: &'static str,
}

fn insert_in(tx: &mut Tx<'_>, new: &New<'_>) -> Result<Kept, Refusal> {
    let (id, now): (MandateId, _) = (tx.mint(), tx.now());
    let index = person::index_of(tx, new.number);
    let number = tx.seal_text(new.principal, NUMBER, new.number.as_str())?;
    let basis = new.basis.map(|basis| tx.seal_text(new.principal, BASIS, basis)).transpose()?;
    let services = new.scope.services.as_ref().map(|services| json!(services).to_string()).unwrap_or_default();
    let scope = new.scope;
    tx.execute_one(
        &sql::INSERT_MANDATE,
        &params![
            id,
            new.kind.as_str(),
            new.principal,
            new.agent,
            index,
            number,
            basis,
            services,
            scope.ceiling_minor,
            scope.from,
            scope.until,
            new.stage,
            now
        ],
    )?;
    mandate(tx, id)?.ok_or(Refusal::Gone)
}

/// A leaf about each of the two.
fn record_in(tx: &mut Tx<'_>, kept: &Kept, act: &'static str, detail: &Value) -> Result<(), Error> {
    let mut said = json!({
        "kind": kept.kind.as_str(), "services": kept.services, "ceiling_minor": kept.ceiling_minor,
        "from": kept.from.to_string(), "until": kept.until.to_string(),
        "principal": kept.principal, "agent": kept.agent,
    });
    for (name, value) in detail.as_object().into_iter().flatten() {
        said[name] = value.clone();
    }
    for person in [Some(kept.principal), kept.agent].into_iter().flatten() {
        audit::record_in(tx, &Leaf::new(act, kept.object()).about(person).with(said.clone()))?;
    }
    Ok(())
}

/// Tells one of the two. Which language they read is not known here: short
/// messages go in the portal's first, and name nobody.
fn tell_in(
    tx: &mut Tx<'_>,
    kept: &Kept,
    whom: PersonId,
    topic: &'static str,
    title: fn(Messages, String) -> String,
) -> Result<(), Error> {
    // Nobody reads a company's mail: its signatories are told.
    if whom == kept.principal && kept.kind.is_a_companys() {
        return company::tell_in(tx, kept, topic, title);
    }
    let other = if whom == kept.principal { kept.agent } else { Some(kept.principal) };
    let mut titles = Vec::new();
    for locale in Locale::all() {
        let name = other.map(|other| name_of(tx, other, locale)).transpose()?.unwrap_or_default();
        titles.push(title(Messages::new(locale), name));
    }
    notify::notice_in(
        tx,
        &notify::Notice {
            person: whom,
            topic,
            about: kept.object(),
            link: "/account/mandates".to_owned(),
            title: titles,
            body: Locale::all().map(|locale| Messages::new(locale).mandate_notice().to_owned()).collect(),
            short: Messages::new(Locale::AR).mandate_short().to_owned(),
        },
    )
}

/// Own and family name in a language, or a company's.
pub(crate) fn name_of(read: &mut Read<'_>, person: PersonId, locale: Locale) -> Result<String, Error> {
    if let Some(company) = crate::company::company(read, person)? {
        return Ok(company.name(locale).to_owned());
    }
    let parts = person::display_name(read, person)?.map(|name| match locale {
        Locale::EN => name.latin,
        _ => name.arabic,
    });
    Ok(parts.map_or_else(
        || Messages::new(locale).mandate_nameless().to_owned(),
        |parts| format!("{} {}", parts[0], parts[3]),
    ))
}
