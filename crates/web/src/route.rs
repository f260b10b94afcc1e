//! One route: method, path, right, states, handler. A route without a right
//! cannot be built, and [`routes_table`] prints what everybody may do.

use std::convert::Infallible;
use std::fmt::{self, Write as _};

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use base::{Actor, Assurance, Role};
use http::Method;

use crate::kit::Kit;
use crate::system::System;

/// Who may call a route. Whether somebody may touch a certain case or bill is
/// the verb's own rule; this is the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Everybody, signed in or not.
    Public,
    /// Whoever has a session, citizen or officer (sign out, choose a language).
    AnySession,
    /// Any citizen account, also one that no counter has seen yet, and whoever
    /// acts for another: the verb asks how far the mandate goes.
    SignedIn,
    /// The same, of at least this assurance.
    Citizen(Assurance),
    /// A citizen who acts for nobody else: what is one's own alone.
    Oneself,
    /// An officer who has one of these roles.
    Officer(&'static [Role]),
    /// Only in a demo; elsewhere the path does not exist.
    Demo,
    /// A machine with a verified client certificate; the handler finds out whose.
    ClientCertificate,
    /// A machine whose credential the handler itself checks; the words say how
    /// (`access token`, `client assertion`). Cookies mean nothing here.
    Credential(&'static str),
    /// Whoever reaches the admin listener, which is bound to loopback.
    Operations,
}

/// What the door says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Come in.
    Allowed,
    /// Nobody is signed in.
    SignInFirst,
    /// Signed in, but the account must be seen at a counter first.
    AssuranceTooLow,
    /// Signed in, and not allowed.
    Refused,
    /// Signed in, and acting for another: not there.
    ActsForAnother,
}

impl Right {
    /// Whether this actor may pass. Demo and certificates are checked where the
    /// request is, see `guard`.
    #[must_use]
    pub fn admits(self, actor: &Actor) -> Verdict {
        let allowed_if = |allowed: bool| match (allowed, actor) {
            (true, _) => Verdict::Allowed,
            (false, Actor::Anonymous) => Verdict::SignInFirst,
            (false, _) => Verdict::Refused,
        };
        match self {
            Self::Public | Self::Demo | Self::ClientCertificate | Self::Credential(_) | Self::Operations => {
                Verdict::Allowed
            }
            Self::AnySession => {
                allowed_if(matches!(actor, Actor::Citizen { .. } | Actor::Agent { .. } | Actor::Officer { .. }))
            }
            Self::SignedIn => allowed_if(matches!(actor, Actor::Citizen { .. } | Actor::Agent { .. })),
            Self::Citizen(least) => match actor {
                Actor::Citizen { assurance, .. } | Actor::Agent { assurance, .. } if *assurance >= least => {
                    Verdict::Allowed
                }
                Actor::Citizen { .. } | Actor::Agent { .. } => Verdict::AssuranceTooLow,
                _ => allowed_if(false),
            },
            Self::Oneself => match actor {
                Actor::Agent { .. } => Verdict::ActsForAnother,
                _ => allowed_if(matches!(actor, Actor::Citizen { .. })),
            },
            Self::Officer(roles) => allowed_if(roles.iter().any(|&role| actor.has_role(role))),
        }
    }

    /// Whether a browser's cookie is what lets one in, so that a forged post
    /// from another site must be refused.
    #[must_use]
    pub const fn uses_cookies(self) -> bool {
        !matches!(self, Self::ClientCertificate | Self::Credential(_) | Self::Operations)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::AnySession => f.write_str("any session"),
            Self::SignedIn => f.write_str("citizen"),
            Self::Citizen(least) => write!(f, "citizen, {} or more", least.as_str()),
            Self::Oneself => f.write_str("citizen, for oneself"),
            Self::Officer(roles) => {
                f.write_str("officer: ")?;
                for (position, role) in roles.iter().enumerate() {
                    write!(f, "{}{}", if position == 0 { "" } else { ", " }, role.as_str())?;
                }
                Ok(())
            }
            Self::Demo => f.write_str("demo only"),
            Self::ClientCertificate => f.write_str("client certificate"),
            Self::Credential(how) => write!(f, "credential: {how}"),
            Self::Operations => f.write_str("operations"),
        }
    }
}

