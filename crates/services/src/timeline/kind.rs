//! What can happen to a case: the act in the log, the line on the timeline, and
//! whether the person is told of it.

use store::Error;

use crate::messages::Messages;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The draft was begun.
    Started,
    /// It was sent.
    Submitted,
    /// A register was not heard.
    Marked,
    /// The bill was made.
    Billed,
    /// The bill was settled.
    Paid,
    /// Nothing was owed: a decision takes off the whole fee.
    Waived,
    /// A clerk took it.
    Taken,
    /// The citizen was asked for something.
    Asked,
    /// The citizen answered.
    Answered,
    /// The citizen corrected an answer.
    Corrected,
    /// A rule found that it may go on to whoever decides.
    Eligible,
    /// The first of two officers decided.
    FirstDecided,
    /// The second officer sent it back to the first.
    SentBack,
    /// A member of the committee voted.
    Voted,
    /// A member of the committee is absent.
    Absent,
    /// The votes are equal: one more member votes.
    Tied,
    /// Yes.
    Approved,
    /// No, with the reason.
    Refused,
    /// Several bodies were asked for their clearance.
    Clearing,
    /// A body outside was asked.
    Awaiting,
    /// A visit at home was ordered.
    VisitOrdered,
    /// A body has no objection.
    Cleared,
    /// A body objects, with the reason.
    Objected,
    /// A body's clock ran out, and its silence means what was decreed.
    Silent,
    /// A body's clock ran out, and its supervisor has to answer.
    Escalated,
    /// The body outside had its say.
    Heard,
    /// An officer visited and reported.
    Visited,
    /// Others were asked to agree.
    CoSignAsked,
    /// One of them agreed.
    CoSigned,
    /// One of them refused.
    CoSignRefused,
    /// They did not all agree in time.
    CoSignLapsed,
    /// A later instalment is due.
    InstalmentBilled,
    /// A later instalment was settled.
    InstalmentPaid,
    /// One more copy of the paper is to be paid.
    CopyBilled,
    /// It was paid, and is made.
    CopyPaid,
    /// The person can choose a time.
    AppointmentOpen,
    /// A time was chosen.
    Booked,
    /// Another time was chosen.
    Moved,
    /// The person did not come.
    Missed,
    /// The person came.
    Attended,
    /// A register is being told.
    Writing,
    /// A register was told.
    Written,
    /// The paper was made and sealed.
    Issued,
    /// The paper left for an office.
    Sent,
    /// The office has it.
    Arrived,
    /// Too many wrong pick-up codes: handing over is stopped.
    Locked,
    /// A supervisor looked at it, and there is a new pick-up code.
    Unlocked,
    /// It is in the person's hands.
    Collected,
    /// Money came that the bill no longer needed.
    MoneyHeld,
    /// The citizen gave it up.
    Withdrawn,
    /// The citizen appealed against the refusal.
    Appealed,
    /// The appeal won.
    AppealWon,
    /// The appeal lost, with the reason.
    AppealLost,
    /// It ended.
    Completed,
    /// The paper does not hold any more, with the reason.
    Revoked,
    /// The promise moved: from when, to when and why.
    PromiseMoved,
    /// The promised time is over.
    Late,
    /// The person wants the paper another way.
    DeliveryChanged,
    /// A scanner found something in a file.
    FileInfected,
    /// Another file took the place of one in which a scanner found something.
    FileReplaced,
    /// A register says something else than when the case was sent.
    Retold,
}

/// Each with its act in the transparency log.
const ACTS: [(Kind, &str); 61] = [
    (Kind::Started, "services.started"),
    (Kind::Submitted, "services.submitted"),
    (Kind::Marked, "services.marked"),
    (Kind::Billed, "services.billed"),
    (Kind::Paid, "services.paid"),
    (Kind::Waived, "services.waived"),
    (Kind::Taken, "services.taken"),
    (Kind::Asked, "services.asked"),
    (Kind::Answered, "services.answered"),
    (Kind::Corrected, "services.corrected"),
    (Kind::Eligible, "services.eligible"),
    (Kind::FirstDecided, "services.first_decided"),
    (Kind::SentBack, "services.sent_back"),
    (Kind::Voted, "services.voted"),
    (Kind::Absent, "services.absent"),
    (Kind::Tied, "services.tied"),
    (Kind::Approved, "services.approved"),
    (Kind::Refused, "services.refused"),
    (Kind::Clearing, "services.clearing"),
    (Kind::Awaiting, "services.awaiting"),
    (Kind::VisitOrdered, "services.visit_ordered"),
    (Kind::Cleared, "services.cleared"),
    (Kind::Objected, "services.objected"),
    (Kind::Silent, "services.silent"),
    (Kind::Escalated, "services.escalated"),
    (Kind::Heard, "services.heard"),
    (Kind::Visited, "services.visited"),
    (Kind::CoSignAsked, "services.co_sign_asked"),
    (Kind::CoSigned, "services.co_signed"),
    (Kind::CoSignRefused, "services.co_sign_refused"),
    (Kind::CoSignLapsed, "services.co_sign_lapsed"),
    (Kind::InstalmentBilled, "services.instalment_billed"),
    (Kind::InstalmentPaid, "services.instalment_paid"),
    (Kind::CopyBilled, "services.copy_billed"),
    (Kind::CopyPaid, "services.copy_paid"),
    (Kind::AppointmentOpen, "services.appointment_open"),
    (Kind::Booked, "services.booked"),
    (Kind::Moved, "services.moved"),
    (Kind::Missed, "services.missed"),
    (Kind::Attended, "services.attended"),
    (Kind::Writing, "services.writing"),
    (Kind::Written, "services.written"),
    (Kind::Issued, "services.issued"),
    (Kind::Sent, "services.sent"),
    (Kind::Arrived, "services.arrived"),
    (Kind::Locked, "services.locked"),
    (Kind::Unlocked, "services.unlocked"),
    (Kind::Collected, "services.collected"),
    (Kind::MoneyHeld, "services.money_held"),
    (Kind::Withdrawn, "services.withdrawn"),
    (Kind::Appealed, "services.appealed"),
    (Kind::AppealWon, "services.appeal_won"),
    (Kind::AppealLost, "services.appeal_lost"),
    (Kind::Completed, "services.completed"),
    (Kind::Revoked, "services.paper_revoked"),
    (Kind::PromiseMoved, "services.promise_moved"),
    (Kind::Late, "services.late"),
    (Kind::DeliveryChanged, "services.delivery_changed"),
    (Kind::FileInfected, "services.file_infected"),
    (Kind::FileReplaced, "services.file_replaced"),
    (Kind::Retold, "services.retold"),
];

