//! What a visitor does before the Wasm has come, where it never comes, and in a form of several steps.
//!
//! Apart from the other journeys because here the network is held back.

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, on_own_page, on_page};

/// A form in the page's first element as it stands before the Wasm.
const PLAIN: &str = r"
    const e = document.querySelector('lead-form');
    const root = e && (e.shadowRoot || e);
    const form = root && root.querySelector('form');
    return form && form.method === 'post' && root.querySelectorAll('[name]').length > 3";

async fn hold_back(browser: &Browser, bytes_a_second: u32) {
    browser.cdp("Network.enable", json!({})).await;
    let throughput = if bytes_a_second == 0 { json!(-1) } else { json!(bytes_a_second) };
    let conditions =
        json!({ "offline": false, "latency": 0, "downloadThroughput": throughput, "uploadThroughput": -1 });
    browser.cdp("Network.emulateNetworkConditions", conditions).await;
}

async fn block_wasm(browser: &Browser) {
    browser.cdp("Network.enable", json!({})).await;
    browser.cdp("Network.setBlockedURLs", json!({ "urls": ["*.wasm"] })).await;
}

/// Types an address before the Wasm is there, goes on typing after it has come, and sends.
async fn types_early(house: &House, browser: &Browser, url: &str) {
    hold_back(browser, 12_000).await;
    browser.goto(url).await;
    browser.until("the first paint", PLAIN, &[]).await;
    let form = FormOnPage::without_scripts(browser);
    form.read("window.first = control('Work email')").await;
    form.field("First name").await.send_keys("Ada").await.unwrap();
    form.field("Work email").await.send_keys("ada@analytical.exa").await.unwrap();
    assert_eq!(form.read("return root.querySelector('form').method").await, "post", "typed before the Wasm");
    // A composition is under way when the Wasm comes.
    form.field("Last name").await.click().await.unwrap();
    browser
        .cdp("Input.imeSetComposition", json!({ "text": "ラブ", "selectionStart": 2, "selectionEnd": 2 }))
        .await;
    hold_back(browser, 0).await;
    let form = FormOnPage::on(browser).await;
    assert_eq!(form.read("return control('Last name').value").await, "ラブ");
    browser.cdp("Input.insertText", json!({ "text": "ラブレス" })).await;
    assert_eq!(form.read("return control('Last name').value").await, "ラブレス", "the composition went on");
    assert_eq!(form.read("return control('First name').value").await, "Ada");
    assert_eq!(
        form.read("return control('Work email') === window.first").await,
        true,
        "the node is the same"
    );
    form.field("Work email").await.send_keys("mple").await.unwrap();
    form.fill("Phone", "020 7946 0018").await;
    form.choose("Not yet").await;
    form.choose("I agree").await;
    form.send().await;
    form.receipt().await;
    let ledger = house.leads(1).await;
    assert_eq!(ledger.leads[0].fields["LastName"], "ラブレス");
    assert_eq!(ledger.leads[0].fields["Email"], "ada@analytical.example");
}

