//! A page that has pinned our script by its hash: it works as the one that follows updates does, and a script with other bytes
//! is not run.

use lead_proxy::snippets::{Loader, Place, Way};
use serde_json::Value;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, assets_dir};

/// The loader as the build has written it down.
fn loader() -> Loader {
    let manifest = std::fs::read(assets_dir().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let text = |name: &str| manifest["loader"][name].as_str().unwrap().to_owned();
    Loader { file: text("file"), integrity: text("integrity") }
}

/// A page of an embedder's who has copied this, with something to fall back on between the tags.
fn page(snippet: &str) -> String {
    let snippet = snippet.replace("></lead-form>", "><p id=\"fallback\">Call us</p></lead-form>");
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Pinned</title></head><body><script>
            seen = [];
            addEventListener('error', ({{ target }}) => target.src && seen.push('refused'), true);
            addEventListener('lead-form:failed', ({{ detail }}) => seen.push(detail.code));
        </script>{snippet}</body></html>"
    )
}

#[tokio::test]
async fn pinned_script_brings_the_form_and_one_with_other_bytes_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start_in(&folder.path().display().to_string(), &[]).await;
    let browser = Browser::start().await;
    let loader = loader();
    let place = Place { origin: &house.proxy_url, form: "card-machines", loader: Some(&loader) };
    let snippet = Way::Pinned.snippet(&place).unwrap();
    std::fs::write(folder.path().join("pinned.html"), page(&snippet)).unwrap();
    browser.goto(&house.page("pinned.html")).await;
    let form = FormOnPage::on(&browser).await;
    form.fill_in("Pinned").await;
    form.send().await;
    form.receipt().await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Pinned");
    assert_eq!(browser.run("return seen", &[]).await, serde_json::json!([]));
    assert_eq!(browser.run("return document.querySelector('#fallback').checkVisibility()", &[]).await, false);

    let (start, _) = loader.integrity.split_at(20);
    let wrong =
        Loader { integrity: format!("{start}{}", "A".repeat(loader.integrity.len() - 20)), ..loader.clone() };
    let wrong = Way::Pinned.snippet(&Place { loader: Some(&wrong), ..place }).unwrap();
    std::fs::write(folder.path().join("pinned.html"), page(&wrong)).unwrap();
    browser.goto(&house.page("pinned.html")).await;
    browser.until("the refusal", "return seen.length", &[]).await;
    assert_eq!(browser.run("return seen", &[]).await, serde_json::json!(["refused"]));
    assert_eq!(browser.run("return customElements.get('lead-form') === undefined", &[]).await, true);
    assert_eq!(browser.run("return document.querySelector('#fallback').checkVisibility()", &[]).await, true);
    browser.stop().await;
    house.stop().await;
}
