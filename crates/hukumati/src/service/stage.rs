//! Where examples are played: a database that is seeded once as a demo is, and
//! copied for each example, so that no example sees another's cases, clock or
//! registers. It is 24 November 2026, a Tuesday, ten o'clock in Hebron, whenever
//! one begins.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use audit::LogKey;
use base::{AccountId, Actor, Assurance, Date, IdNumber, Locale, PersonId, SeededEntropy, Timestamp, Zone};
use catalogue::examples::{Act, Example};
use catalogue::{Catalogue, Seen};
use exchange::connector::{Connectors, Places, WhenSaved};
use identity::model::Facts;
use identity::password::Hasher;
use identity::{NewAccount, NewOfficer, seed};
use sandbox::population::{OFFICERS, PEOPLE, listed};
use sandbox::registry::{Registers, told};
use seal::SigningKey;
use store::{Ctx, Database, Db, Invariant, Job, Keyring, Options, Schema, Subscriber};
use tempfile::TempDir;
use web::Site;

use super::browser::{Browser, Entrance};
use super::registers::{Room, Rooms, Shared, listen};
use crate::config::Config;
use crate::house::House;
use crate::{demo, systems};

/// When every example begins: 2026-11-24 10:00 in Hebron, offices open.
pub(super) const START: Timestamp = Timestamp::from_seconds(1_795_507_200);
/// How far the clock goes each time that somebody looks at it, microseconds.
const TICK: i64 = 1_000;
/// Passwords here protect nobody: as little memory, KiB, and as few passes as there are.
const CHEAP: (u32, u32) = (8, 1);
/// From this age one gives mandates oneself, years.
const OF_AGE: i32 = 18;
/// Messages to telephones: no company outside is played.
const MESSAGES: &str = "notify.send";

/// A clock that stands still but for a tick at each look, until it is moved.
pub(super) struct Clock(AtomicI64);

impl Clock {
    fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.as_micros())))
    }
    pub(super) fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl base::Clock for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(TICK, Ordering::SeqCst))
    }
}

/// What copies are made of.
enum Template {
    /// A folder with the database's file.
    Sqlite(PathBuf),
    /// The server's address, and a database there.
    Postgres { server: String, database: String },
}

/// What all examples stand on.
pub(super) struct Stage {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) seen: Arc<Seen>,
    /// The first example of each service: how one gets its paper.
    pub(super) firsts: BTreeMap<String, Example>,
    /// Accounts by ID number.
    people: BTreeMap<String, (PersonId, AccountId)>,
    /// Officers by the name at the desk's sign-in.
    pub(super) officers: BTreeMap<String, Actor>,
    config: Config,
    house: House,
    keys: [u8; 64],
    template: Template,
    schemas: Vec<Schema>,
    folder: TempDir,
    rooms: Arc<Rooms>,
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    /// Registers that no example has now.
    idle: Mutex<Vec<Arc<Registers>>>,
}

fn log() -> Result<LogKey> {
    Ok(LogKey::new("player/audit", 1, SigningKey::ed25519_from_seed(&[0; 32])?))
}

fn context(db: Db, clock: &Arc<Clock>, seed: u64) -> Ctx {
    let clock: Arc<dyn base::Clock> = Arc::<Clock>::clone(clock);
    Ctx { db, clock, entropy: Arc::new(SeededEntropy::new(seed)), actor: Actor::Anonymous, locale: Locale::AR }
}

fn today() -> Date {
    START.date(Zone::Hebron)
}

