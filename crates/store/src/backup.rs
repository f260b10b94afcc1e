//! A copy of a SQLite database while it is served: SQLite's own online backup,
//! which sees one consistent state whatever is written meanwhile.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// Pages copied in one step.
const PAGES: i32 = 2_000;
/// The pause between steps, so that writers are not kept waiting.
const PAUSE: Duration = Duration::from_millis(2);

/// Copies the database of a data folder into a new file.
///
/// # Errors
/// [`Error::File`].
pub fn copy_database(folder: &Path, to: &Path) -> Result<(), Error> {
    let path = folder.join("hukumati.db");
    let run = || -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags(&path, flags)?;
        source.busy_timeout(Duration::from_secs(10))?;
        let mut target = Connection::open(to)?;
        {
            let backup = Backup::new(&source, &mut target)?;
            backup.run_to_completion(PAGES, PAUSE, None)?;
        }
        // The copy stands alone: no log beside it.
        target.execute_batch("PRAGMA journal_mode=DELETE; PRAGMA integrity_check;")
    };
    run().map_err(|error| Error::file(&path, error))
}
