//! The packages for other houses: React's component and WordPress' shortcode, each in what it is made for.
//!
//! Apart from the forms' own journeys because a form is only used here; what is tried is how it gets onto the page, what is
//! told, and that it leaves.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::House;
use crate::leaks::listeners;
use crate::workshop::{Workshop, run};

/// A page of React's: what a server has rendered, if anything, and the bundle.
fn write_page(pages: &Path, name: &str, rendered: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>React</title><script>
        seen = []; proxy = '{{{{proxy}}}}';
        for (const name of ['error', 'unhandledrejection']) addEventListener(name, (event) => seen.push(`${{event.message ?? event.reason}}`));
        </script></head><body><div id=\"root\">{rendered}</div><script src=\"app.js\"></script></body></html>"
    );
    std::fs::write(pages.join(name), page).unwrap();
}

async fn seen(browser: &Browser) -> Vec<String> {
    let seen = browser.run("return seen", &[]).await;
    seen.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// Fills in what the page does not know already, and sends.
async fn send(form: &FormOnPage<'_>, surname: &str) -> String {
    for (name, text) in [("last_name", surname), ("email", "ada@engine.example"), ("phone", "020 7946 0018")]
    {
        form.named(name).await.send_keys(text).await.unwrap();
    }
    form.press("Call me back").await;
    form.receipt().await
}

#[tokio::test]
async fn react_component_is_strict_tells_its_props_and_leaves_nothing() {
    let pages = tempfile::tempdir().unwrap();
    let workshop = Workshop::open();
    workshop.check_types();
    workshop.bundle("main.jsx", "browser", &pages.path().join("app.js"));
    write_page(pages.path(), "react.html", "");
    let house = House::start_in(&pages.path().display().to_string(), &[]).await;
    let browser = Browser::start().await;
    browser.goto(&house.page("react.html")).await;
    let form = FormOnPage::on(&browser).await;
    assert_eq!(seen(&browser).await, ["ready classic inline"], "once, though strict");
    let there = "return [document.querySelectorAll('script[src$=\"/embed.js\"]').length, element.className,
        element.style.getPropertyValue('--lf-radius'), control('First name').value, element.getAttribute('draft')]";
    assert_eq!(form.read(there).await, json!([1, "mine", "3px", "Ada", "off"]));

    browser.run("page.look('bold')", &[]).await;
    form.until("the attribute", "return element.getAttribute('preset') === 'bold'").await;
    let call = "const done = arguments[0]; page.form.setValue('last_name', 'Lovelace').then(() => page.form.values()).then(done, error => done(`${error}`))";
    let values = browser.driver.execute_async(call, vec![]).await.unwrap().json().clone();
    assert_eq!(values["last_name"], "Lovelace", "{values}");
    browser.run("window.old = document.querySelector('lead-form')", &[]).await;
    let receipt = send(&form, "").await;
    let told = seen(&browser).await;
    assert_eq!(told[1..], [format!("received bold {receipt}")], "by the props of today");
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Lovelace");

    browser.run("page.show(false)", &[]).await;
    browser.until("it is gone", "return !document.querySelector('lead-form')", &[]).await;
    assert_eq!(listeners(&browser, "old").await, 0);
    browser.run("page.vouch('a.b.c'); page.show(true)", &[]).await;
    let again = FormOnPage::on(&browser).await;
    assert_eq!(seen(&browser).await.len(), 3, "and is there again");
    assert_eq!(again.read("return element.getAttribute('prefill-token')").await, "a.b.c");
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn react_takes_over_what_a_server_has_rendered() {
    let pages = tempfile::tempdir().unwrap();
    let workshop = Workshop::open();
    workshop.bundle("main.jsx", "browser", &pages.path().join("app.js"));
    workshop.bundle("server.jsx", "node", &workshop.file("server.cjs"));
    let house = House::start_in(&pages.path().display().to_string(), &[]).await;
    let mut node = Command::new("node");
    let html = run(node.arg(workshop.file("server.cjs")).arg(&house.proxy_url));
    assert!(html.contains("<lead-form ") && html.contains(" form=\"callback\""), "{html}");
    write_page(pages.path(), "rendered.html", &html);
    let browser = Browser::start().await;
    browser.goto(&house.page("rendered.html")).await;
    FormOnPage::on(&browser).await;
    let told = seen(&browser).await;
    let said = browser.console().await;
    assert_eq!(told, ["ready classic inline"], "{said:#?}");
    assert!(!said.iter().any(|line| line.to_lowercase().contains("hydrat")), "{said:#?}");
    browser.stop().await;
    house.stop().await;
}

/// What a visitor, or somebody who may edit, gets of a post with this content, as WordPress' own code makes it.
pub(crate) fn wordpress(content: &str, proxy: &str, reader: &str) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = std::env::var_os("LEAD_FORM_WORDPRESS").unwrap_or_else(|| "/usr/share/wordpress".into());
    let post = TempDir::new().unwrap();
    let file = post.path().join("post");
    std::fs::write(&file, content).unwrap();
    let mut php = Command::new("php");
    php.arg(source.join("packages/wordpress/page.php")).arg(home).args([proxy, reader]);
    run(php.stdin(std::fs::File::open(file).unwrap()))
}

