//! Who acts. Every leaf, right and look at somebody's data names one.

use crate::money::{Currency, Money};
use crate::person::{AccountId, MandateId, OfficerId, PersonId};

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

/// Under what, and how far, somebody acts for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// Which mandate.
    pub id: MandateId,
    /// Keys of the services that it covers; none for all of them.
    pub services: Option<Vec<String>>,
    /// The most that one bill may ask for, in agorot; none for no limit.
    pub ceiling_minor: Option<i64>,
}

impl Mandate {
    /// Whether it covers a service.
    #[must_use]
    pub fn covers(&self, service: &str) -> bool {
        self.services.as_ref().is_none_or(|services| services.iter().any(|known| known == service))
    }
    /// Whether a bill of this amount may be made or paid under it. A ceiling is
    /// in shekels: a bill in another currency is above any.
    #[must_use]
    pub fn allows(&self, amount: Money) -> bool {
        self.ceiling_minor.is_none_or(|most| amount.currency() == Currency::Ils && amount.minor() <= most)
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
    /// A person who acts for another, through their own account.
    Agent {
        /// The human who is acted for: what is begun is theirs.
        person: PersonId,
        /// The human who acts.
        agent: PersonId,
        /// The login of the one who acts.
        account: AccountId,
        /// How sure we are of the one who acts.
        assurance: Assurance,
        /// Under what.
        mandate: Mandate,
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
            Self::Citizen { person, .. } | Self::Agent { agent: person, .. } => format!("person:{person}"),
            Self::Officer { officer, .. } => format!("officer:{officer}"),
            Self::Agency { member } => format!("agency:{member}"),
            Self::Machine(name) => format!("machine:{name}"),
        }
    }
    /// The person whose matter it is when a citizen acts: their own, or the one
    /// they act for.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Citizen { person, .. } | Self::Agent { person, .. } => Some(*person),
            _ => None,
        }
    }
    /// Under what somebody acts for another.
    #[must_use]
    pub fn mandate(&self) -> Option<&Mandate> {
        match self {
            Self::Agent { mandate, .. } => Some(mandate),
            _ => None,
        }
    }
    /// How sure we are of the citizen who acts; low of everybody else.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        match self {
            Self::Citizen { assurance, .. } | Self::Agent { assurance, .. } => *assurance,
            _ => Assurance::Low,
        }
    }
    /// Whether a service is within what they may do: always, but for a mandate's
    /// scope.
    #[must_use]
    pub fn covers(&self, service: &str) -> bool {
        self.mandate().is_none_or(|mandate| mandate.covers(service))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TypedId;

    #[test]
    fn a_mandate_goes_so_far_and_no_further() {
        let id = MandateId::from_bits(1);
        let narrow = Mandate { id, services: Some(vec!["a".to_owned()]), ceiling_minor: Some(500) };
        let wide = Mandate { id, services: None, ceiling_minor: None };
        assert!(narrow.covers("a") && !narrow.covers("ab") && wide.covers("ab"));
        for (minor, currency, fits) in
            [(500, Currency::Ils, true), (501, Currency::Ils, false), (1, Currency::Jod, false)]
        {
            assert_eq!(narrow.allows(Money::from_minor(minor, currency)), fits);
            assert!(wide.allows(Money::from_minor(minor, currency)));
        }
    }

    #[test]
    fn who_acts_for_another_is_named_and_the_matter_is_the_others() {
        let (person, agent) = (PersonId::from_bits(1), PersonId::from_bits(2));
        let mandate = Mandate { id: MandateId::from_bits(3), services: Some(Vec::new()), ceiling_minor: None };
        let account = AccountId::from_bits(4);
        let actor = Actor::Agent { person, agent, account, assurance: Assurance::High, mandate };
        assert_eq!((actor.person(), actor.reference()), (Some(person), format!("person:{agent}")));
        assert_eq!((actor.covers("a"), actor.assurance()), (false, Assurance::High));
    }
}
