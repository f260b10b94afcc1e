//! The language of a service's folder: what it may say, what is wrong with it, and
//! what follows from it without a database. The catalogue of all services with its
//! search, life events and offices; the form over answers; conditions and fees over
//! what registers told; working time and what is promised in it.
//!
//! Not here: cases and their steps, who signs a version, how registers are asked, pages
//! (services).
//!
//! Invariants: a folder with a fault is never served; nothing here writes, and nothing
//! but the reading of a directory does IO; days and instants come as arguments.

mod catalogue;
mod checked;
mod offer;
mod saved;

mod field;
pub mod folder;
mod life_event;
mod lint;
mod office;
mod opening;
mod shapes;

pub mod chosen;
mod eligible;
pub mod form;
pub mod needs;
mod paper;
pub mod told;

pub mod calendar;
pub mod promise;

pub mod coverage;
pub mod examples;
mod search;
mod seen;

pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

pub use catalogue::{Catalogue, VersionName};
pub use checked::Checked;
pub use coverage::Coverage;
pub use eligible::Verdict;
pub use field::{DATE_PARTS, FieldFile, FieldKind, Typed, Wrong};
pub use folder::{
    Audience, BodyFile, Condition, Decider, Fault, Files, Lookup, PageFile, PaperFile, Service, ServiceFile, StepFile,
    StepKind, UnitFile,
};
pub use life_event::{LifeEvent, MEMBERS, MemberFile, SharedFile};
pub use lint::COPIES_MOST;
pub use offer::{Kept, Summary};
pub use office::{Country, Office};
pub use opening::{Group, OpeningFile};
pub use paper::spell;
pub use saved::{Saved, fingerprint, on_all_cores};
pub use search::{Golden, Hit};
pub use seen::Seen;
pub use shapes::{Concept, Shapes};
