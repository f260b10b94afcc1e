//! Services by the dice, and whatever anybody may try at their cases. The engine does
//! what the model of the documentation allows, refuses the rest, enters the step that
//! is next, and skips none whose rule holds.

use std::sync::Arc;

use base::{CaseId, Timestamp};
use catalogue::Typed;
use services::{Handed, Turn, TurnKind};
use store::Key;
use testkit::{Engine, World, world};

use super::SEED_VARIABLE;
use super::dice::Dice;
use super::house::SCHEMAS;
use super::house::registers::Takes;
use super::model::Stage;
use super::plan::{Fee, Kind, MIDDLE, POSTS, Plan, Step};
use super::rule::Rule;
use super::town::{self, Town};

/// So many services, and acts upon the cases of each.
#[derive(Debug, Clone, Copy)]
struct Run {
    engine: Engine,
    seed: u64,
    services: usize,
    acts: usize,
    /// Whether the engine says which steps it enters. It then evaluates every part of
    /// its rules, which it does not while it serves.
    watched: bool,
}

const RUNS: [Run; 3] = [
    Run { engine: Engine::Sqlite, seed: 1, services: 3 * MIDDLE, acts: 42, watched: false },
    Run { engine: Engine::Sqlite, seed: 2, services: MIDDLE, acts: 36, watched: true },
    Run { engine: Engine::Postgres, seed: 3, services: MIDDLE / 2, acts: 30, watched: true },
];
/// Cases of each service.
const CASES: usize = 2;
/// Every kind of step, each in its shapes.
const KINDS: [&str; 14] = [
    "decide by rule",
    "decide by one",
    "decide by two",
    "decide by committee",
    "pay",
    "pay in instalments",
    "clear",
    "await",
    "home-visit",
    "co-sign",
    "appointment",
    "write",
    "issue",
    "deliver",
];

impl Town {
    /// The cases of the service that is played now.
    fn present(&self) -> std::ops::Range<usize> {
        self.courses.len() - CASES..self.courses.len()
    }

    /// Somebody does, or tries, something at this case.
    async fn act(&mut self, at: usize) {
        let stage = self.courses[at].model.stage.clone();
        let chance = self.dice.below(20);
        match (&stage, chance) {
            (_, 0) => self.withdraw(at).await,
            (_, 1) => self.appeal(at).await,
            (_, 2) => self.desk(at).await,
            (_, 3) => self.turn(at).await,
            (_, 4) => self.talk(at).await,
            (_, 5) => self.send(at).await,
            (_, 6) => self.answer_any(at).await,
            (_, 7) => self.parcel(at).await,
            (Stage::Draft, 8..15) => self.send(at).await,
            (Stage::Draft, _) => self.answer_any(at).await,
            (Stage::Paying(_), _) => self.pay(at).await,
            (Stage::Deciding(_), _) => self.desk(at).await,
            (Stage::Asked(..), _) => self.talk(at).await,
            (Stage::Appealed, 8..13) => self.desk(at).await,
            (Stage::Appealed, _) => self.hear(at).await,
            (Stage::Waiting(_), _) => self.turn(at).await,
            (Stage::Delivering(..), _) => self.parcel(at).await,
            (Stage::Closed("refused"), _) => self.appeal(at).await,
            (Stage::Checking | Stage::Closed(_), _) => {}
        }
        self.settle().await;
        for course in self.present() {
            self.compare(course).await;
        }
        if self.dice.one_in(12) {
            let takes = if self.dice.one_in(2) { Takes::Well } else { Takes::Not };
            *self.house.registers.takes.lock().unwrap() = takes;
        }
    }

    async fn answer_any(&mut self, at: usize) {
        let question = self.dice.index(self.courses[at].model.plan.questions.len());
        self.answer(at, question).await;
    }

    /// Who acts for a citizen: mostly the one whose case it is.
    fn citizen(&self, at: usize) -> (usize, bool) {
        let own = self.courses[at].own;
        let who = if self.dice.one_in(6) { self.dice.index(self.people.len()) } else { own };
        (who, who == own)
    }

    async fn withdraw(&mut self, at: usize) {
        let ((who, own), id) = (self.citizen(at), self.courses[at].id);
        let ctx = self.people[who].ctx.clone();
        let yes = own && self.courses[at].model.may_withdraw();
        let done = services::withdraw(&ctx, Key::once(&ctx), id).await;
        self.must(at, &format!("person {who} withdraws"), &done, yes);
        if yes {
            self.courses[at].model.withdraw();
        }
    }

