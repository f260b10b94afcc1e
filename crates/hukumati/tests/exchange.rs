//! Two security servers, each with its own database and keys, over real TLS:
//! what passes, what is logged, and what an ended agreement, a revoked
//! certificate, a dead register and a wrong answer do.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[cfg(feature = "sandbox")]
#[path = "exchange/connectors.rs"]
mod connectors;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use base::{PersonId, SystemClock};
use ca::Authority;
use exchange::connector::Connectors;
use exchange::server::{self, Behind, Server, Setup};
use exchange::{Client, ClientConfig, Lookup, LookupError};
use interop::{Central, Certify, Host, Purpose, Trust, Wanted};
use seal::x509::{Attribute, Name, Profile, Reason};
use store::{Ctx, Schema};
use testkit::{Engine, World, answering, broken_by, world};
use web::serve::{Bound, Stop, serve};
use web::{Listener, Site, System};

const PORTAL: &str = "PS/GOV/MTIT/PORTAL";
const OPERATION: &str = "PS/GOV/MOI/CIVIL/person";

/// What the information system behind the ministry's server does.
const GOOD: u8 = 0;
const WRONG_SHAPE: u8 = 1;
const BROKEN: u8 = 2;

struct Pair {
    centre: Ctx,
    authority: Arc<Authority>,
    ministry: Arc<Server>,
    halves: Vec<(Ctx, Arc<Server>)>,
    client: Client,
    behaviour: Arc<AtomicU8>,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Stop,
    #[expect(dead_code, reason = "the folders live as long as the pair")]
    worlds: Vec<World>,
}

fn with_clock(world: &World) -> Ctx {
    Ctx { clock: Arc::new(SystemClock), ..world.ctx.clone() }
}

fn schema(system: &System) -> Schema {
    Schema { system: system.name, migrations: system.migrations }
}

fn bound(address: &str) -> Bound {
    Bound::new(address.parse().unwrap()).unwrap()
}

