//! A company's signatories act for it: the companies' register says who they are
//! and how they sign, each time such a mandate is taken up, and once a day while
//! one is open. What it says ends what cannot be any more.

use std::time::Duration;

use base::{Assurance, Locale, PersonId, Zone};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle;

use super::{Kept, Kind, New, Scope, end, insert_in, kept, mandate, name_of, record_in, tell_in as tell_one_in};
use crate::Identity;
use crate::company::{self, Company};
use crate::messages::Messages;
use crate::model::{MANDATE, Refusal, step};
use crate::registry::{Named, Record, Unanswered};
use crate::security::Owner;
use crate::sign_in::allowed;
use crate::{person, sql};

/// Times that one account may ask, a day.
const ASKED_A_DAY: u32 = 30;
/// How long a signatory may act before they ask the register for it anew, years.
pub(super) const YEARS: i16 = 1;
/// The register is asked about a company after so long, seconds.
const HEARD_SECONDS: i64 = 24 * 3_600;
/// What such a mandate rests on, as it is kept.
const REGISTER: &str = "companies' register";

/// Who signed a mandate in a company's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature {
    /// One or two.
    pub(crate) needed: i64,
    pub(crate) first: PersonId,
    pub(crate) second: Option<PersonId>,
}

pub(crate) fn signature(read: &mut Read<'_>, kept: &Kept) -> Result<Option<Signature>, Error> {
    let row = read.row(&sql::SIGNATURE, &params![kept.id])?;
    row.map(|row| Ok(Signature { needed: row.get(0)?, first: row.get(1)?, second: row.get(2)? })).transpose()
}

/// Open mandates in a company's name, newest first.
pub(crate) fn open_of(read: &mut Read<'_>, company: PersonId) -> Result<Vec<Kept>, Error> {
    read.rows(&sql::OPEN_OF_COMPANY, &params![company])?.iter().map(kept).collect()
}

/// The signatory's own mandate for a company: the one that holds, or that waits
/// for the second signature.
pub(crate) fn own_of(read: &mut Read<'_>, company: PersonId, signatory: PersonId) -> Result<Option<Kept>, Error> {
    let own = |kept: &Kept| kept.kind == Kind::Signatory && kept.agent == Some(signatory);
    Ok(open_of(read, company)?.into_iter().find(own))
}

/// Who sets a company's matters in motion: a citizen who showed two factors.
pub(super) fn signatory(ctx: &Ctx) -> Result<Owner, Refusal> {
    let owner = Owner::of(&ctx.actor).ok_or(Refusal::Gone)?;
    if ctx.actor.assurance() < Assurance::Substantial { Err(Refusal::TooLow) } else { Ok(owner) }
}

/// Asks for the companies that a citizen signs for. For those where each signs
/// alone the right to act is kept at once; says how many there are.
///
/// # Errors
/// [`Refusal::CompaniesSilent`] when the register does not answer: what was kept
/// before stays as it was.
pub(crate) async fn find(ctx: &Ctx, identity: &Identity) -> Result<usize, Refusal> {
    let owner = signatory(ctx)?;
    let account = owner.account.to_string();
    allowed(throttle::hit(ctx, "identity.companies", &account, ASKED_A_DAY, 24 * 3_600).await?)?;
    let signatory = owner.person;
    let number = ctx.read(move |read| person::id_number(read, signatory)).await?.ok_or(Refusal::Gone)?;
    let limit = Duration::from_millis(identity.config.lookup_limit_ms);
    let named = match identity.registry.companies(ctx, &number, signatory, limit).await {
        Ok(named) => named,
        Err(Unanswered::NotFound) => Vec::new(),
        Err(Unanswered::Unavailable(why)) => return Err(silent(&why)),
    };
    let mut count = 0;
    for named in named {
        let company = meet(ctx, named).await?;
        let Some(record) = hear(ctx, identity, &company).await? else { continue };
        count += 1;
        if record.active && !record.jointly {
            let company = company.person;
            ctx.write(Key::once(ctx), move |tx| begin_in(tx, company, signatory, 1)).await?;
        }
    }
    Ok(count)
}

fn silent(why: &str) -> Refusal {
    tracing::warn!(%why, "the companies' register was not heard");
    Refusal::CompaniesSilent
}

async fn meet(ctx: &Ctx, named: Named) -> Result<Company, Refusal> {
    let met = ctx.write(Key::once(ctx), move |tx| company::meet_in(tx, &named).map_err(Refusal::from));
    let company = met.await?;
    ctx.read(move |read| company::company(read, company)).await?.ok_or(Refusal::Gone)
}

