//! Our own pages: `/f/{form}` hosted, `/embed/{form}` inside an iframe, and the plain form that both post.
//!
//! Apart from the JSON door because here every answer is a page for a person, with what was typed still in it.

mod frame;
mod plain;
mod prefill;
mod reply;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri, header};
use lead_model::{Mode, Origin, Problem, Source};
use url::Url;

use super::wanted::{Languages, PathParams};
use crate::app::App;
use crate::forms::{FormText, ServedForm};
use crate::ids::Receipt;
use crate::intake::{Offer, Verdict};
use crate::middleware::limits::{check_media_type, read_body};
use crate::problem::ApiReason;
use crate::render::{FormPage, Look, PageMode, Setting, form_page, thanks_page};
use crate::robots::{Filling, Signs};

use super::submissions::prefilled;
use frame::Frame;
use reply::Reply;

/// The hosted page.
pub(crate) async fn get_hosted(
    app: State<Arc<App>>,
    path: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    show(&app, PageMode::Hosted, &path, &uri, &headers)
}

/// The page inside an iframe.
pub(crate) async fn get_iframe(
    app: State<Arc<App>>,
    path: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    show(&app, PageMode::Iframe, &path, &uri, &headers)
}

/// The hosted page's plain form.
pub(crate) async fn post_hosted(app: State<Arc<App>>, path: PathParams, request: Request) -> Response {
    send(&app, PageMode::Hosted, &path, request).await
}

/// The iframe page's plain form.
pub(crate) async fn post_iframe(app: State<Arc<App>>, path: PathParams, request: Request) -> Response {
    send(&app, PageMode::Iframe, &path, request).await
}

/// The hosted page's thanks.
pub(crate) async fn get_hosted_thanks(
    app: State<Arc<App>>,
    path: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    thank(&app, PageMode::Hosted, &path, &uri, &headers).await
}

/// The iframe page's thanks.
pub(crate) async fn get_iframe_thanks(
    app: State<Arc<App>>,
    path: PathParams,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    thank(&app, PageMode::Iframe, &path, &uri, &headers).await
}

/// One visit to one of our pages.
struct Visit<'a> {
    app: &'a App,
    mode: PageMode,
    form: Arc<ServedForm>,
    /// The form in the visitor's language.
    text: Arc<FormText>,
    frame: Frame,
}

fn visit<'a>(
    app: &'a App,
    mode: PageMode,
    path: &PathParams,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Visit<'a>, Box<Response>> {
    let languages = Languages::of(uri, headers);
    let missing = || {
        let tag = app.locales.choose_any(languages.iter());
        Box::new(Reply { app, mode, form: None }.trouble(tag, ApiReason::FormNotFound, None))
    };
    let id = path.get("form").ok_or_else(missing)?;
    let awaited = || {
        let tag = app.locales.choose_any(languages.iter());
        Box::new(Reply { app, mode, form: None }.trouble(tag, ApiReason::FormAwaited, None))
    };
    let unknown = || if app.forms.is_awaited(id) { awaited() } else { missing() };
    let form = app.forms.get(id).ok_or_else(unknown)?;
    let text = Arc::clone(form.in_language(languages.iter()).ok_or_else(missing)?);
    let frame = Frame::of(uri, &form, &app.own_origin);
    Ok(Visit { app, mode, form, text, frame })
}

fn show(app: &App, mode: PageMode, path: &PathParams, uri: &Uri, headers: &HeaderMap) -> Response {
    match visit(app, mode, path, uri, headers) {
        Ok(visit) => {
            // Said at once, before anybody types for nothing.
            if let Err(fault) = app.links.purpose(&visit.form, visit.frame.link()) {
                return visit.trouble(fault.into());
            }
            let token = app.tokens.issue(&visit.form.definition.id);
            let values = prefill::values(&visit.text.form, uri);
            let shown = plain::Sent { token, values, ..plain::Sent::default() };
            visit.form_page(StatusCode::OK, &shown, &[], None)
        }
        Err(response) => *response,
    }
}

