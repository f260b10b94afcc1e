//! Bodies that bring files: a browser's `multipart/form-data` (RFC 7578), read as
//! it comes and never whole, and pieces of a file that a script sends.
//!
//! A file is a citizen at 20 kbit/s: what such a body may cost is its size and a
//! least rate (`pace.rs`), never its time. The form's token comes first, so that
//! nothing of a forged body is looked at.

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::BodyExt as _;

use crate::extract;
use crate::form;
use crate::kit::Kit;
use crate::pace::TooSlow;
use crate::problem::{Kind, Problem};
use crate::visit::Visit;

/// A body with files, bytes: what a form may bring at once, refused files included.
pub const UPLOAD_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The head of one part, bytes.
const HEAD_BYTES_MAX: usize = 4 * 1024;
/// A part that is no file, bytes.
const TEXT_BYTES_MAX: usize = 4 * 1024;
/// Longest boundary, bytes (RFC 2046 §5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;
/// Parts of one body.
const PARTS_MAX: usize = 100;
/// Where a script puts the token of its page's form.
const CODE_HEADER: &str = "form-code";
const KEY_HEADER: &str = "form-key";

/// A part's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// What the file is called where it came from; absent for plain fields.
    pub file_name: Option<String>,
}

/// A form with files whose token held. Its parts are taken one after the other.
pub struct Upload {
    parts: Multipart<Body>,
    waiting: Option<Part>,
}

impl Upload {
    /// The next part; what was left of the one before is dropped.
    ///
    /// # Errors
    /// Too large, too slow, broken off, or no form.
    pub async fn next(&mut self) -> Result<Option<Part>, Problem> {
        match self.waiting.take() {
            Some(part) => Ok(Some(part)),
            None => self.parts.next().await,
        }
    }
    /// More bytes of this part; none at its end.
    ///
    /// # Errors
    /// As of [`Upload::next`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        self.parts.chunk().await
    }
    /// The whole of a part that is no file.
    ///
    /// # Errors
    /// As of [`Upload::next`], or it is too long or no text.
    pub async fn text(&mut self) -> Result<String, Problem> {
        self.parts.text().await
    }
}

impl FromRequest<Kit> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, kit: &Kit) -> Result<Self, Problem> {
        let visit = extract::visit(request.extensions())?;
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = boundary(kind).ok_or_else(|| Problem::new(Kind::UnsupportedType))?;
        let body = request.into_body();
        if body.size_hint().lower() > UPLOAD_BYTES_MAX {
            return Err(Problem::too_large());
        }
        let mut parts = Multipart::new(body, &boundary);
        let mut fields = Vec::new();
        let waiting = loop {
            match parts.next().await? {
                Some(part) if part.file_name.is_none() && part.name.starts_with('_') => {
                    let text = parts.text().await?;
                    fields.push((part.name, text));
                }
                other => break other,
            }
        };
        let (token, _) = form::split(fields);
        if !token.holds(&visit.form_secret(), kit.ctx().now()) {
            return Err(Problem::form_expired(Vec::new()));
        }
        Ok(Self { parts, waiting })
    }
}

/// A request of a script whose page has a form of ours: its token stands in the
/// headers `form-code` and `form-key`.
#[derive(Debug, Clone, Copy)]
pub struct FromForm;

impl FromRequestParts<Kit> for FromForm {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, kit: &Kit) -> Result<Self, Problem> {
        let visit: Visit = extract::visit(&parts.extensions)?;
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (token, _) = form::split(vec![field("_csrf", header(CODE_HEADER)), field("_key", header(KEY_HEADER))]);
        if token.holds(&visit.form_secret(), kit.ctx().now()) {
            Ok(Self)
        } else {
            Err(Problem::form_expired(Vec::new()))
        }
    }
}

