//! A paper's life: ordered in the case's commit, made by a job, read by its
//! person, revoked.

use std::sync::Arc;

use audit::Leaf;
use base::{Date, PersonId};
use seal::aead::{Cipher, SealingKey};
use seal::cms::{sign_detached, signature_value, with_signature_timestamp};
use seal::tsp::TimeStampRequest;
use seal::{Hash, SealError};
use serde_json::{Value, json};
use store::{BlobId, Ctx, Error, Key, Read, Tx, Work, params};
use web::Slice;

use crate::code::CopyNumber;
use crate::copy::CertifiedCopy;
use crate::house::Documents;
use crate::model::{
    CONTENT, COPIES_MOST, Content, FILE_KEY, NewPaper, Paper, PaperId, PaperIssued, PaperRevoked, REASON, Refusal,
};
use crate::press::Template;
use crate::proof::Proof;
use crate::{check, code, copy, pades, press, sql};

/// The queue of papers to be made.
pub(crate) const MAKE: &str = "documents.make";
const FILE: &[u8] = b"documents.file";

/// Orders a paper in the caller's commit; a job makes it.
///
/// # Errors
/// The store's.
pub fn order_in(tx: &mut Tx<'_>, new: &NewPaper) -> Result<PaperId, Error> {
    let (id, now): (PaperId, _) = (tx.mint(), tx.now());
    let content = Content {
        serial: base::code::short_code(&new.prefix, tx.random()),
        code: base::code::short_code("P", tx.random()),
        issuer: new.issuer.clone(),
        title: new.title.clone(),
        issued: press::day(now).to_string(),
        valid_until: new.valid_until.map(|day| day.to_string()),
        values: new.values.clone(),
        public: new.public.clone(),
        copy: 1,
        copies: new.copies.clamp(1, COPIES_MOST),
    };
    let most = content.copies.saturating_add(new.more).min(COPIES_MOST);
    let bytes = serde_json::to_vec(&content).map_err(|error| Error::Corrupt(error.to_string()))?;
    let sealed = tx.seal(new.person, CONTENT, &bytes)?;
    let file_key: [u8; 32] = tx.random();
    let file_key = tx.seal(new.person, FILE_KEY, &file_key)?;
    tx.execute_one(
        &sql::INSERT_PAPER,
        &params![
            id,
            new.person,
            new.about,
            new.template,
            content.serial,
            content.code,
            "ordered",
            sealed,
            file_key,
            now,
            new.unit,
            content.valid_until,
            new.version,
            content.copies,
            most
        ],
    )?;
    for number in 2..=content.copies {
        copy::order_in(tx, id, CopyNumber { number, of: content.copies })?;
    }
    tx.enqueue(MAKE, &id.to_string(), &id, now)?;
    Ok(id)
}

/// Makes what is ordered of a paper, itself and its copies: sets, seals, registers,
/// all of it in one commit.
pub(crate) async fn make(ctx: Ctx, documents: Arc<Documents>, work: Work) -> Result<(), Error> {
    let id: PaperId = work.parse()?;
    let Some((paper, unmade)) = ctx.read(move |read| unmade(read, id)).await? else { return Ok(()) };
    if unmade.is_empty() {
        return Ok(());
    }
    let fault = |refusal: Refusal| match refusal {
        Refusal::Store(error) => error,
        other => Error::Corrupt(format!("paper {id}: {other}")),
    };
    let proof = documents.proof(&ctx).await.map_err(fault)?;
    let mut made = Vec::with_capacity(unmade.len());
    for copy in unmade {
        let sealed = set(&ctx, &documents, &paper, &proof, copy.content()).await.map_err(fault)?;
        made.push((copy, ctx.db.blobs().put(sealed).await?));
    }
    ctx.write(work.write_key(), move |tx| {
        let Some(paper) = self::paper(tx, id)?.filter(|paper| paper.stage != "revoked") else { return Ok(()) };
        for (copy, blob) in &made {
            match copy {
                Unmade::Paper(_) => issue_in(tx, &paper, *blob)?,
                Unmade::Copy(_, copy) => copy::issue_in(tx, &paper, copy, *blob)?,
            }
        }
        Ok(())
    })
    .await
}

/// What is ordered of a paper and not made yet.
enum Unmade {
    /// The paper, with how many copies were ordered with it.
    Paper(CopyNumber),
    /// A further copy of it.
    Copy(CopyNumber, CertifiedCopy),
}

impl Unmade {
    const fn content(&self) -> CopyNumber {
        match self {
            Self::Paper(number) | Self::Copy(number, _) => *number,
        }
    }
}

fn unmade(read: &mut Read<'_>, id: PaperId) -> Result<Option<(Paper, Vec<Unmade>)>, Error> {
    let Some(paper) = paper(read, id)?.filter(|paper| paper.stage != "revoked") else { return Ok(None) };
    let mut unmade = Vec::new();
    if paper.stage == "ordered" {
        unmade.push(Unmade::Paper(CopyNumber { number: 1, of: paper.content.copies }));
    }
    let copies = copy::copies(read, id)?.into_iter().filter(|copy| copy.issued_at.is_none());
    unmade.extend(copies.map(|copy| Unmade::Copy(CopyNumber { number: copy.number, of: copy.of }, copy)));
    Ok(Some((paper, unmade)))
}

