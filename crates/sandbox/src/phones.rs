//! Telephones and mailboxes: gateways for SMS and calls over HTTP, a mail server
//! over SMTP, and everything that they took, in memory only.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::Ctx;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use web::{Extension, Json, Problem, Query, Right, Route};

use crate::outages::Company;
use crate::outside::Sandbox;

/// Messages that are remembered.
const REMEMBERED: usize = 1_000;
/// Longest mail, bytes.
const MAIL_BYTES: usize = 256 << 10;
/// Longest line of SMTP, bytes.
const LINE_BYTES: usize = 4 << 10;

/// A message that somebody got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `sms`, `call` or `email`.
    pub kind: &'static str,
    /// The sender's id, for an SMS or a call.
    #[serde(skip)]
    pub id: String,
    /// A number or an address.
    pub to: String,
    /// The subject of a mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// In which language a call speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// What it says.
    pub text: String,
    /// When, RFC 3339.
    pub at: String,
}

/// Everything that was sent, newest last.
#[derive(Default)]
pub struct Mailbox(Mutex<VecDeque<Message>>);

impl Mailbox {
    /// Takes a message; one whose id is known changes nothing.
    pub fn take(&self, message: Message) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !message.id.is_empty() && messages.iter().any(|known| known.id == message.id) {
            return;
        }
        if messages.len() >= REMEMBERED {
            messages.pop_front();
        }
        messages.push_back(message);
    }
    /// What was sent to an address, or to anybody, newest first.
    #[must_use]
    pub fn sent(&self, to: Option<&str>) -> Vec<Message> {
        let messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().rev().filter(|message| to.is_none_or(|to| message.to == to)).cloned().collect()
    }
}

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/demo/sms", Right::Credential("none: the demo's own telephones"), sms),
        Route::post("/demo/calls", Right::Credential("none: the demo's own telephones"), call),
        Route::get("/demo/outbox.json", Right::Demo, outbox).without_session(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sms {
    id: String,
    to: String,
    text: String,
}

async fn sms(
    ctx: Ctx,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    Json(sms): Json<Sms>,
) -> Result<Json<serde_json::Value>, Problem> {
    sandbox.outages.check(Company::Sms)?;
    let at = ctx.now().rfc3339();
    let Sms { id, to, text } = sms;
    sandbox.mailbox.take(Message { kind: "sms", id, to, subject: None, lang: None, text, at });
    Ok(Json(serde_json::json!({ "accepted": true })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    id: String,
    to: String,
    text: String,
    lang: String,
}

async fn call(
    ctx: Ctx,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    Json(call): Json<Call>,
) -> Result<Json<serde_json::Value>, Problem> {
    sandbox.outages.check(Company::Voice)?;
    let (Call { id, to, text, lang }, at) = (call, ctx.now().rfc3339());
    sandbox.mailbox.take(Message { kind: "call", id, to, subject: None, lang: Some(lang), text, at });
    Ok(Json(serde_json::json!({ "accepted": true })))
}

#[derive(Deserialize)]
struct To {
    to: Option<String>,
}

async fn outbox(
    Extension(sandbox): Extension<Arc<Sandbox>>,
    Query(wanted): Query<To>,
) -> Result<Json<serde_json::Value>, Problem> {
    Ok(Json(serde_json::json!({ "messages": sandbox.mailbox.sent(wanted.to.as_deref()) })))
}

/// Takes mail for ever (RFC 5321, the least of it).
///
/// # Errors
/// The listener's.
pub async fn serve_mail(
    listener: TcpListener,
    mailbox: Arc<Mailbox>,
    now: impl Fn() -> Timestamp + Clone + Send + 'static,
) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let (mailbox, now) = (Arc::clone(&mailbox), now.clone());
        tokio::spawn(async move {
            if let Err(error) = converse(stream, &mailbox, now).await {
                tracing::debug!(%error, "a mail conversation ended early");
            }
        });
    }
}

async fn converse(stream: TcpStream, mailbox: &Mailbox, now: impl Fn() -> Timestamp) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 demo\r\n").await?;
    let mut recipients: Vec<String> = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 || line.len() > LINE_BYTES {
            return Ok(());
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" | "HELO" => b"250 demo\r\n",
            "MAIL" | "RSET" => {
                recipients.clear();
                b"250 ok\r\n"
            }
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                recipients.push(address.to_owned());
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let Some(mail) = read_mail(&mut lines).await? else { return Ok(()) };
                let (subject, text) = read_parts(&mail);
                for to in recipients.drain(..) {
                    let (subject, text, at) = (Some(subject.clone()), text.clone(), now().rfc3339());
                    mailbox.take(Message { kind: "email", id: String::new(), to, subject, lang: None, text, at });
                }
                b"250 taken\r\n"
            }
            "NOOP" => b"250 ok\r\n",
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"502 not here\r\n",
        };
        write.write_all(answer).await?;
    }
}

