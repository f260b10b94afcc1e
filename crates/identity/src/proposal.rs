//! Four eyes: one officer proposes a sensitive change, another approves or
//! rejects it. An approval applies it in its own commit, and only if what it was
//! proposed on is still so. One way for every kind of change.

use audit::Leaf;
use base::{AccountId, Assurance, Date, OfficerId, PersonId, Timestamp, Zone};
use openid::Policy;
use seal::digest::{from_hex, hex, sha256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Row, Tx, params};

use crate::lock::{reason_of, unlock_in};
use crate::model::{Client, Holders, PROPOSAL, ProposalId, Refusal, step};
use crate::requirement::{self, Requirement};
use crate::revocation::{What, revoke_in};
use crate::security::{Owner, end_every};
use crate::{client, mandate, officer, readmission, revocation, sql};

const COLUMN: &str = "identity_proposal.change";

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Change {
    /// A client is registered, or registered otherwise.
    Client(Box<Registration>),
    /// A suspended client is known again.
    Resume { client: String, reason: String },
    /// A locked account is open again.
    Unlock { account: AccountId, person: PersonId, reason: String },
    /// Every way to sign in to an account ends, or the last one beside the password.
    // The alias is what folders hold that were proposed before it had this name.
    #[serde(alias = "withdraw")]
    Revoke { account: AccountId, person: PersonId, factor: String, reason: String },
    /// An officer who has lost every way to sign in comes in again.
    Readmit { officer: OfficerId, reason: String },
    /// Somebody may act for another by a document that was shown at a counter.
    Mandate { principal: PersonId, agent: PersonId, rests_on: mandate::Kind, document: String, scope: mandate::Scope },
    /// A service asks for another assurance from a day on.
    Assurance { service: String, level: String, valid_from: String, decision: String },
}

/// A client as a proposal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    id: String,
    names: Vec<String>,
    holders: Holders,
    sector: String,
    redirects: Vec<String>,
    farewells: Vec<String>,
    jwks: Value,
    policy: Policy,
    /// SHA-256 of the secret, hexadecimal.
    secret: Option<String>,
}

impl From<&Client> for Registration {
    fn from(client: &Client) -> Self {
        Self {
            id: client.id.clone(),
            names: client.names.clone(),
            holders: client.holders,
            sector: client.sector.clone(),
            redirects: client.redirects.clone(),
            farewells: client.farewells.clone(),
            jwks: client.jwks.clone(),
            policy: client.policy.clone(),
            secret: client.secret.as_deref().map(hex),
        }
    }
}

impl Registration {
    /// The client that is registered so: somebody else's, never ours.
    pub(crate) fn client(&self) -> Client {
        Client {
            id: self.id.clone(),
            names: self.names.clone(),
            holders: self.holders,
            first_party: false,
            sector: self.sector.clone(),
            redirects: self.redirects.clone(),
            farewells: self.farewells.clone(),
            jwks: self.jwks.clone(),
            policy: self.policy.clone(),
            secret: self.secret.as_deref().and_then(|secret| from_hex(secret).ok()),
        }
    }
}

