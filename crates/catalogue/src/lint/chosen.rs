//! Questions whose answer names one thing of several: that there is a list, that its
//! things have a key and a name, and what rules may read of the one that is chosen.

use std::collections::BTreeSet;

use crate::field::{FieldFile, FieldKind};
use crate::folder::Service;
use crate::needs::CHOSEN;
use crate::shapes::Shapes;
use rules::{Kind, Member};

pub(super) fn faults(service: &Service, shapes: &Shapes, reasons: &mut Vec<String>) {
    let mut before = BTreeSet::new();
    for page in &service.file.pages {
        let of_entry = page.repeat.iter().flat_map(|repeat| &repeat.fields);
        for field in of_entry.filter(|field| field.kind.is_chosen()) {
            reasons.push(format!(
                "the field `{}`: what is chosen stands on a page of its own, not in a repeat; put it there",
                field.id
            ));
        }
        if let Some(field) = &page.field {
            question(service, shapes, field, reasons);
            before.insert(field.id.as_str());
        }
        for known in page.known.iter().filter(|known| known.lookup == CHOSEN) {
            let what = format!("the page `{}` shows `{}` of what was chosen", page.id, known.path);
            shown(service, shapes, &what, &known.path, reasons);
            if !known.path.split('/').nth(1).is_some_and(|field| before.contains(field)) {
                reasons.push(format!("{what}: put that question before it"));
            }
        }
    }
    for value in service.file.paper.iter().flat_map(|paper| &paper.values).filter(|value| value.lookup == CHOSEN) {
        let what = format!("the paper’s `{}` is `{}` of what was chosen", value.id, value.path);
        shown(service, shapes, &what, &value.path, reasons);
    }
}

/// That a path leads from a question to a part of what is chosen there.
fn shown(service: &Service, shapes: &Shapes, what: &str, path: &str, reasons: &mut Vec<String>) {
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    let (field, rest) = (parts.next().unwrap_or_default(), parts.next());
    let mut fields = service.file.pages.iter().filter_map(|page| page.field.as_ref());
    let Some(field) = fields.find(|known| known.id == field && known.kind.is_chosen()) else {
        reasons.push(format!("{what}: begin with the field of a listed thing or a paper, as in `/vehicle/plate`"));
        return;
    };
    let Some(kind) = kind(service, shapes, field) else { return };
    let rest = rest.map(|rest| format!("/{rest}")).unwrap_or_default();
    if kind.at(&rest).is_none() {
        reasons.push(format!("{what}, where there is nothing of that name; name a part of it"));
    }
}

fn question(service: &Service, shapes: &Shapes, field: &FieldFile, reasons: &mut Vec<String>) {
    let what = format!("the field `{}`", field.id);
    if field.kind != FieldKind::Listed {
        return;
    }
    let lookup = field.lookup.as_deref().unwrap_or_default();
    let Some(lookup) = service.file.lookups.iter().find(|known| known.id == lookup) else {
        reasons.push(format!(
            "{what} is listed by the lookup `{lookup}`, which is not declared; add a [[lookup]] of that id"
        ));
        return;
    };
    // An operation that nobody declares is named elsewhere.
    let Some(answer) = shapes.of(&lookup.operation) else { return };
    let path = field.path.as_deref().unwrap_or_default();
    let Some(Kind::List(thing)) = answer.at(path) else {
        reasons.push(format!("{what}: {} answers no list at `{path}`; give the pointer to a list", lookup.operation));
        return;
    };
    let key = field.key.as_deref().unwrap_or_default();
    if !is_always_there(thing, key) {
        reasons.push(format!("{what}: the key `{key}` must be a text, a number or a date that every thing has"));
    }
    for label in &field.label {
        let says = thing.at(label).is_some_and(|kind| is_plain(kind) || kind.is_spoken());
        if !says {
            reasons.push(format!(
                "{what}: the label `{label}` is no text, number or date of a thing of `{path}`; name a part that is"
            ));
        }
    }
}

const fn is_plain(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Word(_) | Kind::Number(..) | Kind::Day)
}

fn is_always_there(thing: &Kind, key: &str) -> bool {
    let (parent, name) = key.rsplit_once('/').unwrap_or_default();
    match thing.at(parent) {
        Some(Kind::Record(members)) if parent.is_empty() => {
            members.get(name).is_some_and(|member| member.always && is_plain(&member.kind))
        }
        _ => false,
    }
}

/// What rules read as `chosen.<field>`.
pub(super) fn kind(service: &Service, shapes: &Shapes, field: &FieldFile) -> Option<Kind> {
    let one = match field.kind {
        FieldKind::Paper => paper(),
        FieldKind::Listed => {
            let lookup = service.file.lookups.iter().find(|lookup| Some(&lookup.id) == field.lookup.as_ref())?;
            match shapes.of(&lookup.operation)?.at(field.path.as_deref()?)? {
                Kind::List(thing) => (**thing).clone(),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(if field.several { Kind::List(Box::new(one)) } else { one })
}

/// What is known of a paper of one's own.
fn paper() -> Kind {
    let spoken = ["ar", "en"].map(|locale| (locale.to_owned(), Member { kind: Kind::Text, always: true }));
    let members = [
        ("serial", Kind::Text, true),
        ("service", Kind::Text, true),
        ("title", Kind::Record(spoken.into()), true),
        ("issued", Kind::Day, true),
        ("valid_until", Kind::Day, false),
    ];
    let member = |(name, kind, always): (&str, Kind, bool)| (name.to_owned(), Member { kind, always });
    Kind::Record(members.map(member).into())
}
