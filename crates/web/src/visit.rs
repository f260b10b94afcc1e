//! One request, as handlers and pages see it: language, path, who came, from
//! where. It also gathers the cookies that the answer sets.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base::{Actor, Locale, Timestamp};
use http::header::{ACCEPT, CACHE_CONTROL, HeaderName, HeaderValue, IF_NONE_MATCH, SET_COOKIE};
use http::{HeaderMap, Request};
use store::{Ctx, Error};

use crate::compress::Coding;
use crate::cookie::Cookie;
use crate::form::FormToken;
use crate::kept;
use crate::kit::Kit;
use crate::problem::Problem;
use crate::route::Listener;
use crate::secret::{self, Secret};
use crate::session::{self, NewSession, Session};

/// How long the cookie of anonymous forms lives.
const FORM_COOKIE_SECONDS: i64 = 24 * 3_600;

/// Where a connection comes from; the accept loop puts it into the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The certificate that the other side of a TLS connection proved to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate(Arc<[Vec<u8>]>);

impl PeerCertificate {
    /// From the chain, leaf first; `None` when it is empty.
    #[must_use]
    pub fn new(chain: Vec<Vec<u8>>) -> Option<Self> {
        (!chain.is_empty()).then(|| Self(chain.into()))
    }
    /// The leaf's DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0[0]
    }
    /// The chain as it was sent, leaf first.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.0
    }
}

/// See the module. Cloning is cheap.
#[derive(Clone)]
pub struct Visit(Arc<Inner>);

struct Inner {
    kit: Kit,
    listener: Listener,
    locale: Locale,
    path: String,
    query: Option<String>,
    client: IpAddr,
    json: bool,
    coding: Coding,
    if_none_match: Option<HeaderValue>,
    session_token: Option<Secret>,
    form_token: Option<Secret>,
    kept_token: Option<Secret>,
    session: OnceLock<Option<Arc<Session>>>,
    new_form_token: OnceLock<Secret>,
    reference: OnceLock<String>,
    headers: Mutex<Vec<(HeaderName, HeaderValue)>>,
}

