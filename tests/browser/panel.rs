//! The panel in a CRM's page on another origin, handled as a sales person does, against the simulators of two partners.
//!
//! Apart from the forms' journeys because here a person with a token works with records, and what counts is what the partner's
//! ledger shows of it.

mod faults;
mod journeys;
mod looks;

use std::time::Duration;

use lead_proxy::signed::Scope;
use partner_sim::{Controls, Request};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::drivers::Engine;
use crate::house::House;

const LIFE: Duration = Duration::from_secs(600);

/// What the scripts below share.
const FINDERS: &str = r"
    const shown = node => node && node.offsetParent !== null;
    const all = selector => Array.from(document.querySelectorAll(selector));
    const text = node => node.textContent.replace(/\s+/g, ' ').trim();
    const button = label => all('button').find(node => shown(node) && (text(node).startsWith(label) || node.ariaLabel === label));
    const field = label => { const l = all('label').find(node => shown(node) && text(node).startsWith(label)); return l && l.control; };
    const value = label => { const dt = all('dt').find(node => text(node) === label); return dt && text(dt.nextElementSibling); };
    const rows = () => all('.lfp-row__open');
    const title = () => { const t = document.querySelector('.lfp-record__title'); return t && text(t); };
";

/// The panel of one account on the CRM's page.
pub(crate) struct Panel {
    pub(crate) house: House,
    pub(crate) browser: Browser,
    account: &'static str,
}

impl Panel {
    /// Of this account, with this scope, in this browser, with a partner that is prepared first.
    pub(crate) async fn start_in(
        engine: Engine,
        account: &'static str,
        scope: Scope,
        prepare: impl FnOnce(&House),
    ) -> Self {
        let house = House::start().await;
        prepare(&house);
        let browser = Browser::of(engine, "light").await;
        let panel = Self { house, browser, account };
        panel.open(scope, None, "").await;
        panel
    }

    /// Opens the panel anew in the CRM's frame; `more` is added to its query.
    pub(crate) async fn open(&self, scope: Scope, record: Option<&str>, more: &str) {
        let token = self.house.panel_token(self.account, scope, record, LIFE);
        self.open_with(&format!("token={token}"), more).await;
    }

    /// Opens it with this behind the `#`.
    pub(crate) async fn open_with(&self, fragment: &str, more: &str) {
        self.browser.goto(&self.house.page("panel.html")).await;
        let url = self.house.own(&format!("/panel/{}?locale=en{more}#{fragment}", self.account));
        self.browser.run("document.getElementById('panel').src = arguments[0]", &[json!(url)]).await;
        self.enter().await;
    }

    pub(crate) async fn enter(&self) {
        self.browser.driver.enter_frame(0).await.unwrap();
    }

    /// What the CRM's page has heard.
    pub(crate) async fn heard(&self) -> Vec<Value> {
        self.browser.driver.enter_default_frame().await.unwrap();
        let heard = self.browser.run("return window.said", &[]).await;
        self.enter().await;
        heard.as_array().unwrap().clone()
    }

    /// Has the CRM's page say something.
    pub(crate) async fn say(&self, message: &Value) {
        self.browser.driver.enter_default_frame().await.unwrap();
        self.browser.run("window.say(arguments[0])", std::slice::from_ref(message)).await;
        self.enter().await;
    }

    pub(crate) async fn until(&self, what: &str, body: &str) -> Value {
        self.browser.until(what, &format!("{FINDERS}{body}"), &[]).await
    }

    pub(crate) async fn read(&self, body: &str) -> Value {
        self.browser.run(&format!("{FINDERS}{body}"), &[]).await
    }

    /// Waits until so many rows are there.
    pub(crate) async fn rows(&self, count: usize) {
        self.until(&format!("{count} rows"), &format!("return rows().length === {count}")).await;
    }

    /// Waits until something on the page says this.
    pub(crate) async fn says(&self, words: &str) {
        let look = format!("return document.getElementById('panel').innerText.includes({})", json!(words));
        self.until(&format!("“{words}”"), &look).await;
    }

    /// Waits for a button and presses it.
    pub(crate) async fn press(&self, label: &str) {
        let look =
            format!("const b = button({}); if (b && !b.disabled) {{ b.click(); return true }}", json!(label));
        self.until(&format!("the button {label}"), &look).await;
    }

    /// Waits for a field and puts this in place of what it holds, key by key. As people do, by a click first: WebKit lets no frame
    /// of another origin take the focus by itself.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let look = format!("return field({})", json!(label));
        self.until(&format!("the field {label}"), &format!("{look} ? 1 : 0")).await;
        let found = self.browser.driver.execute(format!("{FINDERS}{look}"), vec![]).await.unwrap();
        let control = found.element().unwrap();
        control.click().await.unwrap();
        self.read(&format!("const f = field({}); f.select && f.select()", json!(label))).await;
        self.keys(Key::Backspace + text).await;
    }

    /// Presses keys where focus is.
    pub(crate) async fn keys(&self, keys: impl Into<TypingData>) {
        self.browser.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.browser.stop().await;
        self.house.stop().await;
    }
}

/// The requests of one operation that a partner has had.
pub(crate) fn requests(partner: &Controls, operation: &str) -> Vec<Request> {
    partner.ledger().requests.into_iter().filter(|request| request.operation == operation).collect()
}
