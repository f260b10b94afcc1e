//! Papers and their stages.

use base::id::typed_id;
use base::{Date, PersonId, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Error, Event, Read, Row};
use web::Transitions;

typed_id! {
    /// One paper.
    PaperId
}
typed_id! {
    /// One key that papers are sealed with.
    KeyId
}
typed_id! {
    /// One further copy of a paper.
    CopyId
}
typed_id! {
    /// What an office prints together.
    BatchId
}
typed_id! {
    /// One print of one copy.
    PrintId
}
store::stored_ids!(PaperId, KeyId, CopyId, BatchId, PrintId);

/// Most copies of one paper.
pub const COPIES_MOST: u32 = 99;

pub(crate) const CONTENT: &str = "documents_paper.content";
pub(crate) const FILE_KEY: &str = "documents_paper.file_key";
pub(crate) const REASON: &str = "documents_paper.reason";

/// How a paper comes and goes.
pub const PAPER: Transitions = Transitions {
    name: "documents.paper",
    start: "ordered",
    edges: &[("ordered", "made", "issued"), ("issued", "revoked", "revoked")],
};

/// How a batch of prints comes to be.
pub const BATCH: Transitions =
    Transitions { name: "documents.batch", start: "filling", edges: &[("filling", "fill", "ready")] };

/// What shall be issued.
#[derive(Debug, Clone)]
pub struct NewPaper {
    /// Whose it is.
    pub person: PersonId,
    /// For what: `case:01J…`.
    pub about: String,
    /// The template's key: the service's.
    pub template: String,
    /// The version of the service, whose template it is.
    pub version: u32,
    /// Before the serial number.
    pub prefix: String,
    /// The issuing body, Arabic and English.
    pub issuer: [String; 2],
    /// What it is, Arabic and English.
    pub title: [String; 2],
    /// What is on it, by the template's names; a text, or `{"ar","en"}`.
    pub values: Map<String, Value>,
    /// Which of the values a stranger with the code may read.
    pub public: Vec<String>,
    /// The last day on which it holds.
    pub valid_until: Option<Date>,
    /// The unit that decided it; none where a rule did.
    pub unit: Option<String>,
    /// How many certified copies are issued at once, the paper itself among them:
    /// 1 to [`COPIES_MOST`].
    pub copies: u32,
    /// How many more its person may ask for later.
    pub more: u32,
}

/// What is on a paper, as it is sealed, attached and printed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Content {
    /// The serial number.
    pub serial: String,
    /// The code that is printed on it.
    pub code: String,
    /// The issuing body, Arabic and English.
    pub issuer: [String; 2],
    /// What it is, Arabic and English.
    pub title: [String; 2],
    /// The day of issue.
    pub issued: String,
    /// The last day on which it holds.
    pub valid_until: Option<String>,
    /// The values.
    pub values: Map<String, Value>,
    /// Which of them a stranger may read.
    pub public: Vec<String>,
    /// Which copy this is, from 1.
    #[serde(default = "one")]
    pub copy: u32,
    /// How many copies there were when this one was ordered, itself included.
    #[serde(default = "one")]
    pub copies: u32,
}

/// Papers from before copies were counted are the only one of theirs.
const fn one() -> u32 {
    1
}

/// A paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Its id.
    pub id: PaperId,
    /// Whose.
    pub person: PersonId,
    /// For what.
    pub about: String,
    /// The template.
    pub template: String,
    /// The version of the service, whose template it is.
    pub version: u32,
    /// `ordered`, `issued`, `revoked`.
    pub stage: String,
    /// The unit that decided it; none where a rule did.
    pub unit: Option<String>,
    /// What is on it.
    pub content: Content,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub reason: Option<String>,
    /// How many copies of it were ordered so far, itself included.
    pub copies: u32,
    /// How many there may be.
    pub copies_most: u32,
    pub(crate) file_key: Vec<u8>,
    pub(crate) blob: Option<String>,
    pub(crate) leaf: Option<String>,
}

