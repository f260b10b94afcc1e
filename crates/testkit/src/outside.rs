//! Companies outside, as our own systems meet them: a bank with its page, an SMS
//! company. Each can be out, and each can lose an answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::answering_to;

const OK: &str = "200 OK";
const OUT: &str = "503 Service Unavailable";
/// No answer at all: the connection ends.
const SILENCE: &str = "";

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long the bank's page stays open, seconds.
const PAGE_S: i64 = 30 * 60;

/// A try at the bank.
#[derive(Debug, Clone)]
pub struct Session {
    /// How much, minor units.
    pub amount_minor: i64,
    /// `pending`, `authorised`, `declined`, `expired`.
    pub status: &'static str,
    ends: Timestamp,
}

/// An acquiring bank.
pub struct BankSide {
    /// Whether it answers.
    pub up: AtomicBool,
    /// Whether it speaks of another sum than it was asked for.
    pub lies: AtomicBool,
    /// How often it was asked.
    pub asked: AtomicU64,
    sessions: Mutex<BTreeMap<String, Session>>,
    clock: Arc<dyn Clock>,
}

impl BankSide {
    /// A bank that is open.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            up: AtomicBool::new(true),
            lies: AtomicBool::new(false),
            asked: AtomicU64::new(0),
            sessions: Mutex::default(),
            clock,
        }
    }
    /// Answers at an address, until the runtime ends.
    ///
    /// # Panics
    /// When there is no free port, or what it is asked is no JSON of ours.
    pub async fn listen(self: &Arc<Self>) -> String {
        let bank = Arc::clone(self);
        let address = answering_to(move |head, body| {
            bank.asked.fetch_add(1, Ordering::SeqCst);
            let address = head.split(' ').nth(1).unwrap_or_default();
            match (bank.up.load(Ordering::SeqCst), address.strip_prefix("/sessions/by-reference/")) {
                (false, _) => (OUT, "{}".to_owned()),
                (true, Some(reference)) => bank.told(reference),
                (true, None) => (OK, bank.open(body)),
            }
        });
        format!("http://{}", address.await)
    }
    /// The holder of the card is done with the bank's page; whether it was still open.
    pub fn answer(&self, reference: &str, status: &'static str) -> bool {
        let now = self.clock.now();
        let mut sessions = locked(&self.sessions);
        let open = sessions.get_mut(reference).filter(|session| session.status == "pending" && now < session.ends);
        open.map(|session| session.status = status).is_some()
    }
    /// The sessions by reference, as they stand.
    pub fn sessions(&self) -> BTreeMap<String, Session> {
        let now = self.clock.now();
        let mut sessions = locked(&self.sessions);
        for session in sessions.values_mut().filter(|session| session.status == "pending" && now >= session.ends) {
            session.status = "expired";
        }
        sessions.clone()
    }
    fn open(&self, body: &str) -> String {
        let wanted: Value = serde_json::from_str(body).expect("JSON");
        let reference = wanted["reference"].as_str().expect("a reference").to_owned();
        let fresh = Session {
            amount_minor: wanted["amount_minor"].as_i64().expect("an amount"),
            status: "pending",
            ends: self.clock.now().plus_seconds(PAGE_S),
        };
        // The same reference again is the same session.
        locked(&self.sessions).entry(reference.clone()).or_insert(fresh);
        json!({ "session": format!("s-{reference}"), "page": format!("https://bank/{reference}") }).to_string()
    }
    fn told(&self, reference: &str) -> (&'static str, String) {
        let Some(session) = self.sessions().get(reference).cloned() else {
            return ("404 Not Found", "{}".to_owned());
        };
        let more = i64::from(self.lies.load(Ordering::SeqCst));
        let told = json!({
            "reference": reference, "status": session.status, "amount_minor": session.amount_minor + more,
            "currency": "ILS", "cause": null,
        });
        (OK, told.to_string())
    }
}

/// An SMS company: a message that it knows by its id goes out once.
#[derive(Default)]
pub struct PhoneSide {
    /// Whether it is out.
    pub out: AtomicBool,
    /// Whether it takes messages and loses its answers.
    pub mute: AtomicBool,
    /// How often it was asked.
    pub asked: AtomicU64,
    taken: Mutex<BTreeMap<String, u64>>,
}

impl PhoneSide {
    /// How often each message was handed over, by its id.
    pub fn taken(&self) -> BTreeMap<String, u64> {
        locked(&self.taken).clone()
    }
    /// Answers at an address, until the runtime ends.
    ///
    /// # Panics
    /// When there is no free port, or what it is asked is no JSON of ours.
    pub async fn listen(self: &Arc<Self>) -> String {
        let phones = Arc::clone(self);
        let address = answering_to(move |_, body| {
            phones.asked.fetch_add(1, Ordering::SeqCst);
            if phones.out.load(Ordering::SeqCst) {
                return (OUT, "{}".to_owned());
            }
            let message: Value = serde_json::from_str(body).expect("JSON");
            let id = message["id"].as_str().expect("an id").to_owned();
            *locked(&phones.taken).entry(id).or_default() += 1;
            (if phones.mute.load(Ordering::SeqCst) { SILENCE } else { OK }, "{}".to_owned())
        });
        format!("http://{}/sms", address.await)
    }
}
