//! PostgreSQL's connection goes away at COMMIT: a proxy between the store and
//! the server cuts it, at every place where that can happen.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use base::{Actor, Locale, OsEntropy};
use store::{Ctx, Database, Db, Error, Key, Keyring, Migration, Options, Schema, params};

mod sql {
    store::statements! {
        /// Puts a row; nothing but its key keeps it from being put twice.
        PUT = "INSERT INTO wire_row (writer, amount) VALUES ($1, $2)";
        /// How many there are, and of how many writers.
        COUNT = "SELECT COUNT(*), COUNT(DISTINCT writer) FROM wire_row";
    }
}

const SCHEMA: Schema = Schema {
    system: "wire",
    migrations: &[Migration {
        version: 1,
        sql: "CREATE TABLE wire_row (writer BIGINT NOT NULL, amount BIGINT NOT NULL);\n",
    }],
};
/// Writes at once.
const WRITES: i64 = 24;
/// COMMITs that are struck.
const CUTS: i64 = 7;
/// Times that a client asks again.
const PATIENCE: usize = 40;

/// What happens to a COMMIT.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Strike {
    /// The server never sees it.
    Before,
    /// The server sees it; the connection is cut at once.
    During,
    /// The server has committed; its answer is lost.
    After,
    /// The server has committed; instead of its answer comes "terminated by an administrator".
    Terminated,
    /// The answer comes with a warning before it.
    Warned,
}

struct Proxy {
    server: String,
    strike: Strike,
    left: AtomicI64,
    struck: AtomicU64,
}

/// A message: its first octet, its length, its body, as they came.
fn message(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 5];
    from.read_exact(&mut bytes)?;
    body(from, bytes, 1)
}

/// Reads on to the end of a message whose length stands after `before` octets.
fn body(from: &mut impl Read, mut bytes: Vec<u8>, before: usize) -> io::Result<Vec<u8>> {
    let length = u32::from_be_bytes(bytes[before..before + 4].try_into().unwrap());
    let read = bytes.len();
    bytes.resize(before + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut bytes[read..])?;
    Ok(bytes)
}

/// What the server says by itself: an error (`E`) or a notice (`N`).
fn said(kind: u8, severity: &str, code: &str) -> Vec<u8> {
    let fields = format!("S{severity}\0V{severity}\0C{code}\0Mplanted\0\0");
    let length = u32::try_from(4 + fields.len()).unwrap();
    [&[kind][..], &length.to_be_bytes(), fields.as_bytes()].concat()
}

impl Proxy {
    /// Begins to listen, and gives the address that leads through it.
    fn before(url: &str, strike: Strike) -> (Arc<Self>, String) {
        let (_, rest) = url.split_once('@').unwrap();
        let server = rest.split('/').next().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let through = url.replacen(server, &listener.local_addr().unwrap().to_string(), 1);
        let (left, struck) = (AtomicI64::new(0), AtomicU64::new(0));
        let proxy = Arc::new(Self { server: server.to_owned(), strike, left, struck });
        let own = Arc::clone(&proxy);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (own, client) = (Arc::clone(&own), client.unwrap());
                // It ends when either side does.
                std::thread::spawn(move || own.pass(client));
            }
        });
        (proxy, through)
    }

    fn pass(self: Arc<Self>, mut client: TcpStream) -> io::Result<()> {
        let address: SocketAddr = self.server.parse().unwrap();
        let mut server = TcpStream::connect(address)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let struck = Arc::new(AtomicI64::new(0));
        let (own, seen) = (Arc::clone(&self), Arc::clone(&struck));
        let (from, to) = (server.try_clone()?, client.try_clone()?);
        std::thread::spawn(move || {
            // The other direction ends with this one.
            drop(own.answer(from, to, &seen));
        });
        let mut first = vec![0; 4];
        client.read_exact(&mut first)?;
        server.write_all(&body(&mut client, first, 0)?)?;
        loop {
            let Ok(message) = message(&mut client) else { return cut(&client, &server) };
            let commits = message[0] == b'Q' && message[5..].starts_with(b"COMMIT");
            if commits && self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
                self.struck.fetch_add(1, Ordering::SeqCst);
                struck.store(1, Ordering::SeqCst);
                if self.strike == Strike::Before {
                    return cut(&client, &server);
                }
                server.write_all(&message)?;
                if self.strike == Strike::During {
                    return cut(&client, &server);
                }
            } else {
                server.write_all(&message)?;
            }
        }
    }

    fn answer(&self, mut server: TcpStream, mut client: TcpStream, struck: &AtomicI64) -> io::Result<()> {
        loop {
            let Ok(message) = message(&mut server) else { return cut(&client, &server) };
            let committed = message[0] == b'C' && message[5..].starts_with(b"COMMIT");
            if committed && struck.swap(0, Ordering::SeqCst) == 1 {
                match self.strike {
                    Strike::Warned => client.write_all(&said(b'N', "WARNING", "01000"))?,
                    Strike::Terminated => {
                        client.write_all(&said(b'E', "FATAL", "57P01"))?;
                        return cut(&client, &server);
                    }
                    _ => return cut(&client, &server),
                }
            }
            client.write_all(&message)?;
        }
    }
}

