//! Tokens for a device without a browser (RFC 8628): it shows a code, somebody
//! types it on a device of their own and allows or refuses, and meanwhile the
//! first one asks again and again. What is allowed becomes an authorization as
//! one of the code flow, whose code is the device's.
//!
//! Invariants: either code lives ten minutes and serves once; the first who
//! types a code right is the only one who can answer it; whoever guesses codes
//! is stopped by counters of the account and of the address.

use openid::credential::Used;
use openid::oauth::{OauthError, Parameters};
use openid::request::Asked;
use openid::{Binding, Grant};
use std::net::IpAddr;

use audit::Leaf;
use base::{AccountId, Locale, Timestamp};
use seal::digest::{base64url, sha256};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::Identity;
use crate::authorize::insert_coded;
use crate::client::{Proven, take_in};
use crate::model::{Client, DEVICE, DeviceId, Holders, Refusal, SsoId, step};
use crate::sign_in::{account_id, allowed, network};
use crate::sso::{self, Sso};
use crate::token::{self, Exchanged, REMEMBERED_SECONDS, Tokens};
use crate::{consent, grant, person, sql};

/// `grant_type` of a poll (§3.4).
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long both codes hold, seconds.
pub(crate) const SECONDS: i64 = 600;
/// The least pause between two polls, and by how much it grows when a device
/// does not keep it, seconds (§3.5).
pub(crate) const INTERVAL_SECONDS: i64 = 5;
/// A poll may come so much early: the network does not carry all of them as fast, seconds.
const JITTER_SECONDS: i64 = 1;
/// It grows no further, seconds.
const INTERVAL_SECONDS_MAX: i64 = 60;
/// Letters of a user code (§6.1): none that makes words or is mistaken for a
/// digit. Eight of them are 34 bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many.
const LETTERS_OF_A_CODE: usize = 8;
/// Codes made at once: one of them is nobody else's now.
const CANDIDATES: usize = 3;

/// A user code as it is compared: eight letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserCode(String);

impl UserCode {
    /// Each code as likely as another.
    fn new(random: [u8; 16]) -> Self {
        let letters = u128::try_from(LETTERS.len()).unwrap_or(1);
        let mut rest = u128::from_be_bytes(random);
        let code = (0..LETTERS_OF_A_CODE).map(|_| {
            let letter = usize::try_from(rest % letters).unwrap_or_default();
            rest /= letters;
            char::from(LETTERS[letter])
        });
        Self(code.collect())
    }
    /// What somebody typed: any case, with or without dash and blanks.
    pub(crate) fn parse(typed: &str) -> Option<Self> {
        let code: String =
            typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
        let whole = code.len() == LETTERS_OF_A_CODE && code.bytes().all(|letter| LETTERS.contains(&letter));
        whole.then_some(Self(code))
    }
    /// As it is shown: `WDJB-MJHT`.
    pub(crate) fn shown(&self) -> String {
        let (first, last) = self.0.split_at(LETTERS_OF_A_CODE / 2);
        format!("{first}-{last}")
    }
    /// Keyed: so few codes are quickly tried against a hash that is not.
    fn index(&self, read: &Read<'_>) -> Vec<u8> {
        read.blind("identity.user_code", &self.0)
    }
}

/// What a device is answered that begins (§3.2).
pub(crate) struct Begun {
    pub(crate) device_code: String,
    pub(crate) user_code: UserCode,
    /// In which language the page is offered.
    pub(crate) locale: Locale,
}

/// Begins: keeps what the device asks for under two codes.
pub(crate) async fn begin(
    ctx: &Ctx,
    proven: Proven,
    parameters: &Parameters,
    place: IpAddr,
) -> Result<Begun, OauthError> {
    grant::allowed(&proven.client, Grant::DeviceCode)?;
    if proven.client.holders != Holders::Citizens {
        return Err(OauthError::new("unauthorized_client", "only citizens sign in on a device"));
    }
    let key = match &proven.binding {
        Some(Binding::Key(thumbprint)) => Some(thumbprint.clone()),
        _ => None,
    };
    let asked = Asked::of_device(parameters, key)?;
    let locale = asked.locale();
    let request = serde_json::to_string(&asked).map_err(|error| Error::Corrupt(error.to_string()))?;
    // Made outside: the store keeps a write's answer.
    let device_code = base64url(&ctx.random::<32>());
    let candidates: [UserCode; CANDIDATES] = std::array::from_fn(|_| UserCode::new(ctx.random()));
    let (hash, codes) = (sha256(device_code.as_bytes()), candidates.clone());
    let begun = ctx.write(Key::once(ctx), move |tx| {
        if let Some(used) = take_in(tx, &proven)? {
            return Ok::<Result<usize, Used>, Refusal>(Err(used));
        }
        let (id, now): (DeviceId, _) = (tx.mint(), tx.now());
        for (chosen, code) in codes.iter().enumerate() {
            let index = code.index(tx);
            if tx.row(&sql::DEVICE_BY_USER_CODE, &params![index])?.is_some() {
                continue;
            }
            let (place, ends_at) = (place.to_string(), now.plus_seconds(SECONDS));
            tx.execute_one(
                &sql::INSERT_DEVICE,
                &params![
                    id,
                    proven.client.id,
                    hash,
                    index,
                    request,
                    DEVICE.start,
                    place,
                    INTERVAL_SECONDS,
                    now,
                    ends_at
                ],
            )?;
            return Ok(Ok(chosen));
        }
        Err(Refusal::Busy)
    });
    let chosen = begun.await?.map_err(OauthError::from)?;
    let user_code = candidates.into_iter().nth(chosen).ok_or(Refusal::Gone)?;
    Ok(Begun { device_code, user_code, locale })
}

