//! A client's request to sign somebody in, from its parameters to its code.
//! Code flow only, with PKCE S256; anything else is refused by name.

mod wishes;

use base::{Assurance, Locale, MandateId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::client::{Proven, Used};
use crate::login_hint::LoginHint;
use crate::mandate::take::take_in;
use crate::model::{AUTHORIZATION, AuthorizationId, Client, Holders, Refusal, SsoId, step};
use crate::oauth::{OauthError, Parameters};
use crate::policy::{Binding, Preset};
use crate::sql;
use crate::sso::Sso;
use crate::userinfo::subject_of;
use wishes::{NAMED, Wishes};

/// How long a pushed request waits for its browser, seconds.
pub(crate) const PUSHED_SECONDS: i64 = 60;
/// How long somebody may take to sign in, seconds.
pub(crate) const ASKED_SECONDS: i64 = 3_600;
/// How long a code holds, seconds.
pub(crate) const CODE_SECONDS: i64 = 60;
/// Before the id of a pushed request (RFC 9126 §2.2).
pub(crate) const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// Scopes that mean something here.
/// `mandate` asks whether the person acts for another, `company` takes companies
/// too and asks for their number and name.
pub(crate) const SCOPES: [&str; 6] = ["openid", "profile", "id_number", "offline_access", "mandate", "company"];

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
    /// How the answer travels.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Claims that are asked for by name, beside those of the scopes (OpenID Connect Core §5.5).
    #[serde(default)]
    pub(crate) claims: Vec<String>,
    /// Those of them that the ID token is to say.
    #[serde(default)]
    pub(crate) in_id_token: Vec<String>,
    /// Less assurance than `acr` is no answer.
    #[serde(default)]
    pub(crate) essential: bool,
    /// The key that the code is bound to (RFC 9449 §10).
    #[serde(default)]
    pub(crate) key: Option<String>,
    /// Whom the client means, as it knows them: nobody else may answer.
    #[serde(default)]
    pub(crate) hinted: Option<String>,
    /// Whom the client expects, as it knows them: a session of somebody else does
    /// not answer by itself, and whoever signs in may be another.
    #[serde(default)]
    pub(crate) expected: Option<String>,
    /// Who is expected to sign in: it fills a field, and is never kept in the clear.
    #[serde(skip)]
    pub(crate) login_hint: Option<LoginHint>,
    /// The same as it is kept.
    #[serde(default)]
    pub(crate) masked_hint: Option<String>,
    /// The mandate that our own portal's visitor wants to take up.
    #[serde(default)]
    pub(crate) mandate: Option<MandateId>,
}

/// How an answer travels to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Mode {
    /// In the address.
    #[default]
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl Asked {
    /// What a device asks for (RFC 8628 §3.1), and the key that it proved.
    pub(crate) fn of_device(parameters: &Parameters, key: Option<String>) -> Result<Self, OauthError> {
        let asked = Wishes::parse(parameters)?.asked();
        // Nobody is asked for whom a device acts.
        let for_whom = |scope: &&str| matches!(*scope, "mandate" | "company");
        let scope = asked.scope.split(' ').filter(|scope| !for_whom(scope)).collect::<Vec<_>>().join(" ");
        Ok(Self { key, scope, ..asked })
    }
    /// Whether a scope, or the claim that it stands for, is asked for.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        let named = NAMED.iter().any(|(claim, of)| *of == scope && self.claims.iter().any(|known| known == claim));
        named || self.scope.split(' ').any(|known| known == scope)
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
    /// Whether this is whom the client means, if it means anybody.
    pub(crate) fn means(&self, read: &Read<'_>, client: &Client, holder: &str) -> bool {
        self.hinted.as_ref().is_none_or(|meant| *meant == crate::userinfo::subject(read, client, holder))
    }
    fn expects(&self, ctx: &Ctx, client: &Client, holder: &str) -> bool {
        let blind = |domain: &str, value: &str| ctx.db.blind(domain, value);
        self.expected.as_ref().is_none_or(|expected| *expected == subject_of(blind, client, holder))
    }
    /// Whether a session answers this request without asking anybody.
    pub(crate) fn is_answered_by(&self, ctx: &Ctx, sso: &Sso, client: &Client) -> bool {
        let fresh = self.max_age.is_none_or(|seconds| ctx.now().seconds_since(sso.proven_at) < seconds);
        let kind = match client.holders {
            Holders::Citizens => sso.holder.starts_with("account:"),
            Holders::Officers => sso.holder.starts_with("officer:"),
        };
        let asks = self.prompts("login") || self.prompts("select_account");
        kind && fresh && sso.level >= self.least() && !asks && self.expects(ctx, client, &sso.holder)
    }
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody can be told but who sits before the page: where an answer may go
    /// is not known.
    Page(&'static str),
    /// The client is told, by redirect.
    Redirect { reply: Reply, error: OauthError },
}

/// Where an answer goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) mode: Mode,
}

