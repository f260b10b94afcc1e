//! Sending: an intent in the caller's commit, one call to a gateway under the
//! message's own id, then the outcome. The gateway drops an id that it knows,
//! so that a lost answer can be asked for by sending again.

use std::sync::OnceLock;
use std::time::Duration;

use base::id::typed_id;
use base::{Locale, PersonId, Phone, Timestamp};
use http::{Method, StatusCode};
use lettre::message::header::ContentType;
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Tx, Work, params};
use web::client::{ClientError, HttpClient};

use crate::address::Channel;
use crate::sql;

typed_id! {
    /// One message on one channel.
    MessageId
}
store::stored_ids!(MessageId);

/// The queue of messages to be sent.
pub(crate) const QUEUE: &str = "notify.send";
/// How long a gateway may take.
const GATEWAY: Duration = Duration::from_secs(15);
/// How long a message that cannot be delivered is tried, seconds: a gateway may be
/// out for hours.
const PATIENCE_S: i64 = 24 * 3_600;
/// How long a call is tried, seconds: what it says is over then, and nobody is
/// rung up in the night for the gateway's sake.
const CALL_PATIENCE_S: i64 = 10 * 60;
/// A message of this age, seconds, says nothing of the channel any more.
const OLD_S: i64 = 15 * 60;
const COLUMN: &str = "notify_message.sealed";

/// Where messages leave. A missing one fails its messages with a reason.
#[derive(Clone, Default)]
pub struct Gateways {
    /// The SMS company's HTTP address: it takes `{"id","to","text"}`.
    pub sms_url: Option<String>,
    /// The HTTP address of the company that calls: it takes `{"id","to","text","lang"}`
    /// and speaks the text, `lang` being `ar` or `en`.
    pub voice_url: Option<String>,
    /// The mail server, `smtp://host:port` or `smtps://…`.
    pub smtp_url: Option<String>,
    /// Who writes: `Hukumati <no-reply@…>`.
    pub mail_from: String,
}

type Mail = AsyncSmtpTransport<Tokio1Executor>;

/// The gateways with their kept connections.
pub(crate) struct Outgoing {
    gateways: Gateways,
    /// Made at the first message, as the transport is.
    http: OnceLock<HttpClient>,
    mail: OnceLock<Result<Mail, String>>,
}

impl Outgoing {
    pub(crate) const fn new(gateways: Gateways) -> Self {
        Self { gateways, http: OnceLock::new(), mail: OnceLock::new() }
    }

    fn http(&self) -> &HttpClient {
        self.http.get_or_init(|| HttpClient::public().with_limit(GATEWAY))
    }

    /// The mail server's transport, or why there is none.
    fn mail(&self) -> Result<&Mail, &str> {
        let made = self.mail.get_or_init(|| {
            let url = self.gateways.smtp_url.as_ref().ok_or("no mail server is configured")?;
            let transport = Mail::from_url(url).map_err(|error| error.to_string())?;
            Ok(transport.timeout(Some(GATEWAY)).build())
        });
        made.as_ref().map_err(String::as_str)
    }
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The gateway took it.
    Sent,
    /// It will not be delivered.
    Failed,
    /// Nobody knows yet.
    Unknown,
}

impl Stage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Content {
    to: String,
    subject: String,
    text: String,
    /// In which language a call speaks.
    #[serde(default)]
    lang: String,
}

/// Leaves a short message to exactly this number.
///
/// # Errors
/// The store's.
pub fn sms_in(tx: &mut Tx<'_>, person: PersonId, to: &Phone, text: &str) -> Result<(), Error> {
    let (to, text) = (to.as_str().to_owned(), messages::plain(text));
    leave(tx, person, Channel::Sms, &Content { to, subject: String::new(), text, lang: String::new() })
}

/// Leaves a call to exactly this number, which speaks the text in this language.
/// It is made within ten minutes or not at all.
///
/// # Errors
/// The store's.
pub fn voice_in(tx: &mut Tx<'_>, person: PersonId, to: &Phone, text: &str, locale: Locale) -> Result<(), Error> {
    let (to, text, lang) = (to.as_str().to_owned(), messages::plain(text), locale.tag().to_owned());
    leave(tx, person, Channel::Voice, &Content { to, subject: String::new(), text, lang })
}

/// Leaves an e-mail to exactly this address.
///
/// # Errors
/// The store's.
pub fn email_in(tx: &mut Tx<'_>, person: PersonId, to: &str, subject: &str, text: &str) -> Result<(), Error> {
    let (to, subject, text) = (to.to_owned(), messages::plain(subject), text.to_owned());
    leave(tx, person, Channel::Email, &Content { to, subject, text, lang: String::new() })
}

fn leave(tx: &mut Tx<'_>, person: PersonId, channel: Channel, content: &Content) -> Result<(), Error> {
    let id: MessageId = tx.mint();
    let bytes = serde_json::to_vec(content).map_err(|error| Error::Corrupt(error.to_string()))?;
    let sealed = tx.seal(person, COLUMN, &bytes)?;
    let now = tx.now();
    tx.execute_one(&sql::INSERT_MESSAGE, &params![id, person, channel.as_str(), now, sealed, "waiting"])?;
    tx.enqueue(QUEUE, &id.to_string(), &id, now)
}

