//! `GET /embed.js?form=card-machines`: the loader, and before it all that the form's first paint is made of.
//!
//! Apart because this answer is one page's alone and never kept. It saves the second request that a form in the page waits
//! for, which on a slow line takes as long as the first. Whose page asks is read from `Origin`, else from `Referer`; where
//! neither says so, or the form may not be shown there, the loader comes alone and asks for the form as ever, and is told why.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Uri, header};
use lead_model::Origin;
use serde::Serialize;
use url::Url;

use super::super::forms::fragment_of;
use super::super::wanted::Languages;
use super::open_to_all;
use crate::app::App;
use crate::assets::Asset;
use crate::forms::ServedForm;

/// Whoever asks for another form, in another language or from another page gets another answer.
const VARY: HeaderValue = HeaderValue::from_static("Origin, Referer, Accept-Language");

/// What `embed/first.js` takes.
#[derive(Serialize)]
struct Kept<'a> {
    form: &'a str,
    locale: &'a str,
    /// Every language that the form speaks.
    locales: Vec<&'a str>,
    styles: Styles<'a>,
}

#[derive(Serialize)]
struct Styles<'a> {
    file: &'a str,
    text: &'a str,
}

/// The script that stands before the loader; none where the loader has to ask for the form itself.
pub(super) fn before_loader(app: &App, id: &str, uri: &Uri, headers: &HeaderMap) -> Option<Vec<u8>> {
    let parts = app.assets.parts()?;
    let form = app.forms.get(id)?;
    if !may_show(app, &form, headers) {
        return None;
    }
    let text = form.in_language(Languages::of(uri, headers).iter())?;
    let fragment = fragment_of(app, &form, text, None).ok()?;
    let kept = Kept {
        form: id,
        locale: &text.form.locale,
        locales: form.locales().collect(),
        styles: Styles { file: &parts.styles, text: app.assets.styles() },
    };
    let kept = serde_json::to_vec(&kept).ok()?;
    // The fragment is JSON already.
    let pieces: [&[u8]; 7] = [
        b"self.leadFormKept=",
        &kept,
        b";\nself.leadFormKept.fragment=",
        &fragment,
        b";\n",
        app.assets.get(&parts.first)?.plain(),
        b"\n",
    ];
    Some(pieces.concat())
}

/// The whole script. Never kept: a first paint holds a token of its own.
pub(super) fn serve(mut first: Vec<u8>, loader: &Asset) -> Response {
    first.extend_from_slice(loader.plain());
    let mut response = Body::from(first).into_response();
    let headers = response.headers_mut();
    open_to_all(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(loader.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, VARY);
    response
}

/// Whether the page that asks is known to be one that may show the form.
fn may_show(app: &App, form: &ServedForm, headers: &HeaderMap) -> bool {
    let said = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let origin = match (said(header::ORIGIN), said(header::REFERER)) {
        (Some(origin), _) => Origin::parse(origin),
        (None, Some(referer)) => {
            Url::parse(referer).ok().and_then(|url| Origin::parse(&url.origin().ascii_serialization()))
        }
        (None, None) => None,
    };
    origin.is_some_and(|origin| form.allows(&origin, &app.own_origin))
}
