//! The central authority of an instance: publishes operations, keeps agreements
//! and servers, and signs the configuration that every security server follows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit::Leaf;
use base::Timestamp;
use base::id::typed_id;
use exchange::server::configuration::{AgreementEntry, Configuration, OperationEntry, ServerEntry, Signed};
use seal::digest::base64;
use seal::{Algorithm, PublicKey, SealError, Signer, SigningKey};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::join::Certify;
use crate::sql;

typed_id! {
    /// The central key.
    KeyId
}
typed_id! {
    /// An agreement.
    AgreementId
}
store::stored_ids!(KeyId, AgreementId);

const SECRET: &str = "interop_key.secret";
/// How long a signed configuration holds, seconds.
const HOLDS_S: i64 = 24 * 3_600;

/// Interop said no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// A file of an operation.
    #[error("{0}")]
    File(String),
    /// A certificate that is not given.
    #[error("no certificate: {0}")]
    Certificate(String),
    /// The name of a server, a subsystem or an operation.
    #[error("not a name of the exchange")]
    Identifier,
    /// An invitation that is unknown, used or out of date.
    #[error("the invitation does not hold")]
    Invitation,
    /// A key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What the configuration says of certificates.
#[derive(Debug, Clone)]
pub struct Trust {
    /// `PS`.
    pub instance: String,
    /// Trust anchors, DER.
    pub roots: Vec<Vec<u8>>,
    /// Intermediates, DER.
    pub intermediates: Vec<Vec<u8>>,
    /// Where servers reach the central authority: `http://localhost:8080`.
    pub origin: String,
    /// Where revocation is asked for.
    pub ocsp_url: String,
    /// How old such an answer may be, seconds.
    pub ocsp_max_age_seconds: i64,
}

/// The central authority with its key open.
pub struct Central {
    key: Arc<SigningKey>,
    pub(crate) trust: Trust,
    pub(crate) certify: Certify,
}

/// A file under `services/operations/`; what else it says is for people, and
/// for the provider's security server.
#[derive(Deserialize)]
struct OperationFile {
    identifier: String,
    version: u32,
    answer: AnswerFile,
    #[serde(default, rename = "agreement")]
    agreements: Vec<AgreementFile>,
}

#[derive(Deserialize)]
struct AgreementFile {
    client: String,
}

#[derive(Deserialize)]
struct AnswerFile {
    schema: String,
}

impl Central {
    /// Opens the authority; the first call ever makes its key.
    ///
    /// # Errors
    /// The store's, or a key that cannot be read.
    pub async fn prepare(ctx: &Ctx, trust: Trust, certify: Certify) -> Result<Self, Refusal> {
        if let Some(secret) = ctx.read(load).await? {
            return Ok(Self { key: Arc::new(SigningKey::from_pkcs8(&secret)?), trust, certify });
        }
        let secret = SigningKey::generate(Algorithm::P256, &*ctx.entropy)?.to_pkcs8()?.to_vec();
        ctx.write(Key::new("interop.first_key", "central"), move |tx| {
            let (id, now): (KeyId, _) = (tx.mint(), tx.now());
            let sealed = tx.seal(id, SECRET, &secret)?;
            tx.execute_one(&sql::INSERT_KEY, &params![id, "central", sealed, now])
        })
        .await?;
        let secret = ctx.read(load).await?.ok_or_else(|| Error::Corrupt("there is no central key".to_owned()))?;
        Ok(Self { key: Arc::new(SigningKey::from_pkcs8(&secret)?), trust, certify })
    }

    /// The key with which servers verify the configuration.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        self.key.public()
    }

    /// The configuration as it stands, signed.
    ///
    /// # Errors
    /// The store's, or the key's.
    pub async fn configuration(&self, ctx: &Ctx) -> Result<Signed, Refusal> {
        let (trust, now) = (self.trust.clone(), ctx.now());
        let built = ctx.read(move |read| build(read, &trust, now)).await?;
        Ok(built.sign(&*self.key)?)
    }
}

fn load(read: &mut Read<'_>) -> Result<Option<Vec<u8>>, Error> {
    let Some(row) = read.row(&sql::KEY, &params!["central"])? else { return Ok(None) };
    read.open(row.get::<KeyId>(0)?, SECRET, &row.get::<Vec<u8>>(1)?).map(Some)
}

fn build(read: &mut Read<'_>, trust: &Trust, now: Timestamp) -> Result<Configuration, Error> {
    let corrupt = |error: serde_json::Error| Error::Corrupt(error.to_string());
    let mut servers = Vec::new();
    for row in read.rows(&sql::SERVERS, &params![])? {
        servers.push(serde_json::from_str::<ServerEntry>(&row.get::<String>(0)?).map_err(corrupt)?);
    }
    let mut agreements = Vec::new();
    for row in read.rows(&sql::AGREEMENTS, &params![])? {
        agreements.push(AgreementEntry { id: row.get(0)?, consumer: row.get(1)?, operation: row.get(2)? });
    }
    let mut operations = Vec::new();
    for row in read.rows(&sql::OPERATIONS, &params![])? {
        let answer = serde_json::from_str::<Value>(&row.get::<String>(1)?).map_err(corrupt)?;
        operations.push(OperationEntry { id: row.get(0)?, answer });
    }
    let number: Option<u64> = read.row(&sql::NUMBER, &params![])?.map(|row| row.get(0)).transpose()?;
    let text = |list: &[Vec<u8>]| list.iter().map(|der| base64(der)).collect();
    // The same for an hour, so that servers keep one copy and not one a second.
    let hour = now.as_seconds().div_euclid(3_600) * 3_600;
    Ok(Configuration {
        instance: trust.instance.clone(),
        number: number.unwrap_or(0),
        expires_at: Timestamp::from_seconds(hour + HOLDS_S).as_micros(),
        roots: text(&trust.roots),
        intermediates: text(&trust.intermediates),
        ocsp_url: trust.ocsp_url.clone(),
        ocsp_max_age_seconds: trust.ocsp_max_age_seconds,
        servers,
        agreements,
        operations,
    })
}

