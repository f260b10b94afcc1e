//! Life events: moments at which people need several services, as
//! `life-events.toml` lists them, and their bundles.

use std::collections::BTreeMap;

use base::Locale;
use rules::Rule;
use serde::Deserialize;

use crate::office::Texts;

/// Services of one bundle at most: all of them are begun in one commit.
pub const MEMBERS: usize = 8;

/// A life event and the services that it leads to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeEvent {
    /// Its word in folders and addresses.
    pub key: String,
    name: Texts,
    /// Questions that its bundle asks once for all services that ask them.
    #[serde(default)]
    pub shared: Vec<SharedFile>,
    /// Its bundle: services in order, asked once and sent at once.
    #[serde(default, rename = "bundle")]
    pub members: Vec<MemberFile>,
}

/// A question that a bundle asks once: by one name, or by the name that each
/// service has for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct SharedFile {
    /// What the bundle's conditions call it, and services that say nothing else.
    pub name: String,
    /// The field of a service, by the service's key.
    pub fields: BTreeMap<String, String>,
}

/// A shared question with several names, as the file spells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    fields: BTreeMap<String, String>,
}

impl TryFrom<toml::Value> for SharedFile {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(name) => Ok(Self { name, fields: BTreeMap::new() }),
            toml::Value::Table(table) => {
                let Named { name, fields } =
                    table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
                Ok(Self { name, fields })
            }
            other => Err(format!("shared = {other}: write a field's name, or a table with name and fields")),
        }
    }
}

impl SharedFile {
    /// What a service calls the question.
    #[must_use]
    pub fn field(&self, service: &str) -> &str {
        self.fields.get(service).unwrap_or(&self.name)
    }
}

/// A service of a life event's bundle.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberFile {
    /// Its key.
    pub service: String,
    /// Whether the person chooses it, or it always belongs.
    #[serde(default)]
    pub optional: bool,
    /// What the shared answers before it must say for it to be needed.
    pub when: Option<Rule>,
    /// The service of the bundle that must have ended well before this one can begin.
    pub after: Option<String>,
    /// Answers that it begins with: field = JSON Pointer into what registers told for
    /// the service that ended.
    #[serde(default)]
    pub takes: BTreeMap<String, String>,
}

impl LifeEvent {
    /// Its name.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        self.name.get(locale)
    }
    /// Whether its services can be asked for at once.
    #[must_use]
    pub fn has_bundle(&self) -> bool {
        !self.members.is_empty()
    }
    /// A service of its bundle.
    #[must_use]
    pub fn member(&self, service: &str) -> Option<&MemberFile> {
        self.members.iter().find(|member| member.service == service)
    }
    /// Whether a person can leave a service of the bundle out.
    #[must_use]
    pub fn is_optional(&self, service: &str) -> bool {
        self.member(service).is_none_or(|member| member.optional)
    }
}
