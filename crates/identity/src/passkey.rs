//! Passkeys (W3C Web Authentication Level 3), of citizens and of officers: made at
//! one's own page, discoverable, always with the device knowing its holder. What
//! the browser returns is judged by `seal::webauthn`; here is what was asked, and
//! of whom.

use audit::Leaf;
use base::Timestamp;
use openid::secret;
use seal::PublicKey;
use seal::webauthn::{self, Asked};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle::{self, Throttle};

use crate::Identity;
use crate::authorize::own;
use crate::factors::{ADDED, REMOVED, changed_in, check, check_rest};
use crate::holder::Holder;
use crate::model::{Account, Holders, Method, PasskeyId, Refusal, SsoId};
use crate::security::Owner;
use crate::sign_in::{Desk, Step, finish_account_in, finish_officer_in, network};
use crate::{officer, person, sql};

/// Most passkeys of one account, or of one officer.
const MOST: usize = 10;

/// A passkey as its owner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Passkey {
    pub(crate) id: PasskeyId,
    /// What its device calls it.
    pub(crate) credential: Vec<u8>,
    /// It may travel between the person's devices.
    pub(crate) synced: bool,
    /// The kind of browser and system that made it.
    pub(crate) device: String,
    pub(crate) made_at: Timestamp,
    pub(crate) used_at: Timestamp,
}

/// Where our pages are, as a device binds a passkey to it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Scheme, host and port.
    pub(crate) origin: String,
    /// The host.
    pub(crate) rp_id: String,
}

/// The challenge of one set-up or one sign-in: derived from the key file, so
/// that it need not be kept, and bound to what it is for.
pub(crate) fn challenge(ctx: &Ctx, purpose: &str, id: &str) -> [u8; 32] {
    secret::of(|domain, value| ctx.db.blind(domain, value), purpose, id)
}

/// For a new passkey. `nonce` is of this set-up.
pub(crate) fn challenge_to_make(ctx: &Ctx, holder: Holder, nonce: &str) -> [u8; 32] {
    challenge(ctx, "passkey.make", &format!("{}:{nonce}", holder.id()))
}

/// For a sign-in: an authorization takes one answer.
pub(crate) fn challenge_to_sign_in(ctx: &Ctx, id: crate::model::AuthorizationId) -> [u8; 32] {
    challenge(ctx, "passkey.sign-in", &id.to_string())
}

/// What devices call a holder: the same for all their passkeys, and nothing that
/// says who it is (§14.6.1).
pub(crate) fn handle(ctx: &Ctx, holder: Holder) -> [u8; 32] {
    challenge(ctx, "passkey.handle", &holder.id())
}

/// Somebody's passkeys, newest first.
pub(crate) fn of(read: &mut Read<'_>, holder: Holder) -> Result<Vec<Passkey>, Error> {
    let rows = read.rows(&sql::PASSKEYS_OF, &params![holder.id()])?;
    let one = |row: &store::Row| {
        Ok(Passkey {
            id: row.get(0)?,
            credential: row.get(1)?,
            synced: row.get::<i64>(2)? != 0,
            device: row.get(3)?,
            made_at: row.get(4)?,
            used_at: row.get(5)?,
        })
    };
    rows.iter().map(one).collect()
}

/// What a browser returned for a new passkey.
pub(crate) struct Made<'a> {
    pub(crate) nonce: &'a str,
    pub(crate) client_data: &'a [u8],
    pub(crate) attestation: &'a [u8],
    /// The kind of browser and system.
    pub(crate) device: String,
}

/// Takes up a new passkey; false when what came is not one of ours to take.
pub(crate) async fn add(
    ctx: &Ctx,
    holder: Holder,
    here: Option<SsoId>,
    place: &Place,
    came: &Made<'_>,
) -> Result<bool, Refusal> {
    let challenge = challenge_to_make(ctx, holder, came.nonce);
    let asked = Asked { challenge: &challenge, origin: &place.origin, rp_id: &place.rp_id };
    let made = match webauthn::made(&asked, came.client_data, came.attestation) {
        Ok(made) if made.shown.user_verified => made,
        _ => return Ok(false),
    };
    let (locale, device) = (ctx.locale, came.device.clone());
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, holder, here, false)?;
        if of(tx, holder)?.len() >= MOST {
            return Ok(false);
        }
        let (id, now): (PasskeyId, _) = (tx.mint(), tx.now());
        let (counter, synced) = (i64::from(made.shown.counter), i64::from(made.shown.synced));
        let inserted = tx.execute(
            &sql::INSERT_PASSKEY,
            &params![id, holder.id(), made.id, made.key.spki(), counter, synced, device, now],
        )?;
        if inserted == 1 {
            changed_in(tx, holder, ADDED, "passkey", locale)?;
        }
        Ok(inserted == 1)
    })
    .await
}

