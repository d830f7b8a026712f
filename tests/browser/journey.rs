//! The main job, once for each way in: a visitor types, the partner has the lead.

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{on_own_page, on_page};

/// What the partner must hold of [`FormOnPage::fill_in`].
fn assert_lead(ledger: &partner_sim::takepayments::Ledger, surname: &str, receipt: &str) {
    let lead = &ledger.leads[0];
    let field = |name: &str| lead.fields.get(name).cloned().unwrap_or_default();
    assert_eq!(field("FirstName"), json!("Ada"));
    assert_eq!(field("LastName"), json!(surname));
    assert_eq!(field("Email"), json!("ada@analytical.example"));
    assert_eq!(field("Company"), json!("Engine Café"));
    assert_eq!(field("Industry"), json!("Hospitality"));
    assert_eq!(field("CustomerType"), json!("New to cards"));
    assert_eq!(field("Notes"), json!("Phone: +442079460018"));
    assert_eq!(lead.id, receipt, "the visitor's receipt is the id that the partner has");
    assert_eq!(lead.times_asked, 1);
    assert_eq!(ledger.requests.len(), 1, "{ledger:#?}");
}

async fn sends(page: &str, surname: &str) {
    on_page(page, async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in(surname).await;
        form.send().await;
        let receipt = form.receipt().await;
        assert_lead(&house.leads(1).await, surname, &receipt);
        form.until_state("delivered").await;
    })
    .await;
}

#[tokio::test]
async fn visitor_sends_from_a_plain_host_page() {
    sends("plain.html", "Plain").await;
}

#[tokio::test]
async fn visitor_sends_from_a_page_with_hostile_css() {
    sends("hostile_css.html", "Hostile").await;
}

#[tokio::test]
async fn visitor_sends_from_a_page_with_a_strict_policy() {
    sends("strict_csp.html", "Strict").await;
}

#[tokio::test]
async fn visitor_sends_from_a_page_that_includes_the_loader_twice() {
    sends("loaded_twice.html", "Twice").await;
}

#[tokio::test]
async fn visitor_sends_from_the_hosted_page() {
    on_own_page("/f/card-machines", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in("Hosted").await;
        form.send().await;
        let receipt = form.receipt().await;
        assert_lead(&house.leads(1).await, "Hosted", &receipt);
    })
    .await;
}

#[tokio::test]
async fn visitor_sends_from_an_iframe_whose_height_follows() {
    on_page("iframe.html", async |house, browser| {
        let grown = frame("f.clientHeight > 300 && f.clientHeight");
        let empty =
            browser.until("the frame has the height of its form", &grown, &[]).await.as_u64().unwrap();
        enter_frame(browser).await;
        let form = FormOnPage::on(browser).await;
        browser.until("the frame shows its whole form", FITS, &[]).await;
        form.send().await;
        form.until("problems are shown", "return root.querySelectorAll('.lf-problem').length > 3").await;
        browser.driver.enter_default_frame().await.unwrap();
        let taller = frame(&format!("f.clientHeight > {}", empty + 40));
        browser.until("the frame grows with its problems", &taller, &[]).await;
        enter_frame(browser).await;
        browser.until("the frame shows its problems whole", FITS, &[]).await;
        form.fill_in("Framed").await;
        form.send().await;
        let receipt = form.receipt().await;
        assert_lead(&house.leads(1).await, "Framed", &receipt);
        browser.driver.enter_default_frame().await.unwrap();
        browser
            .until("the frame shrinks to its thanks", &frame(&format!("f.clientHeight < {empty}")), &[])
            .await;
    })
    .await;
}

const FITS: &str = "return document.documentElement.scrollHeight <= window.innerHeight + 1";

/// A script that asks something of the form's iframe `f` on the host page.
fn frame(question: &str) -> String {
    let find = "const e = document.querySelector('lead-form'); const f = (e.shadowRoot || e).querySelector('iframe');";
    format!("{find} return f && ({question})")
}

async fn enter_frame(browser: &Browser) {
    let found = browser.driver.execute(frame("f"), vec![]).await.unwrap();
    found.element().unwrap().enter_frame().await.unwrap();
}
