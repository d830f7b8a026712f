//! The two requests that a form makes.
//!
//! On gloo-net, which is kept by others; it costs the visitor about two kilobytes over web-sys alone.

use std::pin::Pin;
use std::time::Duration;

use gloo_net::http::{Request, RequestBuilder, Response};
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
    let request = Request::post(url)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .abort_signal(Some(&abort.signal()));
    let request = alone(request).body(body).ok()?;
    let limit = set_timeout_with_handle(move || abort.abort(), TRY_MAX);
    let answer = ask(request).await;
    if let Ok(limit) = limit {
        limit.clear();
    }
    let (response, json) = answer?;
    Some(read_reply(&response, &json))
}

/// No cookie of ours exists, and none of the proxy's neighbours is anybody's business.
fn alone(request: RequestBuilder) -> RequestBuilder {
    request.credentials(RequestCredentials::Omit)
}

/// How far the lead of a receipt has come; `None` where that can't be learned now.
pub(crate) async fn receipt_state(submit_url: &str, receipt: &str) -> Option<SubmissionState> {
    // `…/v1/forms/{form}/submissions` without its last three parts.
    let base = submit_url.rsplitn(4, '/').last()?;
    let url = [base, "/receipts/", receipt].concat();
    let (response, json) = ask(alone(Request::get(&url)).build().ok()?).await?;
    if response.ok() { Some(submission_state(js::text(&json, "state").as_deref())) } else { None }
}

/// An answer, or nothing where none came whole.
type Asked = Pin<Box<dyn Future<Output = Option<(Response, JsValue)>>>>;

/// The answer and its JSON: `null` for a body that is none, whose status still counts. An answer that breaks off
/// half-way is no answer. Boxed, so that the waiting is in the download once.
fn ask(request: Request) -> Asked {
    Box::pin(async move {
        let response = request.send().await.ok()?;
        let text = response.text().await.ok()?;
        Some((response, JSON::parse(&text).unwrap_or(JsValue::NULL)))
    })
}

fn read_reply(response: &Response, json: &JsValue) -> Reply {
    let mut problems = Vec::new();
    for problem in js::list(json, "problems").unwrap_or_default().iter() {
        problems.extend(read_problem(&problem));
    }
    let retry_after = response.headers().get("retry-after");
    Reply {
        status: response.status(),
        code: js::text(json, "code"),
        receipt: js::text(json, "receipt"),
        state: js::text(json, "state"),
        problems,
        retry_after_s: retry_after.and_then(|seconds| seconds.parse().ok()),
    }
}

fn read_problem(problem: &JsValue) -> Option<Problem> {
    Some(Problem {
        field: js::text(problem, "field")?,
        code: ProblemCode::parse(&js::text(problem, "code")?)?,
        params: js::texts(&js::get(problem, "params")).unwrap_or_default(),
    })
}
