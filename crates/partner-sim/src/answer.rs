//! Answers a request: as the partner's document says, or as the fault says.
//!
//! Apart from `fault.rs`, which names the faults, because here each becomes bytes on a socket.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use http_body::{Body as HttpBody, Frame};
use serde_json::{Value, json};

use crate::arrival::Arrival;
use crate::documented::Documented;
use crate::fault::{Fault, HUGE_BODY_BYTES, RETRY_AFTER_SECONDS};
use crate::stream::Cutter;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
/// Neither JSON nor UTF-8 nor whole.
const NOISE: &[u8] = b"\xff\xfe{\"Id\":\x00<!doctype html><p>{{ lead.Id }}\xc3\x28,,]";
const LOG_IN_PAGE: &str = "<!doctype html><html><head><title>Log in</title></head><body><h1>Please log in</h1>\
    <form method=\"post\"><input name=\"user\"><input name=\"password\" type=\"password\"><button>Log in</button>\
    </form></body></html>";
const STRANGE_PAGE: &str = "<!doctype html><html><body><p>Something happened.</p></body></html>";
/// What a cut answer begins with where the document's own has no body.
const BROKEN_OFF: &str = "{\"Message\":\"The lead wi";
const HUGE_CHUNK: &[u8] = &[b' '; 64 * 1024];

/// An answer by the partner's document.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl From<StatusCode> for Answer {
    /// Without a body.
    fn from(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }
}

impl Answer {
    /// With a JSON body.
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::text(status, JSON, body.to_string())
    }

    /// With an HTML body.
    pub(crate) fn html(status: StatusCode, body: &'static str) -> Self {
        Self::text(status, HTML, body)
    }

    /// With any body.
    pub(crate) fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..status.into() }.with(CONTENT_TYPE, content_type)
    }

    /// Says which methods are allowed instead.
    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
        Self::from(StatusCode::METHOD_NOT_ALLOWED).with(ALLOW, allow)
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// Builds the answer under a fault, and tells whether it is complete at once (not cut, not waited for).
pub(crate) fn act(
    fault: Fault,
    documented: Option<&Documented>,
    by_document: Answer,
    arrival: &Arrival,
    cutter: &Cutter,
) -> (Response, bool) {
    match fault {
        Fault::Slow | Fault::Silence => return (by_document.into_response(), false),
        Fault::Reset | Fault::AcceptsThenResets => {
            cutter.reset();
            return (Response::default(), false);
        }
        Fault::HalfAnswer => {
            cutter.end_after_flush();
            return (half_answer(by_document), false);
        }
        Fault::Huge => return (huge_answer(), true),
        _ => {}
    }
    let answer = match fault {
        Fault::BadRequest => refusal("a fault is set: this request is refused whatever it holds"),
        Fault::Unauthorized => StatusCode::UNAUTHORIZED.into(),
        Fault::RateLimited => {
            Answer::from(StatusCode::TOO_MANY_REQUESTS).with(RETRY_AFTER, RETRY_AFTER_SECONDS)
        }
        Fault::ServerError => StatusCode::INTERNAL_SERVER_ERROR.into(),
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into(),
        Fault::Garbage => Answer::text(StatusCode::OK, JSON, NOISE),
        Fault::GarbageStatus => Answer::html(StatusCode::from_u16(299).unwrap_or_default(), STRANGE_PAGE),
        Fault::Html200 => Answer::html(StatusCode::OK, LOG_IN_PAGE),
        Fault::Documented => documented.map_or(by_document, |documented| documented.answer(arrival)),
        _ => by_document,
    };
    (answer.into_response(), true)
}

/// Refuses with a note. The shape of the note is in no document; `Message` is our pick.
pub(crate) fn refusal(note: impl Into<String>) -> Answer {
    noted(StatusCode::BAD_REQUEST, note)
}

/// Answers any status with a note of the same shape.
pub(crate) fn noted(status: StatusCode, note: impl Into<String>) -> Answer {
    Answer::json(status, &json!({ "Message": note.into() }))
}

/// Announces the whole of the document's answer, and sends half of it.
fn half_answer(by_document: Answer) -> Response {
    let (chunk, announced) = match by_document.body.len() {
        0 | 1 => (Bytes::from(BROKEN_OFF), BROKEN_OFF.len() * 2),
        length => (by_document.body.slice(..length / 2), length),
    };
    let mut response = Response::new(Body::new(Repeat { chunk, times: 1, ends: false }));
    *response.status_mut() = by_document.status;
    response.headers_mut().extend(by_document.headers);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(announced));
    response
}

fn huge_answer() -> Response {
    let chunk = Bytes::from_static(HUGE_CHUNK);
    let times = HUGE_BODY_BYTES / HUGE_CHUNK.len() as u64;
    let mut response = Response::new(Body::new(Repeat { chunk, times, ends: true }));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

/// A body of one chunk over and over; then it ends, or stalls until the connection does.
struct Repeat {
    chunk: Bytes,
    times: u64,
    ends: bool,
}

impl HttpBody for Repeat {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        match (this.times.checked_sub(1), this.ends) {
            (Some(left), _) => {
                this.times = left;
                Poll::Ready(Some(Ok(Frame::data(this.chunk.clone()))))
            }
            (None, true) => Poll::Ready(None),
            (None, false) => Poll::Pending,
        }
    }
}
