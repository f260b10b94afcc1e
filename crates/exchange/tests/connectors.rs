//! One operation, three registers: what a file of an operation says is answered
//! alike from CSV, SQLite and PostgreSQL; and what hostile callers, hasty owners
//! and broken registers get.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use exchange::connector::{Connectors, Places, Said, WhenSaved, lint};
use serde_json::{Value, json};
use tempfile::TempDir;

const IDENTIFIER: &str = "PS/GOV/MOI/CIVIL/sample";
const SOURCES: [&str; 3] = ["csv", "sqlite", "postgresql"];

const HEAD: &str = r#"identifier = "PS/GOV/MOI/CIVIL/sample"
version = 1
sample = true
owner = "moi"
sensitivity = "personal"
method = "GET"
answer_bytes = 4096
answer_seconds = 1
title = { ar = "عينة", en = "A sample" }
description = { ar = "عينة", en = "A sample" }
source = { ar = "عينة", en = "A sample" }

[[parameter]]
name = "id"
kind = "text"
required = true
description = { ar = "رقم", en = "A number" }

[answer]
schema = '''
{
  "type": "object",
  "properties": {
    "id_number": {"type": "string", "pattern": "^[0-9]{9}$"},
    "full_name": {
      "type": "object",
      "properties": {"ar": {"type": "string"}, "en": {"type": "string"}},
      "required": ["ar", "en"],
      "additionalProperties": false
    },
    "born": {"type": "string", "format": "date"},
    "dues_minor": {"type": "integer"},
    "alive": {"type": "boolean"},
    "guardian": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"name": {"type": "string"}}}]},
    "cars": {
      "type": "array",
      "items": {"type": "object", "properties": {"plate": {"type": "string"}}, "required": ["plate"]}
    }
  },
  "required": ["id_number", "full_name", "dues_minor", "alive", "cars"],
  "additionalProperties": false
}
'''

[[agreement]]
reference = "Sample"
client = "PS/GOV/MTIT/PORTAL"
valid_from = "2026-01-01"
purposes = ["sample"]
fields = ["/id_number", "/full_name/ar"]

[connector]
"#;

const PEOPLE: &str = r#"SELECT id AS id_number, name_ar AS "full_name.ar", name_en AS "full_name.en", born,
  dues AS dues_minor, alive, guardian AS "guardian.name"
FROM people WHERE id = :id"#;
const CARS: &str = "SELECT plate FROM cars WHERE owner = :id ORDER BY plate";

/// The part of the file that is the provider's own.
fn connector(source: &str, people: &str, cars: &str) -> String {
    let (place, tables) = match source {
        "csv" => (
            "",
            "[[connector.table]]\nname = \"people\"\npath = \"people.csv\"\n\
             columns = [\"id\", \"name_ar\", \"name_en\", \"born\", \"dues\", \"alive\", \"guardian\"]\n\
             [[connector.table]]\nname = \"cars\"\npath = \"cars.csv\"\ncolumns = [\"owner\", \"plate\"]\n",
        ),
        "sqlite" => ("path = \"register.sqlite\"\n", ""),
        _ => ("database = \"civil\"\n", ""),
    };
    format!(
        "source = \"{source}\"\n{place}shape = \"one\"\nrows = 3\nsql = '''\n{people}\n'''\n{tables}\
         [[connector.list]]\nname = \"cars\"\nsql = '''\n{cars}\n'''\n"
    )
}

/// A register of two people, kept in all three ways, with the operation's folder.
struct World {
    folder: TempDir,
    places: Places,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(
        at("people.csv"),
        "id,name_ar,name_en,born,dues,alive,guardian\n\
         900000011,عادل,Adel,1958-03-02,1250,true,\n\
         900000029,\"مها, الأولى\",Maha,,0,false,عادل\n\
         900000037,بلا,Wrong,,x,true,\n",
    )
    .unwrap();
    fs::write(
        at("cars.csv"),
        "owner,plate\n900000011,B-2\n900000011,A-1\n900000029,C-1\n900000029,C-2\n900000029,C-3\n900000029,C-4\n",
    )
    .unwrap();
    let made = rusqlite::Connection::open(at("register.sqlite")).unwrap();
    made.execute_batch(
        "create table people (id text primary key, name_ar text, name_en text, born text, dues, alive integer, guardian text);
         create table cars (owner text, plate text);
         insert into people values ('900000011', 'عادل', 'Adel', '1958-03-02', 1250, 1, null),
           ('900000029', 'مها, الأولى', 'Maha', null, 0, 0, 'عادل'), ('900000037', 'بلا', 'Wrong', null, 'x', 1, null);
         insert into cars values ('900000011', 'B-2'), ('900000011', 'A-1'), ('900000029', 'C-1'), ('900000029', 'C-2'),
           ('900000029', 'C-3'), ('900000029', 'C-4');",
    )
    .unwrap();
    fs::write(at("civil.address"), reader(&testkit::postgres_schema())).unwrap();
    let databases = BTreeMap::from([("civil".to_owned(), at("civil.address"))]);
    let places =
        Places { operations: folder.path().join("operations"), registers: Some(folder.path().into()), databases };
    fs::create_dir(&places.operations).unwrap();
    World { folder, places }
}

