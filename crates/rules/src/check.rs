//! That a rule always has an answer: every name is known, every value is of a
//! kind that the operator takes, nothing that may be absent or null is read
//! unasked, nothing divides by zero or grows too large.
//!
//! The crate that evaluates CEL finds these only when they happen, before a
//! citizen. Here they are found before the folder is served.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use cel::IdedExpr;
use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SelectExpr};

use super::kind::{Kind, NUMBER_MOST};

/// The longest list or text that a register may answer with, an upper bound for `size`.
const SIZE_MOST: i128 = 16 << 20;
/// Days and years between two dates that calendars hold, at most.
const DAYS_MOST: i128 = 3_660_000;
const YEARS_MOST: i128 = 10_000;
/// By how many days a rule may go from a date, at most.
const PLUS_DAYS_MOST: i128 = 100_000;

/// What is wrong, and at which node.
#[derive(Debug)]
pub struct Wrong {
    pub at: u64,
    pub why: String,
}

/// The names that an expression may use, and what was asked of them before.
#[derive(Clone)]
pub struct Scope {
    names: BTreeMap<String, Kind>,
    /// Paths that are there, since `has` said so.
    there: BTreeSet<String>,
    /// Paths that are not null, since a comparison said so.
    solid: BTreeSet<String>,
}

/// What a condition tells of a path once it is known how it came out.
enum Learnt {
    There(String),
    Solid(String),
}

impl Scope {
    pub const fn new(names: BTreeMap<String, Kind>) -> Self {
        Self { names, there: BTreeSet::new(), solid: BTreeSet::new() }
    }

    fn with(&self, learnt: Vec<Learnt>) -> Self {
        let mut scope = self.clone();
        for one in learnt {
            match one {
                Learnt::There(path) => drop(scope.there.insert(path)),
                Learnt::Solid(path) => drop(scope.solid.insert(path)),
            }
        }
        scope
    }

    fn with_name(&self, name: &str, kind: Kind) -> Self {
        let mut scope = self.clone();
        // A name of a list's element hides what was learnt of another of that name.
        let others = |path: &String| path != name && !path.starts_with(&format!("{name}."));
        scope.there.retain(others);
        scope.solid.retain(others);
        scope.names.insert(name.to_owned(), kind);
        scope
    }
}

/// `registers.person.status`, if the expression is such a path.
fn path(expr: &IdedExpr) -> Option<String> {
    match &expr.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", path(&select.operand)?, select.field)),
        _ => None,
    }
}

/// What is known once this condition came out true, or false.
fn learnt(expr: &IdedExpr, truth: bool) -> Vec<Learnt> {
    let Expr::Call(call) = &expr.expr else {
        return match &expr.expr {
            Expr::Select(select) if select.test && truth => {
                let whole = path(&select.operand).map(|operand| format!("{operand}.{}", select.field));
                whole.map(Learnt::There).into_iter().collect()
            }
            _ => Vec::new(),
        };
    };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (op::LOGICAL_NOT, [one]) => learnt(one, !truth),
        (op::LOGICAL_AND, both) if truth => both.iter().flat_map(|one| learnt(one, true)).collect(),
        (op::LOGICAL_OR, both) if !truth => both.iter().flat_map(|one| learnt(one, false)).collect(),
        (op::NOT_EQUALS, [one, two]) if truth => not_null(one, two),
        (op::EQUALS, [one, two]) if !truth => not_null(one, two),
        _ => Vec::new(),
    }
}

fn not_null(one: &IdedExpr, two: &IdedExpr) -> Vec<Learnt> {
    let is_null = |expr: &IdedExpr| matches!(expr.expr, Expr::Literal(LiteralValue::Null));
    let value = if is_null(two) {
        one
    } else if is_null(one) {
        two
    } else {
        return Vec::new();
    };
    path(value).map(Learnt::Solid).into_iter().collect()
}

fn wrong<T>(at: &IdedExpr, why: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { at: at.id, why: why.into() })
}

