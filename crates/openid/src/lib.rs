//! OAuth 2.1 and OpenID Connect as they travel: clients and their terms, requests,
//! proofs of who calls, errors.
//!
//! Not here: who signs in, what is kept (identity, the provider), the browser's way
//! through it (`relying_party`). There is no table and no route in this crate.
//!
//! Invariants: code flow with PKCE S256 alone; an address is compared character by
//! character; a preset is never looser than its terms say; whatever may be brought
//! only once carries the hash by which it is taken.

mod client;
mod fault;
mod policy;

pub mod credential;
pub mod dpop;
pub mod login_hint;
pub mod oauth;
pub mod request;
pub mod secret;

pub use client::{Client, Holders};
pub use fault::{Fault, Why};
pub use policy::{Binding, Grant, Policy, Preset};
