//! Documents grown from a JSON Schema: it is walked, and each demand of it is met
//! more often than not. Names come from a small stock, so that they lead somewhere
//! now and then.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use testkit::Dice;

/// Lists have so many things at most, unless the schema wants more.
const MANY: usize = 3;
/// So often a demand on keys is looked at: one can follow from another.
const ROUNDS: usize = 4;

const NAMES: [&str; 8] = ["person", "purpose", "partners", "family", "child", "tax", "nothing", "a"];
const RULES: [&str; 22] = [
    "true",
    "false",
    "has(registers.person)",
    "has(registers.person) && registers.person.status == 'alive'",
    "answers.purpose == 'work'",
    "answers.purpose == 'red'",
    "has(answers.purpose)",
    "has(answers.partners) && size(answers.partners) > 1",
    "today >= '2026-11-24'",
    "tables.a == 'x'",
    "has(chosen.a) && chosen.a.serial == 'b'",
    "1 / 0 == 1",
    "1 + 'a'",
    "1 +",
    "answers",
    "registers.person.nothing.more",
    "answers.purpose",
    "''",
    "نعم",
    "[1, 2, 3].exists(one, one == 4)",
    "2",
    "years(today, today) > 9223372036854775807",
];
const OPERATIONS: [&str; 5] = [
    "PS/GOV/MOI/CIVIL/person",
    "PS/GOV/MOI/CIVIL/family",
    "PS/GOV/MOI/CIVIL/moves",
    "PS/GOV/PLA/LAND/parcel",
    "PS/GOV/NO/SUCH/thing",
];

/// What grows from a schema.
pub struct Grower<'s> {
    root: &'s Value,
    dice: &'s Dice,
    /// Whether it keeps to the demands on keys this time.
    pub strict: bool,
    /// The keys and words that grew, each after where they stand.
    pub grown: BTreeSet<String>,
}

impl<'s> Grower<'s> {
    pub fn new(root: &'s Value, dice: &'s Dice) -> Self {
        Self { root, dice, strict: true, grown: BTreeSet::new() }
    }

    pub fn document(&mut self) -> Value {
        let mut whole = self.root.clone();
        whole["$name"] = json!("service");
        self.grow(&whole, "")
    }

    /// The schema that is meant, with what stands beside a reference.
    pub fn resolved(&self, schema: &Value) -> Value {
        let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) else {
            return schema.clone();
        };
        let mut found = self.root["$defs"][name].clone();
        found["$name"] = json!(name);
        let beside: Map<String, Value> = schema
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| matches!(key.as_str(), "properties" | "required"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !beside.is_empty() {
            let mut all = found["allOf"].as_array().cloned().unwrap_or_default();
            all.push(Value::Object(beside));
            found["allOf"] = json!(all);
        }
        found
    }

    /// A value of this schema, under a key of this name.
    pub fn grow(&mut self, schema: &Value, key: &str) -> Value {
        let schema = self.resolved(schema);
        if let Some(ways) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
            let mut way = self.dice.pick(ways).clone();
            if let (Some(name), Some(kind)) =
                (schema["$name"].as_str(), way["properties"]["kind"]["const"].as_str().map(str::to_owned))
            {
                way["$name"] = json!(format!("{name}.{kind}"));
            }
            return self.grow(&way, key);
        }
        if let Some(word) = schema.get("const") {
            self.grown.insert(format!("{key}={word}"));
            return word.clone();
        }
        if let Some(words) = schema["enum"].as_array() {
            let word = self.dice.pick(words);
            self.grown.insert(format!("{key}={word}"));
            return word.clone();
        }
        match schema["type"].as_str() {
            Some("object") => self.object(&schema),
            Some("array") => {
                let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
                let length = least + self.dice.index(MANY + 1);
                (0..length).map(|_| self.grow(&schema["items"], key)).collect()
            }
            Some("integer") => {
                let least = schema["minimum"].as_i64().unwrap_or(0);
                let most = schema["maximum"].as_i64().unwrap_or(least + 9);
                json!(if self.dice.one_in(4) {
                    *self.dice.pick(&[least, most])
                } else {
                    self.dice.between(least, most)
                })
            }
            Some("boolean") => json!(self.dice.one_in(2)),
            _ => self.text(&schema, key),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let name = schema["$name"].as_str().unwrap_or("?").to_owned();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let (mut object, none) = (Map::new(), Map::new());
        for (key, inner) in schema["properties"].as_object().unwrap_or(&none) {
            if required.contains(&key.as_str()) || self.dice.one_in(2) {
                object.insert(key.clone(), self.grow(inner, key));
            }
        }
        if schema["additionalProperties"].is_object() {
            let keys: Vec<&str> = if required.is_empty() { vec!["poor", "id"] } else { required };
            for key in keys {
                object.insert(key.to_owned(), self.grow(&schema["additionalProperties"], key));
            }
        }
        for _ in 0..if self.strict { ROUNDS } else { 0 } {
            for demand in schema["allOf"].as_array().into_iter().flatten() {
                self.meet(&mut object, schema, demand);
            }
        }
        self.grown.extend(object.keys().map(|key| format!("{name}.{key}")));
        Value::Object(object)
    }

