//! Sockets on loopback: bound where the system likes, and ended by force.
//!
//! Apart because partner, ports and relay all need these few lines.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1_024;

/// Any free port of loopback.
pub(crate) const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A bound socket that does not listen: whoever connects is refused, and nobody else gets the port.
pub(crate) fn bind(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // So a listener can be bound beside one that only holds the port.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

/// A listener.
pub(crate) fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    bind(addr)?.listen(BACKLOG)
}

/// From now on the end of this socket is an RST to the other side, and what is on its way is dropped.
pub(crate) fn end_by_force(stream: &TcpStream) {
    // Fails only where the connection is gone already.
    stream.set_zero_linger().ok();
}
