//! Documents drawn from the schema, and the project's folders with a part of them
//! drawn anew. Reading and linting never panics: each ends as a service that is
//! served, or as faults that name a file of its folder and what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use catalogue::folder::schema::service_schema;
use catalogue::{Catalogue, Fault, examples};
use serde_json::{Value, json};
use testkit::Dice;

use super::SEED_VARIABLE;
use super::grow::Grower;

/// Documents drawn from the schema alone.
const DRAWN: usize = 150;
/// Documents of each folder of the project, with a part drawn anew.
const GRAFTED: usize = 9;
/// Rounds in which texts that lint finds missing are added.
const ROUNDS: usize = 3;
/// What a fault says that can be done about it.
const REMEDIES: &[&str] = &[
    "add",
    "give",
    "name ",
    "use",
    "write",
    "say",
    "put",
    "remove",
    "choose",
    "mend",
    "make",
    "narrow",
    "let ",
    "ask",
    "must",
    "need",
    "begin with",
    "at most",
    "divide by",
    "bound ",
    "compare it",
    "there are",
];

/// What stands beside the folders of services.
fn beside(directory: &Path) {
    let own = super::services();
    fs::create_dir(directory.join("operations")).unwrap();
    for part in ["", "operations"] {
        for entry in fs::read_dir(own.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, directory.join(part).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    // Moments of life without their bundles, which name services that are not there.
    let events = fs::read_to_string(own.join("life-events.toml")).unwrap();
    let mut events: Value = toml::from_str(&events).unwrap();
    for event in events["event"].as_array_mut().unwrap() {
        event.as_object_mut().unwrap().retain(|key, _| matches!(key.as_str(), "key" | "name"));
    }
    fs::write(directory.join("life-events.toml"), toml::to_string(&events).unwrap()).unwrap();
}

fn put(directory: &Path, key: &str, document: &Value, texts: &[BTreeSet<String>; 2], from: Option<&Path>) {
    let folder = directory.join(key);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("service.toml"), toml::to_string(document).unwrap()).unwrap();
    fs::write(folder.join("paper.typ"), "").unwrap();
    for (locale, keys) in ["ar", "en"].into_iter().zip(texts) {
        let file = format!("{locale}.ftl");
        let mut text = from.map(|from| fs::read_to_string(from.join(&file)).unwrap()).unwrap_or_default();
        keys.iter().for_each(|key| text += &format!("{key} = نص\n"));
        fs::write(folder.join(file), text).unwrap();
    }
}

/// The faults of each folder, by its name.
fn faults(directory: &Path) -> BTreeMap<String, Vec<Fault>> {
    let mut by_folder: BTreeMap<String, Vec<Fault>> = BTreeMap::new();
    for fault in Catalogue::read(directory).err().unwrap_or_default() {
        let rest = fault.file.strip_prefix(directory.to_str().unwrap()).unwrap_or_else(|| panic!("{fault}"));
        let mut parts = rest.trim_start_matches('/').splitn(2, '/');
        let (folder, file) = (parts.next().unwrap().to_owned(), parts.next().unwrap_or_default());
        let known = ["service.toml", "ar.ftl", "en.ftl"].iter().any(|name| file.starts_with(name));
        assert!(known, "no file of a folder: {fault}");
        by_folder.entry(folder).or_default().push(fault);
    }
    by_folder
}

/// The texts that lint finds missing.
fn lacking(faults: &[Fault]) -> [BTreeSet<String>; 2] {
    ["ar.ftl", "en.ftl"].map(|file| {
        let of = faults.iter().filter(|fault| fault.file.ends_with(file));
        of.filter_map(|fault| fault.reason.strip_prefix("the text `")?.split_once('`').map(|(key, _)| key.to_owned()))
            // A key of Fluent, which another fault may be about.
            .filter(|key| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
            .collect()
    })
}

struct Drawn {
    key: String,
    document: Value,
    texts: [BTreeSet<String>; 2],
    from: Option<std::path::PathBuf>,
}

fn drawn(dice: &Dice, schema: &Value) -> Vec<Drawn> {
    let mut grower = Grower::new(schema, dice);
    let mut all = Vec::new();
    let mut add = |mut document: Value, from: Option<std::path::PathBuf>| {
        let key = format!("test.doc.n{}", all.len());
        if document.is_object() && !(from.is_none() && dice.one_in(30)) {
            document["key"] = json!(key);
        }
        all.push(Drawn { key, document, texts: Default::default(), from });
    };
    for number in 0..DRAWN {
        grower.strict = number % 5 != 0;
        add(grower.document(), None);
    }
    grower.strict = true;
    for entry in fs::read_dir(super::services()).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(folder.join("service.toml")) else { continue };
        let whole: Value = toml::from_str(&text).unwrap();
        for _ in 0..GRAFTED {
            let mut document = whole.clone();
            grower.graft(&mut document, schema, "");
            if document.is_object() {
                add(document, Some(folder.clone()));
            }
        }
    }
    let (known, grown) = (keys_and_words(schema), &grower.grown);
    let never: Vec<&String> = known.iter().filter(|one| !grown.contains(*one)).collect();
    assert_eq!(never, Vec::<&String>::new(), "no document has these");
    all
}

/// Every key that the schema knows, and every word that stands for a kind.
fn keys_and_words(schema: &Value) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let keys = |name: &str, of: &Value| -> Vec<String> {
        of["properties"].as_object().into_iter().flatten().map(|(key, _)| format!("{name}.{key}")).collect()
    };
    known.extend(keys("service", schema));
    for (name, of) in schema["$defs"].as_object().unwrap() {
        known.extend(keys(name, of));
        for way in of["oneOf"].as_array().into_iter().flatten() {
            if let Some(kind) = way["properties"]["kind"]["const"].as_str() {
                known.insert(format!("kind=\"{kind}\""));
                known.extend(keys(&format!("{name}.{kind}"), way));
            } else if name == "FieldKind" {
                known.insert(format!("kind={}", way["const"]));
            }
        }
    }
    known
}

