//! Whom one can be: the listed people of `demo.toml`, their families, numbers
//! and credentials, and the officers. Everything there is a sample.

use std::collections::HashMap;
use std::sync::LazyLock;

use base::postcode::Postcode;
use base::{Assurance, CompanyNumber, Date, IdNumber, Locale, Mrz, PersonName, Phone, Role};
use serde::Deserialize;

use super::grow::Families;
use super::lines::{Line, Operator};
use super::names::Spelt;
use super::places::{Address, governorate};
use super::{Ending, Index, Person, Sex};
use crate::registry::{Company, FORMS};

/// A text in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Arabic.
    pub ar: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The text in a language.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        if locale == Locale::EN { &self.en } else { &self.ar }
    }
}

/// An account that exists from the start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoAccount {
    /// Its password.
    pub password: String,
    /// Its TOTP secret, base-32 (RFC 4648), SHA-1, 30 s, 6 digits.
    pub totp_secret: String,
}

impl DemoAccount {
    /// The level of the account: a second factor on a registered number.
    #[must_use]
    pub const fn assurance(&self) -> Assurance {
        Assurance::Substantial
    }
}

/// A citizen that one can be.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    /// The word for tests: `salma`.
    pub key: String,
    /// The ID number.
    pub id_number: IdNumber,
    /// The day of birth.
    pub born: Date,
    /// Four parts, Arabic and Latin.
    pub name: PersonName,
    /// The number that codes go to: registered to or for the person.
    pub phone: Option<Phone>,
    /// An address for e-mail, if an account exists.
    pub email: Option<String>,
    /// Who it is.
    pub story: Text,
    /// What one can try.
    pub tries: Text,
    /// The account, if it exists from the start.
    pub account: Option<DemoAccount>,
    /// The two lines of a passport, of somebody abroad.
    pub passport: Option<[String; 2]>,
}

/// A member of staff that one can be.
#[derive(Debug, Clone)]
pub struct DemoOfficer {
    /// For the desk's sign-in.
    pub username: String,
    /// Its password.
    pub password: String,
    /// Its TOTP secret, base-32.
    pub totp_secret: String,
    /// In Arabic and English.
    pub name: Text,
    /// `licensing.ramallah`.
    pub unit: String,
    /// What they are trusted with.
    pub roles: Vec<Role>,
    /// Who it is.
    pub story: Text,
}

/// A driving licence, its days counted from the day of the start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LicenceFile {
    pub(crate) person: String,
    pub(crate) number: String,
    pub(crate) class: String,
    pub(crate) issued_days: i32,
    pub(crate) expires_days: i32,
    #[serde(default)]
    pub(crate) glasses: bool,
}

