//! What an officer ends of how somebody signs in: a lost telephone, a stolen
//! certificate. One way is ended by one officer; all of them, or the last one
//! beside the password, need two, since the person then has to come to a counter.
//! Everybody who is in is out, the person is told on the channels that there were,
//! and what gives an account away waits for a day. No secret is seen or set here.

use audit::Leaf;
use base::{AccountId, Timestamp};
use seal::digest::sha256;
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::certificate::{self, Cause};
use crate::lock::{reason_of, tell_in, there};
use crate::messages::Messages;
use crate::model::{Account, CertificateId, FactorChanged, PasskeyId, Refusal};
use crate::password::PasswordHash;
use crate::person::{self, forget_factors_in, set_password_in};
use crate::recover::WAIT_SECONDS;
use crate::security::{self, Owner};
use crate::{authenticator, passkey, sheet, sql};

/// The act.
pub(crate) const REVOKED: &str = "identity.factor_revoked";

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factor {
    /// The password: from then on it is nobody's.
    Password,
    /// The number that codes go to.
    Phone,
    /// The authenticator app.
    App,
    /// The printed sheet.
    Sheet,
    Passkey(PasskeyId),
    Certificate(CertificateId),
}

/// What is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    One(Factor),
    All,
}

impl Factor {
    /// `password`, `sms`, `totp`, `sheet`, `passkey` or `certificate`.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Phone => "sms",
            Self::App => "totp",
            Self::Sheet => "sheet",
            Self::Passkey(_) => "passkey",
            Self::Certificate(_) => "certificate",
        }
    }
}

impl std::fmt::Display for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passkey(id) => write!(f, "passkey:{id}"),
            Self::Certificate(id) => write!(f, "certificate:{id}"),
            other => f.write_str(other.kind()),
        }
    }
}

impl What {
    /// The kind of factor, or `all`.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::One(factor) => factor.kind(),
            Self::All => "all",
        }
    }
    /// What a form or a proposal names: `sms`, `passkey:01J…`, `all`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':').unwrap_or((text, ""));
        Some(Self::One(match (kind, id) {
            ("all", "") => return Some(Self::All),
            ("password", "") => Factor::Password,
            ("sms", "") => Factor::Phone,
            ("totp", "") => Factor::App,
            ("sheet", "") => Factor::Sheet,
            ("passkey", id) => Factor::Passkey(id.parse().ok()?),
            ("certificate", id) => Factor::Certificate(id.parse().ok()?),
            _ => return None,
        }))
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(factor) => write!(f, "{factor}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// A way that there is, as officers tell it from the others: never what it says.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) factor: Factor,
    /// The kind of device that made a passkey; else nothing.
    pub(crate) device: String,
    /// When it was made, where that tells it from another.
    pub(crate) made_at: Option<Timestamp>,
}

/// Every way to sign in to an account.
pub(crate) fn held(read: &mut Read<'_>, account: &Account, now: Timestamp) -> Result<Vec<Held>, Error> {
    let owner = Owner { account: account.id, person: account.person };
    let plain = |factor| Held { factor, device: String::new(), made_at: None };
    let mut all = Vec::new();
    all.extend(read.row(&sql::CREDENTIAL, &params![account.id, "password"])?.map(|_| plain(Factor::Password)));
    all.extend(account.phone.as_ref().map(|_| plain(Factor::Phone)));
    all.extend(authenticator::is_there(read, owner.into())?.then(|| plain(Factor::App)));
    if let (1.., made_at) = sheet::left(read, account.id)? {
        all.push(Held { made_at, ..plain(Factor::Sheet) });
    }
    for one in passkey::of(read, owner.into())? {
        all.push(Held { factor: Factor::Passkey(one.id), device: one.device, made_at: Some(one.made_at) });
    }
    for one in certificate::of(read, account.id)?.into_iter().filter(|one| one.is_live(now)) {
        all.push(Held { made_at: Some(one.made_at), ..plain(Factor::Certificate(one.id)) });
    }
    Ok(all)
}

/// Whether one officer may end it: something else beside the password is left to
/// come in with.
pub(crate) fn leaves_a_way(held: &[Held], what: What) -> bool {
    let What::One(ended) = what else { return false };
    held.iter().any(|one| one.factor != ended && one.factor != Factor::Password)
}

/// The digest of what there is now, which a proposal was made on.
pub(crate) fn found(read: &mut Read<'_>, id: AccountId, now: Timestamp) -> Result<[u8; 32], Error> {
    let Some(account) = person::account(read, id)? else { return Ok([0; 32]) };
    let all: Vec<String> = held(read, &account, now)?.iter().map(|one| one.factor.to_string()).collect();
    Ok(sha256(json!([account.stage, all]).to_string().as_bytes()))
}

/// Whether there is anything of it to end.
pub(crate) fn check(read: &mut Read<'_>, id: AccountId, what: What, now: Timestamp) -> Result<(), Refusal> {
    let account = there(read, id)?;
    let all = held(read, &account, now)?;
    let known = match what {
        What::One(factor) => all.iter().any(|one| one.factor == factor),
        What::All => !all.is_empty(),
    };
    if known { Ok(()) } else { Err(Refusal::Gone) }
}

/// Ends one way to sign in.
///
/// # Errors
/// [`Refusal::LastFactor`] when that needs a second officer.
pub(crate) async fn revoke(ctx: &Ctx, key: Key, id: AccountId, what: What, reason: &str) -> Result<(), Refusal> {
    let reason = reason_of(reason)?;
    let person = ctx
        .write(key, move |tx| {
            let (account, now) = (there(tx, id)?, tx.now());
            check(tx, id, what, now)?;
            if !leaves_a_way(&held(tx, &account, now)?, what) {
                return Err(Refusal::LastFactor);
            }
            revoke_in(tx, id, what, &reason)?;
            Ok(account.person)
        })
        .await?;
    security::end_every(ctx, Owner { account: id, person }).await
}

