//! What folders may say: the schema that describes them, documents drawn from it, the
//! faults of what cannot be, and the project's own folders.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

mod checked;
mod documents;
mod grow;
mod lines;
mod own;
mod schema;

use std::path::PathBuf;

/// Another seed, by this variable.
const SEED_VARIABLE: &str = "HUKUMATI_FOLDERS_SEED";

/// The project's folder of services.
fn services() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services")
}
