//! What a rule looks at: a register's answer holds far more than a rule asks.

use std::collections::{BTreeMap, HashMap};

use cel::common::ast::{EntryExpr, Expr};
use cel::{IdedExpr, Value};
use serde_json::Value as Json;

/// The part of a value that is looked at.
#[derive(Debug, Default)]
pub struct Reads {
    /// Everything beneath it.
    whole: bool,
    /// These members of an object.
    members: BTreeMap<String, Self>,
}

impl Reads {
    /// What an expression names.
    pub fn of(expr: &IdedExpr) -> Self {
        let mut root = Self::default();
        root.gather(expr);
        root
    }

    /// Whether a name is read at all.
    pub fn reads(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The members that are read under a name; none means any of them.
    pub fn members_of(&self, name: &str) -> Option<Vec<&str>> {
        match self.members.get(name) {
            None => Some(Vec::new()),
            Some(reads) if reads.whole => None,
            Some(reads) => Some(reads.members.keys().map(String::as_str).collect()),
        }
    }

    /// The members of an object that are read, or whose presence is asked.
    pub fn members(&self, name: &str) -> Vec<&str> {
        self.members.get(name).into_iter().flat_map(|reads| reads.members.keys()).map(String::as_str).collect()
    }

    /// The paths that are read, or whose presence is asked: `registers.person.status`.
    pub fn paths(&self) -> Vec<String> {
        let within = |(name, reads): (&String, &Self)| {
            let deeper = reads.paths();
            if deeper.is_empty() || reads.whole {
                return vec![name.clone()];
            }
            deeper.into_iter().map(|path| format!("{name}.{path}")).collect()
        };
        self.members.iter().flat_map(within).collect()
    }

    /// Whether a member of a name is read, alone or with everything beside it.
    pub fn reads_member(&self, name: &str, member: &str) -> bool {
        self.members.get(name).is_some_and(|reads| reads.whole || reads.members.contains_key(member))
    }

    /// The part of this value that is read under a name.
    pub fn value(&self, name: &str, json: &Json) -> Option<Value> {
        self.members.get(name).map(|reads| reads.part(json))
    }

    fn part(&self, json: &Json) -> Value {
        match json {
            Json::Object(object) if !self.whole => {
                let there = |(name, reads): (&String, &Self)| Some((name.clone(), reads.part(object.get(name)?)));
                Value::from(self.members.iter().filter_map(there).collect::<HashMap<String, Value>>())
            }
            json => whole(json),
        }
    }

    /// The node of a path, if the expression is one.
    fn node(&mut self, expr: &IdedExpr) -> Option<&mut Self> {
        match &expr.expr {
            Expr::Ident(name) => Some(self.members.entry(name.clone()).or_default()),
            Expr::Select(select) => Some(self.node(&select.operand)?.members.entry(select.field.clone()).or_default()),
            _ => None,
        }
    }

    fn gather(&mut self, expr: &IdedExpr) {
        match &expr.expr {
            Expr::Ident(_) | Expr::Select(_) => {
                // Whether a member is there does not need what lies in it.
                let asks = matches!(&expr.expr, Expr::Select(select) if select.test);
                if let Some(node) = self.node(expr) {
                    node.whole |= !asks;
                } else if let Expr::Select(select) = &expr.expr {
                    self.gather(&select.operand);
                }
            }
            Expr::Call(call) => {
                call.target.iter().map(AsRef::as_ref).chain(&call.args).for_each(|one| self.gather(one))
            }
            Expr::List(list) => list.elements.iter().for_each(|one| self.gather(one)),
            Expr::Comprehension(every) => {
                let parts = [&every.iter_range, &every.accu_init, &every.loop_cond, &every.loop_step, &every.result];
                parts.into_iter().for_each(|one| self.gather(one));
            }
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.gather_entry(&entry.expr)),
            Expr::Struct(made) => made.entries.iter().for_each(|entry| self.gather_entry(&entry.expr)),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn gather_entry(&mut self, entry: &EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => self.gather(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.gather(&entry.key);
                self.gather(&entry.value);
            }
        }
    }
}

fn whole(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => number.as_i64().map_or_else(|| number.as_f64().into(), Value::Int),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(list) => Value::from(list.iter().map(whole).collect::<Vec<_>>()),
        Json::Object(object) => {
            Value::from(object.iter().map(|(name, json)| (name.clone(), whole(json))).collect::<HashMap<_, _>>())
        }
    }
}