impl Stage {
    /// Reads the folders and seeds what is copied. `server` is a PostgreSQL server
    /// on which databases may be made; SQLite without it.
    pub(super) async fn open(
        services: &Path,
        mut catalogue: Catalogue,
        examples: &[Example],
        server: Option<&str>,
    ) -> Result<Self> {
        let seen = catalogue.watch();
        let firsts = catalogue.services().filter_map(|service| {
            let key = &service.file.key;
            Some((key.clone(), catalogue::examples::read(&services.join(key)).ok()?.into_iter().next()?))
        });
        let firsts = firsts.collect();
        let catalogue = Arc::new(catalogue);
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let registers = Arc::new(Registers::new(today()));
        let samples = folder.path().join("registers");
        sandbox::samples::write(&registers, &samples).context("the sample registers")?;
        let operations = services.join("operations");
        let told = told::operations(&operations).context("the operations")?.into_iter().collect();
        let places = Places { operations: operations.clone(), registers: Some(samples), databases: BTreeMap::new() };
        let connectors = Connectors::open(places, WhenSaved::AtStart).context("the operations")?;
        let shared = Arc::new(Shared { connectors, told, operations });
        let rooms = Arc::new(Rooms::default());
        let address = listen(&rooms).await?;
        let config = configured();
        let schemas = systems::schemas(&systems::for_tables()?);
        let template = match server {
            None => Template::Sqlite(folder.path().join("template")),
            Some(server) => {
                let database = format!("player_{}", std::process::id());
                administer(server, format!("CREATE DATABASE {database}")).await?;
                Template::Postgres { server: server.to_owned(), database }
            }
        };
        let keys = [7; 64];
        let own = folder.path().join("template");
        fs::create_dir_all(&own)?;
        let place = match &template {
            Template::Sqlite(folder) => Database::Sqlite(folder.clone()),
            Template::Postgres { server, database } => Database::Postgres(named(server, database)),
        };
        let options = Options { database: place, blobs: own.join("blobs"), keyring: Keyring::from_bytes(&keys) };
        let ctx = context(Db::open(options, &schemas)?, &Clock::at(START), 0);
        let house = House::open(&ctx, &config, &catalogue, services, "http://127.0.0.1:8080").await?;
        let people = people(&ctx, &registers, examples).await?;
        let officers = officers(&ctx).await?;
        demo::seed(&ctx.as_machine("demo"), &catalogue, &config.web.origin).await?;
        drop(ctx);
        let idle = Mutex::new(vec![registers]);
        Ok(Self {
            catalogue,
            seen,
            firsts,
            people,
            officers,
            config,
            house,
            keys,
            template,
            schemas,
            folder,
            rooms,
            address,
            shared,
            idle,
        })
    }

    /// A world of its own for the example of this number.
    pub(super) async fn world(&self, number: usize) -> Result<World<'_>> {
        let name = format!("e{number}");
        let folder = self.folder.path().join(&name);
        let template = self.folder.path().join("template");
        copy(&template, &folder).with_context(|| format!("{} cannot be copied", template.display()))?;
        let (place, database) = match &self.template {
            Template::Sqlite(_) => (Database::Sqlite(folder.clone()), None),
            Template::Postgres { server, database } => {
                let own = format!("{database}_{number}");
                administer(server, format!("CREATE DATABASE {own} TEMPLATE {database} STRATEGY FILE_COPY")).await?;
                (Database::Postgres(named(server, &own)), Some(own))
            }
        };
        let keyring = Keyring::from_bytes(&self.keys);
        let db = Db::open(Options { database: place, blobs: folder.join("blobs"), keyring }, &self.schemas)?;
        let clock = Clock::at(START);
        let ctx = context(db, &clock, u64::try_from(number).unwrap_or(0) + 1);
        let mut config = self.config.clone();
        config.exchange.security_server = format!("http://{}/{name}", self.address);
        let house = self.house.copied(&ctx, &config).await?;
        let mut systems = systems::all(&config, log()?, &house, (None, payments::Collectors::default()));
        let entrance = Entrance::default();
        systems.push(entrance.system());
        let all: Vec<Subscriber> = systems.iter().flat_map(|system| system.subscribers.clone()).collect();
        ctx.db.set_subscribers(&all);
        let subscribers = all.into_iter().filter(|subscriber| subscriber.queue != MESSAGES).collect();
        let site = Site::new(config.web.clone(), ctx.clone(), &systems, Vec::new())?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let registers = idle.unwrap_or_else(|| Arc::new(Registers::new(today())));
        let room = Arc::new(Room::new(Arc::clone(&registers), Arc::clone(&self.shared)));
        self.rooms.open(&name, Arc::clone(&room));
        let jobs = systems.iter().flat_map(|system| system.jobs.clone()).collect();
        let own = systems.iter().flat_map(|system| system.invariants.clone());
        let invariants = own.chain(web::ids::invariants(&systems)).collect();
        Ok(World {
            stage: self,
            ctx,
            clock,
            house,
            site,
            entrance,
            subscribers,
            jobs,
            invariants,
            room,
            registers,
            name,
            folder,
            database,
        })
    }

    /// Takes away what PostgreSQL keeps of it.
    pub(super) async fn close(&self) -> Result<()> {
        match &self.template {
            Template::Sqlite(_) => Ok(()),
            Template::Postgres { server, database } => {
                administer(server, format!("DROP DATABASE {database} WITH (FORCE)")).await
            }
        }
    }

    /// The account of whoever has this number.
    pub(super) fn account(&self, number: &IdNumber) -> Option<(PersonId, AccountId)> {
        self.people.get(number.as_str()).copied()
    }
}

