//! Who acts. Every leaf, right and look at somebody's data names one.

use crate::person::{AccountId, OfficerId, PersonId};

/// How sure we are that the person at the keyboard is who they say (eIDAS
/// words; facts, identity §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// Matched with a register, nothing proven.
    Low,
    /// Two factors, one on a number or device that a register ties to the person.
    Substantial,
    /// Seen in person against the card.
    High,
}

impl Assurance {
    /// The word in tokens (`acr`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }
    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Low, Self::Substantial, Self::High].into_iter().find(|level| level.as_str() == word)
    }
}

/// What an officer is trusted with (DESIGN §1, the people).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Decides cases of a unit.
    Clerk,
    /// Leads clerks; asks a second time, reassigns.
    Supervisor,
    /// Hands papers over at a post office.
    PostAgent,
    /// Ministry of Finance: fees and money.
    BusinessOperator,
    /// Runs the machines; reads no case.
    TechnicalOperator,
    /// Council of Ministers: publishes, promises, calendars.
    Quality,
    /// Ministry of Interior: assurance and accounts.
    AuthenticationOfficer,
    /// Reads everything that is published, changes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Clerk,
        Self::Supervisor,
        Self::PostAgent,
        Self::BusinessOperator,
        Self::TechnicalOperator,
        Self::Quality,
        Self::AuthenticationOfficer,
        Self::Auditor,
    ];
    /// The word in storage and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
            Self::PostAgent => "post-agent",
            Self::BusinessOperator => "business-operator",
            Self::TechnicalOperator => "technical-operator",
            Self::Quality => "quality",
            Self::AuthenticationOfficer => "authentication-officer",
            Self::Auditor => "auditor",
        }
    }
    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody is signed in.
    Anonymous,
    /// A person, through their account.
    Citizen {
        /// The human.
        person: PersonId,
        /// Their login.
        account: AccountId,
        /// How sure we are.
        assurance: Assurance,
    },
    /// A member of staff.
    Officer {
        /// Who.
        officer: OfficerId,
        /// The office or unit they act for, such as `mot.ramallah`.
        unit: String,
        /// What they are trusted with there.
        roles: Vec<Role>,
    },
    /// An agency's information system, by its exchange identifier.
    Agency {
        /// `PS/GOV/MOI/CIVIL`.
        member: String,
    },
    /// One of our own jobs or seeds.
    Machine(&'static str),
}

impl Actor {
    /// The stable text that leaves and logs carry: kind and id, no name.
    #[must_use]
    pub fn reference(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Citizen { person, .. } => format!("person:{person}"),
            Self::Officer { officer, .. } => format!("officer:{officer}"),
            Self::Agency { member } => format!("agency:{member}"),
            Self::Machine(name) => format!("machine:{name}"),
        }
    }
    /// The person, when a citizen acts.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Citizen { person, .. } => Some(*person),
            _ => None,
        }
    }
    /// The officer, when staff acts.
    #[must_use]
    pub fn officer(&self) -> Option<OfficerId> {
        match self {
            Self::Officer { officer, .. } => Some(*officer),
            _ => None,
        }
    }
    /// Whether staff with this role acts.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        matches!(self, Self::Officer { roles, .. } if roles.contains(&role))
    }
}
