//! Ids that several crates name. An id of one crate only lives there.

use crate::id::typed_id;

typed_id! {
    /// A human, as known to this portal. It says nothing about them; the ID
    /// number is a sealed column found by its blind index.
    PersonId
}
typed_id! {
    /// The right of one person to act for another.
    MandateId
}
typed_id! {
    /// A login of a person.
    AccountId
}
typed_id! {
    /// A member of staff.
    OfficerId
}
typed_id! {
    /// One application for a service, from draft to closed.
    CaseId
}
typed_id! {
    /// One entry of the working calendar, as one decree set it.
    CalendarEntryId
}