pub(crate) fn changed(tx: &mut Tx<'_>, act: &'static str, object: String, detail: Value) -> Result<(), Error> {
    tx.execute_one(&sql::COUNT, &params![])?;
    audit::record_in(tx, &Leaf::new(act, object).with(detail)).map(drop)
}

fn fault(path: &Path, error: &dyn std::fmt::Display) -> Refusal {
    Refusal::File(format!("{}: {error}", path.display()))
}

fn operation_files(folder: &Path) -> Result<Vec<(PathBuf, OperationFile)>, Refusal> {
    let listed = std::fs::read_dir(folder).map_err(|error| fault(folder, &error))?;
    let mut files: Vec<_> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let read = files.into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).map_err(|error| fault(&path, &error))?;
        let file = toml::from_str(&text).map_err(|error| fault(&path, &error))?;
        Ok((path, file))
    });
    read.collect()
}

/// Who may ask which operation, as the files of a folder suggest: the subsystem
/// and the operation of each. They seed a demo; agreements are their parties' own.
///
/// # Errors
/// A file that is none.
pub fn suggested_agreements(folder: &Path) -> Result<Vec<(String, String)>, Refusal> {
    let mut suggested = Vec::new();
    for (_, OperationFile { identifier, agreements, .. }) in operation_files(folder)? {
        suggested.extend(agreements.into_iter().map(|agreed| (agreed.client, identifier.clone())));
    }
    suggested.sort();
    suggested.dedup();
    Ok(suggested)
}

/// Publishes every operation of a folder that is newer than what is known.
///
/// # Errors
/// A file that is none, or the store's.
pub async fn publish_folder(ctx: &Ctx, folder: &Path) -> Result<(), Refusal> {
    for (path, file) in operation_files(folder)? {
        let schema: Value = serde_json::from_str(&file.answer.schema).map_err(|error| fault(&path, &error))?;
        ctx.write(Key::once(ctx), move |tx| {
            let (version, now) = (i64::from(file.version), tx.now());
            if tx.execute(&sql::PUBLISH, &params![file.identifier, version, schema.to_string(), now])? == 1 {
                let detail = json!({ "version": version });
                changed(tx, "interop.operation_published", format!("operation:{}", file.identifier), detail)?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    }
    Ok(())
}

/// A subsystem may call an operation from now on.
///
/// # Errors
/// The store's.
pub async fn agree(ctx: &Ctx, consumer: &str, operation: &str) -> Result<(), Refusal> {
    agree_as(ctx, Key::once(ctx), consumer, operation).await
}

pub(crate) async fn agree_as(ctx: &Ctx, key: Key, consumer: &str, operation: &str) -> Result<(), Refusal> {
    let (consumer, operation) = (consumer.to_owned(), operation.to_owned());
    ctx.write(key, move |tx| {
        if tx.row(&sql::STANDING, &params![consumer, operation])?.is_some() {
            return Ok(());
        }
        let (id, now): (AgreementId, _) = (tx.mint(), tx.now());
        tx.execute_one(&sql::AGREE, &params![id, consumer, operation, now])?;
        changed(
            tx,
            "interop.agreed",
            format!("agreement:{id}"),
            json!({ "consumer": consumer, "operation": operation }),
        )
    })
    .await
    .map_err(|error: Error| error.into())
}

/// A subsystem may call an operation no more.
///
/// # Errors
/// The store's.
pub async fn end_agreement(ctx: &Ctx, consumer: &str, operation: &str) -> Result<bool, Refusal> {
    end_as(ctx, Key::once(ctx), consumer, operation).await
}

pub(crate) async fn end_as(ctx: &Ctx, key: Key, consumer: &str, operation: &str) -> Result<bool, Refusal> {
    let (consumer, operation) = (consumer.to_owned(), operation.to_owned());
    ctx.write(key, move |tx| {
        let now = tx.now();
        if tx.execute(&sql::END, &params![now, consumer, operation])? == 0 {
            return Ok(false);
        }
        let detail = json!({ "consumer": consumer, "operation": operation });
        changed(tx, "interop.agreement_ended", format!("operation:{operation}"), detail)?;
        Ok(true)
    })
    .await
    .map_err(|error: Error| error.into())
}

/// Whether this was ever agreed, even if it ended since.
///
/// # Errors
/// The store's.
pub fn was_agreed(read: &mut Read<'_>, consumer: &str, operation: &str) -> Result<bool, Error> {
    Ok(read.row(&sql::EVER, &params![consumer, operation])?.is_some())
}

/// Registers a security server, or what changed of it.
pub(crate) fn register_in(tx: &mut Tx<'_>, entry: &ServerEntry) -> Result<(), Error> {
    let text = serde_json::to_string(entry).map_err(|error| Error::Corrupt(error.to_string()))?;
    let now = tx.now();
    tx.execute_one(&sql::REGISTER, &params![entry.code, text, now])?;
    let detail = json!({ "address": entry.address, "subsystems": entry.subsystems });
    changed(tx, "interop.server_registered", format!("server:{}", entry.code), detail)
}
