//! Everything that the documents and the playground tell an embedder to copy, copied into a page and tried.
//!
//! Apart because what is tried here is written in the documents, and by the playground, and nowhere else: a snippet that no
//! longer works fails.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;
use crate::workshop::Workshop;
use crate::wrappers::wordpress;

/// Where snippets stand.
const DOCUMENTS: &[&str] = &["README.md", "docs/embedding.md", "docs/presets.md"];
/// Those with components of React's, and with shortcodes of WordPress'.
const OTHERS: &[&str] = &["docs/embedding.md", "packages/react/README.md", "packages/wordpress/README.md"];

/// What a snippet that has no script tag, or no form, stands beside.
const SCRIPT: &str = "<script src=\"{{proxy}}/embed.js\" async></script>";
const FORM: &str = "<lead-form form=\"card-machines\"></lead-form>";

/// Notes what the forms tell, and what goes wrong.
const WATCH: &str = "<script>
    seen = [];
    for (const name of ['ready', 'failed', 'received']) addEventListener(`lead-form:${name}`, () => seen.push(name));
    for (const name of ['error', 'unhandledrejection']) addEventListener(name, (event) => seen.push(`${event.message ?? event.reason}`));
</script>";

/// The blocks of a document in this language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts.map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

/// The pieces of HTML in a document: whole blocks, and tags inside a sentence.
fn snippets(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let blocks = blocks(document, "html").into_iter();
    let tags = text.split("`<lead-form ").skip(1);
    let tags = tags
        .filter_map(|rest| rest.split_once("</lead-form>`"))
        .map(|(tag, _)| format!("<lead-form {tag}</lead-form>"));
    blocks.chain(tags).collect()
}