    async fn appeal(&mut self, at: usize) {
        let ((who, own), id, now) = (self.citizen(at), self.courses[at].id, self.now());
        let (ctx, words) = (self.people[who].ctx.clone(), !self.dice.one_in(6));
        let yes = own && words && self.courses[at].model.may_appeal(now);
        let text = if words { "why" } else { " " };
        let done = services::appeal(&ctx, Key::once(&ctx), &self.catalogue(), id, text).await;
        self.must(at, &format!("person {who} appeals, words: {words}"), &done, yes);
        if yes {
            self.courses[at].model.appeal();
        }
    }

    async fn hear(&mut self, at: usize) {
        let who = self.dice.index(self.officers.len());
        let (ctx, seat) = (self.officers[who].ctx.clone(), self.officers[who].seat);
        let (id, now, won) = (self.courses[at].id, self.now(), !self.dice.one_in(3));
        let yes = self.courses[at].model.may_hear(seat);
        let done = services::hear_appeal(&ctx, Key::once(&ctx), &self.catalogue(), id, seat.unit, won, "so").await;
        self.must(at, &format!("officer {who} hears the appeal, won: {won}"), &done, yes);
        if yes {
            self.courses[at].model.hear(won, now);
        }
    }

    /// The person says what they were asked, or something else.
    async fn talk(&mut self, at: usize) {
        let ((who, own), id, now) = (self.citizen(at), self.courses[at].id, self.now());
        let ctx = self.people[who].ctx.clone();
        let wanted = match &self.courses[at].model.stage {
            Stage::Asked(_, Some(field)) => self.courses[at].model.plan.question(field).clone(),
            _ => self.courses[at].model.plan.questions[0].clone(),
        };
        if self.dice.one_in(2) {
            let typed = wanted.typed(&self.dice, &self.numbers());
            let yes = own && self.courses[at].model.may_correct(&typed.kept, now);
            let form: Typed = typed.parts.into_iter().collect();
            let done = services::correct(&ctx, Key::once(&ctx), &self.catalogue(), id, &form).await;
            self.must(at, &format!("person {who} corrects {} to {}", wanted.id, typed.kept), &done, yes);
            if yes {
                self.courses[at].model.correct(typed.kept, now);
            }
            return;
        }
        let yes = own && self.courses[at].model.may_reply();
        let done = services::reply(&ctx, Key::once(&ctx), id, "here it is").await;
        self.must(at, &format!("person {who} replies"), &done, yes);
        if yes {
            self.courses[at].model.reply();
        }
    }

    /// The mark of a decision's round: the newest, or now and then an older one.
    async fn mark(&self, id: CaseId) -> Option<(services::TurnId, bool)> {
        let turns = self.turns(id).await;
        let marks: Vec<&Turn> = turns
            .iter()
            .filter(|turn| turn.kind == TurnKind::Decide && matches!(turn.name.as_str(), "first" | "seat-1" | "only"))
            .collect();
        let newest = marks.iter().max_by_key(|turn| (turn.step, turn.round))?;
        let chosen = if self.dice.one_in(8) { *self.dice.pick(&marks) } else { newest };
        Some((chosen.id, chosen.id == newest.id))
    }

