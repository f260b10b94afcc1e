//! What an office prints: a batch of papers, every copy of each. A job counts each
//! print, with a leaf that the paper's person reads, before anything can be
//! printed; the sheets are then set anew from the registered data, one after
//! another, and say which print they are (ADR 5). A batch can be opened for half an
//! hour by its own unit; whoever prints later prints again, and that is counted.

use std::sync::Arc;

use audit::Leaf;
use base::{Actor, OfficerId, Timestamp};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Row, Tx, Work, params};

use crate::code::plain;
use crate::house::Documents;
use crate::joined::Joined;
use crate::model::{BATCH, BatchId, Paper, PaperId, PrintId, Refusal};
use crate::paper::{copy_file, paper};
use crate::{copy, press, sql};

/// The queue of batches whose prints are counted.
pub(crate) const FILL: &str = "documents.batch";
/// The act of printing a copy.
pub const PRINTED: &str = "documents.printed";
/// Most papers of one batch.
pub const BATCH_PAPERS: usize = 200;
/// Prints after which a commit begins no further paper: with the copies of one more,
/// it stays within what a commit may touch.
const CHUNK: i64 = 60;
/// How long a batch can be opened, seconds.
pub const OPEN_S: i64 = 1_800;
/// Prints that are read at once.
const PAGE: i64 = 50;

/// A batch of prints.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// On its manifest and on every sheet.
    pub code: String,
    /// Whose it is.
    pub unit: String,
    /// What the unit is called, Arabic and English.
    pub office: [String; 2],
    /// A stage of [`BATCH`].
    pub stage: String,
    /// What is to be printed.
    pub papers: Vec<PaperId>,
    /// How many of the papers are counted.
    pub done: usize,
    /// When it was asked for.
    pub at: Timestamp,
    /// When every print was counted.
    pub ready_at: Option<Timestamp>,
    officer: OfficerId,
}

impl Batch {
    fn read(row: &Row) -> Result<Self, Error> {
        let corrupt = |error: serde_json::Error| Error::Corrupt(format!("a batch: {error}"));
        Ok(Self {
            id: row.get(0)?,
            code: row.get(1)?,
            unit: row.get(2)?,
            office: serde_json::from_str(&row.get::<String>(3)?).map_err(corrupt)?,
            officer: row.get(4)?,
            stage: row.get(5)?,
            papers: serde_json::from_str(&row.get::<String>(6)?).map_err(corrupt)?,
            done: usize::try_from(row.get::<i64>(7)?).unwrap_or(usize::MAX),
            at: row.get(8)?,
            ready_at: row.get(9)?,
        })
    }
    /// Whether its sheets can be had.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ready_at.is_some_and(|ready| now < ready.plus_seconds(OPEN_S))
    }
}

/// One print of a batch.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Where it lies in the batch, from 1.
    pub place: i64,
    /// Of which paper.
    pub paper: PaperId,
    /// Which copy.
    pub copy: u32,
    /// Which print of that copy, from 1: a second one is a reprint.
    pub print: u32,
}

/// A print as the manifest lists it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The paper's serial number.
    pub serial: String,
    /// Whose, or what: the first thing that it says.
    pub name: String,
    /// Which copy.
    pub copy: u32,
    /// Of how many, as the copy says.
    pub of: u32,
    /// Which print of that copy.
    pub print: u32,
    /// Whether the paper still holds; else it is not among the sheets.
    pub holds: bool,
}

