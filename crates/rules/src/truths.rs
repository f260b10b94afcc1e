//! How the parts of a rule came out, for whoever watches it: each operand of `&&`
//! and `||`, each condition of `?:`, and the whole. A rule that nobody watches is
//! evaluated as ever, and remembers nothing.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SourceInfo};
use cel::{Context, IdedExpr, Value};

/// What came out so far: nodes with true, or with false.
#[derive(Debug, Default)]
pub struct Truths(Mutex<BTreeSet<(u64, bool)>>);

/// What a rule is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Whether it holds.
    Truth,
    /// A number or a word: only conditions inside of it come out.
    Value,
}

/// A way in which a part of a rule can come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The part, as it is written.
    pub part: String,
    /// Which way.
    pub truth: bool,
    /// Whether anybody saw it.
    pub seen: bool,
    /// Whether the part only asks if something is there, or is null.
    pub asks: bool,
}

impl Truths {
    /// Evaluates a rule once more, part by part, in the order in which CEL does.
    pub fn follow(&self, rule: &IdedExpr, context: &Context<'_, '_>) {
        self.truth(rule, context);
    }

    /// The ways in which its parts can come out.
    pub fn ways(&self, rule: &IdedExpr, gives: Gives, source: &SourceInfo) -> Vec<Way> {
        let mut parts = Vec::new();
        match gives {
            Gives::Truth => conditions(rule, &mut parts),
            Gives::Value => any(rule, &mut parts),
        }
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ways = parts.iter().flat_map(|part| [(*part, true), (*part, false)]);
        let way = |(part, truth): (&IdedExpr, bool)| {
            let seen = seen.contains(&(part.id, truth));
            Way { part: written(part, source), truth, seen, asks: asks(part) }
        };
        ways.map(way).collect()
    }

    fn note(&self, part: &IdedExpr, truth: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((part.id, truth));
    }

    /// How a condition comes out; none without an answer.
    fn truth(&self, expr: &IdedExpr, context: &Context<'_, '_>) -> Option<bool> {
        if let Expr::Call(call) = &expr.expr {
            match (call.func_name.as_str(), call.args.as_slice()) {
                (op::LOGICAL_NOT, [one]) => return self.truth(one, context).map(|truth| !truth),
                (word @ (op::LOGICAL_AND | op::LOGICAL_OR), all) => {
                    let goes_on = word == op::LOGICAL_AND;
                    for one in all {
                        if self.truth(one, context)? != goes_on {
                            return Some(!goes_on);
                        }
                    }
                    return Some(goes_on);
                }
                (op::CONDITIONAL, [condition, yes, no]) => {
                    let side = if self.truth(condition, context)? { yes } else { no };
                    return self.truth(side, context);
                }
                _ => {}
            }
        }
        self.within(expr, context);
        let Ok(Value::Bool(truth)) = Value::resolve(expr, context) else { return None };
        self.note(expr, truth);
        Some(truth)
    }

    /// The conditions inside of something that is none itself.
    fn within(&self, expr: &IdedExpr, context: &Context<'_, '_>) {
        match &expr.expr {
            Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
                (op::CONDITIONAL, [condition, yes, no]) => match self.truth(condition, context) {
                    Some(true) => self.any(yes, context),
                    Some(false) => self.any(no, context),
                    None => {}
                },
                _ => parts(call).for_each(|part| self.any(part, context)),
            },
            Expr::List(list) => list.elements.iter().for_each(|part| self.any(part, context)),
            Expr::Select(select) => self.any(&select.operand, context),
            Expr::Comprehension(every) => self.each(every, context),
            _ => {}
        }
    }

    fn any(&self, expr: &IdedExpr, context: &Context<'_, '_>) {
        if is_logic(expr) {
            self.truth(expr, context);
        } else {
            self.within(expr, context);
        }
    }

    /// The condition of `exists`, `all` and the others, for each element.
    fn each(&self, every: &ComprehensionExpr, context: &Context<'_, '_>) {
        self.any(&every.iter_range, context);
        let Ok(Value::List(list)) = Value::resolve(&every.iter_range, context) else { return };
        let Some(inside) = inside(every) else { return };
        for element in list.iter() {
            let mut within = context.new_inner_scope();
            within.add_variable_from_value(every.iter_var.clone(), element.clone());
            match inside {
                Inside::Condition(condition, ends_at) => {
                    let came = self.truth(condition, &within);
                    if came.is_some() && came == ends_at {
                        return;
                    }
                }
                Inside::Value(value) => self.any(value, &within),
            }
        }
    }
}

/// What a comprehension asks of each element.
#[derive(Clone, Copy)]
enum Inside<'e> {
    /// A condition, and at which answer it ends.
    Condition(&'e IdedExpr, Option<bool>),
    /// What it makes of it.
    Value(&'e IdedExpr),
}

fn inside(every: &ComprehensionExpr) -> Option<Inside<'_>> {
    let Expr::Call(step) = &every.loop_step.expr else { return None };
    match (step.func_name.as_str(), step.args.as_slice()) {
        (op::LOGICAL_OR, [_, condition]) => Some(Inside::Condition(condition, Some(true))),
        (op::LOGICAL_AND, [_, condition]) => Some(Inside::Condition(condition, Some(false))),
        // `exists_one`, `filter`, and `map` with a condition
        (op::CONDITIONAL, [condition, ..]) => Some(Inside::Condition(condition, None)),
        // `map`
        (op::ADD, [_, grown]) => Some(Inside::Value(grown)),
        _ => None,
    }
}

