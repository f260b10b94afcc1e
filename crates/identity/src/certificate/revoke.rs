//! Revoking: by the owner, when somebody else was in, with a locked or a closed
//! account. It holds here from the same commit on; the authority's list follows
//! by an event.

use audit::Leaf;
use base::{AccountId, Timestamp};
use serde_json::json;
use store::{Ctx, Key, Tx, params};

use crate::factors::{REMOVED, changed_in, check};
use crate::model::{CERTIFICATE, CertificateId, CertificateRevoked, Refusal, SsoId, step};
use crate::security::Owner;
use crate::sql;

/// Why a certificate ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its owner wanted so.
    Owner,
    /// Somebody else was in the account: the key may be known to them.
    Disowned,
    /// Officers locked the account, or it was closed or dispossessed.
    Withdrawn,
}

impl Cause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Disowned => "disowned",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Revokes one's own. Nobody is locked out by it, so it waits after no recovery:
/// whoever came back may have lost the key to somebody.
pub(crate) async fn revoke(ctx: &Ctx, owner: Owner, here: Option<SsoId>, id: CertificateId) -> Result<(), Refusal> {
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, owner, here, false)?;
        let Some(row) = tx.row(&sql::CERTIFICATE, &params![id])? else { return Err(Refusal::Gone) };
        let serial: String = row.get(3)?;
        if revoke_in(tx, owner.account, id, &serial, Cause::Owner)? {
            changed_in(tx, owner, REMOVED, "certificate", locale)?;
        }
        Ok(())
    })
    .await
}

/// Revokes one of an account, in the caller's commit, which records it and tells the person.
pub(crate) fn revoke_one_in(tx: &mut Tx<'_>, owner: Owner, id: CertificateId, cause: Cause) -> Result<(), Refusal> {
    let Some(row) = tx.row(&sql::CERTIFICATE, &params![id])? else { return Err(Refusal::Gone) };
    let serial: String = row.get(3)?;
    if revoke_in(tx, owner.account, id, &serial, cause)? { Ok(()) } else { Err(Refusal::Gone) }
}

/// Revokes all of an account, in the caller's commit, which tells the person.
pub(crate) fn revoke_all_in(tx: &mut Tx<'_>, owner: Owner, cause: Cause) -> Result<(), Refusal> {
    // Expired ones too: who is locked out for good has none that is not revoked.
    let ever = Timestamp::from_seconds(0);
    for row in tx.rows(&sql::LIVE_CERTIFICATES_OF, &params![owner.account, ever])? {
        let (id, serial): (CertificateId, String) = (row.get(0)?, row.get(1)?);
        if revoke_in(tx, owner.account, id, &serial, cause)? {
            let leaf = Leaf::new(REMOVED, owner.holder()).about(owner.person);
            audit::record_in(tx, &leaf.with(json!({ "factor": "certificate", "cause": cause.as_str() })))?;
        }
    }
    Ok(())
}

/// Whether it held until now.
fn revoke_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: CertificateId,
    serial: &str,
    cause: Cause,
) -> Result<bool, Refusal> {
    let (stage, now) = (step(&CERTIFICATE, CERTIFICATE.start, "revoked")?, tx.now());
    let revoked = tx.execute(&sql::REVOKE_CERTIFICATE, &params![stage, now, id, account, CERTIFICATE.start])? == 1;
    if revoked {
        tx.emit(&CertificateRevoked { serial: serial.to_owned(), cause: cause.as_str().to_owned() })?;
    }
    Ok(revoked)
}
