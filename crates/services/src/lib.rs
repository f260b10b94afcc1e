//! The cases that people make of government services: drafts, the way of a case
//! through its steps, the clerks' desk, collection; the versions of services and who
//! signs them.
//!
//! Not here: what a folder may say and what follows from it (catalogue), the citizens'
//! shell (portal), money (payments), how a paper is made (documents).
//!
//! Invariants: what a register knows is never typed; nothing that was sent is lost, whichever system is out; a
//! step begins in the commit that ended the one before; each look at a case is a
//! leaf; what is counted names nobody.

mod edition;
pub mod replay;
pub mod version;

mod bundle;
mod case;
mod draft;
mod eligible;
mod facts;
pub mod opening;
mod renew;
mod told;
mod way;

mod files;

pub mod calendar;
mod coverage;
pub mod elapsed;
pub mod promise;
mod steps;
mod turn;

mod copies;
mod delivery;
mod desk;
mod feedback;
mod parcel;
mod printing;
mod resume;
mod timeline;

mod count;
mod http;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod sql;
mod system;
mod verify;

pub use bundle::{
    BUNDLE, Bundle, BundleId, BundleStage, Member, MemberState, Shared, Why, discard as discard_bundle,
    join as join_bundle, leave as leave_bundle, members as bundle_members, own as own_bundle, send as send_bundle,
    start as start_bundle,
};
pub use case::{CASE, Case, Refusal, Stage, case, cases_of};
pub use copies::ask as ask_copy;
pub use count::{Counted, counts};
pub use coverage::see;
pub use delivery::{deliver_to, deliver_to_wallet};
pub use desk::{approve, ask, ask_to_correct, look, queue, reject, reply, take};
pub use draft::{Entry, answer, answer_all, answer_entry, discard, prefill, start, submit};
pub use edition::{Edition, Editions, NoEdition, as_saved, as_signed};
pub use feedback::{Opinion, keep as keep_feedback, opinions};
pub use files::{Config, File, FileId, FileStage, Intake, REPLY, files_of, receive::attach};
pub use http::open_hours;
pub use parcel::{Handed, PARCEL, Shown, TRIES, at_office, hand_over, pick_up_code, receive, send, unlock};
pub use resume::{resume, resume_code, show_by_page, show_whole};
pub use sql::ALL as STATEMENTS;
pub use steps::{
    agree, answer_turn, appeal, attend, book, correct, hear_appeal, mark_absent, send_back, sign, slots, vote, withdraw,
};
pub use system::Services;
pub use turn::{TURN, Turn, TurnId, TurnKind, TurnStage, turns};

use std::sync::Arc;

use store::{Migration, Schema};
use web::{Home, Link, System};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_services.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_cases.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_counts.sql") },
    Migration { version: 4, sql: include_str!("../migrations/0004_drafts.sql") },
    Migration { version: 5, sql: include_str!("../migrations/0005_turns.sql") },
    Migration { version: 6, sql: include_str!("../migrations/0006_calendar.sql") },
    Migration { version: 7, sql: include_str!("../migrations/0007_files.sql") },
    Migration { version: 8, sql: include_str!("../migrations/0008_comfort.sql") },
    Migration { version: 9, sql: include_str!("../migrations/0009_versions.sql") },
    Migration { version: 10, sql: include_str!("../migrations/0010_parcels.sql") },
    Migration { version: 11, sql: include_str!("../migrations/0011_parcels_by_stage.sql") },
    Migration { version: 12, sql: include_str!("../migrations/0012_told_before.sql") },
    Migration { version: 13, sql: include_str!("../migrations/0013_replay.sql") },
    Migration { version: 14, sql: include_str!("../migrations/0014_bundle_sender.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "services", migrations: MIGRATIONS };

/// The system as the binary mounts it.
#[must_use]
pub fn system(editions: &Arc<Editions>) -> System {
    let (catalogue, all) = (Arc::clone(editions), Arc::clone(editions));
    System {
        name: "services",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: http::routes(),
        jobs: vec![system::abandoned(editions), promise::job(), files::receive::clearing()],
        subscribers: system::subscribers(editions),
        transitions: vec![CASE, PARCEL, TURN, calendar::decree::DECREE, version::VERSION, BUNDLE, files::FILE],
        invariants: verify::invariants(),
        blobs: vec![sql::FILE_BLOBS],
        homes: vec![Home { kind: "case", find: sql::FIND_CASE }],
        links: vec![
            Link { name: "services.cases_are_somebodys", kind: Some("person"), page: sql::APPLICANTS },
            Link { name: "services.cases_are_taken_by_officers", kind: Some("officer"), page: sql::TAKERS },
            Link { name: "services.lines_have_leaves", kind: Some("leaf"), page: sql::LINE_LEAVES },
            Link { name: "services.lines_have_actors", kind: None, page: sql::LINE_ACTORS },
            Link { name: "services.turns_have_actors", kind: None, page: sql::TURN_ACTORS },
            Link { name: "services.signatures_have_leaves", kind: Some("leaf"), page: sql::SIGNATURE_LEAVES },
            Link { name: "services.versions_are_signed_by_officers", kind: Some("officer"), page: sql::SIGNERS },
            Link { name: "services.bundles_are_somebodys", kind: Some("person"), page: sql::BUNDLERS },
            Link { name: "services.decrees_are_proposed_by_officers", kind: Some("officer"), page: sql::PROPOSERS },
        ],
        ..System::default()
    }
    .with_live(move || Arc::clone(&catalogue.now().catalogue))
    .with_live(move || all.now())
}
