//! A client's request to sign somebody in, from when it is kept to its code. What a
//! request may say is `openid::request`'s.

use base::{Assurance, MandateId, Timestamp};
use openid::credential::Used;
use openid::oauth::OauthError;
use openid::request::{Asked, Carried};
use openid::secret;
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::client::Proven;
use crate::login_hint::masked;
use crate::mandate::take::take_in;
use crate::model::{AUTHORIZATION, AuthorizationId, Client, Holders, Refusal, SsoId, step};
use crate::sql;
use crate::sso::Sso;

/// How long a pushed request waits for its browser, seconds.
pub(crate) const PUSHED_SECONDS: i64 = 60;
/// How long somebody may take to sign in, seconds.
pub(crate) const ASKED_SECONDS: i64 = 3_600;
/// How long a code holds, seconds.
pub(crate) const CODE_SECONDS: i64 = 60;
/// Before the id of a pushed request (RFC 9126 §2.2).
pub(crate) const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// Whether a session answers a request without asking anybody.
pub(crate) fn is_answered(ctx: &Ctx, asked: &Asked, client: &Client, sso: &Sso) -> bool {
    let fresh = asked.max_age.is_none_or(|seconds| ctx.now().seconds_since(sso.proven_at) < seconds);
    let kind = match client.holders {
        Holders::Citizens => sso.holder.starts_with("account:"),
        Holders::Officers => sso.holder.starts_with("officer:"),
    };
    let asks = asked.prompts("login") || asked.prompts("select_account");
    let blind = |domain: &str, value: &str| ctx.db.blind(domain, value);
    kind && fresh && sso.level >= asked.least() && !asks && asked.expects(blind, client, &sso.holder)
}

/// An authorization as it lies in the table.
#[derive(Debug, Clone)]
pub(crate) struct Authorization {
    pub(crate) id: AuthorizationId,
    pub(crate) client: String,
    browser: Option<Vec<u8>>,
    pub(crate) asked: Asked,
    pub(crate) stage: String,
    pub(crate) holder: Option<String>,
    pub(crate) session: Option<SsoId>,
    pub(crate) mandate: Option<MandateId>,
    pub(crate) ends_at: Timestamp,
    began_at: Timestamp,
}

impl Authorization {
    /// Whether a browser may still bring it as a pushed request. Bringing it does
    /// not use it up, as a link may be looked at before it is followed; signing in
    /// does (FAPI 2.0 §5.3.2.2, note 3).
    pub(crate) fn may_be_brought(&self, now: Timestamp) -> bool {
        matches!(self.stage.as_str(), "begun" | "asked") && self.began_at.plus_seconds(PUSHED_SECONDS) > now
    }
    /// Whether the browser that took it up is still signing in: who reloads its
    /// address or goes back to it goes on from there.
    pub(crate) fn goes_on(&self, browser: &[u8; 32], now: Timestamp) -> bool {
        let theirs = self.browser.as_deref() == Some(browser.as_slice());
        theirs && matches!(self.stage.as_str(), "asked" | "known") && self.ends_at > now
    }
}

pub(crate) fn load(read: &mut Read<'_>, id: AuthorizationId) -> Result<Option<Authorization>, Error> {
    let Some(row) = read.row(&sql::AUTHORIZATION, &params![id])? else { return Ok(None) };
    let request: String = row.get(2)?;
    Ok(Some(Authorization {
        id,
        client: row.get(0)?,
        browser: row.get(1)?,
        asked: serde_json::from_str(&request).map_err(|error| Error::Corrupt(error.to_string()))?,
        stage: row.get(3)?,
        holder: row.get(4)?,
        session: row.get(5)?,
        ends_at: row.get(6)?,
        began_at: row.get(7)?,
        mandate: row.get(8)?,
    }))
}

