//! Opening an account, one question at a time: number, day of birth, perhaps
//! which telephone, the code, a password.
//!
//! A code goes only to a number that a register holds for the person. Without
//! one the account is opened as `low`: it may draft, and is told nothing that a
//! register knows. Whatever does not match hears the same answer after the same
//! time, so that nobody learns here who lives, who exists, or who has an account.

use std::net::IpAddr;
use std::time::Duration;

use base::id::TypedId;
use base::{AccountId, Assurance, Date, IdNumber, PersonId, PersonName, Phone, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle::{self, Throttle};

use crate::Identity;
use crate::code::{self, Sending, Target, Tried, Way, send_in};
use crate::figures::{self, Event};
use crate::model::{Facts, Method, OPENING, OpeningId, Refusal, SsoId, StoredName, assurance_of, step};
use crate::person::{Opened, index_of, open_in};
use crate::registry::LookedUp;
use crate::sign_in::{count_sms, network};
use crate::sql;

/// How long somebody may take, seconds.
pub(crate) const SECONDS: i64 = 3_600;
const COLUMN: &str = "identity_opening.data";

/// What is known so far; it lies sealed, and is destroyed with its key unless
/// the account is opened.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Data {
    number: String,
    born: Option<String>,
    phones: Vec<String>,
    chosen: Option<usize>,
    /// The code came by a call.
    #[serde(default)]
    called: bool,
    facts: Option<StoredFacts>,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredFacts {
    arabic: [String; 4],
    latin: [String; 4],
    born: String,
    version: String,
}

/// An opening, as its pages need it.
pub(crate) struct Opening {
    pub(crate) id: OpeningId,
    pub(crate) stage: String,
    pub(crate) return_to: String,
    person: PersonId,
    began_at: Timestamp,
    data: Data,
}

impl Opening {
    fn number(&self) -> Result<IdNumber, Refusal> {
        IdNumber::parse(&self.data.number).ok_or(Refusal::Gone)
    }
    /// The last two digits of each number that a code can go to.
    pub(crate) fn tails(&self) -> Vec<String> {
        self.data.phones.iter().filter_map(|phone| Some(Phone::parse(phone)?.tail().to_owned())).collect()
    }
    /// What others know of the person: no password.
    pub(crate) fn own_words(&self) -> Vec<String> {
        let mut words = vec![self.data.number.clone()];
        words.extend(self.data.phones.iter().map(|phone| phone.replace("+970", "0")));
        words.extend(self.data.born.iter().map(|born| born.replace('-', "")));
        if let Some(facts) = &self.data.facts {
            words.extend(facts.arabic.iter().chain(&facts.latin).cloned());
        }
        words
    }
    /// Characters that the password needs: it will stand alone, or not.
    pub(crate) fn chars_min(&self) -> usize {
        if self.stage == "low" { crate::password::CHARS_ALONE } else { crate::password::CHARS_WITH_SECOND_FACTOR }
    }
}

/// The opening that somebody goes on with, if it is theirs and not over.
pub(crate) fn own(read: &mut Read<'_>, id: OpeningId, browser: &[u8; 32], now: Timestamp) -> Result<Opening, Refusal> {
    let row = read.row(&sql::OPENING, &params![id])?.ok_or(Refusal::Gone)?;
    let (person, kept): (PersonId, [u8; 32]) = (row.get(0)?, row.get(1)?);
    if kept != *browser || row.get::<Timestamp>(5)? <= now {
        return Err(Refusal::Gone);
    }
    let stage: String = row.get(2)?;
    let data = if stage == "opened" {
        Data::default()
    } else {
        let bytes = read.open(person, COLUMN, &row.get::<Vec<u8>>(4)?)?;
        serde_json::from_slice(&bytes).map_err(|error| Error::Corrupt(error.to_string()))?
    };
    let began_at = row.get::<Timestamp>(5)?.plus_seconds(-SECONDS);
    Ok(Opening { id, stage, return_to: row.get(3)?, person, began_at, data })
}

fn keep(tx: &mut Tx<'_>, opening: &Opening, event: &'static str) -> Result<&'static str, Refusal> {
    let stage = step(&OPENING, &opening.stage, event)?;
    let data = sealed(tx, opening.person, &opening.data)?;
    tx.execute_one(&sql::SET_OPENING, &params![stage, data, opening.id])?;
    Ok(stage)
}

