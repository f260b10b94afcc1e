//! Five million cases beside none: the tail of a form step and of a case's page, and
//! how the statements of cases find their rows.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::browser::Browser;
use crate::form::{Step, median, tail};
use crate::get;
use crate::load::{Asks, open};
use crate::server::{Demo, PASSWORDS, say};

/// Cases that are put there.
const CASES: u32 = 5_000_000;
/// How many each person has.
const CASES_EACH: u32 = 5;
/// Units that decide.
const UNITS: u32 = 200;
/// How long each tail is measured, and how often.
const LONG: Duration = Duration::from_secs(10);
const ROUNDS: usize = 3;
/// Pages a second at which a case's page is asked for.
const PAGES: f64 = 500.0;
/// A list that takes longer than this is told.
const SLOW: Duration = Duration::from_millis(5);

/// The same on both databases, each after a start of its own.
pub async fn figures(demo: &mut Demo) {
    let step = Step::find();
    let mut person = Browser::new(demo.address, Duration::ZERO);
    person.sign_in(PASSWORDS[0]).await;
    let case = person.apply().await;
    person.pay(&case).await;
    while person.stage(&case).await != "closed" {
        tokio::time::sleep(crate::LOOK_AGAIN).await;
    }
    demo.restart(|_| ());
    let few = tails(demo, &step, &case).await;
    demo.restart(fill);
    let many = tails(demo, &step, &case).await;
    for (what, few, many) in [("form step", few[0], many[0]), ("a case's page", few[1], many[1])] {
        say(&format!(
            "{what} at 500/s: p99 {few:.1} ms with a few cases, {many:.1} ms with {CASES}: ratio {:.2} (bar 1.30)",
            many / few
        ));
    }
    say(&format!("resident then {} MiB", demo.child.resident() >> 20));
    demo.restart(plans);
}

/// The tails of a form step and of a case's page, medians.
async fn tails(demo: &Demo, step: &Step, case: &str) -> [f64; 2] {
    let mut person = Browser::new(demo.address, Duration::ZERO);
    person.sign_in(PASSWORDS[0]).await;
    let ask: Arc<str> = Arc::from(get(demo.address, case, &person.cookie()));
    let (mut steps, mut pages) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        steps.push(tail(demo, step, LONG).await.p99_ms);
        pages.push(open(Asks::clients(demo.address, 64, Arc::clone(&ask)).await, LONG, PAGES).await.p99_ms);
    }
    say(&format!("  p99 in turns, ms: steps {steps:.1?}, pages {pages:.1?}"));
    [median(steps), median(pages)]
}

/// Copies of a case that ran through, with what a case leaves behind: one in twenty
/// still a draft, one in twenty waiting for a unit, the others closed.
fn fill(data: &Path) {
    let began = Instant::now();
    let database = Connection::open(data.join("hukumati.db")).expect("the database");
    let quick =
        "PRAGMA journal_mode=DELETE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-2000000;
                 PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;";
    database.execute_batch(quick).expect("pragmas");
    let sample = "SELECT id FROM services_case WHERE outcome = 'completed' ORDER BY id LIMIT 1";
    let sample: String = database.query_row(sample, [], |row| row.get(0)).expect("a case that ran through");
    for copy in copies(&format!("'{sample}'")) {
        let began = Instant::now();
        let rows = database.execute(&copy, []).unwrap_or_else(|error| panic!("{error}: {copy}"));
        let table = copy.split_whitespace().nth(2).unwrap_or_default();
        say(&format!("  {rows} rows of {table} in {:.0} s", began.elapsed().as_secs_f64()));
        assert!(rows >= CASES as usize / 20, "{rows} rows of {copy}");
    }
    database.execute_batch("PRAGMA journal_mode=WAL;").expect("as it was");
    let bytes = std::fs::metadata(data.join("hukumati.db")).map_or(0, |file| file.len());
    say(&format!("  filled in {:.0} s: {} MiB", began.elapsed().as_secs_f64(), bytes >> 20));
}

