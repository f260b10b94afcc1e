//! Telling clients that a session ended (OpenID Connect Back-Channel Logout
//! 1.0): each that was given something under it gets a token that says whose
//! session of its own is over.

use openid::Policy;
use openid::oauth::with_query;
use std::sync::Arc;
use std::time::Duration;

use audit::Leaf;
use axum::http::{Method, StatusCode};
use seal::digest::base64url;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Event, Subscriber, Tx, Work, params};
use web::client::HttpClient;

use crate::Identity;
use crate::mandate::Kept;
use crate::mandate::claims::holder_of;
use crate::model::{Client, Refusal, SsoId};
use crate::sql;
use crate::token::sid;

/// How long a client may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Tries before a client is given up; the pauses between them grow to ten minutes.
const TRIES: i64 = 30;
/// How long the token holds, seconds (§2.4: two minutes are advised).
const TOKEN_SECONDS: i64 = 120;
/// What the token says.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A session is over that a client was given something under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionLeft {
    client: String,
    session: SsoId,
    holder: String,
}
impl Event for SessionLeft {
    const TOPIC: &'static str = "identity.session_left";
    fn key(&self) -> String {
        format!("{}:{}", self.client, self.session)
    }
}

/// Leaves word for every client of a session that wants to be told.
pub(crate) fn tell_in(tx: &mut Tx<'_>, session: SsoId, holder: &str) -> Result<(), Error> {
    for row in tx.rows(&sql::CLIENTS_OF_SESSION, &params![session])? {
        let (client, policy): (String, String) = (row.get(0)?, row.get(1)?);
        let policy: Policy = serde_json::from_str(&policy).map_err(|_| Error::Corrupt(format!("client {client}")))?;
        if policy.back_channel.is_some() {
            tx.emit(&SessionLeft { client, session, holder: holder.to_owned() })?;
        }
    }
    Ok(())
}

/// The same for every client that was given something under a mandate that ends.
pub(crate) fn tell_of_mandate_in(tx: &mut Tx<'_>, kept: &Kept) -> Result<(), Error> {
    let holder = holder_of(tx, kept.principal)?;
    for row in tx.rows(&sql::CLIENTS_OF_MANDATE, &params![kept.id])? {
        let (client, policy, session): (String, String, SsoId) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let policy: Policy = serde_json::from_str(&policy).map_err(|_| Error::Corrupt(format!("client {client}")))?;
        if policy.back_channel.is_some() {
            tx.emit(&SessionLeft { client, session, holder: holder.clone() })?;
        }
    }
    Ok(())
}

pub(crate) fn subscriber(identity: Arc<Identity>) -> Subscriber {
    Subscriber::new("identity.back_channel", SessionLeft::TOPIC, move |ctx: Ctx, work: Work| {
        let identity = Arc::clone(&identity);
        async move { tell(&ctx, &identity, &work).await }
    })
}

async fn tell(ctx: &Ctx, identity: &Identity, work: &Work) -> Result<(), Error> {
    let left: SessionLeft = work.parse()?;
    let id = left.client.clone();
    let Some(client) = ctx.read(move |read| crate::client::client(read, &id)).await? else { return Ok(()) };
    let Some(address) = client.policy.back_channel.clone() else { return Ok(()) };
    let token = logout_token(ctx, identity, &client, &left).await?;
    let body = with_query("", &[("logout_token", &token)]).trim_start_matches('?').to_owned();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    let http: HttpClient = identity.http.with_limit(LIMIT);
    let why = match http.send(Method::POST, &address, &headers, body).await {
        Ok(answer) if matches!(answer.status, StatusCode::OK | StatusCode::NO_CONTENT) => return Ok(()),
        // The client understood and could not: nothing is gained by asking again (§2.8).
        Ok(answer) if answer.status == StatusCode::BAD_REQUEST => return given_up(ctx, work, &left).await,
        Ok(answer) => format!("{} answered {}", left.client, answer.status),
        Err(error) => error.to_string(),
    };
    if work.attempt >= TRIES {
        return given_up(ctx, work, &left).await;
    }
    Err(Error::Unknown(why))
}

/// A client that could not be told is on record: its session may live on there.
async fn given_up(ctx: &Ctx, work: &Work, left: &SessionLeft) -> Result<(), Error> {
    tracing::warn!(client = left.client, "a client did not end its session");
    let client = left.client.clone();
    ctx.write(work.write_key(), move |tx| {
        audit::record_in(tx, &Leaf::new("identity.back_channel_failed", format!("client:{client}"))).map(drop)
    })
    .await
}

async fn logout_token(ctx: &Ctx, identity: &Identity, client: &Client, left: &SessionLeft) -> Result<String, Error> {
    let now = ctx.now();
    let sub = client.subject(|domain, value| ctx.db.blind(domain, value), &left.holder);
    let claims = json!({
        "iss": identity.config.issuer, "aud": client.id, "sub": sub,
        "sid": sid(|domain, value| ctx.db.blind(domain, value), client, left.session),
        "iat": now.as_seconds(), "exp": now.plus_seconds(TOKEN_SECONDS).as_seconds(),
        "jti": base64url(&ctx.random::<16>()), "events": { EVENT: {} },
    });
    let keys = identity.keys.get(ctx).await.map_err(|refusal| match refusal {
        Refusal::Store(error) => error,
        other => Error::Unknown(other.to_string()),
    })?;
    let key = if client.policy.rs256 { &keys.rs256 } else { &keys.es256 };
    key.sign("logout+jwt", claims.to_string()).await.map_err(|error| Error::Unknown(error.to_string()))
}
