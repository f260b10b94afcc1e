//! A client's request to sign somebody in, from its parameters to its code.
//! Code flow only, with PKCE S256; anything else is refused by name.

use base::{Assurance, Locale, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::client::{Proven, take_in};
use crate::model::{AUTHORIZATION, AuthorizationId, Client, Holders, Refusal, SsoId, step};
use crate::oauth::{OauthError, Parameters};
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
/// Scopes that mean something here.
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "id_number", "offline_access"];

/// A request whose parameters hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    /// The least assurance that the client wants, if it can be had.
    pub(crate) acr: Option<String>,
    pub(crate) max_age: Option<i64>,
    pub(crate) prompt: String,
    pub(crate) locale: String,
}

impl Asked {
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|known| known == scope)
    }
    pub(crate) fn prompts(&self, prompt: &str) -> bool {
        self.prompt.split(' ').any(|known| known == prompt)
    }
    pub(crate) fn least(&self) -> Assurance {
        self.acr.as_deref().and_then(Assurance::parse).unwrap_or(Assurance::Low)
    }
    pub(crate) fn locale(&self) -> Locale {
        Locale::from_tag(&self.locale).unwrap_or_default()
    }
    /// Whether a session answers this request without asking anybody.
    pub(crate) fn is_answered_by(&self, sso: &Sso, holders: Holders, now: Timestamp) -> bool {
        let fresh = self.max_age.is_none_or(|seconds| now.seconds_since(sso.proven_at) < seconds);
        let kind = match holders {
            Holders::Citizens => sso.holder.starts_with("account:"),
            Holders::Officers => sso.holder.starts_with("officer:"),
        };
        kind && fresh && sso.level >= self.least() && !self.prompts("login") && !self.prompts("select_account")
    }
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody can be told but who sits before the page: where an answer may go
    /// is not known.
    Page(&'static str),
    /// The client is told, by redirect.
    Redirect { redirect_uri: String, state: Option<String>, error: OauthError },
}

/// Checks the parameters of a client's request.
pub(crate) fn check(parameters: &Parameters, client: &Client) -> Result<Asked, Fault> {
    let redirect_uri = parameters.get("redirect_uri").ok_or(Fault::Page("redirect_uri is missing"))?.to_owned();
    if !client.redirects.contains(&redirect_uri) {
        return Err(Fault::Page("redirect_uri is not registered for this client"));
    }
    let state = parameters.owned("state");
    check_rest(parameters, redirect_uri.clone(), state.clone()).map_err(|error| Fault::Redirect {
        redirect_uri,
        state,
        error,
    })
}

fn check_rest(parameters: &Parameters, redirect_uri: String, state: Option<String>) -> Result<Asked, OauthError> {
    let refused = |code: &'static str, why: &str| Err(OauthError::new(code, why));
    for (name, code) in [
        ("request", "request_not_supported"),
        ("registration", "registration_not_supported"),
        ("request_uri", "request_uri_not_supported"),
    ] {
        if parameters.get(name).is_some() {
            return refused(code, "send plain parameters, or push them (RFC 9126)");
        }
    }
    if parameters.need("response_type")? != "code" {
        return refused("unsupported_response_type", "response_type must be code");
    }
    if !matches!(parameters.get("response_mode"), None | Some("query")) {
        return refused("invalid_request", "response_mode must be query");
    }
    let challenge = parameters.get("code_challenge").filter(|challenge| is_challenge(challenge));
    let Some(challenge) = challenge else {
        return refused("invalid_request", "code_challenge must be the 43 characters of PKCE S256");
    };
    if parameters.get("code_challenge_method") != Some("S256") {
        return refused("invalid_request", "code_challenge_method must be S256");
    }
    let scopes: Vec<&str> = parameters.get("scope").unwrap_or_default().split(' ').collect();
    if !scopes.contains(&"openid") {
        return refused("invalid_scope", "scope must contain openid");
    }
    let scope = SCOPES.into_iter().filter(|scope| scopes.contains(scope)).collect::<Vec<_>>().join(" ");
    let prompt = parameters.get("prompt").unwrap_or_default();
    if prompt.split(' ').any(|word| word == "none") && prompt != "none" {
        return refused("invalid_request", "prompt none stands alone");
    }
    let max_age = match parameters.get("max_age").map(str::parse::<u32>) {
        None => None,
        Some(Ok(seconds)) => Some(i64::from(seconds)),
        Some(Err(_)) => return refused("invalid_request", "max_age must be a number of seconds"),
    };
    let acr = parameters.get("acr_values").unwrap_or_default().split(' ').find(|word| Assurance::parse(word).is_some());
    let locale = parameters
        .get("ui_locales")
        .unwrap_or_default()
        .split(' ')
        .find_map(|tag| Locale::from_tag(tag.split('-').next().unwrap_or_default()));
    Ok(Asked {
        redirect_uri,
        scope,
        state,
        nonce: parameters.owned("nonce"),
        challenge: challenge.to_owned(),
        acr: acr.map(str::to_owned),
        max_age,
        prompt: prompt.to_owned(),
        locale: locale.unwrap_or_default().tag().to_owned(),
    })
}

