//! One intention, one lead: whatever the visitor's hands, browser or network do.

use crate::form::FormOnPage;
use crate::house::on_page;

#[tokio::test]
async fn double_click_gives_one_lead() {
    on_page("plain.html", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in("Double").await;
        let button = form.button("Get my quote").await;
        button.scroll_into_view().await.unwrap();
        browser.driver.action_chain().double_click_element(&button).perform().await.unwrap();
        form.receipt().await;
        let ledger = house.leads(1).await;
        assert_eq!(ledger.requests.len(), 1, "{ledger:#?}");
    })
    .await;
}

#[tokio::test]
async fn reload_and_sending_the_same_again_gives_one_lead_and_the_same_receipt() {
    on_page("plain.html", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in("Reload").await;
        form.send().await;
        let first = form.receipt().await;
        browser.driver.refresh().await.unwrap();
        let form = FormOnPage::on(browser).await;
        form.fill_in("Reload").await;
        form.send().await;
        assert_eq!(form.receipt().await, first);
        house.leads(1).await;
    })
    .await;
}

#[tokio::test]
async fn back_button_and_sending_the_same_again_gives_one_lead() {
    on_page("plain.html", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in("Back").await;
        form.send().await;
        let first = form.receipt().await;
        browser.goto(&house.page("hostile_css.html")).await;
        browser.driver.back().await.unwrap();
        // The page may come back as it was left, thanks and all, or afresh; either way there must be one lead.
        let seen = "return ['idle', 'received', 'delivered'].includes(state()) && (state() !== 'idle' || root.querySelector('form').noValidate) ? state() : null";
        let form = FormOnPage::without_scripts(browser);
        if form.until("the page is back", seen).await == "idle" {
            form.fill_in("Back").await;
            form.send().await;
            assert_eq!(form.receipt().await, first);
        }
        house.leads(1).await;
    })
    .await;
}

#[tokio::test]
async fn second_lead_of_the_same_visitor_is_a_second_lead() {
    on_page("plain.html", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in("First").await;
        form.send().await;
        let first = form.receipt().await;
        browser.driver.refresh().await.unwrap();
        let form = FormOnPage::on(browser).await;
        form.fill_in("Second").await;
        form.send().await;
        assert_ne!(form.receipt().await, first);
        house.leads(2).await;
    })
    .await;
}

#[tokio::test]
async fn offline_then_online_gives_one_lead_and_loses_nothing_typed() {
    on_page("plain.html", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in("Offline").await;
        browser.set_offline(true).await;
        form.send().await;
        form.until_state("offline").await;
        let kept = form.read("return control('Last name').value").await;
        assert_eq!(kept, "Offline");
        assert_eq!(house.sim.takepayments().ledger().requests.len(), 0);
        browser.set_offline(false).await;
        form.receipt().await;
        let ledger = house.leads(1).await;
        assert_eq!(ledger.requests.len(), 1, "{ledger:#?}");
    })
    .await;
}
