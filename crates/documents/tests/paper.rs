//! A paper from order to verdict, on both engines, with pyHanko as an
//! independent judge where it is installed.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base::PersonId;
use ca::Authority;
use documents::{Documents, NewPaper, Paper, check};
use seal::x509::Reason;
use serde_json::{Map, Value, json};
use store::{Ctx, Key, Schema};
use testkit::on_both_engines;

const SCHEMAS: &[Schema] = &[audit::SCHEMA, ca::SCHEMA, documents::SCHEMA];

const TEMPLATE: &str = "#import \"sheet.typ\": *\n#show: sheet\n#facts(\n  \
    fact(\"Name\", \"الاسم\", data.values.name),\n  fact(\"Number\", \"الرقم\", data.values.number),\n)\n";

fn values() -> Map<String, Value> {
    let values = json!({
        "name": { "ar": "هبة الله عبد الرحمن أبو الرُّب الآغا", "en": "Hibat Allah Abd ar-Rahman Abu ar-Rubb Al-Agha" },
        "number": "900000001",
    });
    values.as_object().unwrap().clone()
}

async fn house(ctx: &Ctx) -> (Arc<Authority>, Arc<Documents>) {
    let authority = Arc::new(Authority::prepare(ctx, "http://localhost:8080").await.unwrap());
    let templates = [("sample".to_owned(), TEMPLATE.to_owned())];
    let documents = Documents::prepare(ctx, Arc::clone(&authority), templates, "http://localhost:8080").await.unwrap();
    (authority, Arc::new(documents))
}

async fn issued(ctx: &Ctx, documents: &Arc<Documents>) -> Paper {
    let person: PersonId = ctx.mint();
    let id = ctx
        .write(Key::once(ctx), move |tx| {
            documents::order_in(
                tx,
                &NewPaper {
                    person,
                    about: "case:sample".to_owned(),
                    template: "sample".to_owned(),
                    prefix: "SX".to_owned(),
                    issuer: ["جهة تجريبية".to_owned(), "A sample body".to_owned()],
                    title: ["شهادة تجريبية".to_owned(), "A sample certificate".to_owned()],
                    values: values(),
                    public: vec!["name".to_owned()],
                    valid_until: None,
                },
            )
        })
        .await
        .unwrap();
    let system = documents::system(documents);
    store::dispatch_once(ctx, &system.subscribers).await.unwrap();
    ctx.read(move |read| documents::paper(read, id)).await.unwrap().unwrap()
}

#[test]
fn a_paper_is_sealed_whole_and_every_change_shows() {
    on_both_engines(SCHEMAS, |world| async move {
        let ctx = world.ctx.clone();
        let (authority, documents) = house(&ctx).await;
        let paper = issued(&ctx, &documents).await;
        assert_eq!(paper.stage, "issued");
        let pdf = documents::file(&ctx, &paper).await.unwrap();
        let roots = [authority.root().to_vec()];
        let now = ctx.now();
        let seal = check::file(&pdf, &roots, now).unwrap();
        assert!(seal.signer.contains("Hukumati papers"), "{}", seal.signer);
        assert!(seal.sealed_at.is_some());

        // Any changed octet of the text, and anything added behind, shows.
        for place in [100, pdf.len() / 3, pdf.len() - 40] {
            let mut edited = pdf.clone();
            edited[place] ^= 1;
            assert!(check::file(&edited, &roots, now).is_err(), "octet {place}");
        }
        let longer = [&pdf[..], b"\n% more\n"].concat();
        assert!(check::file(&longer, &roots, now).is_err());
        // The root of somebody else is not trusted, whatever the file brings along.
        let stranger = testkit::world(testkit::Engine::Sqlite, SCHEMAS);
        let foreign = Authority::prepare(&stranger.ctx, "http://localhost:8080").await.unwrap();
        assert!(check::file(&pdf, &[foreign.root().to_vec()], now).is_err());

        // The file lies encrypted: neither name nor number is in it.
        for id in ctx.db.blobs().list().unwrap() {
            let bytes = ctx.db.blobs().get(id).await.unwrap().unwrap();
            assert!(!bytes.starts_with(b"%PDF"));
        }
        let broken = ctx.db.inspect(|read| {
            let system = documents::routes_only();
            system.invariants.iter().map(|invariant| invariant.check(read)).collect::<Result<Vec<_>, _>>()
        });
        assert_eq!(broken.await.unwrap().concat(), Vec::<String>::new());
    });
}

