//! Every shipped form as people use it who see little, hear what is there, or have no mouse; and the report of it.
//!
//! Apart from axe and from the accessibility tree of one form: here each form is gone through by keyboard alone, read, shrunk,
//! spaced out and measured, and docs/accessibility.md is written from what was found.

mod criteria;
mod keyboard;
mod measures;
mod report;

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;
use crate::kindness::axe;

/// A record that somebody may complete: nothing but a reference.
const REFERENCE: &str = "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d";

/// A shipped form with the first of its examples, which has no problem.
struct Shipped {
    id: String,
    completes: bool,
    values: Map<String, Value>,
}

/// What was found of one form.
struct Found {
    id: String,
    /// Fields that were filled in by keyboard.
    filled: usize,
    /// How often Tab was pressed until the button that sends had focus.
    tabs: usize,
    /// Lines of the accessibility tree that were read, before and after the problems.
    read: usize,
}

fn shipped() -> Vec<Shipped> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("forms");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let form = |file: &Path| {
        let text = std::fs::read_to_string(file).unwrap();
        let definition: Value = toml::from_str(&text).unwrap();
        Shipped {
            id: definition["id"].as_str().unwrap().to_owned(),
            completes: definition["completes"] == true,
            values: definition["examples"][0]["values"].as_object().unwrap().clone(),
        }
    };
    files.iter().map(|file| form(file)).collect()
}

/// Opens a form as a page of its own, by its link where it needs one.
async fn open<'a>(house: &House, browser: &'a Browser, form: &Shipped) -> FormOnPage<'a> {
    let query = if form.completes {
        format!("?link={}", house.link("algbra", &form.id, REFERENCE))
    } else {
        String::new()
    };
    browser.goto(&house.own(&format!("/f/{}{query}", form.id))).await;
    FormOnPage::on(browser).await
}

#[tokio::test]
async fn every_shipped_form_is_read_measured_and_sent_by_keyboard_alone() {
    let house = House::start().await;
    let browser = Browser::start().await;
    let mut found = Vec::new();
    for shipped in shipped() {
        browser.show_as(320, 640, "light").await;
        let form = open(&house, &browser, &shipped).await;
        assert_eq!(axe(&browser).await, [""; 0], "{}", shipped.id);
        let before = measures::read_aloud(&browser, &shipped.id).await;
        measures::hold(&browser, &format!("{}, 320 wide", shipped.id)).await;
        form.submit().await;
        form.until("the summary", "return root.querySelector('.lf-summary')").await;
        assert_eq!(axe(&browser).await, [""; 0], "{}, with its problems", shipped.id);
        let after = measures::read_aloud(&browser, &shipped.id).await;
        measures::hold(&browser, &format!("{}, with its problems", shipped.id)).await;
        measures::space_out(&browser).await;
        measures::hold(&browser, &format!("{}, spaced out", shipped.id)).await;

        browser.show_as(1280, 900, "light").await;
        let form = open(&house, &browser, &shipped).await;
        let walk = keyboard::walk(&form, &shipped).await;
        assert_eq!(axe(&browser).await, [""; 0], "{}, sent", shipped.id);
        found.push(Found { id: shipped.id, filled: walk.filled, tabs: walk.tabs, read: before + after });
    }
    browser.stop().await;
    house.stop().await;
    report::write(&found);
}

#[tokio::test]
async fn axe_finds_nothing_in_any_shipped_form_on_a_host_page_or_in_its_iframe() {
    let house = House::start().await;
    let browser = Browser::start().await;
    for shipped in shipped() {
        browser.goto(&house.page("plain.html")).await;
        FormOnPage::on(&browser).await;
        let link = shipped.completes.then(|| house.link("algbra", &shipped.id, REFERENCE));
        let become_it = "const e = document.querySelector('lead-form');
            if (arguments[1]) e.setAttribute('link', arguments[1]);
            e.setAttribute('form', arguments[0])";
        browser.run(become_it, &[json!(shipped.id), json!(link)]).await;
        find_nothing(&browser, &format!("{} on a host page", shipped.id)).await;
        let query = link.map(|link| format!("?link={link}")).unwrap_or_default();
        browser.goto(&house.own(&format!("/embed/{}{query}", shipped.id))).await;
        find_nothing(&browser, &format!("{} in its iframe", shipped.id)).await;
    }
    browser.stop().await;
    house.stop().await;
}

async fn find_nothing(browser: &Browser, what: &str) {
    let form = FormOnPage::on(browser).await;
    assert_eq!(axe(browser).await, [""; 0], "{what}");
    form.submit().await;
    form.until("the summary", "return root.querySelector('.lf-summary')").await;
    assert_eq!(axe(browser).await, [""; 0], "{what}, with its problems");
}
