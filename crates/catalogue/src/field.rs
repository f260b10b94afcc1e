//! A question: how it is typed, what its answer must be, how it is kept.

use std::collections::{BTreeMap, BTreeSet};

use attachments::{FILE_BYTES_MAX, FILES_MOST, FILES_USUAL, FileType};
use base::postcode::Postcode;
use base::{Currency, Date, IdNumber, Money, Phone};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::folder::keys::Word;
use crate::folder::schema;
use rules::{Facts, Kind, Member, Rule};

/// Largest number that an answer may hold.
const NUMBER_MAX: i64 = 1_000_000_000;
/// People whom one answer names at most.
const PEOPLE: usize = 12;
/// Largest amount, in the smallest unit of its currency.
const MONEY_MAX: i64 = 100_000_000_000;

/// A question.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::field)]
pub struct FieldFile {
    /// Its name: rules read the answer as `answers.<id>`. Without hyphen where they do.
    #[schemars(length(min = 1))]
    pub id: String,
    /// What is typed.
    pub kind: FieldKind,
    /// Whether an empty answer is refused.
    #[serde(default)]
    pub required: bool,
    /// The words to choose from, for `choice` and `choices`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub options: Vec<String>,
    /// The kind of office to choose from, of `offices.toml`, for `office`.
    pub office: Option<String>,
    /// The lookup that lists what there is to choose, for `listed`.
    pub lookup: Option<String>,
    /// JSON Pointer (RFC 6901) to the list in its answer, for `listed`.
    #[schemars(extend("pattern" = schema::POINTER))]
    pub path: Option<String>,
    /// JSON Pointer into each thing: what the answer keeps, for `listed`.
    #[schemars(extend("pattern" = schema::POINTER))]
    pub key: Option<String>,
    /// JSON Pointers into each thing: what it is called, for `listed`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub label: Vec<String>,
    /// The services whose papers may be chosen, for `paper`; none means all.
    #[serde(default)]
    pub services: Vec<String>,
    /// Whether several things may be chosen, for `listed` and `paper`.
    #[serde(default)]
    pub several: bool,
    /// Longest answer, characters.
    #[serde(default = "default_length")]
    pub length: usize,
    /// How many files it takes, for `files`; five, unless it is said.
    #[schemars(range(min = 1, max = FILES_MOST))]
    pub most: Option<usize>,
    /// What files it takes, for `files`; all, unless it is said.
    #[serde(default)]
    pub accept: Vec<FileType>,
    /// What must hold of the answers with this one; else the text
    /// `field-<id>-refused` says why not.
    pub check: Option<Rule>,
}

const fn default_length() -> usize {
    200
}

/// What is typed, and kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// One of the options: its word.
    Choice,
    /// Some of the options: a list of words.
    Choices,
    /// One line: text.
    Text,
    /// Several lines: text.
    LongText,
    /// A whole number.
    Number,
    /// An amount in shekels: a whole number of agorot.
    Money,
    /// Day, month and year: `2026-11-24`.
    Date,
    /// Nine digits: text.
    IdNumber,
    /// ID numbers of one to twelve people: a list of texts, each once, in order.
    IdNumbers,
    /// A telephone number: text as E.164 writes it.
    Phone,
    /// `P` and seven digits: text.
    Postcode,
    /// One of the post offices: its key.
    PostOffice,
    /// One of the offices of a kind: its key.
    Office,
    /// One or several of the things that a register lists for whoever applies:
    /// their keys.
    Listed,
    /// One or several of their own papers that hold: their ids.
    Paper,
    /// Several files: a list of objects with `name`, `type` and `bytes`. They are not
    /// typed: what was attached is the answer.
    Files,
}

impl Word for FieldKind {
    fn word(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Choices => "choices",
            Self::Text => "text",
            Self::LongText => "long-text",
            Self::Number => "number",
            Self::Money => "money",
            Self::Date => "date",
            Self::IdNumber => "id-number",
            Self::IdNumbers => "id-numbers",
            Self::Phone => "phone",
            Self::Postcode => "postcode",
            Self::PostOffice => "post-office",
            Self::Office => "office",
            Self::Listed => "listed",
            Self::Paper => "paper",
            Self::Files => "files",
        }
    }
}

