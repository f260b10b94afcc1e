//! Signing in at the provider: number and password, then a code; for officers
//! name, password and one-time password. Wrong and unknown do the same work
//! and hear the same words.

use std::net::IpAddr;

use audit::Leaf;
use base::{AccountId, Assurance, IdNumber, OfficerId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Key, Tx, params};
use web::throttle::{self, Throttle};

use crate::Identity;
use crate::authorize::{Authorization, own, prove_in};
use crate::code::{self, Target, Tried, Way};
use crate::factors::{self, By};
use crate::holder::Holder;
use crate::model::{AUTHORIZATION, Account, AuthorizationId, Method, Refusal, SsoId, assurance_of, step};
use crate::officer::{self, factors_of};
use crate::person::{self, account_of_number, password_of};
use crate::{authenticator, certificate, sheet, spending, sql};

/// Where somebody stands who signs in.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) id: AuthorizationId,
    /// The hash of the browser that began it.
    pub(crate) browser: [u8; 32],
    pub(crate) address: IpAddr,
    /// The portal's host, for the line that binds a code to it.
    pub(crate) host: String,
    /// The kind of browser and system.
    pub(crate) device: String,
    /// The name of the network, as the table has it.
    pub(crate) network: String,
    /// The session that the new one takes the place of.
    pub(crate) former: Option<SsoId>,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Not right; try again.
    Wrong,
    /// No code is open any more; only another one helps.
    Dead,
    /// The password was right, a code is on its way (or was, a moment ago).
    Code,
    /// Signed in, with this session.
    Done(SsoId),
}

/// What a counter says, as a refusal.
pub(crate) fn allowed(throttle: Throttle) -> Result<(), Refusal> {
    match throttle {
        Throttle::Allowed => Ok(()),
        Throttle::Wait(seconds) => Err(Refusal::Wait(seconds)),
    }
}

/// Counts a try under a name and from an address (facts, identity §3.4).
pub(crate) async fn count_try(ctx: &Ctx, identity: &Identity, name: &str, address: IpAddr) -> Result<(), Refusal> {
    let limits = &identity.config.limits;
    let address = network(address);
    let pair = format!("{name}\0{address}");
    allowed(throttle::hit(ctx, "identity.address", &address, limits.address_per_minute, 60).await?)?;
    allowed(throttle::hit(ctx, "identity.pair", &pair, limits.pair_per_minute, 60).await?)?;
    allowed(throttle::hit(ctx, "identity.spray", &pair, limits.pair_per_half_day, 12 * 3_600).await?)?;
    allowed(throttle::hit(ctx, "identity.name", name, limits.failures_in_a_row, 24 * 3_600).await?)
}

/// One address, or the /64 that a host of IPv6 has.
pub(crate) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    }
}

/// Citizen, first step: number and password.
pub(crate) async fn password(
    ctx: &Ctx,
    identity: &Identity,
    desk: &Desk,
    number: &IdNumber,
    typed: &str,
) -> Result<Step, Refusal> {
    count_try(ctx, identity, number.as_str(), desk.address).await?;
    let (id, browser, now, asked_number) = (desk.id, desk.browser, ctx.now(), number.clone());
    let (found, kept) = ctx
        .read(move |read| {
            own(read, id, &browser, now)?;
            let account = account_of_number(read, &asked_number)?;
            let kept = account.as_ref().map(|account| password_of(read, account)).transpose()?.flatten();
            Ok::<_, Refusal>((account, kept))
        })
        .await?;
    let right = identity.hasher.matches(typed, kept).await?;
    let Some(account) = found.filter(|_| right) else {
        return failed(ctx, number.as_str(), desk, "password").await;
    };
    throttle::clear(ctx, "identity.name", number.as_str()).await?;
    let there = account.clone();
    let (ways, certified) = ctx
        .read(move |read| {
            Ok::<_, store::Error>((factors::ways(read, &there)?, certificate::is_there(read, there.id, now)?))
        })
        .await?;
    if ways.is_empty() && !(certified && identity.personal().is_some()) {
        return finish(ctx, desk, account.id, vec![Method::Password]).await;
    }
    know(ctx, desk, account.id).await?;
    if ways.first() != Some(&By::Sms) {
        return Ok(Step::Code);
    }
    send(ctx, identity, desk, Way::Sms).await.or_else(|refusal| match refusal {
        // A code that was sent a moment ago still serves.
        Refusal::Wait(_) => Ok(Step::Code),
        other => Err(other),
    })
}

