//! PostgreSQL: worker threads that each own a connection. Every write is
//! SERIALIZABLE and run again when it collides; every read is one read-only
//! snapshot. BEGIN shares a flight with the COMMIT before it, and the key with
//! its own, so that they cost no round trip.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::db::{Outcome, ReadJob, Shared, WriteJob};
use crate::error::panic_text;
use crate::postgres_address::Address;
use crate::postgres_session::{BEGIN, Committed, Session};
use crate::queue::{Batch, Queue};
use crate::tx::{Connection as Under, Tx};
use crate::{Error, Read, SLOW_WRITE_MS, Schema, migrate};

/// Connections that write.
const WRITERS: usize = 16;
/// Connections that read.
const READERS: usize = 6;
/// Times a colliding write is run again.
const TRIES: u32 = 10;
/// Tries that run beside others; from then on a write has this process's turn alone.
const TRIES_BESIDE: u32 = 4;
/// Longest pause between two tries, milliseconds.
const PAUSE_MS: u64 = 40;

/// Migrates and starts the threads; each connects when it first has work.
pub(crate) fn start(
    url: &str,
    schemas: &[Schema],
    shared: &Arc<Shared>,
    writes: &Arc<Queue<WriteJob>>,
    reads: &Arc<Queue<ReadJob>>,
) -> Result<Vec<JoinHandle<()>>, Error> {
    let address = Address::parse(url)?;
    // A session blocks the thread that uses it, and the caller's may be a runtime's.
    let migrate = || migrate::run(&mut Session::connect(&address)?, schemas);
    let migrated = std::thread::scope(|scope| scope.spawn(migrate).join());
    migrated.map_err(|_| Error::ReadOnly("the thread that migrates panicked".to_owned()))??;
    let mut threads = Vec::with_capacity(WRITERS + READERS);
    let turn = Arc::new(RwLock::new(()));
    for number in 0..WRITERS {
        let (address, shared, writes) = (address.clone(), Arc::clone(shared), Arc::clone(writes));
        let writer = Writer { address, shared, session: None, turn: Arc::clone(&turn) };
        threads.push(spawn(&format!("write-{number}"), move || writer.run(&writes))?);
    }
    for number in 0..READERS {
        let (address, shared, reads) = (address.clone(), Arc::clone(shared), Arc::clone(reads));
        threads.push(spawn(&format!("read-{number}"), move || read_loop(&address, &shared, &reads))?);
    }
    Ok(threads)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let named = std::thread::Builder::new().name(format!("store-{name}"));
    named.spawn(run).map_err(|error| Error::ReadOnly(format!("no thread for the database: {error}")))
}

struct Writer {
    address: Address,
    shared: Arc<Shared>,
    session: Option<Session>,
    /// Shared by tries beside others, whole for one that collided too often.
    turn: Arc<RwLock<()>>,
}

/// How one try of a write ended.
enum Tried {
    Done(Outcome, bool),
    /// It collided with another: run it again.
    Again,
    /// The connection went away, before COMMIT or during it.
    Lost {
        at_commit: bool,
    },
}

impl Writer {
    fn run(mut self, writes: &Queue<WriteJob>) {
        while let Some(Batch { fresh, stale }) = writes.take_one() {
            for job in stale {
                self.shared.figures.shed.fetch_add(1, Ordering::Relaxed);
                drop(job.done.send(Outcome::Failed(Error::Busy)));
            }
            for job in fresh {
                let (outcome, woke) = self.settle(&job);
                self.count(&outcome);
                if woke {
                    self.shared.work.notify_one();
                }
                drop(job.done.send(outcome));
            }
        }
    }

