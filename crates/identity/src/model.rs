//! Types and stages (`model/stages.rs`). No IO, no clock.

mod stages;

use base::id::typed_id;
use base::{AccountId, Assurance, Date, IdNumber, PersonId, PersonName, Phone, Role};
use openid::Fault;
use serde::{Deserialize, Serialize};
use store::Event;

pub use openid::{Client, Holders};
pub(crate) use stages::step;
pub use stages::{
    ACCOUNT, AUTHORIZATION, CERTIFICATE, CLIENT, CODE, COMPARISON, CONTACT, DEVICE, MANDATE, OPENING, PROPOSAL,
    READMISSION, RECOVERY, SESSION, SHOWING, VOUCHING,
};

typed_id! {
    /// An account on its way to being opened.
    OpeningId
}
typed_id! {
    /// One request of a client to sign somebody in.
    AuthorizationId
}
typed_id! {
    /// A session at the provider; `sid` in tokens.
    SsoId
}
typed_id! {
    /// One one-time code.
    CodeId
}
typed_id! {
    /// A device that waits for somebody to answer it.
    DeviceId
}
typed_id! {
    /// A key of ours; `kid` is derived from its public half.
    KeyId
}
typed_id! {
    /// A key that a person's device keeps.
    PasskeyId
}
typed_id! {
    /// A way back into an account.
    RecoveryId
}
typed_id! {
    /// A change that one officer proposes and another decides.
    ProposalId
}
typed_id! {
    /// One look at card, face and the registry's photo.
    ComparisonId
}
typed_id! {
    /// Somebody whom an account's owner trusts.
    ContactId
}
typed_id! {
    /// A way back by trusted contacts.
    VouchingId
}
typed_id! {
    /// A certificate that a person signs in with.
    CertificateId
}
store::stored_ids!(
    CertificateId,
    OpeningId,
    AuthorizationId,
    SsoId,
    CodeId,
    DeviceId,
    KeyId,
    PasskeyId,
    RecoveryId,
    ProposalId,
    ComparisonId,
    ContactId,
    VouchingId
);

/// What the civil registry says of a person, as far as identity keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Four Arabic parts and their Latin spelling.
    pub name: PersonName,
    /// The day of birth.
    pub born: Date,
    /// Whether the registry says that they live.
    pub alive: bool,
    /// The registry's version of the record.
    pub version: String,
}

/// Names as they lie sealed in a column.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredName {
    pub(crate) arabic: [String; 4],
    pub(crate) latin: [String; 4],
}

impl From<&PersonName> for StoredName {
    fn from(name: &PersonName) -> Self {
        Self { arabic: name.arabic.clone(), latin: name.latin.clone() }
    }
}
impl From<StoredName> for PersonName {
    fn from(name: StoredName) -> Self {
        Self { arabic: name.arabic, latin: name.latin }
    }
}

/// A citizen's account as sign-in sees it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Whose it is.
    pub person: PersonId,
    /// What was proven of them.
    pub level: Assurance,
    /// `open`, `locked` or `closed`.
    pub stage: String,
    /// The number that codes go to: one that a register holds for the person,
    /// or one that a counter bound.
    pub phone: Option<Phone>,
}

/// An account to be put there by the demo or by a counter.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The ID number.
    pub id_number: IdNumber,
    /// The day of birth.
    pub born: Date,
    /// The registry's facts, when the person is proven.
    pub facts: Option<Facts>,
    /// The number that codes go to.
    pub phone: Option<Phone>,
    /// The password.
    pub password: String,
    /// What was proven.
    pub level: Assurance,
}

/// An officer to be put there.
#[derive(Debug, Clone)]
pub struct NewOfficer {
    /// What they type to sign in.
    pub username: String,
    /// The unit they act for, such as `mot.ramallah`.
    pub unit: String,
    /// What they are trusted with.
    pub roles: Vec<Role>,
    /// Arabic and Latin name, as pages greet them.
    pub name: [String; 2],
    /// The password.
    pub password: String,
    /// The secret of their one-time passwords: at least 16 bytes.
    pub totp_secret: Vec<u8>,
}

/// An officer, as tokens and pages name them.
#[derive(Debug, Clone)]
pub struct Officer {
    /// Who.
    pub id: base::OfficerId,
    /// For which unit.
    pub unit: String,
    /// Trusted with what.
    pub roles: Vec<Role>,
    /// Arabic and Latin name.
    pub name: [String; 2],
}

/// How somebody proved who they are (RFC 8176).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A password.
    Password,
    /// A code by SMS.
    Sms,
    /// A code by a call.
    Call,
    /// A time-based one-time password.
    Otp,
    /// A code of the printed recovery sheet.
    Sheet,
    /// A passkey whose device knew its holder: two factors in one act.
    Passkey,
    /// A certificate of our authority, over TLS: something one has.
    Certificate,
}

impl Method {
    const ALL: [Self; 7] =
        [Self::Password, Self::Sms, Self::Call, Self::Otp, Self::Sheet, Self::Passkey, Self::Certificate];

    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Sms => "sms",
            Self::Call => "tel",
            Self::Otp => "otp",
            Self::Sheet => "sheet",
            Self::Passkey => "passkey",
            Self::Certificate => "certificate",
        }
    }
    /// The words in `amr`: a code of a sheet is a one-time password, a passkey a
    /// key that was shown and a person who was there.
    #[must_use]
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::Sms => &["sms"],
            Self::Call => &["tel"],
            Self::Otp | Self::Sheet => &["otp"],
            Self::Passkey => &["pop", "user"],
            Self::Certificate => &["pop"],
        }
    }
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
    /// `pwd otp`, as stored.
    pub(crate) fn join(methods: &[Self]) -> String {
        methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" ")
    }
    pub(crate) fn split(text: &str) -> Vec<Self> {
        text.split(' ').filter_map(Self::parse).collect()
    }
}

