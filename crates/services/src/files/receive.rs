//! A file arrives: announced, taken piece by piece, read and written anew, kept. A
//! piece is on the disk, sealed, before it is answered: after a cut the rest follows
//! from where it stopped.

use std::sync::Arc;
use std::time::Duration;

use attachments::{Bad, CASE_BYTES_MAX, FILE_BYTES_MAX, FileType, as_it_is, inspect};
use base::{CaseId, Zone};
use catalogue::Catalogue;
use seal::aead::Cipher;
use store::{BlobId, Ctx, Error, Job, Key, Subscriber, Tx, Work, params};

use super::scan::Verdict;
use super::{
    DIGEST, File, FileId, FileStage, KEY, NAME, drop_in, file, files_of, is_wanted_anew, leave, of_part, of_whole,
    scan, slot,
};
use crate::case::{Case, Refusal, Stage, own};
use crate::count::count_in;
use crate::sql;
use crate::system::Services;
use crate::timeline::{Kind, add_in};

/// The queue of files that are forgotten.
pub(crate) const GONE: &str = "services.file_gone";
/// Bytes of one piece: half a minute at 20 kbit/s. Every piece but the last has so many.
pub(crate) const PIECE_BYTES: usize = 64 * 1024;
/// How long a file may stand half arrived, seconds.
const ARRIVING_S: i64 = 24 * 3_600;
/// Files that one commit of the clearing job drops.
const DROPPED_AT_ONCE: i64 = 50;

/// Announces a file: what it is called, and how long it is, if that is known.
///
/// # Errors
/// Nothing can be attached there, too much or too many, or the store's.
pub(crate) async fn begin(
    ctx: &Ctx,
    catalogue: &Arc<Catalogue>,
    id: CaseId,
    field: &str,
    typed: &str,
    length: Option<u64>,
) -> Result<FileId, Refusal> {
    let (actor, catalogue, field) = (ctx.actor.clone(), Arc::clone(catalogue), field.to_owned());
    let called = attachments::name::cleaned(typed);
    ctx.write(Key::once(ctx), move |tx| {
        let case = own(tx, id, &actor)?;
        let today = tx.now().date(Zone::Hebron);
        let slot = slot(tx, &catalogue, &case, &field, today, &actor)?;
        let files = files_of(tx, &case)?;
        let there = files.iter().filter(|file| file.field == slot.field && file.counts()).count();
        if there >= slot.most || files.len() >= usize::try_from(super::OF_A_CASE).unwrap_or(0) {
            return Err(Bad::TooMany.into());
        }
        match length {
            Some(0) => return Err(Bad::Empty.into()),
            Some(length) if length > FILE_BYTES_MAX => return Err(Bad::TooLarge.into()),
            Some(length) if used(tx, &case)? + length > CASE_BYTES_MAX => return Err(Bad::NoRoom.into()),
            _ => {}
        }
        let new: FileId = tx.mint();
        let (key, now) = (tx.random::<32>(), tx.now());
        let key = tx.seal(case.person, KEY, &key)?;
        let name = tx.seal_text(case.person, NAME, &called)?;
        let length = length.map(|length| i64::try_from(length).unwrap_or(i64::MAX));
        let stage = FileStage::Arriving.as_str();
        tx.execute_one(&sql::INSERT_FILE, &params![new, id, slot.field, stage, name, key, length, now])?;
        Ok(new)
    })
    .await
}

/// Bytes of a case's files.
fn used(tx: &mut Tx<'_>, case: &Case) -> Result<u64, Error> {
    let row = tx.row(&sql::FILES_BYTES, &params![case.id])?;
    let bytes: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    u64::try_from(bytes).map_err(|_| Error::Corrupt("the length of a case's files".to_owned()))
}

/// A file that arrives, of whoever acts.
pub(crate) async fn arriving(ctx: &Ctx, case: CaseId, id: FileId) -> Result<File, Refusal> {
    let actor = ctx.actor.clone();
    ctx.read(move |read| {
        let case = own(read, case, &actor)?;
        let found = file(read, &case, id)?;
        if found.stage == FileStage::Arriving { Ok(found) } else { Err(Refusal::NoCase) }
    })
    .await
}

