//! `hukumati backup` and `restore`: the mark, the database and the blobs in one
//! tar file. The keys are not in it: they are kept elsewhere, or the backup
//! would open itself.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cli::{Place, print};
use crate::folder::{MARK, begin_new_log, refuse_foreign};

/// The database's name in the folder and in the backup.
const DATABASE: &str = "hukumati.db";
/// Files of a backup at most.
const FILES: usize = 50_000_000;

/// Copies what is served into one file.
pub(crate) fn write(place: &Place, to: &Path) -> Result<()> {
    if place.database.is_some() {
        bail!("PostgreSQL keeps its own backups: use pg_basebackup, and copy the blobs after it");
    }
    if !place.data.join(MARK).exists() {
        bail!("{} is not a data folder of hukumati", place.data.display());
    }
    let scratch =
        tempfile::tempdir_in(to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
            .with_context(|| format!("{} cannot be written", to.display()))?;
    let copy = scratch.path().join(DATABASE);
    // The database first: every blob that its rows name is on the disk already.
    store::copy_database(&place.data, &copy)?;
    let unfinished = scratch.path().join("backup.tar");
    let file = File::create(&unfinished).with_context(|| format!("{} cannot be written", unfinished.display()))?;
    let mut archive = tar::Builder::new(BufWriter::new(file));
    archive.append_path_with_name(place.data.join(MARK), MARK)?;
    archive.append_path_with_name(&copy, DATABASE)?;
    let blobs = place.data.join("blobs");
    if blobs.is_dir() {
        append_blobs(&mut archive, &blobs)?;
    }
    let mut file = archive.into_inner()?;
    file.flush()?;
    file.get_ref().sync_all()?;
    fs::rename(&unfinished, to).with_context(|| format!("{} cannot be written", to.display()))?;
    print(&format!(
        "Backed up {} to {}. The keys are not in it: keep {} safe elsewhere.",
        place.data.display(),
        to.display(),
        place.keys().display()
    ));
    Ok(())
}

/// Every blob that is there. One that is collected meanwhile was named by no row for a
/// day, and by none of the copy.
fn append_blobs(archive: &mut tar::Builder<BufWriter<File>>, folder: &Path) -> Result<()> {
    let blobs = store::Blobs::open(folder)?;
    archive.append_dir("blobs", folder)?;
    let mut last = None;
    for id in blobs.list()? {
        let name = id.to_string();
        let shelf = Path::new("blobs").join(&name[..2]);
        if last.as_ref() != Some(&shelf) {
            archive.append_dir(&shelf, folder.join(&name[..2]))?;
            last = Some(shelf.clone());
        }
        for path in blobs.places(id) {
            match File::open(&path) {
                Ok(mut file) => {
                    archive.append_file(shelf.join(&name), &mut file)?;
                    break;
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
            }
        }
    }
    Ok(())
}

/// Unpacks a backup into a folder that is new or empty.
pub(crate) fn unpack(from: &Path, data: &Path) -> Result<()> {
    refuse_foreign(data)?;
    let file = File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let mut archive = tar::Archive::new(BufReader::new(file));
    for (number, entry) in archive.entries()?.enumerate() {
        let mut entry = entry.with_context(|| format!("{} is not a backup", from.display()))?;
        let name = entry.path()?.into_owned();
        if number > FILES || !belongs(&name) {
            bail!("{} is not a backup of hukumati: it holds {}", from.display(), name.display());
        }
        if entry.header().entry_type().is_dir() {
            fs::create_dir_all(data.join(&name))?;
        } else if entry.header().entry_type().is_file() {
            let mut target = File::create(data.join(&name))?;
            std::io::copy(&mut entry, &mut target)?;
            target.sync_all()?;
        } else {
            bail!("{} holds something that is neither file nor folder: {}", from.display(), name.display());
        }
    }
    if !data.join(MARK).exists() || !data.join(DATABASE).exists() {
        bail!("{} is not a whole backup", from.display());
    }
    begin_new_log(data)?;
    print(&format!(
        "Restored into {}. Put its keys beside it, then run `hukumati verify --data {}`.",
        data.display(),
        data.display()
    ));
    Ok(())
}

/// Whether a name belongs into a data folder; nothing leads out of it.
fn belongs(name: &Path) -> bool {
    let parts: Vec<Component<'_>> = name.components().collect();
    let plain = parts.iter().all(|part| matches!(part, Component::Normal(_)));
    let whole: PathBuf = parts.iter().collect();
    plain && (whole == Path::new(MARK) || whole == Path::new(DATABASE) || whole.starts_with("blobs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for (name, expected) in [
            ("hukumati.toml", true),
            ("hukumati.db", true),
            ("blobs/ab/abcd", true),
            ("../hukumati.db", false),
            ("blobs/../../etc/passwd", false),
            ("/hukumati.db", false),
            ("other", false),
        ] {
            assert_eq!(belongs(Path::new(name)), expected, "{name}");
        }
    }
}