impl FieldKind {
    /// Whether the answer names a thing that is somewhere else.
    #[must_use]
    pub const fn is_chosen(self) -> bool {
        matches!(self, Self::Listed | Self::Paper)
    }
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is missing.
    Missing,
    /// It is none of the choices.
    NoChoice,
    /// It is too long.
    TooLong,
    /// It is not a whole number.
    NoNumber,
    /// It is not an amount.
    NoMoney,
    /// There is no such day.
    NoDate,
    /// It is not an ID number.
    NoIdNumber,
    /// One of them is not an ID number, or there are too many.
    NoIdNumbers,
    /// It is not a telephone number.
    NoPhone,
    /// It is not a postcode.
    NoPostcode,
    /// The folder's own check does not hold.
    Refused,
}

/// What was typed: the form's fields by name.
pub type Typed = BTreeMap<String, String>;

/// The names under which the parts of a date are typed, after the field's.
pub const DATE_PARTS: [&str; 3] = ["day", "month", "year"];

impl FieldFile {
    /// What its answer is, in rules.
    pub(crate) fn rule_kind(&self) -> Kind {
        let words = || Kind::Word(self.options.iter().cloned().collect());
        let number = |most: i64| Kind::Number(0, i128::from(most));
        match self.kind {
            FieldKind::Choice => words(),
            FieldKind::Choices => Kind::List(Box::new(words())),
            FieldKind::IdNumbers => Kind::List(Box::new(Kind::Text)),
            FieldKind::Number => Kind::Number(-i128::from(NUMBER_MAX), i128::from(NUMBER_MAX)),
            FieldKind::Money => number(MONEY_MAX),
            FieldKind::Date => Kind::Day,
            FieldKind::Listed | FieldKind::Paper if self.several => Kind::List(Box::new(Kind::Text)),
            FieldKind::Files => Kind::List(Box::new(file_kind())),
            _ => Kind::Text,
        }
    }

    /// The kind of offices that it offers, if it offers any.
    #[must_use]
    pub fn offices(&self) -> Option<&str> {
        match self.kind {
            FieldKind::PostOffice => Some("post"),
            FieldKind::Office => self.office.as_deref(),
            _ => None,
        }
    }

    /// Whether it is always answered once its page was passed: what was chosen may be
    /// gone by then.
    pub(crate) const fn is_always_answered(&self) -> bool {
        self.required && !self.kind.is_chosen()
    }

    /// How many files it takes.
    #[must_use]
    pub fn most_files(&self) -> usize {
        self.most.unwrap_or(FILES_USUAL)
    }

    /// What files it takes.
    #[must_use]
    pub fn accepted(&self) -> &[FileType] {
        if self.accept.is_empty() { &FileType::ALL } else { &self.accept }
    }

