//! A member that can only begin after another has ended begins by itself at that
//! time, as a draft with what was asked once and what registers gave meanwhile. Where
//! nothing new is asked, it is sent; else its person is told.

use std::sync::Arc;

use audit::Leaf;
use base::{CaseId, Locale};
use catalogue::{Catalogue, MemberFile};
use notify::Notice;
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Tx, Work};

use super::change::copy;
use super::send::order_later_in;
use super::start::shared_of;
use super::{Bundle, BundleId, Member, MemberState, Why, members, of_case};
use crate::case::{Case, Refusal, case};
use crate::draft::begin_for_in;
use crate::messages::Messages;
use crate::system::Services;
use crate::told;
use crate::way::store_error;

/// The queue of cases that ended while others of their bundle wait for them.
pub(crate) const FOLLOW: &str = "services.bundle_follow";
const BEGUN: &str = "services.bundle_member_begun";
const FAILED: &str = "services.bundle_member_failed";

/// A case ended well: what waits for it begins in a commit of its own, so that it
/// holds up nothing.
pub(crate) fn follow_in(tx: &mut Tx<'_>, ended: &Case) -> Result<(), Error> {
    let Some(bundle) = of_case(tx, ended.id)? else { return Ok(()) };
    if !members(tx, bundle.id)?.iter().any(|member| member.state == MemberState::Awaits) {
        return Ok(());
    }
    let now = tx.now();
    tx.enqueue(FOLLOW, &ended.id.to_string(), &ended.id, now)
}

/// Begins what waited for a case that ended well.
pub(crate) async fn follow(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: CaseId = work.parse()?;
    let begun = ctx.write(work.write_key(), move |tx| {
        let Some(ended) = case(tx, id)? else { return Ok(()) };
        begin_all_in(tx, &services.catalogue, &ended)
    });
    begun.await.map_err(store_error)
}

fn begin_all_in(tx: &mut Tx<'_>, catalogue: &Catalogue, ended: &Case) -> Result<(), Refusal> {
    let Some(bundle) = of_case(tx, ended.id)? else { return Ok(()) };
    let Some(event) = catalogue.event(&bundle.event) else { return Ok(()) };
    let all = members(tx, bundle.id)?;
    for member in all.iter().filter(|member| member.state == MemberState::Awaits) {
        let listed = event.member(&member.service);
        let Some(listed) = listed.filter(|listed| listed.after.as_ref() == Some(&ended.service)) else { continue };
        let mut member = member.clone();
        match begin_in(tx, catalogue, &bundle, (&mut member, listed), &all, ended) {
            Ok(()) => {}
            Err(Refusal::Store(error)) => return Err(Refusal::Store(error)),
            // It is not open to them any more: the case that ended is not held up.
            Err(refusal) => (member.state, member.why) = (MemberState::Failed, Some(Why::of(&refusal))),
        }
        member.keep_in(tx, bundle.id)?;
        let act = if member.state == MemberState::Begun { BEGUN } else { FAILED };
        let detail = json!({ "after": ended.object(), "service": member.service, "why": member.why.map(Why::as_str) });
        audit::record_in(tx, &Leaf::new(act, bundle.object()).about(bundle.person).with(detail))?;
        let is_ordered = match member.case.filter(|_| member.state == MemberState::Begun) {
            Some(id) => order_later_in(tx, bundle.id, id)?,
            None => false,
        };
        if !is_ordered {
            tell_in(tx, bundle.id, ended, &member)?;
        }
    }
    Ok(())
}

fn begin_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    bundle: &Bundle,
    (member, listed): (&mut Member, &MemberFile),
    all: &[Member],
    ended: &Case,
) -> Result<(), Refusal> {
    let service = catalogue.service(&member.service).ok_or(Refusal::NoService)?;
    let id = begin_for_in(tx, service, bundle.person, ended.locale)?;
    if let Some(event) = catalogue.event(&bundle.event) {
        member.shared = shared_of(event, service);
    }
    (member.case, member.state, member.why) = (Some(id), MemberState::Begun, None);
    let Some(mut draft) = case(tx, id)? else { return Err(Refusal::NoCase) };
    for other in all.iter().filter(|other| other.service != member.service) {
        if let Some(answered) = other.case.map(|id| case(tx, id)).transpose()?.flatten() {
            copy(other, &answered, member, &mut draft);
        }
    }
    let given = catalogue::told::registers(&told::told(tx, ended)?);
    draft.answers.extend(taken(listed, &given));
    draft.keep_answers_in(tx).map_err(Refusal::from)
}

/// The answers that registers gave for the case that ended.
fn taken(listed: &MemberFile, given: &Value) -> Map<String, Value> {
    let plain = |value: &&Value| matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_));
    let one = |(field, path): (&String, &String)| Some((field.clone(), given.pointer(path).filter(plain)?.clone()));
    listed.takes.iter().filter_map(one).collect()
}

/// Tells a member's person that it began and something is left to them, or that it cannot
/// begin.
pub(super) fn tell_in(tx: &mut Tx<'_>, bundle: BundleId, about: &Case, member: &Member) -> Result<(), Error> {
    let begun = member.state == MemberState::Begun;
    let each = |text: &dyn Fn(Messages) -> String| Locale::all().map(|locale| text(Messages::new(locale))).collect();
    let (title, body) = (
        each(&|m| if begun { m.bundle_begins_notice() } else { m.bundle_failed_notice() }.to_owned()),
        each(&|m| if begun { m.bundle_begins_body() } else { m.bundle_failed_body() }.to_owned()),
    );
    let notice = Notice {
        person: about.person,
        topic: if begun { BEGUN } else { FAILED },
        about: about.object(),
        link: format!("/bundles/{bundle}"),
        title,
        body,
        short: Messages::new(about.locale).notice_short().to_owned(),
    };
    notify::notice_in(tx, &notice)
}
