//! The data folder and the keys beside it. A folder of the demo is marked, and
//! is refused without `--demo`; a folder of something else is left alone.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use audit::LogKey;
use base::OsEntropy;
use seal::{Algorithm, SigningKey};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Database, Db, FolderLock, Keyring, Options, Schema};

use crate::cli::Place;

/// The file that makes a folder ours.
pub(crate) const MARK: &str = "hukumati.toml";
/// The layout of the folder that this program knows.
const FORMAT: u32 = 1;
/// Where the demo's security servers have their folders, in the data folder.
pub(crate) const SERVERS: &str = "security-servers";
/// Room on the disk without which nothing starts, bytes: what is written at a
/// start, and the log of the first writes.
const ROOM_BYTES: u64 = 32 << 20;
/// The transparency log's name, before its number.
const LOG: &str = "hukumati/audit";

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Sample people; never to be trusted.
    Demo,
    /// The real thing.
    Production,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    format: u32,
    demo: bool,
    /// The number of the transparency log: each restore begins a new one.
    #[serde(default = "first")]
    log: u32,
    /// What was first served from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holds: Option<Holds>,
}

/// Whose tables a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Holds {
    /// The portal's systems.
    Portal,
    /// One security server's.
    SecurityServer,
}

const fn first() -> u32 {
    1
}

impl Mark {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MARK);
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text)
            .with_context(|| format!("{} was not made by hukumati; give --data another folder", folder.display()))
    }
    fn write(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join(MARK), toml::to_string(self)?)
            .with_context(|| format!("{} cannot be written", folder.display()))
    }
}

/// A restored folder goes on with a log of its own.
pub(crate) fn begin_new_log(folder: &Path) -> Result<()> {
    let mark = Mark::read(folder)?;
    Mark { log: mark.log + 1, ..mark }.write(folder)
}

/// Whose tables the folder holds; the portal's, when nothing was served from it yet.
pub(crate) fn holds(place: &Place) -> Result<Holds> {
    refuse_missing(place)?;
    Ok(Mark::read(&place.data)?.holds.unwrap_or(Holds::Portal))
}

fn refuse_missing(place: &Place) -> Result<()> {
    if place.data.join(MARK).exists() {
        return Ok(());
    }
    bail!("{} is not a data folder; make one with `hukumati init`", place.data.display())
}

/// What the folder was made for.
pub(crate) fn purpose(place: &Place) -> Result<Purpose> {
    refuse_missing(place)?;
    Ok(if Mark::read(&place.data)?.demo { Purpose::Demo } else { Purpose::Production })
}

/// A folder that is ours now, with its keys.
pub(crate) struct Opened {
    pub(crate) db: Db,
    pub(crate) log: LogKey,
    /// Held as long as the process serves.
    #[expect(dead_code, reason = "the folder is ours as long as this lives")]
    pub(crate) lock: Option<FolderLock>,
}

/// Makes an empty folder and fresh keys for production.
pub(crate) fn init(place: &Place) -> Result<()> {
    if place.data.join(MARK).exists() {
        bail!("{} is a data folder already; choose another", place.data.display());
    }
    make(place, Purpose::Production)
}

/// Opens the folder for this purpose; the demo makes what is missing.
pub(crate) fn open(place: &Place, purpose: Purpose, holds: Holds, schemas: &[Schema]) -> Result<Opened> {
    if purpose == Purpose::Demo && !place.data.join(MARK).exists() {
        make(place, purpose)?;
    }
    refuse_missing(place)?;
    check_mark(place, purpose)?;
    refuse_full_disk(&place.data)?;
    let lock = lock(place)?;
    let mark = Mark::read(&place.data)?;
    match mark.holds {
        None => Mark { holds: Some(holds), ..mark }.write(&place.data)?,
        Some(known) if known == holds => {}
        Some(_) => {
            bail!("{} holds another kind of server's data; give --data another folder", place.data.display())
        }
    }
    let (keyring, log) = keys(place)?;
    let db = Db::open(options(place, keyring), schemas)?;
    Ok(Opened { db, log, lock: Some(lock) })
}

/// SQLite has one process; several may serve one PostgreSQL from one folder.
fn lock(place: &Place) -> Result<FolderLock> {
    Ok(if place.database.is_some() { FolderLock::share(&place.data)? } else { FolderLock::take(&place.data)? })
}

/// Security servers whose folders lie below the place's: the demo's.
pub(crate) fn servers(place: &Place) -> Vec<String> {
    let Ok(entries) = fs::read_dir(place.data.join(SERVERS)) else { return Vec::new() };
    let folders = entries.filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()));
    let mut codes: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    codes.sort();
    codes
}

/// Opens the database of a security server: its own folder and its own keys,
/// below the place's.
pub(crate) fn open_server(place: &Place, code: &str, schemas: &[Schema]) -> Result<Db> {
    let folder = place.data.join(SERVERS).join(code);
    let key = place.keys().join(format!("{code}.key"));
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    if !key.exists() {
        Keyring::create(&key, &OsEntropy)?;
    }
    let options =
        Options { blobs: folder.join("blobs"), database: Database::Sqlite(folder), keyring: Keyring::load(&key)? };
    Ok(Db::open(options, schemas)?)
}