    /// An officer does, or tries, something at the desk.
    async fn desk(&mut self, at: usize) {
        let who = self.dice.index(self.officers.len());
        let (ctx, seat) = (self.officers[who].ctx.clone(), self.officers[who].seat);
        let (id, now, yes) = (self.courses[at].id, self.now(), !self.dice.one_in(4));
        let (services, catalogue) = (self.services(), self.catalogue());
        let key = Key::once(&ctx);
        let unit = seat.unit;
        let model = &self.courses[at].model;
        match self.dice.below(10) {
            0..3 => {
                let may = model.may_take(seat);
                let done = services::take(&ctx, key, id, unit).await;
                self.must(at, &format!("officer {who} takes it"), &done, may);
                if may {
                    self.courses[at].model.take(seat);
                }
            }
            3..5 => {
                let may = model.may_decide(seat);
                let done = if yes {
                    services::approve(&ctx, key, &services, id, unit).await
                } else {
                    services::reject(&ctx, key, &services, id, unit, "no").await
                };
                self.must(at, &format!("officer {who} decides {yes}"), &done, may);
                if may {
                    self.courses[at].model.decide(seat, yes, now);
                }
            }
            5 => {
                let Some((mark, newest)) = self.mark(id).await else { return };
                let may = newest && self.courses[at].model.may_second(seat);
                let done = if yes {
                    services::agree(&ctx, key, &services, id, unit, mark).await
                } else {
                    services::send_back(&ctx, key, id, unit, mark, "again").await
                };
                self.must(at, &format!("officer {who} is the second, agrees: {yes}"), &done, may);
                if may {
                    self.courses[at].model.second(seat, yes, now);
                }
            }
            6..8 => {
                let Some((mark, newest)) = self.mark(id).await else { return };
                let may = newest && self.courses[at].model.may_vote(seat);
                let done = services::vote(&ctx, key, &services, id, unit, mark, yes, "so").await;
                self.must(at, &format!("officer {who} votes {yes}"), &done, may);
                if may {
                    self.courses[at].model.vote(seat, yes, now);
                }
            }
            8 => {
                let Some((mark, newest)) = self.mark(id).await else { return };
                let may = newest && self.courses[at].model.may_mark_absent(seat);
                let done = services::mark_absent(&ctx, key, &catalogue, id, unit, mark).await;
                self.must(at, &format!("officer {who} marks a member absent"), &done, may);
                if may {
                    self.courses[at].model.mark_absent(now);
                }
            }
            _ => self.ask(at, who).await,
        }
    }

    async fn ask(&mut self, at: usize, who: usize) {
        let (ctx, seat) = (self.officers[who].ctx.clone(), self.officers[who].seat);
        let (id, model) = (self.courses[at].id, &self.courses[at].model);
        // Who signs is not changed any more, and an entry is not corrected.
        let may_be = |id: &String| !matches!(model.plan.question(id).kind, "id-numbers" | "repeat");
        let fields: Vec<String> = model.answers.keys().filter(|id| may_be(id)).cloned().collect();
        let field = Some(self.dice.pick(&fields).clone()).filter(|_| self.dice.one_in(2));
        let may = model.may_ask(seat);
        let done = match &field {
            Some(field) => services::ask_to_correct(&ctx, Key::once(&ctx), id, seat.unit, "why?", field).await,
            None => services::ask(&ctx, Key::once(&ctx), id, seat.unit, "why?").await,
        };
        self.must(at, &format!("officer {who} asks about {field:?}"), &done, may);
        if may {
            self.courses[at].model.ask(field);
        }
    }

    /// Whoever is waited for does their part; or somebody else tries, or too late.
    async fn turn(&mut self, at: usize) {
        let id = self.courses[at].id;
        let mut turns = self.turns(id).await;
        if self.dice.below(6) > 0 && turns.iter().any(Turn::is_open) {
            turns.retain(Turn::is_open);
        }
        if turns.is_empty() {
            return;
        }
        let turn = self.dice.pick(&turns).clone();
        match turn.kind {
            TurnKind::CoSign => self.sign(at, &turn).await,
            TurnKind::Appointment if self.dice.one_in(2) => self.book(at, &turn).await,
            TurnKind::Appointment => self.attend(at, &turn).await,
            _ => self.say(at, &turn).await,
        }
    }

    async fn sign(&mut self, at: usize, turn: &Turn) {
        let (who, yes, now) = (self.dice.index(self.people.len()), !self.dice.one_in(5), self.now());
        let ctx = self.people[who].ctx.clone();
        let may = self.courses[at].model.may_sign(turn.step, &turn.name, &self.people[who].number);
        let done = services::sign(&ctx, Key::once(&ctx), &self.catalogue(), turn.id, yes, "no").await;
        self.must(at, &format!("person {who} signs {}: {yes}", turn.name), &done, may);
        if may {
            self.courses[at].model.sign(&turn.name, yes, now);
        }
    }

    async fn book(&mut self, at: usize, turn: &Turn) {
        let ((who, own), id, now) = (self.citizen(at), self.courses[at].id, self.now());
        let (ctx, catalogue) = (self.people[who].ctx.clone(), self.catalogue());
        let (case, of, time, asked) = (self.house.case(id).await, self.catalogue(), self.house.ctx.now(), turn.clone());
        let read = move |read: &mut store::Read<'_>| services::slots(read, &of, &asked, &case, time);
        let slots = self.house.ctx.read(read).await.unwrap();
        let chosen = slots.iter().find(|slot| slot.free).filter(|_| !self.dice.one_in(5));
        let when = chosen.map_or(Timestamp::from_micros(1), |slot| slot.at);
        let may = own && chosen.is_some() && self.courses[at].model.may_book(now);
        let done = services::book(&ctx, Key::once(&ctx), &catalogue, id, when).await;
        self.must(at, &format!("person {who} books {}", when.rfc3339()), &done, may);
        if may {
            self.courses[at].model.book(when.as_micros() / 1_000_000, now);
        }
    }

