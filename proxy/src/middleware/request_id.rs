//! Gives each request an id, writes error answers' bodies with it, and one log line.
//!
//! Apart because the id must stand in header, body and log alike, and only the outermost layer sees all three.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, header};
use tracing::Instrument as _;

use crate::app::App;
use crate::ids::uuid_v7;
use crate::problem::ApiProblem;

/// Where callers find the id.
pub(crate) const HEADER: http::HeaderName = http::HeaderName::from_static("x-request-id");

/// One request's id.
#[derive(Clone)]
pub(crate) struct RequestId(Arc<str>);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Stands in the outermost place of the public listener.
pub(crate) async fn layer(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId(uuid_v7(&app.clock).to_string().into());
    let method = request.method().clone();
    // The route's pattern and never the address itself, which a stranger writes and in which a receipt may stand.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request.id = %id);
    let mut response = next.run(request).instrument(span).await;

    let code = response.extensions_mut().remove::<ApiProblem>().map(|problem| {
        write_body(&mut response, &problem, &id, &method);
        problem.reason().code()
    });
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    log(&id, &method, &route, &response, code, started);
    response
}

fn write_body(response: &mut Response, problem: &ApiProblem, id: &RequestId, method: &Method) {
    let body = problem.body(&id.0);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    if method != Method::HEAD {
        *response.body_mut() = Body::from(body);
    }
}

fn log(
    id: &RequestId,
    method: &Method,
    route: &str,
    response: &Response,
    code: Option<&str>,
    started: Instant,
) {
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let method = known_method(method);
    if response.status().is_server_error() {
        tracing::error!(request.id = %id, http.method = method, http.route = route, http.status = status, problem.code = code, duration_ms, "request failed");
    } else {
        tracing::info!(request.id = %id, http.method = method, http.route = route, http.status = status, problem.code = code, duration_ms, "request answered");
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
