//! What our own provider tells of who signed in, as a session of this browser:
//! a citizen, one who acts for another, an officer.

use base::{Actor, Assurance, Date, Locale, Mandate, Role, Timestamp, Zone};
use seal::jose::Object;
use serde_json::Value;
use web::NewSession;

use crate::messages::Messages;

/// The browser's session from the claims of our own provider.
pub(super) fn session(claims: &Object, locale: Locale) -> Option<NewSession> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let m = Messages::new(locale);
    let name = name_in(claims, locale);
    let session = if let Some(officer) = text("officer") {
        let roles = claims.get("roles")?.as_array()?.iter().filter_map(Value::as_str);
        let roles: Vec<Role> = roles.filter_map(Role::parse).collect();
        NewSession::officer(officer.parse().ok()?, text("unit")?, roles, name.unwrap_or(m.nameless_officer()))
    } else {
        let (person, account) = (text("person")?.parse().ok()?, text("account")?.parse().ok()?);
        let (assurance, name) = (Assurance::parse(text("acr")?)?, name.unwrap_or(m.nameless()));
        match claims.get("act") {
            None => NewSession::citizen(person, account, assurance, name),
            Some(act) => {
                let act = act.as_object()?;
                let agent = act.get("person")?.as_str()?.parse().ok()?;
                let own = name_in(act, locale).unwrap_or(m.nameless());
                let (mandate, until) = bounds(claims.get("mandate")?)?;
                let actor = Actor::Agent { person, agent, account, assurance, mandate };
                NewSession::agent(actor, [own.to_owned(), name.to_owned()], until)
            }
        }
    };
    // Pages greet whoever acts, by their name in each language.
    let greeted = claims.get("act").and_then(Value::as_object).unwrap_or(claims);
    let session = Locale::all().fold(session, |session, locale| match name_in(greeted, locale) {
        Some(name) => session.named(locale, name),
        None => session,
    });
    let sid = text("sid")?;
    let at = Timestamp::from_seconds(claims.get("auth_time")?.as_i64()?);
    Some(session.locale(locale).authenticated_at(at).link(sid).note("sid", sid))
}

/// A name in a language, or in the portal's first (OpenID Connect Core §5.2).
fn name_in(claims: &Object, locale: Locale) -> Option<&str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    text(&format!("name#{}", locale.tag())).or_else(|| text("name"))
}

/// How far a mandate goes, as the provider tells it, and when its last day ends.
fn bounds(told: &Value) -> Option<(Mandate, Timestamp)> {
    let services = match told.get("services")? {
        Value::Null => None,
        listed => Some(serde_json::from_value(listed.clone()).ok()?),
    };
    let ceiling_minor = match told.get("ceiling_minor")? {
        Value::Null => None,
        most => Some(most.as_i64()?),
    };
    let id = told.get("id")?.as_str()?.parse().ok()?;
    let last = Date::parse(told.get("until")?.as_str()?)?;
    Some((Mandate { id, services, ceiling_minor }, last.plus_days(1).start(Zone::Hebron)))
}