    async fn attend(&mut self, at: usize, turn: &Turn) {
        let who = self.dice.index(self.officers.len());
        let (ctx, seat) = (self.officers[who].ctx.clone(), self.officers[who].seat);
        let (now, came) = (self.now(), self.dice.one_in(2));
        let may = self.courses[at].model.may_attend(turn.step, seat, now);
        let done = services::attend(&ctx, Key::once(&ctx), &self.catalogue(), turn.id, seat.unit, came).await;
        self.must(at, &format!("officer {who} says that they came: {came}"), &done, may);
        if may {
            self.courses[at].model.attend(came, now);
        }
    }

    async fn say(&mut self, at: usize, turn: &Turn) {
        let who = self.dice.index(self.officers.len());
        let (ctx, seat) = (self.officers[who].ctx.clone(), self.officers[who].seat);
        let (now, yes, words) = (self.now(), !self.dice.one_in(4), !self.dice.one_in(4));
        let may = self.courses[at].model.may_answer(turn.step, &turn.name, seat, yes, words);
        let text = if words { "so it is" } else { "" };
        let key = Key::once(&ctx);
        let done = services::answer_turn(&ctx, key, &self.catalogue(), turn.id, seat.unit, yes, text).await;
        self.must(at, &format!("officer {who} answers {}: {yes}, words: {words}", turn.name), &done, may);
        if may {
            self.courses[at].model.answer(&turn.name, yes, now);
        }
    }

    /// Papers leave for an office, arrive there, are handed over.
    async fn parcel(&mut self, at: usize) {
        let office = *self.dice.pick(&POSTS);
        let (agent, unit) = self.agents[self.dice.index(self.agents.len())].clone();
        let id = self.courses[at].id;
        match self.dice.below(3) {
            0 => self.parcels_leave(office).await,
            1 => self.parcels_arrive(office).await,
            _ => {
                let person = self.people[self.courses[at].own].ctx.actor.person().unwrap();
                let told = self.house.ctx.read(move |read| services::pick_up_code(read, id, person)).await.unwrap();
                let right = told.is_some() && !self.dice.one_in(3);
                let code = told.filter(|_| right).unwrap_or_else(|| "none".to_owned());
                let wanted = self.courses[at].model.hand_over(unit, right);
                let done =
                    services::hand_over(&agent, Key::once(&agent), unit, id, &code, services::Shown::IdCard).await;
                self.must(at, &format!("{unit} hands over, right: {right}: {wanted}"), &done, true);
                let got = match done.unwrap() {
                    Handed::Over => "over",
                    Handed::Wrong(_) => "wrong",
                    Handed::Locked => "locked",
                    Handed::NotHere => "not here",
                };
                assert_eq!(got, wanted, "seed {}", self.trace.seed);
            }
        }
    }

    async fn parcels_leave(&mut self, office: &'static str) {
        use super::model::Parcel;
        // Each unit sends what it decided, the office what a rule did.
        let clerks = self.officers.iter().filter(|officer| !officer.seat.chief).map(|officer| officer.ctx.clone());
        let agents = self.agents.iter().filter(|(_, unit)| *unit == office).map(|(ctx, _)| ctx.clone());
        let mut sent = 0;
        for ctx in clerks.chain(agents).collect::<Vec<_>>() {
            sent += services::send(&ctx, Key::once(&ctx), office).await.unwrap();
        }
        let mut wanted = 0;
        for parcel in self.courses.iter_mut().filter_map(|course| course.model.parcel_mut(office)) {
            if *parcel == Parcel::Waiting {
                *parcel = Parcel::Sent;
                wanted += 1;
            }
        }
        self.trace.add(format!("{sent} parcels leave for {office}"));
        assert_eq!(sent, wanted, "seed {}", self.trace.seed);
    }

