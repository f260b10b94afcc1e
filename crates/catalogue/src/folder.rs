//! A service as its folder says it: `service.toml` and the texts beside it.
//! Data an official can read; this file only gives it types.

mod condition;
mod fee;
mod files;
pub(crate) mod keys;
mod promise;
pub mod schema;
mod shape;
mod step;
mod unit;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base::{Assurance, Locale};
use messages::Bundle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::field::FieldFile;
use crate::opening::OpeningFile;
use crate::shapes::{Parameter, Shapes, Tells};
pub use condition::{CONDITIONS, Condition};
pub use condition::{failing, words};
pub use fee::{FeeFile, QUANTITY, Quantity};
pub use files::{Files, NAMES};
pub use promise::{PROMISES, PromiseFile, PromiseRule, Span};
use rules::{Rule, Table};
pub use step::{AppealFile, BodyFile, Decider, Silence, StepFile, StepKind};
pub use unit::{ByPlace, UnitFile};

/// Largest file of a folder that is read, bytes.
pub const FILE_BYTES: u64 = 512 << 10;

/// One service in one version.
pub struct Service {
    /// What `service.toml` says.
    pub file: ServiceFile,
    /// The texts, in the order of [`Locale::all`].
    pub texts: Vec<Bundle>,
    /// How its paper looks, as `paper.typ` says it.
    pub template: Option<String>,
}

/// A service: what it asks, what it costs, who decides, what it issues. The texts stand beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::service)]
pub struct ServiceFile {
    /// The folder's name too: agency, thing, act, as in `moi.family.extract`.
    #[schemars(extend("pattern" = schema::KEY))]
    pub key: String,
    /// Counts up; running cases stay on theirs.
    pub version: u32,
    /// The first day on which it is offered, `2027-01-01`; none is the day of the
    /// last signature.
    #[schemars(extend("pattern" = schema::DAY))]
    pub takes_effect: Option<String>,
    /// Whether amounts, promises and routes here are samples.
    pub sample: bool,
    /// The agency that provides it, a key of `agencies.toml`.
    pub provider: String,
    /// The least assurance to submit, as the demo begins. What holds is decided on the
    /// page of the Ministry of Interior.
    #[schemars(extend("enum" = schema::assurances()))]
    pub assurance: String,
    /// Who may apply; people, unless the folder says otherwise.
    #[serde(default = "people")]
    #[schemars(length(min = 1), extend("default" = ["person"]))]
    pub audience: Vec<Audience>,
    /// To whom it is open, from which day; everybody at once, unless it says so.
    #[serde(default)]
    pub opens: Vec<OpeningFile>,
    /// Life events that lead here, keys of `life-events.toml`.
    #[serde(default)]
    pub life_events: Vec<String>,
    /// More words that people search by, in any language.
    #[serde(default)]
    pub search_words: Vec<String>,
    /// What the state already knows, asked of its registers.
    #[serde(default, rename = "lookup")]
    pub lookups: Vec<Lookup>,
    /// The form: one question, one list, or what registers know, a page.
    #[serde(default, rename = "page")]
    #[schemars(length(max = crate::lint::PAGES))]
    pub pages: Vec<PageFile>,
    /// Whether one may apply at all: looked at before starting, and when sending.
    #[serde(default)]
    #[schemars(length(max = CONDITIONS))]
    pub eligible: Vec<Condition>,
    /// Decision tables, which rules read.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// Fees, by their code in the finance register.
    #[serde(default, rename = "fee")]
    #[schemars(length(max = crate::lint::FEES))]
    pub fees: Vec<FeeFile>,
    /// Cohorts for waivers: each a rule over what registers tell.
    #[serde(default)]
    pub cohorts: BTreeMap<String, Rule>,
    /// The way of a case after it is sent, in order.
    #[serde(default, rename = "step")]
    #[schemars(length(min = 1))]
    pub steps: Vec<StepFile>,
    /// Who hears an appeal; none means that there is none.
    pub appeal: Option<AppealFile>,
    /// How long it takes.
    pub promise: PromiseFile,
    /// What is issued.
    pub paper: Option<PaperFile>,
    /// How it is collected: in the wallet, at a post office, at another office.
    #[schemars(length(min = 1), extend("items" = { "type": "string", "enum": schema::DELIVERIES }))]
    pub delivery: Vec<String>,
    /// What seeds the demo's finance register.
    #[serde(default)]
    pub register: RegisterFile,
}

