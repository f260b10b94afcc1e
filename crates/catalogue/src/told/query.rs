//! What a register is asked with: by what it knows whoever applies, and the answers of
//! the form that its parameters take.

use base::IdNumber;
use serde_json::{Map, Value};

use crate::folder::Lookup;

/// By what registers know the person of a case: a human by `id`, a company by
/// `number`.
pub struct Whom {
    /// The parameter that takes the number.
    pub parameter: &'static str,
    /// The number.
    pub number: String,
}

/// How a register says at the top of its answer whom it is about: by the parameter
/// that it was asked with.
const NAMED: [(&str, &str); 2] = [("id", "/id_number"), ("number", "/company_number")];

/// What a register is asked with.
pub struct Query {
    /// Name and value.
    pub parameters: Vec<(String, String)>,
    /// The answers among them, by field.
    pub asked: Map<String, Value>,
    /// The other person whom it is asked about.
    pub about: Option<IdNumber>,
}

impl Query {
    /// Whether an answer says that it is about somebody else than was asked about:
    /// it is nobody's to read.
    #[must_use]
    pub fn is_of_another(&self, body: &Value) -> bool {
        let asked = |name: &str| self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        NAMED.into_iter().any(|(name, path)| match (asked(name), body.pointer(path)) {
            (Some(asked), Some(Value::String(named))) => asked != named,
            _ => false,
        })
    }
}

impl Lookup {
    /// Whether it asks about whoever applies, and about nobody else.
    pub(super) fn is_about_oneself(&self) -> bool {
        !self.asks.keys().any(|parameter| NAMED.iter().any(|(known, _)| known == parameter))
    }

    /// What it is asked with, given these answers; none as long as something that
    /// the register must have is lacking.
    #[must_use]
    pub fn query(&self, whom: &Whom, answers: &Map<String, Value>) -> Option<Query> {
        let own = || (whom.parameter.to_owned(), whom.number.clone());
        let mut query = Query { parameters: Vec::new(), asked: Map::new(), about: None };
        let Some(declared) = &self.parameters else {
            query.parameters.push(own());
            return Some(query);
        };
        for parameter in declared {
            let value = match self.asks.get(&parameter.name) {
                Some(field) => {
                    let answer = answers.get(field).cloned().unwrap_or(Value::Null);
                    let value = parameter.spell(&answer);
                    query.about = query.about.or_else(|| parameter.names(value.as_deref()?));
                    query.asked.insert(field.clone(), answer);
                    value
                }
                None => (parameter.name == whom.parameter).then(|| whom.number.clone()),
            };
            match value {
                Some(value) => query.parameters.push((parameter.name.clone(), value)),
                None if parameter.required => return None,
                None => {}
            }
        }
        Some(query)
    }
}
