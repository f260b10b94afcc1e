//! One-time codes by SMS or by a call: six digits, ten minutes, five tries, bound
//! to one transaction. What is counted for a person is counted elsewhere
//! (`web::throttle`), so that a new code starts no counter again, and neither way
//! starts the other's.

use base::id::TypedId;
use base::{Locale, PersonId, Phone};
use notify::Channel;
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle;

use crate::figures::{self, Event};
use crate::messages::Messages;
use crate::model::{CODE, CodeId, Method, Refusal, step};
use crate::sign_in::{count_code, count_sms};
use crate::{Identity, sql};

/// How long a code holds, seconds.
pub const SECONDS: i64 = 600;
/// Wrong tries that a code bears.
pub const TRIES: u32 = 5;

/// How a code travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// A text message.
    #[default]
    Sms,
    /// A call that speaks it, for who asked for one.
    Call,
    /// A call, since the number is a fixed line.
    Line,
}

impl Way {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Call => "call",
            Self::Line => "line",
        }
    }
    fn parse(word: &str) -> Option<Self> {
        [Self::Sms, Self::Call, Self::Line].into_iter().find(|way| way.as_str() == word)
    }
    /// This way, if the number can be reached by it.
    pub(crate) fn to(self, phone: &Phone) -> Self {
        match (phone.takes_messages(), self) {
            (false, _) => Self::Line,
            (true, Self::Line) => Self::Call,
            (true, way) => way,
        }
    }
    pub(crate) const fn method(self) -> Method {
        match self {
            Self::Sms => Method::Sms,
            Self::Call | Self::Line => Method::Call,
        }
    }
    const fn channel(self) -> Channel {
        match self {
            Self::Sms => Channel::Sms,
            Self::Call | Self::Line => Channel::Voice,
        }
    }
}

/// Counts a code that was sent, for the officers' figures.
pub(crate) async fn count(ctx: &Ctx, way: Way, client: &str, detail: &str) {
    let event = if way == Way::Sms { Event::Sms } else { Event::Call };
    figures::count(ctx, event, client, detail).await;
}

/// A number and how a code comes to it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// What the code proves.
    pub(crate) deal: String,
    pub(crate) phone: Phone,
    /// The portal's host.
    pub(crate) host: String,
    pub(crate) way: Way,
}

/// Where a code goes, for what, and in which words.
pub(crate) struct Sending<'a> {
    /// The opening or the authorization that it proves.
    pub(crate) deal: String,
    /// The blind index of the ID number that it is about.
    pub(crate) about: Vec<u8>,
    /// Under whose key the message lies until it is sent.
    pub(crate) person: PersonId,
    pub(crate) phone: &'a Phone,
    pub(crate) way: Way,
    /// The portal's host, for the line that binds the code to it.
    pub(crate) host: &'a str,
    pub(crate) locale: Locale,
}

/// How a try went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tried {
    Right,
    Wrong,
    /// Over, used, locked or never sent: only another one helps.
    Dead,
}

/// Sends a new code; earlier ones of the same transaction end.
pub(crate) fn send_in(tx: &mut Tx<'_>, sending: &Sending<'_>) -> Result<(), Error> {
    let id: CodeId = tx.mint();
    let code = new_code(tx.random());
    let (hash, now, way) = (hash(tx, id, &code), tx.now(), sending.way.to(sending.phone));
    tx.execute(&sql::REPLACE_CODES, &params![sending.deal])?;
    tx.execute_one(
        &sql::INSERT_CODE,
        &params![
            id,
            sending.deal,
            sending.about,
            hash,
            sending.phone.tail(),
            now,
            now.plus_seconds(SECONDS),
            way.as_str()
        ],
    )?;
    let m = Messages::new(sending.locale);
    if way != Way::Sms {
        let text = m.call_code(spoken(&code, sending.locale).as_str());
        return notify::voice_in(tx, sending.person, sending.phone, &text, sending.locale);
    }
    let words = m.sms_code(code.as_str());
    // The last line lets a phone offer the code on this site only (WICG origin-bound one-time codes).
    let text = format!("{words}\n\n@{} #{code}", sending.host);
    notify::sms_in(tx, sending.person, sending.phone, &text)
}

/// Six digits, each as likely as another.
fn new_code(random: [u8; 16]) -> String {
    format!("{:06}", u128::from_be_bytes(random) % 1_000_000)
}

/// The digits as a voice says them, one by one: `4, 0, 7, …`.
fn spoken(code: &str, locale: Locale) -> String {
    let comma = if locale == Locale::EN { ", " } else { "، " };
    code.chars().map(String::from).collect::<Vec<_>>().join(comma)
}

fn hash(read: &Read<'_>, id: CodeId, code: &str) -> Vec<u8> {
    // Keyed: a million codes are quickly tried against a hash that is not.
    read.blind("identity.code", &format!("{}:{code}", base::id::to_text(id.bits())))
}

