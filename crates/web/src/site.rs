//! Puts systems together into something that answers requests: one router for
//! each listener, over one kit.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use bytes::Bytes;
use store::Ctx;

use crate::config::Config;
use crate::extract::State;
use crate::figures::Figures;
use crate::guard::{Door, RouteNumber, guard};
use crate::headers::Policy;
use crate::kit::{Check, Inner, Kit};
use crate::openapi;
use crate::problem::{Kind, Problem};
use crate::public_page::PublicPages;
use crate::route::{Listener, Route};
use crate::session::SessionCache;
use crate::system::System;

/// Why a site cannot be put together: one sentence each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct SiteError(pub Vec<String>);

/// Everything that answers requests. Cloning is cheap.
#[derive(Clone)]
pub struct Site {
    pub(crate) kit: Kit,
    pub(crate) routers: Arc<BTreeMap<Listener, Router>>,
}

impl Site {
    /// Puts the routes of these systems behind their doors. `ctx` is nobody's:
    /// its clock, entropy and database serve everybody.
    ///
    /// # Errors
    /// Faults of the configuration, and routes that are there twice.
    pub fn new(config: Config, ctx: Ctx, systems: &[System], checks: Vec<Check>) -> Result<Self, SiteError> {
        let routes: Vec<(&System, &Route)> =
            systems.iter().flat_map(|system| system.routes.iter().map(move |route| (system, route))).collect();
        let mut faults = config.faults();
        let mut seen = HashSet::new();
        for (_, route) in &routes {
            if !seen.insert((route.listener, route.path, route.method.clone())) {
                faults.push(format!("two routes for {} {} on {}", route.method, route.path, route.listener.as_str()));
            }
        }
        if !faults.is_empty() {
            return Err(SiteError(faults));
        }
        let document = openapi::document(&config.origin, routes.iter().map(|(_, route)| *route));
        let names = routes
            .iter()
            .map(|(_, route)| [route.listener.as_str().to_owned(), route.method.to_string(), route.path.to_owned()]);
        let mut secret = [0; 32];
        // The blind index is HMAC-SHA-256 under the key file.
        secret.copy_from_slice(&crate::secret::hash(&ctx.db.blind("web.secret", "forms")));
        let kit = Kit::new(Inner {
            policy: Policy::new(&config),
            openapi: Bytes::from(document.to_string()),
            figures: Figures::new(names.collect()),
            sessions: SessionCache::default(),
            pages: PublicPages::default(),
            secret,
            config,
            ctx,
            checks,
        });
        let routers = Arc::new(routers(&kit, &routes));
        Ok(Self { kit, routers })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.kit.config()
    }
}

fn routers(kit: &Kit, routes: &[(&System, &Route)]) -> BTreeMap<Listener, Router> {
    let mut routers: BTreeMap<Listener, Router<Kit>> = BTreeMap::new();
    for (number, (system, route)) in routes.iter().enumerate() {
        let door = Door { kit: kit.clone(), right: route.right, session: route.session, route: RouteNumber(number) };
        let (state, live) = (State(Arc::new(system.state.clone())), system.live.clone());
        let handler = route
            .handler
            .clone()
            .layer(tower::util::MapRequestLayer::new(move |mut request: axum::extract::Request| {
                request.extensions_mut().insert(state.clone());
                live.iter().for_each(|now| now(request.extensions_mut()));
                request
            }))
            .route_layer(from_fn_with_state(door, guard));
        let router = routers.remove(&route.listener).unwrap_or_default();
        routers.insert(route.listener, router.route(route.path, handler));
    }
    routers
        .into_iter()
        .map(|(listener, router)| {
            let router = router
                .fallback(|| async { Problem::not_found() })
                .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) });
            (listener, router.with_state(kit.clone()))
        })
        .collect()
}
