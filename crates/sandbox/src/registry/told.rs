//! What registers are told: any operation whose file says POST and names no
//! table of a provider's. A message carries a key; the same one again is answered
//! as the first time, and does nothing.

use std::fs;
use std::io;
use std::path::Path;

use base::{CompanyNumber, IdNumber};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Mode, Operation, Register, Registers};
use crate::population::governorate;

/// Where the registers' listener is told, before an operation's identifier.
pub const PATH: &str = "/told";
/// Longest identifier of an operation, characters.
const IDENTIFIER: usize = 200;
/// Largest message, octets.
pub const BYTES: usize = 64 << 10;

/// The operation that enters a newborn.
pub const NEWBORNS: &str = "PS/GOV/MOI/CIVIL/newborns";
/// Before the ID numbers of newborns, eight digits without the check digit.
const NEWBORN_HEAD: u32 = 99_990_000;

/// A message: about a person by `id`, about a company by `number`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    key: String,
    id: Option<String>,
    number: Option<String>,
    values: Map<String, Value>,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    operation: String,
    message: Message,
    /// Its number in the register.
    number: usize,
}

impl Told {
    /// The number under which it is kept: in its register’s own shape where papers show it.
    fn number(&self) -> String {
        let of = |field: &str| self.message.values.get(field).and_then(Value::as_str);
        match self.operation.as_str() {
            "PS/GOV/MONE/COMPANIES/registrations" => format!("5625{:05}", self.number),
            "PS/GOV/POST/ADDRESSES/buildings" => {
                let place = of("governorate").and_then(governorate);
                place.map_or_else(|| format!("M-{}", self.number), |place| place.new_postcode(self.number))
            }
            NEWBORNS => self.newborn(),
            _ => format!("M-{}", self.number),
        }
    }
    /// A child's ID number; nobody of the population has one of these.
    fn newborn(&self) -> String {
        let head = u32::try_from(self.number).unwrap_or(0) % 10_000;
        IdNumber::complete(NEWBORN_HEAD + head).as_str().to_owned()
    }
    /// What the register answers.
    fn answer(&self) -> Value {
        let mut answer = json!({ "key": self.message.key, "number": self.number() });
        if self.operation == NEWBORNS {
            answer["entry"] = format!("BN-{:05}", self.number).into();
        }
        answer
    }
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTold {
    /// It has another shape.
    #[error("the message has another shape")]
    Malformed,
    /// The register knows nobody by that number.
    #[error("nothing is registered under that number")]
    Unknown,
    /// The key was used for something else.
    #[error("the key was used for another message")]
    Other,
    /// The register is down.
    #[error("the register is out of order")]
    Down,
}

/// The operations of a folder that registers are told by, in order: those with
/// `method = "POST"` and no `[connector]`.
///
/// # Errors
/// The disk's; a file that is no TOML is another's to complain of.
pub fn operations(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let Ok(file) = fs::read_to_string(&path)?.parse::<toml::Table>() else { continue };
        let word = |key: &str| file.get(key).and_then(toml::Value::as_str);
        if word("method") == Some("POST") && !file.contains_key("connector") {
            found.extend(word("identifier").map(str::to_owned));
        }
    }
    found.sort();
    Ok(found)
}

/// The register that an operation's subsystem is, if it is one of ours.
#[must_use]
pub fn register(operation: &str) -> Option<Register> {
    let subsystem = |identifier: &str| identifier.rsplit_once('/').map(|(subsystem, _)| subsystem.to_owned());
    let own = subsystem(operation)?;
    let known = Operation::ALL.into_iter().find(|known| subsystem(known.identifier()).as_ref() == Some(&own));
    known.map(Operation::register)
}

