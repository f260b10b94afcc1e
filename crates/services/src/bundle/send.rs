//! A bundle is sent with one button. The first commit keeps the intent and leaves
//! work for each member; each is then sent in its own commit, by the same rules as
//! alone, so that one that fails stops none. One that begins after another is sent in the
//! same name once it can be, where nothing new is asked.

use std::sync::Arc;

use audit::Leaf;
use base::{AccountId, Actor, Assurance, CaseId, Locale, Mandate, MandateId, PersonId, Zone};
use notify::Notice;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, Work, params};

use super::follow;
use super::start::discard_draft_in;
use super::{Bundle, BundleId, BundleStage, Joint, MemberState, Why, held, is_draft, members, own, read_bundle};
use crate::case::{Refusal, case};
use crate::count::count_in;
use crate::draft::{assurance, required, submit};
use crate::messages::Messages;
use crate::sql;
use crate::system::Services;
use crate::way::store_error;

/// The queue of members that are to be sent.
pub(crate) const SEND: &str = "services.bundle_send";

/// A member that is to be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    bundle: BundleId,
    case: CaseId,
    sender: Sender,
}

/// Who pressed the button, as sure of them as we were then. Whether their mandate
/// still holds is asked again.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sender {
    person: PersonId,
    account: AccountId,
    assurance: String,
    agent: Option<Agent>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Agent {
    person: PersonId,
    mandate: MandateId,
    services: Option<Vec<String>>,
    ceiling_minor: Option<i64>,
}

impl Sender {
    fn of(actor: &Actor) -> Option<Self> {
        match actor.clone() {
            Actor::Citizen { person, account, assurance } => {
                Some(Self { person, account, assurance: assurance.as_str().to_owned(), agent: None })
            }
            Actor::Agent { person, agent, account, assurance, mandate } => {
                let Mandate { id, services, ceiling_minor } = mandate;
                let agent = Agent { person: agent, mandate: id, services, ceiling_minor };
                Some(Self { person, account, assurance: assurance.as_str().to_owned(), agent: Some(agent) })
            }
            _ => None,
        }
    }
    fn actor(&self) -> Actor {
        let assurance = Assurance::parse(&self.assurance).unwrap_or(Assurance::Low);
        let (person, account) = (self.person, self.account);
        let Some(Agent { person: agent, mandate, services, ceiling_minor }) = self.agent.clone() else {
            return Actor::Citizen { person, account, assurance };
        };
        let mandate = Mandate { id: mandate, services, ceiling_minor };
        Actor::Agent { person, agent, account, assurance, mandate }
    }
}

/// Sends a bundle: every member that the answers call for. What they do not call
/// for is thrown away.
///
/// # Errors
/// Answers are missing, it is no draft, whoever acts is not known well enough for
/// one of its members, or the store's.
pub async fn send(ctx: &Ctx, key: Key, services: &Arc<Services>, id: BundleId) -> Result<(), Refusal> {
    let sender = Sender::of(&ctx.actor).ok_or(Refusal::NoCase)?;
    let today = ctx.now().date(Zone::Hebron);
    let (actor, catalogue) = (ctx.actor.clone(), Arc::clone(&services.catalogue));
    let kept = ctx.read(move |read| {
        let bundle = own(read, id, &actor)?;
        held(read, bundle, &catalogue, today, &actor).map_err(Refusal::from)
    });
    let joint = Joint::of(kept.await?, &services.catalogue, &ctx.actor, today);
    for (_, service, _) in joint.open() {
        if assurance(ctx) < required(ctx, service).await? {
            return Err(Refusal::TooLow);
        }
    }
    let (services, actor, locale) = (Arc::clone(services), ctx.actor.clone(), ctx.locale);
    ctx.write(key, move |tx| {
        let mut bundle = own(tx, id, &actor)?;
        bundle.move_in(tx, "send")?;
        // What was answered meanwhile counts, not what was read before.
        let joint = Joint::of(
            held(tx, bundle.clone(), &services.catalogue, today, &actor)?,
            &services.catalogue,
            &actor,
            today,
        );
        let missing = joint.missing();
        if !missing.is_empty() {
            return Err(Refusal::Incomplete(missing.into_iter().map(|(_, name)| name).collect()));
        }
        send_in(tx, &joint, &sender, locale)
    })
    .await
}

fn send_in(tx: &mut Tx<'_>, joint: &Joint<'_>, sender: &Sender, locale: Locale) -> Result<(), Refusal> {
    let (bundle, actor, now) = (&joint.bundle, sender.actor(), tx.now());
    let mut ordered = Vec::new();
    for part in &joint.parts {
        if let Some((service, begun)) = part.open() {
            let order = Order { bundle: bundle.id, case: begun.case.id, sender: sender.clone() };
            // Each by itself: a member whose register or bill is stuck holds up none.
            tx.enqueue(SEND, &begun.case.id.to_string(), &order, now)?;
            ordered.push(service.file.key.clone());
            continue;
        }
        let Some(begun) = part.begun.as_ref().filter(|begun| is_draft(&begun.case)) else { continue };
        if part.member.state != MemberState::In {
            continue;
        }
        if !part.covered {
            fail_in(tx, bundle.id, begun.case.id, Why::Mandate)?;
        } else if part.needed == Some(false) {
            let mut member = part.member.clone();
            discard_draft_in(tx, &actor, &member)?;
            member.state = MemberState::Unneeded;
            member.keep_in(tx, bundle.id)?;
        } else {
            // Its service is not offered any more.
            fail_in(tx, bundle.id, begun.case.id, Why::Other)?;
        }
    }
    if joint.parts.iter().any(|part| part.member.state == MemberState::Awaits) {
        let sender = serde_json::to_string(sender).map_err(|error| Error::Corrupt(error.to_string()))?;
        tx.execute_one(&sql::KEEP_SENDER, &params![sender, bundle.id])?;
    }
    let leaf = Leaf::new("services.bundle_sent", bundle.object()).about(bundle.person);
    audit::record_in(tx, &leaf.with(json!({ "event": bundle.event, "services": ordered })))?;
    count_in(tx, "bundle_sent", "", &bundle.event, locale)?;
    if ordered.is_empty() { finish_in(tx, bundle.id) } else { Ok(()) }
}

