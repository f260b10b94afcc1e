//! Folders of services as such: the schema that describes them.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

mod schema;

use std::path::PathBuf;

/// The project's folder of services.
fn services() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services")
}
