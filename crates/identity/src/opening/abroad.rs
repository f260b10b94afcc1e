//! Opening an account from abroad: with the zone of a passport instead of the day
//! of birth, and with a telephone of any country, or an e-mail address and a
//! passkey, where no registered number is at hand.
//!
//! Invariant: what is typed here proves nothing. The account is `low` until an
//! officer of a mission has seen passport and face; what a register said on the way
//! is forgotten when none of its numbers is used. An address is no authenticator:
//! it leads to a passkey.

use audit::Leaf;
use base::{AccountId, Assurance, Date, IdNumber, Mrz, Phone};
use seal::webauthn::{self, Asked};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Tx, params};

use super::{Data, Ended, Opening, begin_with, compare, email, has_account, keep, own};
use crate::code::{self, Target, Way};
use crate::figures::{self, Event};
use crate::model::{Method, OPENING, OpeningId, PasskeyId, Refusal, assurance_of, step};
use crate::passkey::{self, Made, Place};
use crate::passport::{self, Passport};
use crate::person::{self, Opened, index_of, open_in};
use crate::{Identity, factors, spending, sql};

/// What somebody abroad says of themselves; it lies sealed with the opening.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Abroad {
    /// Where they live: two letters, or nothing for a country without a mission.
    country: String,
    passport: Option<Passport>,
    contact: Option<Contact>,
}

/// Where a code goes that a register knows nothing of.
#[derive(Clone, Serialize, Deserialize)]
enum Contact {
    Phone(String),
    Email(String),
}

impl Abroad {
    /// What others know of the person: no password.
    pub(super) fn own_words(&self) -> Vec<String> {
        let contact = self.contact.iter().map(|contact| match contact {
            Contact::Phone(text) | Contact::Email(text) => text.clone(),
        });
        let passport = self.passport.iter().flat_map(|passport| {
            let names = passport.name.split(' ').map(str::to_owned);
            names.chain([passport.number.clone()])
        });
        contact.chain(passport).collect()
    }
}

impl Opening {
    pub(crate) fn is_abroad(&self) -> bool {
        self.data.abroad.is_some()
    }
    /// Where somebody abroad lives; nothing for a country without a mission.
    pub(crate) fn country(&self) -> Option<&str> {
        self.data.abroad.as_ref().map(|abroad| abroad.country.as_str())
    }
    /// The same where one of the registered numbers is chosen once more.
    pub(crate) fn choosing(&self) -> Self {
        Self { stage: "choose".to_owned(), ..self.clone() }
    }
    /// Keeps the passport whose zone was typed.
    pub(super) fn bring(&mut self, passport: Option<&Passport>) {
        if let Some(abroad) = &mut self.data.abroad {
            abroad.passport = passport.cloned();
        }
    }
    /// The number that the person gave.
    pub(super) fn given_phone(&self) -> Option<Phone> {
        match self.data.abroad.as_ref()?.contact.as_ref()? {
            Contact::Phone(text) => Phone::parse(text),
            Contact::Email(_) => None,
        }
    }
    /// The address that the person gave.
    pub(crate) fn given_email(&self) -> Option<&str> {
        match self.data.abroad.as_ref()?.contact.as_ref()? {
            Contact::Email(text) => Some(text),
            Contact::Phone(_) => None,
        }
    }
}