    /// Reads what was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, catalogue: &Catalogue, typed: &Typed) -> Result<Option<Value>, Wrong> {
        let line = typed.get(&self.id).map(|text| text.trim()).unwrap_or_default();
        let value = match self.kind {
            FieldKind::Choices => {
                let chosen = |option: &&String| typed.contains_key(&format!("{}.{option}", self.id));
                let chosen: Vec<&String> = self.options.iter().filter(chosen).collect();
                (!chosen.is_empty()).then(|| json!(chosen))
            }
            FieldKind::Listed | FieldKind::Paper if self.several => {
                let start = format!("{}.", self.id);
                let chosen: BTreeSet<&String> =
                    typed.iter().filter(|(name, _)| name.starts_with(&start)).map(|(_, key)| key).collect();
                (!chosen.is_empty()).then(|| json!(chosen))
            }
            FieldKind::Date => date(&self.id, typed)?.map(|date| json!(date.to_string())),
            // Nobody types files: without this a form's own words could name another's.
            FieldKind::Files => None,
            _ if line.is_empty() => None,
            _ if line.chars().count() > self.length => return Err(Wrong::TooLong),
            _ => Some(self.read_line(catalogue, line)?),
        };
        if value.is_none() && self.required { Err(Wrong::Missing) } else { Ok(value) }
    }

    fn read_line(&self, catalogue: &Catalogue, line: &str) -> Result<Value, Wrong> {
        let whole = |most: i64| {
            let number: i64 = base::digits::to_western(line).parse().map_err(|_| Wrong::NoNumber)?;
            if number.abs() > most { Err(Wrong::NoNumber) } else { Ok(json!(number)) }
        };
        Ok(match self.kind {
            FieldKind::Choice if !self.options.iter().any(|option| option == line) => return Err(Wrong::NoChoice),
            FieldKind::PostOffice | FieldKind::Office => {
                let is_one = |key: &str| {
                    catalogue
                        .offices()
                        .iter()
                        .any(|office| Some(office.kind.as_str()) == self.offices() && office.key == key)
                };
                if !is_one(line) {
                    return Err(Wrong::NoChoice);
                }
                json!(line)
            }
            FieldKind::Number => whole(NUMBER_MAX)?,
            FieldKind::Money => {
                let money = Money::parse(line, Currency::Ils).map_err(|_| Wrong::NoMoney)?;
                if money.minor() > MONEY_MAX {
                    return Err(Wrong::NoMoney);
                }
                json!(money.minor())
            }
            FieldKind::IdNumber => {
                json!(IdNumber::parse(line).filter(IdNumber::check_digit_fits).ok_or(Wrong::NoIdNumber)?.as_str())
            }
            FieldKind::IdNumbers => json!(id_numbers(line)?),
            FieldKind::Phone => json!(Phone::parse(line).ok_or(Wrong::NoPhone)?.as_str()),
            FieldKind::Postcode => json!(Postcode::parse(line).ok_or(Wrong::NoPostcode)?.as_str()),
            _ => json!(line),
        })
    }

    /// Whether the folder's own check holds of these answers, this one among them.
    ///
    /// # Errors
    /// [`Wrong::Refused`].
    pub fn checked(&self, facts: &Facts) -> Result<(), Wrong> {
        let there = facts.answers.get(&self.id).is_some();
        match &self.check {
            // What a check needs may not be answered yet: it is asked again before sending.
            Some(check) if there && check.holds(facts) == Ok(false) => Err(Wrong::Refused),
            _ => Ok(()),
        }
    }
}

/// A file, in rules.
fn file_kind() -> Kind {
    let words = FileType::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    let bytes = Kind::Number(0, i128::from(FILE_BYTES_MAX) * 8);
    let members = [("name", Kind::Text), ("type", Kind::Word(words)), ("bytes", bytes)];
    let member = |(name, kind): (&str, Kind)| (name.to_owned(), Member { kind, always: true });
    Kind::Record(members.into_iter().map(member).collect())
}

/// ID numbers between spaces, commas or lines, each once, in order.
fn id_numbers(typed: &str) -> Result<BTreeSet<String>, Wrong> {
    let parts = typed.split(|mark: char| mark.is_whitespace() || matches!(mark, ',' | '،' | ';' | '؛'));
    let number = |part: &str| IdNumber::parse(part).map(|number| number.as_str().to_owned());
    let numbers = parts.filter(|part| !part.is_empty()).map(|part| number(part).ok_or(Wrong::NoIdNumbers));
    let numbers = numbers.collect::<Result<BTreeSet<String>, Wrong>>()?;
    if (1..=PEOPLE).contains(&numbers.len()) { Ok(numbers) } else { Err(Wrong::NoIdNumbers) }
}