/// For whom an application can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// A human, themselves or by somebody who acts for them.
    Person,
    /// A company, by its signatory or whoever they gave a mandate.
    Company,
}

fn people() -> Vec<Audience> {
    vec![Audience::Person]
}

/// A question to a register, by an operation of the exchange.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The name that pages and rules use.
    #[schemars(length(min = 1))]
    pub id: String,
    /// Which operation of the exchange, as in `PS/GOV/MOI/CIVIL/person`.
    #[schemars(extend("pattern" = schema::OPERATION))]
    pub operation: String,
    /// Whether the case can go on while the register does not answer.
    #[serde(default)]
    pub optional: bool,
    /// Parameters of the operation that answers give: parameter = field. The
    /// number of whoever applies is given by itself.
    #[serde(default)]
    pub asks: BTreeMap<String, String>,
    /// What the operation can be asked with; none where no folder said it, and then
    /// it is asked with the number of whoever applies.
    #[serde(skip)]
    pub(crate) parameters: Option<Vec<Parameter>>,
    /// Under which concepts its answer tells what.
    #[serde(skip)]
    pub(crate) tells: Vec<Tells>,
}

impl Lookup {
    /// A question with nothing but the number of whoever applies.
    #[must_use]
    pub const fn by_number(id: String, operation: String) -> Self {
        Self { id, operation, optional: false, asks: BTreeMap::new(), parameters: None, tells: Vec::new() }
    }
}

/// One page of the form.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::page)]
pub struct PageFile {
    /// Its part of the address.
    #[schemars(length(min = 1))]
    pub id: String,
    /// Shown only when this rule holds.
    pub when: Option<Rule>,
    /// What a register knows, shown and never typed.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub known: Vec<KnownFile>,
    /// The question.
    pub field: Option<FieldFile>,
    /// The questions about each of several things.
    pub repeat: Option<RepeatFile>,
    /// Known values that officers read, and whoever applies never does.
    #[serde(default)]
    pub officers: bool,
}

impl PageFile {
    /// Its questions: one, those of an entry, or none.
    pub fn fields(&self) -> impl Iterator<Item = &FieldFile> {
        self.field.iter().chain(self.repeat.iter().flat_map(|repeat| &repeat.fields))
    }
    /// The name of its answer.
    #[must_use]
    pub fn answer(&self) -> Option<&str> {
        let field = self.field.as_ref().map(|field| field.id.as_str());
        field.or_else(|| self.repeat.as_ref().map(|repeat| repeat.id.as_str()))
    }
}

/// A value that a register knows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    /// The text's key after `known-`.
    #[schemars(length(min = 1))]
    pub id: String,
    /// Which lookup; or `chosen`, for a part of what an earlier question chose.
    pub lookup: String,
    /// JSON Pointer (RFC 6901) into its answer.
    #[schemars(extend("pattern" = schema::POINTER))]
    pub path: String,
}

/// Questions that are asked again for each of several things: children, partners.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatFile {
    /// Its name among the answers: a list, each entry an object of its fields.
    pub id: String,
    /// Entries at least.
    #[serde(default)]
    #[schemars(range(max = crate::lint::ENTRIES))]
    pub least: usize,
    /// Entries at most.
    #[serde(default = "default_most")]
    #[schemars(range(min = 1, max = crate::lint::ENTRIES))]
    pub most: usize,
    /// The questions of one entry.
    #[serde(rename = "field")]
    #[schemars(length(min = 1), transform = schema::entry)]
    pub fields: Vec<FieldFile>,
}

const fn default_most() -> usize {
    20
}

