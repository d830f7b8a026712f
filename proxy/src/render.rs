//! The pages that we make ourselves: the hosted one, the one inside an iframe, thanks, and what goes wrong.
//!
//! Apart because this is the only room that uses the form natively. A page works as it stands, without any script.

mod document;
mod panel;

pub(crate) use lead_form::TRAP;
use lead_form::{FirstPaint, first_paint, first_paint_tree};
use lead_model::{Form, FormDefinition, Problem, SubmissionState, Values};
pub(crate) use panel::{PanelPage, panel_page};

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

/// Names of a look, where something is said of it; each is the element's attribute of the same name.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(crate) struct Look<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preset: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) density: Option<&'a str>,
}

impl<'a> Look<'a> {
    /// The look of a form as its embedder wrote it.
    pub(crate) fn of(form: &'a FormDefinition) -> Self {
        Self { preset: form.preset.as_deref(), density: form.density.as_deref() }
    }

    /// This look; what it leaves open is as in the other one.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { preset: self.preset.or(other.preset), density: self.density.or(other.density) }
    }
}

/// What a page is set into: its mode, and what its host page said, checked.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) mode: PageMode,
    /// The host page's origin, for messages from inside an iframe.
    pub(crate) parent_origin: Option<&'a str>,
    /// `light` or `dark`; the visitor's own where absent.
    pub(crate) theme: Option<&'a str>,
    pub(crate) look: Look<'a>,
    /// The signed link by which the form was opened.
    pub(crate) link: Option<&'a str>,
    /// The signed token that had filled in what is shown again.
    pub(crate) prefill: Option<&'a str>,
}

impl Setting<'_> {
    /// The opening tag of the page's element. `form` and `locale` are left out where there is no form.
    fn open(&self, form: Option<&Form>) -> String {
        let mut tag = "<lead-form".to_owned();
        if let Some(form) = form {
            tag.push_str(&attribute("form", &form.id));
            tag.push_str(&attribute("locale", &form.locale));
        }
        tag.push_str(&attribute("mode", self.mode.as_str()));
        let said = [
            ("data-parent-origin", self.parent_origin),
            ("data-theme", self.theme),
            ("preset", self.look.preset),
            ("density", self.look.density),
            ("link", self.link),
            ("prefill-token", self.prefill),
        ];
        for (name, value) in said {
            if let Some(value) = value {
                tag.push_str(&attribute(name, value));
            }
        }
        tag.push('>');
        tag
    }
}

/// What a page asks of the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    /// Nothing.
    None,
    /// To tell the host page its height.
    Loader,
    /// To bring the form to life, so glue and Wasm too.
    Form,
}

/// A page with a form on it.
pub(crate) struct FormPage<'a> {
    pub(crate) setting: Setting<'a>,
    pub(crate) text: &'a FormText,
    /// Where the plain form posts to.
    pub(crate) action: &'a str,
    pub(crate) token: &'a str,
    pub(crate) values: &'a Values,
    pub(crate) problems: &'a [Problem],
    /// A sentence above the button.
    pub(crate) notice: Option<&'a str>,
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
    let body = [
        page.setting.open(Some(form)).as_str(),
        &first_paint(&paint),
        &script_data(&page.text.json),
        "</lead-form>",
    ]
    .concat();
    let told = !page.problems.is_empty() || page.notice.is_some();
    let (locale, direction, title) = (&form.locale, form.direction.as_str(), &form.title);
    let script = Script::Form;
    Document { assets, mode: page.setting.mode, locale, direction, title, body: &body, told, script }
        .to_html()
}

/// The form's definition and its first paint for a page that is not ours, as JSON: `action` posts to our own page.
/// `look` is how the form looks where the element says nothing.
pub(crate) fn fragment(text: &FormText, look: Look<'_>, action: &str, token: &str) -> Vec<u8> {
    let paint = first_paint_tree(&FirstPaint {
        form: &text.form,
        action,
        token,
        values: &Values::new(),
        problems: &[],
        instance: "0",
        notice: None,
    });
    let look = serde_json::to_vec(&look).unwrap_or_else(|_| b"{}".to_vec());
    // The form's JSON is made already.
    [
        &br#"{"paint":"#[..],
        paint.to_string().as_bytes(),
        br#","look":"#,
        &look,
        br#","form":"#,
        &text.json,
        b"}",
    ]
    .concat()
}

/// The thanks for a submission that is safe. Without the form's data, so that the loader leaves it as it stands; inside
/// an iframe it still tells the host page the height.
pub(crate) fn thanks_page(
    assets: &Assets,
    setting: Setting<'_>,
    form: &Form,
    receipt: &str,
    state: SubmissionState,
) -> String {
    let body = [&setting.open(Some(form)), &lead_form::thanks(form, receipt, state), "</lead-form>"].concat();
    let (locale, direction, title) = (&form.locale, form.direction.as_str(), &form.success_title);
    let script = script_of(setting);
    Document { assets, mode: setting.mode, locale, direction, title, body: &body, told: true, script }
        .to_html()
}

/// What went wrong, in words for a visitor.
pub(crate) struct Trouble<'a> {
    /// The form in question. Without one the page can't tell a host page its height.
    pub(crate) form: Option<&'a Form>,
    pub(crate) locale: &'a str,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
}

/// A page that says what went wrong.
pub(crate) fn trouble_page(assets: &Assets, setting: Setting<'_>, trouble: &Trouble<'_>) -> String {
    let Trouble { form, locale, title, text } = *trouble;
    let escape = |text| html_escape::encode_text(text).into_owned();
    let body = [
        &setting.open(form),
        "<div class=\"lf\"><div class=\"lf-card\"><div class=\"lf-header\"><h1 class=\"lf-title\">",
        &escape(title),
        "</h1><p class=\"lf-intro\">",
        &escape(text),
        "</p></div></div></div></lead-form>",
    ]
    .concat();
    Document {
        assets,
        mode: setting.mode,
        locale,
        direction: form.map_or("ltr", |form| form.direction.as_str()),
        title,
        body: &body,
        told: true,
        script: form.map_or(Script::None, |_| script_of(setting)),
    }
    .to_html()
}

/// A page without a form needs the loader only to speak to a host page.
fn script_of(setting: Setting<'_>) -> Script {
    match setting.mode {
        PageMode::Hosted => Script::None,
        PageMode::Iframe => Script::Loader,
    }
}
