//! Gives each request an id, writes error answers' bodies with it, and one log line.
//!
//! Apart because the id must stand in header, body and log alike, and only the outermost place sees all three.

use std::fmt;
use std::time::Instant;

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::response::Response;
use http::{HeaderValue, Method, header};
use uuid::fmt::Hyphenated;

use crate::clock::Clock;
use crate::ids::uuid_v7;
use crate::problem::ApiProblem;

/// Where callers find the id.
pub(crate) const HEADER: http::HeaderName = http::HeaderName::from_static("x-request-id");

/// One request's id.
struct RequestId([u8; Hyphenated::LENGTH]);

impl RequestId {
    fn new(clock: &Clock) -> Self {
        let mut text = [0; Hyphenated::LENGTH];
        uuid_v7(clock).hyphenated().encode_lower(&mut text);
        Self(text)
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a request from its first moment to its last.
pub(crate) struct Ticket {
    id: RequestId,
    method: Method,
    route: Option<Route>,
    started: Instant,
}

/// A route's pattern: never the address itself, which a stranger writes and in which a receipt may stand.
pub(crate) enum Route {
    /// As axum found it.
    Matched(MatchedPath),
    /// Known beforehand.
    Known(&'static str),
}

impl Route {
    fn as_str(&self) -> &str {
        match self {
            Self::Matched(path) => path.as_str(),
            Self::Known(path) => path,
        }
    }
}

impl Ticket {
    /// Gives a request its id.
    pub(crate) fn give(clock: &Clock, route: Option<Route>, method: &Method) -> Self {
        Self { id: RequestId::new(clock), method: method.clone(), route, started: Instant::now() }
    }

    /// Gives every line that is logged meanwhile the id.
    pub(crate) fn span(&self) -> tracing::Span {
        tracing::info_span!("request", request.id = %self.id)
    }

    /// Puts the id into the answer and writes the log line.
    pub(crate) fn stamp(self, response: &mut Response) {
        let code = response.extensions_mut().remove::<ApiProblem>().map(|problem| {
            write_body(response, &problem, &self.id, &self.method);
            problem.reason().code()
        });
        if let Ok(value) = HeaderValue::from_str(self.id.as_str()) {
            response.headers_mut().insert(HEADER, value);
        }
        self.log(response, code);
    }

    /// What went well is a line for whoever looks closely: under load it would cost as much as the work itself.
    fn log(&self, response: &Response, code: Option<&str>) {
        let (id, method) = (&self.id, known_method(&self.method));
        let route = self.route.as_ref().map_or("none", Route::as_str);
        let status = response.status().as_u16();
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if response.status().is_server_error() {
            tracing::error!(request.id = %id, http.method = method, http.route = route, http.status = status, problem.code = code, duration_ms, "request failed");
        } else if response.status().is_client_error() {
            tracing::info!(request.id = %id, http.method = method, http.route = route, http.status = status, problem.code = code, duration_ms, "request refused");
        } else {
            tracing::debug!(request.id = %id, http.method = method, http.route = route, http.status = status, duration_ms, "request answered");
        }
    }
}

fn write_body(response: &mut Response, problem: &ApiProblem, id: &RequestId, method: &Method) {
    let body = problem.body(id.as_str());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    if method != Method::HEAD {
        *response.body_mut() = Body::from(body);
    }
}

/// A method's name, where it is one of HTTP's own: others are a stranger's text.
fn known_method(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::OPTIONS
        | Method::PUT
        | Method::DELETE
        | Method::PATCH => method.as_str(),
        _ => "other",
    }
}
