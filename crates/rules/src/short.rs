//! The short way through a rule: members, comparisons, `&&`, dates, tables, on the
//! facts as they are. What it does not know, or finds absent, is left to the crate
//! that evaluates CEL: a test holds the one against the other.

use std::borrow::Cow;
use std::cmp::Ordering;

use base::Date;
use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, Expr, LiteralValue};
use cel::{IdedExpr, Value};
use serde_json::Value as Json;

use super::{Facts, Table};

/// A value, borrowed where it can be.
enum Short<'a> {
    Truth(bool),
    Number(i64),
    Text(Cow<'a, str>),
}

impl From<Short<'_>> for Value {
    fn from(short: Short<'_>) -> Self {
        match short {
            Short::Truth(truth) => Self::Bool(truth),
            Short::Number(number) => Self::Int(number),
            Short::Text(text) => Self::from(text.as_ref()),
        }
    }
}

/// What an expression gives, where that is known the short way.
pub(super) fn value(expr: &IdedExpr, facts: &Facts, tables: &[Table]) -> Option<Value> {
    Way { facts, tables }.value(expr).map(Value::from)
}

struct Way<'a> {
    facts: &'a Facts,
    tables: &'a [Table],
}

impl<'a> Way<'a> {
    fn value(&self, expr: &'a IdedExpr) -> Option<Short<'a>> {
        match &expr.expr {
            Expr::Literal(LiteralValue::Boolean(truth)) => Some(Short::Truth(*truth.inner())),
            Expr::Literal(LiteralValue::Int(number)) => Some(Short::Number(*number.inner())),
            Expr::Literal(LiteralValue::String(text)) => Some(Short::Text(text.inner().into())),
            Expr::Ident(name) if name == "today" => Some(Short::Text(self.facts.today.to_string().into())),
            Expr::Select(select) if select.test => {
                Some(Short::Truth(self.json(&select.operand)?.as_object()?.contains_key(&select.field)))
            }
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) if name == "tables" => {
                    let table = self.tables.iter().find(|table| table.id() == select.field)?;
                    table.gives(self.facts).ok().map(|word| Short::Text(word.into()))
                }
                _ => of(self.json(expr)?),
            },
            Expr::Call(call) if call.target.is_none() => self.called(call),
            _ => None,
        }
    }

    fn json(&self, expr: &IdedExpr) -> Option<&'a Json> {
        match &expr.expr {
            Expr::Ident(name) if name == "answers" => Some(&self.facts.answers),
            Expr::Ident(name) if name == "registers" => Some(&self.facts.registers),
            Expr::Ident(name) if name == "chosen" => Some(&self.facts.chosen),
            Expr::Select(select) if !select.test => self.json(&select.operand)?.get(&select.field),
            _ => None,
        }
    }

    fn truth(&self, expr: &'a IdedExpr) -> Option<bool> {
        match self.value(expr)? {
            Short::Truth(truth) => Some(truth),
            _ => None,
        }
    }

    fn called(&self, call: &'a CallExpr) -> Option<Short<'a>> {
        let truth = match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_NOT, [one]) => !self.truth(one)?,
            (op::LOGICAL_AND, all) => self.each_is(all, true)?,
            (op::LOGICAL_OR, all) => !self.each_is(all, false)?,
            (op::CONDITIONAL, [condition, yes, no]) => {
                return self.value(if self.truth(condition)? { yes } else { no });
            }
            (op::EQUALS, [one, two]) => self.order(one, two)?.is_eq(),
            (op::NOT_EQUALS, [one, two]) => self.order(one, two)?.is_ne(),
            (op::LESS, [one, two]) => self.order(one, two)?.is_lt(),
            (op::LESS_EQUALS, [one, two]) => self.order(one, two)?.is_le(),
            (op::GREATER, [one, two]) => self.order(one, two)?.is_gt(),
            (op::GREATER_EQUALS, [one, two]) => self.order(one, two)?.is_ge(),
            (op::IN, [one, two]) => self.is_in(one, two)?,
            ("years", [from, until]) => {
                return Some(Short::Number(self.day(from)?.years_until(self.day(until)?).into()));
            }
            ("days", [from, until]) => {
                return Some(Short::Number(self.day(from)?.days_until(self.day(until)?).into()));
            }
            _ => return None,
        };
        Some(Short::Truth(truth))
    }

    /// Whether all come out so, up to the first that does not.
    fn each_is(&self, all: &'a [IdedExpr], wanted: bool) -> Option<bool> {
        for one in all {
            if self.truth(one)? != wanted {
                return Some(false);
            }
        }
        Some(true)
    }

    fn order(&self, one: &'a IdedExpr, two: &'a IdedExpr) -> Option<Ordering> {
        compare(&self.value(one)?, &self.value(two)?)
    }

    fn is_in(&self, one: &'a IdedExpr, list: &'a IdedExpr) -> Option<bool> {
        let one = self.value(one)?;
        let mut found = false;
        match &list.expr {
            Expr::List(list) => {
                for two in &list.elements {
                    found |= compare(&one, &self.value(two)?)?.is_eq();
                }
            }
            _ => {
                for two in self.json(list)?.as_array()? {
                    found |= compare(&one, &of(two)?)?.is_eq();
                }
            }
        }
        Some(found)
    }

    fn day(&self, expr: &'a IdedExpr) -> Option<Date> {
        if matches!(&expr.expr, Expr::Ident(name) if name == "today") {
            return Some(self.facts.today);
        }
        match self.value(expr)? {
            Short::Text(text) => Date::parse(&text),
            _ => None,
        }
    }
}

fn of(json: &Json) -> Option<Short<'_>> {
    match json {
        Json::Bool(truth) => Some(Short::Truth(*truth)),
        Json::Number(number) => number.as_i64().map(Short::Number),
        Json::String(text) => Some(Short::Text(text.into())),
        _ => None,
    }
}

fn compare(one: &Short<'_>, two: &Short<'_>) -> Option<Ordering> {
    match (one, two) {
        (Short::Truth(one), Short::Truth(two)) => Some(one.cmp(two)),
        (Short::Number(one), Short::Number(two)) => Some(one.cmp(two)),
        (Short::Text(one), Short::Text(two)) => Some(one.cmp(two)),
        _ => None,
    }
}
