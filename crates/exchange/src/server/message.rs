//! X-Road's message protocol for REST, version 1: identifiers, the canonical
//! octets of a message, its hash, the parts in which servers hand it on.

use http::{HeaderMap, Method};
use seal::digest::{base64, sha512};

/// Largest body that a server passes on, bytes.
pub const BODY_BYTES: usize = 10 << 20;
/// Headers of one message at most.
const HEADERS: usize = 100;
/// Largest address, bytes.
const ADDRESS_BYTES: usize = 4 << 10;
/// Headers that belong to one connection, or that a server sets itself.
const DROPPED: [&str; 13] = [
    "transfer-encoding",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "connection",
    "user-agent",
    "host",
    "content-length",
    "server",
    "expect",
];

/// An operation: five parts, `PS/GOV/MOI/CIVIL/person`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Instance, class, member, subsystem.
    pub provider: String,
    /// All five parts.
    pub full: String,
}

/// Whether this is an identifier of so many parts, in X-Road's characters.
#[must_use]
pub fn is_identifier(text: &str, parts: usize) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains("..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'()+,-.=?".contains(&byte))
    };
    text.split('/').count() == parts && text.split('/').all(plain)
}

impl Operation {
    /// Reads an operation and what follows it from `/r1/…`. Dot segments and
    /// encoded slashes are refused before any right is looked up.
    #[must_use]
    pub fn of_path(path: &str) -> Option<(Self, String)> {
        let rest = path.strip_prefix("/r1/")?;
        if path.len() > ADDRESS_BYTES || rest.contains('%') || rest.contains("..") || rest.contains("//") {
            return None;
        }
        let parts: Vec<&str> = rest.splitn(6, '/').collect();
        let full = parts.get(..5)?.join("/");
        if !is_identifier(&full, 5) {
            return None;
        }
        let provider = parts[..4].join("/");
        let below = parts.get(5).map(|below| format!("/{below}")).unwrap_or_default();
        Some((Self { provider, full }, below))
    }
}

/// A message as its canonical octets and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The canonical octets.
    pub head: Vec<u8>,
    /// The body; none is not the same as an empty one.
    pub body: Option<Vec<u8>>,
}

impl Message {
    /// A request: method, address, kept headers, then the server's own.
    #[must_use]
    pub fn request(
        method: &Method,
        path_and_query: &str,
        headers: &HeaderMap,
        own: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Option<Self> {
        let mut head = format!("{method}\r\n{path_and_query}\r\n").into_bytes();
        write_headers(&mut head, headers, own, &["x-road-request-id", "x-road-request-hash"])?;
        Some(Self { head, body: (!body.is_empty()).then_some(body) })
    }

    /// An answer: status, reason, kept headers, then the server's own.
    #[must_use]
    pub fn answer(status: http::StatusCode, headers: &HeaderMap, own: &[(&str, &str)], body: Vec<u8>) -> Option<Self> {
        let reason = status.canonical_reason().unwrap_or("Unknown");
        let mut head = format!("{}\r\n{reason}\r\n", status.as_u16()).into_bytes();
        let dropped: Vec<&str> = own.iter().map(|(name, _)| *name).collect();
        write_headers(&mut head, headers, own, &dropped)?;
        Some(Self { head, body: (!body.is_empty()).then_some(body) })
    }

    /// The two first lines of the canonical octets.
    #[must_use]
    pub fn first_lines(&self) -> Option<(&str, &str)> {
        let text = std::str::from_utf8(&self.head).ok()?;
        let mut lines = text.split("\r\n");
        Some((lines.next()?, lines.next()?))
    }

    /// The headers, lower case, in their order; the last of a name counts.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        self.pairs().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
    }

    /// The headers as they stand.
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = std::str::from_utf8(&self.head).unwrap_or_default();
        text.split("\r\n").skip(2).filter_map(|line| line.split_once(':'))
    }

    /// One header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.pairs().filter(|(known, _)| known.eq_ignore_ascii_case(name)).last().map(|(_, value)| value.to_owned())
    }

    /// SHA-512 of the octets; with a body, of both digests joined. Base64.
    #[must_use]
    pub fn hash(&self) -> String {
        let head = sha512(&self.head);
        match &self.body {
            None => base64(&head),
            Some(body) => base64(&sha512(&[&head[..], &sha512(body)[..]].concat())),
        }
    }

    /// Its parts, as they are signed.
    #[must_use]
    pub fn parts(&self) -> Vec<seal::xades::Part<'static>> {
        let mut parts = vec![seal::xades::Part::of("/message.xml", &self.head)];
        parts.extend(self.body.as_ref().map(|body| seal::xades::Part::of("/attachment1", body)));
        parts
    }

    /// Octets for the log: lengths, then contents.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let length = u32::try_from(self.head.len()).unwrap_or(u32::MAX).to_be_bytes();
        let body = self.body.as_deref().unwrap_or_default();
        [&length[..], &[u8::from(self.body.is_some())], &self.head, body].concat()
    }

    /// Reads [`Message::pack`].
    #[must_use]
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (&has_body, rest) = rest.split_first()?;
        let at = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (head, body) = rest.split_at_checked(at)?;
        Some(Self { head: head.to_vec(), body: (has_body == 1).then(|| body.to_vec()) })
    }
}