/// Which door a route is behind (DESIGN §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Listener {
    /// Pages and interfaces for everybody.
    #[default]
    Public,
    /// Machines with client certificates.
    Mtls,
    /// Operators, on loopback.
    Admin,
    /// An agency's own information systems calling their security server.
    Exchange,
    /// Security servers calling each other.
    ExchangePeer,
}

impl Listener {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Mtls => "mtls",
            Self::Admin => "admin",
            Self::Exchange => "exchange",
            Self::ExchangePeer => "exchange-peer",
        }
    }
}

/// A method and a path with the right that it needs and the handler behind it.
#[derive(Clone)]
pub struct Route {
    /// `GET`, `POST`, …
    pub method: Method,
    /// Without a language's prefix: `/services/{key}`.
    pub path: &'static str,
    /// Who may call it.
    pub right: Right,
    /// The states in which the accessibility test looks at it.
    pub states: &'static [&'static str],
    /// Where it is served.
    pub listener: Listener,
    /// The OpenAPI operation, for routes under `/api`.
    pub operation: Option<serde_json::Value>,
    /// Assets and machines' routes never look at the session.
    pub session: bool,
    pub(crate) handler: MethodRouter<Kit, Infallible>,
}

impl Route {
    fn new<H, T>(method: Method, filter: MethodFilter, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, Kit>,
        T: 'static,
    {
        let session = right.uses_cookies();
        let handler = on(filter, handler);
        Self { method, path, right, states: &[], listener: Listener::Public, operation: None, session, handler }
    }
    /// A page or a resource to read.
    pub fn get<H: Handler<T, Kit>, T: 'static>(path: &'static str, right: Right, handler: H) -> Self {
        Self::new(Method::GET, MethodFilter::GET, path, right, handler)
    }
    /// An act.
    pub fn post<H: Handler<T, Kit>, T: 'static>(path: &'static str, right: Right, handler: H) -> Self {
        Self::new(Method::POST, MethodFilter::POST, path, right, handler)
    }
    /// A replacement, for interfaces.
    pub fn put<H: Handler<T, Kit>, T: 'static>(path: &'static str, right: Right, handler: H) -> Self {
        Self::new(Method::PUT, MethodFilter::PUT, path, right, handler)
    }
    /// A removal, for interfaces.
    pub fn delete<H: Handler<T, Kit>, T: 'static>(path: &'static str, right: Right, handler: H) -> Self {
        Self::new(Method::DELETE, MethodFilter::DELETE, path, right, handler)
    }
    /// A partial change, for interfaces.
    pub fn patch<H: Handler<T, Kit>, T: 'static>(path: &'static str, right: Right, handler: H) -> Self {
        Self::new(Method::PATCH, MethodFilter::PATCH, path, right, handler)
    }
    /// Names the states in which the accessibility test must see this page:
    /// `ok`, `empty`, `error`, `expired`, `403`, `404`, …
    #[must_use]
    pub fn states(mut self, states: &'static [&'static str]) -> Self {
        self.states = states;
        self
    }
    /// Serves it elsewhere than on the public listener.
    #[must_use]
    pub fn on(mut self, listener: Listener) -> Self {
        self.listener = listener;
        self
    }
    /// Describes it as an OpenAPI 3.1 operation object.
    #[must_use]
    pub fn describe(mut self, operation: serde_json::Value) -> Self {
        self.operation = Some(operation);
        self
    }
    /// Never resolves the session: for assets.
    #[must_use]
    pub fn without_session(mut self) -> Self {
        self.session = false;
        self
    }
    /// Whether this is a page that people see, which must list its states.
    #[must_use]
    pub fn is_page(&self) -> bool {
        self.method == Method::GET
            && self.listener == Listener::Public
            && !self.path.starts_with("/api/")
            && self.session
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({}, {})", self.method, self.path, self.listener.as_str(), self.right)
    }
}