/// A page of an embedder's who has copied this.
fn page(snippet: &str, (link, token): (&str, &str)) -> String {
    let snippet = snippet
        .replace("https://forms.example", "{{proxy}}")
        .replace("https://leads.example", "{{proxy}}")
        .replace("prefill-token=\"eyJhbGciOiJIUzI1NiJ9.…", &format!("prefill-token=\"{token}"))
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
    let token = house.prefill("contact-us", &json!({ "first_name": "Ada" }), &["first_name"]);
    let browser = Browser::start().await;
    let mut tried = 0;
    for (document, snippet) in
        DOCUMENTS.iter().flat_map(|name| snippets(name).into_iter().map(move |text| (name, text)))
    {
        std::fs::write(folder.path().join("copied.html"), page(&snippet, (&link, &token))).unwrap();
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

/// What somebody does with a text that was copied: puts it where it belongs, and opens that page.
struct Desk {
    house: House,
    browser: Browser,
    pages: tempfile::TempDir,
    workshop: Workshop,
}

impl Desk {
    async fn open() -> Self {
        let pages = tempfile::tempdir().unwrap();
        let house = House::start_in(&pages.path().display().to_string(), &[]).await;
        Self { house, browser: Browser::start().await, pages, workshop: Workshop::open() }
    }

    async fn show(&self, page: &str) {
        std::fs::write(self.pages.path().join("copied.html"), page).unwrap();
        self.browser.goto(&self.house.page("copied.html")).await;
    }

    async fn show_component(&self, text: &str) {
        let text = text.replace("https://forms.example", &self.house.proxy_url);
        std::fs::write(self.workshop.file("copied.jsx"), text).unwrap();
        self.workshop.bundle("snippet.jsx", "browser", &self.pages.path().join("copied.js"));
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Copied</title>{WATCH}</head><body><div id=\"root\"></div><script src=\"copied.js\"></script></body></html>"
        );
        self.show(&page).await;
    }

    async fn show_post(&self, text: &str) {
        let post = wordpress(text, &self.house.proxy_url, "visitor");
        self.show(&post.replace("</head>", &format!("{WATCH}</head>"))).await;
    }

    /// Puts the text of this tab where it belongs.
    async fn follow(&self, tab: &str, text: &str) {
        match tab {
            "link" => self.browser.goto(text).await,
            "react" => self.show_component(text).await,
            "wordpress" => self.show_post(text).await,
            _ => self.show(&page(text, ("", ""))).await,
        }
        if text.starts_with("<a ") {
            let link =
                self.browser.driver.execute("return document.querySelector('a')", vec![]).await.unwrap();
            link.element().unwrap().click().await.unwrap();
        }
    }

    /// Opens it, where it stands behind a button, and waits until it can be filled in.
    async fn await_form(&self, what: &str) {
        let press = "const e = document.querySelector('lead-form'), b = e && e.shadowRoot && e.shadowRoot.querySelector('.lf-opener button'); if (b) b.click();";
        let ready = format!(
            "{press} return window.seen ? seen.length && seen.includes('ready') : e && e.querySelector('form') && e.querySelector('form').noValidate"
        );
        self.browser.until(what, &ready, &[]).await;
        let seen = self.browser.run("return window.seen || ['ready']", &[]).await;
        assert_eq!(seen, json!(["ready"]), "{what}");
    }
}

#[tokio::test]
async fn each_component_and_shortcode_of_the_documents_shows_a_form() {
    let desk = Desk::open().await;
    let mut tried = [0, 0];
    for document in OTHERS {
        for text in blocks(document, "jsx") {
            desk.show_component(&text).await;
            desk.await_form(&format!("{document}: {text}")).await;
            tried[0] += 1;
        }
        for text in blocks(document, "text").into_iter().filter(|text| text.starts_with("[lead_form")) {
            desk.show_post(&text).await;
            desk.await_form(&format!("{document}: {text}")).await;
            tried[1] += 1;
        }
    }
    assert!(tried[0] >= 2 && tried[1] >= 2, "only {tried:?} were found");
    desk.browser.stop().await;
    desk.house.stop().await;
}

/// What somebody may have chosen in the playground, and what its form then is: language, and the element's look.
const CHOSEN: [(&str, &str, [&str; 3]); 4] = [
    ("form=card-machines&locale=en", "en", ["", "", ""]),
    (
        "form=callback&locale=de&preset=soft&density=compact&scheme=dark&accent=%236a3fd1&radius=4&size=18",
        "de",
        ["soft", "compact", "dark"],
    ),
    ("form=callback&locale=ar&way=slider&label=Say+%22hi%22+%26+%3Cgo%3E&radius=0", "ar", ["", "", ""]),
    ("form=callback&locale=fr&way=hosted&preset=bold", "fr", ["bold", "", ""]),
];

#[tokio::test]
async fn each_snippet_of_the_playground_shows_the_form_that_was_chosen() {
    let desk = Desk::open().await;
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/site");
    std::fs::create_dir(desk.pages.path().join("playground")).unwrap();
    std::fs::copy(site.join("playground.html"), desk.pages.path().join("playground.html")).unwrap();
    for entry in std::fs::read_dir(site.join("playground")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, desk.pages.path().join("playground").join(path.file_name().unwrap())).unwrap();
    }
    for (chosen, locale, look) in CHOSEN {
        for tab in ["html", "react", "wordpress", "iframe", "link"] {
            let playground = desk.house.page(&format!("playground.html?{chosen}&snippet={tab}"));
            desk.browser.goto(&playground).await;
            let text = "return document.getElementById('code').textContent";
            let text = desk.browser.until("a snippet", text, &[]).await.as_str().unwrap().to_owned();
            desk.follow(tab, &text).await;
            desk.await_form(&format!("{chosen}: {text}")).await;
            let found = "const e = document.querySelector('lead-form');
                return [e.getAttribute('locale') || document.documentElement.lang, ...['preset', 'density', 'data-theme'].map(name => e.getAttribute(name) || '')]";
            let found = desk.browser.run(found, &[]).await;
            assert_eq!(found, json!([locale, look[0], look[1], look[2]]), "{chosen}, {tab}: {text}");
        }
    }
    desk.browser.stop().await;
    desk.house.stop().await;
}
