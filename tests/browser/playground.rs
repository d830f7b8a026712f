//! The demo's playground: what is chosen is what is seen, the address keeps it, and each policy takes the road that the matrix
//! of policies says.
//!
//! Apart from the forms' own journeys because here an embedder is the visitor. The snippets are tried with all others.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;
use crate::kindness::axe;
use crate::looks::{assert_fits, folder};

const FRAME: &str = "return document.querySelector('#glass iframe')";
/// What stands in the header, once it says where the form is.
const ROAD: &str = "return document.getElementById('road').textContent";

async fn open(query: &str) -> (House, Browser) {
    let house = House::start_with("demo/site").await;
    let browser = Browser::start().await;
    // Out of sight, a frame of no origin is not drawn, and goes no road.
    browser.show_as(1280, 900, "light").await;
    browser.goto(&address(&house, query)).await;
    (house, browser)
}

fn address(house: &House, query: &str) -> String {
    house.page(&format!("playground.html?{query}"))
}

async fn close(house: House, browser: Browser) {
    browser.stop().await;
    house.stop().await;
}

/// Chooses as a person does: an option of a list, or a radio button by what it says.
async fn choose(browser: &Browser, name: &str, value: &str) {
    let find = "return document.querySelector(`select[name=${arguments[0]}] option[value='${arguments[1]}'], input[type=radio][name=${arguments[0]}][value='${arguments[1]}']`)";
    let found = browser.driver.execute(find, vec![json!(name), json!(value)]).await.unwrap();
    let found = found.element().unwrap_or_else(|error| panic!("no {name} {value}: {error}"));
    found.click().await.unwrap();
}

async fn road(browser: &Browser) -> Value {
    browser.until("the road", ROAD, &[]).await
}

async fn enter(browser: &Browser) {
    browser.driver.execute(FRAME, vec![]).await.unwrap().element().unwrap().enter_frame().await.unwrap();
}

#[tokio::test]
async fn what_is_chosen_is_seen_at_once_and_kept_in_the_address() {
    let (house, browser) = open("").await;
    assert_eq!(road(&browser).await, "In the page");
    enter(&browser).await;
    FormOnPage::on(&browser).await.fill("Last name", "Restyled").await;
    browser.driver.enter_default_frame().await.unwrap();

    choose(&browser, "preset", "bold").await;
    choose(&browser, "scheme", "dark").await;
    enter(&browser).await;
    let form = FormOnPage::on(&browser).await;
    form.until(
        "the look",
        "return element.getAttribute('preset') === 'bold' && element.dataset.theme === 'dark'",
    )
    .await;
    assert_eq!(
        form.read("return control('Last name').value").await,
        "Restyled",
        "a look keeps what was typed"
    );
    browser.driver.enter_default_frame().await.unwrap();

    choose(&browser, "form", "callback").await;
    choose(&browser, "locale", "ar").await;
    enter(&browser).await;
    let form = FormOnPage::on(&browser).await;
    form.until("the language", "return root.querySelector('.lf').dir === 'rtl' && document.dir === 'rtl'")
        .await;
    browser.driver.enter_default_frame().await.unwrap();
    assert_eq!(
        browser.run("return location.search", &[]).await,
        "?form=callback&locale=ar&preset=bold&scheme=dark"
    );

    browser.driver.refresh().await.unwrap();
    assert_eq!(road(&browser).await, "In the page");
    let chosen = "return ['form', 'locale'].map(name => document.querySelector(`select[name=${name}]`).value)
        .concat(['preset', 'scheme'].map(name => document.querySelector(`input[name=${name}]:checked`).value))";
    assert_eq!(browser.run(chosen, &[]).await, json!(["callback", "ar", "bold", "dark"]));
    // A form that does not speak the language is shown in one that it does.
    choose(&browser, "form", "business-loan").await;
    assert_eq!(
        browser.run("return location.search", &[]).await,
        "?form=business-loan&preset=bold&scheme=dark"
    );
    close(house, browser).await;
}

#[tokio::test]
async fn each_way_in_is_shown_and_a_form_behind_a_button_opens() {
    let (house, browser) = open("form=callback&way=iframe").await;
    browser
        .until("the iframe", "return document.getElementById('road').textContent === 'In the iframe'", &[])
        .await;
    for way in ["popup", "slider", "button"] {
        choose(&browser, "way", way).await;
        browser.until(way, "return document.getElementById('road').dataset.road === 'waits'", &[]).await;
        enter(&browser).await;
        let press = "const e = document.querySelector(`lead-form[as=${arguments[0]}]`), b = e && e.shadowRoot && e.shadowRoot.querySelector('button'); if (b) b.click(); return b && 1";
        browser.until(way, press, &[json!(way)]).await;
        browser.driver.enter_default_frame().await.unwrap();
        browser.until(way, "return document.getElementById('road').textContent === 'In the page'", &[]).await;
    }
    choose(&browser, "way", "hosted").await;
    enter(&browser).await;
    let link = browser
        .until("a link", "const a = document.querySelector('#place a'); return a && a.href", &[])
        .await;
    assert_eq!(link, house.own("/f/callback"));
    close(house, browser).await;
}

