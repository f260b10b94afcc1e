//! What registers are asked with: each has what it must have, from whoever applies
//! or from answers that were given before.

use std::collections::BTreeSet;

use crate::field::{FieldFile, FieldKind};
use crate::folder::{Lookup, Service};
use crate::needs;
use crate::paper::SIGNED;
use crate::shapes::{About, Parameter, ParameterKind};

/// Names that rules and papers use for something else.
const RESERVED: [&str; 3] = ["answers", "chosen", SIGNED];
/// Longest text that an operation takes, characters.
const TEXT: usize = 200;

pub(super) fn faults(service: &Service, reasons: &mut Vec<String>) {
    for lookup in &service.file.lookups {
        if RESERVED.contains(&lookup.id.as_str()) {
            reasons.push(format!("the lookup `{}`: this name is taken; choose another", lookup.id));
        }
        // An operation that nobody declares is named elsewhere.
        if let Some(parameters) = &lookup.parameters {
            asked(service, lookup, parameters, reasons);
        }
    }
    order(service, reasons);
}

fn asked(service: &Service, lookup: &Lookup, parameters: &[Parameter], reasons: &mut Vec<String>) {
    let what = format!("the lookup `{}`", lookup.id);
    for (name, id) in &lookup.asks {
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == *name) else {
            let known = parameters.iter().map(|known| known.name.as_str()).collect::<Vec<_>>().join(", ");
            reasons
                .push(format!("{what} asks with `{name}`, which {} does not take; it takes {known}", lookup.operation));
            continue;
        };
        let mut fields = service.file.pages.iter().filter_map(|page| page.field.as_ref());
        let Some(field) = fields.find(|field| field.id == *id) else {
            reasons.push(format!("{what} asks with the answer `{id}`, which no page asks for; name a field of a page"));
            continue;
        };
        if let Some(why) = misfit(parameter, field) {
            reasons.push(format!("{what} asks with `{name} = {id}`: {why}"));
        }
    }
    let own = |parameter: &Parameter| match parameter.name.as_str() {
        "id" => parameter.kind == ParameterKind::IdNumber,
        "number" => parameter.kind == ParameterKind::CompanyNumber,
        _ => false,
    };
    let lacks =
        |parameter: &&Parameter| parameter.required && !own(parameter) && !lookup.asks.contains_key(&parameter.name);
    for lacking in parameters.iter().filter(lacks) {
        let name = &lacking.name;
        reasons.push(format!("{what}: {} needs `{name}`; say asks = {{ {name} = \"<field>\" }}", lookup.operation));
    }
}

/// Why an answer is not what a parameter takes.
fn misfit(parameter: &Parameter, field: &FieldFile) -> Option<String> {
    use FieldKind as F;
    if parameter.is_number_of_somebody() {
        // Else anybody could ask about everybody whose number they know.
        if parameter.about == About::Listed && field.kind == F::Listed && !field.several {
            return None;
        }
        return Some(match parameter.about {
            About::Oneself => {
                "the operation answers about whoever applies; its file must say about = \"listed\"".to_owned()
            }
            About::Listed => "a typed number is not asked with; let a register list the people".to_owned(),
        });
    }
    let fits = match (parameter.kind, field.kind) {
        (ParameterKind::Text, F::Text) => field.length <= TEXT,
        (ParameterKind::Text | ParameterKind::Number | ParameterKind::Date, F::Listed) => !field.several,
        (ParameterKind::Text, F::Choice | F::Postcode | F::Phone | F::PostOffice | F::Office)
        | (ParameterKind::Number, F::Number)
        | (ParameterKind::Date, F::Date) => true,
        (ParameterKind::Number, F::Choice) => field.options.iter().all(|option| option.parse::<i64>().is_ok()),
        _ => false,
    };
    (!fits).then(|| format!("this question’s answer is not what the operation takes there ({:?})", parameter.kind))
}

/// Whatever a page needs was answered before it.
fn order(service: &Service, reasons: &mut Vec<String>) {
    let mut before = BTreeSet::new();
    for page in &service.file.pages {
        let needed = needs::of_rules(service, page).into_iter().chain(needs::of_values(service, page));
        for lookup in needed {
            for field in lookup.asks.values().filter(|field| !before.contains(field.as_str())) {
                reasons.push(format!(
                    "the page `{}` needs the lookup `{}`, which is asked with the answer `{field}`: put that question before it",
                    page.id, lookup.id
                ));
            }
        }
        before.extend(page.answer());
    }
}
