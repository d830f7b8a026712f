//! Every request of the panel: one function, and what may go wrong on the way as one type.
//!
//! Apart so that the token goes into one header here and nowhere else, and each view branches on codes, never on statuses.

use std::pin::Pin;
use std::time::Duration;

use gloo_net::http::{Method, Request, RequestBuilder};
use lead_model::Problem;
use leptos::prelude::{WithValue as _, set_timeout_with_handle};
use serde_json::Value;
use web_sys::{AbortController, AbortSignal, RequestCredentials};

use crate::app::App;
use crate::wire::{Read, Record, Refusal};

/// How long one request may take. The proxy gives up before.
const REQUEST_MAX: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// The proxy's code, or one of `offline`, `unreadable`, `overtaken`.
    pub(crate) code: String,
    pub(crate) problems: Vec<Problem>,
    /// The record as it is now, after `record_changed`.
    pub(crate) record: Option<Box<Record>>,
    /// Seconds after which to ask again.
    pub(crate) retry_after: Option<u32>,
}

impl Fault {
    fn of(code: &str) -> Self {
        Self { code: code.to_owned(), problems: Vec::new(), record: None, retry_after: None }
    }

    /// Another request has taken this one's place.
    pub(crate) fn is_overtaken(&self) -> bool {
        self.code == "overtaken"
    }

    /// The token is at fault: the CRM must give a new one.
    pub(crate) fn is_of_token(&self) -> bool {
        self.code.starts_with("panel_token_")
    }

    /// Whether trying again may help.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self.code.as_str(),
            "offline"
                | "unreadable"
                | "partner_unreachable"
                | "partner_unclear"
                | "partner_busy"
                | "partner_timeout"
                | "store_unavailable"
                | "internal"
                | "request_timeout"
        )
    }
}

/// One request.
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// Behind `/v1/accounts/{account}`.
    pub(crate) path: String,
    pub(crate) body: Option<String>,
    /// The idempotency key of what makes something.
    pub(crate) key: Option<String>,
    pub(crate) signal: Option<AbortSignal>,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, key: None, signal: None }
    }

    pub(crate) fn with_body(method: Method, path: impl Into<String>, body: String) -> Self {
        Self { method, path: path.into(), body: Some(body), key: None, signal: None }
    }
}

/// Asks, and reads the answer.
pub(crate) async fn ask<T: Read>(app: App, ask: Ask) -> Result<T, Fault> {
    fetch(app, ask).await.map(|value| T::read(&value))
}

/// What is written into an address.
pub(crate) fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

type Fetched = Pin<Box<dyn Future<Output = Result<Value, Fault>>>>;

/// Asks, and gives the JSON of a good answer. Neither generic nor inlined, so that it is in the download once.
fn fetch(app: App, ask: Ask) -> Fetched {
    Box::pin(async move {
        let account = app.setting.with_value(|setting| encoded(&setting.account));
        let url = ["/v1/accounts/", &account, &ask.path].concat();
        let bearer = app.token.with_value(|token| ["Bearer ", token].concat());
        let own = AbortController::new().ok();
        let signal = ask.signal.clone().or_else(|| own.as_ref().map(AbortController::signal));
        let mut builder = RequestBuilder::new(&url)
            .method(ask.method)
            .credentials(RequestCredentials::Omit)
            .header("authorization", &bearer)
            .abort_signal(signal.as_ref());
        if let Some(key) = &ask.key {
            builder = builder.header("idempotency-key", key);
        }
        let request = match ask.body {
            Some(body) => builder.header("content-type", "application/json").body(body),
            None => builder.build(),
        };
        let request = request.map_err(|_| Fault::of("unreadable"))?;
        let limit = own.and_then(|own| set_timeout_with_handle(move || own.abort(), REQUEST_MAX).ok());
        let read = read(request).await;
        if let Some(limit) = limit {
            limit.clear();
        }
        match read {
            Some((true, _, value)) => value.ok_or_else(|| Fault::of("unreadable")),
            Some((false, retry, value)) => Err(refusal(&value.unwrap_or_default(), retry)),
            None if ask.signal.is_some_and(|signal| signal.aborted()) => Err(Fault::of("overtaken")),
            None => Err(Fault::of("offline")),
        }
    })
}

/// Whether it is good, when to ask again, and its JSON where it is some; nothing where no answer came whole.
async fn read(request: Request) -> Option<(bool, Option<String>, Option<Value>)> {
    let response = request.send().await.ok()?;
    let retry = response.headers().get("retry-after");
    let text = response.text().await.ok()?;
    Some((response.ok(), retry, serde_json::from_str(&text).ok()))
}

fn refusal(value: &Value, retry_after: Option<String>) -> Fault {
    let refusal = Refusal::read(value);
    let code = if refusal.code.is_empty() { "unreadable" } else { &refusal.code };
    Fault {
        problems: refusal.problems,
        record: refusal.record.map(Box::new),
        retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
        ..Fault::of(code)
    }
}
