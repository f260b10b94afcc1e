//! A bundle begins with a draft for each member that was chosen, and is thrown
//! away with them.

use std::sync::Arc;

use audit::Leaf;
use base::{Actor, Date, PersonId, Zone};
use catalogue::{Catalogue, LifeEvent, Service, SharedFile};
use serde_json::json;
use store::{Ctx, Key, Read, Tx, params};

use super::{Bundle, BundleId, BundleStage, Member, MemberState, Shared, Why, is_draft, members, own};
use crate::case::{Refusal, case};
use crate::count::count_in;
use crate::draft::{begin_in, discard_in};
use crate::opening::Doors;
use crate::sql;

/// Whether whoever acts may apply for a member; else why not.
pub(crate) fn possible(
    read: &mut Read<'_>,
    actor: &Actor,
    person: PersonId,
    service: &Service,
    today: Date,
) -> Result<Option<Why>, store::Error> {
    if !actor.covers(&service.file.key) {
        return Ok(Some(Why::Mandate));
    }
    match Doors::of(&service.file).admit(read, person, today) {
        Ok(()) => Ok(None),
        Err(Refusal::Store(error)) => Err(error),
        Err(refusal) => Ok(Some(Why::of(&refusal))),
    }
}

/// Begins a bundle: a draft for each member that is not optional, and for the
/// optional ones that were chosen. What a mandate does not cover is left out.
///
/// # Errors
/// The life event has no bundle, nothing of it is open to whoever acts, or the
/// store's.
pub async fn start(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    event: &str,
    chosen: &[String],
) -> Result<BundleId, Refusal> {
    let person = ctx.actor.person().ok_or(Refusal::NoCase)?;
    catalogue.event(event).filter(|event| event.has_bundle()).ok_or(Refusal::NoService)?;
    let (catalogue, actor, locale) = (Arc::clone(catalogue), ctx.actor.clone(), ctx.locale);
    let (event, chosen) = (event.to_owned(), chosen.to_vec());
    ctx.write(key, move |tx| {
        let file = catalogue.event(&event).ok_or(Refusal::NoService)?;
        let bundle =
            Bundle { id: tx.mint(), event: event.clone(), person, stage: BundleStage::Draft, created_at: tx.now() };
        tx.execute_one(&sql::INSERT_BUNDLE, &params![bundle.id, bundle.event, person, bundle.created_at])?;
        let today = tx.now().date(Zone::Hebron);
        let (mut begun, mut refused) = (Vec::new(), None);
        for (position, listed) in (0_i64..).zip(&file.members) {
            let service = catalogue.service(&listed.service).ok_or(Refusal::NoService)?;
            let mut member = Member {
                position,
                service: listed.service.clone(),
                case: None,
                shared: shared_of(file, service),
                state: MemberState::Out,
                why: possible(tx, &actor, person, service, today)?,
            };
            refused = refused.or(member.why);
            let wanted = member.why.is_none() && (!listed.optional || chosen.contains(&listed.service));
            if let Some(before) = listed.after.as_ref().filter(|_| wanted) {
                // It begins when the one before it has ended; of one that does not begin, never.
                member.state = if begun.contains(before) { MemberState::Awaits } else { MemberState::Out };
            } else if wanted {
                (member.case, member.state) = (Some(begin_in(tx, service, person, locale, &actor)?), MemberState::In);
                begun.push(listed.service.clone());
            }
            member.insert_in(tx, bundle.id)?;
        }
        if begun.is_empty() {
            return Err(nothing(refused));
        }
        let leaf = Leaf::new("services.bundle_started", bundle.object()).about(person);
        audit::record_in(tx, &leaf.with(json!({ "event": event, "services": begun })))?;
        count_in(tx, "bundle_started", "", &event, locale)?;
        Ok(bundle.id)
    })
    .await
}

/// Why a bundle of which nothing is left cannot begin.
pub(super) const fn nothing(refused: Option<Why>) -> Refusal {
    match refused {
        Some(Why::Mandate) => Refusal::OutOfMandate,
        Some(Why::ForPersons) => Refusal::ForPersons,
        Some(Why::ForCompanies) => Refusal::ForCompanies,
        _ => Refusal::Incomplete(Vec::new()),
    }
}

/// The fields of a service that its life event shares.
pub(super) fn shared_of(event: &LifeEvent, service: &Service) -> Vec<Shared> {
    let own =
        |shared: &SharedFile| Shared { name: shared.name.clone(), field: shared.field(&service.file.key).to_owned() };
    event.shared.iter().map(own).filter(|shared| service.question(&shared.field).is_some()).collect()
}

/// Throws a bundle away with the drafts of its members. A member that was sent by
/// itself lives on.
///
/// # Errors
/// Not a draft of this person, or the store's.
pub async fn discard(ctx: &Ctx, key: Key, id: BundleId) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(key, move |tx| {
        let mut bundle = own(tx, id, &actor)?;
        bundle.move_in(tx, "discard")?;
        for member in members(tx, id)? {
            discard_draft_in(tx, &actor, &member)?;
        }
        audit::record_in(tx, &Leaf::new("services.bundle_discarded", bundle.object()).about(bundle.person))?;
        Ok(())
    })
    .await
}

/// Throws a member's draft away, if it is one.
pub(super) fn discard_draft_in(tx: &mut Tx<'_>, actor: &Actor, member: &Member) -> Result<(), Refusal> {
    let Some(id) = member.case else { return Ok(()) };
    let Some(mut found) = case(tx, id)?.filter(is_draft) else { return Ok(()) };
    if !actor.covers(&found.service) {
        return Err(Refusal::OutOfMandate);
    }
    discard_in(tx, &mut found)
}
