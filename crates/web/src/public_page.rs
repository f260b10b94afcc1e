//! Pages that are the same for everybody who is not signed in, and documents for
//! machines: rendered and compressed once per version, then a map look-up. Who is signed in gets the
//! same page made for them, since its header greets them. A document that stands
//! until a known instant is answered by the edge alone: no handler is asked.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Body;
use axum::response::Response;
use base::Timestamp;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::compress::{self, Coding};
use crate::config::PUBLIC_PAGES_MAX;
use crate::guard::RouteNumber;
use crate::page::Page;
use crate::problem::Problem;
use crate::secret;
use crate::visit::Visit;

/// A page ready to be sent.
#[derive(Debug)]
struct Ready {
    version: String,
    etag: HeaderValue,
    plain: Bytes,
    gzip: Bytes,
    brotli: Bytes,
}

/// A handler's answer that stands until then, whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Stands {
    ready: Arc<Ready>,
    kind: &'static str,
    until: Timestamp,
}

/// The same as the edge sends it: headers and bytes, by [`Coding::index`].
#[derive(Debug)]
pub(crate) struct Standing {
    until: Timestamp,
    /// Its place in the figures.
    pub(crate) route: Option<RouteNumber>,
    answers: [(HeaderMap, Bytes); 3],
}

impl Standing {
    pub(crate) fn response(&self, coding: Coding) -> Response {
        let (headers, bytes) = &self.answers[coding.index()];
        let mut response = Response::new(Body::from(bytes.clone()));
        response.headers_mut().clone_from(headers);
        response
    }
}

/// Pages by language and path.
#[derive(Debug, Default)]
pub(crate) struct PublicPages {
    ready: RwLock<HashMap<String, Arc<Ready>>>,
    standing: RwLock<HashMap<String, Arc<Standing>>>,
}

impl PublicPages {
    /// What stands at a path now.
    pub(crate) fn standing(&self, path: &str, now: Timestamp) -> Option<Arc<Standing>> {
        let standing = self.standing.read().unwrap_or_else(PoisonError::into_inner);
        standing.get(path).filter(|standing| now < standing.until).cloned()
    }
    /// Keeps what stands at a path. `dress` gives an answer the headers of every answer.
    pub(crate) fn stand(
        &self,
        path: String,
        stands: &Stands,
        route: Option<RouteNumber>,
        dress: impl Fn(&mut HeaderMap),
    ) {
        let answers = [Coding::Identity, Coding::Gzip, Coding::Brotli].map(|coding| {
            let mut headers = HeaderMap::new();
            let bytes = stands.ready.coded(coding, &mut headers, stands.kind, KEPT_BY_ALL);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            dress(&mut headers);
            (headers, bytes)
        });
        let standing = Standing { until: stands.until, route, answers };
        self.standing.write().unwrap_or_else(PoisonError::into_inner).insert(path, Arc::new(standing));
    }
    fn get(&self, key: &str, version: &str) -> Option<Arc<Ready>> {
        let pages = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        pages.get(key).filter(|ready| ready.version == version).cloned()
    }
    fn put(&self, key: String, ready: &Arc<Ready>) {
        let mut pages = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= PUBLIC_PAGES_MAX && !pages.contains_key(&key) {
            pages.clear();
        }
        pages.insert(key, Arc::clone(ready));
    }
}

impl Visit {
    /// Answers with a public page. `version` changes whenever what the page
    /// shows does; `render` may use nothing but its page and what the version
    /// stands for: no query, no cookie, no clock.
    ///
    /// # Errors
    /// The template's.
    pub async fn public_page<F>(&self, version: &str, render: F) -> Result<Response, Problem>
    where
        F: FnOnce(Page) -> Result<String, askama::Error>,
    {
        if self.session().is_some() || self.query().is_some() {
            return Ok(html(Bytes::from(render(Page::of(self))?)));
        }
        let key = format!("{}{}", self.locale().tag(), self.path());
        let ready = self.ready(key, version, || render(Page::of(self))).await?;
        Ok(self.send(&ready, HTML, "private, no-cache"))
    }

