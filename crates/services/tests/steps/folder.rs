//! Folders of services that a test writes: what one asks and does is given, the
//! rest is as small as the lint lets it be.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use services::Catalogue;

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
    field-share-refused = At least one shekel\npage-proof-title = Proof\nfield-proof-label = Proof\n\
    field-proof-hint = Scans\nfield-proof-missing = Attach a proof\npage-photo-title = Photo\nfield-photo-label = Photo\n\
    field-photo-hint = A photo\nfield-photo-missing = Attach a photo\n";

fn texts(locale: &str) -> String {
    if locale == "en" { TEXTS.to_owned() } else { TEXTS.replace(" = ", " = ع ") }
}

/// A catalogue of one service with these steps, in a folder of the test's.
pub fn catalogue(steps: &str) -> Arc<Catalogue> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), steps);
    Arc::new(Catalogue::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// What the lint says of such a folder.
pub fn faults(steps: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), steps);
    let read = Catalogue::read(folder.path());
    read.err().unwrap_or_default().iter().map(|fault| fault.reason.clone()).collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn write(folder: &Path, steps: &str) {
    // Offices, calendar, agencies and operations are the project's own.
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services");
    copy(&own, folder);
    fs::create_dir(folder.join("operations")).unwrap();
    copy(&own.join("operations"), &folder.join("operations"));
    let service = folder.join(KEY);
    fs::create_dir(&service).unwrap();
    for locale in ["ar", "en"] {
        fs::write(service.join(format!("{locale}.ftl")), texts(locale)).unwrap();
    }
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

[paper]
serial = "TW"
value = [{{ id = "name", lookup = "person", path = "/full_name/ar" }}]

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
