//! A security server: alone at an agency (`serve --only exchange`), or in the
//! demo's process with a folder and keys of its own.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use base::{Locale, SystemClock};
use exchange::connector::{Connectors, Places, WhenSaved};
use exchange::server::enrol::Invitation;
use exchange::server::{self, Behind, Server, Setup};
use serde::{Deserialize, Serialize};
use store::{Db, Schema};
use tokio::task::JoinHandle;
use web::serve::{Bound, Stop, serve};
use web::{Listener, Site};

use crate::cli::{ServeOptions, print};
use crate::config::Config;
use crate::folder::{self, Holds, Purpose};
use crate::serve::{context, listen, start_background, wait_for_signal};
use crate::unit;

/// The name of the role that serves a security server alone.
pub(crate) const ROLE: &str = "exchange";

/// `[security-server]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    /// The file that the central authority gave.
    pub(crate) invitation: PathBuf,
    /// Where other servers reach it; the address it listens on without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// The folder of operations that this server answers itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operations: Option<PathBuf>,
    /// The folder of the registers' files; beside their operations without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) registers: Option<PathBuf>,
    /// Operations and the systems behind them.
    #[serde(default)]
    pub(crate) behind: HashMap<String, String>,
    /// Databases by the names that operations call them: files that hold an
    /// address each, because an address may hold a password.
    #[serde(default)]
    pub(crate) databases: BTreeMap<String, PathBuf>,
}

impl Settings {
    /// Where its own operations and their registers are, if it has any.
    pub(crate) fn places(&self) -> Option<Places> {
        let operations = self.operations.clone()?;
        Some(Places { operations, registers: self.registers.clone(), databases: self.databases.clone() })
    }
}

/// The operations that a server answers itself. A saved file is taken at the
/// next call in a demo, and else at the next start.
pub(crate) fn connectors(places: Option<Places>, purpose: Purpose) -> Result<Option<Arc<Connectors>>> {
    let Some(places) = places else { return Ok(None) };
    let when_saved = if purpose == Purpose::Demo { WhenSaved::AtOnce } else { WhenSaved::AtStart };
    let folder = places.operations.clone();
    let opened = Connectors::open(places, when_saved);
    let opened = opened.with_context(|| format!("the operations in {} cannot be read", folder.display()))?;
    Ok(Some(Arc::new(opened)))
}

/// The addresses of a server that are ours already.
pub(crate) struct Doors {
    /// For its agency's own systems.
    pub(crate) inner: Option<Bound>,
    /// For other servers.
    pub(crate) outer: Option<Bound>,
    /// For operators.
    pub(crate) admin: Option<Bound>,
}

/// The tables of a security server's own database.
pub(crate) fn schemas() -> [Schema; 2] {
    let web_tables = web::admin::system();
    [Schema { system: web_tables.name, migrations: web_tables.migrations }, server::SCHEMA]
}

/// Starts a server; whatever runs ends with the returned tasks.
pub(crate) async fn start(db: Db, setup: Setup, doors: Doors, stop: &Stop) -> Result<Vec<JoinHandle<()>>> {
    let ctx = context(db, Locale::EN);
    let code = setup.invitation.code.clone();
    let server = Server::open(&ctx, setup).await.map_err(|fault| anyhow!("security server {code}: {fault}"))?;
    let server = Arc::new(server);
    let systems = vec![web::admin::system(), server::system(&server)];
    let site = Site::new(web::Config::default(), ctx.clone(), &systems, Vec::new())?;
    listen(&ctx, &systems);
    let mut tasks = start_background(&ctx, &systems);
    let db = ctx.db.clone();
    tasks.push(tokio::spawn(async move {
        let reason = db.fatal().await;
        tracing::error!(%reason, "the log of messages can no longer be trusted; ending at once");
        std::process::abort();
    }));
    let mut open = |listener, door: Option<Bound>, tls| {
        if let Some(door) = door {
            tasks.push(tokio::spawn(serve(site.clone(), listener, door, tls, stop.clone())));
        }
    };
    if doors.outer.is_some() {
        let tls =
            server.tls(base::Clock::now(&SystemClock)).map_err(|fault| anyhow!("security server {code}: {fault}"))?;
        open(Listener::ExchangePeer, doors.outer, Some(tls));
    }
    open(Listener::Exchange, doors.inner, None);
    open(Listener::Admin, doors.admin, None);
    Ok(tasks)
}

/// Serves a security server and nothing else.
pub(crate) async fn run_alone(options: &ServeOptions, config: &Config) -> Result<ExitCode> {
    let Some(settings) = &config.security_server else {
        bail!(
            "a security server needs [security-server] in its configuration, with the invitation of the central authority"
        );
    };
    let text = std::fs::read_to_string(&settings.invitation)
        .with_context(|| format!("{} cannot be read", settings.invitation.display()))?;
    let invitation: Invitation = serde_json::from_str(&text)
        .with_context(|| format!("{} is not an invitation", settings.invitation.display()))?;
    let doors = Doors {
        inner: Some(Bound::new(options.exchange_listen)?),
        outer: Some(Bound::new(options.peer_listen)?),
        admin: Some(Bound::new(options.admin_listen)?),
    };
    let address = |door: &Option<Bound>| door.as_ref().map(Bound::address).map_or(String::new(), |at| at.to_string());
    let (inner, outer) = (address(&doors.inner), address(&doors.outer));
    let purpose = if options.demo { Purpose::Demo } else { Purpose::Production };
    let opened = folder::open(&options.place, purpose, Holds::SecurityServer, &schemas())?;
    let behind = settings.behind.iter().map(|(operation, url)| (operation.clone(), Behind { url: url.clone() }));
    let setup = Setup {
        address: settings.address.clone().unwrap_or_else(|| format!("https://{outer}")),
        behind: behind.collect(),
        connectors: connectors(settings.places(), purpose)?,
        invitation,
    };
    let code = setup.invitation.code.clone();
    let stop = Stop::new();
    let tasks = start(opened.db, setup, doors, &stop).await?;
    print(&format!(
        "Security server {code}: systems of the agency at http://{inner}, other servers at https://{outer}"
    ));
    unit::tell_ready();
    wait_for_signal().await?;
    stop.send();
    tasks.into_iter().for_each(|task| task.abort());
    Ok(ExitCode::SUCCESS)
}
