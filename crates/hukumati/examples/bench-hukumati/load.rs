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
    /// How many were done.
    pub done: usize,
}

impl Load {
    fn of(mut times: Vec<Duration>, seconds: f64) -> Self {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
        Self { rate: count(times.len()) / seconds, p50_ms: at(50), p99_ms: at(99), done: times.len() }
    }
}

/// A number for people.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub fn count(number: usize) -> f64 {
    number as f64
}

/// What one client does again and again.
pub trait Work: Send + 'static {
    /// Does it once.
    fn once(&mut self) -> impl Future<Output = ()> + Send;
}

/// Asks one question.
pub struct Asks {
    socket: Socket,
    ask: Arc<str>,
}

impl Asks {
    /// So many clients with the same question.
    pub async fn clients(address: SocketAddr, clients: usize, ask: Arc<str>) -> Vec<Self> {
        let mut all = Vec::new();
        for _ in 0..clients {
            all.push(Self { socket: Socket::open(address).await.expect("a connection"), ask: Arc::clone(&ask) });
        }
        all
    }
}

impl Work for Asks {
    async fn once(&mut self) {
        let answer = self.socket.send(self.ask.as_bytes()).await.expect("an answer");
        assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
    }
}

/// Each client begins again as soon as it is done.
pub async fn closed(clients: Vec<impl Work>, phase: Duration) -> Load {
    run(clients, phase, None).await
}

/// Clients begin at so many a second in all, whether they are done or not; the
/// time counts from when it was due.
pub async fn open(clients: Vec<impl Work>, phase: Duration, rate: f64) -> Load {
    let every = Duration::from_secs_f64(count(clients.len()) / rate);
    run(clients, phase, Some(every)).await
}

async fn run(clients: Vec<impl Work>, phase: Duration, every: Option<Duration>) -> Load {
    let (mut tasks, all) = (tokio::task::JoinSet::new(), count(clients.len()));
    let started = Instant::now();
    for (number, mut client) in clients.into_iter().enumerate() {
        tasks.spawn(async move {
            let mut times = Vec::new();
            // Clients are spread over the interval, not in step.
            let mut due = started + every.map_or(Duration::ZERO, |every| every.mul_f64(count(number) / all));
            while started.elapsed() < phase {
                if every.is_some() {
                    tokio::time::sleep_until(due.into()).await;
                } else {
                    due = Instant::now();
                }
                client.once().await;
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
