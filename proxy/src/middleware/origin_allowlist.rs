//! Which web origins may use which form: the answer to CORS, and the refusal of everybody else.
//!
//! Apart because CORS alone only keeps a stranger from reading the answer; here the request itself is refused.

use std::future::Future;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use lead_model::Origin;

use crate::app::App;
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;

/// How long a browser may remember a preflight's answer, in seconds.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static("content-type, idempotency-key");
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// What a page may read beside the few headers that every page may.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");
const VARY: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

/// Who is asking.
enum Asker {
    /// A page of this origin, which is on the list.
    Listed(HeaderValue),
    /// No browser's page of another origin: a server, or our own page.
    Direct,
    /// Anybody else.
    Stranger,
}

/// Stands around the routes of `/v1` that a form uses.
pub(crate) async fn layer(
    State(app): State<Arc<App>>,
    params: PathParams,
    request: Request,
    next: Next,
) -> Response {
    around(&app, params.get("form"), request, |request| next.run(request)).await
}

/// The same around what is no route of axum's.
pub(crate) async fn around<B, F>(
    app: &App,
    form: Option<&str>,
    request: http::Request<B>,
    inside: impl FnOnce(http::Request<B>) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let asker = find_asker(app, form, request.method(), request.headers());
    let preflight = *request.method() == Method::OPTIONS;
    let mut response = match asker {
        Asker::Stranger => ApiProblem::from(ApiReason::OriginNotAllowed).into_response(),
        _ if preflight => StatusCode::NO_CONTENT.into_response(),
        _ => inside(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, VARY);
    if let Asker::Listed(origin) = asker {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        if preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        }
    }
    response
}

/// Stands around the routes of an account's records: our own pages and servers may ask, no page of another origin. There is
/// no CORS, so a browser refuses a stranger's page before it has sent its token.
pub(crate) async fn own_layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    let may = match (origins.next(), origins.next()) {
        (Some(value), None) => value.to_str().ok().and_then(Origin::parse).as_ref() == Some(&app.own_origin),
        (Some(_), Some(_)) => false,
        (None, _) => is_direct(request.method(), request.headers()),
    };
    if may { next.run(request).await } else { ApiProblem::from(ApiReason::OriginNotAllowed).into_response() }
}

fn find_asker(app: &App, form: Option<&str>, method: &Method, headers: &HeaderMap) -> Asker {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(value), None) => {
            let origin = value.to_str().ok().and_then(Origin::parse);
            match origin.filter(|origin| is_listed(app, form, origin)) {
                Some(_) => Asker::Listed(value.clone()),
                None => Asker::Stranger,
            }
        }
        (Some(_), Some(_)) => Asker::Stranger,
        (None, _) if is_direct(method, headers) => Asker::Direct,
        (None, _) => Asker::Stranger,
    }
}

/// The form's own list; for addresses without a known form, any form's.
fn is_listed(app: &App, form: Option<&str>, origin: &Origin) -> bool {
    match form.and_then(|form| app.forms.get(form)) {
        Some(form) => form.allows(origin, &app.own_origin),
        None => *origin == app.own_origin || app.forms.any_allows(origin),
    }
}

/// A request without `Origin`. Browsers send one with every request to another origin and with every `POST`, and say
/// `Sec-Fetch-Site`; so without both it is a server, and a `GET` with `same-origin` or `none` is our own page or the
/// address bar.
fn is_direct(method: &Method, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None => true,
        Some(b"same-origin" | b"none") => matches!(*method, Method::GET | Method::HEAD),
        Some(_) => false,
    }
}
