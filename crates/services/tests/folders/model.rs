//! A case as docs/services.md says that it goes: which step may come next, and what
//! anybody may do at it. It knows nothing of the engine.

use std::collections::{BTreeMap, BTreeSet};

use base::Date;
use serde_json::Value;

use super::plan::{Body, HERE, Kind, Plan, Silence, THERE};
use super::rule::{Facts, Rule, Told};

pub const DAY_S: i64 = 86_400;
/// Times that nobody came, after which a case ends.
const MISSES: u32 = 3;
/// Wrong codes after which a parcel is locked.
const TRIES: i64 = 5;

/// When something happens.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub seconds: i64,
    pub today: Date,
    /// Whether the register that a step tells takes what it is told.
    pub takes: bool,
}

/// Who acts at a desk.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    pub officer: usize,
    pub unit: &'static str,
    pub chief: bool,
}

/// How officers stand to each other at a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bench {
    One,
    Two { first: Option<(usize, bool)> },
    Committee { votes: Vec<(usize, bool)>, absent: usize, seats: usize },
}

/// What somebody has to do at a step that waits.
#[derive(Debug, Clone)]
pub struct Turn {
    pub name: String,
    pub unit: Option<String>,
    /// The person who signs.
    pub whom: Option<String>,
    clock: Option<(i64, Silence)>,
    late: bool,
    said: Option<bool>,
    /// When somebody comes to the office.
    booked: Option<i64>,
    misses: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parcel {
    Waiting,
    Sent,
    Arrived(i64),
    Locked,
}

#[derive(Debug, Clone)]
pub enum Stage {
    Draft,
    Checking,
    Paying(i64),
    Deciding(Bench),
    /// Asked, perhaps to correct an answer, while a decision waits.
    Asked(Bench, Option<String>),
    Waiting(Vec<Turn>),
    Delivering(String, Parcel),
    Appealed,
    Closed(&'static str),
}

impl Stage {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Checking => "checking",
            Self::Paying(_) => "paying",
            Self::Deciding(_) => "deciding",
            Self::Asked(..) => "asked",
            Self::Waiting(_) => "waiting",
            Self::Delivering(..) => "delivering",
            Self::Appealed => "appealed",
            Self::Closed(_) => "closed",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Model {
    pub plan: Plan,
    /// The applicant's own number, and what the registry knows of them.
    number: String,
    known: Told,
    told: Option<Told>,
    pub answers: BTreeMap<String, Value>,
    pub stage: Stage,
    pub step: i64,
    /// The officer who took it.
    taken: Option<usize>,
    /// Who may not decide the present step again.
    excluded: BTreeSet<usize>,
    sat: BTreeSet<usize>,
    asked: bool,
    appealed: bool,
    closed_s: i64,
    pub issued: bool,
    /// A register was told, or is being told.
    wrote: bool,
    /// Steps that were entered, in order, each with when. One that is entered twice in
    /// one moment stands once.
    pub entered: Vec<(i64, usize)>,
}

impl Model {
    pub fn new(plan: &Plan, number: &str, known: Told) -> Self {
        Self {
            plan: plan.clone(),
            number: number.to_owned(),
            known,
            told: None,
            answers: BTreeMap::new(),
            stage: Stage::Draft,
            step: -1,
            taken: None,
            excluded: BTreeSet::new(),
            sat: BTreeSet::new(),
            asked: false,
            appealed: false,
            closed_s: 0,
            issued: false,
            wrote: false,
            entered: Vec::new(),
        }
    }

    // The form.

    /// The answers of the pages that show: each page sees those before it only.
    fn visible(&self, told: Option<Told>, today: Date) -> BTreeMap<String, Value> {
        let mut seen = BTreeMap::new();
        for question in &self.plan.questions {
            let facts = Facts { answers: &seen, told, today };
            if question.when.as_ref().is_none_or(|rule| rule.holds(&facts))
                && let Some(value) = self.answers.get(&question.id)
            {
                seen.insert(question.id.clone(), value.clone());
            }
        }
        seen
    }

