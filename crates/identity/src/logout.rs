//! Ending a session at the provider (OpenID Connect RP-Initiated Logout 1.0):
//! the portal's sessions that hang on it end with it, and its tokens. Or one
//! service is left alone, and the session goes on for the others.

use audit::Leaf;
use openid::oauth::Parameters;
use serde_json::json;
use store::{Ctx, Error, Key, params};

use crate::Identity;
use crate::model::{Client, Refusal};
use crate::security::names;
use crate::sign_in::account_id;
use crate::sql;
use crate::sso::Sso;

/// Where to go after signing out, if the client registered the place.
pub(crate) struct Farewell {
    pub(crate) address: Option<String>,
    /// Who asks, if that is said.
    pub(crate) client: Option<Client>,
    /// The session that the client names, so that nobody need be asked.
    named: Option<Named>,
}

/// A session as a client named it.
enum Named {
    /// By an ID token: as that client knows it.
    Token(Box<Client>, String),
    /// By a hint, which only the client was told.
    Hint(String),
}

impl Farewell {
    /// Whether the client means this session.
    pub(crate) fn means(&self, ctx: &Ctx, sso: &Sso) -> bool {
        let blind = |domain: &str, value: &str| ctx.db.blind(domain, value);
        match &self.named {
            Some(Named::Token(client, sid)) => crate::token::sid(blind, client, sso.id) == *sid,
            Some(Named::Hint(hint)) => sso.id.to_string() == *hint,
            None => false,
        }
    }
}

/// Reads a request to sign out. What does not hold is left out, never an error:
/// who wants to leave may leave.
pub(crate) async fn read(ctx: &Ctx, identity: &Identity, parameters: &Parameters) -> Result<Farewell, Refusal> {
    let hint = match parameters.get("id_token_hint") {
        Some(token) => hinted(ctx, identity, token).await?,
        None => None,
    };
    let named = parameters.owned("client_id").or_else(|| hint.as_ref().map(|(client, _)| client.clone()));
    let client = match named {
        Some(id) => ctx.read(move |read| crate::client::client(read, &id)).await?,
        None => None,
    };
    let address = parameters.owned("post_logout_redirect_uri");
    let address = address.filter(|address| client.as_ref().is_some_and(|client| client.farewells.contains(address)));
    let address = address.map(|address| match parameters.get("state") {
        Some(state) => openid::oauth::with_query(&address, &[("state", state)]),
        None => address,
    });
    let by_token = hint.zip(client.clone()).filter(|((named, _), client)| *named == client.id);
    let by_token = by_token.map(|((_, sid), client)| Named::Token(Box::new(client), sid));
    Ok(Farewell { address, client, named: by_token.or_else(|| parameters.owned("logout_hint").map(Named::Hint)) })
}

/// Client and session of an ID token of ours.
async fn hinted(ctx: &Ctx, identity: &Identity, token: &str) -> Result<Option<(String, String)>, Refusal> {
    let claims = crate::hint::read(ctx, identity, token).await?;
    let text = |name: &str| claims.as_ref()?.get(name)?.as_str().map(str::to_owned);
    Ok(text("aud").zip(text("sid")))
}

/// Ends the session here and the portal's that hang on it.
pub(crate) async fn end(ctx: &Ctx, sso: &Sso) -> Result<(), Refusal> {
    let (id, holder) = (sso.id, sso.holder.clone());
    ctx.write(Key::new("identity.sign_out", id.to_string()), move |tx| {
        crate::sso::end_in(tx, id, "signed out", None)?;
        let mut leaf = Leaf::new("identity.signed_out", holder.clone());
        if let Some(account) = account_id(&holder) {
            leaf.subject = crate::person::account(tx, account)?.map(|account| account.person);
        }
        audit::record_in(tx, &leaf)?;
        Ok::<_, Refusal>(())
    })
    .await?;
    web::session::end_linked(ctx, &id.to_string()).await?;
    Ok(())
}

/// The names of the other services that were entered with a session, each by
/// language.
pub(crate) async fn others(ctx: &Ctx, sso: &Sso, client: &Client) -> Result<Vec<Vec<String>>, Error> {
    let (session, client) = (sso.id, client.id.clone());
    ctx.read(move |read| {
        let rows = read.rows(&sql::OTHERS_OF_SESSION, &params![session, client])?;
        rows.iter().map(|row| names(&row.get::<String>(0)?)).collect()
    })
    .await
}

/// Ends what one client was given under a session; the others keep theirs.
pub(crate) async fn end_client(ctx: &Ctx, sso: &Sso, client: &Client) -> Result<(), Refusal> {
    let (session, holder, client) = (sso.id, sso.holder.clone(), client.id.clone());
    ctx.write(Key::once(ctx), move |tx| {
        tx.execute(&sql::REVOKE_IN_SESSION, &params![session, client])?;
        tx.execute(&sql::LEAVE_CLIENT, &params![session, client])?;
        let mut leaf = Leaf::new("identity.client_left", holder.clone());
        if let Some(account) = account_id(&holder) {
            leaf.subject = crate::person::account(tx, account)?.map(|account| account.person);
        }
        audit::record_in(tx, &leaf.with(json!({ "client": client })))?;
        Ok(())
    })
    .await
}
