//! Each invariant of `hukumati verify` is broken by raw SQL, in a house where
//! cases went their whole way, and is named. (Identity's own: its tests.)
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests use a part of the house")]
mod house;

use base::{Assurance, CaseId, Role, Zone};
use catalogue::calendar::{Content, Scope};
use house::{FIRST, House, Look, SCHEMAS};
use payments::Advice;
use serde_json::json;
use services::calendar::decree::{Draft, approve, propose};
use store::{Ctx, Key, Statement};
use testkit::{broken_by, on_both_engines};

mod sql {
    // 01ARZ3NDEKTSV4RRFFQ69G5FAV is an id of nobody and nothing.
    store::statements! {
        /// A paid bill without its money.
        UNPAID = "UPDATE payments_payment SET stage = 'suspense' WHERE stage = 'settled'";
        /// Lines that sum to something else.
        LINES = "UPDATE payments_line SET amount_minor = amount_minor + 1";
        /// Money that settled an open bill.
        REOPENED = "UPDATE payments_bill SET stage = 'open', settled_at = NULL";
        /// A payment of another sum than its entry.
        DEARER = "UPDATE payments_payment SET amount_minor = amount_minor + 1";
        /// An entry that does not balance.
        UNBALANCED = "UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE line = 1";
        /// An entry of one line.
        THIN = "DELETE FROM ledger_posting WHERE line = 2";
        /// A reversal that mirrors nothing.
        CROOKED = "UPDATE ledger_entry SET reverses = (SELECT MAX(id) FROM ledger_entry) WHERE id = (SELECT MIN(id) FROM ledger_entry)";
        /// A leaf that says something else.
        SALT = "UPDATE audit_body SET salt = hash FROM audit_entry WHERE audit_entry.leaf = audit_body.leaf AND position = 1";
        /// A tree that was changed.
        TREE = "UPDATE audit_entry SET hash = (SELECT o.hash FROM audit_entry o WHERE o.position = 2) WHERE position = 0";
        /// A leaf that nobody put in order.
        PENDS = "INSERT INTO audit_pending (leaf, at, hash) SELECT leaf, 0, hash FROM audit_entry WHERE position = 0";
        /// A message without its work.
        WAITS = "UPDATE notify_message SET stage = 'unknown'";
        /// A paper without its file.
        FILE = "UPDATE documents_paper SET blob = NULL";
        /// A paper with another's leaf.
        SEALED = "UPDATE documents_paper SET leaf = (SELECT MIN(leaf) FROM audit_body)";
        /// A file of another length than its blob.
        FILE_LENGTH = "UPDATE services_file SET length = length + 1";
        /// A file of no case.
        FILE_CASE = "UPDATE services_file SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A piece of no file.
        FILE_PART = "INSERT INTO services_file_part (file_id, position, sealed) SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV', 0, hash FROM audit_entry WHERE position = 0";
        /// A case that ended at no time.
        ENDED = "UPDATE services_case SET closed_at = NULL WHERE stage = 'closed'";
        /// A case that waits for money that came.
        PAYING = "UPDATE services_case SET stage = 'paying', closed_at = NULL WHERE stage = 'closed'";
        /// What a register told of no case.
        TOLD = "UPDATE services_told SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE lookup = 'driver'";
        /// A parcel of no case.
        PARCEL = "UPDATE services_parcel SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A line of no case.
        LINE = "UPDATE services_event SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE kind = 'services.completed'";
        /// A session of nobody.
        SESSION = "INSERT INTO web_session (id, subject, data, created_at, seen_at, ends_at, idle_seconds) \
                   SELECT hash, 'person:01ARZ3NDEKTSV4RRFFQ69G5FAV', hash, 0, 0, 0, 0 FROM audit_entry WHERE position = 0";
        /// An act of nobody.
        ACTOR = "UPDATE audit_body SET actor = 'officer:01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE act = 'services.taken'";
        /// An act on nothing.
        OBJECT = "UPDATE audit_body SET object = 'case:01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE act = 'services.taken'";
        /// An entry about nothing.
        ENTRY = "UPDATE ledger_entry SET about = 'bill:01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A bill for nothing.
        BILL_CASE = "UPDATE payments_bill SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A bill of nobody.
        BILL_PAYER = "UPDATE payments_bill SET payer = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A payment that was not entered.
        PAYMENT_ENTRY = "UPDATE payments_payment SET entry = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// An address of nobody.
        ADDRESS = "UPDATE notify_address SET person = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A notice to nobody.
        NOTICE_PERSON = "UPDATE notify_inbox SET person = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A notice about nothing.
        NOTICE_ABOUT = "UPDATE notify_inbox SET about = 'case:01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A paper of nobody.
        PAPER_PERSON = "UPDATE documents_paper SET person = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A paper for nothing.
        PAPER_ABOUT = "UPDATE documents_paper SET about = 'case:01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A paper without a leaf.
        PAPER_LEAF = "UPDATE documents_paper SET leaf = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A copy that nobody counted and made, without a leaf.
        COPY = "INSERT INTO documents_copy (id, paper, number, copies, ordered_at, issued_at, leaf) \
                SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV', MIN(id), 2, 2, 0, 0, '01ARZ3NDEKTSV4RRFFQ69G5FAV' FROM documents_paper";
        /// A first print that is called the second.
        PRINT = "UPDATE documents_print SET print = 2";
        /// A print without its leaf.
        PRINT_LEAF = "UPDATE documents_print SET leaf = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A batch of nobody.
        BATCH = "UPDATE documents_batch SET officer = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A look-up about nobody.
        LOOKUP_PERSON = "UPDATE exchange_lookup SET person = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A look-up for nothing.
        LOOKUP_CASE = "UPDATE exchange_lookup SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A look-up without its leaf.
        LOOKUP_LEAF = "UPDATE exchange_lookup SET leaf = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A look-up by nobody.
        LOOKUP_ACTOR = "UPDATE exchange_lookup SET actor = 'person:01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A case of nobody.
        CASE_PERSON = "UPDATE services_case SET person = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A case that nobody took.
        CASE_OFFICER = "UPDATE services_case SET officer = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE officer IS NOT NULL";
        /// Cases that wait for others, of whom none was asked.
        FORGOTTEN = "UPDATE services_case SET stage = 'waiting'";
        /// A turn of a case that ended.
        IDLE = "UPDATE services_turn SET kind = 'decide', stage = 'open'";
        /// One officer in two seats.
        TWICE = "UPDATE services_turn SET kind = 'decide', stage = 'answered', step = 1, round = 1, actor = 'machine:test'";
        /// A turn of no case.
        TURN_CASE = "UPDATE services_turn SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A turn that nobody answered.
        TURN_ACTOR = "UPDATE services_turn SET actor = 'officer:01ARZ3NDEKTSV4RRFFQ69G5FAV'";
        /// A line without its leaf.
        LINE_LEAF = "UPDATE services_event SET leaf = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE position = 1";
        /// A promise that its case does not know.
        PROMISED = "UPDATE services_promise SET due_at = due_at + 1, ended_at = NULL WHERE case_id IN (SELECT id FROM services_case WHERE closed_at IS NULL)";
        /// A promise of no case.
        PROMISE = "UPDATE services_promise SET case_id = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE ended_at = (SELECT MIN(ended_at) FROM services_promise)";
        /// A decree of one officer.
        DECREE = "UPDATE services_calendar SET decided_by = proposed_by WHERE proposed_by IS NOT NULL";
        /// A decree that nobody proposed.
        PROPOSER = "UPDATE services_calendar SET proposed_by = '01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE proposed_by IS NOT NULL";
        /// A line by nobody.
        LINE_ACTOR = "UPDATE services_event SET actor = 'officer:01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE kind = 'services.taken'";
        /// A bundle that was sent at no time.
        BUNDLE = "INSERT INTO services_bundle (id, event, person, stage, created_at) SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'event', MIN(person), 'sent', 0 FROM services_case";
        /// A bundle that is being sent, and nothing is under way.
        SENDING = "INSERT INTO services_bundle (id, event, person, stage, created_at, sent_at) SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'event', MIN(person), 'sending', 0, 0 FROM services_case";
        /// A bundle of nobody.
        BUNDLER = "INSERT INTO services_bundle (id, event, person, stage, created_at) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'event', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'draft', 0)";
        /// A signature of nobody, without a leaf.
        SIGNATURE = "INSERT INTO services_signature (service, version, body, officer, at, leaf) VALUES ('service', 1, 'finance', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 0, '01ARZ3NDEKTSV4RRFFQ69G5FAV')";
        /// A member of no bundle.
        MEMBER = "INSERT INTO services_bundle_member (bundle, position, service, case_id, shared, state) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 0, 'service', NULL, '', 'in')";
    }
}