    /// Whether every question that shows has a right answer.
    fn complete(&self, told: Option<Told>, today: Date) -> bool {
        let answers = self.visible(told, today);
        let mut seen = BTreeMap::new();
        self.plan.questions.iter().all(|question| {
            let shows = question.when.as_ref().is_none_or(|rule| rule.holds(&Facts { answers: &seen, told, today }));
            let answer = answers.get(&question.id);
            if let Some(value) = answer {
                seen.insert(question.id.clone(), value.clone());
            }
            let fits = |value: &Value| {
                let number = value.as_i64();
                question.within.is_none_or(|(least, most)| number.is_some_and(|it| (least..=most).contains(&it)))
            };
            !shows || answer.map_or(!question.required, fits)
        })
    }

    /// Those who sign beside the applicant.
    fn others(&self) -> Vec<String> {
        let named = self.answers.get("q1").and_then(Value::as_array).into_iter().flatten();
        named.filter_map(Value::as_str).filter(|number| *number != self.number).map(str::to_owned).collect()
    }

    pub fn may_send(&self, now: Now, up: bool) -> bool {
        let told = up.then_some(self.known);
        let facts = Facts { answers: &BTreeMap::new(), told, today: now.today };
        // A silent register is never a no.
        let eligible = !up || self.plan.eligible.as_ref().is_none_or(|rule| rule.holds(&facts));
        let signs = self.plan.steps.iter().any(|step| matches!(step.kind, Kind::CoSign { .. }));
        let signers = !signs || !self.others().is_empty();
        matches!(self.stage, Stage::Draft) && self.complete(told, now.today) && eligible && signers
    }

    pub fn send(&mut self, now: Now, up: bool) {
        self.told = up.then_some(self.known);
        self.answers = self.visible(self.told, now.today);
        if up { self.advance(now) } else { self.stage = Stage::Checking }
    }

    // The way.

    fn holds(&self, rule: &Rule, now: Now) -> bool {
        rule.holds(&Facts { answers: &self.answers, told: self.told, today: now.today })
    }

    fn refuse(&mut self, now: Now) {
        self.stage = Stage::Closed("refused");
        (self.taken, self.closed_s) = (None, now.seconds);
    }

    /// The next step whose rule holds; a step after which nobody has to be waited for
    /// is passed at once.
    fn advance(&mut self, now: Now) {
        loop {
            self.step += 1;
            let at = usize::try_from(self.step).unwrap();
            let Some(step) = self.plan.steps.get(at).cloned() else {
                self.stage = Stage::Closed("completed");
                return;
            };
            if step.when.as_ref().is_some_and(|rule| !self.holds(rule, now)) {
                continue;
            }
            (self.taken, self.excluded, self.sat) = (None, BTreeSet::new(), BTreeSet::new());
            if self.enter(at, &step.kind, now) {
                return;
            }
        }
    }

