//! A page as an answer: its policy, who may frame it, and pages for what goes wrong.
//!
//! Apart so that no page leaves without its policy.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use lead_model::Form;
use url::Url;

use crate::app::App;
use crate::forms::ServedForm;
use crate::middleware::security_headers::leave_out;
use crate::problem::ApiReason;
use crate::render::{Look, PageMode, Setting, Trouble, trouble_page};

/// Answers on one of our pages.
pub(super) struct Reply<'a> {
    pub(super) app: &'a App,
    pub(super) mode: PageMode,
    /// Whose origins may frame the page.
    pub(super) form: Option<&'a ServedForm>,
}

impl Reply<'_> {
    /// A page.
    pub(super) fn html(&self, status: StatusCode, html: String) -> Response {
        let mut response = (status, Body::from(html)).into_response();
        self.dress(&mut response);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
        response
    }

    /// Sends the browser to another page of ours by GET, so that a reload repeats nothing.
    pub(super) fn see_other(&self, to: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        self.dress(&mut response);
        if let Ok(to) = HeaderValue::from_str(to) {
            response.headers_mut().insert(header::LOCATION, to);
        }
        response
    }

    /// A page that says what went wrong; with the form in question, if there is one, and what it is set into.
    pub(super) fn trouble(
        &self,
        locale: &str,
        reason: ApiReason,
        set: Option<(Setting<'_>, &Form)>,
    ) -> Response {
        let key = match reason {
            ApiReason::FormNotFound | ApiReason::ReceiptNotFound | ApiReason::NotFound => "page_not_found",
            ApiReason::OriginNotAllowed => "page_refused",
            ApiReason::LinkInvalid | ApiReason::LinkExpired => "page_link",
            _ => "page_trouble",
        };
        let (title, text) = (format!("{key}_title"), format!("{key}_text"));
        let locales = &self.app.locales;
        let (title, text) = (locales.page_text(locale, &title), locales.page_text(locale, &text));
        let bare = Setting {
            mode: self.mode,
            parent_origin: None,
            theme: None,
            look: Look::default(),
            link: None,
            prefill: None,
        };
        let (setting, form) = set.map_or((bare, None), |(setting, form)| (setting, Some(form)));
        let trouble = Trouble { form, locale, title, text };
        self.html(reason.status(), trouble_page(&self.app.assets, setting, &trouble))
    }

    fn dress(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&self.policy()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        // The path says which form a visitor came from, so other sites learn the origin alone.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
        match self.mode {
            PageMode::Hosted => {
                headers.insert(
                    HeaderName::from_static("cross-origin-opener-policy"),
                    HeaderValue::from_static("same-origin"),
                );
            }
            PageMode::Iframe => {
                headers.insert(
                    HeaderName::from_static("cross-origin-resource-policy"),
                    HeaderValue::from_static("cross-origin"),
                );
                // A host page that embeds only who allows it (COEP) frames only who asks the same of what it embeds.
                headers.insert(
                    HeaderName::from_static("cross-origin-embedder-policy"),
                    HeaderValue::from_static("require-corp"),
                );
                // It can name one origin at most; `frame-ancestors` names them all.
                leave_out(response, header::X_FRAME_OPTIONS);
            }
        }
    }

    fn policy(&self) -> String {
        let ancestors = match (self.mode, self.form) {
            (PageMode::Iframe, Some(form)) => {
                let origins = form.definition.allowed_origins.iter().map(|origin| format!(" {origin}"));
                format!("'self'{}", origins.collect::<String>())
            }
            _ => "'none'".to_owned(),
        };
        // A browser asks the policy about the page that the plain form leads to in the end, too.
        let redirect = self.form.and_then(|form| Url::parse(form.definition.redirect.as_deref()?).ok());
        let elsewhere =
            redirect.map(|url| format!(" {}", url.origin().ascii_serialization())).unwrap_or_default();
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' {}; connect-src 'self'; \
             form-action 'self'{elsewhere}; img-src 'self' data:; base-uri 'none'; frame-ancestors {ancestors}",
            self.app.assets.style_source()
        )
    }
}
