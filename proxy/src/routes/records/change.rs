//! `POST …/records` and `PATCH …/records/{id}`: a person makes a record, or changes one.
//!
//! Apart from reading. What is made is a lead and goes the road of every lead: the store first. A change brings no lead, and
//! made twice it is as good as once, so it goes straight to the partner, who answers the record.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use lead_model::{Problem, ProblemCode, SubmissionAnswer, SubmissionState};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::connectors::{Call, Change, OperationKind};
use crate::ids::Receipt;
use crate::intake::Verdict;
use crate::intake::record::{RecordOffer, is_tellable};
use crate::middleware::limits::{check_media_type, read_body};
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::submissions::read_key;
use crate::routes::wanted::PathParams;
use crate::signed::Scope;

use super::body::{Wanted, read_changes, read_values};
use super::expected::check_expected;
use super::token::Caller;
use super::{RecordView, audit, check_id, read_record, write_receipt};

/// What is answered of a record that is safe.
#[derive(Serialize)]
struct MadeView {
    /// The proxy's receipt.
    receipt: String,
    state: SubmissionState,
    /// The partner's id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The receipt as the partner has it, by which the record is found again; none where the partner keeps none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

/// Takes a new record; 200 when the partner has it, 202 when it is safe with us.
pub(crate) async fn create_record(caller: Caller, request: Request) -> Result<Response, ApiProblem> {
    caller.check_scope(Scope::Write)?;
    caller.check_all_records()?;
    caller.check_operation(OperationKind::Create)?;
    let app = &caller.app;
    let (head, stream) = request.into_parts();
    check_media_type(&head.headers, "application/json")?;
    let key = read_key(&head.headers)?;
    let bytes = read_body(stream, app.body_limits()).await?;
    let values = read_values(&bytes, app.public.json_depth_max)?;
    let named: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
    let verdict = app.intake.take_record(RecordOffer { account: caller.account()?, key, values }).await;
    let made = match verdict {
        Verdict::Safe(answer) => Ok(answer),
        Verdict::Invalid(problems) => Err(ApiProblem::with_problems(ApiReason::RecordInvalid, problems)),
        Verdict::Refused(problems) => Err(ApiProblem::with_problems(ApiReason::PartnerRefused, problems)),
        Verdict::KeyReused => Err(ApiReason::IdempotencyKeyReused.into()),
        Verdict::Unavailable => Err(ApiReason::StoreUnavailable.into()),
    };
    let outcome = made.as_ref().map_or_else(
        |problem| problem.reason().code(),
        |answer| match answer.state {
            SubmissionState::Delivered => "delivered",
            SubmissionState::Received => "received",
        },
    );
    let receipt = made.as_ref().ok().map(|answer| answer.receipt.as_str());
    // Names that the partner's rules have not passed come from outside.
    let fields = if receipt.is_some() { named } else { Vec::new() };
    audit(&caller, OperationKind::Create, receipt, &fields, outcome);
    let view = view_of(&caller, made?).await?;
    let status = match view.state {
        SubmissionState::Delivered => StatusCode::OK,
        SubmissionState::Received => StatusCode::ACCEPTED,
    };
    Ok((status, Json(view)).into_response())
}

async fn view_of(caller: &Caller, answer: SubmissionAnswer) -> Result<MadeView, ApiProblem> {
    let SubmissionAnswer { receipt, state } = answer;
    let parsed = Receipt::parse(&receipt);
    let id = match (&parsed, state) {
        (Some(parsed), SubmissionState::Delivered) => {
            // The record is made: that its id can't be read now is no reason to say otherwise.
            caller.app.store.reference(parsed).await.unwrap_or_else(|error| {
                tracing::warn!(error = %error, "the partner's id was not read");
                None
            })
        }
        _ => None,
    };
    let slot = caller.account()?.connector().descriptor().receipt;
    let reference = parsed.zip(slot).map(|(receipt, slot)| write_receipt(&receipt, slot.form));
    Ok(MadeView { receipt, state, id, reference })
}

/// Changes a record and answers it as the partner has it then.
pub(crate) async fn change_record(
    caller: Caller,
    path: PathParams,
    request: Request,
) -> Result<Json<RecordView>, ApiProblem> {
    caller.check_scope(Scope::Write)?;
    let id = path.get("id").unwrap_or_default().to_owned();
    caller.check_record(&id)?;
    caller.check_operation(OperationKind::Update)?;
    check_id(&id)?;
    let (head, stream) = request.into_parts();
    check_media_type(&head.headers, "application/json")?;
    let bytes = read_body(stream, caller.app.body_limits()).await?;
    let Wanted { changes, expected } = read_changes(&bytes, caller.app.public.json_depth_max)?;
    if changes.is_empty() {
        return Err(ApiProblem::with_detail(ApiReason::RecordInvalid, "There is nothing to change."));
    }
    if !expected.is_empty() {
        caller.check_operation(OperationKind::Get)?;
    }
    if !changes.iter().chain(&expected).all(|(name, _)| is_tellable(name)) {
        let problem = Problem::new("", ProblemCode::UnknownField);
        return Err(ApiProblem::with_problems(ApiReason::RecordInvalid, vec![problem]));
    }
    let change = Change(changes.into_iter().collect::<Map<String, Value>>());
    // In a task of its own: who goes away in the middle must not cut a change off, nor what is written down of it.
    let caller = Arc::new(caller);
    let changing = caller.app.left_behind.clone().spawn(async move {
        let fields: Vec<String> = change.0.keys().cloned().collect();
        if !expected.is_empty() {
            check_expected(&caller, &id, &expected, &fields).await?;
        }
        let record = read_record(&caller, &Call::Update { id: &id, change: &change }, &fields).await?;
        Ok(Json(RecordView::of(&caller, record)?))
    });
    changing.await.unwrap_or_else(|_| Err(ApiReason::Internal.into()))
}
