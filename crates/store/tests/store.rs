//! The store's promises, on both engines.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Event, Key, Migration, Schema, Subscriber, Work, params};
use testkit::{World, on_both_engines};

mod sql {
    store::statements! {
        /// Puts a row.
        PUT = "INSERT INTO thing_row (id, amount) VALUES ($2, $1)";
        /// Adds to a row.
        ADD = "UPDATE thing_row SET amount = amount + $1 WHERE id = $2";
        /// A row's amount.
        AMOUNT = "SELECT amount FROM thing_row WHERE id = $1";
        /// All amounts.
        SUM = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT), COUNT(*) FROM thing_row";
        /// Names a blob.
        NAME = "INSERT INTO thing_file (id, blob) VALUES ($1, $2)";
        /// Names none any more.
        UNNAME = "DELETE FROM thing_file WHERE id = $1";
        /// Names of blobs, by page.
        NAMES = "SELECT id, blob FROM thing_file WHERE id > $1 ORDER BY id LIMIT 2";
        /// Keeps a secret.
        HIDE = "INSERT INTO thing_secret (person, name, found_by) VALUES ($1, $2, $3)";
        /// Finds a secret.
        FIND = "SELECT person, name FROM thing_secret WHERE found_by = $1";
    }
}

const SCHEMA: Schema = Schema {
    system: "thing",
    migrations: &[Migration {
        version: 1,
        sql: "CREATE TABLE thing_row (id TEXT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL CHECK (amount >= 0));\n\
              CREATE TABLE thing_file (id TEXT NOT NULL PRIMARY KEY, blob TEXT NOT NULL);\n\
              CREATE TABLE thing_secret (person TEXT NOT NULL PRIMARY KEY, name BYTEA NOT NULL, found_by BYTEA NOT NULL);\n",
    }],
};

