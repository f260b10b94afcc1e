//! One paper of each service, as the first of its examples that issues one makes it:
//! an independent judge says that its seal holds, and two independent extractors
//! read what its data says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::Reading;

/// Values that these papers do not print, by service and place (`*` for a number in a
/// list): a template leaves them out, or writes other words in their place.
const UNPRINTED: &[(&str, &[&str])] = &[
    ("mofae.attest", &["/papers/*/service", "/papers/*/valid_until", "/source/ar", "/source/en"]),
    (
        "moh.insurance",
        &[
            "/members/*/birth_date",
            "/members/*/full_name/ar",
            "/members/*/full_name/en",
            "/members/*/id_number",
            "/members/*/marital_status",
            "/members/*/marital_status_text/ar",
            "/members/*/marital_status_text/en",
            "/members/*/relation",
            "/members/*/relation_text/ar",
            "/members/*/relation_text/en",
            "/members/*/sex",
            "/members/*/status",
        ],
    ),
    ("moi.birth.copy", &["/extent/ar", "/extent/en"]),
    ("moi.birth.register", &["/applicant_sex", "/notice_place/en"]),
    (
        "moi.family.extract",
        &[
            "/members/*/id_number",
            "/members/*/marital_status",
            "/members/*/marital_status_text/ar",
            "/members/*/marital_status_text/en",
            "/members/*/relation",
            "/members/*/sex",
            "/members/*/status",
        ],
    ),
    ("moj.nonconviction", &["/language/ar", "/language/en"]),
];

/// Marks above and below letters. The typesetter writes a letter and its mark as one, and
/// whoever copies it gets it twice: papers carry none.
fn is_mark(letter: char) -> bool {
    ('\u{64b}'..='\u{652}').contains(&letter)
}

/// Whether poppler and mupdf read a value. Both put what they find on a line in an order of
/// their own where a value runs over two lines, or has a comma or digits among Arabic words:
/// then each of its words must be there.
fn read(reading: &Reading, value: &str) -> [bool; 2] {
    let words = value.split(|letter: char| letter.is_whitespace() || letter == '،').filter(|word| !word.is_empty());
    let each =
        words.map(|word| reading.of_value(word)).fold([true, true], |all, one| [all[0] && one[0], all[1] && one[1]]);
    let whole = reading.of_value(value);
    [whole[0] || each[0], whole[1] || each[1]]
}

/// `moi.family.extract` of `moi.family.extract.012.pdf`.
fn service_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap().to_str().unwrap();
    stem.rsplit_once('.').unwrap().0.to_owned()
}

/// The first paper of each service, alone in a folder.
fn firsts(kept: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut files: Vec<PathBuf> = fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "pdf")) {
        found.entry(service_of(&file)).or_insert(file);
    }
    for (service, file) in found {
        for ending in ["pdf", "json"] {
            fs::copy(file.with_extension(ending), folder.path().join(format!("{service}.0.{ending}"))).unwrap();
        }
    }
    folder
}

pub fn are_whole_and_say_what_their_data_says(kept: &Path, services: &Path) {
    let folder = firsts(kept);
    let verdicts = judged(folder.path(), &kept.join("root.crt"));
    let with_papers = fs::read_dir(services).unwrap().filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        path.join("paper.typ").is_file()
    });
    assert_eq!(verdicts.len(), with_papers.count(), "a service's examples issue no paper: {:?}", verdicts.keys());
    for (file, verdict) in &verdicts {
        for (what, expected) in [
            ("intact", json!(true)),
            ("valid", json!(true)),
            ("trusted", json!(true)),
            ("covers", json!("ENTIRE_FILE")),
            ("changed", json!("NONE")),
            ("stamped", json!(true)),
            ("kind", json!("/ETSI.CAdES.detached")),
            ("proven", json!(["/CRLs", "/Certs", "/OCSPs", "/Type"])),
        ] {
            assert_eq!(verdict[what], expected, "{file}, {what}: {verdict}");
        }
    }
    let templates = fs::read_dir(services).unwrap().map(|entry| entry.unwrap().path().join("paper.typ"));
    for template in templates.filter(|template| template.is_file()) {
        let text = fs::read_to_string(&template).unwrap();
        assert!(!text.contains(is_mark), "{} carries marks", template.display());
    }
    let files: Vec<PathBuf> = verdicts.keys().map(|file| folder.path().join(file)).collect();
    let half = files.len().div_ceil(2);
    let unread: Vec<String> = std::thread::scope(|scope| {
        let readers: Vec<_> = files
            .chunks(half)
            .map(|part| scope.spawn(move || part.iter().flat_map(|file| unread(file)).collect::<Vec<_>>()))
            .collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    assert_eq!(unread, Vec::<String>::new());
}

fn judged(folder: &Path, root: &Path) -> BTreeMap<String, Value> {
    let tool = std::env::var_os("HUKUMATI_TEST_PYHANKO");
    let tool = tool.expect("pyHanko is needed: run `cargo xtask with cargo test -p hukumati`");
    let python = Path::new(&tool).with_file_name("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../documents/tests/judge.py");
    let output = Command::new(python).arg(script).args([folder, root]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What differs between a paper's data and what is read on it.
fn unread(file: &Path) -> Vec<String> {
    let service = service_of(file);
    let data: Value = serde_json::from_slice(&fs::read(file.with_extension("json")).unwrap()).unwrap();
    let reading = Reading::of(file);
    let mut differences: Vec<String> = reading
        .strange_ligatures()
        .iter()
        .map(|letters| format!("{service}: {letters} is in no word's order"))
        .collect();
    let mut said = Vec::new();
    for always in ["serial", "code", "issued", "title", "issuer"] {
        leaves(&data[always], always, &mut said);
    }
    let always = said.len();
    leaves(&data["values"], "", &mut said);
    let known = UNPRINTED.iter().find(|(key, _)| *key == service).map_or(&[][..], |(_, places)| *places);
    let mut unprinted = BTreeSet::new();
    for (number, (place, value)) in said.iter().enumerate() {
        if value.contains(is_mark) {
            differences.push(format!("{service}, {place}: {value:?} carries marks"));
        }
        match read(&reading, value) {
            [true, true] => {}
            [false, false] if number >= always => drop(unprinted.insert(place.clone())),
            read => differences.push(format!("{service}, {place}: {value:?}, poppler and mupdf {read:?}")),
        }
    }
    let known: BTreeSet<String> = known.iter().map(ToString::to_string).collect();
    if unprinted != known {
        let new: Vec<_> = unprinted.difference(&known).collect();
        let read: Vec<_> = known.difference(&unprinted).collect();
        differences.push(format!("{service}: not read {new:?}, read after all {read:?}"));
    }
    differences
}

/// Every text and number of a value, with its place.
fn leaves(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    let mut add = |text: String| found.push((place.to_owned(), text));
    match value {
        Value::String(text) if !text.is_empty() => add(text.clone()),
        Value::Number(number) => add(number.to_string()),
        Value::Array(all) => {
            all.iter().for_each(|one| leaves(one, &format!("{place}/*"), found));
        }
        Value::Object(entries) => {
            entries.iter().for_each(|(name, one)| leaves(one, &format!("{place}/{name}"), found));
        }
        _ => {}
    }
}