    /// Answers with a JSON document that everybody may read and keep for five
    /// minutes. `version` changes whenever what it says does.
    ///
    /// # Errors
    /// [`Problem::internal`] when it cannot be compressed.
    pub async fn public_document(&self, version: &str, write: impl FnOnce() -> String) -> Result<Response, Problem> {
        self.public_text(JSON, version, write).await
    }

    /// The same for one that stands as it is until then, whoever asks: until then
    /// it is sent without asking its handler again.
    ///
    /// # Errors
    /// [`Problem::internal`] when it cannot be compressed.
    pub async fn standing_document(
        &self,
        version: &str,
        until: Timestamp,
        write: impl FnOnce() -> String,
    ) -> Result<Response, Problem> {
        let ready = self.ready(self.path().to_owned(), version, || Ok(write())).await?;
        let mut response = self.send(&ready, JSON, KEPT_BY_ALL);
        response.extensions_mut().insert(Stands { ready, kind: JSON, until });
        Ok(response)
    }

    /// The same for a document of another media type.
    ///
    /// # Errors
    /// [`Problem::internal`] when it cannot be compressed.
    pub async fn public_text(
        &self,
        kind: &'static str,
        version: &str,
        write: impl FnOnce() -> String,
    ) -> Result<Response, Problem> {
        let ready = self.ready(self.path().to_owned(), version, || Ok(write())).await?;
        Ok(self.send(&ready, kind, KEPT_BY_ALL))
    }

    async fn ready(
        &self,
        key: String,
        version: &str,
        write: impl FnOnce() -> Result<String, askama::Error>,
    ) -> Result<Arc<Ready>, Problem> {
        if let Some(ready) = self.kit().pages().get(&key, version) {
            return Ok(ready);
        }
        let ready = Arc::new(prepare(version.to_owned(), Bytes::from(write()?)).await?);
        self.kit().pages().put(key, &ready);
        Ok(ready)
    }

    fn send(&self, ready: &Ready, kind: &'static str, kept: &'static str) -> Response {
        let known = self.if_none_match().is_some_and(|known| known.as_bytes() == ready.etag.as_bytes());
        let mut headers = HeaderMap::new();
        let bytes = ready.coded(self.coding(), &mut headers, kind, kept);
        let mut response = Response::new(if known { Body::empty() } else { Body::from(bytes) });
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            headers.remove(CONTENT_TYPE);
            headers.remove(CONTENT_ENCODING);
        }
        *response.headers_mut() = headers;
        response
    }
}

impl Ready {
    /// Its bytes in a coding, and the headers that say so.
    fn coded(&self, coding: Coding, headers: &mut HeaderMap, kind: &'static str, kept: &'static str) -> Bytes {
        let (name, bytes) = match coding {
            Coding::Brotli => (Some("br"), &self.brotli),
            Coding::Gzip => (Some("gzip"), &self.gzip),
            Coding::Identity => (None, &self.plain),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(name) = name {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        headers.insert(ETAG, self.etag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding, cookie"));
        bytes.clone()
    }
}

const JSON: &str = "application/json";
/// What anybody may keep.
const KEPT_BY_ALL: &str = "public, max-age=300";
const HTML: &str = "text/html; charset=utf-8";

fn html(bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    response
}

/// Compresses as well as it can, once; outside of the threads that serve.
async fn prepare(version: String, plain: Bytes) -> Result<Ready, Problem> {
    let compressed = tokio::task::spawn_blocking(move || {
        let etag = format!("W/\"{}\"", &secret::text(&secret::hash(&plain))[..22]);
        let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("W/\"\""));
        let (gzip, brotli) = (compress::gzip_best(&plain).into(), compress::brotli_best(&plain).into());
        Ready { version, etag, plain, gzip, brotli }
    });
    compressed.await.map_err(|_| Problem::internal("compressing a page failed"))
}
