//! A paper from order to verdict, on both engines, with pyHanko as an
//! independent judge where it is installed.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base::PersonId;
use ca::Authority;
use documents::{Documents, Listed, NewPaper, Paper, Refusal, RevokedList, Template, check};
use seal::x509::Reason;
use serde_json::{Map, Value, json};
use store::{Ctx, Key, Schema};
use testkit::{FakeClock, on_both_engines};
use unicode_normalization::UnicodeNormalization;

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

async fn house(ctx: &Ctx) -> (Arc<Authority>, Arc<Documents>) {
    let authority = Arc::new(Authority::prepare(ctx, "http://localhost:8080").await.unwrap());
    let templates = [Template { key: "sample".to_owned(), version: 1, text: TEMPLATE.to_owned() }];
    let documents = Documents::prepare(ctx, Arc::clone(&authority), templates, "http://localhost:8080").await.unwrap();
    (authority, Arc::new(documents))
}

async fn issued(ctx: &Ctx, documents: &Arc<Documents>) -> Paper {
    issued_with(ctx, documents, values()).await
}

async fn issued_with(ctx: &Ctx, documents: &Arc<Documents>, values: Map<String, Value>) -> Paper {
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
        ("contact", json!(format!("http://localhost:8080/verify/{}", paper.content.code))),
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

/// What is compared: a line may break at spaces and hyphens, and extractors then
/// leave them out.
fn counts(letter: char) -> bool {
    !letter.is_whitespace() && letter != '-'
}

/// What an extractor reads: its letters, without what only steers direction.
fn extracted(tool: &str, words: &[&str], folder: &Path) -> Vec<char> {
    let output = Command::new(tool).current_dir(folder).args(words).output().unwrap();
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    let steers =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = String::from_utf8(output.stdout).unwrap();
    text.nfkc().filter(|letter| !steers(*letter) && counts(*letter)).collect()
}

/// The ligatures of a paper, as the file's own tables (ToUnicode) spell them for
/// whoever reads it: one glyph, several letters.
fn ligatures(folder: &Path) -> BTreeSet<String> {
    let output = Command::new("mutool").current_dir(folder).args(["clean", "-d", "paper.pdf", "open.pdf"]).output();
    assert!(output.unwrap().status.success(), "mutool cannot open the file's streams");
    let bytes = std::fs::read(folder.join("open.pdf")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let mut found = BTreeSet::new();
    let mut tables = 0;
    for (begin, end, codes) in [("beginbfchar", "endbfchar", 1), ("beginbfrange", "endbfrange", 2)] {
        for table in text.split(begin).skip(1) {
            tables += 1;
            let words: Vec<&str> = table.split(end).next().unwrap().split_whitespace().collect();
            for row in words.chunks_exact(codes + 1) {
                let digits = row[codes].trim_matches(['<', '>']);
                let units: Vec<u16> = (0..digits.len() / 4)
                    .map(|unit| u16::from_str_radix(&digits[4 * unit..4 * unit + 4], 16).unwrap())
                    .collect();
                let letters: String = String::from_utf16(&units).unwrap().nfkc().collect();
                if letters.chars().count() > 1 {
                    found.insert(letters);
                }
            }
        }
    }
    assert!(tables > 0, "the file has no ToUnicode table");
    found
}

/// Whether a text holds a value. Both extractors write the letters of one glyph in
/// the order of the page and not of the word, though the file's own table has them
/// in the word's order: so these may stand reversed, and nothing else.
fn holds(text: &[char], value: &[char], ligatures: &BTreeSet<String>) -> bool {
    let reversed = |text: &[char], value: &[char]| {
        ligatures.iter().map(|letters| letters.chars().collect::<Vec<_>>()).find_map(|letters| {
            let backwards = letters.iter().rev().eq(text.get(..letters.len())?);
            (value.starts_with(&letters) && backwards).then_some(letters.len())
        })
    };
    let fits = |text: &[char]| {
        let mut at = 0;
        while at < value.len() {
            match text[at] == value[at] {
                true => at += 1,
                false => match reversed(&text[at..], &value[at..]) {
                    Some(letters) => at += letters,
                    None => return false,
                },
            }
        }
        true
    };
    text.windows(value.len()).any(fits)
}

/// Every ligature of the face in letters that we print, in the order of the word, as
/// its own table (GSUB, the same in both weights) joins them. A file's table that had
/// one backwards would not be on this list, but for ئن, ئي, ىن, ين, which the face
/// joins both ways.
const LIGATURES: &str = "fi ئئ ئر ئز ئن ئى ئي الله بئ بر بز بن بى بي تئ تر تز تن تى تي ثئ ثر ثز ثن ثى ثي جلجلاله \
    سئ سر سز سى سي شئ شر شز شى شي صئ صر صز صى صي ضئ ضر ضز ضى ضي فئ فى في قئ قى قي كئ كى كي لآ لأ لإ لئ لا لم لى لي \
    محمد نئ نر نز نن نى ني ىر ىز ىن يئ ير يز ين يى يي";

/// A letter and the marks above or below it.
fn is_marked_letter(letters: &str) -> bool {
    letters.chars().skip(1).all(|mark| ('\u{64b}'..='\u{652}').contains(&mark))
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
        std::fs::write(folder.path().join("paper.pdf"), documents::file(&world.ctx, &paper).await.unwrap()).unwrap();
        let ligatures = ligatures(folder.path());
        for letters in &ligatures {
            let known = LIGATURES.split_whitespace().any(|known| known == letters) || is_marked_letter(letters);
            assert!(known, "{letters:?} stands in no word's order");
        }
        seen.extend(ligatures.iter().cloned());
        let poppler = extracted("pdftotext", &["paper.pdf", "-"], folder.path());
        let mupdf = extracted("mutool", &["draw", "-q", "-F", "text", "paper.pdf"], folder.path());
        for value in [name, "900000001", "Hibat Allah Abd ar-Rahman Abu ar-Rubb Al-Agha", &paper.content.serial] {
            let value: Vec<char> = value.chars().filter(|letter| counts(*letter)).collect();
            assert!(holds(&poppler, &value, &ligatures), "poppler does not read {value:?} in {poppler:?}");
            // mutool writes what runs from right to left in the order of its glyphs on the page:
            // the same letters, none missing, from the other end.
            let mirrored: Vec<char> = value.iter().rev().copied().collect();
            let backwards = ligatures.iter().map(|letters| letters.chars().rev().collect()).collect();
            let read = holds(&mupdf, &value, &ligatures) || holds(&mupdf, &mirrored, &backwards);
            assert!(read, "mupdf does not read {value:?} in {mupdf:?}");
        }
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