/// Where a look-up leads somebody abroad. A registered number may have stayed
/// behind: nothing is sent to it before they chose it.
pub(super) fn event(found: &'static str) -> &'static str {
    match found {
        "matched" => "matched, several numbers",
        "nothing to send to" => "abroad, nothing to send to",
        other => other,
    }
}

/// First questions answered: the country, and the ID number.
pub(crate) async fn begin(
    ctx: &Ctx,
    identity: &Identity,
    key: Key,
    (number, country): (IdNumber, &str),
    places: [String; 2],
    browser: [u8; 32],
) -> Result<OpeningId, Refusal> {
    let abroad = Abroad { country: country.to_owned(), passport: None, contact: None };
    let data = Data { number: number.as_str().to_owned(), abroad: Some(abroad), ..Data::default() };
    begin_with(ctx, identity, key, data, places, browser).await
}

/// Second question answered with a passport's zone: its day of birth is compared
/// as a typed one is.
pub(crate) async fn passport(
    ctx: &Ctx,
    identity: &Identity,
    id: OpeningId,
    browser: [u8; 32],
    (mrz, host): (&Mrz, String),
) -> Result<(), Refusal> {
    let now = ctx.now();
    let opening = ctx.read(move |read| own(read, id, &browser, now)).await?;
    if !opening.is_abroad() {
        return Err(Refusal::Gone);
    }
    compare(ctx, identity, id, browser, (mrz.born, host), Some(Passport::of(mrz))).await
}

/// None of the registered numbers is at hand: what the registers said is forgotten.
pub(crate) async fn elsewhere(ctx: &Ctx, id: OpeningId, browser: [u8; 32]) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let mut opening = own(tx, id, &browser, now)?;
        if !opening.is_abroad() {
            return Err(Refusal::Gone);
        }
        (opening.data.phones, opening.data.facts, opening.data.chosen) = (Vec::new(), None, None);
        tx.execute(&sql::REPLACE_CODES, &params![id.to_string()])?;
        keep(tx, &opening, "none of these").map(drop)
    })
    .await
}

/// What somebody typed as their own.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    Phone(Phone),
    Email(String),
}

impl Given {
    /// Reads an address that was typed.
    pub(crate) fn email(typed: &str) -> Option<Self> {
        email::parse(typed).map(Self::Email)
    }
    const fn event(&self) -> &'static str {
        match self {
            Self::Phone(_) => "number given",
            Self::Email(_) => "address given",
        }
    }
    fn contact(&self) -> Contact {
        match self {
            Self::Phone(phone) => Contact::Phone(phone.as_str().to_owned()),
            Self::Email(address) => Contact::Email(address.clone()),
        }
    }
}

/// A code goes to what the person gave. `address` is where they are, as it is
/// counted; `host` the portal's.
pub(crate) async fn give(
    ctx: &Ctx,
    identity: &Identity,
    id: OpeningId,
    browser: [u8; 32],
    (given, [address, host], way): (Given, [String; 2], Way),
) -> Result<(), Refusal> {
    let now = ctx.now();
    // What comes too early costs no message.
    let opening = ctx.read(move |read| own(read, id, &browser, now)).await?;
    step(&OPENING, &opening.stage, given.event())?;
    let kept = given.clone();
    let first = move |tx: &mut Tx<'_>| {
        let now = tx.now();
        let mut opening = own(tx, id, &browser, now)?;
        opening.data.abroad.as_mut().ok_or(Refusal::Gone)?.contact = Some(kept.contact());
        keep(tx, &opening, kept.event())?;
        Ok((opening.person, index_of(tx, &opening.number()?)))
    };
    match given {
        Given::Phone(phone) => {
            spending::count_claimed(ctx, identity, &phone, &address).await?;
            let target = Target { deal: id.to_string(), phone, host, way };
            code::send(ctx, identity, target, ("", "opening"), first).await?;
        }
        Given::Email(to) => {
            spending::count_email(ctx, identity, &to, &address).await?;
            let locale = ctx.locale;
            let sent = ctx.write(Key::once(ctx), move |tx| {
                let (person, about) = first(tx)?;
                Ok::<_, Refusal>(code::send_by_email_in(tx, (&id.to_string(), &about), (person, &to), locale)?)
            });
            sent.await?;
        }
    }
    Ok(())
}

/// Another code to what the person gave.
pub(super) async fn resend(
    ctx: &Ctx,
    identity: &Identity,
    opening: &Opening,
    browser: [u8; 32],
    (places, way): ([String; 2], Way),
) -> Result<(), Refusal> {
    let given = match (opening.given_phone(), opening.given_email()) {
        (Some(phone), _) => Given::Phone(phone),
        (None, Some(address)) => Given::Email(address.to_owned()),
        (None, None) => return Err(Refusal::Gone),
    };
    give(ctx, identity, opening.id, browser, (given, places, way)).await
}

