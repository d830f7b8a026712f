//! What a request wants to see: form and language, read from path, query and headers.
//!
//! Apart because every route that shows a form asks the same.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use http::{HeaderMap, Uri, header};

use crate::app::App;
use crate::forms::ServedForm;
use crate::locales::accepted;
use crate::problem::{ApiProblem, ApiReason};

/// The path's parameters; none of them where one is not text.
pub(crate) struct PathParams(Option<RawPathParams>);

impl PathParams {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathParams {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self(RawPathParams::from_request_parts(parts, state).await.ok()))
    }
}

/// The form named by the path.
pub(crate) struct WantedForm(pub(super) Arc<ServedForm>);

impl FromRequestParts<Arc<App>> for WantedForm {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let Ok(params) = PathParams::from_request_parts(parts, app).await;
        let id = params.get("form");
        let id = id.ok_or(ApiReason::FormNotFound)?;
        Ok(Self(wanted_form(app, id)?))
    }
}

/// The form of an id, or why there is none.
pub(crate) fn wanted_form(app: &App, id: &str) -> Result<Arc<ServedForm>, ApiReason> {
    let awaited = || if app.forms.is_awaited(id) { ApiReason::FormAwaited } else { ApiReason::FormNotFound };
    app.forms.get(id).ok_or_else(awaited)
}

/// The languages wanted, the most wanted first: `?locale=` before the browser's own.
pub(super) struct Languages(Vec<String>);

impl Languages {
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let asked = query(uri, "locale");
        let header =
            headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self(asked.into_iter().chain(accepted(header).into_iter().map(str::to_owned)).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// The first value of a name in the query.
pub(super) fn query(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query().unwrap_or_default().as_bytes();
    url::form_urlencoded::parse(query).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
