//! What stands around every route of both listeners, the innermost last: id and log line, careful headers, one host, a
//! deadline.
//!
//! Apart and one layer, though these are four things: for each request a layer of axum's copies all that it surrounds, and
//! four of them cost a submission as much as its encryption.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::app::App;
use crate::middleware::request_id::Ticket;
use crate::middleware::{host, limits, security_headers};
use crate::problem::{ApiProblem, ApiReason};

/// The one layer.
pub(crate) async fn layer(
    State((app, request_max)): State<(Arc<App>, Duration)>,
    mut request: Request,
    next: Next,
) -> Response {
    let ticket = Ticket::give(&app.clock, &mut request);
    let mut response = answer(request_max, request, next).instrument(ticket.span()).await;
    security_headers::add(&app, &mut response);
    ticket.stamp(&mut response);
    response
}

async fn answer(request_max: Duration, request: Request, next: Next) -> Response {
    if host::is_right(&request) {
        limits::within_deadline(request_max, next.run(request)).await
    } else {
        ApiProblem::from(ApiReason::HostInvalid).into_response()
    }
}
