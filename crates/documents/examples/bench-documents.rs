//! Sets and seals different papers as fast as one core goes, beside the bare press.
//! Arguments, all optional: how many, a template, a file for the last paper, a
//! file with its values (JSON).
//! Prints milliseconds for each, and from a thousand papers on what is held in memory
//! then and at the end.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench speaks, and stops at the first fault")]

use std::sync::Arc;
use std::time::Instant;

use base::PersonId;
use documents::{Documents, NewPaper, Press, Template};
use serde_json::{Value, json};
use store::Key;

/// The first template of the project's own services that needs no more than the sample's
/// values.
fn template(sample: &Value) -> std::path::PathBuf {
    let services = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut found: Vec<_> =
        std::fs::read_dir(services).unwrap().map(|entry| entry.unwrap().path().join("paper.typ")).collect();
    found.retain(|path| path.is_file());
    found.sort();
    let fits = |path: &std::path::PathBuf| {
        let press = Press::new([named(std::fs::read_to_string(path).unwrap())]);
        press.set("sample@1", sample, NO_CODE.to_owned(), vec![1], testkit::START).is_ok()
    };
    found.into_iter().find(fits).unwrap()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run());
}

/// After so many papers memory is looked at for the first time.
const EARLY: usize = 1_000;

/// What this process holds in memory (`VmRSS`, Linux).
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// In the place of the bare press's code.
const NO_CODE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"/>";
/// Different papers, set in turn: each is forgotten by the press before it comes again.
const PAPERS: usize = 32;

async fn run() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let count: u32 = words.first().map_or(200, |word| word.parse().unwrap());
    let world = testkit::world(testkit::Engine::Sqlite, &[audit::SCHEMA, ca::SCHEMA, documents::SCHEMA]);
    let ctx = world.ctx.clone();
    let mut papers = Vec::new();
    for number in 0..PAPERS {
        let mut new = sample(ctx.mint(), number);
        if let Some(file) = words.get(3) {
            new.values = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        }
        let id = ctx.write(Key::once(&ctx), move |tx| documents::order_in(tx, &new)).await.unwrap();
        papers.push(ctx.read(move |read| documents::paper(read, id)).await.unwrap().unwrap());
    }
    let data: Vec<Value> = papers.iter().map(|paper| json!(paper.content)).collect();
    let template = words.get(1).map_or_else(|| template(&data[0]), Into::into);
    let template = std::fs::read_to_string(template).unwrap();
    let authority = Arc::new(ca::Authority::prepare(&ctx, "http://localhost:8080").await.unwrap());
    let templates = [named(template.clone())];
    let documents = Arc::new(Documents::prepare(&ctx, authority, templates, "http://localhost:8080").await.unwrap());
    let press = Press::new([named(template)]);
    let proof = documents.proof(&ctx).await.unwrap();
    let mut last = documents.make(&ctx, &papers[0], &proof).unwrap();
    press.set("sample@1", &data[0], NO_CODE.to_owned(), vec![1], ctx.now()).unwrap();
    let (mut early, began) = (None, Instant::now());
    for (place, paper) in papers.iter().cycle().skip(1).take(count as usize).enumerate() {
        last = documents.make(&ctx, paper, &proof).unwrap();
        if place + 1 == EARLY {
            early = Some(resident_kib());
        }
    }
    let late = resident_kib();
    let sealed = began.elapsed().as_secs_f64() * 1_000.0 / f64::from(count);
    let began = Instant::now();
    for data in data.iter().cycle().skip(1).take(count as usize) {
        press.set("sample@1", data, NO_CODE.to_owned(), vec![1], ctx.now()).unwrap();
    }
    let bare = began.elapsed().as_secs_f64() * 1_000.0 / f64::from(count);
    let (ratio, bytes) = (sealed / bare, last.len());
    println!("{{\"sealed_ms\": {sealed:.2}, \"bare_ms\": {bare:.2}, \"ratio\": {ratio:.2}, \"bytes\": {bytes}}}");
    if let Some(early) = early {
        println!("{{\"papers\": {count}, \"rss_kib_at_{EARLY}\": {early}, \"rss_kib_at_the_end\": {late}}}");
    }
    if let Some(file) = words.get(2) {
        std::fs::write(file, last).unwrap();
    }
}

/// A family of its own: names, numbers and days that no other paper has.
fn named(text: String) -> Template {
    Template { key: "sample".to_owned(), version: 1, text }
}

fn sample(person: PersonId, number: usize) -> NewPaper {
    let pick = |names: &[[&str; 2]], place: usize| names[place % names.len()].map(str::to_owned);
    let [family, family_en] = pick(&FAMILIES, number);
    let both = |ar: &str, en: &str| json!({ "ar": ar, "en": en });
    let named = |place: usize| {
        let ([own, own_en], [father, father_en]) = (pick(&NAMES, number + place), pick(&NAMES, number * 3 + place + 5));
        json!({ "ar": format!("{own} {father} خليل {family}"), "en": format!("{own_en} {father_en} Khalil {family_en}") })
    };
    let born = |place: usize| format!("{}-{:02}-{:02}", 1990 + place * 4, 1 + (number + place) % 12, 1 + number % 28);
    let relations = [("صاحبة الشهادة", "Holder"), ("الزوج", "Husband"), ("ابن", "Son"), ("ابنة", "Daughter")];
    let members: Vec<Value> = relations
        .iter()
        .enumerate()
        .map(|(place, (ar, en))| {
            json!({ "relation_text": both(ar, en), "full_name": named(place), "birth_date": born(place) })
        })
        .collect();
    let values = json!({
        "name": named(0)["ar"], "name_latin": named(0)["en"], "id_number": format!("9000{number:05}"),
        "birth_date": born(0), "marital_status": both("متزوجة", "Married"), "purpose": both("عمل", "Work"),
        "members": members,
    });
    NewPaper {
        person,
        about: "case:bench".to_owned(),
        template: "sample".to_owned(),
        version: 1,
        prefix: "FX".to_owned(),
        issuer: ["جهة الإصدار".to_owned(), "The issuing body".to_owned()],
        title: [
            "شهادة بيانات العائلة والحالة الاجتماعية".to_owned(),
            "Certificate of family data and marital status".to_owned(),
        ],
        values: values.as_object().unwrap().clone(),
        public: vec!["name".to_owned()],
        valid_until: base::Date::new(2027, 2, 22),
        unit: None,
        copies: 1,
        more: 0,
    }
}

const NAMES: [[&str; 2]; 11] = [
    ["سلمى", "Salma"],
    ["عادل", "Adel"],
    ["ليث", "Laith"],
    ["جنى", "Jana"],
    ["وسام", "Wisam"],
    ["ناصر", "Naser"],
    ["هدى", "Huda"],
    ["يوسف", "Yousef"],
    ["آمنة", "Amna"],
    ["طارق", "Tareq"],
    ["رنا", "Rana"],
];
const FAMILIES: [[&str; 2]; 7] = [
    ["عواد", "Awwad"],
    ["نجم", "Najm"],
    ["الخطيب", "Al-Khatib"],
    ["صوان", "Sawwan"],
    ["دراغمة", "Daraghmeh"],
    ["أبو زيد", "Abu Zeid"],
    ["حداد", "Haddad"],
];