/// A traffic fine, its day counted from the day of the start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FineFile {
    pub(crate) person: String,
    pub(crate) number: String,
    pub(crate) days: i32,
    pub(crate) offence: [String; 2],
    pub(crate) place: [String; 2],
    pub(crate) amount_minor: i64,
    pub(crate) paid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonFile {
    key: String,
    head: u32,
    name: [String; 4],
    latin: [String; 4],
    sex: String,
    born: String,
    died: Option<String>,
    father: Option<String>,
    mother: Option<String>,
    contact: Option<String>,
    #[serde(default)]
    cohorts: Vec<String>,
    home: HomeFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HomeFile {
    governorate: Option<String>,
    locality: [String; 2],
    street: [String; 2],
    building: u32,
    postcode: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarriageFile {
    husband: String,
    wife: String,
    since: String,
    divorced: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineFile {
    number: String,
    holder: String,
    #[serde(default)]
    users: Vec<String>,
    since: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompanyFile {
    number: String,
    name: [String; 2],
    form: String,
    #[serde(default)]
    struck_off: bool,
    #[serde(default)]
    jointly: bool,
    signatories: Vec<String>,
    registered: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CitizenFile {
    person: String,
    email: Option<String>,
    story: Text,
    #[serde(rename = "try")]
    tries: Text,
    account: Option<DemoAccount>,
    passport: Option<PassportFile>,
}

/// A passport: the rest of its zone is known of the person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassportFile {
    number: String,
    expires: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficerFile {
    username: String,
    password: String,
    totp_secret: String,
    name: [String; 2],
    unit: String,
    roles: Vec<String>,
    story: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoFile {
    person: Vec<PersonFile>,
    marriage: Vec<MarriageFile>,
    line: Vec<LineFile>,
    licence: Vec<LicenceFile>,
    fine: Vec<FineFile>,
    company: Vec<CompanyFile>,
    citizen: Vec<CitizenFile>,
    officer: Vec<OfficerFile>,
}

impl DemoFile {
    fn find(&self, key: &str) -> &PersonFile {
        self.person.iter().find(|person| person.key == key).expect("demo.toml names a person of its own")
    }
    fn index(&self, key: &str) -> Index {
        self.person.iter().position(|person| person.key == key).expect("demo.toml names a person of its own")
    }
}

static FILE: LazyLock<DemoFile> =
    LazyLock::new(|| toml::from_str(include_str!("../../demo.toml")).expect("demo.toml is checked by tests"));

/// The citizens that one can be.
pub static PEOPLE: LazyLock<Vec<DemoPerson>> = LazyLock::new(|| FILE.citizen.iter().map(citizen).collect());
/// The members of staff that one can be.
pub static OFFICERS: LazyLock<Vec<DemoOfficer>> = LazyLock::new(|| FILE.officer.iter().map(officer).collect());

/// The ID number of somebody who is listed, whether one can be them or not.
#[must_use]
pub fn listed(key: &str) -> Option<IdNumber> {
    FILE.person.iter().find(|person| person.key == key).map(|person| IdNumber::complete(person.head))
}

fn citizen(listed: &CitizenFile) -> DemoPerson {
    let person = FILE.find(&listed.person);
    let uses = |line: &&LineFile| line.holder == person.key || line.users.contains(&person.key);
    let number = FILE.line.iter().find(uses).map(|line| line.number.as_str()).or(person.contact.as_deref());
    DemoPerson {
        key: person.key.clone(),
        id_number: IdNumber::complete(person.head),
        born: date(&person.born),
        name: PersonName { arabic: person.name.clone(), latin: person.latin.clone() },
        phone: number.map(phone),
        email: listed.email.clone(),
        story: listed.story.clone(),
        tries: listed.tries.clone(),
        account: listed.account.clone(),
        passport: listed.passport.as_ref().map(|passport| zone(person, passport).lines()),
    }
}

fn zone(person: &PersonFile, passport: &PassportFile) -> Mrz {
    let [given @ .., surname] = &person.latin;
    Mrz {
        surname: surname.to_uppercase(),
        given: given.join(" ").to_uppercase(),
        number: passport.number.clone(),
        nationality: base::mrz::STATE.to_owned(),
        born: date(&person.born),
        sex: if person.sex == "female" { "F" } else { "M" }.to_owned(),
        expires: date(&passport.expires),
        optional: String::new(),
    }
}

fn officer(listed: &OfficerFile) -> DemoOfficer {
    let [ar, en] = listed.name.clone();
    DemoOfficer {
        username: listed.username.clone(),
        password: listed.password.clone(),
        totp_secret: listed.totp_secret.clone(),
        name: Text { ar, en },
        unit: listed.unit.clone(),
        roles: listed.roles.iter().map(|word| Role::parse(word).expect("demo.toml names roles of the house")).collect(),
        story: listed.story.clone(),
    }
}

/// How many people of the list come from `demo.toml`.
pub(crate) fn settled() -> Index {
    FILE.person.len()
}

/// Puts the listed people and their families first into the list.
pub(crate) fn settle(families: &mut Families) {
    let places: HashMap<&str, Index> =
        FILE.person.iter().enumerate().map(|(index, person)| (person.key.as_str(), index)).collect();
    let place = |key: &Option<String>| key.as_ref().map(|key| places[key.as_str()]);
    for person in &FILE.person {
        families.add(Person {
            id_number: IdNumber::complete(person.head),
            name: PersonName { arabic: person.name.clone(), latin: person.latin.clone() },
            sex: if person.sex == "female" { Sex::Female } else { Sex::Male },
            born: date(&person.born),
            died: person.died.as_deref().map(date),
            father: place(&person.father),
            mother: place(&person.mother),
            address: address(&person.home),
            contact: person.contact.as_deref().map(phone),
            cohorts: person.cohorts.iter().map(String::as_str).collect(),
        });
    }
    for marriage in &FILE.marriage {
        let (husband, wife) = (FILE.index(&marriage.husband), FILE.index(&marriage.wife));
        let divorce = marriage.divorced.as_deref().map(|day| Ending::Divorce(date(day)));
        let deaths = [husband, wife].map(|one| families.people[one].died);
        let death = deaths.into_iter().flatten().min().map(Ending::Death);
        families.wedding(husband, wife, date(&marriage.since), divorce.or(death));
    }
}

/// The listed people's lines.
pub(crate) fn lines() -> Vec<Line> {
    let line = |line: &LineFile| {
        let number = phone(&line.number);
        Line {
            operator: Operator::of(&number).expect("demo.toml's lines are Palestinian"),
            number,
            holder: FILE.index(&line.holder),
            users: line.users.iter().map(|user| FILE.index(user)).collect(),
            since: date(&line.since),
        }
    };
    FILE.line.iter().map(line).collect()
}

/// The listed people's driving licences, each with its holder.
pub(crate) fn licences() -> impl Iterator<Item = (Index, &'static LicenceFile)> {
    FILE.licence.iter().map(|licence| (FILE.index(&licence.person), licence))
}

/// The listed people's fines, each with who owes it.
pub(crate) fn fines() -> impl Iterator<Item = (Index, &'static FineFile)> {
    FILE.fine.iter().map(|fine| (FILE.index(&fine.person), fine))
}

/// The listed people's companies.
pub(crate) fn companies() -> impl Iterator<Item = Company> {
    FILE.company.iter().map(|company| Company {
        number: CompanyNumber::parse(&company.number).expect("demo.toml's company numbers are numbers"),
        name: company.name.clone(),
        form: FORMS.iter().find(|form| form.code == company.form).expect("a form of the law"),
        struck_off: company.struck_off,
        jointly: company.jointly,
        signatories: company.signatories.iter().map(|key| FILE.index(key)).collect(),
        registered: date(&company.registered),
    })
}

fn address(home: &'static HomeFile) -> Address {
    Address {
        governorate: home.governorate.as_deref().map(|code| governorate(code).expect("a governorate's code")),
        locality: spelt(&home.locality),
        street: spelt(&home.street),
        building: home.building,
        postcode: home.postcode.as_deref().map(|code| Postcode::parse(code).expect("a postcode")),
    }
}

fn spelt(pair: &'static [String; 2]) -> Spelt {
    (&pair[0], &pair[1])
}

fn date(text: &str) -> Date {
    Date::parse(text).expect("demo.toml's days exist")
}

fn phone(text: &str) -> Phone {
    Phone::parse(text).expect("demo.toml's numbers are numbers")
}