/// How often each copy of a paper was printed, in the order of the copies.
///
/// # Errors
/// The store's.
pub fn prints_of(read: &mut Read<'_>, id: PaperId) -> Result<Vec<(u32, i64)>, Error> {
    read.rows(&sql::PRINTS_OF, &params![id])?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// An officer's unit prints these papers, every copy of each; a job counts the prints.
/// Which papers a unit may print, the caller has made sure of.
///
/// # Errors
/// [`Refusal::BatchSize`], [`Refusal::NotYours`] when no officer asks, or the store's.
pub fn batch_in(tx: &mut Tx<'_>, office: &[String; 2], papers: &[PaperId]) -> Result<BatchId, Refusal> {
    let Actor::Officer { officer, unit, .. } = tx.actor().clone() else { return Err(Refusal::NotYours) };
    if papers.is_empty() || papers.len() > BATCH_PAPERS {
        return Err(Refusal::BatchSize);
    }
    let (id, now): (BatchId, _) = (tx.mint(), tx.now());
    let code = base::code::short_code("PR", tx.random());
    let corrupt = |error: serde_json::Error| Error::Corrupt(error.to_string());
    let office = serde_json::to_string(office).map_err(corrupt)?;
    let papers = serde_json::to_string(papers).map_err(corrupt)?;
    tx.execute_one(&sql::INSERT_BATCH, &params![id, code, unit, office, officer, BATCH.start, papers, now])?;
    tx.enqueue(FILL, &id.to_string(), &id, now)?;
    Ok(id)
}

/// Counts some prints of a batch, and leaves the rest to the next work.
pub(crate) async fn fill(ctx: Ctx, work: Work) -> Result<(), Error> {
    let id: BatchId = work.parse()?;
    let Some(asked) = ctx.read(move |read| batch(read, id)).await? else { return Ok(()) };
    // The leaf names the officer who prints, not the job.
    let actor = Actor::Officer { officer: asked.officer, unit: asked.unit, roles: Vec::new() };
    let ctx = ctx.as_actor(actor);
    ctx.write(work.write_key(), move |tx| {
        let Some(batch) = batch(tx, id)?.filter(|batch| batch.stage == BATCH.start) else { return Ok(()) };
        let before: i64 = tx.row(&sql::COUNT_PLACES, &params![id])?.map_or(Ok(0), |row| row.get(0))?;
        let (mut place, mut done) = (before, batch.done);
        while let Some(paper) = batch.papers.get(done).filter(|_| place - before < CHUNK) {
            place = print_in(tx, &batch, *paper, place)?;
            done += 1;
        }
        let now = tx.now();
        let whole = done == batch.papers.len();
        let stage = if whole { BATCH.next(&batch.stage, "fill").unwrap_or(BATCH.start) } else { BATCH.start };
        let (so_far, was) = (i64::try_from(done).unwrap_or(i64::MAX), i64::try_from(batch.done).unwrap_or(i64::MAX));
        tx.execute_one(&sql::MOVE_BATCH, &params![so_far, stage, whole.then_some(now), id, was, BATCH.start])?;
        if !whole {
            tx.enqueue(FILL, &id.to_string(), &id, now)?;
        }
        Ok(())
    })
    .await
}

/// Counts a print of each copy of a paper that holds; returns the last place.
fn print_in(tx: &mut Tx<'_>, batch: &Batch, id: PaperId, place: i64) -> Result<i64, Error> {
    let paper = match paper(tx, id) {
        Ok(paper) => paper.filter(|paper| paper.stage == "issued"),
        // Its person was erased: there is nothing left to print.
        Err(Error::Sealed) => None,
        Err(error) => return Err(error),
    };
    let Some(paper) = paper else { return Ok(place) };
    let further = copy::copies(tx, id)?.into_iter().filter(|copy| copy.issued_at.is_some()).map(|copy| copy.number);
    let numbers: Vec<u32> = std::iter::once(1).chain(further).collect();
    let mut last = place;
    for number in numbers {
        let before: i64 = tx.row(&sql::COUNT_PRINTS, &params![id, number])?.map_or(Ok(0), |row| row.get(0))?;
        let print = before + 1;
        let detail = json!({
            "paper": id.to_string(), "copy": number, "print": print, "batch": batch.code, "unit": batch.unit,
        });
        let leaf = audit::record_in(tx, &Leaf::new(PRINTED, &paper.about).about(paper.person).with(detail))?;
        let one: PrintId = tx.mint();
        last += 1;
        tx.execute_one(&sql::INSERT_PRINT, &params![one, batch.id, last, id, number, print, leaf])?;
    }
    Ok(last)
}

/// A batch.
///
/// # Errors
/// The store's.
pub fn batch(read: &mut Read<'_>, id: BatchId) -> Result<Option<Batch>, Error> {
    read.row(&sql::BATCH, &params![id])?.as_ref().map(Batch::read).transpose()
}

/// A unit's latest batches, so many at most.
///
/// # Errors
/// The store's.
pub fn batches_of(read: &mut Read<'_>, unit: &str, most: i64) -> Result<Vec<Batch>, Error> {
    read.rows(&sql::BATCHES, &params![unit, most])?.iter().map(Batch::read).collect()
}

fn sheets(read: &mut Read<'_>, id: BatchId, after: i64) -> Result<Vec<Sheet>, Error> {
    let rows = read.rows(&sql::PRINTS, &params![id, after, PAGE])?;
    let sheet = |row: &Row| Ok(Sheet { place: row.get(0)?, paper: row.get(1)?, copy: row.get(2)?, print: row.get(3)? });
    rows.iter().map(sheet).collect()
}

/// What a batch's manifest lists, in the order of its sheets. Only lines are kept:
/// one paper is read after another.
pub(crate) fn manifest(read: &mut Read<'_>, id: BatchId) -> Result<Vec<Listed>, Error> {
    let mut lines = Vec::new();
    let mut after = 0;
    loop {
        let page = sheets(read, id, after)?;
        let Some(last) = page.last() else { return Ok(lines) };
        after = last.place;
        for sheet in &page {
            let Some((paper, of)) = printable(read, sheet)? else { continue };
            lines.push(Listed {
                name: name(&paper),
                serial: paper.content.serial.clone(),
                copy: sheet.copy,
                of,
                print: sheet.print,
                holds: paper.stage == "issued",
            });
        }
    }
}

/// A sheet's paper, and how many copies the sheet's own says there were; none once its
/// person was erased.
fn printable(read: &mut Read<'_>, sheet: &Sheet) -> Result<Option<(Paper, u32)>, Error> {
    let paper = match paper(read, sheet.paper) {
        Err(Error::Sealed) | Ok(None) => return Ok(None),
        Ok(Some(paper)) => paper,
        Err(error) => return Err(error),
    };
    if sheet.copy == 1 {
        let of = paper.content.copies;
        return Ok(Some((paper, of)));
    }
    let copy = copy::copies(read, paper.id)?.into_iter().find(|copy| copy.number == sheet.copy);
    Ok(copy.map(|copy| (paper, copy.of)))
}

/// Whose paper it is, as it says: its name, or the first thing that anybody may read.
fn name(paper: &Paper) -> String {
    let values = &paper.content.values;
    let names = std::iter::once("name").chain(paper.content.public.iter().map(String::as_str));
    let mut said = names.filter_map(|name| values.get(name).and_then(plain));
    said.next().unwrap_or_default()
}

/// An officer of the batch's unit opens its sheets; the act is recorded, each time.
///
/// # Errors
/// [`Refusal::NoPaper`] when it is not their unit's or not open, or the store's.
pub(crate) async fn open(ctx: &Ctx, id: BatchId, unit: &str) -> Result<Batch, Refusal> {
    let unit = unit.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let found = batch(tx, id)?.filter(|batch| batch.unit == unit && batch.is_open(tx.now()));
        let found = found.ok_or(Refusal::NoPaper)?;
        let leaf = Leaf::new("documents.batch_opened", format!("batch:{id}")).with(json!({ "batch": found.code }));
        audit::record_in(tx, &leaf).map(drop).map_err(Refusal::from)
    })
    .await?;
    ctx.read(move |read| batch(read, id)).await?.ok_or(Refusal::NoPaper)
}

