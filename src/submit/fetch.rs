//! The two requests that a form makes.

use std::time::Duration;

use gloo_net::http::{Request, Response};
use js_sys::JSON;
use lead_model::{Problem, ProblemCode, SubmissionState};
use leptos::prelude::set_timeout_with_handle;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, RequestCredentials};

use super::reply::{Reply, judge, submission_state};
use crate::js;
use crate::state::machine::Answer;

/// How long one try may take. The proxy answers within its inline wait, a few seconds; a mobile network may need more.
const TRY_MAX: Duration = Duration::from_secs(20);

/// Sends a submission once. Whatever goes wrong on the way comes back as an answer.
pub(crate) async fn send(url: &str, key: &str, body: &str) -> Answer {
    match post(url, key, body).await {
        Some(reply) => judge(reply),
        None => Answer::Unreachable { after_s: None },
    }
}

async fn post(url: &str, key: &str, body: &str) -> Option<Reply> {
    let abort = AbortController::new().ok()?;
    let signal = abort.signal();
    let limit = set_timeout_with_handle(move || abort.abort(), TRY_MAX);
    let request = Request::post(url)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .credentials(RequestCredentials::Omit)
        .abort_signal(Some(&signal))
        .body(body)
        .ok()?;
    // Status and body together: an answer that breaks off half-way is no answer.
    let answer = async {
        let response = request.send().await.ok()?;
        let json = parse(&response).await?;
        Some(read_reply(&response, &json))
    };
    let reply = answer.await;
    if let Ok(limit) = limit {
        limit.clear();
    }
    reply
}

/// How far the lead of a receipt has come; `None` where that can't be learned now.
pub(crate) async fn receipt_state(submit_url: &str, receipt: &str) -> Option<SubmissionState> {
    // `…/v1/forms/{form}/submissions` without its last three parts.
    let base = submit_url.rsplitn(4, '/').last()?;
    let url = [base, "/receipts/", receipt].concat();
    let response = Request::get(&url).credentials(RequestCredentials::Omit).send().await.ok()?;
    let json = parse(&response).await?;
    response.ok().then(|| submission_state(js::text(&json, "state").as_deref()))
}

/// The answer's JSON; `null` for a body that is none, whose status still counts.
async fn parse(response: &Response) -> Option<JsValue> {
    let text = response.text().await.ok()?;
    Some(JSON::parse(&text).unwrap_or(JsValue::NULL))
}

fn read_reply(response: &Response, json: &JsValue) -> Reply {
    let problems = js::list(json, "problems").unwrap_or_default();
    Reply {
        status: response.status(),
        code: js::text(json, "code"),
        receipt: js::text(json, "receipt"),
        state: js::text(json, "state"),
        problems: problems.iter().filter_map(|problem| read_problem(&problem)).collect(),
        retry_after_s: response.headers().get("retry-after").and_then(|seconds| seconds.parse().ok()),
    }
}

fn read_problem(problem: &JsValue) -> Option<Problem> {
    Some(Problem {
        field: js::text(problem, "field")?,
        code: ProblemCode::parse(&js::text(problem, "code")?)?,
        params: js::texts(&js::get(problem, "params")).unwrap_or_default(),
    })
}
