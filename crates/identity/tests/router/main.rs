//! The whole system through the router, on both engines, one file for each matter.
//! One program: each for itself would be linked with everything that identity stands on.
//!
//! Not here: what must have a process to itself (`pkcs11.rs`, `timing.rs`).
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "each program of tests uses its part of the kit")]
#[path = "../kit/mod.rs"]
mod kit;

mod abroad;
mod account;
mod accounts;
mod calls;
mod certificates;
mod clients;
mod companies;
mod contacts;
mod counter;
mod device_authorization;
mod exchanged;
mod factors;
mod fapi;
mod mandates;
mod mandates_shown;
mod oauth;
mod officers;
mod openidconnect;
mod personal_certificates;
mod provider;
mod readmission;
mod requests;
mod staff;
