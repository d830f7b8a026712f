//! Headers that keep browsers careful, on every route and every status.
//!
//! Apart so that no route can forget one; a page or an asset that needs another value sets it itself, before.

use axum::response::Response;
use http::header::Entry;
use http::{HeaderName, HeaderValue, header};

use crate::app::App;

/// What an answer has unless its route says otherwise.
static DEFAULTS: [(HeaderName, HeaderValue); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
        ),
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
];
/// Room for these and for the few that every answer has beside them.
const ROOM: usize = 16;
/// Two years, as browsers' preload lists ask; only said where the public origin is https.
const HSTS: &str = "max-age=63072000";
/// Set by a route in place of a header that it must not have, since a missing one would get its default.
const LEAVE_OUT: &str = "-";

/// Marks a default header as unwanted for this answer.
pub(crate) fn leave_out(response: &mut Response, name: HeaderName) {
    response.headers_mut().insert(name, HeaderValue::from_static(LEAVE_OUT));
}

/// Puts them into an answer.
pub(crate) fn add(app: &App, response: &mut Response) {
    let headers = response.headers_mut();
    headers.reserve(ROOM);
    for (name, value) in &DEFAULTS {
        match headers.entry(name) {
            Entry::Vacant(place) => _ = place.insert(value.clone()),
            Entry::Occupied(set) if set.get() == LEAVE_OUT => _ = set.remove(),
            Entry::Occupied(_) => {}
        }
    }
    if app.own_origin.as_str().starts_with("https://") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
