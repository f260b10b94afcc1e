//! The simulated country: who lives in it, what was promised to them, and how
//! each act is checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::{Assurance, CaseId, Clock, IdNumber, Role, SeededEntropy, Timestamp};
use serde_json::{Map, Value};
use services::Refusal;
use store::{Ctx, Key, params};
use testkit::{FakeClock, World};
use web::Transitions;

use crate::dice::{Dice, Trace};
use crate::house::{FIRST, House, Look as Looks};
use crate::look::{CaseRow, Look};

pub const COLLECTORS: [&str; 2] = ["palpay", "maalchat"];
const PEOPLE: u32 = 4;
/// A leaf may wait ten seconds; the sequencer runs well before.
const SEQUENCE_MICROS: i64 = 4_000_000;
/// Everything that `verify` knows is checked after so many acts; after each act what
/// concerns money, cases and messages, and what this test sees in the tables.
const ALL_EVERY: u64 = 10;
/// A message is tried for a day.
const PATIENCE_MICROS: i64 = 86_400_000_000;
/// Rounds in which everything must settle.
const ROUNDS: usize = 400;

mod sql {
    store::statements! {
        /// What is due.
        DUE = "SELECT id, queue, ordering_key, body, due FROM store_work WHERE due <= $1 ORDER BY id LIMIT 100";
        /// A second delivery of the same.
        AGAIN = "INSERT INTO store_work (id, queue, ordering_key, body, due, attempts, leased_until) \
                 VALUES ($1, $2, $3, $4, $5, 0, 0) ON CONFLICT (id) DO NOTHING";
        /// A process took it and died.
        TAKEN = "UPDATE store_work SET leased_until = $1, attempts = attempts + 1 WHERE id = $2";
        /// Leaves that wait.
        PENDING = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit_pending";
    }
}

pub struct Person {
    pub ctx: Ctx,
    pub id: String,
    pub number: String,
    pub proven: bool,
}

pub struct Staff {
    pub ctx: Ctx,
    pub id: String,
    pub unit: String,
    pub supervisor: bool,
}

/// What was promised to somebody about a case.
pub struct Promised {
    pub person: usize,
    pub service: String,
    pub answers: Map<String, Value>,
    pub sent: bool,
    pub gone: bool,
}

/// What a collector was told about its transaction.
pub struct Advised {
    pub advice: payments::Advice,
    pub answer: payments::AdviceAnswer,
    pub reversal: Option<String>,
}

pub struct Simulation {
    pub house: House,
    pub dice: Dice,
    pub trace: Trace,
    pub people: Vec<Person>,
    pub clerks: Vec<Staff>,
    pub agents: Vec<Staff>,
    pub cases: BTreeMap<CaseId, Promised>,
    pub advised: BTreeMap<(usize, String), Advised>,
    /// What each collector must owe.
    pub owed: [i64; 2],
    pub last: Look,
    clock: Arc<FakeClock>,
    sequenced: Timestamp,
    keys: u64,
    checks: u64,
    /// Its folder goes with it.
    _world: World,
}

impl Simulation {
    pub async fn new(mut world: World, seed: u64) -> Self {
        world.ctx.entropy = Arc::new(SeededEntropy::new(seed));
        let house = House::new(&world, Looks::Bare).await;
        let mut people = Vec::new();
        for head in FIRST..FIRST + PEOPLE {
            // The last one has shown nothing but a password.
            let proven = head + 1 < FIRST + PEOPLE;
            let level = if proven { Assurance::Substantial } else { Assurance::Low };
            let ctx = house.citizen(head, level).await;
            let number = IdNumber::complete(head).as_str().to_owned();
            people.push(Person { id: ctx.actor.person().unwrap().to_string(), ctx, number, proven });
        }
        let (clerk, supervisor) = (&[Role::Clerk][..], &[Role::Clerk, Role::Supervisor][..]);
        let ramallah = "licensing.ramallah";
        let mut clerks = Vec::new();
        for (name, unit, roles) in [
            ("a", ramallah, clerk),
            ("b", ramallah, clerk),
            ("c", ramallah, supervisor),
            ("d", "licensing.nablus", clerk),
        ] {
            clerks.push(staff(&house, name, unit, roles).await);
        }
        let mut agents = Vec::new();
        for (name, unit) in [("e", "post.ramallah"), ("f", "post.nablus")] {
            agents.push(staff(&house, name, unit, &[Role::PostAgent]).await);
        }
        let (clock, sequenced) = (Arc::clone(&world.clock), world.clock.now());
        let (dice, trace) = (Dice::new(seed), Trace::new(seed));
        Self {
            house,
            dice,
            trace,
            people,
            clerks,
            agents,
            cases: BTreeMap::new(),
            advised: BTreeMap::new(),
            owed: [0; 2],
            last: Look::default(),
            clock,
            sequenced,
            keys: 0,
            checks: 0,
            _world: world,
        }
    }