/// Leaves a member that began after another to be sent in the name of whoever sent the
/// bundle; false where that was not kept.
pub(super) fn order_later_in(tx: &mut Tx<'_>, bundle: BundleId, case: CaseId) -> Result<bool, Error> {
    let Some(row) = tx.row(&sql::SENDER, &params![bundle])? else { return Ok(false) };
    let sender = serde_json::from_str(&row.get::<String>(0)?).map_err(|error| Error::Corrupt(error.to_string()))?;
    let now = tx.now();
    tx.enqueue(SEND, &case.to_string(), &Order { bundle, case, sender }, now)?;
    Ok(true)
}

/// Sends one member as its person would, and writes down what became of it.
pub(crate) async fn send_member(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let order: Order = work.parse()?;
    let refused = if mandate_holds(&ctx, &order).await? {
        let sender = ctx.as_actor(order.sender.actor());
        match submit(&sender, work.write_key(), &services, order.case).await {
            // Sent or thrown away by itself meanwhile: its own page says so.
            Ok(()) | Err(Refusal::NotNow(..)) => None,
            Err(Refusal::Store(error) | Refusal::Payments(payments::Refusal::Store(error))) => return Err(error),
            Err(refusal) => {
                tracing::info!(case = %order.case, %refusal, "a member of a bundle was not sent");
                Some(Why::of(&refusal))
            }
        }
    } else {
        Some(Why::Mandate)
    };
    let written = ctx.write(Key::new("services.bundle_member", &work.id), move |tx| {
        if let Some(why) = refused {
            fail_in(tx, order.bundle, order.case, why)?;
        }
        finish_in(tx, order.bundle)
    });
    written.await.map_err(store_error)
}

/// A mandate may have ended between the button and the commit.
async fn mandate_holds(ctx: &Ctx, order: &Order) -> Result<bool, Error> {
    let Some(agent) = order.sender.agent.as_ref().map(|agent| agent.person) else { return Ok(true) };
    let (id, principal, today) = (order.case, order.sender.person, ctx.now().date(Zone::Hebron));
    ctx.read(move |read| match case(read, id)? {
        Some(case) => identity::acts_for(read, agent, principal, &case.service, today),
        None => Ok(false),
    })
    .await
}

/// Its draft stays, and its person is told: the page that they look at may be gone.
fn fail_in(tx: &mut Tx<'_>, bundle: BundleId, id: CaseId, why: Why) -> Result<(), Refusal> {
    let all = members(tx, bundle)?;
    let Some(mut member) = all.into_iter().find(|member| member.case == Some(id)) else { return Ok(()) };
    if member.state == MemberState::Begun {
        // It began after another, and something is left to its person.
        let Some(draft) = case(tx, id)? else { return Ok(()) };
        return follow::tell_in(tx, bundle, &draft, &member).map_err(Refusal::from);
    }
    (member.state, member.why) = (MemberState::Failed, Some(why));
    member.keep_in(tx, bundle)?;
    let Some(found) = case(tx, id)? else { return Ok(()) };
    let leaf = Leaf::new("services.bundle_member_failed", found.object()).about(found.person);
    audit::record_in(tx, &leaf.with(json!({ "bundle": bundle.to_string(), "why": why.as_str() })))?;
    let each = |text: &dyn Fn(Messages) -> String| Locale::all().map(|locale| text(Messages::new(locale))).collect();
    let notice = Notice {
        person: found.person,
        topic: "services.bundle_member_failed",
        about: found.object(),
        link: format!("/bundles/{bundle}"),
        title: each(&|m| m.bundle_failed_notice().to_owned()),
        body: each(&|m| m.bundle_failed_body().to_owned()),
        short: Messages::new(found.locale).notice_short().to_owned(),
    };
    notify::notice_in(tx, &notice).map_err(Refusal::from)
}

/// The bundle has ended when none of its members is still to be sent.
fn finish_in(tx: &mut Tx<'_>, id: BundleId) -> Result<(), Refusal> {
    for member in members(tx, id)?.into_iter().filter(|member| member.state == MemberState::In) {
        let found = member.case.map(|id| case(tx, id)).transpose()?.flatten();
        if found.as_ref().is_some_and(is_draft) {
            return Ok(());
        }
    }
    let row = tx.row(&sql::BUNDLE, &params![id])?;
    let Some(mut bundle): Option<Bundle> = row.as_ref().map(read_bundle).transpose()? else { return Ok(()) };
    if bundle.stage == BundleStage::Sending { bundle.move_in(tx, "finish") } else { Ok(()) }
}

/// Bundles that are being sent, of which nothing is under way: none, if all is well.
pub(crate) fn unsent(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    for row in read.rows(&sql::SENDING_BUNDLES, &params![])? {
        let id: BundleId = row.get(0)?;
        let mut waits = false;
        for member in members(read, id)? {
            let Some(case) = member.case.filter(|_| member.state == MemberState::In) else { continue };
            waits |= read.has_work(SEND, &case.to_string())?;
        }
        if !waits {
            broken.push(id.to_string());
        }
    }
    Ok(broken)
}
