//! The demo's two security servers: the portal's, and the ministry's with the
//! sample registers behind it. Each has its own folder, keys, log and address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use base::{Actor, Locale, OsEntropy, SystemClock};
use exchange::server::configuration::ServerEntry;
use exchange::server::{self, Behind, Purpose, Server, Setup};
use sandbox::registry::Operation;
use seal::PublicKey;
use seal::x509::{Attribute, Name, Profile};
use services::Catalogue;
use store::Ctx;
use tokio::task::JoinHandle;
use web::serve::{Bound, serve};
use web::{Listener, Site, System};

use crate::cli::Place;
use crate::config::Config;
use crate::folder;
use crate::house::{House, Opened};
use crate::serve::start_background;

/// The ministry's server in the demo.
const MINISTRY: &str = "SS2";
/// The portal's.
const PORTAL: &str = "SS1";
/// How long a server's certificate holds, days.
const CERTIFICATE_DAYS: i64 = 2 * 365;

/// The addresses of the pair.
pub(crate) struct Doors {
    /// Where the portal asks.
    pub(crate) exchange: Bound,
    /// Where the ministry's server answers other servers.
    pub(crate) peer: Bound,
}

/// Starts both; whatever runs ends with the returned tasks.
pub(crate) async fn start(opened: &Opened<'_>, doors: Doors) -> Result<Vec<JoinHandle<()>>> {
    let Opened { ctx, config, house, catalogue, place, reach, stop } = *opened;
    let mut behind = HashMap::new();
    for operation in Operation::ALL {
        let url = format!("{reach}/demo/registers{}", operation.path());
        behind.insert(operation.identifier().to_owned(), Behind { url });
    }
    let mut subsystems: Vec<String> = behind
        .keys()
        .map(|operation| operation.rsplit_once('/').map_or("", |(provider, _)| provider).to_owned())
        .collect();
    subsystems.sort();
    subsystems.dedup();
    let (asked_at, met_at) = (doors.exchange.address(), doors.peer.address());
    let setup = |code: &str, behind: HashMap<String, Behind>, address: IpAddr| Setup {
        instance: config.exchange.subsystem.split('/').next().unwrap_or("PS").to_owned(),
        code: code.to_owned(),
        behind,
        configuration_url: format!("{reach}/exchange/configuration"),
        central: house.central.public().clone(),
        addresses: vec![address],
    };
    let portal = one(ctx, house, place, setup(PORTAL, HashMap::new(), asked_at.ip())).await?;
    let ministry = one(ctx, house, place, setup(MINISTRY, behind, met_at.ip())).await?;
    for (half, address, subsystems) in
        [(&portal, asked_at, vec![config.exchange.subsystem.clone()]), (&ministry, met_at, subsystems)]
    {
        let [tls_sha256, sign_sha256] = half.server.fingerprints();
        let code = half.code.to_owned();
        let address = format!("https://{address}");
        let entry = ServerEntry { code, address, tls_sha256, sign_sha256, subsystems };
        interop::register_server(ctx, entry).await.context("a security server")?;
    }
    agree(ctx, config, catalogue).await?;
    let roots = [house.authority.root().to_vec()];
    let tls = ministry.server.tls(&roots).map_err(|why| anyhow!("the ministry's TLS: {why}"))?;
    let mut tasks = Vec::new();
    for half in [&portal, &ministry] {
        half.server.refresh(&half.ctx).await?;
        tasks.extend(start_background(&half.ctx, &half.systems));
    }
    tasks.push(tokio::spawn(serve(portal.site.clone(), Listener::Exchange, doors.exchange, None, stop.clone())));
    tasks.push(tokio::spawn(serve(ministry.site.clone(), Listener::ExchangePeer, doors.peer, Some(tls), stop.clone())));
    Ok(tasks)
}

struct Half {
    code: &'static str,
    server: Arc<Server>,
    ctx: Ctx,
    systems: Vec<System>,
    site: Site,
}

async fn one(ctx: &Ctx, house: &House, place: &Place, setup: Setup) -> Result<Half> {
    let code = if setup.code == PORTAL { PORTAL } else { MINISTRY };
    let web_tables = web::admin::system();
    let schemas = [store::Schema { system: web_tables.name, migrations: web_tables.migrations }, server::SCHEMA];
    let own = Ctx {
        db: folder::open_server(place, code, &schemas)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        actor: Actor::Anonymous,
        locale: Locale::EN,
    };
    let addresses = setup.addresses.clone();
    let certify = |purpose: Purpose, key: PublicKey| {
        let addresses = addresses.clone();
        async move { certify(ctx, house, code, purpose, key, addresses).await.map_err(|error| error.to_string()) }
    };
    let server =
        Server::open(&own, setup, certify).await.map_err(|fault| anyhow!("security server {code}: {fault}"))?;
    let server = Arc::new(server);
    let systems = vec![web_tables, server::system(&server)];
    let site = Site::new(web::Config::default(), own.clone(), &systems, Vec::new())?;
    Ok(Half { code, server, ctx: own, systems, site })
}

async fn certify(
    ctx: &Ctx,
    house: &House,
    code: &str,
    purpose: Purpose,
    public_key: PublicKey,
    ip_addresses: Vec<IpAddr>,
) -> Result<Vec<Vec<u8>>> {
    let (profile, ip_addresses) = match purpose {
        Purpose::Sign => (Profile::MessageSigning, Vec::new()),
        Purpose::Tls => (Profile::TlsPeer, ip_addresses),
    };
    let serial = format!("PS/{code}/GOV");
    let names = [
        (Attribute::Country, "PS"),
        (Attribute::Organization, "GOV"),
        (Attribute::SerialNumber, serial.as_str()),
        (Attribute::CommonName, code),
    ];
    let subject = Name::new(&names)?;
    let request =
        ca::Request { profile, subject, public_key, dns_names: Vec::new(), ip_addresses, valid_days: CERTIFICATE_DAYS };
    Ok(house.authority.issue(ctx, request).await?)
}

/// On a fresh instance the portal may ask what its services and sign-in need;
/// from then on agreements are their parties' own.
async fn agree(ctx: &Ctx, config: &Config, catalogue: &Catalogue) -> Result<()> {
    if !ctx.read(interop::is_fresh).await? {
        return Ok(());
    }
    let mut wanted = vec![config.registers.person.clone(), config.registers.numbers.clone()];
    for service in catalogue.services() {
        wanted.extend(service.file.lookups.iter().map(|lookup| lookup.operation.clone()));
    }
    wanted.sort();
    wanted.dedup();
    for operation in wanted {
        interop::agree(ctx, &config.exchange.subsystem, &operation).await.context("an agreement")?;
    }
    Ok(())
}
