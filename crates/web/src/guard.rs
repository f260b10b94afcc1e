//! The door of a route: resolves who came, refuses forged posts, asks the
//! route's right, keeps forms of people who must sign in again, and tells the
//! figures which route it was.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{HOST, HeaderMap, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method};

use crate::kit::Kit;
use crate::problem::{Kind, Problem};
use crate::return_path::ReturnPath;
use crate::route::{Listener, Right, Verdict};
use crate::visit::{PeerCertificate, Visit};
use crate::{extract, kept};

/// What the guard of a route knows.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) kit: Kit,
    pub(crate) right: Right,
    pub(crate) session: bool,
    pub(crate) route: RouteNumber,
}

/// A route's place in the figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteNumber(pub(crate) usize);

pub(crate) async fn guard(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let admitted = admit(&door, &parts).await;
    let request = Request::from_parts(parts, body);
    let mut response = match admitted {
        Ok(Entry::Open) => next.run(request).await,
        Ok(Entry::SignIn(visit)) => to_sign_in(&door, &visit, &visit.path_and_query()),
        Ok(Entry::Late(visit)) => match kept::keep(&visit, request).await {
            Ok(Some(path)) => to_sign_in(&door, &visit, &path),
            Ok(None) => Problem::sign_in_first().into_response(),
            Err(problem) => problem.into_response(),
        },
        Err(problem) => problem.into_response(),
    };
    response.extensions_mut().insert(door.route);
    response
}

/// What a door does with a request that it does not refuse.
enum Entry {
    /// It goes on.
    Open,
    /// Its person signs in first.
    SignIn(Visit),
    /// A form whose person is not signed in, or not any more.
    Late(Visit),
}

async fn admit(door: &Door, request: &Parts) -> Result<Entry, Problem> {
    let visit = extract::visit(&request.extensions)?;
    if door.right == Right::Demo && !visit.is_demo() {
        return Err(Problem::not_found());
    }
    if door.right == Right::ClientCertificate {
        let shown = request.extensions.get::<PeerCertificate>().ok_or_else(Problem::unauthorised)?;
        if door.kit.config().is_personal(shown.der()) {
            return Err(Problem::forbidden().because("a person's certificate at a door for machines"));
        }
    }
    let acts = ![Method::GET, Method::HEAD].contains(&request.method);
    if acts && door.right.uses_cookies() && !is_from_our_page(&request.headers) {
        return Err(Problem::forbidden().because("sent by a page of another site"));
    }
    if door.session {
        let resolved = visit.resolve().await;
        // What everybody may see is seen also when sessions cannot be read.
        if door.right != Right::Public {
            resolved?;
        }
    }
    match door.right.admits(&visit.actor()) {
        Verdict::Allowed => Ok(Entry::Open),
        Verdict::Refused => Err(Problem::forbidden()),
        Verdict::AssuranceTooLow => Err(Problem::new(Kind::AssuranceTooLow)),
        Verdict::ActsForAnother => Err(Problem::acts_for_another(visit.locale())),
        Verdict::SignInFirst if visit.wants_json() || visit.listener() != Listener::Public => {
            Err(Problem::sign_in_first())
        }
        Verdict::SignInFirst if acts => Ok(Entry::Late(visit)),
        Verdict::SignInFirst => Ok(Entry::SignIn(visit)),
    }
}

fn to_sign_in(door: &Door, visit: &Visit, back: &str) -> Response {
    let config = door.kit.config();
    let path = match door.right {
        Right::Officer(_) => &config.desk_sign_in_path,
        _ => &config.sign_in_path,
    };
    let back = ReturnPath::or_home(Some(&visit.localised(back)));
    Redirect::to(&format!("{}?return={}", visit.localised(path), back.encoded())).into_response()
}

/// Whether a browser says that a page of this very origin sent the request.
/// One that says nothing is no browser, or too old to be asked: its form's
/// token decides alone.
fn is_from_our_page(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN).map(HeaderValue::as_bytes) else { return true };
    let host = headers.get(HOST).map_or(&b""[..], HeaderValue::as_bytes);
    // The host was checked against our own list; either scheme may stand before it.
    [&b"https://"[..], b"http://"].iter().any(|scheme| origin.strip_prefix(*scheme) == Some(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_of_other_sites_are_known() {
        for (site, origin, ours) in [
            (Some("same-origin"), None, true),
            (Some("same-site"), None, false),
            (Some("cross-site"), Some("http://localhost:8080"), false),
            (Some("none"), None, true),
            (None, Some("http://localhost:8080"), true),
            (None, Some("https://localhost:8080"), true),
            (None, Some("http://localhost:8081"), false),
            (None, Some("null"), false),
            (None, None, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("localhost:8080"));
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_from_our_page(&headers), ours, "{site:?} {origin:?}");
        }
    }
}
