//! Putting accounts, officers and clients there without a browser: for the
//! demo, for `officer add`, and for our own relying parties.

use base::{AccountId, Assurance, CompanyNumber, OfficerId, PersonId};
use seal::jose::{Jwk, KeySet};
use seal::{Signer, SigningKey};
use std::sync::Arc;
use store::{Ctx, Key};

use crate::company;
use crate::model::{Client, NewAccount, NewOfficer, Refusal};
use crate::password::Hasher;
use crate::person::{Opened, account_of_number, open_in};
use crate::registry::{Named, Record};

/// Opens an account, or returns the one that the number has.
///
/// # Errors
/// The store's.
pub async fn account(ctx: &Ctx, new: NewAccount) -> Result<(PersonId, AccountId), Refusal> {
    account_hashed(ctx, new, &Hasher::default()).await
}

/// The same with another cost of passwords.
///
/// # Errors
/// The store's.
pub async fn account_hashed(ctx: &Ctx, new: NewAccount, hasher: &Hasher) -> Result<(PersonId, AccountId), Refusal> {
    let number = new.id_number.clone();
    if let Some(there) = ctx.read(move |read| account_of_number(read, &number)).await? {
        return Ok((there.person, there.id));
    }
    let hash = hasher.hash(&new.password, ctx.random()).await?;
    ctx.write(Key::once(ctx), move |tx| {
        let person: PersonId = tx.mint();
        let account = open_in(
            tx,
            &Opened {
                person,
                number: &new.id_number,
                born: new.born,
                facts: new.facts.as_ref(),
                phone: new.phone.as_ref().filter(|_| new.level > Assurance::Low),
                password: &hash,
                level: new.level,
            },
        )?;
        // Somebody for whom others acted before is the person that they were.
        let person = crate::person::account(tx, account)?.map_or(person, |there| there.person);
        Ok((person, account))
    })
    .await
}

/// Puts an officer there; none when somebody has that name already.
///
/// # Errors
/// The store's.
pub async fn new_officer(ctx: &Ctx, new: NewOfficer) -> Result<Option<OfficerId>, Refusal> {
    new_officer_hashed(ctx, new, &Hasher::default()).await
}

/// The same with another cost of passwords.
///
/// # Errors
/// The store's.
pub async fn new_officer_hashed(ctx: &Ctx, new: NewOfficer, hasher: &Hasher) -> Result<Option<OfficerId>, Refusal> {
    let name = new.username.clone();
    if ctx.read(move |read| crate::officer::factors_of(read, &name)).await?.is_some() {
        return Ok(None);
    }
    let hash = hasher.hash(&new.password, ctx.random()).await?;
    ctx.write(Key::once(ctx), move |tx| crate::officer::add_in(tx, &new, &hash).map(Some).map_err(Refusal::from)).await
}

/// Lets an officer in again who has lost every way to sign in: from now on this
/// password and this app's secret are all that they sign in with. False when nobody
/// who may sign in has that name.
///
/// # Errors
/// The store's.
pub async fn officer_again(ctx: &Ctx, username: &str, password: &str, app: Vec<u8>) -> Result<bool, Refusal> {
    let hash = Hasher::default().hash(password, ctx.random()).await?;
    let (name, locale) = (username.to_owned(), ctx.locale);
    ctx.write(Key::once(ctx), move |tx| {
        let Some(there) = crate::officer::factors_of(tx, &name)? else { return Ok(false) };
        crate::readmission::renew_in(tx, there.officer, &hash, &app, locale)?;
        let leaf = audit::Leaf::new("identity.officer_readmitted", format!("officer:{}", there.officer));
        audit::record_in(tx, &leaf.with(serde_json::json!({ "way": "machine" })))?;
        Ok(true)
    })
    .await
}

/// Keeps where an officer is told at work of what changes in their sign-in; false
/// when nobody who may sign in has that name.
///
/// # Errors
/// The store's.
pub async fn officer_email(ctx: &Ctx, username: &str, email: &str) -> Result<bool, Refusal> {
    let (name, email) = (username.to_owned(), email.to_owned());
    ctx.write(Key::once(ctx), move |tx| {
        let Some(there) = crate::officer::factors_of(tx, &name)? else { return Ok(false) };
        crate::officer::set_email_in(tx, there.officer, &email)?;
        Ok(true)
    })
    .await
}

/// Registers a client, or changes it.
///
/// # Errors
/// The store's.
pub async fn client(ctx: &Ctx, client: Client) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| crate::client::register_in(tx, &client).map_err(Refusal::from)).await
}

/// Registers a client of ours with a key that is made once and kept sealed, and
/// returns the key: what `relying_party` authenticates with.
///
/// # Errors
/// The store's.
pub async fn own_client(ctx: &Ctx, mut new: Client) -> Result<Arc<SigningKey>, Refusal> {
    let key = crate::keys::client_key(ctx, &new.id).await?;
    new.jwks = KeySet::new(vec![Jwk::new(key.public().clone())]).to_json();
    client(ctx, new).await?;
    Ok(key)
}

/// Registers a sample client unless it is there. One that is there is an officer's
/// to change; only an address that it does not have yet is added, as when a demo
/// is started at another one.
///
/// # Errors
/// The store's.
pub async fn sample_client(ctx: &Ctx, mut new: Client) -> Result<(), Refusal> {
    let key = crate::keys::client_key(ctx, &new.id).await?;
    new.jwks = KeySet::new(vec![Jwk::new(key.public().clone())]).to_json();
    ctx.write(Key::once(ctx), move |tx| {
        let there = crate::client::kept(tx, &new.id)?.map(|kept| kept.client);
        let client = match there {
            None => new.clone(),
            Some(mut there) => {
                let missing: Vec<_> =
                    new.redirects.iter().filter(|address| !there.redirects.contains(address)).cloned().collect();
                if missing.is_empty() {
                    return Ok(());
                }
                there.redirects.extend(missing);
                there
            }
        };
        crate::client::register_in(tx, &client).map_err(Refusal::from)
    })
    .await
}

/// Puts a company there as its register names it, and returns what it is known
/// by: for tests of other systems.
///
/// # Errors
/// The store's.
pub async fn company(ctx: &Ctx, number: CompanyNumber, name: [String; 2]) -> Result<PersonId, Refusal> {
    ctx.write(Key::once(ctx), move |tx| {
        let company = company::meet_in(tx, &Named { number: number.clone(), name: name.clone() })?;
        let (name, form) = (name.clone(), <[String; 2]>::default());
        let record =
            Record { number: number.clone(), name, form, active: true, jointly: false, signatories: Vec::new() };
        company::keep_in(tx, company, &record)?;
        Ok(company)
    })
    .await
}
