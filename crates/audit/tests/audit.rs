//! The log on both engines: receipts hold, edits show, a copy put back shows.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::sync::Arc;

use audit::{Audit, Leaf, LeafId, LogKey, Trust, check_receipt};
use base::PersonId;
use seal::SigningKey;
use serde_json::json;
use store::{Ctx, Key, params};
use testkit::on_both_engines;
use web::{Slice, System};

mod sql {
    store::statements! {
        /// An insider edits what a leaf says.
        FORGE_BODY = "UPDATE audit_body SET salt = $1";
        /// An insider edits the tree.
        FORGE_ENTRY = "UPDATE audit_entry SET hash = $1 WHERE position = 3";
        /// An insider loses a leaf.
        LOSE = "DELETE FROM audit_pending";
    }
}

fn log() -> (System, Trust) {
    let key = LogKey::new("test/audit", 1, SigningKey::ed25519_from_seed(&[9; 32]).unwrap());
    let trust = key.trust();
    (audit::system(Audit { key: Arc::new(key) }), trust)
}

async fn act(ctx: &Ctx, number: usize, subject: Option<PersonId>) -> LeafId {
    let write = ctx.write(Key::once(ctx), move |tx| {
        let mut leaf = Leaf::new("test.acted", format!("case:{number}")).with(json!({ "number": number }));
        leaf.subject = subject;
        audit::record_in(tx, &leaf)
    });
    write.await.unwrap()
}

async fn sequence(ctx: &Ctx, system: &System) {
    for job in &system.jobs {
        assert!(job.run_once(ctx, "test").await.unwrap());
    }
}

async fn broken(ctx: &Ctx, system: &System) -> Vec<&'static str> {
    let mut names = Vec::new();
    for invariant in system.invariants.clone() {
        let name = invariant.name;
        if !ctx.read(move |read| invariant.check(read)).await.unwrap().is_empty() {
            names.push(name);
        }
    }
    names
}

#[test]
fn every_leaf_gets_a_receipt_that_holds_offline() {
    on_both_engines(&[audit::SCHEMA], |world| async move {
        let (system, trust) = log();
        let ctx = &world.ctx;
        let person: PersonId = ctx.mint();
        let mut leaves = Vec::new();
        for number in 0..7 {
            // Ids are in the order of their milliseconds.
            world.clock.advance_seconds(1);
            leaves.push(act(ctx, number, (number % 2 == 0).then_some(person)).await);
            if number == 4 {
                assert_eq!(audit::receipt(ctx, leaves[4]).await.unwrap(), None);
                sequence(ctx, &system).await;
            }
        }
        sequence(ctx, &system).await;
        for (number, leaf) in leaves.iter().enumerate() {
            let receipt = audit::receipt(ctx, *leaf).await.unwrap().unwrap();
            let text = serde_json::to_vec(&receipt).unwrap();
            let (body, tree) = check_receipt(&text, &trust).unwrap();
            assert!(body.contains(&format!("\"number\":{number}")), "{body}");
            assert_eq!(tree.size, 7);
            let forged = String::from_utf8(text.clone()).unwrap().replace("number", "numbex");
            assert!(check_receipt(forged.as_bytes(), &trust).is_err());
            let other = Trust { origins: vec!["other/audit/1".to_owned()], key: trust.key.clone() };
            assert!(check_receipt(&text, &other).is_err());
        }
        assert!(broken(ctx, &system).await.is_empty());
        let acts =
            ctx.read(move |read| audit::acts_about(read, person, "test.acted", &Slice::default())).await.unwrap();
        assert_eq!(acts.iter().map(|act| act.detail["number"].clone()).collect::<Vec<_>>(), [6, 4, 2, 0]);
    });
}

#[test]
fn more_leaves_than_one_commit_moves_all_arrive_and_extend_the_old_tree() {
    on_both_engines(&[audit::SCHEMA], |world| async move {
        let (system, _) = log();
        let ctx = &world.ctx;
        for number in 0..3 {
            act(ctx, number, None).await;
        }
        sequence(ctx, &system).await;
        let old = ctx.read(audit::Checkpoint::latest).await.unwrap().unwrap();
        for number in 3..300 {
            act(ctx, number, None).await;
        }
        sequence(ctx, &system).await;
        let new = ctx.read(audit::Checkpoint::latest).await.unwrap().unwrap();
        assert_eq!((old.size, new.size), (3, 300));
        let proof = ctx.read(|read| audit::consistency(read, 3, 300)).await.unwrap().unwrap();
        seal::merkle::verify_consistency(3, 300, &proof, &old.root, &new.root).unwrap();
        assert!(seal::merkle::verify_consistency(3, 300, &proof, &new.root, &old.root).is_err());
        assert_eq!(ctx.read(|read| audit::consistency(read, 3, 301)).await.unwrap(), None);
        assert!(broken(ctx, &system).await.is_empty());
    });
}

#[test]
fn an_insider_is_found_out_and_erasure_is_not_mistaken_for_one() {
    on_both_engines(&[audit::SCHEMA], |world| async move {
        let (system, _) = log();
        let ctx = &world.ctx;
        let person: PersonId = ctx.mint();
        let mut last = act(ctx, 0, Some(person)).await;
        for number in 1..6 {
            last = act(ctx, number, Some(person)).await;
        }
        sequence(ctx, &system).await;
        ctx.write(Key::once(ctx), move |tx| tx.erase(person)).await.unwrap();
        assert!(broken(ctx, &system).await.is_empty());
        assert_eq!(audit::receipt(ctx, last).await.unwrap(), None);

        act(ctx, 6, None).await;
        sequence(ctx, &system).await;
        ctx.write(Key::once(ctx), |tx| tx.execute(&sql::FORGE_BODY, &params![[0_u8; 32]])).await.unwrap();
        assert_eq!(broken(ctx, &system).await, ["audit.bodies_match_their_leaves"]);
        ctx.write(Key::once(ctx), |tx| tx.execute(&sql::FORGE_ENTRY, &params![[0_u8; 32]])).await.unwrap();
        assert!(broken(ctx, &system).await.contains(&"audit.tree_recomputes_to_its_checkpoints"));
    });
}

#[test]
fn a_leaf_that_waits_too_long_or_got_lost_is_named() {
    on_both_engines(&[audit::SCHEMA], |world| async move {
        let (system, _) = log();
        let ctx = &world.ctx;
        act(ctx, 0, None).await;
        world.clock.advance_seconds(audit::PENDING_LIMIT_S + 1);
        act(ctx, 1, None).await;
        assert_eq!(broken(ctx, &system).await, ["audit.no_leaf_pends_long"]);
        ctx.write(Key::once(ctx), |tx| tx.execute(&sql::LOSE, &params![])).await.unwrap();
        assert_eq!(broken(ctx, &system).await, ["audit.bodies_match_their_leaves"]);
    });
}