    /// Whether somebody has to be waited for.
    fn enter(&mut self, at: usize, kind: &Kind, now: Now) -> bool {
        if !self.entered.contains(&(now.seconds, at)) {
            self.entered.push((now.seconds, at));
        }
        match kind {
            Kind::ByRule(rules) => {
                if rules.iter().all(|rule| self.holds(rule, now)) {
                    return false;
                }
                self.refuse(now);
            }
            Kind::Clerk { eyes: 1 } => self.stage = Stage::Deciding(Bench::One),
            Kind::Clerk { .. } => self.stage = Stage::Deciding(Bench::Two { first: None }),
            Kind::Committee { votes } => {
                let seats = usize::try_from(*votes).unwrap();
                self.stage = Stage::Deciding(Bench::Committee { votes: Vec::new(), absent: 0, seats });
            }
            Kind::Pay { fees, instalments } => match self.owed(fees, *instalments, now) {
                None => {
                    // Nothing is owed: it is not entered at all.
                    self.entered.retain(|entered| *entered != (now.seconds, at));
                    return false;
                }
                Some(0) => return false,
                Some(total) => self.stage = Stage::Paying(total),
            },
            Kind::Clear(bodies) => self.wait(bodies.iter().map(|body| self.of_body(body, now)).collect(), now),
            Kind::Await(body) | Kind::Visit(body) => self.wait(vec![self.of_body(body, now)], now),
            Kind::CoSign { days } => {
                let mut others = self.others();
                others.sort();
                let due = now.seconds + i64::from(*days) * DAY_S;
                let turn = |(at, number): (usize, &String)| Turn {
                    whom: Some(number.clone()),
                    clock: Some((due, Silence::No)),
                    ..Turn::named(&format!("person-{}", at + 1))
                };
                let turns = others.iter().enumerate().map(turn).collect();
                self.wait(turns, now);
            }
            Kind::Appointment(field) => {
                let chosen = field.as_ref().and_then(|id| self.answers.get(id)).and_then(Value::as_str);
                let office = chosen.unwrap_or(HERE).to_owned();
                self.wait(vec![Turn { unit: Some(office), ..Turn::named("visit") }], now);
            }
            Kind::Write(id) => {
                self.wrote = true;
                if now.takes {
                    return false;
                }
                self.wait(vec![Turn { unit: Some(HERE.to_owned()), late: true, ..Turn::named(id) }], now);
            }
            Kind::Issue => {
                self.issued = true;
                return false;
            }
            Kind::Deliver => {
                let post = self.plan.questions.iter().find(|question| question.kind == "post-office");
                let office = post.and_then(|question| self.answers.get(&question.id)).and_then(Value::as_str);
                let Some(office) = office else { return false };
                self.stage = Stage::Delivering(office.to_owned(), Parcel::Waiting);
            }
        }
        !matches!(self.stage, Stage::Draft)
    }

    fn wait(&mut self, turns: Vec<Turn>, now: Now) {
        self.stage = Stage::Waiting(turns);
        self.settle(now);
    }

    fn of_body(&self, body: &Body, now: Now) -> Turn {
        Turn {
            unit: body.unit.map(str::to_owned),
            clock: body.clock.map(|(days, silence)| (now.seconds + i64::from(days) * DAY_S, silence)),
            // The registry answers by itself.
            said: if body.unit.is_none() { Some(self.known.alive) } else { None },
            ..Turn::named(&body.id)
        }
    }

    /// What a step costs; none where no fee is owed.
    fn owed(&self, fees: &[usize], instalments: u32, now: Now) -> Option<i64> {
        let (mut any, mut total) = (false, 0);
        for at in fees {
            let fee = &self.plan.fees[*at];
            if fee.when.as_ref().is_some_and(|rule| !self.holds(rule, now)) {
                continue;
            }
            let quantity = match &fee.quantity {
                Ok(number) => i64::from(*number),
                Err(question) => self.answers[question].as_i64().unwrap(),
            };
            let poor = self.told.is_some_and(|told| told.poor);
            let share = if *at == 0 && poor { self.plan.waived.unwrap_or(0) } else { 0 };
            any = true;
            total += quantity / i64::from(instalments) * 1_000 * i64::from(100 - share) / 100;
        }
        any.then_some(total)
    }

    /// Goes on once nobody is waited for; one no ends the case.
    fn settle(&mut self, now: Now) {
        let Stage::Waiting(turns) = &self.stage else { return };
        let signing = turns.iter().any(|turn| turn.whom.is_some());
        let no = turns.iter().any(|turn| turn.said == Some(false));
        // One who does not sign ends it at once; bodies are all heard.
        if no && (signing || turns.iter().all(|turn| turn.said.is_some())) {
            return self.refuse(now);
        }
        if turns.iter().all(|turn| turn.said.is_some()) {
            self.advance(now);
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Now) {
        match &mut self.stage {
            Stage::Checking => {
                self.told = Some(self.known);
                let facts = Facts { answers: &BTreeMap::new(), told: self.told, today: now.today };
                if self.plan.eligible.as_ref().is_some_and(|rule| !rule.holds(&facts)) {
                    return self.refuse(now);
                }
                self.advance(now);
            }
            Stage::Waiting(turns) => {
                for turn in turns.iter_mut().filter(|turn| turn.said.is_none() && !turn.late) {
                    match turn.clock {
                        Some((due, _)) if due > now.seconds => {}
                        Some((_, Silence::Yes)) => turn.said = Some(true),
                        Some((_, Silence::No)) => turn.said = Some(false),
                        Some((_, Silence::Escalate)) => turn.late = true,
                        None => {}
                    }
                }
                self.settle(now);
            }
            _ => {}
        }
    }

    pub fn pay(&mut self, now: Now) {
        self.advance(now);
    }

    // The desk.

    fn unit(&self) -> Option<&'static str> {
        match self.stage {
            Stage::Deciding(_) | Stage::Asked(..) => Some(HERE),
            Stage::Appealed => Some(THERE),
            _ => None,
        }
    }