fn sealed(tx: &mut Tx<'_>, person: PersonId, data: &Data) -> Result<Vec<u8>, Error> {
    let bytes = serde_json::to_vec(data).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.seal(person, COLUMN, &bytes)
}

fn allowed(throttle: Throttle) -> Result<(), Refusal> {
    match throttle {
        Throttle::Allowed => Ok(()),
        Throttle::Wait(seconds) => Err(Refusal::Wait(seconds)),
    }
}

/// First question answered: the ID number.
pub(crate) async fn begin(
    ctx: &Ctx,
    identity: &Identity,
    key: Key,
    number: IdNumber,
    [return_to, address]: [String; 2],
    browser: [u8; 32],
) -> Result<OpeningId, Refusal> {
    let limit = identity.config.limits.openings_per_address_per_hour;
    allowed(throttle::hit(ctx, "identity.opening.address", &address, limit, 3_600).await?)?;
    ctx.write(key, move |tx| {
        let (id, person, now): (OpeningId, PersonId, _) = (tx.mint(), tx.mint(), tx.now());
        let data = Data { number: number.as_str().to_owned(), ..Data::default() };
        let data = sealed(tx, person, &data)?;
        let ends_at = now.plus_seconds(SECONDS);
        tx.execute_one(&sql::INSERT_OPENING, &params![id, person, browser, return_to, data, now, ends_at])?;
        Ok(id)
    })
    .await
}

/// The address as it is counted.
pub(crate) fn counted(address: IpAddr) -> String {
    network(address)
}

/// Second question answered: the day of birth. The registers are asked, and a
/// code is sent if there is exactly one number to send it to.
pub(crate) async fn born(
    ctx: &Ctx,
    identity: &Identity,
    id: OpeningId,
    browser: [u8; 32],
    (typed, host): (Date, String),
) -> Result<(), Refusal> {
    let now = ctx.now();
    let opening = ctx.read(move |read| own(read, id, &browser, now)).await?;
    let number = opening.number()?;
    let limit = identity.config.limits.openings_per_number_per_day;
    allowed(throttle::hit(ctx, "identity.opening.number", number.as_str(), limit, 24 * 3_600).await?)?;
    let limit = Duration::from_millis(identity.config.lookup_limit_ms);
    let found = identity.registry.look_up(ctx, &number, opening.person, limit).await;
    let (event, facts, phones) = judge(found, typed, identity.config.calls);
    // The number's own limit comes first: who asks too often waits, and is told.
    let single = (event == "matched").then(|| phones[0].clone());
    if let Some(phone) = &single {
        count_sms(ctx, identity, phone.as_str()).await?;
    }
    let (locale, sent) = (ctx.locale, single.as_ref().map(|phone| Way::Sms.to(phone)));
    let kept = ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let mut opening = own(tx, id, &browser, now)?;
        opening.data.born = Some(typed.to_string());
        opening.data.phones = phones.iter().map(|phone| phone.as_str().to_owned()).collect();
        opening.data.facts = facts.as_ref().map(stored);
        keep(tx, &opening, event)?;
        match &single {
            Some(phone) => send(tx, &opening, phone, &host, locale),
            None => Ok(()),
        }
    });
    kept.await?;
    if event == "no match" {
        figures::count(ctx, Event::Opening, "", "no_match").await;
    }
    if let Some(way) = sent {
        code::count(ctx, way, "", "opening").await;
    }
    Ok(())
}

