//! Several small services that a test writes, and the life events that lead to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalogue::Catalogue;

/// What every service of these tests may ask, in words.
const TEXTS: &str = "summary = A service\nwho-may-apply = Anybody\nwhat-is-needed = Nothing\npromise = Soon\n\
    collection = Here\npaper-title = A paper\nsource-person = Registry\nreason-no = Not today\nchange-no = Come again\n\
    page-who-title = Who you are\nknown-name = Name\n\
    page-purpose-title = Purpose\nfield-purpose-label = Purpose\nfield-purpose-hint = Why\n\
    field-purpose-missing = Say why\nfield-purpose-refused = It does not fit\noption-purpose-work = Work\noption-purpose-study = Study\n\
    page-born-title = Born\nfield-born-label = Born\nfield-born-hint = Day\nfield-born-missing = Say the day\n\
    field-born-refused = Not after today\n\
    page-note-title = Note\nfield-note-label = Note\nfield-note-hint = Some words\nfield-note-missing = Write something\n\
    page-school-title = School\nfield-school-label = School\nfield-school-hint = Its name\nfield-school-missing = Name it\n\
    page-way-title = Way\nfield-way-label = Way\nfield-way-hint = How\nfield-way-missing = Choose one\n\
    option-way-wallet = Wallet\noption-way-post = Post\n\
    page-office-title = Office\nfield-office-label = Office\nfield-office-hint = Which\nfield-office-missing = Choose an office\n\
    page-vehicle-title = Vehicle\nfield-vehicle-label = Vehicle\nfield-vehicle-hint = Yours\n\
    field-vehicle-missing = Choose one\nfield-vehicle-none = You have none\nsource-vehicles = Vehicles\n\
    page-children-title = Children\nrepeat-children-one = Child\nrepeat-children-add = Add a child\n\
    repeat-children-missing = Name one child\nfield-child-label = Name\nfield-child-hint = First name\n\
    field-child-missing = Give a name\n";

pub const PURPOSE: &str = "[[page]]\nid = \"purpose\"\n\
    field = { id = \"purpose\", kind = \"choice\", required = true, options = [\"work\", \"study\"] }\n";
pub const BORN: &str = "[[page]]\nid = \"born\"\n\
    field = { id = \"born\", kind = \"date\", required = true, check = \"answers.born <= today\" }\n";
pub const NOTE: &str = "[[page]]\nid = \"note\"\nfield = { id = \"note\", kind = \"text\", required = true }\n";
pub const SCHOOL: &str = "[[page]]\nid = \"school\"\nwhen = \"answers.purpose == 'study'\"\n\
    field = { id = \"school\", kind = \"text\", required = true }\n";
pub const VEHICLE: &str = "[[lookup]]\nid = \"vehicles\"\noperation = \"PS/GOV/MOT/LICENSING/vehicles\"\n\
    [[page]]\nid = \"vehicle\"\nfield = { id = \"vehicle\", kind = \"listed\", required = true, lookup = \"vehicles\", \
    path = \"/vehicles\", key = \"/plate\", label = [\"/make\", \"/year\"] }\n";
pub const WHO: &str =
    "[[page]]\nid = \"who\"\nknown = [{ id = \"name\", lookup = \"person\", path = \"/full_name/ar\" }]\n";
pub const CHILDREN: &str = "[[page]]\nid = \"children\"\n[page.repeat]\nid = \"children\"\nleast = 1\nmost = 2\n\
    field = [{ id = \"child\", kind = \"text\", required = true }]\n";
pub const WAY: &str = "[[page]]\nid = \"way\"\n\
    field = { id = \"way\", kind = \"choice\", required = true, options = [\"wallet\", \"post\"] }\n\
    [[page]]\nid = \"office\"\nwhen = \"answers.way == 'post'\"\n\
    field = { id = \"office\", kind = \"post-office\", required = true }\n";
pub const PAY: &str = "[[step]]\nkind = \"pay\"\n";
pub const CLERK: &str = "[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"licensing.ramallah\"\n";
pub const NO: &str =
    "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"answers.purpose == 'study'\"\nreason = \"no\"\n";
pub const DELIVER: &str = "[[step]]\nkind = \"issue\"\n[[step]]\nkind = \"deliver\"\n";
/// A fee of its own code: the finance register has each once.
pub fn fee(code: &str) -> String {
    format!(
        "[[fee]]\ncode = \"{code}\"\n[[register.fee]]\ncode = \"{code}\"\nname = {{ ar = \"رسم\", en = \"Fee\" }}\n\
         amount = \"10.00\"\ncurrency = \"ILS\"\nvalid_from = \"2026-01-01\"\ndecision = {{ ar = \"قرار\", en = \"Decision\" }}\n"
    )
}

/// A catalogue of these services, by key and what each asks and does.
pub fn catalogue(services: &[(&str, String)], events: &str) -> Arc<Catalogue> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), services, events);
    Arc::new(Catalogue::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// What the lint says of them.
pub fn faults(services: &[(&str, String)], events: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), services, events);
    let read = Catalogue::read(folder.path());
    read.err().unwrap_or_default().iter().map(|fault| fault.reason.clone()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn write(folder: &Path, services: &[(&str, String)], events: &str) {
    // Offices, calendar, agencies and operations are the project's own.
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services");
    copy(&own, folder);
    copy(&own.join("operations"), &folder.join("operations"));
    fs::write(folder.join("life-events.toml"), events).unwrap();
    for (key, body) in services {
        let service = folder.join(key);
        fs::create_dir(&service).unwrap();
        fs::write(service.join("paper.typ"), "").unwrap();
        for locale in ["ar", "en"] {
            fs::write(service.join(format!("{locale}.ftl")), format!("name = Service {key}\n{TEXTS}")).unwrap();
        }
        let head = format!(
            "key = \"{key}\"\nversion = 1\nsample = true\nprovider = \"moi\"\nassurance = \"substantial\"\n\
             delivery = [\"wallet\", \"post\"]\n"
        );
        let tail = "[promise]\nworking_days = 3\n[[lookup]]\nid = \"person\"\noperation = \"PS/GOV/MOI/CIVIL/person\"\n\
                    [paper]\nserial = \"TB\"\nvalue = [{ id = \"name\", lookup = \"person\", path = \"/full_name/ar\" }]\n";
        fs::write(service.join("service.toml"), format!("{head}{body}{tail}")).unwrap();
    }
}
