//! Folders of services that a test writes: what one asks and does is given, the
//! rest is as small as the lint lets it be.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalogue::Catalogue;

/// A service's key: the only one of its catalogue.
pub const KEY: &str = "test.way";

/// Texts that every folder needs, and those of the bodies that these tests ask.
const TEXTS: &str = "name = A way\nsummary = A way\nwho-may-apply = Anybody\nwhat-is-needed = Nothing\npromise = Soon\n\
    collection = Here\npaper-title = A paper\npage-purpose-title = Purpose\nfield-purpose-label = Purpose\n\
    field-purpose-hint = Purpose\nfield-purpose-missing = Purpose\noption-purpose-work = Work\noption-purpose-study = Study\n\
    page-partners-title = Partners\nfield-partners-label = Partners\nfield-partners-hint = Numbers\n\
    field-partners-missing = Partners\nsource-person = Registry\nreason-no = Not today\nbody-tax = Tax office\n\
    body-court = Court\nbody-life = Life register\nreason-life = Not alive\nbody-abroad = Embassy\nbody-house = Visit\n\
    body-address = Address register\npage-born-title = Born\nfield-born-label = Born\nfield-born-hint = Day\n\
    field-born-missing = Say the day\nfield-born-refused = Not after today\npage-uses-title = Uses\nfield-uses-label = Uses\n\
    field-uses-hint = Some\nfield-uses-missing = Choose\noption-uses-home = Home\noption-uses-shop = Shop\n\
    page-children-title = Children\nrepeat-children-one = Child\nrepeat-children-add = Add a child\n\
    repeat-children-missing = Name one child\nfield-child-label = Name\nfield-child-hint = First name\n\
    field-child-missing = Give a name\nfield-share-label = Share\nfield-share-hint = Shekels\nfield-share-missing = Give it\n\
    field-share-refused = At least one shekel\npage-file-title = File\nknown-street = Street in the register\n\
    page-copies-title = Copies\nfield-copies-label = Copies\n\
    field-copies-hint = A number\nfield-copies-missing = Say how many\nfee-test-copies-per = per copy\nsource-driver = Drivers\nchange-no = Come again tomorrow\n\
    change-life = Have the registry corrected\npage-proof-title = Proof\nfield-proof-label = Proof\n\
    field-proof-hint = Scans\nfield-proof-missing = Attach a proof\npage-photo-title = Photo\nfield-photo-label = Photo\n\
    field-photo-hint = A photo\nfield-photo-missing = Attach a photo\n";

fn texts(locale: &str, more: &str) -> String {
    // A test's own words take the place of the usual ones.
    let key = |line: &str| line.split(" = ").next().map(str::to_owned);
    let own: Vec<_> = more.lines().map(key).collect();
    let usual = TEXTS.lines().filter(|line| !own.contains(&key(line))).map(|line| format!("{line}\n"));
    let texts = format!("{}{more}", usual.collect::<String>());
    if locale == "en" { texts } else { texts.replace(" = ", " = ع ") }
}

/// A catalogue of one service with these steps, in a folder of the test's.
pub fn catalogue(steps: &str) -> Arc<Catalogue> {
    catalogue_saying(steps, "")
}

/// The same with more texts.
pub fn catalogue_saying(steps: &str, more: &str) -> Arc<Catalogue> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), steps, more);
    Arc::new(Catalogue::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// The same with its file changed.
pub fn catalogue_changed(steps: &str, change: impl Fn(&str) -> String) -> Arc<Catalogue> {
    let folder = directory(1, steps);
    let path = folder.path().join(KEY).join("service.toml");
    fs::write(&path, change(&fs::read_to_string(&path).unwrap())).unwrap();
    Arc::new(Catalogue::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// A directory with such a service, in a version.
pub fn directory(version: u32, steps: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), steps, "");
    count_up(folder.path(), version);
    folder
}

/// The same service there in another version, with other steps or other texts.
pub fn rewrite(folder: &Path, version: u32, steps: &str) {
    fs::remove_dir_all(folder.join("operations")).unwrap();
    fs::remove_dir_all(folder.join(KEY)).unwrap();
    write(folder, steps, "");
    count_up(folder, version);
}

fn count_up(folder: &Path, version: u32) {
    let path = folder.join(KEY).join("service.toml");
    let text = fs::read_to_string(&path).unwrap().replace("version = 1\n", &format!("version = {version}\n"));
    fs::write(path, text).unwrap();
}

/// What the lint says of such a folder.
pub fn faults(steps: &str) -> Vec<String> {
    faults_saying(steps, "")
}

/// The same with more texts.
pub fn faults_saying(steps: &str, more: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), steps, more);
    let read = Catalogue::read(folder.path());
    read.err().unwrap_or_default().iter().map(|fault| fault.reason.clone()).collect()
}

