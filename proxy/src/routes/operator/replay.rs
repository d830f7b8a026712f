//! `POST /v1/deliveries/replay`: sends many again at once, each under the receipt that it has.
//!
//! Apart from the decision about one, since nobody looks at each of ten thousand: the filter is the decision.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::HeaderMap;
use serde::Serialize;

use super::deliveries::{filter, states};
use super::{command, note, unavailable, uncached, why};
use crate::app::App;
use crate::problem::{ApiProblem, ApiReason};
use crate::store::DeliveryState;
use crate::store::operator::{DeliveryQuery, OperatorName, REPLAY_MAX};

/// What was done.
#[derive(Serialize)]
struct ReplayView {
    /// The name under which the audit has it.
    batch: String,
    /// How many are sent again.
    sent_again: u32,
}

/// Sends those of a filter again.
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    Extension(operator): Extension<OperatorName>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiProblem> {
    let mut given = command(&app, &headers, body).await?;
    given.required("state");
    let states = states(&mut given, &DeliveryState::LEFT).unwrap_or_default();
    let filter = filter(&mut given, states);
    let limit = given.number("limit", 1, REPLAY_MAX.into()).unwrap_or(REPLAY_MAX.into());
    let why = why(&mut given);
    given.finish()?;
    let why = why.ok_or(ApiReason::CommandInvalid)?;
    let limit = u32::try_from(limit).unwrap_or(REPLAY_MAX);
    let query = DeliveryQuery { filter, accounts: app.known_accounts(), after: None, limit };
    let note = note(operator, why);
    let operator = note.operator.clone();
    let replayed = app.store.replay(query, note).await;
    // Also what was written before a failure is due now.
    app.intake.delivery.wake();
    let replayed = replayed.map_err(|error| unavailable(&error))?;
    tracing::info!(
        operator = operator.as_str(),
        batch = replayed.batch,
        deliveries = replayed.sent_again,
        "an operator has sent deliveries again"
    );
    Ok(uncached(Json(ReplayView { batch: replayed.batch, sent_again: replayed.sent_again })))
}
