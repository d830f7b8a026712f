//! What operators ask on their listener: to see and to settle what has not reached its partner.
//!
//! Apart from the public routes: no visitor and no browser gets here (`middleware/operator.rs`), and nothing that is answered
//! holds anything of a visitor, but for one answer (`kept`).

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod deliveries;
pub(in crate::routes) mod given;
pub(crate) mod kept;
pub(crate) mod replay;
pub(crate) mod resolve;
pub(in crate::routes) mod views;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use lead_model::{Problem, ProblemCode};

use crate::app::App;
use crate::ids::Receipt;
use crate::middleware::limits::{check_media_type, read_body};
use crate::problem::{ApiProblem, ApiReason};
use crate::routes::wanted::PathParams;
use crate::store::StoreError;
use crate::store::operator::{AuditNote, AuditWhy, OperatorName};
use given::Given;

/// Deepest nesting of a command, which is one flat object.
const DEPTH_MAX: usize = 2;

/// The members of a command's body.
pub(in crate::routes) async fn command(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<Given, ApiProblem> {
    check_media_type(headers, "application/json")?;
    let bytes: Bytes = read_body(body, app.body_limits()).await?;
    Ok(Given::of_body(&bytes, DEPTH_MAX)?)
}

/// Why it is done: no command without a reason.
fn why(given: &mut Given) -> Option<AuditWhy> {
    given.required("why");
    given.text("why", |text| AuditWhy::parse(text).ok_or_else(|| words("why", text, AuditWhy::LENGTH_MAX)))
}

/// What is wrong with words that can't stand in the audit.
fn words(name: &str, text: &str, length_max: usize) -> Problem {
    let text = text.trim();
    if text.is_empty() {
        return Problem::new(name, ProblemCode::Required);
    }
    if text.chars().count() > length_max {
        return Problem::with(name, ProblemCode::TooLong, "max", &length_max.to_string());
    }
    Problem::new(name, ProblemCode::PatternMismatch)
}

/// Who and why.
fn note(operator: OperatorName, why: AuditWhy) -> AuditNote {
    AuditNote { operator, why }
}

/// The receipt of the path.
pub(in crate::routes) fn receipt(path: &PathParams) -> Result<Receipt, ApiProblem> {
    Ok(path.get("receipt").and_then(Receipt::parse).ok_or(ApiReason::ReceiptNotFound)?)
}

/// An answer for a store that fails.
pub(in crate::routes) fn unavailable(error: &StoreError) -> ApiProblem {
    tracing::error!(error = error as &dyn std::error::Error, "the store failed a question or a command");
    ApiReason::StoreUnavailable.into()
}

/// Answers hold what should be seen now: no proxy in between keeps them.
pub(in crate::routes) fn uncached<T>(answer: T) -> ([(http::HeaderName, &'static str); 1], T) {
    ([(header::CACHE_CONTROL, "no-store")], answer)
}
