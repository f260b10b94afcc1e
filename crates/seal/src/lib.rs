//! Digests, keys and signatures, JOSE, COSE, WebAuthn, X.509, CMS and time stamps, signed
//! XML, Merkle trees. Pure: no IO, no clock (`now` is an argument), randomness
//! from `base::Entropy`. Two things come from the crypto module's own
//! generator, because its interface takes no other: RSA keys and the nonces of
//! ECDSA signatures. Private keys have no `Debug` and are zeroised.
//!
//! Every parser reads untrusted bytes: it has named limits and never panics.
//! Not here: passwords (`identity`), sealed columns (`store`).

pub mod error;

pub mod digest;
pub mod key;

pub mod aead;
pub mod merkle;

pub mod cose;
pub mod jose;
pub mod webauthn;

pub mod der;
pub mod oid;

pub mod cms;
pub mod tsp;
pub mod x509;
pub mod xades;

pub use error::SealError;
pub use key::{Algorithm, Hash, PublicKey, Signer, SigningKey};
