//! What a sales person sees when something is not as it should be: never a blank pane, and nothing typed is lost.

use lead_proxy::signed::Scope;
use partner_sim::Fault;
use serde_json::json;

use super::{Panel, requests};
use crate::drivers::Engine;

/// The panel of the bank, which has Ada.
async fn at_the_bank() -> Panel {
    Panel::start_in(Engine::Chromium, "algbra", Scope::Write, |house| {
        let ada = json!({ "firstName": "Ada", "lastName": "Lovelace", "email": "ada@analytical.example" });
        house.sim.algbra().insert(&ada).unwrap();
    })
    .await
}

async fn open_ada(panel: &Panel) {
    panel.rows(1).await;
    panel.until("opened", "rows()[0].click(); return true").await;
    panel.until("the record", "return value('Email') === 'ada@analytical.example'").await;
}

#[tokio::test]
async fn partner_that_is_down_shows_the_last_list_with_its_age() {
    let panel = Panel::start_in(crate::drivers::Engine::Chromium, "algbra", Scope::Write, |house| {
        house.sim.algbra().seed(30)
    })
    .await;
    panel.rows(25).await;
    panel.house.sim.algbra().set_fault(Fault::ServerError, None);
    panel.press("Next page").await;
    panel.says("This is the list as it was at").await;
    panel.rows(25).await;
    panel.stop().await;
}

#[tokio::test]
async fn change_of_somebody_else_stands_beside_mine_and_i_choose() {
    let panel = at_the_bank().await;
    let bank = panel.house.sim.algbra();
    open_ada(&panel).await;
    panel.press("Edit").await;
    panel.fill("Last name", "King").await;
    panel.fill("Middle name", "Augusta").await;
    let id = bank.records()[0].id().to_owned();
    let theirs = panel.house.panel_token("algbra", Scope::Write, None, super::LIFE);
    let change = json!({ "changes": { "lastName": "Byron" } }).to_string();
    let script = "const done = arguments[arguments.length - 1];
        fetch(arguments[0], { method: 'PATCH', body: arguments[2], headers: { authorization: 'Bearer ' + arguments[1], 'content-type': 'application/json' } })
            .then(answer => done(answer.status));";
    let path = format!("/v1/accounts/algbra/records/{id}");
    let said =
        panel.browser.driver.execute_async(script, vec![json!(path), json!(theirs), json!(change)]).await;
    assert_eq!(said.unwrap().json(), &json!(200));
    panel.press("Save").await;
    panel.says("Somebody else has changed this meanwhile").await;
    panel.says("Byron").await;
    panel.press("Keep mine").await;
    panel.press("Save").await;
    panel.says("Saved: 2 fields").await;
    let last = requests(bank, "update").pop().unwrap();
    let body: serde_json::Value = serde_json::from_str(&last.body).unwrap();
    assert_eq!(body, json!({ "lastName": "King", "middleName": "Augusta" }));
    panel.stop().await;
}

#[tokio::test]
async fn failure_of_a_saving_says_what_to_do_and_loses_nothing_typed() {
    let panel = at_the_bank().await;
    open_ada(&panel).await;
    panel.press("Edit").await;
    panel.fill("Last name", "King").await;
    for (fault, words) in [
        (Fault::RateLimited, "asks for patience"),
        (Fault::ServerError, "We do not know whether the partner has made the change"),
        (Fault::Garbage, "We do not know whether the partner has made the change"),
    ] {
        panel.house.sim.algbra().set_fault(fault, None);
        panel.press("Save").await;
        panel.says(words).await;
        assert_eq!(panel.read("return field('Last name').value").await, "King", "{fault:?}");
        panel.house.sim.algbra().set_fault(Fault::None, None);
    }
    panel.press("Save").await;
    panel.says("Saved: 1 field").await;
    panel.until("the new name", "return title() === 'Ada King'").await;
    panel.stop().await;
}

#[tokio::test]
async fn slow_partner_is_told_of_before_its_answer_comes() {
    let panel = at_the_bank().await;
    panel.rows(1).await;
    panel.house.sim.algbra().set_fault(Fault::Slow, Some(1));
    panel.fill("Search records", "lovelace").await;
    panel.says("The partner is taking its time").await;
    panel
        .until(
            "its answer",
            "return rows().length === 1 && !document.body.innerText.includes('taking its time')",
        )
        .await;
    panel.stop().await;
}