/// The boundary of a multipart form.
fn boundary(kind: &str) -> Option<String> {
    let (name, parameters) = kind.split_once(';')?;
    if !name.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte));
    (plain && !value.is_empty() && value.len() <= BOUNDARY_BYTES_MAX).then(|| value.to_owned())
}

/// Parts of a body, one after the other.
struct Multipart<B> {
    body: B,
    /// What came and was not handed on yet.
    buffer: BytesMut,
    /// Line end, two dashes and the boundary.
    delimiter: Vec<u8>,
    /// Bytes that may still come.
    left: u64,
    parts: usize,
    /// Whether a part is being read.
    inside: bool,
    ended: bool,
}

fn broken(what: &'static str) -> Problem {
    Problem::new(Kind::BadRequest).because(what)
}

impl<B> Multipart<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: std::error::Error + 'static,
{
    fn new(body: B, boundary: &str) -> Self {
        // The first delimiter has no line before it.
        let (buffer, delimiter) = (BytesMut::from(&b"\r\n"[..]), format!("\r\n--{boundary}").into_bytes());
        Self { body, buffer, delimiter, left: UPLOAD_BYTES_MAX, parts: 0, inside: true, ended: false }
    }

    /// Takes what comes next; false at the end of the body.
    async fn fill(&mut self) -> Result<bool, Problem> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                let slow = std::error::Error::source(&error).is_some_and(|cause| cause.is::<TooSlow>());
                Problem::new(if slow { Kind::TooSlow } else { Kind::BadRequest }).because("the body broke off")
            })?;
            let Ok(data) = frame.into_data() else { continue };
            let bytes = u64::try_from(data.len()).unwrap_or(u64::MAX);
            self.left = self.left.checked_sub(bytes).ok_or_else(Problem::too_large)?;
            self.buffer.extend_from_slice(&data);
            return Ok(true);
        }
        Ok(false)
    }

    async fn next(&mut self) -> Result<Option<Part>, Problem> {
        while self.chunk().await?.is_some() {}
        if self.ended {
            return Ok(None);
        }
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(Problem::too_large());
        }
        let head = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break self.buffer.split_to(at + 4);
            }
            if self.buffer.len() > HEAD_BYTES_MAX || !self.fill().await? {
                return Err(broken("a part without a head"));
            }
        };
        self.inside = true;
        part(&head).map(Some).ok_or_else(|| broken("a part without a name"))
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        if !self.inside {
            return Ok(None);
        }
        loop {
            if let Some(at) = find(&self.buffer, &self.delimiter) {
                if at > 0 {
                    return Ok(Some(self.buffer.split_to(at).freeze()));
                }
                return self.delimit().await.map(|()| None);
            }
            // What might be the beginning of the delimiter stays.
            let certain = (self.buffer.len() + 1).saturating_sub(self.delimiter.len());
            if certain > 0 {
                return Ok(Some(self.buffer.split_to(certain).freeze()));
            }
            if !self.fill().await? {
                return Err(broken("a part without an end"));
            }
        }
    }

    /// The delimiter is next: past it, and to the next part's head or the end.
    async fn delimit(&mut self) -> Result<(), Problem> {
        let length = self.delimiter.len();
        while self.buffer.len() < length + 2 {
            if !self.fill().await? {
                return Err(broken("a delimiter without an end"));
            }
        }
        let line = self.buffer.split_to(length + 2);
        self.inside = false;
        match &line[length..] {
            b"--" => self.ended = true,
            b"\r\n" => {}
            _ => return Err(broken("a delimiter without its line end")),
        }
        Ok(())
    }

    async fn text(&mut self) -> Result<String, Problem> {
        let mut text = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if text.len() + chunk.len() > TEXT_BYTES_MAX {
                return Err(Problem::too_large());
            }
            text.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(text).map_err(|_| broken("a field that is no text"))?;
        if text.contains('\0') { Err(broken("a field that is no text")) } else { Ok(text) }
    }
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = hay.get(from..)?.iter().position(|byte| *byte == needle[0]) {
        if hay[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// A part's head: `Content-Disposition: form-data; name="f"; filename="n"`.
fn part(head: &[u8]) -> Option<Part> {
    let head = std::str::from_utf8(head).ok()?;
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let mut rest = line.trim().strip_prefix("form-data")?.trim_start();
    let (mut name, mut file_name) = (None, None);
    while let Some(parameter) = rest.strip_prefix(';') {
        let (key, value) = parameter.split_once('=')?;
        // Browsers write quotes inside as %22 (WHATWG HTML, multipart/form-data).
        let (value, after) = value.strip_prefix('"')?.split_once('"')?;
        match key.trim() {
            "name" => name = Some(value.to_owned()),
            "filename" => file_name = Some(value.replace("%22", "\"")),
            _ => {}
        }
        rest = after.trim_start();
    }
    Some(Part { name: name?, file_name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn cut(body: &[u8], bytes: usize) -> impl HttpBody<Data = Bytes, Error = Infallible> + Unpin {
        let frames: Vec<_> =
            body.chunks(bytes).map(|part| Ok(hyper::body::Frame::data(Bytes::copy_from_slice(part)))).collect();
        http_body_util::StreamBody::new(futures_util::stream::iter(frames))
    }

    async fn read(body: &[u8], bytes: usize) -> Result<Vec<(String, Option<String>, Vec<u8>)>, ()> {
        let mut parts = Multipart::new(cut(body, bytes), "XX");
        let mut found = Vec::new();
        while let Some(part) = parts.next().await.map_err(drop)? {
            let mut whole = Vec::new();
            while let Some(chunk) = parts.chunk().await.map_err(drop)? {
                whole.extend_from_slice(&chunk);
            }
            found.push((part.name, part.file_name, whole));
        }
        Ok(found)
    }

    #[tokio::test]
    async fn parts_come_whole_however_they_are_cut() {
        let body = b"--XX\r\nContent-Disposition: form-data; name=\"_key\"\r\n\r\nk\r\n--XX\r\n\
            content-disposition: form-data; name=\"f\"; filename=\"\xd8\xb3 %22.pdf\"\r\nContent-Type: x/y\r\n\r\n\
            a\r\n--X\r\n\r\n--XX-no\r\n--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--XX--\r\n";
        // A line that only begins like the delimiter is refused, not guessed at.
        assert!(read(body, 1_000).await.is_err());
        let body = body.to_vec();
        let at = find(&body, b"\r\n--XX-no").unwrap();
        let body = [&body[..at], &body[at + 9..]].concat();
        for bytes in [1, 2, 3, 7, 1_000] {
            let parts = read(&body, bytes).await.unwrap();
            let file = ("f".to_owned(), Some("س \".pdf".to_owned()), b"a\r\n--X\r\n".to_vec());
            let empty = ("f".to_owned(), Some(String::new()), Vec::new());
            assert_eq!(parts, [("_key".to_owned(), None, b"k".to_vec()), file, empty], "{bytes}");
        }
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        let head = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        for body in [
            String::new(),
            "--XX".to_owned(),
            head.to_owned(),
            format!("{head}text\r\n--XX"),
            "--XX\r\nContent-Type: text/plain\r\n\r\ntext\r\n--XX--".to_owned(),
            format!("--XX\r\n{}", "a".repeat(HEAD_BYTES_MAX * 2)),
            format!("{head}text\r\n--XX\r\n").repeat(PARTS_MAX + 1),
        ] {
            assert!(read(body.as_bytes(), 500).await.is_err(), "{}", &body[..body.len().min(80)]);
        }
        assert_eq!(boundary("multipart/form-data; charset=utf-8; boundary=\"a b\""), Some("a b".to_owned()));
        for kind in ["multipart/form-data", "multipart/mixed; boundary=a", "multipart/form-data; boundary=a\u{e9}"] {
            assert_eq!(boundary(kind), None, "{kind}");
        }
    }
}
