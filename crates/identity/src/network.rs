//! The name of the network that somebody comes from, for the list of their
//! sessions: from a table that is shipped or that the operator keeps, nothing
//! looked up outside. The address itself is not stored.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The shipped table: a sample.
const SHIPPED: &str = include_str!("../data/networks.txt");
/// Ranges that a table holds at most.
const RANGES_MAX: usize = 20_000;
/// Longest name, characters.
const NAME_CHARS: usize = 60;
/// The word that is kept for an address in somebody's own network.
pub(crate) const LOCAL: &str = "local";

/// Ranges of addresses, each with a name.
#[derive(Debug, Clone)]
pub struct Networks {
    ranges: Vec<Range>,
    /// Whether the names are sample data.
    pub(crate) sample: bool,
}

#[derive(Debug, Clone)]
struct Range {
    first: u128,
    /// The bits that count, of an address of IPv6; one of IPv4 is mapped to it.
    bits: u32,
    name: String,
}

impl Networks {
    /// The table that comes with the program.
    #[must_use]
    pub fn shipped() -> Self {
        Self { sample: true, ..Self::parse(SHIPPED).unwrap_or(Self { ranges: Vec::new(), sample: true }) }
    }

    /// Reads a table: `192.0.2.0/24 Name` a line, `#` before remarks.
    ///
    /// # Errors
    /// The line that is no range with a name, by its number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut ranges = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let range = Range::parse(line).ok_or_else(|| format!("line {}: write a range and a name", number + 1))?;
            ranges.push(range);
        }
        if ranges.len() > RANGES_MAX {
            return Err(format!("more than {RANGES_MAX} ranges"));
        }
        // The narrowest first.
        ranges.sort_by_key(|range| std::cmp::Reverse(range.bits));
        Ok(Self { ranges, sample: false })
    }

    /// What is kept of an address: a name of the table, [`LOCAL`], or nothing.
    pub(crate) fn name(&self, address: IpAddr) -> &str {
        let address = address.to_canonical();
        if is_local(address) {
            return LOCAL;
        }
        let bits = mapped(address);
        let found = self.ranges.iter().find(|range| bits & mask(range.bits) == range.first);
        found.map_or("", |range| &range.name)
    }
}

impl Range {
    fn parse(line: &str) -> Option<Self> {
        let (range, name) = line.split_once(char::is_whitespace)?;
        let (address, bits) = range.split_once('/')?;
        let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
        let bits = match address {
            IpAddr::V4(_) if bits <= 32 => 96 + bits,
            IpAddr::V6(_) if bits <= 128 => bits,
            _ => return None,
        };
        let (first, name) = (mapped(address), name.trim());
        let fits = first & mask(bits) == first && (1..=NAME_CHARS).contains(&name.chars().count()) && name != LOCAL;
        fits.then(|| Self { first, bits, name: name.to_owned() })
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

/// Addresses of a house, an office or this machine (RFC 1918, RFC 4193, RFC 3927).
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_local_v4(address),
        IpAddr::V6(address) => is_local_v6(address),
    }
}

fn is_local_v4(address: Ipv4Addr) -> bool {
    address.is_private() || address.is_loopback() || address.is_link_local()
}

fn is_local_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    address.is_loopback() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(networks: &Networks, address: &str) -> String {
        networks.name(address.parse().unwrap()).to_owned()
    }

    #[test]
    fn the_narrowest_range_names_an_address() {
        let networks =
            Networks::parse("# ours\n198.51.100.0/24 Wide\n\n198.51.100.128/25 Narrow\n2001:db8::/32  Six  \n")
                .unwrap();
        for (address, expected) in [
            ("198.51.100.1", "Wide"),
            ("198.51.100.127", "Wide"),
            ("198.51.100.128", "Narrow"),
            ("::ffff:198.51.100.200", "Narrow"),
            ("198.51.101.0", ""),
            ("2001:db8:ffff::1", "Six"),
            ("2001:db9::1", ""),
        ] {
            assert_eq!(name(&networks, address), expected, "{address}");
        }
        assert!(!networks.sample);
    }

    #[test]
    fn one_s_own_network_is_local_and_a_carrier_s_is_not() {
        let networks = Networks::shipped();
        for address in
            ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.7", "169.254.0.9", "::1", "fd00::1", "fe80::1"]
        {
            assert_eq!(name(&networks, address), LOCAL, "{address}");
        }
        for address in ["100.64.0.1", "172.32.0.1", "8.8.8.8", "2606:4700::1"] {
            assert_eq!(name(&networks, address), "", "{address}");
        }
    }

    #[test]
    fn the_shipped_table_is_read_and_says_that_it_is_a_sample() {
        let networks = Networks::shipped();
        assert!(networks.sample && !networks.ranges.is_empty());
        assert_eq!(name(&networks, "1.178.127.255"), "Paltel");
        assert_eq!(name(&networks, "1.178.128.0"), "");
    }

    #[test]
    fn what_is_no_range_is_named_by_its_line() {
        for line in [
            "198.51.100.1/24 Host bits",
            "198.51.100.0/33 Too long",
            "198.51.100.0/24",
            "198.51.100.0 Name",
            "2001:db8::/129 Six",
            "198.51.100.0/24 local",
            "word Name",
        ] {
            assert_eq!(
                Networks::parse(&format!("# first\n{line}\n")).unwrap_err(),
                "line 2: write a range and a name",
                "{line}"
            );
        }
        assert_eq!(name(&Networks::parse("0.0.0.0/0 Everybody\n::/0 All").unwrap(), "8.8.8.8"), "Everybody");
    }
}
