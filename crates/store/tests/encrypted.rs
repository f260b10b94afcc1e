//! An encrypted connection to PostgreSQL. The test cluster's certificate is for
//! `localhost` and comes from a root of its own (`xtask/src/postgres.rs`).
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use store::{Database, Db, Error, Keyring, Options, params};

mod sql {
    store::statements! {
        /// Whether this connection is encrypted.
        ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    }
}

/// A root that signed nothing.
const OTHER_ROOT: &str = "-----BEGIN CERTIFICATE-----
MIIBhzCCAS2gAwIBAgIUEzLZAgT05mjmkCtSZQm0GhtFDk8wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNTm9ib2R5J3Mgcm9vdDAgFw0yNjExMjUyMzA3MjNaGA8yMTI2
MTEwMTIzMDcyM1owGDEWMBQGA1UEAwwNTm9ib2R5J3Mgcm9vdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABK5BPgO2Qjz+VUKcAD9UnU8AaEWwV8p6DjhJzVtwp4sU
5TrhEnMGTqppRmTIZQLn4NaxwfGjBMMgj+SDgysCPbKjUzBRMB0GA1UdDgQWBBQX
SL4NVk/nCwqxs4RrP15ZaSaXPzAfBgNVHSMEGDAWgBQXSL4NVk/nCwqxs4RrP15Z
aSaXPzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCsG1249bQD
Ahc8Vt6IVIM422I4A5VPOnwjL0fHvMTkYQIgZhC9909BDF/q6BMYeFeme2T58oky
j20MSgaC7Jm845o=
-----END CERTIFICATE-----
";

/// Opens the test cluster at this host with these words; says whether the
/// connections of readers and writers are encrypted.
fn open(host: &str, words: &str) -> Result<bool, Error> {
    let folder = tempfile::tempdir().unwrap();
    // The name is for the certificate; the address is the same whatever it resolves to.
    let url = testkit::postgres_schema().replacen("127.0.0.1", host, 1);
    let url = format!("{url}&hostaddr=127.0.0.1{words}");
    let (blobs, keyring) = (folder.path().join("blobs"), Keyring::from_bytes(&[7; 64]));
    let db = Db::open(Options { database: Database::Postgres(url), blobs, keyring }, &[])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let row = runtime.block_on(db.inspect(|read| read.row(&sql::ENCRYPTED, &params![])))?;
    row.unwrap().get(0)
}

fn root() -> String {
    let path = std::env::var("HUKUMATI_TEST_POSTGRES_ROOT");
    path.expect("HUKUMATI_TEST_POSTGRES_ROOT is set by `cargo xtask test`").replace('/', "%2F")
}

#[track_caller]
fn refused(outcome: Result<bool, Error>, why: &str) {
    match outcome {
        Err(Error::ReadOnly(reason)) => assert!(reason.contains(why), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_encrypted_unless_the_address_says_so() {
    assert!(!open("127.0.0.1", "").unwrap());
    assert!(open("127.0.0.1", "&sslmode=require").unwrap());
}

#[test]
fn a_named_root_and_host_are_checked() {
    let known = format!("&sslmode=verify-full&sslrootcert={}", root());
    assert!(open("localhost", &known).unwrap());
    refused(open("127.0.0.1", &known), "not valid for name");
    // With a root, «require» is no weaker.
    refused(open("127.0.0.1", &known.replace("verify-full", "require")), "not valid for name");
}

#[test]
fn an_unknown_root_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.crt");
    std::fs::write(&other, OTHER_ROOT).unwrap();
    refused(open("localhost", &format!("&sslmode=verify-full&sslrootcert={}", other.display())), "UnknownIssuer");
    refused(open("localhost", "&sslmode=verify-full"), "sslrootcert");
}
