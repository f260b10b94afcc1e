//! Load on one address: as fast as it answers, or at a given rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::browser::Socket;

/// What a phase gave.
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// Median.
    pub p50_ms: f64,
    /// One in a hundred is slower.
    pub p99_ms: f64,
}

impl Load {
    fn of(mut times: Vec<Duration>, seconds: f64) -> Self {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
        Self { rate: count(times.len()) / seconds, p50_ms: at(50), p99_ms: at(99) }
    }
}

/// A number for people.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub fn count(number: usize) -> f64 {
    number as f64
}

/// Each client asks again as soon as it has its answer.
pub async fn closed(address: SocketAddr, clients: usize, phase: Duration, ask: Arc<str>) -> Load {
    run(address, clients, phase, None, ask).await
}

/// Clients ask at so many a second in all, whether answers come or not; the
/// time counts from when the question was due.
pub async fn open(address: SocketAddr, clients: usize, phase: Duration, rate: f64, ask: Arc<str>) -> Load {
    run(address, clients, phase, Some(Duration::from_secs_f64(count(clients) / rate)), ask).await
}

async fn run(address: SocketAddr, clients: usize, phase: Duration, every: Option<Duration>, ask: Arc<str>) -> Load {
    let mut tasks = tokio::task::JoinSet::new();
    let mut sockets = Vec::new();
    for _ in 0..clients {
        sockets.push(Socket::open(address).await.expect("a connection"));
    }
    let started = Instant::now();
    for (number, mut socket) in sockets.into_iter().enumerate() {
        let ask = Arc::clone(&ask);
        tasks.spawn(async move {
            let mut times = Vec::new();
            // Clients are spread over the interval, not in step.
            let mut due = started + every.map_or(Duration::ZERO, |every| every.mul_f64(count(number) / count(clients)));
            while started.elapsed() < phase {
                if every.is_some() {
                    tokio::time::sleep_until(due.into()).await;
                } else {
                    due = Instant::now();
                }
                let answer = socket.send(ask.as_bytes()).await.expect("an answer");
                assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
                times.push(due.elapsed());
                due += every.unwrap_or_default();
            }
            times
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.expect("a client"));
    }
    Load::of(times, started.elapsed().as_secs_f64())
}
