//! The form as a visitor feels it: problems beside their fields, focus where the work is, nothing for a screen reader to
//! stumble over.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, assets_dir, on_own_page, on_page};

#[tokio::test]
async fn problems_come_on_blur_and_go_when_mended() {
    on_page("plain.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        form.fill("Work email", "ada@nowhere\u{e004}").await; // and the tab key
        form.until(
            "the problem is shown",
            "return control('Work email').getAttribute('aria-invalid') === 'true'",
        )
        .await;
        let problem = form.problem_of("Work email").await.unwrap();
        assert!(problem.to_lowercase().contains("email"), "{problem}");
        assert_eq!(form.problem_of("First name").await, None, "a field that nobody touched is left alone");
        form.fill("Work email", ".example").await;
        form.until(
            "the problem is gone",
            "return control('Work email').getAttribute('aria-invalid') !== 'true'",
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn press_held_down_lands_where_it_began_though_it_leaves_a_field_with_a_problem() {
    on_own_page("/f/card-machines", async |_, browser| {
        // All of the form is in view: with nothing to scroll, the browser can't hold content still under a line that comes.
        browser.show_as(1280, 1600, "light").await;
        let form = FormOnPage::on(browser).await;
        form.fill("Work email", "ada@nowhere").await;
        let agree = form.field("I agree").await;
        browser.driver.action_chain().click_and_hold_element(&agree).perform().await.unwrap();
        form.until("the field is left", "return !control('Work email').matches(':focus')").await;
        assert_eq!(form.problem_of("Work email").await, None, "it would push the box from under the pointer");
        browser.driver.action_chain().release().perform().await.unwrap();
        form.until("the box is ticked", "return control('I agree').checked").await;
        assert!(form.problem_of("Work email").await.is_some(), "put off, not forgotten");

        form.fill("Phone", "12").await;
        let send = form.button("Get my quote").await;
        browser.driver.action_chain().click_and_hold_element(&send).perform().await.unwrap();
        form.until("the field is left", "return !control('Phone').matches(':focus')").await;
        browser.driver.action_chain().release().perform().await.unwrap();
        form.until("the form was sent, and checked", "return root.querySelector('.lf-summary')").await;
    })
    .await;
}

#[tokio::test]
async fn empty_send_names_every_problem_and_takes_focus_to_the_summary() {
    on_page("plain.html", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        form.send().await;
        form.until(
            "the summary has focus",
            "return root.activeElement && root.activeElement.matches('.lf-summary')",
        )
        .await;
        let links = form
            .read("return Array.from(root.querySelectorAll('.lf-summary a')).map(a => a.textContent.trim())")
            .await;
        let links: Vec<&str> = links.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(links.len(), 6, "{links:?}");
        assert!(
            links[0].contains("First name") || links[0].to_lowercase().contains("first name"),
            "{links:?}"
        );
        form.read("root.querySelector('.lf-summary a').click()").await;
        form.until("the link leads to its field", "return root.activeElement === control('First name')")
            .await;
        assert_eq!(house.sim.takepayments().ledger().requests.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn form_takes_no_focus_before_the_visitor_does() {
    on_page("plain.html", async |_, browser| {
        FormOnPage::on(browser).await;
        assert_eq!(browser.run("return document.activeElement === document.body", &[]).await, true);
    })
    .await;
}

#[tokio::test]
async fn keyboard_alone_sends_a_lead() {
    on_own_page("/f/callback", async |house, browser| {
        let form = FormOnPage::on(browser).await;
        let tab = "\u{e004}";
        let first = form.field("First name").await;
        first.focus().await.unwrap();
        let keys =
            ["Alan", tab, "Turing", tab, "alan@bombe.example", tab, "01908 640404", "\u{e007}"].concat();
        browser.driver.action_chain().send_keys(keys).perform().await.unwrap();
        form.receipt().await;
        let ledger = house.leads(1).await;
        assert_eq!(ledger.leads[0].fields["LastName"], "Turing");
        assert_eq!(ledger.leads[0].fields["ExternalLeadType"], "Call back");
    })
    .await;
}

/// Runs axe over the page and gives what it finds against WCAG 2.2 A and AA, and its best practices for forms.
pub(crate) async fn axe(browser: &Browser) -> Vec<String> {
    let source = std::fs::read_to_string(axe_path()).unwrap();
    browser.cdp("Runtime.evaluate", json!({ "expression": source })).await;
    let script = r"const done = arguments[arguments.length - 1];
        axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
            .then(result => done(result.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join(' | '))))
            .catch(error => done(['axe failed: ' + error]));";
    let found = browser.driver.execute_async(script, vec![]).await.unwrap().json().clone();
    found.as_array().unwrap().iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}

/// Where axe-core's script lies, among the other packages of npm.
pub(crate) fn axe_path() -> std::path::PathBuf {
    let path = std::env::var_os("LEAD_FORM_AXE").map(std::path::PathBuf::from);
    path.unwrap_or_else(|| assets_dir().join("../axe.min.js"))
}

/// Pages of our own, and what must be on each before it is looked at.
const PAGES: [(&str, &str); 7] = [
    ("business-loan", "How much do you need"),
    ("partner-lead", "Their first name"),
    ("open-account", "First name"),
    ("complete-account", "Mobile phone"),
    ("list-property", "Latitude"),
    ("contact-us", "Your message"),
    ("callback", "Phone"),
];

#[tokio::test]
async fn axe_finds_nothing_in_any_shipped_form_or_in_one_without_its_link() {
    let house = House::start().await;
    let browser = Browser::start().await;
    let link = house.link("algbra", "complete-account", "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d");
    for scheme in ["light", "dark"] {
        browser.show_as(390, 844, scheme).await;
        for (name, label) in PAGES {
            browser.goto(&house.own(&format!("/f/{name}?link={link}"))).await;
            let form = FormOnPage::on(&browser).await;
            form.field(label).await;
            assert_eq!(axe(&browser).await, [""; 0], "{scheme}, {name}");
        }
        browser.goto(&house.own("/f/complete-account")).await;
        assert_eq!(axe(&browser).await, [""; 0], "{scheme}, no link");
    }
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn axe_finds_nothing_in_any_state_light_or_dark() {
    let house = House::start().await;
    let browser = Browser::start().await;
    for scheme in ["light", "dark"] {
        browser.show_as(1280, 900, scheme).await;
        browser.goto(&house.own("/f/card-machines")).await;
        let form = FormOnPage::on(&browser).await;
        assert_eq!(axe(&browser).await, [""; 0], "{scheme}, empty");
        form.send().await;
        form.until("the summary has focus", "return root.activeElement && root.activeElement.matches('.lf-summary') || document.activeElement.matches('.lf-summary')").await;
        assert_eq!(axe(&browser).await, [""; 0], "{scheme}, problems");
        form.fill_in(scheme).await;
        form.send().await;
        form.until_state("delivered").await;
        assert_eq!(axe(&browser).await, [""; 0], "{scheme}, sent");
    }
    browser.stop().await;
    house.stop().await;
}