/// What a look-up means for somebody who typed this day of birth; a fixed line is a
/// number to send to where somebody makes `calls`.
fn judge(mut found: LookedUp, typed: Date, calls: bool) -> (&'static str, Option<Facts>, Vec<Phone>) {
    if let LookedUp::Known(_, phones) = &mut found {
        phones.retain(|phone| calls || phone.takes_messages());
    }
    match found {
        LookedUp::Silent => ("nothing to send to", None, Vec::new()),
        LookedUp::Known(facts, phones) if facts.alive && facts.born == typed => match phones.len() {
            // What the registry said is not kept: nobody has proven to be the person.
            0 => ("nothing to send to", None, Vec::new()),
            1 => ("matched", Some(*facts), phones),
            _ => ("matched, several numbers", Some(*facts), phones),
        },
        LookedUp::Known(..) | LookedUp::Unknown => ("no match", None, Vec::new()),
    }
}

fn stored(facts: &Facts) -> StoredFacts {
    let name = StoredName::from(&facts.name);
    StoredFacts { arabic: name.arabic, latin: name.latin, born: facts.born.to_string(), version: facts.version.clone() }
}

fn send(tx: &mut Tx<'_>, opening: &Opening, phone: &Phone, host: &str, locale: base::Locale) -> Result<(), Refusal> {
    let about = index_of(tx, &opening.number()?);
    let (deal, person) = (opening.id.to_string(), opening.person);
    Ok(send_in(tx, &Sending { deal, about, person, phone, way: Way::Sms, host, locale })?)
}

/// Of several numbers, the one that the code goes to.
pub(crate) async fn choose(
    ctx: &Ctx,
    identity: &Identity,
    id: OpeningId,
    browser: [u8; 32],
    (choice, host): (usize, String),
) -> Result<(), Refusal> {
    let now = ctx.now();
    let opening = ctx.read(move |read| own(read, id, &browser, now)).await?;
    step(&OPENING, &opening.stage, "chosen")?;
    let phone = opening.data.phones.get(choice).and_then(|phone| Phone::parse(phone)).ok_or(Refusal::Gone)?;
    let target = Target { deal: id.to_string(), phone, host, way: Way::Sms };
    let sent = code::send(ctx, identity, target, ("", "opening"), move |tx| {
        let now = tx.now();
        let mut opening = own(tx, id, &browser, now)?;
        opening.data.chosen = Some(choice);
        keep(tx, &opening, "chosen")?;
        Ok((opening.person, index_of(tx, &opening.number()?)))
    });
    sent.await
}

fn chosen(opening: &Opening) -> Option<Phone> {
    Phone::parse(opening.data.phones.get(opening.data.chosen.unwrap_or(0))?)
}

/// Sends another code to the same number, this way.
pub(crate) async fn resend(
    ctx: &Ctx,
    identity: &Identity,
    id: OpeningId,
    browser: [u8; 32],
    (host, way): (String, Way),
) -> Result<(), Refusal> {
    let now = ctx.now();
    let opening = ctx.read(move |read| own(read, id, &browser, now)).await?;
    let phone = chosen(&opening).filter(|_| opening.stage == "code").ok_or(Refusal::Gone)?;
    let target = Target { deal: id.to_string(), phone, host, way };
    let sent = code::send(ctx, identity, target, ("", "opening"), move |tx| {
        let now = tx.now();
        let opening = own(tx, id, &browser, now)?;
        Ok((opening.person, index_of(tx, &opening.number()?)))
    });
    sent.await
}

/// Tries the code.
pub(crate) async fn code(
    ctx: &Ctx,
    identity: &Identity,
    id: OpeningId,
    browser: [u8; 32],
    typed: &str,
) -> Result<Tried, Refusal> {
    let now = ctx.now();
    let about = ctx
        .read(move |read| {
            let number = own(read, id, &browser, now)?.number()?;
            Ok::<_, Refusal>(index_of(read, &number))
        })
        .await?;
    code::attempt(ctx, identity, (id.to_string(), about), typed, move |tx, tried| {
        let now = tx.now();
        let mut opening = own(tx, id, &browser, now)?;
        step(&OPENING, &opening.stage, "right")?;
        if tried == Tried::Right {
            opening.data.called = code::way_of(tx, &id.to_string())? != Way::Sms;
            keep(tx, &opening, "right")?;
        }
        Ok(())
    })
    .await
}

