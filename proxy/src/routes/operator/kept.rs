//! `GET` and `DELETE /v1/submissions/{receipt}`: what is kept of a visitor's submission, for the visitor who asks for it, and its
//! end. And `GET /v1/keys`: what each of the operator's keys still opens.
//!
//! Apart because here alone an operator is answered with what a visitor wrote; the audit has its row before the answer leaves.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http::{HeaderMap, Uri};
use serde::Serialize;

use super::given::Given;
use super::{command, note, receipt, unavailable, uncached, why};
use crate::app::App;
use crate::ids::Receipt;
use crate::keys::{LeadAddress, LeadContent};
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;
use crate::store::operator::{AuditAction, AuditDeed, OperatorName};
use crate::store::{Erased, StoredSubmission};

#[derive(Serialize)]
struct SubmissionView {
    receipt: String,
    form: String,
    form_version: u32,
    locale: String,
    account: String,
    received_at: String,
    erased_at: Option<String>,
    /// None where it is erased or does not open.
    content: Option<LeadContent>,
    /// Why it does not open.
    fault: Option<String>,
}

/// Everything that is kept of a submission.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Extension(operator): Extension<OperatorName>,
    path: PathParams,
    uri: Uri,
) -> Result<impl IntoResponse, ApiProblem> {
    let receipt = receipt(&path)?;
    let mut given = Given::of_query(uri.query().unwrap_or_default());
    let why = why(&mut given);
    given.finish()?;
    let why = why.ok_or(ApiReason::QueryInvalid)?;
    let stored = app.store.submission(&receipt).await.map_err(|error| unavailable(&error))?;
    let stored = stored.ok_or(ApiReason::ReceiptNotFound)?;
    let note = note(operator.clone(), why);
    let deed = AuditDeed {
        action: AuditAction::Export,
        account: stored.account.clone(),
        receipt: Some(receipt.clone()),
        reference: None,
    };
    let noted = app.store.note(deed, note).await;
    noted.map_err(|error| unavailable(&error))?;
    tracing::info!(%receipt, operator = operator.as_str(), "an operator has read what is kept of a submission");
    Ok(uncached(Json(view(&app, &receipt, stored))))
}

fn view(app: &App, receipt: &Receipt, stored: StoredSubmission) -> SubmissionView {
    let StoredSubmission { form, form_version, locale, account, received_at, erased_at, lead } = stored;
    let address = LeadAddress { receipt: receipt.as_str(), form: &form, account: &account };
    let (content, fault) = match (erased_at, app.intake.keys.ring.open_lead(&address, &lead)) {
        (Some(_), _) => (None, None),
        (None, Ok(content)) => (Some(content), None),
        (None, Err(fault)) => (None, Some(fault.to_string())),
    };
    SubmissionView {
        receipt: receipt.to_string(),
        form,
        form_version,
        locale,
        account,
        received_at: received_at.to_string(),
        erased_at: erased_at.map(|at| at.to_string()),
        content,
        fault,
    }
}

#[derive(Serialize)]
struct ErasedView {
    receipt: String,
    /// Whether it was erased before.
    already: bool,
}

/// Erases what is kept of a submission.
pub(crate) async fn erase(
    State(app): State<Arc<App>>,
    Extension(operator): Extension<OperatorName>,
    path: PathParams,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiProblem> {
    let receipt = receipt(&path)?;
    let mut given = command(&app, &headers, body).await?;
    let why = why(&mut given);
    given.finish()?;
    let why = why.ok_or(ApiReason::CommandInvalid)?;
    let erased = app.store.erase(&receipt, note(operator.clone(), why)).await;
    let already = match erased.map_err(|error| unavailable(&error))? {
        Erased::Done => false,
        Erased::Already => true,
        Erased::Sending => {
            let detail = app.store.delivery_detail(&receipt, &app.known_accounts()).await;
            let detail = detail.map_err(|error| unavailable(&error))?.ok_or(ApiReason::ReceiptNotFound)?;
            let (state, version) = (detail.summary.state.as_str(), detail.summary.version);
            return Err(ApiProblem::from(ApiReason::DeliveryConflict).standing(state, version));
        }
        Erased::Unknown => return Err(ApiReason::ReceiptNotFound.into()),
    };
    if !already {
        tracing::info!(%receipt, operator = operator.as_str(), "an operator has erased what was kept of a submission");
        // One that was kept beside it may follow now.
        app.intake.delivery.wake();
    }
    Ok(uncached(Json(ErasedView { receipt: receipt.to_string(), already })))
}

#[derive(Serialize)]
struct KeysView {
    active: String,
    keys: Vec<KeyView>,
}

#[derive(Serialize)]
struct KeyView {
    key: String,
    /// Whether the configuration has it.
    in_ring: bool,
    /// Leads whose content only this key opens.
    leads: u64,
}

/// What each key still opens.
pub(crate) async fn keys(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiProblem> {
    let ring = &app.intake.keys.ring;
    let counts = app.store.key_counts().await.map_err(|error| unavailable(&error))?;
    let mut keys: Vec<KeyView> =
        ring.ids().map(|id| KeyView { key: id.to_owned(), in_ring: true, leads: 0 }).collect();
    for count in counts {
        match keys.iter_mut().find(|known| known.key == count.key_id) {
            Some(known) => known.leads = count.leads,
            None => keys.push(KeyView { key: count.key_id, in_ring: false, leads: count.leads }),
        }
    }
    Ok(uncached(Json(KeysView { active: ring.active().to_string(), keys })))
}
