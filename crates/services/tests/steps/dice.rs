//! Ways by the dice: steps in any order, and whatever anybody may try at them,
//! while days pass. No act breaks what `verify` checks, and a case that was
//! completed went through every step of its folder.

use base::Timestamp;
use services::{Refusal, Turn, TurnKind, TurnStage};
use testkit::{Engine, world};

use super::*;

const ENGINES: [(Engine, u64, usize); 2] = [(Engine::Sqlite, 12, 90), (Engine::Postgres, 2, 50)];

/// A small generator of its own: the same seed is the same course.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}

/// Steps in any order, each at most once, after a rule that decides.
fn way(dice: &mut Dice) -> String {
    let mut pool = vec![
        format!("kind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\neyes = 2"),
        format!("kind = \"decide\"\nby = \"committee\"\nvotes = 3\nunit = \"{HERE}\""),
        format!(
            "kind = \"clear\"\nbody = [{{ id = \"tax\", unit = \"{HERE}\", days = 3, silence = \"yes\" }}, \
             {{ id = \"court\", unit = \"{THERE}\", days = 2, silence = \"escalate\" }}]"
        ),
        format!("kind = \"await\"\nid = \"abroad\"\nunit = \"{THERE}\""),
        format!("kind = \"home-visit\"\nid = \"house\"\nunit = \"{THERE}\"\ndays = 2\nsilence = \"escalate\""),
        "kind = \"co-sign\"\nfield = \"partners\"\ndays = 30".to_owned(),
        "kind = \"pay\"\nfees = [\"test.parts\"]\ninstalments = 4\nevery_days = 3".to_owned(),
        format!("kind = \"appointment\"\nunit = \"{HERE}\"\nminutes = 60\ncapacity = 1\ndays = 10"),
        format!("kind = \"write\"\nid = \"address\"\nunit = \"{HERE}\"\noperation = \"PS/GOV/MOI/CIVIL/moves\""),
        "kind = \"issue\"".to_owned(),
    ];
    let mut steps = format!(
        "[appeal]\nunit = \"{THERE}\"\ndays = 20\n[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n"
    );
    for _ in 0..3 + dice.below(4) {
        let step = pool.swap_remove(dice.below(pool.len()));
        steps.push_str(&format!("[[step]]\n{step}\n"));
    }
    steps
}

struct Course {
    town: Town,
    officers: Vec<(Ctx, &'static str)>,
    dice: Dice,
    seed: u64,
    paid: u32,
}

impl Course {
    /// The machine never fails, whatever is tried.
    fn fine<T>(&self, what: &str, done: Result<T, Refusal>) {
        if let Err(Refusal::Store(error)) = &done {
            panic!("seed {}: {what}: {error}", self.seed);
        }
    }

    async fn open(&self, id: CaseId) -> Vec<Turn> {
        let turns = self.town.ctx.read(move |read| services::turns(read, id)).await.unwrap();
        turns.into_iter().filter(Turn::is_open).collect()
    }

    /// Somebody tries something that one could try at this stage.
    async fn act(&mut self, id: CaseId) {
        let case = self.town.case(id).await;
        let (officer, unit) = self.officers[self.dice.below(self.officers.len())].clone();
        let yes = self.dice.below(6) > 0;
        let services = Arc::clone(&self.town.services);
        let catalogue = Arc::clone(&services.catalogue);
        let key = || Key::once(&officer);
        let turns = self.open(id).await;
        let own = self.town.own.clone();
        match (case.stage, self.dice.below(12)) {
            (_, 0) => self.town.days(1).await,
            (_, 1) => self.town.settle().await,
            (Stage::Closed, 2) => {
                self.fine("appeal", services::appeal(&own, Key::once(&own), &catalogue, id, "no").await)
            }
            (Stage::Paying, _) => {
                self.paid += 1;
                self.town.pay(id, &format!("t{}", self.paid)).await;
            }
            (Stage::Deciding | Stage::Appealed, 2..5) => {
                self.fine("take", services::take(&officer, key(), id, unit).await)
            }
            (Stage::Appealed, _) => {
                self.fine("hear", services::hear_appeal(&officer, key(), &catalogue, id, unit, yes, "so").await);
            }
            (Stage::Deciding, chance) => {
                let mark = turns.iter().find(|turn| turn.name == "seat-1" || turn.name == "first").map(|turn| turn.id);
                let all = self.town.ctx.read(move |read| services::turns(read, id)).await.unwrap();
                let known = all.iter().rev().find(|turn| turn.name == "seat-1" || turn.name == "first");
                let mark = mark.or(known.map(|turn| turn.id)).unwrap();
                match chance {
                    5 => self.fine("agree", services::agree(&officer, key(), &services, id, unit, mark).await),
                    6 => self.fine("back", services::send_back(&officer, key(), id, unit, mark, "again").await),
                    7 => {
                        self.fine("absent", services::mark_absent(&officer, key(), &catalogue, id, unit, mark).await);
                    }
                    8 if !yes => {
                        self.fine("reject", services::reject(&officer, key(), &services, id, unit, "no").await)
                    }
                    8 => self.fine("approve", services::approve(&officer, key(), &services, id, unit).await),
                    9 => self.fine("agree", services::agree(&officer, key(), &services, id, unit, mark).await),
                    _ => {
                        self.fine("vote", services::vote(&officer, key(), &services, id, unit, mark, yes, "so").await);
                    }
                }
            }
            (Stage::Waiting, 2) => {
                if self.dice.below(9) == 0 {
                    self.fine("withdraw", services::withdraw(&own, Key::once(&own), id).await);
                }
            }
            (Stage::Waiting, _) if !turns.is_empty() => {
                let turn = turns[self.dice.below(turns.len())].clone();
                self.answer(id, &turn, &officer, unit, yes).await;
            }
            _ => self.town.settle().await,
        }
    }

