//! What was found of folders before holds for the very same folders, beside the same
//! operations, and for nothing else.

use std::fs;
use std::path::Path;

use base::Locale;
use catalogue::{Catalogue, Checked, Saved};
use seal::digest::{hex, sha256};
use tempfile::TempDir;

use super::own::copy;
use super::services;

const KEY: &str = "mot.licence.renew";

/// A copy of the project's folders, and what was found of it, written down.
fn found() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("services")).unwrap();
    copy(&services(), &folder.path().join("services"));
    read(folder.path()).unwrap().remember(&folder.path().join("checked")).unwrap();
    folder
}

fn read(folder: &Path) -> Result<Saved, Vec<String>> {
    let checked = Checked::read(&folder.join("checked"));
    let read = Saved::read(&folder.join("services"), &checked);
    read.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn name(catalogue: &Catalogue) -> String {
    catalogue.summary(KEY).unwrap().name(Locale::EN).to_owned()
}

/// Writes something else into the file, as if it had been found.
fn rewrite(folder: &Path, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let path = folder.join("checked");
    let bytes = fs::read(&path).unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let (head, body) = (String::from_utf8(bytes[..end].to_vec()).unwrap(), bytes[end + 1..].to_vec());
    let changed = change(body.clone());
    assert_ne!(changed, body, "the change must hit something");
    let head = head.replace(&hex(&sha256(&body)), &hex(&sha256(&changed)));
    fs::write(path, [head.as_bytes(), &b"\n"[..], &changed[..]].concat()).unwrap();
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).expect("it is there");
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[test]
fn a_later_start_finds_what_the_first_one_did_without_reading_it_again() {
    let folder = found();
    let before = read(folder.path()).unwrap().catalogue;
    let own = name(&before);
    let mut other: String = own.clone();
    other.replace_range(..1, "#");
    // The file is believed: what it says of an unaltered folder is shown.
    rewrite(folder.path(), |body| replaced(&body, &format!("\"{own}\""), &format!("\"{other}\"")));
    let again = read(folder.path()).unwrap();
    assert_eq!(name(&again.catalogue), other);
    // And the whole service is what its folder says.
    for service in before.services() {
        let same = again.catalogue.service(&service.file.key).unwrap();
        for locale in Locale::all() {
            assert_eq!(same.text(locale, "name"), service.text(locale, "name"));
        }
        assert_eq!(same.file.steps.len(), service.file.steps.len());
        let known = again.catalogue.of(catalogue::VersionName { service: &service.file.key, version: 1 });
        assert!(known.is_some());
    }
    // Nothing is new: nothing is written down.
    let checked = folder.path().join("checked");
    fs::remove_file(&checked).unwrap();
    again.remember(&checked).unwrap();
    assert!(!checked.exists());
}

#[test]
fn what_is_not_the_same_any_more_is_read_and_linted() {
    let folder = found();
    let (checked, own) = (folder.path().join("checked"), folder.path().join("services").join(KEY));
    let genuine = fs::read(&checked).unwrap();
    let before = name(&read(folder.path()).unwrap().catalogue);
    let mut other = before.clone();
    other.replace_range(..1, "#");
    let alter = || rewrite(folder.path(), |body| replaced(&body, &format!("\"{before}\""), &format!("\"{other}\"")));
    let mut another = genuine.clone();
    let at = genuine.windows(11).position(|part| part == b"\"program\":\"").unwrap() + 11;
    another[at] ^= 1;
    // Another program, or a file that was cut off or altered by itself.
    for broken in [
        another,
        [&b"x"[..], &genuine[..]].concat(),
        genuine[..genuine.len() - 1].to_vec(),
        replaced(&genuine, &format!("\"{before}\""), &format!("\"{other}\"")),
    ] {
        fs::write(&checked, broken).unwrap();
        assert_eq!(name(&read(folder.path()).unwrap().catalogue), before);
    }
    // Other operations.
    fs::write(&checked, &genuine).unwrap();
    alter();
    assert_eq!(name(&read(folder.path()).unwrap().catalogue), other);
    let operation = fs::read_dir(folder.path().join("services/operations")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&operation).unwrap();
    fs::write(&operation, format!("{text}\n# other\n")).unwrap();
    assert_eq!(name(&read(folder.path()).unwrap().catalogue), before);
    fs::write(&operation, text).unwrap();
    // A fault that came since, and a copy under another name.
    let toml = fs::read_to_string(own.join("service.toml")).unwrap();
    fs::write(own.join("service.toml"), toml.replace("unit = \"licensing.ramallah\"\n", "")).unwrap();
    let faults = read(folder.path()).err().unwrap();
    assert!(faults.iter().any(|fault| fault.contains("clerk needs `unit`")), "{faults:?}");
    fs::write(own.join("service.toml"), toml).unwrap();
    assert_eq!(name(&read(folder.path()).unwrap().catalogue), other);
    fs::create_dir(own.with_file_name("a.copy")).unwrap();
    copy(&own, &own.with_file_name("a.copy"));
    let faults = read(folder.path()).err().unwrap();
    assert!(faults.iter().any(|fault| fault.contains("the folder must be named")), "{faults:?}");
}

#[test]
fn files_that_are_not_those_of_the_digest_are_never_served() {
    let folder = found();
    let kept = read(folder.path()).unwrap().folders.into_iter().find(|kept| kept.service == KEY).unwrap();
    // Another folder's packed files in the place of this one's.
    rewrite(folder.path(), |body| {
        let at = body.windows(kept.packed.len()).position(|part| part == &kept.packed[..]).unwrap();
        let mut body = body;
        body[at + kept.packed.len() / 2] ^= 1;
        body
    });
    let catalogue = read(folder.path()).unwrap().catalogue;
    assert!(catalogue.summary(KEY).is_some() && catalogue.service(KEY).is_none());
    assert!(catalogue.services().count() + 1 == catalogue.summaries().count());
}