    /// Changes keys until a demand on them is met.
    fn meet(&mut self, object: &mut Map<String, Value>, schema: &Value, demand: &Value) {
        let add = |grower: &mut Self, object: &mut Map<String, Value>, key: &str| {
            if !object.contains_key(key) {
                let value = grower.grow(&schema["properties"][key], key);
                object.insert(key.to_owned(), value);
            }
        };
        if let Some(condition) = demand.get("if") {
            let holds = jsonschema::is_valid(condition, &Value::Object(object.clone()));
            if let Some(then) = demand.get(if holds { "then" } else { "else" }) {
                self.meet(object, schema, then);
            }
        }
        for key in demand["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            add(self, object, key);
        }
        for (key, others) in demand["dependentRequired"].as_object().into_iter().flatten() {
            for other in others.as_array().into_iter().flatten().filter_map(Value::as_str) {
                if object.contains_key(key) {
                    add(self, object, other);
                }
            }
        }
        for (key, inner) in demand["properties"].as_object().into_iter().flatten() {
            let fits = object.get(key).is_none_or(|value| *inner != json!(false) && jsonschema::is_valid(inner, value));
            if !fits {
                object.remove(key);
                if inner.get("const").is_some() {
                    object.insert(key.clone(), inner["const"].clone());
                }
            }
        }
        if let Some(ways) = demand["oneOf"].as_array() {
            let keys = |way: &Value| -> Vec<String> {
                way["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let met = ways.iter().filter(|way| keys(way).iter().all(|key| object.contains_key(key))).count();
            if met != 1 {
                let chosen = keys(self.dice.pick(ways));
                ways.iter()
                    .flat_map(keys)
                    .filter(|key| !chosen.contains(key))
                    .for_each(|key| drop(object.remove(&key)));
                chosen.iter().for_each(|key| add(self, object, key));
            }
        }
        if let Some(ways) = demand["anyOf"].as_array()
            && !ways.iter().any(|way| jsonschema::is_valid(way, &Value::Object(object.clone())))
        {
            let way = self.dice.pick(ways).clone();
            self.meet(object, schema, &way);
        }
    }

    fn text(&mut self, schema: &Value, key: &str) -> Value {
        let pick = |all: &[&str]| (*self.dice.pick(all)).to_owned();
        if schema["$name"] == "Rule" || schema["maxLength"].is_number() {
            return json!(pick(&RULES));
        }
        json!(match key {
            "operation" => pick(&OPERATIONS),
            "takes_effect" | "from" | "valid_from" => pick(&["2026-01-01", "2027-02-28", "2026-02-30"]),
            "amount" => pick(&["5.00", "0", "12.5", "5.005", "99999999999999999999"]),
            "path" | "key" | "label" =>
                pick(&["", "/members", "/full_name/ar", "/status", "/purpose", "/nothing", "/a/0"]),
            "unit" => pick(&["licensing.ramallah", "licensing.nablus", "moon"]),
            "provider" => pick(&["moi", "moi", "moi", "nobody"]),
            "life_events" => pick(&["family", "nothing"]),
            "services" => pick(&["moi.family.extract", "no.such"]),
            "office" => pick(&["post", "licensing", "moon"]),
            "options" | "gives" => pick(&["work", "study", "x", ""]),
            "when" => pick(&["-", "'work'", "< 3", "3..7", "'2026-11-24'", "true", "what"]),
            "code" | "fee" | "fees" => pick(&["test.first", "test.parts", "nothing"]),
            "cohort" => pick(&["poor", "nobody"]),
            "serial" => pick(&["TW", "", "أ", "a/b"]),
            "search_words" | "name" | "decision" | "ar" | "en" => pick(&["كلمة", "word", "\u{202e}x"]),
            "public" | "id" | "field" | "lookup" | "sees" | "sends" | "reason" | "discreet" =>
                match self.dice.below(20) {
                    0 => "with space".to_owned(),
                    1 => "x".repeat(300),
                    2 => "قيد".to_owned(),
                    3 => "chosen".to_owned(),
                    4 => "answers".to_owned(),
                    _ => pick(&NAMES),
                },
            _ => pick(&NAMES),
        })
    }

    /// The same document with one part of it grown anew, or gone.
    pub fn graft(&mut self, value: &mut Value, schema: &Value, key: &str) {
        let mut schema = self.resolved(schema);
        if let Some(ways) = schema["oneOf"].as_array()
            && let Some(way) = ways.iter().find(|way| way["properties"]["kind"]["const"] == value["kind"])
            && value.get("kind").is_some()
        {
            schema = way.clone();
        }
        let deeper = !self.dice.one_in(4);
        match value {
            Value::Object(members) if deeper && !members.is_empty() && schema["properties"].is_object() => {
                let keys: Vec<String> = members.keys().cloned().collect();
                let chosen = self.dice.pick(&keys).clone();
                if self.dice.one_in(10) {
                    members.remove(&chosen);
                } else if let Some(inner) = members.get_mut(&chosen) {
                    self.graft(inner, &schema["properties"][&chosen], &chosen);
                }
            }
            Value::Array(all) if deeper && !all.is_empty() => {
                let at = self.dice.index(all.len());
                match self.dice.below(10) {
                    0 => drop(all.remove(at)),
                    1 => {
                        let twice = all[at].clone();
                        all.push(twice);
                    }
                    2 => all.rotate_left(1),
                    3 => {
                        let new = self.grow(&schema["items"], key);
                        all.insert(at, new);
                    }
                    _ => self.graft(&mut all[at], &schema["items"], key),
                }
            }
            _ => *value = self.grow(&schema, key),
        }
    }
}
