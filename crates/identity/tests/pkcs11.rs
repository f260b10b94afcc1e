//! The provider's signing keys in a token: SoftHSM, by its PKCS#11 library. Whole
//! sign-ins are signed there with both kinds of key, and an installation moves
//! from sealed keys to a token without a break.
//!
//! `HUKUMATI_TEST_PKCS11` names the library; `cargo xtask test` installs it and
//! sets it. SoftHSM reads where its tokens lie from the environment of its
//! process, so the test runs itself once more with one of its own.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "each test file uses its part of the kit")]
mod kit;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base::Assurance;
use http::StatusCode;
use identity::{Client, Config, Policy, TokenConfig};
use kit::ministry::{Ministry, NUMBER, PHONE, code_for, request};
use kit::{Browser, Portal, cheap, schemas, start_as};
use seal::jose;
use serde_json::Value;
use testkit::{Engine, World, world};

const LIBRARY: &str = "HUKUMATI_TEST_PKCS11";
const FOLDER: &str = "HUKUMATI_TEST_PKCS11_FOLDER";
const TOKEN: &str = "provider";
const PIN: &str = "417293";

/// Runs this very test in a process whose SoftHSM keeps its token in a fresh folder.
fn in_a_process_of_its_own(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (tokens, configuration) = (folder.path().join("tokens"), folder.path().join("softhsm2.conf"));
    fs::create_dir(&tokens).unwrap();
    let lines = format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
    fs::write(&configuration, lines).unwrap();
    fs::write(folder.path().join("pin"), format!("{PIN}\n")).unwrap();
    let run = |command: &mut Command| {
        let output = command.env("SOFTHSM2_CONF", &configuration).env(FOLDER, folder.path()).output();
        let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
        String::from_utf8(text).unwrap()
    };
    let label = ["--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "00000000"];
    run(Command::new("softhsm2-util").args(label));
    let said = run(Command::new(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]));
    assert!(said.contains("1 passed"), "{said}");
}

/// What the test of that process has for its configuration; nothing in the outer one.
fn token() -> Option<TokenConfig> {
    let library = std::env::var_os(LIBRARY).unwrap_or_else(|| {
        panic!("{LIBRARY} is not set: run `cargo xtask test`, which installs SoftHSM for the tests")
    });
    let folder = std::env::var_os(FOLDER)?;
    let pin_file = Path::new(&folder).join("pin");
    Some(TokenConfig { module: library.into(), token: TOKEN.to_owned(), pin_file })
}

fn in_background<F: Future<Output = ()>>(test: F) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

async fn portal(world: World, pkcs11: Option<TokenConfig>) -> Portal {
    let config = Config { pkcs11, refusal_ms: 5, ..Config::default() };
    start_as(world, config, cheap()).await
}

/// A sign-in from the request to the tokens; the ID token is verified as a client does.
async fn signed(portal: &Portal, ministry: &mut Ministry, browser: &mut Browser) -> (String, Value) {
    ministry.now = portal.ctx.now().as_seconds();
    browser.cookies.clear();
    let code = code_for(portal, browser, &request(&[])).await.parameter("code").unwrap();
    let tokens = ministry.exchange(&code).await;
    assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
    let token = tokens.json()["id_token"].as_str().unwrap().to_owned();
    ministry.claims(&token).await;
    let header = Value::Object(jose::peek_header(&token).unwrap());
    (header["kid"].as_str().unwrap().to_owned(), header["alg"].clone())
}

async fn run_jobs(portal: &Portal) {
    let jobs = portal.systems.iter().flat_map(|system| system.jobs.clone());
    for job in jobs.filter(|job| job.name == "identity.rotate" || job.name == "identity.clear") {
        job.run_once(&portal.ctx, "test").await.unwrap();
    }
}

mod sql {
    store::statements! {
        /// Where the provider's keys lie.
        PLACES = "SELECT place FROM identity_key WHERE purpose = 'provider' ORDER BY place";
    }
}