/// Asks the register about a company, keeps what it says and ends what cannot be
/// any more. Nothing when it knows no such company.
pub(super) async fn hear(ctx: &Ctx, identity: &Identity, company: &Company) -> Result<Option<Record>, Refusal> {
    let (id, limit) = (company.person, Duration::from_millis(identity.config.lookup_limit_ms));
    let record = match identity.registry.company(ctx, &company.number, id, limit).await {
        Ok(record) => record,
        Err(Unanswered::NotFound) => return Ok(None),
        Err(Unanswered::Unavailable(why)) => return Err(silent(&why)),
    };
    let said = record.clone();
    let doomed = ctx
        .write(Key::once(ctx), move |tx| {
            company::keep_in(tx, id, &said)?;
            doomed(tx, id, &said)
        })
        .await?;
    // Each in a commit of its own: all its people are told in it.
    for one in doomed {
        let ended = ctx.write(Key::once(ctx), move |tx| match mandate(tx, one)? {
            Some(kept) if step(&MANDATE, &kept.stage, end::UNREGISTERED.0).is_ok() => {
                end::end_in(tx, &kept, end::UNREGISTERED, &json!({}))
            }
            _ => Ok(()),
        });
        ended.await?;
    }
    Ok(Some(record))
}

/// Open mandates that the register's word leaves without ground.
fn doomed(tx: &mut Tx<'_>, company: PersonId, record: &Record) -> Result<Vec<base::MandateId>, Refusal> {
    let signatories = company::signatories(tx, company)?;
    let signs = |person: Option<PersonId>| person.is_some_and(|person| signatories.contains(&person));
    let mut doomed = Vec::new();
    for kept in open_of(tx, company)? {
        let signed = signature(tx, &kept)?.ok_or(Refusal::Gone)?;
        let stands = match (kept.kind, kept.stage.as_str()) {
            // What waits for a second signature is of somebody who can sign, where two must.
            (_, "awaiting") => record.jointly && signs(Some(signed.first)),
            (Kind::Signatory, _) => signs(kept.agent) && (!record.jointly || signs(signed.second)),
            // What was given in the company's name is the company's, whoever signs for it later.
            _ => true,
        };
        if !record.active || !stands {
            doomed.push(kept.id);
        }
    }
    Ok(doomed)
}

/// Keeps a signatory's mandate, or begins one that a second has to sign.
fn begin_in(tx: &mut Tx<'_>, company: PersonId, signatory: PersonId, needed: i64) -> Result<(), Refusal> {
    let number = person::id_number(tx, signatory)?.ok_or(Refusal::Gone)?;
    if !company::signs(tx, company, signatory)? {
        return Err(Refusal::NoMandate);
    }
    let today = tx.now().date(Zone::Hebron);
    if own_of(tx, company, signatory)?.is_some_and(|own| own.until >= today) {
        return Ok(());
    }
    let (from, until) = (today.to_string(), today.plus_years(YEARS).to_string());
    let scope = Scope { services: None, ceiling_minor: None, from, until };
    let event = if needed == 2 { "signed by the first of two" } else { "told by the registry" };
    let new = New {
        kind: Kind::Signatory,
        principal: company,
        agent: Some(signatory),
        number: &number,
        basis: Some(REGISTER),
        scope: &scope,
        stage: step(&MANDATE, MANDATE.start, event)?,
    };
    let kept = insert_in(tx, &new)?;
    sign_first_in(tx, &kept, needed, signatory)?;
    let (act, title): (_, fn(Messages, String) -> String) = if needed == 2 {
        ("identity.signature_asked", |m, name| m.signature_asked_title(name))
    } else {
        ("identity.mandate_of_signatory", |m, name| m.mandate_signatory_title(name))
    };
    record_in(tx, &kept, act, &json!({}))?;
    Ok(tell_one_in(tx, &kept, company, act, title)?)
}

/// The first signature under a mandate in a company's name.
pub(super) fn sign_first_in(tx: &mut Tx<'_>, kept: &Kept, needed: i64, first: PersonId) -> Result<(), Error> {
    tx.execute_one(&sql::INSERT_SIGNATURE, &params![kept.id, kept.principal, needed, first])
}

/// A signatory of a company where two sign together asks for the second
/// signature: until then nobody acts.
pub(crate) async fn ask_second(ctx: &Ctx, identity: &Identity, key: Key, company: PersonId) -> Result<(), Refusal> {
    let owner = signatory(ctx)?;
    let account = owner.account.to_string();
    allowed(throttle::hit(ctx, "identity.companies", &account, ASKED_A_DAY, 24 * 3_600).await?)?;
    let record = heard(ctx, identity, company, owner.person).await?;
    if !record.jointly {
        return Err(Refusal::NoMandate);
    }
    ctx.write(key, move |tx| begin_in(tx, company, owner.person, 2)).await
}

