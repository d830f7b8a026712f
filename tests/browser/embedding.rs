//! What the host page sees of the form, and what becomes of it where scripts or the form's Wasm may not run.

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, on_page};

#[tokio::test]
async fn visitor_without_javascript_sends_and_reloads_and_it_is_one_lead() {
    let house = House::start().await;
    let browser = Browser::start().await;
    browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.goto(&house.own("/f/card-machines")).await;
    let form = FormOnPage::without_scripts(&browser);
    // The browser's own check would hold the visitor up kindly; here the proxy must, so it is switched off.
    form.read("root.querySelector('form').noValidate = true").await;
    form.fill("First name", "Ada").await;
    form.fill("Work email", "ada@nowhere").await;
    form.send().await;
    let summary =
        form.ask("a summary", "const s = root.querySelector('.lf-summary'); return s && s.textContent").await;
    assert!(summary.as_str().unwrap().contains("Last name"), "{summary}");
    assert_eq!(form.read("return control('First name').value").await, "Ada", "what was typed is kept");
    assert!(form.problem_of("Work email").await.is_some());
    form.read("root.querySelector('form').noValidate = true; control('Work email').value = ''").await;
    form.fill("Last name", "Noscript").await;
    form.fill("Work email", "ada@analytical.example").await;
    form.fill("Phone", "020 7946 0018").await;
    form.choose("Not yet").await;
    form.choose("I agree").await;
    form.send().await;
    let receipt = form
        .ask(
            "a receipt",
            "const c = root.querySelector('.lf-receipt code'); return c && c.textContent.trim()",
        )
        .await;
    browser.driver.refresh().await.unwrap();
    let ledger = house.leads(1).await;
    assert_eq!(ledger.leads[0].id, receipt.as_str().unwrap());
    assert_eq!(ledger.leads[0].fields["LastName"], "Noscript");
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn two_forms_on_a_page_keep_to_themselves() {
    on_page("two_forms.html", async |_, browser| {
        let first = FormOnPage::nth(browser, 0).await;
        let second = FormOnPage::nth(browser, 1).await;
        first.fill("Last name", "One").await;
        second.fill("Last name", "Two").await;
        assert_eq!(first.read("return control('Last name').value").await, "One");
        assert_eq!(second.read("return control('Last name').value").await, "Two");
    })
    .await;
}

#[tokio::test]
async fn host_page_hears_the_events_of_a_lead_and_no_value_of_it() {
    on_page("plain.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        let listen = r"window.heard = [];
            for (const name of ['started', 'problem', 'submitted', 'received', 'delivered', 'failed'])
                document.addEventListener('lead-form:' + name, event => window.heard.push([name, JSON.stringify(event.detail)]));";
        browser.run(listen, &[]).await;
        form.send().await;
        form.until("problems are shown", "return root.querySelectorAll('.lf-problem').length > 3").await;
        form.fill_in("Events").await;
        form.send().await;
        let receipt = form.receipt().await;
        form.until_state("delivered").await;
        let heard = browser.run("return window.heard", &[]).await;
        let names: Vec<&str> = heard.as_array().unwrap().iter().map(|event| event[0].as_str().unwrap()).collect();
        for wanted in ["started", "problem", "submitted", "delivered"] {
            assert!(names.contains(&wanted), "{wanted} was not heard: {heard}");
        }
        let text = heard.to_string();
        assert!(text.contains(&receipt), "{text}");
        assert!(!text.contains("Events") && !text.contains("nalytical") && !text.contains("7946"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn form_shows_in_the_iframe_where_the_host_policy_forbids_wasm() {
    on_page("no_wasm_csp.html", async |house, browser| {
        let frame =
            "const e = document.querySelector('lead-form'); return (e.shadowRoot || e).querySelector('iframe')";
        browser.until("the form falls back to the iframe", &format!("{frame} && 1"), &[]).await;
        let element = browser.driver.execute(frame, vec![]).await.unwrap().element().unwrap();
        element.enter_frame().await.unwrap();
        let form = FormOnPage::on(browser).await;
        form.fill_in("Fallback").await;
        form.send().await;
        form.receipt().await;
        assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Fallback");
    })
    .await;
}

#[tokio::test]
async fn element_moved_in_the_page_keeps_what_was_typed_and_one_removed_leaves_nothing() {
    on_page("plain.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill("Last name", "Moved").await;
        browser.run("document.body.prepend(document.querySelector('lead-form'))", &[]).await;
        assert_eq!(form.read("return control('Last name').value").await, "Moved");
        let left = r"const e = document.querySelector('lead-form'); window.gone = e; e.remove();
            return new Promise(done => setTimeout(() => done(e.shadowRoot.querySelectorAll('form').length), 0))";
        assert_eq!(browser.run(left, &[]).await, 0);
        browser.run("document.body.append(window.gone)", &[]).await;
        FormOnPage::on(browser).await;
    })
    .await;
}

#[tokio::test]
async fn form_in_a_narrow_grid_or_flex_column_does_not_widen_it() {
    on_page("plain.html", async |_, browser| {
        FormOnPage::on(browser).await;
        let measure = r"
            document.body.style.cssText = 'margin: 0; inline-size: 320px; display: ' + arguments[0];
            return document.querySelector('lead-form').getBoundingClientRect().width";
        for display in ["block", "grid", "flex"] {
            let width = browser.run(measure, &[json!(display)]).await.as_f64().unwrap();
            assert!(width <= 320.5, "{width} px in {display}");
        }
    })
    .await;
}

#[tokio::test]
async fn name_of_a_form_stays_a_name_and_a_page_may_keep_other_things_under_ours() {
    on_page("plain.html", async |house, browser| {
        FormOnPage::on(browser).await;
        let strange = r"
            const e = document.querySelector('lead-form');
            window.failed = null;
            e.addEventListener('lead-form:failed', event => window.failed = event.detail.code);
            e.setAttribute('form', 'callback?x=1#');";
        browser.run(strange, &[]).await;
        assert_eq!(browser.until("it is refused", "return window.failed", &[]).await, "form_not_found");
        let mine = r"
            window.leadForm = 'mine'; window.heard = [];
            addEventListener('error', event => window.heard.push(event.message));";
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": mine })).await;
        browser.driver.refresh().await.unwrap();
        FormOnPage::on(browser).await;
        assert_eq!(browser.run("return window.heard", &[]).await, json!([]));
        assert_eq!(house.sim.takepayments().ledger().requests.len(), 0);
    })
    .await;
}
