//! Leaves and what they say.

use base::id::typed_id;
use base::{PersonId, Timestamp};
use serde_json::{Value, json};

typed_id! {
    /// One act in the log.
    LeafId
}
store::stored_ids!(LeafId);

/// An act to be recorded. Who acts and when come from the transaction.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// What was done: `services.submitted`.
    pub act: &'static str,
    /// Whose matter it is; they can fetch the receipt.
    pub subject: Option<PersonId>,
    /// What it was done to: `case:01J…`.
    pub object: String,
    /// What else the receipt says. It goes to the subject and no further.
    pub detail: Value,
}

impl Leaf {
    /// An act on an object.
    #[must_use]
    pub fn new(act: &'static str, object: impl Into<String>) -> Self {
        Self { act, subject: None, object: object.into(), detail: json!({}) }
    }
    /// Whose matter it is.
    #[must_use]
    pub fn about(mut self, subject: PersonId) -> Self {
        self.subject = Some(subject);
        self
    }
    /// What else it says.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// A recorded act, as pages show it.
#[derive(Debug, Clone)]
pub struct Act {
    /// The leaf.
    pub leaf: LeafId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: String,
    /// Who: `officer:01J…`.
    pub actor: String,
    /// To what.
    pub object: String,
    /// What else; empty when it was erased.
    pub detail: Value,
}

/// The text that is hashed: members in alphabetical order, no blanks
/// (`serde_json` keeps its map sorted).
pub(crate) fn canonical(act: &str, actor: &str, at: Timestamp, leaf: LeafId, object: &str, detail: &Value) -> String {
    json!({ "act": act, "actor": actor, "at": at.rfc3339(), "detail": detail, "leaf": leaf, "object": object })
        .to_string()
}