/// What an expression gives.
///
/// # Errors
/// The first node that might have no value.
pub fn kind(expr: &IdedExpr, scope: &Scope) -> Result<Kind, Wrong> {
    match &expr.expr {
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(_) => Ok(Kind::Truth),
            LiteralValue::Int(number) => Ok(Kind::Number((*number.inner()).into(), (*number.inner()).into())),
            LiteralValue::String(text) => Ok(Kind::word(text.inner())),
            LiteralValue::Null => Ok(Kind::Null),
            _ => wrong(expr, "use whole numbers, texts, true, false and null"),
        },
        Expr::Ident(name) => match scope.names.get(name) {
            Some(kind) => Ok(kind.clone()),
            None => {
                let known = scope.names.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                wrong(expr, format!("`{name}` is not known; there are: {known}"))
            }
        },
        Expr::Select(select) => member(expr, select, scope),
        Expr::List(list) => {
            let mut each: Option<Kind> = None;
            for element in &list.elements {
                let next = kind(element, scope)?;
                let joined = match each {
                    None => Some(next),
                    Some(before) => before.or(next),
                };
                let Some(joined) = joined else {
                    return wrong(element, "a list holds values of one kind; make them so");
                };
                each = Some(joined);
            }
            each.map_or_else(
                || wrong(expr, "an empty list is of no use; put something in it"),
                |each| Ok(Kind::List(Box::new(each))),
            )
        }
        Expr::Call(call) => called(expr, call, scope),
        Expr::Comprehension(every) => comprehension(expr, every, scope),
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
            wrong(expr, "rules make no objects; use texts, numbers and lists")
        }
    }
}

/// Whether an expression is a condition.
///
/// # Errors
/// It is not, or has no value.
pub fn truth(expr: &IdedExpr, scope: &Scope) -> Result<(), Wrong> {
    match kind(expr, scope)? {
        Kind::Truth => Ok(()),
        other => wrong(expr, format!("this must be true or false, and is {}", other.name())),
    }
}

/// Whether an expression gives a whole number that can be one of these.
///
/// # Errors
/// It does not, never is, or has no value.
pub fn number(expr: &IdedExpr, range: &RangeInclusive<u32>, scope: &Scope) -> Result<(), Wrong> {
    let (first, last) = (i128::from(*range.start()), i128::from(*range.end()));
    match value(expr, scope)? {
        Kind::Number(least, most) if least <= last && first <= most => Ok(()),
        Kind::Number(..) => wrong(expr, format!("this is never {first} to {last}; give a number that can be")),
        other => wrong(expr, format!("this must be a whole number, and is {}", other.name())),
    }
}

/// The kind without null, if it was asked or cannot be.
///
/// # Errors
/// It may be null, or have no value.
pub fn value(expr: &IdedExpr, scope: &Scope) -> Result<Kind, Wrong> {
    match kind(expr, scope)? {
        Kind::Perhaps(kind) => match path(expr) {
            Some(path) if scope.solid.contains(&path) => Ok(*kind),
            Some(path) => wrong(expr, format!("`{path}` may be null: ask `{path} != null &&` first")),
            None => wrong(expr, "this may be null: ask whether it is first"),
        },
        kind => Ok(kind),
    }
}

fn member(expr: &IdedExpr, select: &SelectExpr, scope: &Scope) -> Result<Kind, Wrong> {
    let Kind::Record(members) = value(&select.operand, scope)? else {
        return wrong(expr, format!("`.{}` needs an object before it", select.field));
    };
    let Some(member) = members.get(&select.field) else {
        let known = members.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return wrong(expr, format!("`{}` is not known here; there are: {known}", select.field));
    };
    if select.test {
        return Ok(Kind::Truth);
    }
    let whole = path(expr);
    let asked = whole.as_ref().is_some_and(|whole| scope.there.contains(whole));
    if member.always || asked {
        return Ok(member.kind.clone());
    }
    let name = whole.unwrap_or_else(|| select.field.clone());
    wrong(expr, format!("`{name}` may be absent: ask `has({name}) &&` first"))
}