const POST: &str = "A \"post\" of ours.\n\n[lead_form form=\"callback\" preset=\"soft\" label='Say \"hi\" & go' accent=\"#0f766e\" theme=\"dark\" /]\n\n\
    [lead_form form=\"contact-us\"]<p>Or <strong>call</strong> us.</p>[/lead_form]";

#[tokio::test]
async fn wordpress_shortcode_puts_the_form_there_and_its_lead_arrives() {
    let pages = tempfile::tempdir().unwrap();
    let house = House::start_in(&pages.path().display().to_string(), &[]).await;
    std::fs::write(pages.path().join("post.html"), wordpress(POST, &house.proxy_url, "visitor")).unwrap();
    let browser = Browser::start().await;
    browser.goto(&house.page("post.html")).await;
    let form = FormOnPage::on(&browser).await;
    FormOnPage::nth(&browser, 1).await;
    let there = "const scripts = [...document.querySelectorAll('script')];
        return [scripts.map(script => [script.src, script.async]), element.getAttribute('label'), element.dataset.theme,
            element.style.getPropertyValue('--lf-accent'), document.querySelectorAll('[role=note]').length]";
    let script = json!([[house.own("/embed.js"), true]]);
    assert_eq!(form.read(there).await, json!([script, "Say \"hi\" & go", "dark", "#0f766e", 0]));
    form.named("first_name").await.send_keys("Ada").await.unwrap();
    send(&form, "Wordpressed").await;
    assert_eq!(house.leads(1).await.leads[0].fields["LastName"], "Wordpressed");
    browser.stop().await;
    house.stop().await;
}

/// What nobody may get through a shortcode, and what is left of it.
const HOSTILE: [(&str, &str); 10] = [
    (r#"form="callback" onclick="run()""#, r#" form="callback""#),
    (
        r#"form="callback" label="x&quot; onclick=&quot;run()""#,
        r#" form="callback" label="x&quot; onclick=&quot;run()""#,
    ),
    // WordPress itself gives no shortcode an attribute that is half a tag.
    (r#"form="callback" label='"><img src=x onerror=run()>'"#, ""),
    (r#"form="callback" accent="red;background:url(//x)""#, r#" form="callback""#),
    (r#"form="callback" accent="red" radius="4px}""#, r#" form="callback" style="--lf-accent:red;""#),
    (r#"form="callback" style="color:red" class="x" id="y""#, r#" form="callback""#),
    (r#"form="callback" mode="javascript:run()" link="x""#, r#" form="callback""#),
    (
        r#"form="callback" link="a.b.c" prefill_token="a.b-c.d_" draft="x""#,
        r#" form="callback" link="a.b.c" prefill-token="a.b-c.d_""#,
    ),
    (r#"form="call\back""#, ""),
    (r#"form="../callback""#, ""),
];

#[test]
fn wordpress_shortcode_lets_nothing_through_that_it_does_not_know() {
    for (written, left) in HOSTILE {
        let post =
            format!("[lead_form {written}]<script>run()</script><b onclick=\"run()\">Call</b>[/lead_form]");
        let page = wordpress(&post, "https://forms.example", "visitor");
        let element =
            page.split_once("<lead-form").map_or("", |(_, rest)| rest.split_once("</lead-form>").unwrap().0);
        let wanted = if left.is_empty() { String::new() } else { format!("{left}>run()<b>Call</b>") };
        assert_eq!(element, wanted, "{written}\n{page}");
        assert!(!page.contains("role=\"note\""), "a visitor is told nothing: {page}");
    }
    let told =
        wordpress("[lead_form form=\"callback\" onclick=\"run()\"]", "https://forms.example", "editor");
    assert!(told.contains("there is no onclick (found &quot;run()&quot;)"), "{told}");
    let lost = wordpress("[lead_form form=\"callback\"]", "javascript:run()", "editor");
    assert!(!lost.contains("<lead-form") && !lost.contains("<script") && lost.contains("Settings"), "{lost}");
}