fn write_headers(head: &mut Vec<u8>, headers: &HeaderMap, own: &[(&str, &str)], dropped: &[&str]) -> Option<()> {
    if headers.len() > HEADERS {
        return None;
    }
    for (name, value) in headers {
        if DROPPED.contains(&name.as_str()) || dropped.contains(&name.as_str()) {
            continue;
        }
        let value = value.to_str().ok()?;
        head.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
    }
    for (name, value) in own {
        if value.contains(['\r', '\n']) {
            return None;
        }
        head.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
    }
    Some(())
}

/// What servers hand each other: the message and its signature, as
/// multipart/mixed in X-Road's order.
pub(crate) fn envelope(message: &Message, signature: &[u8], kind: &str, boundary: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.head.len() + signature.len() + 1_024);
    let mut part = |content_type: &str, content: &[u8]| {
        bytes.extend_from_slice(format!("--{boundary}\r\ncontent-type:{content_type}\r\n\r\n").as_bytes());
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\r\n");
    };
    part(&format!("application/x-road-rest-{kind}"), &message.head);
    if let Some(body) = &message.body {
        part("application/x-road-rest-body", body);
    }
    part("signature/bdoc-1.0/ts", signature);
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    bytes
}

/// Reads [`envelope`]; nothing else than its parts in its order is taken.
pub(crate) fn open_envelope(bytes: &[u8], content_type: &str, kind: &str) -> Option<(Message, Vec<u8>)> {
    let boundary = content_type.strip_prefix("multipart/mixed; boundary=")?;
    if boundary.len() > 70 || !boundary.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let opening = format!("--{boundary}\r\n");
    let between = format!("\r\n--{boundary}\r\n");
    let closing = format!("\r\n--{boundary}--\r\n");
    let inner = bytes.strip_prefix(opening.as_bytes())?.strip_suffix(closing.as_bytes())?;
    let mut parts = Vec::new();
    let mut rest = inner;
    loop {
        let at = rest.windows(between.len()).position(|window| window == between.as_bytes());
        parts.push(read_part(&rest[..at.unwrap_or(rest.len())])?);
        match at {
            Some(at) => rest = &rest[at + between.len()..],
            None => break,
        }
    }
    let head = format!("application/x-road-rest-{kind}");
    match &parts[..] {
        [(first, head_bytes), (last, signature)] if *first == head && last == "signature/bdoc-1.0/ts" => {
            Some((Message { head: head_bytes.to_vec(), body: None }, signature.to_vec()))
        }
        [(first, head_bytes), (middle, body), (last, signature)]
            if *first == head && middle == "application/x-road-rest-body" && last == "signature/bdoc-1.0/ts" =>
        {
            Some((Message { head: head_bytes.to_vec(), body: Some(body.to_vec()) }, signature.to_vec()))
        }
        _ => None,
    }
}

fn read_part(part: &[u8]) -> Option<(String, &[u8])> {
    let at = part.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..at]).ok()?;
    Some((head.strip_prefix("content-type:")?.to_owned(), &part[at + 4..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_operations_are_read() {
        let (operation, below) = Operation::of_path("/r1/PS/GOV/MOI/CIVIL/person/a/b").unwrap();
        assert_eq!(
            (operation.provider.as_str(), operation.full.as_str()),
            ("PS/GOV/MOI/CIVIL", "PS/GOV/MOI/CIVIL/person")
        );
        assert_eq!(below, "/a/b");
        for path in [
            "/r1/PS/GOV/MOI/CIVIL",
            "/r1/PS/GOV/MOI/CIVIL/..",
            "/r1/PS/GOV/MOI/CIVIL/person/../x",
            "/r1/PS/GOV/M%2fOI/C/p",
            "/r2/PS/GOV/MOI/CIVIL/person",
            "/r1/PS//MOI/CIVIL/person",
        ] {
            assert!(Operation::of_path(path).is_none(), "{path}");
        }
    }

    #[test]
    fn canonical_octets_are_those_of_the_protocol() {
        let mut headers = HeaderMap::new();
        headers.insert("x-road-client", "PS/GOV/MTIT/PORTAL".parse().unwrap());
        headers.insert("host", "127.0.0.1".parse().unwrap());
        headers.insert("x-road-request-id", "forged".parse().unwrap());
        let path = "/r1/PS/GOV/MOI/CIVIL/person?id=1";
        let message =
            Message::request(&Method::GET, path, &headers, &[("x-road-request-id", "r")], Vec::new()).unwrap();
        let expected =
            "GET\r\n/r1/PS/GOV/MOI/CIVIL/person?id=1\r\nx-road-client:PS/GOV/MTIT/PORTAL\r\nx-road-request-id:r\r\n";
        assert_eq!(String::from_utf8(message.head.clone()).unwrap(), expected);
        assert_eq!(message.hash(), base64(&sha512(expected.as_bytes())));
        assert_eq!(Message::unpack(&message.pack()), Some(message));
    }

    #[test]
    fn envelopes_are_read_exactly() {
        let message = Message { head: b"200\r\nOK\r\n".to_vec(), body: Some(b"\r\n--x\r\n".to_vec()) };
        let bytes = envelope(&message, b"<s/>", "response", "xtop1");
        let read = open_envelope(&bytes, "multipart/mixed; boundary=xtop1", "response").unwrap();
        assert_eq!(read, (message, b"<s/>".to_vec()));
        assert!(open_envelope(&bytes, "multipart/mixed; boundary=xtop1", "request").is_none());
        assert!(open_envelope(&bytes[1..], "multipart/mixed; boundary=xtop1", "response").is_none());
    }
}
