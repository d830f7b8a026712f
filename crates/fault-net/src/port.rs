//! Ports where no connection comes about: one that refuses, one that never answers.
//!
//! Apart because nobody serves there: the system does it all.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::socket::{ANY, bind};

/// How long a connection may take until it counts as unanswered; on loopback a good one takes some microseconds.
const UNANSWERED_AFTER: Duration = Duration::from_millis(200);
/// More connections than any system lets wait at a backlog of one.
const FILL_MAX: usize = 64;

/// A port that refuses every connection as long as this lives, and that nobody else gets meanwhile.
#[derive(Debug)]
pub struct RefusingPort {
    addr: SocketAddr,
    _held: TcpSocket,
}

impl RefusingPort {
    /// Takes a free port.
    ///
    /// # Errors
    /// When the system has none.
    pub fn open() -> io::Result<Self> {
        let held = bind(ANY)?;
        Ok(Self { addr: held.local_addr()?, _held: held })
    }

    /// The address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// A port whose queue of connections is full: the system drops whoever knocks, and says nothing.
#[derive(Debug)]
pub struct FullPort {
    addr: SocketAddr,
    _listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl FullPort {
    /// Takes a free port and fills its queue.
    ///
    /// # Errors
    /// When the system has no port, or takes connections without end.
    pub async fn open() -> io::Result<Self> {
        let listener = bind(ANY)?.listen(1)?;
        let addr = listener.local_addr()?;
        let mut queued = Vec::new();
        while queued.len() < FILL_MAX {
            match tokio::time::timeout(UNANSWERED_AFTER, TcpStream::connect(addr)).await {
                Ok(stream) => queued.push(stream?),
                Err(_) => return Ok(Self { addr, _listener: listener, _queued: queued }),
            }
        }
        Err(io::Error::other("this system takes connections beyond the backlog"))
    }

    /// The address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}