async fn read_mail<R: tokio::io::AsyncBufRead + Unpin>(lines: &mut R) -> std::io::Result<Option<String>> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 || mail.len() + line.len() > MAIL_BYTES {
            return Ok(None);
        }
        match line.trim_end_matches(['\r', '\n']) {
            "." => return Ok(Some(mail)),
            text => {
                mail.push_str(text.strip_prefix('.').unwrap_or(text));
                mail.push('\n');
            }
        }
    }
}

/// The subject and the text of a plain mail.
fn read_parts(mail: &str) -> (String, String) {
    let (head, body) = mail.split_once("\n\n").unwrap_or((mail, ""));
    let unfolded = head.replace("\n ", "").replace("\n\t", "");
    let header = |name: &str| {
        unfolded.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let text = match header("content-transfer-encoding").map(|word| word.to_ascii_lowercase()).as_deref() {
        Some("base64") => decode_base64(&body.replace('\n', "")),
        Some("quoted-printable") => decode_quoted(body),
        _ => body.to_owned(),
    };
    (header("subject").map(|subject| decode_words(&subject)).unwrap_or_default(), text.trim().to_owned())
}

fn decode_base64(text: &str) -> String {
    let bytes = seal::digest::from_base64(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn decode_quoted(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let bytes = joined.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = joined.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'=', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Encoded words of a header (RFC 2047, base64 as our mailer writes them).
fn decode_words(text: &str) -> String {
    let decode = |word: &str| {
        let inner = word.strip_prefix("=?utf-8?b?").or_else(|| word.strip_prefix("=?UTF-8?B?"));
        inner.and_then(|inner| inner.strip_suffix("?=")).map_or_else(|| format!("{word} "), decode_base64)
    };
    text.split_whitespace().map(decode).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_read() {
        let mail = "Subject: =?utf-8?b?2K3Zg9mI2YXYqtmK?=\nContent-Transfer-Encoding: base64\n\n2K7YqNixINis2K/Zitiv\n";
        assert_eq!(read_parts(mail), ("حكومتي".to_owned(), "خبر جديد".to_owned()));
        let mail = "Subject: News\nContent-Transfer-Encoding: quoted-printable\n\nA=20B =D8=AE=\n\n";
        assert_eq!(read_parts(mail), ("News".to_owned(), "A B خ".to_owned()));
    }

    #[test]
    fn one_message_counts_once() {
        let mailbox = Mailbox::default();
        let message = |id: &str, to: &str| Message {
            kind: "sms",
            id: id.to_owned(),
            to: to.to_owned(),
            subject: None,
            lang: None,
            text: "1".to_owned(),
            at: String::new(),
        };
        mailbox.take(message("a", "+970590000001"));
        mailbox.take(message("a", "+970590000001"));
        mailbox.take(message("b", "+970590000002"));
        assert_eq!(mailbox.sent(None).len(), 2);
        assert_eq!(mailbox.sent(Some("+970590000001")).len(), 1);
    }
}