impl Paper {
    pub(crate) fn read(read: &mut Read<'_>, row: &Row) -> Result<Self, Error> {
        let person: PersonId = row.get(1)?;
        let content = read.open(person, CONTENT, &row.get::<Vec<u8>>(7)?)?;
        let reason = row.get::<Option<Vec<u8>>>(12)?;
        Ok(Self {
            id: row.get(0)?,
            person,
            about: row.get(2)?,
            template: row.get(3)?,
            stage: row.get(6)?,
            content: serde_json::from_slice(&content).map_err(|error| Error::Corrupt(error.to_string()))?,
            file_key: read.open(person, FILE_KEY, &row.get::<Vec<u8>>(8)?)?,
            issued_at: row.get(10)?,
            revoked_at: row.get(11)?,
            reason: reason.map(|sealed| read.open_text(person, REASON, &sealed)).transpose()?,
            blob: row.get(13)?,
            leaf: row.get(14)?,
            unit: row.get(15)?,
            version: row.get(16)?,
            copies: row.get(17)?,
            copies_most: row.get(18)?,
        })
    }
    /// The same paper, to be made as this copy of so many.
    pub(crate) fn as_copy(&self, copy: u32, copies: u32) -> Self {
        Self { content: Content { copy, copies, ..self.content.clone() }, ..self.clone() }
    }
    /// Whether this unit may revoke it: it decided it, or a rule did, and then any
    /// unit may.
    #[must_use]
    pub fn is_in_hand_of(&self, unit: &str) -> bool {
        self.unit.as_deref().is_none_or(|own| own == unit)
    }
    /// Whether one more copy can be asked for now: it holds, and there may be more.
    #[must_use]
    pub fn may_be_copied(&self, now: Timestamp) -> bool {
        self.stage == "issued" && !self.is_out_of_date(now.date(Zone::Hebron)) && self.copies < self.copies_most
    }
    /// Whether its last day has passed.
    #[must_use]
    pub fn is_out_of_date(&self, today: Date) -> bool {
        self.content.valid_until.as_deref().and_then(Date::parse).is_some_and(|last| last < today)
    }
}

/// A paper was made, sealed and registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperIssued {
    /// Which.
    pub paper: PaperId,
    /// For what.
    pub about: String,
}

impl Event for PaperIssued {
    const TOPIC: &'static str = "documents.paper_issued";
    fn key(&self) -> String {
        self.about.clone()
    }
}

/// A paper does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperRevoked {
    /// Which.
    pub paper: PaperId,
    /// For what.
    pub about: String,
}

impl Event for PaperRevoked {
    const TOPIC: &'static str = "documents.paper_revoked";
    fn key(&self) -> String {
        self.about.clone()
    }
}

/// Documents said no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// No such paper, or it does not hold any more.
    #[error("there is no such paper")]
    NoPaper,
    /// Another unit decided it.
    #[error("another unit issued this paper")]
    NotYours,
    /// A paper is not revoked without a reason.
    #[error("no reason was given")]
    NoReason,
    /// As many copies were issued as there may be, or the paper does not hold.
    #[error("there are no more copies of this paper")]
    NoMoreCopies,
    /// Nothing was chosen to be printed, or more than fits one batch.
    #[error("a batch has one paper at least, and not too many")]
    BatchSize,
    /// The seal's own certificate was revoked: nothing is sealed any more.
    #[error("the certificate of the papers' seal is revoked")]
    SealRevoked,
    /// More papers are revoked than a list for offline checks holds.
    #[error("too many papers are revoked for one list")]
    ListTooLong,
    /// No template of that name.
    #[error("there is no template {0}")]
    NoTemplate(String),
    /// The template does not fit its data.
    #[error("the paper could not be set: {0}")]
    Template(String),
    /// A key or a signature.
    #[error(transparent)]
    Seal(#[from] seal::SealError),
    /// The authority said no.
    #[error(transparent)]
    Authority(#[from] ca::Refusal),
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}
