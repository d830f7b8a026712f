//! What a person or a test can do at a partner's desk over HTTP: read and clear the ledger, set a fault.
//!
//! The same for every partner, under its slug. Everything works without JavaScript.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Form, FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Json, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use crate::desk::Desk;
use crate::fault::{Fault, FaultSetting};
use crate::ledger::Ledger;
use crate::page;

/// A switch of a fault is a few words; more is a mistake.
const BODY_BYTES_MAX: usize = 4096;

/// The page's switch, as a browser sends it.
#[derive(Deserialize)]
struct FaultForm {
    fault: String,
    /// A number; empty for all requests until it is changed.
    #[serde(default)]
    times: String,
}

/// Routes `/{slug}` and what lies under it.
pub(crate) fn routes(desk: &Arc<Desk>) -> Router {
    let home = format!("/{}", desk.partner().slug);
    Router::new()
        .route(&home, get(show_page))
        .route(&format!("{home}/ledger.json"), get(get_ledger).delete(clear_ledger))
        .route(&format!("{home}/clear"), post(clear_ledger_and_return))
        .route(&format!("{home}/fault"), get(get_fault).post(set_fault))
        .with_state(Arc::clone(desk))
}

async fn show_page(State(desk): State<Arc<Desk>>) -> Response {
    page::partner(desk.partner(), &desk.ledger(), &desk.setting())
}

async fn get_ledger(State(desk): State<Arc<Desk>>) -> Json<Ledger> {
    Json(desk.ledger())
}

async fn clear_ledger(State(desk): State<Arc<Desk>>) -> StatusCode {
    desk.clear_ledger();
    StatusCode::NO_CONTENT
}

async fn clear_ledger_and_return(State(desk): State<Arc<Desk>>) -> Redirect {
    desk.clear_ledger();
    to_page(&desk)
}

async fn get_fault(State(desk): State<Arc<Desk>>) -> Json<FaultSetting> {
    Json(desk.setting())
}

/// Takes JSON and answers JSON, or takes the page's form and goes back to the page.
async fn set_fault(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let content_type =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = content_type.starts_with("application/x-www-form-urlencoded");
    let setting = if is_form { read_form(request).await } else { read_json(request).await };
    let setting = setting.and_then(|setting| {
        let no_times = setting.times == Some(0);
        if no_times { Err("times is 0, expected 1 or more, or null".to_owned()) } else { Ok(setting) }
    });
    match setting.and_then(|setting| desk.set_fault(setting).map_err(|error| error.to_string())) {
        Err(problem) => refuse(problem),
        Ok(()) if is_form => to_page(&desk).into_response(),
        Ok(()) => Json(desk.setting()).into_response(),
    }
}

/// The name is one of the faults that all partners have, or else an error of the partner's own document.
async fn read_form(request: Request) -> Result<FaultSetting, String> {
    let Form(form) =
        Form::<FaultForm>::from_request(request, &()).await.map_err(|error| error.body_text())?;
    let times = match form.times.as_str() {
        "" => None,
        times => Some(
            times.parse().map_err(|_| "times is not a number, expected 1 or more, or nothing".to_owned())?,
        ),
    };
    Ok(match form.fault.parse::<Fault>() {
        Ok(fault) => FaultSetting::new(fault, times),
        Err(_) => FaultSetting::documented(form.fault, times),
    })
}

async fn read_json(request: Request) -> Result<FaultSetting, String> {
    let body =
        to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| "the body is too long".to_owned())?;
    serde_json::from_slice(&body).map_err(|error| {
        format!(
            "{error}; expected {{\"fault\": \"rate_limited\", \"times\": 1}}, times null or absent for all requests, or \
             {{\"fault\": \"documented\", \"answer\": \"401 …\"}} with an error of the partner's own document"
        )
    })
}

fn refuse(problem: String) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "problem": problem }))).into_response()
}

fn to_page(desk: &Desk) -> Redirect {
    Redirect::to(&format!("/{}", desk.partner().slug))
}