/// Sets and seals one copy, and encrypts its file.
async fn set(
    ctx: &Ctx,
    documents: &Arc<Documents>,
    paper: &Paper,
    proof: &Arc<Proof>,
    copy: CopyNumber,
) -> Result<Vec<u8>, Refusal> {
    let (maker, world, proof) = (Arc::clone(documents), ctx.clone(), Arc::clone(proof));
    let copied = paper.as_copy(copy.number, copy.of);
    let turn = documents.turns.acquire().await.map_err(|_| Error::Busy)?;
    // Setting and sealing take a core for some milliseconds.
    let made = tokio::task::spawn_blocking(move || {
        let pdf = maker.make(&world, &copied, &proof)?;
        let key: [u8; 32] = copied.file_key.as_slice().try_into().map_err(|_| SealError::Key("a file's key"))?;
        Ok::<_, Refusal>(SealingKey::new(&key)?.seal(Cipher::Aes256Gcm, &*world.entropy, FILE, &pdf)?)
    });
    let made = made.await.map_err(|error| Error::Panicked(error.to_string()))?;
    drop(turn);
    made
}

fn issue_in(tx: &mut Tx<'_>, paper: &Paper, blob: BlobId) -> Result<(), Error> {
    let Paper { id, about, content, .. } = paper;
    let detail = json!({
        "paper": id.to_string(), "serial": content.serial, "copies": content.copies, "file": blob.to_string(),
    });
    let leaf = audit::record_in(tx, &Leaf::new("documents.issued", about).about(paper.person).with(detail))?;
    let now = tx.now();
    tx.execute_one(&sql::ISSUE, &params![now, blob, leaf, id])?;
    tx.emit(&PaperIssued { paper: *id, about: about.clone() })
}

impl Documents {
    /// Sets and seals a paper: the whole PDF.
    ///
    /// # Errors
    /// A template that does not fit, or a key.
    pub fn make(&self, ctx: &Ctx, paper: &Paper, proof: &Proof) -> Result<Vec<u8>, Refusal> {
        let content = &paper.content;
        let pdf = self.set(ctx, paper, &json!(content))?;
        let address = code::address(&self.origin, content);
        let signing = pades::Signing { at: ctx.now(), issuer: &content.issuer[1], address: &address };
        let prepared = pades::prepare(pdf, &signing, proof)?;
        let signature = sign_detached(&prepared.digest(), &*self.seal, &self.chain)?;
        let stamped = TimeStampRequest::of(Hash::Sha256, &signature_value(&signature)?, &*ctx.entropy);
        let token = self.authority.token(ctx, &stamped)?;
        prepared.close(&with_signature_timestamp(&signature, &token)?)
    }

    /// Sets a paper with its code: what is sealed, or printed. `data` is its content,
    /// and what else the sheet shows.
    pub(crate) fn set(&self, ctx: &Ctx, paper: &Paper, data: &Value) -> Result<Vec<u8>, Refusal> {
        let content = &paper.content;
        let message = code::sign(content, &self.code_key)?;
        let picture = web::qr::svg(&code::text(&self.origin, content, &message))
            .ok_or_else(|| Refusal::Template("the code says too much to be printed".to_owned()))?;
        self.press.set(&Template::name(&paper.template, paper.version), data, picture, message, ctx.now())
    }
}

/// A paper.
///
/// # Errors
/// The store's.
pub fn paper(read: &mut Read<'_>, id: PaperId) -> Result<Option<Paper>, Error> {
    let row = read.row(&sql::PAPER, &params![id])?;
    row.map(|row| Paper::read(read, &row)).transpose()
}

/// A person's papers, newest first: a slice, and one more.
///
/// # Errors
/// The store's.
pub fn papers_of(read: &mut Read<'_>, person: PersonId, slice: &Slice) -> Result<Vec<Paper>, Error> {
    let rows = read.rows(&sql::PAPERS_OF, &params![person, slice.before(), i64::from(slice.rows_to_read())])?;
    rows.iter().map(|row| Paper::read(read, row)).collect()
}

/// A person's papers that hold on a day, newest first, so many at most.
///
/// # Errors
/// The store's.
pub fn held_by(read: &mut Read<'_>, person: PersonId, day: Date, most: i64) -> Result<Vec<Paper>, Error> {
    let rows = read.rows(&sql::HELD_BY, &params![person, day.to_string(), most])?;
    rows.iter().map(|row| Paper::read(read, row)).collect()
}

/// The papers of a case.
///
/// # Errors
/// The store's.
pub fn papers_about(read: &mut Read<'_>, about: &str) -> Result<Vec<Paper>, Error> {
    let rows = read.rows(&sql::PAPERS_ABOUT, &params![about])?;
    rows.iter().map(|row| Paper::read(read, row)).collect()
}