fn called(expr: &IdedExpr, call: &CallExpr, scope: &Scope) -> Result<Kind, Wrong> {
    if let Some(target) = &call.target {
        return on_target(expr, target, call, scope);
    }
    match (call.func_name.as_str(), call.args.as_slice()) {
        (op::LOGICAL_NOT, [one]) => truth(one, scope).map(|()| Kind::Truth),
        (op::LOGICAL_AND | op::LOGICAL_OR, all) => {
            let goes_on = call.func_name == op::LOGICAL_AND;
            let mut scope = scope.clone();
            for one in all {
                truth(one, &scope)?;
                scope = scope.with(learnt(one, goes_on));
            }
            Ok(Kind::Truth)
        }
        (op::CONDITIONAL, [condition, yes, no]) => {
            truth(condition, scope)?;
            let yes = kind(yes, &scope.with(learnt(condition, true)))?;
            let no = kind(no, &scope.with(learnt(condition, false)))?;
            yes.or(no).map_or_else(|| wrong(expr, "both ends of `?:` must be of one kind"), Ok)
        }
        (
            op::EQUALS | op::NOT_EQUALS | op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS | op::IN,
            [one, two],
        ) => compared(expr, &call.func_name, (one, two), scope).map(|()| Kind::Truth),
        (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO, [one, two]) => {
            let sides = (value(one, scope)?, value(two, scope)?);
            let (Kind::Number(a, b), Kind::Number(c, d)) = sides else {
                return wrong(
                    expr,
                    format!("numbers are counted with, not {} and {}; use numbers", sides.0.name(), sides.1.name()),
                );
            };
            counted(expr, &call.func_name, (a, b), (c, d))
        }
        (op::NEGATE, [one]) => match value(one, scope)? {
            Kind::Number(least, most) => Ok(Kind::Number(-most, -least)),
            other => wrong(expr, format!("`-` needs a number, and this is {}", other.name())),
        },
        ("size", [one]) => size(expr, &value(one, scope)?),
        (name @ ("years" | "days"), [from, until]) => {
            for day in [from, until] {
                let found = value(day, scope)?;
                if !found.is_day() {
                    return wrong(
                        day,
                        format!("`{name}` counts between dates, and this is {}; give it a date", found.name()),
                    );
                }
            }
            let most = if name == "years" { YEARS_MOST } else { DAYS_MOST };
            Ok(Kind::Number(-most, most))
        }
        ("plusDays", [from, days]) => match (value(from, scope)?, value(days, scope)?) {
            (from, Kind::Number(least, most))
                if from.is_day() && least >= -PLUS_DAYS_MOST && most <= PLUS_DAYS_MOST =>
            {
                Ok(Kind::Day)
            }
            _ => wrong(expr, format!("`plusDays` needs a date and at most {PLUS_DAYS_MOST} days")),
        },
        (op::INDEX | op::OPT_INDEX | op::OPT_SELECT, _) => {
            wrong(expr, "what lies at an index may be absent: use `exists`, `all` or `in`")
        }
        (name, _) => wrong(
            expr,
            format!(
                "`{name}` is no function of rules; there are has, size, years, days, plusDays, startsWith, endsWith, contains, exists, exists_one, all, filter, map"
            ),
        ),
    }
}

fn compared(expr: &IdedExpr, operator: &str, (one, two): (&IdedExpr, &IdedExpr), scope: &Scope) -> Result<(), Wrong> {
    match operator {
        op::EQUALS | op::NOT_EQUALS => {
            let (left, right) = (kind(one, scope)?, kind(two, scope)?);
            if left.meets(&right) {
                return Ok(());
            }
            wrong(expr, format!("{} is never {}; compare it with what it can be", left.name(), right.name()))
        }
        op::IN => {
            let (element, list) = (kind(one, scope)?, value(two, scope)?);
            match list {
                Kind::List(each) if element.meets(&each) => Ok(()),
                Kind::List(each) => {
                    wrong(expr, format!("{} is never {}; compare it with what it can be", element.name(), each.name()))
                }
                other => wrong(expr, format!("`in` needs a list, and this is {}", other.name())),
            }
        }
        _ => match (value(one, scope)?, value(two, scope)?) {
            (Kind::Number(..), Kind::Number(..)) => Ok(()),
            (left, right) if left.is_day() && right.is_day() => Ok(()),
            (left, right) => wrong(
                expr,
                format!("{} and {} have no order; use numbers or dates, which do", left.name(), right.name()),
            ),
        },
    }
}

