//! Forms behind a button: popup, slider and floating button, by mouse, by keyboard and by the page's own call.
//!
//! Apart from the journeys because here the form is not there until somebody wants it.

use std::path::Path;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::on_page;
use crate::kindness::axe;

/// What has focus, through every shadow root: its text, else its name, else its tag.
const FOCUS: &str = r"
    let at = document.activeElement;
    while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
    return at.getAttribute('name') || at.getAttribute('aria-label') || at.textContent.trim() || at.tagName";

/// Whether the dialog of the element with this index is open.
const OPEN: &str =
    "return !!document.querySelectorAll('lead-form')[arguments[0]].shadowRoot.querySelector('dialog').open";

async fn buttons(browser: &Browser) {
    let there = "return [...document.querySelectorAll('lead-form')].every((e) => e.shadowRoot && e.shadowRoot.querySelector('button'))";
    browser.until("the buttons", there, &[]).await;
}

async fn press_key(browser: &Browser, key: &str) {
    browser.driver.active_element().await.unwrap().send_keys(key).await.unwrap();
}

#[tokio::test]
async fn form_behind_a_button_is_fetched_when_it_is_wanted_and_keeps_what_was_typed() {
    on_page("dialogs.html", async |house, browser| {
        buttons(browser).await;
        let fetched = "return performance.getEntriesByType('resource').map((entry) => entry.name).join(' ')";
        let before = browser.run(fetched, &[]).await;
        assert!(!before.as_str().unwrap().contains("fragment"), "{before}");
        assert!(!before.as_str().unwrap().contains(".wasm"), "{before}");

        browser.driver.find(By::Id("before")).await.unwrap().click().await.unwrap();
        press_key(browser, "\u{e004}").await;
        assert_eq!(browser.run(FOCUS, &[]).await, "Ask for a call");
        press_key(browser, "\u{e007}").await;
        let form = FormOnPage::on(browser).await;
        assert_eq!(browser.run(OPEN, &[json!(0)]).await, true);
        form.fill("First name", "Alan").await;
        for _ in 0..12 {
            press_key(browser, "\u{e004}").await;
            let focus =
                browser.run("return [document.activeElement.tagName, document.hasFocus()]", &[]).await;
            let outside = focus == json!(["BUTTON", true]);
            assert!(!outside, "focus left the dialog for the page behind it: {focus}");
        }
        let inert =
            "const b = document.getElementById('after'); b.focus(); return document.activeElement === b";
        assert_eq!(browser.run(inert, &[]).await, false, "the page behind the dialog is inert");

        form.field("Last name").await.send_keys("Turing\u{e00c}").await.unwrap();
        browser
            .until("it is closed", &OPEN.replace("return !!", "return !").replace("arguments[0]", "0"), &[])
            .await;
        assert_eq!(browser.run(FOCUS, &[]).await, "Ask for a call", "focus is back where it came from");

        press_key(browser, "\u{e007}").await;
        assert_eq!(form.read("return control('First name').value").await, "Alan");
        form.fill("Email", "alan@bombe.example").await;
        form.fill("Phone", "01908 640404").await;
        form.read("root.querySelector('form').requestSubmit()").await;
        form.receipt().await;
        assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Turing");
    })
    .await;
}

#[tokio::test]
async fn each_shape_opens_by_a_call_says_what_it_is_and_closes_beside_itself() {
    on_page("dialogs.html", async |_house, browser| {
        // Before the script is there, too: such calls wait.
        buttons(browser).await;
        browser.run("addEventListener('lead-form:closed', ({ detail }) => (window.closed_form = detail.form))", &[]).await;
        for (index, form) in ["callback", "card-machines", "contact-us"].into_iter().enumerate() {
            let call = format!("document.querySelectorAll('lead-form')[{index}].open()");
            browser.run(&call, &[]).await;
            let on_page = FormOnPage::nth(browser, index).await;
            assert_eq!(axe(browser).await, [""; 0], "{form}");
            let shown = on_page
                .read("const d = root.querySelector('dialog');
                    return [d.getAttribute('aria-label').length > 3, d.querySelector('.lf-dialog__close').getAttribute('aria-label')]")
                .await;
            assert_eq!(shown, json!([true, "Close"]), "{form}");
            for (screen, width, height) in [("phone", 390, 844), ("desktop", 1280, 900)] {
                for scheme in ["light", "dark"] {
                    browser.show_as(width, height, scheme).await;
                    on_page.until("it fits", "const box = root.querySelector('dialog').getBoundingClientRect(); return box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1").await;
                    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
                    browser.screenshot(&folder.join(format!("dialog-{form}-{screen}-{scheme}.png")), width, height).await;
                }
            }
            // Far from each of them.
            browser.run("const d = document.querySelectorAll('lead-form')[arguments[0]].shadowRoot.querySelector('dialog');
                d.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))", &[json!(index)]).await;
            browser.until("it is closed", "return window.closed_form === arguments[0]", &[json!(form)]).await;
            assert_eq!(browser.run(OPEN, &[json!(index)]).await, Value::Bool(false));
        }
    })
    .await;
}
