//! Counts of requests by route template and status, for Prometheus. No path,
//! no person: a template and numbers.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Statuses that are counted one by one; any other counts as its class.
const STATUSES: [u16; 28] = [
    200, 201, 202, 204, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 421, 422, 429,
    500, 502, 503, 504, 507,
];
/// Upper bounds of the latency classes.
const BOUNDS_MICROS: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];

#[derive(Debug, Default)]
struct RouteFigures {
    statuses: [AtomicU64; STATUSES.len()],
    others: [AtomicU64; 6],
    latencies: [AtomicU64; BOUNDS_MICROS.len()],
    count: AtomicU64,
    total_micros: AtomicU64,
}

/// Everything counted since the start.
#[derive(Debug)]
pub struct Figures {
    /// Listener, method and path of each route, then “unmatched”.
    names: Vec<[String; 3]>,
    routes: Vec<RouteFigures>,
    connections: AtomicI64,
    refused_connections: AtomicU64,
}

impl Figures {
    pub(crate) fn new(mut names: Vec<[String; 3]>) -> Self {
        names.push(["any".to_owned(), "any".to_owned(), "unmatched".to_owned()]);
        let routes = names.iter().map(|_| RouteFigures::default()).collect();
        Self { names, routes, connections: AtomicI64::new(0), refused_connections: AtomicU64::new(0) }
    }

    /// Counts an answer; `None` when no route matched.
    pub(crate) fn count(&self, route: Option<usize>, status: u16, took: Duration) {
        let last = self.routes.len() - 1;
        let figures = &self.routes[route.unwrap_or(last).min(last)];
        let counter = match STATUSES.iter().position(|&known| known == status) {
            Some(place) => &figures.statuses[place],
            None => &figures.others[usize::from(status / 100).min(5)],
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(class) = BOUNDS_MICROS.iter().position(|&bound| micros <= bound) {
            figures.latencies[class].fetch_add(1, Ordering::Relaxed);
        }
        figures.count.fetch_add(1, Ordering::Relaxed);
        figures.total_micros.fetch_add(micros, Ordering::Relaxed);
    }
    pub(crate) fn connection_opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }
    pub(crate) fn connection_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
    pub(crate) fn connection_refused(&self) {
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Prometheus text, with the store's counts.
    #[must_use]
    pub fn prometheus(&self, store: &store::Figures) -> String {
        let mut text = String::from("# TYPE hukumati_http_requests_total counter\n");
        for (name, figures) in self.used() {
            let counters = STATUSES.iter().zip(&figures.statuses).map(|(status, count)| (status.to_string(), count));
            let others = figures.others.iter().enumerate().map(|(class, count)| (format!("{class}xx"), count));
            for (status, count) in counters.chain(others) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(text, "hukumati_http_requests_total{{{name},status=\"{status}\"}} {count}");
                }
            }
        }
        text.push_str("# TYPE hukumati_http_request_seconds histogram\n");
        for (name, figures) in self.used() {
            let mut below = 0;
            for (bound, count) in BOUNDS_MICROS.iter().zip(&figures.latencies) {
                below += count.load(Ordering::Relaxed);
                let bound = seconds(*bound);
                let _ = writeln!(text, "hukumati_http_request_seconds_bucket{{{name},le=\"{bound}\"}} {below}");
            }
            let count = figures.count.load(Ordering::Relaxed);
            let total = seconds(figures.total_micros.load(Ordering::Relaxed));
            let _ = writeln!(text, "hukumati_http_request_seconds_bucket{{{name},le=\"+Inf\"}} {count}");
            let _ = writeln!(text, "hukumati_http_request_seconds_sum{{{name}}} {total}");
            let _ = writeln!(text, "hukumati_http_request_seconds_count{{{name}}} {count}");
        }
        let _ = writeln!(text, "# TYPE hukumati_connections gauge");
        let _ = writeln!(text, "hukumati_connections {}", self.connections.load(Ordering::Relaxed));
        let _ = writeln!(text, "# TYPE hukumati_connections_refused_total counter");
        let _ =
            writeln!(text, "hukumati_connections_refused_total {}", self.refused_connections.load(Ordering::Relaxed));
        for (name, count) in [
            ("writes", &store.committed),
            ("commits", &store.commits),
            ("replays", &store.replayed),
            ("shed", &store.shed),
            ("reads", &store.reads),
            ("unknown_outcomes", &store.unknown),
        ] {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(text, "# TYPE hukumati_store_{name}_total counter\nhukumati_store_{name}_total {count}");
        }
        text
    }

    /// Routes that were asked for, with their labels.
    fn used(&self) -> impl Iterator<Item = (String, &RouteFigures)> {
        let used = |figures: &&RouteFigures| figures.count.load(Ordering::Relaxed) > 0;
        self.names.iter().zip(&self.routes).filter(move |(_, figures)| used(figures)).map(|(name, figures)| {
            let [listener, method, path] = name;
            (format!("listener=\"{listener}\",method=\"{method}\",route=\"{path}\""), figures)
        })
    }
}

/// Microseconds as decimal seconds, without floats.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_add_up() {
        let figures = Figures::new(vec![["public".to_owned(), "GET".to_owned(), "/a/{id}".to_owned()]]);
        figures.count(Some(0), 200, Duration::from_micros(500));
        figures.count(Some(0), 418, Duration::from_secs(60));
        figures.count(None, 404, Duration::from_micros(501));
        let text = figures.prometheus(&store::Figures::default());
        let route = "listener=\"public\",method=\"GET\",route=\"/a/{id}\"";
        for line in [
            format!("hukumati_http_requests_total{{{route},status=\"200\"}} 1\n"),
            format!("hukumati_http_requests_total{{{route},status=\"4xx\"}} 1\n"),
            format!("hukumati_http_request_seconds_bucket{{{route},le=\"0.0005\"}} 1\n"),
            format!("hukumati_http_request_seconds_bucket{{{route},le=\"5\"}} 1\n"),
            format!("hukumati_http_request_seconds_bucket{{{route},le=\"+Inf\"}} 2\n"),
            format!("hukumati_http_request_seconds_sum{{{route}}} 60.0005\n"),
            "route=\"unmatched\",status=\"404\"} 1\n".to_owned(),
        ] {
            assert!(text.contains(&line), "{line}\n{text}");
        }
    }
}
