//! How the partner answers: the document's envelope around data, and our pick of an error, for which it has none.

use axum::http::StatusCode;
use axum::http::header::{ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::oauth::tokens::random_text;

use super::fields::Problem;

/// Wraps data as the document does. Its `status` is 0 whatever happens, as in its samples: it means nothing.
pub(super) fn enveloped(status: StatusCode, data: &Value) -> Answer {
    Answer::json(status, &json!({ "data": data, "context": context(), "status": 0 }))
}

/// Refuses with a message, and problems where they lie in fields.
pub(super) fn refused(status: StatusCode, message: &str, problems: &[Problem]) -> Answer {
    let errors: Vec<Value> = problems
        .iter()
        .map(|problem| json!({ "field": problem.field, "message": problem.message }))
        .collect();
    Answer::json(status, &json!({ "message": message, "errors": errors, "context": context() }))
}

pub(super) fn method_not_allowed(allow: &'static str) -> Answer {
    refused(StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed here", &[]).with(ALLOW, allow)
}

/// Refuses a request for a token as RFC 6749 does.
pub(super) fn token_refused(error: &str, description: &str) -> Answer {
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let answer = Answer::json(status, &json!({ "error": error, "error_description": description }));
    let answer = answer.with(CACHE_CONTROL, "no-store");
    if status == StatusCode::UNAUTHORIZED { answer.with(WWW_AUTHENTICATE, "Basic") } else { answer }
}

fn context() -> Value {
    let id: String = random_text().chars().take(16).collect();
    json!({ "requestId": format!("req-{id}") })
}