/// Takes one more piece, at the place where the file stands. Returns where it stands then.
///
/// # Errors
/// [`Refusal::NotNow`] when it stands elsewhere; too large; the store's.
pub(crate) async fn append(ctx: &Ctx, known: &File, at: u64, bytes: &[u8]) -> Result<u64, Refusal> {
    let next = at + u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if bytes.is_empty() || bytes.len() > PIECE_BYTES {
        return Err(Refusal::NotNow("arriving", "take a piece of that size"));
    }
    if next > known.length.unwrap_or(FILE_BYTES_MAX).min(FILE_BYTES_MAX) {
        return Err(Bad::TooLarge.into());
    }
    let sealed = known.sealing()?.seal(Cipher::Aes256Gcm, &*ctx.entropy, &of_part(known.id, at), bytes);
    let sealed = sealed.map_err(|error| Error::Corrupt(format!("a piece of {}: {error}", known.id)))?;
    let (actor, id, of, grown) = (ctx.actor.clone(), known.id, known.case, known.length.is_none());
    ctx.write(Key::once(ctx), move |tx| {
        let case = own(tx, of, &actor)?;
        let found = file(tx, &case, id)?;
        if found.stage != FileStage::Arriving || found.arrived != at {
            return Err(Refusal::NotNow("elsewhere", "go on here"));
        }
        if grown && used(tx, &case)? + (next - at) > CASE_BYTES_MAX {
            return Err(Bad::NoRoom.into());
        }
        let place = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        tx.execute_one(&sql::INSERT_PART, &params![id, place(at), sealed])?;
        tx.execute_one(&sql::GROW_FILE, &params![place(next), id, place(at)])?;
        Ok(next)
    })
    .await
}

/// All of it came: it is scanned, read, written anew, sealed and kept; the scanner sees
/// what was made of it, too. What is refused is forgotten.
///
/// # Errors
/// Why it is not taken, or the store's.
pub(crate) async fn finish(ctx: &Ctx, services: &Arc<Services>, of: CaseId, id: FileId) -> Result<(), Refusal> {
    let (actor, catalogue) = (ctx.actor.clone(), Arc::clone(&services.catalogue));
    let today = ctx.now().date(Zone::Hebron);
    let found = ctx.read(move |read| {
        let case = own(read, of, &actor)?;
        let found = file(read, &case, id)?;
        if found.stage != FileStage::Arriving || found.length.is_some_and(|length| length != found.arrived) {
            return Err(Refusal::NotNow(found.stage.as_str(), "keep"));
        }
        let slot = slot(read, &catalogue, &case, &found.field, today, &actor)?;
        let parts = read.rows(&sql::PARTS, &params![id])?;
        let parts = parts.iter().map(|row| Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?)));
        Ok::<_, Refusal>((found, slot, parts.collect::<Result<Vec<_>, Error>>()?))
    });
    let (arrived, slot, parts) = found.await?;
    let turn = services.intake.turns.acquire().await.map_err(|_| Error::Busy)?;
    let whole = Arc::new(whole(&arrived, parts).await?);
    if let Err(bad) = scanned_first(services, id, &whole).await {
        drop(turn);
        forget(ctx, of, id).await?;
        return Err(bad.into());
    }
    let is_own = documents::own_paper(ctx, Arc::clone(&whole)).await?.is_some();
    let (entropy, sealing, called) = (Arc::clone(&ctx.entropy), arrived.sealing()?, arrived.name.clone());
    // Reading and writing a picture anew takes a core for up to a second.
    let read = tokio::task::spawn_blocking(move || {
        let digest = seal::digest::sha256(&whole);
        let look = if is_own { as_it_is } else { inspect };
        let clean = match look(&called, &whole, &slot.accept) {
            Ok(clean) => clean,
            Err(bad) => return Err(Refusal::File(bad)),
        };
        drop(whole);
        let sealed = sealing.seal(Cipher::Aes256Gcm, &*entropy, &of_whole(id), &clean.bytes);
        let sealed = sealed.map_err(|error| Error::Corrupt(format!("file {id}: {error}")))?;
        Ok((clean, digest, sealed))
    });
    // A file at which a decoder falls is broken.
    let read = read.await.unwrap_or_else(|error| {
        tracing::warn!(%id, %error, "a file could not be read");
        Err(Refusal::File(Bad::Broken))
    });
    drop(turn);
    let (clean, digest, sealed) = match read {
        Ok(read) => read,
        Err(refusal) => {
            forget(ctx, of, id).await?;
            return Err(refusal);
        }
    };
    let digest = ctx.db.blind(DIGEST, &seal::digest::hex(&digest));
    let blob = ctx.db.blobs().put(sealed).await?;
    let kept = Kept {
        kind: clean.kind,
        length: i64::try_from(clean.bytes.len()).unwrap_or(i64::MAX),
        name: clean.name,
        digest,
        blob,
    };
    keep(ctx, services, of, id, kept).await
}

