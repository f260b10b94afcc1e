//! Files that a person attaches: as answers, as a reply to what an officer asked, or
//! in place of one in which a scanner found something. From the first octet to the
//! clerk's page: `receive.rs` takes them in pieces, `scan.rs` has them scanned, `open.rs` hands them out.
//!
//! Not here: the forms and addresses (`http/files.rs`), papers that the state issues
//! (documents).
//!
//! Invariants: what lies on the disk is sealed with a key of the file's own, which is
//! sealed for the case's person; nobody opens what a scanner has yet to see, or found
//! infected; an opening is a leaf.

pub(crate) mod open;
pub(crate) mod receive;
pub(crate) mod scan;

use std::sync::Arc;

use attachments::{FILES_USUAL, FileType};
use base::id::typed_id;
use base::{Actor, CaseId, Date, Timestamp};
use catalogue::{Catalogue, FieldKind, Service, form};
use seal::aead::{KEY_BYTES, SealingKey};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{BlobId, Blobs, Error, Read, Row, Tx, params};
use tokio::sync::Semaphore;
use web::Transitions;

use crate::case::{Case, Refusal, Stage};
use crate::steps::correct;
use crate::{facts, sql};
use scan::{Scanner, scanner};

typed_id! {
    /// A file that a person attached.
    FileId
}
store::stored_ids!(FileId);

const NAME: &str = "services_file.name";
const KEY: &str = "services_file.file_key";
const DIGEST: &str = "services_file.digest";
/// Files that one case ever names at once: kept, infected and on their way.
const OF_A_CASE: i64 = 60;
/// Files that are read and written anew at the same time: each takes a core, and a
/// picture's pixels of memory.
const AT_ONCE: usize = 2;
/// The field under which a reply's files lie. No folder's field can be called so.
pub const REPLY: &str = "_reply";

/// How a file gets from the first octet to a clerk's page.
pub const FILE: Transitions = Transitions {
    name: "services.file",
    start: "arriving",
    edges: &[
        ("arriving", "keep", "waiting"),
        ("arriving", "drop", "gone"),
        ("waiting", "clear", "clean"),
        ("waiting", "skip", "unscanned"),
        ("waiting", "find", "infected"),
        ("waiting", "drop", "gone"),
        ("clean", "drop", "gone"),
        ("unscanned", "drop", "gone"),
        ("infected", "drop", "gone"),
    ],
};

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStage {
    /// Some of it came.
    Arriving,
    /// It was read and written anew, and waits for the scanner.
    Waiting,
    /// The scanner found nothing.
    Clean,
    /// There is no scanner.
    Unscanned,
    /// The scanner found something: nobody opens it.
    Infected,
    /// It was taken away; its key is destroyed.
    Gone,
}

impl FileStage {
    const ALL: [Self; 6] = [Self::Arriving, Self::Waiting, Self::Clean, Self::Unscanned, Self::Infected, Self::Gone];

    /// The word in storage and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::Waiting => "waiting",
            Self::Clean => "clean",
            Self::Unscanned => "unscanned",
            Self::Infected => "infected",
            Self::Gone => "gone",
        }
    }
    fn parse(word: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|stage| stage.as_str() == word);
        found.ok_or_else(|| Error::Corrupt(format!("a file's stage {word}")))
    }
    fn take(self, event: &'static str) -> Result<Self, Refusal> {
        let next = FILE.next(self.as_str(), event).ok_or(Refusal::NotNow(self.as_str(), event))?;
        Self::parse(next).map_err(Refusal::from)
    }
}

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// Of which case.
    pub case: CaseId,
    /// Which question it answers, or [`REPLY`].
    pub field: String,
    /// Where it stands.
    pub stage: FileStage,
    /// What it is called.
    pub name: String,
    /// What it is, once it was read.
    pub kind: Option<FileType>,
    /// Bytes: as announced while it arrives, if it was, and then as kept.
    pub length: Option<u64>,
    /// Bytes that came.
    pub arrived: u64,
    /// Since when.
    pub created_at: Timestamp,
    pub(crate) blob: Option<BlobId>,
    key: Key,
}

