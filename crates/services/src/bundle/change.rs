//! While a bundle is a draft: an optional member joins it or leaves, and what one
//! member was answered is answered in the others.

use base::Zone;
use catalogue::Catalogue;
use std::sync::Arc;

use serde_json::Value;
use store::{Ctx, Error, Key, Tx};

use super::start::{discard_draft_in, nothing, possible, shared_of};
use super::{BundleId, BundleStage, Member, MemberState, is_draft, members, of_case, own};
use crate::case::{Case, Refusal, case};
use crate::draft::begin_in;

/// Takes a member into a bundle that is not sent yet: its draft begins with the
/// answers that the others share with it.
///
/// # Errors
/// Not a draft of this person, no such member, whoever acts may not apply for it,
/// or the store's.
pub async fn join(ctx: &Ctx, key: Key, catalogue: &Arc<Catalogue>, id: BundleId, service: &str) -> Result<(), Refusal> {
    let (catalogue, actor, locale, service) =
        (Arc::clone(catalogue), ctx.actor.clone(), ctx.locale, service.to_owned());
    ctx.write(key, move |tx| {
        let bundle = own(tx, id, &actor)?;
        if bundle.stage != BundleStage::Draft {
            return Err(Refusal::NotNow(bundle.stage.as_str(), "join"));
        }
        let all = members(tx, id)?;
        let mut member = all.iter().find(|member| member.service == service).ok_or(Refusal::NoCase)?.clone();
        let folder = catalogue.service(&service).ok_or(Refusal::NoService)?;
        let known = member.case.map(|id| case(tx, id)).transpose()?.flatten();
        if member.state == MemberState::In && known.as_ref().is_some_and(is_draft) {
            return Ok(());
        }
        if known.as_ref().is_some_and(|case| case.submitted_at.is_some()) {
            return Err(Refusal::NotNow("sent", "join"));
        }
        let today = tx.now().date(Zone::Hebron);
        if let Some(why) = possible(tx, &actor, bundle.person, folder, today)? {
            return Err(nothing(Some(why)));
        }
        if catalogue
            .event(&bundle.event)
            .and_then(|event| event.member(&service))
            .is_some_and(|one| one.after.is_some())
        {
            (member.state, member.why) = (MemberState::Awaits, None);
            return member.keep_in(tx, id).map_err(Refusal::from);
        }
        let begun = begin_in(tx, folder, bundle.person, locale, &actor)?;
        if let Some(event) = catalogue.event(&bundle.event) {
            member.shared = shared_of(event, folder);
        }
        (member.case, member.state, member.why) = (Some(begun), MemberState::In, None);
        member.keep_in(tx, id)?;
        let Some(mut draft) = case(tx, begun)? else { return Err(Refusal::NoCase) };
        for other in all.iter().filter(|other| other.service != service && other.state == MemberState::In) {
            let Some(answered) = draft_of(tx, other)? else { continue };
            copy(other, &answered, &member, &mut draft);
        }
        draft.keep_answers_in(tx).map_err(Refusal::from)
    })
    .await
}

/// Leaves a member out of a bundle that is not sent yet; its draft goes.
///
/// # Errors
/// Not a draft of this person, no such member, or one that is not optional.
pub async fn leave(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: BundleId,
    service: &str,
) -> Result<(), Refusal> {
    let (catalogue, actor, service) = (Arc::clone(catalogue), ctx.actor.clone(), service.to_owned());
    ctx.write(key, move |tx| {
        let bundle = own(tx, id, &actor)?;
        if bundle.stage != BundleStage::Draft {
            return Err(Refusal::NotNow(bundle.stage.as_str(), "leave"));
        }
        let optional = catalogue.event(&bundle.event).is_none_or(|event| event.is_optional(&service));
        let all = members(tx, id)?;
        let mut member = all.iter().find(|member| member.service == service).ok_or(Refusal::NoCase)?.clone();
        if !optional {
            return Err(Refusal::NotNow("needed", "leave"));
        }
        discard_draft_in(tx, &actor, &member)?;
        member.state = MemberState::Out;
        member.keep_in(tx, id).map_err(Refusal::from)
    })
    .await
}

fn draft_of(tx: &mut Tx<'_>, member: &Member) -> Result<Option<Case>, Error> {
    Ok(member.case.map(|id| case(tx, id)).transpose()?.flatten().filter(is_draft))
}

/// What one member was answered of the questions that another shares with it.
pub(super) fn copy(from: &Member, answered: &Case, to: &Member, draft: &mut Case) {
    for shared in &from.shared {
        if let (Some(field), Some(value)) = (to.field_of(&shared.name), answered.answers.get(&shared.field)) {
            draft.answers.insert(field.to_owned(), value.clone());
        }
    }
}

/// What was answered in one draft is answered in every other member that shares
/// the question, in the same commit.
pub(crate) fn share_in(tx: &mut Tx<'_>, from: &Case, field: &str, value: Option<&Value>) -> Result<(), Error> {
    let Some(bundle) = of_case(tx, from.id)?.filter(|bundle| bundle.stage == BundleStage::Draft) else {
        return Ok(());
    };
    let all = members(tx, bundle.id)?;
    let own = all.iter().find(|member| member.case == Some(from.id));
    let Some(name) = own.and_then(|member| member.name_of(field)) else { return Ok(()) };
    for other in all.iter().filter(|other| other.case != Some(from.id) && other.state == MemberState::In) {
        let Some(field) = other.field_of(name) else { continue };
        let Some(mut draft) = draft_of(tx, other)? else { continue };
        match value {
            Some(value) => drop(draft.answers.insert(field.to_owned(), value.clone())),
            None => drop(draft.answers.remove(field)),
        }
        draft.keep_answers_in(tx)?;
    }
    Ok(())
}
