//! JSON objects without double members and without deep nesting. `serde_json`
//! keeps the last of two equal names where other readers keep the first, so
//! that one signed text could mean two things (RFC 8725 §2.6 and RFC 7519 §4).

use std::fmt;

use serde_json::{Map, Value};

use super::{JSON_DEPTH_MAX, Object};
use crate::SealError;

/// Reads one object.
pub(super) fn object(what: &'static str, bytes: &[u8]) -> Result<Object, SealError> {
    let wrong = |why| SealError::malformed(what, why);
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("not UTF-8"))?;
    check_depth(text).map_err(wrong)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let Strict(value) = serde::Deserialize::deserialize(&mut reader).map_err(|_| wrong("not strict JSON"))?;
    reader.end().map_err(|_| wrong("bytes follow"))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(wrong("not an object")),
    }
}

fn check_depth(text: &str) -> Result<(), &'static str> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return Err("nested too deep");
        }
    }
    Ok(())
}

struct Strict(Value);

impl<'de> serde::Deserialize<'de> for Strict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor).map(Self)
    }
}

struct Visitor;

impl<'de> serde::de::Visitor<'de> for Visitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            out.push(value);
        }
        Ok(Value::Array(out))
    }
    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if out.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a member stands twice"));
            }
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_objects_are_read() {
        for bad in [
            r#"{"a":1,"a":2}"#.to_owned(),
            r#"{"a":{"b":1,"b":1}}"#.to_owned(),
            "[]".to_owned(),
            "{} {}".to_owned(),
            format!("{{\"a\":{}{}}}", "[".repeat(JSON_DEPTH_MAX), "]".repeat(JSON_DEPTH_MAX)),
        ] {
            assert!(object("x", bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(object("x", b"{\"\xff\":1}").is_err());
        let read = object("x", br#"{"a":[1,-2,0.5,true,null,"[[[[[[[[[[[[[[[[[[[[\"[["]}"#).unwrap();
        assert_eq!(read["a"][0], 1);
    }
}
