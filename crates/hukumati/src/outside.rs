//! The demo's world outside, as this program starts it: telephones, mail, bank,
//! till, registers, and the pair of security servers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use base::{Clock, SystemClock, Zone};
use catalogue::Catalogue;
use exchange::connector::Places;
use payments::{Bank, Collectors};
use sandbox::{Sandbox, serve_mail};
use seal::x509::{Attribute, Name, Profile};
use seal::{Algorithm, Signer, SigningKey};
use store::Ctx;
use tokio::task::JoinHandle;
use web::client::HttpClient;
use web::serve::Bound;

use crate::cli::ServeOptions;
use crate::config::Config;
pub(crate) use crate::demo::suggest;
use crate::house::{Added, House, Opened};
use crate::pair::{PairDoors, start_pair};
use crate::serve::serves;
use crate::{demo, demo_clients, mtls};

/// One address may sign in this often a minute, and one telephone get as many
/// codes: tests and visitors share them.
const SIGN_INS: u32 = 6_000;
/// What one message costs in the demo, agorot: a sample.
const SMS_AGOROT: u32 = 6;
/// What one call costs there.
const CALL_AGOROT: u32 = 25;
/// How long the demo's own certificates hold, days.
const DAYS: i64 = 365;

/// What is bound before anything is made; nothing without `--demo`.
pub(crate) struct Outside {
    machines: Option<Bound>,
    bound: Option<(PairDoors, std::net::TcpListener)>,
    sandbox: Option<Arc<Sandbox>>,
    /// The folder of the sample registers.
    registers: PathBuf,
}

impl Outside {
    pub(crate) fn bind(options: &ServeOptions) -> Result<Self> {
        if !options.demo || !serves(&options.only, sandbox::NAME) {
            return Ok(Self { machines: None, bound: None, sandbox: None, registers: PathBuf::new() });
        }
        let registers = options.place.registers();
        let peer = if options.ministry_elsewhere { None } else { Some(Bound::new(options.peer_listen)?) };
        let doors = PairDoors { exchange: Bound::new(options.exchange_listen)?, peer };
        let mail = std::net::TcpListener::bind("127.0.0.1:0").context("no port for the demo's mail")?;
        mail.set_nonblocking(true)?;
        let machines = Some(Bound::new(options.mtls_listen)?);
        Ok(Self { machines, bound: Some((doors, mail)), sandbox: None, registers })
    }

    /// Points the portal at the outside.
    pub(crate) fn configure(&mut self, config: &mut Config, reach: &str) {
        let Some((doors, mail)) = &self.bound else { return };
        // The demo's own machines know the portal by its number.
        config.web.hosts.extend(reach.strip_prefix("http://").map(str::to_owned));
        config.notify.sms_url = Some(format!("{reach}/demo/sms"));
        config.notify.voice_url = Some(format!("{reach}/demo/calls"));
        config.notify.smtp_url = mail.local_addr().ok().map(|address| format!("smtp://{address}"));
        config.notify.mail_from = "Hukumati <no-reply@example.com>".to_owned();
        config.exchange.security_server = format!("http://{}", doors.exchange.address());
        (config.identity.sms_price_minor, config.identity.call_price_minor) = (SMS_AGOROT, CALL_AGOROT);
        if let Some(machines) = self.machines.as_ref().filter(|_| config.mtls.is_none()) {
            config.identity.certificates = format!("https://localhost:{}", machines.address().port());
        }
        let limits = &mut config.identity.limits;
        limits.address_per_minute = SIGN_INS;
        (limits.openings_per_address_per_hour, limits.openings_per_number_per_day) = (SIGN_INS, SIGN_INS);
        (limits.sms_pause_seconds, limits.sms_per_hour, limits.sms_per_day) = (0, SIGN_INS, SIGN_INS);
    }

    /// Seeds, certificates, the bank's secret: what the portal's systems need.
    pub(crate) async fn prepare(
        &mut self,
        ctx: &Ctx,
        config: &Config,
        house: &House,
        catalogue: &Arc<Catalogue>,
        reach: &str,
    ) -> Result<Added> {
        let Some(machines) = self.machines.take() else { return Ok(Added::default()) };
        demo::seed(&ctx.as_machine("demo"), catalogue, &config.web.origin).await?;
        let roots = || vec![house.authority.root().to_vec()];
        let (chain, key) = certificate(ctx, house, Profile::TlsServer, "localhost").await?;
        let people = Some(house.authority.persons()).filter(|_| !config.identity.certificates.is_empty());
        let server = mtls::server(roots(), people, chain, key)?;
        let (chain, key) = certificate(ctx, house, Profile::TlsClient, "demo-till").await?;
        let mut collectors = Collectors::default();
        let till =
            chain.first().map(|certificate| seal::digest::sha256(certificate)).context("the till's certificate")?;
        collectors.register("demo-till", till)?;
        let biller = HttpClient::new(mtls::client(roots(), chain, key)?);
        let bank_secret = seal::digest::hex(&ctx.db.blind("demo.bank", "secret"));
        let sandbox = Arc::new(Sandbox::new(sandbox::Config {
            portal_origin: config.web.origin.clone(),
            portal_reach: reach.to_owned(),
            bank_secret: bank_secret.clone(),
            biller: Some((format!("https://localhost:{}", machines.address().port()), biller)),
            start: ctx.now().date(Zone::Hebron),
            registers: self.registers.clone(),
        }));
        let bank = Bank {
            url: format!("{reach}/demo/bank"),
            name: "demo".to_owned(),
            secret: bank_secret,
            origin: config.web.origin.clone(),
            http: HttpClient::public(),
        };
        let systems = vec![sandbox::system(&sandbox), demo_clients::system()];
        self.sandbox = Some(sandbox);
        Ok(Added { systems, bank: Some(bank), collectors, mtls: Some((machines, server)) })
    }

    /// Starts what the outside runs by itself, once the portal serves.
    pub(crate) async fn start(self, opened: &Opened<'_>) -> Result<Vec<JoinHandle<()>>> {
        let (Some((doors, mail)), Some(sandbox)) = (self.bound, self.sandbox) else { return Ok(Vec::new()) };
        let mail = tokio::net::TcpListener::from_std(mail)?;
        let mailbox = Arc::clone(&sandbox.mailbox);
        let mut tasks = vec![tokio::spawn(async move {
            if let Err(error) = serve_mail(mail, mailbox, || SystemClock.now()).await {
                tracing::error!(%error, "the demo's mail ended");
            }
        })];
        // The same people as in the sandbox, written anew at every start.
        sandbox::samples::write(&sandbox.registers, &self.registers).context("the sample registers")?;
        let places = Places {
            operations: opened.operations.clone(),
            registers: Some(self.registers),
            databases: BTreeMap::new(),
        };
        tasks.extend(start_pair(opened, doors, &places).await?);
        Ok(tasks)
    }
}

/// A key and its chain, for one run of the demo.
async fn certificate(ctx: &Ctx, house: &House, profile: Profile, name: &str) -> Result<(Vec<Vec<u8>>, Vec<u8>)> {
    let key = SigningKey::generate(Algorithm::P256, &*ctx.entropy)?;
    let request = ca::Request {
        profile,
        subject: Name::new(&[(Attribute::Country, "PS"), (Attribute::CommonName, name)])?,
        public_key: key.public().clone(),
        dns_names: if profile == Profile::TlsServer { vec![name.to_owned()] } else { Vec::new() },
        ip_addresses: Vec::new(),
        valid_days: DAYS,
    };
    let chain = house.authority.issue(ctx, request).await?;
    Ok((chain, key.to_pkcs8()?.to_vec()))
}
