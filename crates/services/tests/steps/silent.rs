//! Registers that fall silent at the very sending, answer what nobody can read, or
//! answer about somebody else: nothing is lost, and nothing is decided on it.

use super::house::registers::Fault;
use super::*;

fn both(ar: &str, en: &str) -> serde_json::Value {
    json!({ "ar": ar, "en": en })
}

impl Town {
    /// A draft of one of the project's services, filled in to its check page.
    async fn filled_in(&self, service: &str, answers: &[(&str, serde_json::Value)]) -> CaseId {
        let ctx = &self.own;
        let id = services::start(ctx, Key::once(ctx), &self.services.catalogue, service).await.unwrap();
        for (field, value) in answers {
            services::answer(ctx, Key::once(ctx), id, field, Some(value.clone())).await.unwrap();
        }
        let check = self.browser(&self.own.actor).await.get(&format!("/en/cases/{id}/check")).await;
        assert!(check.has("id=\"submit\""), "{}", check.text);
        id
    }
    /// Sends a draft by the button of its check page.
    pub(super) async fn press(&self, id: CaseId) -> StatusCode {
        let mut own = self.browser(&self.own.actor).await;
        let status = own.act(&format!("/en/cases/{id}/check"), &format!("/en/cases/{id}/submit"), &[]).await;
        self.settle().await;
        status
    }
    /// The registers are asked once more.
    pub(super) async fn later(&self) {
        self.clock.advance_seconds(600);
        for _ in 0..4 {
            self.settle().await;
        }
    }
    /// Sends a draft while an operation is silent: it waits, marked, with these answers.
    async fn sent_in_silence(&self, id: CaseId, operation: &str) {
        let before = self.case(id).await.answers;
        self.registers.spoil(operation, Fault::Silent);
        assert_eq!(self.press(id).await, StatusCode::SEE_OTHER);
        self.later().await;
        let case = self.case(id).await;
        assert_eq!((case.stage, case.marked, &case.answers), (Stage::Checking, true, &before), "{operation}");
        self.registers.mend(operation);
        self.later().await;
        assert_eq!(self.case(id).await.answers, before, "{operation}");
    }
}

#[test]
fn an_examination_that_was_known_is_not_asked_for_again() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, house::catalogue()).await;
        let number = Town::number(FIRST);
        let result = json!({
            "year": 2015, "seat": "20150001", "stream": "scientific", "stream_text": both("علمي", "Scientific"),
            "average": 91, "passed": true, "governorate": both("رام الله", "Ramallah"), "governorate_code": "RBH",
        });
        town.registers.put_answer(
            &format!("results?id={number}&year=2015"),
            json!({ "id_number": number, "full_name": both("سلمى", "Salma"), "results": [result] }),
        );
        let answers = [("year", json!(2015)), ("use", json!("study")), ("way", json!("wallet"))];
        let id = town.filled_in("moe.cert.attest", &answers).await;
        town.sent_in_silence(id, "results").await;
        town.stands(id, Stage::Paying).await;
        town.pay(id, "t1").await;
        town.later().await;
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn an_address_that_was_known_is_not_asked_for_again() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, house::catalogue()).await;
        let number = Town::number(FIRST);
        town.registers.change(&number, |known| {
            known.person["address"] = json!({
                "postcode": null, "locality": both("نابلس", "Nablus"), "street": both("شارع", "Street"), "building": "1",
            });
        });
        let address = json!({
            "postcode": "P6000001", "governorate": "RBH", "governorate_name": both("رام الله والبيرة", "Ramallah"),
            "locality": both("رام الله", "Ramallah"), "street": both("شارع", "Street"), "building": "4",
        });
        town.registers.put_answer("address?postcode=P6000001", address);
        let account = json!({
            "number": "1", "municipality": both("بلدية رام الله", "Ramallah"), "kind": "water",
            "kind_text": both("مياه", "Water"), "dues_minor": 0,
        });
        town.registers.put_answer(
            &format!("dues?id={number}"),
            json!({ "id_number": number, "dues_minor": 0, "currency": "ILS", "accounts": [account] }),
        );
        // The other one can be done without, but not where a bill was spared by it.
        for silent in ["address", "dues"] {
            let answers = [("code", json!("known")), ("postcode", json!("P6000001")), ("way", json!("wallet"))];
            let id = town.filled_in("mtit.address", &answers).await;
            town.sent_in_silence(id, silent).await;
            town.ends(id, "completed").await;
        }
        town.house.holds().await;
    });
}

const BY_RULE: &str = r#"
[[eligible]]
rule = "has(registers.person)"
reason = "no"

[[step]]
kind = "decide"
by = "rule"
rule = "has(registers.person) && registers.person.status == 'alive'"
reason = "no"

[[step]]
kind = "deliver"
"#;

#[test]
fn an_answer_that_nobody_can_read_or_that_is_of_another_is_waited_for() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, BY_RULE).await;
        let (number, other) = (Town::number(FIRST), Town::number(FIRST + 1));
        let mut own = town.browser(&town.own.actor).await;
        let start = format!("/en/services/{KEY}/start");
        let garbled = town.draft("work", &[FIRST + 1]).await;
        town.registers.spoil("person", Fault::Garbled);
        assert!(own.get(&start).await.has("id=\"eligible-unknown\""));
        assert_eq!(town.press(garbled).await, StatusCode::SEE_OTHER);
        town.stands(garbled, Stage::Checking).await;
        town.registers.mend("person");
        let of_another = town.registers.known(&other).person;
        town.registers.put_answer(&format!("person?id={number}"), of_another.clone());
        assert!(own.get(&start).await.has("id=\"eligible-unknown\""));
        let id = town.draft("work", &[FIRST + 1]).await;
        assert_eq!(town.press(id).await, StatusCode::SEE_OTHER);
        town.later().await;
        for case in [garbled, id] {
            town.stands(case, Stage::Checking).await;
            assert!(!town.page(case).await.has(&other), "it is nobody's to read");
        }
        town.registers.put_answer(&format!("person?id={number}"), town.registers.known(&number).person);
        town.later().await;
        for case in [garbled, id] {
            town.ends(case, "completed").await;
        }
        town.house.holds().await;
    });
}

#[test]
fn a_form_begins_at_the_first_page_that_shows() {
    let hidden = r#"
[[page]]
id = "born"
when = "has(registers.person) && registers.person.status != 'alive'"
field = { id = "born", kind = "date" }
"#;
    on_both_engines(SCHEMAS, |world| async move {
        let catalogue = folder::catalogue_changed(BY_RULE, |text| {
            text.replacen("[[page]]", &format!("{}\n[[page]]", hidden.trim()), 1)
        });
        let town = Town::of(&world, catalogue).await;
        let mut own = town.browser(&town.own.actor).await;
        let start = format!("/en/services/{KEY}/start");
        let body = own.get(&start).await.form(&[]);
        let answer = own.post(&start, body).await;
        assert!(answer.text.ends_with("/form/purpose"), "{}", answer.text);
        let draft = answer.text.trim_end_matches("/purpose").to_owned();
        let again = own.get(&draft).await;
        assert!(again.text.ends_with("/form/purpose"), "{}", again.text);
        assert_eq!(own.get(&again.text).await.status, StatusCode::OK);
        town.registers.change(&Town::number(FIRST), |known| known.person["status"] = json!("missing"));
        let body = own.get(&start).await.form(&[]);
        let answer = own.post(&start, body).await;
        assert!(answer.text.ends_with("/form/born"), "{}", answer.text);
    });
}
