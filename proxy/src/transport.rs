//! The only room that opens outbound sockets: deadlines, size caps, no redirects, no proxies, no private addresses.
//!
//! Apart because whether a byte of the body left is known here and nowhere else, and everything after hangs on it. It
//! moves bytes and knows nothing of leads. No error of this room holds an address or a byte of any body.

pub mod address;
mod authorities;
mod body;
mod error;
mod halves;
mod http;
mod permit;
mod resolver;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;

use crate::transport::http::HttpWire;

pub use authorities::{Authorities, AuthoritiesFault};
pub use error::{TransportError, TransportErrorKind};
pub use permit::Permit;
pub use wire::{Departure, NotPermitted, Wire};

/// What every exchange keeps to.
#[derive(Clone, Debug)]
pub struct TransportLimits {
    /// Longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// Longest wait for the whole exchange, from the name look-up to the last byte of the answer.
    pub exchange_timeout: Duration,
    /// Most bytes of an answer's body that are read.
    pub answer_bytes_max: usize,
    /// Whether loopback addresses, also by plain http, may be spoken to.
    pub allow_loopback: bool,
    /// Trusted besides the system's certificate authorities.
    pub authorities: Authorities,
}

/// Speaks with partners.
#[derive(Clone)]
pub struct Transport {
    wire: Arc<dyn Wire>,
    limits: Arc<TransportLimits>,
}

impl Transport {
    /// Readies the network. Opens no connection yet.
    ///
    /// # Errors
    /// When there is no certificate authority to trust, neither the system's nor the operator's, or the TLS library
    /// can't be set up.
    pub fn build(limits: TransportLimits) -> Result<Self, TransportSetupError> {
        let wire = HttpWire::build(&limits).map_err(|error| TransportSetupError(error.without_url()))?;
        Ok(Self::over(Arc::new(wire), limits))
    }

    /// Speaks over this wire.
    pub fn over(wire: Arc<dyn Wire>, limits: TransportLimits) -> Self {
        Self { wire, limits: Arc::new(limits) }
    }

    /// Longest wait for a whole exchange.
    pub fn exchange_timeout(&self) -> Duration {
        self.limits.exchange_timeout
    }

    /// Sends a request and reads the complete answer, within one deadline.
    ///
    /// # Errors
    /// When there is no complete answer; [`TransportError::body_left`] then tells whether the partner may have
    /// received anything of the body.
    pub async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.exchange_with(request, None).await
    }

    /// The same, with a permit that must be good when the body's first byte is about to leave.
    ///
    /// # Errors
    /// As [`Transport::exchange`].
    pub async fn exchange_with(
        &self,
        request: Request<Bytes>,
        permit: Option<Permit>,
    ) -> Result<Response<Bytes>, TransportError> {
        // A body that is empty is never asked for.
        if permit.as_ref().is_some_and(|permit| !permit.is_good()) {
            return Err(TransportError { body_left: false, kind: TransportErrorKind::LeaseLost });
        }
        let departure = Departure::new(permit);
        let carried = self.wire.carry(request, departure.clone());
        match tokio::time::timeout(self.limits.exchange_timeout, carried).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(kind)) => Err(TransportError { body_left: departure.has_left(), kind }),
            Err(_) => {
                Err(TransportError { body_left: departure.has_left(), kind: TransportErrorKind::TimedOut })
            }
        }
    }
}

/// Why the client can't be set up.
#[derive(Debug, thiserror::Error)]
#[error(
    "the HTTP client can't be set up: check that the machine has its root certificates (package ca-certificates)"
)]
pub struct TransportSetupError(#[source] reqwest::Error);