async fn places(portal: &Portal) -> Vec<String> {
    let rows = portal.ctx.read(|read| read.rows(&sql::PLACES, &[])).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

const DAY: i64 = 86_400;

#[test]
fn sign_ins_are_signed_in_the_token() {
    let Some(token) = token() else { return in_a_process_of_its_own("sign_ins_are_signed_in_the_token") };
    in_background(async move {
        let portal = portal(world(Engine::Sqlite, &schemas()), Some(token.clone())).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut ministry = Ministry::register(&portal, Policy::standard()).await;
        let mut browser = portal.browser();
        let (first, algorithm) = signed(&portal, &mut ministry, &mut browser).await;
        assert_eq!((algorithm, places(&portal).await), ("ES256".into(), vec!["token".to_owned(); 2]));
        let client = portal.ctx.read(|read| identity::client(read, "health")).await.unwrap().unwrap();
        let policy = Policy { rs256: true, ..Policy::standard() };
        identity::seed::client(&portal.ctx, Client { policy, ..client.clone() }).await.unwrap();
        portal.clock.advance_seconds(61);
        let (_, algorithm) = signed(&portal, &mut ministry, &mut browser).await;
        assert_eq!(algorithm, "RS256");
        identity::seed::client(&portal.ctx, client).await.unwrap();
        // They change by themselves there too.
        portal.clock.advance_seconds(89 * DAY + 60);
        run_jobs(&portal).await;
        assert_eq!(places(&portal).await, vec!["token".to_owned(); 4]);
        portal.clock.advance_seconds(DAY + 60);
        let (next, _) = signed(&portal, &mut ministry, &mut browser).await;
        assert_ne!(next, first);
        portal.holds().await;
    });
}

#[test]
fn an_installation_moves_into_a_token_and_not_out_of_it_unawares() {
    let test = "an_installation_moves_into_a_token_and_not_out_of_it_unawares";
    let Some(token) = token() else { return in_a_process_of_its_own(test) };
    in_background(async move {
        let before = portal(world(Engine::Sqlite, &schemas()), None).await;
        before.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut ministry = Ministry::register(&before, Policy::standard()).await;
        let (sealed, _) = signed(&before, &mut ministry, &mut before.browser()).await;
        let again = |portal: &Portal| {
            let (ctx, clock) = (portal.ctx.clone(), Arc::clone(&portal.clock));
            World { ctx, clock, folder: tempfile::tempdir().unwrap(), engine: Engine::Sqlite }
        };
        let after = portal(again(&before), Some(token)).await;
        (ministry.origin, ministry.browser) = (after.origin.clone(), after.browser());
        run_jobs(&after).await;
        after.clock.advance_seconds(61);
        let (still, _) = signed(&after, &mut ministry, &mut after.browser()).await;
        assert_eq!(still, sealed, "until everybody knows the next one");
        after.clock.advance_seconds(DAY + 60);
        let (moved, _) = signed(&after, &mut ministry, &mut after.browser()).await;
        assert_ne!(moved, sealed);
        run_jobs(&after).await;
        assert_eq!(places(&after).await, ["sealed", "sealed", "token", "token"]);
        after.clock.advance_seconds(DAY + 1_000);
        run_jobs(&after).await;
        assert_eq!(places(&after).await, ["token", "token"], "nobody needs the others any more");
        // Whoever forgets the token is told so, and signs with nothing else.
        let config = Config { issuer: after.origin.clone(), ..Config::default() };
        let without = identity::Identity::new(config, identity::Registry::absent());
        let refused = without.prepare(&after.ctx).await.unwrap_err().to_string();
        assert!(refused.contains("[identity.pkcs11]"), "{refused}");
    });
}

#[test]
fn a_token_that_does_not_serve_makes_no_key() {
    let test = "a_token_that_does_not_serve_makes_no_key";
    let Some(token) = token() else { return in_a_process_of_its_own(test) };
    in_background(async move {
        let world = world(Engine::Sqlite, &schemas());
        let pin_file = token.pin_file.with_file_name("wrong-pin");
        fs::write(&pin_file, "0000").unwrap();
        for broken in [
            TokenConfig { pin_file, ..token.clone() },
            TokenConfig { token: "another".to_owned(), ..token.clone() },
            TokenConfig { module: "/nowhere/lib.so".into(), ..token.clone() },
        ] {
            let config = Config { pkcs11: Some(broken), ..Config::default() };
            let identity = identity::Identity::new(config, identity::Registry::absent());
            assert!(identity.prepare(&world.ctx).await.is_err());
        }
        let config = Config { pkcs11: Some(token), ..Config::default() };
        identity::Identity::new(config, identity::Registry::absent()).prepare(&world.ctx).await.unwrap();
    });
}