impl Kind {
    /// The act in the transparency log.
    #[must_use]
    pub fn act(self) -> &'static str {
        // The table has a line for each, in this order: a test compares them.
        ACTS[self as usize].1
    }
    pub(super) fn parse(act: &str) -> Result<Self, Error> {
        let found = ACTS.into_iter().find(|known| known.1 == act).map(|known| known.0);
        found.ok_or_else(|| Error::Corrupt(format!("the timeline's {act}")))
    }

    /// The line on the timeline.
    #[must_use]
    pub fn text(self, m: Messages) -> &'static str {
        match self {
            Self::Started => m.event_started(),
            Self::Submitted => m.event_submitted(),
            Self::Marked => m.event_marked(),
            Self::Billed => m.event_billed(),
            Self::Paid => m.event_paid(),
            Self::Waived => m.event_waived(),
            Self::Taken => m.event_taken(),
            Self::Asked => m.event_asked(),
            Self::Answered => m.event_answered(),
            Self::Corrected => m.event_corrected(),
            Self::Eligible => m.event_eligible(),
            Self::FirstDecided => m.event_first_decided(),
            Self::SentBack => m.event_sent_back(),
            Self::Voted => m.event_voted(),
            Self::Absent => m.event_absent(),
            Self::Tied => m.event_tied(),
            Self::Approved => m.event_approved(),
            Self::Refused => m.event_refused(),
            Self::Clearing => m.event_clearing(),
            Self::Awaiting => m.event_awaiting(),
            Self::VisitOrdered => m.event_visit_ordered(),
            Self::Cleared => m.event_cleared(),
            Self::Objected => m.event_objected(),
            Self::Silent => m.event_silent(),
            Self::Escalated => m.event_escalated(),
            Self::Heard => m.event_heard(),
            Self::Visited => m.event_visited(),
            Self::CoSignAsked => m.event_co_sign_asked(),
            Self::CoSigned => m.event_co_signed(),
            Self::CoSignRefused => m.event_co_sign_refused(),
            Self::CoSignLapsed => m.event_co_sign_lapsed(),
            Self::InstalmentBilled => m.event_instalment_billed(),
            Self::InstalmentPaid => m.event_instalment_paid(),
            Self::CopyBilled => m.event_copy_billed(),
            Self::CopyPaid => m.event_copy_paid(),
            Self::AppointmentOpen => m.event_appointment_open(),
            Self::Booked => m.event_booked(),
            Self::Moved => m.event_moved(),
            Self::Missed => m.event_missed(),
            Self::Attended => m.event_attended(),
            Self::Writing => m.event_writing(),
            Self::Written => m.event_written(),
            Self::Issued => m.event_issued(),
            Self::Sent => m.event_sent(),
            Self::Arrived => m.event_arrived(),
            Self::Locked => m.event_locked(),
            Self::Unlocked => m.event_unlocked(),
            Self::Collected => m.event_collected(),
            Self::MoneyHeld => m.event_money_held(),
            Self::Withdrawn => m.event_withdrawn(),
            Self::Appealed => m.event_appealed(),
            Self::AppealWon => m.event_appeal_won(),
            Self::AppealLost => m.event_appeal_lost(),
            Self::Completed => m.event_completed(),
            Self::Revoked => m.event_revoked(),
            Self::PromiseMoved => m.event_promise_moved(),
            Self::Late => m.event_late(),
            Self::DeliveryChanged => m.event_delivery_changed(),
            Self::FileInfected => m.event_file_infected(),
            Self::FileReplaced => m.event_file_replaced(),
            Self::Retold => m.event_retold(),
        }
    }

    /// Whether the person is told by message, beyond the page.
    pub(super) const fn is_news(self) -> bool {
        matches!(
            self,
            Self::Asked
                | Self::Approved
                | Self::Refused
                | Self::VisitOrdered
                | Self::InstalmentBilled
                | Self::AppointmentOpen
                | Self::Missed
                | Self::Issued
                | Self::Arrived
                | Self::Locked
                | Self::Unlocked
                | Self::Collected
                | Self::MoneyHeld
                | Self::AppealWon
                | Self::AppealLost
                | Self::Revoked
                | Self::PromiseMoved
                | Self::Late
                | Self::FileInfected
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_act() {
        for (at, (kind, act)) in ACTS.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.act()), (at, act));
            assert_eq!(Kind::parse(act).unwrap(), kind);
            assert_eq!(ACTS.iter().filter(|known| known.1 == act).count(), 1, "{act}");
        }
        assert!(Kind::parse("services.other").is_err());
    }
}