    async fn parcels_arrive(&mut self, office: &'static str) {
        use super::model::Parcel;
        let (agent, _) = self.agents.iter().find(|(_, unit)| *unit == office).unwrap().clone();
        let coming = agent.read(move |read| services::at_office(read, office, "sent")).await.unwrap();
        let manifests: std::collections::BTreeSet<String> =
            coming.into_iter().filter_map(|parcel| parcel.manifest).collect();
        let mut received = 0;
        for manifest in manifests {
            received += services::receive(&agent, Key::once(&agent), office, &manifest).await.unwrap();
        }
        let mut wanted = 0;
        for parcel in self.courses.iter_mut().filter_map(|course| course.model.parcel_mut(office)) {
            if *parcel == Parcel::Sent {
                *parcel = Parcel::Arrived(0);
                wanted += 1;
            }
        }
        self.trace.add(format!("{received} parcels arrive at {office}"));
        assert_eq!(received, wanted, "seed {}", self.trace.seed);
    }

    /// The cases of one service, from draft on.
    async fn play(&mut self, plan: &Plan, acts: usize) {
        let first = self.courses.len();
        for at in first..first + CASES {
            self.start(plan).await;
            if !self.dice.one_in(4) {
                self.send(at).await;
                self.settle().await;
            }
        }
        for act in 0..acts {
            if act % 6 == 5 {
                self.day().await;
            }
            let at = first + self.dice.index(CASES);
            self.act(at).await;
        }
        self.house.sequence().await;
        assert_eq!(self.house.broken_lately().await, Vec::<String>::new(), "seed {}", self.trace.seed);
        for course in &self.courses[first..] {
            for (_, at) in &course.model.entered {
                *self.seen.entry(plan.steps[*at].kind.word()).or_default() += 1;
            }
        }
    }
}

async fn play(world: World, run: Run) -> Vec<&'static str> {
    let Run { seed, services, acts, .. } = run;
    let dice = Dice::new(seed);
    let plans: Vec<Plan> = (0..services).map(|number| Plan::draw(&dice, number)).collect();
    let mut catalogue = town::catalogue(&plans, seed);
    let watched = run.watched.then(|| catalogue.watch());
    let mut town = Town::new(&world, catalogue, watched, seed).await;
    for plan in &plans {
        town.play(plan, acts).await;
    }
    town.house.holds().await;
    eprintln!("seed {seed}: {:?}", town.seen);
    town.seen.keys().copied().collect()
}

#[test]
fn no_service_skips_a_step_or_takes_one_that_is_not_next() {
    for mut run in RUNS {
        let engine = run.engine;
        let committed = run.seed;
        run.seed = std::env::var(SEED_VARIABLE).ok().and_then(|seed| seed.parse().ok()).unwrap_or(run.seed);
        eprintln!("{run:?}, another seed by {SEED_VARIABLE}");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // A database is opened by threads of its own, outside of any runtime.
        let world = world(engine, SCHEMAS);
        let seen = runtime.block_on(play(world, run));
        // Another seed is for looking; the committed one must have seen everything.
        if run.seed == committed && run.services >= 3 * MIDDLE {
            let missing: Vec<&str> = KINDS.into_iter().filter(|kind| !seen.contains(kind)).collect();
            assert!(missing.is_empty(), "{run:?}: no case entered {missing:?}");
        }
    }
}

#[test]
fn a_step_of_which_nothing_is_owed_is_not_entered() {
    let mut plan = Plan::draw(&Dice::new(1), 0);
    plan.questions.truncate(3);
    (plan.eligible, plan.waived, plan.appeal_days) = (None, None, None);
    let never = Some(Rule::Not(Box::new(Rule::True)));
    plan.fees = vec![Fee { code: "test.never".to_owned(), quantity: Ok(1), when: never }];
    let pay = Kind::Pay { fees: vec![0], instalments: 1 };
    plan.steps = [Kind::ByRule(vec![Rule::True]), pay, Kind::Deliver].map(|kind| Step { when: None, kind }).into();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = world(Engine::Sqlite, SCHEMAS);
    runtime.block_on(async {
        let mut catalogue = town::catalogue(std::slice::from_ref(&plan), 1);
        let seen = catalogue.watch();
        let mut town = Town::new(&world, catalogue, Some(Arc::clone(&seen)), 1).await;
        town.start(&plan).await;
        town.send(0).await;
        town.settle().await;
        town.day().await;
        assert_eq!(seen.steps_of(town.courses[0].id), [0, 2]);
    });
}
