//! What a sales person does here on a good day.

use lead_proxy::signed::Scope;
use serde_json::{Value, json};
use thirtyfour::Key;

use super::{Panel, requests};
use crate::drivers::Engine;

fn two_people(panel: &crate::house::House) {
    panel.sim.algbra().seed(30);
    let ada = json!({
        "externalReference": "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d", "firstName": "Ada", "lastName": "Lovelace",
        "email": "ada@analytical.example", "phoneNumber": "+442079460018",
    });
    panel.sim.algbra().insert(&ada).unwrap();
}

#[tokio::test]
async fn person_searches_opens_mends_and_erases_and_the_bank_gets_what_changed_alone() {
    mend_at_the_bank(Engine::Chromium).await;
}

#[tokio::test]
async fn person_searches_opens_and_mends_on_firefox() {
    mend_at_the_bank(Engine::Firefox).await;
}

#[tokio::test]
async fn person_searches_opens_and_mends_on_webkit() {
    mend_at_the_bank(Engine::Webkit).await;
}

async fn mend_at_the_bank(engine: Engine) {
    let panel = Panel::start_in(engine, "algbra", Scope::Write, two_people).await;
    panel.rows(25).await;
    panel.press("Next page").await;
    panel.rows(6).await;
    panel.fill("Search records", "lovelace").await;
    panel.rows(1).await;
    panel.until("opened", "rows()[0].click(); return true").await;
    panel
        .until(
            "Ada's record",
            "return title() === 'Ada Lovelace' && value('Email') === 'ada@analytical.example'",
        )
        .await;
    assert_eq!(panel.read("return location.hash + location.search").await, "?locale=en", "no token is left");

    panel.press("Edit").await;
    panel.fill("Last name", "King").await;
    panel.press("Erase Phone number").await;
    panel.says("2 changes").await;
    panel.press("Save").await;
    panel.says("Saved: 2 fields").await;
    panel.until("the new name", "return title() === 'Ada King'").await;
    let changes = requests(panel.house.sim.algbra(), "update");
    assert_eq!(changes.len(), 1);
    assert_eq!(
        serde_json::from_str::<Value>(&changes[0].body).unwrap(),
        json!({ "lastName": "King", "phoneNumber": null })
    );
    let id = panel.house.sim.algbra().records()[30].id().to_owned();
    let heard: Vec<Value> = panel.heard().await.into_iter().filter(|said| said["type"] != "height").collect();
    let member = |at: usize, name: &str| heard[at][name].clone();
    assert_eq!(
        (member(0, "type"), member(1, "type"), member(1, "id")),
        (json!("ready"), json!("record-opened"), json!(id))
    );
    assert_eq!(
        (member(2, "type"), member(2, "fields")),
        (json!("record-updated"), json!(["lastName", "phoneNumber"]))
    );
    panel.stop().await;
}

#[tokio::test]
async fn person_finds_a_record_by_our_reference_and_makes_a_new_one() {
    let panel = Panel::start_in(Engine::Chromium, "algbra", Scope::Write, two_people).await;
    panel.rows(25).await;
    panel.fill("Search records", "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d").await;
    panel.press("Find by our reference").await;
    panel.until("Ada's record", "return title() === 'Ada Lovelace'").await;

    panel.press("New record").await;
    panel.press("Create").await;
    panel.says("Please fill this in").await;
    panel.fill("First name", "Grace").await;
    panel.fill("Last name", "Hopper").await;
    panel.fill("Email", "grace@navy.example").await;
    panel.press("Create").await;
    panel.until("Grace's record", "return title() === 'Grace Hopper'").await;
    let made = requests(panel.house.sim.algbra(), "create");
    assert_eq!(made.len(), 1);
    let body: Value = serde_json::from_str(&made[0].body).unwrap();
    assert_eq!((&body["firstName"], &body["lastName"]), (&json!("Grace"), &json!("Hopper")));
    assert!(
        panel
            .heard()
            .await
            .iter()
            .any(|said| said["type"] == "record-created" && said["receipt"].is_string())
    );
    panel.stop().await;
}