/// What breaks each invariant.
const BREAKS: &[(&str, Statement)] = &[
    ("payments.paid_bills_equal_their_payments", sql::UNPAID),
    ("payments.bills_equal_their_lines", sql::LINES),
    ("payments.settled_money_settles_its_bill", sql::REOPENED),
    ("payments.payments_have_their_postings", sql::DEARER),
    ("ledger.entries_sum_to_zero", sql::UNBALANCED),
    ("ledger.currencies_sum_to_zero", sql::UNBALANCED),
    ("ledger.entries_have_two_postings", sql::THIN),
    ("ledger.reversals_mirror", sql::CROOKED),
    ("audit.bodies_match_their_leaves", sql::SALT),
    ("audit.tree_recomputes_to_its_checkpoints", sql::TREE),
    ("audit.no_leaf_pends_long", sql::PENDS),
    ("notify.waiting_messages_have_work", sql::WAITS),
    ("documents.papers_have_leaf_and_sealed_file", sql::FILE),
    ("documents.papers_have_leaf_and_sealed_file", sql::SEALED),
    ("services.stages_and_dates_agree", sql::ENDED),
    ("services.cases_that_wait_for_money_have_a_bill", sql::PAYING),
    ("services.nothing_is_of_no_case", sql::TOLD),
    ("services.nothing_is_of_no_case", sql::PARCEL),
    ("services.nothing_is_of_no_case", sql::LINE),
    ("services.files_are_whole_and_sealed", sql::FILE_LENGTH),
    ("services.nothing_is_of_no_case", sql::FILE_CASE),
    ("services.nothing_is_of_no_case", sql::FILE_PART),
    ("services.promises_agree_with_their_cases", sql::PROMISED),
    ("services.promises_agree_with_their_cases", sql::PROMISE),
    ("services.decrees_have_two_officers", sql::DECREE),
    ("services.decrees_are_proposed_by_officers", sql::PROPOSER),
    ("web.sessions_are_somebodys", sql::SESSION),
    ("audit.acts_have_actors", sql::ACTOR),
    ("audit.acts_on_cases_have_cases", sql::OBJECT),
    ("ledger.entries_are_about_something", sql::ENTRY),
    ("payments.bills_have_cases", sql::BILL_CASE),
    ("payments.bills_have_payers", sql::BILL_PAYER),
    ("payments.payments_have_entries", sql::PAYMENT_ENTRY),
    ("notify.addresses_are_somebodys", sql::ADDRESS),
    ("notify.notices_are_somebodys", sql::NOTICE_PERSON),
    ("notify.notices_are_about_something", sql::NOTICE_ABOUT),
    ("documents.papers_have_holders", sql::PAPER_PERSON),
    ("documents.papers_have_cases", sql::PAPER_ABOUT),
    ("documents.papers_have_leaves", sql::PAPER_LEAF),
    ("documents.copies_have_leaf_and_sealed_file", sql::COPY),
    ("documents.copies_are_numbered_through", sql::COPY),
    ("documents.copies_have_leaves", sql::COPY),
    ("documents.prints_are_numbered_through", sql::PRINT),
    ("documents.prints_have_leaves", sql::PRINT_LEAF),
    ("documents.batches_have_officers", sql::BATCH),
    ("exchange.lookups_are_about_somebody", sql::LOOKUP_PERSON),
    ("exchange.lookups_are_for_cases", sql::LOOKUP_CASE),
    ("exchange.lookups_have_leaves", sql::LOOKUP_LEAF),
    ("exchange.lookups_have_askers", sql::LOOKUP_ACTOR),
    ("services.cases_are_somebodys", sql::CASE_PERSON),
    ("services.cases_are_taken_by_officers", sql::CASE_OFFICER),
    ("services.lines_have_leaves", sql::LINE_LEAF),
    ("services.lines_have_actors", sql::LINE_ACTOR),
    ("services.waiting_cases_wait_for_somebody", sql::FORGOTTEN),
    ("services.nobody_waits_for_what_ended", sql::IDLE),
    ("services.no_officer_decides_twice", sql::TWICE),
    ("services.nothing_is_of_no_case", sql::TURN_CASE),
    ("services.turns_have_actors", sql::TURN_ACTOR),
    ("services.bundles_agree_with_their_cases", sql::BUNDLE),
    ("services.bundles_agree_with_their_cases", sql::MEMBER),
    ("services.sent_bundles_are_under_way", sql::SENDING),
    ("services.bundles_are_somebodys", sql::BUNDLER),
    ("services.signatures_have_leaves", sql::SIGNATURE),
    ("services.versions_are_signed_by_officers", sql::SIGNATURE),
];

