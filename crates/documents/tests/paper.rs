//! A paper from order to verdict, on both engines, with pyHanko as an
//! independent judge where it is installed.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base::{Actor, Assurance, PersonId};
use ca::Authority;
use documents::{CopyNumber, Documents, Listed, NewPaper, Paper, PaperId, Refusal, RevokedList, Template, check};
use futures_util::TryStreamExt as _;
use seal::x509::Reason;
use serde_json::{Map, Value, json};
use store::{Ctx, Key, Schema};
use testkit::{FakeClock, Reading, on_both_engines};

const SCHEMAS: &[Schema] = &[audit::SCHEMA, ca::SCHEMA, documents::SCHEMA];

const TEMPLATE: &str = "#import \"sheet.typ\": *\n#show: sheet\n#facts(\n  \
    fact(\"Name\", \"الاسم\", values().name),\n  fact(\"Number\", \"الرقم\", values().number),\n)\n";

fn values() -> Map<String, Value> {
    let values = json!({
        "name": { "ar": "هبة الله عبد الرحمن أبو الرُّب الآغا", "en": "Hibat Allah Abd ar-Rahman Abu ar-Rubb Al-Agha" },
        "number": "900000001",
    });
    values.as_object().unwrap().clone()
}

/// As little as can be sealed: setting a full page takes an unoptimised build long.
const BARE: &str = "#let data = json(\"data.json\")\n#set document(title: data.title.at(1))\n\
    #set text(lang: \"en\", font: \"IBM Plex Sans Arabic\")\n#set page(width: 80mm, height: 40mm)\n#data.serial\n";

async fn house(ctx: &Ctx) -> (Arc<Authority>, Arc<Documents>) {
    house_with(ctx, TEMPLATE).await
}

async fn house_with(ctx: &Ctx, template: &str) -> (Arc<Authority>, Arc<Documents>) {
    let authority = Arc::new(Authority::prepare(ctx, "http://localhost:8080").await.unwrap());
    let templates = [Template { key: "sample".to_owned(), version: 1, text: template.to_owned() }];
    let documents = Documents::prepare(ctx, Arc::clone(&authority), templates, "http://localhost:8080").await.unwrap();
    (authority, Arc::new(documents))
}

async fn issued(ctx: &Ctx, documents: &Arc<Documents>) -> Paper {
    issued_with(ctx, documents, values()).await
}

async fn issued_with(ctx: &Ctx, documents: &Arc<Documents>, values: Map<String, Value>) -> Paper {
    issued_copies(ctx, documents, values, 1).await
}

