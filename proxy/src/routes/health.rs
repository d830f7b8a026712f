//! `GET /healthz` and `GET /readyz` on the operator listener.
//!
//! Apart because machines ask these, often, and must get an answer that costs nothing.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::store::StoreError;

/// The process runs.
pub(crate) async fn is_alive() -> &'static str {
    "ok\n"
}

/// The store takes submissions, and nobody has told the process to stop.
pub(crate) async fn is_ready(State(app): State<Arc<App>>) -> (StatusCode, Cow<'static, str>) {
    if app.intake.delivery.is_stopping() {
        return unavailable("stopping\n");
    }
    match app.store.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".into()),
        Err(error) => {
            tracing::warn!(error = %error, "store not ready");
            let StoreError::Hindered(hindrance) = error else {
                return unavailable("the store can't be written to\n");
            };
            unavailable(format!("the store can't be written to: {hindrance}\n"))
        }
    }
}

fn unavailable(why: impl Into<Cow<'static, str>>) -> (StatusCode, Cow<'static, str>) {
    (StatusCode::SERVICE_UNAVAILABLE, why.into())
}
