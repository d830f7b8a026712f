//! What arrived: a request taken apart as far as counting needs it, and the list of all that came.
//!
//! Apart from the partner because this is what tests judge by; it must be right whatever the partner does.

use std::sync::Arc;

use tokio::sync::watch;

/// What ends a head.
pub(crate) const HEAD_END: &[u8] = b"\r\n\r\n";
/// How a TLS record of a handshake begins.
const TLS_HANDSHAKE: u8 = 0x16;

/// What came of one request. A connection on which nothing came is an arrival, too; a second request on the same connection
/// is one of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// The connection's number, from 0.
    pub connection: usize,
    /// What came of the head, its empty line included.
    pub head: Vec<u8>,
    /// What came of the body: until the connection ended, the partner had answered, or now.
    pub body: Vec<u8>,
    /// How many bytes came of a TLS handshake, where one came in place of a head.
    pub tls_bytes: usize,
    /// How long the body is to be, once that is known.
    pub body_length: Option<usize>,
    /// How much of the body had been read when the fault was played; `None` as long as it was not.
    pub body_bytes_at_fault: Option<usize>,
    /// Whether the whole answer was written.
    pub answered: bool,
    /// Whether the connection is over.
    pub ended: bool,
}

impl Arrival {
    /// Bytes of the head.
    pub fn head_bytes(&self) -> usize {
        self.head.len()
    }

    /// Bytes of the body.
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// Whether the whole request came.
    pub fn is_whole(&self) -> bool {
        self.body_length.is_some_and(|length| self.body.len() >= length)
    }

    /// Whether this text is in what came, head or body.
    pub fn holds(&self, text: &str) -> bool {
        [&self.head, &self.body]
            .into_iter()
            .any(|bytes| bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes()))
    }

    /// The request, once it is whole.
    pub(crate) fn request(&self) -> Request<'_> {
        Request { head: &self.head, body: &self.body }
    }

    /// Counts what has been read.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let starts_tls = self.head.is_empty() && bytes.first() == Some(&TLS_HANDSHAKE);
        if self.tls_bytes > 0 || starts_tls {
            self.tls_bytes += bytes.len();
            return;
        }
        let rest = match self.body_length {
            Some(_) => bytes,
            None => self.feed_head(bytes),
        };
        self.body.extend_from_slice(rest);
    }

    /// Takes what belongs to the head, and gives back what does not.
    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        for (index, byte) in bytes.iter().enumerate() {
            self.head.push(*byte);
            if self.head.ends_with(HEAD_END) {
                self.body_length = Some(content_length(&self.head));
                return bytes.get(index + 1..).unwrap_or_default();
            }
        }
        &[]
    }
}

/// A whole request, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The head with its empty line.
    pub head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// `POST /leads`, as the first line has it.
    pub fn line(&self) -> String {
        let head = String::from_utf8_lossy(self.head);
        let line = head.lines().next().unwrap_or_default();
        line.strip_suffix(" HTTP/1.1").unwrap_or(line).to_owned()
    }

    /// Whether it says that it is the last on its connection.
    pub(crate) fn is_last(&self) -> bool {
        String::from_utf8_lossy(self.head).to_ascii_lowercase().contains("\r\nconnection: close\r\n")
    }
}

/// What the head says of the body's length; without a word there is none. A body in chunks is not for this partner: the
/// programs under test send known lengths.
fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let value = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().to_owned())
    });
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// Everything that arrived, shared by the partner and those who look.
#[derive(Clone, Debug)]
pub(crate) struct Ledger(Arc<watch::Sender<Vec<Arrival>>>);

impl Ledger {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }

    /// Begins an arrival; its place.
    pub(crate) fn begin(&self, connection: usize) -> usize {
        let mut place = 0;
        self.0.send_modify(|arrivals| {
            place = arrivals.len();
            arrivals.push(Arrival { connection, ..Arrival::default() });
        });
        place
    }

    /// Changes one.
    pub(crate) fn note(&self, place: usize, change: impl FnOnce(&mut Arrival)) {
        self.0.send_modify(|arrivals| {
            if let Some(arrival) = arrivals.get_mut(place) {
                change(arrival);
            }
        });
    }

    /// One, as it stands.
    pub(crate) fn get(&self, place: usize) -> Arrival {
        self.0.borrow().get(place).cloned().unwrap_or_default()
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// All, as they stand.
    pub(crate) fn all(&self) -> Vec<Arrival> {
        self.0.borrow().clone()
    }

    /// Waits until they are so. The sender lives as long as `self`, so this can't fail.
    pub(crate) async fn until(&self, reached: impl FnMut(&Vec<Arrival>) -> bool) -> Vec<Arrival> {
        let mut watched = self.0.subscribe();
        watched.wait_for(reached).await.map(|arrivals| arrivals.clone()).unwrap_or_default()
    }
}