/// Whether two factors were shown.
#[must_use]
pub fn is_strong(methods: &[Method]) -> bool {
    methods.len() >= 2 || methods.contains(&Method::Passkey)
}

/// The assurance of a sign-in: what was proven of the account, if two factors
/// were shown just now, else low. `high` takes a passkey, or a certificate and
/// the password, since codes can be talked out of people (facts, identity §3.2).
#[must_use]
pub fn assurance_of(level: Assurance, methods: &[Method]) -> Assurance {
    let certified = methods.contains(&Method::Certificate) && methods.contains(&Method::Password);
    match (is_strong(methods), certified || methods.contains(&Method::Passkey)) {
        (false, _) => Assurance::Low,
        (true, false) => level.min(Assurance::Substantial),
        (true, true) => level,
    }
}

/// An account was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOpened {
    /// The account.
    pub account: AccountId,
    /// Whose.
    pub person: PersonId,
    /// `low`, `substantial` or `high`.
    pub level: String,
}
impl Event for AccountOpened {
    const TOPIC: &'static str = "identity.account_opened";
    fn key(&self) -> String {
        self.account.to_string()
    }
}

/// A factor of an account changed, or what was proven of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorChanged {
    /// The account.
    pub account: AccountId,
    /// Whose.
    pub person: PersonId,
    /// `password`, `phone`, `totp` or `level`.
    pub factor: String,
}
impl Event for FactorChanged {
    const TOPIC: &'static str = "identity.factor_changed";
    fn key(&self) -> String {
        self.account.to_string()
    }
}

/// A person's certificate was revoked: the authority's list follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRevoked {
    /// Its serial number, hex.
    pub serial: String,
    /// `owner`, `disowned` or `withdrawn`.
    pub cause: String,
}
impl Event for CertificateRevoked {
    const TOPIC: &'static str = "identity.certificate_revoked";
    fn key(&self) -> String {
        self.serial.clone()
    }
}

/// Why identity says no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// Nothing of that name, or not for this browser, or over.
    #[error("there is nothing to go on with")]
    Gone,
    /// The stage does not allow it.
    #[error("{thing} cannot take “{event}” when it is {stage}")]
    Stage {
        /// What has the stage.
        thing: &'static str,
        /// The stage.
        stage: String,
        /// What was to happen.
        event: &'static str,
    },
    /// Too many tries: wait so many seconds.
    #[error("wait {0} seconds")]
    Wait(u32),
    /// Too many password checks wait.
    #[error("too many password checks wait")]
    Busy,
    /// The ID number is somebody else's account already.
    #[error("the ID number is proven for another account")]
    Taken,
    /// The account is locked: nothing is proven of it until two officers unlock it.
    #[error("the account is locked")]
    Locked,
    /// The code is right, and there is no telephone for the second one.
    #[error("no telephone is bound")]
    Alone,
    /// The officer's unit is no office that people visit.
    #[error("the unit is not a counter")]
    NoCounter,
    /// Whoever proposed a change does not decide it.
    #[error("another officer decides")]
    OwnProposal,
    /// The client is the portal's own: it is set up at every start.
    #[error("the portal's own clients are not changed here")]
    OwnClient,
    /// An act on somebody's account says why.
    #[error("the reason is missing, or too long")]
    NoReason,
    /// The mandate is not theirs, or does not hold today.
    #[error("the mandate does not hold")]
    NoMandate,
    /// The registry that has to be asked does not answer.
    #[error("the registry was not heard")]
    Silent,
    /// The companies' register does not answer.
    #[error("the companies' register was not heard")]
    CompaniesSilent,
    /// Whoever acts has not shown enough who they are.
    #[error("a higher assurance is needed")]
    TooLow,
    /// What was typed of a mandate cannot be: which part.
    #[error("the mandate cannot be: {0}")]
    Unfit(&'static str),
    /// An officer keeps a second factor beside the password.
    #[error("it is the last second factor of an officer")]
    LastFactor,
    /// A registration has faults.
    #[error("the registration has {} faults", .0.len())]
    Faulty(Vec<Fault>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A signature or key failed.
    #[error(transparent)]
    Seal(#[from] seal::SealError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_is_low_whatever_was_proven() {
        use Method::{Certificate, Otp, Passkey, Password, Sheet, Sms};
        for (level, methods, expected) in [
            (Assurance::High, &[Password][..], Assurance::Low),
            (Assurance::High, &[Password, Sms], Assurance::Substantial),
            (Assurance::High, &[Passkey], Assurance::High),
            (Assurance::Low, &[Passkey], Assurance::Low),
            (Assurance::High, &[Password, Sheet], Assurance::Substantial),
            (Assurance::Substantial, &[Password, Otp], Assurance::Substantial),
            (Assurance::Low, &[Password, Sms], Assurance::Low),
            (Assurance::High, &[Certificate], Assurance::Low),
            (Assurance::High, &[Certificate, Password], Assurance::High),
            (Assurance::High, &[Password, Certificate], Assurance::High),
            (Assurance::Substantial, &[Password, Certificate], Assurance::Substantial),
            (Assurance::High, &[Certificate, Sms], Assurance::Substantial),
        ] {
            assert_eq!(assurance_of(level, methods), expected);
        }
    }
}