/// What the register says now of an active company that somebody signs for.
pub(super) async fn heard(
    ctx: &Ctx,
    identity: &Identity,
    company: PersonId,
    signatory: PersonId,
) -> Result<Record, Refusal> {
    let known = ctx
        .read(move |read| {
            let theirs = company::signs(read, company, signatory)?;
            Ok::<_, Error>(company::company(read, company)?.filter(|_| theirs))
        })
        .await?;
    let known = known.ok_or(Refusal::Gone)?;
    let record = hear(ctx, identity, &known).await?.filter(|record| record.active).ok_or(Refusal::NoMandate)?;
    let still = ctx.read(move |read| company::signs(read, company, signatory)).await?;
    if still { Ok(record) } else { Err(Refusal::NoMandate) }
}

/// Asks again whether a mandate in a company's name still has its ground.
///
/// # Errors
/// [`Refusal::CompaniesSilent`] when the register does not answer,
/// [`Refusal::NoMandate`] when it says no; the mandate ended then.
pub(super) async fn is_still(ctx: &Ctx, identity: &Identity, kept: &Kept) -> Result<(), Refusal> {
    let (id, principal, today) = (kept.id, kept.principal, ctx.now().date(Zone::Hebron));
    let known = ctx.read(move |read| company::company(read, principal)).await?.ok_or(Refusal::NoMandate)?;
    hear(ctx, identity, &known).await?.filter(|record| record.active).ok_or(Refusal::NoMandate)?;
    let holds = ctx.read(move |read| Ok::<_, Error>(mandate(read, id)?.is_some_and(|kept| kept.holds_on(today))));
    if holds.await? { Ok(()) } else { Err(Refusal::NoMandate) }
}

/// Asks about companies that are acted for and of which nothing was heard for a
/// day. A silent register ends nothing: it is asked again.
pub(crate) async fn ask_again(ctx: &Ctx, identity: &Identity) -> Result<(), Error> {
    let since = ctx.now().plus_seconds(-HEARD_SECONDS);
    for one in ctx.read(move |read| company::unheard(read, since)).await? {
        match hear(ctx, identity, &one).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::warn!(company = %one.person, "the companies' register does not know a company any more")
            }
            // The next run begins with the same one.
            Err(Refusal::CompaniesSilent) => return Ok(()),
            Err(Refusal::Store(error)) => return Err(error),
            Err(other) => return Err(Error::Corrupt(other.to_string())),
        }
    }
    Ok(())
}

/// Takes back what a person gave in a company's name, and their signatures under
/// what others do for it: somebody else may have been in their account.
pub(super) async fn take_back_signed(ctx: &Ctx, signatory: PersonId) -> Result<(), Refusal> {
    let rows = ctx.read(move |read| read.rows(&sql::OPEN_SIGNED_BY, &params![signatory])).await?;
    for row in rows {
        let id = row.get(0)?;
        ctx.write(Key::once(ctx), move |tx| match mandate(tx, id)? {
            Some(kept) if step(&MANDATE, &kept.stage, end::REVOKED.0).is_ok() => {
                end::end_in(tx, &kept, end::REVOKED, &json!({ "why": "the account was not safe" }))
            }
            _ => Ok(()),
        })
        .await?;
    }
    Ok(())
}

/// Tells the signatories of a mandate's company, but for whoever acts under it.
pub(super) fn tell_in(
    tx: &mut Tx<'_>,
    kept: &Kept,
    topic: &'static str,
    title: fn(Messages, String) -> String,
) -> Result<(), Error> {
    let mut titles = Vec::new();
    for locale in Locale::all() {
        let (m, agent) = (Messages::new(locale), agent_of(tx, kept, locale)?);
        titles.push(title(m, m.for_company(agent, name_of(tx, kept.principal, locale)?)));
    }
    for signatory in company::signatories(tx, kept.principal)? {
        if kept.agent == Some(signatory) {
            continue;
        }
        notify::notice_in(
            tx,
            &notify::Notice {
                person: signatory,
                topic,
                about: kept.object(),
                link: "/account/companies".to_owned(),
                title: titles.clone(),
                body: Locale::all().map(|locale| Messages::new(locale).company_notice().to_owned()).collect(),
                short: Messages::new(Locale::AR).mandate_short().to_owned(),
            },
        )?;
    }
    Ok(())
}

/// How a company's people call whoever acts, or shall act, for it.
pub(crate) fn agent_of(read: &mut Read<'_>, kept: &Kept, locale: Locale) -> Result<String, Error> {
    match kept.agent {
        Some(agent) => name_of(read, agent, locale),
        None => Ok(Messages::new(locale).mandate_number_ending(kept.tail(read)?)),
    }
}

/// What a leaf says of who signed.
pub(super) fn signed(signature: &Signature) -> Value {
    json!({ "needed": signature.needed, "first": signature.first, "second": signature.second })
}
