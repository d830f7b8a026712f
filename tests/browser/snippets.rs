//! Every piece of HTML that the documents tell an embedder to copy, copied into a page and tried.
//!
//! Apart because what is tried here is written in the documents and nowhere else: a snippet that no longer works fails.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;

/// Where snippets stand.
const DOCUMENTS: &[&str] = &["README.md", "docs/embedding.md", "docs/presets.md"];

/// What a snippet that has no script tag, or no form, stands beside.
const SCRIPT: &str = "<script src=\"{{proxy}}/embed.js\" async></script>";
const FORM: &str = "<lead-form form=\"card-machines\"></lead-form>";

/// Notes what the forms tell, and what goes wrong.
const WATCH: &str = "<script>
    seen = [];
    for (const name of ['ready', 'failed', 'received']) addEventListener(`lead-form:${name}`, () => seen.push(name));
    for (const name of ['error', 'unhandledrejection']) addEventListener(name, (event) => seen.push(`${event.message ?? event.reason}`));
</script>";

/// The pieces of HTML in a document: whole blocks, and tags inside a sentence.
fn snippets(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let blocks = text.split("```html\n").skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned());
    let tags = text.split("`<lead-form ").skip(1);
    let tags = tags
        .filter_map(|rest| rest.split_once("</lead-form>`"))
        .map(|(tag, _)| format!("<lead-form {tag}</lead-form>"));
    blocks.chain(tags).collect()
}

/// A page of an embedder's who has copied this.
fn page(snippet: &str, link: &str) -> String {
    let snippet = snippet
        .replace("https://forms.example", "{{proxy}}")
        .replace("https://leads.example", "{{proxy}}")
        .replace("eyJhbGciOiJIUzI1NiJ9.…", link);
    let script = if snippet.contains("/embed.js") { "" } else { SCRIPT };
    let form = if snippet.contains("<lead-form") { "" } else { FORM };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Copied</title>{WATCH}</head><body>{script}{snippet}{form}</body></html>"
    )
}

#[tokio::test]
async fn each_snippet_of_the_documents_shows_a_form() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start_in(&folder.path().display().to_string(), &[]).await;
    let link = house.link("algbra", "complete-account", "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d");
    let browser = Browser::start().await;
    let mut tried = 0;
    for (document, snippet) in
        DOCUMENTS.iter().flat_map(|name| snippets(name).into_iter().map(move |text| (name, text)))
    {
        std::fs::write(folder.path().join("copied.html"), page(&snippet, &link)).unwrap();
        browser.goto(&house.page("copied.html")).await;
        if snippet.contains(" as=") {
            let button = "const e = document.querySelector('lead-form'), b = e.shadowRoot && e.shadowRoot.querySelector('button'); if (b) b.click(); return b && 1";
            browser.until(&format!("the button of {snippet}"), button, &[]).await;
        }
        browser
            .until(
                &format!("the form of {document}: {snippet}"),
                "return seen.length && seen.includes('ready')",
                &[],
            )
            .await;
        assert_eq!(browser.run("return seen", &[]).await, json!(["ready"]), "{document}: {snippet}");
        if snippet.contains("lead-form:received") {
            let form = FormOnPage::on(&browser).await;
            form.fill_in("Lovelace").await;
            form.send().await;
            let receipt = form.receipt().await;
            let pushed = browser.run("return dataLayer", &[]).await;
            assert_eq!(
                pushed,
                json!([{ "event": "lead", "form": "card-machines", "receipt": receipt }]),
                "{snippet}"
            );
        }
        tried += 1;
    }
    assert!(tried >= 10, "only {tried} snippets were found");
    browser.stop().await;
    house.stop().await;
}