/// Where the making of a batch's file stands.
struct Sheets {
    ctx: Ctx,
    documents: Arc<Documents>,
    batch: Batch,
    joined: Option<Joined>,
    /// Sheets that were read and not set, the next one last.
    next: Vec<Sheet>,
    after: i64,
}

/// The manifest and the sheets of a batch as one PDF, part by part: one sheet is
/// held at a time. Whoever may open it, and that it was opened, the caller has seen to.
pub fn printed(ctx: Ctx, documents: Arc<Documents>, batch: Batch) -> impl Stream<Item = Result<Vec<u8>, Refusal>> {
    let sheets = Sheets { ctx, documents, batch, joined: None, next: Vec::new(), after: 0 };
    stream::try_unfold(Some(sheets), |sheets| async move {
        let Some(mut sheets) = sheets else { return Ok(None) };
        let Some(mut joined) = sheets.joined.take() else {
            let (mut joined, mut first) = Joined::begin();
            first.extend(joined.add(&sheets.manifest().await?)?);
            sheets.joined = Some(joined);
            return Ok(Some((first, Some(sheets))));
        };
        match sheets.set_next().await? {
            Some(pdf) => {
                let part = joined.add(&pdf)?;
                sheets.joined = Some(joined);
                Ok(Some((part, Some(sheets))))
            }
            None => Ok(Some((joined.close(), None))),
        }
    })
}