/// The pieces of a file together.
async fn whole(arrived: &File, parts: Vec<(i64, Vec<u8>)>) -> Result<Vec<u8>, Refusal> {
    let (sealing, id) = (arrived.sealing()?, arrived.id);
    let joined = tokio::task::spawn_blocking(move || {
        let mut whole = Vec::with_capacity(parts.len() * PIECE_BYTES);
        for (at, sealed) in &parts {
            let piece =
                sealing.open(&of_part(id, u64::try_from(*at).unwrap_or(0)), sealed).map_err(|_| Error::Sealed)?;
            whole.extend_from_slice(&piece);
        }
        Ok::<_, Error>(whole)
    });
    Ok(joined.await.map_err(|error| Error::Panicked(error.to_string()))??)
}

/// What came in goes by the scanner before anything decodes it. A scanner that is out
/// holds nobody up: what is made of it waits for the scanner before anybody opens it.
async fn scanned_first(services: &Services, id: FileId, whole: &[u8]) -> Result<(), Bad> {
    match services.intake.scanner.scan(whole).await {
        Ok(Verdict::Infected(found)) => {
            tracing::warn!(file = %id, found, "a file was not taken");
            Err(Bad::Infected)
        }
        Ok(Verdict::Clean | Verdict::NotScanned) => Ok(()),
        Err(error) => {
            tracing::warn!(file = %id, %error, "a file comes in unscanned");
            Ok(())
        }
    }
}

/// What was made of a file.
struct Kept {
    kind: FileType,
    name: String,
    length: i64,
    digest: Vec<u8>,
    blob: BlobId,
}

async fn keep(ctx: &Ctx, services: &Arc<Services>, of: CaseId, id: FileId, kept: Kept) -> Result<(), Refusal> {
    let (actor, catalogue) = (ctx.actor.clone(), Arc::clone(&services.catalogue));
    ctx.write(Key::once(ctx), move |tx| {
        let mut case = own(tx, of, &actor)?;
        let found = file(tx, &case, id)?;
        let today = tx.now().date(Zone::Hebron);
        let slot = slot(tx, &catalogue, &case, &found.field, today, &actor)?;
        let (stage, arriving) = (found.stage.take("keep")?, FileStage::Arriving.as_str());
        let twice = tx.row(&sql::SAME_FILE, &params![of, found.field, kept.digest])?.is_some();
        let name = tx.seal_text(case.person, NAME, &kept.name)?;
        tx.execute_one(
            &sql::KEEP_FILE,
            &params![stage.as_str(), name, kept.kind.as_str(), kept.length, kept.digest, kept.blob, id, arriving],
        )?;
        tx.execute(&sql::DELETE_PARTS, &params![id])?;
        let found = file(tx, &case, id)?;
        if twice {
            // Sent twice by a line that broke: one of it is enough.
            return drop_in(tx, &found);
        }
        if slot.is_answer() {
            answer_in(tx, &mut case, &found)?;
        }
        let now = tx.now();
        tx.enqueue(scan::SCAN, &id.to_string(), &id, now).map_err(Refusal::from)
    })
    .await
}

