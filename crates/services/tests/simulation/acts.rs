//! What happens next, by the dice: mostly what goes on with some case, sometimes
//! anything by anybody.

use std::sync::atomic::Ordering;

use base::CaseId;
use catalogue::Wrong;
use serde_json::{Map, Value, json};

use crate::world::{Promised, Simulation};

/// Drafts and cases of one run at most.
const CASES: usize = 12;

impl Simulation {
    pub async fn act(&mut self) {
        let moment = self.dice.between(1, 1_500) * 1_000;
        self.pass(moment).await;
        match self.dice.below(100) {
            0..6 => self.start().await,
            6..9 => self.change_registers(),
            9..12 => self.change_outside(),
            12..19 => self.time_passes().await,
            19..36 => self.deliver().await,
            36..52 => self.anything().await,
            _ => self.go_on().await,
        }
    }

    fn some_case(&self, fits: impl Fn(&str) -> bool) -> Option<CaseId> {
        let ids: Vec<CaseId> = self.cases.keys().copied().filter(|id| fits(&self.row(*id).stage)).collect();
        (!ids.is_empty()).then(|| *self.dice.pick(&ids))
    }

    /// What fits the case as it stands, mostly by whom it concerns.
    async fn go_on(&mut self) {
        let Some(id) = self.some_case(|stage| !matches!(stage, "closed" | "discarded")) else {
            return self.start().await;
        };
        // Now and then somebody reaches for what is another's.
        let stranger = self.dice.one_in(8);
        let own = if stranger { self.dice.index(self.people.len()) } else { self.cases[&id].person };
        match self.row(id).stage.as_str() {
            "draft" => match self.dice.below(20) {
                0..9 => self.fill(id).await,
                9..11 => self.look_up(own, id).await,
                11 => self.discard(own, id).await,
                12..14 => self.submit_twice(id).await,
                _ => self.submit(own, id).await,
            },
            "paying" => match self.dice.below(8) {
                0..3 => self.pay_cash(id, true).await,
                3 => self.pay_cash_twice(id).await,
                4..6 => self.begin_card(own, id).await,
                _ => self.answer_bank(id).await,
            },
            "deciding" => self.decide(id).await,
            "asked" => self.reply(own, id).await,
            "delivering" => self.go_on_parcel(id).await,
            _ => self.deliver().await,
        }
    }

    /// Anything, to any case, by anybody.
    async fn anything(&mut self) {
        let Some(id) = self.some_case(|_| true) else { return self.start().await };
        let who = self.dice.index(self.people.len());
        match self.dice.below(18) {
            16.. => self.officers_try().await,
            0 => self.discard(who, id).await,
            1..3 => self.answer(who, id).await,
            3 => self.submit(who, id).await,
            4 => self.look_up(who, id).await,
            5 => self.reply(who, id).await,
            6 => self.feedback(who, id).await,
            7 => self.begin_card(who, id).await,
            8 => self.answer_bank(id).await,
            9 => self.pay_cash(id, false).await,
            10 => self.reverse_cash().await,
            11..13 => self.officers_try().await,
            13 => self.send_parcels().await,
            14 => self.receive_parcels().await,
            _ => self.hand_over(id).await,
        }
    }

    async fn start(&mut self) {
        if self.cases.len() >= CASES {
            return self.deliver().await;
        }
        let who = self.dice.index(self.people.len());
        let service = if self.dice.one_in(2) { self.house.by_rule() } else { self.house.by_clerk() };
        let (ctx, key) = (self.people[who].ctx.clone(), self.key());
        let begun = services::start(&ctx, key, &self.house.services.catalogue, &service).await;
        self.must(format!("{who} begins {service}"), &begun, true);
        let id = begun.unwrap();
        if self.dice.one_in(4) {
            let again = services::start(&ctx, key, &self.house.services.catalogue, &service).await;
            assert_eq!(again.unwrap(), id, "the same form again is the same draft");
        }
        let promised = Promised { person: who, service, answers: Map::new(), sent: false, gone: false };
        self.cases.insert(id, promised);
    }

    /// Answers what is missing, in order.
    async fn fill(&mut self, id: CaseId) {
        for (field, _) in self.missing(id) {
            let typed = self.good(&field);
            self.type_answer(self.cases[&id].person, id, &field, &typed).await;
        }
    }

    /// Some answer to some question, in any order, good or not.
    async fn answer(&mut self, who: usize, id: CaseId) {
        let fields = self.fields(id);
        let field = self.dice.pick(&fields).0.clone();
        let typed = match self.dice.below(3) {
            0 => (*self.dice.pick(&["", "nonsense", "post.nowhere", "٣"])).to_owned(),
            _ => self.good(&field),
        };
        self.type_answer(who, id, &field, &typed).await;
    }

