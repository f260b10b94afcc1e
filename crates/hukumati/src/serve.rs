//! Serving: one process, the chosen systems, their listeners, jobs and queues.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base::{Actor, Locale, OsEntropy, SystemClock};
use store::{Ctx, Db};
use web::serve::{Bound, Stop, serve};
use web::{Listener, Site, System};

use crate::cli::{ServeOptions, print};
use crate::config::Config;
use crate::editions::{self, Source};
use crate::folder::{self, Holds, Purpose};
use crate::house::{House, Opened};
use crate::mtls::Mtls;
use crate::outside::Outside;
use crate::{config, personal, security_server, systems, unit};

/// How long answers under way may take after the database can no longer be
/// trusted: long enough to tell people that their outcome is unknown.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Serves until it is told to stop.
pub(crate) fn run(options: &ServeOptions) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    runtime.block_on(run_in(options))
}

async fn run_in(options: &ServeOptions) -> Result<ExitCode> {
    let mut config = config::load(options.config.as_deref())?;
    let purpose = if options.demo { Purpose::Demo } else { Purpose::Production };
    if options.only == [security_server::ROLE] {
        return security_server::run_alone(options, &config).await;
    }
    check_exposure(&config.web, options)?;
    // A fault of a folder is told before anything is made.
    let source = Source::new(options.services.clone(), options.demo, &options.place.data);
    let saved = source.saved()?;
    // Addresses first: a busy port must not leave a half-made folder behind.
    let public = Bound::new(options.listen)?;
    let admin = Bound::new(options.admin_listen)?;
    let mut outside = Outside::bind(options)?;
    let configured = machines(&config, options)?;
    config.web.demo = options.demo;
    if !config.names_origin {
        // The port may have been left to the system.
        config.web.origin = format!("http://localhost:{}", public.address().port());
    }
    config.identity.issuer.clone_from(&config.web.origin);
    let reach = format!("http://127.0.0.1:{}", public.address().port());
    if config.identity.reach.is_empty() {
        config.identity.reach.clone_from(&reach);
    }
    let known = systems::for_tables()?;
    check_roles(&known, &options.only)?;
    let schemas = systems::schemas(&known);
    let opened = folder::open(&options.place, purpose, Holds::Portal, &schemas)?;
    let ctx = context(opened.db.clone(), Locale::AR);
    audit::begin_after_restore(&ctx, &opened.log).await.context("the transparency log")?;
    let catalogue = source.edition(&ctx, saved).await?;
    outside.configure(&mut config, &reach);
    config.identity.calls = config.notify.voice_url.is_some();
    let house = House::open(&ctx, &config, &catalogue, &options.services, &reach).await?;
    let people = Some(house.authority.persons()).filter(|_| !config.identity.certificates.is_empty());
    config.web.people = Some(personal::issuer(house.authority.persons())?);
    let added = outside.prepare(&ctx, &config, &house, &catalogue, &reach).await?;
    let registered = configured.as_ref().map(|(_, mtls)| mtls.collectors()).transpose()?;
    let configured = configured.map(|(bound, mtls)| Ok::<_, anyhow::Error>((bound, mtls.server(people)?)));
    let mtls = configured.transpose()?.or(added.mtls);
    let mut systems = systems::all(&config, opened.log, &house, (added.bank, registered.unwrap_or(added.collectors)));
    systems.extend(added.systems);
    // Whoever listens to an event may live in another process.
    listen(&ctx, &systems);
    let systems = chosen(systems, &options.only);
    let site = Site::new(config.web.clone(), ctx.clone(), &systems, house.checks())?;
    let stop = Stop::new();
    let mut running = tokio::task::JoinSet::new();
    let (public_address, admin_address) = (public.address(), admin.address());
    running.spawn(serve(site.clone(), Listener::Public, public, None, stop.clone()));
    running.spawn(serve(site.clone(), Listener::Admin, admin, None, stop.clone()));
    let machines = mtls.as_ref().map(|(bound, _)| bound.address());
    if let Some((bound, tls)) = mtls {
        running.spawn(serve(site.clone(), Listener::Mtls, bound, Some(tls), stop.clone()));
    }
    let mut background = start_background(&ctx, &systems);
    let (editions, documents) = (Arc::clone(&house.editions), Arc::clone(&house.documents));
    background.push(tokio::spawn(editions::follow(ctx.as_machine("editions"), source, editions, documents)));
    let started = Opened {
        ctx: &ctx,
        config: &config,
        house: &house,
        catalogue: &catalogue,
        place: &options.place,
        operations: options.services.join("operations"),
        reach: &reach,
        stop: &stop,
    };
    background.extend(outside.start(&started).await?);
    announce(options, public_address.port(), admin_address.port(), machines);
    unit::tell_ready();
    until_stopped(&ctx, &stop, &mut running).await?;
    stop.send();
    while running.join_next().await.is_some() {}
    background.into_iter().for_each(|task| task.abort());
    Ok(ExitCode::SUCCESS)
}