/// A device's request as it lies in the table.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) client: String,
    device_code: Vec<u8>,
    pub(crate) asked: Asked,
    pub(crate) stage: String,
    holder: Option<String>,
    /// The address that began it.
    pub(crate) place: String,
    interval_seconds: i64,
    polled_at: Option<Timestamp>,
    pub(crate) began_at: Timestamp,
    pub(crate) ends_at: Timestamp,
}

fn load(read: &mut Read<'_>, id: DeviceId) -> Result<Option<Device>, Error> {
    let Some(row) = read.row(&sql::DEVICE, &params![id])? else { return Ok(None) };
    let request: String = row.get(2)?;
    Ok(Some(Device {
        id,
        client: row.get(0)?,
        device_code: row.get(1)?,
        asked: serde_json::from_str(&request).map_err(|error| Error::Corrupt(error.to_string()))?,
        stage: row.get(3)?,
        holder: row.get(4)?,
        place: row.get(5)?,
        interval_seconds: row.get(6)?,
        polled_at: row.get(7)?,
        began_at: row.get(8)?,
        ends_at: row.get(9)?,
    }))
}

fn find(read: &mut Read<'_>, statement: &'static store::Statement, code: &[u8]) -> Result<Option<Device>, Error> {
    let row = read.row(statement, &params![code])?;
    let id: Option<DeviceId> = row.map(|row| row.get(0)).transpose()?;
    id.map(|id| load(read, id)).transpose().map(Option::flatten)
}

/// Who answers a device, by their session at the provider.
#[derive(Debug, Clone)]
pub(crate) struct Answerer {
    pub(crate) account: AccountId,
    pub(crate) person: base::PersonId,
    pub(crate) session: SsoId,
    /// Where from.
    pub(crate) address: IpAddr,
}

impl Answerer {
    fn holder(&self) -> String {
        format!("account:{}", self.account)
    }
    /// Their session, if it holds.
    fn sso(&self, read: &mut Read<'_>, now: Timestamp) -> Result<Sso, Refusal> {
        let found = sso::live(read, self.session, now)?;
        found.filter(|sso| sso.holder == self.holder()).ok_or(Refusal::Gone)
    }
}

/// Takes what somebody typed. A right code is theirs from then on; of a wrong
/// one nothing is said, whether it is unknown, over or another's.
pub(crate) async fn take_code(
    ctx: &Ctx,
    identity: &Identity,
    by: &Answerer,
    typed: &str,
) -> Result<Option<DeviceId>, Refusal> {
    use web::throttle::hit;
    // §5.1. Counted before, so that tries at once are all counted.
    let limits = &identity.config.limits;
    let place = network(by.address);
    allowed(hit(ctx, "identity.user_code.address", &place, limits.user_codes_per_address, 600).await?)?;
    let account = by.account.to_string();
    allowed(hit(ctx, "identity.user_code.account", &account, limits.user_codes_per_account, 600).await?)?;
    let (code, by) = (UserCode::parse(typed), by.clone());
    ctx.write(Key::once(ctx), move |tx| {
        let (now, holder) = (tx.now(), by.holder());
        let index = code.as_ref().map(|code| code.index(tx));
        let found = index.map(|index| find(tx, &sql::DEVICE_BY_USER_CODE, &index)).transpose()?.flatten();
        let theirs = |found: &Device| found.holder.as_ref().is_none_or(|first| *first == holder);
        let found = found.filter(|found| found.ends_at > now && theirs(found));
        let Some((found, stage)) =
            found.and_then(|found| DEVICE.next(&found.stage, "typed").map(|stage| (found, stage)))
        else {
            let leaf = Leaf::new("identity.user_code_failed", holder).about(by.person);
            audit::record_in(tx, &leaf)?;
            return Ok::<_, Refusal>(None);
        };
        tx.execute_one(&sql::SET_DEVICE_HOLDER, &params![stage, holder, found.id])?;
        Ok(Some(found.id))
    })
    .await
}

