//! Sets and seals papers as fast as one core goes, beside the bare press.
//! Arguments, all optional: how many, a template, a file for the last paper, a
//! file with its values (JSON).
//! Prints milliseconds for each.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench speaks, and stops at the first fault")]

use std::sync::Arc;
use std::time::Instant;

use base::PersonId;
use documents::{Documents, NewPaper, Press};
use serde_json::{Value, json};
use store::Key;

/// The first template of the project's own services.
fn template() -> std::path::PathBuf {
    let services = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut found: Vec<_> =
        std::fs::read_dir(services).unwrap().map(|entry| entry.unwrap().path().join("paper.typ")).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found.swap_remove(0)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let count: u32 = words.first().map_or(200, |word| word.parse().unwrap());
    let template = std::fs::read_to_string(words.get(1).map_or_else(template, Into::into)).unwrap();
    let world = testkit::world(testkit::Engine::Sqlite, &[audit::SCHEMA, ca::SCHEMA, documents::SCHEMA]);
    let ctx = world.ctx.clone();
    let authority = Arc::new(ca::Authority::prepare(&ctx, "http://localhost:8080").await.unwrap());
    let templates = [("sample".to_owned(), template.clone())];
    let documents = Arc::new(Documents::prepare(&ctx, authority, templates, "http://localhost:8080").await.unwrap());
    let mut new = sample(ctx.mint());
    if let Some(file) = words.get(3) {
        new.values = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    }
    let id = ctx.write(Key::once(&ctx), move |tx| documents::order_in(tx, &new)).await.unwrap();
    let paper = ctx.read(move |read| documents::paper(read, id)).await.unwrap().unwrap();
    let press = Press::new([("sample".to_owned(), template)]);
    let data = json!(paper.content);
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"/>".to_owned();
    let proof = documents.proof(&ctx).await.unwrap();
    let mut last = documents.make(&ctx, &paper, &proof).unwrap();
    press.set("sample", &data, svg.clone(), vec![1], ctx.now()).unwrap();
    let began = Instant::now();
    for _ in 0..count {
        last = documents.make(&ctx, &paper, &proof).unwrap();
    }
    let sealed = began.elapsed().as_secs_f64() * 1_000.0 / f64::from(count);
    let began = Instant::now();
    for _ in 0..count {
        press.set("sample", &data, svg.clone(), vec![1], ctx.now()).unwrap();
    }
    let bare = began.elapsed().as_secs_f64() * 1_000.0 / f64::from(count);
    let (ratio, bytes) = (sealed / bare, last.len());
    println!("{{\"sealed_ms\": {sealed:.2}, \"bare_ms\": {bare:.2}, \"ratio\": {ratio:.2}, \"bytes\": {bytes}}}");
    if let Some(file) = words.get(2) {
        std::fs::write(file, last).unwrap();
    }
}

fn sample(person: PersonId) -> NewPaper {
    let both = |ar: &str, en: &str| json!({ "ar": ar, "en": en });
    let member = |relation: Value, name: Value, born: &str| json!({ "relation_text": relation, "full_name": name, "birth_date": born });
    let values = json!({
        "name": "سلمى عادل خليل عواد", "name_latin": "Salma Adel Khalil Awwad", "id_number": "900000015",
        "birth_date": "1991-04-12", "marital_status": both("متزوجة", "Married"), "purpose": both("عمل", "Work"),
        "members": [
            member(both("صاحبة الشهادة", "Holder"), both("سلمى عادل خليل عواد", "Salma Adel Khalil Awwad"), "1991-04-12"),
            member(both("الزوج", "Husband"), both("وسام ناصر محمود نجم", "Wisam Naser Mahmoud Najm"), "1987-10-05"),
            member(both("ابن", "Son"), both("ليث وسام ناصر نجم", "Laith Wisam Naser Najm"), "2016-05-30"),
            member(both("ابنة", "Daughter"), both("جنى وسام ناصر نجم", "Jana Wisam Naser Najm"), "2019-12-08"),
        ],
    });
    NewPaper {
        person,
        about: "case:bench".to_owned(),
        template: "sample".to_owned(),
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
    }
}
