//! One request, read to its end: what a partner's document judges.
//!
//! Apart from `desk.rs` because the partners' files ask it the same few questions again and again.

use std::collections::BTreeMap;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request as HttpRequest;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::object::Object;
use crate::redact::Redactor;

/// The longest body that is read. No document names a limit; this one only keeps a mistake from filling the memory.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// What every client sends, whatever the partner: of no interest in a ledger.
const TRANSPORT_HEADERS: [&str; 8] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "user-agent",
    "te",
    "expect",
];

/// A request, read to its end.
pub(crate) struct Arrival {
    pub(crate) method: Method,
    /// As sent: still percent-encoded.
    pub(crate) path: String,
    /// What follows the `?`, as sent.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
    /// Why the body could not be read, with the status that says so.
    pub(crate) unread: Option<(StatusCode, &'static str)>,
}

impl Arrival {
    pub(crate) async fn read(request: HttpRequest) -> Self {
        let (head, body) = request.into_parts();
        let announced = http_body::Body::size_hint(&body).lower();
        let (body, unread) = match to_bytes(body, BODY_BYTES_MAX).await {
            Ok(body) => (body, None),
            Err(_) if announced > BODY_BYTES_MAX as u64 => {
                (Bytes::new(), Some((StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 1 MiB")))
            }
            Err(_) => {
                (Bytes::new(), Some((StatusCode::BAD_REQUEST, "the body broke off, or is longer than 1 MiB")))
            }
        };
        Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            content_type: head.headers.get(CONTENT_TYPE).map(text),
            headers: head.headers,
            body,
            unread,
        }
    }

    /// Gives a header's text; of several by this name the first.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(text)
    }

    /// Gives what stands behind `Bearer` in the `Authorization` header.
    pub(crate) fn bearer(&self) -> Option<String> {
        let value = self.headers.get(AUTHORIZATION).map(text)?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    }

    /// Gives the values of all headers that hold a signature, by their names.
    pub(crate) fn signatures(&self) -> impl Iterator<Item = String> {
        self.headers
            .iter()
            .filter(|(name, _)| name.as_str().contains("signature"))
            .map(|(_, value)| text(value))
    }

    /// Gives the authority by which the client called.
    pub(crate) fn host(&self) -> String {
        self.headers.get(HOST).map(text).unwrap_or_default()
    }

    /// Tells whether the body calls itself this media type, whatever its parameters.
    pub(crate) fn is_media_type(&self, wanted: &str) -> bool {
        let media_type = self.content_type.as_deref().and_then(|value| value.split(';').next());
        media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
    }

    pub(crate) fn is_json(&self) -> bool {
        self.is_media_type("application/json")
    }

    /// Tells whether the client takes JSON; one that says nothing takes anything.
    pub(crate) fn accepts_json(&self) -> bool {
        let mut wishes = self.headers.get_all(ACCEPT).iter().map(text).peekable();
        if wishes.peek().is_none() {
            return true;
        }
        wishes.any(|wish| {
            wish.split(',').any(|range| {
                let mut parts = range.split(';').map(str::trim);
                let media_type = parts.next().unwrap_or_default();
                let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
                let fits = ["application/json", "application/*", "*/*"];
                !refused && fits.iter().any(|fit| media_type.eq_ignore_ascii_case(fit))
            })
        })
    }

    /// Reads the body as one JSON object, or says what it is instead; the words repeat nothing of it.
    pub(crate) fn object(&self) -> Result<Object<'_>, String> {
        let body = std::str::from_utf8(&self.body).map_err(|_| "the body is not UTF-8".to_owned())?;
        Object::parse(body)
    }

    /// Gives the headers that a ledger keeps, by name in small letters, with credentials and signatures masked.
    pub(crate) fn ledger_headers(&self, redactor: &Redactor, secrets: &[String]) -> BTreeMap<String, String> {
        let mut kept = BTreeMap::<String, String>::new();
        for (name, value) in &self.headers {
            if TRANSPORT_HEADERS.contains(&name.as_str()) {
                continue;
            }
            let value = redactor.header(name.as_str(), &text(value), secrets);
            kept.entry(redactor.text(name.as_str(), secrets))
                .and_modify(|values| *values = format!("{values}, {value}"))
                .or_insert(value);
        }
        kept
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
