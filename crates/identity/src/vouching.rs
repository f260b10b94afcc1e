//! Back into an account by trusted contacts. Whoever asks gets a short code and
//! speaks it to them; two of them within seven days begin a wait of a day, of
//! which the owner is told on every channel, and any of these stops it. Then the
//! same browser and the code again lead to another password (`recover`).
//!
//! Invariant: whether a number has an account or contacts is never said here;
//! two contacts with one telephone are one.

mod begin;
mod cancel;
mod finish;
mod vouch;

use base::{AccountId, Locale, PersonId, Timestamp};
use openid::secret;
use seal::digest::{equal, sha256};
use store::{Ctx, Error, Read, Row, Tx, params};

pub(crate) use begin::begin;
pub(crate) use cancel::{cancel, cancel_by};
pub(crate) use finish::{Finished, finish};
pub(crate) use vouch::{asks, decline, vouch};

use crate::messages::Messages;
use crate::model::{Refusal, VouchingId};
use crate::security::Owner;
use crate::{Identity, sheet, sql};

/// How long contacts may take, seconds (7 days).
const ASK_SECONDS: i64 = 7 * 24 * 3_600;
/// How long the owner may stop it, seconds (NIST SP 800-63B-4 §4.2.1.3; facts, identity §3.4).
pub(crate) const WAIT_SECONDS: i64 = 24 * 3_600;
/// How long the way is open after that, seconds.
const OPEN_SECONDS: i64 = 7 * 24 * 3_600;
/// How long the browser keeps its part, seconds.
pub(crate) const BROWSER_SECONDS: i64 = ASK_SECONDS + WAIT_SECONDS + OPEN_SECONDS;
/// Contacts who have to vouch.
const NEEDED: usize = 2;
/// Wrong codes that one contact, or the end of the way, bears.
const TRIES: u32 = 5;

/// A way back by contacts.
#[derive(Debug, Clone)]
pub(crate) struct Vouching {
    pub(crate) id: VouchingId,
    account: Option<AccountId>,
    pub(crate) stage: String,
    tries: u32,
    pub(crate) began_at: Timestamp,
    pub(crate) ready_at: Option<Timestamp>,
    pub(crate) ends_at: Timestamp,
}

fn of_row(id: VouchingId, row: &Row) -> Result<Vouching, Error> {
    Ok(Vouching {
        id,
        account: row.get(0)?,
        stage: row.get(2)?,
        tries: row.get(3)?,
        began_at: row.get(4)?,
        ready_at: row.get(5)?,
        ends_at: row.get(6)?,
    })
}

/// One that is under way.
fn live(read: &mut Read<'_>, id: VouchingId, now: Timestamp) -> Result<Vouching, Refusal> {
    let row = read.row(&sql::VOUCHING, &params![id])?.ok_or(Refusal::Gone)?;
    let there = of_row(id, &row)?;
    let under_way = matches!(there.stage.as_str(), "asked" | "waiting") && there.ends_at > now;
    if under_way { Ok(there) } else { Err(Refusal::Gone) }
}

/// The one that this browser began.
fn own(read: &mut Read<'_>, id: VouchingId, kept: &str, now: Timestamp) -> Result<Vouching, Refusal> {
    let row = read.row(&sql::VOUCHING, &params![id])?.ok_or(Refusal::Gone)?;
    if !equal(&row.get::<Vec<u8>>(1)?, &sha256(kept.as_bytes())) {
        return Err(Refusal::Gone);
    }
    live(read, id, now)
}

/// Where the way stands that this browser began.
pub(crate) async fn seen(ctx: &Ctx, id: VouchingId, kept: String) -> Result<Vouching, Refusal> {
    let now = ctx.now();
    ctx.read(move |read| own(read, id, &kept, now)).await
}

/// Ways back into somebody's account that are under way: they may stop them.
pub(crate) fn into(read: &mut Read<'_>, owner: Owner, now: Timestamp) -> Result<Vec<Vouching>, Error> {
    let rows = read.rows(&sql::VOUCHINGS_OF, &params![owner.account, now])?;
    rows.iter().map(|row| of_row(row.get(7)?, row)).collect()
}

/// What the browser that began it keeps.
pub(crate) fn kept(ctx: &Ctx, id: VouchingId) -> String {
    secret::text(&secret::of(|domain, value| ctx.db.blind(domain, value), "vouching", &id.to_string()))
}

/// The short code: six digits, spoken to the contacts.
pub(crate) fn code(ctx: &Ctx, id: VouchingId) -> String {
    code_of(|domain, value| ctx.db.blind(domain, value), id)
}

fn code_of(blind: impl Fn(&str, &str) -> Vec<u8>, id: VouchingId) -> String {
    let secret = secret::of(blind, "vouching-code", &id.to_string());
    let number = secret.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
}

/// What stops it: 80 bits, in the messages to the owner.
fn cancel_code(tx: &Tx<'_>, id: VouchingId) -> String {
    sheet::printed(&secret::of(|domain, value| tx.blind(domain, value), "vouching-cancel", &id.to_string()))
}

fn cancel_hash(read: &Read<'_>, code: &str) -> Vec<u8> {
    read.blind("identity.vouching_cancel", &sheet::plain(code))
}

/// Tells the owner on every channel, with what stops it: by the link, or typed.
fn warn_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    person: PersonId,
    id: VouchingId,
    [title, next]: [fn(Messages) -> &'static str; 2],
) -> Result<(), Error> {
    let code = cancel_code(tx, id);
    let link = format!("{}/account/recover/cancel/{code}", identity.config.issuer);
    let each = |words: fn(Messages) -> &'static str| -> Vec<String> {
        Locale::all().map(|locale| words(Messages::new(locale)).to_owned()).collect()
    };
    let m = Messages::new(Locale::AR);
    notify::notice_in(
        tx,
        &notify::Notice {
            person,
            topic: "identity.vouching",
            about: format!("vouching:{id}"),
            link: "/account/contacts".to_owned(),
            title: each(title),
            body: each(next),
            short: format!("{} {}", title(m), m.vouching_stop(link)),
        },
    )
}