#[derive(Debug)]
enum Refused {
    No,
    Store(#[expect(dead_code, reason = "shown by Debug when a test fails")] Error),
}
impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

async fn total(ctx: &Ctx) -> (i64, i64) {
    let row = ctx.read(|read| read.row(&sql::SUM, &params![])).await.unwrap().unwrap();
    (row.get(0).unwrap(), row.get(1).unwrap())
}

#[test]
fn every_statement_prepares_on_both_engines() {
    on_both_engines(&[SCHEMA], |world| async move {
        let statements = store::STATEMENTS.iter().copied().flatten().chain(sql::ALL);
        for statement in statements.copied() {
            let ran = world.ctx.read(move |read| read.prepare(&statement)).await;
            ran.unwrap_or_else(|error| panic!("{:?} {}: {error}", world.engine, statement.name));
        }
    });
}

#[test]
fn a_key_has_one_outcome() {
    on_both_engines(&[SCHEMA], |World { ctx, .. }| async move {
        let runs = Arc::new(AtomicUsize::new(0));
        for _ in 0..3 {
            let seen = Arc::clone(&runs);
            let answer = ctx.write(Key::new("test", "one"), move |tx| {
                seen.fetch_add(1, Ordering::SeqCst);
                tx.execute_one(&sql::PUT, &params![5_i64, "a"])?;
                Ok::<_, Error>("done".to_owned())
            });
            assert_eq!(answer.await.unwrap(), "done");
        }
        assert_eq!(total(&ctx).await, (5, 1));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn the_same_key_many_times_at_once_has_one_answer() {
    on_both_engines(&[SCHEMA], |World { ctx, .. }| async move {
        for round in 0..20_i64 {
            let same = |number: i64| {
                let ctx = ctx.clone();
                // Whoever comes second finds the row there: refused by the table or by the rule.
                tokio::spawn(async move {
                    ctx.write(Key::new("test", format!("same{round}")), move |tx| {
                        let id = format!("row{round}");
                        if number % 2 == 0 && tx.row(&sql::AMOUNT, &params![id])?.is_some() {
                            return Err(Refused::No);
                        }
                        tx.execute_one(&sql::PUT, &params![1_i64, id])?;
                        Ok(round)
                    })
                    .await
                })
            };
            let writes: Vec<_> = (0..8).map(same).collect();
            for write in writes {
                assert_eq!(write.await.unwrap().unwrap(), round);
            }
        }
        assert_eq!(total(&ctx).await, (20, 20));
    });
}

#[test]
fn a_refusal_leaves_nothing_and_may_be_tried_again() {
    on_both_engines(&[SCHEMA], |World { ctx, .. }| async move {
        let refused = ctx.write(Key::new("test", "x"), |tx| {
            tx.execute_one(&sql::PUT, &params![5_i64, "a"])?;
            Err::<(), _>(Refused::No)
        });
        assert!(matches!(refused.await, Err(Refused::No)));
        assert_eq!(total(&ctx).await, (0, 0));
        let done = ctx.write(Key::new("test", "x"), |tx| tx.execute_one(&sql::PUT, &params![6_i64, "a"]));
        done.await.unwrap();
        assert_eq!(total(&ctx).await, (6, 1));
    });
}

#[test]
fn a_failure_inside_spoils_only_its_own_write() {
    on_both_engines(&[SCHEMA], |World { ctx, .. }| async move {
        let mut writes = Vec::new();
        for number in 0..40_i64 {
            let ctx = ctx.clone();
            writes.push(tokio::spawn(async move {
                let key = Key::new("test", format!("w{number}"));
                let put = move |tx: &mut store::Tx<'_>| {
                    tx.execute_one(&sql::PUT, &params![1_i64, format!("row{number}")])?;
                    match number % 4 {
                        1 => panic!("planted"),
                        // Swallowing the table's refusal does not make it commit.
                        2 => drop(tx.execute(&sql::PUT, &params![-1_i64, format!("bad{number}")])),
                        3 => tx.execute_one(&sql::ADD, &params![1_i64, "nobody"])?,
                        _ => {}
                    }
                    Ok::<_, Error>(())
                };
                ctx.write(key, put).await
            }));
        }
        let mut good = 0;
        for (number, write) in writes.into_iter().enumerate() {
            let outcome = write.await.unwrap();
            match number % 4 {
                0 => good += i64::from(outcome.is_ok()),
                1 => assert!(matches!(outcome, Err(Error::Panicked(_))), "{outcome:?}"),
                2 => assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}"),
                _ => assert!(matches!(outcome, Err(Error::Rows { touched: 0, .. })), "{outcome:?}"),
            }
        }
        assert_eq!(good, 10);
        assert_eq!(total(&ctx).await, (10, 10));
    });
}

#[test]
fn colliding_writes_all_count() {
    on_both_engines(&[SCHEMA], |World { ctx, .. }| async move {
        ctx.write(Key::new("test", "start"), |tx| tx.execute_one(&sql::PUT, &params![0_i64, "a"])).await.unwrap();
        let adds: Vec<_> = (0..24)
            .map(|number| {
                let ctx = ctx.clone();
                tokio::spawn(async move {
                    ctx.write(Key::new("test", format!("add{number}")), |tx| {
                        let row = tx.row(&sql::AMOUNT, &params!["a"])?;
                        let seen: i64 = row.ok_or(Error::Busy)?.get(0)?;
                        tx.execute_one(&sql::ADD, &params![1_i64, "a"])?;
                        Ok::<_, Error>(seen)
                    })
                    .await
                })
            })
            .collect();
        let mut seen = Vec::new();
        for add in adds {
            // Giving up after many collisions is an honest answer; counting twice is not.
            match add.await.unwrap() {
                Ok(value) => seen.push(value),
                Err(error) => assert!(matches!(error, Error::Contention), "{error}"),
            }
        }
        seen.sort_unstable();
        let counted = total(&ctx).await.0;
        assert_eq!(seen, (0..counted).collect::<Vec<_>>());
    });
}

#[test]
fn a_write_that_is_too_wide_is_refused() {
    on_both_engines(&[SCHEMA], |World { ctx, .. }| async move {
        let wide = ctx.write(Key::new("test", "wide"), |tx| {
            for number in 0..=store::ROWS_PER_WRITE {
                tx.execute(&sql::PUT, &params![1_i64, format!("r{number}")])?;
            }
            Ok::<_, Error>(())
        });
        assert!(matches!(wide.await, Err(Error::TooManyRows)));
        assert_eq!(total(&ctx).await, (0, 0));
    });
}

#[test]
fn sealed_values_open_for_their_person_and_column_only() {
    on_both_engines(&[SCHEMA], |World { ctx, .. }| async move {
        let person: PersonId = ctx.mint();
        let hide = ctx.write(Key::once(&ctx), move |tx| {
            let name = tx.seal_text(person, "thing_secret.name", "ليلى محمود")?;
            let found_by = tx.blind("name", "ليلى");
            tx.execute_one(&sql::HIDE, &params![person, name, found_by])
        });
        hide.await.unwrap();
        let other: PersonId = ctx.mint();
        let found = ctx.read(move |read| {
            let row = read.row(&sql::FIND, &params![read.blind("name", "ليلى")])?.ok_or(Error::Busy)?;
            let sealed: Vec<u8> = row.get(1)?;
            assert!(read.open_text(row.get::<PersonId>(0)?, "thing_secret.phone", &sealed).is_err());
            assert!(read.open_text(other, "thing_secret.name", &sealed).is_err());
            read.open_text(row.get::<PersonId>(0)?, "thing_secret.name", &sealed)
        });
        assert_eq!(found.await.unwrap(), "ليلى محمود");
        ctx.write(Key::once(&ctx), move |tx| tx.erase(person)).await.unwrap();
        let erased = ctx.read(move |read| {
            let row = read.row(&sql::FIND, &params![read.blind("name", "ليلى")])?.ok_or(Error::Busy)?;
            read.open_text(person, "thing_secret.name", &row.get::<Vec<u8>>(1)?)
        });
        assert!(matches!(erased.await, Err(Error::Sealed)));
    });
}

#[derive(Serialize, Deserialize)]
struct Happened {
    group: String,
    number: i64,
}
impl Event for Happened {
    const TOPIC: &'static str = "thing.happened";
    fn key(&self) -> String {
        self.group.clone()
    }
}

#[test]
fn events_arrive_in_order_for_each_key_and_failures_hold_back_their_key_only() {
    on_both_engines(&[SCHEMA], |World { ctx, clock, .. }| async move {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let broken = Arc::new(AtomicUsize::new(1));
        let (log, fails) = (Arc::clone(&seen), Arc::clone(&broken));
        let subscriber = Subscriber::new("other.happened", "thing.happened", move |_: Ctx, work: Work| {
            let (log, fails) = (Arc::clone(&log), Arc::clone(&fails));
            async move {
                let event: Happened = work.parse()?;
                if event.group == "a" && event.number == 1 && fails.swap(0, Ordering::SeqCst) == 1 {
                    return Err(Error::Busy);
                }
                log.lock().unwrap().push((event.group, event.number));
                Ok(())
            }
        });
        ctx.db.set_subscribers(std::slice::from_ref(&subscriber));
        for number in 0..3 {
            for group in ["a", "b"] {
                let event = Happened { group: group.to_owned(), number };
                clock.advance_seconds(1);
                let key = Key::new("test", format!("{group}{number}"));
                ctx.write(key, move |tx| tx.emit(&event)).await.unwrap();
            }
        }
        let subscribers = [subscriber];
        store::dispatch_once(&ctx, &subscribers).await.unwrap();
        let of = |group: &str| -> Vec<i64> {
            seen.lock().unwrap().iter().filter(|(known, _)| known == group).map(|(_, number)| *number).collect()
        };
        assert_eq!((of("a"), of("b")), (vec![0], vec![0, 1, 2]));
        clock.advance_seconds(1_000);
        store::dispatch_once(&ctx, &subscribers).await.unwrap();
        assert_eq!(of("a"), vec![0, 1, 2]);
    });
}

#[test]
fn a_changed_migration_is_refused_and_a_second_opening_keeps_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let open = |schema: Schema| {
        let options = store::Options {
            database: store::Database::Sqlite(folder.path().to_owned()),
            blobs: folder.path().join("blobs"),
            keyring: store::Keyring::from_bytes(&[7; 64]),
        };
        store::Db::open(options, &[schema])
    };
    drop(open(SCHEMA).unwrap());
    drop(open(SCHEMA).unwrap());
    let changed =
        Schema { system: "thing", migrations: &[Migration { version: 1, sql: "CREATE TABLE x (y BIGINT);\n" }] };
    assert!(matches!(open(changed), Err(Error::Corrupt(_))));
}

#[test]
fn blobs_are_checked_against_their_names() {
    on_both_engines(&[SCHEMA], |world| async move {
        let blobs = world.ctx.db.blobs();
        let id = blobs.put(b"paper".to_vec()).await.unwrap();
        assert_eq!(blobs.get(id).await.unwrap().as_deref(), Some(&b"paper"[..]));
        assert_eq!(blobs.list().unwrap(), vec![id]);
        assert_eq!(blobs.get(store::BlobId::of(b"none")).await.unwrap(), None);
        let path = world.folder.path().join("blobs").join(&id.to_string()[..2]).join(id.to_string());
        std::fs::write(path, b"forged").unwrap();
        assert!(matches!(blobs.get(id).await, Err(Error::Corrupt(_))));
    });
}

#[test]
fn a_blob_that_nothing_names_goes_after_a_day() {
    on_both_engines(&[SCHEMA], |world| async move {
        let (ctx, clock) = (world.ctx.clone(), Arc::clone(&world.clock));
        let (job, blobs) = (store::collecting(vec![sql::NAMES]), ctx.db.blobs());
        let name = |row: String, blob| {
            let ctx = &ctx;
            async move { ctx.write(Key::once(ctx), move |tx| tx.execute_one(&sql::NAME, &params![row, blob])).await }
        };
        let unname = |row: &'static str| {
            let ctx = &ctx;
            async move { ctx.write(Key::once(ctx), move |tx| tx.execute_one(&sql::UNNAME, &params![row])).await }
        };
        let look = || async { assert!(job.run_once(&ctx, "test").await.unwrap()) };
        let pass = |hours: i64| clock.advance_seconds(hours * 3_600);
        let mut kept = Vec::new();
        for row in 0..40_u8 {
            let blob = blobs.put(vec![row]).await.unwrap();
            name(format!("row-{row}"), blob).await.unwrap();
            kept.push(blob);
        }
        let [left, named_again, taken_again, late] = ["left", "named again", "taken again", "late"];
        let put = |bytes: &'static str| blobs.put(bytes.as_bytes().to_vec());
        let [left, named_again, taken] =
            [put(left).await.unwrap(), put(named_again).await.unwrap(), put(taken_again).await.unwrap()];
        let has = |blob| async move { blobs.get(blob).await.unwrap().is_some() };
        look().await;
        pass(23);
        look().await;
        assert!(has(left).await && has(named_again).await && has(taken).await, "not yet a day");
        // A row names one again; another is kept again, and its row is on its way.
        name("again".to_owned(), named_again).await.unwrap();
        assert_eq!(put(taken_again).await.unwrap(), taken);
        let late = put(late).await.unwrap();
        pass(2);
        look().await;
        assert!(!has(left).await && has(named_again).await && has(taken).await && has(late).await);
        name("taken".to_owned(), taken).await.unwrap();
        // Its day begins when nothing names it any more.
        unname("again").await.unwrap();
        pass(20);
        look().await;
        assert!(has(named_again).await && has(late).await, "a day after it was first seen so");
        pass(5);
        look().await;
        assert!(!has(late).await && has(named_again).await && has(taken).await);
        pass(20);
        look().await;
        assert!(!has(named_again).await && has(taken).await);
        pass(48);
        look().await;
        for blob in kept.iter().chain([&taken]) {
            assert!(has(*blob).await, "{blob} is named");
        }
        assert_eq!(blobs.list().unwrap().len(), kept.len() + 1);
        // What was kept, named and dropped without a trace beside it, goes like any other.
        for row in 0..40_u8 {
            let row = format!("row-{row}");
            ctx.write(Key::once(&ctx), move |tx| tx.execute_one(&sql::UNNAME, &params![row])).await.unwrap();
        }
        for _ in 0..2 {
            look().await;
            pass(25);
        }
        look().await;
        assert_eq!(blobs.list().unwrap(), [taken]);
    });
}

#[test]
fn a_lease_is_held_by_one_and_moves_on_when_it_runs_out() {
    on_both_engines(&[SCHEMA], |World { ctx, clock, .. }| async move {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let job = store::Job::every("thing.job", std::time::Duration::from_secs(1), move |ctx: Ctx, lease| {
            let counted = Arc::clone(&counted);
            async move {
                ctx.read(move |read| lease.hold(read)).await?;
                counted.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        });
        assert!(job.run_once(&ctx, "first").await.unwrap());
        assert!(!job.run_once(&ctx, "second").await.unwrap());
        clock.advance_seconds(60);
        assert!(job.run_once(&ctx, "second").await.unwrap());
        assert!(!job.run_once(&ctx, "first").await.unwrap());
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    });
    assert!(Timestamp::default() < testkit::START);
}
