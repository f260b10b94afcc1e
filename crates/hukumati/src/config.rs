//! The configuration file: one table for each system, unknown keys refused.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// `[web]`
    pub(crate) web: web::Config,
    /// Whether the file says how people reach the portal. If not, they reach the port that it serves.
    #[serde(skip)]
    pub(crate) names_origin: bool,
    /// `[mtls]`
    pub(crate) mtls: Option<crate::mtls::Mtls>,
    /// `[notify]`
    pub(crate) notify: Notify,
    /// `[identity]`
    pub(crate) identity: identity::Config,
    /// `[exchange]`
    pub(crate) exchange: exchange::ClientConfig,
    /// `[services]`
    pub(crate) services: services::Config,
    /// `[registers]`
    pub(crate) registers: Registers,
    /// `[security-server]`: for `serve --only exchange`.
    #[serde(rename = "security-server")]
    pub(crate) security_server: Option<crate::security_server::Settings>,
}

/// The operations that tell who somebody is.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Registers {
    /// The civil registry's record of a person.
    pub(crate) person: String,
    /// The telephone numbers that operators hold for a person.
    pub(crate) numbers: String,
    /// The civil registry's family of a person.
    pub(crate) family: String,
    /// The companies that a person signs for, of the companies' register.
    pub(crate) signatory: String,
    /// The companies' register's record of a company.
    pub(crate) company: String,
}

impl Default for Registers {
    fn default() -> Self {
        Self {
            person: "PS/GOV/MOI/CIVIL/person".to_owned(),
            numbers: "PS/GOV/MTIT/OPERATORS/numbers".to_owned(),
            family: "PS/GOV/MOI/CIVIL/family".to_owned(),
            signatory: "PS/GOV/MONE/COMPANIES/signatory".to_owned(),
            company: "PS/GOV/MONE/COMPANIES/company".to_owned(),
        }
    }
}

/// Where messages leave.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Notify {
    /// The SMS company's HTTP address.
    pub(crate) sms_url: Option<String>,
    /// The HTTP address of the company that makes calls; codes are offered by a
    /// call only where there is one.
    pub(crate) voice_url: Option<String>,
    /// The mail server.
    pub(crate) smtp_url: Option<String>,
    /// Who writes.
    pub(crate) mail_from: String,
}

impl Config {
    /// What holds, as text; secrets are in files and not here.
    pub(crate) fn describe(&self) -> String {
        format!("{self:#?}")
    }
}

/// Reads the file, or takes the defaults.
pub(crate) fn load(path: Option<&Path>) -> Result<Config> {
    let Some(path) = path else { return Ok(Config::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    read(&text).with_context(|| format!("{} is not a configuration", path.display()))
}

fn read(text: &str) -> Result<Config, toml::de::Error> {
    let mut config: Config = toml::from_str(text)?;
    let written: toml::Table = toml::from_str(text)?;
    config.names_origin = written.get("web").and_then(|web| web.get("origin")).is_some();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn an_origin_that_is_written_out_is_meant_even_if_it_is_the_usual_one() {
        let usual = web::Config::default().origin;
        let named = |text: &str| read(text).map(|config| config.names_origin);
        assert_eq!(named(&format!("[web]\norigin = \"{usual}\"\n")), Ok(true));
        assert_eq!(named("[web]\ntrusted_proxies = [\"127.0.0.1\"]\n"), Ok(false));
        assert_eq!(named(""), Ok(false));
        assert!(named("[web]\norigins = \"http://localhost\"\n").is_err());
    }
}
