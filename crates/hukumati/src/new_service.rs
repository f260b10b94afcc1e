//! `hukumati service new`: a folder that lints, plays and walks, with an
//! operation of its own and its table. What is in it is for its owner to change.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cli::print;

/// The files of the folder, and what they begin as.
const FILES: [(&str, &str); 5] = [
    ("service.toml", include_str!("../new-service/service.toml")),
    ("ar.ftl", include_str!("../new-service/ar.ftl")),
    ("en.ftl", include_str!("../new-service/en.ftl")),
    ("paper.typ", include_str!("../new-service/paper.typ")),
    ("examples.toml", include_str!("../new-service/examples.toml")),
];
const OPERATION: &str = include_str!("../new-service/operation.toml");
const TABLE: &str = include_str!("../new-service/table.csv");

/// Writes a service of this key into a directory of services.
///
/// # Errors
/// The key is not agency, thing and act; the agency is not in `agencies.toml`; a
/// file is there already: nothing is written over.
pub(crate) fn write(directory: &Path, key: &str) -> Result<()> {
    let word = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let parts: Vec<&str> = key.split('.').collect();
    let [agency, thing, act] = parts[..] else { bail!("a key is agency, thing and act, as in lg.stall.permit") };
    if [agency, thing, act].iter().any(|part| part.is_empty() || !word(part)) {
        bail!("the parts of a key are small Latin letters and digits, as in lg.stall.permit");
    }
    let agencies = directory.join("agencies.toml");
    let known = fs::read_to_string(&agencies).with_context(|| format!("{} cannot be read", agencies.display()))?;
    if !known.lines().any(|line| line.trim() == format!("key = \"{agency}\"")) {
        bail!("no agency `{agency}` is in {}; add it there first", agencies.display());
    }
    let identifier = format!("PS/GOV/{}/{}/entry", agency.to_uppercase(), thing.to_uppercase());
    let table = format!("{agency}.{thing}.csv");
    let serial: String = thing.chars().chain(act.chars()).filter(char::is_ascii_alphabetic).take(2).collect();
    let serial = if serial.len() == 2 { serial.to_uppercase() } else { "XX".to_owned() };
    let filled = |text: &str| {
        let values = [
            ("{key}", key),
            ("{agency}", agency),
            ("{thing}", thing),
            ("{operation}", identifier.as_str()),
            ("{table}", table.as_str()),
            ("{serial}", serial.as_str()),
        ];
        values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    };
    let (folder, operations) = (directory.join(key), directory.join("operations"));
    let mut files: Vec<(PathBuf, String)> =
        FILES.iter().map(|(name, text)| (folder.join(name), filled(text))).collect();
    files.push((operations.join(format!("{agency}.{thing}.entry.toml")), filled(OPERATION)));
    files.push((operations.join(&table), TABLE.to_owned()));
    if let Some((there, _)) = files.iter().find(|(path, _)| path.exists()) {
        bail!("{} is there already; choose another key, or change what is there", there.display());
    }
    for (path, text) in &files {
        let parent = path.parent().unwrap_or(directory);
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        print(&path.display().to_string());
    }
    print(&format!(
        "Next: hukumati service lint {0}; hukumati service test {0}; a demo serves it, with its register, from its next start.",
        directory.display()
    ));
    Ok(())
}
