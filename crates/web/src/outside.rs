//! Addresses that are outside of our own network. A call whose target somebody
//! else named must not be turned on machines that only we can reach.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

/// Whether an address belongs to the public Internet (IANA special-purpose
/// registries, RFC 6890).
#[must_use]
pub fn is_outside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_outside_v4(address),
        IpAddr::V6(address) => is_outside_v6(address),
    }
}

fn is_outside_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let inside = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // This network, carriers' own, protocol assignments, benchmarks, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !inside
}

fn is_outside_v6(address: Ipv6Addr) -> bool {
    // Addresses that carry one of the older kind are judged by that.
    if let Some(older) = address.to_ipv4_mapped() {
        return is_outside_v4(older);
    }
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is given out to the Internet; of that, not the tunnels and
    // not what is for documents.
    (0x2000..0x4000).contains(&first)
        && first != 0x2002
        && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        && !(first == 0x3fff && second < 0x1000)
}

/// Finds the addresses of a host; a guarded one only those outside.
#[derive(Clone)]
pub(crate) struct Resolver {
    inner: GaiResolver,
    guarded: bool,
}

impl Resolver {
    pub(crate) fn new(guarded: bool) -> Self {
        Self { inner: GaiResolver::new(), guarded }
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }
    fn call(&mut self, name: Name) -> Self::Future {
        let (found, guarded) = (self.inner.call(name), self.guarded);
        Box::pin(async move {
            let all = found.await?;
            let kept: Vec<SocketAddr> = all.filter(|address| !guarded || is_outside(address.ip())).collect();
            if kept.is_empty() {
                return Err(std::io::Error::other("the host has no address outside of our own network"));
            }
            Ok(kept.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_we_can_reach_is_not_outside() {
        for (address, outside) in [
            ("8.8.8.8", true),
            ("82.213.0.1", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.100.1.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
            ("2a00:1450:4001::1", true),
        ] {
            assert_eq!(is_outside(address.parse().unwrap()), outside, "{address}");
        }
    }
}