    pub fn may_take(&self, seat: Seat) -> bool {
        let free = self.taken.is_none_or(|by| by == seat.officer || seat.chief);
        let already = self.taken == Some(seat.officer);
        let fits = match &self.stage {
            Stage::Deciding(Bench::Committee { .. }) => already,
            Stage::Deciding(bench) => already || !(self.excluded.contains(&seat.officer) || bench.has(seat.officer)),
            Stage::Asked(..) | Stage::Appealed => true,
            _ => false,
        };
        self.unit() == Some(seat.unit) && free && fits
    }

    pub fn take(&mut self, seat: Seat) {
        self.taken = Some(seat.officer);
    }

    /// The case is theirs, and they have not decided it before an appeal.
    fn has(&self, seat: Seat) -> bool {
        matches!(self.stage, Stage::Deciding(_))
            && seat.unit == HERE
            && self.taken == Some(seat.officer)
            && !self.excluded.contains(&seat.officer)
    }

    pub fn may_decide(&self, seat: Seat) -> bool {
        self.has(seat) && matches!(self.stage, Stage::Deciding(Bench::One | Bench::Two { first: None }))
    }

    pub fn decide(&mut self, seat: Seat, yes: bool, now: Now) {
        self.sat.insert(seat.officer);
        match &mut self.stage {
            Stage::Deciding(Bench::Two { first }) => {
                *first = Some((seat.officer, yes));
                self.taken = None;
            }
            _ => self.end(yes, now),
        }
    }

    fn end(&mut self, yes: bool, now: Now) {
        if yes { self.advance(now) } else { self.refuse(now) }
    }

    pub fn may_second(&self, seat: Seat) -> bool {
        let first = match self.stage {
            Stage::Deciding(Bench::Two { first: Some((first, _)) }) => Some(first),
            _ => None,
        };
        self.has(seat) && first.is_some_and(|first| first != seat.officer)
    }

    pub fn second(&mut self, seat: Seat, agrees: bool, now: Now) {
        let Stage::Deciding(Bench::Two { first: Some((_, yes)) }) = self.stage else { return };
        self.sat.insert(seat.officer);
        if agrees {
            return self.end(yes, now);
        }
        self.stage = Stage::Deciding(Bench::Two { first: None });
        self.taken = None;
    }

    pub fn may_vote(&self, seat: Seat) -> bool {
        let Stage::Deciding(bench @ Bench::Committee { .. }) = &self.stage else { return false };
        seat.unit == HERE && !bench.has(seat.officer) && !self.excluded.contains(&seat.officer)
    }

    pub fn vote(&mut self, seat: Seat, yes: bool, now: Now) {
        self.sat.insert(seat.officer);
        if let Stage::Deciding(Bench::Committee { votes, .. }) = &mut self.stage {
            votes.push((seat.officer, yes));
        }
        self.count(now);
    }

    pub fn may_mark_absent(&self, seat: Seat) -> bool {
        let Stage::Deciding(Bench::Committee { absent, seats, .. }) = &self.stage else { return false };
        seat.unit == HERE && seat.chief && (absent + 1) * 2 < *seats
    }

    pub fn mark_absent(&mut self, now: Now) {
        if let Stage::Deciding(Bench::Committee { absent, .. }) = &mut self.stage {
            *absent += 1;
        }
        self.count(now);
    }

