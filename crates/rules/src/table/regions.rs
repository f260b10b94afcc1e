//! Which values a table's rows take together: each input is cut where a test cuts
//! it, so that a row is a set of pieces in every dimension and what is left over
//! can be named.

use std::collections::BTreeSet;

use base::Date;

use super::test::{Bound, Cell, Literal, Test};
use crate::Kind;

/// Left-over regions at once at most.
const REGIONS: usize = 5_000;

/// Some pieces of a dimension, a bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn of(count: usize, takes: impl Fn(usize) -> bool) -> Self {
        let mut bits = vec![0; count.div_ceil(64)];
        for at in (0..count).filter(|at| takes(*at)) {
            bits[at / 64] |= 1 << (at % 64);
        }
        Self(bits)
    }
    fn zip(&self, other: &Self, each: impl Fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, two)| each(*one, *two)).collect())
    }
    fn and(&self, other: &Self) -> Self {
        self.zip(other, |one, two| one & two)
    }
    fn without(&self, other: &Self) -> Self {
        self.zip(other, |one, two| one & !two)
    }
    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, two)| one & two != 0)
    }
    fn first(&self) -> usize {
        let word = self.0.iter().position(|word| *word != 0).unwrap_or(0);
        word * 64 + self.0.get(word).map_or(0, |bits| bits.trailing_zeros() as usize)
    }
}

/// The values of an input.
#[derive(Debug)]
pub(super) enum Dimension {
    Truth,
    Words(Vec<String>),
    /// Numbers, or days since the first that calendars hold: the first and last of
    /// each piece.
    Line {
        pieces: Vec<(i128, i128)>,
        days: bool,
    },
}

fn first_day() -> Option<Date> {
    Date::new(1, 1, 1)
}

/// A date as a number.
fn day(text: &str) -> Option<i128> {
    Some(i128::from(first_day()?.days_until(Date::parse(text)?)))
}

impl Dimension {
    /// The values of this kind, cut where these tests cut them.
    ///
    /// # Errors
    /// Nothing that tests can tell apart, or a test that never passes.
    pub(super) fn new(kind: &Kind, cells: &[&Cell]) -> Result<Self, String> {
        let dimension = match kind {
            Kind::Truth => Self::Truth,
            Kind::Word(words) => Self::Words(words.iter().cloned().collect()),
            Kind::Number(least, most) => Self::Line { pieces: vec![(*least, *most)], days: false },
            Kind::Day => {
                let last = day("9999-12-31").unwrap_or_default();
                Self::Line { pieces: vec![(0, last)], days: true }
            }
            other => {
                return Err(format!(
                    "a table takes words of a choice, numbers, dates and true or false, not {}; use one of these",
                    other.name()
                ));
            }
        };
        let tests =
            || cells.iter().filter_map(|cell| if let Cell::OneOf(tests) = cell { Some(tests) } else { None }).flatten();
        for test in tests() {
            if !dimension.knows(test) {
                return Err(format!(
                    "the test {} is never passed by {}; remove it, or compare it with what it can be",
                    said(test),
                    kind.name()
                ));
            }
        }
        Ok(dimension.cut(tests()))
    }

    /// Whether any of the values passes.
    fn knows(&self, test: &Test) -> bool {
        match self {
            Self::Truth => matches!(test, Test::Is(Literal::Truth(_))),
            Self::Words(words) => matches!(test, Test::Is(Literal::Text(word)) if words.contains(word)),
            Self::Line { pieces, days } => {
                let (least, most) = (pieces[0].0, pieces[0].1);
                span(test, *days, (least, most))
                    .is_some_and(|(from, until)| from <= until && from <= most && until >= least)
            }
        }
    }

    fn cut<'t>(self, tests: impl Iterator<Item = &'t Test>) -> Self {
        let Self::Line { pieces, days } = self else { return self };
        let (least, most) = pieces[0];
        // Where a piece begins.
        let mut begins = BTreeSet::from([least]);
        for (from, until) in tests.filter_map(|test| span(test, days, (least, most))) {
            begins.extend([from, until + 1].into_iter().filter(|at| (least..=most).contains(at)));
        }
        let ends = begins.iter().skip(1).map(|next| next - 1).chain([most]);
        Self::Line { pieces: begins.iter().copied().zip(ends).collect(), days }
    }

    fn count(&self) -> usize {
        match self {
            Self::Truth => 2,
            Self::Words(words) => words.len(),
            Self::Line { pieces, .. } => pieces.len(),
        }
    }

    /// Every piece.
    pub(super) fn all(&self) -> Bits {
        Bits::of(self.count(), |_| true)
    }

    /// The pieces whose values pass.
    pub(super) fn taken(&self, cell: &Cell) -> Bits {
        let Cell::OneOf(tests) = cell else { return self.all() };
        Bits::of(self.count(), |at| tests.iter().any(|test| self.passes(test, at)))
    }

    fn passes(&self, test: &Test, at: usize) -> bool {
        match (self, test) {
            (Self::Truth, Test::Is(Literal::Truth(truth))) => usize::from(*truth) == at,
            (Self::Words(words), Test::Is(Literal::Text(word))) => words[at] == *word,
            (Self::Line { pieces, days }, test) => {
                let whole = (pieces[0].0, pieces[pieces.len() - 1].1);
                let (first, last) = pieces[at];
                span(test, *days, whole).is_some_and(|(from, until)| from <= first && last <= until)
            }
            _ => false,
        }
    }

    /// A value of the first of these pieces, as a rule would write it.
    pub(super) fn example(&self, bits: &Bits) -> String {
        let at = bits.first();
        match self {
            Self::Truth => (at == 1).to_string(),
            Self::Words(words) => format!("'{}'", words[at]),
            Self::Line { pieces, days } => {
                let (first, last) = pieces[at];
                // Beside what a test names, not at the end of all numbers.
                let value = if at == 0 && pieces.len() > 1 { last } else { first };
                let date = || Some(first_day()?.plus_days(i32::try_from(value).ok()?));
                if *days { date().map_or_else(String::new, |date| format!("'{date}'")) } else { value.to_string() }
            }
        }
    }
}