#[test]
fn a_printed_code_is_checked_offline_and_only_with_trusted_keys() {
    on_both_engines(SCHEMAS, |world| async move {
        let ctx = world.ctx.clone();
        let (_, documents) = house(&ctx).await;
        let paper = issued(&ctx, &documents).await;
        let text = documents.printed(&paper).unwrap();
        let said = check::code(&text, &[documents.code_key().clone()]).unwrap();
        assert_eq!(said.serial, paper.content.serial);
        assert_eq!(said.values, [("name".to_owned(), "هبة الله عبد الرحمن أبو الرُّب الآغا".to_owned())]);
        assert!(check::code(&text, &[]).is_err());
        let mut other = text.clone();
        let last = other.pop().unwrap();
        other.push(if last == 'A' { 'B' } else { 'A' });
        assert!(check::code(&other, &[documents.code_key().clone()]).is_err());
    });
}

/// pyHanko's verdict.
fn judge(folder: &Path, pdf: &str, root: &str, list: &str) -> Value {
    let tool = std::env::var_os("HUKUMATI_TEST_PYHANKO");
    let tool = tool.expect("pyHanko is needed: run `cargo xtask with cargo test -p documents`");
    let python = Path::new(&tool).with_file_name("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge.py");
    let words = [pdf, root, "issuing.crt", list];
    let output = Command::new(python).current_dir(folder).arg(script).args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An independent judge that trusts our root only, takes revocation from our
/// list, and has no network.
#[tokio::test(flavor = "multi_thread")]
async fn pyhanko_agrees() {
    let world = testkit::world(testkit::Engine::Sqlite, SCHEMAS);
    // Its clock is the machine's, so ours must be too.
    let ctx = Ctx { clock: Arc::new(base::SystemClock), ..world.ctx.clone() };
    let (authority, documents) = house(&ctx).await;
    let paper = issued(&ctx, &documents).await;
    let pdf = documents::file(&ctx, &paper).await.unwrap();
    let stranger = testkit::world(testkit::Engine::Sqlite, SCHEMAS);
    let foreign = Authority::prepare(&ctx_of(&stranger), "http://localhost:8080").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("paper.pdf", &pdf);
    let mut edited = pdf.clone();
    edited[2_000] ^= 1;
    put("edited.pdf", &edited);
    put("root.crt", authority.root());
    put("foreign.crt", foreign.root());
    put("issuing.crt", authority.issuing());
    put("good.crl", &authority.list(&ctx).await.unwrap());
    let certificate = seal::x509::Certificate::parse(documents.seal_certificate()).unwrap();
    authority.revoke(&ctx, certificate.serial(), Reason::KeyCompromise).await.unwrap();
    put("revoked.crl", &authority.list(&ctx).await.unwrap());

    let good = judge(folder.path(), "paper.pdf", "root.crt", "good.crl");
    for (what, expected) in [
        ("intact", json!(true)),
        ("valid", json!(true)),
        ("trusted", json!(true)),
        ("covers", json!("ENTIRE_FILE")),
        ("changed", json!("NONE")),
        ("stamped", json!(true)),
    ] {
        assert_eq!(good[what], expected, "{what}: {good}");
    }
    let edited = judge(folder.path(), "edited.pdf", "root.crt", "good.crl");
    assert_ne!(edited["intact"], json!(true), "{edited}");
    let foreign = judge(folder.path(), "paper.pdf", "foreign.crt", "good.crl");
    assert_ne!(foreign["trusted"], json!(true), "{foreign}");
    let revoked = judge(folder.path(), "paper.pdf", "root.crt", "revoked.crl");
    assert_ne!(revoked["trusted"], json!(true), "{revoked}");
}

fn ctx_of(world: &testkit::World) -> Ctx {
    Ctx { clock: Arc::new(base::SystemClock), ..world.ctx.clone() }
}