/// What the person can do about a device's request now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Allow or refuse it.
    Asked,
    /// Sign in more strongly first.
    StepUp,
    /// Refuse it: the client insists on an assurance that the account has not.
    Unmet,
    /// Nothing: it was allowed, or refused.
    Allowed,
    /// It was refused.
    Refused,
}

/// A device's request before the person who typed its code.
pub(crate) struct Shown {
    pub(crate) device: Device,
    pub(crate) client: Client,
    pub(crate) standing: Standing,
}

/// The request, if it is theirs and not over.
pub(crate) async fn show(ctx: &Ctx, by: &Answerer, id: DeviceId) -> Result<Shown, Refusal> {
    let (by, now) = (by.clone(), ctx.now());
    ctx.read(move |read| {
        let device = own(read, &by, id, now)?;
        let client = crate::client::client(read, &device.client)?.ok_or(Refusal::Gone)?;
        let standing = match device.stage.as_str() {
            "typed" => standing(read, &by, &device, now)?,
            "refused" => Standing::Refused,
            _ => Standing::Allowed,
        };
        Ok(Shown { device, client, standing })
    })
    .await
}

fn own(read: &mut Read<'_>, by: &Answerer, id: DeviceId, now: Timestamp) -> Result<Device, Refusal> {
    let found = load(read, id)?.ok_or(Refusal::Gone)?;
    let theirs = found.holder.as_deref() == Some(by.holder().as_str());
    if theirs && found.ends_at > now { Ok(found) } else { Err(Refusal::Gone) }
}

/// As in the code flow: an assurance that is only wished for is asked of the
/// person once, one that is insisted on must be shown.
fn standing(read: &mut Read<'_>, by: &Answerer, device: &Device, now: Timestamp) -> Result<Standing, Refusal> {
    let (sso, least) = (by.sso(read, now)?, device.asked.least());
    if sso.level >= least {
        return Ok(Standing::Asked);
    }
    let account = person::account(read, by.account)?.ok_or(Refusal::Gone)?;
    let just_now = sso.proven_at >= device.began_at;
    Ok(match (device.asked.essential, account.level >= least) {
        (true, false) => Standing::Unmet,
        (true, true) => Standing::StepUp,
        (false, reachable) if reachable && !just_now => Standing::StepUp,
        (false, _) => Standing::Asked,
    })
}

/// The person allows it: the authorization has its code, and what may be told is
/// kept as for any other client.
pub(crate) async fn allow(ctx: &Ctx, by: &Answerer, id: DeviceId) -> Result<(), Refusal> {
    let by = by.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let device = own(tx, &by, id, now)?;
        let stage = step(&DEVICE, &device.stage, "allowed")?;
        if standing(tx, &by, &device, now)? != Standing::Asked {
            return Err(Refusal::Gone);
        }
        let client = crate::client::client(tx, &device.client)?.ok_or(Refusal::Gone)?;
        if !client.first_party {
            consent::give_in(tx, &client.id, &device.asked, by.account)?;
        }
        let holder = by.holder();
        insert_coded(tx, &client.id, &device.asked, (&holder, by.session), &device.device_code, device.ends_at)?;
        answer_in(tx, &by, &device, stage, "identity.device_allowed")
    })
    .await
}

/// The person refuses it.
pub(crate) async fn refuse(ctx: &Ctx, by: &Answerer, id: DeviceId) -> Result<(), Refusal> {
    let by = by.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let device = own(tx, &by, id, now)?;
        let stage = step(&DEVICE, &device.stage, "refused")?;
        answer_in(tx, &by, &device, stage, "identity.device_refused")
    })
    .await
}

fn answer_in(
    tx: &mut Tx<'_>,
    by: &Answerer,
    device: &Device,
    stage: &'static str,
    act: &'static str,
) -> Result<(), Refusal> {
    tx.execute_one(&sql::SET_DEVICE_STAGE, &params![stage, device.id])?;
    let leaf = Leaf::new(act, by.holder()).about(by.person).with(json!({ "client": device.client }));
    audit::record_in(tx, &leaf)?;
    Ok(())
}

/// What a poll came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Polled {
    /// Nobody has answered yet.
    Pending,
    /// And the device asks too often.
    Slow,
    /// Nobody answered in time.
    Over,
    /// The person does not allow it.
    Denied,
    /// The code's exchange was tried.
    Tried(Exchanged),
}

