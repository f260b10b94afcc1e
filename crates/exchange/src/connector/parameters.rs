//! What a caller may ask with. Values are read by their kind and bound; none
//! ever becomes a part of the SQL.

use std::collections::HashMap;

use base::{CompanyNumber, Date, IdNumber};

/// Longest text that is taken, characters.
const TEXT: usize = 200;

/// A parameter that the file declares.
pub(crate) struct Parameter {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// What a parameter's values look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    IdNumber,
    /// Nine digits that begin with 56.
    CompanyNumber,
    YesNo,
    Text,
    Number,
    Date,
}

impl Kind {
    pub(super) const WORDS: [&str; 6] = ["id-number", "company-number", "yes-no", "text", "number", "date"];

    pub(super) fn parse(word: &str) -> Option<Self> {
        let kinds = [Self::IdNumber, Self::CompanyNumber, Self::YesNo, Self::Text, Self::Number, Self::Date];
        Self::WORDS.iter().position(|known| *known == word).map(|place| kinds[place])
    }

    fn read(self, text: &str) -> Option<Argument> {
        match self {
            Self::IdNumber => IdNumber::parse(text).map(|number| Argument::Text(number.as_str().to_owned())),
            Self::CompanyNumber => CompanyNumber::parse(text).map(|number| Argument::Text(number.as_str().to_owned())),
            Self::YesNo => match text {
                "true" => Some(Argument::Truth(true)),
                "false" => Some(Argument::Truth(false)),
                _ => None,
            },
            Self::Text => {
                let fits = text.chars().count() <= TEXT && !text.contains('\0');
                fits.then(|| Argument::Text(text.to_owned()))
            }
            Self::Number => text.parse().ok().map(Argument::Number),
            Self::Date => Date::parse(text).map(Argument::Day),
        }
    }
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    Nothing,
    Text(String),
    Number(i64),
    Truth(bool),
    Day(Date),
}

/// The values of a query, by name; parameters that were left out are there as nothing.
pub(super) type Arguments = HashMap<String, Argument>;

/// Reads a query string.
///
/// # Errors
/// One sentence for the caller, without the value.
pub(super) fn read(parameters: &[Parameter], query: &str) -> Result<Arguments, String> {
    let fields = web::fields::parse(query.as_bytes()).map_err(|error| error.to_string())?;
    for (name, _) in &fields {
        if !parameters.iter().any(|parameter| parameter.name == *name) {
            return Err("a parameter that this operation does not have".to_owned());
        }
    }
    let mut arguments = Arguments::with_capacity(parameters.len());
    for Parameter { name, kind, required } in parameters {
        let mut given = fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let argument = match (given.next(), given.next()) {
            (_, Some(_)) => return Err(format!("{name} stands twice")),
            (None, None) if *required => return Err(format!("{name} is missing")),
            (None, None) => Argument::Nothing,
            (Some(text), None) => kind.read(text).ok_or_else(|| format!("{name} is not of its kind"))?,
        };
        arguments.insert(name.clone(), argument);
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_kind() {
        let wanted = |name: &str, kind, required| Parameter { name: name.to_owned(), kind, required };
        let parameters = [
            wanted("id", Kind::IdNumber, true),
            wanted("year", Kind::Number, false),
            wanted("on", Kind::Date, false),
            wanted("name", Kind::Text, false),
            wanted("all", Kind::YesNo, false),
        ];
        let read = |query: &str| super::read(&parameters, query);
        let good = read("id=900000011&year=2024&on=2026-01-02&name=%27%20OR%201%3D1&all=true").unwrap();
        assert_eq!(good["year"], Argument::Number(2024));
        assert_eq!(good["name"], Argument::Text("' OR 1=1".to_owned()));
        assert_eq!(read("id=900000011").unwrap()["year"], Argument::Nothing);
        for wrong in [
            "",
            "id=",
            "id=900000011&id=900000029",
            "id=9000'--",
            "id=900000011&other=1",
            "id=900000011&year=20x",
            "id=900000011&on=2026-02-30",
            "id=900000011&all=yes",
            &format!("id=900000011&name={}", "x".repeat(201)),
            "id=900000011&name=%00",
            "id=%ff",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
