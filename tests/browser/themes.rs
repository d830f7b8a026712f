//! Every preset held to what can be measured of a look: contrast and axe in every state, light and dark; and a contact sheet of
//! each for `docs/presets.md`, for the eye.

use lead_model::Preset;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, on_page};
use crate::kindness::axe;
use crate::looks::folder;

/// Keeps what is said in the console.
const LISTEN: &str = "window.warned = []; console.warn = (...said) => window.warned.push(said.at(-1))";

/// What was said of contrast since the last time, once the form has looked at itself: what is idle runs in its order.
async fn warned(browser: &Browser) -> Vec<String> {
    let script = "const done = arguments[arguments.length - 1];
        requestIdleCallback(() => done(window.warned.splice(0).filter(text => /contrast/.test(text))))";
    let said = browser.driver.execute_async(script, vec![]).await.unwrap().json().clone();
    said.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn wear(browser: &Browser, preset: &str, scheme: &str) {
    let script = "document.documentElement.style.colorScheme = arguments[1];
        document.querySelector('lead-form').setAttribute('preset', arguments[0])";
    browser.run(script, &[json!(preset), json!(scheme)]).await;
}

async fn listening(browser: &Browser) {
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": LISTEN })).await;
    browser.driver.refresh().await.unwrap();
    let form = FormOnPage::on(browser).await;
    form.until("what accompanies it is there", "return root.querySelector('[part]')").await;
}

#[tokio::test]
async fn every_preset_has_contrast_enough_light_and_dark() {
    on_page("plain.html", async |_, browser| {
        listening(browser).await;
        for scheme in ["light", "dark"] {
            for preset in Preset::ALL {
                wear(browser, preset.as_str(), scheme).await;
                assert_eq!(warned(browser).await, [""; 0], "{scheme}, {}", preset.as_str());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn color_that_can_not_be_read_is_told_once_with_its_token_and_what_to_change() {
    on_page("plain.html", async |_, browser| {
        listening(browser).await;
        let set = "document.querySelector('lead-form').style.cssText = arguments[0]";
        browser.run(set, &[json!("--lf-muted: #aaa")]).await;
        let pale = "found a contrast of 2.32, expected at least 4.5";
        assert_eq!(
            warned(browser).await,
            ["surface", "field"].map(|below| format!(
                "--lf-muted on --lf-{below}: {pale}. Make --lf-muted darker, or --lf-{below} lighter."
            ))
        );
        browser.run(set, &[json!("")]).await;
        browser.run(set, &[json!("--lf-muted: color(srgb .66667 .66667 .66667)")]).await;
        assert_eq!(warned(browser).await, [""; 0], "the same colors, told already");
        // On the page's own ground, through a color that lets half of it through.
        browser.run(set, &[json!("--lf-surface: rgb(0 0 0 / 50%); --lf-field: #fff")]).await;
        let said = warned(browser).await;
        assert!(said.iter().any(|line| line.starts_with("--lf-muted on --lf-surface")), "{said:#?}");
        browser.run("document.body.style.background = 'linear-gradient(red, blue)'", &[]).await;
        browser.run(set, &[json!("--lf-surface: rgb(0 0 0 / 60%); --lf-field: #fff")]).await;
        assert_eq!(warned(browser).await, [""; 0], "nobody knows what a picture shows");
    })
    .await;
}

#[tokio::test]
async fn axe_finds_nothing_in_any_preset_and_state_light_or_dark() {
    let house = House::start().await;
    let browser = Browser::start().await;
    for scheme in ["light", "dark"] {
        browser.show_as(1280, 900, scheme).await;
        for preset in Preset::ALL.iter().map(|preset| preset.as_str()) {
            browser.goto(&house.own(&format!("/f/card-machines?preset={preset}"))).await;
            let form = FormOnPage::on(&browser).await;
            assert_eq!(axe(&browser).await, [""; 0], "{preset}, {scheme}, empty");
            form.send().await;
            form.until("a summary", "return root.querySelector('.lf-summary')").await;
            assert_eq!(axe(&browser).await, [""; 0], "{preset}, {scheme}, problems");
            form.fill_in(&format!("{preset}-{scheme}")).await;
            form.send().await;
            form.until_state("delivered").await;
            assert_eq!(axe(&browser).await, [""; 0], "{preset}, {scheme}, thanks");
        }
    }
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn paper_is_light_whatever_the_screen_is_and_ticks_are_printed() {
    on_page("plain.html", async |_, browser| {
        listening(browser).await;
        let form = FormOnPage::on(browser).await;
        form.choose("I agree").await;
        for preset in Preset::ALL.iter().map(|preset| preset.as_str()) {
            wear(browser, preset, "dark").await;
            let ink = "return getComputedStyle(root.querySelector('.lf')).color";
            browser.cdp("Emulation.setEmulatedMedia", json!({ "media": "screen" })).await;
            let screen = form.read(ink).await;
            browser.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
            let paper = form.read(ink).await;
            let red = |color: &str| color.split(['(', ',']).nth(1)?.parse::<u32>().ok();
            let is_light = |color: &Value| red(color.as_str().unwrap()).unwrap() > 127;
            assert!(
                is_light(&screen) && !is_light(&paper),
                "{preset}: {screen} on the screen, {paper} on paper"
            );
            let tick = "return getComputedStyle(root.querySelector('.lf-box__input')).printColorAdjust";
            assert_eq!(form.read(tick).await, "exact", "{preset}");
        }
    })
    .await;
}

/// Width of a sheet: two columns of a desktop, four of a phone.
const SHEET_WIDTH: u32 = 2 * (744 + 390 + 390);

#[tokio::test]
async fn every_preset_has_a_sheet_and_a_look_of_its_own() {
    let house = House::start().await;
    let browser = Browser::start().await;
    browser.show_as(SHEET_WIDTH, 1_600, "light").await;
    browser.goto(&house.page("presets.html")).await;
    let count = 8;
    for index in 0..count {
        FormOnPage::nth(&browser, index).await;
    }
    // Each phone on the left shows its problems.
    for index in [2, 6] {
        let form = FormOnPage::nth(&browser, index).await;
        form.read("root.querySelector('.lf-button').click()").await;
        form.until("a summary", "return root.querySelector('.lf-summary')").await;
    }
    let mut looks = Vec::new();
    for preset in Preset::ALL.iter().map(|preset| preset.as_str()) {
        let wear = "document.querySelectorAll('lead-form').forEach(e => e.setAttribute('preset', arguments[0]));
            const seen = getComputedStyle(document.querySelector('lead-form').shadowRoot.querySelector('.lf-button'));
            return [seen.backgroundColor, seen.borderRadius, seen.fontWeight]";
        let look = browser.run(wear, &[json!(preset)]).await;
        assert!(!looks.contains(&look), "{preset} looks like another: {look}");
        looks.push(look);
        browser.sheet(&folder().join(format!("preset-{preset}.webp")), SHEET_WIDTH).await;
    }
    browser.stop().await;
    house.stop().await;
}