    fn count(&self, outcome: &Outcome) {
        let figures = &self.shared.figures;
        match outcome {
            Outcome::Committed => {
                figures.committed.fetch_add(1, Ordering::Relaxed);
                figures.commits.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Replayed(_) => drop(figures.replayed.fetch_add(1, Ordering::Relaxed)),
            Outcome::Failed(Error::Unknown(_)) => drop(figures.unknown.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
    }

    /// Tries until there is an outcome; the flag says whether work was left.
    fn settle(&mut self, job: &WriteJob) -> (Outcome, bool) {
        let mut lost_before = false;
        let turn = Arc::clone(&self.turn);
        for number in 0..TRIES {
            let session = match self.session.take().map_or_else(|| Session::connect(&self.address), Ok) {
                Ok(session) => self.session.insert(session),
                Err(error) => return (Outcome::Failed(error), false),
            };
            match in_turn(&turn, number, || attempt(session, &self.shared, job)) {
                Tried::Done(outcome, woke) => return (outcome, woke),
                Tried::Again => pause(number, &job.plan.seed),
                Tried::Lost { at_commit: false } if !lost_before => {
                    lost_before = true;
                    self.session = None;
                }
                Tried::Lost { at_commit: false } => {
                    self.session = None;
                    return (Outcome::Failed(Error::ReadOnly("the database went away".to_owned())), false);
                }
                Tried::Lost { at_commit: true } => {
                    self.session = None;
                    let outcome = self.ask(job);
                    // Whether it left work is not known; looking for some costs little.
                    let woke = matches!(outcome, Outcome::Replayed(_));
                    return (outcome, woke);
                }
            }
        }
        (Outcome::Failed(Error::Contention), false)
    }

    /// After a connection was lost at COMMIT: a new one tells by the key, or
    /// the outcome stays unknown (the old backend may still be committing).
    fn ask(&mut self, job: &WriteJob) -> Outcome {
        let asked = Session::connect(&self.address).and_then(|mut session| {
            let find = session.find_key(&job.key)?;
            let answer = session.simple(&find)?;
            self.session = Some(session);
            Ok(answer)
        });
        match asked {
            Ok(Some(answer)) => unhex(&answer).map_or_else(Outcome::Failed, Outcome::Replayed),
            Ok(None) | Err(_) => Outcome::Failed(Error::Unknown(job.key.reference())),
        }
    }
}

/// Runs one try beside others, or alone after it collided too often. The lock keeps
/// nothing: whoever panicked under it left nothing half done.
fn in_turn(turn: &RwLock<()>, number: u32, run: impl FnOnce() -> Tried) -> Tried {
    if number < TRIES_BESIDE {
        let _beside = turn.read().unwrap_or_else(PoisonError::into_inner);
        run()
    } else {
        let _alone = turn.write().unwrap_or_else(PoisonError::into_inner);
        run()
    }
}

fn attempt(session: &mut Session, shared: &Arc<Shared>, job: &WriteJob) -> Tried {
    match open(session, job) {
        Ok(None) => {}
        Ok(Some(answer)) => return replayed(&answer),
        Err(error) => return failed(session, job, error),
    }
    let started = Instant::now();
    let read = Read::new(Under::Postgres(session), Arc::clone(shared));
    let mut tx = Tx::new(read, &job.plan);
    let ran = catch_unwind(AssertUnwindSafe(|| (job.run)(&mut tx)));
    let (failure, woke) = (tx.take_failure(), tx.woke);
    drop(tx);
    // What was sent and not waited for counts before what the closure says.
    let failure = failure.or_else(|| session.settle().err());
    if started.elapsed().as_millis() > SLOW_WRITE_MS {
        tracing::warn!(key = %job.key.reference(), elapsed_ms = started.elapsed().as_millis(), "a slow write");
    }
    let answer = match (ran, failure) {
        (_, Some(error)) => return failed(session, job, error),
        (Err(panic), None) => return ended(session, job, Outcome::Failed(Error::Panicked(panic_text(&panic)))),
        (Ok(None), None) => return ended(session, job, Outcome::Refused),
        (Ok(Some(answer)), None) => answer,
    };
    match session.commit(&job.key, &answer) {
        Committed::Yes => Tried::Done(Outcome::Committed, woke),
        Committed::Warned => Tried::Done(Outcome::Failed(Error::Unknown(job.key.reference())), woke),
        Committed::Lost => Tried::Lost { at_commit: true },
        // Somebody else committed under this key meanwhile: the next try finds their answer.
        Committed::Taken | Committed::No(Error::Contention) => again(session),
        // A COMMIT that failed for a rare reason over a connection that still stands: the same
        // backend, which commits nothing any more, says whether the key is there.
        Committed::No(error) => match ended(session, job, Outcome::Failed(error)) {
            Tried::Lost { .. } => Tried::Lost { at_commit: true },
            other => other,
        },
    }
}

/// Opens the transaction, or gives the answer that was given under this key.
fn open(session: &mut Session, job: &WriteJob) -> Result<Option<String>, Error> {
    // The key is looked up before the transaction, though in the same flight:
    // read inside it, its index page would collide with every other new key. One
    // that was made for this write has no answer yet.
    match (job.key.fresh, std::mem::take(&mut session.begun)) {
        (true, true) => Ok(None),
        (true, false) => session.simple(BEGIN),
        (false, begun) => {
            let end = if begun { "ROLLBACK; " } else { "" };
            let find = session.find_key(&job.key)?;
            let answer = session.simple(&format!("{end}{find}; COMMIT; {BEGIN}"))?;
            // Where there is an answer, the transaction is left to the next write.
            session.begun = answer.is_some();
            Ok(answer)
        }
    }
}

fn replayed(answer: &str) -> Tried {
    Tried::Done(unhex(answer).map_or_else(Outcome::Failed, Outcome::Replayed), false)
}

/// Ends a transaction that does not commit. That it refused or failed may only
/// say that the same key was written a moment ago: then its answer is the answer.
fn ended(session: &mut Session, job: &WriteJob, outcome: Outcome) -> Tried {
    let asked = session.roll_back().and_then(|()| match job.key.fresh {
        true => Ok(None),
        false => session.find_key(&job.key).and_then(|find| session.simple(&find)),
    });
    match asked {
        Ok(None) => Tried::Done(outcome, false),
        Ok(Some(answer)) => replayed(&answer),
        Err(_) if session.is_lost() => Tried::Lost { at_commit: false },
        Err(error) => Tried::Done(Outcome::Failed(error), false),
    }
}

/// Ends a transaction that collided.
fn again(session: &mut Session) -> Tried {
    session.roll_back().map_or(Tried::Lost { at_commit: false }, |()| Tried::Again)
}

fn failed(session: &mut Session, job: &WriteJob, error: Error) -> Tried {
    if session.is_lost() {
        return Tried::Lost { at_commit: false };
    }
    match error {
        Error::Contention => again(session),
        other => ended(session, job, Outcome::Failed(other)),
    }
}

/// A pause that grows, with jitter, so that colliding writers part.
fn pause(number: u32, seed: &[u8; 32]) {
    let jitter = u64::from(seed[(number as usize) % seed.len()]);
    let longest = (1_u64 << number.min(5)).min(PAUSE_MS);
    std::thread::park_timeout(Duration::from_micros(longest * (200 + jitter * 4)));
}

fn read_loop(address: &Address, shared: &Arc<Shared>, reads: &Queue<ReadJob>) {
    let mut kept: Option<Session> = None;
    while let Some(Batch { fresh, stale }) = reads.take_one() {
        for job in stale {
            shared.figures.shed.fetch_add(1, Ordering::Relaxed);
            (job.run)(Err(Error::Busy));
        }
        for job in fresh {
            kept = read_one(address, shared, kept.take(), job);
            shared.figures.reads.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs one read and gives the connection back if it is still good.
fn read_one(address: &Address, shared: &Arc<Shared>, kept: Option<Session>, job: ReadJob) -> Option<Session> {
    // 0 is no limit.
    let limit = job.limit.map_or(0, |limit| limit.as_millis());
    let begin = format!("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; SET LOCAL statement_timeout = {limit}");
    let opened = kept.map_or_else(|| Session::connect(address), Ok).and_then(|mut session| {
        if session.simple(&begin).is_err() {
            session = Session::connect(address)?;
            session.simple(&begin)?;
        }
        Ok(session)
    });
    let mut session = match opened {
        Ok(session) => session,
        Err(error) => {
            (job.run)(Err(error));
            return None;
        }
    };
    let mut read = Read::new(Under::Postgres(&mut session), Arc::clone(shared));
    if catch_unwind(AssertUnwindSafe(|| (job.run)(Ok(&mut read)))).is_err() {
        tracing::error!("a read panicked");
    }
    drop(read);
    session.roll_back().is_ok().then_some(session)
}

fn unhex(text: &str) -> Result<Vec<u8>, Error> {
    let broken = || Error::Corrupt("an answer's bytes".to_owned());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).map_err(|_| broken())?;
            u8::from_str_radix(pair, 16).map_err(|_| broken())
        })
        .collect()
}
