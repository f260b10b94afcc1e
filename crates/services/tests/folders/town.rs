//! Everybody who acts upon the cases of random services, and how each act is compared
//! with the model.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::{Assurance, CaseId, IdNumber, Locale, Role, Zone};
use catalogue::{Catalogue, Seen, Typed};
use payments::Advice;
use serde_json::json;
use services::{Entry, Refusal, Turn, TurnKind};
use store::{Ctx, Key};
use testkit::{FakeClock, World};

use super::dice::{Dice, Trace};
use super::house::registers::Takes;
use super::house::{FIRST, House, Look};
use super::model::{DAY_S, Model, Now, Seat, Stage};
use super::plan::{HERE, Kind, POSTS, Plan, THERE};
use super::rule::Told;

/// What the registry knows of each person.
const PEOPLE: [Told; 4] = [
    Told { alive: true, poor: false },
    Told { alive: true, poor: true },
    Told { alive: false, poor: false },
    Told { alive: true, poor: true },
];

pub struct Person {
    pub ctx: Ctx,
    pub number: String,
}

pub struct Officer {
    pub ctx: Ctx,
    pub seat: Seat,
}

/// A case under way, and what must be true of it.
pub struct Course {
    pub id: CaseId,
    pub own: usize,
    pub model: Model,
}

pub struct Town {
    pub house: House,
    pub dice: Dice,
    pub trace: Trace,
    pub people: Vec<Person>,
    pub officers: Vec<Officer>,
    pub agents: Vec<(Ctx, &'static str)>,
    pub courses: Vec<Course>,
    clock: Arc<FakeClock>,
    watched: Option<Arc<Seen>>,
    paid: u32,
    /// How often each kind of step was entered.
    pub seen: BTreeMap<&'static str, usize>,
}

/// Writes the plans as folders of one directory, with all that stands beside them.
pub fn write(directory: &Path, plans: &[Plan]) {
    let own = super::services();
    fs::create_dir(directory.join("operations")).unwrap();
    for part in ["", "operations"] {
        for entry in fs::read_dir(own.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, directory.join(part).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    fs::write(directory.join("life-events.toml"), "event = []\n").unwrap();
    for plan in plans {
        let folder = directory.join(&plan.key);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("service.toml"), plan.toml()).unwrap();
        fs::write(folder.join("ar.ftl"), plan.ftl("نص")).unwrap();
        fs::write(folder.join("en.ftl"), plan.ftl("Text")).unwrap();
        fs::write(folder.join("paper.typ"), "").unwrap();
    }
}

/// A catalogue of these plans: each is a service without a fault.
pub fn catalogue(plans: &[Plan], seed: u64) -> Catalogue {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), plans);
    Catalogue::read(directory.path()).unwrap_or_else(|faults| panic!("seed {seed}: {faults:#?}"))
}

impl Town {
    pub async fn new(world: &World, catalogue: Catalogue, watched: Option<Arc<Seen>>, seed: u64) -> Self {
        let house = House::of(world, Look::Bare, Arc::new(catalogue)).await;
        let mut people = Vec::new();
        for (head, known) in (FIRST..).zip(PEOPLE) {
            let mut ctx = house.citizen(head, Assurance::Substantial).await;
            ctx.locale = Locale::EN;
            let number = IdNumber::complete(head).as_str().to_owned();
            house.registers.change(&number, |person| {
                person.person["status"] = json!(if known.alive { "alive" } else { "dead" });
                person.person["cohorts"] = if known.poor { json!(["social-assistance"]) } else { json!([]) };
            });
            people.push(Person { ctx, number });
        }
        let mut officers = Vec::new();
        for (name, unit, chief) in [
            ("a", HERE, false),
            ("b", HERE, false),
            ("c", HERE, true),
            ("d", HERE, false),
            ("e", THERE, false),
            ("f", THERE, true),
        ] {
            let roles: &[Role] = if chief { &[Role::Clerk, Role::Supervisor] } else { &[Role::Clerk] };
            let seat = Seat { officer: officers.len(), unit, chief };
            officers.push(Officer { ctx: house.officer(name, unit, roles).await, seat });
        }
        let mut agents = Vec::new();
        for (name, unit) in ["y", "z"].into_iter().zip(POSTS) {
            agents.push((house.officer(name, unit, &[Role::PostAgent]).await, unit));
        }
        let (dice, trace) = (Dice::new(seed), Trace::new(seed));
        let (courses, seen, clock) = (Vec::new(), BTreeMap::new(), Arc::clone(&world.clock));
        Self { house, dice, trace, people, officers, agents, courses, clock, paid: 0, seen, watched }
    }

