//! The pages that we make ourselves: the hosted one, the one inside an iframe, thanks, and what goes wrong.
//!
//! Apart because this is the only room that uses the form natively. A page works as it stands, without any script.

mod document;

use lead_form::{FirstPaint, first_paint};
use lead_model::{Form, Problem, SubmissionState, Values};

use crate::assets::Assets;
use crate::forms::FormText;

use document::{Document, attribute, script_data};

/// Which of our pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageMode {
    /// A page of its own.
    Hosted,
    /// Inside an iframe of a host page.
    Iframe,
}

impl PageMode {
    /// As the loader knows it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Hosted => "hosted",
            Self::Iframe => "iframe-page",
        }
    }
}

/// A page with a form on it.
pub(crate) struct FormPage<'a> {
    pub(crate) mode: PageMode,
    pub(crate) text: &'a FormText,
    /// Where the plain form posts to.
    pub(crate) action: &'a str,
    pub(crate) token: &'a str,
    pub(crate) values: &'a Values,
    pub(crate) problems: &'a [Problem],
    /// A sentence above the button.
    pub(crate) notice: Option<&'a str>,
    /// The host page's origin, checked, for messages from inside an iframe.
    pub(crate) parent_origin: Option<&'a str>,
}

/// The form, ready to be sent with or without script.
pub(crate) fn form_page(assets: &Assets, page: &FormPage<'_>) -> String {
    let form = &page.text.form;
    let paint = FirstPaint {
        form,
        action: page.action,
        token: page.token,
        values: page.values,
        problems: page.problems,
        instance: "1",
        notice: page.notice,
    };
    let parent = page.parent_origin.map(|origin| attribute("data-parent-origin", origin)).unwrap_or_default();
    let body = [
        "<lead-form",
        &attribute("form", &form.id),
        &attribute("mode", page.mode.as_str()),
        &attribute("locale", &form.locale),
        &parent,
        ">",
        &first_paint(&paint),
        &script_data(&page.text.json),
        "</lead-form>",
    ]
    .concat();
    document(assets, page.mode, form, &form.title, &body, true)
}

/// The thanks for a submission that is safe. Without script: the loader would put the form back in its place.
pub(crate) fn thanks_page(
    assets: &Assets,
    mode: PageMode,
    form: &Form,
    receipt: &str,
    state: SubmissionState,
) -> String {
    let body = ["<lead-form>", &lead_form::thanks(form, receipt, state), "</lead-form>"].concat();
    document(assets, mode, form, &form.success_title, &body, false)
}

/// A page that says what went wrong, in words for a visitor.
pub(crate) fn trouble_page(assets: &Assets, mode: PageMode, locale: &str, title: &str, text: &str) -> String {
    let escape = |text| html_escape::encode_text(text).into_owned();
    let body = [
        "<lead-form><div class=\"lf\"><div class=\"lf-card\"><div class=\"lf-header\"><h1 class=\"lf-title\">",
        &escape(title),
        "</h1><p class=\"lf-intro\">",
        &escape(text),
        "</p></div></div></div></lead-form>",
    ]
    .concat();
    Document { assets, mode, locale, direction: "ltr", title, body: &body, scripted: false }.to_html()
}

fn document(assets: &Assets, mode: PageMode, form: &Form, title: &str, body: &str, scripted: bool) -> String {
    let (locale, direction) = (&form.locale, form.direction.as_str());
    Document { assets, mode, locale, direction, title, body, scripted }.to_html()
}