/// The challenge for the passkey of an opening.
pub(crate) fn challenge(ctx: &Ctx, id: OpeningId) -> [u8; 32] {
    passkey::challenge(ctx, "passkey.open", &id.to_string())
}

/// What the device calls the account that is being opened: nothing that says whose it is.
pub(crate) fn handle(ctx: &Ctx, id: OpeningId) -> [u8; 32] {
    passkey::challenge(ctx, "passkey.open.handle", &id.to_string())
}

/// Last question answered with a passkey instead of a password; none when what the
/// browser returned is not one to take.
pub(crate) async fn with_passkey(
    ctx: &Ctx,
    identity: &Identity,
    (key, id): (Key, OpeningId),
    browser: [u8; 32],
    (place, came, network): (&Place, &Made<'_>, &str),
) -> Result<Option<Ended>, Refusal> {
    let asked = Asked { challenge: &challenge(ctx, id), origin: &place.origin, rp_id: &place.rp_id };
    let made = match webauthn::made(&asked, came.client_data, came.attestation) {
        Ok(made) if made.shown.user_verified => made,
        _ => return Ok(None),
    };
    // A password of which nobody has heard: the account is entered with the passkey.
    let nobodys = identity.hasher.hash(&seal::digest::hex(&ctx.random::<32>()), ctx.random()).await?;
    let (device, network) = (came.device.clone(), network.to_owned());
    let ended = ctx.write(key, move |tx| {
        let now = tx.now();
        let opening = own(tx, id, &browser, now)?;
        step(&OPENING, &opening.stage, "passkey")?;
        let seconds = now.seconds_since(opening.began_at);
        let number = opening.number()?;
        let (level, methods) = (Assurance::Low, [Method::Passkey]);
        if has_account(tx, &number, level)? {
            keep(tx, &opening, "has an account")?;
            return Ok::<_, Refusal>((Some(Ended::Refused), seconds));
        }
        if tx.row(&sql::PASSKEY, &params![made.id])?.is_some() {
            return Ok((None, seconds));
        }
        let born = opening.data.born.as_deref().and_then(Date::parse).ok_or(Refusal::Gone)?;
        let person = opening.person;
        let new = Opened { person, number: &number, born, facts: None, phone: None, password: &nobodys, level };
        let account = open_in(tx, &new)?;
        let passkey: PasskeyId = tx.mint();
        let (counter, synced) = (i64::from(made.shown.counter), i64::from(made.shown.synced));
        tx.execute_one(
            &sql::INSERT_PASSKEY,
            &params![passkey, account, made.id, made.key.spki(), counter, synced, device, now],
        )?;
        let holder = format!("account:{account}");
        let leaf = Leaf::new(factors::ADDED, holder.clone()).about(person);
        audit::record_in(tx, &leaf.with(json!({ "factor": "passkey" })))?;
        keep_in(tx, &opening, account)?;
        keep(tx, &opening, "passkey")?;
        let session = crate::sso::begin_in(tx, &holder, assurance_of(level, &methods), &methods, [&device, &network])?;
        Ok((Some(Ended::Opened(account, session)), seconds))
    });
    let (ended, seconds) = ended.await?;
    match ended {
        Some(Ended::Opened(..)) => figures::count_opened(ctx, Assurance::Low.as_str(), seconds).await,
        Some(Ended::Refused) => figures::count(ctx, Event::Opening, "", "has_account").await,
        None => {}
    }
    Ok(ended)
}

/// Keeps what a new account's holder said from abroad: the passport, and the
/// address where they are told things.
pub(super) fn keep_in(tx: &mut Tx<'_>, opening: &Opening, account: AccountId) -> Result<(), Error> {
    let Some(abroad) = &opening.data.abroad else { return Ok(()) };
    let Some(there) = person::account(tx, account)? else { return Ok(()) };
    if let Some(passport) = &abroad.passport {
        passport::say_in(tx, there.person, passport)?;
    }
    if let Some(address) = opening.given_email() {
        notify::set_email_in(tx, there.person, address)?;
    }
    Ok(())
}
