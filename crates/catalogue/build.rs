//! Turns the texts into code, and names the sources that parse and lint folders: what
//! they found of a folder holds as long as they are the same.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// This crate and those that it uses, and the versions of other people's.
const SOURCES: [&str; 7] =
    ["src", "messages", "../base/src", "../messages/src", "../rules/src", "../attachments/src", "../../Cargo.lock"];

fn main() {
    messages::generate("messages");
    let own = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        add(&own.join(source), &mut hasher);
    }
    println!("cargo::rustc-env=CATALOGUE_SOURCES={:016x}", hasher.finish());
}

/// Every file's name and octets, in the order of their names.
fn add(path: &Path, hasher: &mut DefaultHasher) {
    let Ok(listed) = fs::read_dir(path) else {
        path.file_name().hash(hasher);
        return fs::read(path).ok().hash(hasher);
    };
    let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.iter().for_each(|path| add(path, hasher));
}