/// Opens what is there, for commands that only read.
pub(crate) fn inspect(place: &Place, schemas: &[Schema]) -> Result<Opened> {
    if !place.data.join(MARK).exists() {
        bail!("{} is not a data folder of hukumati", place.data.display());
    }
    let (keyring, log) = keys(place)?;
    let db = Db::open(options(place, keyring), schemas)?;
    Ok(Opened { db, log, lock: None })
}

/// The public keys that receipts are checked with, as JSON.
pub(crate) fn trust(place: &Place) -> Result<String> {
    let schemas = crate::systems::schemas(&crate::systems::for_tables()?);
    let opened = inspect(place, &schemas)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no thread")?;
    let known = opened.db.inspect(|read| {
        let code_key = documents::trusted_code_key(read).map_err(|error| store::Error::Corrupt(error.to_string()))?;
        Ok((ca::trusted_root(read)?, code_key))
    });
    let (root, code_key) = runtime.block_on(known).context("the keys of papers")?;
    let text = |bytes: &[u8]| seal::digest::base64(bytes);
    let log = opened.log.trust();
    let trusted = json!({
        "audit": { "origins": log.origins, "spki": text(log.key.spki()) },
        "papers": {
            "root": root.map(|root| text(&root)),
            "codes": code_key.iter().map(|key| text(key.spki())).collect::<Vec<_>>(),
        },
    });
    Ok(serde_json::to_string_pretty(&trusted)?)
}

fn options(place: &Place, keyring: Keyring) -> Options {
    let database = match &place.database {
        Some(url) => Database::Postgres(url.clone()),
        None => Database::Sqlite(place.data.clone()),
    };
    Options { database, blobs: place.data.join("blobs"), keyring }
}

fn check_mark(place: &Place, purpose: Purpose) -> Result<()> {
    let mark = Mark::read(&place.data)?;
    if mark.format != FORMAT {
        let path = place.data.join(MARK);
        bail!("{} has layout {}, and this program knows {FORMAT}; use its own version", path.display(), mark.format);
    }
    match (mark.demo, purpose) {
        (true, Purpose::Production) => {
            bail!("{} holds sample people; serve it with --demo, or give --data another folder", place.data.display())
        }
        (false, Purpose::Demo) => {
            bail!(
                "{} is a production folder; serve it without --demo, or give --data another folder",
                place.data.display()
            )
        }
        _ => Ok(()),
    }
}

fn make(place: &Place, purpose: Purpose) -> Result<()> {
    refuse_foreign(&place.data)?;
    refuse_full_disk(&place.data)?;
    fs::create_dir_all(&place.data).with_context(|| format!("{} cannot be made", place.data.display()))?;
    let keys = place.keys();
    if keys.join("columns.key").exists() {
        bail!("{} holds keys of other data; move them away or give --keys another folder", keys.display());
    }
    Keyring::create(&keys.join("columns.key"), &OsEntropy)?;
    let log = SigningKey::generate(Algorithm::Ed25519, &OsEntropy)?;
    write_secret(&keys.join("audit-log.p8"), &log.to_pkcs8()?)?;
    Mark { format: FORMAT, demo: purpose == Purpose::Demo, log: first(), holds: None }.write(&place.data)
}

/// A start on a full disk would end somewhere in the middle of its first writes.
fn refuse_full_disk(folder: &Path) -> Result<()> {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(there).with_context(|| format!("{} cannot be read", there.display()))?;
    refuse_less_room(folder, disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn refuse_less_room(folder: &Path, free: u64) -> Result<()> {
    if free >= ROOM_BYTES {
        return Ok(());
    }
    bail!(
        "the disk of {} has {} KB left, and a start needs {} MB: make room, or give --data a folder on another disk",
        folder.display(),
        free >> 10,
        ROOM_BYTES >> 20
    )
}

/// A folder with somebody else's files in it is not ours to fill.
pub(crate) fn refuse_foreign(folder: &Path) -> Result<()> {
    let Ok(mut entries) = fs::read_dir(folder) else { return Ok(()) };
    if entries.next().is_some() {
        bail!("{} holds files that are not hukumati's; give --data an empty or a new folder", folder.display());
    }
    Ok(())
}

fn keys(place: &Place) -> Result<(Keyring, LogKey)> {
    let folder = place.keys();
    let keyring = Keyring::load(&folder.join("columns.key"))?;
    let bytes = read(&folder.join("audit-log.p8"))?;
    let key = SigningKey::from_pkcs8(&bytes).with_context(|| format!("{} holds no signing key", folder.display()))?;
    Ok((keyring, LogKey::new(LOG, Mark::read(&place.data)?.log, key)))
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_with_its_remedy() {
        let folder = Path::new("./data");
        assert!(refuse_less_room(folder, ROOM_BYTES).is_ok());
        let said = refuse_less_room(folder, ROOM_BYTES - 1).unwrap_err().to_string();
        assert!(said.starts_with("the disk of ./data has 32767 KB left") && said.contains("make room"), "{said}");
        // A folder that is still to be made lies on the disk of the one above it.
        assert!(refuse_full_disk(Path::new("./not/there/yet")).is_ok());
    }
}
