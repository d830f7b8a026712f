//! `GET /embed.js` and `GET /assets/{file}`: public code, the same for everybody.
//!
//! Apart because these alone may be kept by browsers and read from any origin. What a form's own tag gets is in `first`.

mod first;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};

use super::is_known;
use super::wanted::{PathParams, query};
use crate::app::App;
use crate::assets::Asset;
use crate::problem::{ApiProblem, ApiReason};

/// The loader's address never changes, so browsers ask again after five minutes.
const LOADER_CACHE: HeaderValue =
    HeaderValue::from_static("public, max-age=300, stale-while-revalidate=86400");
/// A hashed name never changes its content.
const HASHED_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The loader; with the first paint of the form that the address names, where this page may show that.
pub(crate) async fn get_loader(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let loader = app.assets.loader().ok_or(ApiReason::NotFound)?;
    if let Some(id) = query(&uri, "form") {
        let first = first::before_loader(&app, &id, &uri, &headers).unwrap_or_default();
        return Ok(first::serve(first, loader));
    }
    Ok(serve(loader, &headers, LOADER_CACHE))
}

/// Any other file of the bundle.
pub(crate) async fn get_asset(
    State(app): State<Arc<App>>,
    path: PathParams,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let asset = path.get("file").and_then(|name| app.assets.get(name)).ok_or(ApiReason::NotFound)?;
    Ok(serve(asset, &headers, HASHED_CACHE))
}

fn serve(asset: &Asset, request: &HeaderMap, cache: HeaderValue) -> Response {
    let (bytes, encoding) = asset.encoded(request);
    // Each encoding is a version of its own.
    let etag = match encoding {
        Some(encoding) => format!("\"{}-{encoding}\"", asset.etag.trim_matches('"')),
        None => asset.etag.clone(),
    };
    let known = is_known(request, &etag);
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(bytes).into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    open_to_all(headers);
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    if !known {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    response
}

/// Public code, which pages of every origin may load.
fn open_to_all(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
}
