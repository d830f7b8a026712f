//! A form on a page, handled as a person does: by its labels, options and buttons.
//!
//! Apart so that no journey knows a class name or where the shadow root is.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::Browser;

/// How long a page without scripts may take to load and answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the scripts below share: the form's root and the control of a label.
const FINDERS: &str = r"
    const element = document.querySelectorAll('lead-form')[index];
    const root = element.shadowRoot || element;
    const says = (node, text) => node.textContent.replace(/\s+/g, ' ').trim().startsWith(text);
    const label = (text) => Array.from(root.querySelectorAll('label, legend')).find(node => says(node, text));
    const control = (text) => { const l = label(text); return l && (l.control || root.querySelector('#' + CSS.escape(l.htmlFor))); };
    const group = (text) => { const l = label(text); return l && l.closest('fieldset'); };
    const button = (text) => Array.from(root.querySelectorAll('button')).find(node => says(node, text));
    const state = () => { const lf = root.querySelector('[data-state]'); return lf && lf.dataset.state; };
";

#[derive(Clone, Copy)]
pub(crate) struct FormOnPage<'a> {
    pub(crate) browser: &'a Browser,
    index: usize,
}

impl<'a> FormOnPage<'a> {
    /// The first form of the page, once it can be used.
    pub(crate) async fn on(browser: &'a Browser) -> Self {
        Self::nth(browser, 0).await
    }

    pub(crate) async fn nth(browser: &'a Browser, index: usize) -> Self {
        let form = Self { browser, index };
        form.until("the form is ready", "return state() === 'idle' && root.querySelector('form').noValidate")
            .await;
        form
    }

    /// The first form of the page where no script may run: nothing can be waited for inside the page.
    pub(crate) fn without_scripts(browser: &'a Browser) -> Self {
        Self { browser, index: 0 }
    }

    fn script(&self, body: &str) -> String {
        format!("const index = {};{FINDERS}{body}", self.index)
    }

    pub(crate) async fn until(&self, what: &str, body: &str) -> Value {
        self.browser.until(what, &self.script(body), &[]).await
    }

    pub(crate) async fn read(&self, body: &str) -> Value {
        self.browser.run(&self.script(body), &[]).await
    }

    /// Where no script of the page may run, the page can't wait for itself: it is asked from outside, again and again,
    /// until it has loaded and has something to say.
    pub(crate) async fn ask(&self, what: &str, body: &str) -> Value {
        let script = self.script(&format!("if (document.readyState !== 'complete') return null; {body}"));
        let deadline = Instant::now() + PATIENCE;
        let mut said = Value::Null;
        while said.is_null() {
            tokio::time::sleep(Duration::from_millis(25)).await;
            assert!(Instant::now() < deadline, "asked in vain for {what}");
            // A page that is just being left answers with an error.
            if let Ok(answer) = self.browser.driver.execute(script.as_str(), vec![]).await {
                said = answer.json().clone();
            }
        }
        said
    }

    async fn element(&self, what: &str, body: &str, text: &str) -> WebElement {
        let script = self.script(&body.replace("TEXT", &json!(text).to_string()));
        let found = self.browser.driver.execute(script, vec![]).await.unwrap();
        found.element().unwrap_or_else(|error| panic!("no {what} {text:?}: {error}"))
    }

    pub(crate) async fn field(&self, label: &str) -> WebElement {
        self.element("field", "return control(TEXT)", label).await
    }

    /// The control that goes by this name on the wire, in whatever language its label is.
    pub(crate) async fn named(&self, name: &str) -> WebElement {
        self.element("control", "return root.querySelector(`[name=\"${TEXT}\"]`)", name).await
    }

    /// Types at its end. As people do, by a click first: WebKit lets no frame of another origin take the focus by itself.
    pub(crate) async fn type_into(&self, name: &str, text: &str) {
        let control = self.named(name).await;
        self.point_at(&control).await;
        control.send_keys(Key::End + text).await.unwrap();
    }

    /// Presses the button that sends, in whatever language it says so.
    pub(crate) async fn submit(&self) {
        let body = "return root.querySelector(`button[type=${TEXT}]`)";
        self.point_at(&self.element("button", body, "submit").await).await;
    }

    /// Clicks where it is, with the mouse: WebKit's driver believes that whatever is in a shadow root is covered by its host.
    async fn point_at(&self, element: &WebElement) {
        element.scroll_into_view().await.unwrap();
        let actions = self.browser.driver.action_chain_with_delay(None, Some(Duration::ZERO));
        actions.move_to_element_center(element).click().perform().await.unwrap();
    }

    pub(crate) async fn button(&self, text: &str) -> WebElement {
        self.element("button", "return button(TEXT)", text).await
    }

    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.send_keys(text).await.unwrap();
    }

    /// Chooses an option of a select, a radio option or a box by what it says.
    pub(crate) async fn choose(&self, label: &str) {
        let body = "const o = Array.from(root.querySelectorAll('option')).find(n => says(n, TEXT)); return o || label(TEXT)";
        let element = self.element("option", body, label).await;
        element.scroll_into_view().await.unwrap();
        element.click().await.unwrap();
    }

    pub(crate) async fn press(&self, text: &str) {
        let button = self.button(text).await;
        button.scroll_into_view().await.unwrap();
        button.click().await.unwrap();
    }

    /// Fills the shipped main form with a café's details and this surname, which the journey finds again in the ledger.
    pub(crate) async fn fill_in(&self, surname: &str) {
        self.fill("First name", "Ada").await;
        self.fill("Last name", surname).await;
        self.fill("Work email", "ada@Analytical.example").await;
        self.fill("Phone", "020 7946 0018").await;
        self.fill("Business name", "Engine Café").await;
        self.choose("Café, restaurant or bar").await;
        self.choose("Not yet").await;
        self.choose("I agree").await;
    }

    pub(crate) async fn send(&self) {
        self.press("Get my quote").await;
    }

    pub(crate) async fn until_state(&self, wanted: &str) {
        self.until(&format!("state {wanted}"), &format!("return '{wanted}'.split('|').includes(state())"))
            .await;
    }

    /// Waits for the thanks and gives the receipt.
    pub(crate) async fn receipt(&self) -> String {
        self.until_state("received|delivered").await;
        let receipt =
            self.until("a receipt", "return root.querySelector('.lf-receipt code').textContent.trim()").await;
        receipt.as_str().unwrap().to_owned()
    }

    /// The problem that a screen reader reads with this field, if any.
    pub(crate) async fn problem_of(&self, label: &str) -> Option<String> {
        let body = format!(
            r"const c = control({0}) || (group({0}) || root).querySelector('input');
            const invalid = (c.closest('fieldset') || c).getAttribute('aria-invalid') === 'true' || c.getAttribute('aria-invalid') === 'true';
            const ids = ((c.closest('fieldset') || c).getAttribute('aria-describedby') || c.getAttribute('aria-describedby') || '').split(' ');
            const text = ids.map(id => id && root.querySelector('#' + CSS.escape(id))).filter(n => n && n.matches('.lf-problem')).map(n => n.textContent.trim()).join(' ');
            return invalid && text ? text : null",
            json!(label)
        );
        self.read(&body).await.as_str().map(str::to_owned)
    }
}
