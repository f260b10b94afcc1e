//! The two doors of a security server: `/r1/…` for its own agency's systems,
//! `/` for other servers.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use seal::digest::{hex, sha256};
use seal::xades::{self, Policy};
use serde_json::json;
use store::Ctx;
use web::visit::PeerCertificate;
use web::{Extension, IntoResponse, Listener, Response, Right, Route};

use super::log::{Place, keep};
use super::message::{BODY_BYTES, Message, Operation, envelope, is_identifier, open_envelope};
use super::{Fault, InForce, Server};
use crate::connector::{Connectors, Said};

pub(crate) fn routes() -> Vec<Route> {
    let ours = Right::Credential("the information system's place in the network");
    vec![
        Route::get("/r1/{*rest}", ours, consume).on(Listener::Exchange).without_session(),
        Route::post("/r1/{*rest}", ours, consume).on(Listener::Exchange),
        Route::post("/", Right::ClientCertificate, provide).on(Listener::ExchangePeer),
    ]
}

/// An error as X-Road's information systems read it.
fn refused(fault: &Fault, ctx: &Ctx) -> Response {
    let detail = base::id::to_text(base::id::mint(ctx.now(), ctx.random()));
    tracing::warn!(code = fault.code, detail, "the exchange refused a message");
    let status =
        if fault.code.starts_with("client.") { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR };
    let body = json!({ "type": fault.code, "message": fault.message, "detail": detail }).to_string();
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Ok(code) = HeaderValue::from_str(&fault.code) {
        response.headers_mut().insert("x-road-error", code);
    }
    response
}

async fn consume(ctx: Ctx, Extension(server): Extension<Arc<Server>>, request: Request) -> Response {
    match server.consume(&ctx, request).await {
        Ok(response) => response,
        Err(fault) => refused(&fault, &ctx),
    }
}

async fn provide(
    ctx: Ctx,
    Extension(server): Extension<Arc<Server>>,
    Extension(peer): Extension<PeerCertificate>,
    request: Request,
) -> Response {
    match server.provide(&ctx, &peer, request).await {
        Ok(response) => response,
        Err(fault) => refused(&fault, &ctx),
    }
}

fn header_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(name).iter().next_back()?.to_str().ok().map(str::to_owned)
}

fn bad(message: impl std::fmt::Display) -> Fault {
    Fault::new("client.bad_request", message)
}

impl Server {
    /// Signs with a fresh answer about our own certificate.
    async fn sign(&self, ctx: &Ctx, configuration: &InForce, message: &Message) -> Result<Vec<u8>, Fault> {
        let ocsp = self.ocsp(ctx, configuration).await?;
        xades::sign(&message.parts(), &*self.keys.sign, &self.keys.sign_certificate, &ocsp, ctx.now())
            .map_err(|error| Fault::new("server.clientproxy.cannot_create_signature", error))
    }

    /// Verifies a message's signature by the server that speaks for a subsystem.
    fn verify(
        ctx: &Ctx,
        configuration: &InForce,
        subsystem: &str,
        message: &Message,
        signature: &[u8],
    ) -> Result<(), String> {
        let server = configuration.server_of(subsystem).ok_or_else(|| format!("nobody speaks for {subsystem}"))?;
        let text = |error: seal::SealError| match error {
            seal::SealError::Revoked => "the certificate was revoked".to_owned(),
            other => other.to_string(),
        };
        let policy = Policy {
            roots: &configuration.roots,
            intermediates: &configuration.intermediates,
            now: ctx.now(),
            ocsp_max_age_seconds: configuration.ocsp_max_age_seconds,
            known: Some(&configuration.known),
        };
        let signed = xades::verify(signature, &message.parts(), &policy).map_err(text)?;
        if hex(&sha256(signed.certificate.der())) == server.sign_sha256 {
            Ok(())
        } else {
            Err("the signature is another server's".to_owned())
        }
    }

