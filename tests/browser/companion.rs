//! What accompanies a form: values that the page knows, drafts, campaigns, calls, a tag manager's events, a redirect.
//!
//! Apart from the journeys because none of it is needed to send a lead.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, sole_lead};

/// How long the way to another page may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A form with one field of each kind that matters here; `{more}` is where a test adds to it.
const VISIT: &str = r#"
id = "visit"
version = 1
account = "webhook"
allowed_origins = ["http://127.0.0.1:8090"]
{more}

[texts]
title = "Book a visit"
submit = "Book"
success_title = "Thank you"
success_text = "We will be there."

[[fields]]
name = "first_name"
label = "First name"
required = true
max_length = 100

[[fields]]
name = "email"
label = "Email"
required = true
max_length = 100

[[fields]]
name = "date_of_birth"
label = "Date of birth"

[[fields]]
name = "topic"
kind = "select"
label = "Topic"
options = [{ value = "repair" }, { value = "new" }]

[[fields]]
name = "consent"
label = "I agree"
required = true

[[fields]]
name = "utm_source"
kind = "hidden"
max_length = 100
"#;

/// What a call on the element came to: its value, or its error's name.
const CALL: &str = r"
    const done = arguments[arguments.length - 1];
    const [name, all] = arguments;
    customElements.whenDefined('lead-form').then(() => document.querySelector('lead-form')[name](...all)).then(
        (value) => done({ value: value ?? null }),
        (error) => done({ error: error.name, message: error.message }));
";

/// Everything that the tab keeps of a form.
const KEPT: &str = "return Object.entries(sessionStorage).filter(([name]) => name.endsWith(':draft')).map(([, text]) => text).join()";

async fn call(browser: &Browser, name: &str, arguments: Value) -> Value {
    browser.driver.execute_async(CALL, vec![json!(name), arguments]).await.unwrap().json().clone()
}

async fn start(more: &str) -> (House, Browser) {
    let form = VISIT.replace("{more}", more);
    let house = House::start_in("tests/pages", &[("visit", &form)]).await;
    (house, Browser::start().await)
}

async fn end(house: House, browser: Browser) {
    browser.stop().await;
    house.stop().await;
}

/// What the partner was sent.
async fn arrived(house: &House) -> Value {
    serde_json::from_str::<Value>(&sole_lead(house.sim.webhook()).await.body).unwrap()
}

/// Waits from outside, for a page that is left can't wait for itself.
async fn until_elsewhere(browser: &Browser, script: &str) {
    let deadline = Instant::now() + PATIENCE;
    let mut there = false;
    while !there {
        tokio::time::sleep(Duration::from_millis(25)).await;
        assert!(Instant::now() < deadline, "waited in vain: {script}");
        let seen = browser.driver.execute(script, vec![]).await;
        there = seen.is_ok_and(|seen| *seen.json() == Value::Bool(true));
    }
}

/// The names of the events that the page's tag manager has heard.
async fn heard(browser: &Browser, last: &str) -> Value {
    let last = format!("return dataLayer.some(({{ event }}) => event === 'lead_form_{last}')");
    browser.until("the last event", &last, &[]).await;
    browser.run("return dataLayer.map(({ event }) => event)", &[]).await
}

