//! `GET /v1/forms/{form}`: the form as JSON in the visitor's language; the same with its first paint; and what a form wants
//! proved that is wary of robots.
//!
//! Apart because what a browser may know of a form leaves through this one door.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use lead_model::FormDefinition;
use url::form_urlencoded::Serializer;

use super::is_known;
use super::wanted::{Languages, WantedForm, query};
use crate::app::App;
use crate::forms::{FormText, ServedForm};
use crate::problem::{ApiProblem, ApiReason};
use crate::render::{Look, fragment};

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
