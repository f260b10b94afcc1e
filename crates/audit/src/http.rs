//! Receipts for those whose matter it is; signed trees and proofs for all.

use base::Actor;
use serde_json::json;
use store::Ctx;
use web::{IntoResponse, Json, Path, Problem};

use crate::model::LeafId;
use crate::receipt::about_and_by;
use crate::{Checkpoint, consistency as prove, receipt as make};

/// `GET /receipts/{leaf}`: the receipt as a file.
pub(crate) async fn receipt(ctx: Ctx, Path(leaf): Path<String>) -> Result<impl IntoResponse, Problem> {
    let leaf: LeafId = leaf.parse().map_err(|_| Problem::not_found())?;
    let (subject, actor) = ctx.read(move |read| about_and_by(read, leaf)).await?.ok_or_else(Problem::not_found)?;
    // Whoever acts for another sees the receipts of their own acts.
    let theirs = match &ctx.actor {
        Actor::Citizen { person, .. } => subject == Some(*person),
        Actor::Agent { person, .. } => subject == Some(*person) && actor == ctx.actor.reference(),
        _ => false,
    };
    if !theirs {
        return Err(Problem::not_found());
    }
    let receipt = make(&ctx, leaf).await?.ok_or_else(Problem::not_found)?;
    let name = format!("attachment; filename=\"receipt-{leaf}.json\"");
    Ok(([("content-disposition", name)], Json(receipt)))
}

/// `GET /audit/checkpoint`: the newest signed tree, as text.
pub(crate) async fn checkpoint(ctx: Ctx) -> Result<impl IntoResponse, Problem> {
    let latest = ctx.read(Checkpoint::latest).await?.ok_or_else(Problem::not_found)?;
    Ok(([("content-type", "text/plain; charset=utf-8")], latest.note))
}

/// `GET /audit/consistency/{old}/{new}`: the proof that a tree extends another.
pub(crate) async fn consistency(ctx: Ctx, Path((old, new)): Path<(i64, i64)>) -> Result<impl IntoResponse, Problem> {
    let proof = ctx.read(move |read| prove(read, old, new)).await?.ok_or_else(Problem::not_found)?;
    let proof: Vec<String> = proof.iter().map(|hash| seal::digest::base64(hash)).collect();
    Ok(Json(json!({ "old": old, "new": new, "proof": proof })))
}