/// A paper by what is printed on it: its serial number or its short code.
pub(crate) fn paper_by_print(read: &mut Read<'_>, printed: &str) -> Result<Option<Paper>, Error> {
    if let Some(paper) = paper_by_code(read, printed)? {
        return Ok(Some(paper));
    }
    let row = read.row(&sql::PAPER_BY_SERIAL, &params![printed])?;
    row.map(|row| Paper::read(read, &row)).transpose()
}

pub(crate) fn paper_by_code(read: &mut Read<'_>, code: &str) -> Result<Option<Paper>, Error> {
    let row = read.row(&sql::PAPER_BY_CODE, &params![code])?;
    row.map(|row| Paper::read(read, &row)).transpose()
}

/// The PDF of an issued paper.
///
/// # Errors
/// [`Refusal::NoPaper`] before it is made, or the store's.
pub async fn file(ctx: &Ctx, paper: &Paper) -> Result<Vec<u8>, Refusal> {
    blob(ctx, paper, paper.blob.as_deref()).await
}

/// The PDF of a copy of an issued paper; the paper itself is the first.
///
/// # Errors
/// [`Refusal::NoPaper`] when there is no such copy or it is not made yet, or the store's.
pub async fn copy_file(ctx: &Ctx, paper: &Paper, number: u32) -> Result<Vec<u8>, Refusal> {
    if number == 1 {
        return file(ctx, paper).await;
    }
    let id = paper.id;
    let copies = ctx.read(move |read| copy::copies(read, id)).await?;
    let copy = copies.into_iter().find(|copy| copy.number == number).ok_or(Refusal::NoPaper)?;
    blob(ctx, paper, copy.blob.as_deref()).await
}

async fn blob(ctx: &Ctx, paper: &Paper, name: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let blob = name.and_then(|name| name.parse().ok()).ok_or(Refusal::NoPaper)?;
    let sealed = ctx.db.blobs().get(blob).await?.ok_or(Refusal::NoPaper)?;
    open_file(paper, &sealed)
}

/// The paper of ours that a file is, as it was issued: its seal covers the whole file
/// and leads to our own root, and its code stands in our register. None for any other
/// file, and for a paper that was changed.
///
/// # Errors
/// The store's.
pub async fn own_paper(ctx: &Ctx, pdf: Arc<Vec<u8>>) -> Result<Option<PaperId>, Error> {
    let root = ctx.read(ca::trusted_root).await?;
    let (roots, now): (Vec<Vec<u8>>, _) = (root.into_iter().collect(), ctx.now());
    // Hashing ten megabytes takes some milliseconds.
    let code = tokio::task::spawn_blocking(move || check::file(&pdf, &roots, now).ok().and_then(|seal| seal.code));
    let Some(code) = code.await.map_err(|error| Error::Panicked(error.to_string()))? else { return Ok(None) };
    let found = ctx.read(move |read| paper_by_code(read, &code)).await?;
    Ok(found.filter(|paper| paper.stage != "ordered").map(|paper| paper.id))
}

pub(crate) fn open_file(paper: &Paper, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let key: [u8; 32] = paper.file_key.as_slice().try_into().map_err(|_| SealError::Key("a file's key"))?;
    Ok(SealingKey::new(&key)?.open(FILE, sealed)?.to_vec())
}

/// Longest reason of a revocation, characters.
pub(crate) const REASON_CHARS: usize = 500;

/// Revokes a paper: from now on it does not hold. Its person is told why; whoever
/// verifies it, only since when.
///
/// # Errors
/// [`Refusal::NoPaper`] when it is not issued, [`Refusal::NotYours`] when another
/// unit than `unit` decided it, [`Refusal::NoReason`], or the store's.
pub async fn revoke(ctx: &Ctx, key: Key, id: PaperId, unit: &str, reason: &str) -> Result<(), Refusal> {
    let unit = unit.to_owned();
    let reason: String = reason.trim().chars().take(REASON_CHARS).collect();
    if reason.is_empty() {
        return Err(Refusal::NoReason);
    }
    ctx.write(key, move |tx| {
        let known = paper(tx, id)?.filter(|paper| paper.stage == "issued").ok_or(Refusal::NoPaper)?;
        if !known.is_in_hand_of(&unit) {
            return Err(Refusal::NotYours);
        }
        let now = tx.now();
        let sealed = tx.seal_text(known.person, REASON, &reason)?;
        tx.execute_one(&sql::REVOKE, &params![now, sealed, id])?;
        let detail = json!({ "paper": id.to_string(), "unit": unit, "reason": reason });
        audit::record_in(tx, &Leaf::new("documents.revoked", &known.about).about(known.person).with(detail))?;
        tx.emit(&PaperRevoked { paper: id, about: known.about }).map_err(Refusal::from)
    })
    .await
}

impl Documents {
    /// The text of the code on a paper.
    ///
    /// # Errors
    /// A key.
    pub fn printed(&self, paper: &Paper) -> Result<String, Refusal> {
        let message = code::sign(&paper.content, &self.code_key)?;
        Ok(code::text(&self.origin, &paper.content, &message))
    }
}