#[test]
fn documents_of_the_schema_are_served_or_named_with_file_and_remedy() {
    let seed = std::env::var(SEED_VARIABLE).ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    eprintln!("seed {seed}, another by {SEED_VARIABLE}");
    let (dice, schema) = (Dice::new(seed), service_schema());
    let mut all = drawn(&dice, &schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let fits = all.iter().filter(|one| validator.is_valid(&one.document)).count();
    let directory = tempfile::tempdir().unwrap();
    beside(directory.path());
    let mut found = BTreeMap::new();
    for _ in 0..ROUNDS {
        for one in &all {
            put(directory.path(), &one.key, &one.document, &one.texts, one.from.as_deref());
        }
        found = faults(directory.path());
        // What lint wants added is added.
        for one in &mut all {
            let more = lacking(found.get(&one.key).map_or(&[], Vec::as_slice));
            one.texts.iter_mut().zip(more).for_each(|(texts, more)| texts.extend(more));
        }
    }
    let mut mute = BTreeSet::new();
    for fault in found.values().flatten() {
        if !REMEDIES.iter().any(|word| fault.reason.contains(word)) {
            mute.insert(fault.reason.clone());
        }
    }
    assert!(mute.is_empty(), "seed {seed}: no remedy: {mute:#?}");
    // Those without a fault are served, unless what stands beside them says otherwise.
    let sound = tempfile::tempdir().unwrap();
    beside(sound.path());
    for one in all.iter().filter(|one| !found.contains_key(&one.key)) {
        put(sound.path(), &one.key, &one.document, &one.texts, one.from.as_deref());
    }
    for folder in faults(sound.path()).keys() {
        fs::remove_dir_all(sound.path().join(folder)).unwrap();
    }
    let catalogue = Catalogue::read(sound.path()).unwrap_or_else(|faults| panic!("seed {seed}: {faults:#?}"));
    let served = catalogue.services().count();
    let lists = examples::faults(sound.path(), &catalogue);
    assert!(lists.len() >= served, "each lacks its examples");
    eprintln!("{} documents: {fits} keep to the schema, {} with faults, {served} served", all.len(), found.len());
    assert!(served >= 10 && found.len() >= 100 && fits >= all.len() / 3, "seed {seed}: {fits}, {served}");
}
