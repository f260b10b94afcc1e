//! A bundle: services of one life event, asked once and sent at once. Each member
//! is a case of its own, as a draft and afterwards; the bundle only knows which
//! belong together and what they share.
//!
//! Not here: what a member asks and does (its folder), how it is sent (`draft`).
//!
//! Invariants: a shared answer is the same in every member that is still a draft;
//! each member is sent in its own commit, so that one that fails stops none; a
//! bundle that was sent is finished by a queue, whatever dies between.

mod change;
mod follow;
mod joint;
mod send;
mod start;

use base::id::typed_id;
use base::{Actor, CaseId, Date, PersonId, Timestamp};
use catalogue::Catalogue;
use catalogue::chosen::Sources;
use store::{Error, Read, Row, Tx, params};
use web::Transitions;

use crate::case::{Case, Refusal, Stage, case};
use crate::{facts, sql};

pub(crate) use change::share_in;
pub use change::{join, leave};
pub(crate) use follow::{FOLLOW, follow, follow_in};
pub(crate) use joint::{Begun, Joint, Part, Place};
pub(crate) use send::SEND;
pub use send::send;
pub(crate) use send::{send_member, unsent};
pub(crate) use start::possible;
pub use start::{discard, start};

typed_id! {
    /// A bundle.
    BundleId
}
store::stored_ids!(BundleId);

/// Open bundles that a page offers to go on with at most.
const OPEN: i64 = 20;

/// How a bundle goes.
pub const BUNDLE: Transitions = Transitions {
    name: "services.bundle",
    start: "draft",
    edges: &[("draft", "send", "sending"), ("draft", "discard", "discarded"), ("sending", "finish", "sent")],
};

/// Where a bundle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleStage {
    /// Not sent yet.
    Draft,
    /// Sent by its person; its members are sent one after another.
    Sending,
    /// Each member was sent, or could not be.
    Sent,
    /// Thrown away before it was sent.
    Discarded,
}

impl BundleStage {
    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Discarded => "discarded",
        }
    }
    fn parse(word: &str) -> Result<Self, Error> {
        let all = [Self::Draft, Self::Sending, Self::Sent, Self::Discarded];
        let found = all.into_iter().find(|stage| stage.as_str() == word);
        found.ok_or_else(|| Error::Corrupt(format!("a bundle's stage {word}")))
    }
}

/// A bundle.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its id.
    pub id: BundleId,
    /// The key of its life event.
    pub event: String,
    /// Whose it is.
    pub person: PersonId,
    /// Where it stands.
    pub stage: BundleStage,
    /// Since when.
    pub created_at: Timestamp,
}

impl Bundle {
    /// `bundle:01J…`: what leaves name it.
    fn object(&self) -> String {
        format!("bundle:{}", self.id)
    }

    /// Moves on, if it still stands where it stood.
    fn move_in(&mut self, tx: &mut Tx<'_>, event: &'static str) -> Result<(), Refusal> {
        let (from, now) = (self.stage.as_str(), tx.now());
        let next = BUNDLE.next(from, event).ok_or(Refusal::NotNow(from, event))?;
        self.stage = BundleStage::parse(next)?;
        let sent = matches!(self.stage, BundleStage::Sending).then_some(now);
        let ended = matches!(self.stage, BundleStage::Sent | BundleStage::Discarded).then_some(now);
        tx.execute_one(&sql::MOVE_BUNDLE, &params![next, sent, ended, self.id, from])?;
        Ok(())
    }
}

/// Whether a service of the life event is part of this bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberState {
    /// It is, and is sent with the others.
    In,
    /// Left out: by choice, or because whoever acts may not apply for it.
    Out,
    /// The answers said that it is not needed.
    Unneeded,
    /// It could not be sent: its draft stays.
    Failed,
    /// It begins by itself once the service before it has ended well.
    Awaits,
    /// It began by itself, after the bundle was sent.
    Begun,
}

impl MemberState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Unneeded => "unneeded",
            Self::Failed => "failed",
            Self::Awaits => "awaits",
            Self::Begun => "begun",
        }
    }
    fn parse(word: &str) -> Result<Self, Error> {
        let all = [Self::In, Self::Out, Self::Unneeded, Self::Failed, Self::Awaits, Self::Begun];
        let found = all.into_iter().find(|state| state.as_str() == word);
        found.ok_or_else(|| Error::Corrupt(format!("a bundle member's state {word}")))
    }
}

/// Why a member is left out, or could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The mandate does not cover it, or ended.
    Mandate,
    /// It is for people, and a company is acted for.
    ForPersons,
    /// It is for companies.
    ForCompanies,
    /// It asks for a higher assurance.
    TooLow,
    /// An answer is missing, or a check refuses one.
    Incomplete,
    /// Its bill is above the mandate's ceiling.
    Ceiling,
    /// Anything else: it is not offered any more, or payments said no.
    Other,
}

impl Why {
    const ALL: [Self; 7] = [
        Self::Mandate,
        Self::ForPersons,
        Self::ForCompanies,
        Self::TooLow,
        Self::Incomplete,
        Self::Ceiling,
        Self::Other,
    ];
    const fn as_str(self) -> &'static str {
        match self {
            Self::Mandate => "mandate",
            Self::ForPersons => "for-persons",
            Self::ForCompanies => "for-companies",
            Self::TooLow => "too-low",
            Self::Incomplete => "incomplete",
            Self::Ceiling => "ceiling",
            Self::Other => "other",
        }
    }
    fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::OutOfMandate => Self::Mandate,
            Refusal::ForPersons => Self::ForPersons,
            Refusal::ForCompanies => Self::ForCompanies,
            Refusal::TooLow => Self::TooLow,
            Refusal::Incomplete(_) => Self::Incomplete,
            Refusal::Payments(payments::Refusal::AboveCeiling) => Self::Ceiling,
            _ => Self::Other,
        }
    }
    fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|why| why.as_str() == word).unwrap_or(Self::Other)
    }
}

