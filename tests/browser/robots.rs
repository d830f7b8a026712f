//! What tells a person from a robot in a browser: a field that nobody meets, and a proof of work that nobody notices.
//!
//! Apart from the other journeys because the form here keeps back whoever shows the least sign of a robot.

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;

const FORM: &str = include_str!("../../forms/card-machines.toml");

/// The main form under another id, whose every sign counts.
fn wary() -> String {
    let robots =
        "robots = { quarantine_at = 1, proof = true, work = 20000, fill_seconds = 0 }\ndefault_locale";
    FORM.replacen("id = \"card-machines\"", "id = \"wary\"", 1).replacen("default_locale", robots, 1)
}

/// Shows the wary form on a host page, or on the proxy's own.
async fn start(own: bool, before: impl AsyncFnOnce(&Browser)) -> (House, Browser) {
    let house = House::start_in("tests/pages", &[("wary", &wary())]).await;
    let browser = Browser::start().await;
    before(&browser).await;
    if own {
        browser.goto(&house.own("/f/wary")).await;
    } else {
        browser.goto(&house.page("plain.html")).await;
        browser.run("document.querySelector('lead-form').setAttribute('form', 'wary')", &[]).await;
        browser.until("the wary form", "return document.querySelector('lead-form').shadowRoot?.querySelector('#lf-wary-1-email, [id^=lf-wary-][id$=-email]') && 1", &[]).await;
    }
    (house, browser)
}

async fn stop(house: House, browser: Browser) {
    browser.stop().await;
    house.stop().await;
}

/// Whether a worker has found the number is heard by what the page's own thread was told.
const HEAR: &str = "window.workers = []; const W = window.Worker; window.Worker = class extends W {
    constructor(url, ...rest) { super(url, ...rest);
        this.addEventListener('message', () => window.workers.push(String(url).split(':')[0]));
        this.addEventListener('error', () => window.workers.push('error')); } };";

async fn hear(browser: &Browser) {
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": HEAR })).await;
}

async fn person_is_sent(own: bool, worker: &str) {
    let (house, browser) = start(own, hear).await;
    let form = FormOnPage::on(&browser).await;
    assert_eq!(browser.run("return window.workers", &[]).await, json!([]), "nobody has touched the form yet");
    form.field("First name").await.click().await.unwrap();
    let found = browser.until("the proof", "return window.workers.length && window.workers", &[]).await;
    assert_eq!(found, json!([worker]));
    form.fill_in("Proven").await;
    form.send().await;
    form.receipt().await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Proven", "and nothing spoke against them");
    stop(house, browser).await;
}

#[tokio::test]
async fn proof_is_found_off_the_page_while_a_person_fills_in_a_form_on_a_host_page() {
    person_is_sent(false, "blob").await;
}

#[tokio::test]
async fn proof_is_found_off_the_page_while_a_person_fills_in_the_hosted_form() {
    person_is_sent(true, "http").await;
}

#[tokio::test]
async fn proof_is_found_on_the_page_where_no_worker_may_be() {
    let (house, browser) = start(false, async |browser: &Browser| {
        let none = "window.Worker = class { constructor() { throw new Error('refused'); } };
            window.hashed = 0; const digest = crypto.subtle.digest.bind(crypto.subtle);
            crypto.subtle.digest = (...all) => { window.hashed++; return digest(...all); };";
        browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": none })).await;
    })
    .await;
    let form = FormOnPage::on(&browser).await;
    form.fill_in("Sliced").await;
    // It hashes on until it has found the number, and then no more.
    let rests = "const now = window.hashed, rests = now > 0 && now === window.before; window.before = now; return rests";
    browser.until("the proof", rests, &[]).await;
    form.send().await;
    form.receipt().await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Sliced");
    stop(house, browser).await;
}

#[tokio::test]
async fn form_whose_wasm_never_comes_brings_its_proof_in_a_hidden_field() {
    let (house, browser) = start(true, async |browser: &Browser| {
        browser.cdp("Network.enable", json!({})).await;
        browser.cdp("Network.setBlockedURLs", json!({ "urls": ["*.wasm"] })).await;
    })
    .await;
    let form = FormOnPage::without_scripts(&browser);
    form.fill_in("Plain").await;
    browser
        .until("the proof", "return document.querySelector('[name=_proof]')?.value.length > 99", &[])
        .await;
    form.send().await;
    browser.until("the thanks", "return document.querySelector('.lf-receipt code')?.textContent", &[]).await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Plain");
    stop(house, browser).await;
}

/// What a screen reader is told of every control in the page that takes text.
const TOLD: &str = "Accessibility.getFullAXTree";

#[tokio::test]
async fn field_for_robots_is_met_by_no_person_and_keeps_a_robot_back() {
    for path in ["/f/card-machines", "/embed/card-machines"] {
        let house = House::start().await;
        let browser = Browser::start().await;
        browser.goto(&house.own(path)).await;
        let form = FormOnPage::on(&browser).await;
        let trap = "const trap = root.querySelector('[name=_homepage]'); return trap && ";
        form.until("the field", &format!("{trap} 1")).await;
        assert_eq!(form.read(&format!("{trap} trap.checkVisibility()")).await, false);
        browser.cdp("Accessibility.enable", json!({})).await;
        let tree = browser.cdp(TOLD, json!({})).await;
        let texts = tree["nodes"].as_array().unwrap().iter();
        let texts =
            texts.filter(|node| node["ignored"] == false && node["role"]["value"] == "textbox").count();
        assert_eq!(
            form.read("return [...root.querySelectorAll('.lf-input:not(select)')].length").await,
            texts
        );
        // A browser gives a field that is not shown no focus, by Tab or otherwise.
        assert_eq!(
            form.read(&format!(
                "{trap} (trap.focus(), root.activeElement !== trap && document.activeElement !== trap)"
            ))
            .await,
            true
        );
        form.read(&format!("{trap} (trap.value = 'https://spam.example')")).await;
        form.fill_in("Robot").await;
        form.send().await;
        form.receipt().await;
        browser.run("sessionStorage.clear()", &[]).await;
        browser.goto(&house.own(path)).await;
        let form = FormOnPage::on(&browser).await;
        form.fill_in("Person").await;
        form.send().await;
        form.receipt().await;
        assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Person");
        stop(house, browser).await;
    }
}
