//! The policy matrix: what host pages, networks and browsers put in the way, in every mode. In each cell the lead arrives, and
//! what road it took is a table in docs/embedding.md, which this test writes.
//!
//! Apart because nothing here asks how a form looks or feels. The obstacles themselves are in `policies/obstacles.rs`.

mod obstacles;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::drivers::Engine;
use crate::form::FormOnPage;
use crate::gate::Passage;
use crate::house::House;
use obstacles::{Lack, NEEDS, Obstacle, Rung, obstacles};

const MODES: [&str; 3] = ["inline", "iframe", "hosted"];

/// Where the table stands in the page about embedding.
const BEGIN: &str = "<!-- from here on written by tests/browser/policies.rs -->\n";
const END: &str = "<!-- until here -->\n";

/// Host pages of an obstacle, one a mode. The nonce is a page's own business; here it is always the same.
fn write_pages(folder: &Path, at: usize, obstacle: &Obstacle) {
    for mode in MODES {
        let link = r#"<a href="{{proxy}}/f/callback">Ask for a call</a>"#;
        let script = r#"<script src="{{proxy}}/embed.js" async nonce="bm9uY2U"></script>"#;
        let script = if obstacle.twice { script.repeat(2) } else { script.to_owned() };
        let way = match mode {
            "hosted" => link.to_owned(),
            mode => format!(r#"{script}<lead-form form="callback" mode="{mode}"><p>{link}</p></lead-form>"#),
        };
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>A host page</title>{way}</html>"
        );
        std::fs::write(folder.join(format!("{mode}-{at}.html")), page).unwrap();
        std::fs::write(folder.join(format!("{mode}-{at}.html.headers")), obstacle.headers.join("\n"))
            .unwrap();
    }
}

const PLAIN: &str = "const f = root.querySelector('form'); return f && f.method === 'post' && root.querySelectorAll('[name]').length > 3";
const TAKEN_OVER: &str = "return state() === 'idle' && root.querySelector('form').noValidate";
/// The link that the embedder put between the tags shows, or the page of the mode is nothing but a link.
const LINK: &str = r"
    const e = document.querySelector('lead-form'), a = document.querySelector('a');
    return a && (!e || !e.shadowRoot || e.shadowRoot.querySelector('slot')) && a.getClientRects().length > 0";
/// Typed by every visitor, beside a surname that says which cell it is.
const TYPED: [(&str, &str); 3] =
    [("first_name", "Ada"), ("email", "ada@engine.example"), ("phone", "020 7946 0018")];

/// Waits until the visitor stands before the form at this rung.
async fn climb(browser: &Browser, what: &str, rung: Rung) {
    let form = FormOnPage::without_scripts(browser);
    let wanted = match rung {
        Rung::Page | Rung::Frame | Rung::Own => TAKEN_OVER,
        Rung::PagePlain | Rung::FramePlain | Rung::FrameAfterPage | Rung::OwnPlain => PLAIN,
    };
    match rung {
        Rung::Page | Rung::PagePlain => {}
        Rung::Frame | Rung::FramePlain => browser.enter_form_frame().await,
        Rung::FrameAfterPage => {
            form.until(what, PLAIN).await;
            fill(&form, what).await;
            form.press("Call me back").await;
            browser.enter_form_frame().await;
        }
        Rung::Own | Rung::OwnPlain => {
            browser.until(&format!("{what}: the link"), LINK, &[]).await;
            let link = browser.driver.execute("return document.querySelector('a')", vec![]).await.unwrap();
            link.element().unwrap().click().await.unwrap();
        }
    }
    form.until(&format!("{what}: the form"), wanted).await;
    if rung != Rung::FrameAfterPage {
        fill(&form, what).await;
    }
}

async fn fill(form: &FormOnPage<'_>, what: &str) {
    for (name, text) in TYPED.into_iter().chain([("last_name", what)]) {
        let control = form.named(name).await;
        // The tab may have a draft of the cell before.
        control.clear().await.unwrap();
        control.send_keys(text).await.unwrap();
    }
}

