//! The names by which a host page's style sheet reaches into the form, and the page that lists them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::form::FormOnPage;
use crate::house::on_page;

/// Elements of the form whose part is not named by their class.
const UNNAMED: &str = r"
    return Array.from(root.querySelectorAll('[class]')).filter(e => e.className.startsWith('lf-') && !e.matches('.lf-mount'))
        .filter(e => e.getAttribute('part') !== e.className.split(' ').map(c => c.slice(3).replace(/__|--/g, '-')).join(' '))
        .map(e => e.className + ': ' + e.getAttribute('part'))";

#[tokio::test]
async fn every_part_is_named_after_the_take_over_and_in_what_comes_later() {
    on_page("plain.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        let names = "return root.querySelectorAll('[part]').length > 20";
        form.until("the parts have names", names).await;
        assert_eq!(form.read(UNNAMED).await, json!([]));
        form.send().await;
        form.until("a summary", "return root.querySelector('.lf-summary')").await;
        assert_eq!(form.read(UNNAMED).await, json!([]), "with problems");
        form.fill_in("Parts").await;
        form.send().await;
        form.receipt().await;
        assert_eq!(form.read(UNNAMED).await, json!([]), "thanks");
    })
    .await;
}

#[tokio::test]
async fn host_page_styles_a_part() {
    on_page("plain.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        let rule = "const sheet = new CSSStyleSheet();
            sheet.replaceSync('lead-form::part(button) { text-transform: uppercase } lead-form::part(summary-title) { color: rgb(1, 2, 3) }');
            document.adoptedStyleSheets = [sheet]";
        browser.run(rule, &[]).await;
        form.until(
            "the button is dressed",
            "return getComputedStyle(root.querySelector('.lf-button')).textTransform === 'uppercase'",
        )
        .await;
        form.send().await;
        form.until(
            "the summary too",
            "return getComputedStyle(root.querySelector('.lf-summary__title')).color === 'rgb(1, 2, 3)'",
        )
        .await;
    })
    .await;
}

/// Every class that the view gives, as the part of its name.
fn parts_of_the_view(folder: &Path, parts: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            parts_of_the_view(&path, parts);
            continue;
        }
        if path.file_name().unwrap() == "tests.rs" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        // Each stands as a literal of its own: `element("p", "lf-hint")`.
        for literal in code.split("\"lf-").skip(1).filter_map(|rest| rest.split('"').next()) {
            if literal.is_empty() {
                continue;
            }
            let names = literal.split(' ').map(|name| name.strip_prefix("lf-").unwrap_or(name));
            parts.extend(names.map(|name| name.replace("__", "-").replace("--", "-")));
        }
    }
}

#[test]
fn page_lists_every_part_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut parts = BTreeSet::new();
    parts_of_the_view(&root.join("src"), &mut parts);
    let page = std::fs::read_to_string(root.join("docs/embedding.md")).unwrap();
    let (_, list) = page.split_once("| parts | where |\n| --- | --- |\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let rows = list.lines().map(|line| line.split('|').nth(1).unwrap());
    let listed: Vec<&str> = rows.flat_map(|names| names.split('`').skip(1).step_by(2)).collect();
    let listed: BTreeSet<String> = listed.into_iter().map(str::to_owned).collect();
    assert_eq!(listed, parts, "docs/embedding.md, on the left, beside src/, on the right");
}