fn on_target(expr: &IdedExpr, target: &IdedExpr, call: &CallExpr, scope: &Scope) -> Result<Kind, Wrong> {
    let on = value(target, scope)?;
    match (call.func_name.as_str(), call.args.as_slice()) {
        ("size", []) => size(expr, &on),
        ("startsWith" | "endsWith" | "contains", [part]) => {
            let is_text = |kind: &Kind| matches!(kind, Kind::Text | Kind::Word(_));
            if is_text(&on) && is_text(&value(part, scope)?) {
                return Ok(Kind::Truth);
            }
            wrong(expr, format!("`{}` looks into texts; use it on one", call.func_name))
        }
        (name, _) => wrong(expr, format!("`.{name}()` is no function of rules; use those of docs/services.md")),
    }
}

fn size(expr: &IdedExpr, of: &Kind) -> Result<Kind, Wrong> {
    match of {
        Kind::List(_) | Kind::Text | Kind::Word(_) => Ok(Kind::Number(0, SIZE_MOST)),
        other => wrong(expr, format!("`size` counts lists and texts, and this is {}; give it one", other.name())),
    }
}

fn counted(expr: &IdedExpr, operator: &str, (a, b): (i128, i128), (c, d): (i128, i128)) -> Result<Kind, Wrong> {
    let corners = |each: fn(i128, i128) -> i128| {
        let all = [each(a, c), each(a, d), each(b, c), each(b, d)];
        let (mut least, mut most) = (all[0], all[0]);
        for one in all {
            (least, most) = (least.min(one), most.max(one));
        }
        (least, most)
    };
    if matches!(operator, op::DIVIDE | op::MODULO) && c <= 0 && d >= 0 {
        return wrong(expr, "this may divide by zero: divide by a number that is never 0");
    }
    let (least, most) = match operator {
        op::ADD => (a + c, b + d),
        op::SUBSTRACT => (a - d, b - c),
        op::MULTIPLY => corners(|one, two| one * two),
        op::DIVIDE => corners(|one, two| one / two),
        // The remainder has the sign of what is divided.
        _ => {
            let bound = c.abs().max(d.abs()) - 1;
            (if a < 0 { -bound } else { 0 }, if b > 0 { bound } else { 0 })
        }
    };
    if least < -NUMBER_MOST || most > NUMBER_MOST {
        return wrong(expr, "this may grow beyond what a number holds: bound the field or the schema");
    }
    Ok(Kind::Number(least, most))
}

/// `exists`, `all`, `exists_one`, `filter` and `map`, as the parser spells them out.
fn comprehension(expr: &IdedExpr, every: &ComprehensionExpr, scope: &Scope) -> Result<Kind, Wrong> {
    let Kind::List(each) = value(&every.iter_range, scope)? else {
        return wrong(&every.iter_range, "this needs a list before it");
    };
    let within = scope.with_name(&every.iter_var, *each.clone());
    let Expr::Call(step) = &every.loop_step.expr else { return wrong(expr, "this is not a rule; mend it") };
    match (&every.accu_init.expr, step.func_name.as_str(), step.args.as_slice()) {
        (Expr::Literal(LiteralValue::Boolean(_)), op::LOGICAL_AND | op::LOGICAL_OR, [_, condition])
        // `exists_one`
        | (Expr::Literal(LiteralValue::Int(_)), op::CONDITIONAL, [condition, ..]) => {
            truth(condition, &within).map(|()| Kind::Truth)
        }
        // `filter`, and `map` with a condition
        (Expr::List(_), op::CONDITIONAL, [condition, grown, _]) => {
            truth(condition, &within)?;
            mapped(grown, &within.with(learnt(condition, true)))
        }
        (Expr::List(_), op::ADD, _) => mapped(&every.loop_step, &within),
        _ => wrong(expr, "this is not a rule; mend it"),
    }
}

/// What `list + [element]` adds.
fn mapped(grown: &IdedExpr, scope: &Scope) -> Result<Kind, Wrong> {
    match &grown.expr {
        Expr::Call(call) if call.func_name == op::ADD => match call.args.as_slice() {
            [_, element] => kind(element, scope),
            _ => wrong(grown, "this is not a rule; mend it"),
        },
        _ => wrong(grown, "this is not a rule; mend it"),
    }
}
