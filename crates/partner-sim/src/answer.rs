//! Answers a request: as the partner's document says, or as the fault says.
//!
//! Apart from `fault.rs`, which names the faults, because here each becomes bytes on a socket.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body::{Body as HttpBody, Frame};
use serde_json::json;

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
const HUGE_CHUNK: &[u8] = &[b' '; 64 * 1024];

/// An answer by the partner's document.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The methods that are allowed, for a 405.
    pub(crate) allow: Option<&'static str>,
    /// What is wrong, for a person; sent as JSON.
    pub(crate) note: Option<String>,
}

impl From<StatusCode> for Answer {
    fn from(status: StatusCode) -> Self {
        Self { status, allow: None, note: None }
    }
}

/// Builds the answer under a fault, and tells whether it is complete at once (not cut, not waited for).
pub(crate) fn act(fault: Fault, by_document: Answer, cutter: &Cutter) -> (Response, bool) {
    match fault {
        Fault::None => (answer(by_document), true),
        Fault::BadRequest => {
            (answer(refusal("a fault is set: this request is refused whatever it holds")), true)
        }
        Fault::Unauthorized => (StatusCode::UNAUTHORIZED.into_response(), true),
        Fault::RateLimited => {
            (with(StatusCode::TOO_MANY_REQUESTS, RETRY_AFTER, RETRY_AFTER_SECONDS, ""), true)
        }
        Fault::ServerError => (StatusCode::INTERNAL_SERVER_ERROR.into_response(), true),
        Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE.into_response(), true),
        Fault::Slow | Fault::Silence => (answer(by_document), false),
        Fault::Reset | Fault::AcceptsThenResets => {
            cutter.reset();
            (Response::default(), false)
        }
        Fault::HalfAnswer => {
            cutter.end_after_flush();
            (half_answer(), false)
        }
        Fault::Garbage => (with(StatusCode::OK, CONTENT_TYPE, JSON, NOISE), true),
        Fault::GarbageStatus => {
            let status = StatusCode::from_u16(299).unwrap_or_default();
            (with(status, CONTENT_TYPE, HTML, STRANGE_PAGE), true)
        }
        Fault::Huge => {
            let times = HUGE_BODY_BYTES / HUGE_CHUNK.len() as u64;
            (
                with(
                    StatusCode::OK,
                    CONTENT_TYPE,
                    JSON,
                    Body::new(Repeat { chunk: HUGE_CHUNK, times, ends: true }),
                ),
                true,
            )
        }
        Fault::Html200 => (with(StatusCode::OK, CONTENT_TYPE, HTML, LOG_IN_PAGE), true),
    }
}

/// Refuses with a note. The shape of the note is in no document; `Message` is our pick.
pub(crate) fn refusal(note: impl Into<String>) -> Answer {
    Answer { note: Some(note.into()), ..StatusCode::BAD_REQUEST.into() }
}

fn answer(by_document: Answer) -> Response {
    let Answer { status, allow, note } = by_document;
    match (note, allow) {
        (Some(note), _) => with(status, CONTENT_TYPE, JSON, json!({ "Message": note }).to_string()),
        (None, Some(methods)) => with(status, ALLOW, methods, ""),
        (None, None) => status.into_response(),
    }
}

fn with(status: StatusCode, name: HeaderName, value: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

/// Announces twice what it sends.
fn half_answer() -> Response {
    const HALF: &[u8] = b"{\"Message\":\"The lead wi";
    let body = Body::new(Repeat { chunk: HALF, times: 1, ends: false });
    let mut response = with(StatusCode::OK, CONTENT_TYPE, JSON, body);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(HALF.len() * 2));
    response
}

/// A body of one chunk over and over; then it ends, or stalls until the connection does.
struct Repeat {
    chunk: &'static [u8],
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
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(this.chunk)))))
            }
            (None, true) => Poll::Ready(None),
            (None, false) => Poll::Pending,
        }
    }
}
