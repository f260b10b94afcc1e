//! The accept loop over real sockets: what is slow, large or framed twice.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "each test file uses its part of the kit")]
mod kit;

use std::net::SocketAddr;
use std::time::Duration;

use kit::{schemas, site};
use testkit::{Engine, World, world};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use web::serve::{Bound, Stop, serve};
use web::{Config, Limits, Listener};

/// Longer than any test may take.
const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    _world: World,
    address: SocketAddr,
    stop: Stop,
    served: tokio::task::JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    let world = world(Engine::Sqlite, &schemas());
    let bound = Bound::new("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = bound.address();
    let config = Config { origin: format!("http://localhost:{}", address.port()), limits, ..Config::default() };
    let (site, stop) = (site(&world, config), Stop::new());
    let served = tokio::spawn(serve(site, Listener::Public, bound, None, stop.clone()));
    Running { _world: world, address, stop, served }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
    fn head(&self, line: &str, more: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: {}\r\n{more}\r\n", self.address)
    }
    /// Sends bytes and reads until the server closes.
    async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is an end like another.
    drop(timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the server closes in time"));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn quick() -> Limits {
    Limits { header_timeout_ms: 200, body_grace_ms: 300, body_bytes_per_second: 20_000, ..Limits::default() }
}

#[tokio::test]
async fn half_a_head_is_dropped() {
    let running = start(quick()).await;
    let mut stream = running.connect().await;
    let started = Instant::now();
    stream.write_all(b"GET /who HTTP/1.1\r\nHost: loc").await.unwrap();
    rest(&mut stream).await;
    assert!(started.elapsed() >= Duration::from_millis(150), "{:?}", started.elapsed());

    let mut drip = running.connect().await;
    let started = Instant::now();
    for letter in "GET /who HTTP/1.1\r\nHost: localhost-and-many-more-letters-that-take-their-time".bytes() {
        if drip.write_all(&[letter]).await.is_err() || started.elapsed() > Duration::from_secs(3) {
            break;
        }
        let waited = timeout(Duration::from_millis(20), drip.readable()).await;
        if waited.is_ok() {
            break;
        }
    }
    assert!(started.elapsed() < Duration::from_secs(3), "dripping letters buys no time");
    rest(&mut drip).await;
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let running = start(Limits { header_bytes: 8_192, ..quick() }).await;
    let large = running.head("GET /who", &format!("X-Large: {}\r\n", "a".repeat(20_000)));
    assert!(running.exchange(&large).await.starts_with("HTTP/1.1 431"));
    let many = running.head("GET /who", &"X-Many: 1\r\n".repeat(200));
    assert!(running.exchange(&many).await.starts_with("HTTP/1.1 431"));
    let long = running.head(&format!("GET /who?{}", "a".repeat(6_000)), "Connection: close\r\n");
    assert!(running.exchange(&long).await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn a_body_below_the_rate_is_refused() {
    let running = start(quick()).await;
    let mut stream = running.connect().await;
    let head = running.head("POST /api/v1/upload", "Content-Length: 100000\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    stream.write_all(b"some").await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(started.elapsed() >= Duration::from_millis(250), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_body_at_the_rate_is_a_citizen_however_long_it_takes() {
    let running = start(quick()).await;
    let mut stream = running.connect().await;
    // 24,000 bytes at 20,000 a second: four times the grace.
    let head = running.head("POST /api/v1/upload", "Content-Length: 24000\r\nConnection: close\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..24 {
        ticks.tick().await;
        stream.write_all(&[b'a'; 1_000]).await.unwrap();
    }
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("24000"), "{answer}");
    assert!(started.elapsed() >= Duration::from_millis(1_100));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_comes() {
    let running = start(quick()).await;
    let head = running.head("POST /api/v1/upload", "Content-Length: 1073741824\r\n");
    let answer = running.exchange(&head).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_request_framed_twice_is_refused_and_the_line_cut() {
    let running = start(quick()).await;
    let hidden = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";
    let (length, chunked) = ("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n");
    for framing in [
        format!("{length}{chunked}"),
        format!("{chunked}{length}"),
        format!("{chunked}Transfer-Encoding: identity\r\n{length}"),
        "Content-Length: 5\r\nContent-Length: 6\r\n".to_owned(),
        "Content-Length: +5\r\n".to_owned(),
        "Content-Length: 5, 5x\r\n".to_owned(),
        format!("Transfer-Encoding: xchunked\r\n{length}"),
        format!("Transfer-Encoding : chunked\r\n{length}"),
        chunked.to_owned(),
    ] {
        let request = running.head("POST /api/v1/upload", &framing) + "0\r\n\r\n" + hidden;
        let answer = running.exchange(&request).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{framing:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{framing:?}: the hidden request was answered: {answer}");
    }
}

#[tokio::test]
async fn a_crowd_on_one_address_is_limited() {
    let running = start(Limits { connections_per_address: 2, header_timeout_ms: 5_000, ..quick() }).await;
    let (mut one, mut two) = (running.connect().await, running.connect().await);
    let request = running.head("GET /who", "");
    for stream in [&mut one, &mut two] {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = [0; 15];
        stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"HTTP/1.1 200 OK");
    }
    let mut three = running.connect().await;
    drop(three.write_all(request.as_bytes()).await);
    assert_eq!(rest(&mut three).await, "", "no place for a third");
}

#[tokio::test]
async fn stopping_answers_what_is_under_way() {
    let running = start(Limits { drain_ms: 10_000, body_grace_ms: 5_000, ..quick() }).await;
    let mut busy = running.connect().await;
    let head = running.head("POST /api/v1/upload", "Content-Length: 4\r\n");
    busy.write_all(format!("{head}so").as_bytes()).await.unwrap();
    // The handler has the body's first half once a second connection was served.
    let answer = running.exchange(&running.head("GET /who", "Connection: close\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200"));
    running.stop.send();
    busy.write_all(b"me").await.unwrap();
    let answer = rest(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    timeout(PATIENCE, running.served).await.expect("the server ends").unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nothing listens any more");
}
