//! One archive that installs on a machine without a network: the binary
//! without the sandbox, the services, the unit, the operator's pages, a bill of
//! materials, checksums. The same tree gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::run::{read, run, say};
use crate::workspace::{Workspace, cargo, list, text};

const UNIT: &str = include_str!("../dist/hukumati.service");

/// Builds the archive.
pub fn dist(workspace: &Workspace) -> Result<()> {
    let binary = workspace.member("hukumati").context("there is no crate hukumati")?;
    run(cargo().args(["build", "--release", "--locked", "--package", "hukumati", "--no-default-features"]))?;
    let name = format!("hukumati-{}-{}", binary.version, host()?);
    let dist = workspace.path("target/dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let from_root = |below: &str| workspace.path(below);
    let program = from_root("target/release/hukumati");
    refuse_samples(&program, &from_root("crates/sandbox/demo.toml"))?;
    copy(&program, &folder)?;
    for below in ["services", "docs/operate", "LICENSE", "CHANGELOG.md"] {
        copy(&from_root(below), &folder)?;
    }
    fs::write(folder.join("hukumati.service"), UNIT)?;
    fs::write(folder.join("sbom.cdx.json"), bill_of_materials(workspace, &binary.version)?)?;
    checksums(&folder)?;
    pack(&dist, &name)?;
    say(format!("dist: target/dist/{name}.tar.gz"));
    Ok(())
}

/// A program for production holds nothing of the demo: no password, no secret of
/// a device, no invented street.
fn refuse_samples(program: &Path, samples: &Path) -> Result<()> {
    let octets = fs::read(program).with_context(|| format!("{} cannot be read", program.display()))?;
    let text = fs::read_to_string(samples).with_context(|| format!("{} cannot be read", samples.display()))?;
    let found: Vec<&str> = sample_words(&text).filter(|word| holds(&octets, word.as_bytes())).collect();
    if !found.is_empty() {
        bail!("{} holds samples of the demo: {}", program.display(), found.join(", "));
    }
    Ok(())
}

/// The values that only the demo has.
fn sample_words(samples: &str) -> impl Iterator<Item = &str> {
    let values = samples.lines().filter_map(|line| line.split_once(" = "));
    let telling = values.filter(|(key, _)| ["password", "totp_secret", "email"].contains(&key.trim()));
    telling.map(|(_, value)| value.trim().trim_matches('"')).filter(|word| word.len() >= 8)
}

fn holds(octets: &[u8], word: &[u8]) -> bool {
    octets.windows(word.len()).any(|window| window == word)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    run(Command::new("cp").args(["--recursive", "--dereference"]).arg(from).arg(to))
}

/// `SHA256SUMS` over every file, as `sha256sum --check` reads it.
fn checksums(folder: &Path) -> Result<()> {
    let script = "find . -type f ! -name SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum";
    let sums = read(Command::new("sh").current_dir(folder).args(["-c", script]))?;
    fs::write(folder.join("SHA256SUMS"), sums)?;
    Ok(())
}

fn pack(dist: &Path, name: &str) -> Result<()> {
    let archive = format!("{name}.tar");
    run(Command::new("tar")
        .current_dir(dist)
        .args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--mode=go-w"])
        .args(["--file", &archive, name]))?;
    run(Command::new("gzip").current_dir(dist).args(["--force", "--best", "--no-name", &archive]))?;
    let sum = read(Command::new("sha256sum").current_dir(dist).arg(format!("{archive}.gz")))?;
    fs::write(dist.join(format!("{archive}.gz.sha256")), sum)?;
    Ok(())
}

/// The machine that this builds for, in cargo's words.
fn host() -> Result<String> {
    let version = read(Command::new("rustc").arg("-vV"))?;
    let line = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc names no host")?.to_owned())
}

/// What is linked into the binary, as CycloneDX 1.5.
fn bill_of_materials(workspace: &Workspace, version: &str) -> Result<String> {
    let metadata =
        read(cargo().args(["metadata", "--format-version", "1", "--locked", "--no-default-features"]).args([
            "--filter-platform",
            &host()?,
            "--manifest-path",
            &workspace.path("crates/hukumati/Cargo.toml").display().to_string(),
        ]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let components = components(&metadata, "hukumati").context("cargo metadata does not resolve hukumati")?;
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": { "type": "application", "name": "hukumati", "version": version } },
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}

/// Every package that is reached from `root` other than through tests, except
/// itself.
fn components(metadata: &Value, root: &str) -> Option<Vec<Value>> {
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let start = *packages.iter().find(|(_, package)| package["name"] == root)?.0;
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(id) = open.pop() {
        if !reached.insert(id) {
            continue;
        }
        let linked = list(&nodes.get(id)?["deps"])
            .filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"] != "dev"))
            .filter_map(|dep| dep["pkg"].as_str());
        open.extend(linked);
    }
    let mut components: Vec<Value> =
        reached.into_iter().filter(|id| *id != start).filter_map(|id| packages.get(id)).map(|p| component(p)).collect();
    components.sort_by_key(|component| text(&component["name"]));
    Some(components)
}

fn component(package: &Value) -> Value {
    let (name, version) = (text(&package["name"]), text(&package["version"]));
    let mut component = json!({ "type": "library", "name": name, "version": version });
    if package["source"].is_string() {
        component["purl"] = json!(format!("pkg:cargo/{name}@{version}"));
    }
    if let Some(license) = package["license"].as_str() {
        component["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_from_the_rest() {
        let samples = "key = \"salma\"\npassword = \"olive-harvest\"\nemail = \"a@example.com\"\n";
        let words: Vec<&str> = sample_words(samples).collect();
        assert_eq!(words, ["olive-harvest", "a@example.com"]);
        assert!(holds(b"..olive-harvest..", words[0].as_bytes()) && !holds(b"..salma..", words[0].as_bytes()));
    }

    #[test]
    fn only_what_is_linked_is_listed() {
        let metadata = json!({
            "packages": [
                { "id": "a", "name": "hukumati", "version": "1.0.0", "source": null },
                { "id": "b", "name": "serde", "version": "1.2.3", "source": "registry", "license": "MIT/Apache-2.0" },
                { "id": "c", "name": "testkit", "version": "1.0.0", "source": null },
                { "id": "d", "name": "base", "version": "1.0.0", "source": null },
            ],
            "resolve": { "nodes": [
                { "id": "a", "deps": [
                    { "pkg": "c", "dep_kinds": [{ "kind": "dev" }] },
                    { "pkg": "d", "dep_kinds": [{ "kind": null }] },
                ]},
                { "id": "b", "deps": [] },
                { "id": "c", "deps": [] },
                { "id": "d", "deps": [{ "pkg": "b", "dep_kinds": [{ "kind": "dev" }, { "kind": "build" }] }] },
            ]},
        });
        let found = components(&metadata, "hukumati").unwrap();
        assert_eq!(
            found,
            [
                json!({ "type": "library", "name": "base", "version": "1.0.0" }),
                json!({ "type": "library", "name": "serde", "version": "1.2.3", "purl": "pkg:cargo/serde@1.2.3",
                    "licenses": [{ "expression": "MIT OR Apache-2.0" }] }),
            ]
        );
    }
}
