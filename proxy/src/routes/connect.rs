//! `GET /connect/{account}` and its callback on the operator listener: a person consents that we act for an account.
//!
//! Apart because it alone ends in somebody's browser on both sides; nothing that a browser brings stands on a page again.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, Uri, header};

use super::wanted::{PathParams, query};
use crate::account::Account;
use crate::app::App;
use crate::connectors::parts::seal::{Grant, TokenPlan};
use crate::credentials::tokens::{ConsentFault, TokenFault, plan_of};
use crate::problem::{ApiProblem, ApiReason};

/// Sends the browser to the partner's page.
pub(crate) async fn get_connect(
    State(app): State<Arc<App>>,
    path: PathParams,
) -> Result<Response, ApiProblem> {
    let (account, plan) = consenting(&app, &path)?;
    match app.exchange.tokens().begin_consent(account, &plan).await {
        Ok(url) => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(url) = HeaderValue::from_str(url.as_str()) {
                response.headers_mut().insert(header::LOCATION, url);
            }
            Ok(response)
        }
        Err(ConsentFault::Store(error)) => {
            tracing::error!(error = %error, "a consent was not begun");
            Err(ApiReason::StoreUnavailable.into())
        }
        Err(_) => Err(no_consent()),
    }
}

/// Takes what the browser has brought back from there.
pub(crate) async fn get_callback(
    State(app): State<Arc<App>>,
    path: PathParams,
    uri: Uri,
) -> Result<Response, ApiProblem> {
    let (account, plan) = consenting(&app, &path)?;
    let (state, code) = (query(&uri, "state"), query(&uri, "code"));
    let finished =
        app.exchange.tokens().finish_consent(account, &plan, state.as_deref(), code.as_deref()).await;
    if let Err(fault) = finished {
        tracing::warn!(account = account.id(), error = %fault, "a consent came to nothing");
        return Ok(failed(&fault));
    }
    if let Err(error) = app.intake.delivery.resume_account(account.id()).await {
        // The worker's own probe will find that it is no longer refused.
        tracing::error!(account = account.id(), error = %error, "the connected account is still paused");
    }
    let text = "The account is connected. Its waiting leads are on their way; you can close this page.";
    Ok(page(StatusCode::OK, "Connected", text))
}

/// The account of the path, if it needs a consent.
fn consenting<'a>(app: &'a App, path: &PathParams) -> Result<(&'a Account, TokenPlan), ApiProblem> {
    let account = path.get("account").and_then(|id| app.accounts.get(id)).ok_or_else(|| {
        ApiProblem::with_detail(
            ApiReason::NotFound,
            "No account has this name: see [accounts] in the configuration.",
        )
    })?;
    let plan = plan_of(account).filter(|plan| matches!(plan.grant, Grant::Consent { .. }));
    plan.map(|plan| (account, plan)).ok_or_else(no_consent)
}

fn no_consent() -> ApiProblem {
    ApiProblem::with_detail(
        ApiReason::NotFound,
        "This account needs nobody's consent: its credentials are in the configuration.",
    )
}

fn failed(fault: &ConsentFault) -> Response {
    let (status, text) = match fault {
        ConsentFault::State | ConsentFault::NotNeeded => (
            StatusCode::BAD_REQUEST,
            "This page was not opened from a consent that is still waited for: each is good once, and for ten minutes. \
             Begin again at /connect with the account's name.",
        ),
        ConsentFault::Code => (
            StatusCode::BAD_REQUEST,
            "The partner sent no code: the consent was not given. Begin again at /connect with the account's name.",
        ),
        ConsentFault::Tokens(TokenFault::Refused) => (
            StatusCode::BAD_GATEWAY,
            "The partner refuses our client or this code. Check the account's client id, client secret and redirect \
             address, then begin again.",
        ),
        ConsentFault::Tokens(TokenFault::Later) => (
            StatusCode::BAD_GATEWAY,
            "The partner could not be reached, or what it answered is not understood; the log says why. Begin again in a \
             moment.",
        ),
        ConsentFault::NoRefreshToken => (
            StatusCode::BAD_GATEWAY,
            "The partner gave no refresh token, without which the consent would soon end, so nothing was kept. Ask the \
             partner to allow refresh tokens for this client.",
        ),
        ConsentFault::Store(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The consent could not be stored. See the log, then begin again.",
        ),
    };
    page(status, "Not connected", text)
}

/// A page of fixed words.
fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><p>{text}</p></body></html>"
    );
    let mut response = (status, Body::from(html)).into_response();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}