    async fn consume(&self, ctx: &Ctx, request: Request) -> Result<Response, Fault> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        let (operation, _) = Operation::of_path(parts.uri.path()).ok_or_else(|| bad("the path names no operation"))?;
        let client = header_of(&parts.headers, "x-road-client").filter(|client| is_identifier(client, 4));
        let client =
            client.ok_or_else(|| Fault::new("client.invalid_client_identifier", "X-Road-Client is missing"))?;
        let configuration = self.current_with(ctx, |kept| kept.server_of(&operation.provider).is_some()).await?;
        let mine = configuration.servers.iter().find(|server| server.code == self.setup.invitation.code);
        if !mine.is_some_and(|server| server.subsystems.contains(&client)) {
            return Err(Fault::new("client.unknown_member", format!("{client} is not registered at this server")));
        }
        let body = web::extract::body(Request::from_parts(parts.clone(), body), BODY_BYTES).await;
        let body = body.map_err(|_| bad("the body is too large"))?.to_vec();
        let request_id = base::id::to_text(base::id::mint(ctx.now(), ctx.random()));
        let given = header_of(&parts.headers, "x-road-id");
        let id = given.clone().unwrap_or_else(|| format!("{}-{request_id}", self.setup.invitation.instance));
        let mut own = vec![("x-road-request-id", request_id.as_str())];
        if given.is_none() {
            own.push(("x-road-id", id.as_str()));
        }
        let asked =
            Message::request(&parts.method, &path, &parts.headers, &own, body).ok_or_else(|| bad("a header"))?;
        let provider = configuration.server_of(&operation.provider);
        let provider = provider.ok_or_else(|| {
            Fault::new("server.clientproxy.unknown_member", format!("nobody speaks for {}", operation.provider))
        })?;
        let signature = self.sign(ctx, &configuration, &asked).await?;
        keep(ctx, Place::ConsumerRequest, &request_id, &id, &asked, &signature).await?;
        let boundary = format!("xtop{request_id}");
        let content_type = format!("multipart/mixed; boundary={boundary}");
        let headers = [
            ("content-type", content_type.as_str()),
            ("x-road-request-id", request_id.as_str()),
            ("x-hash-algorithm", "SHA-512"),
            ("x-road-message-type", "REST"),
            ("x-proxy-version", "7.8.0"),
        ];
        let sent = envelope(&asked, &signature, "request", &boundary);
        let answer = self.peers.send(Method::POST, &format!("{}/", provider.address), &headers, sent).await;
        let answer = answer.map_err(|error| Fault::new("server.clientproxy.network_error", error))?;
        if let Some(code) = header_of(&answer.headers, "x-road-error") {
            let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Err(Fault::new(&code, told["message"].as_str().unwrap_or_default()));
        }
        let kind = header_of(&answer.headers, "content-type").unwrap_or_default();
        let inconsistent = |why: &str| Fault::new("server.clientproxy.inconsistent_response", why);
        let (message, signature) =
            open_envelope(&answer.body, &kind, "response").ok_or_else(|| inconsistent("another shape"))?;
        Self::verify(ctx, &configuration, &operation.provider, &message, &signature)
            .map_err(|why| Fault::new("server.clientproxy.invalid_signature.certificate", why))?;
        for (name, expected) in [
            ("x-road-client", client.as_str()),
            ("x-road-service", operation.full.as_str()),
            ("x-road-id", id.as_str()),
            ("x-road-request-id", request_id.as_str()),
            ("x-road-request-hash", asked.hash().as_str()),
        ] {
            if message.header(name).as_deref() != Some(expected) {
                return Err(inconsistent(name));
            }
        }
        Self::check_schema(&configuration, &operation.full, &message)
            .map_err(|why| inconsistent(&format!("schema: {why}")))?;
        keep(ctx, Place::ConsumerAnswer, &request_id, &id, &message, &signature).await?;
        hand_on(&message).ok_or_else(|| inconsistent("no status"))
    }

    async fn provide(&self, ctx: &Ctx, peer: &PeerCertificate, request: Request) -> Result<Response, Fault> {
        let configuration = self.current_with(ctx, |_| self.pins.know(peer.der())).await?;
        if !self.pins.know(peer.der()) {
            let message = "the configuration does not know this server";
            return Err(Fault::new("server.serverproxy.ssl_authentication_failed", message));
        }
        let kind = header_of(request.headers(), "content-type").unwrap_or_default();
        let body = web::extract::body(request, BODY_BYTES + (1 << 20)).await.map_err(|_| bad("too large"))?;
        let malformed = |why: &str| Fault::new("server.serverproxy.invalid_message", why);
        let (asked, signature) = open_envelope(&body, &kind, "request").ok_or_else(|| malformed("another shape"))?;
        let (method, path) = asked.first_lines().ok_or_else(|| malformed("no first line"))?;
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let (operation, below) = Operation::of_path(bare).ok_or_else(|| malformed("no operation"))?;
        let wanted = |name: &str| asked.header(name).ok_or_else(|| malformed(name));
        let (client, id, request_id) = (wanted("x-road-client")?, wanted("x-road-id")?, wanted("x-road-request-id")?);
        let caller = configuration.server_of(&client);
        if caller.is_none_or(|server| server.tls_sha256 != hex(&sha256(peer.der()))) {
            return Err(Fault::new(
                "server.serverproxy.unknown_member",
                format!("this server does not speak for {client}"),
            ));
        }
        let source = self.source(&operation.full);
        let source = source.ok_or_else(|| Fault::new("server.serverproxy.unknown_service", &operation.full))?;
        if !configuration.allows(&client, &operation.full) {
            let message = format!("no agreement lets {client} call {}", operation.full);
            return Err(Fault::new("server.serverproxy.access_denied", message));
        }
        Self::verify(ctx, &configuration, &client, &asked, &signature)
            .map_err(|why| Fault::new("server.serverproxy.invalid_signature.certificate", why))?;
        keep(ctx, Place::ProviderRequest, &request_id, &id, &asked, &signature).await?;
        let answer = match source {
            Source::Behind(behind) => self.ask_inside(method, behind, &below, query, &asked).await?,
            Source::Here(connectors) => ask_here(connectors, &operation.full, method, &below, query).await?,
        };
        let hash = asked.hash();
        let own = [
            ("x-road-id", id.as_str()),
            ("x-road-client", client.as_str()),
            ("x-road-service", operation.full.as_str()),
            ("x-road-request-id", request_id.as_str()),
            ("x-road-request-hash", hash.as_str()),
        ];
        let message = Message::answer(answer.status, &answer.headers, &own, answer.body.to_vec());
        let message = message.ok_or_else(|| Fault::new("server.serverproxy.service_failed", "a header"))?;
        Self::check_schema(&configuration, &operation.full, &message)
            .map_err(|why| Fault::new("server.serverproxy.service_failed.schema", why))?;
        let signature = self.sign(ctx, &configuration, &message).await?;
        keep(ctx, Place::ProviderAnswer, &request_id, &id, &message, &signature).await?;
        let boundary = format!("xtop{request_id}");
        let content_type = format!("multipart/mixed; boundary={boundary}");
        Ok(([(header::CONTENT_TYPE, content_type)], envelope(&message, &signature, "response", &boundary))
            .into_response())
    }

    /// Who answers an operation.
    fn source(&self, operation: &str) -> Option<Source<'_>> {
        let here = || self.setup.connectors.as_ref().filter(|connectors| connectors.has(operation)).map(Source::Here);
        self.setup.behind.get(operation).map(Source::Behind).or_else(here)
    }

    /// Calls the information system behind an operation.
    async fn ask_inside(
        &self,
        method: &str,
        behind: &super::Behind,
        below: &str,
        query: &str,
        asked: &Message,
    ) -> Result<web::client::Answer, Fault> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| bad("the method"))?;
        let question = if query.is_empty() { String::new() } else { format!("?{query}") };
        let url = format!("{}{below}{question}", behind.url);
        let headers = asked.headers();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body = asked.body.clone().unwrap_or_default();
        let answer = self.inside.send(method, &url, &headers, body).await;
        let answer = answer.map_err(|error| Fault::new("server.serverproxy.service_failed.network_error", error))?;
        if answer.status.is_server_error() {
            let message = format!("the system behind answered {}", answer.status);
            return Err(Fault::new("server.serverproxy.service_failed.http_error", message));
        }
        Ok(answer)
    }

    /// A successful answer must be what the framework's schema says.
    fn check_schema(configuration: &InForce, operation: &str, message: &Message) -> Result<(), String> {
        let success = message.first_lines().is_some_and(|(status, _)| status.starts_with('2'));
        let Some(schema) = configuration.schemas.get(operation).filter(|_| success) else { return Ok(()) };
        let body = message.body.as_deref().unwrap_or_default();
        let body: serde_json::Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        // The place of the fault is told, never the value: it is somebody's data.
        schema.validate(&body).map_err(|error| format!("at {}", error.instance_path()))
    }
}

