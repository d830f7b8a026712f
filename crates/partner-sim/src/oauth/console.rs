//! A partner's tokens over HTTP, for who runs the simulators as a program: counters, faults by name, expiry at once.
//!
//! Apart from `console.rs` because only partners with tokens have it.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::oauth::{OAuth, TokenFault};

/// A setting is a few words; more is a mistake.
const BODY_BYTES_MAX: usize = 4096;

/// The fault as JSON says it, the same as the partner's other faults.
#[derive(Serialize, Deserialize)]
struct Setting {
    fault: TokenFault,
    #[serde(default)]
    times: Option<u32>,
}

/// Routes what lies under `/{slug}/oauth`.
pub(crate) fn routes(slug: &str, oauth: &Arc<OAuth>) -> Router {
    let home = format!("/{slug}/oauth");
    Router::new()
        .route(&home, get(tell))
        .route(&format!("{home}/fault"), post(set_fault))
        .route(&format!("{home}/expire"), post(expire))
        .with_state(Arc::clone(oauth))
}

async fn tell(State(oauth): State<Arc<OAuth>>) -> Json<Value> {
    let (fault, times) = oauth.fault();
    let names: Vec<_> = TokenFault::ALL.iter().map(|fault| fault.name()).collect();
    Json(json!({
        "fault": fault,
        "times": times,
        "faults": names,
        "requests": oauth.token_requests(),
        "good_access_tokens": oauth.good_access_tokens(),
        "ended_consents": oauth.ended_consents(),
    }))
}

async fn set_fault(State(oauth): State<Arc<OAuth>>, request: Request) -> Response {
    let refuse =
        |problem: String| (StatusCode::BAD_REQUEST, Json(json!({ "problem": problem }))).into_response();
    let Ok(body) = to_bytes(request.into_body(), BODY_BYTES_MAX).await else {
        return refuse("the body is too long".to_owned());
    };
    match serde_json::from_slice::<Setting>(&body) {
        Ok(Setting { times: Some(0), .. }) => refuse("times is 0, expected 1 or more, or null".to_owned()),
        Ok(Setting { fault, times }) => {
            oauth.set_fault(fault, times);
            let (fault, times) = oauth.fault();
            Json(Setting { fault, times }).into_response()
        }
        Err(error) => refuse(format!(
            "{error}; expected {{\"fault\": \"down\", \"times\": 1}}, times null or absent for all requests"
        )),
    }
}

async fn expire(State(oauth): State<Arc<OAuth>>) -> StatusCode {
    oauth.expire_now();
    StatusCode::NO_CONTENT
}