/// The same register in PostgreSQL; the address of a role that may only read it.
fn reader(url: &str) -> String {
    let url = url.to_owned();
    let made = std::thread::spawn(move || {
        let mut owner = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        let schema: String = owner.query_one("SELECT current_schema()::text", &[]).unwrap().get(0);
        owner
            .batch_execute(&format!(
                "CREATE TABLE people (id text PRIMARY KEY, name_ar text, name_en varchar(40), born date, dues bigint, alive boolean, guardian text);
                 CREATE TABLE cars (owner text, plate text);
                 INSERT INTO people VALUES ('900000011', 'عادل', 'Adel', '1958-03-02', 1250, true, NULL),
                   ('900000029', 'مها, الأولى', 'Maha', NULL, 0, false, 'عادل'), ('90000003', 'بلا', 'Wrong', NULL, 1, true, NULL);
                 INSERT INTO cars VALUES ('900000011', 'B-2'), ('900000011', 'A-1'), ('900000029', 'C-1'), ('900000029', 'C-2'),
                   ('900000029', 'C-3'), ('900000029', 'C-4');
                 DROP ROLE IF EXISTS reader_{schema}; CREATE ROLE reader_{schema} LOGIN;
                 GRANT USAGE ON SCHEMA {schema} TO reader_{schema};
                 GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_{schema};"
            ))
            .unwrap();
        let (before, after) = url.split_once("://").unwrap();
        let (_, host) = after.split_once('@').unwrap();
        format!("{before}://reader_{schema}@{host}\n")
    });
    made.join().unwrap()
}

impl World {
    fn write(&self, connector: &str) {
        fs::write(self.places.operations.join("sample.toml"), format!("{HEAD}{connector}")).unwrap();
    }
    fn open(&self) -> Connectors {
        Connectors::open(self.places.clone(), WhenSaved::AtOnce).unwrap()
    }
    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
    /// What is wrong with the file as it stands: line and words.
    async fn lint(&self) -> Vec<(usize, String)> {
        let found = lint(&self.places).await.unwrap();
        found.into_iter().map(|finding| (finding.line, format!("{}. {}", finding.what, finding.remedy))).collect()
    }
}

async fn ask(connectors: &Connectors, query: &str) -> Result<Value, String> {
    match connectors.answer(IDENTIFIER, query).await.unwrap() {
        Ok(said @ Said::Found(_)) => Ok(said.json().unwrap()),
        Ok(Said::Nobody) => Err("nobody".to_owned()),
        Ok(Said::Malformed(_)) => Err("malformed".to_owned()),
        Err(unable) => Err(format!("{}: {}", unable.code, unable.finding)),
    }
}