/// Sends one message and keeps how it ended.
pub(crate) async fn send(ctx: Ctx, outgoing: &Outgoing, work: Work) -> Result<(), Error> {
    let id: MessageId = work.parse()?;
    let Some((channel, since, content)) = ctx.read(move |read| waiting(read, id)).await? else { return Ok(()) };
    let age_s = ctx.now().seconds_since(since);
    let tried = match channel {
        Channel::Sms => send_sms(outgoing, id, &content).await,
        Channel::Voice if age_s >= CALL_PATIENCE_S => Err(Undelivered::Refused("too late to ring".to_owned())),
        Channel::Voice => send_call(outgoing, id, &content).await,
        Channel::Email => send_email(outgoing, id, &content).await,
    };
    let (stage, again) = match tried {
        Ok(()) => (Stage::Sent, None),
        Err(Undelivered::Refused(why)) => {
            tracing::warn!(message = %id, channel = channel.as_str(), %why, "a message was refused");
            (Stage::Failed, None)
        }
        Err(Undelivered::Later(why)) if age_s >= PATIENCE_S => {
            tracing::warn!(message = %id, channel = channel.as_str(), %why, "a message was given up");
            (Stage::Failed, None)
        }
        Err(Undelivered::Later(why)) => (Stage::Unknown, Some(why)),
    };
    let key = Key::new("notify.settle", format!("{id}:{}", work.attempt));
    let settled = ctx.write(key, move |tx| {
        let now = tx.now();
        tx.execute(&sql::SETTLE_MESSAGE, &params![stage.as_str(), now, id]).map(drop)
    });
    settled.await?;
    again.map_or(Ok(()), |why| Err(Error::Unknown(why)))
}

/// Whether messages on a channel are tried just now and do not get through: a
/// page that waits for one says so.
///
/// # Errors
/// The store's.
pub fn is_late(read: &mut Read<'_>, channel: Channel, now: Timestamp) -> Result<bool, Error> {
    Ok(read.row(&sql::LATE, &params![channel.as_str(), now.plus_seconds(-OLD_S)])?.is_some())
}

fn waiting(read: &mut Read<'_>, id: MessageId) -> Result<Option<(Channel, Timestamp, Content)>, Error> {
    let Some(row) = read.row(&sql::MESSAGE, &params![id])? else { return Ok(None) };
    let stage: String = row.get(3)?;
    if stage == "sent" || stage == "failed" {
        return Ok(None);
    }
    let channel = Channel::parse(&row.get::<String>(1)?).ok_or_else(|| Error::Corrupt(format!("message {id}")))?;
    let bytes = read.open(row.get::<PersonId>(0)?, COLUMN, &row.get::<Vec<u8>>(2)?)?;
    let content = serde_json::from_slice(&bytes).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(Some((channel, row.get(4)?, content)))
}

enum Undelivered {
    /// It will never be.
    Refused(String),
    /// It may have been, or can be later.
    Later(String),
}

async fn send_sms(outgoing: &Outgoing, id: MessageId, content: &Content) -> Result<(), Undelivered> {
    let url = outgoing.gateways.sms_url.as_ref();
    let url = url.ok_or_else(|| Undelivered::Refused("no SMS gateway is configured".to_owned()))?;
    hand_over(outgoing, url, &json!({ "id": id.to_string(), "to": content.to, "text": content.text })).await
}

async fn send_call(outgoing: &Outgoing, id: MessageId, content: &Content) -> Result<(), Undelivered> {
    let url = outgoing.gateways.voice_url.as_ref();
    let url = url.ok_or_else(|| Undelivered::Refused("no voice gateway is configured".to_owned()))?;
    let Content { to, text, lang, .. } = content;
    hand_over(outgoing, url, &json!({ "id": id.to_string(), "to": to, "text": text, "lang": lang })).await
}

/// Hands a message to a company by HTTP.
async fn hand_over(outgoing: &Outgoing, url: &str, message: &Value) -> Result<(), Undelivered> {
    let body = message.to_string();
    match outgoing.http().send(Method::POST, url, &[("content-type", "application/json")], body).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) if answer.status.is_client_error() && answer.status != StatusCode::TOO_MANY_REQUESTS => {
            Err(Undelivered::Refused(format!("the gateway answered {}", answer.status)))
        }
        Ok(answer) => Err(Undelivered::Later(format!("the gateway answered {}", answer.status))),
        Err(ClientError::Malformed(why)) => Err(Undelivered::Refused(why)),
        Err(error) => Err(Undelivered::Later(error.to_string())),
    }
}

async fn send_email(outgoing: &Outgoing, id: MessageId, content: &Content) -> Result<(), Undelivered> {
    let refused = |why: String| Undelivered::Refused(why);
    let transport = outgoing.mail().map_err(|why| refused(why.to_owned()))?;
    let from = outgoing.gateways.mail_from.parse().map_err(|error| refused(format!("mail_from: {error}")))?;
    let to = content.to.parse().map_err(|error| refused(format!("an address: {error}")))?;
    let message = Message::builder()
        .from(from)
        .to(to)
        .subject(content.subject.clone())
        .message_id(Some(format!("<{id}@hukumati>")))
        .header(ContentType::TEXT_PLAIN)
        .body(content.text.clone())
        .map_err(|error| refused(error.to_string()))?;
    match transport.send(message).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(refused("the mail server refused".to_owned())),
        Err(error) => Err(Undelivered::Later(error.to_string())),
    }
}

/// Invariant: a message that has not ended has its work in the queue.
pub(crate) fn stranded(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut stranded = Vec::new();
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::WAITING, &params![after])?;
        let Some(last) = rows.last() else { return Ok(stranded) };
        after = last.get(0)?;
        for row in &rows {
            let id: String = row.get(0)?;
            if !read.has_work(QUEUE, &id)? {
                stranded.push(id);
            }
        }
    }
}
