//! A database copied from SQLite to PostgreSQL and back is the same database.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use base::PersonId;
use store::{Ctx, Database, Db, Error, Key, Keyring, Migration, Options, Schema, params};
use testkit::{Engine, world};

mod sql {
    store::statements! {
        /// A row of every kind of value.
        PUT = "INSERT INTO copy_row (id, after, amount, body, found_by) VALUES ($1, $2, $3, $4, $5)";
        /// Everything.
        ALL_ROWS = "SELECT id, after, amount, body, found_by FROM copy_row ORDER BY id";
        /// One row less.
        LOSE = "DELETE FROM copy_row WHERE id = $1";
    }
}

const SCHEMA: Schema = Schema {
    system: "copy",
    migrations: &[
        Migration {
            version: 1,
            sql: "CREATE TABLE copy_old (id TEXT NOT NULL PRIMARY KEY);\n\
                  CREATE TABLE copy_row (id TEXT NOT NULL PRIMARY KEY, after TEXT REFERENCES copy_row (id), \
                  amount BIGINT NOT NULL, body BYTEA);\n",
        },
        Migration {
            version: 2,
            sql: "ALTER TABLE copy_row ADD COLUMN found_by TEXT NOT NULL DEFAULT 'ى';\nDROP TABLE copy_old;\n",
        },
    ],
};
/// Rows: more than two chunks.
const ROWS: i64 = 1_203;
/// Rows put by one write.
const TOGETHER: i64 = 401;

async fn fill(ctx: &Ctx) {
    for write in 0..ROWS / TOGETHER {
        let put = move |tx: &mut store::Tx<'_>| {
            for number in write * TOGETHER..(write + 1) * TOGETHER {
                let before = (number > 0).then(|| format!("r{:05}", number - 1));
                let amount = if number == 7 { i64::MIN } else { number * 1_000_000_007 };
                let body = (number % 3 > 0).then(|| number.to_be_bytes());
                tx.execute_one(&sql::PUT, &params![format!("r{number:05}"), before, amount, body, "رام الله"])?;
            }
            Ok::<_, Error>(write)
        };
        ctx.write(Key::new("copy", format!("{write}")), put).await.unwrap();
    }
    let person: PersonId = ctx.mint();
    ctx.write(Key::new("copy", "seal"), move |tx| tx.seal_text(person, "copy_row.body", "ليلى")).await.unwrap();
}

async fn rows(db: &Db) -> Vec<store::Row> {
    db.inspect(|read| read.rows(&sql::ALL_ROWS, &params![])).await.unwrap()
}

/// Copying blocks, as opening does.
async fn copied(from: Database, to: Database) -> Result<Vec<store::Copied>, Error> {
    tokio::task::spawn_blocking(move || store::copy(&from, &to, &[SCHEMA])).await.unwrap()
}

async fn open(database: Database, folder: &std::path::Path) -> Db {
    let options = Options { database, blobs: folder.join("blobs"), keyring: Keyring::from_bytes(&[7; 64]) };
    tokio::task::spawn_blocking(move || Db::open(options, &[SCHEMA])).await.unwrap().unwrap()
}

#[test]
fn there_and_back_nothing_is_lost() {
    let world = world(Engine::Sqlite, &[SCHEMA]);
    let (postgres, back) = (Database::Postgres(testkit::postgres_schema()), tempfile::tempdir().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let ctx = &world.ctx;
        fill(ctx).await;
        let sqlite = ctx.db.database().clone();
        let there = copied(sqlite.clone(), postgres.clone()).await.unwrap();
        let counts: Vec<(&str, u64)> = there.iter().map(|copied| (copied.table.as_str(), copied.rows)).collect();
        let keys = u64::try_from(ROWS / TOGETHER).unwrap() + 1;
        for expected in [("store_key", keys), ("store_subject_key", 1), ("copy_row", ROWS.unsigned_abs())] {
            assert!(counts.contains(&expected), "{expected:?} in {counts:?}");
        }
        assert!(!counts.iter().any(|(table, _)| *table == "copy_old" || *table == "store_migration"), "{counts:?}");
        // Over the source again: every table has rows by now, and stays as it is.
        assert!(matches!(copied(sqlite, postgres.clone()).await, Err(Error::Conflict(_))));

        let home = Database::Sqlite(back.path().to_owned());
        assert_eq!(copied(postgres.clone(), home.clone()).await.unwrap(), there);
        let (middle, last) = (open(postgres, back.path()).await, open(home, back.path()).await);
        let first = rows(&ctx.db).await;
        assert_eq!(first.len(), usize::try_from(ROWS).unwrap());
        assert_eq!(rows(&middle).await, first);
        assert_eq!(rows(&last).await, first);
        // The answer to a key has come along: nothing runs again.
        let again = Ctx { db: last.clone(), ..ctx.clone() };
        let answer = again.write(Key::new("copy", "0"), |tx| {
            tx.execute_one(&sql::LOSE, &params!["r01202"])?;
            Ok::<_, Error>(-1_i64)
        });
        assert_eq!(answer.await.unwrap(), 0);
        tokio::task::spawn_blocking(move || drop((again, middle, last))).await.unwrap();
    });
}

#[test]
fn another_version_and_a_copy_that_fails_leave_the_target_empty() {
    const OLD: Schema = Schema { system: "copy", migrations: SCHEMA.migrations.split_at(1).0 };
    let (old, full) = (world(Engine::Sqlite, &[OLD]), world(Engine::Sqlite, &[SCHEMA]));
    let target = Database::Postgres(testkit::postgres_schema());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let outdated = copied(old.ctx.db.database().clone(), target.clone()).await;
        assert!(matches!(outdated, Err(Error::Corrupt(_))), "{outdated:?}");
        // SQLite keeps a text that PostgreSQL cannot hold.
        let put = |tx: &mut store::Tx<'_>| {
            tx.execute_one(&sql::PUT, &params!["a", None::<String>, 1_i64, None::<Vec<u8>>, "fine"])?;
            tx.execute_one(&sql::PUT, &params!["b", "a", 1_i64, None::<Vec<u8>>, "not\0fine"])
        };
        full.ctx.write(Key::new("copy", "odd"), put).await.unwrap();
        assert!(copied(full.ctx.db.database().clone(), target.clone()).await.is_err());
        full.ctx.write(Key::new("copy", "lose"), |tx| tx.execute_one(&sql::LOSE, &params!["b"])).await.unwrap();
        // It was left empty, so that it can be tried again.
        copied(full.ctx.db.database().clone(), target).await.unwrap();
    });
}
