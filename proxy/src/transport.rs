//! The only room that opens outbound sockets: deadlines, size caps, no redirects, no proxies, no private addresses.
//!
//! Apart because whether a byte of the body left is known here and nowhere else, and everything after hangs on it. It
//! moves bytes and knows nothing of leads. No error of this room holds an address or a byte of any body.

pub mod address;
mod authorities;
mod body;
mod error;
mod permit;
mod resolver;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use url::Url;

use crate::transport::address::check_url;
use crate::transport::body::WatchedBody;
use crate::transport::resolver::PublicResolver;

pub use authorities::{Authorities, AuthoritiesFault};
pub use error::{TransportError, TransportErrorKind};
pub use permit::Permit;

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

/// Speaks HTTP/1.1 with partners.
#[derive(Clone)]
pub struct Transport {
    client: reqwest::Client,
    limits: Arc<TransportLimits>,
}

impl Transport {
    /// Readies the client. Opens no connection yet.
    ///
    /// # Errors
    /// When there is no certificate authority to trust, neither the system's nor the operator's, or the TLS library
    /// can't be set up.
    pub fn build(limits: TransportLimits) -> Result<Self, TransportSetupError> {
        let client = build_client(&limits).map_err(|error| TransportSetupError(error.without_url()))?;
        Ok(Self { client, limits: Arc::new(limits) })
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
    pub async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.exchange_with(request, None).await
    }

    /// The same, with a permit that must be good when the body's first byte is about to leave.
    ///
    /// # Errors
    /// As [`Transport::exchange`].
    pub async fn exchange_with(
        &self,
        request: http::Request<Bytes>,
        permit: Option<Permit>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        // A body that is empty is never asked for.
        if permit.as_ref().is_some_and(|permit| !permit.is_good()) {
            return Err(TransportError { body_left: false, kind: TransportErrorKind::LeaseLost });
        }
        let (body, left) = WatchedBody::new(request.body().clone(), permit);
        let exchange = self.exchange_within(request, body);
        match tokio::time::timeout(self.limits.exchange_timeout, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(kind)) => Err(TransportError { body_left: left.get(), kind }),
            Err(_) => Err(TransportError { body_left: left.get(), kind: TransportErrorKind::TimedOut }),
        }
    }

    async fn exchange_within(
        &self,
        request: http::Request<Bytes>,
        body: WatchedBody,
    ) -> Result<http::Response<Bytes>, TransportErrorKind> {
        let (head, _) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|_| TransportErrorKind::Blocked)?;
        check_url(&url, self.limits.allow_loopback).map_err(|_| TransportErrorKind::Blocked)?;
        let sent =
            self.client.request(head.method, url).headers(head.headers).body(reqwest::Body::wrap(body));
        let mut answer = sent.send().await.map_err(|error| error::kind_of(&error))?;

        let mut read = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| error::kind_of(&error))? {
            if read.len() + chunk.len() > self.limits.answer_bytes_max {
                return Err(TransportErrorKind::AnswerTooLarge);
            }
            read.extend_from_slice(&chunk);
        }
        let mut response = http::Response::new(read.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Alone in its function, so that every other method that is not allowed is told here as well.
#[expect(clippy::disallowed_methods, reason = "this is the room that builds the client")]
fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}

fn build_client(limits: &TransportLimits) -> Result<reqwest::Client, reqwest::Error> {
    client_builder()
        .user_agent(concat!("lead-proxy/", env!("CARGO_PKG_VERSION")))
        // A redirect would carry the credential in the body to wherever it points.
        .redirect(reqwest::redirect::Policy::none())
        // Whether a lead is sent again is decided in `delivery/retry.rs` and nowhere else.
        .retry(reqwest::retry::never())
        // A proxy named in the environment would see past the address rules.
        .no_proxy()
        .https_only(!limits.allow_loopback)
        .http1_only()
        // A kept connection that the partner closes at the moment of reuse leaves a lead in doubt for nothing.
        .pool_max_idle_per_host(0)
        // Added to the system's. TLS is 1.2 or 1.3: the library knows nothing older.
        .tls_certs_merge(limits.authorities.certificates())
        .connect_timeout(limits.connect_timeout)
        .dns_resolver(PublicResolver::new(limits.allow_loopback))
        .build()
}

/// Why the client can't be set up.
#[derive(Debug, thiserror::Error)]
#[error(
    "the HTTP client can't be set up: check that the machine has its root certificates (package ca-certificates)"
)]
pub struct TransportSetupError(#[source] reqwest::Error);