/// Ends it in the caller's commit; sessions that one write cannot end are ended
/// by [`security::end_every`] after it.
pub(crate) fn revoke_in(tx: &mut Tx<'_>, id: AccountId, what: What, reason: &str) -> Result<(), Refusal> {
    let (account, now) = (there(tx, id)?, tx.now());
    let owner = Owner { account: id, person: account.person };
    // First: a lost telephone's number is still told.
    let words = match what {
        What::One(_) => [Messages::revoked_title, Messages::revoked_next],
        What::All => [Messages::revoked_all_title, Messages::revoked_all_next],
    };
    tell_in(tx, owner, REVOKED, words, reason)?;
    match what {
        What::One(factor) => end_in(tx, owner, factor)?,
        What::All => {
            forget_factors_in(tx, &account)?;
            forget_phone_in(tx, owner)?;
            let nobodys = PasswordHash::nobodys(tx.random());
            person::keep_password_in(tx, id, owner.person, &nobodys)?;
        }
    }
    tx.execute_one(&sql::GUARD_ACCOUNT, &params![now.plus_seconds(WAIT_SECONDS), id])?;
    // Whoever is on a way back in began it with what may be stolen.
    tx.execute(&sql::END_RECOVERIES, &params![now, id])?;
    security::end_now_in(tx, owner)?;
    let leaf = Leaf::new(REVOKED, owner.holder()).about(owner.person);
    audit::record_in(tx, &leaf.with(json!({ "factor": what.kind(), "reason": reason })))?;
    Ok(tx.emit(&FactorChanged { account: id, person: owner.person, factor: what.kind().to_owned() })?)
}

fn end_in(tx: &mut Tx<'_>, owner: Owner, factor: Factor) -> Result<(), Refusal> {
    match factor {
        Factor::Password => {
            let nobodys = PasswordHash::nobodys(tx.random());
            set_password_in(tx, owner.account, owner.person, &nobodys)?;
        }
        Factor::Phone => forget_phone_in(tx, owner)?,
        Factor::App => tx.execute_one(&sql::DELETE_CREDENTIAL, &params![owner.account, "totp"])?,
        Factor::Sheet => {
            tx.execute(&sql::DELETE_SHEET, &params![owner.account])?;
        }
        Factor::Passkey(id) => tx.execute_one(&sql::DELETE_PASSKEY, &params![id, owner.account])?,
        Factor::Certificate(id) => certificate::revoke_one_in(tx, owner, id, Cause::Withdrawn)?,
    }
    Ok(())
}

/// Codes and news go there no more: whoever holds it may be anybody.
fn forget_phone_in(tx: &mut Tx<'_>, owner: Owner) -> Result<(), Error> {
    let now = tx.now();
    tx.execute_one(&sql::SET_PHONE, &params![None::<Vec<u8>>, now, owner.account])?;
    notify::forget_phone_in(tx, owner.person)
}

/// What a factor is called on officers' pages.
pub(crate) fn name(m: Messages, kind: &str) -> &'static str {
    match kind {
        "password" => m.factor_password(),
        "sms" => m.factor_sms(),
        "totp" => m.factor_totp(),
        "passkey" => m.factor_passkey(),
        "sheet" => m.factor_sheet(),
        "certificate" => m.factor_certificate(),
        "all" => m.revoke_all(),
        _ => m.factor_other(),
    }
}

/// A way as a line of an officers' page: “passkey · Firefox, Android · 2026-11-27 10:00”.
pub(crate) fn line(m: Messages, held: &Held) -> String {
    let when = held.made_at.map(|at| at.local_minute(base::Zone::Hebron));
    let parts = [Some(name(m, held.factor.kind()).to_owned()), Some(held.device.clone()), when];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let isolated = |part: &String| format!("\u{2068}{part}\u{2069}");
    parts.iter().map(isolated).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::id::TypedId;

    #[test]
    fn what_is_ended_is_read_as_it_is_written() {
        let (passkey, certificate) = (PasskeyId::from_bits(7), CertificateId::from_bits(8));
        let factors = [
            Factor::Password,
            Factor::Phone,
            Factor::App,
            Factor::Sheet,
            Factor::Passkey(passkey),
            Factor::Certificate(certificate),
        ];
        for what in factors.map(What::One).into_iter().chain([What::All]) {
            assert_eq!(What::parse(&what.to_string()), Some(what));
        }
        for odd in ["", "email", "passkey", "passkey:", "sms:1", "all:1", "certificate:x"] {
            assert_eq!(What::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn one_officer_leaves_a_way() {
        let held = |factors: &[Factor]| -> Vec<Held> {
            factors.iter().map(|&factor| Held { factor, device: String::new(), made_at: None }).collect()
        };
        let (one, two) = (Factor::Passkey(PasskeyId::from_bits(1)), Factor::Passkey(PasskeyId::from_bits(2)));
        for (factors, what, leaves) in [
            (&[Factor::Password, Factor::Phone][..], What::One(Factor::Phone), false),
            (&[Factor::Password, Factor::Phone], What::One(Factor::Password), true),
            (&[Factor::Password], What::One(Factor::Password), false),
            (&[Factor::Password, Factor::Phone, Factor::App], What::One(Factor::Phone), true),
            (&[Factor::Password, Factor::Phone, Factor::App], What::All, false),
            (&[Factor::Password, one, two], What::One(one), true),
            (&[Factor::Password, one], What::One(one), false),
        ] {
            assert_eq!(leaves_a_way(&held(factors), what), leaves, "{factors:?} {what}");
        }
    }
}