/// Ends both sides; one that has ended already stays so.
fn cut(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    drop(client.shutdown(Shutdown::Both));
    server.shutdown(Shutdown::Both)
}

fn open(url: &str, folder: &std::path::Path) -> Ctx {
    let (database, keyring) = (Database::Postgres(url.to_owned()), Keyring::from_bytes(&[7; 64]));
    Ctx {
        db: Db::open(Options { database, blobs: folder.join("blobs"), keyring }, &[SCHEMA]).unwrap(),
        clock: testkit::FakeClock::at(testkit::START),
        entropy: Arc::new(OsEntropy),
        actor: Actor::Anonymous,
        locale: Locale::AR,
    }
}

/// Writes under one key until the outcome is known; counts how often it was not.
async fn write(ctx: Ctx, number: i64) -> u64 {
    let mut unknown = 0;
    for _ in 0..PATIENCE {
        let put = move |tx: &mut store::Tx<'_>| {
            tx.execute_one(&sql::PUT, &params![number, 1_i64])?;
            Ok::<_, Error>(number * 10)
        };
        match ctx.write(Key::new("wire", format!("{number}")), put).await {
            Ok(answer) => {
                assert_eq!(answer, number * 10);
                return unknown;
            }
            Err(Error::Unknown(_)) => unknown += 1,
            Err(Error::Contention) => {}
            Err(other) => panic!("write {number}: {other}"),
        }
    }
    panic!("write {number} has no outcome");
}

/// Strikes several of many writes at once; gives how many strikes and how many
/// unknown outcomes there were, once each write is there exactly once.
fn storm(strike: Strike) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let url = testkit::postgres_schema();
    let (proxy, through) = Proxy::before(&url, strike);
    let ctx = open(&through, folder.path());
    proxy.left.store(CUTS, Ordering::SeqCst);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let unknown = runtime.block_on(async {
        let writes: Vec<_> = (0..WRITES).map(|number| tokio::spawn(write(ctx.clone(), number))).collect();
        let mut unknown = 0;
        for write in writes {
            unknown += write.await.unwrap();
        }
        let row = ctx.read(|read| read.row(&sql::COUNT, &params![])).await.unwrap().unwrap();
        assert_eq!((row.get::<i64>(0).unwrap(), row.get::<i64>(1).unwrap()), (WRITES, WRITES), "{strike:?}");
        // The same key has the same answer still, and nothing is put again.
        for number in 0..WRITES {
            assert_eq!(write(ctx.clone(), number).await, 0);
        }
        let row = ctx.read(|read| read.row(&sql::COUNT, &params![])).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>(0).unwrap(), WRITES, "{strike:?}");
        unknown
    });
    assert_eq!(ctx.db.figures().unknown.load(Ordering::Relaxed), unknown, "{strike:?}");
    let struck = proxy.struck.load(Ordering::SeqCst);
    assert_eq!(struck, CUTS.unsigned_abs(), "{strike:?}: COMMITs were struck");
    (struck, unknown)
}

#[test]
fn a_commit_that_never_arrived_is_unknown_and_happens_once() {
    let (struck, unknown) = storm(Strike::Before);
    assert_eq!(unknown, struck);
}

#[test]
fn a_commit_that_was_cut_has_one_outcome() {
    let (struck, unknown) = storm(Strike::During);
    assert!(unknown <= struck);
}

#[test]
fn a_commit_whose_answer_was_lost_is_found_by_its_key() {
    assert_eq!(storm(Strike::After).1, 0);
}

#[test]
fn a_commit_whose_backend_was_terminated_is_found_by_its_key() {
    assert_eq!(storm(Strike::Terminated).1, 0);
}

#[test]
fn a_commit_with_a_warning_is_unknown_until_it_is_asked_for_again() {
    let (struck, unknown) = storm(Strike::Warned);
    assert_eq!(unknown, struck);
}