    /// A key of a form that was shown once.
    pub fn key(&mut self) -> Key {
        self.keys += 1;
        Key::new("simulation", self.keys.to_string())
    }
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub fn row(&self, id: CaseId) -> &CaseRow {
        &self.last.cases[&id.to_string()]
    }
    pub fn is_own(&self, who: usize, id: CaseId) -> bool {
        self.cases[&id].person == who
    }

    /// An act must end as this test knows that it must, and the machine never fails.
    #[track_caller]
    pub fn must<T: std::fmt::Debug>(&mut self, what: String, got: &Result<T, Refusal>, yes: bool) {
        self.trace.add(format!("{} {what}: {}", self.now().rfc3339(), if got.is_ok() { "yes" } else { "no" }));
        let failed = matches!(got, Err(Refusal::Store(_) | Refusal::Payments(payments::Refusal::Store(_))));
        assert!(!failed && got.is_ok() == yes, "seed {}: {what}: expected {yes}, got {got:?}", self.trace.seed);
    }

    pub async fn sequence(&mut self) {
        self.house.sequence().await;
        self.sequenced = self.now();
    }

    /// Time passes. Before, the sequencer had its turn, as it has five times a second.
    pub async fn pass(&mut self, micros: i64) {
        let waited = self.now().as_micros() - self.sequenced.as_micros() + micros;
        if waited >= SEQUENCE_MICROS {
            self.sequence().await;
        }
        self.clock.set(Timestamp::from_micros(self.now().as_micros() + micros));
        if micros >= SEQUENCE_MICROS {
            self.house.work().await;
        }
    }

    /// Delivers what is due; perhaps twice, perhaps after a process died with it.
    pub async fn deliver(&mut self) {
        let now = self.now();
        let ctx = self.house.ctx.as_machine("test");
        let due = ctx.read(move |read| read.rows(&sql::DUE, &params![now])).await.unwrap();
        let work: Vec<[String; 4]> =
            due.iter().map(|row| [0, 1, 2, 3].map(|column| row.get::<String>(column).unwrap())).collect();
        match self.dice.below(4) {
            0 if !work.is_empty() => {
                let (one, until) = (self.dice.pick(&work)[0].clone(), now.plus_seconds(120));
                self.trace.add(format!("{} a process dies with work {one}", now.rfc3339()));
                let taken = ctx.write(Key::once(&ctx), move |tx| tx.execute(&sql::TAKEN, &params![until, one]));
                taken.await.unwrap();
                self.house.settle().await;
            }
            1 => {
                self.trace.add(format!("{} {} works are delivered twice", now.rfc3339(), work.len()));
                self.house.settle().await;
                let again = ctx.write(Key::once(&ctx), move |tx| {
                    for [id, queue, key, body] in &work {
                        tx.execute(&sql::AGAIN, &params![id, queue, key, body, now])?;
                    }
                    Ok::<_, store::Error>(())
                });
                again.await.unwrap();
                self.house.settle().await;
            }
            _ => {
                self.trace.add(format!("{} {} works are delivered", now.rfc3339(), work.len()));
                self.house.settle().await;
            }
        }
    }

    /// Looks at everything and compares it with the look before.
    pub async fn check(&mut self) {
        self.checks += 1;
        let all = self.checks.is_multiple_of(ALL_EVERY);
        let broken = if all { self.house.broken().await } else { self.house.broken_lately().await };
        assert!(broken.is_empty(), "seed {}: {broken:#?}", self.trace.seed);
        let accounts: Vec<String> = COLLECTORS
            .iter()
            .map(|name| format!("collector:{name}"))
            .chain(["suspense".to_owned(), "acquirer:bank".to_owned()])
            .collect();
        let look = self.house.ctx.db.inspect(move |read| Look::take(read, &accounts)).await.unwrap();
        let tables: Vec<Transitions> =
            self.house.systems.iter().flat_map(|system| system.transitions.iter().copied()).collect();
        let mut faults = look.faults();
        faults.extend(look.faults_since(&self.last, &tables));
        for (id, case) in &self.cases {
            let row = look.cases.get(&id.to_string());
            match row {
                None => faults.push(format!("case {id} was begun and is gone")),
                Some(row) if row.person != self.people[case.person].id => {
                    faults.push(format!("case {id} is {}'s", row.person));
                }
                Some(row) if case.sent != row.submitted_at.is_some() => {
                    faults.push(format!("case {id}: sent {}, the table says {:?}", case.sent, row.submitted_at));
                }
                Some(row) if case.gone != (row.stage == "discarded") => {
                    faults.push(format!("case {id}: thrown away {}, it is {}", case.gone, row.stage));
                }
                Some(_) => {}
            }
        }
        if look.cases.len() != self.cases.len() {
            faults.push(format!("{} cases were begun, {} are there", self.cases.len(), look.cases.len()));
        }
        for (collector, owed) in COLLECTORS.iter().zip(self.owed) {
            if look.balance(&format!("collector:{collector}")) != owed {
                faults
                    .push(format!("{collector} owes {}, not {owed}", look.balance(&format!("collector:{collector}"))));
            }
        }
        assert!(faults.is_empty(), "seed {}: {faults:#?}", self.trace.seed);
        self.last = look;
        if all {
            self.check_answers().await;
        }
    }

