//! The network as a [`Wire`]: HTTP/1.1 over TCP, TLS but for loopback, each exchange on a connection of its own.
//!
//! Apart because only here is the HTTP library built and asked.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use url::Url;

use crate::crash;
use crate::transport::address::check_url;
use crate::transport::body::WatchedBody;
use crate::transport::resolver::PublicResolver;
use crate::transport::{Departure, TransportErrorKind, TransportLimits, Wire, error, halves};

/// Speaks HTTP/1.1 with partners.
pub(super) struct HttpWire {
    client: reqwest::Client,
    allow_loopback: bool,
    answer_bytes_max: usize,
}

impl HttpWire {
    pub(super) fn build(limits: &TransportLimits) -> Result<Self, reqwest::Error> {
        let client = build_client(limits)?;
        let (allow_loopback, answer_bytes_max) = (limits.allow_loopback, limits.answer_bytes_max);
        Ok(Self { client, allow_loopback, answer_bytes_max })
    }
}

#[async_trait]
impl Wire for HttpWire {
    async fn carry(
        &self,
        request: http::Request<Bytes>,
        departure: Departure,
    ) -> Result<http::Response<Bytes>, TransportErrorKind> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|_| TransportErrorKind::Blocked)?;
        check_url(&url, self.allow_loopback).map_err(|_| TransportErrorKind::Blocked)?;
        let body = reqwest::Body::wrap(WatchedBody::new(body, departure.clone()));
        let sent = self.client.request(head.method, url).headers(head.headers).body(body);
        crash::point("send.connect");
        let mut answer = halves::send(sent, &departure).await.map_err(|error| error::kind_of(&error))?;
        crash::point("send.head");

        let mut read = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| error::kind_of(&error))? {
            if read.len() + chunk.len() > self.answer_bytes_max {
                return Err(TransportErrorKind::AnswerTooLarge);
            }
            read.extend_from_slice(&chunk);
            crash::point("send.half_answer");
        }
        let mut response = http::Response::new(read.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Alone in its function, so that every other method that is not allowed is told here as well.
#[expect(clippy::disallowed_methods, reason = "this is the room that builds the client")]
pub(super) fn client_builder() -> reqwest::ClientBuilder {
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