impl Change {
    /// `client`, `resume`, `unlock`, `revoke`, `readmit`, `mandate` or `assurance`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Client(_) => "client",
            Self::Resume { .. } => "resume",
            Self::Unlock { .. } => "unlock",
            Self::Revoke { .. } => "revoke",
            Self::Readmit { .. } => "readmit",
            Self::Mandate { .. } => "mandate",
            Self::Assurance { .. } => "assurance",
        }
    }
    /// What it changes: `client:health`.
    pub(crate) fn about(&self) -> String {
        match self {
            Self::Client(registration) => format!("client:{}", registration.id),
            Self::Resume { client, .. } => format!("client:{client}"),
            Self::Unlock { account, .. } | Self::Revoke { account, .. } => format!("account:{account}"),
            Self::Readmit { officer, .. } => format!("officer:{officer}"),
            Self::Mandate { principal, .. } => format!("person:{principal}"),
            Self::Assurance { service, .. } => format!("service:{service}"),
        }
    }
    /// Whose matter it is, if it is about a person.
    pub(crate) const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Unlock { person, .. } | Self::Revoke { person, .. } | Self::Mandate { principal: person, .. } => {
                Some(*person)
            }
            _ => None,
        }
    }
    /// Why, where a reason is given.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Resume { reason, .. }
            | Self::Unlock { reason, .. }
            | Self::Revoke { reason, .. }
            | Self::Readmit { reason, .. } => Some(reason),
            Self::Assurance { decision, .. } => Some(decision),
            Self::Mandate { document, .. } => Some(document),
            Self::Client(_) => None,
        }
    }

    /// The digest of what is there now, which the change would replace.
    fn found(&self, read: &mut Read<'_>, now: Timestamp) -> Result<[u8; 32], Error> {
        let there = match self {
            Self::Readmit { officer, .. } => Some(json!(officer::is_open(read, *officer)?)),
            Self::Revoke { account, .. } => return revocation::found(read, *account, now),
            Self::Client(_) | Self::Resume { .. } => {
                let about = self.about();
                let kept = client::kept(read, about.trim_start_matches("client:"))?;
                kept.map(|kept| json!([Registration::from(&kept.client), kept.stage]))
            }
            Self::Unlock { account, .. } => {
                let row = read.row(&sql::ACCOUNT_STATE, &params![account])?;
                row.map(|row| Ok::<_, Error>(json!([row.get::<String>(0)?, row.get::<i64>(1)?]))).transpose()?
            }
            Self::Mandate { principal, agent, .. } => Some(mandate::counter::found(read, *principal, *agent)?),
            Self::Assurance { service, .. } => {
                let rows = read.rows(&sql::REQUIREMENTS_OF, &params![service])?;
                let text = |row: &Row, column| row.get::<String>(column);
                let all = rows.iter().map(|row| Ok(json!([text(row, 0)?, text(row, 1)?, text(row, 2)?])));
                Some(Value::Array(all.collect::<Result<_, Error>>()?))
            }
        };
        Ok(sha256(there.unwrap_or(Value::Null).to_string().as_bytes()))
    }

    /// Whether it may be proposed and applied at all.
    fn check(&self, read: &mut Read<'_>, here: bool, now: Timestamp) -> Result<(), Refusal> {
        let today = now.date(Zone::Hebron);
        match self {
            Self::Client(registration) => {
                let client = registration.client();
                let faults: Vec<_> = client.faults(here).into_iter().chain(client.has_ended(today)).collect();
                if !faults.is_empty() {
                    return Err(Refusal::Faulty(faults));
                }
                let ours = client::kept(read, &registration.id)?.is_some_and(|kept| kept.client.first_party);
                if ours { Err(Refusal::OwnClient) } else { Ok(()) }
            }
            Self::Resume { reason, client } => {
                let kept = client::kept(read, client)?.ok_or(Refusal::Gone)?;
                step(&crate::model::CLIENT, &kept.stage, "resumed")?;
                reason_of(reason).map(drop)
            }
            Self::Unlock { reason, account, .. } => {
                let there = crate::person::account(read, *account)?.ok_or(Refusal::Gone)?;
                step(&crate::model::ACCOUNT, &there.stage, "unlocked")?;
                reason_of(reason).map(drop)
            }
            Self::Revoke { account, factor, reason, .. } => {
                revocation::check(read, *account, What::parse(factor).ok_or(Refusal::Gone)?, now)?;
                reason_of(reason).map(drop)
            }
            Self::Readmit { officer, reason } => {
                if !officer::is_open(read, *officer)? {
                    return Err(Refusal::Gone);
                }
                reason_of(reason).map(drop)
            }
            Self::Mandate { principal, agent, document, scope, .. } => {
                if principal == agent {
                    return Err(Refusal::Unfit("oneself"));
                }
                mandate::counter::check(read, document, scope, today)
            }
            Self::Assurance { decision, service, .. } => {
                read.row(&sql::REQUIREMENTS_OF, &params![service])?.ok_or(Refusal::Gone)?;
                self.requirement(read)?;
                reason_of(decision).map(drop)
            }
        }
    }

    /// Whether this officer may have no part in it: it is about themselves.
    fn is_about(&self, by: OfficerId) -> bool {
        matches!(self, Self::Readmit { officer, .. } if *officer == by)
    }

    fn apply_in(&self, tx: &mut Tx<'_>, id: ProposalId) -> Result<(), Refusal> {
        match self {
            Self::Client(registration) => {
                client::register_in(tx, &registration.client())?;
                tx.execute(&sql::FORGET_HEALTH, &params![registration.id])?;
                Ok(())
            }
            Self::Resume { client, .. } => client::resume_in(tx, client),
            Self::Unlock { account, reason, .. } => unlock_in(tx, *account, reason),
            Self::Readmit { officer, .. } => readmission::open_in(tx, id, *officer),
            Self::Revoke { account, factor, reason, .. } => {
                revoke_in(tx, *account, What::parse(factor).ok_or(Refusal::Gone)?, reason)
            }
            Self::Mandate { principal, agent, rests_on, document, scope } => {
                mandate::counter::apply_in(tx, (*principal, *agent), *rests_on, document, scope)
            }
            Self::Assurance { .. } => {
                let requirement = self.requirement(tx)?;
                Ok(requirement::set_in(tx, &requirement)?)
            }
        }
    }

    /// The dated fact that an [`Change::Assurance`] is about.
    fn requirement(&self, read: &mut Read<'_>) -> Result<Requirement, Refusal> {
        let Self::Assurance { service, level, valid_from, decision } = self else { return Err(Refusal::Gone) };
        Ok(Requirement {
            service: service.clone(),
            names: requirement::names(read, service)?,
            level: Assurance::parse(level).ok_or(Refusal::Gone)?,
            valid_from: Date::parse(valid_from).ok_or(Refusal::Gone)?,
            decision: decision.clone(),
            sample: false,
        })
    }
}