/// A day from its three parts; none when nothing was typed.
fn date(id: &str, typed: &Typed) -> Result<Option<Date>, Wrong> {
    let parts = DATE_PARTS.map(|part| typed.get(&format!("{id}.{part}")).map(|text| text.trim()).unwrap_or_default());
    if parts.iter().all(|part| part.is_empty()) {
        return Ok(None);
    }
    let [day, month, year] = parts.map(|part| base::digits::to_western(part).parse::<i16>().ok());
    let small = |number: Option<i16>| number.and_then(|number| i8::try_from(number).ok());
    // Two digits of a year could be either century's.
    let year = year.filter(|year| (1000..=9999).contains(year));
    let date = (|| Date::new(year?, small(month)?, small(day)?))();
    date.map(Some).ok_or(Wrong::NoDate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind) -> FieldFile {
        let options = if matches!(kind, FieldKind::Choice | FieldKind::Choices) { vec!["a", "b"] } else { Vec::new() };
        let options = options.into_iter().map(str::to_owned).collect();
        let (none, label, services) = (None, Vec::new(), Vec::new());
        let (lookup, path, key) = (none.clone(), none.clone(), none);
        FieldFile {
            id: "f".to_owned(),
            kind,
            required: false,
            options,
            office: None,
            lookup,
            path,
            key,
            label,
            services,
            several: false,
            length: 40,
            most: None,
            accept: Vec::new(),
            check: None,
        }
    }

    fn read(kind: FieldKind, typed: &[(&str, &str)]) -> Result<Option<Value>, Wrong> {
        let typed = typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        field(kind).read(&Catalogue::empty(), &typed)
    }

    #[test]
    fn answers_are_kept_in_one_spelling() {
        for (kind, typed, kept) in [
            (FieldKind::Choice, " a ", json!("a")),
            (FieldKind::Number, "٤٢", json!(42)),
            (FieldKind::Money, "12.5", json!(1250)),
            (FieldKind::Money, "١٢", json!(1200)),
            (FieldKind::IdNumber, "٩٠٠٠٠٠٠٠١", json!("900000001")),
            (FieldKind::IdNumbers, "900000001، ٤٠٠٠٠٠٠٠٦\n900000001", json!(["400000006", "900000001"])),
            (FieldKind::Phone, "0599 123 456", json!("+970599123456")),
            (FieldKind::Postcode, "p600 1234", json!("P6001234")),
            (FieldKind::Text, " نص ", json!("نص")),
        ] {
            assert_eq!(read(kind, &[("f", typed)]), Ok(Some(kept)), "{typed}");
        }
        let date = [("f.day", "٣"), ("f.month", "2"), ("f.year", "2026")];
        assert_eq!(read(FieldKind::Date, &date), Ok(Some(json!("2026-02-03"))));
        assert_eq!(read(FieldKind::Choices, &[("f.b", "yes"), ("f.a", "yes")]), Ok(Some(json!(["a", "b"]))));
        assert_eq!(read(FieldKind::Choices, &[("f.x", "yes")]), Ok(None));
        assert_eq!(read(FieldKind::Text, &[("f", "  ")]), Ok(None));
    }

    #[test]
    fn what_is_no_answer_is_refused_with_its_reason() {
        for (kind, typed, wrong) in [
            (FieldKind::Choice, "c", Wrong::NoChoice),
            (FieldKind::PostOffice, "nowhere", Wrong::NoChoice),
            (FieldKind::Number, "4.5", Wrong::NoNumber),
            (FieldKind::Number, "99999999999", Wrong::NoNumber),
            (FieldKind::Money, "-5", Wrong::NoMoney),
            (FieldKind::Money, "5.005", Wrong::NoMoney),
            (FieldKind::IdNumber, "900000002", Wrong::NoIdNumber),
            (FieldKind::IdNumbers, "900000001 x", Wrong::NoIdNumbers),
            (FieldKind::Phone, "12", Wrong::NoPhone),
            (FieldKind::Postcode, "6001234", Wrong::NoPostcode),
            (FieldKind::Text, "a text that is a good deal longer than forty letters", Wrong::TooLong),
        ] {
            assert_eq!(read(kind, &[("f", typed)]), Err(wrong), "{typed}");
        }
        for date in [["31", "2", "2026"], ["1", "", "2026"], ["1", "1", "26"], ["x", "1", "2026"], ["1", "13", "2026"]]
        {
            let typed = [("f.day", date[0]), ("f.month", date[1]), ("f.year", date[2])];
            assert_eq!(read(FieldKind::Date, &typed), Err(Wrong::NoDate), "{date:?}");
        }
        let mut required = field(FieldKind::Choices);
        required.required = true;
        assert_eq!(required.read(&Catalogue::empty(), &Typed::new()), Err(Wrong::Missing));
    }
}