/// A person's two cases: one ended with a paper in the wallet, one paper waits at
/// an office.
async fn lived_in(house: &House) {
    let citizen = house.citizen(FIRST, Assurance::Substantial).await;
    let wallet = sent(house, &citizen, &house.by_rule(), &[("purpose", "work")]).await;
    pay(house, wallet).await;
    let answers = [("glasses", "no"), ("health", "none"), ("collection", "post.ramallah")];
    let office = sent(house, &citizen, &house.by_clerk(), &answers).await;
    pay(house, office).await;
    let clerk = house.officer("clerk", "licensing.ramallah", &[Role::Clerk]).await;
    let unit = "licensing.ramallah";
    services::take(&clerk, Key::once(&clerk), office, unit).await.unwrap();
    services::ask(&clerk, Key::once(&clerk), office, unit, "A scan, please.").await.unwrap();
    let paper = include_bytes!("files/page.pdf");
    services::attach(&citizen, &house.services, office, services::REPLY, "scan.pdf", paper).await.unwrap();
    services::reply(&citizen, Key::once(&citizen), office, "Here it is.").await.unwrap();
    services::approve(&clerk, Key::once(&clerk), &house.services, office, unit).await.unwrap();
    house.settle().await;
    assert_eq!(house.case(office).await.stage, services::Stage::Delivering);
    print(house, &clerk, office).await;
    decree(house).await;
    house.work().await;
}