/// The values that pass, the first and the last; none for a test of another kind.
fn span(test: &Test, days: bool, (least, most): (i128, i128)) -> Option<(i128, i128)> {
    let value = |literal: &Literal| match literal {
        Literal::Number(number) if !days => Some(i128::from(*number)),
        Literal::Text(text) if days => day(text),
        _ => None,
    };
    Some(match test {
        Test::Is(literal) => (value(literal)?, value(literal)?),
        Test::Compares(Bound::Below, literal) => (least, value(literal)? - 1),
        Test::Compares(Bound::AtMost, literal) => (least, value(literal)?),
        Test::Compares(Bound::Above, literal) => (value(literal)? + 1, most),
        Test::Compares(Bound::AtLeast, literal) => (value(literal)?, most),
        Test::Between(from, until) => (value(from)?, value(until)?),
    })
}

fn said(test: &Test) -> String {
    let literal = |literal: &Literal| match literal {
        Literal::Truth(truth) => truth.to_string(),
        Literal::Number(number) => number.to_string(),
        Literal::Text(text) => format!("'{text}'"),
    };
    match test {
        Test::Is(value) => literal(value),
        Test::Compares(Bound::Below, value) => format!("< {}", literal(value)),
        Test::Compares(Bound::AtMost, value) => format!("<= {}", literal(value)),
        Test::Compares(Bound::Above, value) => format!("> {}", literal(value)),
        Test::Compares(Bound::AtLeast, value) => format!(">= {}", literal(value)),
        Test::Between(from, until) => format!("{}..{}", literal(from), literal(until)),
    }
}

/// The first two rows that hold at once, and where.
pub(super) fn overlap(rows: &[Vec<Bits>]) -> Option<(usize, usize, Vec<Bits>)> {
    for (two, later) in rows.iter().enumerate() {
        for (one, earlier) in rows.iter().enumerate().take(two) {
            if meet(earlier, later) {
                let both = earlier.iter().zip(later).map(|(one, two)| one.and(two)).collect();
                return Some((one, two, both));
            }
        }
    }
    None
}

fn meet(one: &[Bits], two: &[Bits]) -> bool {
    one.iter().zip(two).all(|(one, two)| one.meets(two))
}

/// What rows take together.
#[derive(Debug)]
pub(super) enum Cover {
    /// Everything, each row something.
    Whole,
    /// Those before this row take all that it takes.
    Idle(usize),
    /// Nothing takes this.
    Gap(Vec<Bits>),
    /// Too many regions to be followed.
    TooMany,
}

/// What is left of everything when each row in turn has taken its part.
pub(super) fn uncovered(everything: Vec<Bits>, rows: &[Vec<Bits>]) -> Cover {
    let mut left = vec![everything];
    for (at, row) in rows.iter().enumerate() {
        let mut next = Vec::with_capacity(left.len());
        let mut reached = false;
        for region in left {
            if meet(&region, row) {
                reached = true;
                rest(region, row, &mut next);
            } else {
                next.push(region);
            }
        }
        if !reached {
            return Cover::Idle(at);
        }
        if next.len() > REGIONS {
            return Cover::TooMany;
        }
        left = next;
    }
    left.into_iter().next().map_or(Cover::Whole, Cover::Gap)
}

/// What of a region lies outside a row that meets it: disjoint regions, one for
/// each dimension at most.
fn rest(mut region: Vec<Bits>, row: &[Bits], out: &mut Vec<Vec<Bits>>) {
    for at in 0..region.len() {
        let outside = region[at].without(&row[at]);
        if !outside.is_empty() {
            let mut piece = region.clone();
            piece[at] = outside;
            out.push(piece);
        }
        region[at] = region[at].and(&row[at]);
    }
}
