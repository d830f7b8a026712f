//! What a partner answers when it is well: bytes, at a pace.
//!
//! Apart because a garbled or dripping answer is no fault of the connection: it is played whole.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::arrival::{HEAD_END, Request};

/// One answer, as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) pace: Option<Duration>,
    pub(crate) endless: bool,
}

impl Answer {
    /// A well-formed answer in JSON.
    pub fn json(status: u16, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        Self::raw([head.as_bytes(), body.as_bytes()].concat())
    }

    /// Any bytes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), pace: None, endless: false }
    }

    /// The same, one byte at a time, with this pause after each.
    #[must_use]
    pub fn dripping(self, pause: Duration) -> Self {
        Self { pace: Some(pause), ..self }
    }

    /// The same, and then its last byte again and again until the client has enough.
    #[must_use]
    pub fn endless(self) -> Self {
        Self { endless: true, ..self }
    }

    /// Whether another request may follow on the same connection: the length of this answer is known, and it does not say
    /// that it is the last.
    pub(crate) fn keeps_connection(&self) -> bool {
        let head = self.bytes.get(..self.body_start()).unwrap_or_default();
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        head.contains("\r\ncontent-length:") && !head.contains("\r\nconnection: close\r\n")
    }

    /// Where the body begins; the end, where there is none.
    pub(crate) fn body_start(&self) -> usize {
        let end = self.bytes.windows(HEAD_END.len()).position(|window| window == HEAD_END);
        end.map_or(self.bytes.len(), |end| end + HEAD_END.len())
    }
}

/// Where a partner has its answers from.
#[derive(Clone)]
pub enum Answers {
    /// The same for every request.
    Fixed(Answer),
    /// Made for the request.
    By(Arc<dyn Fn(Request<'_>) -> Answer + Send + Sync>),
    /// From another server, which gets each whole request and closes the connection after its answer; how this ended is no
    /// business of the client's, so where no answer comes the client gets none.
    Behind(SocketAddr),
}

impl Answers {
    /// Made for the request by this function.
    pub fn by(make: impl Fn(Request<'_>) -> Answer + Send + Sync + 'static) -> Self {
        Self::By(Arc::new(make))
    }

    /// The answer to a whole request.
    pub(crate) async fn answer(&self, request: Request<'_>) -> io::Result<Answer> {
        match self {
            Self::Fixed(answer) => Ok(answer.clone()),
            Self::By(make) => Ok(make(request)),
            Self::Behind(addr) => ask(*addr, request).await.map(Answer::raw),
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(answer) => f.debug_tuple("Fixed").field(answer).finish(),
            Self::By(_) => f.write_str("By"),
            Self::Behind(addr) => f.debug_tuple("Behind").field(addr).finish(),
        }
    }
}

/// Puts the request to another server and reads until it closes.
async fn ask(addr: SocketAddr, request: Request<'_>) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr).await?;
    let head = request.head.strip_suffix(b"\r\n").unwrap_or(request.head);
    stream.write_all(&[head, b"connection: close\r\n\r\n", request.body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}