/// A proposal as officers see it.
pub(crate) struct Proposal {
    pub(crate) id: ProposalId,
    pub(crate) about: String,
    /// Nothing when its person was erased.
    pub(crate) change: Option<Change>,
    found: Vec<u8>,
    pub(crate) stage: String,
    pub(crate) proposed_by: OfficerId,
    pub(crate) proposed_at: Timestamp,
    pub(crate) decided_by: Option<OfficerId>,
    pub(crate) decided_at: Option<Timestamp>,
}

/// How an approval went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Decided {
    /// The change holds.
    Applied,
    /// Something else came between: nothing was changed.
    Stale,
}

fn acting(tx: &Tx<'_>) -> Result<OfficerId, Refusal> {
    tx.actor().officer().ok_or(Refusal::Gone)
}

/// Proposes a change; `here` when addresses on this machine serve.
pub(crate) async fn propose(ctx: &Ctx, key: Key, change: Change, here: bool) -> Result<ProposalId, Refusal> {
    ctx.write(key, move |tx| {
        let (by, now) = (acting(tx)?, tx.now());
        if change.is_about(by) {
            return Err(Refusal::OwnProposal);
        }
        change.check(tx, here, now)?;
        let (id, found): (ProposalId, _) = (tx.mint(), change.found(tx, now)?);
        let text = serde_json::to_string(&change).map_err(|error| Error::Corrupt(error.to_string()))?;
        let kept = match change.person() {
            Some(person) => tx.seal_text(person, COLUMN, &text)?,
            None => text.into_bytes(),
        };
        let about = change.about();
        tx.execute_one(&sql::INSERT_PROPOSAL, &params![id, about, change.person(), kept, found, by, now])?;
        record_in(tx, "identity.proposed", id, &about, &change)?;
        Ok(id)
    })
    .await
}

/// Another officer agrees: the change holds from this commit on.
pub(crate) async fn approve(ctx: &Ctx, key: Key, id: ProposalId, here: bool) -> Result<Decided, Refusal> {
    let (decided, ends) = ctx.write(key, move |tx| approve_in(tx, id, here)).await?;
    // A commit ends so many sessions; whoever has more is out of all of them.
    if let Some((account, person)) = ends {
        end_every(ctx, Owner { account, person }).await?;
    }
    Ok(decided)
}

/// How it went, and whose sessions all end with it.
fn approve_in(
    tx: &mut Tx<'_>,
    id: ProposalId,
    here: bool,
) -> Result<(Decided, Option<(AccountId, PersonId)>), Refusal> {
    let (there, change) = waiting(tx, id)?;
    if acting(tx)? == there.proposed_by || change.is_about(acting(tx)?) {
        return Err(Refusal::OwnProposal);
    }
    let now = tx.now();
    if change.found(tx, now)?[..] != there.found[..] {
        decide_in(tx, &there, &change, "overtaken", "identity.proposal_stale")?;
        return Ok((Decided::Stale, None));
    }
    change.check(tx, here, now)?;
    change.apply_in(tx, id)?;
    decide_in(tx, &there, &change, "approved", "identity.proposal_approved")?;
    let ends = match change {
        Change::Revoke { account, person, .. } => Some((account, person)),
        _ => None,
    };
    Ok((Decided::Applied, ends))
}

/// Another officer does not agree, or whoever proposed takes it back.
pub(crate) async fn refuse(ctx: &Ctx, key: Key, id: ProposalId) -> Result<(), Refusal> {
    ctx.write(key, move |tx| {
        let (there, change) = waiting(tx, id)?;
        let own = acting(tx)? == there.proposed_by;
        let (event, act) =
            if own { ("withdrawn", "identity.proposal_withdrawn") } else { ("rejected", "identity.proposal_rejected") };
        decide_in(tx, &there, &change, event, act)
    })
    .await
}

fn waiting(tx: &mut Tx<'_>, id: ProposalId) -> Result<(Proposal, Change), Refusal> {
    let there = proposal(tx, id)?.ok_or(Refusal::Gone)?;
    let change = there.change.clone().ok_or(Refusal::Gone)?;
    Ok((there, change))
}

