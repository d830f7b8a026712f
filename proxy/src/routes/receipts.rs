//! `GET /v1/receipts/{receipt}`: how far a submission has come.
//!
//! Apart because it is asked with nothing but the receipt, which is all that it tells of the submission.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use lead_model::ReceiptAnswer;

use super::wanted::PathParams;
use crate::app::App;
use crate::ids::Receipt;
use crate::problem::{ApiProblem, ApiReason};

/// The receipt's state.
pub(crate) async fn get_receipt(
    State(app): State<Arc<App>>,
    path: PathParams,
) -> Result<Json<ReceiptAnswer>, ApiProblem> {
    let receipt = path.get("receipt").and_then(Receipt::parse).ok_or(ApiReason::ReceiptNotFound)?;
    match app.store.receipt(&receipt).await {
        Ok(Some(answer)) => Ok(Json(answer)),
        Ok(None) => Err(ApiReason::ReceiptNotFound.into()),
        Err(error) => {
            tracing::error!(error = %error, "receipt not read");
            Err(ApiReason::StoreUnavailable.into())
        }
    }
}