/// Waits for the signal to stop. A database that can no longer be trusted ends the
/// process at once: it is restarted by its unit, and the keys tell what was kept.
async fn until_stopped(ctx: &Ctx, stop: &Stop, running: &mut tokio::task::JoinSet<()>) -> Result<()> {
    tokio::select! {
        ended = wait_for_signal() => ended?,
        reason = ctx.db.fatal() => {
            tracing::error!(%reason, "the database can no longer be trusted; ending at once");
            stop.send();
            // Answers say "unknown"; what is on the disk is known after a restart.
            let drained = async { while running.join_next().await.is_some() {} };
            if tokio::time::timeout(LAST_WORDS, drained).await.is_err() {
                tracing::warn!("some answers were cut off");
            }
            std::process::abort();
        }
    }
    Ok(())
}

/// A process's own context: the machine's clock and randomness, nobody acting.
pub(crate) fn context(db: Db, locale: Locale) -> Ctx {
    Ctx { db, clock: Arc::new(SystemClock), entropy: Arc::new(OsEntropy), actor: Actor::Anonymous, locale }
}

/// Identity and money do not travel in the clear: beyond this machine the portal
/// stands behind a proxy that speaks HTTPS, and knows it.
fn check_exposure(web: &web::Config, options: &ServeOptions) -> Result<()> {
    let here = options.listen.ip().is_loopback();
    if options.demo {
        return if here { Ok(()) } else { bail!("the demo is for this machine alone: listen on 127.0.0.1") };
    }
    let own = ["http://localhost", "http://127.0.0.1"].iter().any(|own| web.origin.starts_with(own));
    if here && own {
        return Ok(());
    }
    if !web.is_secure() {
        bail!(
            "people would reach {} in the clear; set [web] origin to the https:// address of the proxy before it",
            web.origin
        );
    }
    if web.trusted_proxies.is_empty() {
        bail!("the portal speaks plain HTTP on {}; name the proxy before it in [web] trusted_proxies", options.listen);
    }
    Ok(())
}

/// The address of the configured listener for certificates. Files that do not fit
/// are told before anything is made, and so is an address that leads to no listener.
fn machines(config: &Config, options: &ServeOptions) -> Result<Option<(Bound, Mtls)>> {
    let origin = &config.identity.certificates;
    let host = origin.strip_prefix("https://").unwrap_or_default();
    if !origin.is_empty() && (host.is_empty() || host.contains(['/', '?', '#', '@', ' '])) {
        bail!("[identity] certificates is “{origin}”; write https://host or https://host:port");
    }
    let Some(mtls) = &config.mtls else {
        if !origin.is_empty() && serves(&options.only, "identity") {
            bail!("[identity] certificates leads to {origin}; say in [mtls] with what that listener is served");
        }
        return Ok(None);
    };
    mtls.server(None)?;
    mtls.collectors()?;
    Ok(Some((Bound::new(options.mtls_listen)?, mtls.clone())))
}

/// A wrong name must not leave a half-made folder behind.
fn check_roles(known: &[System], only: &[String]) -> Result<()> {
    for name in only {
        if !known.iter().any(|system| system.name == name) {
            let known: Vec<&str> = known.iter().map(|system| system.name).collect();
            bail!("no system is named {name}; there are {}", known.join(", "));
        }
    }
    Ok(())
}

fn chosen(systems: Vec<System>, only: &[String]) -> Vec<System> {
    // The kit's own tables and the admin pages belong to every role.
    systems.into_iter().filter(|system| system.name == "web" || serves(only, system.name)).collect()
}

/// Whether this process has a role.
pub(crate) fn serves(only: &[String], name: &str) -> bool {
    only.is_empty() || only.iter().any(|role| role == name)
}

/// Lets events find these systems.
pub(crate) fn listen(ctx: &Ctx, systems: &[System]) {
    let subscribers: Vec<_> = systems.iter().flat_map(|system| system.subscribers.iter().cloned()).collect();
    ctx.db.set_subscribers(&subscribers);
}

pub(crate) fn start_background(ctx: &Ctx, systems: &[System]) -> Vec<tokio::task::JoinHandle<()>> {
    let subscribers: Vec<_> = systems.iter().flat_map(|system| system.subscribers.iter().cloned()).collect();
    let mut tasks = vec![tokio::spawn(store::run_dispatcher(ctx.clone(), subscribers))];
    for job in systems.iter().flat_map(|system| system.jobs.iter().cloned()) {
        tasks.push(tokio::spawn(store::run_job(ctx.clone(), job)));
    }
    for task in systems.iter().flat_map(|system| system.tasks.iter().cloned()) {
        let ctx = ctx.as_machine(task.name);
        tasks.push(tokio::spawn(async move {
            if let Err(reason) = task.run(ctx).await {
                tracing::error!(task = task.name, %reason, "a task ended");
            }
        }));
    }
    tasks
}

pub(crate) async fn wait_for_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate()).context("no signals")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("no signals")?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}

fn announce(options: &ServeOptions, port: u16, admin: u16, machines: Option<std::net::SocketAddr>) {
    print(&format!("Hukumati serves http://localhost:{port} (English: http://localhost:{port}/en)"));
    if options.demo {
        print("This is a demo: people, fees and registers are samples. Data lies in the folder below.");
        print(&format!("Whom one can be, with passwords, and every message sent: http://localhost:{port}/demo"));
    }
    print(&format!("Data: {}   keys: {}", options.place.data.display(), options.place.keys().display()));
    if let Some(address) = machines {
        print(&format!("Machines with certificates: https://{address}"));
    }
    print(&format!("Operators: http://127.0.0.1:{admin}/ready"));
}
