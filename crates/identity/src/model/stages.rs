//! The stages of everything that has some, as data: which event leads where.

use web::Transitions;

use super::Refusal;

/// From a client's request to its tokens.
pub const AUTHORIZATION: Transitions = Transitions {
    name: "identity.authorization",
    start: "begun",
    edges: &[
        ("begun", "asked", "asked"),
        ("asked", "asked", "asked"),
        ("asked", "password", "known"),
        ("known", "another's password", "known"),
        ("asked", "proven", "coded"),
        ("known", "proven", "coded"),
        ("begun", "allowed on a device", "coded"),
        ("coded", "exchanged", "exchanged"),
        ("exchanged", "replayed", "revoked"),
        ("exchanged", "revoked", "revoked"),
    ],
};
/// A device's request, until its code is exchanged (RFC 8628).
pub const DEVICE: Transitions = Transitions {
    name: "identity.device",
    start: "pending",
    edges: &[
        ("pending", "typed", "typed"),
        ("typed", "typed", "typed"),
        ("typed", "allowed", "allowed"),
        ("typed", "refused", "refused"),
        ("allowed", "exchanged", "exchanged"),
        ("exchanged", "replayed", "revoked"),
    ],
};
/// A one-time code.
pub const CODE: Transitions = Transitions {
    name: "identity.code",
    start: "sent",
    edges: &[("sent", "right", "used"), ("sent", "five wrong", "locked"), ("sent", "another sent", "replaced")],
};
/// A session at the provider.
pub const SESSION: Transitions = Transitions {
    name: "identity.session",
    start: "live",
    edges: &[("live", "signed out", "ended"), ("live", "replaced", "ended")],
};
/// An account on its way.
pub const OPENING: Transitions = Transitions {
    name: "identity.opening",
    start: "number",
    edges: &[
        ("number", "matched", "code"),
        ("number", "matched, several numbers", "choose"),
        ("number", "nothing to send to", "low"),
        ("number", "no match", "refused"),
        ("choose", "chosen", "code"),
        ("code", "right", "proven"),
        ("proven", "password", "opened"),
        ("low", "password", "opened"),
        ("proven", "has an account", "refused"),
        ("low", "has an account", "refused"),
        // From abroad: a registered number is offered and never taken for granted,
        // and without one the person names a number or an address of their own.
        ("number", "abroad, nothing to send to", "contact"),
        ("choose", "none of these", "contact"),
        ("code", "none of these", "contact"),
        ("code", "chosen", "code"),
        ("contact", "number given", "phone code"),
        ("phone code", "number given", "phone code"),
        ("email code", "number given", "phone code"),
        ("passkey", "number given", "phone code"),
        ("contact", "address given", "email code"),
        ("phone code", "address given", "email code"),
        ("email code", "address given", "email code"),
        ("passkey", "address given", "email code"),
        ("phone code", "right", "reached"),
        ("email code", "right", "passkey"),
        ("reached", "password", "opened"),
        ("passkey", "passkey", "opened"),
        ("reached", "has an account", "refused"),
        ("passkey", "has an account", "refused"),
    ],
};
/// A way back into an account whose password is forgotten.
pub const RECOVERY: Transitions = Transitions {
    name: "identity.recovery",
    start: "first proof",
    edges: &[
        ("first proof", "code right", "proven"),
        ("first proof", "code of a counter", "proven"),
        ("first proof", "vouched for", "proven"),
        ("proven", "password", "done"),
    ],
};
/// An officer's comparison of card, face and the registry's photo.
pub const COMPARISON: Transitions = Transitions {
    name: "identity.comparison",
    start: "shown",
    edges: &[
        ("shown", "same", "same"),
        ("shown", "doubted", "waiting"),
        ("waiting", "cleared", "cleared"),
        ("waiting", "confirmed", "confirmed"),
    ],
};
/// Somebody whom an account's owner trusts.
pub const CONTACT: Transitions = Transitions {
    name: "identity.contact",
    start: "asked",
    edges: &[
        ("asked", "accepted", "accepted"),
        ("asked", "refused", "gone"),
        ("asked", "removed", "gone"),
        ("accepted", "removed", "gone"),
    ],
};
/// A way back by trusted contacts.
pub const VOUCHING: Transitions = Transitions {
    name: "identity.vouching",
    start: "asked",
    edges: &[
        ("asked", "two vouched", "waiting"),
        ("asked", "cancelled", "cancelled"),
        ("waiting", "cancelled", "cancelled"),
        ("waiting", "finished", "done"),
    ],
};
/// An account.
pub const ACCOUNT: Transitions = Transitions {
    name: "identity.account",
    start: "open",
    edges: &[("open", "closed", "closed"), ("open", "locked", "locked"), ("locked", "unlocked", "open")],
};