    /// Questions of the case's service: the field, whether it must be answered, and
    /// whether it always shows.
    fn fields(&self, id: CaseId) -> Vec<(String, bool)> {
        let service = self.house.services.catalogue.service(&self.cases[&id].service).unwrap();
        let asked = service.file.pages.iter().filter_map(|page| Some((page.field.as_ref()?, page.when.is_none())));
        asked.map(|(field, always)| (field.id.clone(), always)).collect()
    }

    /// Questions that show: one depends on another's answer.
    fn shown(&self, id: CaseId) -> Vec<(String, bool)> {
        let changed = self.cases[&id].answers.get("health") == Some(&json!("changed"));
        self.fields(id).into_iter().filter(|(_, always)| *always || changed).collect()
    }

    fn missing(&self, id: CaseId) -> Vec<(String, bool)> {
        let answers = &self.cases[&id].answers;
        self.shown(id).into_iter().filter(|(field, _)| !answers.contains_key(field)).collect()
    }

    fn good(&self, field: &str) -> String {
        let words: &[&str] = match field {
            "purpose" => &["work", "study", "court"],
            "glasses" => &["yes", "no"],
            "health" => &["none", "changed"],
            "collection" => &["post.ramallah", "post.nablus"],
            _ => &["نظارة جديدة", "new glasses"],
        };
        (*self.dice.pick(words)).to_owned()
    }

    async fn type_answer(&mut self, who: usize, id: CaseId, name: &str, typed: &str) {
        let catalogue = &self.house.services.catalogue;
        let service = catalogue.service(&self.cases[&id].service).unwrap();
        let field = service.file.pages.iter().filter_map(|page| page.field.as_ref()).find(|field| field.id == name);
        let typed_form = catalogue::Typed::from([(name.to_owned(), typed.to_owned())]);
        let read = field.unwrap().read(catalogue, &typed_form);
        let value = match read {
            Ok(value) => value,
            Err(wrong) => {
                assert!(matches!(wrong, Wrong::Missing | Wrong::NoChoice), "{name} {typed:?}: {wrong:?}");
                return;
            }
        };
        let yes = self.is_own(who, id) && self.row_stage(id) == "draft";
        let (ctx, key) = (self.people[who].ctx.clone(), self.key());
        let kept = services::answer(&ctx, key, id, name, value.clone()).await;
        self.must(format!("{who} answers {name} of {id} with {typed:?}"), &kept, yes);
        if yes {
            self.cases.get_mut(&id).unwrap().answers.insert(name.to_owned(), value.unwrap());
        }
    }

    /// The stage as of the last look, or what this run did since.
    fn row_stage(&self, id: CaseId) -> &str {
        self.last.cases.get(&id.to_string()).map_or("draft", |row| row.stage.as_str())
    }

    async fn discard(&mut self, who: usize, id: CaseId) {
        let yes = self.is_own(who, id) && self.row(id).stage == "draft";
        let (ctx, key) = (self.people[who].ctx.clone(), self.key());
        let gone = services::discard(&ctx, key, id).await;
        self.must(format!("{who} throws {id} away"), &gone, yes);
        self.cases.get_mut(&id).unwrap().gone |= yes;
    }

    /// A page of the form is opened; its registers are asked.
    async fn look_up(&mut self, who: usize, id: CaseId) {
        let person = &self.people[who];
        let yes = self.is_own(who, id);
        let case = self.house.case(id).await;
        let service = self.house.services.catalogue.service(&case.service).unwrap();
        let lookups: Vec<_> = service.file.lookups.iter().collect();
        let told = services::prefill(&person.ctx, &self.house.services, &case, &lookups, "case.form").await;
        self.must(format!("{who} opens a page of {id}"), &told.map(drop), yes);
    }

    fn may_submit(&self, who: usize, id: CaseId) -> bool {
        let complete = self.missing(id).is_empty();
        self.is_own(who, id) && self.people[who].proven && complete && self.row(id).stage == "draft"
    }

    async fn submit(&mut self, who: usize, id: CaseId) {
        let yes = self.may_submit(who, id);
        let (ctx, key) = (self.people[who].ctx.clone(), self.key());
        let sent = services::submit(&ctx, key, &self.house.services, id).await;
        self.must(format!("{who} sends {id}"), &sent, yes);
        if yes {
            self.was_sent(id).await;
            // The same form again: the same answer, whatever happened since.
            let again = services::submit(&ctx, key, &self.house.services, id).await;
            self.must(format!("{who} sends the same form of {id} again"), &again, true);
        }
    }

