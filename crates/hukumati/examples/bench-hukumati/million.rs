//! A million accounts and a hundred thousand live sessions beside a few: the
//! code flow's tail, and the memory.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::provider::SignedIn;
use crate::server::{Demo, say};

/// Accounts that are put there.
const ACCOUNTS: u32 = 1_000_000;
/// Sessions, each at the provider and at the portal.
const SESSIONS: u32 = 100_000;
/// How long the tail is measured.
const LONG: Duration = Duration::from_secs(15);

/// The same rate on both databases, each after a start of its own.
pub async fn figures(demo: &mut Demo) {
    let person = SignedIn::begin(demo).await;
    demo.restart(|_| ());
    let idle = demo.child.resident();
    let full = person.full(demo.address).await;
    let few = person.at(demo.address, full.rate / 2.0, LONG).await;
    demo.restart(fill);
    let many = person.at(demo.address, full.rate / 2.0, LONG).await;
    let resident = demo.child.resident();
    say(&format!(
        "code flow at {:.0}/s, a few accounts   p50 {:.1} ms   p99 {:.1} ms\n  \
         {ACCOUNTS} accounts, {SESSIONS} live sessions   p50 {:.1} ms   p99 {:.1} ms: ratio {:.2} (bar 1.30)\n  \
         resident {} MiB, idle with a few {} MiB (bar 150 MiB more)",
        few.rate,
        few.p50_ms,
        few.p99_ms,
        many.p50_ms,
        many.p99_ms,
        many.p99_ms / few.p99_ms,
        resident >> 20,
        idle >> 20,
    ));
}

/// Copies of one person with an account and of its sessions, each under ids and
/// random octets of its own, as long as the real ones. Nobody can sign in as them.
fn fill(data: &Path) {
    let database = Connection::open(data.join("hukumati.db")).expect("the database");
    let account = "(SELECT account.id FROM identity_account AS account
                    JOIN identity_session AS session ON session.holder = 'account:' || account.id
                    JOIN identity_credential AS credential ON credential.holder = account.id
                    WHERE account.phone IS NOT NULL ORDER BY session.ends_at DESC LIMIT 1)";
    // An id is a prefix and 26 characters of Crockford's base 32; the last eight are counted.
    let id = |column: &str| format!("substr({column}, 1, length({column}) - 8) || printf('%08x', number.n)");
    let random = |column: &str| format!("randomblob(length({column}))");
    let person = id("person.id");
    let holder = id("account.id");
    let numbers = |last: u32| {
        format!("WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < {last}) ")
    };
    let copies = [
        format!(
            "INSERT INTO identity_person (id, claimed, owned, id_number, birth_date, names, registry_version, \
             registry_at, made_at) {} SELECT {person}, {}, {}, {}, {}, {}, registry_version, registry_at, made_at \
             FROM identity_person AS person, number \
             WHERE person.id = (SELECT person FROM identity_account WHERE id = {account})",
            numbers(ACCOUNTS),
            random("claimed"),
            random("claimed"),
            random("id_number"),
            random("birth_date"),
            random("names"),
        ),
        format!(
            "INSERT INTO identity_account (id, person, level, stage, phone, opened_at, changed_at) {} \
             SELECT {holder}, {}, level, stage, {}, opened_at, changed_at FROM identity_account AS account, number \
             WHERE account.id = {account}",
            numbers(ACCOUNTS),
            id("account.person"),
            random("phone"),
        ),
        format!(
            "INSERT INTO identity_credential (holder, kind, secret, last_step, made_at) {} \
             SELECT {}, kind, {}, last_step, made_at FROM identity_credential AS credential, number \
             WHERE credential.holder = {account} AND kind = 'password'",
            numbers(ACCOUNTS),
            id("credential.holder"),
            random("secret"),
        ),
        format!(
            "INSERT INTO store_subject_key (subject, wrapped) {} SELECT {}, {} FROM store_subject_key AS key, number \
             WHERE key.subject = (SELECT min(subject) FROM store_subject_key)",
            numbers(ACCOUNTS),
            id("key.subject"),
            random("wrapped"),
        ),
        format!(
            "INSERT INTO identity_session (id, token, holder, level, methods, stage, proven_at, seen_at, ends_at, \
             device) {} SELECT {}, {}, {}, level, methods, stage, proven_at, seen_at, ends_at, device \
             FROM identity_session AS session, number \
             WHERE session.id = (SELECT id FROM identity_session ORDER BY ends_at DESC LIMIT 1)",
            numbers(SESSIONS),
            id("session.id"),
            random("token"),
            id("session.holder"),
        ),
        format!(
            "INSERT INTO web_session (id, subject, link, data, created_at, seen_at, ends_at, idle_seconds) {} \
             SELECT {}, {}, {}, {}, created_at, seen_at, ends_at, idle_seconds FROM web_session AS session, number \
             WHERE session.id = (SELECT id FROM web_session WHERE link IS NOT NULL ORDER BY ends_at DESC LIMIT 1)",
            numbers(SESSIONS),
            random("session.id"),
            id("session.subject"),
            id("session.link"),
            random("session.data"),
        ),
    ];
    for copy in copies {
        let rows = database.execute(&copy, []).expect("copies");
        assert!(rows >= SESSIONS as usize, "{rows} rows of {copy}");
    }
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("a short log");
}