/// Who answers an operation.
enum Source<'s> {
    /// A system of the agency.
    Behind(&'s super::Behind),
    /// This server, from the operation's own file.
    Here(&'s Arc<Connectors>),
}

/// Answers from an operation's own file, as a system behind it would.
async fn ask_here(
    connectors: &Connectors,
    operation: &str,
    method: &str,
    below: &str,
    query: &str,
) -> Result<web::client::Answer, Fault> {
    let say = |status: StatusCode, body: Vec<u8>| {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        web::client::Answer { status, headers, body: body.into() }
    };
    let told = |status: StatusCode, title: &str| say(status, json!({ "title": title }).to_string().into_bytes());
    if method != "GET" || !below.is_empty() {
        return Ok(told(StatusCode::METHOD_NOT_ALLOWED, "this operation is asked with GET, at its own address"));
    }
    match connectors.answer(operation, query).await {
        None => Err(Fault::new("server.serverproxy.unknown_service", operation)),
        Some(Ok(Said::Found(body))) => Ok(say(StatusCode::OK, body)),
        Some(Ok(Said::Nobody)) => Ok(told(StatusCode::NOT_FOUND, "nothing is registered under that")),
        Some(Ok(Said::Malformed(why))) => Ok(told(StatusCode::BAD_REQUEST, &why)),
        Some(Err(unable)) => {
            // For the owner: where to look and what to do, and nothing that a register holds.
            tracing::error!(operation, code = unable.code, finding = %unable.finding, "a connector cannot answer");
            Err(Fault::new(&format!("server.serverproxy.service_failed.{}", unable.code), &unable.finding))
        }
    }
}

/// The answer as the information system gets it.
fn hand_on(message: &Message) -> Option<Response> {
    let (status, _) = message.first_lines()?;
    let status = StatusCode::from_bytes(status.as_bytes()).ok()?;
    let mut response = (status, message.body.clone().unwrap_or_default()).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in message.headers() {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        response.headers_mut().insert(name, value);
    }
    Some(response)
}
