//! The message log: every message with its signature, sealed, before it is
//! handed on.

use store::{Ctx, Error, Invariant, Key, Read, params};

use super::Fault;
use super::message::Message;
use crate::sql;

const CONTENT: &str = "exchange_message.content";

/// On which side of the exchange, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    ConsumerRequest,
    ConsumerAnswer,
    ProviderRequest,
    ProviderAnswer,
}

impl Place {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ConsumerRequest => ("consumer", "request"),
            Self::ConsumerAnswer => ("consumer", "response"),
            Self::ProviderRequest => ("provider", "request"),
            Self::ProviderAnswer => ("provider", "response"),
        }
    }
}

/// Logs a message, durably. A request id that is known in this place is refused.
pub(crate) async fn keep(
    ctx: &Ctx,
    place: Place,
    request_id: &str,
    id: &str,
    message: &Message,
    signature: &[u8],
) -> Result<(), Fault> {
    let (side, kind) = place.words();
    let (request_id, id) = (request_id.to_owned(), id.to_owned());
    let (content, signature) = (message.pack(), signature.to_vec());
    let kept = ctx.write(Key::once(ctx), move |tx| {
        if tx.row(&sql::SEEN, &params![request_id, side, kind])?.is_some() {
            return Ok(false);
        }
        let content = tx.seal(LOG, CONTENT, &content)?;
        let now = tx.now();
        tx.execute_one(&sql::INSERT_MESSAGE, &params![request_id, side, kind, id, now, content, signature])?;
        Ok::<_, Error>(true)
    });
    match kept.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Fault::new("server.serverproxy.duplicate_message", "this request was made before")),
        Err(error) => Err(Fault::new("server.clientproxy.logging_failed", error)),
    }
}

/// Under whose key the log is sealed: the server's own.
const LOG: LogId = LogId(0);

/// The log's one subject.
#[derive(Debug, Clone, Copy)]
struct LogId(u128);

impl base::id::TypedId for LogId {
    fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
    fn bits(self) -> u128 {
        self.0
    }
}

/// A logged message.
#[derive(Debug, Clone)]
pub struct Logged {
    /// `consumer` or `provider`.
    pub side: String,
    /// `request` or `response`.
    pub kind: String,
    /// The message.
    pub message: Message,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// What the log holds under a message's id.
///
/// # Errors
/// The store's.
pub fn logged(read: &mut Read<'_>, id: &str) -> Result<Vec<Logged>, Error> {
    let rows = read.rows(&sql::MESSAGES, &params![id])?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let content = read.open(LOG, CONTENT, &row.get::<Vec<u8>>(5)?)?;
        let message = Message::unpack(&content).ok_or_else(|| Error::Corrupt("a logged message".to_owned()))?;
        found.push(Logged { side: row.get(1)?, kind: row.get(2)?, message, signature: row.get(6)? });
    }
    Ok(found)
}

/// What must hold of a server's log, for `verify`.
#[must_use]
pub fn invariants() -> Vec<Invariant> {
    vec![Invariant::new("exchange.signatures_are_of_their_messages", signed)]
}

/// Every logged message still opens, and its signature names its digests.
fn signed(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::MESSAGES_AFTER, &params![after])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let content = read.open(LOG, CONTENT, &row.get::<Vec<u8>>(1)?)?;
            let signature = String::from_utf8(row.get(2)?).unwrap_or_default();
            let whole = Message::unpack(&content).is_some_and(|message| {
                message.parts().iter().all(|part| signature.contains(&seal::digest::base64(&part.digest)))
            });
            if !whole {
                broken.push(row.get(0)?);
            }
        }
    }
}