impl Registers {
    /// Takes a message, once for each key.
    ///
    /// # Errors
    /// See [`NotTold`]; nothing was done then.
    pub fn tell(&self, operation: &str, body: &[u8]) -> Result<Value, NotTold> {
        if register(operation).is_some_and(|register| self.mode(register) == Mode::Down) {
            return Err(NotTold::Down);
        }
        if operation.chars().count() > IDENTIFIER {
            return Err(NotTold::Malformed);
        }
        let message: Message = serde_json::from_slice(body).map_err(|_| NotTold::Malformed)?;
        if message.key.is_empty() {
            return Err(NotTold::Malformed);
        }
        let is_known = match (&message.id, &message.number) {
            (Some(id), None) => {
                let id = IdNumber::parse(id).ok_or(NotTold::Malformed)?;
                self.population().find(id.as_str()).is_some()
            }
            (None, Some(number)) => {
                let number = CompanyNumber::parse(number).ok_or(NotTold::Malformed)?;
                self.company(number.as_str()).is_some()
            }
            _ => return Err(NotTold::Malformed),
        };
        if !is_known {
            return Err(NotTold::Unknown);
        }
        let mut overlay = self.write();
        let next = overlay.told.len() + 1;
        let key = message.key.clone();
        let fresh = || Told { operation: operation.to_owned(), message: message.clone(), number: next };
        let kept = overlay.told.entry(key).or_insert_with(fresh);
        if kept.message != message || kept.operation != operation {
            return Err(NotTold::Other);
        }
        Ok(kept.answer())
    }
    /// How many messages were taken.
    #[must_use]
    pub fn told(&self) -> usize {
        self.read().told.len()
    }
}

#[cfg(test)]
mod tests {
    use base::Date;

    use super::*;
    use crate::population::PEOPLE;

    const MOVES: &str = "PS/GOV/MOI/CIVIL/moves";

    #[test]
    fn the_same_key_does_it_once() {
        let registers = Registers::new(Date::new(2026, 11, 24).unwrap());
        let id = PEOPLE[0].id_number.as_str();
        let message = |key: &str, id: &str, street: &str| {
            json!({ "key": key, "id": id, "values": { "street": street } }).to_string().into_bytes()
        };
        let first = registers.tell(MOVES, &message("k1", id, "a")).unwrap();
        assert_eq!(registers.tell(MOVES, &message("k1", id, "a")).unwrap(), first);
        assert_eq!(registers.tell(MOVES, &message("k1", id, "b")), Err(NotTold::Other));
        assert_eq!(registers.tell("PS/GOV/MOI/CIVIL/names", &message("k1", id, "a")), Err(NotTold::Other));
        let nobody = IdNumber::complete(99_999_999);
        assert_eq!(registers.tell(MOVES, &message("k2", nobody.as_str(), "a")), Err(NotTold::Unknown));
        assert_eq!(registers.tell(MOVES, &message("", id, "a")), Err(NotTold::Malformed));
        assert_eq!(registers.tell(MOVES, b"[]"), Err(NotTold::Malformed));
        // A company is told of by its own number, and by nothing else beside it.
        let of = |who: Value| {
            let mut message = json!({ "key": "k5", "values": {} });
            message.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
            registers.tell(MOVES, &message.to_string().into_bytes())
        };
        let company = registers.companies()[0].number.clone();
        assert_eq!(of(json!({ "number": "569999999" })), Err(NotTold::Unknown));
        assert_eq!(of(json!({ "number": company.as_str(), "id": id })), Err(NotTold::Malformed));
        assert_eq!(of(json!({})), Err(NotTold::Malformed));
        assert_eq!(of(json!({ "number": company.as_str() })).unwrap()["number"], "M-2");
        assert_eq!(registers.told(), 2);
        registers.set_mode(Register::Civil, Mode::Down);
        assert_eq!(registers.tell(MOVES, &message("k3", id, "a")), Err(NotTold::Down));
        // Another register is not the civil registry's.
        assert_eq!(registers.tell("PS/GOV/X/Y/z", &message("k4", id, "a")).unwrap()["number"], "M-3");
        registers.set_mode(Register::Civil, Mode::Up);
        assert_eq!(registers.tell(MOVES, &message("k3", id, "a")).unwrap()["number"], "M-4");
    }

    #[test]
    fn an_operation_that_posts_is_taken_unless_its_provider_answers_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/operations");
        let found = operations(&folder).unwrap();
        assert!(found.iter().any(|operation| operation == MOVES));
        assert!(!found.iter().any(|operation| Operation::ALL.iter().any(|asked| asked.identifier() == operation)));
        assert_eq!(register(MOVES), Some(Register::Civil));
        assert_eq!(register("PS/GOV/X/Y/z"), None);
    }
}
