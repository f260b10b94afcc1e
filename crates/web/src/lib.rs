//! The kit of every page and interface: serving, sessions, forms, layout,
//! problems. A system declares routes; this crate opens the doors.
//!
//! Not here: any system's page, SQL of other tables than its own three, identity
//! (a session is filled by whoever signs people in, and resolved without it).
//!
//! Invariants:
//! * a route has a right, and nothing is served that no route names;
//! * an act from a browser carries a token that this server made for that
//!   browser, and one form is one act however often it is sent;
//! * bodies are limited by size and by rate, never by total time;
//! * personal data is in no log, metric or address.

pub mod ids;
pub mod route;
pub mod system;
pub mod transitions;

pub mod config;
mod guard;
pub mod headers;
mod kept;
pub mod kit;
mod respond;
pub mod site;
pub mod visit;

pub mod cookie;
pub mod extract;
pub mod fields;
pub mod form;
pub mod problem;
pub mod public_page;
pub mod return_path;
pub mod session;
pub mod slice;
pub mod throttle;
pub mod upload;

pub mod admin;
pub mod figures;
pub mod openapi;

pub mod client;
pub mod outside;
mod pace;
pub mod serve;

pub mod assets;
pub mod compress;
pub mod page;
pub mod qr;

mod secret;
mod sql;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

pub use config::{Config, Limits};
pub use extract::{Json, Path, Query};
pub use form::{Form, FormToken};
pub use ids::{Home, Link};
pub use kit::{Check, Kit};
pub use page::{Page, date_in, money_in};
pub use problem::Problem;
pub use return_path::ReturnPath;
pub use route::{Listener, Right, Route, routes_table};
pub use session::{NewSession, Session};
pub use site::Site;
pub use slice::Slice;
pub use system::{System, Task};
pub use transitions::Transitions;
pub use visit::Visit;

pub use axum::response::{IntoResponse, Redirect, Response};
pub use extract::Extension;
