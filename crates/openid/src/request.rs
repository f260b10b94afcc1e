//! A client's request to sign somebody in, from its parameters to where its answer
//! goes. Code flow only, with PKCE S256; anything else is refused by name.

mod wishes;

use base::{Assurance, Locale, MandateId};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::login_hint::LoginHint;
use crate::oauth::{OauthError, Parameters};
use crate::policy::{Binding, Preset};
use wishes::{NAMED, Wishes};

/// Scopes that mean something here.
/// `mandate` asks whether the person acts for another, `company` takes companies
/// too and asks for their number and name.
pub const SCOPES: [&str; 6] = ["openid", "profile", "id_number", "offline_access", "mandate", "company"];

/// A request whose parameters hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// Where the answer goes; empty for a device's, which has none.
    pub redirect_uri: String,
    /// The scopes that are known here, between blanks.
    pub scope: String,
    /// What the client wants back with the answer.
    pub state: Option<String>,
    /// What the client wants back in the ID token.
    pub nonce: Option<String>,
    /// `code_challenge` of PKCE S256.
    pub challenge: String,
    /// The least assurance that the client wants, if it can be had.
    pub acr: Option<String>,
    /// How old the sign-in may be, seconds.
    pub max_age: Option<i64>,
    /// Words of `prompt`, between blanks.
    pub prompt: String,
    /// The tag of the language that is wanted.
    pub locale: String,
    /// How the answer travels.
    #[serde(default)]
    pub mode: Mode,
    /// Claims that are asked for by name, beside those of the scopes (OpenID Connect Core §5.5).
    #[serde(default)]
    pub claims: Vec<String>,
    /// Those of them that the ID token is to say.
    #[serde(default)]
    pub in_id_token: Vec<String>,
    /// Less assurance than `acr` is no answer.
    #[serde(default)]
    pub essential: bool,
    /// The key that the code is bound to (RFC 9449 §10).
    #[serde(default)]
    pub key: Option<String>,
    /// Whom the client means, as it knows them: nobody else may answer.
    #[serde(default)]
    pub hinted: Option<String>,
    /// Whom the client expects, as it knows them: a session of somebody else does
    /// not answer by itself, and whoever signs in may be another.
    #[serde(default)]
    pub expected: Option<String>,
    /// Who is expected to sign in: it fills a field, and is never kept in the clear.
    #[serde(skip)]
    pub login_hint: Option<LoginHint>,
    /// The same as it is kept.
    #[serde(default)]
    pub masked_hint: Option<String>,
    /// The mandate that our own portal's visitor wants to take up.
    #[serde(default)]
    pub mandate: Option<MandateId>,
}

/// How an answer travels to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Mode {
    /// In the address.
    #[default]
    Query,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl Asked {
    /// What a device asks for (RFC 8628 §3.1), and the key that it proved.
    ///
    /// # Errors
    /// What is wrong with its scope or claims.
    pub fn of_device(parameters: &Parameters, key: Option<String>) -> Result<Self, OauthError> {
        let asked = Wishes::parse(parameters)?.asked();
        // Nobody is asked for whom a device acts.
        let for_whom = |scope: &&str| matches!(*scope, "mandate" | "company");
        let scope = asked.scope.split(' ').filter(|scope| !for_whom(scope)).collect::<Vec<_>>().join(" ");
        Ok(Self { key, scope, ..asked })
    }
    /// Whether a scope, or the claim that it stands for, is asked for.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        let named = NAMED.iter().any(|(claim, of)| *of == scope && self.claims.iter().any(|known| known == claim));
        named || self.scope.split(' ').any(|known| known == scope)
    }
    /// Whether `prompt` has this word.
    #[must_use]
    pub fn prompts(&self, prompt: &str) -> bool {
        self.prompt.split(' ').any(|known| known == prompt)
    }
    /// The least assurance that is wanted.
    #[must_use]
    pub fn least(&self) -> Assurance {
        self.acr.as_deref().and_then(Assurance::parse).unwrap_or(Assurance::Low)
    }
    /// The language that the client asks for.
    #[must_use]
    pub fn locale(&self) -> Locale {
        Locale::from_tag(&self.locale).unwrap_or_default()
    }
    /// Whether this is whom the client means, if it means anybody. `blind` is the
    /// store's keyed index.
    pub fn means(&self, blind: impl Fn(&str, &str) -> Vec<u8>, client: &Client, holder: &str) -> bool {
        self.hinted.as_ref().is_none_or(|meant| *meant == client.subject(blind, holder))
    }
    /// Whether this may be whom the client expects, if it expects anybody.
    pub fn expects(&self, blind: impl Fn(&str, &str) -> Vec<u8>, client: &Client, holder: &str) -> bool {
        self.expected.as_ref().is_none_or(|expected| *expected == client.subject(blind, holder))
    }
    /// Where its answer goes.
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply { redirect_uri: self.redirect_uri.clone(), state: self.state.clone(), mode: self.mode }
    }
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nobody can be told but who sits before the page: where an answer may go
    /// is not known.
    Page(&'static str),
    /// The client is told, by redirect.
    Redirect {
        /// Where to.
        reply: Reply,
        /// What it is told.
        error: OauthError,
    },
}

/// Where an answer goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where to.
    pub redirect_uri: String,
    /// What the client wants back.
    pub state: Option<String>,
    /// In the address or in a form.
    pub mode: Mode,
}

/// Checks the parameters of a client's request; `pushed` when the client sent
/// them itself, and perhaps proved a key with them.
///
/// # Errors
/// Whoever can be told, and why the request is not taken.
pub fn check(parameters: &Parameters, client: &Client, pushed: Option<Option<&Binding>>) -> Result<Asked, Fault> {
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

/// What the browser carries to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Where to.
    pub redirect_uri: String,
    /// In the address or in a form.
    pub mode: Mode,
    /// Names and values.
    pub fields: Vec<(&'static str, String)>,
}

impl Reply {
    /// An answer, with `state` and with who answers (RFC 9207).
    #[must_use]
    pub fn carry(self, issuer: &str, mut fields: Vec<(&'static str, String)>) -> Carried {
        fields.extend(self.state.map(|state| ("state", state)));
        fields.push(("iss", issuer.to_owned()));
        Carried { redirect_uri: self.redirect_uri, mode: self.mode, fields }
    }
    /// An error, for the client.
    #[must_use]
    pub fn refuse(self, issuer: &str, error: &OauthError) -> Carried {
        self.carry(issuer, vec![("error", error.code.to_owned()), ("error_description", error.description.clone())])
    }
}