async fn issued_copies(ctx: &Ctx, documents: &Arc<Documents>, values: Map<String, Value>, copies: u32) -> Paper {
    let person: PersonId = ctx.mint();
    let id = ctx
        .write(Key::once(ctx), move |tx| {
            documents::order_in(
                tx,
                &NewPaper {
                    person,
                    about: "case:sample".to_owned(),
                    template: "sample".to_owned(),
                    version: 1,
                    prefix: "SX".to_owned(),
                    issuer: ["جهة تجريبية".to_owned(), "A sample body".to_owned()],
                    title: ["شهادة تجريبية".to_owned(), "A sample certificate".to_owned()],
                    values: values.clone(),
                    public: vec!["name".to_owned()],
                    valid_until: None,
                    unit: Some("sample.unit".to_owned()),
                    copies,
                    more: 2,
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
        assert_eq!(seal.code.as_deref(), Some(paper.content.code.as_str()));

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
        assert_eq!(broken(&ctx).await, Vec::<String>::new());
    });
}

#[test]
fn copies_are_numbered_and_sealed_and_fall_with_their_paper() {
    on_both_engines(SCHEMAS, |world| async move {
        let ctx = world.ctx.clone();
        let (authority, documents) = house(&ctx).await;
        let paper = issued_copies(&ctx, &documents, values(), 3).await;
        let (id, person, keys) = (paper.id, paper.person, [documents.code_key().clone()]);
        let roots = [authority.root().to_vec()];
        let sealed = |number: u32| {
            let (ctx, paper, roots) = (ctx.clone(), paper.clone(), roots.clone());
            async move {
                let pdf = documents::copy_file(&ctx, &paper, number).await?;
                check::file(&pdf, &roots, ctx.now())
            }
        };
        for number in 1..=3 {
            let seal = sealed(number).await.unwrap();
            assert_eq!(seal.copy, Some(CopyNumber { number, of: 3 }));
            assert_eq!(seal.code.as_deref(), Some(paper.content.code.as_str()));
        }
        assert!(matches!(sealed(4).await, Err(Refusal::NoPaper)));
        assert!(matches!(sealed(0).await, Err(Refusal::NoPaper)));
        let said = check::code(&documents.printed(&paper).unwrap(), &keys).unwrap();
        assert_eq!(said.copy, Some(CopyNumber { number: 1, of: 3 }));

        // Its person asks for two more, and nobody else for any.
        let actor = Actor::Citizen { person, account: ctx.mint(), assurance: Assurance::Substantial };
        let (owner, stranger) = (ctx.as_actor(actor), ctx.mint());
        let order = |person| documents::order_copy(&owner, Key::once(&owner), id, person);
        assert!(matches!(order(stranger).await, Err(Refusal::NoPaper)));
        assert_eq!(order(person).await.unwrap(), 4);
        assert_eq!(order(person).await.unwrap(), 5);
        assert!(matches!(order(person).await, Err(Refusal::NoMoreCopies)));
        assert_eq!(broken(&ctx).await, Vec::<String>::new());
        store::dispatch_once(&ctx, &documents::system(&documents).subscribers).await.unwrap();
        assert_eq!(sealed(5).await.unwrap().copy, Some(CopyNumber { number: 5, of: 5 }));
        let acts = ctx.read(|read| audit::acts_of(read, "case:sample")).await.unwrap();
        let count = |act: &str| acts.iter().filter(|line| line.act == act).count();
        assert_eq!((count("documents.issued"), count("documents.copied"), count("documents.copy_ordered")), (1, 4, 2));
        assert_eq!(broken(&ctx).await, Vec::<String>::new());

        documents::revoke(&ctx, Key::once(&ctx), id, "sample.unit", "صدرت بالخطأ").await.unwrap();
        assert!(matches!(order(person).await, Err(Refusal::NoMoreCopies)));
        let later = Ctx { clock: FakeClock::at(ctx.now().plus_seconds(60)), ..ctx.clone() };
        let list = documents.revoked_list(&later).await.unwrap();
        let list = RevokedList::read(&list, &keys).unwrap();
        // Each copy has the code of its paper.
        let code = sealed(5).await.unwrap().code.unwrap();
        assert_eq!(list.says(&code, later.now()), Listed::Maybe);
    });
}

#[test]
fn prints_are_counted_in_chunks_and_a_second_one_is_a_reprint() {
    on_both_engines(SCHEMAS, |world| async move {
        let ctx = world.ctx.clone();
        let (_, documents) = house_with(&ctx, BARE).await;
        // As many copies as end a chunk, and one paper behind it.
        let many = issued_copies(&ctx, &documents, values(), 60).await.id;
        let (one, gone) = (issued(&ctx, &documents).await.id, issued(&ctx, &documents).await.id);
        documents::revoke(&ctx, Key::once(&ctx), gone, "sample.unit", "صدرت بالخطأ").await.unwrap();
        let officer = Actor::Officer { officer: ctx.mint(), unit: "sample.unit".to_owned(), roles: Vec::new() };
        let clerk = ctx.as_actor(officer);
        let print = |papers: Vec<PaperId>| {
            let (clerk, office) = (clerk.clone(), ["مكتب".to_owned(), "An office".to_owned()]);
            let key = Key::once(&clerk);
            async move { clerk.write(key, move |tx| documents::batch_in(tx, &office, &papers)).await }
        };
        let batch = print(vec![many, one, gone]).await.unwrap();
        let subscribers = documents::system(&documents).subscribers;
        let found = || ctx.read(move |read| documents::batch(read, batch));
        let mut stages = Vec::new();
        while stages.last().is_none_or(|(stage, _)| stage != "ready") {
            store::dispatch_once(&ctx, &subscribers).await.unwrap();
            let now = found().await.unwrap().unwrap();
            stages.push((now.stage, now.done));
        }
        assert_eq!(stages.last(), Some(&("ready".to_owned(), 3)));
        let prints = |id| ctx.read(move |read| documents::prints_of(read, id));
        assert_eq!(prints(many).await.unwrap(), (1..=60).map(|copy| (copy, 1)).collect::<Vec<_>>());
        assert_eq!(prints(one).await.unwrap(), [(1, 1)]);
        // What does not hold is not printed.
        assert_eq!(prints(gone).await.unwrap(), []);
        print(vec![one]).await.unwrap();
        store::dispatch_once(&ctx, &subscribers).await.unwrap();
        assert_eq!(prints(one).await.unwrap(), [(1, 2)]);
        let acts = ctx.read(|read| audit::latest_acts_of(read, "case:sample", 200)).await.unwrap();
        let printed: Vec<_> = acts.iter().filter(|act| act.act == documents::PRINTED).collect();
        assert_eq!(printed.len(), 62);
        assert!(printed.iter().all(|act| act.actor == clerk.actor.reference()));
        assert_eq!(printed.iter().filter(|act| act.detail["print"] == json!(2)).count(), 1);
        assert!(matches!(print(Vec::new()).await, Err(Refusal::BatchSize)));
        assert!(matches!(print(vec![one; documents::BATCH_PAPERS + 1]).await, Err(Refusal::BatchSize)));
        assert_eq!(broken(&ctx).await, Vec::<String>::new());
    });
}

/// The sheets of a batch say which copy and which print they are, with the registered data.
#[tokio::test(flavor = "multi_thread")]
async fn a_reprint_says_so_on_its_sheet() {
    let world = testkit::world(testkit::Engine::Sqlite, SCHEMAS);
    let ctx = world.ctx.clone();
    let (_, documents) = house(&ctx).await;
    let paper = issued_copies(&ctx, &documents, values(), 2).await;
    let officer = Actor::Officer { officer: ctx.mint(), unit: "sample.unit".to_owned(), roles: Vec::new() };
    let clerk = ctx.as_actor(officer);
    let folder = tempfile::tempdir().unwrap();
    for print in 1..=2 {
        let (office, id) = (["مكتب بريد رام الله".to_owned(), "Ramallah post office".to_owned()], paper.id);
        let asked = clerk.write(Key::once(&clerk), move |tx| documents::batch_in(tx, &office, &[id]));
        let batch = asked.await.unwrap();
        store::dispatch_once(&ctx, &documents::system(&documents).subscribers).await.unwrap();
        let batch = ctx.read(move |read| documents::batch(read, batch)).await.unwrap().unwrap();
        let code = batch.code.clone();
        let parts: Vec<Vec<u8>> =
            documents::printed(ctx.clone(), Arc::clone(&documents), batch).try_collect().await.unwrap();
        // The head with the manifest, two sheets, the end: one sheet is held at a time.
        assert_eq!(parts.len(), 4);
        let file = folder.path().join(format!("sheets-{print}.pdf"));
        std::fs::write(&file, parts.concat()).unwrap();
        let reading = Reading::of(&file);
        for said in [&paper.content.serial, &code, "900000001", "Copy 2 of 2", "Printed by Ramallah post office on"] {
            assert_eq!(reading.of_value(said), [true, true], "{said} in {reading:?}");
        }
        for said in ["Reprint, print 2", "reprint 2"] {
            assert_eq!(reading.of_value(said), [print == 2, print == 2], "{said} in {reading:?}");
        }
    }
}

/// What this system's invariants find.
async fn broken(ctx: &Ctx) -> Vec<String> {
    let broken = ctx.db.inspect(|read| {
        let system = documents::routes_only();
        system.invariants.iter().map(|invariant| invariant.check(read)).collect::<Result<Vec<_>, _>>()
    });
    broken.await.unwrap().concat()
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

/// pyHanko's verdict; without a list, what it needs must be in the file.
fn judge(folder: &Path, pdf: &str, root: &str, lists: &[&str]) -> Value {
    let tool = std::env::var_os("HUKUMATI_TEST_PYHANKO");
    let tool = tool.expect("pyHanko is needed: run `cargo xtask with cargo test -p documents`");
    let python = Path::new(&tool).with_file_name("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge.py");
    let output = Command::new(python).current_dir(folder).arg(script).args([pdf, root]).args(lists).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An independent judge that trusts our root only, has no network, and takes what
/// proves the certificates from the file.
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
    let certificate = seal::x509::Certificate::parse(documents.seal_certificate()).unwrap();
    authority.revoke(&ctx, certificate.serial(), Reason::KeyCompromise).await.unwrap();
    put("revoked.crl", &authority.list(&ctx).await.unwrap());
    // What an earlier minute proved serves no longer than that.
    seal_is_refused_later(&ctx, &documents, &paper).await;

    let good = judge(folder.path(), "paper.pdf", "root.crt", &[]);
    for (what, expected) in [
        ("intact", json!(true)),
        ("valid", json!(true)),
        ("trusted", json!(true)),
        ("covers", json!("ENTIRE_FILE")),
        ("changed", json!("NONE")),
        ("stamped", json!(true)),
        ("extensions", json!(["/ESIC"])),
        ("contact", json!(format!("http://localhost:8080/verify/{}?copy=1&of=1", paper.content.code))),
    ] {
        assert_eq!(good[what], expected, "{what}: {good}");
    }
    let edited = judge(folder.path(), "edited.pdf", "root.crt", &[]);
    assert_ne!(edited["intact"], json!(true), "{edited}");
    let foreign = judge(folder.path(), "paper.pdf", "foreign.crt", &[]);
    assert_ne!(foreign["trusted"], json!(true), "{foreign}");
    // Without its answers about revocation the same judge does not trust the paper.
    for name in ["/OCSPs", "/CRLs"] {
        let mut bare = pdf.clone();
        let at = bare.windows(name.len()).rposition(|window| window == name.as_bytes()).unwrap();
        bare[at + 1] = b'X';
        put("bare.pdf", &bare);
        let bare = judge(folder.path(), "bare.pdf", "root.crt", &[]);
        assert_ne!(bare["trusted"], json!(true), "{name}: {bare}");
    }
    let revoked = judge(folder.path(), "paper.pdf", "root.crt", &["revoked.crl"]);
    assert_ne!(revoked["trusted"], json!(true), "{revoked}");
}

/// A seal whose certificate is revoked seals nothing, a minute later at most.
async fn seal_is_refused_later(ctx: &Ctx, documents: &Documents, paper: &Paper) {
    let later = Ctx { clock: FakeClock::at(ctx.now().plus_seconds(61)), ..ctx.clone() };
    let refused = documents.proof(&later).await;
    assert!(matches!(refused, Err(documents::Refusal::SealRevoked)), "{} {refused:?}", paper.content.serial);
}

fn ctx_of(world: &testkit::World) -> Ctx {
    Ctx { clock: Arc::new(base::SystemClock), ..world.ctx.clone() }
}

/// Whoever copies from a paper, or searches in it, gets what the data says.
#[tokio::test(flavor = "multi_thread")]
async fn two_extractors_read_what_the_data_says() {
    let world = testkit::world(testkit::Engine::Sqlite, SCHEMAS);
    let (_, documents) = house(&world.ctx).await;
    let folder = tempfile::tempdir().unwrap();
    let mut seen = BTreeSet::new();
    for name in [
        "سلمى عادل خليل عواد",
        "هبة الله عبد الرحمن أبو الرب الآغا",
        "لؤي إسلام علاء الأسمر",
        "ياسين محيي الدين نمر التركي",
    ] {
        let mut said = values();
        said["name"]["ar"] = json!(name);
        let paper = issued_with(&world.ctx, &documents, said).await;
        let file = folder.path().join("paper.pdf");
        std::fs::write(&file, documents::file(&world.ctx, &paper).await.unwrap()).unwrap();
        let reading = Reading::of(&file);
        assert_eq!(reading.strange_ligatures(), Vec::<String>::new(), "these stand in no word's order");
        for value in [name, "900000001", "Hibat Allah Abd ar-Rahman Abu ar-Rubb Al-Agha", &paper.content.serial] {
            assert_eq!(reading.of_value(value), [true, true], "poppler, mupdf: {value} in {reading:?}");
        }
        seen.extend(reading.ligatures);
    }
    assert!(seen.contains("لا"), "the names hold no ligature: {seen:?}");
}

#[test]
fn only_its_unit_revokes_a_paper_once_with_a_reason_and_the_list_knows() {
    on_both_engines(SCHEMAS, |world| async move {
        let ctx = world.ctx.clone();
        let (_, documents) = house(&ctx).await;
        let (paper, other) = (issued(&ctx, &documents).await, issued(&ctx, &documents).await);
        let keys = [documents.code_key().clone()];
        let listed = |list: &[u8], code: &str| RevokedList::read(list, &keys).unwrap().says(code, ctx.now());
        let before = documents.revoked_list(&ctx).await.unwrap();
        assert_eq!(listed(&before, &paper.content.code), Listed::No);

        let revoke = |unit: &'static str, reason: &'static str| {
            let (ctx, id) = (ctx.clone(), paper.id);
            async move { documents::revoke(&ctx, Key::once(&ctx), id, unit, reason).await }
        };
        assert!(matches!(revoke("another.unit", "صدرت بالخطأ").await, Err(Refusal::NotYours)));
        assert!(matches!(revoke("sample.unit", " \n ").await, Err(Refusal::NoReason)));
        let id = paper.id;
        let untouched = ctx.read(move |read| documents::paper(read, id)).await.unwrap().unwrap();
        assert_eq!((untouched.stage.as_str(), untouched.reason), ("issued", None));
        revoke("sample.unit", "صدرت بالخطأ").await.unwrap();
        assert!(matches!(revoke("sample.unit", "مرة ثانية").await, Err(Refusal::NoPaper)));
        let revoked = ctx.read(move |read| documents::paper(read, id)).await.unwrap().unwrap();
        assert_eq!((revoked.stage.as_str(), revoked.reason.as_deref()), ("revoked", Some("صدرت بالخطأ")));
        assert!(revoked.revoked_at.is_some());
        let acts = ctx.read(|read| audit::acts_of(read, "case:sample")).await.unwrap();
        assert_eq!(acts.iter().filter(|act| act.act == "documents.revoked").count(), 1);

        // A list serves for a minute.
        let later = Ctx { clock: FakeClock::at(ctx.now().plus_seconds(60)), ..ctx.clone() };
        let after = documents.revoked_list(&later).await.unwrap();
        let said = |code: &str| RevokedList::read(&after, &keys).unwrap().says(code, later.now());
        assert_eq!(said(&paper.content.code), Listed::Maybe);
        assert_eq!(said(&other.content.code), Listed::No);
        assert!(RevokedList::read(&after, &[]).is_err());
    });
}
