//! `hukumati officer add`: the first officers of a production folder.

use anyhow::{Context, Result, bail};
use base::{Entropy, Locale, OsEntropy, Role};
use identity::{NewOfficer, seed};

use crate::cli::{Place, print};
use crate::folder::{self, Holds};
use crate::serve::context;
use crate::systems;

/// Octets of a password that is made here: 26 characters, 130 bits.
const PASSWORD_BYTES: usize = 16;
/// Octets of a device's secret (RFC 4226 §4 R6).
const SECRET_BYTES: usize = 20;
/// Longest name, characters.
const NAME: usize = 100;

/// Puts an officer there and prints what they sign in with.
pub(crate) fn add(place: &Place, username: String, name: [String; 2], unit: String, roles: &[String]) -> Result<()> {
    let known = Role::ALL.map(Role::as_str).join(", ");
    let roles: Vec<Role> = roles
        .iter()
        .map(|word| Role::parse(word).with_context(|| format!("no role is named {word}; there are {known}")))
        .collect::<Result<_>>()?;
    let plain = |word: &str| {
        !word.is_empty() && word.len() <= NAME && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !plain(&username) || !plain(&unit) {
        bail!("user names and units are Latin letters, digits, dots and hyphens");
    }
    if name.iter().any(|name| name.trim().is_empty() || name.chars().count() > NAME) {
        bail!("an officer has a name in Arabic and one in Latin letters, of at most {NAME} characters");
    }
    let schemas = systems::schemas(&systems::for_tables()?);
    let opened = folder::open(place, folder::purpose(place)?, Holds::Portal, &schemas)?;
    let (mut password, mut secret) = ([0; PASSWORD_BYTES], [0; SECRET_BYTES]);
    OsEntropy.fill(&mut password);
    OsEntropy.fill(&mut secret);
    let password = seal::digest::base32(&password).to_lowercase();
    let ctx = context(opened.db, Locale::AR).as_machine("officer-add");
    let taken = format!("an officer named {username} is there already; choose another name");
    let new = NewOfficer {
        username: username.clone(),
        unit,
        roles,
        name,
        password: password.clone(),
        totp_secret: secret.to_vec(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    if runtime.block_on(seed::new_officer(&ctx, new)).context("the officer")?.is_none() {
        bail!(taken);
    }
    print(&format!(
        "Officer {username} is there. Shown once:\n  password  {password}\n  device    {}\nThey sign in at /desk.",
        identity::totp::uri(&secret, &username)
    ));
    Ok(())
}