    /// What was acknowledged as kept is what is kept.
    async fn check_answers(&mut self) {
        for (&id, case) in &self.cases {
            let kept = self.house.case(id).await.answers;
            let promised = if case.gone { &Map::new() } else { &case.answers };
            assert_eq!(&kept, promised, "seed {}: the answers of case {id}", self.trace.seed);
        }
        for ((collector, transaction), advised) in &self.advised {
            let known = payments::status(&self.house.ctx, COLLECTORS[*collector], transaction).await.unwrap();
            assert_eq!(known.as_ref(), Some(&advised.answer), "seed {}: {transaction}", self.trace.seed);
        }
    }

    /// Everything is up, everything is delivered: each case has ended or waits for
    /// somebody who can be named.
    pub async fn settle(&mut self) {
        self.house.registers.up.store(true, Ordering::SeqCst);
        self.house.bank.up.store(true, Ordering::SeqCst);
        self.house.bank.lies.store(false, Ordering::SeqCst);
        self.house.phones.out.store(false, Ordering::SeqCst);
        for round in 0..ROUNDS {
            assert!(round + 1 < ROUNDS, "seed {}: still waiting: {:?}", self.trace.seed, self.last.work);
            self.house.settle().await;
            if self.last.work.is_empty() && round > 0 {
                break;
            }
            self.pass(120_000_000).await;
            self.house.settle().await;
            self.check().await;
        }
        self.sequence().await;
        let pending = self.house.ctx.db.inspect(|read| read.row(&sql::PENDING, &params![])).await.unwrap();
        assert_eq!(pending.unwrap().get::<i64>(0).unwrap(), 0);
        self.check_answers().await;
        self.house.holds().await;
        let faults = self.unsettled();
        assert!(faults.is_empty(), "seed {}: {faults:#?}", self.trace.seed);
    }

    fn unsettled(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (id, case) in &self.last.cases {
            let waits_for = match case.stage.as_str() {
                "closed" | "discarded" => Some("nobody"),
                "draft" | "asked" => Some("its person"),
                "paying" if self.last.bill_of(id).is_some_and(|bill| bill.stage == "open") => Some("its person"),
                "deciding" if case.unit.as_deref() == Some("licensing.ramallah") => Some("its unit"),
                "delivering" if self.last.parcels.contains_key(id) => Some("its office"),
                _ => None,
            };
            if waits_for.is_none() {
                faults.push(format!("case {id} is {} and nobody can go on with it", case.stage));
            }
        }
        let sessions = self.house.bank.sessions();
        for attempt in &self.last.attempts {
            let wanted = match sessions.get(&attempt.id).map(|session| session.status) {
                Some("authorised") => "settled",
                Some("declined" | "expired") => "failed",
                other => panic!("a try that the bank has as {other:?}"),
            };
            if attempt.stage != wanted {
                faults.push(format!("attempt {} is {}, the bank says {wanted}", attempt.id, attempt.stage));
            }
        }
        let taken = self.house.phones.taken();
        for (id, (stage, after)) in &self.last.messages {
            let ended = match stage.as_str() {
                "sent" => taken.get(id) == Some(&1),
                // Given up after a day, and never handed over.
                "failed" => *after >= PATIENCE_MICROS && !taken.contains_key(id),
                _ => false,
            };
            if !ended {
                faults.push(format!("message {id} is {stage} after {after} us, handed over {:?} times", taken.get(id)));
            }
        }
        faults
    }
}

async fn staff(house: &House, name: &str, unit: &str, roles: &[Role]) -> Staff {
    let ctx = house.officer(name, unit, roles).await;
    let supervisor = roles.contains(&Role::Supervisor);
    Staff { id: ctx.actor.officer().unwrap().to_string(), ctx, unit: unit.to_owned(), supervisor }
}
