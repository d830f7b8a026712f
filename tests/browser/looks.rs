//! Pictures of what people see, for `docs/` and for the eye of whoever changes the look.
//!
//! Apart because nothing is judged by comparing pixels here: the test holds that each state can be reached and fits its
//! screen, and keeps the picture where `LEAD_FORM_SCREENSHOTS` says.

use std::path::{Path, PathBuf};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;

const SCREENS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desktop", 1280, 900)];

pub(crate) fn folder() -> PathBuf {
    std::env::var_os("LEAD_FORM_SCREENSHOTS").map_or_else(unpublished, PathBuf::from)
}

/// Where pictures lie that no document shows.
fn unpublished() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots")
}

/// A page that can be scrolled sideways doesn't fit its screen. (A phone widens its window to such a page, so the
/// window's own width says nothing.)
pub(crate) async fn assert_fits(browser: &Browser, what: &str, width: u32) {
    let widest = r"
        const wide = Array.from(document.querySelectorAll('body *')).filter(e => e.getBoundingClientRect().right > WIDTH + 1);
        return [document.documentElement.scrollWidth, wide.slice(0, 3).map(e => e.outerHTML.slice(0, 120))]";
    let seen = browser.run(&widest.replace("WIDTH", &width.to_string()), &[]).await;
    assert!(
        seen[0].as_u64().unwrap() <= u64::from(width),
        "{what} is {} wide, its screen {width}: {:#}",
        seen[0],
        seen[1]
    );
}

async fn keep(browser: &Browser, name: &str, screen: (&str, u32, u32), scheme: &str) {
    keep_in(&folder(), browser, name, screen, scheme).await;
}

async fn keep_in(folder: &Path, browser: &Browser, name: &str, screen: (&str, u32, u32), scheme: &str) {
    let what = format!("{name}-{}-{scheme}", screen.0);
    assert_fits(browser, &what, screen.1).await;
    browser.run("scrollTo(0, 0)", &[]).await;
    browser.screenshot(&folder.join(format!("{what}.png")), screen.1, 2_600).await;
}

#[tokio::test]
async fn each_state_fits_its_screen_light_and_dark() {
    let house = House::start().await;
    let browser = Browser::start().await;
    for screen in SCREENS {
        for scheme in ["light", "dark"] {
            browser.show_as(screen.1, screen.2, scheme).await;
            browser.goto(&house.own("/f/card-machines")).await;
            let form = FormOnPage::on(&browser).await;
            keep(&browser, "form-empty", screen, scheme).await;
            form.fill("Work email", "ada@nowhere").await;
            form.send().await;
            form.until("problems are shown", "return root.querySelectorAll('.lf-problem').length > 3").await;
            keep(&browser, "form-problems", screen, scheme).await;
            form.read("control('Work email').value = ''").await;
            form.fill_in(&format!("{}-{scheme}", screen.0)).await;
            form.send().await;
            form.until_state("delivered").await;
            keep(&browser, "form-sent", screen, scheme).await;
        }
    }
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn partner_website_carries_the_form_on_every_screen() {
    let house = House::start_with("demo/site").await;
    let browser = Browser::start().await;
    for screen in SCREENS {
        for scheme in ["light", "dark"] {
            browser.show_as(screen.1, screen.2, scheme).await;
            browser.goto(&house.page("index.html")).await;
            FormOnPage::on(&browser).await;
            keep(&browser, "website", screen, scheme).await;
        }
    }
    browser.stop().await;
    house.stop().await;
}

/// Every shipped form but the main one, which is above in each of its states, on a page of its own.
const FORMS: [&str; 6] =
    ["business-loan", "partner-lead", "open-account", "complete-account", "list-property", "contact-us"];

#[tokio::test]
async fn every_other_form_fits_its_screen_and_so_does_what_stands_in_its_place_without_a_link() {
    let house = House::start().await;
    let browser = Browser::start().await;
    let link = house.link("algbra", "complete-account", "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d");
    for screen in SCREENS {
        for scheme in ["light", "dark"] {
            browser.show_as(screen.1, screen.2, scheme).await;
            for name in FORMS {
                browser.goto(&house.own(&format!("/f/{name}?link={link}"))).await;
                FormOnPage::on(&browser).await;
                keep_in(&unpublished(), &browser, name, screen, scheme).await;
            }
            browser.goto(&house.own("/f/complete-account")).await;
            keep_in(&unpublished(), &browser, "link-invalid", screen, scheme).await;
        }
    }
    browser.stop().await;
    house.stop().await;
}
