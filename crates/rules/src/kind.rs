//! What a value in a rule can be: kinds, and the kinds that registers promise
//! by the schemas of their operations.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value as Json;

/// The furthest that a number may get, in a rule or from a register: what JSON's
/// readers agree on (RFC 8259 §6).
pub const NUMBER_MOST: i128 = (1 << 53) - 1;
/// How deep a schema is followed; what lies deeper is [`Kind::Unread`].
const DEPTH: usize = 12;

/// What a value can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Truth,
    /// A whole number between two, both possible.
    Number(i128, i128),
    /// Any text.
    Text,
    /// One of these texts.
    Word(BTreeSet<String>),
    /// A date as RFC 3339 writes it: `2026-11-24`.
    Day,
    /// A list of such.
    List(Box<Kind>),
    /// An object with these members.
    Record(Members),
    /// JSON's null.
    Null,
    /// That, or null.
    Perhaps(Box<Kind>),
    /// Something that rules do not read.
    Unread,
}

/// The members of an object, by name. What one register answers is looked at by every
/// rule of many folders: it is shared, not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members(Arc<BTreeMap<String, Member>>);

impl Deref for Members {
    type Target = BTreeMap<String, Member>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<BTreeMap<String, Member>> for Members {
    fn from(members: BTreeMap<String, Member>) -> Self {
        Self(Arc::new(members))
    }
}

impl<const N: usize> From<[(String, Member); N]> for Members {
    fn from(members: [(String, Member); N]) -> Self {
        members.into_iter().collect()
    }
}

impl FromIterator<(String, Member)> for Members {
    fn from_iter<I: IntoIterator<Item = (String, Member)>>(members: I) -> Self {
        Self(Arc::new(members.into_iter().collect()))
    }
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What it is.
    pub kind: Kind,
    /// Whether it is always there.
    pub always: bool,
}

impl Kind {
    /// One text.
    pub fn word(text: &str) -> Self {
        Self::Word(BTreeSet::from([text.to_owned()]))
    }

    /// What the schema of an operation's answer promises.
    pub fn of_schema(schema: &Json) -> Self {
        of_schema(schema, schema, DEPTH)
    }

    /// What lies at a JSON Pointer (RFC 6901) into it, as far as rules read it.
    pub fn at(&self, pointer: &str) -> Option<&Self> {
        let mut here = self;
        let parts = if pointer.is_empty() { None } else { Some(pointer.strip_prefix('/')?) };
        for part in parts.into_iter().flat_map(|parts| parts.split('/')) {
            here = match here {
                Self::Perhaps(kind) => kind,
                kind => kind,
            };
            let Self::Record(members) = here else { return None };
            here = &members.get(&part.replace("~1", "/").replace("~0", "~"))?.kind;
        }
        Some(here)
    }

    /// Whether it is a text in both languages.
    pub fn is_spoken(&self) -> bool {
        ["ar", "en"].iter().all(|locale| self.at(&format!("/{locale}")) == Some(&Self::Text))
    }

    /// For a person who reads a fault.
    pub fn name(&self) -> String {
        match self {
            Self::Truth => "true or false".to_owned(),
            Self::Number(..) => "a number".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Word(words) => match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                [one] => format!("the text '{one}'"),
                some => format!("one of '{}'", some.join("', '")),
            },
            Self::Day => "a date".to_owned(),
            Self::List(each) => format!("a list, each {}", each.name()),
            Self::Record(_) => "an object".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Perhaps(kind) => format!("{} or null", kind.name()),
            Self::Unread => "something that rules cannot read".to_owned(),
        }
    }

    /// Whether the two can be the same value: what `==` may ask.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unread, _) | (_, Self::Unread) => false,
            (Self::Perhaps(_) | Self::Null, Self::Null) | (Self::Null, Self::Perhaps(_)) => true,
            (Self::Perhaps(kind), other) | (other, Self::Perhaps(kind)) => kind.meets(other),
            (Self::Word(one), Self::Word(two)) => !one.is_disjoint(two),
            (Self::Text | Self::Word(_), Self::Text) | (Self::Text, Self::Word(_)) | (Self::Truth, Self::Truth) => true,
            (Self::Day, other) | (other, Self::Day) => other.is_day(),
            (Self::Number(least, most), Self::Number(low, high)) => least <= high && low <= most,
            _ => false,
        }
    }

    /// A date, or a text that is surely one.
    pub fn is_day(&self) -> bool {
        match self {
            Self::Day => true,
            Self::Word(words) => words.iter().all(|word| base::Date::parse(word).is_some()),
            _ => false,
        }
    }

    /// What a value of one or the other is.
    pub fn or(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (one, two) if one == two => one,
            (Self::Word(one), Self::Word(two)) => Self::Word(one.into_iter().chain(two).collect()),
            (Self::Text | Self::Word(_), Self::Text) | (Self::Text, Self::Word(_)) => Self::Text,
            (Self::Day, other) | (other, Self::Day) if other.is_day() => Self::Day,
            (Self::Number(least, most), Self::Number(low, high)) => Self::Number(least.min(low), most.max(high)),
            (Self::Null, Self::Perhaps(kind)) | (Self::Perhaps(kind), Self::Null) => Self::Perhaps(kind),
            (Self::Perhaps(kind), other) | (other, Self::Perhaps(kind)) => Self::Perhaps(Box::new(kind.or(other)?)),
            (Self::Null, kind) | (kind, Self::Null) => Self::Perhaps(Box::new(kind)),
            _ => return None,
        })
    }
}

fn of_schema(root: &Json, schema: &Json, depth: usize) -> Kind {
    let Some(depth) = depth.checked_sub(1) else { return Kind::Unread };
    if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
        let there = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return there.map_or(Kind::Unread, |there| of_schema(root, there, depth));
    }
    if let Some(words) = schema.get("enum").and_then(Json::as_array) {
        let words: Option<BTreeSet<String>> = words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
        return words.map_or(Kind::Unread, Kind::Word);
    }
    if let Some(word) = schema.get("const").and_then(Json::as_str) {
        return Kind::word(word);
    }
    if let Some(some) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
        let kinds = some.iter().map(|one| of_schema(root, one, depth));
        return kinds.reduce(|one, two| one.or(two).unwrap_or(Kind::Unread)).unwrap_or(Kind::Unread);
    }
    let number = |name: &str| schema.get(name).and_then(Json::as_i64).map(i128::from);
    match schema.get("type").and_then(Json::as_str) {
        Some("boolean") => Kind::Truth,
        Some("null") => Kind::Null,
        Some("integer") => {
            let least = number("minimum").unwrap_or(-NUMBER_MOST).max(-NUMBER_MOST);
            Kind::Number(least, number("maximum").unwrap_or(NUMBER_MOST).min(NUMBER_MOST))
        }
        Some("string") if schema.get("format").and_then(Json::as_str) == Some("date") => Kind::Day,
        Some("string") => Kind::Text,
        Some("array") => {
            let each = schema.get("items").map_or(Kind::Unread, |items| of_schema(root, items, depth));
            Kind::List(Box::new(each))
        }
        Some("object") => {
            let required: BTreeSet<&str> = schema
                .get("required")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .collect();
            let members = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
            let member = |(name, schema): (&String, &Json)| {
                let always = required.contains(name.as_str());
                (name.clone(), Member { kind: of_schema(root, schema, depth), always })
            };
            Kind::Record(members.map(member).collect())
        }
        _ => Kind::Unread,
    }
}
