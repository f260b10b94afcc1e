//! Signed checkpoints as text: C2SP `tlog-checkpoint` and `signed-note`, so
//! that witnesses and monitors of other logs can read ours.

use std::fmt;

use super::{Digest, SIZE_MAX};
use crate::{Algorithm, PublicKey, SealError, Signer, digest};

/// Longest note read, in bytes.
pub const NOTE_MAX_BYTES: usize = 16 * 1024;
/// Most signatures on a note.
pub const NOTE_SIGNATURES_MAX: usize = 32;
/// Most lines after the root.
pub const NOTE_EXTENSIONS_MAX: usize = 16;
/// Bytes of a key id in a signature line.
const KEY_ID_BYTES: usize = 4;
/// Signature type of plain Ed25519 notes.
const TYPE_ED25519: u8 = 1;

/// What a log says of itself: its name, size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's unique name, for instance `log.example.ps/audit/2026`.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// Further lines, not empty, for instance a time.
    pub extensions: Vec<String>,
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The signer's name.
    pub name: String,
    /// The signer's key id.
    pub key_id: [u8; KEY_ID_BYTES],
    /// The signature.
    pub signature: Vec<u8>,
}

/// The public key of a note's signer under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    key: PublicKey,
}

/// A note as read; trusted only through [`SignedCheckpoint::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    body: String,
    checkpoint: Checkpoint,
    signatures: Vec<NoteSignature>,
}

impl NoteKey {
    /// A signer's name and Ed25519 key.
    ///
    /// # Errors
    /// [`SealError::Malformed`] for a name with white space or plus, [`SealError::Key`] for another algorithm.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, SealError> {
        if !is_key_name(name) {
            return Err(SealError::malformed("note", "name of a signer"));
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(SealError::Key("notes are signed with Ed25519"));
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// Reads `name+hexid+base64(01 || key)`.
    ///
    /// # Errors
    /// [`SealError::Malformed`], also if the id does not fit the key.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let wrong = || SealError::malformed("note key", "name+id+key");
        let mut parts = text.splitn(3, '+');
        let (name, id, key) = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(id), Some(key)) = (name, id, key) else { return Err(wrong()) };
        let bytes = digest::from_base64(key)?;
        let [TYPE_ED25519, raw @ ..] = bytes.as_slice() else { return Err(wrong()) };
        let known = Self::new(name, PublicKey::from_ed25519(raw)?)?;
        if digest::from_hex(id)? == known.id() { Ok(known) } else { Err(wrong()) }
    }

    /// First four bytes of SHA-256 of `name || 0a || 01 || key`.
    #[must_use]
    pub fn id(&self) -> [u8; KEY_ID_BYTES] {
        let hash = digest::sha256_parts(&[self.name.as_bytes(), &[b'\n', TYPE_ED25519], self.key.raw()]);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The signer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = digest::base64(&[&[TYPE_ED25519], self.key.raw()].concat());
        write!(f, "{}+{}+{key}", self.name, digest::hex(&self.id()))
    }
}

impl Checkpoint {
    /// A checkpoint without further lines.
    ///
    /// # Errors
    /// [`SealError::Malformed`] for an empty origin or one with a line break.
    pub fn new(origin: &str, size: u64, root: Digest) -> Result<Self, SealError> {
        let checkpoint = Self { origin: origin.to_owned(), size, root, extensions: Vec::new() };
        checkpoint.body()?;
        Ok(checkpoint)
    }

    /// The text that is signed.
    ///
    /// # Errors
    /// [`SealError::Malformed`] for an empty line or a line break inside one.
    pub fn body(&self) -> Result<String, SealError> {
        let is_line = |line: &String| !line.is_empty() && !line.chars().any(char::is_control);
        let lines = std::iter::once(&self.origin).chain(&self.extensions);
        if !lines.clone().all(is_line) || self.size > SIZE_MAX || self.extensions.len() > NOTE_EXTENSIONS_MAX {
            return Err(SealError::malformed("checkpoint", "a line"));
        }
        let mut body = format!("{}\n{}\n{}\n", self.origin, self.size, digest::base64(&self.root));
        for line in &self.extensions {
            body.push_str(line);
            body.push('\n');
        }
        Ok(body)
    }

