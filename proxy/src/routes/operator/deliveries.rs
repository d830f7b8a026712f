//! `GET /v1/deliveries` and `GET /v1/deliveries/{receipt}`: what has not reached its partner, and all that is known of one.
//!
//! Apart from what changes them. The filter is read here, and means the same in a replay in bulk.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::Uri;
use lead_model::{Problem, ProblemCode};

use super::given::Given;
use super::views::{DetailView, ListView};
use super::{receipt, unavailable, uncached};
use crate::app::App;
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;
use crate::store::DeliveryState;
use crate::store::operator::{DeliveryFilter, DeliveryQuery, PAGE_MAX};

/// Deliveries on a page where nobody says how many.
const LIMIT_DEFAULT: i64 = 100;
/// Longest age that can be asked for, in seconds: a century.
const AGE_MAX: i64 = 3_155_760_000;

/// A page of the deliveries that a filter names.
pub(crate) async fn list(State(app): State<Arc<App>>, uri: Uri) -> Result<impl IntoResponse, ApiProblem> {
    let mut given = Given::of_query(uri.query().unwrap_or_default());
    let states = states(&mut given, &DeliveryState::ALL).unwrap_or(DeliveryState::OPEN.to_vec());
    let filter = filter(&mut given, states);
    let limit = given.number("limit", 1, PAGE_MAX.into()).unwrap_or(LIMIT_DEFAULT);
    let after = given.number("after", 0, i64::MAX);
    given.finish()?;
    let limit = u32::try_from(limit).unwrap_or(PAGE_MAX);
    let query = DeliveryQuery { filter, accounts: app.known_accounts(), after, limit };
    let deliveries = app.store.deliveries(query).await.map_err(|error| unavailable(&error))?;
    Ok(uncached(Json(ListView::of(deliveries, limit))))
}

/// All that is known of one.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    path: PathParams,
) -> Result<impl IntoResponse, ApiProblem> {
    let detail = app.store.delivery_detail(&receipt(&path)?, &app.known_accounts()).await;
    match detail.map_err(|error| unavailable(&error))? {
        Some(detail) => Ok(uncached(Json(DetailView::from(detail)))),
        None => Err(ApiReason::ReceiptNotFound.into()),
    }
}

/// What the deliveries of a command have in common.
pub(super) fn filter(given: &mut Given, states: Vec<DeliveryState>) -> DeliveryFilter {
    DeliveryFilter {
        states,
        account: given.name("account"),
        form: given.name("form"),
        min_age: given
            .number("older_than_s", 0, AGE_MAX)
            .map(|seconds| Duration::from_secs(seconds.unsigned_abs())),
        reason: given.name("reason"),
    }
}

/// The states that are named, with commas between them; each must be one of these.
pub(in crate::routes) fn states(given: &mut Given, allowed: &[DeliveryState]) -> Option<Vec<DeliveryState>> {
    given.text("state", |text| {
        let state = |name: &str| DeliveryState::parse(name).filter(|state| allowed.contains(state));
        let states: Option<Vec<_>> = text.split(',').map(|name| state(name.trim())).collect();
        states.ok_or_else(|| {
            let names: Vec<&str> = allowed.iter().map(|state| state.as_str()).collect();
            Problem::with("state", ProblemCode::NotAnOption, "options", &names.join(", "))
        })
    })
}
