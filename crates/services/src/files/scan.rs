//! Scanning: a job after the file was kept, and before anybody opens it. With ClamAV
//! over its own protocol (`clamd(8)`, INSTREAM); without a scanner a file is marked as
//! not scanned. It was written anew from its pixels or pages, it is handed out in a
//! sandbox, and the clerk is told.
//!
//! A scanner that is out loses nothing: the file waits and is tried again.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use store::{Ctx, Error, Subscriber, Tx, Work, params};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use super::{File, FileId, FileStage, file, leave, open};
use crate::case::{Case, Refusal, Stage, case};
use crate::edition::Editions;
use crate::sql;
use crate::system::Services;
use crate::timeline::{Kind, add_in};

/// The queue of files that wait for the scanner.
pub(crate) const SCAN: &str = "services.scan";
/// Bytes of one piece that clamd is sent.
const PIECE_BYTES: usize = 64 * 1024;
/// Longest answer of clamd, bytes.
const ANSWER_BYTES: u64 = 4 * 1024;
/// How long clamd may take for one file.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a scanner says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It found nothing.
    Clean,
    /// It found this.
    Infected(String),
    /// There is no scanner.
    NotScanned,
}

/// Why a scanner said nothing.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// It is not there, or the line broke.
    #[error("clamd at {0}: {1}")]
    Line(String, #[source] std::io::Error),
    /// It answered something else.
    #[error("clamd at {0} answers {1:?}")]
    Answer(String, String),
}

type Scanning<'a> = Pin<Box<dyn Future<Output = Result<Verdict, ScanError>> + Send + 'a>>;

/// Who looks into files for what harms.
pub trait Scanner: Send + Sync {
    /// Looks into these bytes.
    fn scan<'a>(&'a self, bytes: &'a [u8]) -> Scanning<'a>;
}

/// None is configured.
struct Absent;

impl Scanner for Absent {
    fn scan<'a>(&'a self, _: &'a [u8]) -> Scanning<'a> {
        Box::pin(async { Ok(Verdict::NotScanned) })
    }
}

/// ClamAV's daemon, at `host:port` or the path of its socket.
struct ClamAv {
    address: String,
}

impl ClamAv {
    async fn ask(&self, bytes: &[u8]) -> std::io::Result<String> {
        if self.address.starts_with('/') {
            say(UnixStream::connect(&self.address).await?, bytes).await
        } else {
            say(TcpStream::connect(&self.address).await?, bytes).await
        }
    }
}

/// `zINSTREAM`, pieces with their length in four octets, a length of none; the answer
/// ends with NUL.
async fn say(mut line: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> std::io::Result<String> {
    line.write_all(b"zINSTREAM\0").await?;
    for piece in bytes.chunks(PIECE_BYTES) {
        let length = u32::try_from(piece.len()).map_err(std::io::Error::other)?;
        line.write_all(&length.to_be_bytes()).await?;
        line.write_all(piece).await?;
    }
    line.write_all(&[0; 4]).await?;
    line.flush().await?;
    let mut answer = Vec::new();
    line.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).trim_end_matches(['\0', '\n']).to_owned())
}

impl Scanner for ClamAv {
    fn scan<'a>(&'a self, bytes: &'a [u8]) -> Scanning<'a> {
        Box::pin(async move {
            let line = |error| ScanError::Line(self.address.clone(), error);
            let answer = tokio::time::timeout(PATIENCE, self.ask(bytes)).await;
            let answer = answer.map_err(|late| line(std::io::Error::other(late)))?.map_err(line)?;
            verdict_of(&self.address, &answer)
        })
    }
}

/// What an answer of clamd means: `stream: OK`, `stream: <what> FOUND`.
fn verdict_of(address: &str, answer: &str) -> Result<Verdict, ScanError> {
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    match said.strip_suffix(" FOUND") {
        Some(found) => Ok(Verdict::Infected(found.to_owned())),
        None if said == "OK" => Ok(Verdict::Clean),
        None => Err(ScanError::Answer(address.to_owned(), answer.to_owned())),
    }
}

/// The scanner at an address, or none.
pub(super) fn scanner(clamav: Option<&str>) -> Arc<dyn Scanner> {
    match clamav {
        Some(address) => Arc::new(ClamAv { address: address.to_owned() }),
        None => Arc::new(Absent),
    }
}

