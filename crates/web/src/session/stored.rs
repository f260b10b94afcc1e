//! How a session lies in its row: sealed under its cookie's token, so that the
//! database alone opens nothing.

use std::collections::BTreeMap;

use base::{AccountId, Actor, Assurance, Locale, Mandate, MandateId, OfficerId, PersonId, Role, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Row};

use super::{FormSecret, Session};
use crate::secret::{self, Secret};

#[derive(Serialize, Deserialize)]
struct Stored {
    actor: StoredActor,
    display_name: String,
    /// Absent in sessions that an older version began.
    #[serde(default)]
    names: BTreeMap<String, String>,
    locale: String,
    authenticated_at: i64,
    link: Option<String>,
    notes: BTreeMap<String, String>,
    #[serde(default)]
    acting_for: Option<String>,
    secret: Secret,
}

#[derive(Serialize, Deserialize)]
enum StoredActor {
    Citizen {
        person: PersonId,
        account: AccountId,
        assurance: String,
    },
    Agent {
        person: PersonId,
        agent: PersonId,
        account: AccountId,
        assurance: String,
        mandate: MandateId,
        services: Option<Vec<String>>,
        ceiling_minor: Option<i64>,
    },
    Officer {
        officer: OfficerId,
        unit: String,
        roles: Vec<String>,
    },
}

impl StoredActor {
    fn of(actor: &Actor) -> Result<Self, Error> {
        match actor {
            Actor::Citizen { person, account, assurance } => {
                Ok(Self::Citizen { person: *person, account: *account, assurance: assurance.as_str().to_owned() })
            }
            Actor::Agent { person, agent, account, assurance, mandate } => Ok(Self::Agent {
                person: *person,
                agent: *agent,
                account: *account,
                assurance: assurance.as_str().to_owned(),
                mandate: mandate.id,
                services: mandate.services.clone(),
                ceiling_minor: mandate.ceiling_minor,
            }),
            Actor::Officer { officer, unit, roles } => Ok(Self::Officer {
                officer: *officer,
                unit: unit.clone(),
                roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            }),
            other => Err(Error::Corrupt(format!("{} has no session", other.reference()))),
        }
    }
    fn actor(self) -> Option<Actor> {
        Some(match self {
            Self::Citizen { person, account, assurance } => {
                Actor::Citizen { person, account, assurance: Assurance::parse(&assurance)? }
            }
            Self::Agent { person, agent, account, assurance, mandate, services, ceiling_minor } => Actor::Agent {
                person,
                agent,
                account,
                assurance: Assurance::parse(&assurance)?,
                mandate: Mandate { id: mandate, services, ceiling_minor },
            },
            Self::Officer { officer, unit, roles } => Actor::Officer {
                officer,
                unit,
                roles: roles.iter().map(|role| Role::parse(role)).collect::<Option<_>>()?,
            },
        })
    }
}

pub(super) fn sealed(ctx: &Ctx, token: &Secret, session: &Session) -> Result<Vec<u8>, Error> {
    let stored = Stored {
        actor: StoredActor::of(&session.actor)?,
        display_name: session.display_name.clone(),
        names: session.names.clone(),
        locale: session.locale.tag().to_owned(),
        authenticated_at: session.authenticated_at.as_micros(),
        link: session.link.clone(),
        notes: session.notes.clone(),
        acting_for: session.acting_for.clone(),
        secret: session.secret.0,
    };
    let plain = serde_json::to_vec(&stored).map_err(|error| Error::Corrupt(error.to_string()))?;
    secret::seal(&secret::code(token, "session", &[]), ctx.random(), &plain).ok_or(Error::Sealed)
}

/// The session of a row, opened with its cookie's token.
pub(super) fn opened(token: &Secret, row: &Row) -> Result<Session, Error> {
    let sealed: Vec<u8> = row.get(0)?;
    let plain = secret::open(&secret::code(token, "session", &[]), &sealed).ok_or(Error::Sealed)?;
    let stored: Stored = serde_json::from_slice(&plain).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(Session {
        actor: stored.actor.actor().ok_or_else(|| Error::Corrupt("a session's actor".to_owned()))?,
        display_name: stored.display_name,
        names: stored.names,
        locale: Locale::from_tag(&stored.locale).unwrap_or_default(),
        authenticated_at: Timestamp::from_micros(stored.authenticated_at),
        notes: stored.notes,
        acting_for: stored.acting_for,
        created_at: row.get(1)?,
        ends_at: row.get(3)?,
        id: secret::hash(token),
        secret: FormSecret(stored.secret),
        link: stored.link,
        seen_at: row.get(2)?,
        idle_seconds: row.get(4)?,
    })
}