    /// From two tabs at once, while a third one opens a page.
    async fn submit_twice(&mut self, id: CaseId) {
        let who = self.cases[&id].person;
        let yes = self.may_submit(who, id);
        let ctx = self.people[who].ctx.clone();
        let (one, two) = (self.key(), self.key());
        let services = &self.house.services;
        let case = self.house.case(id).await;
        let file = &services.catalogue.service(&case.service).unwrap().file;
        let lookups: Vec<_> = file.lookups.iter().collect();
        let (first, second, told) = tokio::join!(
            services::submit(&ctx, one, services, id),
            services::submit(&ctx, two, services, id),
            services::prefill(&ctx, services, &case, &lookups, "case.form"),
        );
        told.unwrap();
        let taken = usize::from(first.is_ok()) + usize::from(second.is_ok());
        self.trace.add(format!("{who} sends {id} from two tabs: {taken} taken"));
        assert_eq!(taken, usize::from(yes), "seed {}: {first:?} {second:?}", self.trace.seed);
        if yes {
            self.was_sent(id).await;
        }
    }

    /// A case that was sent holds what shows, and goes where its registers lead.
    async fn was_sent(&mut self, id: CaseId) {
        let shown = self.shown(id);
        let case = self.cases.get_mut(&id).unwrap();
        case.sent = true;
        case.answers.retain(|field, _| shown.iter().any(|(known, _)| known == field));
        let (service, number) = (case.service.clone(), self.people[case.person].number.clone());
        let known = self.house.registers.known(&number);
        let grounds = if service == self.house.by_rule() {
            known.person["status"] == "alive"
        } else {
            known.driver["status"] == "valid"
        };
        let wanted = match (self.house.registers.up.load(Ordering::SeqCst), grounds) {
            (false, _) => "checking",
            (true, true) => "paying",
            (true, false) => "closed",
        };
        let stage = self.house.case(id).await.stage.as_str();
        assert_eq!(stage, wanted, "seed {}: case {id} after it was sent", self.trace.seed);
    }

    async fn reply(&mut self, who: usize, id: CaseId) {
        let text = *self.dice.pick(&["هذه الوثيقة", "here it is", "  "]);
        let yes = self.is_own(who, id) && self.row(id).stage == "asked" && !text.trim().is_empty();
        let (ctx, key) = (self.people[who].ctx.clone(), self.key());
        let replied = services::reply(&ctx, key, id, text).await;
        self.must(format!("{who} replies in {id}"), &replied, yes);
    }

    async fn feedback(&mut self, who: usize, id: CaseId) {
        let yes = self.is_own(who, id) && self.row(id).stage == "closed";
        let answer = u8::try_from(self.dice.below(7)).unwrap();
        let (ctx, key) = (self.people[who].ctx.clone(), self.key());
        let kept = services::keep_feedback(&ctx, key, id, answer).await;
        self.must(format!("{who} says how {id} was"), &kept, yes);
    }

    fn change_registers(&mut self) {
        let registers = &self.house.registers;
        if self.dice.one_in(2) {
            let up = !registers.up.fetch_xor(true, Ordering::SeqCst);
            return self.trace.add(format!("registers answer: {up}"));
        }
        let person = self.dice.pick(&self.people);
        let what = self.dice.below(6);
        registers.change(&person.number, |known| match what {
            0 => known.person["status"] = json!("dead"),
            1 => known.person["status"] = json!("alive"),
            2 => known.person["cohorts"] = json!(["social-assistance"]),
            3 => known.person["cohorts"] = json!([]),
            4 => known.driver = Value::Null,
            _ => {
                known.driver = json!({ "licence_number": "4000002", "class": "C", "expires": "2027-01-01",
                                        "renewable_until": "2029-01-01", "status": "valid" })
            }
        });
        self.trace.add(format!("registers change {}: {what}", person.id));
    }

    /// The bank or the SMS company goes out, or is there again.
    fn change_outside(&mut self) {
        let (bank, phones) = (&self.house.bank, &self.house.phones);
        let what = match self.dice.below(3) {
            0 => format!("the bank answers: {}", !bank.up.fetch_xor(true, Ordering::SeqCst)),
            1 => format!("the bank lies: {}", !bank.lies.fetch_xor(true, Ordering::SeqCst)),
            _ => format!("telephones are out: {}", !phones.out.fetch_xor(true, Ordering::SeqCst)),
        };
        self.trace.add(what);
    }

    async fn time_passes(&mut self) {
        let seconds = match self.dice.below(10) {
            0..4 => self.dice.between(5, 60),
            4..7 => self.dice.between(60, 3_600),
            7..9 => self.dice.between(3_600, 2 * 86_400),
            _ => self.dice.between(7 * 86_400, 21 * 86_400),
        };
        self.trace.add(format!("{seconds} seconds pass"));
        self.pass(seconds * 1_000_000).await;
        if self.dice.one_in(2) {
            self.deliver().await;
        }
    }
}