/// Each policy of the playground, and the road that the matrix of tests/browser/policies finds under the same.
const ROADS: [(&str, &str); 8] = [
    ("none", "In the page"),
    ("strict", "In the page"),
    ("no-wasm", "In the iframe: wasm_refused"),
    ("nonce-styles", "In the page"),
    ("trusted-types", "In the page"),
    ("sandbox", "In the page"),
    ("foreign", "By a link: frame_unreachable"),
    ("script-only", "By a link: frame_unreachable"),
];

#[tokio::test]
async fn each_policy_is_a_real_one_and_the_road_that_is_taken_is_told() {
    let (house, browser) = open("").await;
    for (policy, wanted) in ROADS {
        browser.goto(&address(&house, &format!("form=callback&policy={policy}"))).await;
        let until = "const r = document.getElementById('road'); return r.textContent.startsWith(arguments[0]) && r.textContent";
        let first = wanted.split(':').next().unwrap();
        let told = browser.until(&format!("{policy}: {wanted}"), until, &[json!(first)]).await;
        assert_eq!(told, wanted, "{policy}");
        let header =
            browser.until("the header", "return document.getElementById('headers').textContent", &[]).await;
        assert_eq!(
            header.as_str().unwrap().starts_with("Content-Security-Policy:"),
            policy != "none",
            "{header}"
        );
    }
    close(house, browser).await;
}

#[tokio::test]
async fn snippet_is_copied_and_said_to_be_and_its_tabs_go_by_the_keyboard() {
    let (house, browser) = open("form=callback&preset=soft").await;
    road(&browser).await;
    let grant = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    browser.cdp("Browser.grantPermissions", grant).await;
    let tab = "const tab = document.querySelector('[role=tab][aria-selected=true]'); tab.focus(); return tab";
    let tab = browser.driver.execute(tab, vec![]).await.unwrap().element().unwrap();
    tab.send_keys("\u{e014}\u{e014}").await.unwrap(); // the right arrow, twice
    let focused = "return document.activeElement.textContent + document.querySelectorAll('[role=tab][tabindex=\"0\"]').length";
    browser.until("the third tab", &format!("{focused} === 'WordPress1'"), &[]).await;
    browser
        .driver
        .execute("return document.getElementById('copy')", vec![])
        .await
        .unwrap()
        .element()
        .unwrap()
        .click()
        .await
        .unwrap();
    browser
        .until("it is said", "return document.getElementById('copied').textContent === 'Copied'", &[])
        .await;
    let read =
        "const done = arguments[0]; navigator.clipboard.readText().then(done, error => done(`${error}`))";
    let copied = browser.driver.execute_async(read, vec![]).await.unwrap().json().clone();
    assert_eq!(copied, "[lead_form form=\"callback\" preset=\"soft\"]");
    close(house, browser).await;
}

#[tokio::test]
async fn playground_fits_every_screen_and_axe_finds_nothing() {
    let (house, browser) = open("").await;
    let query = "form=callback&preset=soft&accent=%236a3fd1&radius=14&way=popup&policy=strict&snippet=react";
    for (what, width, height) in [("small", 320, 640), ("phone", 390, 844), ("desktop", 1280, 900)] {
        for scheme in ["light", "dark"] {
            browser.show_as(width, height, scheme).await;
            browser.goto(&address(&house, query)).await;
            browser.until("the header", "return document.getElementById('headers').textContent", &[]).await;
            browser
                .run("document.querySelectorAll('details').forEach(group => group.open = true)", &[])
                .await;
            assert_fits(&browser, &format!("{what}, {scheme}"), width).await;
            assert_eq!(axe(&browser).await, [""; 0], "{what}, {scheme}");
        }
    }
    for scheme in ["light", "dark"] {
        browser.show_as(1280, 1000, scheme).await;
        browser.goto(&address(&house, "form=callback&preset=soft&policy=strict")).await;
        road(&browser).await;
        browser.sheet(&folder().join(format!("playground-{scheme}.webp")), 1280).await;
    }
    close(house, browser).await;
}