#[tokio::test]
async fn visitor_who_types_before_the_wasm_on_a_host_page_loses_nothing() {
    let house = House::start().await;
    let browser = Browser::start().await;
    types_early(&house, &browser, &house.page("plain.html")).await;
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn visitor_who_types_before_the_wasm_on_the_hosted_page_loses_nothing() {
    let house = House::start().await;
    let browser = Browser::start().await;
    types_early(&house, &browser, &house.own("/f/card-machines")).await;
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn form_that_is_being_filled_in_stays_and_sends_when_its_wasm_never_comes() {
    let house = House::start().await;
    let browser = Browser::start().await;
    // It comes, and then does not start: when, the test says.
    let held = "WebAssembly.instantiateStreaming = WebAssembly.instantiate = () => new Promise((_, fail) => window.failWasm = fail);
        window.failed = []; document.addEventListener('lead-form:failed', e => window.failed.push(e.detail.code))";
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": held })).await;
    browser.goto(&house.page("plain.html")).await;
    browser.until("the first paint", PLAIN, &[]).await;
    let form = FormOnPage::without_scripts(&browser);
    form.field("Last name").await.send_keys("Wasmless").await.unwrap();
    browser.until("the Wasm is held", "return !!window.failWasm", &[]).await;
    browser.run("window.failWasm(new Error('held'))", &[]).await;
    let heard = "return window.failed.length && window.failed";
    assert_eq!(browser.until("the failure is told", heard, &[]).await, json!(["not_started"]));
    assert_eq!(form.read("return control('Last name').value").await, "Wasmless");
    form.field("First name").await.send_keys("Ada").await.unwrap();
    form.field("Work email").await.send_keys("ada@analytical.example").await.unwrap();
    form.field("Phone").await.send_keys("020 7946 0018").await.unwrap();
    form.choose("Not yet").await;
    form.choose("I agree").await;
    form.send().await;
    browser.until("the thanks", "return document.querySelector('.lf-receipt code')?.textContent", &[]).await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Wasmless");
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn untouched_form_goes_to_the_iframe_when_its_wasm_is_blocked_and_works_there_without() {
    let house = House::start().await;
    let browser = Browser::start().await;
    block_wasm(&browser).await;
    browser.goto(&house.page("plain.html")).await;
    let frame = "return document.querySelector('lead-form')?.shadowRoot?.querySelector('iframe')";
    browser.until("the iframe", &format!("{frame} && 1",), &[]).await;
    let element = browser.driver.execute(frame, vec![]).await.unwrap().element().unwrap();
    element.enter_frame().await.unwrap();
    browser.until("the form in it", PLAIN, &[]).await;
    let form = FormOnPage::without_scripts(&browser);
    form.fill_in("Blocked").await;
    form.send().await;
    browser.until("the thanks", "return document.querySelector('.lf-receipt code')?.textContent", &[]).await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Blocked");
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn visitor_goes_through_the_steps_and_back_and_is_asked_what_concerns_them() {
    on_own_page("/f/better-rates", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        let place = "return root.querySelector('.lf-progress__text').textContent";
        assert_eq!(form.read(place).await, "Step 1 of 3");
        assert_eq!(form.read("return !!button('Send my request')").await, false);
        form.press("Continue").await;
        form.until("the step's problems", "return root.querySelectorAll('.lf-problem').length === 1").await;
        let shown = "const l = label('What would you like'); return l.getClientRects().length > 0";
        assert_eq!(form.read(shown).await, false, "who is new to cards has no fees to lower");
        form.choose("Yes").await;
        form.until("the question that depends on it", shown).await;
        form.fill("What would you like", "Lower fees").await;
        form.press("Continue").await;
        form.until("the second step", "return root.querySelector('.lf-progress__text').textContent === 'Step 2 of 3'").await;
        form.until("its heading has focus", "return root.activeElement ? root.activeElement.className === 'lf-step__title' : document.activeElement.className === 'lf-step__title'").await;
        form.press("Back").await;
        form.until("the first step again", "return root.querySelector('.lf-progress__text').textContent === 'Step 1 of 3'").await;
        assert_eq!(form.read("return control('What would you like').value").await, "Lower fees");
        form.press("Continue").await;
        form.choose("Shop").await;
        form.press("Continue").await;
        form.until("the last step", "return button('Send my request')").await;
        form.fill("First name", "Ada").await;
        form.fill("Last name", "Steps").await;
        form.fill("Work email", "ada@analytical.example").await;
        form.fill("Phone", "020 7946 0018").await;
        form.choose("I agree").await;
        form.press("Send my request").await;
        form.receipt().await;
        let fields = house.leads(1).await.leads[0].fields.clone();
        assert_eq!((&fields["LastName"], &fields["Industry"]), (&json!("Steps"), &json!("Retail")));
        assert!(fields["Notes"].as_str().unwrap().contains("Lower fees"), "{fields:?}");
    })
    .await;
}

#[tokio::test]
async fn steps_stand_below_each_other_where_no_script_runs() {
    let house = House::start().await;
    let browser = Browser::start().await;
    browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.goto(&house.own("/f/better-rates")).await;
    let form = FormOnPage::without_scripts(&browser);
    form.choose("Not yet").await;
    form.choose("Shop").await;
    form.fill("First name", "Ada").await;
    form.fill("Last name", "Plain").await;
    form.fill("Work email", "ada@analytical.example").await;
    form.fill("Phone", "020 7946 0018").await;
    form.choose("I agree").await;
    form.press("Send my request").await;
    form.ask("a receipt", "const c = root.querySelector('.lf-receipt code'); return c && c.textContent")
        .await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Plain");
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn visitor_reads_the_form_in_their_language_and_direction() {
    on_page("arabic.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        assert_eq!(form.read("return root.querySelector('.lf').dir").await, "rtl");
        form.press("اتصلوا بي").await;
        form.until("problems are shown", "return root.querySelectorAll('.lf-problem').length === 4").await;
        assert_eq!(form.problem_of("الاسم الأول").await.as_deref(), Some("يرجى ملء هذا الحقل"));
    })
    .await;
}