#[tokio::test]
async fn page_gives_what_it_knows_and_the_visitor_gives_the_rest() {
    let (house, browser) = start("").await;
    let known = "?email=ada@analytical.example&date_of_birth=1990-01-01&consent=true&utm_source=news&gclid=abc&page=2";
    browser.goto(&house.page(&format!("accompanied.html{known}"))).await;
    let form = FormOnPage::on(&browser).await;
    form.until("the known values", "return control('Email').value && control('First name').value").await;
    assert_eq!(form.read("return control('First name').value").await, "Ada");
    assert_eq!(form.read("return control('Email').value").await, "ada@analytical.example");
    assert_eq!(form.read("return control('Date of birth').value").await, "", "sensitive, and in an address");
    assert_eq!(form.read("return control('I agree').checked").await, false, "a consent is the visitor's");

    assert_eq!(call(&browser, "setValue", json!(["topic", "new"])).await["value"], Value::Null);
    let unknown = call(&browser, "setValue", json!(["colour", "red"])).await;
    assert_eq!(unknown["error"], "LeadFormUnknownField");
    assert!(unknown["message"].as_str().unwrap().contains("first_name, email"), "{unknown}");
    assert_eq!(call(&browser, "setValue", json!(["topic", "sale"])).await["error"], "LeadFormValue");
    assert_eq!(call(&browser, "setValue", json!(["consent", true])).await["error"], "LeadFormConsent");
    let values = call(&browser, "values", json!([])).await["value"].clone();
    assert_eq!(
        values,
        json!({
            "first_name": "Ada", "email": "ada@analytical.example", "topic": "new", "consent": false, "utm_source": "news"
        })
    );

    form.choose("I agree").await;
    call(&browser, "submit", json!([])).await;
    form.receipt().await;
    let lead = arrived(&house).await;
    let lead = &lead["data"];
    assert_eq!((&lead["topic"], &lead["utm_source"]), (&json!("new"), &json!("news")), "{lead}");
    let events = heard(&browser, "received").await;
    assert_eq!(events[0], "lead_form_ready", "{events}");
    let told = browser.run("return JSON.stringify(dataLayer)", &[]).await;
    assert!(!told.as_str().unwrap().contains("analytical"), "{told}");
    end(house, browser).await;
}

#[tokio::test]
async fn page_gives_what_it_knows_to_a_form_in_an_iframe() {
    let (house, browser) = start("").await;
    let address = "accompanied_iframe.html?email=ada@analytical.example&utm_source=news&consent=true";
    browser.goto(&house.page(address)).await;
    assert_eq!(call(&browser, "setValue", json!(["topic", "repair"])).await["value"], Value::Null);
    assert_eq!(call(&browser, "setValue", json!(["colour", "red"])).await["error"], "LeadFormUnknownField");
    assert_eq!(call(&browser, "values", json!([])).await["error"], "LeadFormFrame");
    browser.enter_form_frame().await;
    let form = FormOnPage::on(&browser).await;
    form.until("the known values", "return control('Email').value && control('First name').value").await;
    assert_eq!(form.read("return control('I agree').checked").await, false);
    form.choose("I agree").await;
    form.press("Book").await;
    form.receipt().await;
    browser.driver.enter_default_frame().await.unwrap();
    heard(&browser, "received").await;
    let lead = arrived(&house).await;
    let lead = &lead["data"];
    assert_eq!((&lead["topic"], &lead["utm_source"]), (&json!("repair"), &json!("news")), "{lead}");
    end(house, browser).await;
}

#[tokio::test]
async fn reset_of_a_form_in_an_iframe_leaves_no_draft() {
    let (house, browser) = start("").await;
    browser.goto(&house.page("accompanied_iframe.html")).await;
    browser.enter_form_frame().await;
    let form = FormOnPage::on(&browser).await;
    form.until("it is accompanied", "return control('First name').value").await;
    form.fill("Email", "ada@analytical.example").await;
    form.until("the draft is kept", &format!("return (() => {{ {KEPT} }})().includes('analytical')")).await;
    browser.driver.enter_default_frame().await.unwrap();
    let frame = "document.querySelector('lead-form').shadowRoot.querySelector('iframe')";
    browser.run(&format!("{frame}.isOld = true"), &[]).await;
    assert_eq!(call(&browser, "reset", json!([])).await["value"], Value::Null);
    browser.until("another frame", &format!("return {frame} && !{frame}.isOld"), &[]).await;
    browser.enter_form_frame().await;
    let form = FormOnPage::on(&browser).await;
    // What the page knows comes after a draft.
    form.until("it is accompanied", "return control('First name').value").await;
    assert_eq!(form.read("return control('Email').value").await, "");
    end(house, browser).await;
}

