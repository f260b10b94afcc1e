//! Who opens a file: its person, the officers of the unit that has the case, or of one
//! whose turn the folder lets see the answer, and those who are asked to sign, likewise.
//! Anybody else's opening than the person's own is a look, with its leaf, before a single
//! octet is handed out.

use std::sync::Arc;

use audit::Leaf;
use base::{Assurance, CaseId};
use catalogue::Catalogue;
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Tx};

use super::{File, FileId, FileStage, file, of_whole};
use crate::case::{Case, Refusal, case, own};
use crate::desk::of_unit;
use crate::steps::{bodies, co_sign};
use crate::turn::{self, TurnId};

/// The act of opening somebody's file.
pub(crate) const READ: &str = "services.file_read";

/// What lies in a file's blob.
///
/// # Errors
/// [`Refusal::NoCase`] before it was kept, or the store's.
pub(crate) async fn bytes(ctx: &Ctx, found: &File) -> Result<Vec<u8>, Refusal> {
    let blob = found.blob.ok_or(Refusal::NoCase)?;
    let sealed =
        ctx.db.blobs().get(blob).await?.ok_or_else(|| Error::Corrupt(format!("file {} has no blob", found.id)))?;
    let (sealing, id) = (found.sealing()?, found.id);
    // Ten megabytes are opened in some milliseconds.
    let opened = tokio::task::spawn_blocking(move || sealing.open(&of_whole(id), &sealed).map(|bytes| bytes.to_vec()));
    let opened = opened.await.map_err(|error| Error::Panicked(error.to_string()))?;
    opened.map_err(|_| Refusal::Store(Error::Sealed))
}

/// A person's own file.
///
/// # Errors
/// Not theirs, infected, or the store's.
pub(crate) async fn own_file(ctx: &Ctx, of: CaseId, id: FileId) -> Result<(File, Vec<u8>), Refusal> {
    let actor = ctx.actor.clone();
    let found = ctx.read(move |read| {
        let case = own(read, of, &actor)?;
        file(read, &case, id)
    });
    let found = found.await?;
    if matches!(found.stage, FileStage::Infected) {
        return Err(Refusal::Quarantined);
    }
    let bytes = bytes(ctx, &found).await?;
    Ok((found, bytes))
}

/// A file of a case of the officer's unit.
///
/// # Errors
/// Another unit's, not scanned yet, infected, or the store's.
pub(crate) async fn for_unit(ctx: &Ctx, of: CaseId, id: FileId, unit: &str) -> Result<(File, Vec<u8>), Refusal> {
    let unit = unit.to_owned();
    let found = ctx.write(Key::once(ctx), move |tx| {
        let case = of_unit(tx, of, &unit)?;
        let found = file(tx, &case, id)?;
        look_in(tx, &case, &found, json!({ "unit": unit, "file": id.to_string() }))
    });
    found.await?;
    handed_out(ctx, of, id).await
}

/// A file that answers what the folder lets a unit's turn see.
///
/// # Errors
/// As of [`for_unit`].
pub(crate) async fn for_turn(
    ctx: &Ctx,
    catalogue: &Arc<Catalogue>,
    turn: TurnId,
    id: FileId,
    unit: &str,
) -> Result<(File, Vec<u8>), Refusal> {
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(catalogue));
    let found = ctx.write(Key::once(ctx), move |tx| {
        let turn = turn::turn(tx, turn)?.filter(|turn| turn.unit.as_deref() == Some(unit.as_str()));
        let turn = turn.filter(|turn| turn.is_open() && turn.is_asked_of_a_unit()).ok_or(Refusal::NoCase)?;
        let case = case(tx, turn.case)?.ok_or(Refusal::NoCase)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let found = file(tx, &case, id)?;
        if !bodies::sees(service, &turn).contains(&found.field) {
            return Err(Refusal::NoCase);
        }
        look_in(tx, &case, &found, json!({ "unit": unit, "file": id.to_string() })).map(|()| case.id)
    });
    let of = found.await?;
    handed_out(ctx, of, id).await
}

/// A file that answers what the folder lets whoever is asked to sign see.
///
/// # Errors
/// They are not named, or nothing is to be signed any more; else as of [`for_unit`].
pub(crate) async fn for_signer(
    ctx: &Ctx,
    catalogue: &Arc<Catalogue>,
    turn: TurnId,
    id: FileId,
) -> Result<(File, Vec<u8>), Refusal> {
    let person = ctx.actor.person().ok_or(Refusal::NoCase)?;
    if ctx.actor.assurance() < Assurance::Substantial {
        return Err(Refusal::TooLow);
    }
    let catalogue = Arc::clone(catalogue);
    let found = ctx.write(Key::once(ctx), move |tx| {
        let (turn, case) = co_sign::of_person(tx, turn, person)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let found = file(tx, &case, id)?;
        if !turn.is_open() || !bodies::sees(service, &turn).contains(&found.field) {
            return Err(Refusal::NoCase);
        }
        let detail = json!({ "turn": turn.id.to_string(), "file": id.to_string() });
        look_in(tx, &case, &found, detail).map(|()| case.id)
    });
    let of = found.await?;
    handed_out(ctx, of, id).await
}

fn look_in(tx: &mut Tx<'_>, case: &Case, found: &File, detail: Value) -> Result<(), Refusal> {
    match found.stage {
        FileStage::Clean | FileStage::Unscanned => {}
        FileStage::Infected => return Err(Refusal::Quarantined),
        FileStage::Waiting => return Err(Refusal::Unscanned),
        FileStage::Arriving | FileStage::Gone => return Err(Refusal::NoCase),
    }
    audit::record_in(tx, &Leaf::new(READ, case.object()).about(case.person).with(detail))
        .map(drop)
        .map_err(Refusal::from)
}

async fn handed_out(ctx: &Ctx, of: CaseId, id: FileId) -> Result<(File, Vec<u8>), Refusal> {
    let found = ctx.read(move |read| {
        let case = case(read, of)?.ok_or(Refusal::NoCase)?;
        file(read, &case, id)
    });
    let found = found.await?;
    let bytes = bytes(ctx, &found).await?;
    Ok((found, bytes))
}
