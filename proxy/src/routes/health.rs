//! `GET /healthz` and `GET /readyz` on the operator listener.
//!
//! Apart because machines ask these, often, and must get an answer that costs nothing.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::app::App;

/// The process runs.
pub(crate) async fn is_alive() -> &'static str {
    "ok\n"
}

/// The store takes submissions, and nobody has told the process to stop.
pub(crate) async fn is_ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.intake.delivery.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match app.store.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(error = %error, "store not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store can't be written to\n")
        }
    }
}
