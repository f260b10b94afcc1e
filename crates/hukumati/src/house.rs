//! What the systems stand on besides the database: the authority, papers, the
//! central authority of the exchange, sign-in, and in a demo the world outside.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use base::Locale;
use ca::Authority;
use catalogue::Catalogue;
use documents::{Documents, Template};
use identity::{Country, Identity, Introduced, Mission, Networks, seed};
use interop::{Central, Certify, Host, Purpose, Trust, Wanted};
use payments::{Bank, Collectors};
use relying_party::RelyingParty;
use seal::x509::{Attribute, Name, Profile};
use services::{Editions, Intake, Services};
use store::Ctx;
use web::client::HttpClient;
use web::serve::{Bound, Stop};
use web::{Check, System};

use crate::cli::Place;
use crate::config::Config;
use crate::{personal, systems};

/// How old an answer about revocation may be on the exchange, seconds.
const OCSP_MAX_AGE_S: i64 = 60;

/// What a process knows when everything is open and nothing serves yet.
#[cfg_attr(not(feature = "sandbox"), expect(dead_code, reason = "only the demo starts more than the portal"))]
pub(crate) struct Opened<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) config: &'a Config,
    pub(crate) house: &'a House,
    pub(crate) catalogue: &'a Arc<Catalogue>,
    pub(crate) place: &'a Place,
    /// The folder of operations' files.
    pub(crate) operations: PathBuf,
    /// How this machine reaches the portal.
    pub(crate) reach: &'a str,
    pub(crate) stop: &'a Stop,
}

/// What the outside adds to the portal.
#[derive(Default)]
pub(crate) struct Added {
    pub(crate) systems: Vec<System>,
    pub(crate) bank: Option<Bank>,
    /// Collectors of the demo.
    pub(crate) collectors: Collectors,
    pub(crate) mtls: Option<(Bound, Arc<rustls::ServerConfig>)>,
}

/// See the module.
pub(crate) struct House {
    pub(crate) authority: Arc<Authority>,
    pub(crate) central: Arc<Central>,
    pub(crate) documents: Arc<Documents>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) party: Arc<RelyingParty>,
    pub(crate) editions: Arc<Editions>,
}

impl House {
    /// Opens everything; the first call ever makes keys and certificates.
    pub(crate) async fn open(
        ctx: &Ctx,
        config: &Config,
        catalogue: &Arc<Catalogue>,
        directory: &Path,
        reach: &str,
    ) -> Result<Self> {
        let origin = config.web.origin.as_str();
        let authority = Arc::new(Authority::prepare(ctx, origin).await.context("the certification authority")?);
        let trust = Trust {
            instance: config.exchange.subsystem.split('/').next().unwrap_or("PS").to_owned(),
            roots: vec![authority.root().to_vec()],
            intermediates: vec![authority.issuing().to_vec()],
            // On this machine a demo is reached by its number: its certificate's name is nobody's.
            origin: if config.web.demo { reach.to_owned() } else { origin.to_owned() },
            ocsp_url: format!("{}/ca/ocsp", if config.web.demo { reach } else { origin }),
            ocsp_max_age_seconds: OCSP_MAX_AGE_S,
        };
        let central = Arc::new(
            Central::prepare(ctx, trust, certify(&authority)).await.context("the exchange's central authority")?,
        );
        let operations = directory.join("operations");
        if operations.is_dir() {
            interop::publish_folder(ctx, &operations).await.context("the operations")?;
        }
        let documents =
            Documents::prepare(ctx, Arc::clone(&authority), templates(catalogue), origin).await.context("papers")?;
        let exchange = exchange::Client::new(config.exchange.clone());
        let identity = identity(ctx, config, catalogue, &authority, &exchange).await?;
        let places = [config.identity.issuer.as_str(), config.identity.reach.as_str(), origin];
        let [portal, desk] = relying_party::clients(origin);
        let portal = seed::own_client(ctx, portal).await.context("the portal as a client")?;
        let desk = seed::own_client(ctx, desk).await.context("the desk as a client")?;
        let party = RelyingParty::new(places, [portal, desk], HttpClient::public());
        introduce(ctx, catalogue).await?;
        let undecided = ctx.read(identity::undecided).await.context("what services ask for")?;
        // A demo's folders decide a moment later.
        if !undecided.is_empty() && !config.web.demo {
            let services = undecided.join(", ");
            tracing::warn!(%services, "nobody has decided what these ask for: assurance high, until two officers set another at /desk/identity/assurance");
        }
        let intake = Intake::new(config.services.clamav.as_deref());
        let editions = Editions::new(Services { catalogue: Arc::clone(catalogue), exchange, intake });
        Ok(Self { authority, central, documents: Arc::new(documents), identity, party: Arc::new(party), editions })
    }
}

/// The provider, with the registers that this client reaches.
async fn identity(
    ctx: &Ctx,
    config: &Config,
    catalogue: &Catalogue,
    authority: &Arc<Authority>,
    exchange: &exchange::Client,
) -> Result<Arc<Identity>> {
    let registry = systems::registry(exchange.clone(), &config.registers);
    let named = |office: &catalogue::Office| Locale::all().map(|locale| office.name(locale).to_owned()).collect();
    let counters = catalogue.offices().iter().map(|office| (office.key.clone(), named(office))).collect();
    let identity = Identity::new(config.identity.clone(), registry).with_counters(counters);
    let identity = match config.identity.networks.as_str() {
        "" => identity,
        path => identity.with_networks(networks(path)?),
    };
    let identity = identity.with_missions(missions(catalogue));
    // Clients of a demo live on this machine.
    let identity = if config.web.demo { identity.with_http(HttpClient::public()) } else { identity };
    let identity = Arc::new(identity.with_personal_authority(personal::authority(authority)?));
    identity.prepare(ctx).await.context("the provider's signing keys")?;
    Ok(identity)
}