/// Records a failure. Who has no account has no leaf of their own, and the
/// write is made all the same.
pub(crate) async fn failed(ctx: &Ctx, number: &str, desk: &Desk, factor: &'static str) -> Result<Step, Refusal> {
    let (number, network) = (number.to_owned(), desk.network.clone());
    ctx.write(Key::once(ctx), move |tx| {
        let number = IdNumber::parse(&number);
        let account = number.map(|number| account_of_number(tx, &number)).transpose()?.flatten();
        let object = account.as_ref().map_or("account:unknown".to_owned(), |account| format!("account:{}", account.id));
        let mut leaf =
            Leaf::new("identity.sign_in_failed", object).with(json!({ "factor": factor, "network": network }));
        leaf.subject = account.map(|account| account.person);
        audit::record_in(tx, &leaf)?;
        Ok::<_, Refusal>(())
    })
    .await?;
    Ok(Step::Wrong)
}

async fn know(ctx: &Ctx, desk: &Desk, account: AccountId) -> Result<(), Refusal> {
    let desk = desk.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let there = own(tx, desk.id, &desk.browser, now)?;
        let holder = format!("account:{account}");
        // Who went back may be another of the same house; the same one clicked twice.
        let another = there.stage == "known" && there.holder.as_ref() != Some(&holder);
        let event = if another { "another's password" } else { "password" };
        let stage = step(&AUTHORIZATION, &there.stage, event)?;
        tx.execute_one(&sql::KNOW, &params![stage, holder, desk.id])?;
        Ok::<_, Refusal>(())
    })
    .await
}

/// The account whose password was right in this authorization.
async fn known(ctx: &Ctx, desk: &Desk) -> Result<(Authorization, Account), Refusal> {
    let (id, browser, now) = (desk.id, desk.browser, ctx.now());
    ctx.read(move |read| {
        let there = own(read, id, &browser, now)?;
        let account = there.holder.as_deref().and_then(account_id).filter(|_| there.stage == "known");
        let account = person::account(read, account.ok_or(Refusal::Gone)?)?;
        let account = account.filter(|account| account.stage == "open").ok_or(Refusal::Gone)?;
        Ok((there, account))
    })
    .await
}

/// The account that a holder is.
pub(crate) fn account_id(holder: &str) -> Option<AccountId> {
    holder.strip_prefix("account:")?.parse().ok()
}

/// Sends a code to the account's number.
pub(crate) async fn send(ctx: &Ctx, identity: &Identity, desk: &Desk, way: Way) -> Result<Step, Refusal> {
    let (there, account) = known(ctx, desk).await?;
    let Some(phone) = account.phone else { return Err(Refusal::Gone) };
    if account.level == Assurance::Low {
        spending::count_unproven(ctx, identity, &phone).await?;
    }
    let target = Target { deal: desk.id.to_string(), phone, host: desk.host.clone(), way };
    let (desk, person) = (desk.clone(), account.person);
    let sent = code::send(ctx, identity, target, (&there.client, "sign_in"), move |tx| {
        let now = tx.now();
        own(tx, desk.id, &desk.browser, now)?;
        Ok((person, about(tx, person)?))
    });
    sent.await?;
    Ok(Step::Code)
}

