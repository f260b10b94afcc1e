//! What must hold of units that depend on a place: the place is asked or told, and
//! there are such offices.

use std::path::Path;

use crate::calendar::Governorate;
use crate::field::FieldKind;
use crate::folder::{ByPlace, Fault, Service, UnitFile, fault};
use crate::office::Office;
use crate::shapes::Shapes;
use rules::Kind;

/// The units of a folder that depend on a place.
fn units(service: &Service) -> impl Iterator<Item = &ByPlace> {
    let appeal = service.file.appeal.as_ref().map(|appeal| &appeal.unit);
    service.file.steps.iter().flat_map(|step| step.kind.units()).chain(appeal).filter_map(UnitFile::by_place)
}

/// The question that a unit reads.
fn asked<'s>(service: &'s Service, by: &ByPlace) -> Option<&'s crate::field::FieldFile> {
    by.field.as_ref().and_then(|field| service.question(field))
}

/// Places that nobody is asked for, and no register tells.
pub(super) fn unknown(service: &Service, shapes: &Shapes, reasons: &mut Vec<String>) {
    for by in units(service) {
        let what = format!("a unit by place, of the kind `{}`", by.office);
        if by.field.is_some() == by.lookup.is_some() || by.lookup.is_some() != by.path.is_some() {
            reasons.push(format!("{what}: give field, or lookup and path: one of the two"));
            continue;
        }
        let Some(lookup) = &by.lookup else {
            let is_place = asked(service, by).is_some_and(|field| {
                matches!(field.kind, FieldKind::Office | FieldKind::PostOffice | FieldKind::Choice)
            });
            if !is_place {
                reasons.push(format!(
                    "{what} reads the field `{}`, which is no question of the kind office, post-office or choice; \
                     add one",
                    by.field.as_deref().unwrap_or_default()
                ));
            }
            continue;
        };
        let Some(lookup) = service.file.lookups.iter().find(|known| known.id == *lookup) else {
            reasons.push(format!("{what} reads the lookup `{lookup}`, which is not declared; add it"));
            continue;
        };
        // An operation that nobody declares is named elsewhere.
        let Some(answer) = shapes.of(&lookup.operation) else { continue };
        let path = by.path.as_deref().unwrap_or_default();
        let found = answer.at(path).map(|kind| match kind {
            Kind::Perhaps(kind) => &**kind,
            kind => kind,
        });
        if !matches!(found, Some(Kind::Text | Kind::Word(_))) {
            reasons.push(format!("{what}: {} answers no text at `{path}`; name a path that does", lookup.operation));
        }
    }
}

/// Offices that are not there, and places that are none.
pub(crate) fn faults(service: &Service, offices: &[Office], areas: &[Governorate], path: &Path) -> Vec<Fault> {
    let mut reasons = Vec::new();
    for by in units(service) {
        let of_kind = || offices.iter().filter(|office| office.kind == by.office);
        if of_kind().next().is_none() {
            reasons.push(format!(
                "offices.toml has no office of the kind `{}`, which a unit by place names; add one",
                by.office
            ));
        }
        for area in areas {
            let there = of_kind().filter(|office| office.governorate.as_ref() == Some(&area.code)).count();
            if there > 1 {
                reasons.push(format!(
                    "offices.toml has {there} offices of the kind `{}` in {}: a unit by place needs one at most; give the others another kind",
                    by.office, area.code
                ));
            }
        }
        let choice = asked(service, by).filter(|field| field.kind == FieldKind::Choice);
        let no_area = |option: &&String| !areas.iter().any(|area| area.code == **option);
        for option in choice.iter().flat_map(|field| &field.options).filter(no_area) {
            reasons.push(format!(
                "a unit by place reads `{}`, whose option `{option}` is no governorate of calendar.toml; use its codes",
                by.field.as_deref().unwrap_or_default()
            ));
        }
    }
    reasons.sort();
    reasons.dedup();
    reasons.into_iter().map(|reason| fault(path, reason)).collect()
}
