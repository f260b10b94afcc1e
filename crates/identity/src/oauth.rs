//! What a refusal of identity's is in OAuth.

use openid::oauth::OauthError;

use crate::model::Refusal;

impl From<Refusal> for OauthError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::Wait(_) | Refusal::Busy | Refusal::Silent | Refusal::CompaniesSilent => Self::later(),
            Refusal::Gone | Refusal::Taken | Refusal::NoMandate | Refusal::TooLow | Refusal::Stage { .. } => {
                Self::new("invalid_grant", refusal.to_string())
            }
            // These are said on pages only.
            Refusal::Seal(_)
            | Refusal::Locked
            | Refusal::Alone
            | Refusal::NoCounter
            | Refusal::OwnProposal
            | Refusal::OwnClient
            | Refusal::NoReason
            | Refusal::Unfit(_)
            | Refusal::LastFactor
            | Refusal::Faulty(_) => Self::fault_of_ours(&refusal),
        }
    }
}