fn parts(call: &CallExpr) -> impl Iterator<Item = &IdedExpr> {
    call.target.iter().map(AsRef::as_ref).chain(&call.args)
}

/// Whether it is made of conditions.
fn is_logic(expr: &IdedExpr) -> bool {
    let Expr::Call(call) = &expr.expr else { return false };
    [op::LOGICAL_NOT, op::LOGICAL_AND, op::LOGICAL_OR].contains(&call.func_name.as_str())
}

/// The parts of a condition that can come out either way.
fn conditions<'e>(expr: &'e IdedExpr, found: &mut Vec<&'e IdedExpr>) {
    if let Expr::Call(call) = &expr.expr {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_NOT | op::LOGICAL_AND | op::LOGICAL_OR, all) => {
                return all.iter().for_each(|one| conditions(one, found));
            }
            (op::CONDITIONAL, [condition, yes, no]) => {
                return [condition, yes, no].into_iter().for_each(|one| conditions(one, found));
            }
            _ => {}
        }
    }
    inner(expr, found);
    // What is always so cannot be otherwise.
    if !matches!(expr.expr, Expr::Literal(_)) {
        found.push(expr);
    }
}

/// The conditions inside of something that is none itself.
fn inner<'e>(expr: &'e IdedExpr, found: &mut Vec<&'e IdedExpr>) {
    match &expr.expr {
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (op::CONDITIONAL, [condition, yes, no]) => {
                conditions(condition, found);
                any(yes, found);
                any(no, found);
            }
            _ => parts(call).for_each(|part| any(part, found)),
        },
        Expr::List(list) => list.elements.iter().for_each(|part| any(part, found)),
        Expr::Select(select) => any(&select.operand, found),
        Expr::Comprehension(every) => {
            any(&every.iter_range, found);
            match inside(every) {
                Some(Inside::Condition(condition, _)) => conditions(condition, found),
                Some(Inside::Value(value)) => any(value, found),
                None => {}
            }
        }
        _ => {}
    }
}

fn any<'e>(expr: &'e IdedExpr, found: &mut Vec<&'e IdedExpr>) {
    if is_logic(expr) { conditions(expr, found) } else { inner(expr, found) }
}

/// Whether a part asks `has(…)`, or whether something is null.
fn asks(part: &IdedExpr) -> bool {
    let is_null = |expr: &IdedExpr| matches!(expr.expr, Expr::Literal(LiteralValue::Null));
    match &part.expr {
        Expr::Select(select) => select.test,
        Expr::Call(call) => {
            [op::EQUALS, op::NOT_EQUALS].contains(&call.func_name.as_str()) && call.args.iter().any(is_null)
        }
        _ => false,
    }
}

/// A part as it is written, from its first sign to its last.
fn written(part: &IdedExpr, source: &SourceInfo) -> String {
    let mut span: Option<(u32, u32)> = None;
    reach(part, source, &mut span);
    let (start, last) = span.unwrap_or_default();
    let signs: Vec<char> = source.source.chars().collect();
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX).min(signs.len());
    let (mut start, mut stop) = (place(start), place(last.saturating_add(1)));
    let is_name = |at: usize| signs.get(at).is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '.'));
    // A call is placed at its bracket, a member at its point: its name stands beside.
    if signs.get(start) == Some(&'(') {
        while start > 0 && is_name(start - 1) {
            start -= 1;
        }
    }
    while stop > 0 && is_name(stop - 1) && is_name(stop) {
        stop += 1;
    }
    let open = |stop: usize| {
        let within = &signs[start..stop];
        let count = |marks: [char; 2]| within.iter().filter(|sign| marks.contains(sign)).count();
        count(['(', '[']) > count([')', ']'])
    };
    while stop < signs.len() && open(stop) {
        stop += 1;
    }
    let text: String = signs[start..stop].iter().collect();
    text.trim().to_owned()
}

/// From where to where a part and everything inside of it stand.
fn reach(part: &IdedExpr, source: &SourceInfo, span: &mut Option<(u32, u32)>) {
    if let Some((start, stop)) = source.offset_for(part.id) {
        let (low, high) = span.unwrap_or((start, stop));
        *span = Some((low.min(start), high.max(stop)));
    }
    match &part.expr {
        Expr::Call(call) => parts(call).for_each(|part| reach(part, source, span)),
        Expr::List(list) => list.elements.iter().for_each(|part| reach(part, source, span)),
        Expr::Select(select) => reach(&select.operand, source, span),
        Expr::Comprehension(every) => {
            reach(&every.iter_range, source, span);
            if let Some(Inside::Condition(inside, _) | Inside::Value(inside)) = inside(every) {
                reach(inside, source, span);
            }
        }
        _ => {}
    }
}
