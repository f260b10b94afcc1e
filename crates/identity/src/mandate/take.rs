//! Taking a mandate up: a request to sign in that names one is answered only
//! to its agent, while it holds, and never by another's id.

use base::{Date, MandateId, PersonId, Timestamp, Zone};
use openid::request::Asked;
use serde_json::json;
use store::{Ctx, Error, Read, Tx};
use web::Slice;

use super::{Kept, Kind, company, family, mandate, received, record_in, tell_in};
use crate::Identity;
use crate::authorize::Authorization;
use crate::messages::Messages;
use crate::model::{Client, Refusal};
use crate::person;
use crate::sign_in::account_id;

/// The act of beginning to act for another.
pub const TAKEN_UP: &str = "identity.mandate_taken_up";

/// The principal is told of a mandate that is taken up again after this long.
const TOLD_AGAIN_SECONDS: i64 = 24 * 3_600;

/// The person of an account that signs in.
fn person_of(read: &mut Read<'_>, holder: &str) -> Result<Option<PersonId>, Error> {
    let account = account_id(holder).map(|account| person::account(read, account)).transpose()?.flatten();
    Ok(account.filter(|account| account.stage == "open").map(|account| account.person))
}

/// The mandate that this holder may take up today.
pub(crate) fn takeable(read: &mut Read<'_>, id: MandateId, holder: &str, today: Date) -> Result<Kept, Refusal> {
    let agent = person_of(read, holder)?.ok_or(Refusal::NoMandate)?;
    let fits = |kept: &Kept| kept.agent == Some(agent) && kept.holds_on(today);
    mandate(read, id)?.filter(fits).ok_or(Refusal::NoMandate)
}

/// The same before the commit that gives the code; what a register said is asked
/// of it again.
pub(crate) async fn prepare(ctx: &Ctx, identity: &Identity, id: MandateId, holder: &str) -> Result<(), Refusal> {
    let (holder, today) = (holder.to_owned(), ctx.now().date(Zone::Hebron));
    let kept = ctx.read(move |read| takeable(read, id, &holder, today)).await?;
    match kept.kind {
        Kind::Parent => family::is_still(ctx, identity, &kept).await,
        Kind::Signatory | Kind::Delegate => company::is_still(ctx, identity, &kept).await,
        _ => Ok(()),
    }
}

/// Those that another house's client may be answered with: it does not know our
/// services, so only what covers them all; and a company's only if it asks for
/// companies, so that none takes one for a human.
pub(crate) fn offered(
    read: &mut Read<'_>,
    client: &Client,
    asked: &Asked,
    holder: &str,
    today: Date,
) -> Result<Vec<Kept>, Error> {
    if client.first_party || !asked.has_scope("mandate") {
        return Ok(Vec::new());
    }
    let Some(agent) = person_of(read, holder)? else { return Ok(Vec::new()) };
    let known = |kept: &Kept| !kept.kind.is_a_companys() || asked.has_scope("company");
    let fits =
        |kept: &Kept| kept.agent == Some(agent) && kept.holds_on(today) && kept.services.is_none() && known(kept);
    Ok(received(read, agent)?.into_iter().filter(fits).collect())
}

/// Takes a mandate up in the commit that gives the code.
pub(crate) fn take_in(tx: &mut Tx<'_>, found: &Authorization, id: MandateId, holder: &str) -> Result<(), Refusal> {
    let today = tx.now().date(Zone::Hebron);
    let kept = takeable(tx, id, holder, today)?;
    let (last, now) = (last_taken(tx, &kept)?, tx.now());
    record_in(tx, &kept, TAKEN_UP, &json!({ "client": found.client }))?;
    // Told when it begins, not each time within a day: the page lists them all.
    if last.is_none_or(|last| now.seconds_since(last) >= TOLD_AGAIN_SECONDS) {
        let title: fn(Messages, String) -> String = if kept.kind.is_a_companys() {
            |m, name| m.company_taken_up_title(name)
        } else {
            |m, name| m.mandate_taken_up_title(name)
        };
        tell_in(tx, &kept, kept.principal, TAKEN_UP, title)?;
    }
    Ok(())
}

/// When the principal's mandates were last taken up, if it was this one.
fn last_taken(read: &mut Read<'_>, kept: &Kept) -> Result<Option<Timestamp>, Error> {
    let slice = Slice { after: None, rows: Some(1) };
    let last = audit::acts_about(read, kept.principal, TAKEN_UP, &slice)?.into_iter().next();
    Ok(last.filter(|act| act.object == kept.object()).map(|act| act.at))
}

/// Whether the mandate under which something was given still holds.
pub(crate) fn holds(read: &mut Read<'_>, id: Option<MandateId>, today: Date) -> Result<bool, Error> {
    let Some(id) = id else { return Ok(true) };
    Ok(mandate(read, id)?.is_some_and(|kept| kept.holds_on(today)))
}
