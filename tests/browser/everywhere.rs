//! One journey in every browser, mode, direction, scheme and size of screen: see, type before the Wasm is there, break, mend,
//! send, receive.
//!
//! Apart from the other journeys because the question is another: not whether something works, but whether it works
//! everywhere. Chromium walks every cell. Firefox and WebKitGTK walk a choice in which each two values meet at least
//! once, or every cell with `LEAD_FORM_CELLS=all`.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::drivers::Engine;
use crate::form::FormOnPage;
use crate::gate::Passage;
use crate::house::House;

/// Where a form is, and for whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cell {
    mode: &'static str,
    locale: &'static str,
    scheme: &'static str,
    screen: &'static str,
}

const MODES: [&str; 3] = ["inline", "iframe", "hosted"];
/// One is written from left to right, one from right to left.
const LOCALES: [&str; 2] = ["en", "ar"];
const SCHEMES: [&str; 2] = ["light", "dark"];
const SCREENS: [&str; 2] = ["phone", "desktop"];

/// Every two values of different kinds meet in one of these.
const CHOICE: [[&str; 4]; 6] = [
    ["inline", "en", "light", "phone"],
    ["inline", "ar", "dark", "desktop"],
    ["iframe", "en", "dark", "desktop"],
    ["iframe", "ar", "light", "phone"],
    ["hosted", "en", "dark", "phone"],
    ["hosted", "ar", "light", "desktop"],
];

