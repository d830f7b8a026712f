//! What a request wants to see: form and language, read from path, query and headers.
//!
//! Apart because every route that shows a form asks the same.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use http::{HeaderMap, Uri, header};

use crate::app::App;
use crate::forms::ServedForm;
use crate::locales::accepted;
use crate::problem::ApiReason;

/// The form named by the path.
pub(crate) struct WantedForm(pub(super) Arc<ServedForm>);

impl FromRequestParts<Arc<App>> for WantedForm {
    type Rejection = crate::problem::ApiProblem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| ApiReason::FormNotFound)?;
        let id = params.iter().find(|(name, _)| *name == "form").map(|(_, id)| id);
        let form = id.and_then(|id| app.forms.get(id)).ok_or(ApiReason::FormNotFound)?;
        Ok(Self(Arc::clone(form)))
    }
}

/// The languages wanted, the most wanted first: `?locale=` before the browser's own.
pub(super) struct Languages(Vec<String>);

impl Languages {
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let asked = query(uri, "locale");
        let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
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
