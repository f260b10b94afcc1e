//! What handlers take as arguments: context, visit, page, token, path, query,
//! JSON. Each refuses with a [`Problem`].

use axum::body::HttpBody as _;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use store::Ctx;

use crate::config::JSON_BYTES_MAX;
use crate::fields::{self, Unknown};
use crate::form::FormToken;
use crate::kit::Kit;
use crate::pace::TooSlow;
use crate::page::Page;
use crate::problem::{Kind, Problem};
use crate::visit::{PeerCertificate, Visit};

/// The visit that the server put into the request.
pub(crate) fn visit(extensions: &http::Extensions) -> Result<Visit, Problem> {
    extensions.get::<Visit>().cloned().ok_or_else(|| Problem::internal("a handler was called without a visit"))
}

/// Reads a body up to a limit. A body that says it is larger is refused unread.
///
/// # Errors
/// Too large, too slow, or broken off.
pub async fn body(request: Request, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut body = request.into_body();
    if body.size_hint().lower() > u64::try_from(bytes_max).unwrap_or(u64::MAX) {
        return Err(Problem::too_large());
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let slow = std::error::Error::source(&error).is_some_and(|cause| cause.is::<TooSlow>());
            Problem::new(if slow { Kind::TooSlow } else { Kind::BadRequest }).because("the body broke off")
        })?;
        if let Ok(data) = frame.into_data() {
            if read.len() + data.len() > bytes_max {
                return Err(Problem::too_large());
            }
            read.extend_from_slice(&data);
        }
    }
    Ok(read.freeze())
}

impl FromRequestParts<Kit> for Visit {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Self, Problem> {
        visit(&parts.extensions)
    }
}

impl FromRequestParts<Kit> for Kit {
    type Rejection = Problem;
    async fn from_request_parts(_parts: &mut Parts, kit: &Kit) -> Result<Self, Problem> {
        Ok(kit.clone())
    }
}

impl FromRequestParts<Kit> for Ctx {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Self, Problem> {
        Ok(visit(&parts.extensions)?.ctx())
    }
}

impl FromRequestParts<Kit> for Page {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Self, Problem> {
        Ok(Self::of(&visit(&parts.extensions)?))
    }
}

impl FromRequestParts<Kit> for FormToken {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Self, Problem> {
        Ok(visit(&parts.extensions)?.form_token())
    }
}

impl FromRequestParts<Kit> for PeerCertificate {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthorised)
    }
}

/// What a system's handlers share, or the server put into the request.
#[derive(Debug, Clone)]
pub struct Extension<T>(pub T);

/// A system's state, shared by all requests: not a copy of it in each.
#[derive(Clone)]
pub(crate) struct State(pub(crate) Arc<http::Extensions>);

fn extension<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Option<Extension<T>> {
    let own = parts.extensions.get::<T>();
    let shared = || parts.extensions.get::<State>().and_then(|state| state.0.get::<T>());
    own.or_else(shared).cloned().map(Extension)
}

impl<T: Clone + Send + Sync + 'static> FromRequestParts<Kit> for Extension<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Self, Problem> {
        let missing = || Problem::internal(format!("a handler has no {}", std::any::type_name::<T>()));
        extension(parts).ok_or_else(missing)
    }
}

impl<T: Clone + Send + Sync + 'static> OptionalFromRequestParts<Kit> for Extension<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Option<Self>, Problem> {
        Ok(extension(parts))
    }
}

/// What stands in the path. A path that does not fit the type is one where
/// nothing is.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Kit> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, kit: &Kit) -> Result<Self, Problem> {
        let found = <axum::extract::Path<T> as FromRequestParts<Kit>>::from_request_parts(parts, kit).await;
        found.map(|path| Self(path.0)).map_err(|_| Problem::not_found())
    }
}

/// What stands in the query. Parameters that the type does not name are
/// dropped, since links carry other people's; a wrong one is a bad request.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Kit> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _kit: &Kit) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let value = fields::parse(query.as_bytes()).and_then(|fields| fields::into(&fields, Unknown::Dropped));
        Ok(Self(value?))
    }
}

/// A JSON body. Give `T` `#[serde(deny_unknown_fields)]`: what an interface
/// does not ask for is not taken.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Kit> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, _kit: &Kit) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
            return Err(Problem::new(Kind::UnsupportedType));
        }
        let body = body(request, JSON_BYTES_MAX).await?;
        let value = serde_json::from_slice(&body).map_err(|error| {
            // Only the place: the words could quote what was sent.
            let place = format!("JSON, line {}, column {}", error.line(), error.column());
            Problem::new(Kind::BadRequest).because(place)
        })?;
        Ok(Self(value))
    }
}

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}
