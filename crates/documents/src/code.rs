//! The code that is printed on a paper: an address that says online whether the
//! paper holds, and behind its `#`, which never leaves the reader's phone, what
//! is on it, signed (COSE, RFC 9052), for a check without a network.

use seal::cose::cbor::{Value, decode, encode};
use seal::cose::{sign1, verify1};
use seal::{PublicKey, SigningKey};
use serde_json::Value as Json;

use crate::model::{Content, Refusal};

/// Bound into every signature of a code.
const CONTEXT: &[u8] = b"hukumati/paper/1";
/// Between the origin and the code of a paper in its address.
const VERIFY: &str = "/verify/";
/// The most that one code carries of a value, characters.
const VALUE_CHARS: usize = 60;

/// Which copy of how many, as it stands on a copy: later ones are not counted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyNumber {
    /// From 1.
    pub number: u32,
    /// How many there were, this one included.
    pub of: u32,
}

/// What a printed code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The serial number.
    pub serial: String,
    /// The short code.
    pub code: String,
    /// What it is, in Arabic.
    pub title: String,
    /// The day of issue.
    pub issued: String,
    /// The last day, if any.
    pub valid_until: Option<String>,
    /// The public values, by name.
    pub values: Vec<(String, String)>,
    /// Which copy it stands on; none on papers from before copies were counted.
    pub copy: Option<CopyNumber>,
}

/// Signs what the code of this paper says.
pub(crate) fn sign(content: &Content, key: &SigningKey) -> Result<Vec<u8>, Refusal> {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut pairs = vec![
        (Value::Int(1), text(&content.serial)),
        (Value::Int(2), text(&content.code)),
        (Value::Int(3), text(&content.title[0])),
        (Value::Int(4), text(&content.issued)),
    ];
    if let Some(last) = &content.valid_until {
        pairs.push((Value::Int(5), text(last)));
    }
    let values = content.public.iter().filter_map(|name| {
        let value = plain(content.values.get(name)?)?;
        Some((text(name), Value::Text(value.chars().take(VALUE_CHARS).collect())))
    });
    pairs.push((Value::Int(6), Value::Map(values.collect())));
    pairs.push((Value::Int(7), Value::Int(i64::from(content.copy))));
    pairs.push((Value::Int(8), Value::Int(i64::from(content.copies))));
    Ok(sign1(key, &encode(&Value::Map(pairs))?, CONTEXT)?)
}

/// A value in Arabic, or as it is in every language.
pub(crate) fn plain(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Object(spoken) => spoken.get("ar").and_then(Json::as_str).map(str::to_owned),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Where a copy of a paper is verified.
pub(crate) fn address(origin: &str, content: &Content) -> String {
    let Content { code, copy, copies, .. } = content;
    format!("{origin}{VERIFY}{code}?copy={copy}&of={copies}")
}

/// The code in such an address.
pub(crate) fn code_of(address: &str) -> Option<&str> {
    let (_, code) = address.rsplit_once(VERIFY)?;
    code.split('?').next()
}

/// The copy in such an address.
pub(crate) fn copy_of(address: &str) -> Option<CopyNumber> {
    let (_, asked) = address.rsplit_once("?copy=")?;
    let (number, of) = asked.split_once("&of=")?;
    Some(CopyNumber { number: number.parse().ok()?, of: of.parse().ok()? })
}

/// The text of the code: an address with the signed message behind `#`.
pub(crate) fn text(origin: &str, content: &Content, message: &[u8]) -> String {
    format!("{}#{}", address(origin, content), seal::digest::base32(message))
}

/// Reads and verifies a code with trusted keys only.
///
/// # Errors
/// No code, an unknown key, or a signature that does not hold.
pub fn read(text: &str, trusted: &[PublicKey]) -> Result<Said, Refusal> {
    let message = match text.trim().rsplit_once('#') {
        Some((_, behind)) => seal::digest::from_base32(behind)?,
        None => seal::cose::from_qr_text(text.trim())?,
    };
    let key_of = |id: &[u8]| trusted.iter().find(|key| key.key_id_bytes() == id).cloned();
    let verified = verify1(&message, key_of, CONTEXT)?;
    let payload = decode(&verified.payload)?;
    let word = |label: i64| payload.get(label).and_then(Value::as_text).map(str::to_owned);
    let missing = || Refusal::Template("the code lacks a part".to_owned());
    let values = match payload.get(6) {
        Some(Value::Map(pairs)) => pairs
            .iter()
            .filter_map(|(name, value)| Some((name.as_text()?.to_owned(), value.as_text()?.to_owned())))
            .collect(),
        _ => Vec::new(),
    };
    let number = |label: i64| u32::try_from(payload.get(label)?.as_int()?).ok();
    Ok(Said {
        copy: number(7).zip(number(8)).map(|(number, of)| CopyNumber { number, of }),
        serial: word(1).ok_or_else(missing)?,
        code: word(2).ok_or_else(missing)?,
        title: word(3).ok_or_else(missing)?,
        issued: word(4).ok_or_else(missing)?,
        valid_until: word(5),
        values,
    })
}
