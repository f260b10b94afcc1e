//! The registers of a house under test, behind their security server. They can be
//! silent, and change their minds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::answering_to;

const OK: &str = "200 OK";
const OUT: &str = "503 Service Unavailable";

/// What registers know, by ID number.
pub struct Registers {
    /// Whether they answer.
    pub up: AtomicBool,
    /// How a register takes what it is told.
    pub takes: Mutex<Takes>,
    /// What was told, by its key; and how often anything was.
    pub told: Mutex<BTreeMap<String, Value>>,
    pub tellings: AtomicU64,
    people: Mutex<BTreeMap<String, Known>>,
    /// Answers to whole questions: `parcel?basin=4`, null where nothing is known.
    answers: Mutex<BTreeMap<String, Value>>,
    /// What was asked, in order.
    pub asked: Mutex<Vec<String>>,
    /// Operations that do not answer as they should, by their last word.
    faulty: Mutex<BTreeMap<String, Fault>>,
}

/// What is wrong with a register's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There are none.
    Silent,
    /// They end in the middle.
    Garbled,
}

/// What each register knows of a person; one that knows nothing has null.
#[derive(Clone)]
pub struct Known {
    pub person: Value,
    pub family: Value,
    pub driver: Value,
}

/// How a register takes what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// It does it and says so.
    Well,
    /// It does it, and its answer is lost.
    Mute,
    /// It refuses.
    Not,
}

impl Default for Registers {
    fn default() -> Self {
        Self {
            up: AtomicBool::new(true),
            takes: Mutex::new(Takes::Well),
            told: Mutex::default(),
            tellings: AtomicU64::new(0),
            people: Mutex::default(),
            answers: Mutex::default(),
            asked: Mutex::default(),
            faulty: Mutex::default(),
        }
    }
}

impl Registers {
    /// A person of whom all is well.
    pub fn put(&self, number: &str) {
        let name = json!({ "ar": "سلمى عادل خليل عواد", "en": "Salma Adel Khalil Awwad" });
        let known = Known {
            person: json!({
                "id_number": number,
                "full_name": name,
                "birth_date": "1991-04-12",
                "status": "alive",
                "marital_status_text": { "ar": "متزوجة", "en": "Married" },
                "cohorts": [],
            }),
            family: json!({ "members": [{
                "relation_text": { "ar": "صاحبة الشهادة", "en": "Holder" },
                "full_name": name,
                "birth_date": "1991-04-12",
            }] }),
            driver: json!({
                "licence_number": "4000001", "class": "B", "expires": "2026-12-01",
                "renewable_until": "2029-12-01", "status": "valid",
            }),
        };
        self.people.lock().unwrap().insert(number.to_owned(), known);
    }
    /// Sets what is answered to a question.
    pub fn put_answer(&self, question: &str, answer: Value) {
        self.answers.lock().unwrap().insert(question.to_owned(), answer);
    }
    /// From now on an operation does not answer as it should.
    pub fn spoil(&self, operation: &str, fault: Fault) {
        self.faulty.lock().unwrap().insert(operation.to_owned(), fault);
    }
    /// It does again.
    pub fn mend(&self, operation: &str) {
        assert!(self.faulty.lock().unwrap().remove(operation).is_some(), "{operation} answers as it should");
    }
    /// How often a register was asked so.
    pub fn asked(&self, question: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == question).count()
    }
    /// Changes what is known of a person.
    pub fn change(&self, number: &str, change: impl FnOnce(&mut Known)) {
        change(self.people.lock().unwrap().get_mut(number).unwrap());
    }
    pub fn known(&self, number: &str) -> Known {
        self.people.lock().unwrap()[number].clone()
    }
    fn take(&self, body: &str) -> (&'static str, String) {
        let message: Value = serde_json::from_str(body).unwrap();
        self.tellings.fetch_add(1, Ordering::SeqCst);
        let takes = *self.takes.lock().unwrap();
        if takes == Takes::Not {
            return ("409 Conflict", "{}".to_owned());
        }
        let key = message["key"].as_str().unwrap().to_owned();
        let known = self.told.lock().unwrap().insert(key, message.clone());
        assert!(known.is_none_or(|known| known == message), "the same key is the same message");
        if takes == Takes::Mute { (OUT, "{}".to_owned()) } else { (OK, json!({ "done": true }).to_string()) }
    }
    fn answer(&self, head: &str) -> (&'static str, String) {
        let address = head.split(' ').nth(1).unwrap();
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let question = format!("{}?{query}", path.rsplit('/').next().unwrap());
        self.asked.lock().unwrap().push(question.clone());
        let fault = self.faulty.lock().unwrap().get(question.split('?').next().unwrap()).copied();
        match fault {
            Some(Fault::Silent) => return (OUT, "{}".to_owned()),
            Some(Fault::Garbled) => return (OK, "{\"id_number\":".to_owned()),
            None => {}
        }
        let set = self.answers.lock().unwrap().get(&question).cloned();
        if let (true, Some(answer)) = (self.up.load(Ordering::SeqCst), set) {
            return if answer.is_null() { ("404 Not Found", "{}".to_owned()) } else { (OK, answer.to_string()) };
        }
        let known = query.strip_prefix("id=").and_then(|number| self.people.lock().unwrap().get(number).cloned());
        let known = known.map_or(Value::Null, |known| match path.rsplit('/').next() {
            Some("person") => known.person,
            Some("family") => known.family,
            _ => known.driver,
        });
        match (self.up.load(Ordering::SeqCst), known) {
            (false, _) => (OUT, "{}".to_owned()),
            (true, Value::Null) => ("404 Not Found", "{}".to_owned()),
            (true, known) => (OK, known.to_string()),
        }
    }
}

/// Answers as a security server does.
pub async fn security_server(registers: &Arc<Registers>) -> String {
    let registers = Arc::clone(registers);
    let address = answering_to(
        move |head, body| {
            if head.starts_with("POST") { registers.take(body) } else { registers.answer(head) }
        },
    );
    format!("http://{}", address.await)
}
