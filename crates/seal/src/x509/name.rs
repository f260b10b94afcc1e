//! Distinguished names.

use std::fmt;

use super::{NAME_ATTRIBUTES_MAX, NAME_TEXT_MAX_BYTES, NAME_TEXT_MAX_CHARS};
use crate::der::{self, Reader, tag};
use crate::{SealError, oid};

/// The attributes that names are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// C: two letters
    Country,
    /// ST
    State,
    /// L
    Locality,
    /// O
    Organization,
    /// organizationIdentifier (ETSI EN 319 412-1)
    OrganizationIdentifier,
    /// OU
    OrganizationalUnit,
    /// CN
    CommonName,
    /// serialNumber: a person's or system's identifier, not the certificate's
    SerialNumber,
    /// SN
    Surname,
    /// GN
    GivenName,
}

use Attribute as A;

const ATTRIBUTES: [(Attribute, &[u8], &str); 10] = [
    (A::Country, oid::COUNTRY, "C"),
    (A::State, oid::STATE, "ST"),
    (A::Locality, oid::LOCALITY, "L"),
    (A::Organization, oid::ORGANIZATION, "O"),
    (A::OrganizationIdentifier, oid::ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
    (A::OrganizationalUnit, oid::ORGANIZATIONAL_UNIT, "OU"),
    (A::CommonName, oid::COMMON_NAME, "CN"),
    (A::SerialNumber, oid::SERIAL_NUMBER, "serialNumber"),
    (A::Surname, oid::SURNAME, "SN"),
    (A::GivenName, oid::GIVEN_NAME, "GN"),
];

/// A distinguished name: its DER, and those attributes that are known, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    der: Vec<u8>,
    attributes: Vec<(Attribute, String)>,
}

impl Name {
    /// A name of these attributes, from the most general to the most special.
    ///
    /// # Errors
    /// [`SealError::Malformed`] for an empty or oversized text or a country
    /// that is not two capital letters, [`SealError::TooLarge`] for too many.
    pub fn new(attributes: &[(Attribute, &str)]) -> Result<Self, SealError> {
        if attributes.is_empty() || attributes.len() > NAME_ATTRIBUTES_MAX {
            return Err(SealError::TooLarge { what: "name", limit: NAME_ATTRIBUTES_MAX });
        }
        let mut parts = Vec::with_capacity(attributes.len());
        for &(attribute, text) in attributes {
            let length = text.chars().count();
            if length == 0 || length > NAME_TEXT_MAX_CHARS || text.chars().any(char::is_control) {
                return Err(SealError::malformed(
                    "name",
                    format!("{attribute:?}: 1 to {NAME_TEXT_MAX_CHARS} characters"),
                ));
            }
            let value = match attribute {
                A::Country if text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase()) => {
                    der::tlv(tag::PRINTABLE_STRING, text.as_bytes())
                }
                A::Country => return Err(SealError::malformed("name", "a country is two capital letters")),
                A::SerialNumber if text.bytes().all(is_printable) => der::tlv(tag::PRINTABLE_STRING, text.as_bytes()),
                A::SerialNumber => return Err(SealError::malformed("name", "a serialNumber is a PrintableString")),
                _ => der::utf8(text),
            };
            let pair = der::sequence([der::oid(attribute.oid()), value]);
            parts.push(der::set_of(vec![pair]));
        }
        let attributes = attributes.iter().map(|&(attribute, text)| (attribute, text.to_owned())).collect();
        Ok(Self { der: der::sequence(parts), attributes })
    }

    /// Reads the next name.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SealError> {
        let value = reader.tlv(tag::SEQUENCE)?;
        let mut parts = Reader::new("name", value.content);
        let mut attributes = Vec::new();
        let mut count = 0;
        while !parts.is_empty() {
            let mut set = parts.inside(tag::SET)?;
            while !set.is_empty() {
                count += 1;
                if count > NAME_ATTRIBUTES_MAX {
                    return Err(SealError::TooLarge { what: "name", limit: NAME_ATTRIBUTES_MAX });
                }
                let mut pair = set.sequence()?;
                let id = pair.oid()?;
                let text = pair.any()?;
                pair.finish()?;
                if text.content.len() > NAME_TEXT_MAX_BYTES {
                    return Err(SealError::TooLarge { what: "name", limit: NAME_TEXT_MAX_BYTES });
                }
                let known = ATTRIBUTES.iter().find(|(_, known, _)| *known == id);
                if let (Some((attribute, ..)), tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING) =
                    (known, text.tag)
                {
                    let text =
                        std::str::from_utf8(text.content).map_err(|_| SealError::malformed("name", "not UTF-8"))?;
                    attributes.push((*attribute, text.to_owned()));
                }
            }
        }
        Ok(Self { der: value.whole.to_vec(), attributes })
    }

    /// The first value of that attribute.
    #[must_use]
    pub fn get(&self, attribute: Attribute) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == attribute).map(|(_, text)| text.as_str())
    }

    /// The known attributes in order.
    #[must_use]
    pub fn attributes(&self) -> &[(Attribute, String)] {
        &self.attributes
    }

    /// The DER encoding.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

impl Attribute {
    fn oid(self) -> &'static [u8] {
        ATTRIBUTES.iter().find(|(attribute, ..)| *attribute == self).map_or(&[], |(_, id, _)| id)
    }
    fn short(self) -> &'static str {
        ATTRIBUTES.iter().find(|(attribute, ..)| *attribute == self).map_or("", |(.., short)| short)
    }
}

impl fmt::Display for Name {
    /// RFC 4514: the most special attribute first; attributes that are not known are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (attribute, text)) in self.attributes.iter().rev().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}=", attribute.short())?;
            for (place, symbol) in text.char_indices() {
                let edge = place == 0 && matches!(symbol, ' ' | '#') || place + 1 == text.len() && symbol == ' ';
                if edge || matches!(symbol, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
                    write!(f, "\\")?;
                }
                write!(f, "{symbol}")?;
            }
        }
        Ok(())
    }
}

const fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b' ' | b'\'' | b'(' | b')' | b'+' | b',' | b'-' | b'.' | b'/' | b':' | b'=' | b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_der_and_read_as_text() {
        let name =
            Name::new(&[(A::Country, "PS"), (A::Organization, "وزارة, الداخلية"), (A::CommonName, "Seal 1")]).unwrap();
        let again = Name::read(&mut Reader::new("x", name.der())).unwrap();
        assert_eq!(again, name);
        assert_eq!(again.get(A::CommonName), Some("Seal 1"));
        assert_eq!(again.to_string(), "CN=Seal 1,O=وزارة\\, الداخلية,C=PS");
    }

    #[test]
    fn strange_texts_are_refused() {
        for (attribute, text) in [
            (A::Country, "ps"),
            (A::Country, "PSE"),
            (A::CommonName, ""),
            (A::CommonName, "a\0b"),
            (A::SerialNumber, "رقم"),
        ] {
            assert!(Name::new(&[(attribute, text)]).is_err(), "{text}");
        }
        assert!(Name::new(&[(A::CommonName, &"x".repeat(65))]).is_err());
        assert!(Name::new(&[]).is_err());
    }
}