#[tokio::test]
async fn draft_outlives_a_reload_but_not_the_lead() {
    let (house, browser) = start("").await;
    browser.goto(&house.own("/f/visit?utm_source=letter")).await;
    let form = FormOnPage::on(&browser).await;
    form.fill("First name", "Ada").await;
    form.fill("Email", "ada@analytical.example").await;
    form.read("const d = control('Date of birth'); d.value = '1990-01-02'; d.dispatchEvent(new Event('input', { bubbles: true }))").await;
    form.choose("I agree").await;
    form.choose("repair").await;
    form.until("the draft is kept", &format!("return (() => {{ {KEPT} }})().includes('repair')")).await;
    let kept = browser.run(KEPT, &[]).await;
    assert!(!kept.as_str().unwrap().contains("1990"), "{kept}");

    // By another way in than a reload, whose values a browser may keep by itself.
    browser.goto("about:blank").await;
    browser.goto(&house.own("/f/visit")).await;
    let form = FormOnPage::on(&browser).await;
    form.until(
        "the draft",
        "return control('First name').value === 'Ada' && control('Topic').value === 'repair'",
    )
    .await;
    assert_eq!(form.read("return control('Date of birth').value").await, "", "sensitive");
    assert_eq!(form.read("return control('I agree').checked").await, false);
    form.choose("I agree").await;
    form.press("Book").await;
    form.receipt().await;
    assert_eq!(arrived(&house).await["data"]["utm_source"], "letter", "of the first visit in this tab");
    let kept = browser.run("return JSON.stringify(sessionStorage)", &[]).await;
    assert!(!kept.as_str().unwrap().contains("Ada") && !kept.as_str().unwrap().contains("draft"), "{kept}");
    end(house, browser).await;
}

#[tokio::test]
async fn lead_of_a_form_that_was_closed_while_the_line_was_down_is_sent_once() {
    let (house, browser) = start("").await;
    browser.cdp("Network.enable", json!({})).await;
    browser.cdp("Network.setBlockedURLs", json!({ "urls": ["*/submissions*"] })).await;
    browser.goto(&house.own("/f/visit")).await;
    let form = FormOnPage::on(&browser).await;
    form.fill("First name", "Grace").await;
    form.fill("Email", "grace@cobol.example").await;
    form.choose("I agree").await;
    form.press("Book").await;
    form.until(
        "it is kept for later",
        &format!("return (() => {{ {KEPT} }})().includes('\"waiting\":true')"),
    )
    .await;
    assert_eq!(house.sim.webhook().ledger().requests.len(), 0);

    browser.goto("about:blank").await;
    browser.cdp("Network.setBlockedURLs", json!({ "urls": [] })).await;
    for _ in 0..2 {
        browser.goto("about:blank").await;
        browser.goto(&house.own("/f/visit")).await;
        browser
            .until("there it stands", "return document.querySelector('lead-form [data-state]')", &[])
            .await;
        let settled = "const state = document.querySelector('lead-form [data-state]').dataset.state;
            const form = document.querySelector('form');
            return /received|delivered/.test(state) || (state === 'idle' && form.noValidate && !form.elements.first_name.value)";
        browser.until("sent, or an empty form", settled, &[]).await;
    }
    assert_eq!(arrived(&house).await["data"]["first_name"], "Grace");
    end(house, browser).await;
}

#[tokio::test]
async fn visitor_is_led_to_the_page_that_the_form_names() {
    let (house, browser) = start("redirect = \"http://127.0.0.1:8090/plain.html?from=form\"").await;
    for page in ["accompanied.html", "accompanied_iframe.html"] {
        browser.goto(&house.page(&format!("{page}?email=ada@analytical.example"))).await;
        let framed = page.contains("iframe");
        if framed {
            browser.enter_form_frame().await;
        }
        let form = FormOnPage::on(&browser).await;
        form.until("the known values", "return control('Email').value && control('First name').value").await;
        form.choose("I agree").await;
        form.press("Book").await;
        if framed {
            browser.driver.enter_default_frame().await.unwrap();
        }
        let there = "return location.pathname === '/plain.html' && /^\\?from=form&receipt=\\w+/.test(location.search)";
        until_elsewhere(&browser, there).await;
    }
    end(house, browser).await;
}
