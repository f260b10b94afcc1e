//! The accept loop: our own, because a head that never ends, a handshake that
//! never ends and a body that stands still must end, and a crowd on one
//! address must not lock out the others. HTTP/1.1, plain or over TLS.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::config::Limits;
use crate::pace::{Pace, PacedBody, PacedStream};
use crate::route::Listener;
use crate::site::Site;
use crate::visit::{Peer, PeerCertificate};

/// Headers of one request.
const HEADERS_MAX: usize = 100;
/// Waiting connections that the kernel keeps for us.
const BACKLOG: u32 = 1_024;
/// How long to rest when the system has no more file descriptors.
const EXHAUSTED_REST: Duration = Duration::from_millis(50);

/// Why an address cannot be listened on, with the remedy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BindError(String);

/// An address that is ours now.
#[derive(Debug)]
pub struct Bound {
    socket: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Takes an address; port 0 takes a free one.
    ///
    /// # Errors
    /// One sentence with the remedy.
    pub fn new(address: SocketAddr) -> Result<Self, BindError> {
        let bound = || {
            let socket = match address {
                SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
                SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
            };
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let socket = socket.listen(BACKLOG)?;
            let address = socket.local_addr()?;
            Ok(Self { socket, address })
        };
        bound().map_err(|error: std::io::Error| {
            BindError(match error.kind() {
                std::io::ErrorKind::AddrInUse => format!(
                    "{address} is in use by another program: stop it, or choose another address (port 0 takes a free one)"
                ),
                std::io::ErrorKind::PermissionDenied => format!(
                    "listening on {address} is not permitted: choose a port from 1024 up, or grant CAP_NET_BIND_SERVICE"
                ),
                std::io::ErrorKind::AddrNotAvailable => {
                    format!("{address} is not an address of this machine: choose one that is, such as 127.0.0.1")
                }
                _ => format!("{address} cannot be listened on: {error}; choose another address"),
            })
        })
    }
    /// The address, with the port that was taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Tells every listener to finish: cloned into each, and sent once.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// A stop that was not sent yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
    /// Tells them.
    pub fn send(&self) {
        self.0.send_replace(true);
    }
    /// Waits until it is sent.
    pub async fn sent(&self) {
        let mut watched = self.0.subscribe();
        // The sender lives as long as `self` does.
        drop(watched.wait_for(|sent| *sent).await);
    }
}

/// Serves a site on an address until it is told to stop; then answers what is
/// under way, for at most [`Limits::drain_ms`].
pub async fn serve(site: Site, listener: Listener, bound: Bound, tls: Option<Arc<rustls::ServerConfig>>, stop: Stop) {
    let limits = site.config().limits;
    let room = Arc::new(Semaphore::new(limits.connections));
    let crowd = Crowd::default();
    let server = Arc::new(Server { site, listener, limits, tls: tls.map(TlsAcceptor::from), stop: stop.clone() });
    loop {
        let accepted = tokio::select! {
            accepted = bound.socket.accept() => accepted,
            () = stop.sent() => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(EXHAUSTED_REST).await;
                continue;
            }
        };
        let permit = Arc::clone(&room).try_acquire_owned().ok();
        let place = crowd.enter(address.ip(), limits.connections_per_address);
        let (Some(permit), Some(place)) = (permit, place) else {
            server.site.kit.figures().connection_refused();
            continue;
        };
        tokio::spawn(Arc::clone(&server).connection(stream, address.ip(), permit, place));
    }
    drop(bound);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let drained = tokio::time::timeout(Duration::from_millis(limits.drain_ms), room.acquire_many(all));
    if drained.await.is_err() {
        tracing::warn!(listener = server.listener.as_str(), "stopped with requests under way");
    }
}

struct Server {
    site: Site,
    listener: Listener,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    stop: Stop,
}

impl Server {
    async fn connection(self: Arc<Self>, stream: TcpStream, ip: IpAddr, permit: OwnedSemaphorePermit, place: Place) {
        let figures = self.site.kit.figures();
        figures.connection_opened();
        // Small answers leave at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let stream = PacedStream::new(stream, self.pace());
        match &self.tls {
            None => self.http(stream, ip, None).await,
            Some(acceptor) => {
                let patience = Duration::from_millis(self.limits.handshake_timeout_ms);
                match tokio::time::timeout(patience, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
                        let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
                        self.http(stream, ip, PeerCertificate::new(chain)).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
        figures.connection_closed();
        drop((permit, place));
    }

    async fn http<S>(&self, stream: S, ip: IpAddr, certificate: Option<PeerCertificate>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request: Request<Incoming>| {
            let mut request = request.map(|body| Body::new(PacedBody::new(body, self.pace())));
            request.extensions_mut().insert(Peer(ip));
            if let Some(certificate) = &certificate {
                request.extensions_mut().insert(certificate.clone());
            }
            async move { Ok::<_, std::convert::Infallible>(self.site.respond(self.listener, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(self.limits.header_timeout_ms))
            .max_buf_size(self.limits.header_bytes.max(8_192))
            .max_headers(HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.sent() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    fn pace(&self) -> Pace {
        Pace::new(self.limits.body_bytes_per_second, Duration::from_millis(self.limits.body_grace_ms))
    }
}

/// How many connections each address has open.
#[derive(Debug, Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Crowd {
    /// A place for one more connection of this address, if there is one.
    fn enter(&self, ip: IpAddr, most: usize) -> Option<Place> {
        let ip = network(ip);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(ip).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { crowd: self.clone(), ip })
    }
}

/// One connection of an address.
#[derive(Debug)]
struct Place {
    crowd: Crowd,
    ip: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.ip);
            }
        }
    }
}

/// An IPv4 address, or the /64 that an IPv6 address lies in.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let mut segments = v6.segments();
            segments[4..].fill(0);
            IpAddr::V6(segments.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_has_its_places_and_gives_them_back() {
        let crowd = Crowd::default();
        let (one, neighbour): (IpAddr, IpAddr) = ("2001:db8::1".parse().unwrap(), "2001:db8::ffff".parse().unwrap());
        let first = crowd.enter(one, 2);
        let second = crowd.enter(neighbour, 2);
        assert!(first.is_some() && second.is_some());
        assert!(crowd.enter(one, 2).is_none(), "the same /64");
        assert!(crowd.enter("192.0.2.1".parse().unwrap(), 2).is_some());
        drop(first);
        assert!(crowd.enter(one, 2).is_some());
    }

    #[tokio::test]
    async fn a_busy_port_says_what_to_do() {
        let first = Bound::new("127.0.0.1:0".parse().unwrap()).unwrap();
        let error = Bound::new(first.address()).unwrap_err().to_string();
        assert!(error.contains("in use by another program: stop it"), "{error}");
    }
}
