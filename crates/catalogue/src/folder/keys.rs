//! Keys that belong to some kinds of a thing only. Which they are is said once: the
//! lint refuses a key that is out of place, and the schema does not offer it.

use schemars::Schema;
use serde_json::{Value, json};

use super::{Decider, StepKind};
use crate::field::{FieldFile, FieldKind};

/// The word of a kind, as folders spell it.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// `id-number`.
    fn word(self) -> &'static str;
}

/// A key of a thing, and the kinds of it that take the key.
pub(crate) struct Belonging<T: 'static, K: 'static> {
    key: &'static str,
    to: &'static [K],
    /// Whether those kinds need it.
    needed: bool,
    given: fn(&T) -> bool,
}

/// The keys of a question, by its kind.
pub(crate) const OF_A_FIELD: &[Belonging<FieldFile, FieldKind>] = {
    use FieldKind as K;
    &[
        Belonging {
            key: "options",
            to: &[K::Choice, K::Choices],
            needed: true,
            given: |field| !field.options.is_empty(),
        },
        Belonging { key: "office", to: &[K::Office], needed: true, given: |field| field.office.is_some() },
        Belonging { key: "lookup", to: &[K::Listed], needed: true, given: |field| field.lookup.is_some() },
        Belonging { key: "path", to: &[K::Listed], needed: true, given: |field| field.path.is_some() },
        Belonging { key: "key", to: &[K::Listed], needed: true, given: |field| field.key.is_some() },
        Belonging { key: "label", to: &[K::Listed], needed: true, given: |field| !field.label.is_empty() },
        Belonging { key: "services", to: &[K::Paper], needed: false, given: |field| !field.services.is_empty() },
        Belonging { key: "several", to: &[K::Listed, K::Paper], needed: false, given: |field| field.several },
        Belonging { key: "most", to: &[K::Files], needed: false, given: |field| field.most.is_some() },
        Belonging { key: "accept", to: &[K::Files], needed: false, given: |field| !field.accept.is_empty() },
    ]
};

/// The keys of a decision, by who decides.
pub(crate) const OF_A_DECISION: &[Belonging<StepKind, Decider>] = {
    use Decider as D;
    use StepKind::Decide;
    &[
        Belonging {
            key: "rule",
            to: &[D::Rule],
            needed: false,
            given: |step| matches!(step, Decide { rule: Some(_), .. }),
        },
        Belonging {
            key: "reason",
            to: &[D::Rule],
            needed: false,
            given: |step| matches!(step, Decide { reason: Some(_), .. }),
        },
        Belonging {
            key: "check",
            to: &[D::Rule],
            needed: false,
            given: |step| matches!(step, Decide { checks, .. } if !checks.is_empty()),
        },
        Belonging {
            key: "unit",
            to: &[D::Clerk, D::Committee],
            needed: true,
            given: |step| matches!(step, Decide { unit: Some(_), .. }),
        },
        Belonging {
            key: "eyes",
            to: &[D::Clerk],
            needed: false,
            given: |step| matches!(step, Decide { eyes, .. } if *eyes != 1),
        },
        Belonging {
            key: "votes",
            to: &[D::Committee],
            needed: true,
            given: |step| matches!(step, Decide { votes: Some(_), .. }),
        },
        Belonging {
            key: "discreet",
            to: &[D::Clerk, D::Committee],
            needed: false,
            given: |step| matches!(step, Decide { discreet: Some(_), .. }),
        },
    ]
};

impl<T, K: Word> Belonging<T, K> {
    /// What is wrong with a thing of this kind as far as the key goes, and the remedy.
    fn fault(&self, kind: K, thing: &T) -> Option<String> {
        let words: Vec<&str> = self.to.iter().map(|kind| kind.word()).collect();
        match (self.to.contains(&kind), (self.given)(thing)) {
            (false, true) => Some(format!("`{}` belongs to {}; remove it", self.key, words.join(" and "))),
            (true, false) if self.needed => Some(format!("{} needs `{}`; add it", kind.word(), self.key)),
            _ => None,
        }
    }

    /// The same as a schema, where the kind stands under `tag`.
    fn schema(&self, tag: &str) -> Value {
        let words: Vec<&str> = self.to.iter().map(|kind| kind.word()).collect();
        let of_these = json!({ "properties": { tag: { "enum": words } }, "required": [tag] });
        let absent = json!({ "properties": { self.key: false } });
        match self.needed {
            true => json!({ "if": of_these, "then": { "required": [self.key] }, "else": absent }),
            false => json!({ "if": { "not": of_these }, "then": absent }),
        }
    }
}

/// Every key of a thing that is out of place or lacks, with the remedy.
pub(crate) fn misplaced<'t, T, K: Word>(
    keys: &'t [Belonging<T, K>],
    kind: K,
    thing: &'t T,
) -> impl Iterator<Item = String> + 't {
    keys.iter().filter_map(move |one| one.fault(kind, thing))
}

/// Adds to a schema which of its keys belong to which kind.
pub(super) fn tighten<T, K: Word>(schema: &mut Schema, tag: &str, keys: &[Belonging<T, K>]) {
    also(schema, keys.iter().map(|one| one.schema(tag)));
}

/// Adds further demands to a schema.
pub(super) fn also(schema: &mut Schema, demands: impl IntoIterator<Item = Value>) {
    let all = schema.ensure_object().entry("allOf").or_insert_with(|| json!([]));
    if let Value::Array(all) = all {
        all.extend(demands);
    }
}
