//! `POST /v1/forms/{form}/submissions`: one submission as JSON.
//!
//! Apart from the plain form's door (`pages`): only this one is read by other origins.

use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use http_body::Body;
use lead_model::{Problem, ProblemCode, SubmissionState};

use super::wanted::{WantedForm, query};
use crate::app::App;
use crate::crash;
use crate::forms::{FormText, ServedForm};
use crate::ids::IdempotencyKey;
use crate::intake::prefill::Prefilled;
use crate::intake::{Offer, Verdict, body};
use crate::middleware::limits::{check_media_type, read_body};
use crate::problem::{ApiProblem, ApiReason};
use crate::robots::{Filling, Signs};
use crate::signed::PrefillUse;
use crate::token::TokenFault;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Takes a submission; 200 when the partner has it, 202 when it is safe with us.
pub(crate) async fn create_submission(
    State(app): State<Arc<App>>,
    WantedForm(form): WantedForm,
    request: Request,
) -> Result<Response, ApiProblem> {
    submit(&app, &form, request).await
}

/// The same for a request that came without axum.
pub(crate) async fn submit<B>(
    app: &App,
    form: &ServedForm,
    request: http::Request<B>,
) -> Result<Response, ApiProblem>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, stream) = request.into_parts();
    check_media_type(&head.headers, "application/json")?;
    let key = read_key(&head.headers)?;
    let bytes = read_body(stream, app.body_limits()).await?;
    let body = body::read(&bytes, app.public.json_depth_max)?;
    let link = query(&head.uri, "link");
    let purpose = app.links.purpose(form, link.as_deref()).map_err(ApiReason::from)?;
    let text = form.in_language([body.locale.as_str()].into_iter()).ok_or(ApiReason::FormNotFound)?;
    let prefilled = prefilled(app, form, text, body.prefill.as_deref()).map_err(ApiProblem::invalid)?;
    let offer = Offer {
        form,
        text,
        prefilled,
        form_version: body.form_version,
        key,
        values: body.values,
        source: body.source,
        purpose,
        signs: Signs {
            is_trapped: body.trap.is_some_and(|trap| !trap.is_empty()),
            filling: filling(app, &form.definition.id, body.token.as_deref()),
            proof: body.proof,
        },
    };
    match app.intake.take(offer).await {
        Verdict::Safe(answer) => {
            let status = match answer.state {
                SubmissionState::Delivered => StatusCode::OK,
                SubmissionState::Received => StatusCode::ACCEPTED,
            };
            crash::point("accept.answer");
            Ok((status, Json(answer)).into_response())
        }
        Verdict::Invalid(problems) | Verdict::Refused(problems) => Err(ApiProblem::invalid(problems)),
        Verdict::KeyReused => Err(ApiReason::IdempotencyKeyReused.into()),
        Verdict::Unavailable => Err(ApiReason::StoreUnavailable.into()),
    }
}

/// What the token fills in that came along.
///
/// # Errors
/// Where it is not, or no longer, good: what it has filled in is not to be taken for the visitor's own word.
pub(super) fn prefilled(
    app: &App,
    form: &ServedForm,
    text: &FormText,
    token: Option<&str>,
) -> Result<Prefilled, Vec<Problem>> {
    let Some(token) = token else { return Ok(Prefilled::default()) };
    let prefilled = app.links.prefilled(form, &text.form, token, PrefillUse::Sending);
    prefilled.map_err(|_| vec![Problem::new("", ProblemCode::PrefillOver)])
}

/// What the token of the form's first paint says; a caller who has none need not have one.
fn filling(app: &App, form: &str, token: Option<&str>) -> Filling {
    match token.map(|token| app.tokens.check(token, form)) {
        Some(Ok(shown)) => shown.ago.map_or(Filling::ShownAgain, Filling::Took),
        // Open since yesterday, and so not filled in too fast.
        Some(Err(TokenFault::Expired)) => Filling::ShownAgain,
        Some(Err(TokenFault::Invalid)) | None => Filling::Unknown,
    }
}

/// The caller's word that two sends are one.
pub(super) fn read_key(headers: &HeaderMap) -> Result<IdempotencyKey, ApiProblem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Err(ApiReason::IdempotencyKeyMissing.into()),
        (Some(key), None) => {
            Ok(IdempotencyKey::parse(key.to_str().map_err(|_| ApiReason::IdempotencyKeyInvalid)?)?)
        }
        (Some(_), Some(_)) => Err(ApiProblem::with_detail(
            ApiReason::IdempotencyKeyInvalid,
            "The header stands more than once.",
        )),
    }
}
