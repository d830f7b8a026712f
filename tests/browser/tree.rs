//! The form as a screen reader is given it: the browser's own accessibility tree, read and held to words.
//!
//! Apart from axe, which finds what breaks a rule: here it is what is said, in which order, and with what.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::on_page;

/// What a visitor acts on, and what speaks by itself.
const ROLES: &[&str] = &[
    "textbox",
    "combobox",
    "radiogroup",
    "radio",
    "checkbox",
    "button",
    "alert",
    "status",
    "group",
    "heading",
];

/// A line for each node that counts: role, name, what is true of it, and its description.
pub(crate) async fn tree(browser: &Browser) -> Vec<String> {
    browser.cdp("Accessibility.enable", json!({})).await;
    let tree = browser.cdp("Accessibility.getFullAXTree", json!({})).await;
    let nodes = tree["nodes"].as_array().unwrap().clone();
    nodes.iter().filter(|node| node["ignored"] != true).filter_map(line).collect()
}

fn line(node: &Value) -> Option<String> {
    let text = |part: &str| node[part]["value"].as_str().unwrap_or_default().trim().to_owned();
    let role = text("role");
    if !ROLES.contains(&role.as_str()) {
        return None;
    }
    let mut line = format!("{role} {:?}", text("name"));
    for property in node["properties"].as_array().into_iter().flatten() {
        let (name, value) = (property["name"].as_str().unwrap_or_default(), &property["value"]["value"]);
        let told = match name {
            "required" | "checked" => *value == true || *value == "true",
            "invalid" => *value == "true",
            "live" => true,
            _ => false,
        };
        if told {
            line.push_str(&if name == "live" {
                format!(" live={}", value.as_str().unwrap_or_default())
            } else {
                format!(" {name}")
            });
        }
    }
    let description = text("description");
    Some(if description.is_empty() { line } else { format!("{line}: {description}") })
}

#[tokio::test]
async fn screen_reader_is_told_names_wishes_and_problems() {
    on_page("plain.html", async |_house, browser| {
        let form = FormOnPage::on(browser).await;
        let first = tree(browser).await;
        form.fill("Work email", "ada@nowhere").await;
        form.send().await;
        form.until("the summary", "return root.querySelector('.lf-summary')").await;
        let told = tree(browser).await;
        let read = |lines: &[String], name: &str| {
            let found = lines.iter().find(|line| line.contains(name));
            found.unwrap_or_else(|| panic!("no {name} in {lines:#?}")).clone()
        };
        for line in [
            "heading \"Get a card machine quote\"",
            "textbox \"First name\" required",
            "textbox \"Phone\" required: With the country code if it is not a UK number",
            "textbox \"Business name (optional)\"",
            "combobox \"What kind of business is it? (optional)\"",
            "radiogroup \"Do you take card payments today?\" required",
            "radio \"Not yet\"",
            "button \"Get my quote\"",
            "status \"\" live=polite",
        ] {
            assert!(first.iter().any(|found| found == line), "{line} in {first:#?}");
        }
        assert!(!first.iter().any(|line| line.contains("invalid")), "nothing is wrong yet: {first:#?}");

        for line in [
            "alert \"Please check these answers\" live=assertive",
            "textbox \"First name\" invalid required: Please fill this in",
            "textbox \"Work email\" invalid required: Please enter an email address such as name@example.com",
            "textbox \"Phone\" invalid required: With the country code if it is not a UK number Please fill this in",
            "textbox \"Business name (optional)\"",
            "radiogroup \"Do you take card payments today?\" invalid required: Please choose one",
        ] {
            assert!(told.iter().any(|found| found == line), "{line} in {told:#?}");
        }
        let consent = read(&told, "checkbox");
        assert!(consent.ends_with(" invalid: Please tick this box to go on"), "{consent}");
    })
    .await;
}