impl Sheets {
    async fn manifest(&self) -> Result<Vec<u8>, Refusal> {
        let id = self.batch.id;
        let lines = self.ctx.read(move |read| manifest(read, id)).await?;
        let lines: Vec<Value> = lines
            .iter()
            .map(|line| {
                json!({
                    "serial": line.serial, "name": line.name, "copy": line.copy, "copies": line.of,
                    "print": line.print, "holds": line.holds,
                })
            })
            .collect();
        let Batch { code, office, at, .. } = &self.batch;
        let data = json!({ "batch": code, "office": office, "day": press::day(*at).to_string(), "lines": lines });
        let (documents, now) = (Arc::clone(&self.documents), self.ctx.now());
        self.on_a_core(move || documents.press.manifest(&data, now)).await
    }

    /// The next sheet whose paper holds still.
    async fn set_next(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        loop {
            if self.next.is_empty() {
                let (id, after) = (self.batch.id, self.after);
                self.next = self.ctx.read(move |read| sheets(read, id, after)).await?;
                self.next.reverse();
            }
            let Some(sheet) = self.next.pop() else { return Ok(None) };
            self.after = sheet.place;
            let asked = sheet.clone();
            let found = self.ctx.read(move |read| printable(read, &asked)).await?;
            if let Some((paper, of)) = found.filter(|(paper, _)| paper.stage == "issued") {
                return self.set(&sheet, &paper, of).await.map(Some);
            }
        }
    }

    async fn set(&self, sheet: &Sheet, paper: &Paper, of: u32) -> Result<Vec<u8>, Refusal> {
        let copied = paper.as_copy(sheet.copy, of);
        let Batch { code, office, at, .. } = &self.batch;
        let mut data = json!(copied.content);
        let day = press::day(*at).to_string();
        data["print"] = json!({ "number": sheet.print, "batch": code, "office": office, "day": day });
        let (documents, ctx) = (Arc::clone(&self.documents), self.ctx.clone());
        match self.on_a_core(move || documents.set(&ctx, &copied, &data)).await {
            // Its version's template is gone: the registered file is printed as it is.
            Err(Refusal::NoTemplate(_)) => copy_file(&self.ctx, paper, sheet.copy).await,
            set => set,
        }
    }

    /// Setting takes a core for some milliseconds: no more at once than there are.
    async fn on_a_core(
        &self,
        set: impl FnOnce() -> Result<Vec<u8>, Refusal> + Send + 'static,
    ) -> Result<Vec<u8>, Refusal> {
        let turn = self.documents.turns.acquire().await.map_err(|_| Error::Busy)?;
        let set = tokio::task::spawn_blocking(set).await.map_err(|error| Error::Panicked(error.to_string()))?;
        drop(turn);
        set
    }
}