/// A file's key. Nothing prints it.
#[derive(Clone)]
struct Key([u8; KEY_BYTES]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl File {
    fn read(read: &mut Read<'_>, case: &Case, row: &Row) -> Result<Self, Error> {
        let stage = FileStage::parse(&row.get::<String>(3)?)?;
        let name = read.open_text(case.person, NAME, &row.get::<Vec<u8>>(4)?)?;
        let key = read.open(case.person, KEY, &row.get::<Vec<u8>>(5)?)?;
        let key = Key(key.try_into().map_err(|_| Error::Corrupt("a file's key".to_owned()))?);
        let kind: Option<String> = row.get(6)?;
        let bytes = |count: i64| u64::try_from(count).map_err(|_| Error::Corrupt("a file's length".to_owned()));
        Ok(Self {
            id: row.get(0)?,
            case: row.get(1)?,
            field: row.get(2)?,
            stage,
            name,
            kind: kind.as_deref().and_then(FileType::parse),
            length: row.get::<Option<i64>>(7)?.map(bytes).transpose()?,
            arrived: bytes(row.get(8)?)?,
            blob: row.get::<Option<String>>(9)?.and_then(|name| name.parse().ok()),
            created_at: row.get(10)?,
            key,
        })
    }

    fn sealing(&self) -> Result<SealingKey, Error> {
        SealingKey::new(&self.key.0).map_err(|error| Error::Corrupt(format!("file {}: {error}", self.id)))
    }

    /// Whether its blob is there, opens, and is as long as it should be.
    pub(crate) fn is_whole(&self, blobs: &Blobs) -> Result<bool, Error> {
        let Some(blob) = self.blob else { return Ok(false) };
        let sealed = match blobs.get_now(blob) {
            Ok(Some(sealed)) => sealed,
            Ok(None) | Err(Error::Corrupt(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let opened = self.sealing()?.open(&of_whole(self.id), &sealed);
        Ok(opened.is_ok_and(|bytes| u64::try_from(bytes.len()).ok() == self.length))
    }

    /// Whether it answers, replies or will.
    pub(crate) const fn counts(&self) -> bool {
        !matches!(self.stage, FileStage::Gone | FileStage::Infected)
    }

    /// What rules and pages see of it.
    fn answer(&self) -> Value {
        json!({
            "file": self.id.to_string(),
            "name": self.name,
            "type": self.kind.map(FileType::as_str),
            "bytes": self.length,
        })
    }
}

/// What a blob of a file is sealed for.
fn of_whole(id: FileId) -> Vec<u8> {
    format!("services_file\0{id}").into_bytes()
}

/// What a piece of a file is sealed for.
fn of_part(id: FileId, at: u64) -> Vec<u8> {
    format!("services_file_part\0{id}\0{at}").into_bytes()
}

/// What an operator sets: `[services]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where ClamAV's daemon listens: `127.0.0.1:3310`, or the path of its socket. Without
    /// it files are marked as not scanned.
    pub clamav: Option<String>,
}

/// What taking files in stands on: the scanner, and how many are read at once.
#[derive(Clone)]
pub struct Intake {
    scanner: Arc<dyn Scanner>,
    turns: Arc<Semaphore>,
}

impl Intake {
    /// With ClamAV at this address, `host:port` or a socket's path; or without.
    #[must_use]
    pub fn new(clamav: Option<&str>) -> Self {
        Self { scanner: scanner(clamav), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A case's files, oldest first, without those that are gone.
///
/// # Errors
/// The store's.
pub fn files_of(read: &mut Read<'_>, case: &Case) -> Result<Vec<File>, Error> {
    let rows = read.rows(&sql::FILES, &params![case.id, OF_A_CASE])?;
    rows.iter().map(|row| File::read(read, case, row)).collect()
}

/// A file of this case that is not gone.
pub(crate) fn file(read: &mut Read<'_>, case: &Case, id: FileId) -> Result<File, Refusal> {
    let row = read.row(&sql::FILE, &params![id, case.id])?.ok_or(Refusal::NoCase)?;
    File::read(read, case, &row).map_err(Refusal::from)
}

/// What may be attached now, and where.
pub(crate) struct Slot {
    pub(crate) field: String,
    pub(crate) most: usize,
    pub(crate) accept: Vec<FileType>,
}

impl Slot {
    fn is_answer(&self) -> bool {
        self.field != REPLY
    }
}

/// What a case takes under this name now: an answer of a draft or one that is to be
/// corrected, a reply's files, or another file for an infected one.
///
/// # Errors
/// [`Refusal::NoCase`] when it takes none, or the store's.
pub(crate) fn slot(
    read: &mut Read<'_>,
    catalogue: &Catalogue,
    case: &Case,
    field: &str,
    today: Date,
    actor: &Actor,
) -> Result<Slot, Refusal> {
    let service = catalogue.of(case).ok_or(Refusal::NoService)?;
    let corrected = correct::wanted(read, case)?;
    if field == REPLY {
        let replies = case.stage == Stage::Asked && corrected.is_none();
        let slot = Slot { field: field.to_owned(), most: FILES_USUAL, accept: FileType::ALL.to_vec() };
        return if replies { Ok(slot) } else { Err(Refusal::NoCase) };
    }
    let question = service.field(field).filter(|field| field.kind == FieldKind::Files).ok_or(Refusal::NoCase)?;
    let open = match case.stage {
        Stage::Draft => is_shown(read, service, case, field, today, actor)?,
        Stage::Asked if corrected.is_some_and(|turn| turn.name == field) => true,
        Stage::Discarded | Stage::Closed => false,
        _ => files_of(read, case)?.iter().any(|file| is_wanted_anew(case, file) && file.field == field),
    };
    let slot = Slot { field: field.to_owned(), most: question.most_files(), accept: question.accepted().to_vec() };
    if open { Ok(slot) } else { Err(Refusal::NoCase) }
}

fn is_shown(
    read: &mut Read<'_>,
    service: &Service,
    case: &Case,
    field: &str,
    today: Date,
    actor: &Actor,
) -> Result<bool, Error> {
    let sources = facts::sources(read, service, case, today, actor)?;
    let facts = form::facts_asked(service, today, &case.answers, &sources);
    Ok(form::pages(service, &facts).iter().any(|page| page.answer() == Some(field)))
}

/// Whether another file is asked for in place of this one: it is infected and still
/// stands among the answers that were sent.
pub(crate) fn is_wanted_anew(case: &Case, file: &File) -> bool {
    let sent = !matches!(case.stage, Stage::Draft | Stage::Discarded | Stage::Closed);
    sent && file.stage == FileStage::Infected && is_among(&case.answers, file)
}

fn is_among(answers: &serde_json::Map<String, Value>, file: &File) -> bool {
    let id = file.id.to_string();
    let listed = answers.get(&file.field).and_then(Value::as_array);
    listed.is_some_and(|listed| listed.iter().any(|one| one["file"] == id.as_str()))
}

/// Takes a file out of its question's answer.
fn leave(case: &mut Case, file: &File) {
    let id = file.id.to_string();
    if let Some(Value::Array(listed)) = case.answers.get_mut(&file.field) {
        listed.retain(|one| one["file"] != id.as_str());
        if listed.is_empty() {
            case.answers.remove(&file.field);
        }
    }
}

/// A file is taken away: its key is destroyed with this commit, and its octets are
/// nobody's to read.
fn drop_in(tx: &mut Tx<'_>, file: &File) -> Result<(), Refusal> {
    let next = file.stage.take("drop")?;
    tx.execute_one(&sql::DROP_FILE, &params![next.as_str(), Vec::<u8>::new(), file.id, file.stage.as_str()])?;
    let now = tx.now();
    tx.enqueue(receive::GONE, &file.id.to_string(), &file.id, now).map_err(Refusal::from)
}

/// Forgets the files of a case that it does not keep.
pub(crate) fn forget_in(tx: &mut Tx<'_>, case: &Case, keep: impl Fn(&File) -> bool) -> Result<(), Refusal> {
    let files = files_of(tx, case)?;
    files.iter().filter(|file| !keep(file)).try_for_each(|file| drop_in(tx, file))
}

/// What a sent case keeps: what its answers name.
pub(crate) fn is_answer_of(case: &Case) -> impl Fn(&File) -> bool {
    let answers = case.answers.clone();
    move |file| is_among(&answers, file)
}
