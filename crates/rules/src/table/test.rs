//! A cell of a table: the unary tests that an input's value must pass.
//!
//! `-` takes anything; else one or more of `'word'`, `3`, `true`, `'2026-11-24'`,
//! `< 3`, `<= 3`, `> 3`, `>= 3`, `3..7` (both included), between `|`.

use cel::Value;
use schemars::JsonSchema;
use serde::Deserialize;

/// Tests in one cell at most.
const TESTS: usize = 20;

/// A value that is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Truth(bool),
    Number(i64),
    /// A word or a date.
    Text(String),
}

/// How a value is compared with a written one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Below,
    AtMost,
    Above,
    AtLeast,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Is(Literal),
    Compares(Bound, Literal),
    /// Both included.
    Between(Literal, Literal),
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", inline)]
pub(super) enum Cell {
    Anything,
    OneOf(Vec<Test>),
}

impl TryFrom<String> for Cell {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text.trim() == "-" {
            return Ok(Self::Anything);
        }
        let tests = split(&text, "|").into_iter().map(test).collect::<Option<Vec<_>>>();
        let tests = tests.filter(|tests| tests.len() <= TESTS);
        tests.map(Self::OneOf).ok_or_else(|| {
            format!("“{text}” is no test: write - or up to {TESTS} of 'word', 3, true, '2026-11-24', < 3, <= 3, > 3, >= 3, 3..7 between |")
        })
    }
}

/// The parts between a mark that stands outside quotes.
fn split<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let (mut parts, mut start, mut quoted, mut at) = (Vec::new(), 0, false, 0);
    while let Some(next) = text[at..].chars().next() {
        if next == '\'' {
            quoted = !quoted;
        } else if !quoted && text[at..].starts_with(mark) {
            parts.push(&text[start..at]);
            start = at + mark.len();
            at = start;
            continue;
        }
        at += next.len_utf8();
    }
    parts.push(&text[start..]);
    parts
}

fn test(text: &str) -> Option<Test> {
    let text = text.trim();
    // The longer sign first.
    let signs = [("<=", Bound::AtMost), (">=", Bound::AtLeast), ("<", Bound::Below), (">", Bound::Above)];
    for (sign, bound) in signs {
        if let Some(rest) = text.strip_prefix(sign) {
            return literal(rest).map(|literal| Test::Compares(bound, literal));
        }
    }
    match split(text, "..").as_slice() {
        [one] => literal(one).map(Test::Is),
        [least, most] => Some(Test::Between(literal(least)?, literal(most)?)),
        _ => None,
    }
}

fn literal(text: &str) -> Option<Literal> {
    let text = text.trim();
    match text {
        "true" => return Some(Literal::Truth(true)),
        "false" => return Some(Literal::Truth(false)),
        _ => {}
    }
    let quoted = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match quoted {
        Some(word) => (!word.contains('\'') && !word.is_empty()).then(|| Literal::Text(word.to_owned())),
        None => text.parse().ok().map(Literal::Number),
    }
}

impl Cell {
    /// Whether a value passes. Dates compare as their texts do.
    pub(super) fn takes(&self, value: &Value) -> bool {
        match self {
            Self::Anything => true,
            Self::OneOf(tests) => tests.iter().any(|test| match (test, value) {
                (Test::Is(Literal::Truth(truth)), Value::Bool(value)) => truth == value,
                (test, Value::Int(value)) => test.passes(value, Literal::number),
                (test, Value::String(value)) => test.passes(value.as_str(), Literal::text),
                _ => false,
            }),
        }
    }
}

impl Test {
    fn passes<V: Ord + ?Sized>(&self, value: &V, written: fn(&Literal) -> Option<&V>) -> bool {
        match self {
            Self::Is(literal) => written(literal) == Some(value),
            Self::Compares(bound, literal) => written(literal).is_some_and(|limit| match bound {
                Bound::Below => value < limit,
                Bound::AtMost => value <= limit,
                Bound::Above => value > limit,
                Bound::AtLeast => value >= limit,
            }),
            Self::Between(least, most) => {
                written(least).is_some_and(|least| value >= least) && written(most).is_some_and(|most| value <= most)
            }
        }
    }
}

impl Literal {
    const fn number(&self) -> Option<&i64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}
