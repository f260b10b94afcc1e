//! The storm: people apply and pay over HTTP while the server is killed, at any
//! moment and inside its commits, and while the disk fails under them. What was
//! acknowledged is there once; nothing is there twice; every invariant holds.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[path = "../examples/bench-hukumati/browser.rs"]
mod browser;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use base::{Date, Entropy, SeededEntropy};
use browser::Browser;
use store::{Database, Db, Keyring, Options};

/// Kills in all.
const KILLS: u64 = 20;
/// Every fourth kill strikes inside a commit: at a sync of the disk.
const INSIDE: u64 = 4;
/// Acts acknowledged between two kills, at least.
const ACTS: u64 = 200;
/// Syncs under which the disk fails, one after another.
const RUNGS: u64 = 10;
/// One case of so many is paid: a paper takes an unoptimised build a quarter of a second.
const PAID: usize = 5;
/// Windows that apply and pay at once.
const WINDOWS: usize = 8;
/// How long somebody goes on asking a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a start, or the end of a struck server, may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Demo people with accounts, by their passwords on the page `/demo`.
const PASSWORDS: [&str; 2] = ["olive-harvest-in-october", "soap-works-of-the-old-town"];

struct House {
    data: PathBuf,
    public: SocketAddr,
    exchange: SocketAddr,
    peer: SocketAddr,
}

fn free(ip: &str) -> SocketAddr {
    TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap()
}

impl House {
    fn new(folder: &Path) -> Self {
        let (public, exchange, peer) = (free("127.0.0.1"), free("127.0.0.1"), free("127.0.0.2"));
        Self { data: folder.join("data"), public, exchange, peer }
    }

    /// Starts the server and waits until it serves.
    fn start(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hukumati"));
        command.args(["serve", "--demo", "--mtls-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        command.args(["--listen", &self.public.to_string(), "--exchange-listen", &self.exchange.to_string()]);
        command.args(["--peer-listen", &self.peer.to_string(), "--data"]).arg(&self.data);
        command.arg("--services").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services"));
        command.env("HUKUMATI_LOG", "off");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let serves = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("Operators:"));
        assert!(serves, "the server did not start");
        child
    }

    /// Every invariant of what lies on the disk.
    fn verify(&self) {
        let output = Command::new(env!("CARGO_BIN_EXE_hukumati")).args(["verify", "--data"]).arg(&self.data).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    }

    /// How many cases were sent, as they were counted in their own commits.
    fn submissions(&self) -> u64 {
        let mut keys = self.data.clone().into_os_string();
        keys.push("-keys");
        let keyring = Keyring::load(&PathBuf::from(keys).join("columns.key")).unwrap();
        let (database, blobs) = (Database::Sqlite(self.data.clone()), self.data.join("blobs"));
        let db = Db::open(Options { database, blobs, keyring }, &[services::SCHEMA]).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let day = Date::new(2020, 1, 1).unwrap();
        let counted = runtime.block_on(db.inspect(move |read| services::counts(read, day))).unwrap();
        counted.iter().filter(|line| line.event == "submitted").map(|line| line.total).sum()
    }
}

/// Waits for a struck server to end.
fn wait_for_end(mut child: Child) {
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait()));
    end.recv_timeout(LIMIT).expect("the server outlived the strike").unwrap();
}

/// What strikes a process at its nth sync from now: a kill, or a failing disk.
fn strike(child: &Child, how: &str, nth: u64) -> Child {
    let inject = format!("inject=fsync,fdatasync:{how}:when={nth}");
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-q",
        "-o",
        "/dev/null",
        "-e",
        "trace=fsync,fdatasync",
        "-e",
        &inject,
        "-p",
        &child.id().to_string(),
    ]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("strace is installed")
}

async fn signed_in(house: &House, password: &str) -> Browser {
    let mut person = Browser::new(house.public, PATIENCE);
    person.sign_in(password).await;
    person
}

fn seed() -> (u64, SeededEntropy) {
    let seed = std::env::var("HUKUMATI_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        let mut bytes = [0; 8];
        base::OsEntropy.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    });
    (seed, SeededEntropy::new(seed))
}

fn below(entropy: &SeededEntropy, limit: u64) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_le_bytes(bytes) % limit
}

/// Applies and pays until told to stop; gives the cases that were acknowledged.
async fn live(mut window: Browser, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut cases = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let case = window.apply().await;
        if cases.len() % PAID == 0 {
            window.pay(&case).await;
        }
        cases.push(case);
    }
    for (number, case) in cases.iter().enumerate() {
        let stage = if number % PAID == 0 { "closed" } else { "paying" };
        let began = Instant::now();
        while window.stage(case).await != stage {
            assert!(began.elapsed() < PATIENCE, "{case} was sent and never came to be {stage}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    cases
}

#[test]
fn kills_lose_nothing_and_double_nothing() {
    let (seed, entropy) = seed();
    println!("HUKUMATI_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let mut child = house.start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut people = Vec::new();
    for password in PASSWORDS {
        people.push(runtime.block_on(signed_in(&house, password)));
    }
    let stop = Arc::new(AtomicBool::new(false));
    // Whoever signed in first counts for all.
    let taken = Arc::clone(&people[0].taken);
    people.iter_mut().for_each(|person| person.taken = Arc::clone(&taken));
    let mut acts = taken.subscribe();
    let windows: Vec<_> = (0..WINDOWS).map(|number| people[number % people.len()].window()).collect();
    let living: Vec<_> = windows.into_iter().map(|window| runtime.spawn(live(window, Arc::clone(&stop)))).collect();

    for kill in 0..KILLS {
        let enough = *acts.borrow() + ACTS + below(&entropy, 40);
        let waited = runtime
            .block_on(async { tokio::time::timeout(LIMIT, acts.wait_for(|acts| *acts >= enough)).await.is_ok() });
        assert!(waited, "people came to a halt before kill {kill}");
        if kill % INSIDE == 0 {
            let mut strace = strike(&child, "signal=KILL", 1 + below(&entropy, 20));
            wait_for_end(child);
            strace.wait().unwrap();
        } else {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        house.verify();
        child = house.start();
    }

    stop.store(true, Ordering::Relaxed);
    let mut cases = Vec::new();
    for window in living {
        cases.extend(runtime.block_on(window).unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    house.verify();
    let distinct: HashSet<&String> = cases.iter().collect();
    assert_eq!(distinct.len(), cases.len(), "a case was given twice");
    assert_eq!(house.submissions(), u64::try_from(cases.len()).unwrap(), "cases on the disk, and acknowledged");
    println!("{} cases, {} acts, {KILLS} kills", cases.len(), *acts.borrow());
}

#[test]
fn a_failing_disk_ends_the_process_and_each_form_has_one_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let mut child = house.start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut person = runtime.block_on(signed_in(&house, PASSWORDS[0]));
    let mut cases = Vec::new();
    for rung in 1..=RUNGS {
        let mut strace = strike(&child, "error=EIO", rung);
        // The form is sent, and sent again, until there is an answer that is no «being verified».
        let applying = runtime.spawn(async move {
            let case = person.apply().await;
            (person, case)
        });
        wait_for_end(child);
        strace.wait().unwrap();
        house.verify();
        child = house.start();
        let (back, case) = runtime.block_on(applying).unwrap();
        (person, cases) = (back, [cases, vec![case]].concat());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let distinct: HashSet<&String> = cases.iter().collect();
    assert_eq!(distinct.len(), cases.len());
    assert_eq!(house.submissions(), RUNGS, "each form has one outcome");
}
