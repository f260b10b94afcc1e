//! The JSON Schema of `service.toml`, made from the types that read it: editors
//! complete keys with it and underline what is wrong while one types. What depends
//! on other files, and what rules mean, the lint says.

use base::{Assurance, Currency, Locale};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::ServiceFile;
use super::keys::{OF_A_DECISION, OF_A_FIELD, also, tighten};

/// A day, `2026-11-24`.
pub(crate) const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
/// An amount, `5.00`.
pub(super) const AMOUNT: &str = "^[0-9]+(\\.[0-9]{1,3})?$";
/// An operation of the exchange: instance, class, member, subsystem, operation.
pub(super) const OPERATION: &str = "^[^/]+/[^/]+/[^/]+/[^/]+/[^/]+$";
/// The service's key: agency, thing, act.
pub(super) const KEY: &str = "^[a-z0-9]+(\\.[a-z0-9]+)+$";
/// A JSON Pointer (RFC 6901).
pub(crate) const POINTER: &str = "^(/[^/]*)*$";
/// Ways of collecting a paper.
pub(crate) const DELIVERIES: [&str; 3] = ["wallet", "post", "office"];

/// The schema (draft 2020-12) of `service.toml`.
#[must_use]
pub fn service_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut schema = generator.into_root_schema_for::<ServiceFile>().to_value();
    schema["title"] = json!("service.toml");
    tidy(&mut schema);
    schema
}

/// TOML has no null, and what a number is kept in is nobody's business.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(tidy),
        Value::Object(members) => {
            if let Some(Value::Array(kinds)) = members.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [one] = &kinds[..] {
                    let one = one.clone();
                    members.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(ways)) = members.get_mut("anyOf") {
                ways.retain(|way| *way != json!({ "type": "null" }));
                if let [Value::Object(one)] = &ways[..] {
                    let one = one.clone();
                    members.remove("anyOf");
                    for (key, value) in one {
                        members.entry(key).or_insert(value);
                    }
                }
            }
            if members.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
                members.remove("format");
            }
            if members.get("default") == Some(&Value::Null) {
                members.remove("default");
            }
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            members.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

/// A text in every language of the portal.
pub(super) fn spoken(_: &mut SchemaGenerator) -> Schema {
    let tags: Vec<&str> = Locale::all().map(Locale::tag).collect();
    json_schema!({ "type": "object", "required": tags, "additionalProperties": { "type": "string", "minLength": 1 } })
}

/// The words of assurance.
pub(super) fn assurances() -> [&'static str; 3] {
    [Assurance::Low, Assurance::Substantial, Assurance::High].map(Assurance::as_str)
}

/// The codes of currencies.
pub(super) fn currencies() -> [&'static str; 4] {
    Currency::ALL.map(Currency::code)
}

/// One of two keys, and not both.
fn one_of(keys: &[&str]) -> Value {
    let ways: Vec<Value> = keys.iter().map(|key| json!({ "required": [key] })).collect();
    json!({ "oneOf": ways })
}

pub(super) fn service(schema: &mut Schema) {
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.push(json!("step"));
    }
}

pub(super) fn page(schema: &mut Schema) {
    // Known values that officers alone read are always there.
    let officers = json!({ "properties": { "officers": { "const": true } }, "required": ["officers"] });
    let shown = json!({ "required": ["known"], "properties": { "when": false } });
    also(schema, [one_of(&["known", "field", "repeat"]), json!({ "if": officers, "then": shown })]);
}

pub(super) fn promise(schema: &mut Schema) {
    also(schema, [one_of(&["minutes", "working_days"])]);
}

pub(super) fn by_place(schema: &mut Schema) {
    also(
        schema,
        [one_of(&["field", "lookup"]), json!({ "dependentRequired": { "lookup": ["path"], "path": ["lookup"] } })],
    );
}

pub(crate) fn field(schema: &mut Schema) {
    tighten(schema, "kind", OF_A_FIELD);
}

/// Of an entry of a list: it neither takes files nor names what is elsewhere.
pub(super) fn entry(schema: &mut Schema) {
    if let Some(Value::Object(items)) = schema.get_mut("items") {
        items.insert("properties".to_owned(), json!({ "kind": { "not": { "enum": ["files", "listed", "paper"] } } }));
    }
}

pub(super) fn decide(schema: &mut Schema) {
    tighten(schema, "by", OF_A_DECISION);
    let by_rule = json!({ "properties": { "by": { "const": "rule" } }, "required": ["by"] });
    let rules = json!({ "oneOf": [{ "required": ["rule", "reason"] }, { "required": ["check"] }] });
    also(schema, [json!({ "if": by_rule, "then": rules })]);
}

pub(super) fn pay(schema: &mut Schema) {
    let several = json!({ "properties": { "instalments": { "minimum": 2 } }, "required": ["instalments"] });
    let (paced, at_once) = (json!({ "required": ["every_days"] }), json!({ "properties": { "every_days": false } }));
    also(schema, [json!({ "if": several, "then": paced, "else": at_once })]);
}

pub(super) fn clear(schema: &mut Schema) {
    // Among many, each has its clock.
    if let Some(Value::Object(bodies)) = schema.pointer_mut("/properties/body/items") {
        bodies.insert("required".to_owned(), json!(["days", "silence"]));
    }
}

pub(super) fn visit(schema: &mut Schema) {
    let made = json!({ "operation": false, "silence": { "const": "escalate" } });
    also(schema, [json!({ "properties": made, "required": ["unit"] })]);
}

pub(super) fn appointment(schema: &mut Schema) {
    also(schema, [one_of(&["unit", "field"])]);
}

pub(super) fn body(schema: &mut Schema) {
    let together = json!({ "operation": ["rule"], "rule": ["operation"], "days": ["silence"], "silence": ["days"] });
    let answers = json!([{ "required": ["unit"] }, { "required": ["operation"] }]);
    let escalates = json!({ "properties": { "silence": { "const": "escalate" } }, "required": ["silence"] });
    also(
        schema,
        [
            json!({ "dependentRequired": together }),
            json!({ "anyOf": answers }),
            json!({ "if": escalates, "then": { "required": ["unit"] } }),
        ],
    );
}