impl Visit {
    /// What is known of a request before any handler sees it. `path` is
    /// without the language's prefix.
    pub(crate) fn new<B>(kit: &Kit, listener: Listener, locale: Locale, path: &str, request: &Request<B>) -> Self {
        let headers = request.headers();
        let secure = kit.config().is_secure();
        let token = |cookie: Cookie| cookie.read(headers, secure).and_then(secret::from_text);
        let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0);
        Self(Arc::new(Inner {
            listener,
            locale,
            path: path.to_owned(),
            query: request.uri().query().map(str::to_owned),
            client: client_address(peer, headers, &kit.config().trusted_proxies),
            json: listener != Listener::Public || path.starts_with("/api/") || prefers_json(headers),
            coding: Coding::of(headers),
            if_none_match: headers.get(IF_NONE_MATCH).cloned(),
            session_token: token(Cookie::Session),
            form_token: token(Cookie::Form),
            kept_token: token(Cookie::Kept),
            session: OnceLock::new(),
            new_form_token: OnceLock::new(),
            reference: OnceLock::new(),
            headers: Mutex::new(Vec::new()),
            kit: kit.clone(),
        }))
    }

    /// The language of the address.
    #[must_use]
    pub fn locale(&self) -> Locale {
        self.0.locale
    }
    /// The path without the language's prefix.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }
    /// Path and query without the language's prefix.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match &self.0.query {
            Some(query) => format!("{}?{query}", self.0.path),
            None => self.0.path.clone(),
        }
    }
    /// A path of ours in the visitor's language: `/cases` → `/en/cases`.
    #[must_use]
    pub fn localised(&self, path: &str) -> String {
        match (self.0.locale.prefix(), path) {
            ("", path) => path.to_owned(),
            (prefix, "/") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}{path}"),
        }
    }
    /// The address that the request came from: the socket's, or what a
    /// configured proxy says.
    #[must_use]
    pub fn client(&self) -> IpAddr {
        self.0.client
    }
    /// Which door it came through.
    #[must_use]
    pub fn listener(&self) -> Listener {
        self.0.listener
    }
    /// Whether a machine asks.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        self.0.json
    }
    /// Whether the sandbox runs.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.0.kit.config().demo
    }
    /// Whether people come by HTTPS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.kit.config().is_secure()
    }
    /// Scheme, host and port of the portal.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0.kit.config().origin
    }
    /// A short code for this request, shown on problem pages and logged. It is
    /// made when it is first asked for.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.0.reference.get_or_init(|| base::code::short_code("HK", self.0.kit.ctx().random()))
    }

    /// The session, if there is one that holds.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.0.session.get().and_then(Option::as_deref)
    }
    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.session().map_or(Actor::Anonymous, |session| session.actor.clone())
    }
    /// The context of this visitor's verbs.
    #[must_use]
    pub fn ctx(&self) -> Ctx {
        let mut ctx = self.0.kit.ctx().as_actor(self.actor());
        ctx.locale = self.0.locale;
        ctx
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.kit.ctx().now()
    }

    /// Begins a session in this browser and ends the one that it had.
    ///
    /// # Errors
    /// The store's.
    pub async fn start_session(&self, new: NewSession) -> Result<Session, Error> {
        let kit = &self.0.kit;
        self.drop_old_session().await?;
        let (token, session) = session::start(kit.ctx(), new).await?;
        // The cookie outlives it: a form that comes after the end is kept.
        let seconds = session.ends_at.seconds_since(session.created_at) + kept::SECONDS;
        self.set_cookie(Cookie::Session.set(&secret::text(&token), seconds, self.is_secure()));
        Ok(session)
    }
    /// Ends the session of this browser and has it forget what it kept.
    ///
    /// # Errors
    /// The store's.
    pub async fn end_session(&self) -> Result<(), Error> {
        self.drop_old_session().await?;
        self.set_cookie(Cookie::Session.remove(self.is_secure()));
        self.set_cookie(Cookie::Kept.remove(self.is_secure()));
        self.add_header(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
        Ok(())
    }
    /// Changes the session: who they are was proven again just now, and these
    /// notes are kept. Requests of the next second may still see the old one.
    ///
    /// # Errors
    /// The store's; a visit without a session is [`Error::Sealed`].
    pub async fn renew_session(&self, notes: &[(&str, &str)]) -> Result<(), Error> {
        let (Some(session), Some(token)) = (self.session(), &self.0.session_token) else { return Err(Error::Sealed) };
        let mut session = session.clone();
        session.authenticated_at = self.now();
        session.notes.extend(notes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        session::update(self.0.kit.ctx(), token, &session).await?;
        self.0.kit.sessions().forget(&session.id);
        Ok(())
    }
    /// The token of this browser's session, whether that still holds or not.
    pub(crate) fn session_token(&self) -> Option<&Secret> {
        self.0.session_token.as_ref()
    }
    /// The token of a form that came too late.
    pub(crate) fn kept_token(&self) -> Option<&Secret> {
        self.0.kept_token.as_ref()
    }
    async fn drop_old_session(&self) -> Result<(), Error> {
        if let Some(token) = &self.0.session_token {
            let id = secret::hash(token);
            self.0.kit.sessions().forget(&id);
            session::end(self.0.kit.ctx(), id).await?;
        }
        Ok(())
    }

    /// A token for the forms of this page, good for one act each.
    #[must_use]
    pub fn form_token(&self) -> FormToken {
        FormToken::mint(self.0.kit.ctx(), &self.form_secret())
    }
    /// A text that only this browser can bring again: it ties what one begins
    /// (a sign-in at the provider) to where one began it. It changes when the
    /// session does.
    #[must_use]
    pub fn browser_binding(&self) -> String {
        secret::text(&secret::code(&self.form_secret(), "binding", &[]))
    }
    /// The key of this browser's forms; an anonymous browser gets a cookie.
    pub(crate) fn form_secret(&self) -> Secret {
        if let Some(session) = self.session() {
            return session.secret.0;
        }
        let token = self.0.form_token.unwrap_or_else(|| {
            *self.0.new_form_token.get_or_init(|| {
                let token = self.0.kit.ctx().random();
                self.set_cookie(Cookie::Form.set(&secret::text(&token), FORM_COOKIE_SECONDS, self.is_secure()));
                token
            })
        });
        self.0.kit.code("form cookie", &[&token])
    }

    /// Adds a header to the answer.
    pub fn add_header(&self, name: HeaderName, value: HeaderValue) {
        self.0.headers.lock().unwrap_or_else(PoisonError::into_inner).push((name, value));
    }
    pub(crate) fn set_cookie(&self, cookie: Option<HeaderValue>) {
        if let Some(cookie) = cookie {
            self.add_header(SET_COOKIE, cookie);
        }
    }

    /// Finds out who came. Done once, by the guard.
    pub(crate) async fn resolve(&self) -> Result<(), Problem> {
        if self.0.session.get().is_some() {
            return Ok(());
        }
        let found = match &self.0.session_token {
            Some(token) => session::resolve(self.0.kit.ctx(), self.0.kit.sessions(), token).await?,
            None => None,
        };
        // Another resolution of the same visit found the same.
        drop(self.0.session.set(found));
        Ok(())
    }
    /// Notes that whoever came used what they asked for: their session's idle time
    /// begins anew. A problem is no use, so that a page which asks by itself for
    /// what is not there keeps nobody signed in.
    pub(crate) async fn used(&self) {
        if let Some(session) = self.session() {
            session::touch(self.0.kit.ctx(), self.0.kit.sessions(), session).await;
        }
    }
    /// Writes the gathered headers. Whoever gets a cookie, or is known, gets an
    /// answer that no cache keeps.
    pub(crate) fn finish(&self, headers: &mut HeaderMap) {
        let gathered = std::mem::take(&mut *self.0.headers.lock().unwrap_or_else(PoisonError::into_inner));
        let personal = self.session().is_some() || gathered.iter().any(|(name, _)| name == SET_COOKIE);
        for (name, value) in gathered {
            headers.append(name, value);
        }
        if personal {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
    pub(crate) fn coding(&self) -> Coding {
        self.0.coding
    }
    pub(crate) fn if_none_match(&self) -> Option<&HeaderValue> {
        self.0.if_none_match.as_ref()
    }
    pub(crate) fn query(&self) -> Option<&str> {
        self.0.query.as_deref()
    }
    pub(crate) fn kit(&self) -> &Kit {
        &self.0.kit
    }
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Visit")
    }
}

fn prefers_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains("json") && !accepted.contains("text/html")
}

/// The last address in `X-Forwarded-For` that is not a proxy of ours; the
/// socket's own when it is not from a proxy of ours.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let addresses = named.iter().rev().map_while(|text| text.parse::<IpAddr>().ok());
    addresses.into_iter().find(|address| !proxies.contains(address)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_proxy_is_believed() {
        let (proxy, stranger): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "203.0.113.9".parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("1.1.1.1, 198.51.100.7, 10.0.0.1"));
        let named: IpAddr = "198.51.100.7".parse().unwrap();
        assert_eq!(client_address(stranger, &headers, &[proxy]), stranger);
        assert_eq!(client_address(proxy, &headers, &[proxy]), named);
        assert_eq!(client_address(proxy, &headers, &[]), proxy);
        headers.append("x-forwarded-for", HeaderValue::from_static("nonsense"));
        assert_eq!(client_address(proxy, &headers, &[proxy]), proxy);
    }

    #[test]
    fn machines_get_json_and_browsers_pages() {
        for (accept, json) in [
            ("application/json", true),
            ("application/problem+json", true),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("*/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(prefers_json(&headers), json, "{accept}");
        }
    }
}