#[tokio::test]
async fn crm_hands_over_a_token_by_message_and_is_asked_again_when_it_is_no_good() {
    let panel = Panel::start_in(Engine::Chromium, "algbra", Scope::Write, two_people).await;
    panel.open_with("", "").await;
    panel.says("Waiting for your CRM").await;
    panel.say(&json!({ "type": "token", "token": "a.b.c" })).await;
    panel.says("Your session here has ended").await;
    let asked = panel.heard().await.iter().filter(|said| said["type"] == "token-needed").count();
    assert_eq!(asked, 2, "once at first, once for the bad one");
    let token = panel.house.panel_token("algbra", Scope::Write, None, super::LIFE);
    panel.say(&json!({ "type": "token", "token": token })).await;
    panel.rows(25).await;
    let id = panel.house.sim.algbra().records()[30].id().to_owned();
    panel.say(&json!({ "type": "open", "record": id })).await;
    panel.until("Ada's record", "return title() === 'Ada Lovelace'").await;
    let kept = "return Object.keys(localStorage).length + Object.keys(sessionStorage).length + document.cookie.length";
    assert_eq!(panel.read(kept).await, 0, "the token is in memory alone");
    panel.stop().await;
}

/// Every step by keyboard, from the search to the saved record and back.
#[tokio::test]
async fn keyboard_alone_finds_opens_mends_and_leaves() {
    let panel = Panel::start_in(Engine::Chromium, "algbra", Scope::Write, two_people).await;
    panel.rows(25).await;
    // As a click anywhere in it or the key that leads into a frame does.
    panel.read("window.focus()").await;
    panel.keys("/").await;
    panel.keys("lovelace").await;
    panel.rows(1).await;
    panel.keys(Key::Down + "").await;
    panel.until("the row", "return document.activeElement === rows()[0]").await;
    panel.keys(Key::Enter + "").await;
    panel.until("Ada's record", "return title() === 'Ada Lovelace' && button('Edit')").await;
    panel.keys("e").await;
    panel.until("the first field", "return document.activeElement === field('First name')").await;
    // Past what erases the field, where that stands between the two.
    let middle = "return document.activeElement === field('Middle name')";
    for _ in 0..3 {
        if panel.read(middle).await != json!(true) {
            panel.keys(Key::Tab + "").await;
        }
    }
    assert_eq!(panel.read(middle).await, json!(true));
    panel.keys("Byron").await;
    panel.says("1 change").await;
    panel.keys(Key::Escape + "").await;
    panel.says("Save your changes?").await;
    panel.keys(Key::Escape + "").await;
    panel
        .until(
            "still there",
            "return !document.querySelector('dialog[open]') && field('Middle name').value === 'Byron'",
        )
        .await;
    let together = panel.browser.driver.action_chain().key_down(Key::Control).send_keys("s");
    together.key_up(Key::Control).perform().await.unwrap();
    panel.says("Saved: 1 field").await;
    panel.keys(Key::Escape + "").await;
    panel.until("back in the list", "return document.activeElement === rows()[0]").await;
    panel.stop().await;
}

#[tokio::test]
async fn fields_of_a_new_record_come_from_the_portals_schema() {
    let panel = Panel::start_in(Engine::Chromium, "partnerportal", Scope::Write, |house| {
        house.sim.partnerportal().seed_records(30);
    })
    .await;
    panel.rows(25).await;
    panel.press("Next page").await;
    panel.rows(5).await;
    // Nothing of a record that was opened and left before it came is waited for any more.
    panel.until("opened and left", "rows()[0].click(); return button('New record')").await;
    panel.press("New record").await;
    panel.says("Number of employees").await;
    assert_eq!(panel.read("return document.querySelector('.lfp-record').ariaBusy").await, Value::Null);
    panel.fill("First name", "Grace").await;
    panel.fill("Last name", "Hopper").await;
    panel.fill("Number of employees", "12").await;
    panel.press("Create").await;
    panel.until("Grace's record", "return title() === 'Grace Hopper'").await;
    let made = requests(panel.house.sim.partnerportal(), "create");
    let body: Value = serde_json::from_str(&made[0].body).unwrap();
    assert_eq!((made.len(), &body["firstName"]), (1, &json!("Grace")), "{body}");
    panel.stop().await;
}
