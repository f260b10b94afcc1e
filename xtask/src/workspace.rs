//! The tree that the chores look at: its root, its crates, its files.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run::read;

/// The workspace and what cargo knows of its members.
pub struct Workspace {
    /// Where `Cargo.toml` and `Cargo.lock` lie.
    pub root: PathBuf,
    /// The members, in cargo's order.
    pub members: Vec<Member>,
}

/// One crate of ours.
pub struct Member {
    pub name: String,
    pub version: String,
    pub dependencies: Vec<Dependency>,
    /// Kind and name, as `("example", "bench-store")`.
    pub targets: Vec<(String, String)>,
}

/// A line under one of a crate's `[dependencies]`.
pub struct Dependency {
    pub name: String,
    pub kind: Kind,
}

/// Which of the three tables a dependency stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Build,
    Dev,
}

impl Workspace {
    /// Asks cargo, from wherever it was called.
    pub fn find() -> Result<Self> {
        let metadata = read(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is no JSON")?;
        let root = metadata["workspace_root"].as_str().context("cargo metadata names no root")?;
        let members = list(&metadata["packages"]).map(member).collect();
        Ok(Self { root: PathBuf::from(root), members })
    }

    /// A path below the root.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// What a path is called in messages: from the root on.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// All files below a folder whose name ends in one of `extensions`, sorted.
    /// A folder that is not there holds none.
    pub fn files(&self, below: &str, extensions: &[&str]) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        walk(&self.path(below), extensions, &mut found)?;
        found.sort();
        Ok(found)
    }
}

/// Cargo itself, the one that runs this.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Cargo that lints our own crates while it compiles them; a warning is an error.
/// `cargo clippy` is this with `cargo check`, which would go through every dependency
/// once more without making the code that the tests need.
pub fn linting_cargo() -> Command {
    let mut command = cargo();
    command
        .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env("CLIPPY_ARGS", "--deny__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    command
}

/// A JSON list's members; nothing where there is no list.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A JSON text; empty where there is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn member(package: &Value) -> Member {
    let dependencies = list(&package["dependencies"]).map(|dependency| Dependency {
        name: text(&dependency["name"]),
        kind: match dependency["kind"].as_str() {
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        },
    });
    let targets = list(&package["targets"])
        .flat_map(|target| list(&target["kind"]).map(|kind| (text(kind), text(&target["name"]))));
    Member {
        name: text(&package["name"]),
        version: text(&package["version"]),
        dependencies: dependencies.collect(),
        targets: targets.collect(),
    }
}

fn walk(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            if !matches!(path.file_name().and_then(OsStr::to_str), Some("node_modules" | "target")) {
                walk(&path, extensions, found)?;
            }
        } else if path.extension().and_then(OsStr::to_str).is_some_and(|extension| extensions.contains(&extension)) {
            found.push(path);
        }
    }
    Ok(())
}