/// A question that members share: what the bundle calls it, and what its member does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The bundle's name for it.
    pub name: String,
    /// The member's field.
    pub field: String,
}

impl Shared {
    /// `name=field` in storage; one word where both are the same.
    fn written(&self) -> String {
        if self.name == self.field { self.name.clone() } else { format!("{}={}", self.name, self.field) }
    }
    fn read(word: &str) -> Self {
        let (name, field) = word.split_once('=').unwrap_or((word, word));
        Self { name: name.to_owned(), field: field.to_owned() }
    }
}

/// A service of a bundle.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its place in the life event's order.
    pub position: i64,
    /// The service's key.
    pub service: String,
    /// Its case, once it was begun.
    pub case: Option<CaseId>,
    /// Its questions that are asked once for all members.
    pub shared: Vec<Shared>,
    /// Whether it is part of the bundle.
    pub state: MemberState,
    /// Why it is not, where that was no choice.
    pub why: Option<Why>,
}

impl Member {
    fn insert_in(&self, tx: &mut Tx<'_>, bundle: BundleId) -> Result<(), Error> {
        let shared = self.shared.iter().map(Shared::written).collect::<Vec<_>>().join(" ");
        let (state, why) = (self.state.as_str(), self.why.map(Why::as_str));
        let params = params![bundle, self.position, self.service, self.case, shared, state, why];
        tx.execute_one(&sql::INSERT_MEMBER, &params)
    }
    fn keep_in(&self, tx: &mut Tx<'_>, bundle: BundleId) -> Result<(), Error> {
        let why = self.why.map(Why::as_str);
        tx.execute_one(&sql::KEEP_MEMBER, &params![self.case, self.state.as_str(), why, bundle, self.position])
    }
    /// What the bundle calls a field of this member, if it is shared.
    fn name_of(&self, field: &str) -> Option<&str> {
        self.shared.iter().find(|known| known.field == field).map(|known| known.name.as_str())
    }
    /// What this member calls a shared question, if it asks it.
    fn field_of(&self, name: &str) -> Option<&str> {
        self.shared.iter().find(|known| known.name == name).map(|known| known.field.as_str())
    }
}

/// A bundle with its members' cases and what registers told for them.
pub(crate) struct Held {
    pub(crate) bundle: Bundle,
    pub(crate) members: Vec<(Member, Option<CaseAndSources>)>,
}

/// A case, and what its answers are chosen from and judged by.
pub(crate) type CaseAndSources = (Case, Sources);

fn read_bundle(row: &Row) -> Result<Bundle, Error> {
    Ok(Bundle {
        id: row.get(0)?,
        event: row.get(1)?,
        person: row.get(2)?,
        stage: BundleStage::parse(&row.get::<String>(3)?)?,
        created_at: row.get(4)?,
    })
}

fn read_member(row: &Row) -> Result<Member, Error> {
    Ok(Member {
        position: row.get(0)?,
        service: row.get(1)?,
        case: row.get(2)?,
        shared: row.get::<String>(3)?.split_whitespace().map(Shared::read).collect(),
        state: MemberState::parse(&row.get::<String>(4)?)?,
        why: row.get::<Option<String>>(5)?.map(|word| Why::parse(&word)),
    })
}

/// The members of a bundle, in order.
///
/// # Errors
/// The store's.
pub fn members(read: &mut Read<'_>, id: BundleId) -> Result<Vec<Member>, Error> {
    read.rows(&sql::MEMBERS, &params![id])?.iter().map(read_member).collect()
}

/// The bundle of whoever acts, or of the one whom they act for.
///
/// # Errors
/// There is none, it is another's, or the store's.
pub fn own(read: &mut Read<'_>, id: BundleId, actor: &Actor) -> Result<Bundle, Refusal> {
    let row = read.row(&sql::BUNDLE, &params![id])?;
    let bundle = row.as_ref().map(read_bundle).transpose()?;
    bundle.filter(|bundle| Some(bundle.person) == actor.person()).ok_or(Refusal::NoCase)
}

/// The bundle that a case is a member of.
pub(crate) fn of_case(read: &mut Read<'_>, id: CaseId) -> Result<Option<Bundle>, Error> {
    read.row(&sql::BUNDLE_OF, &params![id])?.as_ref().map(read_bundle).transpose()
}

/// A person's bundles that are not finished, newest first.
pub(crate) fn open_of(read: &mut Read<'_>, person: PersonId) -> Result<Vec<Bundle>, Error> {
    read.rows(&sql::OPEN_BUNDLES, &params![person, OPEN])?.iter().map(read_bundle).collect()
}

/// A bundle with all that is known of its members.
pub(crate) fn held(
    read: &mut Read<'_>,
    bundle: Bundle,
    catalogue: &Catalogue,
    today: Date,
    actor: &Actor,
) -> Result<Held, Error> {
    let mut held = Vec::new();
    for member in members(read, bundle.id)? {
        let found = member.case.map(|id| case(read, id)).transpose()?.flatten();
        let whole = match found {
            Some(case) => {
                let sources = match catalogue.of(&case) {
                    Some(service) => facts::sources(read, service, &case, today, actor)?,
                    None => Sources::default(),
                };
                Some((case, sources))
            }
            None => None,
        };
        held.push((member, whole));
    }
    Ok(Held { bundle, members: held })
}

/// Whether a member's draft can still be asked and sent.
fn is_draft(case: &Case) -> bool {
    case.stage == Stage::Draft
}
