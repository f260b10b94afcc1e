//! What a register is told: a move to another address, as a sample of an
//! operation that writes. A message carries a key; the same one again is answered
//! as the first time, and does nothing.

use base::IdNumber;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Mode, Register, Registers};

/// The operation, and its address on the registers' listener.
pub const MOVES: (&str, &str) = ("PS/GOV/MOI/CIVIL/moves", "/moi/civil/moves");
/// Largest message, octets.
pub const BYTES: usize = 64 << 10;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    key: String,
    id: String,
    values: Map<String, Value>,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    message: Message,
    /// Its number in the register.
    number: usize,
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

impl Registers {
    /// Takes a message, once for each key.
    ///
    /// # Errors
    /// See [`NotTold`]; nothing was done then.
    pub fn tell(&self, body: &[u8]) -> Result<Value, NotTold> {
        if self.mode(Register::Civil) == Mode::Down {
            return Err(NotTold::Down);
        }
        let message: Message = serde_json::from_slice(body).map_err(|_| NotTold::Malformed)?;
        let number = IdNumber::parse(&message.id).ok_or(NotTold::Malformed)?;
        if message.key.is_empty() {
            return Err(NotTold::Malformed);
        }
        self.population().find(number.as_str()).ok_or(NotTold::Unknown)?;
        let mut overlay = self.write();
        let next = overlay.told.len() + 1;
        let key = message.key.clone();
        let kept = overlay.told.entry(key).or_insert_with(|| Told { message: message.clone(), number: next });
        if kept.message != message {
            return Err(NotTold::Other);
        }
        Ok(json!({ "key": kept.message.key, "number": format!("M-{}", kept.number) }))
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

    #[test]
    fn the_same_key_does_it_once() {
        let registers = Registers::new(Date::new(2026, 11, 24).unwrap());
        let id = PEOPLE[0].id_number.as_str();
        let message = |key: &str, id: &str, street: &str| {
            json!({ "key": key, "id": id, "values": { "street": street } }).to_string().into_bytes()
        };
        let first = registers.tell(&message("k1", id, "a")).unwrap();
        assert_eq!(registers.tell(&message("k1", id, "a")).unwrap(), first);
        assert_eq!(registers.tell(&message("k1", id, "b")), Err(NotTold::Other));
        let nobody = IdNumber::complete(99_999_999);
        assert_eq!(registers.tell(&message("k2", nobody.as_str(), "a")), Err(NotTold::Unknown));
        assert_eq!(registers.tell(&message("", id, "a")), Err(NotTold::Malformed));
        assert_eq!(registers.tell(b"[]"), Err(NotTold::Malformed));
        assert_eq!(registers.told(), 1);
        registers.set_mode(Register::Civil, Mode::Down);
        assert_eq!(registers.tell(&message("k3", id, "a")), Err(NotTold::Down));
        registers.set_mode(Register::Civil, Mode::Up);
        assert_eq!(registers.tell(&message("k3", id, "a")).unwrap()["number"], "M-2");
    }
}