/// The missions among the offices, and whoever sees people of all other countries.
fn missions(catalogue: &Catalogue) -> Vec<Mission> {
    let everywhere = |text: &dyn Fn(Locale) -> String| Locale::all().map(text).collect();
    let mission = |office: &catalogue::Office| Mission {
        key: office.key.clone(),
        names: everywhere(&|locale| office.name(locale).to_owned()),
        addresses: everywhere(&|locale| office.address(locale).to_owned()),
        hours: everywhere(&|locale| services::open_hours(office, locale)),
        phone: office.phone.clone(),
        sample: office.sample,
        serves: office
            .serves
            .iter()
            .map(|one| Country { code: one.code.clone(), names: everywhere(&|locale| one.name(locale).to_owned()) })
            .collect(),
    };
    let seen = |office: &&catalogue::Office| matches!(office.kind.as_str(), "mission" | "consular");
    catalogue.offices().iter().filter(seen).map(mission).collect()
}

#[cfg(feature = "sandbox")]
impl House {
    /// The same keys over a copy of the database, with other registers.
    pub(crate) async fn copied(&self, ctx: &Ctx, config: &Config) -> Result<Self> {
        let (authority, catalogue) = (Arc::clone(&self.authority), Arc::clone(&self.editions.now().catalogue));
        let exchange = exchange::Client::new(config.exchange.clone());
        let identity = identity(ctx, config, &catalogue, &authority, &exchange).await?;
        Ok(Self {
            authority,
            central: Arc::clone(&self.central),
            documents: Arc::clone(&self.documents),
            identity,
            party: Arc::clone(&self.party),
            editions: Editions::new(Services { catalogue, exchange, intake: Intake::new(None) }),
        })
    }
}

impl House {
    /// What the portal cannot do its work without, besides its database.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let editions = Arc::clone(&self.editions);
        let exchange = move |_| {
            let client = editions.now().exchange.clone();
            async move { client.reach().await }
        };
        let log = |ctx: Ctx| async move {
            let now = ctx.now();
            let age =
                ctx.read(move |read| audit::oldest_pending(read, now)).await.map_err(|error| error.to_string())?;
            match age.unwrap_or(0) / 1_000_000 {
                seconds if seconds > audit::PENDING_LIMIT_S => Err(format!("a leaf waits for {seconds} s")),
                _ => Ok(()),
            }
        };
        vec![Check::new("exchange", exchange), Check::new("transparency log", log)]
    }
}

/// The operator's table of networks.
fn networks(path: &str) -> Result<Networks> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))?;
    Networks::parse(&text).map_err(|why| anyhow::anyhow!("{path}: {why}"))
}

/// The papers' templates, by service and version.
pub(crate) fn templates(catalogue: &Catalogue) -> Vec<Template> {
    let own = |(key, version, text): (&str, u32, String)| Template { key: key.to_owned(), version, text };
    catalogue.templates().map(own).collect()
}

/// Names the services to those who decide what each asks for.
pub(crate) async fn introduce(ctx: &Ctx, catalogue: &Catalogue) -> Result<()> {
    let listed =
        catalogue.summaries().map(|one| Introduced { service: one.key.clone(), names: one.names(), suggested: None });
    identity::introduce_services(ctx, listed.collect()).await.context("what services ask for")
}

/// How long a security server's certificate holds, days.
const SERVER_DAYS: i64 = 2 * 365;

/// Certificates for security servers that join.
fn certify(authority: &Arc<Authority>) -> Certify {
    let authority = Arc::clone(authority);
    Arc::new(move |ctx: Ctx, wanted: Wanted| {
        let authority = Arc::clone(&authority);
        Box::pin(async move {
            let request = server_request(wanted).map_err(|error| error.to_string())?;
            authority.issue(&ctx, request).await.map_err(|error| error.to_string())
        })
    })
}

/// X-Road's names of security servers: instance, code and class in the serial number.
fn server_request(wanted: Wanted) -> Result<ca::Request, seal::SealError> {
    let Wanted { code, purpose, key, host } = wanted;
    let serial = format!("PS/{code}/GOV");
    let names = [
        (Attribute::Country, "PS"),
        (Attribute::Organization, "GOV"),
        (Attribute::SerialNumber, serial.as_str()),
        (Attribute::CommonName, code.as_str()),
    ];
    let (profile, dns_names, ip_addresses) = match (purpose, host) {
        (Purpose::Sign, _) => (Profile::MessageSigning, Vec::new(), Vec::new()),
        (Purpose::Tls, Host::Name(name)) => (Profile::TlsPeer, vec![name], Vec::new()),
        (Purpose::Tls, Host::Address(address)) => (Profile::TlsPeer, Vec::new(), vec![address]),
    };
    Ok(ca::Request {
        profile,
        subject: Name::new(&names)?,
        public_key: key,
        dns_names,
        ip_addresses,
        valid_days: SERVER_DAYS,
    })
}