/// Tries what was typed against the latest code of a transaction, which must be
/// about this person.
pub(crate) fn try_in(tx: &mut Tx<'_>, deal: &str, about: &[u8], typed: &str) -> Result<Tried, Refusal> {
    let Some(row) = tx.row(&sql::CODE, &params![deal])? else { return Ok(Tried::Dead) };
    let (id, kept): (CodeId, Vec<u8>) = (row.get(0)?, row.get(2)?);
    let (ends_at, tries): (base::Timestamp, u32) = (row.get(4)?, row.get(5)?);
    let stage: String = row.get(6)?;
    if stage != "sent" || ends_at <= tx.now() || row.get::<Vec<u8>>(1)? != about {
        return Ok(Tried::Dead);
    }
    let right = seal::digest::equal(&hash(tx, id, typed), &kept);
    let tries = tries + u32::from(!right);
    let (stage, tried) = match (right, tries) {
        (true, _) => (step(&CODE, &stage, "right")?, Tried::Right),
        (false, TRIES..) => (step(&CODE, &stage, "five wrong")?, Tried::Dead),
        (false, _) => (CODE.start, Tried::Wrong),
    };
    tx.execute_one(&sql::SET_CODE, &params![tries, stage, id])?;
    Ok(tried)
}

/// What somebody typed is tried in one commit, after it was counted for the
/// person; `then` goes on in that commit, or refuses it. A right code ends the
/// count.
pub(crate) async fn attempt(
    ctx: &Ctx,
    identity: &Identity,
    (deal, about): (String, Vec<u8>),
    typed: &str,
    then: impl Fn(&mut Tx<'_>, Tried) -> Result<(), Refusal> + Send + Sync + 'static,
) -> Result<Tried, Refusal> {
    count_code(ctx, identity, &about).await?;
    let typed = base::digits::only_digits(typed).unwrap_or_default();
    let counted = seal::digest::hex(&about);
    let tried = ctx
        .write(Key::once(ctx), move |tx| {
            let tried = try_in(tx, &deal, &about, &typed)?;
            then(tx, tried)?;
            Ok::<_, Refusal>(tried)
        })
        .await?;
    if tried == Tried::Right {
        throttle::clear(ctx, "identity.code", &counted).await?;
    }
    Ok(tried)
}

/// A code goes to a number after that was counted; `first` goes before it in
/// the same commit, and says under whose key and about which number it goes.
/// `client` and `detail` are for the officers' figures.
pub(crate) async fn send(
    ctx: &Ctx,
    identity: &Identity,
    target: Target,
    (client, detail): (&str, &str),
    first: impl Fn(&mut Tx<'_>) -> Result<(PersonId, Vec<u8>), Refusal> + Send + Sync + 'static,
) -> Result<(), Refusal> {
    let (locale, way) = (ctx.locale, target.way.to(&target.phone));
    reachable(identity, way)?;
    count_sms(ctx, identity, target.phone.as_str()).await?;
    ctx.write(Key::once(ctx), move |tx| {
        let (person, about) = first(tx)?;
        let Target { deal, phone, host, .. } = &target;
        Ok::<_, Refusal>(send_in(tx, &Sending { deal: deal.clone(), about, person, phone, way, host, locale })?)
    })
    .await?;
    count(ctx, way, client, detail).await;
    Ok(())
}

/// Refuses a call where nobody can make one.
pub(crate) fn reachable(identity: &Identity, way: Way) -> Result<(), Refusal> {
    if way == Way::Sms || identity.config.calls { Ok(()) } else { Err(Refusal::Gone) }
}

/// Where the latest code of a transaction went.
#[derive(Debug, Clone, Default)]
pub(crate) struct OnItsWay {
    /// The last two digits of the number, or nothing.
    pub(crate) tail: String,
    pub(crate) way: Way,
    /// What goes this way does not get through now.
    pub(crate) late: bool,
}

/// The latest code of a transaction.
pub(crate) async fn on_its_way(ctx: &Ctx, deal: String) -> Result<OnItsWay, Error> {
    let now = ctx.now();
    ctx.read(move |read| {
        let way = way_of(read, &deal)?;
        let tail = read.row(&sql::CODE, &params![deal])?.map(|row| row.get(3)).transpose()?;
        let late = notify::is_late(read, way.channel(), now)?;
        Ok(OnItsWay { tail: tail.unwrap_or_default(), way, late })
    })
    .await
}

/// How the latest code of a transaction went; by SMS where there is none.
pub(crate) fn way_of(read: &mut Read<'_>, deal: &str) -> Result<Way, Error> {
    let word: Option<String> = read.row(&sql::CODE, &params![deal])?.map(|row| row.get(7)).transpose()?;
    Ok(word.as_deref().and_then(Way::parse).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_says_the_digits_one_by_one() {
        assert_eq!(spoken("407012", Locale::EN), "4, 0, 7, 0, 1, 2");
        assert_eq!(spoken("407012", Locale::AR), "4، 0، 7، 0، 1، 2");
    }

    #[test]
    fn a_fixed_line_is_rung_whatever_was_asked() {
        for (number, asked, way) in [
            ("0599123456", Way::Sms, Way::Sms),
            ("0599123456", Way::Call, Way::Call),
            ("0599123456", Way::Line, Way::Call),
            ("022961234", Way::Sms, Way::Line),
            ("022961234", Way::Call, Way::Line),
        ] {
            assert_eq!(asked.to(&Phone::parse(number).unwrap()), way, "{number}");
            assert_eq!(Way::parse(way.as_str()), Some(way));
        }
    }

    #[test]
    fn a_code_has_six_digits() {
        assert_eq!(new_code([0; 16]), "000000");
        for byte in 0..=255 {
            let code = new_code([byte; 16]);
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }
}