fn is_challenge(text: &str) -> bool {
    text.len() == 43 && seal::digest::from_base64url(text).is_ok_and(|bytes| bytes.len() == 32)
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
    pub(crate) ends_at: Timestamp,
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
    let request = serde_json::to_string(asked).map_err(|error| Error::Corrupt(error.to_string()))?;
    let browser = browser.map(|browser| browser.to_vec());
    tx.execute_one(
        &sql::INSERT_AUTHORIZATION,
        &params![id, client, browser, request, stage, now, now.plus_seconds(seconds)],
    )?;
    Ok(id)
}

/// Keeps a pushed request and returns its id.
pub(crate) async fn push(ctx: &Ctx, proven: Proven, asked: Asked) -> Result<AuthorizationId, OauthError> {
    let pushed = ctx.write(Key::once(ctx), move |tx| {
        if !take_in(tx, &proven)? {
            return Ok::<_, Refusal>(None);
        }
        Ok(Some(insert(tx, &proven.client.id, &asked, None)?))
    });
    pushed.await?.ok_or_else(|| OauthError::new("invalid_client", "the assertion was used before"))
}

/// A request that a browser brings: its own parameters, or a pushed one.
#[derive(Clone)]
pub(crate) enum Brought {
    Plain(Asked),
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
                let until = tx.now().plus_seconds(ASKED_SECONDS);
                if tx.execute(&sql::ASK, &params![browser, until, *id])? != 1 {
                    return Err(Refusal::Gone);
                }
                *id
            }
        };
        match &sso {
            Some(sso) => prove_in(tx, id, &sso.holder, sso.id).map(|()| Begun::Coded(id)),
            None => Ok(Begun::Waiting(id)),
        }
    })
    .await
}

/// Gives an authorization its code, in the caller's commit.
pub(crate) fn prove_in(tx: &mut Tx<'_>, id: AuthorizationId, holder: &str, session: SsoId) -> Result<(), Refusal> {
    let found = load(tx, id)?.ok_or(Refusal::Gone)?;
    step(&AUTHORIZATION, &found.stage, "proven")?;
    let code = crate::secret::of(|domain, value| tx.blind(domain, value), "code", &id.to_string());
    let hash = seal::digest::sha256(crate::secret::text(&code).as_bytes());
    let until = tx.now().plus_seconds(CODE_SECONDS);
    tx.execute_one(&sql::PROVE, &params![holder, session, hash, until, id])?;
    Ok(())
}

/// Where the browser goes with its code.
pub(crate) fn answer(ctx: &Ctx, issuer: &str, id: AuthorizationId, asked: &Asked) -> String {
    let code = crate::secret::of(|domain, value| ctx.db.blind(domain, value), "code", &id.to_string());
    let code = crate::secret::text(&code);
    let mut parameters = vec![("code", code.as_str())];
    if let Some(state) = &asked.state {
        parameters.push(("state", state));
    }
    parameters.push(("iss", issuer));
    crate::oauth::with_query(&asked.redirect_uri, &parameters)
}

/// Where the browser goes with an error.
pub(crate) fn refusal(issuer: &str, redirect_uri: &str, state: Option<&str>, error: &OauthError) -> String {
    let mut parameters = vec![("error", error.code), ("error_description", error.description.as_str())];
    if let Some(state) = state {
        parameters.push(("state", state));
    }
    parameters.push(("iss", issuer));
    crate::oauth::with_query(redirect_uri, &parameters)
}
