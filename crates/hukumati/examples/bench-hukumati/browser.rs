//! The least of a browser: one kept connection, cookies, forms. A patient one
//! sends the same again when the answer is lost, as people do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How long to wait before the same is sent again.
const AGAIN: Duration = Duration::from_millis(50);

/// What came back.
pub struct Answer {
    /// Status and headers.
    pub head: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header.
    pub fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.headers(name).next()
    }
    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
    /// Whether the outcome is still open.
    fn is_open(&self) -> bool {
        ["HTTP/1.1 202", "HTTP/1.1 500", "HTTP/1.1 503"].iter().any(|status| self.head.starts_with(status))
    }
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One connection, one question at a time.
pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Socket {
    /// Connects.
    pub async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }
    /// Sends a request as it is and reads one answer with a length.
    pub async fn send(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (mut end, mut length) = (None, 0);
        loop {
            if end.is_none()
                && let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n")
            {
                let head = String::from_utf8_lossy(&self.buffer[..at]).into_owned();
                let answer = Answer { head, body: Vec::new() };
                length = answer.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
                end = Some(at + 4);
            }
            if let Some(end) = end
                && self.buffer.len() >= end + length
            {
                let head = String::from_utf8_lossy(&self.buffer[..end - 4]).into_owned();
                return Ok(Answer { head, body: self.buffer[end..end + length].to_vec() });
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// A person with cookies.
pub struct Browser {
    address: SocketAddr,
    socket: Option<Socket>,
    cookies: BTreeMap<String, String>,
    path: String,
    page: String,
    /// How long to go on asking when nothing comes back.
    patience: Duration,
    /// Forms that were taken, for whoever counts.
    pub taken: Arc<watch::Sender<u64>>,
}

impl Browser {
    /// Nobody yet; one that goes on asking for so long when nothing comes back.
    pub fn new(address: SocketAddr, patience: Duration) -> Self {
        Self {
            address,
            socket: None,
            cookies: BTreeMap::new(),
            path: String::new(),
            page: String::new(),
            patience,
            taken: Arc::default(),
        }
    }
    /// Another window of the same person.
    pub fn window(&self) -> Self {
        let (cookies, taken) = (self.cookies.clone(), Arc::clone(&self.taken));
        Self { cookies, taken, ..Self::new(self.address, self.patience) }
    }
    /// The cookies as a header's value.
    pub fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn request(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let (mut method, mut path, mut body) = (method.to_owned(), path.to_owned(), body.to_owned());
        loop {
            let mut request = format!(
                "{method} {path} HTTP/1.1\r\nhost: localhost:{}\r\nsec-fetch-site: same-origin\r\n",
                self.address.port()
            );
            if !self.cookies.is_empty() {
                write!(request, "cookie: {}\r\n", self.cookie()).expect("text");
            }
            if method == "POST" {
                write!(
                    request,
                    "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
                    body.len()
                )
                .expect("text");
            }
            request.push_str("\r\n");
            request.push_str(&body);
            let answer = self.exchange(request.as_bytes()).await;
            if method == "POST" {
                self.taken.send_modify(|taken| *taken += 1);
            }
            for cookie in answer.headers("set-cookie") {
                if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            match answer.header("location") {
                Some(to) => {
                    path = match to.strip_prefix("http://") {
                        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
                        None => to.to_owned(),
                    };
                    (method, body) = ("GET".to_owned(), String::new());
                }
                None => {
                    assert!(
                        answer.head.starts_with("HTTP/1.1 200"),
                        "{method} {path}: {}\n{}",
                        answer.head,
                        answer.text()
                    );
                    (self.path, self.page) = (path, answer.text());
                    return answer;
                }
            }
        }
    }

    /// Sends one request until it is answered; an answer that says «not now» or
    /// «being verified» is none yet.
    async fn exchange(&mut self, request: &[u8]) -> Answer {
        let began = Instant::now();
        loop {
            let socket = match self.socket.take() {
                Some(socket) => Ok(socket),
                None => Socket::open(self.address).await,
            };
            let lost = match socket {
                Ok(mut socket) => match socket.send(request).await {
                    Ok(answer) if self.patience.is_zero() || !answer.is_open() => {
                        if answer.header("connection") != Some("close") {
                            self.socket = Some(socket);
                        }
                        return answer;
                    }
                    Ok(answer) => answer.head,
                    Err(error) => error.to_string(),
                },
                Err(error) => error.to_string(),
            };
            assert!(began.elapsed() < self.patience, "{lost}");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) {
        self.request("GET", path, "").await;
    }

    /// The first form of the page that has this field, or any for "": where it
    /// goes, and its body with these fields.
    pub fn form(&self, having: &str, fields: &[(&str, &str)]) -> (String, String) {
        let form = self.page.split("<form").skip(1).find(|form| having.is_empty() || form.contains(having));
        let form = form.unwrap_or_else(|| panic!("no form with {having} on {}: {}", self.path, self.page)).to_owned();
        let form = form.split("</form>").next().unwrap_or_default();
        let action =
            attribute(form.split('>').next().unwrap_or_default(), "action").unwrap_or_else(|| self.path.clone());
        let mut body = String::new();
        for input in form.split("<input").skip(1).filter(|input| input.contains("type=\"hidden\"")) {
            let (name, value) = (attribute(input, "name"), attribute(input, "value"));
            write!(body, "{}={}&", name.unwrap_or_default(), web::fields::encode(&value.unwrap_or_default()))
                .expect("text");
        }
        for (name, value) in fields {
            write!(body, "{name}={}&", web::fields::encode(value)).expect("text");
        }
        (action, body.trim_end_matches('&').to_owned())
    }

    /// Sends such a form.
    pub async fn submit(&mut self, having: &str, fields: &[(&str, &str)]) {
        let (action, body) = self.form(having, fields);
        self.request("POST", &action, &body).await;
    }

    /// Signs in as the demo's person with this password.
    pub async fn sign_in(&mut self, password: &str) {
        self.open("/en/demo").await;
        let card =
            self.page.split("<li class=\"card\">").find(|card| card.contains(password)).expect("a person").to_owned();
        let values: Vec<&str> =
            card.split("<dd><bdi dir=\"ltr\">").skip(1).filter_map(|rest| rest.split('<').next()).collect();
        let (number, phone) = (
            values[0].to_owned(),
            values.iter().find(|value| value.starts_with('+')).expect("a telephone").to_string(),
        );
        let before = self.messages(&phone).await.len();
        self.open("/en/sign-in?level=substantial&return=%2Fen%2Fcases").await;
        self.submit("id_number", &[("id_number", &number), ("password", password)]).await;
        let text = loop {
            let messages = self.messages(&phone).await;
            if messages.len() > before {
                break messages[0]["text"].as_str().unwrap_or_default().to_owned();
            }
        };
        let digits = text.split(|letter: char| !letter.is_ascii_digit()).find(|run| run.len() == 6);
        let code = digits.unwrap_or_else(|| panic!("no code in {text}")).to_owned();
        self.submit("name=\"code\"", &[("code", &code)]).await;
        assert!(self.path.starts_with("/en/cases"), "{}: {}", self.path, self.page);
    }

    /// What was sent to a telephone, newest first.
    async fn messages(&self, phone: &str) -> Vec<serde_json::Value> {
        let mut others = Browser::new(self.address, self.patience);
        others.open(&format!("/demo/outbox.json?to={}", web::fields::encode(phone))).await;
        let told: serde_json::Value = serde_json::from_str(&others.page).expect("messages");
        told["messages"].as_array().cloned().unwrap_or_default()
    }

    /// Applies for the extract as far as its bill; gives the case's path.
    pub async fn apply(&mut self) -> String {
        self.open("/en/search?q=family+certificate").await;
        let found =
            self.page.split("class=\"card\"").nth(1).and_then(|card| attribute(card, "href")).expect("a service");
        self.open(&format!("{found}/start")).await;
        self.submit("", &[]).await;
        self.submit("", &[]).await;
        let choice = self.page.split("type=\"radio\"").nth(1).expect("a choice").to_owned();
        let (name, value) = (attribute(&choice, "name"), attribute(&choice, "value"));
        let (name, value) = (name.expect("a name"), value.expect("a value"));
        self.submit(&format!("name=\"{name}\""), &[(&name, &value)]).await;
        self.submit("/submit", &[]).await;
        self.path.clone()
    }

    /// Pays a case's bill at the till.
    pub async fn pay(&mut self, case: &str) {
        self.open(case).await;
        let bill = self.page.split("id=\"pay\"").nth(1).and_then(|rest| attribute(rest, "href"));
        self.open(&bill.unwrap_or_else(|| panic!("nothing to pay: {}", self.page))).await;
        let code: String = self
            .page
            .split("id=\"bill-code\"")
            .nth(1)
            .and_then(|rest| rest.split("</bdi>").next())
            .expect("a code")
            .to_owned();
        let code = code.rsplit('>').next().unwrap_or_default().replace("&#8239;", "");
        let code: String = code.chars().filter(char::is_ascii_digit).collect();
        self.open("/en/demo/pos").await;
        self.submit("name=\"code\"", &[("code", &code)]).await;
        self.submit("id=\"take\"", &[]).await;
    }

    /// Where a case stands.
    pub async fn stage(&mut self, case: &str) -> String {
        self.open(case).await;
        self.page.split("data-stage=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a stage").to_owned()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let value = tag[start..].split('"').next()?;
    Some(value.replace("&amp;", "&").replace("&#38;", "&"))
}