fn decide_in(
    tx: &mut Tx<'_>,
    there: &Proposal,
    change: &Change,
    event: &'static str,
    act: &'static str,
) -> Result<(), Refusal> {
    let stage = step(&PROPOSAL, &there.stage, event)?;
    let (by, now) = (acting(tx)?, tx.now());
    tx.execute_one(&sql::DECIDE_PROPOSAL, &params![stage, by, now, there.id, there.stage])?;
    Ok(record_in(tx, act, there.id, &there.about, change)?)
}

fn record_in(tx: &mut Tx<'_>, act: &'static str, id: ProposalId, about: &str, change: &Change) -> Result<(), Error> {
    let mut leaf = Leaf::new(act, about);
    leaf.subject = change.person();
    let detail = json!({ "proposal": id, "kind": change.kind(), "reason": change.reason() });
    audit::record_in(tx, &leaf.with(detail)).map(drop)
}

/// A proposal.
pub(crate) fn proposal(read: &mut Read<'_>, id: ProposalId) -> Result<Option<Proposal>, Error> {
    read.row(&sql::PROPOSAL, &params![id])?.map(|row| self::read(read, &row)).transpose()
}

/// Those that wait, oldest first, and the latest that were decided.
pub(crate) fn proposals(read: &mut Read<'_>) -> Result<[Vec<Proposal>; 2], Error> {
    let mut lists = [Vec::new(), Vec::new()];
    for (list, statement) in lists.iter_mut().zip([&sql::WAITING_PROPOSALS, &sql::DECIDED_PROPOSALS]) {
        for row in read.rows(statement, &params![])? {
            list.push(self::read(read, &row)?);
        }
    }
    Ok(lists)
}

/// The ids of those that wait about a thing.
pub(crate) fn about(read: &mut Read<'_>, thing: &str) -> Result<Vec<ProposalId>, Error> {
    read.rows(&sql::PROPOSALS_ABOUT, &params![thing])?.iter().map(|row| row.get(0)).collect()
}

fn read(read: &mut Read<'_>, row: &Row) -> Result<Proposal, Error> {
    let kept: Vec<u8> = row.get(3)?;
    let text = match row.get::<Option<PersonId>>(2)? {
        None => Some(String::from_utf8(kept).map_err(|_| Error::Corrupt("a proposal".to_owned()))?),
        Some(person) => match read.open_text(person, COLUMN, &kept) {
            Ok(text) => Some(text),
            Err(Error::Sealed) => None,
            Err(error) => return Err(error),
        },
    };
    let change = text.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Proposal {
        id: row.get(0)?,
        about: row.get(1)?,
        change: change.map_err(|error| Error::Corrupt(error.to_string()))?,
        found: row.get(4)?,
        stage: row.get(5)?,
        proposed_by: row.get(6)?,
        proposed_at: row.get(7)?,
        decided_by: row.get(8)?,
        decided_at: row.get(9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::id::TypedId;

    #[test]
    fn a_change_is_read_as_it_was_written() {
        let policy = Policy { rs256: true, ..Policy::standard() };
        let registration = Registration {
            id: "health".to_owned(),
            names: vec!["صحة".to_owned(), "Health".to_owned()],
            holders: Holders::Officers,
            sector: "health".to_owned(),
            redirects: vec!["https://health.example/".to_owned()],
            farewells: Vec::new(),
            jwks: json!({ "keys": [] }),
            policy,
            secret: Some("00ff".to_owned()),
        };
        assert_eq!(Registration::from(&registration.client()), registration);
        let reason = "stolen".to_owned();
        for change in [
            Change::Client(Box::new(registration)),
            Change::Resume { client: "health".to_owned(), reason: reason.clone() },
            Change::Unlock { account: AccountId::from_bits(1), person: PersonId::from_bits(2), reason: reason.clone() },
            Change::Revoke {
                account: AccountId::from_bits(1),
                person: PersonId::from_bits(2),
                factor: "all".to_owned(),
                reason,
            },
        ] {
            let text = serde_json::to_value(&change).unwrap();
            assert_eq!(text["kind"], change.kind());
            assert_eq!(serde_json::from_value::<Change>(text).unwrap(), change);
        }
    }

    #[test]
    fn what_was_proposed_under_the_older_word_is_read() {
        let (account, person) = (AccountId::from_bits(1), PersonId::from_bits(2));
        let older =
            json!({ "kind": "withdraw", "account": account, "person": person, "factor": "all", "reason": "stolen" });
        let (factor, reason) = ("all".to_owned(), "stolen".to_owned());
        assert_eq!(
            serde_json::from_value::<Change>(older).unwrap(),
            Change::Revoke { account, person, factor, reason }
        );
    }
}
