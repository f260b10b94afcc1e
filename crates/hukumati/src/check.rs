//! Offline checks: receipts and signed trees, with keys got beforehand.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use audit::Trust;
use base::{Clock, SystemClock};
use documents::{CopyNumber, LIST_DAYS, Listed, Refusal, RevokedList};
use seal::PublicKey;
use seal::merkle::{self, checkpoint::Checkpoint};
use serde_json::Value;

use crate::cli::print;

/// `hukumati receipt check FILE --trust FILE`.
pub(crate) fn receipt(file: &Path, trusted: &Path) -> Result<ExitCode> {
    match audit::check_receipt(&read(file)?, &trust(trusted)?) {
        Ok((body, tree)) => {
            print(&format!(
                "The receipt holds. It is in the signed tree of {} acts of {}.\n{body}",
                tree.size, tree.origin
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            print(&format!("The receipt does NOT hold: {error}."));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// `hukumati audit consistency OLD NEW --proof FILE --trust FILE`; each may be a
/// checkpoint, or a receipt, which carries one.
pub(crate) fn consistency(old: &Path, new: &Path, proof: Option<&Path>, trusted: &Path) -> Result<ExitCode> {
    let trust = trust(trusted)?;
    let (old, new) = (signed(old, &trust)?, signed(new, &trust)?);
    if new.size < old.size {
        print(&format!(
            "The tree of {} acts does NOT extend the tree of {}: it is shorter. Acts that were signed are gone.",
            new.size, old.size
        ));
        return Ok(ExitCode::FAILURE);
    }
    let hashes = match proof {
        Some(proof) => {
            let proof: Value = serde_json::from_slice(&read(proof)?).context("the proof is not JSON")?;
            let hashes = proof["proof"].as_array().context("the proof holds no hashes")?;
            let hashes: Option<Vec<[u8; 32]>> = hashes.iter().map(hash).collect();
            hashes.context("the proof holds something that is no hash")?
        }
        None if new.size == old.size => Vec::new(),
        None => bail!("give --proof the answer of /audit/consistency/{}/{}", old.size, new.size),
    };
    match merkle::verify_consistency(old.size, new.size, &hashes, &old.root, &new.root) {
        Ok(()) => {
            print(&format!("The tree of {} acts extends the tree of {}.", new.size, old.size));
            Ok(ExitCode::SUCCESS)
        }
        Err(_) => {
            print("The newer tree does NOT extend the older one: acts were changed or taken out.");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What a check without a list cannot say.
const ONLINE: &str = "Whether it was revoked since, the verification page tells, or a list given with --revoked.";
/// The exit code when only the verification page can tell.
const ASK_ONLINE: u8 = 3;

/// A paper whose seal or code holds.
struct Holds {
    text: String,
    code: Option<String>,
}

/// `hukumati paper check FILE|QR-TEXT --trust FILE [--revoked LIST]`.
pub(crate) fn paper(paper: &str, trusted: &Path, revoked: Option<&Path>) -> Result<ExitCode> {
    let json: Value = serde_json::from_slice(&read(trusted)?).context("the trust file is not JSON")?;
    let path = Path::new(paper);
    let verdict = if path.is_file() { sealed(path, &json)? } else { printed(paper, &code_keys(&json)?) };
    let holds = match verdict {
        Ok(holds) => holds,
        Err(error) => {
            print(&format!("The paper does NOT hold: {error}."));
            return Ok(ExitCode::FAILURE);
        }
    };
    let Some(list) = revoked else {
        print(&format!("{}\n{ONLINE}", holds.text));
        return Ok(ExitCode::SUCCESS);
    };
    let list = RevokedList::read(&read(list)?, &code_keys(&json)?);
    let list = list.context("the list of revoked papers is not signed by a trusted key")?;
    let (said, exit) = standing(&list, holds.code.as_deref());
    print(&format!("{}\n{said}", holds.text));
    Ok(exit)
}

/// What the list says of a paper.
fn standing(list: &RevokedList, code: Option<&str>) -> (String, ExitCode) {
    let at = list.at.rfc3339();
    let listed = code.map_or(Listed::NotKnown, |code| list.says(code, SystemClock.now()));
    match (listed, code) {
        (Listed::No, _) => (format!("It was not revoked by {at}."), ExitCode::SUCCESS),
        (Listed::Maybe, Some(code)) => (
            format!(
                "It may have been REVOKED: ask the verification page for {code}. \
                 The list of {at} holds every revoked paper, and by chance one valid paper in {}.",
                list.one_in
            ),
            ExitCode::from(ASK_ONLINE),
        ),
        (_, None) => {
            ("Whether it was revoked is not known: it does not say its code.".to_owned(), ExitCode::from(ASK_ONLINE))
        }
        (_, Some(_)) => (
            format!(
                "Whether it was revoked is not known: the list is of {at}, and a list speaks for {LIST_DAYS} days. \
                 Fetch a new one from /verify/revoked."
            ),
            ExitCode::from(ASK_ONLINE),
        ),
    }
}

fn sealed(path: &Path, trusted: &Value) -> Result<Result<Holds, Refusal>> {
    let root = trusted["papers"]["root"].as_str().context("the trust file names no root of papers")?;
    let roots = [seal::digest::from_base64(root).context("the trust file's root is not base64")?];
    Ok(documents::check::file(&read(path)?, &roots, SystemClock.now()).map(|seal| {
        let at = seal.sealed_at.map_or_else(String::new, |at| format!(" at {}", at.rfc3339()));
        let copy = seal.copy.map_or_else(String::new, |copy| format!(" It is {}", numbered(copy)));
        let text = format!("The paper holds. Sealed by {}{at}; nothing was changed after.{copy}", seal.signer);
        Holds { text, code: seal.code }
    }))
}

fn printed(text: &str, keys: &[PublicKey]) -> Result<Holds, Refusal> {
    let said = documents::check::code(text, keys)?;
    let mut lines = vec![format!("The code holds: {} {}, issued {}.", said.title, said.serial, said.issued)];
    lines.extend(said.copy.map(|copy| format!("It stands on {}", numbered(copy))));
    lines.extend(said.valid_until.map(|day| format!("It is valid until {day}.")));
    lines.extend(said.values.into_iter().map(|(name, value)| format!("{name}: {value}")));
    Ok(Holds { text: lines.join("\n"), code: Some(said.code) })
}

/// Which copy, and what that does not say.
fn numbered(copy: CopyNumber) -> String {
    format!("copy {} of {}; whether more were issued later, the verification page tells.", copy.number, copy.of)
}

fn code_keys(trusted: &Value) -> Result<Vec<PublicKey>> {
    let keys = trusted["papers"]["codes"].as_array().context("the trust file names no keys of codes")?;
    let read = |value: &Value| PublicKey::from_spki(&seal::digest::from_base64(value.as_str()?).ok()?).ok();
    Ok(keys.iter().filter_map(read).collect())
}

fn signed(path: &Path, trust: &Trust) -> Result<Checkpoint> {
    let bytes = read(path)?;
    let note = match serde_json::from_slice::<audit::Receipt>(&bytes) {
        Ok(receipt) => receipt.checkpoint,
        Err(_) => String::from_utf8(bytes).context("a checkpoint is text")?,
    };
    audit::verify_checkpoint(&note, trust)
        .with_context(|| format!("{} is not signed by the trusted log", path.display()))
}

fn hash(value: &Value) -> Option<[u8; 32]> {
    seal::digest::from_base64(value.as_str()?).ok()?.try_into().ok()
}

fn trust(path: &Path) -> Result<Trust> {
    let json: Value = serde_json::from_slice(&read(path)?).context("the trust file is not JSON")?;
    let (Some(origins), Some(spki)) = (json["audit"]["origins"].as_array(), json["audit"]["spki"].as_str()) else {
        bail!("the trust file names no audit log; `hukumati trust` prints one");
    };
    let origins = origins.iter().filter_map(|origin| origin.as_str().map(str::to_owned)).collect();
    let spki = seal::digest::from_base64(spki).context("the trust file's key is not base64")?;
    Ok(Trust { origins, key: PublicKey::from_spki(&spki).context("the trust file's key")? })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
