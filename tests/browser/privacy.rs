//! Nothing of a credential and nothing of the partner reaches the browser: not in a page, a file, an answer or a frame.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{API_KEY, House, assets_dir, on_own_page};

/// Every answer that the page's requests brought, read through Chromium's own protocol.
const BODIES: &str = r"
    const done = arguments[arguments.length - 1];
    const urls = performance.getEntriesByType('resource').map(entry => entry.name).concat(location.href);
    Promise.all([...new Set(urls)].map(url => fetch(url).then(r => r.text()).catch(() => ''))).then(texts => done(texts.join('\n')));
";

#[tokio::test]
async fn browser_never_sees_the_key_or_the_partner() {
    on_own_page("/f/card-machines", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill_in("Private").await;
        form.send().await;
        form.receipt().await;
        let seen =
            browser.driver.execute_async(BODIES, vec![]).await.unwrap().json().as_str().unwrap().to_owned();
        assert!(
            seen.contains("card-machines") && seen.len() > 50_000,
            "the answers were read: {} bytes",
            seen.len()
        );
        for secret in [API_KEY, "ApiKey", "umbraco", "PartnerLeadsApi", &house.sim.url()] {
            assert!(!seen.contains(secret), "{secret} reached the browser");
        }
        let stored =
            browser.run("return JSON.stringify([sessionStorage, localStorage, document.cookie])", &[]).await;
        let stored = stored.as_str().unwrap();
        for value in ["Private", "nalytical", "7946", API_KEY] {
            assert!(!stored.contains(value), "{value} is kept in the browser: {stored}");
        }
        assert!(browser.driver.get_all_cookies().await.unwrap().is_empty(), "a cookie was set");
    })
    .await;
}

#[test]
fn built_files_hold_no_partner_and_no_path_of_the_machine_that_built_them() {
    let mut read = 0;
    for entry in std::fs::read_dir(assets_dir()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in ["takepayments.com", "umbraco", "ApiKey", "canary", "/.cargo/", "/registry/src"] {
            assert!(!text.contains(secret), "{} holds {secret}", path.display());
        }
        let home = std::env::var("HOME").unwrap_or_default();
        assert!(home.len() < 2 || !text.contains(&home), "{} holds a path of this machine", path.display());
        read += usize::from(path.extension().is_some_and(|ending| ending != "br" && ending != "gz"));
    }
    assert!(read >= 4, "only {read} files in {}", Path::new("assets").display());
}

#[tokio::test]
async fn page_of_an_origin_that_is_not_allowed_gets_no_form_and_sends_no_lead() {
    let house = House::start().await;
    let browser = Browser::start().await;
    // The same website by another name is another origin.
    browser.goto(&house.page("plain.html").replace("127.0.0.1", "localhost")).await;
    let refused = "const e = document.querySelector('lead-form'); return e && e.shadowRoot && !e.shadowRoot.querySelector('.lf-input') && e.shadowRoot.textContent.trim() || (e.shadowRoot && e.shadowRoot.querySelector('iframe') && 'frame')";
    browser.until("the visitor is told something", refused, &[]).await;
    assert_eq!(
        browser
            .run(
                "return document.querySelector('lead-form').shadowRoot.querySelectorAll('input').length",
                &[]
            )
            .await,
        json!(0)
    );
    assert_eq!(house.sim.takepayments().ledger().requests.len(), 0);
    browser.stop().await;
    house.stop().await;
}