fn answer_in(tx: &mut Tx<'_>, case: &mut Case, kept: &File) -> Result<(), Refusal> {
    let files = files_of(tx, case)?;
    let replaced = files.iter().find(|file| file.field == kept.field && is_wanted_anew(case, file));
    if let Some(infected) = replaced {
        leave(case, infected);
        add_in(tx, case, Kind::FileReplaced, Some(&kept.name), serde_json::json!({ "file": kept.id.to_string() }))?;
    }
    let listed = case.answers.entry(kept.field.clone()).or_insert_with(|| serde_json::json!([]));
    if let serde_json::Value::Array(listed) = listed {
        listed.push(kept.answer());
    }
    case.keep_answers_in(tx)?;
    if case.stage == Stage::Draft {
        count_in(tx, "answered", &case.service, &kept.field, case.locale)?;
    }
    Ok(())
}

/// A person takes a file away, before it was sent.
///
/// # Errors
/// Not theirs, sent already, or the store's.
pub(crate) async fn remove(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    of: CaseId,
    id: FileId,
) -> Result<(), Refusal> {
    let (actor, catalogue) = (ctx.actor.clone(), Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let mut case = own(tx, of, &actor)?;
        let found = file(tx, &case, id)?;
        if !matches!(case.stage, Stage::Draft | Stage::Asked) && found.stage != FileStage::Arriving {
            return Err(Refusal::NotNow(case.stage.as_str(), "remove a file"));
        }
        let today = tx.now().date(Zone::Hebron);
        slot(tx, &catalogue, &case, &found.field, today, &actor)?;
        leave(&mut case, &found);
        case.keep_answers_in(tx)?;
        drop_in(tx, &found)
    })
    .await
}

/// A file that was refused or broke off is forgotten.
pub(crate) async fn forget(ctx: &Ctx, of: CaseId, id: FileId) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let case = own(tx, of, &actor)?;
        let found = file(tx, &case, id)?;
        if found.stage == FileStage::Arriving { drop_in(tx, &found) } else { Ok(()) }
    })
    .await
}

/// Forgets files that are gone. Their keys are destroyed already; their blobs, which
/// nothing names from now on, are the store's to collect.
pub(crate) fn gone() -> Subscriber {
    Subscriber::new(GONE, GONE, |ctx: Ctx, work: Work| async move {
        let id: FileId = work.parse()?;
        ctx.write(work.write_key(), move |tx| {
            tx.execute(&sql::DELETE_PARTS, &params![id])?;
            tx.execute(&sql::DELETE_FILE, &params![id]).map(drop)
        })
        .await
    })
}

/// Drops what stands half arrived since a day.
pub(crate) fn clearing() -> Job {
    Job::every("services.files_left", Duration::from_secs(3_600), |ctx, lease| async move {
        let dropped = ctx.write(Key::once(&ctx), move |tx| {
            lease.hold(tx)?;
            let now = tx.now();
            let (stage, since) = (FileStage::Arriving.as_str(), now.plus_seconds(-ARRIVING_S));
            for row in &tx.rows(&sql::LEFT_FILES, &params![stage, since, DROPPED_AT_ONCE])? {
                let id: FileId = row.get(0)?;
                tx.execute(&sql::DROP_FILE, &params![FileStage::Gone.as_str(), Vec::<u8>::new(), id, stage])?;
                tx.enqueue(GONE, &id.to_string(), &id, now)?;
            }
            Ok::<_, Error>(())
        });
        dropped.await
    })
}

/// Attaches a file that is at hand as a whole.
///
/// # Errors
/// Nothing can be attached there, why the file is not taken, or the store's.
pub async fn attach(
    ctx: &Ctx,
    services: &Arc<Services>,
    of: CaseId,
    field: &str,
    called: &str,
    bytes: &[u8],
) -> Result<FileId, Refusal> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let id = begin(ctx, &services.catalogue, of, field, called, Some(length)).await?;
    let (known, mut at) = (arriving(ctx, of, id).await?, 0);
    for piece in bytes.chunks(PIECE_BYTES) {
        at = append(ctx, &known, at, piece).await?;
    }
    finish(ctx, services, of, id).await?;
    Ok(id)
}
