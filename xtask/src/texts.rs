//! The rules of writing, over every Fluent file: those of the crates, which
//! the build has already compared, and those of the service folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use base::Locale;

use crate::run::say;
use crate::workspace::Workspace;

struct File {
    locale: Locale,
    shown: String,
    text: String,
}

/// Lints every file and compares the languages of each folder.
pub fn check(workspace: &Workspace) -> Result<()> {
    let mut faults = Vec::new();
    let mut count = 0;
    for (folder, files) in folders(workspace)? {
        count += files.len();
        for locale in Locale::all().filter(|locale| files.iter().all(|file| file.locale != *locale)) {
            faults.push(format!("{}/{locale}.ftl is missing", workspace.shown(&folder)));
        }
        let texts: Vec<_> = files.iter().map(|file| (file.locale, file.shown.as_str(), file.text.as_str())).collect();
        faults.extend(messages::compare(&texts).iter().map(ToString::to_string));
        for (locale, shown, text) in texts {
            faults.extend(messages::lint(locale, shown, text).iter().map(ToString::to_string));
        }
    }
    faults.dedup();
    if !faults.is_empty() {
        bail!("texts that break the rules of writing:\n{}", faults.join("\n"));
    }
    say(format!("messages: {count} files follow the rules of writing"));
    Ok(())
}

/// Prints every text in the portal's first language, for reading through.
pub fn read(workspace: &Workspace) -> Result<()> {
    for file in folders(workspace)?.into_values().flatten().filter(|file| file.locale == Locale::default()) {
        say(format!("\n{}", file.shown));
        let texts = messages::texts(file.locale, &file.shown, &file.text)
            .map_err(|faults| anyhow::anyhow!(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        for text in texts {
            say(format!("  {:32} {}", text.key, text.text.replace('\n', " ")));
        }
    }
    Ok(())
}

/// The folders that hold Fluent files, each with its files. Fixtures of tests
/// are wrong on purpose.
fn folders(workspace: &Workspace) -> Result<BTreeMap<PathBuf, Vec<File>>> {
    let mut folders: BTreeMap<PathBuf, Vec<File>> = BTreeMap::new();
    for path in [workspace.files("crates", &["ftl"])?, workspace.files("services", &["ftl"])?].concat() {
        let shown = workspace.shown(&path);
        if shown.contains("/tests/") {
            continue;
        }
        let tag = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(locale) = Locale::from_tag(&tag) else {
            bail!("{shown} is called after no language of the portal");
        };
        let text = fs::read_to_string(&path).with_context(|| shown.clone())?;
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        folders.entry(folder).or_default().push(File { locale, shown, text });
    }
    Ok(folders)
}