/// One cell: the visitor comes, climbs, types and sends; nothing is left of what was in the way but what the page brings.
async fn send_through(
    house: &House,
    browser: &Browser,
    obstacle: &Obstacle,
    page: &str,
    what: &str,
    rung: Rung,
) {
    house.gate().rule(obstacle.network);
    browser.goto(&house.page(page)).await;
    climb(browser, what, rung).await;
    let form = FormOnPage::without_scripts(browser);
    if obstacle.offline {
        house.gate().rule(&[("/", Passage::Cut)]);
    }
    form.press("Call me back").await;
    if obstacle.offline {
        form.until(&format!("{what}: it is told"), "return root.querySelector('.lf-notice') ? 1 : 0").await;
        house.gate().rule(&[]);
    }
    form.until(&format!("{what}: a receipt"), "return root.querySelector('.lf-receipt code').textContent")
        .await;
}

/// Takes from the browser what this one lacks; gives how to give it back.
async fn take_away(browser: &Browser, lack: Lack) -> serde_json::Value {
    match lack {
        Lack::Nothing => json!(null),
        Lack::Scripts => browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await,
        Lack::Wasm => {
            let source = json!({ "source": "delete globalThis.WebAssembly" });
            browser.cdp("Page.addScriptToEvaluateOnNewDocument", source).await
        }
    }
}

async fn give_back(browser: &Browser, lack: Lack, taken: serde_json::Value) {
    match lack {
        Lack::Nothing => {}
        Lack::Scripts => {
            browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
        }
        Lack::Wasm => {
            browser.cdp("Page.removeScriptToEvaluateOnNewDocument", taken).await;
        }
    }
}

/// What was found: each obstacle with the roads on which its leads arrived.
type Found = Vec<(&'static Obstacle, [Rung; 3])>;

async fn walk_all(house: &House, browser: &Browser) -> Found {
    let mut found = Found::new();
    let mut leads = 0;
    let wanted = std::env::var("LEAD_FORM_OBSTACLE").unwrap_or_default();
    for (at, obstacle) in obstacles().enumerate().filter(|(_, obstacle)| obstacle.name.contains(&wanted)) {
        let taken = take_away(browser, obstacle.lack).await;
        for (mode, rung) in MODES.into_iter().zip(obstacle.rungs) {
            let what = format!("{mode} {at}");
            send_through(house, browser, obstacle, &format!("{mode}-{at}.html"), &what, rung).await;
            leads += 1;
            let ledger = house.leads(leads).await;
            assert!(ledger.leads.iter().any(|lead| lead.fields["LastName"] == what), "{what}: {ledger:#?}");
        }
        give_back(browser, obstacle.lack, taken).await;
        found.push((obstacle, obstacle.rungs));
    }
    found
}

#[tokio::test]
async fn lead_arrives_in_every_cell_of_the_policy_matrix() {
    let pages = tempfile::tempdir().unwrap();
    for (at, obstacle) in obstacles().enumerate() {
        write_pages(pages.path(), at, obstacle);
    }
    let house = House::start_behind_gate(pages.path()).await;
    let mut browser = Browser::of(Engine::Chromium, "light").await;
    // Most of these pages let nobody make a function of a text.
    browser.from_outside = true;
    let found = walk_all(&house, &browser).await;
    browser.stop().await;
    house.stop().await;
    write_table(&found);
}

/// What a mode needs: of the directives of the first line those without which it took another road.
fn needs(found: &Found, mode: usize) -> String {
    let as_asked = found[0].1[mode];
    let without = found[1..].iter().take(NEEDS.len());
    let missed = without.zip(NEEDS).filter(|((_, rungs), _)| rungs[mode] != as_asked);
    let names: Vec<String> =
        missed.map(|(_, need)| format!("`{}`", need.replace("{{proxy}}", "PROXY"))).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn table(found: &Found) -> String {
    let mut text = String::from("\n| mode | directives it needs |\n| --- | --- |\n");
    for (at, mode) in MODES.iter().enumerate() {
        writeln!(text, "| {mode} | {} |", needs(found, at)).unwrap();
    }
    text.push_str("\n| in the way | inline | iframe | hosted |\n| --- | --- | --- | --- |\n");
    for (obstacle, rungs) in found {
        let [inline, iframe, hosted] = rungs.map(Rung::in_words);
        writeln!(text, "| {} | {inline} | {iframe} | {hosted} |", obstacle.name).unwrap();
    }
    text.push('\n');
    text
}

/// Holds the page about embedding against what was found, and writes it anew where it says something else.
fn write_table(found: &Found) {
    if found.len() < obstacles().count() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/embedding.md");
    let old = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = old.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let new = [before, BEGIN, &table(found), END, after].concat();
    if new != old {
        std::fs::write(&path, new).unwrap();
        panic!("docs/embedding.md was stale and has been written anew; look at the change and commit it");
    }
}