/// What is issued.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperFile {
    /// Before the serial: `FX`.
    pub serial: String,
    /// Days that it holds; none means until it is revoked.
    pub valid_days: Option<u32>,
    /// What a stranger may read online: ids of its values.
    #[serde(default)]
    pub public: Vec<String>,
    /// The question that says how many certified copies are issued; one without it.
    pub copies: Option<String>,
    /// How many more its person may ask for later.
    #[serde(default)]
    pub more: u32,
    /// The fee of each of those, one of the folder's; without it they cost nothing.
    pub more_fee: Option<String>,
    /// Its values, each from a lookup's answer or the case.
    #[serde(rename = "value")]
    pub values: Vec<ValueFile>,
}

/// A value on the paper.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueFile {
    /// The name that `paper.typ` uses.
    #[schemars(length(min = 1))]
    pub id: String,
    /// Which lookup; or `answers`, `chosen`, or `signed` for who signed, by field.
    pub lookup: String,
    /// JSON Pointer (RFC 6901) into it.
    #[schemars(extend("pattern" = schema::POINTER))]
    pub path: String,
}

/// What seeds the demo's finance register. The register's owner is Finance.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterFile {
    /// Fees.
    #[serde(default, rename = "fee")]
    pub fees: Vec<RegisterFee>,
    /// Waivers.
    #[serde(default, rename = "waiver")]
    pub waivers: Vec<RegisterWaiver>,
}

/// A seeded fee.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterFee {
    /// Its code.
    pub code: String,
    /// What bills call it, by language.
    #[schemars(schema_with = "schema::spoken")]
    pub name: BTreeMap<String, String>,
    /// How much, with its decimals: `5.00`.
    #[schemars(extend("pattern" = schema::AMOUNT))]
    pub amount: String,
    /// In which currency (ISO 4217).
    #[schemars(extend("enum" = schema::currencies()))]
    pub currency: String,
    /// The first day, `2026-01-01`.
    #[schemars(extend("pattern" = schema::DAY))]
    pub valid_from: String,
    /// The deciding paper, by language.
    #[schemars(schema_with = "schema::spoken")]
    pub decision: BTreeMap<String, String>,
}

/// A seeded waiver.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterWaiver {
    /// The code of which fee.
    pub fee: String,
    /// For whom: a name of `[cohorts]`.
    pub cohort: String,
    /// The reason, as bills and receipts give it, by language.
    #[schemars(schema_with = "schema::spoken")]
    pub name: BTreeMap<String, String>,
    /// How much of the fee is not asked, percent.
    #[schemars(range(min = 1, max = 100))]
    pub share_percent: u32,
    /// The first day, `2026-01-01`.
    #[schemars(extend("pattern" = schema::DAY))]
    pub valid_from: String,
    /// The deciding paper, by language.
    #[schemars(schema_with = "schema::spoken")]
    pub decision: BTreeMap<String, String>,
}

/// What is wrong with a folder: which file, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct Fault {
    /// The file.
    pub file: String,
    /// What is wrong and how to mend it.
    pub reason: String,
}

impl ServiceFile {
    /// Every rule that reads facts of a case, tables among them.
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        let pages = self.pages.iter().flat_map(|page| {
            let checks = page.fields().filter_map(|field| field.check.as_ref());
            page.when.iter().chain(checks)
        });
        let fees = self.fees.iter().flat_map(|fee| fee.when.iter().chain(fee.quantity.rule()));
        let eligible = self.eligible.iter().map(|condition| &condition.rule);
        let promised = self.promise.rules.iter().map(|one| &one.when);
        pages
            .chain(fees)
            .chain(eligible)
            .chain(self.steps.iter().flat_map(StepFile::rules))
            .chain(self.cohorts.values())
            .chain(promised)
    }
}

