//! A form that completes a record: opened by a signed link, on a page of ours and on a host page, with and without script.

use partner_sim::Request;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, sole_lead};

const FORM: &str = "complete-account";
const REFERENCE: &str = "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d";

/// A house in whose bank somebody has begun an account.
async fn house_with_a_prospect() -> House {
    let house = House::start().await;
    let begun = json!({
        "externalReference": REFERENCE, "firstName": "Noor", "lastName": "Rahman", "email": "noor@lanterns.example",
    });
    house.sim.algbra().insert(&begun).unwrap();
    house
}

/// Types what the form asks, but for the one field that may stay empty.
async fn complete(form: FormOnPage<'_>) {
    form.fill("Email", "noor@lanterns.example").await;
    form.fill("Mobile phone", "07700 900123").await;
    form.fill("Street and number", "7 Harbour Row").await;
    form.fill("Town", "Pinecliff").await;
    form.fill("Postcode", "PC1 2AB").await;
    form.press("Save").await;
}

/// What the bank must hold of [`complete`]: one update, nothing in it that was not filled in, and no second prospect.
async fn assert_completed(house: &House) {
    let request: Request = sole_lead(house.sim.algbra()).await;
    assert_eq!((request.method.as_str(), request.operation.as_str()), ("PATCH", "update"));
    let address = json!({
        "type": "STRUCTURED", "line1": "7 Harbour Row", "line3": "Pinecliff", "postcode": "PC1 2AB", "country": "GBR",
    });
    let expected =
        json!({ "email": "noor@lanterns.example", "phoneNumber": "+447700900123", "address": address });
    assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), expected);
    let records = house.sim.algbra().records();
    assert_eq!(records.len(), 1, "no second prospect");
    assert_eq!(records[0].text("lastName"), "Rahman", "what the form does not ask stays as it was");
}

#[tokio::test]
async fn link_opens_the_hosted_page_and_its_record_is_completed_once() {
    let house = house_with_a_prospect().await;
    let browser = Browser::start().await;
    let link = house.link("algbra", FORM, REFERENCE);
    browser.goto(&house.own(&format!("/f/{FORM}?link={link}"))).await;
    let form = FormOnPage::on(&browser).await;
    complete(form).await;
    form.receipt().await;
    form.until_state("delivered").await;
    assert_completed(&house).await;
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn link_opens_the_plain_form_too_and_its_record_is_completed_once() {
    let house = house_with_a_prospect().await;
    let browser = Browser::start().await;
    browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    let link = house.link("algbra", FORM, REFERENCE);
    browser.goto(&house.own(&format!("/f/{FORM}?link={link}"))).await;
    let form = FormOnPage::without_scripts(&browser);
    complete(form).await;
    form.ask("a receipt", "const c = root.querySelector('.lf-receipt code'); return c && c.textContent")
        .await;
    browser.driver.refresh().await.unwrap();
    assert_completed(&house).await;
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn link_on_the_element_of_a_host_page_completes_its_record_once() {
    let house = house_with_a_prospect().await;
    let browser = Browser::start().await;
    browser.goto(&house.page("plain.html")).await;
    FormOnPage::on(&browser).await;
    let link = house.link("algbra", FORM, REFERENCE);
    browser.run(SHOW, &[json!(FORM), json!(link)]).await;
    let form = FormOnPage::on(&browser).await;
    complete(form).await;
    form.receipt().await;
    assert_completed(&house).await;
    browser.stop().await;
    house.stop().await;
}

/// Puts another element in place of the page's: a form and its link.
const SHOW: &str = r"
    const element = document.createElement('lead-form');
    element.setAttribute('form', arguments[0]);
    if (arguments[1]) element.setAttribute('link', arguments[1]);
    document.querySelector('lead-form').replaceWith(element);
";

#[tokio::test]
async fn page_without_a_good_link_says_so_before_anything_is_typed() {
    let house = house_with_a_prospect().await;
    let browser = Browser::start().await;
    let elsewhere = house.link("algbra", "another-form", REFERENCE);
    for query in [String::new(), "?link=a.b.c".to_owned(), format!("?link={elsewhere}")] {
        browser.goto(&house.own(&format!("/f/{FORM}{query}"))).await;
        let text = browser.run("return document.querySelector('lead-form').innerText", &[]).await;
        let text = text.as_str().unwrap();
        assert!(
            text.contains("This link is not valid any more") && text.contains("ask whoever sent"),
            "{text}"
        );
        let controls = browser.run("return document.querySelectorAll('input, button').length", &[]).await;
        assert_eq!(controls, 0, "{query}");
    }
    assert_eq!(house.sim.algbra().ledger().requests.len(), 0);
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn host_page_without_a_good_link_shows_that_and_no_form() {
    let house = house_with_a_prospect().await;
    let browser = Browser::start().await;
    let elsewhere = house.link("algbra", "another-form", REFERENCE);
    for link in [json!(null), json!(elsewhere)] {
        browser.goto(&house.page("plain.html")).await;
        FormOnPage::on(&browser).await;
        browser.run(SHOW, &[json!(FORM), link]).await;
        let frame = "const e = document.querySelector('lead-form'); return e.shadowRoot && e.shadowRoot.querySelector('iframe')";
        // It has the height of what it says, not that of a form: it has spoken.
        let spoken = format!("{frame}.clientHeight < 400");
        browser.until("the frame says its height", &spoken, &[]).await;
        let element = browser.driver.execute(frame, vec![]).await.unwrap().element().unwrap();
        element.enter_frame().await.unwrap();
        let text = browser.run("return document.body.innerText", &[]).await;
        assert!(text.as_str().unwrap().contains("This link is not valid any more"), "{text}");
    }
    assert_eq!(house.sim.algbra().ledger().requests.len(), 0);
    browser.stop().await;
    house.stop().await;
}
