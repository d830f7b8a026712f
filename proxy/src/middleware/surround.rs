//! What stands around every route of both listeners, the innermost last: id and log line, careful headers, one host, a
//! deadline.
//!
//! Apart and one layer, though these are four things: for each request a layer of axum's copies all that it surrounds, and
//! four of them cost a submission as much as its encryption.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::app::App;
use crate::middleware::request_id::{Route, Ticket};
use crate::middleware::{host, limits, security_headers};
use crate::problem::{ApiProblem, ApiReason};

/// The one layer.
pub(crate) async fn layer(
    State((app, request_max)): State<(Arc<App>, Duration)>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    around(&app, request_max, route.map(Route::Matched), request, |request| next.run(request)).await
}

/// The same around what is no route of axum's.
pub(crate) async fn around<B, F>(
    app: &App,
    request_max: Duration,
    route: Option<Route>,
    request: http::Request<B>,
    inside: impl FnOnce(http::Request<B>) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let ticket = Ticket::give(&app.clock, route, request.method());
    let span = ticket.span();
    let mut response = if host::is_right(&request) {
        // Pinned where they lie: what stands around them takes a pointer, and no copy of all that is inside.
        let inside = pin!(inside(request));
        let answer = pin!(limits::within_deadline(request_max, inside));
        answer.instrument(span).await
    } else {
        ApiProblem::from(ApiReason::HostInvalid).into_response()
    };
    security_headers::add(app, &mut response);
    ticket.stamp(&mut response);
    response
}