/// Takes a passkey away.
pub(crate) async fn remove(ctx: &Ctx, holder: Holder, here: Option<SsoId>, id: PasskeyId) -> Result<(), Refusal> {
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, holder, here, true)?;
        if tx.execute(&sql::DELETE_PASSKEY, &params![id, holder.id()])? == 1 {
            check_rest(tx, holder)?;
            changed_in(tx, holder, REMOVED, "passkey", locale)?;
        }
        Ok(())
    })
    .await
}

/// What a browser returned for a sign-in.
pub(crate) struct Signed {
    pub(crate) credential: Vec<u8>,
    pub(crate) client_data: Vec<u8>,
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// A passkey that is known.
struct Known {
    id: PasskeyId,
    holder: Holder,
    /// Its public key, DER.
    key: Vec<u8>,
}

/// The passkey that a device calls so, if it is of somebody who may sign in: a
/// citizen's opens no desk, and an officer's no account.
fn known(read: &mut Read<'_>, credential: &[u8], holders: Holders) -> Result<Option<Known>, Error> {
    let Some(row) = read.row(&sql::PASSKEY, &params![credential])? else { return Ok(None) };
    let (id, holder, key): (PasskeyId, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let holder = match holders {
        Holders::Citizens => match holder.parse() {
            Ok(account) => open_account(read, account)?.map(|there| Owner { account, person: there.person }.into()),
            Err(_) => None,
        },
        Holders::Officers => match holder.parse() {
            Ok(officer) => officer::is_open(read, officer)?.then_some(Holder::Officer(officer)),
            Err(_) => None,
        },
    };
    Ok(holder.map(|holder| Known { id, holder, key }))
}

fn open_account(read: &mut Read<'_>, id: base::AccountId) -> Result<Option<Account>, Error> {
    Ok(person::account(read, id)?.filter(|there| there.stage == "open"))
}

/// Both steps at once. A passkey that nobody knows, one of a closed account and a
/// signature that does not hold hear the same answer.
pub(crate) async fn sign_in(
    ctx: &Ctx,
    identity: &Identity,
    (desk, holders): (&Desk, Holders),
    place: &Place,
    came: Signed,
) -> Result<Step, Refusal> {
    let limit = identity.config.limits.address_per_minute;
    if let Throttle::Wait(seconds) = throttle::hit(ctx, "identity.address", &network(desk.address), limit, 60).await? {
        return Err(Refusal::Wait(seconds));
    }
    let (id, browser, now, credential) = (desk.id, desk.browser, ctx.now(), came.credential.clone());
    let found = ctx
        .read(move |read| {
            own(read, id, &browser, now)?;
            Ok::<_, Refusal>(known(read, &credential, holders)?)
        })
        .await?;
    let Some(passkey) = found else { return Ok(Step::Wrong) };
    let challenge = challenge_to_sign_in(ctx, id);
    let asked = Asked { challenge: &challenge, origin: &place.origin, rp_id: &place.rp_id };
    let key = PublicKey::from_spki(&passkey.key)?;
    let shown = webauthn::signed_in(&asked, &key, &came.client_data, &came.authenticator_data, &came.signature);
    let Some(shown) = shown.ok().filter(|shown| shown.user_verified) else { return Ok(Step::Wrong) };
    let (desk, holder, passkey) = (desk.clone(), passkey.holder, passkey.id);
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        // A counter that does not grow is that of a copy (§6.1.1).
        if tx.execute(&sql::USE_PASSKEY, &params![i64::from(shown.counter), now, passkey])? != 1 {
            copied_in(tx, holder)?;
            return Ok(Step::Wrong);
        }
        match holder {
            Holder::Citizen(owner) => {
                let there = open_account(tx, owner.account)?.ok_or(Refusal::Gone)?;
                finish_account_in(tx, &desk, &there, &[Method::Passkey])
            }
            Holder::Officer(officer) if officer::is_open(tx, officer)? => {
                finish_officer_in(tx, &desk, officer, &[Method::Passkey])
            }
            Holder::Officer(_) => Err(Refusal::Gone),
        }
    })
    .await
}

/// Records that a copy of a passkey was shown.
fn copied_in(tx: &mut Tx<'_>, holder: Holder) -> Result<(), Error> {
    let mut leaf = Leaf::new("identity.sign_in_failed", holder.reference());
    if let Holder::Citizen(owner) = holder {
        leaf = leaf.about(owner.person);
    }
    audit::record_in(tx, &leaf.with(json!({ "factor": "passkey", "why": "counter" }))).map(drop)
}
