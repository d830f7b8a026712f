//! How an exchange failed: first whether a byte of the body left, then why.
//!
//! Apart because the first question decides between "try again" and "nobody knows", and is answered in one place.

use std::error::Error;
use std::fmt;
use std::io;

use crate::transport::NotPermitted;
use crate::transport::resolver::ResolveError;

/// No complete answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// Whether a byte of the body was handed to the connection. If not, the partner has received nothing of the lead.
    pub body_left: bool,
    /// Why.
    pub kind: TransportErrorKind,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left =
            if self.body_left { "after the body had begun to leave" } else { "before any of the body left" };
        write!(f, "the exchange failed {left}: {}", self.kind)
    }
}

impl Error for TransportError {}

/// Why no complete answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The name has no address.
    Dns,
    /// The scheme or the address is not allowed.
    Blocked,
    /// The connection was refused, or broke before it stood.
    Connect,
    /// The certificate or the handshake was not good.
    Tls,
    /// A deadline passed.
    TimedOut,
    /// The connection broke, or what came is not HTTP.
    Broken,
    /// The answer is larger than we read.
    AnswerTooLarge,
    /// The worker's lease ran out before the body began to leave.
    LeaseLost,
}

impl fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "the partner's name has no address",
            Self::Blocked => "the partner's address is not allowed",
            Self::Connect => "the connection was refused or broke",
            Self::Tls => "the TLS handshake failed",
            Self::TimedOut => "it took too long",
            Self::Broken => "the connection broke or the answer is not HTTP",
            Self::AnswerTooLarge => "the answer is too large",
            Self::LeaseLost => "the lease ran out first",
        })
    }
}

/// Reads the kind from the chain of causes.
pub(crate) fn kind_of(error: &reqwest::Error) -> TransportErrorKind {
    let causes = || std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source());
    if let Some(resolve) = causes().find_map(|cause| cause.downcast_ref::<ResolveError>()) {
        return match resolve {
            ResolveError::NoAddress => TransportErrorKind::Dns,
            ResolveError::Blocked => TransportErrorKind::Blocked,
        };
    }
    if causes().any(|cause| cause.is::<NotPermitted>()) {
        return TransportErrorKind::LeaseLost;
    }
    if error.is_timeout() {
        return TransportErrorKind::TimedOut;
    }
    if !error.is_connect() {
        return TransportErrorKind::Broken;
    }
    let is_tls =
        |cause: &(dyn Error + 'static)| cause.downcast_ref::<io::Error>().is_some_and(is_invalid_data);
    if causes().any(is_tls) { TransportErrorKind::Tls } else { TransportErrorKind::Connect }
}

/// The TLS library reports a bad certificate or handshake as invalid data, and its connector wraps that once more, where
/// the chain of sources does not show it.
fn is_invalid_data(error: &io::Error) -> bool {
    let wrapped = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    error.kind() == io::ErrorKind::InvalidData || wrapped.is_some_and(is_invalid_data)
}
