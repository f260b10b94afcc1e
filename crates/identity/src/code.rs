//! One-time codes by SMS: six digits, ten minutes, five tries, bound to one
//! transaction. What is counted for a person is counted elsewhere
//! (`web::throttle`), so that a new code starts no counter again.

use base::id::TypedId;
use base::{Locale, PersonId, Phone};
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle;

use crate::messages::Messages;
use crate::model::{CODE, CodeId, Refusal, step};
use crate::sign_in::{count_code, count_sms};
use crate::{Identity, sql};

/// How long a code holds, seconds.
pub const SECONDS: i64 = 600;
/// Wrong tries that a code bears.
pub const TRIES: u32 = 5;

/// Where a code goes, for what, and in which words.
pub(crate) struct Sending<'a> {
    /// The opening or the authorization that it proves.
    pub(crate) deal: String,
    /// The blind index of the ID number that it is about.
    pub(crate) about: Vec<u8>,
    /// Under whose key the message lies until it is sent.
    pub(crate) person: PersonId,
    pub(crate) phone: &'a Phone,
    /// The portal's host, for the line that binds the code to it.
    pub(crate) host: &'a str,
    pub(crate) locale: Locale,
}

/// How a try went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Tried {
    Right,
    Wrong,
    /// Over, used, locked or never sent: only another one helps.
    Dead,
}

/// A new code of a transaction; earlier ones end. `tail` is what a page may show
/// of where it goes.
fn make_in(tx: &mut Tx<'_>, deal: &str, about: &[u8], tail: &str) -> Result<String, Error> {
    let id: CodeId = tx.mint();
    let code = new_code(tx.random());
    let (hash, now) = (hash(tx, id, &code), tx.now());
    tx.execute(&sql::REPLACE_CODES, &params![deal])?;
    tx.execute_one(&sql::INSERT_CODE, &params![id, deal, about, hash, tail, now, now.plus_seconds(SECONDS)])?;
    Ok(code)
}

/// Sends a new code by e-mail: it shows that an address is read, and signs nobody in.
pub(crate) fn send_by_email_in(
    tx: &mut Tx<'_>,
    (deal, about): (&str, &[u8]),
    (person, address): (PersonId, &str),
    locale: Locale,
) -> Result<(), Error> {
    let (code, m) = (make_in(tx, deal, about, "")?, Messages::new(locale));
    let text = format!("{}\n\n{}", m.email_code(code.as_str()), m.email_code_other());
    notify::email_in(tx, person, address, m.email_code_subject(), &text)
}

/// Sends a new code; earlier ones of the same transaction end.
pub(crate) fn send_in(tx: &mut Tx<'_>, sending: &Sending<'_>) -> Result<(), Error> {
    let code = make_in(tx, &sending.deal, &sending.about, sending.phone.tail())?;
    let words = Messages::new(sending.locale).sms_code(code.as_str());
    // The last line lets a phone offer the code on this site only (WICG origin-bound one-time codes).
    let text = format!("{words}\n\n@{} #{code}", sending.host);
    notify::sms_in(tx, sending.person, sending.phone, &text)
}

/// Six digits, each as likely as another.
fn new_code(random: [u8; 16]) -> String {
    format!("{:06}", u128::from_be_bytes(random) % 1_000_000)
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
pub(crate) async fn send(
    ctx: &Ctx,
    identity: &Identity,
    (deal, phone, host): (String, Phone, String),
    first: impl Fn(&mut Tx<'_>) -> Result<(PersonId, Vec<u8>), Refusal> + Send + Sync + 'static,
) -> Result<(), Refusal> {
    count_sms(ctx, identity, phone.as_str()).await?;
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        let (person, about) = first(tx)?;
        Ok(send_in(tx, &Sending { deal: deal.clone(), about, person, phone: &phone, host: &host, locale })?)
    })
    .await
}

/// The last two digits of the number that the latest code went to, or nothing;
/// and whether text messages are late just now.
pub(crate) async fn on_its_way(ctx: &Ctx, deal: String) -> Result<(String, bool), Error> {
    let now = ctx.now();
    ctx.read(move |read| {
        let tail = read.row(&sql::CODE, &params![deal])?.map(|row| row.get(3)).transpose()?;
        Ok((tail.unwrap_or_default(), notify::is_late(read, notify::Channel::Sms, now)?))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits() {
        assert_eq!(new_code([0; 16]), "000000");
        for byte in 0..=255 {
            let code = new_code([byte; 16]);
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }
}
