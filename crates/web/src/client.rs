//! The one door outwards: HTTP to addresses that the configuration names, never
//! to one that a request brought. No redirects, sizes and times limited, and an
//! honest word about whether the other side may have got the message.

use std::time::Duration;

use axum::body::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::outside::{Resolver, is_outside};

/// Longest answer that is read, bytes.
pub const ANSWER_BYTES: usize = 12 << 20;
/// How long a connection may take to come about.
pub const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole call may take unless the caller says otherwise.
pub const CALL: Duration = Duration::from_secs(20);

/// A client with kept connections. Cloning is cheap.
#[derive(Clone)]
pub struct HttpClient {
    inner: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    limit: Duration,
    guarded: bool,
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// Nothing was sent: no connection came about.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    /// The other side may or may not have acted.
    #[error("{0} did not answer: {1}")]
    Lost(String, String),
    /// The request could not be built.
    #[error("not a request: {0}")]
    Malformed(String),
}

impl HttpClient {
    /// For plain HTTP on this machine, and HTTPS with the given trust.
    #[must_use]
    pub fn new(tls: rustls::ClientConfig) -> Self {
        Self::with_resolver(tls, false)
    }

    fn with_resolver(tls: rustls::ClientConfig, guarded: bool) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new(guarded));
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let inner = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .retry_canceled_requests(false)
            .http1_preserve_header_case(true)
            .build(connector);
        Self { inner, limit: CALL, guarded }
    }

    /// For plain HTTP, and HTTPS by the roots that browsers trust.
    ///
    /// # Panics
    /// Never: the default versions fit the provider.
    #[must_use]
    pub fn public() -> Self {
        Self::new(Self::public_roots())
    }

    /// The same for addresses that others named, such as the owners of clients:
    /// it reaches nothing in our own network.
    #[must_use]
    pub fn outside() -> Self {
        Self::with_resolver(Self::public_roots(), true)
    }

    fn public_roots() -> rustls::ClientConfig {
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the default versions fit the provider")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// The same client with another limit for a whole call.
    #[must_use]
    pub fn with_limit(&self, limit: Duration) -> Self {
        Self { inner: self.inner.clone(), limit, guarded: self.guarded }
    }

    /// Sends one request and reads its answer.
    ///
    /// # Errors
    /// See [`ClientError`]; a status of failure is not one.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, ClientError> {
        let (uri, target) = self.target(url)?;
        let mut request = http::Request::new(Full::new(body.into()));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).map_err(|error| ClientError::Malformed(error.to_string()))?;
            let value = HeaderValue::try_from(*value).map_err(|error| ClientError::Malformed(error.to_string()))?;
            request.headers_mut().append(name, value);
        }
        self.in_time(&target, self.exchange(request, &target)).await
    }

    /// Asks without a body and gives the status alone; however long the answer
    /// is, none of it is read.
    ///
    /// # Errors
    /// See [`ClientError`]; a status of failure is not one.
    pub async fn status(&self, method: Method, url: &str) -> Result<StatusCode, ClientError> {
        let (uri, target) = self.target(url)?;
        let mut request = http::Request::new(Full::new(Bytes::new()));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let asked = async { Ok(self.response(request, &target).await?.status()) };
        self.in_time(&target, asked).await
    }

    /// Where an address leads, and its host for messages.
    fn target(&self, url: &str) -> Result<(Uri, String), ClientError> {
        let uri: Uri = url.parse().map_err(|error| ClientError::Malformed(format!("{url}: {error}")))?;
        let target = uri.authority().map_or_else(String::new, ToString::to_string);
        // A host that is written as an address is not looked up.
        let literal = uri.host().and_then(|host| host.trim_matches(['[', ']']).parse().ok());
        if self.guarded && literal.is_some_and(|address| !is_outside(address)) {
            return Err(ClientError::Unreachable(target, "it is in our own network".to_owned()));
        }
        Ok((uri, target))
    }

    async fn in_time<T>(
        &self,
        target: &str,
        asked: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let late = || ClientError::Lost(target.to_owned(), format!("no answer within {} s", self.limit.as_secs()));
        tokio::time::timeout(self.limit, asked).await.unwrap_or_else(|_| Err(late()))
    }

    async fn response(
        &self,
        request: http::Request<Full<Bytes>>,
        target: &str,
    ) -> Result<http::Response<hyper::body::Incoming>, ClientError> {
        self.inner.request(request).await.map_err(|error| {
            let why = source_text(&error);
            if error.is_connect() {
                ClientError::Unreachable(target.to_owned(), why)
            } else {
                ClientError::Lost(target.to_owned(), why)
            }
        })
    }

    async fn exchange(&self, request: http::Request<Full<Bytes>>, target: &str) -> Result<Answer, ClientError> {
        let response = self.response(request, target).await?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| ClientError::Lost(target.to_owned(), error.to_string()))?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }
}

fn source_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