/// One poll of a device (§3.4, §3.5).
pub(crate) async fn poll(ctx: &Ctx, identity: &Identity, proven: Proven, code: String) -> Result<Tokens, OauthError> {
    grant::allowed(&proven.client, Grant::DeviceCode)?;
    let asker = proven.clone();
    let secrets: [[u8; 32]; 2] = [ctx.random(), ctx.random()];
    let hashes = secrets.map(|secret| sha256(base64url(&secret).as_bytes()));
    let polled = ctx
        .write(Key::once(ctx), move |tx| match take_in(tx, &proven)? {
            Some(used) => Ok::<_, Refusal>(Polled::Tried(Exchanged::Again(used))),
            None => poll_in(tx, &proven, &code, hashes),
        })
        .await?;
    let refused = |code: &'static str, why: &str| Err(OauthError::new(code, why));
    match polled {
        Polled::Pending => refused("authorization_pending", "nobody has answered yet; ask again after the interval"),
        Polled::Slow => refused("slow_down", "five seconds more between two polls from now on"),
        Polled::Over => refused("expired_token", "the codes are over; begin again"),
        Polled::Denied => refused("access_denied", "the person did not allow it"),
        Polled::Tried(exchanged) => token::answer(ctx, identity, &asker, exchanged, secrets, "device_code").await,
    }
}

fn poll_in(tx: &mut Tx<'_>, proven: &Proven, code: &str, hashes: [[u8; 32]; 2]) -> Result<Polled, Refusal> {
    let refused = |why: &str| Ok(Polled::Tried(Exchanged::Refused(why.to_owned())));
    let (hash, now) = (sha256(code.as_bytes()), tx.now());
    let found = find(tx, &sql::DEVICE_BY_DEVICE_CODE, &hash)?;
    let Some(device) = found.filter(|device| device.client == proven.client.id) else {
        return refused("the device_code is not known, or another client's");
    };
    match device.stage.as_str() {
        "exchanged" | "revoked" => {
            if let Some(stage) = DEVICE.next(&device.stage, "replayed") {
                tx.execute_one(&sql::SET_DEVICE_STAGE, &params![stage, device.id])?;
            }
            token::replayed_in(tx, &hash)?;
            Ok(Polled::Tried(Exchanged::Replayed))
        }
        _ if device.ends_at <= now => Ok(Polled::Over),
        "refused" => Ok(Polled::Denied),
        "allowed" => exchange_in(tx, proven, &device, hashes),
        _ => wait_in(tx, &device),
    }
}

/// Nobody has answered yet. A device that asks too often is told to slow down,
/// and its pause grows (§3.5).
fn wait_in(tx: &mut Tx<'_>, device: &Device) -> Result<Polled, Refusal> {
    let now = tx.now();
    let early = device.polled_at.is_some_and(|last| now.seconds_since(last) < device.interval_seconds - JITTER_SECONDS);
    let grown = (device.interval_seconds + INTERVAL_SECONDS).min(INTERVAL_SECONDS_MAX);
    let (interval, polled) = if early { (grown, Polled::Slow) } else { (device.interval_seconds, Polled::Pending) };
    tx.execute_one(&sql::SET_DEVICE_POLLED, &params![now, interval, device.id])?;
    Ok(polled)
}

fn exchange_in(tx: &mut Tx<'_>, proven: &Proven, device: &Device, hashes: [[u8; 32]; 2]) -> Result<Polled, Refusal> {
    let account = device.holder.as_deref().and_then(account_id);
    if consent::is_needed(tx, &proven.client, &device.asked, account)? {
        // Allowed, and taken back before the device came for its tokens.
        return Ok(Polled::Denied);
    }
    let exchanged = token::exchange_device_in(tx, proven, &device.device_code, hashes)?;
    if matches!(exchanged, Exchanged::Given { .. }) {
        let (stage, until) = (step(&DEVICE, &device.stage, "exchanged")?, tx.now().plus_seconds(REMEMBERED_SECONDS));
        tx.execute_one(&sql::KEEP_DEVICE, &params![stage, until, device.id])?;
    }
    Ok(Polled::Tried(exchanged))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_codes_are_typed_in_many_ways() {
        for typed in ["WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "\u{2066}Wdjb\u{2010}mjHt\u{2069}"] {
            assert_eq!(UserCode::parse(typed).unwrap().shown(), "WDJB-MJHT", "{typed}");
        }
        for typed in ["", "WDJB-MJH", "WDJB-MJHTT", "ADJB-MJHT", "WDJB-MJH1", "وردة"] {
            assert_eq!(UserCode::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn new_codes_are_of_the_letters_and_read_as_they_were_made() {
        for random in [[0; 16], [255; 16], [7; 16]] {
            let code = UserCode::new(random);
            assert_eq!(UserCode::parse(&code.shown()), Some(code.clone()));
        }
        assert_eq!(UserCode::new([0; 16]).shown(), "BBBB-BBBB");
        assert_ne!(UserCode::new([255; 16]), UserCode::new([254; 16]));
    }
}