/// An operation that answers also about those whom another one lists.
const OTHERS: &str = r#"
identifier = "PS/GOV/TEST/BIRTHS/birth"

[[parameter]]
name = "id"
kind = "id-number"
required = true
about = "listed"

[answer]
schema = '{ "type": "object", "required": ["hospital"], "properties": { "hospital": { "type": "string" } } }'

[source]
ar = "المواليد"
en = "Births"
"#;

/// A register that tells the same of a person as others do, where it likes.
const LICENCES: &str = r#"
identifier = "PS/GOV/TEST/LICENCES/licence"

[[parameter]]
name = "id"
kind = "id-number"
required = true

[answer]
schema = '''{ "type": "object", "properties": {
  "birth_date": { "type": "string", "format": "date", "x-concept": "birth-date" },
  "holder": { "type": "object", "properties": {
    "born": { "type": "string", "format": "date", "x-concept": "birth-date" },
    "name": { "type": "object", "x-concept": "full-name" }
  } }
} }'''

[source]
ar = "الرخص"
en = "Licences"
"#;

const PAPER: &str = r#"
[paper]
serial = "TW"
value = [{ id = "name", lookup = "person", path = "/full_name/ar" }]
"#;

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn write(folder: &Path, steps: &str, more: &str) {
    // Offices, calendar, agencies and operations are the project's own.
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services");
    copy(&own, folder);
    fs::create_dir(folder.join("operations")).unwrap();
    copy(&own.join("operations"), &folder.join("operations"));
    fs::write(folder.join("operations").join("test.births.birth.toml"), OTHERS).unwrap();
    fs::write(folder.join("operations").join("test.licences.licence.toml"), LICENCES).unwrap();
    // No life event leads to a service that is not there.
    fs::write(folder.join("life-events.toml"), "event = []\n").unwrap();
    let service = folder.join(KEY);
    fs::create_dir(&service).unwrap();
    for locale in ["ar", "en"] {
        fs::write(service.join(format!("{locale}.ftl")), texts(locale, more)).unwrap();
    }
    fs::write(service.join("paper.typ"), "").unwrap();
    let paper = if steps.contains("[paper]") { "" } else { PAPER };
    let file = format!(
        r#"
key = "{KEY}"
version = 1
sample = true
provider = "moi"
assurance = "substantial"
delivery = ["wallet"]

[promise]
working_days = 3

[[lookup]]
id = "person"
operation = "PS/GOV/MOI/CIVIL/person"

[[page]]
id = "purpose"
field = {{ id = "purpose", kind = "choice", required = true, options = ["work", "study"] }}

[[page]]
id = "partners"
field = {{ id = "partners", kind = "id-numbers", required = true, length = 400 }}

[[fee]]
code = "test.first"

[[fee]]
code = "test.parts"
quantity = 4

{paper}
[[register.fee]]
code = "test.first"
name = {{ ar = "رسم", en = "Fee" }}
amount = "10.00"
currency = "ILS"
valid_from = "2026-01-01"
decision = {{ ar = "قرار", en = "Decision" }}

[[register.fee]]
code = "test.parts"
name = {{ ar = "قسط", en = "Instalment" }}
amount = "150.00"
currency = "ILS"
valid_from = "2026-01-01"
decision = {{ ar = "قرار", en = "Decision" }}
{steps}
"#
    );
    fs::write(service.join("service.toml"), file).unwrap();
}
