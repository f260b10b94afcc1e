//! What an operator sets for the web listener, and the limits of a connection.

use std::net::IpAddr;

use serde::Deserialize;

/// Form bodies, in bytes.
pub const FORM_BYTES_MAX: usize = 64 * 1024;
/// Fields of a form or a query.
pub const FIELDS_MAX: usize = 500;
/// JSON bodies, in bytes.
pub const JSON_BYTES_MAX: usize = 256 * 1024;
/// Path and query, in bytes.
pub const ADDRESS_BYTES_MAX: usize = 4 * 1024;
/// Rows of one page of a list.
pub const SLICE_ROWS_MAX: u32 = 50;
/// Pages kept ready for everybody.
pub const PUBLIC_PAGES_MAX: usize = 4_096;
/// Sessions that a process remembers for a second.
pub const SESSIONS_CACHED_MAX: usize = 20_000;
/// The number that every problem page names.
pub const HELP_LINE: &str = "1700 100 200";

/// The web listener's configuration: `[web]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How people reach the portal: scheme, host and port, nothing after it.
    pub origin: String,
    /// Further hosts (`host` or `host:port`) that are ours.
    pub hosts: Vec<String>,
    /// Other origins that a form may lead to, such as the bank's payment page.
    pub form_targets: Vec<String>,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where citizens sign in.
    pub sign_in_path: String,
    /// Where officers sign in.
    pub desk_sign_in_path: String,
    /// Whether the sandbox runs. Set by `--demo`, never by a file.
    #[serde(skip)]
    pub demo: bool,
    /// The authority of people's certificates: its name, DER. They sign people in
    /// and are no machine's, whoever vouches for that authority. Set at the start.
    #[serde(skip)]
    pub people: Option<Vec<u8>>,
    /// Limits of a connection.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origin: "http://localhost:8080".to_owned(),
            hosts: Vec::new(),
            form_targets: Vec::new(),
            trusted_proxies: Vec::new(),
            sign_in_path: "/sign-in".to_owned(),
            desk_sign_in_path: "/desk/sign-in".to_owned(),
            demo: false,
            people: None,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// Whether people come by HTTPS, here or at the proxy before us.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
    /// `host` or `host:port` of the origin.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host)
    }
    /// Whether a request may name this host. A portal on loopback answers to
    /// all of the machine's own names.
    #[must_use]
    pub fn knows_host(&self, host: &str) -> bool {
        let own = self.host();
        if host.eq_ignore_ascii_case(own) || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
            return true;
        }
        let (own_name, own_port) = split_port(own);
        let (name, port) = split_port(host);
        own_port == port && is_loopback_name(own_name) && is_loopback_name(name)
    }
    /// Whether a certificate (DER) is a person's. TLS has checked who issued it;
    /// one that we cannot read is none that we issue.
    pub(crate) fn is_personal(&self, der: &[u8]) -> bool {
        let Some(people) = &self.people else { return false };
        seal::x509::Certificate::parse(der).is_ok_and(|shown| shown.issuer().der() == people.as_slice())
    }
    /// What is wrong with it: one sentence each.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for origin in self.form_targets.iter().chain([&self.origin]) {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let plain = |host: &str| !host.is_empty() && !host.contains(['/', ' ', ';', ',', '\'', '"', '@', '?', '#']);
            if !host.is_some_and(plain) {
                faults.push(format!("web: “{origin}” is not an origin; write https://host or http://host:port"));
            }
        }
        faults
    }
}

/// The part before the port, and the port if there is one.
pub(crate) fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

pub(crate) fn is_loopback_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

/// Limits of a connection. Bodies have a least rate and no longest time: an
/// upload at 20 kbit/s is a citizen, not an attack.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A request's head must be complete after this time; an idle connection
    /// is closed after it too.
    pub header_timeout_ms: u64,
    /// A TLS handshake must be complete after this time.
    pub handshake_timeout_ms: u64,
    /// Least rate of a body in either direction, in bytes a second (20 kbit/s).
    pub body_bytes_per_second: u32,
    /// How long a body may fall behind that rate: mobile links stall.
    pub body_grace_ms: u64,
    /// A request's head, in bytes.
    pub header_bytes: usize,
    /// Open connections in all.
    pub connections: usize,
    /// Open connections from one address (IPv6: one /64). Mobile operators put
    /// many people behind one address.
    pub connections_per_address: usize,
    /// How long a stopping process waits for answers under way.
    pub drain_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout_ms: 10_000,
            handshake_timeout_ms: 5_000,
            body_bytes_per_second: 2_500,
            body_grace_ms: 20_000,
            header_bytes: 32 * 1024,
            connections: 10_000,
            connections_per_address: 512,
            drain_ms: 20_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_hosts_are_known() {
        let demo = Config::default();
        let live = Config {
            origin: "https://hukumati.ps".to_owned(),
            hosts: vec!["desk.hukumati.ps".to_owned()],
            ..Config::default()
        };
        for (config, host, known) in [
            (&demo, "localhost:8080", true),
            (&demo, "127.0.0.1:8080", true),
            (&demo, "localhost:8081", false),
            (&demo, "evil.example:8080", false),
            (&live, "hukumati.ps", true),
            (&live, "HUKUMATI.ps", true),
            (&live, "desk.hukumati.ps", true),
            (&live, "hukumati.ps.evil.example", false),
            (&live, "localhost", false),
        ] {
            assert_eq!(config.knows_host(host), known, "{host}");
        }
    }

    #[test]
    fn a_policy_cannot_be_injected_by_an_origin() {
        let config = Config { form_targets: vec!["https://bank.ps; script-src *".to_owned()], ..Config::default() };
        assert_eq!(config.faults().len(), 1);
        assert!(Config::default().faults().is_empty());
    }
}
