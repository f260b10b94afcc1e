//! A guardianship, a power of attorney or a certificate of inheritance that was
//! shown at a counter: one officer proposes, another approves.

use std::time::Duration;

use base::{Date, IdNumber, PersonId};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Tx};

use super::{Kind, New, Scope, give, insert_in, record_in, tell_in};
use crate::Identity;
use crate::model::{MANDATE, Refusal, step};
use crate::person;
use crate::proposal::Change;
use crate::registry::Unanswered;

/// The longest time, years: longer ones are shown again.
const YEARS: i16 = 10;
/// Longest reference of a document, characters.
pub(crate) const DOCUMENT_CHARS: usize = 200;

/// What was shown at the counter.
pub(crate) struct Shown {
    pub(crate) kind: Kind,
    pub(crate) principal: IdNumber,
    pub(crate) agent: IdNumber,
    pub(crate) document: String,
    pub(crate) scope: Scope,
}

/// The change to propose: who the two are is asked of the registry and of the
/// accounts first.
///
/// # Errors
/// [`Refusal::Silent`] when the registry does not answer, [`Refusal::Unfit`] when
/// it knows nobody of that number, or says that they live and an heir came (or
/// the other way round), or when the agent has no proven account.
pub(crate) async fn prepare(ctx: &Ctx, identity: &Identity, shown: Shown) -> Result<Change, Refusal> {
    if shown.principal == shown.agent {
        return Err(Refusal::Unfit("oneself"));
    }
    let (principal, agent) = (shown.principal.clone(), shown.agent.clone());
    let known = ctx
        .read(move |read| {
            let agent = person::person_of_id_number(read, &agent)?;
            let account = agent.map(|agent| person::account_of(read, agent)).transpose()?.flatten();
            let agent = account.filter(|account| account.stage == "open").map(|account| account.person);
            Ok::<_, Error>((person::person_of_id_number(read, &principal)?, agent))
        })
        .await?;
    let (Some(agent), minted) = (known.1, known.0.unwrap_or_else(|| ctx.mint())) else {
        return Err(Refusal::Unfit("agent"));
    };
    let limit = Duration::from_millis(identity.config.lookup_limit_ms);
    let facts = match identity.registry.represented(ctx, &shown.principal, minted, limit).await {
        Ok(facts) => facts,
        Err(Unanswered::NotFound) => return Err(Refusal::Unfit("principal")),
        Err(Unanswered::Unavailable(_)) => return Err(Refusal::Silent),
    };
    if facts.alive == (shown.kind == Kind::Heir) {
        return Err(Refusal::Unfit("alive"));
    }
    let number = shown.principal;
    let principal =
        ctx.write(Key::once(ctx), move |tx| person::know_in(tx, minted, &number, &facts).map_err(Refusal::from));
    let (document, rests_on, scope) = (shown.document, shown.kind, shown.scope);
    Ok(Change::Mandate { principal: principal.await?, agent, rests_on, document, scope })
}

/// Whether it may be proposed and applied.
pub(crate) fn check(read: &mut Read<'_>, document: &str, scope: &Scope, today: Date) -> Result<(), Refusal> {
    let fits = !document.trim().is_empty() && document.chars().count() <= DOCUMENT_CHARS;
    if !fits {
        return Err(Refusal::Unfit("document"));
    }
    give::check(read, scope, today, YEARS)
}

/// What is there between the two, for the digest of a proposal.
pub(crate) fn found(read: &mut Read<'_>, principal: PersonId, agent: PersonId) -> Result<Value, Error> {
    let given = super::given(read, principal)?;
    let between = given.iter().filter(|one| one.agent == Some(agent));
    Ok(between.map(|one| json!([one.id, one.stage])).collect())
}

/// Keeps it: the end of a proposal. Both are told.
pub(crate) fn apply_in(
    tx: &mut Tx<'_>,
    (principal, agent): (PersonId, PersonId),
    kind: Kind,
    document: &str,
    scope: &Scope,
) -> Result<(), Refusal> {
    let number = person::id_number(tx, agent)?.ok_or(Refusal::Gone)?;
    let stage = step(&MANDATE, MANDATE.start, "approved")?;
    let new = New { kind, principal, agent: Some(agent), number: &number, basis: Some(document.trim()), scope, stage };
    let kept = insert_in(tx, &new)?;
    record_in(tx, &kept, "identity.mandate_approved", &json!({}))?;
    tell_in(tx, &kept, principal, "identity.mandate_approved", |m, name| m.mandate_approved_title(name))?;
    Ok(tell_in(tx, &kept, agent, "identity.mandate_approved", |m, name| m.mandate_entrusted_title(name))?)
}
