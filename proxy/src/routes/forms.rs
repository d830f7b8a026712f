//! `GET /v1/forms/{form}`: the form as JSON in the visitor's language; the same with its first paint; what a form wants proved
//! that is wary of robots; and what a signed token fills in.
//!
//! Apart because what a browser may know of a form leaves through this one door.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use lead_model::FormDefinition;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::is_known;
use super::wanted::{Languages, WantedForm, query};
use crate::app::App;
use crate::forms::{FormText, ServedForm};
use crate::intake::body::check_shape;
use crate::middleware::limits::{check_media_type, read_body};
use crate::problem::{ApiProblem, ApiReason};
use crate::render::{Look, fragment};
use crate::signed::{PrefillUse, SignedFault};

/// The form's JSON and its first paint, which works before the Wasm is there and without it: the plain form that posts to
/// our own page. Never kept, for it holds a token of its own.
pub(crate) async fn get_fragment(
    State(app): State<Arc<App>>,
    WantedForm(form): WantedForm,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let link = query(&uri, "link");
    let text = form.in_language(Languages::of(&uri, &headers).iter()).ok_or(ApiReason::FormNotFound)?;
    let body = fragment_of(&app, &form, text, link.as_deref())?;
    let mut response = Body::from(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The form's JSON and its first paint, with a token of its own.
///
/// # Errors
/// Why the form does not open by this link.
pub(super) fn fragment_of(
    app: &App,
    form: &ServedForm,
    text: &FormText,
    link: Option<&str>,
) -> Result<Vec<u8>, ApiReason> {
    app.links.purpose(form, link).map_err(ApiReason::from)?;
    let id = &form.definition.id;
    let mut query = Serializer::new(String::new());
    query.append_pair("locale", &text.form.locale);
    if let Some(link) = link {
        query.append_pair("link", link);
    }
    let action = format!("{}/f/{id}?{}", app.own_origin, query.finish());
    Ok(fragment(text, Look::of(&form.definition), &action, &app.tokens.issue(id)))
}

/// A challenge for a proof of work. Never kept, for each is solved and used once.
pub(crate) async fn get_challenge(
    State(app): State<Arc<App>>,
    WantedForm(form): WantedForm,
) -> Result<Response, ApiProblem> {
    let FormDefinition { id, robots, .. } = &form.definition;
    if !robots.proof {
        return Err(ApiProblem::with_detail(ApiReason::NotFound, "This form asks for no proof of work."));
    }
    let mut response = Json(app.intake.robots.challenge(id, robots)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The body of a request for what a token fills in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrefillBody {
    token: String,
}

/// What a signed token fills in. A browser asks before it shows any of it, so that a forged token shows nothing. In a body,
/// because the token holds what is known of a person, and addresses stand in logs.
pub(crate) async fn post_prefill(
    State(app): State<Arc<App>>,
    WantedForm(form): WantedForm,
    request: Request,
) -> Result<Response, ApiProblem> {
    let (head, stream) = request.into_parts();
    check_media_type(&head.headers, "application/json")?;
    let bytes = read_body(stream, app.body_limits()).await?;
    check_shape(&bytes, app.public.json_depth_max)?;
    let body: PrefillBody = serde_json::from_slice(&bytes).map_err(|_| ApiReason::UnreadableBody)?;
    // Kinds and rules are the same in every language.
    let text = form.in_language(std::iter::empty()).ok_or(ApiReason::FormNotFound)?;
    let prefilled = app.links.prefilled(&form, &text.form, &body.token, PrefillUse::Opening);
    let mut response = match prefilled {
        Ok(prefilled) => Json(prefilled).into_response(),
        Err(SignedFault::Expired) => return Err(ApiReason::PrefillExpired.into()),
        Err(SignedFault::Invalid | SignedFault::TooLong) => return Err(ApiReason::PrefillInvalid.into()),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The form's JSON, or 304. One that only a link opens is refused without, before anybody types for nothing.
pub(crate) async fn get_form(
    State(app): State<Arc<App>>,
    WantedForm(form): WantedForm,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    app.links.purpose(&form, query(&uri, "link").as_deref()).map_err(ApiReason::from)?;
    let text = form.in_language(Languages::of(&uri, &headers).iter()).ok_or(ApiReason::FormNotFound)?;
    let mut response = if is_known(&headers, &text.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(text.json.clone()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    };
    let headers = response.headers_mut();
    // Kept, and asked about each time: a form may change with a restart.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    for (name, value) in [(header::ETAG, &text.etag), (header::CONTENT_LANGUAGE, &text.form.locale)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}
