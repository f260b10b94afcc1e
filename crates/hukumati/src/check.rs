//! Offline checks: receipts and signed trees, with keys got beforehand.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use audit::Trust;
use base::{Clock, SystemClock};
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

/// What no offline check can say.
const ONLINE: &str = "Whether it was revoked since, only the verification page can tell.";

/// `hukumati paper check FILE|QR-TEXT --trust FILE`.
pub(crate) fn paper(paper: &str, trusted: &Path) -> Result<ExitCode> {
    let json: Value = serde_json::from_slice(&read(trusted)?).context("the trust file is not JSON")?;
    let path = Path::new(paper);
    let verdict = if path.is_file() {
        let root = json["papers"]["root"].as_str().context("the trust file names no root of papers")?;
        let roots = [seal::digest::from_base64(root).context("the trust file's root is not base64")?];
        let sealed = documents::check::file(&read(path)?, &roots, SystemClock.now());
        sealed.map(|seal| {
            let at = seal.sealed_at.map_or_else(String::new, |at| format!(" at {}", at.rfc3339()));
            let sealed = format!("The paper holds. Sealed by {}{at}; nothing was changed after.", seal.signer);
            format!("{sealed}\n{ONLINE}")
        })
    } else {
        let keys = json["papers"]["codes"].as_array().context("the trust file names no keys of codes")?;
        let read = |value: &Value| PublicKey::from_spki(&seal::digest::from_base64(value.as_str()?).ok()?).ok();
        let keys: Vec<PublicKey> = keys.iter().filter_map(read).collect();
        documents::check::code(paper, &keys).map(|said| {
            let mut lines = vec![format!("The code holds: {} {}, issued {}.", said.title, said.serial, said.issued)];
            lines.extend(said.valid_until.map(|day| format!("It is valid until {day}.")));
            lines.extend(said.values.into_iter().map(|(name, value)| format!("{name}: {value}")));
            lines.push(ONLINE.to_owned());
            lines.join("\n")
        })
    };
    match verdict {
        Ok(text) => {
            print(&text);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            print(&format!("The paper does NOT hold: {error}."));
            Ok(ExitCode::FAILURE)
        }
    }
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
