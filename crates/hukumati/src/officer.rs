//! `hukumati officer`: the first officers of a production folder, and where they
//! are told of changes of their sign-in.

use anyhow::{Context, Result, bail};
use base::{Entropy, Locale, OsEntropy, Role};
use identity::{NewOfficer, seed};
use store::Ctx;

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
/// Longest address, octets (RFC 5321 §4.5.3.1.3).
const EMAIL: usize = 254;

/// Puts an officer there and prints what they sign in with.
pub(crate) fn add(
    place: &Place,
    username: String,
    name: [String; 2],
    unit: String,
    roles: &[String],
    email: Option<String>,
) -> Result<()> {
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
    if let Some(email) = &email {
        check_email(email)?;
    }
    let ctx = open(place)?;
    let (password, secret) = made();
    let taken = format!("an officer named {username} is there already; choose another name");
    let new = NewOfficer {
        username: username.clone(),
        unit,
        roles,
        name,
        password: password.clone(),
        totp_secret: secret.to_vec(),
    };
    let runtime = runtime()?;
    if runtime.block_on(seed::new_officer(&ctx, new)).context("the officer")?.is_none() {
        bail!(taken);
    }
    if let Some(email) = &email {
        runtime.block_on(seed::officer_email(&ctx, &username, email)).context("the officer's address")?;
    }
    shown(&format!("Officer {username} is there."), &username, &password, &secret);
    Ok(())
}

/// Puts another password and device in the place of all that an officer signed in
/// with, and prints them.
pub(crate) fn again(place: &Place, username: &str) -> Result<()> {
    let ctx = open(place)?;
    let (password, secret) = made();
    let set = runtime()?.block_on(seed::officer_again(&ctx, username, &password, secret.to_vec()));
    if !set.context("the officer")? {
        bail!("no officer named {username} may sign in");
    }
    shown(&format!("Officer {username} comes in again; what was there before is over."), username, &password, &secret);
    Ok(())
}

/// A password and a device's secret.
fn made() -> (String, [u8; SECRET_BYTES]) {
    let (mut password, mut secret) = ([0; PASSWORD_BYTES], [0; SECRET_BYTES]);
    OsEntropy.fill(&mut password);
    OsEntropy.fill(&mut secret);
    (seal::digest::base32(&password).to_lowercase(), secret)
}

fn shown(said: &str, username: &str, password: &str, secret: &[u8]) {
    let device = identity::totp::uri(secret, username);
    print(&format!("{said} Shown once:\n  password  {password}\n  device    {device}\nThey sign in at /desk."));
}

/// Keeps where an officer who is there is told.
pub(crate) fn keep_email(place: &Place, username: &str, email: &str) -> Result<()> {
    check_email(email)?;
    let ctx = open(place)?;
    if !runtime()?.block_on(seed::officer_email(&ctx, username, email)).context("the officer's address")? {
        bail!("no officer named {username} may sign in");
    }
    print(&format!("Officer {username} is told at {email}."));
    Ok(())
}

fn check_email(email: &str) -> Result<()> {
    let parts = email.split_once('@').filter(|(name, host)| !name.is_empty() && host.contains('.'));
    let plain = email.len() <= EMAIL && email.bytes().all(|b| b.is_ascii_graphic());
    if !plain || parts.is_none_or(|(_, host)| host.contains('@')) {
        bail!("“{email}” is not an e-mail address");
    }
    Ok(())
}

fn open(place: &Place) -> Result<Ctx> {
    let schemas = systems::schemas(&systems::for_tables()?);
    let opened = folder::open(place, folder::purpose(place)?, Holds::Portal, &schemas)?;
    Ok(context(opened.db, Locale::AR).as_machine("officer-add"))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")
}