/// The authorization that somebody goes on with, if it is theirs and not over.
pub(crate) fn own(
    read: &mut Read<'_>,
    id: AuthorizationId,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Authorization, Refusal> {
    let found = seen(read, id, browser, now)?;
    if found.stage == "coded" { Err(Refusal::Gone) } else { Ok(found) }
}

/// The same, also when its code was given a moment ago: who clicks twice, or
/// goes back, is led on.
pub(crate) fn seen(
    read: &mut Read<'_>,
    id: AuthorizationId,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Authorization, Refusal> {
    let found = load(read, id)?.ok_or(Refusal::Gone)?;
    let theirs = found.browser.as_deref() == Some(browser.as_slice());
    let going = matches!(found.stage.as_str(), "asked" | "known" | "coded");
    if theirs && going && found.ends_at > now { Ok(found) } else { Err(Refusal::Gone) }
}

fn insert(tx: &mut Tx<'_>, client: &str, asked: &Asked, browser: Option<&[u8; 32]>) -> Result<AuthorizationId, Error> {
    let (id, now): (AuthorizationId, _) = (tx.mint(), tx.now());
    let (stage, seconds) = match browser {
        Some(_) => ("asked", ASKED_SECONDS),
        None => (AUTHORIZATION.start, PUSHED_SECONDS),
    };
    let masked_hint = asked.login_hint.as_ref().map(|hint| masked(hint, tx, id));
    let request = serde_json::to_string(&Asked { masked_hint, ..asked.clone() });
    let request = request.map_err(|error| Error::Corrupt(error.to_string()))?;
    let browser = browser.map(|browser| browser.to_vec());
    tx.execute_one(
        &sql::INSERT_AUTHORIZATION,
        &params![id, client, browser, request, stage, now, now.plus_seconds(seconds)],
    )?;
    Ok(id)
}

/// Keeps a pushed request and returns its id.
pub(crate) async fn push(ctx: &Ctx, proven: Proven, asked: Asked) -> Result<AuthorizationId, OauthError> {
    let pushed = ctx.write(Key::once(ctx), move |tx| match crate::client::take_in(tx, &proven)? {
        Some(used) => Ok::<Result<_, Used>, Refusal>(Err(used)),
        None => Ok(Ok(insert(tx, &proven.client.id, &asked, None)?)),
    });
    pushed.await?.map_err(OauthError::from)
}

/// A request that a browser brings: its own parameters, or a pushed one.
#[derive(Clone)]
pub(crate) enum Brought {
    Plain(Box<Asked>),
    Pushed(AuthorizationId),
}

/// What a request has become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Begun {
    /// Answered by the session that there is.
    Coded(AuthorizationId),
    /// Somebody must sign in or agree.
    Waiting(AuthorizationId),
}

/// Takes up a request; a session that answers it gives the code at once.
pub(crate) async fn begin(
    ctx: &Ctx,
    client: &Client,
    brought: Brought,
    browser: [u8; 32],
    sso: Option<Sso>,
) -> Result<Begun, Refusal> {
    let client = client.id.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let id = match &brought {
            Brought::Plain(asked) => insert(tx, &client, asked, Some(&browser))?,
            Brought::Pushed(id) => {
                let now = tx.now();
                let until = now.plus_seconds(ASKED_SECONDS);
                let found = load(tx, *id)?.ok_or(Refusal::Gone)?;
                // Going on gives no more time.
                if found.goes_on(&browser, now) && !found.may_be_brought(now) {
                    return Ok(Begun::Waiting(*id));
                }
                if tx.execute(&sql::ASK, &params![browser, until, *id])? != 1 {
                    return Err(Refusal::Gone);
                }
                *id
            }
        };
        match &sso {
            Some(sso) => {
                let named = load(tx, id)?.and_then(|found| found.asked.mandate);
                prove_in(tx, id, (&sso.holder, sso.id), named).map(|()| Begun::Coded(id))
            }
            None => Ok(Begun::Waiting(id)),
        }
    })
    .await
}

/// Gives an authorization its code, in the caller's commit; under a mandate only
/// to its agent, and never without the one that the request names.
pub(crate) fn prove_in(
    tx: &mut Tx<'_>,
    id: AuthorizationId,
    (holder, session): (&str, SsoId),
    mandate: Option<MandateId>,
) -> Result<(), Refusal> {
    let found = load(tx, id)?.ok_or(Refusal::Gone)?;
    step(&AUTHORIZATION, &found.stage, "proven")?;
    if found.asked.mandate.is_some() && found.asked.mandate != mandate {
        return Err(Refusal::NoMandate);
    }
    if let Some(mandate) = mandate {
        take_in(tx, &found, mandate, holder)?;
    }
    let code = secret::of(|domain, value| tx.blind(domain, value), "code", &id.to_string());
    let hash = seal::digest::sha256(secret::text(&code).as_bytes());
    let until = tx.now().plus_seconds(CODE_SECONDS);
    tx.execute_one(&sql::PROVE, &params![holder, session, hash, until, mandate, id])?;
    Ok(())
}

/// Keeps an authorization that somebody allowed on a page of ours, under a code
/// that its client has already, as its hash.
pub(crate) fn insert_coded(
    tx: &mut Tx<'_>,
    client: &str,
    asked: &Asked,
    (holder, session): (&str, SsoId),
    code: &[u8],
    ends_at: Timestamp,
) -> Result<(), Refusal> {
    let (id, now): (AuthorizationId, _) = (tx.mint(), tx.now());
    let stage = step(&AUTHORIZATION, AUTHORIZATION.start, "allowed on a device")?;
    let request = serde_json::to_string(asked).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.execute_one(&sql::INSERT_CODED, &params![id, client, request, stage, holder, session, code, now, ends_at])?;
    Ok(())
}

/// The code of an authorization, on its way to the client; or the refusal of a
/// client that takes no less assurance than was shown.
pub(crate) fn answer(ctx: &Ctx, issuer: &str, id: AuthorizationId, asked: &Asked, level: Assurance) -> Carried {
    if asked.essential && level < asked.least() {
        let error = OauthError::new("unmet_authentication_requirements", "the person cannot show that assurance now");
        return asked.reply().refuse(issuer, &error);
    }
    let code = secret::of(|domain, value| ctx.db.blind(domain, value), "code", &id.to_string());
    asked.reply().carry(issuer, vec![("code", secret::text(&code))])
}
