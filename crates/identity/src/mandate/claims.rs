//! What tokens say of whoever acts for another: `sub` is the person who is acted
//! for, `act` who acts (RFC 8693 §4.1).

use base::PersonId;
use serde_json::{Map, Value, json};
use store::{Error, Read};

use super::{Kept, mandate};
use crate::authorize::Authorization;
use crate::model::{Client, Refusal};
use crate::person;
use crate::userinfo::{insert_names, short};

/// By what a person is known to clients: their account, or, without one, themselves.
pub(crate) fn holder_of(read: &mut Read<'_>, person: PersonId) -> Result<String, Error> {
    let account = person::account_of(read, person)?.filter(|account| account.stage != "closed");
    Ok(account.map_or_else(|| format!("person:{person}"), |account| format!("account:{}", account.id)))
}

/// The mandate that an authorization was given under.
pub(crate) fn under(read: &mut Read<'_>, found: &Authorization) -> Result<Option<Kept>, Refusal> {
    let Some(id) = found.mandate else { return Ok(None) };
    mandate(read, id)?.map(Some).ok_or(Refusal::NoMandate)
}

/// `sub` and, where somebody acts for another, `act`.
pub(crate) fn who(
    read: &mut Read<'_>,
    client: &Client,
    found: &Authorization,
) -> Result<(String, Option<Value>), Refusal> {
    let holder = found.holder.clone().unwrap_or_default();
    let own = client.subject(|domain, value| read.blind(domain, value), &holder);
    let Some(kept) = under(read, found)? else { return Ok((own, None)) };
    let principal = holder_of(read, kept.principal)?;
    let sub = client.subject(|domain, value| read.blind(domain, value), &principal);
    Ok((sub, Some(json!({ "sub": own }))))
}

/// What our own portal is told beside: the ids and names of both, and how far
/// the mandate goes.
pub(crate) fn tell_portal(
    read: &mut Read<'_>,
    claims: &mut Map<String, Value>,
    kept: &Kept,
    agent: PersonId,
) -> Result<(), Error> {
    let mut act = Map::new();
    act.insert("person".to_owned(), agent.to_string().into());
    if let Some(name) = person::display_name(read, agent)? {
        insert_names(&mut act, [short(&name.arabic), short(&name.latin)]);
    }
    if let Some(Value::Object(said)) = claims.get_mut("act") {
        said.extend(act);
    }
    let mandate = json!({
        "id": kept.id, "services": kept.services, "ceiling_minor": kept.ceiling_minor,
        "until": kept.until.to_string(), "kind": kept.kind.as_str(),
    });
    claims.insert("mandate".to_owned(), mandate);
    Ok(())
}