impl Service {
    /// Reads a folder's files, and refuses those with a fault.
    ///
    /// # Errors
    /// Every fault that was found.
    pub(crate) fn linted(files: &Files, shapes: &Shapes) -> Result<Self, Vec<Fault>> {
        let service = Self::parse(files, shapes)?;
        let toml = files.text("service.toml").unwrap_or_default();
        let faults = crate::lint::faults(&service, files.folder(), toml, shapes);
        if faults.is_empty() { Ok(service) } else { Err(faults) }
    }

    /// Reads files that were linted when they were put up, or will be.
    ///
    /// # Errors
    /// A file that is missing, or is none of its kind.
    pub fn parse(files: &Files, shapes: &Shapes) -> Result<Self, Vec<Fault>> {
        let needed = |name: &str| {
            files.text(name).ok_or_else(|| vec![fault(&files.path(name), "is missing: the folder needs it; add it")])
        };
        let toml = needed("service.toml")?;
        let mut file: ServiceFile =
            toml::from_str(toml).map_err(|error| vec![shape::fault(&files.path("service.toml"), toml, &error)])?;
        for lookup in &mut file.lookups {
            lookup.parameters = shapes.parameters(&lookup.operation).map(<[Parameter]>::to_vec);
            lookup.tells = shapes.tells(&lookup.operation).to_vec();
        }
        file.rules().for_each(|rule| rule.link(&file.tables));
        let mut faults = Vec::new();
        let mut texts = Vec::new();
        for locale in Locale::all() {
            let name = format!("{}.ftl", locale.tag());
            let read = needed(&name).and_then(|source| {
                let path = files.path(&name);
                let parsed = Bundle::parse(locale, &path.display().to_string(), source);
                parsed.map_err(|list| list.into_iter().map(|found| fault(&path, found)).collect())
            });
            match read {
                Ok(bundle) => texts.push(bundle),
                Err(list) => faults.extend(list),
            }
        }
        let template = files.text("paper.typ").map(str::to_owned);
        if faults.is_empty() { Ok(Self { file, texts, template }) } else { Err(faults) }
    }

    /// A text of the folder; a missing one shows its key, which the lint refuses.
    #[must_use]
    pub fn text(&self, locale: Locale, key: &str) -> String {
        let found = self.texts.get(locale.index()).and_then(|bundle| bundle.get(key));
        found.unwrap_or_else(|| key.to_owned())
    }

    /// What it is called, by language.
    #[must_use]
    pub fn names(&self) -> BTreeMap<String, String> {
        Locale::all().map(|locale| (locale.tag().to_owned(), self.text(locale, "name"))).collect()
    }

    /// The least assurance that the folder suggests.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        Assurance::parse(&self.file.assurance).unwrap_or(Assurance::High)
    }

    /// The question of this name, wherever it is asked.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&FieldFile> {
        self.file.pages.iter().flat_map(PageFile::fields).find(|field| field.id == id)
    }

    /// The question of this name that is asked once, not in a list.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&FieldFile> {
        self.file.pages.iter().filter_map(|page| page.field.as_ref()).find(|field| field.id == id)
    }

    /// A page of the form.
    #[must_use]
    pub fn page(&self, id: &str) -> Option<&PageFile> {
        self.file.pages.iter().find(|page| page.id == id)
    }
}

pub(crate) fn fault(path: &Path, reason: impl std::fmt::Display) -> Fault {
    Fault { file: path.display().to_string(), reason: reason.to_string() }
}

/// A file's text, within its limit.
pub(crate) fn text(path: &Path) -> Result<String, Fault> {
    let size = fs::metadata(path).map_err(|error| fault(path, error))?.len();
    if size > FILE_BYTES {
        return Err(fault(path, format!("is larger than {FILE_BYTES} bytes")));
    }
    fs::read_to_string(path).map_err(|error| fault(path, error))
}

/// The folders of services under a directory, by name.
pub(crate) fn folders(directory: &Path) -> Result<Vec<PathBuf>, Fault> {
    let listed = fs::read_dir(directory).map_err(|error| fault(directory, error))?;
    let mut found: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("service.toml").is_file())
        .collect();
    found.sort();
    Ok(found)
}