/// Has files scanned.
pub(crate) fn scanning(editions: &Arc<Editions>) -> Subscriber {
    let editions = Arc::clone(editions);
    Subscriber::new(SCAN, SCAN, move |ctx, work| scan(ctx, editions.now(), work))
}

async fn scan(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: FileId = work.parse()?;
    let Some((_, found)) = ctx.read(move |read| waiting(read, id)).await? else { return Ok(()) };
    let bytes = open::bytes(&ctx, &found).await.map_err(stored)?;
    let verdict = services.intake.scanner.scan(&bytes).await.map_err(|error| {
        tracing::warn!(file = %id, %error, "a file waits for its scanner");
        Error::Busy
    })?;
    drop(bytes);
    ctx.write(work.write_key(), move |tx| {
        let Some((mut case, found)) = waiting(tx, id)? else { return Ok(()) };
        say_in(tx, &mut case, &found, &verdict).map_err(stored)
    })
    .await
}

/// A file that waits for the scanner, with its case. Nothing when it is gone, or its
/// person's key is.
fn waiting(read: &mut store::Read<'_>, id: FileId) -> Result<Option<(Case, File)>, Error> {
    let Some(row) = read.row(&sql::CASE_OF_FILE, &params![id])? else { return Ok(None) };
    let case = match case(read, row.get(0)?) {
        Ok(Some(case)) => case,
        Ok(None) | Err(Error::Sealed) => return Ok(None),
        Err(error) => return Err(error),
    };
    match file(read, &case, id) {
        Ok(found) => Ok((found.stage == FileStage::Waiting).then_some((case, found))),
        Err(Refusal::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

fn say_in(tx: &mut Tx<'_>, case: &mut Case, found: &File, verdict: &Verdict) -> Result<(), Refusal> {
    let event = match verdict {
        Verdict::Clean => "clear",
        Verdict::NotScanned => "skip",
        Verdict::Infected(_) => "find",
    };
    let stage = found.stage.take(event)?;
    tx.execute_one(&sql::MOVE_FILE, &params![stage.as_str(), found.id, found.stage.as_str()])?;
    let Verdict::Infected(what) = verdict else { return Ok(()) };
    // What was not sent yet is asked again; what was sent stays as it was, and another is asked for.
    if case.stage == Stage::Draft {
        leave(case, found);
        case.keep_answers_in(tx)?;
    }
    let detail = json!({ "file": found.id.to_string(), "found": what });
    add_in(tx, case, Kind::FileInfected, Some(&found.name), detail).map(drop).map_err(Refusal::from)
}

fn stored(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Store(error) => error,
        other => Error::Corrupt(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clamd_is_spoken_to_as_its_manual_says() {
        for (answer, verdict) in [
            ("stream: OK\0", Some(Verdict::Clean)),
            ("stream: Eicar-Signature FOUND\0", Some(Verdict::Infected("Eicar-Signature".to_owned()))),
            ("INSTREAM size limit exceeded. ERROR\0", None),
            ("", None),
        ] {
            let (ours, mut theirs) = tokio::io::duplex(256 * 1024);
            let said = tokio::spawn(async move { say(ours, &[7; PIECE_BYTES + 1]).await.unwrap() });
            let mut heard = vec![0; 10 + 4 + PIECE_BYTES + 4 + 1 + 4];
            theirs.read_exact(&mut heard).await.unwrap();
            assert_eq!((&heard[..10], &heard[10..14]), (&b"zINSTREAM\0"[..], &[0, 1, 0, 0][..]));
            assert_eq!(heard[14 + PIECE_BYTES..], [0, 0, 0, 1, 7, 0, 0, 0, 0]);
            theirs.write_all(answer.as_bytes()).await.unwrap();
            drop(theirs);
            let said = said.await.unwrap();
            assert_eq!(said, answer.trim_end_matches('\0'));
            assert_eq!(verdict_of("clamd", &said).ok(), verdict);
        }
        let nobody = ClamAv { address: "/nowhere/clamd.sock".to_owned() };
        assert!(matches!(nobody.scan(b"a").await, Err(ScanError::Line(..))));
    }
}
