//! What was shown, taken by the browser that began the request: after the
//! password it completes the sign-in, before it the password is still asked for.

use audit::Leaf;
use base::Timestamp;
use seal::digest::sha256;
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle;

use super::{Held, PersonalAuthority};
use crate::Identity;
use crate::authorize::own;
use crate::model::{Account, AuthorizationId, CertificateId, Method, Refusal, SHOWING, step};
use crate::person::{self, password_of};
use crate::sign_in::{Desk, Step, account_id, count_try, failed, finish_account_in};
use crate::sql;

/// The certificate of a row that names one, if it serves.
fn serving(
    read: &mut Read<'_>,
    authority: &PersonalAuthority,
    id: CertificateId,
    now: Timestamp,
) -> Result<Option<Held>, Error> {
    let row = read.row(&sql::CERTIFICATE, &params![id])?;
    let held = Held::read(read, row.as_ref())?;
    Ok(match held {
        Some(held) if held.serves(read, authority, now)? => Some(held),
        _ => None,
    })
}

/// The certificate that was taken for a request, while it serves.
pub(crate) fn taken(
    read: &mut Read<'_>,
    identity: &Identity,
    id: AuthorizationId,
    now: Timestamp,
) -> Result<Option<Held>, Error> {
    let Some(authority) = identity.personal() else { return Ok(None) };
    taken_of(read, authority, id, now)
}

fn taken_of(
    read: &mut Read<'_>,
    authority: &PersonalAuthority,
    id: AuthorizationId,
    now: Timestamp,
) -> Result<Option<Held>, Error> {
    let Some(row) = read.row(&sql::TAKEN_SHOWING, &params![id, now])? else { return Ok(None) };
    serving(read, authority, row.get(0)?, now)
}

/// Takes a ticket, once. One of another request is wrong here; one of another
/// person than the one whose password was right is wrong, and used up.
pub(crate) async fn take(ctx: &Ctx, identity: &Identity, desk: &Desk, ticket: &str) -> Result<Step, Refusal> {
    let authority = identity.personal().ok_or(Refusal::Gone)?.clone();
    let (desk, hash) = (desk.clone(), sha256(ticket.as_bytes()));
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let there = own(tx, desk.id, &desk.browser, now)?;
        let Some(row) = tx.row(&sql::SHOWING, &params![hash])? else { return Ok(Step::Wrong) };
        let (request, certificate): (AuthorizationId, CertificateId) = (row.get(0)?, row.get(1)?);
        let (stage, ends_at): (String, Timestamp) = (row.get(2)?, row.get(3)?);
        let next = step(&SHOWING, &stage, "taken").ok().filter(|_| request == desk.id && ends_at > now);
        let Some(next) = next else { return Ok(Step::Wrong) };
        tx.execute_one(&sql::TAKE_SHOWING, &params![next, there.ends_at, hash, stage])?;
        let held = serving(tx, &authority, certificate, now)?;
        let fits = |held: &Held| there.stage == "asked" || there.holder == Some(holder(&held.account));
        let Some(held) = held.filter(fits) else {
            tx.execute(&sql::DELETE_SHOWINGS, &params![desk.id])?;
            let object = there.holder.unwrap_or_else(|| "account:unknown".to_owned());
            let account = account_id(&object).map(|account| person::account(tx, account)).transpose()?.flatten();
            let mut leaf = Leaf::new("identity.sign_in_failed", object).with(json!({ "factor": "certificate" }));
            leaf.subject = account.map(|account| account.person);
            audit::record_in(tx, &leaf)?;
            return Ok(Step::Wrong);
        };
        if there.stage == "asked" {
            return Ok(Step::Code);
        }
        finish_in(tx, &desk, &held, &[Method::Password, Method::Certificate])
    })
    .await
}

fn holder(account: &Account) -> String {
    format!("account:{}", account.id)
}

fn finish_in(tx: &mut Tx<'_>, desk: &Desk, held: &Held, methods: &[Method]) -> Result<Step, Refusal> {
    let now = tx.now();
    tx.execute(&sql::DELETE_SHOWINGS, &params![desk.id])?;
    tx.execute_one(&sql::USE_CERTIFICATE, &params![now, held.id])?;
    finish_account_in(tx, desk, &held.account, methods)
}

/// The password after the certificate: of the account that the certificate is of.
pub(crate) async fn password(ctx: &Ctx, identity: &Identity, desk: &Desk, typed: &str) -> Result<Step, Refusal> {
    let authority = identity.personal().ok_or(Refusal::Gone)?.clone();
    let (id, browser, now, asked) = (desk.id, desk.browser, ctx.now(), authority.clone());
    let (number, kept) = ctx
        .read(move |read| {
            own(read, id, &browser, now)?;
            let account = taken_of(read, &asked, id, now)?.ok_or(Refusal::Gone)?.account;
            let number = person::id_number(read, account.person)?.ok_or(Refusal::Gone)?;
            Ok::<_, Refusal>((number, password_of(read, &account)?))
        })
        .await?;
    count_try(ctx, identity, number.as_str(), desk.address).await?;
    if !identity.hasher.matches(typed, kept).await? {
        return failed(ctx, number.as_str(), desk, "password").await;
    }
    throttle::clear(ctx, "identity.name", number.as_str()).await?;
    let desk = desk.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        own(tx, desk.id, &desk.browser, now)?;
        let held = taken_of(tx, &authority, desk.id, now)?.ok_or(Refusal::Gone)?;
        finish_in(tx, &desk, &held, &[Method::Certificate, Method::Password])
    })
    .await
}

/// Goes on without the certificate that was shown.
pub(crate) async fn leave(ctx: &Ctx, desk: &Desk) -> Result<Step, Refusal> {
    let desk = desk.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        own(tx, desk.id, &desk.browser, now)?;
        tx.execute(&sql::DELETE_SHOWINGS, &params![desk.id])?;
        Ok::<_, Refusal>(Step::Code)
    })
    .await
}
