//! What the service manager is told (`sd_notify(3)`): that this serves, so that
//! `systemctl start` comes back when people can be served and not before.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Says that this process serves, to whoever started it and wants to know.
pub(crate) fn tell_ready() {
    let Some(to) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let address = match to.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&to),
    };
    let told = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(b"READY=1", &address));
    if let Err(error) = told {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