fn copies(sample: &str) -> Vec<String> {
    let numbers = |last: u32| {
        format!("WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < {last}) ")
    };
    // An id is a prefix and 26 characters of Crockford's base 32; the last eight are counted.
    let id = |column: &str| format!("substr({column}, 1, length({column}) - 8) || printf('%08x', number.n)");
    let person =
        |column: &str| format!("substr({column}, 1, length({column}) - 8) || printf('%08x', number.n / {CASES_EACH})");
    let (case, whom) = (id("one.case_id"), person("one.person"));
    let random = |column: &str| format!("randomblob(length({column}))");
    // Row by row in the order of the ids, as they came in life.
    let of_case = |table: &str| format!("FROM number CROSS JOIN {table} AS one WHERE one.case_id = {sample}");
    let stage = "CASE number.n % 20 WHEN 0 THEN 'draft' WHEN 1 THEN 'deciding' ELSE one.stage END";
    let unit = format!("CASE number.n % 20 WHEN 1 THEN 'unit' || (number.n / 20 % {UNITS}) END");
    let closed = |column: &str| format!("CASE WHEN number.n % 20 > 1 THEN one.{column} END");
    let sent = "CASE WHEN number.n % 20 > 0 THEN one.submitted_at + number.n END";
    vec![
        format!(
            "INSERT INTO services_case (id, service, version, person, locale, stage, step, answers, created_at, saved_at, \
             submitted_at, promised_at, closed_at, unit, officer, outcome, marked, feedback_at, abandoned_at) {} \
             SELECT {}, service, version, {whom}, locale, {stage}, step, {}, created_at, saved_at, {sent}, {}, {}, {unit}, \
             officer, {}, marked, feedback_at, CASE WHEN number.n % 20 = 0 THEN saved_at END \
             FROM number CROSS JOIN services_case AS one WHERE one.id = {sample}",
            numbers(CASES),
            id("one.id"),
            random("answers"),
            closed("promised_at"),
            closed("closed_at"),
            closed("outcome"),
        ),
        format!(
            "INSERT INTO services_event (case_id, position, at, kind, actor, note, leaf) {} \
             SELECT {case}, position, at, kind, actor, note, {} {}",
            numbers(CASES),
            id("one.leaf"),
            of_case("services_event"),
        ),
        format!(
            // What registers told is the longest of it: of one case in five.
            "INSERT INTO services_told (case_id, lookup, state, at, body) {} SELECT {case}, lookup, state, at, {} {} \
             AND number.n % 5 = 0",
            numbers(CASES),
            random("body"),
            of_case("services_told"),
        ),
        format!(
            "INSERT INTO services_turn (id, case_id, step, round, name, kind, stage, unit, whom_index, whom, object, actor, \
             opened_at, due_at, closed_at, outcome, note) {} SELECT {}, {case}, step, round, name, kind, stage, unit, \
             whom_index, whom, object, actor, opened_at, due_at, closed_at, outcome, note {}",
            numbers(CASES),
            id("one.id"),
            of_case("services_turn"),
        ),
        format!(
            "INSERT INTO services_promise (case_id, measure, amount, unit, governorate, zone, weekdays, opens, closes, \
             allowance, used, started_at, since, due_at, provisional, level, next_at, ended_at) {} \
             SELECT {case}, measure, amount, unit, governorate, zone, weekdays, opens, closes, allowance, used, started_at, \
             since, due_at, provisional, level, NULL, CASE WHEN number.n % 20 > 1 THEN ended_at END {}",
            numbers(CASES),
            of_case("services_promise"),
        ),
        format!(
            "INSERT INTO exchange_lookup (id, person, at, actor, operation, purpose, case_id, outcome, message, leaf) {} \
             SELECT {}, {whom}, at, actor, operation, purpose, {case}, outcome, message, {} FROM number CROSS JOIN exchange_lookup AS one \
             WHERE one.id = (SELECT max(id) FROM exchange_lookup WHERE case_id = {sample})",
            numbers(CASES),
            id("one.id"),
            id("one.leaf"),
        ),
        format!(
            "INSERT INTO payments_bill (id, code, case_id, payer, service, at, due, currency, total_minor, stage, settled_at, \
             names, issuer) {} SELECT {}, printf('%014d', number.n), {case}, {}, service, at, due, currency, total_minor, stage, \
             settled_at, names, issuer {}",
            numbers(CASES),
            id("one.id"),
            person("one.payer"),
            of_case("payments_bill"),
        ),
        format!(
            "INSERT INTO store_subject_key (subject, wrapped) {} SELECT {}, {} FROM number CROSS JOIN store_subject_key AS one \
             WHERE one.subject = (SELECT min(subject) FROM store_subject_key)",
            numbers(CASES / CASES_EACH),
            id("one.subject"),
            random("wrapped"),
        ),
        // Keys of forms lie all over the table; in order they are put there sooner.
        format!(
            "INSERT INTO store_key (key, answer) {} \
             SELECT CAST(unhex(printf('%08x', number.n * {})) || randomblob(12) AS BLOB), x'6e756c6c' FROM number",
            numbers(2 * CASES),
            u32::MAX / (2 * CASES),
        ),
    ]
}

/// Statements of cases that look at every row of a table, or of an index of it.
fn plans(data: &Path) {
    let database = Connection::open(data.join("hukumati.db")).expect("the database");
    for statement in services::STATEMENTS {
        let mut planned = database.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite)).expect("a plan");
        // A plan needs no values: unbound parameters are NULL.
        let lines = planned.raw_query().mapped(|row| row.get::<_, String>(3));
        let lines: Vec<String> = lines.map(|line| line.expect("a line")).collect();
        if lines.iter().any(|line| line.starts_with("SCAN") || line.contains("TEMP B-TREE FOR ORDER BY")) {
            say(&format!("  {}: {}", statement.name, lines.join("; ")));
        }
    }
    for statement in services::STATEMENTS.iter().filter(|one| ["QUEUE", "COUNT_QUEUE"].contains(&one.name)) {
        let mut asked = database.prepare(statement.sqlite).expect("a statement");
        let count = asked.parameter_count();
        let began = Instant::now();
        let mut rows = match count {
            2 => asked.query(rusqlite::params!["unit7", "deciding"]),
            _ => asked.query(rusqlite::params!["unit7", "deciding", 51]),
        }
        .expect("rows");
        let mut seen = 0;
        while rows.next().expect("a row").is_some() {
            seen += 1;
        }
        let took = began.elapsed();
        let note = if took > SLOW { " (slow)" } else { "" };
        say(&format!("  {}: {seen} rows in {:.2} ms{note}", statement.name, took.as_secs_f64() * 1_000.0));
    }
}
