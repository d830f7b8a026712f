//! A script tag that names its form: the form is there with the script, and whatever else is wanted comes as ever.

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, on_page};

/// The fragments that the page asked the network for.
const FRAGMENTS: &str = "return performance.getEntriesByType('resource').map(({ name }) => new URL(name)).filter(({ pathname }) => pathname.endsWith('/fragment')).map(({ pathname, search }) => pathname.split('/')[3] + search)";

#[tokio::test]
async fn form_that_its_tag_names_comes_with_the_script_and_sends_its_lead() {
    on_page("tag_with_its_form.html", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        assert_eq!(browser.run(FRAGMENTS, &[]).await, json!([]), "nothing is asked for a second time");
        let styles = "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.css')).length";
        assert_eq!(browser.run(styles, &[]).await, json!(0));
        form.fill_in("Tagged").await;
        form.send().await;
        let receipt = form.receipt().await;
        let ledger = house.leads(1).await;
        assert_eq!(ledger.leads[0].id, receipt);
    })
    .await;
}

#[tokio::test]
async fn what_did_not_come_with_the_script_comes_over_the_network() {
    let house = House::start().await;
    let browser = Browser::start().await;
    browser.goto(&house.page("tag_with_its_form.html")).await;
    FormOnPage::on(&browser).await;
    for (wanted, form, locale) in [
        ("the same form once more, with a token of its own", "card-machines", "en"),
        ("the form in another language", "card-machines", "de"),
        ("another form", "callback", "en"),
    ] {
        let add = "const e = document.createElement('lead-form'); e.setAttribute('form', arguments[0]); e.setAttribute('locale', arguments[1]); document.body.append(e)";
        browser.run(add, &[json!(form), json!(locale)]).await;
        browser
            .until(
                wanted,
                "return document.querySelector('lead-form:last-of-type').shadowRoot.querySelector('form') && true",
                &[],
            )
            .await;
    }
    assert_eq!(
        browser.run(FRAGMENTS, &[]).await,
        json!(["card-machines?locale=en", "card-machines?locale=de", "callback?locale=en"])
    );
    let title = "return [...document.querySelectorAll('lead-form')].map((e) => e.shadowRoot.querySelector('h2').textContent)";
    let titles = browser.run(title, &[]).await;
    assert_eq!(titles[0], titles[1]);
    assert_eq!(titles[2], "Angebot für Kartenterminals");
    browser.stop().await;
    house.stop().await;
}