async fn thank(app: &App, mode: PageMode, path: &PathParams, uri: &Uri, headers: &HeaderMap) -> Response {
    let visit = match visit(app, mode, path, uri, headers) {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let Some(receipt) = path.get("receipt").and_then(Receipt::parse) else {
        return visit.trouble(ApiReason::ReceiptNotFound);
    };
    match app.store.receipt(&receipt).await {
        Ok(Some(answer)) => {
            let html =
                thanks_page(&app.assets, visit.setting(), &visit.text.form, &answer.receipt, answer.state);
            visit.reply().html(StatusCode::OK, html)
        }
        Ok(None) => visit.trouble(ApiReason::ReceiptNotFound),
        Err(error) => {
            tracing::error!(error = %error, "receipt not read");
            visit.trouble(ApiReason::StoreUnavailable)
        }
    }
}

async fn send(app: &App, mode: PageMode, path: &PathParams, request: Request) -> Response {
    let (head, stream) = request.into_parts();
    let visit = match visit(app, mode, path, &head.uri, &head.headers) {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    if !may_post(&head.headers, &visit) {
        return visit.trouble(ApiReason::OriginNotAllowed);
    }
    if let Err(reason) = check_media_type(&head.headers, "application/x-www-form-urlencoded") {
        return visit.trouble(reason);
    }
    let bytes = match read_body(stream, app.body_limits()).await {
        Ok(bytes) => bytes,
        Err(reason) => return visit.trouble(reason),
    };
    match plain::read(&visit.text.form, &bytes) {
        Some(sent) => visit.take(sent).await,
        None => visit.trouble(ApiReason::UnreadableBody),
    }
}

/// A form on our page posts from our origin; one that stands in a host page, before the Wasm is there, from that page's. Old
/// browsers name none; then the signed token alone must do.
fn may_post(headers: &HeaderMap, visit: &Visit<'_>) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none"),
        (Some(origin), None) => {
            let origin = origin.to_str().ok().and_then(Origin::parse);
            let own = &visit.app.own_origin;
            origin.is_some_and(|origin| {
                origin == *own || (visit.mode == PageMode::Hosted && visit.form.allows(&origin, own))
            })
        }
        (Some(_), Some(_)) => false,
    }
}

impl Visit<'_> {
    async fn take(&self, sent: plain::Sent) -> Response {
        let id = &self.form.definition.id;
        let Ok(shown) = self.app.tokens.check(&sent.token, id) else {
            let token = self.app.tokens.issue_again(id);
            return self.again(&plain::Sent { token, ..sent }, &[], Some("page_expired"));
        };
        let purpose = match self.app.links.purpose(&self.form, self.frame.link()) {
            Ok(purpose) => purpose,
            Err(fault) => return self.trouble(fault.into()),
        };
        let prefilled = match prefilled(self.app, &self.form, &self.text, sent.prefill.as_deref()) {
            Ok(prefilled) => prefilled,
            // Sent again it is the visitor's own word.
            Err(problems) => return self.again(&plain::Sent { prefill: None, ..sent }, &problems, None),
        };
        let offer = Offer {
            prefilled,
            form: &self.form,
            text: &self.text,
            form_version: self.form.definition.version,
            key: shown.key,
            values: sent.values.clone(),
            source: Source { mode: Mode::Plain, page: None, campaign: self.frame.campaign().to_vec() },
            purpose,
            signs: Signs {
                is_trapped: sent.is_trapped,
                filling: shown.ago.map_or(Filling::ShownAgain, Filling::Took),
                proof: sent.proof.clone(),
            },
        };
        match self.app.intake.take(offer).await {
            Verdict::Safe(answer) => self.reply().see_other(&self.thanks(&answer.receipt)),
            Verdict::Invalid(problems) => self.again(&sent, &problems, None),
            Verdict::Refused(problems) => self.again(&sent, &problems, Some("page_again")),
            Verdict::KeyReused => {
                // Sent before, changed since: a new token lets the visitor send the change as a new request.
                let token = self.app.tokens.issue_again(id);
                self.again(&plain::Sent { token, ..sent }, &[], Some("reused_text"))
            }
            Verdict::Unavailable => {
                let notice = self.app.locales.page_text(&self.text.form.locale, "page_busy");
                self.form_page(StatusCode::SERVICE_UNAVAILABLE, &sent, &[], Some(notice))
            }
        }
    }

    /// Where thanks are said. Inside an iframe always here: the page that a form leads to need not let itself be framed.
    fn thanks(&self, receipt: &str) -> String {
        let elsewhere = self.text.form.redirect.as_deref().filter(|_| self.mode == PageMode::Hosted);
        match elsewhere.and_then(|redirect| Url::parse(redirect).ok()) {
            Some(mut redirect) => {
                redirect.query_pairs_mut().append_pair("receipt", receipt);
                redirect.into()
            }
            None => self.frame.thanks(self.mode, &self.form.definition.id, receipt),
        }
    }

    /// The same page with what was typed, and why it is shown again.
    fn again(&self, sent: &plain::Sent, problems: &[Problem], notice: Option<&str>) -> Response {
        let form = &self.text.form;
        let notice = notice.map(|key| match key.starts_with("page_") {
            true => self.app.locales.page_text(&form.locale, key),
            false => lead_model::text_for(form, key),
        });
        self.form_page(StatusCode::UNPROCESSABLE_ENTITY, sent, problems, notice)
    }

    fn form_page(
        &self,
        status: StatusCode,
        sent: &plain::Sent,
        problems: &[Problem],
        notice: Option<&str>,
    ) -> Response {
        let values = plain::without_sensitive(&self.text.form, &sent.values);
        // Our script fills in once more what it has filled in before.
        let prefill = sent.prefill.as_deref();
        let page = FormPage {
            setting: Setting { prefill, ..self.setting() },
            text: &self.text,
            action: &self.frame.action(self.mode, &self.form.definition.id),
            token: &sent.token,
            values: &values,
            problems,
            notice,
        };
        self.reply().html(status, form_page(&self.app.assets, &page))
    }

    fn setting(&self) -> Setting<'_> {
        Setting {
            mode: self.mode,
            parent_origin: self.frame.parent_origin(),
            theme: self.frame.theme(),
            look: self.frame.look().or(Look::of(&self.form.definition)),
            link: self.frame.link(),
            prefill: None,
        }
    }

    fn trouble(&self, reason: ApiReason) -> Response {
        // Nothing can be sent from there, so it needs no link.
        let setting = Setting { link: None, ..self.setting() };
        let form = &self.text.form;
        self.reply().trouble(&form.locale, reason, Some((setting, form)))
    }

    fn reply(&self) -> Reply<'_> {
        Reply { app: self.app, mode: self.mode, form: Some(&self.form) }
    }
}