fn configured() -> Config {
    let mut config = Config::default();
    config.web.demo = true;
    config.identity.issuer.clone_from(&config.web.origin);
    // Nobody here measures how long an answer takes.
    config.identity.patience_ms = 0;
    config
}

/// Everybody whom examples name as acting, with an account that was seen at a counter.
async fn people(
    ctx: &Ctx,
    registers: &Registers,
    examples: &[Example],
) -> Result<BTreeMap<String, (PersonId, AccountId)>> {
    let mut numbers: Vec<IdNumber> = PEOPLE.iter().map(|person| person.id_number.clone()).collect();
    for example in examples {
        let signing = example.acts.iter().filter_map(|act| match act {
            Act::Sign { person, .. } => Some(person),
            _ => None,
        });
        let named = [Some(&example.person), example.acting_for.as_ref()].into_iter().flatten().chain(signing);
        numbers.extend(named.filter_map(|key| listed(key)));
        let company = example.company.as_deref().and_then(|number| registers.company(number));
        let signatories = company.into_iter().flat_map(|company| company.signatories);
        let people = registers.population();
        numbers.extend(signatories.filter_map(|index| people.person(index).map(|person| person.id_number.clone())));
    }
    let hasher = Hasher::of_cost(CHEAP.0, CHEAP.1);
    let mut accounts = BTreeMap::new();
    numbers.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    numbers.dedup();
    for number in numbers {
        let Some(person) = registers.person(number.as_str()) else { continue };
        if person.died.is_some() || person.born.years_until(today()) < OF_AGE {
            continue;
        }
        let phone = PEOPLE.iter().find(|known| known.id_number == number).and_then(|known| known.phone.clone());
        let facts = Facts { name: person.name, born: person.born, alive: true, version: "1".to_owned() };
        let new = NewAccount {
            id_number: number.clone(),
            born: person.born,
            facts: Some(facts),
            phone,
            password: "examples are played".to_owned(),
            level: Assurance::High,
        };
        let account = seed::account_hashed(&ctx.as_machine("demo"), new, &hasher).await.context("an account")?;
        accounts.insert(number.as_str().to_owned(), account);
    }
    Ok(accounts)
}

async fn officers(ctx: &Ctx) -> Result<BTreeMap<String, Actor>> {
    let hasher = Hasher::of_cost(CHEAP.0, CHEAP.1);
    let mut officers = BTreeMap::new();
    for officer in OFFICERS.iter() {
        let new = NewOfficer {
            username: officer.username.clone(),
            unit: officer.unit.clone(),
            roles: officer.roles.clone(),
            name: [officer.name.ar.clone(), officer.name.en.clone()],
            password: officer.password.clone(),
            totp_secret: seal::digest::from_base32(&officer.totp_secret)?,
        };
        let id = seed::new_officer_hashed(&ctx.as_machine("demo"), new, &hasher).await.context("an officer")?;
        let id = id.with_context(|| format!("two officers are called {}", officer.username))?;
        let actor = Actor::Officer { officer: id, unit: officer.unit.clone(), roles: officer.roles.clone() };
        officers.insert(officer.username.clone(), actor);
    }
    Ok(officers)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The same server's address with another database.
fn named(server: &str, database: &str) -> String {
    let (address, query) = server.split_once('?').map_or((server, ""), |(address, query)| (address, query));
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find('/').map_or(address.len(), |at| start + at);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{}/{database}{query}", &address[..end])
}

/// Runs a statement that no transaction can hold.
async fn administer(server: &str, statement: String) -> Result<()> {
    let server = server.to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).context("no PostgreSQL answers")?;
        client.batch_execute(&statement).with_context(|| statement.clone())
    });
    done.await?
}

