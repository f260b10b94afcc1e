//! Showing a certificate, at the listener for certificates: TLS has proven that
//! the key is held. What is shown becomes a ticket that the same browser carries
//! to the portal; nothing is told to whoever began the request but has another
//! browser, so a link that is sent to somebody signs its sender in nowhere.

use std::net::IpAddr;

use audit::Leaf;
use base::Timestamp;
use seal::digest::{base64url, sha256};
use seal::x509::{Certificate, Profile, verify_chain};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Key, Read, params};
use web::throttle;

use super::{Held, PersonalAuthority};
use crate::Identity;
use crate::authorize;
use crate::model::{AuthorizationId, Holders, Refusal, SHOWING};
use crate::sign_in::{allowed, network};
use crate::sql;

/// How long a ticket is good, seconds: one redirect, on any network.
const TICKET_SECONDS: i64 = 60;

/// What showing a certificate led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shown {
    /// A ticket for the portal: 43 characters of base64url.
    Ticket(String),
    /// It signs nobody in, whatever the reason.
    Refused,
}

/// Judges what a browser showed for a request.
pub(crate) async fn show(
    ctx: &Ctx,
    identity: &Identity,
    id: AuthorizationId,
    address: IpAddr,
    der: &[u8],
) -> Result<Shown, Refusal> {
    let authority = identity.personal().ok_or(Refusal::Gone)?.clone();
    let limit = identity.config.limits.address_per_minute;
    allowed(throttle::hit(ctx, "identity.address", &network(address), limit, 60).await?)?;
    let now = ctx.now();
    ctx.read(move |read| going(read, id, now)).await?;
    if !is_of(&authority, der, now) {
        return Ok(Shown::Refused);
    }
    let (print, secret): ([u8; 32], [u8; 32]) = (sha256(der), ctx.random());
    let ticket = base64url(&secret);
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let row = tx.row(&sql::CERTIFICATE_SHOWN, &params![print])?;
        let Some(held) = Held::read(tx, row.as_ref())? else { return Ok(Shown::Refused) };
        if !held.serves(tx, &authority, now)? {
            let leaf = Leaf::new("identity.sign_in_failed", format!("account:{}", held.account.id));
            audit::record_in(tx, &leaf.about(held.account.person).with(json!({ "factor": "certificate" })))?;
            return Ok(Shown::Refused);
        }
        let hash = sha256(ticket.as_bytes());
        let until = now.plus_seconds(TICKET_SECONDS);
        tx.execute_one(&sql::INSERT_SHOWING, &params![hash, id, held.id, SHOWING.start, until])?;
        Ok::<_, Refusal>(Shown::Ticket(ticket.clone()))
    })
    .await
}

/// Whether the request waits for a citizen.
fn going(read: &mut Read<'_>, id: AuthorizationId, now: Timestamp) -> Result<(), Refusal> {
    let there = authorize::load(read, id)?.filter(|there| there.ends_at > now);
    let there = there.filter(|there| matches!(there.stage.as_str(), "asked" | "known")).ok_or(Refusal::Gone)?;
    let client = crate::client::client(read, &there.client)?;
    client.filter(|client| client.holders == Holders::Citizens).map(drop).ok_or(Refusal::Gone)
}

/// Whether a certificate is of the persons' authority, for signing in, and holds
/// today. TLS may trust others too: agencies' servers come to the same listener.
fn is_of(authority: &PersonalAuthority, der: &[u8], now: Timestamp) -> bool {
    let Ok(shown) = Certificate::parse(der) else { return false };
    verify_chain(&shown, &[], &authority.certificate, now, Profile::TlsClient).is_ok()
}