/// Counts a message or a call to a number: nobody's telephone is made to ring all
/// night, and nobody pumps messages at the state's cost.
pub(crate) async fn count_sms(ctx: &Ctx, identity: &Identity, phone: &str) -> Result<(), Refusal> {
    let limits = &identity.config.limits;
    allowed(throttle::hit(ctx, "identity.sms.pause", phone, 1, limits.sms_pause_seconds).await?)?;
    allowed(throttle::hit(ctx, "identity.sms.hour", phone, limits.sms_per_hour, 3_600).await?)?;
    allowed(throttle::hit(ctx, "identity.sms.day", phone, limits.sms_per_day, 24 * 3_600).await?)?;
    spending::count_abroad(ctx, identity, phone).await
}

/// Counts a try of a code about a person, whichever code it is.
pub(crate) async fn count_code(ctx: &Ctx, identity: &Identity, about: &[u8]) -> Result<(), Refusal> {
    let limit = identity.config.limits.code_tries_per_person;
    allowed(throttle::hit(ctx, "identity.code", &seal::digest::hex(about), limit, 600).await?)
}

/// The blind index of the number of an account's person.
pub(crate) fn about(read: &mut store::Read<'_>, person: base::PersonId) -> Result<Vec<u8>, Refusal> {
    Ok(read.row(&sql::CLAIMED, &params![person])?.ok_or(Refusal::Gone)?.get(0)?)
}

/// Citizen, second step: a code, of the SMS, the app or the sheet.
pub(crate) async fn code(ctx: &Ctx, identity: &Identity, desk: &Desk, by: By, typed: &str) -> Result<Step, Refusal> {
    let (_, account) = known(ctx, desk).await?;
    let (id, person) = (account.id, account.person);
    let counted = ctx.read(move |read| about(read, person)).await?;
    count_code(ctx, identity, &counted).await?;
    let (deal, typed, proven) = (desk.id.to_string(), typed.to_owned(), counted.clone());
    let network = desk.network.clone();
    let (tried, way) = ctx
        .write(Key::once(ctx), move |tx| {
            let right_or_not = |right: bool| if right { Tried::Right } else { Tried::Wrong };
            let tried = match by {
                By::Sms => {
                    let typed = base::digits::only_digits(&typed).unwrap_or_default();
                    code::try_in(tx, &deal, &proven, &typed)?
                }
                By::App => right_or_not(authenticator::take_in(tx, id, person, &typed)?),
                By::Sheet => right_or_not(sheet::take_in(tx, id, &typed)?),
            };
            if tried != Tried::Right {
                let leaf = Leaf::new("identity.sign_in_failed", format!("account:{id}")).about(person);
                audit::record_in(tx, &leaf.with(json!({ "factor": by.as_str(), "network": network })))?;
            }
            Ok::<_, Refusal>((tried, code::way_of(tx, &deal)?))
        })
        .await?;
    match tried {
        Tried::Wrong => Ok(Step::Wrong),
        Tried::Dead => Ok(Step::Dead),
        Tried::Right => {
            throttle::clear(ctx, "identity.code", &seal::digest::hex(&counted)).await?;
            let method = if by == By::Sms { way.method() } else { by.method() };
            finish(ctx, desk, account.id, vec![Method::Password, method]).await
        }
    }
}

/// The ways to show the second factor of whoever stands before it.
pub(crate) async fn ways(ctx: &Ctx, desk: &Desk) -> Result<Vec<By>, Refusal> {
    let (_, account) = known(ctx, desk).await?;
    Ok(ctx.read(move |read| factors::ways(read, &account)).await?)
}

/// Citizen, instead of the second step: going on as `low`.
pub(crate) async fn without_code(ctx: &Ctx, desk: &Desk) -> Result<Step, Refusal> {
    let (_, account) = known(ctx, desk).await?;
    finish(ctx, desk, account.id, vec![Method::Password]).await
}

async fn finish(ctx: &Ctx, desk: &Desk, account: AccountId, methods: Vec<Method>) -> Result<Step, Refusal> {
    let desk = desk.clone();
    ctx.write(Key::once(ctx), move |tx| {
        let there = person::account(tx, account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)?;
        finish_account_in(tx, &desk, &there, &methods)
    })
    .await
}