/// A register that knows one person; it answers as `behaviour` says.
async fn register(behaviour: Arc<AtomicU8>, asked: Arc<Mutex<Vec<String>>>) -> SocketAddr {
    let answer = move |head: &str| {
        asked.lock().unwrap().push(head.to_owned());
        let (status, body) = match behaviour.load(Ordering::SeqCst) {
            GOOD => ("200 OK", r#"{"name":"سلمى"}"#),
            WRONG_SHAPE => ("200 OK", r#"{"name":7}"#),
            _ => ("503 Service Unavailable", "{}"),
        };
        (status, body.to_owned())
    };
    answering(answer).await
}

/// Certificates for whoever was invited.
fn certify(authority: &Arc<Authority>) -> Certify {
    let authority = Arc::clone(authority);
    Arc::new(move |ctx: Ctx, wanted: Wanted| {
        let authority = Arc::clone(&authority);
        Box::pin(async move {
            let (profile, ip_addresses) = match (wanted.purpose, wanted.host) {
                (Purpose::Tls, Host::Address(address)) => (Profile::TlsPeer, vec![address]),
                _ => (Profile::MessageSigning, Vec::new()),
            };
            let subject = Name::new(&[(Attribute::Country, "PS"), (Attribute::CommonName, &wanted.code)]).unwrap();
            let (public_key, dns_names) = (wanted.key, Vec::new());
            let request = ca::Request { profile, subject, public_key, dns_names, ip_addresses, valid_days: 30 };
            authority.issue(&ctx, request).await.map_err(|error| error.to_string())
        })
    })
}

async fn pair() -> Pair {
    pair_with(None).await
}

/// Publishes a folder of operations with the agreements that it suggests; the
/// subsystems that the ministry speaks for.
async fn publish_own(centre: &Ctx, own: Option<&(&Path, Arc<Connectors>)>) -> Vec<String> {
    let mut offered = vec![OPERATION.to_owned()];
    if let Some((folder, connectors)) = own {
        interop::publish_folder(centre, folder).await.unwrap();
        for (client, operation) in interop::suggested_agreements(folder).unwrap() {
            interop::agree(centre, &client, &operation).await.unwrap();
        }
        offered.extend(connectors.identifiers());
    }
    let mut subsystems: Vec<String> =
        offered.iter().map(|operation| operation.rsplit_once('/').unwrap().0.to_owned()).collect();
    subsystems.sort();
    subsystems.dedup();
    subsystems
}

/// A pair whose ministry also answers a folder of operations itself.
async fn pair_with(own: Option<(&Path, Arc<Connectors>)>) -> Pair {
    let web_tables = web::admin::system();
    let central_world =
        world(Engine::Sqlite, &[schema(&web_tables), audit::SCHEMA, exchange::SCHEMA, ca::SCHEMA, interop::SCHEMA]);
    let centre = with_clock(&central_world);
    let authority = Arc::new(Authority::prepare(&centre, "http://localhost").await.unwrap());
    let public = bound("127.0.0.1:0");
    let reach = format!("http://{}", public.address());
    let trust = Trust {
        instance: "PS".to_owned(),
        roots: vec![authority.root().to_vec()],
        intermediates: vec![authority.issuing().to_vec()],
        origin: reach.clone(),
        ocsp_url: format!("{reach}/ca/ocsp"),
        ocsp_max_age_seconds: 60,
    };
    let central = Arc::new(Central::prepare(&centre, trust, certify(&authority)).await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let operation = format!(
        "identifier = \"{OPERATION}\"\nversion = 1\n[answer]\nschema = '''{}'''\n",
        r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#
    );
    std::fs::write(folder.path().join("person.toml"), operation).unwrap();
    interop::publish_folder(&centre, folder.path()).await.unwrap();
    interop::agree(&centre, PORTAL, OPERATION).await.unwrap();
    let subsystems = publish_own(&centre, own.as_ref()).await;
    let connectors = own.map(|(_, connectors)| connectors);

    let (behaviour, asked) = (Arc::new(AtomicU8::new(GOOD)), Arc::new(Mutex::new(Vec::new())));
    let behind = register(Arc::clone(&behaviour), Arc::clone(&asked)).await;
    let stop = Stop::new();
    let config = web::Config { origin: reach.clone(), ..web::Config::default() };
    let systems = vec![web_tables, ca::system(Arc::clone(&authority)), interop::system(Arc::clone(&central))];
    let site = Site::new(config, centre.clone(), &systems, Vec::new()).unwrap();
    tokio::spawn(serve(site, Listener::Public, public, None, stop.clone()));

    let mut worlds = vec![central_world];
    let mut halves = Vec::new();
    let (exchange_door, peer_door) = (bound("127.0.0.1:0"), bound("127.0.0.2:0"));
    let addresses = [exchange_door.address(), peer_door.address()];
    let mut doors = vec![(Listener::Exchange, exchange_door), (Listener::ExchangePeer, peer_door)].into_iter();
    for (number, code) in ["SS1", "SS2"].into_iter().enumerate() {
        let own_world = world(Engine::Sqlite, &[schema(&web::admin::system()), server::SCHEMA]);
        let own = with_clock(&own_world);
        let offered = Behind { url: format!("http://{behind}/person") };
        let spoken_for = if number == 0 { vec![PORTAL.to_owned()] } else { subsystems.clone() };
        let setup = Setup {
            invitation: central.invite(&centre, code, spoken_for).await.unwrap(),
            address: format!("https://{}", addresses[number]),
            behind: if number == 1 { HashMap::from([(OPERATION.to_owned(), offered)]) } else { HashMap::new() },
            connectors: connectors.clone().filter(|_| number == 1),
        };
        let server = Server::open(&own, setup.clone()).await.unwrap();
        // An invitation works once: for the same keys again, for others never.
        let again = Server::open(&own, setup.clone()).await.unwrap();
        assert_eq!(server.fingerprints(), again.fingerprints());
        let stranger = world(Engine::Sqlite, &[schema(&web::admin::system()), server::SCHEMA]);
        let refused = Server::open(&with_clock(&stranger), setup).await.err().unwrap();
        assert_eq!(refused.code, "server.enrolment_failed");
        let server = Arc::new(server);
        let systems = vec![web::admin::system(), server::system(&server)];
        let site = Site::new(web::Config::default(), own.clone(), &systems, Vec::new()).unwrap();
        let (listener, door) = doors.next().unwrap();
        let tls = (number == 1).then(|| server.tls(own.now()).unwrap());
        tokio::spawn(serve(site, listener, door, tls, stop.clone()));
        halves.push((own, server));
        worlds.push(own_world);
    }
    let ministry = Arc::clone(&halves[1].1);
    let client =
        Client::new(ClientConfig { security_server: format!("http://{}", addresses[0]), subsystem: PORTAL.to_owned() });
    let pair = Pair { centre, authority, ministry, halves, client, behaviour, asked, stop, worlds };
    pair.refresh().await;
    pair
}

impl Pair {
    async fn refresh(&self) {
        for (ctx, server) in &self.halves {
            server.refresh(ctx).await.unwrap();
        }
    }
    async fn ask(&self) -> Result<exchange::Answer, LookupError> {
        self.ask_for(OPERATION, &[("id", "900000001")]).await
    }
    async fn ask_for(&self, operation: &str, asked: &[(&str, &str)]) -> Result<exchange::Answer, LookupError> {
        let person: PersonId = self.centre.mint();
        let lookup = Lookup {
            operation: operation.to_owned(),
            parameters: asked.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            person,
            purpose: "case.form".to_owned(),
            case: None,
        };
        let answer = self.client.get(&self.centre, lookup).await;
        // Whatever came of it, the look-up is on record for that person.
        let record =
            self.centre.read(move |read| exchange::lookups_of(read, person, &web::Slice::default())).await.unwrap();
        assert_eq!(record.len(), 1);
        assert_eq!(record[0].outcome == "answered", answer.is_ok());
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_passes_two_servers_and_stops_when_it_must() {
    let pair = pair().await;
    let answer = pair.ask().await.unwrap();
    assert_eq!(answer.body, serde_json::json!({ "name": "سلمى" }));
    // Both servers hold both messages, and what the information system got named no session or cookie.
    for (ctx, _) in &pair.halves {
        let id = answer.message.clone();
        let logged = ctx.read(move |read| server::logged(read, &id)).await.unwrap();
        let kinds: Vec<&str> = logged.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["request", "response"]);
        assert_eq!(logged[1].message.header("x-road-request-hash"), Some(logged[0].message.hash()));
    }
    let seen = pair.asked.lock().unwrap().last().unwrap().to_ascii_lowercase();
    assert!(seen.contains("x-road-client: ps/gov/mtit/portal") && !seen.contains("cookie"), "{seen}");

    pair.behaviour.store(WRONG_SHAPE, Ordering::SeqCst);
    assert!(matches!(pair.ask().await, Err(LookupError::Malformed(_))));
    pair.behaviour.store(BROKEN, Ordering::SeqCst);
    assert!(matches!(pair.ask().await, Err(LookupError::Unavailable(_))));
    pair.behaviour.store(GOOD, Ordering::SeqCst);

    // Without the agreement the register is not even asked.
    interop::end_agreement(&pair.centre, PORTAL, OPERATION).await.unwrap();
    pair.refresh().await;
    let before = pair.asked.lock().unwrap().len();
    let refused = pair.ask().await;
    assert!(matches!(&refused, Err(LookupError::Refused(code)) if code.contains("access_denied")), "{refused:?}");
    assert_eq!(pair.asked.lock().unwrap().len(), before);
    interop::agree(&pair.centre, PORTAL, OPERATION).await.unwrap();
    pair.refresh().await;
    pair.ask().await.unwrap();
    pair.stop.send();
}

mod sql {
    store::statements! {
        /// Somebody with the database puts other signatures there.
        FORGE = "UPDATE exchange_message SET signature = content";
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_log_is_named() {
    let pair = pair().await;
    pair.ask().await.unwrap();
    for (ctx, _) in &pair.halves {
        assert_eq!(broken_by(ctx, &server::invariants(), &[]).await, Vec::<&str>::new());
        let broken = broken_by(ctx, &server::invariants(), &[sql::FORGE]).await;
        assert_eq!(broken, ["exchange.signatures_are_of_their_messages"]);
    }
    pair.stop.send();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_refused() {
    let pair = pair().await;
    // Revoked before its first message: no earlier answer about it is remembered.
    pair.authority.revoke(&pair.centre, pair.ministry.signing_serial(), Reason::KeyCompromise).await.unwrap();
    let refused = pair.ask().await;
    assert!(matches!(&refused, Err(LookupError::Refused(code)) if code.contains("certificate")), "{refused:?}");
    pair.stop.send();
}