/// The line of the file that begins with this text.
fn line_of(world: &World, text: &str) -> usize {
    let file = fs::read_to_string(world.places.operations.join("sample.toml")).unwrap();
    1 + file.lines().position(|line| line.contains(text)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_registers_answer_alike() {
    let world = world();
    for source in SOURCES {
        world.write(&connector(source, PEOPLE, CARS));
        assert_eq!(world.lint().await, [], "{source}");
        let connectors = world.open();
        assert_eq!(connectors.identifiers(), [IDENTIFIER]);
        let expected = json!({
            "id_number": "900000011", "full_name": { "ar": "عادل", "en": "Adel" }, "born": "1958-03-02",
            "dues_minor": 1250, "alive": true, "guardian": null, "cars": [{ "plate": "A-1" }, { "plate": "B-2" }],
        });
        assert_eq!(ask(&connectors, "id=900000011").await, Ok(expected), "{source}");
        assert_eq!(ask(&connectors, "id=900000045").await, Err("nobody".to_owned()), "{source}");
        assert!(connectors.answer("PS/GOV/MOI/CIVIL/other", "").await.is_none());
        for wrong in ["", "id=1&id=2", "id=1&x=2", "other=1"] {
            assert_eq!(ask(&connectors, wrong).await, Err("malformed".to_owned()), "{source}: {wrong}");
        }
        // A value is a value, whatever it says.
        for hostile in
            ["' OR '1'='1", "900000011' --", "x'; DROP TABLE people; --", ":id", "$1", "%", "900000011\" OR 1=1"]
        {
            let query = format!("id={}", web::fields::encode(hostile));
            assert_eq!(ask(&connectors, &query).await, Err("nobody".to_owned()), "{source}: {hostile}");
        }
        assert!(ask(&connectors, "id=900000011").await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept_and_name_themselves() {
    let world = world();
    for source in SOURCES {
        world.write(&connector(source, PEOPLE, CARS));
        let connectors = world.open();
        // Four cars, and the limit is three.
        let refused = ask(&connectors, "id=900000029").await.unwrap_err();
        assert!(refused.starts_with("too_many_rows: sample.toml, line ") && refused.contains("rows = 3"), "{refused}");
        assert!(!refused.contains("C-1") && !refused.contains("900000029"), "{refused}");
        // What does not fit the schema stays here, and the fault says where and not what.
        let person = if source == "postgresql" { "90000003" } else { "900000037" };
        let refused = ask(&connectors, &format!("id={person}")).await.unwrap_err();
        assert!(refused.starts_with("schema: ") && !refused.contains("Wrong") && !refused.contains('x'), "{refused}");
        // Which of several rows is the answer, nobody guesses.
        world.write(&connector(source, &PEOPLE.replace("id = :id", "id <> :id"), CARS));
        let refused = ask(&connectors, "id=900000045").await.unwrap_err();
        assert!(refused.starts_with("too_many_rows: ") && refused.contains("several rows"), "{source}: {refused}");
        // A query without an end is ended.
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT :id AS id_number, count(*) AS dues_minor, '' AS \"full_name.ar\", '' AS \"full_name.en\", \
                       1 = 1 AS alive FROM n";
        world.write(&connector(source, endless, CARS));
        let refused = ask(&connectors, "id=900000011").await.unwrap_err();
        assert!(refused.starts_with("timeout: ") && refused.contains("answer_seconds = 1"), "{source}: {refused}");
        // And a large answer is not sent.
        let large = if source == "postgresql" { "repeat('x', 5000)" } else { "hex(zeroblob(5000))" };
        world.write(&connector(source, &PEOPLE.replace("name_en AS", &format!("{large} AS")), CARS));
        let refused = ask(&connectors, "id=900000011").await.unwrap_err();
        assert!(refused.starts_with("too_large: ") && refused.contains("answer_bytes = 4096"), "{source}: {refused}");
        // After all of it the register still answers: the file that is saved now is the one that holds.
        world.write(&connector(source, PEOPLE, CARS));
        assert!(ask(&connectors, "id=900000011").await.is_ok(), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_that_does_more_than_read_is_refused_with_its_line() {
    let world = world();
    for source in SOURCES {
        for (sql, words) in [
            ("INSERT INTO cars VALUES (:id, 'X') RETURNING plate", "writes"),
            ("DELETE FROM cars WHERE owner = :id", ""),
            ("UPDATE people SET dues = 0 WHERE id = :id RETURNING id AS id_number", "writes"),
            ("DROP TABLE people", ""),
            ("SELECT plate FROM cars WHERE owner = :id; DELETE FROM cars", ""),
            ("SELECT plate FROM cars WHERE owner = :id;\nSELECT plate FROM cars", "several statements"),
            ("SELECT plates FROM cars WHERE owner = :id", "plates"),
            ("SELECT plate FROM nothing WHERE owner = :id", "nothing"),
            ("SELECT plate FROM cars WHERE owner = :other AND plate = :id", ":other is not declared"),
            ("SELECT plate, owner FROM cars WHERE owner = :id", "does not know the column owner"),
            ("SELECT owner AS plate, plate FROM cars WHERE owner = :id", "comes twice"),
            ("SELECT 'x' AS \"plate.deep\" FROM cars WHERE owner = :id", "another shape"),
            ("SELECT FROM WHERE", ""),
            ("", ""),
        ] {
            world.write(&connector(source, PEOPLE, sql));
            let found = world.lint().await;
            assert!(!found.is_empty(), "{source}: {sql}");
            let begins = line_of(&world, "[[connector.list]]");
            for (line, what) in &found {
                assert!(*line > begins, "{source}: {sql}: {line} {what}");
            }
            assert!(found.iter().any(|(_, what)| what.contains(words)), "{source}: {sql}: {found:?}");
            // A server says the same to whoever asks, and asks the register nothing.
            let refused = ask(&world.open(), "id=900000011").await.unwrap_err();
            assert!(refused.starts_with("operation: sample.toml, line "), "{source}: {refused}");
        }
    }
    for (sql, words) in [
        ("ATTACH 'other.sqlite' AS other", "opens another file"),
        ("PRAGMA journal_mode = WAL", "PRAGMA"),
        ("SELECT name AS plate FROM pragma_table_info('cars') WHERE name = :id", ""),
        ("SELECT load_extension('x') AS plate WHERE :id", ""),
    ] {
        for source in ["csv", "sqlite"] {
            world.write(&connector(source, PEOPLE, sql));
            let refused = ask(&world.open(), "id=900000011").await.unwrap_err();
            assert!(refused.contains(words), "{source}: {sql}: {refused}");
        }
    }
    // What only shows when it runs is stopped by the role and the transaction.
    for (sql, words) in [
        ("WITH gone AS (DELETE FROM cars WHERE owner = :id RETURNING plate) SELECT plate FROM gone", "writes"),
        ("SELECT plate::bytea AS plate FROM cars WHERE owner = :id", "bytea"),
        ("COPY cars TO STDOUT", "gives no rows"),
        ("SELECT rolname::text AS plate FROM pg_authid WHERE rolname <> :id", "SQLSTATE 42501"),
        (
            "SELECT set_config('transaction_read_only', 'off', true) AS plate FROM cars WHERE owner = :id",
            "SQLSTATE 25001",
        ),
    ] {
        world.write(&connector("postgresql", PEOPLE, sql));
        let refused = ask(&world.open(), "id=900000011").await.unwrap_err();
        assert!(refused.contains(words), "{sql}: {refused}");
    }
    let rows = |path: &Path| {
        let register = rusqlite::Connection::open(path).unwrap();
        register.query_row("select count(*) from cars", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(rows(&world.at("register.sqlite")), 6);
    assert!(!world.at("other.sqlite").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_write_is_not_taken() {
    let world = world();
    world.write(&connector("postgresql", PEOPLE, CARS));
    fs::write(world.at("civil.address"), std::env::var(testkit::POSTGRES_VARIABLE).unwrap()).unwrap();
    let refused = ask(&world.open(), "id=900000011").await.unwrap_err();
    assert!(refused.contains("may write everything") && refused.contains("GRANT SELECT"), "{refused}");
    for (address, words) in
        [("nothing", "holds no address"), ("postgresql://reader@127.0.0.1:1/x", "does not let us in")]
    {
        fs::write(world.at("civil.address"), address).unwrap();
        let refused = ask(&world.open(), "id=900000011").await.unwrap_err();
        assert!(refused.contains(words), "{refused}");
    }
    fs::remove_file(world.at("civil.address")).unwrap();
    assert!(ask(&world.open(), "id=900000011").await.unwrap_err().contains("cannot be read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn registers_kept_in_files_are_read_as_they_stand() {
    let world = world();
    world.write(&connector("csv", PEOPLE, CARS));
    let connectors = world.open();
    assert!(ask(&connectors, "id=900000011").await.is_ok());
    let whole = fs::read_to_string(world.at("people.csv")).unwrap();
    // A line that lost a value: nothing is answered from such a register, and nothing of it is told.
    fs::write(world.at("people.csv"), whole.replace(",1250,true,", ",1250")).unwrap();
    let refused = ask(&connectors, "id=900000011").await.unwrap_err();
    assert!(refused.starts_with("register: people.csv, line 2: ") && !refused.contains("عادل"), "{refused}");
    assert_eq!(world.lint().await[0].0, 2);
    // Mended, it answers at once; gone, it does not; with other words, it says so.
    fs::write(world.at("people.csv"), whole.replace("Adel", "Adel II")).unwrap();
    assert_eq!(ask(&connectors, "id=900000011").await.unwrap()["full_name"]["en"], "Adel II");
    fs::rename(world.at("people.csv"), world.at("people.csv.down")).unwrap();
    assert!(ask(&connectors, "id=900000011").await.unwrap_err().starts_with("register: people.csv"));
    fs::write(world.at("people.csv"), "id,name\n").unwrap();
    assert!(ask(&connectors, "id=900000011").await.unwrap_err().contains("does not name the declared columns"));
    fs::rename(world.at("people.csv.down"), world.at("people.csv")).unwrap();
    assert!(ask(&connectors, "id=900000011").await.is_ok());

    // An SQLite file that its owner writes, and one that is replaced.
    world.write(&connector("sqlite", PEOPLE, CARS));
    assert!(ask(&connectors, "id=900000011").await.is_ok());
    let owner = rusqlite::Connection::open(world.at("register.sqlite")).unwrap();
    owner.execute_batch("update people set name_en = 'Adel III' where id = '900000011'").unwrap();
    assert_eq!(ask(&connectors, "id=900000011").await.unwrap()["full_name"]["en"], "Adel III");
    drop(owner);
    fs::write(world.at("new.sqlite"), "this is no database, and long enough to be looked at as one".repeat(100))
        .unwrap();
    fs::rename(world.at("new.sqlite"), world.at("register.sqlite")).unwrap();
    assert!(ask(&connectors, "id=900000011").await.unwrap_err().contains("cannot be opened"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_file_have_a_line_and_a_remedy() {
    let world = world();
    let good = format!("{HEAD}{}", connector("csv", PEOPLE, CARS));
    for (from, to, at, words) in [
        ("version = 1\n", "version = 1\ncolour = \"red\"\n", "colour", "unknown field"),
        (
            "kind = \"text\"",
            "kind = \"txt\"",
            "kind = \"txt\"",
            "id-number, company-number, yes-no, text, number, date",
        ),
        ("method = \"GET\"", "method = \"POST\"", "POST", "make the method GET"),
        ("answer_seconds = 1", "answer_seconds = 60", "answer_seconds", "1 to 3 seconds"),
        ("rows = 3", "rows = 100000", "rows =", "1 to 1000"),
        ("shape = \"one\"", "shape = \"two\"", "shape", "\"one\""),
        ("source = \"csv\"", "source = \"oracle\"", "source = \"oracle\"", "csv, sqlite or postgresql"),
        ("source = \"csv\"", "source = \"sqlite\"", "source = \"sqlite\"", "not told where"),
        ("sensitivity = \"personal\"", "sensitivity = \"secret\"", "sensitivity", "public, personal, sensitive"),
        ("en = \"A number\"", "en = \" \"", "en = \" \"", "in Arabic and in English"),
        ("\"/full_name/ar\"", "\"/full_name/fr\"", "/full_name/fr", "no field /full_name/fr"),
        ("PS/GOV/MTIT/PORTAL", "PORTAL", "client", "no subsystem"),
        ("PS/GOV/MOI/CIVIL/sample", "PS/GOV/sample", "identifier", "no identifier"),
        (
            "    \"alive\": {\"type\": \"boolean\"},",
            "    \"alive\": {\"type\": \"boolean\"}",
            "guardian\": {",
            "not JSON",
        ),
        ("\"alive\": {\"type\": \"boolean\"}", "\"alive\": {\"type\": \"bool\"}", "schema = ", "JSON Schema"),
        ("alive, guardian AS", "guardian AS", "SELECT id AS", "requires alive"),
        ("WHERE id = :id\n", "WHERE id = :id AND 1 = ?\n", "1 = ?", "has no name"),
        ("valid_from = \"2026-01-01\"", "valid_from = \"soon\"", "soon", "2026-11-24"),
        ("\"id\", \"name_ar\"", "\"id\", \"id\"", "\"id\", \"id\"", "stands twice"),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(world.places.operations.join("sample.toml"), good.replacen(from, to, 1)).unwrap();
        let found = world.lint().await;
        let line = line_of(&world, at);
        assert!(found.iter().any(|(at, what)| *at == line && what.contains(words)), "{to}: {line}: {found:#?}");
    }
    fs::write(world.places.operations.join("sample.toml"), &good).unwrap();
    fs::write(world.places.operations.join("twice.toml"), &good).unwrap();
    assert!(world.lint().await.iter().any(|(_, what)| what.contains("same identifier")));
    fs::remove_file(world.places.operations.join("twice.toml")).unwrap();
    // Elsewhere than in a demo a saved file waits for the next start.
    let steady = Connectors::open(world.places.clone(), WhenSaved::AtStart).unwrap();
    assert!(ask(&steady, "id=900000011").await.is_ok());
    fs::write(world.places.operations.join("sample.toml"), "nothing").unwrap();
    assert!(ask(&steady, "id=900000011").await.is_ok());
    assert!(ask(&world.open_empty(&good), "id=900000011").await.is_ok());
}

impl World {
    /// Connectors that were opened before the file was there.
    fn open_empty(&self, later: &str) -> Connectors {
        let path = self.places.operations.join("sample.toml");
        fs::remove_file(&path).unwrap();
        let connectors = self.open();
        assert!(!connectors.has(IDENTIFIER));
        fs::write(path, later).unwrap();
        connectors
    }
}