/// Routes × rights, sorted, one line each: what `hukumati routes` prints and
/// what the file of expected rights in the repository is compared with.
#[must_use]
pub fn routes_table(systems: &[System]) -> String {
    let mut lines: Vec<[String; 6]> = systems
        .iter()
        .flat_map(|system| system.routes.iter().map(move |route| (system.name, route)))
        .map(|(system, route)| {
            [
                route.listener.as_str().to_owned(),
                route.path.to_owned(),
                route.method.to_string(),
                route.right.to_string(),
                system.to_owned(),
                route.states.join(" "),
            ]
        })
        .collect();
    lines.sort();
    let mut widths = [0; 6];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.len());
        }
    }
    let mut table = String::new();
    for line in &lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(widths) {
            let _ = write!(row, "{cell:<width$}  ");
        }
        table.push_str(row.trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::id::TypedId;
    use base::{AccountId, Mandate, MandateId, OfficerId, PersonId};

    fn citizen(assurance: Assurance) -> Actor {
        Actor::Citizen { person: PersonId::from_bits(1), account: AccountId::from_bits(2), assurance }
    }

    fn agent(assurance: Assurance) -> Actor {
        let (person, agent, account) = (PersonId::from_bits(1), PersonId::from_bits(5), AccountId::from_bits(2));
        let mandate = Mandate { id: MandateId::from_bits(6), services: None, ceiling_minor: None };
        Actor::Agent { person, agent, account, assurance, mandate }
    }

    fn officer(role: Role) -> Actor {
        Actor::Officer { officer: OfficerId::from_bits(3), unit: "mot.ramallah".to_owned(), roles: vec![role] }
    }

    #[test]
    fn doors_open_for_whom_they_should() {
        use Verdict::{ActsForAnother, Allowed, AssuranceTooLow, Refused, SignInFirst};
        let clerks = Right::Officer(&[Role::Clerk, Role::Supervisor]);
        let substantial = Right::Citizen(Assurance::Substantial);
        let cases = [
            (Right::Public, Actor::Anonymous, Allowed),
            (Right::AnySession, Actor::Anonymous, SignInFirst),
            (Right::AnySession, officer(Role::Auditor), Allowed),
            (Right::SignedIn, Actor::Anonymous, SignInFirst),
            (Right::SignedIn, citizen(Assurance::Low), Allowed),
            (Right::SignedIn, officer(Role::Clerk), Refused),
            (substantial, citizen(Assurance::Low), AssuranceTooLow),
            (substantial, citizen(Assurance::Substantial), Allowed),
            (substantial, citizen(Assurance::High), Allowed),
            (substantial, Actor::Machine("job"), Refused),
            (Right::SignedIn, agent(Assurance::Low), Allowed),
            (Right::AnySession, agent(Assurance::Low), Allowed),
            (substantial, agent(Assurance::Low), AssuranceTooLow),
            (substantial, agent(Assurance::High), Allowed),
            (Right::Oneself, agent(Assurance::High), ActsForAnother),
            (Right::Oneself, citizen(Assurance::Low), Allowed),
            (Right::Oneself, officer(Role::Clerk), Refused),
            (Right::Oneself, Actor::Anonymous, SignInFirst),
            (clerks, agent(Assurance::High), Refused),
            (clerks, Actor::Anonymous, SignInFirst),
            (clerks, citizen(Assurance::High), Refused),
            (clerks, officer(Role::Auditor), Refused),
            (clerks, officer(Role::Supervisor), Allowed),
            (Right::Officer(&[]), officer(Role::Supervisor), Refused),
        ];
        for (right, actor, expected) in cases {
            assert_eq!(right.admits(&actor), expected, "{right} for {actor:?}");
        }
    }

    #[test]
    fn the_table_names_every_route() {
        async fn hello() {}
        let system = System {
            name: "greeting",
            routes: vec![
                Route::post("/b", Right::Officer(&[Role::Clerk]), hello),
                Route::get("/a/{key}", Right::Public, hello).states(&["ok", "404"]),
            ],
            ..System::default()
        };
        let expected = "public  /a/{key}  GET   public          greeting  ok 404\n\
                        public  /b        POST  officer: clerk  greeting\n";
        assert_eq!(routes_table(&[system]), expected);
    }
}
