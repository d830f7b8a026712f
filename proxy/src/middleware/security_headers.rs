//! Headers that keep browsers careful, on every route and every status.
//!
//! Apart so that no route can forget one; a page or an asset that needs another value sets it itself, before.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use crate::app::App;

/// What an answer has unless its route says otherwise.
const DEFAULTS: [(HeaderName, &str); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];
/// Two years, as browsers' preload lists ask; only said where the public origin is https.
const HSTS: &str = "max-age=63072000";
/// Set by a route in place of a header that it must not have, since a missing one would get its default.
const LEAVE_OUT: &str = "-";

/// Marks a default header as unwanted for this answer.
pub(crate) fn leave_out(response: &mut Response, name: HeaderName) {
    response.headers_mut().insert(name, HeaderValue::from_static(LEAVE_OUT));
}

/// Stands around every route of both listeners.
pub(crate) async fn layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in DEFAULTS {
        match headers.get(&name) {
            None => _ = headers.insert(name, HeaderValue::from_static(value)),
            Some(set) if set == LEAVE_OUT => _ = headers.remove(name),
            Some(_) => {}
        }
    }
    if app.own_origin.as_str().starts_with("https://") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}
