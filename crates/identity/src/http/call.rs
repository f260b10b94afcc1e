//! The frame of every endpoint that clients call themselves: reads the form,
//! finds out who calls and which key or certificate they hold, and tells errors
//! as RFC 6749 §5.2 does. A client is remembered from call to call; one that was
//! changed meanwhile has its call judged once more, as it is now.

use openid::credential::{self, ASSERTION_TYPE, Credential};
use openid::oauth::{FORM_BYTES, OauthError, Parameters};
use openid::{Binding, Preset, dpop};
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use store::Ctx;
use web::visit::PeerCertificate;
use web::{IntoResponse, Response};

use crate::Identity;
use crate::client::{self, Proven};

/// A call, read and proven.
pub(super) struct Call {
    pub(super) parameters: Arc<Parameters>,
    pub(super) proven: Proven,
}

/// Answers a call to `/oauth2/{path}`: `act` is reached by a client that has
/// shown who it is, and what it refuses is told as the others' refusals are.
/// Every answer to a call with a proof, or of a client that needs one, brings the
/// next nonce (RFC 9449 §8.2).
pub(super) async fn answer<F>(
    ctx: &Ctx,
    identity: &Identity,
    path: &str,
    request: Request,
    act: impl Fn(Call) -> F,
) -> Response
where
    F: Future<Output = Result<Response, OauthError>>,
{
    let (parts, body) = request.into_parts();
    let certificate = parts.extensions.get::<PeerCertificate>().map(thumbprint);
    let headers = parts.headers;
    let parameters = match parameters(Request::new(body)).await {
        Ok(parameters) => Arc::new(parameters),
        Err(response) => return response,
    };
    let caller = Caller { path, headers: &headers, certificate: certificate.as_ref() };
    let answered = match credential(&headers, &parameters, certificate.as_ref()) {
        Ok(shown) => {
            let first = caller.judged(ctx, identity, &shown, &parameters, &act).await;
            // Nothing was taken of a call whose client was changed.
            if first.is_err() && identity.clients.is_old(ctx, &shown.0).await.unwrap_or(false) {
                caller.judged(ctx, identity, &shown, &parameters, &act).await
            } else {
                first
            }
        }
        Err(error) => Err(error),
    };
    let needs_proof = headers.contains_key(dpop::HEADER) || answered.as_ref().map_or(true, |(_, bound)| *bound);
    let mut response = answered.map_or_else(|error| refusal(&headers, error), |(response, _)| response);
    if needs_proof {
        dpop::put_nonce(ctx, response.headers_mut());
    }
    response
}

/// Who calls, and where.
struct Caller<'a> {
    path: &'a str,
    headers: &'a HeaderMap,
    certificate: Option<&'a String>,
}

/// The parameters of a form.
async fn parameters(request: Request) -> Result<Parameters, Response> {
    let body = web::extract::body(request, FORM_BYTES).await.map_err(|problem| {
        let mut response = OauthError::new("invalid_request", "the body is too large or broke off").into_response();
        *response.status_mut() = problem.status();
        response
    })?;
    Parameters::parse(&body).map_err(OauthError::into_response)
}

/// A certificate as tokens name it (RFC 8705 §3.1).
pub(super) fn thumbprint(certificate: &PeerCertificate) -> String {
    seal::digest::base64url(&seal::digest::sha256(certificate.der()))
}

/// An error of a call. Who tried a name and a secret is told so by its header
/// (RFC 6749 §5.2).
fn refusal(headers: &HeaderMap, error: OauthError) -> Response {
    let basic = error.code == "invalid_client" && headers.contains_key(header::AUTHORIZATION);
    let mut response = error.into_response();
    if basic {
        let challenge = HeaderValue::from_static("Basic realm=\"oauth2\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

impl Caller<'_> {
    /// What a call comes to, and whether its client's tokens must be bound to a key.
    async fn judged<F>(
        &self,
        ctx: &Ctx,
        identity: &Identity,
        (id, credential): &(String, Credential),
        parameters: &Arc<Parameters>,
        act: &impl Fn(Call) -> F,
    ) -> Result<(Response, bool), OauthError>
    where
        F: Future<Output = Result<Response, OauthError>>,
    {
        let proven = self.prove(ctx, identity, id, credential).await?;
        let bound = proven.client.policy.preset == Preset::Fapi2;
        Ok((act(Call { parameters: Arc::clone(parameters), proven }).await?, bound))
    }

    async fn prove(
        &self,
        ctx: &Ctx,
        identity: &Identity,
        id: &str,
        credential: &Credential,
    ) -> Result<Proven, OauthError> {
        let known = identity.clients.find(ctx, id).await?;
        let issuer = &identity.config.issuer;
        let names = [issuer.clone(), format!("{issuer}/oauth2/token"), format!("{issuer}/oauth2/par")];
        let mut proven = client::verify(known, credential, &names, ctx.now())?;
        proven.binding = self.certificate.cloned().map(Binding::Certificate);
        if self.headers.contains_key(dpop::HEADER) {
            let address = format!("{}/oauth2/{}", identity.config.origin_for(self.certificate), self.path);
            if let Some(proof) = dpop::read(ctx, self.headers, "POST", &address, None)? {
                proven.binding = Some(proof.binding);
                proven.once.push(proof.once);
            }
        }
        Ok(proven)
    }
}

/// Who claims to call, and what they show for it.
fn credential(
    headers: &HeaderMap,
    parameters: &Parameters,
    certificate: Option<&String>,
) -> Result<(String, Credential), OauthError> {
    let refused = |why: &str| OauthError::new("invalid_client", why);
    let id = parameters.get("client_id");
    if let Some(assertion) = parameters.get("client_assertion") {
        if parameters.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(refused("client_assertion_type must be the one of RFC 7523"));
        }
        return Ok((credential::claimed(assertion, id)?, Credential::Assertion(assertion.to_owned())));
    }
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (name, secret) =
            basic(value).ok_or_else(|| refused("Authorization is not Basic with a name and a secret"))?;
        if id.is_some_and(|id| id != name) {
            return Err(refused("client_id is not the name in Authorization"));
        }
        return Ok((name, Credential::Secret(secret)));
    }
    match (id, parameters.get("client_secret"), certificate) {
        (Some(id), Some(secret), _) => Ok((id.to_owned(), Credential::Secret(secret.to_owned()))),
        (Some(id), None, Some(certificate)) => Ok((id.to_owned(), Credential::Certificate(certificate.clone()))),
        _ => Err(refused("authenticate with client_assertion, a private_key_jwt (RFC 7523)")),
    }
}

/// Name and secret, each form-encoded before (RFC 6749 §2.3.1).
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    let bytes = scheme.eq_ignore_ascii_case("basic").then(|| seal::digest::from_base64(encoded.trim()).ok())??;
    let text = String::from_utf8(bytes).ok()?;
    let (name, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        let fields = web::fields::parse(format!("v={text}").as_bytes()).ok()?;
        fields.into_iter().next().map(|(_, value)| value)
    };
    Some((plain(name)?, plain(secret)?))
}
