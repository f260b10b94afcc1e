//! The address book, the inbox, and messages by SMS, call and e-mail.
//!
//! Not here: what is worth telling (each system decides), one-time codes'
//! rules (identity).
//!
//! Invariants: the inbox is the source of truth and holds everything; other
//! channels say only that something waits, without personal data; a message is
//! an intent in the caller's commit, sent by a job under its own id, and its
//! outcome is sent, failed or unknown.

mod address;
mod inbox;
mod send;
mod sql;

pub use address::{Channel, email_of, forget_in, forget_phone_in, phone_of, set_email_in, set_phone_in};
pub use inbox::{InboxItem, Notice, inbox, mark_read_in, notice_in, unread};
pub use send::{Gateways, Stage, email_in, is_late, officer_email_in, sms_in, voice_in};
pub use sql::ALL as STATEMENTS;

use std::sync::Arc;

use store::{Invariant, Migration, Schema, Subscriber};
use web::{Link, System, Transitions};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("../migrations/0001_notify.sql") }];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "notify", migrations: MIGRATIONS };

/// How a message gets from waiting to settled.
pub const MESSAGE: Transitions = Transitions {
    name: "notify.message",
    start: "waiting",
    edges: &[
        ("waiting", "accepted", "sent"),
        ("waiting", "refused", "failed"),
        ("waiting", "lost", "unknown"),
        ("unknown", "accepted", "sent"),
        ("unknown", "refused", "failed"),
        ("unknown", "lost", "unknown"),
    ],
};

/// The system as the binary mounts it.
#[must_use]
pub fn system(gateways: Gateways) -> System {
    let outgoing = Arc::new(send::Outgoing::new(gateways));
    System {
        name: "notify",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        subscribers: vec![Subscriber::new(send::QUEUE, send::QUEUE, move |ctx, work| {
            let outgoing = Arc::clone(&outgoing);
            async move { send::send(ctx, &outgoing, work).await }
        })],
        transitions: vec![MESSAGE],
        invariants: vec![Invariant::new("notify.waiting_messages_have_work", send::stranded)],
        links: vec![
            Link { name: "notify.addresses_are_somebodys", kind: Some("person"), page: sql::ADDRESSED },
            Link { name: "notify.notices_are_somebodys", kind: Some("person"), page: sql::TOLD_PEOPLE },
            Link { name: "notify.notices_are_about_something", kind: None, page: sql::TOLD_THINGS },
        ],
        ..System::default()
    }
}