/// A change that needs two officers.
pub const PROPOSAL: Transitions = Transitions {
    name: "identity.proposal",
    start: "proposed",
    edges: &[
        ("proposed", "approved", "applied"),
        ("proposed", "rejected", "rejected"),
        ("proposed", "withdrawn", "withdrawn"),
        ("proposed", "overtaken", "stale"),
    ],
};
/// The way in of an officer whom two others let in again.
pub const READMISSION: Transitions = Transitions {
    name: "identity.readmission",
    start: "open",
    edges: &[("open", "both halves", "begun"), ("open", "wrong codes", "over"), ("begun", "set anew", "done")],
};
/// The right of one person to act for another.
pub const MANDATE: Transitions = Transitions {
    name: "identity.mandate",
    start: "proposed",
    edges: &[
        ("proposed", "accepted", "accepted"),
        ("proposed", "refused", "refused"),
        ("proposed", "told by the registry", "accepted"),
        ("proposed", "approved", "accepted"),
        ("proposed", "revoked", "revoked"),
        ("proposed", "expired", "expired"),
        ("accepted", "revoked", "revoked"),
        ("accepted", "left", "ended"),
        ("accepted", "ended by an officer", "ended"),
        ("accepted", "expired", "expired"),
        // In a company's name: a second signatory, and what the register says later.
        ("proposed", "signed by the first of two", "awaiting"),
        ("awaiting", "signed by the second", "accepted"),
        ("awaiting", "signed by both for an offer", "proposed"),
        ("awaiting", "refused by the second", "refused"),
        ("awaiting", "revoked", "revoked"),
        ("awaiting", "left", "ended"),
        ("awaiting", "expired", "expired"),
        ("proposed", "ended by the register", "ended"),
        ("awaiting", "ended by the register", "ended"),
        ("accepted", "ended by the register", "ended"),
    ],
};
/// A relying party.
pub const CLIENT: Transitions = Transitions {
    name: "identity.client",
    start: "open",
    edges: &[("open", "suspended", "suspended"), ("suspended", "resumed", "open")],
};
/// A person's certificate.
pub const CERTIFICATE: Transitions =
    Transitions { name: "identity.certificate", start: "live", edges: &[("live", "revoked", "revoked")] };
/// A certificate that was shown for a request.
pub const SHOWING: Transitions =
    Transitions { name: "identity.showing", start: "shown", edges: &[("shown", "taken", "taken")] };

/// The stage that an event leads to, or the refusal.
pub(crate) fn step(table: &'static Transitions, stage: &str, event: &'static str) -> Result<&'static str, Refusal> {
    table.next(stage, event).ok_or_else(|| Refusal::Stage { thing: table.name, stage: stage.to_owned(), event })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_leads_where_it_says_and_no_other_exists() {
        let tables =
            [&AUTHORIZATION, &DEVICE, &CODE, &SESSION, &OPENING, &RECOVERY, &ACCOUNT, &PROPOSAL, &MANDATE, &CLIENT];
        for table in tables.into_iter().chain([&READMISSION, &COMPARISON, &CONTACT, &VOUCHING, &CERTIFICATE, &SHOWING])
        {
            assert!(table.faults().is_empty(), "{:?}", table.faults());
            for stage in table.stages() {
                for event in table.events() {
                    let edge = table.edges.iter().find(|edge| edge.0 == stage && edge.1 == event);
                    assert_eq!(table.next(stage, event), edge.map(|edge| edge.2), "{} {stage} {event}", table.name);
                    assert_eq!(step(table, stage, event).is_ok(), edge.is_some());
                }
            }
        }
    }
}
