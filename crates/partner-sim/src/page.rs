//! What a person sees: the index of partners, and for each partner what arrived and the switch of faults.
//!
//! Plain HTML made here, so that it works without JavaScript; `assets/page.js` only keeps it fresh. Whatever came from
//! outside goes through [`escape`], and the policy forbids every script and style but our two files.

mod arrivals;
mod faults;

use std::borrow::Cow;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::documented::Documented;
use crate::fault::FaultSetting;
use crate::ledger::Ledger;

const CSS: &str = include_str!("../assets/page.css");
const JS: &str = include_str!("../assets/page.js");
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A drop in a ring; as data, so that no page asks for a file that is not there.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' \
    cy='8' r='6' fill='none' stroke='%230f766e' stroke-width='2.5'/%3E%3Ccircle cx='8' cy='8' r='2.2' \
    fill='%230f766e'/%3E%3C/svg%3E";

/// A partner's data about itself, for index and page.
#[derive(Clone, Copy)]
pub(crate) struct Partner {
    /// The first part of every path of this partner.
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    /// One or two sentences.
    pub(crate) summary: &'static str,
    /// Method and path of each operation; the first is the one that takes leads.
    pub(crate) operations: &'static [(&'static str, &'static str)],
    /// The fields that make a lead's title: two names, then the rest.
    pub(crate) headline: &'static [&'static str],
    /// The errors that its document lists.
    pub(crate) documented: &'static [Documented],
}

/// Serves the two files that every page uses.
pub(crate) fn assets() -> Router {
    let file = |content_type, text: &'static str| {
        ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], text)
    };
    Router::new()
        .route("/assets/page.css", get(async move || file("text/css; charset=utf-8", CSS)))
        .route("/assets/page.js", get(async move || file("text/javascript; charset=utf-8", JS)))
}

/// Shows which partners are simulated.
pub(crate) fn index(partners: &[Partner]) -> Response {
    let mut list = String::new();
    for partner in partners {
        let Partner { slug, name, summary, .. } = partner;
        list.push_str(&format!(
            "<li><a class=\"partner\" href=\"/{slug}\"><h2>{name}</h2><p>{summary}</p>{}</a></li>",
            operations(partner)
        ));
    }
    let main = format!(
        "<section class=\"intro\"><h1>Partner simulators</h1><p>Each behaves as its partner’s document says, keeps what \
         it received, and goes wrong in the way you choose.</p></section><ul class=\"partners\">{list}</ul>"
    );
    frame("Partner simulators", "", &main)
}

/// Shows what arrived at one partner, newest first, and its switch of faults.
pub(crate) fn partner(partner: &Partner, ledger: &Ledger, setting: &FaultSetting) -> Response {
    let Partner { slug, name, summary, .. } = partner;
    let main = format!(
        "<section class=\"intro\"><h1>{name}</h1><p>{summary}</p>{operations}</section>{banner}<div class=\"columns\"><div class=\"arrivals\">{totals}{leads}{requests}</div>\
         <aside id=\"faults\">{switch}</aside></div>",
        operations = operations(partner),
        banner = faults::banner(slug, setting),
        totals = arrivals::totals(ledger),
        leads = arrivals::leads(partner, ledger),
        requests = arrivals::requests(partner, ledger),
        switch = faults::switch(partner, setting),
    );
    let actions = format!(
        "<a href=\"#faults\" class=\"to-faults\">Faults</a><a href=\"/{slug}/ledger.json\">ledger.json</a>\
         <form method=\"post\" action=\"/{slug}/clear\">\
         <button class=\"quiet\">Clear</button></form>"
    );
    frame(&format!("{name} simulator"), &actions, &main)
}

/// Shows methods and paths; a long path breaks at its slashes.
fn operations(partner: &Partner) -> String {
    let rows = partner.operations.iter().map(|(method, path)| {
        let path = escape(path).replace("&#x2F;", "/").replace('/', "/<wbr>");
        format!("<p class=\"operation\"><b>{method}</b> <span>{path}</span></p>")
    });
    rows.collect()
}

fn frame(title: &str, actions: &str, main: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"{ICON}\">\
         <link rel=\"stylesheet\" href=\"/assets/page.css\">\
         <noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\
         <script src=\"/assets/page.js\" defer></script></head><body>\
         <header class=\"top\"><a class=\"brand\" href=\"/\"><span class=\"mark\"></span>\
         <span><span>Partner </span>simulators</span></a>\
         <nav>{actions}</nav></header><main>{main}</main></body></html>"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, html).into_response()
}

/// Makes text safe inside HTML, between tags and inside quoted attributes.
fn escape(text: &str) -> Cow<'_, str> {
    html_escape::encode_safe(text)
}