    /// The signed note. `name` is the signer's, usually the origin.
    ///
    /// # Errors
    /// As [`Checkpoint::body`] and [`NoteKey::new`], [`SealError::Engine`].
    pub fn sign(&self, name: &str, signer: &dyn Signer) -> Result<String, SealError> {
        let key = NoteKey::new(name, signer.public().clone())?;
        let body = self.body()?;
        let signature = signer.sign(body.as_bytes())?;
        Ok(format!("{body}\n{}", signature_line(&key, &signature)))
    }
}

fn signature_line(key: &NoteKey, signature: &[u8]) -> String {
    format!("\u{2014} {} {}\n", key.name, digest::base64(&[&key.id()[..], signature].concat()))
}

impl SignedCheckpoint {
    /// Reads a note.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::TooLarge`].
    pub fn parse(note: &str) -> Result<Self, SealError> {
        if note.len() > NOTE_MAX_BYTES {
            return Err(SealError::TooLarge { what: "note", limit: NOTE_MAX_BYTES });
        }
        let wrong = |why| SealError::malformed("checkpoint", why);
        if note.chars().any(|symbol| symbol.is_control() && symbol != '\n') {
            return Err(wrong("a control character"));
        }
        // The last empty line parts text and signatures (signed-note, "Format").
        let (text, lines) = note.rsplit_once("\n\n").ok_or_else(|| wrong("no signatures"))?;
        let body = format!("{text}\n");
        let checkpoint = parse_body(&body)?;
        let lines = lines.strip_suffix('\n').ok_or_else(|| wrong("no line break at the end"))?;
        let signatures = lines.split('\n').map(parse_signature).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > NOTE_SIGNATURES_MAX {
            return Err(SealError::TooLarge { what: "note signatures", limit: NOTE_SIGNATURES_MAX });
        }
        Ok(Self { body, checkpoint, signatures })
    }

    /// The checkpoint, once that key's signature is found to hold.
    ///
    /// # Errors
    /// [`SealError::Untrusted`] if that key did not sign, [`SealError::Signature`] if it signed something else.
    pub fn verify(&self, key: &NoteKey) -> Result<&Checkpoint, SealError> {
        let id = key.id();
        let known = |line: &&NoteSignature| line.name == key.name && line.key_id == id;
        let line = self.signatures.iter().find(known).ok_or(SealError::Untrusted("the checkpoint's signer"))?;
        key.key.verify(self.body.as_bytes(), &line.signature)?;
        Ok(&self.checkpoint)
    }

    /// What the note says, not verified.
    #[must_use]
    pub const fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signature lines.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a further signature, as a witness does, and answers the whole note.
    ///
    /// # Errors
    /// As [`Checkpoint::sign`].
    pub fn cosign(&self, name: &str, signer: &dyn Signer) -> Result<String, SealError> {
        let own = NoteKey::new(name, signer.public().clone())?;
        let mut note = format!("{}\n", self.body);
        for line in &self.signatures {
            let bytes = [&line.key_id[..], &line.signature].concat();
            note.push_str(&format!("\u{2014} {} {}\n", line.name, digest::base64(&bytes)));
        }
        note.push_str(&signature_line(&own, &signer.sign(self.body.as_bytes())?));
        Ok(note)
    }
}

fn parse_body(body: &str) -> Result<Checkpoint, SealError> {
    let wrong = |why| SealError::malformed("checkpoint", why);
    let mut lines = body.trim_end_matches('\n').split('\n');
    let origin = lines.next().filter(|line| !line.is_empty()).ok_or_else(|| wrong("origin"))?;
    let number = lines.next().ok_or_else(|| wrong("size"))?;
    let size: u64 = number.parse().map_err(|_| wrong("size"))?;
    if size.to_string() != number {
        return Err(wrong("size not in its shortest form"));
    }
    let root = digest::from_base64(lines.next().ok_or_else(|| wrong("root"))?)?;
    let root = Digest::try_from(root).map_err(|_| wrong("root"))?;
    let checkpoint =
        Checkpoint { origin: origin.to_owned(), size, root, extensions: lines.map(str::to_owned).collect() };
    // Written again it must be the same text: one checkpoint has one form.
    if checkpoint.body()? == body { Ok(checkpoint) } else { Err(wrong("form")) }
}

