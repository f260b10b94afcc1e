//! What must hold of identity at any time.

use store::{Invariant, params};

use crate::sql;

/// The invariants that `hukumati verify` runs.
pub(crate) fn invariants() -> Vec<Invariant> {
    vec![
        listed("identity.credentials_have_holders", &sql::STRAY_CREDENTIALS),
        listed("identity.closed_accounts_have_no_factors", &sql::STRAY_FACTORS),
        listed("identity.open_accounts_have_passwords", &sql::MUTE_ACCOUNTS),
        listed("identity.officers_have_both_factors", &sql::HALF_OFFICERS),
        listed("identity.levels_agree_with_proven_numbers", &sql::CROOKED_LEVELS),
        listed("identity.open_codes_have_transactions", &sql::STRAY_CODES),
        listed("identity.codes_keep_their_limit", &sql::OVERTRIED_CODES),
        listed("identity.codes_given_name_somebody", &sql::FACELESS),
        listed("identity.devices_agree_with_authorizations", &sql::CROOKED_DEVICES),
        listed("identity.live_tokens_have_live_sessions", &sql::UNDEAD_TOKENS),
        listed("identity.mandates_that_ended_leave_nothing", &sql::UNDEAD_MANDATES),
        listed("identity.companies_are_signed_for", &sql::UNSIGNED_MANDATES),
        listed("identity.companies_are_nobodys_account", &sql::EMBODIED_COMPANIES),
        listed("identity.contacts_are_three_who_accepted", &sql::CROOKED_CONTACTS),
        listed("identity.ways_by_contacts_have_two", &sql::UNVOUCHED),
        listed("identity.comparisons_agree_with_themselves", &sql::CROOKED_COMPARISONS),
        listed("identity.live_certificates_have_open_accounts", &sql::CROOKED_CERTIFICATES),
        listed("identity.passports_were_said_or_seen", &sql::CROOKED_PASSPORTS),
        listed("identity.applied_changes_have_two_officers", &sql::ONE_PAIR_OF_EYES),
    ]
}

fn listed(name: &'static str, statement: &'static store::Statement) -> Invariant {
    Invariant::new(name, move |read| read.rows(statement, &params![])?.iter().map(|row| row.get(0)).collect())
}