/// One example's world: database, clock, registers.
pub(super) struct World<'s> {
    pub(super) stage: &'s Stage,
    /// Nobody acts.
    pub(super) ctx: Ctx,
    pub(super) clock: Arc<Clock>,
    pub(super) house: House,
    site: Site,
    entrance: Entrance,
    subscribers: Vec<Subscriber>,
    jobs: Vec<Job>,
    invariants: Vec<Invariant>,
    pub(super) room: Arc<Room>,
    pub(super) registers: Arc<Registers>,
    name: String,
    folder: PathBuf,
    database: Option<String>,
}

impl World<'_> {
    /// A browser in which this actor has just signed in.
    pub(super) async fn browser(&self, actor: &Actor) -> Result<Browser<'_>> {
        self.entrance.browser(&self.site, actor).await
    }

    /// Delivers everything that is due.
    pub(super) async fn settle(&self) -> Result<()> {
        store::dispatch_once(&self.ctx.as_machine("player"), &self.subscribers).await?;
        Ok(())
    }

    /// Runs every job that has to do with cases, as they have run since.
    pub(super) async fn work(&self) -> Result<()> {
        let ctx = self.ctx.as_machine("player");
        for job in self.jobs.iter().filter(|job| job.name.starts_with("services.") || job.name.starts_with("audit.")) {
            if !job.run_once(&ctx, "player").await? {
                bail!("{} was not run", job.name);
            }
        }
        Ok(())
    }

    /// The invariants that do not hold in this world, as `hukumati verify` names them.
    pub(super) async fn broken(&self) -> Result<Vec<String>> {
        self.work().await?;
        let invariants = self.invariants.clone();
        let found = self.ctx.db.inspect(move |read| {
            let mut broken = Vec::new();
            for invariant in &invariants {
                let ids = invariant.check(read)?;
                broken.extend(ids.into_iter().map(|id| format!("{}: {id}", invariant.name)));
            }
            Ok(broken)
        });
        Ok(found.await?)
    }

    /// Ends it: what it had is free for another example.
    pub(super) async fn close(self) -> Result<()> {
        self.stage.rooms.close(&self.name);
        self.registers.restore();
        self.stage.idle.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&self.registers));
        let (folder, database, template) = (self.folder.clone(), self.database.clone(), &self.stage.template);
        drop(self);
        if let (Some(database), Template::Postgres { server, .. }) = (database, template) {
            administer(server, format!("DROP DATABASE {database} WITH (FORCE)")).await?;
        }
        fs::remove_dir_all(folder).context("a copy cannot be removed")
    }
}

/// The names of officers whom examples name and nobody knows, and of people.
pub(super) fn strangers(examples: &[&Example]) -> Vec<String> {
    let officers: HashSet<&str> = OFFICERS.iter().map(|officer| officer.username.as_str()).collect();
    let mut strangers = Vec::new();
    for example in examples {
        let mut people = vec![&example.person];
        people.extend(&example.acting_for);
        for act in &example.acts {
            match act {
                Act::Desk { officer, .. } | Act::Answer { officer, .. } | Act::Attend { officer, .. }
                    if !officers.contains(officer.as_str()) =>
                {
                    strangers.push(format!("“{}”: no officer of the demo is called `{officer}`", example.name));
                }
                Act::Sign { person, .. } => people.push(person),
                _ => {}
            }
        }
        for key in people.into_iter().filter(|key| listed(key).is_none()) {
            strangers.push(format!("“{}”: nobody of the demo is called `{key}`", example.name));
        }
    }
    strangers
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_database_is_named_in_its_servers_address() {
        assert_eq!(named("postgres://h@127.0.0.1:5/postgres", "a"), "postgres://h@127.0.0.1:5/a");
        assert_eq!(named("postgres://h@127.0.0.1:5?x=1", "a"), "postgres://h@127.0.0.1:5/a?x=1");
    }
}
