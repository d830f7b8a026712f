//! `GET /panel/{account}`: the page in which a sales person works with a partner's records, inside their CRM.
//!
//! Apart from the forms' pages because it holds nothing of anybody: who may see what is said by the token, which stands behind
//! the `#` of the address and never reaches us here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Uri, header};
use lead_model::{Density, Origin, Preset};

use super::wanted::{Languages, PathParams, query};
use crate::app::App;
use crate::middleware::security_headers::leave_out;
use crate::problem::{ApiProblem, ApiReason};
use crate::render::{Look, PanelPage, panel_page};

/// The panel's page; 404 where the account has no panel, as where there is no such account.
pub(crate) async fn get_panel(
    State(app): State<Arc<App>>,
    path: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let account = path.get("account").and_then(|id| app.accounts.get(id)).ok_or(ApiReason::NotFound)?;
    let parts = app.assets.panel().ok_or(ApiReason::NotFound)?;
    if account.panel_keys().is_empty() {
        return Err(ApiReason::NotFound.into());
    }
    let languages = Languages::of(&uri, &headers);
    let locale = app.locales.choose_any(languages.iter());
    let texts = app.locales.panel(locale);
    let html = panel_page(&PanelPage {
        parts,
        styles: app.assets.panel_styles(),
        account: account.id(),
        locale,
        origins: &account.panel().origins,
        texts: &texts,
        theme: match query(&uri, "theme").as_deref() {
            Some("light") => Some("light"),
            Some("dark") => Some("dark"),
            _ => None,
        },
        look: Look {
            preset: query(&uri, "preset").and_then(|name| Preset::parse(&name)).map(Preset::as_str),
            density: query(&uri, "density").and_then(|name| Density::parse(&name)).map(Density::as_str),
        },
        fills: query(&uri, "height").as_deref() == Some("fill"),
    });
    let mut response = Html(html).into_response();
    let policy = policy(app.assets.panel_style_source(), &account.panel().origins);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    // It knows no list of origins; the policy does.
    leave_out(&mut response, header::X_FRAME_OPTIONS);
    Ok(response)
}

/// What the page may do: run our own code, ask us, and stand in the frames of the account's origins.
fn policy(styles: &str, origins: &[Origin]) -> String {
    let mut frames: Vec<&str> = origins.iter().map(Origin::as_str).collect();
    if frames.is_empty() {
        frames.push("'none'");
    }
    [
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src ",
        styles,
        "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors ",
        &frames.join(" "),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_the_accounts_origins_may_frame_the_panel() {
        let origins =
            ["https://crm.example", "https://other.example"].map(|text| Origin::parse(text).unwrap());
        assert!(
            policy("'none'", &origins).ends_with("frame-ancestors https://crm.example https://other.example")
        );
        assert!(policy("'none'", &[]).ends_with("frame-ancestors 'none'"));
    }
}
