//! A form whose fields come from the partner's schema: a visitor sees the partner's labels, and the answers to its own
//! questions reach its custom fields.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, sole_lead};
use crate::kindness::axe;

const REFERRAL: &str = r#"
id = "drawn-referral"
version = 1
account = "partnerportal"
allowed_origins = ["http://127.0.0.1:8090"]
default_locale = "en"
country = "GB"
fields = "from partner schema"

[texts]
title = "Refer a business"
submit = "Send the referral"
success_title = "Thank you"
success_text = "We will be in touch."

[[own_fields]]
name = "consent"
label = "They know that I pass on their details."
required = true
"#;

/// What the partner calls its fields, in its order, and our own field behind them. Its score is no visitor's to say.
const LABELS: [&str; 12] = [
    "First name",
    "Last name",
    "E-mail (optional)",
    "Phone (optional)",
    "Company (optional)",
    "Website (optional)",
    "Deal value (optional)",
    "Expected close (optional)",
    "Notes (optional)",
    "Number of employees (optional)",
    "Interested in (optional)",
    "They know that I pass on their details.",
];

const READ_LABELS: &str =
    "return Array.from(root.querySelectorAll('label')).map(l => l.textContent.replace(/\\s+/g, ' ').trim())";

/// Opens the form's own page once the proxy has its schema from the partner.
async fn open<'a>(house: &House, browser: &'a Browser) -> FormOnPage<'a> {
    browser.goto(&house.own("/f/callback")).await;
    let is_served = r"
        const asked = new XMLHttpRequest();
        asked.open('GET', arguments[0], false);
        asked.send();
        return asked.status === 200";
    browser.until("the schema is there", is_served, &[json!("/v1/forms/drawn-referral")]).await;
    browser.goto(&house.own("/f/drawn-referral")).await;
    FormOnPage::on(browser).await
}

#[tokio::test]
async fn partners_schema_is_a_form_whose_answers_reach_the_partners_own_fields() {
    let house = House::start_in("tests/pages", &[("drawn-referral", REFERRAL)]).await;
    let browser = Browser::start().await;
    let form = open(&house, &browser).await;
    assert_eq!(form.read(READ_LABELS).await, json!(LABELS));
    for (label, text) in [
        ("First name", "Grace"),
        ("Last name", "Hopper"),
        ("E-mail", "grace@compiler.example"),
        ("Company", "Hopper Hair"),
        ("Deal value", "1200.50"),
        ("Number of employees", "12"),
        ("Interested in", "Two machines"),
    ] {
        form.fill(label, text).await;
    }
    form.read("control('Expected close').value = '2027-03-31'").await;
    form.choose("They know").await;
    form.press("Send the referral").await;
    form.receipt().await;

    let request = sole_lead(house.sim.partnerportal()).await;
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["customFields"], json!({ "cf_employees": 12, "cf_interest": "Two machines" }));
    assert_eq!((&body["companyName"], &body["value"]), (&json!("Hopper Hair"), &json!(1200.5)));
    assert!(body["closeDate"].as_str().unwrap().starts_with("2027-03-31"), "{body}");
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn axe_finds_nothing_in_a_form_drawn_from_a_schema() {
    let house = House::start_in("tests/pages", &[("drawn-referral", REFERRAL)]).await;
    let browser = Browser::start().await;
    for scheme in ["light", "dark"] {
        browser.show_as(390, 844, scheme).await;
        let form = open(&house, &browser).await;
        assert_eq!(axe(&browser).await, [""; 0], "{scheme}, empty");
        form.press("Send the referral").await;
        form.until("problems are shown", "return root.querySelectorAll('.lf-problem').length > 2").await;
        assert_eq!(axe(&browser).await, [""; 0], "{scheme}, problems");
    }
    browser.stop().await;
    house.stop().await;
}