/// A clerk prints what a case issued.
async fn print(house: &House, clerk: &Ctx, id: CaseId) {
    let printed = clerk.write(Key::once(clerk), move |tx| {
        let papers = documents::papers_about(tx, &format!("case:{id}"))?;
        let papers: Vec<_> = papers.iter().map(|paper| paper.id).collect();
        documents::batch_in(tx, &["مكتب".to_owned(), "An office".to_owned()], &papers)
    });
    printed.await.unwrap();
    house.settle().await;
}

/// A closure that one officer of the quality office proposes and another confirms.
async fn decree(house: &House) {
    let first = house.officer("quality", "cabinet", &[Role::Quality]).await;
    let second = house.officer("quality2", "cabinet", &[Role::Quality]).await;
    let today = house.ctx.now().date(Zone::Hebron);
    let draft = Draft {
        content: Content::Closure,
        scope: Scope::All,
        first: today,
        last: today,
        names: ["إغلاق".to_owned(), "A closure".to_owned()],
        decree: ("7/2026".to_owned(), today),
    };
    let id = propose(&first, Key::once(&first), &house.services.catalogue, draft, None).await.unwrap();
    approve(&second, Key::once(&second), id).await.unwrap();
    house.settle().await;
}

async fn sent(house: &House, citizen: &Ctx, service: &str, answers: &[(&str, &str)]) -> CaseId {
    let id = services::start(citizen, Key::once(citizen), &house.services.catalogue, service).await.unwrap();
    for (field, answer) in answers {
        services::answer(citizen, Key::once(citizen), id, field, Some(json!(answer))).await.unwrap();
    }
    services::submit(citizen, Key::once(citizen), &house.services, id).await.unwrap();
    id
}

async fn pay(house: &House, id: CaseId) {
    let bill = house.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
    let advice = Advice {
        transaction: bill.code.clone(),
        code: bill.code.clone(),
        quote_id: None,
        amount_minor: bill.total.minor(),
        currency: "ILS".to_owned(),
        business_date: "2026-11-24".to_owned(),
        branch: "1".to_owned(),
    };
    assert_eq!(payments::advise(&house.ctx, "palpay", advice).await.unwrap().outcome, "accepted");
    house.settle().await;
}

#[test]
fn each_invariant_is_broken_by_raw_sql_and_named() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = House::new(&world, Look::Bare).await;
        lived_in(&house).await;
        house.holds().await;
        for (name, statement) in BREAKS {
            let broken = broken_by(&house.ctx, &house.invariants, &[*statement]).await;
            assert!(broken.contains(name), "{}: {name} is not among {broken:?}", statement.name);
        }
        house.holds().await;
        let untried = house.invariants.iter().map(|invariant| invariant.name).filter(|name| {
            // Pages of the disk cannot be broken by SQL; identity breaks its own.
            let elsewhere = *name == store::integrity().name || name.starts_with("identity.");
            !elsewhere && BREAKS.iter().all(|(tried, _)| tried != name)
        });
        assert_eq!(untried.collect::<Vec<_>>(), Vec::<&str>::new());
    });
}

#[test]
fn many_looks_at_a_case_do_not_hide_the_leaf_of_its_paper() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = House::new(&world, Look::Bare).await;
        let citizen = house.citizen(FIRST, Assurance::Substantial).await;
        let id = sent(&house, &citizen, &house.by_rule(), &[("purpose", "work")]).await;
        let case = house.case(id).await;
        let (object, person) = (case.object(), case.person);
        // More acts than one page of a case's acts shows.
        let looked = house.ctx.write(Key::once(&house.ctx), move |tx| {
            for _ in 0..220 {
                audit::record_in(tx, &audit::Leaf::new("services.case_read", object.clone()).about(person))?;
            }
            Ok::<_, store::Error>(())
        });
        looked.await.unwrap();
        world.clock.advance_seconds(1);
        pay(&house, id).await;
        house.holds().await;
    });
}