fn cell([mode, locale, scheme, screen]: [&'static str; 4]) -> Cell {
    Cell { mode, locale, scheme, screen }
}

fn every_cell() -> Vec<Cell> {
    let mut cells = Vec::new();
    for scheme in SCHEMES {
        for mode in MODES {
            for locale in LOCALES {
                cells.extend(SCREENS.map(|screen| cell([mode, locale, scheme, screen])));
            }
        }
    }
    cells
}

/// The cells of a browser that is not Chromium.
fn chosen() -> Vec<Cell> {
    if std::env::var_os("LEAD_FORM_CELLS").is_some_and(|wanted| wanted == "all") {
        return every_cell();
    }
    let mut cells = CHOICE.map(cell).to_vec();
    cells.sort_by_key(|cell| cell.scheme);
    cells
}

/// A host page of each mode and language.
fn write_pages(folder: &Path) {
    for mode in ["inline", "iframe"] {
        for (locale, direction) in [("en", "ltr"), ("ar", "rtl")] {
            let page = format!(
                r#"<!doctype html><html lang="{locale}" dir="{direction}"><head><meta charset="utf-8"><title>{mode}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
                <script src="{{{{proxy}}}}/embed.js" async></script></head>
                <body><h1>{mode}</h1><lead-form form="callback" mode="{mode}"></lead-form></body></html>"#
            );
            std::fs::write(folder.join(format!("{mode}-{locale}.html")), page).unwrap();
        }
    }
}

/// What somebody sees of the first paint; nothing as long as it is not there.
const SEEN: &str = r"
    const form = root.querySelector('form');
    if (!form || form.method !== 'post' || root.querySelectorAll('[name]').length < 4) return null;
    const field = root.querySelector('[name=email]'), place = field.getBoundingClientRect();
    if (place.width < 1) return null;
    const style = getComputedStyle(root.querySelector('[name=last_name]')), color = style.color.match(/[\d.]+/g).slice(0, 3).map(Number);
    return {
        direction: style.direction, scheme: color[0] > 128 ? 'dark' : 'light',
        inside: place.left >= 0 && place.right <= innerWidth && document.documentElement.scrollWidth <= innerWidth,
    };";

async fn enter(house: &House, browser: &Browser, cell: Cell) {
    let url = match cell.mode {
        "hosted" => house.own(&format!("/f/callback?locale={}", cell.locale)),
        mode => house.page(&format!("{mode}-{}.html", cell.locale)),
    };
    browser.goto(&url).await;
    if cell.mode == "iframe" {
        browser.enter_form_frame().await;
    }
}

/// The whole journey in one cell; `before` is how many leads the partner has already.
async fn walk(house: &House, browser: &Browser, cell: Cell, before: usize) {
    house.gate().rule(&[(".wasm", Passage::Held)]);
    enter(house, browser, cell).await;
    let form = FormOnPage::without_scripts(browser);
    let seen = form.until("the first paint", SEEN).await;
    let direction = if cell.locale == "ar" { "rtl" } else { "ltr" };
    assert_eq!(seen, json!({ "direction": direction, "scheme": cell.scheme, "inside": true }), "{cell:?}");

    let surname = format!("{}-{}-{}-{}", cell.mode, cell.locale, cell.scheme, cell.screen);
    form.type_into("last_name", &surname).await;
    form.type_into("email", "ada@").await;
    form.read("window.early = root.querySelector('[name=email]')").await;
    assert_eq!(
        form.read("return root.querySelector('form').noValidate").await,
        false,
        "{cell:?}: no Wasm yet"
    );
    house.gate().rule(&[]);
    let form = FormOnPage::on(browser).await;
    let kept = r"const at = name => root.querySelector(`[name=${name}]`);
        const focused = root.activeElement || document.activeElement;
        return [at('last_name').value, at('email').value, at('email') === window.early, focused === window.early]";
    assert_eq!(form.read(kept).await, json!([surname, "ada@", true, true]), "{cell:?}: what the visitor had");

    form.type_into("email", "nowhere").await;
    form.submit().await;
    const BROKEN: &str = "return root.querySelector('[name=email]').getAttribute('aria-invalid') === 'true'";
    form.until("the address is refused", BROKEN).await;
    form.type_into("email", ".example").await;
    form.type_into("first_name", "Ada").await;
    form.type_into("phone", "020 7946 0018").await;
    form.until("it is mended", &BROKEN.replace("=== 'true'", "!== 'true'")).await;
    form.submit().await;
    let receipt = form.receipt().await;
    let ledger = house.leads(before + 1).await;
    let lead = ledger.leads.iter().find(|lead| lead.id == receipt).unwrap();
    let field = |name: &str| lead.fields.get(name).cloned().unwrap_or(Value::Null);
    assert_eq!(
        [field("FirstName"), field("LastName"), field("Email")],
        [json!("Ada"), json!(surname), json!("ada@nowhere.example")]
    );
}

async fn walk_all(engine: Engine, cells: &[Cell]) {
    let pages = tempfile::tempdir().unwrap();
    write_pages(pages.path());
    let house = House::start_behind_gate(pages.path()).await;
    let mut done = 0;
    for scheme in SCHEMES {
        let browser = Browser::of(engine, scheme).await;
        for cell in cells.iter().filter(|cell| cell.scheme == scheme) {
            browser.be_screen(cell.screen, scheme).await;
            walk(&house, &browser, *cell, done).await;
            done += 1;
        }
        browser.stop().await;
    }
    assert_eq!(done, cells.len());
    house.stop().await;
}

#[test]
fn each_two_values_meet_in_a_cell_of_the_choice() {
    let kinds: [&[&str]; 4] = [&MODES, &LOCALES, &SCHEMES, &SCREENS];
    for (first, ours) in kinds.iter().enumerate() {
        for (second, theirs) in kinds.iter().enumerate().skip(first + 1) {
            for our in *ours {
                for their in *theirs {
                    assert!(
                        CHOICE.iter().any(|cell| cell[first] == *our && cell[second] == *their),
                        "{our} with {their}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn visitor_makes_the_whole_journey_in_every_cell_on_chromium() {
    walk_all(Engine::Chromium, &every_cell()).await;
}

#[tokio::test]
async fn visitor_makes_the_whole_journey_on_firefox() {
    walk_all(Engine::Firefox, &chosen()).await;
}

#[tokio::test]
async fn visitor_makes_the_whole_journey_on_webkit() {
    walk_all(Engine::Webkit, &chosen()).await;
}