/// Checks the parameters of a client's request; `pushed` when the client sent
/// them itself, and perhaps proved a key with them.
pub(crate) fn check(
    parameters: &Parameters,
    client: &Client,
    pushed: Option<Option<&Binding>>,
) -> Result<Asked, Fault> {
    let redirect_uri = parameters.get("redirect_uri").ok_or(Fault::Page("redirect_uri is missing"))?.to_owned();
    if !client.redirects.contains(&redirect_uri) {
        return Err(Fault::Page("redirect_uri is not registered for this client"));
    }
    let mode = match parameters.get("response_mode") {
        Some("form_post") => Mode::FormPost,
        _ => Mode::Query,
    };
    let reply = Reply { redirect_uri, state: parameters.owned("state"), mode };
    let checked = check_key(parameters, client, pushed).and_then(|key| check_rest(parameters, &reply, key));
    let checked = checked.and_then(|asked| Ok(Asked { mandate: mandate(parameters, client)?, ..asked }));
    let login_hint = LoginHint::of(parameters, client, pushed.is_some());
    // A `sub` may stand in an address: nobody else knows the person by it.
    let expected = parameters.owned("login_hint").filter(|hint| is_digest(hint));
    let checked = checked.map(|asked| Asked { login_hint, expected, ..asked });
    checked.map_err(|error| Fault::Redirect { reply, error })
}

/// The mandate that a client of ours names; another's parameter is not known here.
fn mandate(parameters: &Parameters, client: &Client) -> Result<Option<MandateId>, OauthError> {
    let named = parameters.get("mandate").filter(|_| client.first_party).map(str::parse);
    named.transpose().map_err(|_| OauthError::new("invalid_request", "mandate is not the id of one"))
}

/// The key that the code will be bound to. FAPI 2.0 §5.3.2.2: only pushed requests.
fn check_key(
    parameters: &Parameters,
    client: &Client,
    pushed: Option<Option<&Binding>>,
) -> Result<Option<String>, OauthError> {
    let named = parameters.owned("dpop_jkt");
    match pushed {
        None if client.policy.preset == Preset::Fapi2 => {
            Err(OauthError::new("invalid_request", "this client must push its requests (RFC 9126)"))
        }
        Some(Some(Binding::Key(proven))) if named.as_ref().is_some_and(|named| named != proven) => {
            Err(OauthError::new("invalid_dpop_proof", "dpop_jkt is not the key of the proof"))
        }
        Some(Some(Binding::Key(proven))) => Ok(Some(proven.clone())),
        _ => Ok(named),
    }
}

fn check_rest(parameters: &Parameters, reply: &Reply, key: Option<String>) -> Result<Asked, OauthError> {
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
    if !matches!(parameters.get("response_mode"), None | Some("query" | "form_post")) {
        return refused("invalid_request", "response_mode must be query or form_post");
    }
    let challenge = parameters.get("code_challenge").filter(|challenge| is_digest(challenge));
    let Some(challenge) = challenge else {
        return refused("invalid_request", "code_challenge must be the 43 characters of PKCE S256");
    };
    if parameters.get("code_challenge_method") != Some("S256") {
        return refused("invalid_request", "code_challenge_method must be S256");
    }
    let wishes = Wishes::parse(parameters)?;
    let prompt = parameters.get("prompt").unwrap_or_default();
    if prompt.split(' ').any(|word| word == "none") && prompt != "none" {
        return refused("invalid_request", "prompt none stands alone");
    }
    let max_age = match parameters.get("max_age").map(str::parse::<u32>) {
        None => None,
        Some(Ok(seconds)) => Some(i64::from(seconds)),
        Some(Err(_)) => return refused("invalid_request", "max_age must be a number of seconds"),
    };
    Ok(Asked {
        redirect_uri: reply.redirect_uri.clone(),
        state: reply.state.clone(),
        nonce: parameters.owned("nonce"),
        challenge: challenge.to_owned(),
        max_age,
        prompt: prompt.to_owned(),
        mode: reply.mode,
        key,
        ..wishes.asked()
    })
}

/// Whether a text is 256 bits in base64url, as challenges of PKCE and our `sub` are.
fn is_digest(text: &str) -> bool {
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
    let masked_hint = asked.login_hint.as_ref().map(|hint| hint.masked(tx, id));
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
    let code = crate::secret::of(|domain, value| tx.blind(domain, value), "code", &id.to_string());
    let hash = seal::digest::sha256(crate::secret::text(&code).as_bytes());
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

/// What the browser carries to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) redirect_uri: String,
    pub(crate) mode: Mode,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Asked {
    pub(crate) fn reply(&self) -> Reply {
        Reply { redirect_uri: self.redirect_uri.clone(), state: self.state.clone(), mode: self.mode }
    }
}

impl Reply {
    fn carry(self, issuer: &str, mut fields: Vec<(&'static str, String)>) -> Carried {
        fields.extend(self.state.map(|state| ("state", state)));
        fields.push(("iss", issuer.to_owned()));
        Carried { redirect_uri: self.redirect_uri, mode: self.mode, fields }
    }
    /// An error, for the client.
    pub(crate) fn refuse(self, issuer: &str, error: &OauthError) -> Carried {
        self.carry(issuer, vec![("error", error.code.to_owned()), ("error_description", error.description.clone())])
    }
}

/// The code of an authorization, on its way to the client; or the refusal of a
/// client that takes no less assurance than was shown.
pub(crate) fn answer(ctx: &Ctx, issuer: &str, id: AuthorizationId, asked: &Asked, level: Assurance) -> Carried {
    if asked.essential && level < asked.least() {
        let error = OauthError::new("unmet_authentication_requirements", "the person cannot show that assurance now");
        return asked.reply().refuse(issuer, &error);
    }
    let code = crate::secret::of(|domain, value| ctx.db.blind(domain, value), "code", &id.to_string());
    asked.reply().carry(issuer, vec![("code", crate::secret::text(&code))])
}