fn parse_signature(line: &str) -> Result<NoteSignature, SealError> {
    let wrong = || SealError::malformed("note", "signature line");
    let rest = line.strip_prefix("\u{2014} ").ok_or_else(wrong)?;
    let (name, text) = rest.split_once(' ').ok_or_else(wrong)?;
    let bytes = digest::from_base64(text)?;
    let (key_id, signature) = bytes.split_first_chunk::<KEY_ID_BYTES>().ok_or_else(wrong)?;
    if !is_key_name(name) || signature.is_empty() {
        return Err(wrong());
    }
    Ok(NoteSignature { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|symbol| symbol.is_whitespace() || symbol.is_control() || symbol == '+')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;
    use proptest::prelude::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::ed25519_from_seed(&[seed; 32]).unwrap()
    }

    #[test]
    fn a_published_note_verifies() {
        // golang.org/x/mod/sumdb/note's example key and text.
        let known = NoteKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        assert_eq!(known.name(), "PeterNeumann");
        assert_eq!(digest::hex(&known.id()), "c74f20a3");
        assert_eq!(known.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
        let text =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line = parse_signature(
            "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
        )
        .unwrap();
        assert_eq!(line.key_id, known.id());
        known.key.verify(text.as_bytes(), &line.signature).unwrap();
    }

    #[test]
    fn signed_checkpoints_verify_and_changed_ones_do_not() {
        let checkpoint = Checkpoint::new("log.example.ps/audit", 8, [7; 32]).unwrap();
        let note = checkpoint.sign("log.example.ps/audit", &key(1)).unwrap();
        assert!(note.starts_with("log.example.ps/audit\n8\nBwcHBw"));
        let trusted = NoteKey::new("log.example.ps/audit", key(1).public().clone()).unwrap();
        let read = SignedCheckpoint::parse(&note).unwrap();
        assert_eq!(read.verify(&trusted).unwrap(), &checkpoint);

        let changed = SignedCheckpoint::parse(&note.replacen("\n8\n", "\n9\n", 1)).unwrap();
        assert_eq!(changed.verify(&trusted), Err(SealError::Signature("signature")));
        let other = NoteKey::new("log.example.ps/audit", key(2).public().clone()).unwrap();
        assert_eq!(read.verify(&other), Err(SealError::Untrusted("the checkpoint's signer")));

        let cosigned = read.cosign("witness", &key(2)).unwrap();
        let both = SignedCheckpoint::parse(&cosigned).unwrap();
        both.verify(&trusted).unwrap();
        both.verify(&NoteKey::new("witness", key(2).public().clone()).unwrap()).unwrap();
    }

    #[test]
    fn strange_notes_are_refused() {
        let note = Checkpoint::new("o", 8, [7; 32]).unwrap().sign("o", &key(1)).unwrap();
        for bad in [
            note.replacen("\n8\n", "\n08\n", 1),
            note.replacen("\n8\n", "\n+8\n", 1),
            note.replacen("\n8\n", "\n8\r\n", 1),
            note.trim_end().to_owned(),
            note.replacen("\u{2014} ", "- ", 1),
            note.replacen("o\n", "", 1),
            note.split_once("\n\n").unwrap().0.to_owned(),
            "x".repeat(NOTE_MAX_BYTES + 1),
        ] {
            assert!(SignedCheckpoint::parse(&bad).is_err(), "{bad}");
        }
        assert!(Checkpoint::new("two\nlines", 1, [0; 32]).is_err());
        assert!(NoteKey::new("a+b", key(1).public().clone()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*", prefix in 0_usize..200) {
            let note = Checkpoint::new("o", 8, [7; 32]).unwrap().sign("o", &key(1)).unwrap();
            let cut: String = note.chars().take(prefix).collect();
            let _ = (SignedCheckpoint::parse(&text), NoteKey::parse(&text), SignedCheckpoint::parse(&(cut + &text)));
        }
    }
}