    fn count(&mut self, now: Now) {
        let Stage::Deciding(Bench::Committee { votes, absent, seats }) = &mut self.stage else { return };
        let yes = votes.iter().filter(|(_, yes)| *yes).count();
        let (no, open) = (votes.len() - yes, *seats - *absent - votes.len());
        if yes > no + open {
            self.end(true, now);
        } else if no > yes + open {
            self.end(false, now);
        } else if open == 0 {
            *seats += 1;
        }
    }

    pub fn may_ask(&self, seat: Seat) -> bool {
        let theirs = match &self.stage {
            Stage::Deciding(Bench::Committee { .. }) => seat.unit == HERE && seat.chief,
            _ => self.has(seat),
        };
        theirs && (!self.asked || seat.chief)
    }

    pub fn ask(&mut self, field: Option<String>) {
        let Stage::Deciding(bench) = &self.stage else { return };
        self.stage = Stage::Asked(bench.clone(), field);
        self.asked = true;
    }

    pub fn may_reply(&self) -> bool {
        matches!(self.stage, Stage::Asked(_, None))
    }

    pub fn reply(&mut self) {
        if let Stage::Asked(bench, _) = &self.stage {
            self.stage = Stage::Deciding(bench.clone());
        }
    }

    pub fn may_correct(&self, value: &Value, now: Now) -> bool {
        let Stage::Asked(_, Some(field)) = &self.stage else { return false };
        let mut other = self.clone();
        other.answers.insert(field.clone(), value.clone());
        other.complete(self.told, now.today)
    }

    pub fn correct(&mut self, value: Value, now: Now) {
        let Stage::Asked(_, Some(field)) = &self.stage else { return };
        self.answers.insert(field.clone(), value);
        self.answers = self.visible(self.told, now.today);
        self.reply();
    }

    // Others.

    pub fn turn(&self, step: i64, name: &str) -> Option<&Turn> {
        let Stage::Waiting(turns) = &self.stage else { return None };
        turns.iter().find(|turn| step == self.step && turn.name == name && turn.said.is_none())
    }

    fn say(&mut self, name: &str, change: impl FnOnce(&mut Turn), now: Now) {
        if let Stage::Waiting(turns) = &mut self.stage {
            turns.iter_mut().filter(|turn| turn.name == name).take(1).for_each(change_once(change));
        }
        self.settle(now);
    }

    fn kind(&self) -> Option<&Kind> {
        usize::try_from(self.step).ok().and_then(|at| self.plan.steps.get(at)).map(|step| &step.kind)
    }

    pub fn may_answer(&self, step: i64, name: &str, seat: Seat, yes: bool, words: bool) -> bool {
        let Some(turn) = self.turn(step, name).filter(|turn| turn.unit.as_deref() == Some(seat.unit)) else {
            return false;
        };
        match self.kind() {
            // What was found, or done, is said.
            Some(Kind::Write(_)) => words,
            Some(Kind::Visit(_)) => words && (!turn.late || seat.chief),
            Some(Kind::Clear(_) | Kind::Await(_)) => (yes || words) && (!turn.late || seat.chief),
            _ => false,
        }
    }

    pub fn answer(&mut self, name: &str, yes: bool, now: Now) {
        // A visit is a report: others decide after it.
        let yes = yes || matches!(self.kind(), Some(Kind::Visit(_)));
        self.say(name, |turn| turn.said = Some(yes), now);
    }

    pub fn may_sign(&self, step: i64, name: &str, number: &str) -> bool {
        self.turn(step, name).is_some_and(|turn| turn.whom.as_deref() == Some(number))
    }

    pub fn sign(&mut self, name: &str, yes: bool, now: Now) {
        self.say(name, |turn| turn.said = Some(yes), now);
    }

    pub fn may_book(&self, now: Now) -> bool {
        let ahead = |turn: &Turn| turn.booked.is_none_or(|at| at > now.seconds);
        matches!(self.kind(), Some(Kind::Appointment(_))) && self.turn(self.step, "visit").is_some_and(ahead)
    }