/// Begins a citizen's session in the caller's commit.
pub(crate) fn finish_account_in(
    tx: &mut Tx<'_>,
    desk: &Desk,
    there: &Account,
    methods: &[Method],
) -> Result<Step, Refusal> {
    let level = assurance_of(there.level, methods);
    let leaf = Leaf::new("identity.signed_in", format!("account:{}", there.id)).about(there.person);
    finish_in(tx, desk, &format!("account:{}", there.id), level, methods, leaf)
}

/// Begins an officer's session in the caller's commit.
pub(crate) fn finish_officer_in(
    tx: &mut Tx<'_>,
    desk: &Desk,
    id: OfficerId,
    methods: &[Method],
) -> Result<Step, Refusal> {
    let holder = format!("officer:{id}");
    let leaf = Leaf::new("identity.signed_in", holder.clone());
    finish_in(tx, desk, &holder, assurance_of(officer::LEVEL, methods), methods, leaf)
}

fn finish_in(
    tx: &mut Tx<'_>,
    desk: &Desk,
    holder: &str,
    level: Assurance,
    methods: &[Method],
    leaf: Leaf,
) -> Result<Step, Refusal> {
    let now = tx.now();
    let there = own(tx, desk.id, &desk.browser, now)?;
    if let Some(former) = desk.former {
        crate::sso::end_in(tx, former, "replaced", Some(holder))?;
    }
    let session = crate::sso::begin_in(tx, holder, level, methods, [&desk.device, &desk.network])?;
    let client = crate::client::client(tx, &there.client)?.ok_or(Refusal::Gone)?;
    let meant = there.asked.means(|domain, value| tx.blind(domain, value), &client, holder);
    let named = there.asked.mandate.is_some() || !meant;
    if named || crate::consent::is_needed(tx, &client, &there.asked, account_id(holder))? {
        // The consent page goes on from here, by the session.
        let stage = if there.stage == "known" { "known" } else { step(&AUTHORIZATION, &there.stage, "password")? };
        tx.execute_one(&sql::KNOW, &params![stage, holder, desk.id])?;
    } else {
        prove_in(tx, desk.id, (holder, session), None)?;
    }
    let (methods, client, network) = (Method::join(methods), &there.client, &desk.network);
    let detail = json!({ "level": level.as_str(), "methods": methods, "client": client, "network": network });
    audit::record_in(tx, &leaf.with(detail))?;
    Ok(Step::Done(session))
}

/// Officer: name, password and one-time password at once, so that no answer
/// says which of them was wrong.
pub(crate) async fn officer(
    ctx: &Ctx,
    identity: &Identity,
    desk: &Desk,
    [username, typed, one_time]: [&str; 3],
) -> Result<Step, Refusal> {
    count_try(ctx, identity, &format!("officer\0{username}"), desk.address).await?;
    let name = username.to_owned();
    let factors = ctx.read(move |read| factors_of(read, &name)).await?;
    let (officer, kept) = factors.map_or((None, None), |factors| (Some(factors.officer), factors.password));
    let right = identity.hasher.matches(typed, kept).await?;
    let (one_time, desk) = (one_time.to_owned(), desk.clone());
    let done = ctx
        .write(Key::once(ctx), move |tx| {
            let now = tx.now();
            own(tx, desk.id, &desk.browser, now)?;
            let taken = match officer.filter(|_| right) {
                Some(officer) => authenticator::take_of_in(tx, Holder::Officer(officer), &one_time)?.then_some(officer),
                None => None,
            };
            let Some(officer) = taken else {
                let object = officer.map_or("officer:unknown".to_owned(), |officer| format!("officer:{officer}"));
                audit::record_in(tx, &Leaf::new("identity.sign_in_failed", object))?;
                return Ok(Step::Wrong);
            };
            finish_officer_in(tx, &desk, officer, &[Method::Password, Method::Otp])
        })
        .await?;
    if matches!(done, Step::Done(_)) {
        throttle::clear(ctx, "identity.name", &format!("officer\0{username}")).await?;
    }
    Ok(done)
}