    async fn answer(&mut self, id: CaseId, turn: &Turn, officer: &Ctx, unit: &str, yes: bool) {
        let catalogue = Arc::clone(&self.town.services.catalogue);
        let (own, other) = (self.town.own.clone(), self.town.other.clone());
        match turn.kind {
            TurnKind::CoSign => {
                let signs = if self.dice.below(3) == 0 { &own } else { &other };
                self.fine("sign", services::sign(signs, Key::once(signs), &catalogue, turn.id, yes, "no").await);
            }
            TurnKind::Appointment if self.dice.below(2) == 0 => {
                let (now, case, turn) = (self.town.ctx.now(), self.town.case(id).await, turn.clone());
                let of = Arc::clone(&catalogue);
                let slots =
                    self.town.ctx.read(move |read| services::slots(read, &of, &turn, &case, now)).await.unwrap();
                let at =
                    slots.get(self.dice.below(slots.len().max(1))).map_or(Timestamp::from_micros(1), |slot| slot.at);
                self.fine("book", services::book(&own, Key::once(&own), &catalogue, id, at).await);
            }
            TurnKind::Appointment => {
                self.fine(
                    "attend",
                    services::attend(officer, Key::once(officer), &catalogue, turn.id, unit, yes).await,
                );
            }
            _ => {
                let words = if self.dice.below(3) == 0 { "" } else { "so it is" };
                let done =
                    services::answer_turn(officer, Key::once(officer), &catalogue, turn.id, unit, yes, words).await;
                self.fine("answer", done);
            }
        }
    }

    /// A case that was completed went through all of its steps.
    async fn went_through(&self, id: CaseId, steps: &str) {
        let case = self.town.case(id).await;
        if case.outcome.as_deref() != Some("completed") {
            return;
        }
        let turns = self.town.ctx.read(move |read| services::turns(read, id)).await.unwrap();
        let won = |turn: &Turn| turn.kind == TurnKind::Appeal && turn.yes == Some(true);
        let overruled: Vec<i64> = turns.iter().filter(|turn| won(turn)).map(|turn| turn.step).collect();
        let service = self.town.services.catalogue.service(KEY).unwrap();
        for (at, step) in (0_i64..).zip(&service.file.steps).skip(1) {
            if step.kind.word() == "issue" || overruled.contains(&at) {
                continue;
            }
            let done = turns.iter().any(|turn| {
                turn.step == at
                    && turn.yes == Some(true)
                    && matches!(turn.stage, TurnStage::Answered | TurnStage::Silent)
            });
            assert!(done, "seed {}: the step {at} was skipped: {turns:#?}\n{steps}", self.seed);
        }
    }
}

async fn run(world: World, seed: u64, acts: usize) {
    let mut dice = Dice(seed);
    let steps = way(&mut dice);
    let town = Town::new(&world, &steps).await;
    let mut officers = Vec::new();
    for (name, unit, roles) in [("a", HERE, CLERK), ("b", HERE, CLERK), ("c", HERE, CHIEF), ("f", HERE, CLERK)] {
        officers.push((town.officer(name, unit, roles).await, unit));
    }
    for (name, roles) in [("d", CLERK), ("e", CHIEF)] {
        officers.push((town.officer(name, THERE, roles).await, THERE));
    }
    let mut course = Course { town, officers, dice, seed, paid: 0 };
    let mut cases = vec![course.town.sent("work").await, course.town.sent("study").await];
    for _ in 0..acts {
        let id = cases[course.dice.below(cases.len())];
        course.act(id).await;
        course.town.house.sequence().await;
        assert_eq!(course.town.broken_lately().await, Vec::<String>::new(), "seed {seed}\n{steps}");
    }
    course.town.settle().await;
    for id in cases.drain(..) {
        course.went_through(id, &steps).await;
    }
    course.town.house.holds().await;
}

#[test]
fn no_way_skips_a_step_or_breaks() {
    for (engine, seeds, acts) in ENGINES {
        for seed in 1..=seeds {
            eprintln!("seed {seed} on {engine:?}");
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            // A database is opened by threads of its own, outside of any runtime.
            let world = world(engine, SCHEMAS);
            runtime.block_on(run(world, seed, acts));
        }
    }
}
