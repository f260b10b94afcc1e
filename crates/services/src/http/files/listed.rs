//! Files as pages list them: to their own person, and to officers.

use catalogue::{FieldKind, Service};
use web::Page;

use super::MEGABYTE;
use crate::case::{Case, Stage};
use crate::files::{File, FileId, FileStage, REPLY, is_wanted_anew};
use crate::messages::Messages;
use crate::turn::Turn;

/// A file on a page.
pub(in crate::http) struct FileLine {
    pub(in crate::http) id: FileId,
    pub(in crate::http) name: String,
    pub(in crate::http) size: String,
    /// Where it stands, in words; nothing when there is nothing to say.
    pub(in crate::http) state: Option<&'static str>,
    /// Whether the scanner found something.
    pub(in crate::http) infected: bool,
    /// Where it is opened.
    pub(in crate::http) href: Option<String>,
    /// Bytes that it has, while it arrives.
    pub(in crate::http) length: Option<u64>,
}

/// A size in words.
fn size(m: Messages, bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(MEGABYTE);
    match bytes {
        0..=MEGABYTE => m.kilobytes(i64::try_from(bytes.div_ceil(1024)).unwrap_or(0)),
        _ => m.megabytes(format!("{}.{}", tenths / 10, tenths % 10)),
    }
}

/// A file as its own person sees it.
pub(super) fn own_line(page: &Page, file: &File) -> FileLine {
    let m = Messages::new(page.locale);
    FileLine {
        id: file.id,
        name: file.name.clone(),
        size: size(m, file.length.unwrap_or(file.arrived)),
        state: match file.stage {
            FileStage::Arriving => Some(m.file_arriving()),
            FileStage::Waiting => Some(m.file_waiting()),
            FileStage::Infected => Some(m.file_infected()),
            _ => None,
        },
        infected: file.stage == FileStage::Infected,
        href: (!matches!(file.stage, FileStage::Arriving | FileStage::Infected))
            .then(|| page.to(&format!("/cases/{}/files/{}", file.case, file.id))),
        length: file.length.filter(|_| file.stage == FileStage::Arriving),
    }
}

/// Files of a case as an officer sees them: those that were sent, with where each stands.
/// `under` is the address that their ids follow.
pub(in crate::http) fn officers_lines(page: &Page, case: &Case, files: &[File], under: &str) -> Vec<FileLine> {
    let m = Messages::new(page.locale);
    let sent = files.iter().filter(|file| file.stage != FileStage::Arriving && is_sent(case, file));
    let line = |file: &File| FileLine {
        id: file.id,
        name: file.name.clone(),
        size: size(m, file.length.unwrap_or(0)),
        state: match file.stage {
            FileStage::Waiting => Some(m.file_waiting_desk()),
            FileStage::Unscanned => Some(m.file_unscanned()),
            FileStage::Infected => Some(m.file_infected_desk()),
            _ => None,
        },
        infected: file.stage == FileStage::Infected,
        href: matches!(file.stage, FileStage::Clean | FileStage::Unscanned)
            .then(|| page.to(&format!("{under}/files/{}", file.id))),
        length: None,
    };
    sent.map(line).collect()
}

/// Whether an officer may know of it: what a person attaches to a reply is theirs until
/// they send it.
fn is_sent(case: &Case, file: &File) -> bool {
    case.stage != Stage::Asked || file.field != REPLY
}

/// The files of a case's page, and where another is asked for.
pub(in crate::http) struct CaseFiles {
    pub(in crate::http) lines: Vec<FileLine>,
    /// Where another file is attached in place of an infected one.
    pub(in crate::http) anew: Option<String>,
    /// Where files are attached to the reply, or corrected.
    pub(in crate::http) reply: Option<String>,
    /// Whether the files of an answer are what is to be corrected.
    pub(in crate::http) corrects: bool,
}

impl CaseFiles {
    /// `corrects` is the turn in which an answer is corrected now.
    pub(in crate::http) fn of(
        page: &Page,
        service: &Service,
        case: &Case,
        files: &[File],
        corrects: Option<&Turn>,
    ) -> Self {
        let corrects = corrects.and_then(|turn| service.field(&turn.name));
        let attach = |field: &str| page.to(&format!("/cases/{}/attach/{field}", case.id));
        let asked = match corrects {
            _ if case.stage != Stage::Asked => None,
            None => Some(attach(REPLY)),
            Some(field) => (field.kind == FieldKind::Files).then(|| attach(&field.id)),
        };
        let wanted = files.iter().find(|file| is_wanted_anew(case, file));
        Self {
            lines: files
                .iter()
                .filter(|file| file.stage != FileStage::Arriving)
                .map(|file| own_line(page, file))
                .collect(),
            anew: wanted.map(|file| attach(&file.field)),
            corrects: asked.is_some() && corrects.is_some(),
            reply: asked,
        }
    }
}