    pub fn book(&mut self, at: i64, now: Now) {
        self.say("visit", |turn| turn.booked = Some(at), now);
    }

    pub fn may_attend(&self, step: i64, seat: Seat, now: Now) -> bool {
        let has_come = |turn: &Turn| turn.booked.is_some_and(|at| at <= now.seconds);
        let here = |turn: &&Turn| turn.unit.as_deref() == Some(seat.unit) && has_come(turn);
        matches!(self.kind(), Some(Kind::Appointment(_))) && self.turn(step, "visit").filter(here).is_some()
    }

    pub fn attend(&mut self, came: bool, now: Now) {
        let change = |turn: &mut Turn| {
            turn.booked = None;
            turn.misses += u32::from(!came);
            if came || turn.misses == MISSES {
                turn.said = Some(came);
            }
        };
        self.say("visit", change, now);
    }

    pub fn may_withdraw(&self) -> bool {
        let open = !matches!(self.stage, Stage::Draft | Stage::Closed(_) | Stage::Delivering(..));
        open && !self.issued && !self.wrote
    }

    pub fn withdraw(&mut self) {
        self.stage = Stage::Closed("withdrawn");
    }

    pub fn may_appeal(&self, now: Now) -> bool {
        let days = self.plan.appeal_days.map(i64::from);
        matches!(self.stage, Stage::Closed("refused"))
            && !self.appealed
            && days.is_some_and(|days| now.seconds <= self.closed_s + days * DAY_S)
    }

    pub fn appeal(&mut self) {
        (self.stage, self.appealed, self.taken) = (Stage::Appealed, true, None);
    }

    pub fn may_hear(&self, seat: Seat) -> bool {
        matches!(self.stage, Stage::Appealed) && seat.unit == THERE && self.taken == Some(seat.officer)
    }

    pub fn hear(&mut self, won: bool, now: Now) {
        if !won {
            return self.refuse(now);
        }
        let decided = matches!(self.kind(), Some(Kind::Clerk { .. } | Kind::Committee { .. }));
        if !decided {
            return self.advance(now);
        }
        // The officers' decision opens again, for others.
        let sat = std::mem::take(&mut self.sat);
        let same = self.step;
        self.step -= 1;
        self.advance(now);
        if self.step == same {
            self.excluded = sat;
        }
    }

    // The parcel.

    pub fn parcel_mut(&mut self, office: &str) -> Option<&mut Parcel> {
        match &mut self.stage {
            Stage::Delivering(to, parcel) if to == office => Some(parcel),
            _ => None,
        }
    }

    /// What handing over comes to: `over`, `wrong`, `locked`, `not here`.
    pub fn hand_over(&mut self, office: &str, right: bool) -> &'static str {
        match self.parcel_mut(office) {
            Some(Parcel::Arrived(_)) if right => {
                // Nothing comes after delivery.
                self.stage = Stage::Closed("completed");
                "over"
            }
            Some(Parcel::Arrived(tries)) if *tries + 1 < TRIES => {
                *tries += 1;
                "wrong"
            }
            Some(parcel @ Parcel::Arrived(_)) => {
                *parcel = Parcel::Locked;
                "locked"
            }
            Some(Parcel::Locked) => "locked",
            _ => "not here",
        }
    }
}

/// A change of the one turn that has a name.
fn change_once(change: impl FnOnce(&mut Turn)) -> impl FnMut(&mut Turn) {
    let mut change = Some(change);
    move |turn| {
        if let Some(change) = change.take() {
            change(turn);
        }
    }
}

impl Turn {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            unit: None,
            whom: None,
            clock: None,
            late: false,
            said: None,
            booked: None,
            misses: 0,
        }
    }
}

impl Bench {
    fn has(&self, officer: usize) -> bool {
        match self {
            Self::One | Self::Two { first: None } => false,
            Self::Two { first: Some((first, _)) } => *first == officer,
            Self::Committee { votes, .. } => votes.iter().any(|(by, _)| *by == officer),
        }
    }
}