    pub fn now(&self) -> Now {
        let now = self.house.ctx.now();
        let takes = *self.house.registers.takes.lock().unwrap() == Takes::Well;
        Now { seconds: now.as_micros() / 1_000_000, today: now.date(Zone::Hebron), takes }
    }

    pub fn services(&self) -> Arc<services::Services> {
        Arc::clone(&self.house.services)
    }

    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.house.services.catalogue)
    }

    pub fn numbers(&self) -> Vec<String> {
        self.people.iter().map(|person| person.number.clone()).collect()
    }

    /// Everything that is due happens, and what follows from it.
    pub async fn settle(&self) {
        for _ in 0..3 {
            self.house.settle().await;
        }
    }

    /// The machine never fails, and does what the model allows: that, and nothing else.
    #[track_caller]
    pub fn must<T: std::fmt::Debug>(&mut self, at: usize, what: &str, got: &Result<T, Refusal>, yes: bool) {
        let plan = self.courses[at].model.plan.key.clone();
        let stage = self.courses[at].model.stage.word();
        let step = self.courses[at].model.step;
        self.trace.add(format!("case {at} of {plan}, {stage} at {step}: {what}: {}", got.is_ok()));
        let failed = matches!(got, Err(Refusal::Store(_) | Refusal::Payments(payments::Refusal::Store(_))));
        assert!(
            !failed && got.is_ok() == yes,
            "seed {}: case {at} of {plan}, {stage} at {step}: {what}: the model says {yes}, the engine {got:?}\n{}\n{:#?}",
            self.trace.seed,
            self.courses[at].model.plan.toml(),
            self.courses[at].model
        );
    }

    /// The case stands where the model says, and went where the model went.
    pub async fn compare(&self, at: usize) {
        let Course { id, model, .. } = &self.courses[at];
        let case = self.house.case(*id).await;
        let outcome = if let Stage::Closed(outcome) = &model.stage { Some(*outcome) } else { None };
        let wanted = (model.stage.word(), model.step, outcome);
        let told = || format!("seed {}: case {at}\n{}\n{model:#?}", self.trace.seed, model.plan.toml());
        assert_eq!((case.stage.as_str(), case.step, case.outcome.as_deref()), wanted, "{}", told());
        if !matches!(model.stage, Stage::Draft) {
            let kept: BTreeMap<_, _> = case.answers.clone().into_iter().collect();
            assert_eq!(kept, model.answers, "{}", told());
        }
        if let Some(seen) = &self.watched {
            let steps: Vec<usize> = model.entered.iter().map(|(_, step)| *step).collect();
            assert_eq!(seen.steps_of(*id), steps, "{}", told());
        }
        let turns = self.turns(*id).await;
        for turn in turns.iter().filter(|turn| turn.kind != TurnKind::Appeal) {
            let step = usize::try_from(turn.step).unwrap();
            let entered = model.entered.iter().any(|(_, known)| *known == step);
            assert!(entered, "the step {step} is not next: {}", told());
        }
        for step in model.entered.iter().map(|(_, step)| i64::try_from(*step).unwrap()) {
            let kind = &model.plan.steps[usize::try_from(step).unwrap()].kind;
            let leaves_none = matches!(kind, Kind::ByRule(_) | Kind::Issue | Kind::Deliver);
            assert!(leaves_none || turns.iter().any(|turn| turn.step == step), "{step} was skipped: {}", told());
        }
    }

    pub async fn turns(&self, id: CaseId) -> Vec<Turn> {
        self.house.ctx.read(move |read| services::turns(read, id)).await.unwrap()
    }

    /// A draft, with its first answers: some right, some wrong, some of pages that hide.
    pub async fn start(&mut self, plan: &Plan) {
        let own = self.dice.index(PEOPLE.len());
        let ctx = self.people[own].ctx.clone();
        let id = services::start(&ctx, Key::once(&ctx), &self.catalogue(), &plan.key).await.unwrap();
        let model = Model::new(plan, &self.people[own].number, PEOPLE[own]);
        self.courses.push(Course { id, own, model });
        let at = self.courses.len() - 1;
        for question in 0..plan.questions.len() {
            if question < 3 || !self.dice.one_in(4) {
                self.answer(at, question).await;
            }
        }
        // Another answer may hide what was answered after it.
        let again = self.dice.index(plan.questions.len());
        self.answer(at, again).await;
    }

    pub async fn answer(&mut self, at: usize, question: usize) {
        let (id, own) = (self.courses[at].id, self.courses[at].own);
        let question = self.courses[at].model.plan.questions[question].clone();
        let key = self.courses[at].model.plan.key.clone();
        let (ctx, typed) = (self.people[own].ctx.clone(), question.typed(&self.dice, &self.numbers()));
        let once = Key::once(&ctx);
        let yes = matches!(self.courses[at].model.stage, Stage::Draft);
        let catalogue = self.catalogue();
        let done = if question.kind == "repeat" {
            let entry = Entry::New(typed.kept[0].clone());
            let there = self.courses[at].model.answers.contains_key(&question.id);
            if there {
                return;
            }
            services::answer_entry(&ctx, once, id, &question.id, 3, entry).await
        } else {
            let service = catalogue.service(&key).unwrap();
            let field = service.question(&question.id).unwrap();
            let form = |parts: Vec<(String, String)>| parts.into_iter().collect::<Typed>();
            if let Some(nonsense) = question.nonsense() {
                assert!(field.read(&catalogue, &form(nonsense.clone())).is_err(), "{nonsense:?} of {question:?}");
            }
            let value = field.read(&catalogue, &form(typed.parts)).unwrap();
            assert_eq!(value.as_ref(), Some(&typed.kept), "{question:?}");
            services::answer(&ctx, once, id, &question.id, value).await
        };
        self.must(at, &format!("answers {} with {}", question.id, typed.kept), &done, yes);
        if yes {
            self.courses[at].model.answers.insert(question.id, typed.kept);
        }
    }

    pub async fn send(&mut self, at: usize) {
        let (id, own) = (self.courses[at].id, self.courses[at].own);
        let (ctx, now, up) = (self.people[own].ctx.clone(), self.now(), !self.dice.one_in(6));
        let yes = self.courses[at].model.may_send(now, up);
        self.house.registers.up.store(up, Ordering::SeqCst);
        let sent = services::submit(&ctx, Key::once(&ctx), &self.house.services, id).await;
        self.must(at, &format!("sends, registers up: {up}"), &sent, yes);
        self.house.registers.up.store(true, Ordering::SeqCst);
        if yes {
            self.courses[at].model.send(now, up);
        }
    }

    pub async fn pay(&mut self, at: usize) {
        let Stage::Paying(total) = self.courses[at].model.stage else { return };
        let (id, step, now) = (self.courses[at].id, self.courses[at].model.step, self.now());
        let turns = self.turns(id).await;
        let open = |turn: &&Turn| turn.step == step && turn.kind == TurnKind::Pay && turn.is_open() && turn.name == "1";
        let bill = turns.iter().find(open).and_then(|turn| turn.object.clone()).unwrap().parse().unwrap();
        let bill = self.house.ctx.read(move |read| payments::bill(read, bill)).await.unwrap().unwrap();
        assert_eq!(bill.total.minor(), total, "seed {}: {:#?}", self.trace.seed, self.courses[at].model);
        self.paid += 1;
        let advice = Advice {
            transaction: format!("t{}", self.paid),
            code: bill.code.clone(),
            quote_id: None,
            amount_minor: bill.total.minor(),
            currency: "ILS".to_owned(),
            business_date: "2026-11-24".to_owned(),
            branch: "1".to_owned(),
        };
        payments::advise(&self.house.ctx.as_machine("till"), "till", advice).await.unwrap();
        self.trace.add(format!("case {at}: {} is paid", bill.total));
        self.courses[at].model.pay(now);
    }

    /// A night and a day pass for everybody.
    pub async fn day(&mut self) {
        self.house.sequence().await;
        self.clock.advance_seconds(DAY_S);
        let now = self.now();
        self.trace.add(format!("a day passes, it is {}", now.today));
        self.courses.iter_mut().for_each(|course| course.model.tick(now));
        self.settle().await;
        for at in 0..self.courses.len() {
            self.compare(at).await;
        }
    }
}
