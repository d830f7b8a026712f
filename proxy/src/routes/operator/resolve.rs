//! `POST /v1/deliveries/{receipt}/resolve`: a person decides what becomes of a lead that is held, given up or merged.
//!
//! Apart because of two who decide at once one alone may: whoever comes second hears where the delivery stands now.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::HeaderMap;
use lead_model::{Problem, ProblemCode};

use super::given::Given;
use super::views::DetailView;
use super::{command, note, receipt, unavailable, uncached, why, words};
use crate::app::App;
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;
use crate::store::operator::{AuditNote, OperatorName, PartnerReference, Resolution, Resolved};

/// The decisions by their names.
const DECISIONS: [&str; 3] = ["delivered", "send_again", "drop"];

/// Does what a person has decided.
pub(crate) async fn resolve(
    State(app): State<Arc<App>>,
    Extension(operator): Extension<OperatorName>,
    path: PathParams,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiProblem> {
    let receipt = receipt(&path)?;
    let (resolution, version, note) = read(command(&app, &headers, body).await?, operator, &DECISIONS)?;
    let action = resolution.action();
    let operator = note.operator.clone();
    let resolved = app.store.resolve(&receipt, resolution, version, note).await;
    match resolved.map_err(|error| unavailable(&error))? {
        Resolved::Done => {
            tracing::info!(%receipt, operator = operator.as_str(), action = action.as_str(), "an operator has settled a delivery");
            app.intake.delivery.wake();
        }
        Resolved::Conflict { state, version } => {
            return Err(ApiProblem::from(ApiReason::DeliveryConflict).standing(state.as_str(), version));
        }
        Resolved::Erased => return Err(ApiReason::DeliveryErased.into()),
        Resolved::Unknown => return Err(ApiReason::ReceiptNotFound.into()),
    }
    match app.store.delivery_detail(&receipt, &app.known_accounts()).await {
        Ok(Some(detail)) => Ok(uncached(Json(DetailView::from(detail)))),
        Ok(None) => Err(ApiReason::ReceiptNotFound.into()),
        Err(error) => Err(unavailable(&error)),
    }
}

/// The decision, of those that are allowed, with the version that was seen and who says why.
pub(in crate::routes) fn read(
    mut given: Given,
    operator: OperatorName,
    allowed: &[&str],
) -> Result<(Resolution, Option<i64>, AuditNote), ApiProblem> {
    let why = why(&mut given);
    let reference = given.text("reference", |text| {
        let wrong = || words("reference", text, PartnerReference::LENGTH_MAX);
        PartnerReference::parse(text).ok_or_else(wrong)
    });
    let version = given.number("version", 0, i64::MAX);
    given.required("as");
    let decision = given.text("as", |text| {
        let known = allowed.contains(&text).then(|| text.to_owned());
        known.ok_or_else(|| Problem::with("as", ProblemCode::NotAnOption, "options", &allowed.join(", ")))
    });
    let resolution = match decision.as_deref() {
        Some("send_again") => Resolution::SendAgain,
        Some("drop") => Resolution::Drop,
        _ => Resolution::Delivered { reference: reference.clone() },
    };
    if reference.is_some() && !matches!(resolution, Resolution::Delivered { .. }) {
        // Only a lead that the partner has, has a reference there.
        given.add(Problem::new("reference", ProblemCode::UnknownField));
    }
    given.finish()?;
    let why = why.ok_or(ApiReason::CommandInvalid)?;
    Ok((resolution, version, note(operator, why)))
}