/// How an opening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ended {
    /// There is an account now, and a session.
    Opened(AccountId, SsoId),
    /// There was one already.
    Refused,
}

/// Last question answered: the password. Its fitness was checked.
pub(crate) async fn password(
    ctx: &Ctx,
    identity: &Identity,
    id: OpeningId,
    browser: [u8; 32],
    (key, typed): (Key, &str),
    [device, network]: [String; 2],
) -> Result<Ended, Refusal> {
    let hash = identity.hasher.hash(typed, ctx.random()).await?;
    let ended = ctx.write(key, move |tx| {
        let now = tx.now();
        let opening = own(tx, id, &browser, now)?;
        let seconds = now.seconds_since(opening.began_at);
        let (level, methods) = match opening.stage.as_str() {
            "proven" => {
                let way = if opening.data.called { Way::Call } else { Way::Sms };
                (Assurance::Substantial, vec![Method::Password, way.method()])
            }
            "low" => (Assurance::Low, vec![Method::Password]),
            _ => return Err(Refusal::Gone),
        };
        let number = opening.number()?;
        let born = opening.data.born.as_deref().and_then(Date::parse).ok_or(Refusal::Gone)?;
        let facts = opening.data.facts.as_ref().and_then(facts_of);
        let phone = chosen(&opening).filter(|_| level > Assurance::Low);
        if has_account(tx, &number, level)? {
            keep(tx, &opening, "has an account")?;
            return Ok((Ended::Refused, "has_account".to_owned(), seconds));
        }
        let account = open_in(
            tx,
            &Opened {
                person: opening.person,
                number: &number,
                born,
                facts: facts.as_ref(),
                phone: phone.as_ref(),
                password: &hash,
                level,
            },
        )?;
        keep(tx, &opening, "password")?;
        let holder = format!("account:{account}");
        let session = crate::sso::begin_in(tx, &holder, assurance_of(level, &methods), &methods, [&device, &network])?;
        Ok::<_, Refusal>((Ended::Opened(account, session), level.as_str().to_owned(), seconds))
    });
    let (ended, outcome, seconds) = ended.await?;
    match ended {
        Ended::Opened(..) => figures::count_opened(ctx, &outcome, seconds).await,
        Ended::Refused => figures::count(ctx, Event::Opening, "", &outcome).await,
    }
    Ok(ended)
}

/// Whether an account is in the way: a proven one always, a `low` one only of
/// another `low` one.
fn has_account(tx: &mut Tx<'_>, number: &IdNumber, level: Assurance) -> Result<bool, Refusal> {
    let there = crate::person::account_of_number(tx, number)?;
    Ok(there.is_some_and(|there| level == Assurance::Low || there.level > Assurance::Low))
}

fn facts_of(kept: &StoredFacts) -> Option<Facts> {
    let name = PersonName { arabic: kept.arabic.clone(), latin: kept.latin.clone() };
    Some(Facts { name, born: Date::parse(&kept.born)?, alive: true, version: kept.version.clone() })
}

/// Removes openings that are over. What was learnt for one that led nowhere is
/// destroyed with its key.
pub(crate) async fn clear(ctx: &Ctx, before: Timestamp) -> Result<(), Error> {
    let over = ctx.read(move |read| read.rows(&sql::OVER_OPENINGS, &params![before])).await?;
    for row in over {
        let (id, person, stage): (OpeningId, PersonId, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let key = Key::new("identity.clear_opening", base::id::to_text(id.bits()));
        let left = OPENING.edges.iter().any(|edge| edge.0 == stage);
        ctx.write(key, move |tx| {
            tx.execute(&sql::DELETE_OPENING, &params![id])?;
            if stage == "opened" { Ok(()) } else { tx.erase(person) }
        })
        .await?;
        if left {
            figures::count(ctx, Event::Opening, "", "left").await;
        }
    }
    Ok(())
}
