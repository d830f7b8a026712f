//! A form that a signed token fills in, in the page, in an iframe and on our own page: what the visitor sees of it, cannot
//! change, and is told who changes it all the same.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, sole_lead};

/// A form with one field of each kind that can be locked.
const WELCOME: &str = r#"
id = "welcome"
version = 1
account = "webhook"
allowed_origins = ["http://127.0.0.1:8090"]

[texts]
title = "Welcome back"
submit = "Book"
success_title = "Thank you"
success_text = "We will be there."

[[fields]]
name = "first_name"
label = "First name"
required = true
max_length = 100

[[fields]]
name = "email"
label = "Email"
required = true
max_length = 100

[[fields]]
name = "date_of_birth"
label = "Date of birth"

[[fields]]
name = "topic"
kind = "select"
label = "Topic"
options = [{ value = "repair", label = "Repair" }, { value = "new", label = "Something new" }]

[[fields]]
name = "plan"
kind = "radio"
label = "Plan"
options = [{ value = "small", label = "Small" }, { value = "large", label = "Large" }]

[[fields]]
name = "member"
kind = "checkbox"
label = "Member"

[[fields]]
name = "customer"
kind = "hidden"
max_length = 100

[[fields]]
name = "consent"
label = "I agree"
required = true
"#;

/// Puts another element in place of the page's, and keeps what it tells.
const SHOW: &str = r"
    const element = document.createElement('lead-form');
    seen = [];
    for (const name of ['failed', 'problem', 'received']) {
        element.addEventListener(`lead-form:${name}`, ({ detail }) => seen.push(detail.code ?? name));
    }
    for (const [name, value] of Object.entries(arguments[0])) element.setAttribute(name, value);
    document.querySelector('lead-form').replaceWith(element);
";

/// What each field holds and whether it is locked.
const STANDING: &str = "
    const one = (name) => root.querySelector(`[name=${name}]`);
    const chosen = root.querySelector('[name=plan]:checked');
    return [
        [one('first_name').value, one('first_name').readOnly],
        [one('email').value, one('email').readOnly],
        [one('date_of_birth').value, one('date_of_birth').readOnly],
        [one('topic').value, [...one('topic').options].every((option) => option.disabled !== option.selected)],
        [chosen && chosen.value, [...root.querySelectorAll('[name=plan]')].every((option) => option.disabled !== option.checked)],
        [one('member').checked, one('member').getAttribute('aria-readonly') === 'true'],
        one('customer').value,
    ]";

/// The token has done its work.
const FILLED: &str = "return root.querySelector('[name=first_name]').readOnly";

fn values() -> Value {
    json!({
        "first_name": "Ada", "email": "ada@analytical.example", "date_of_birth": "1990-12-10", "topic": "new",
        "plan": "large", "member": true, "customer": "c-7",
    })
}

fn token(house: &House) -> String {
    let fixed = ["first_name", "date_of_birth", "topic", "plan", "member", "customer"];
    house.prefill("welcome", &values(), &fixed)
}

fn as_signed() -> Value {
    json!([
        ["Ada", true],
        ["ada@analytical.example", false],
        ["1990-12-10", true],
        ["new", true],
        ["large", true],
        [true, true],
        "c-7",
    ])
}

async fn start() -> (House, Browser) {
    (House::start_in("tests/pages", &[("welcome", WELCOME)]).await, Browser::start().await)
}

async fn end(house: House, browser: Browser) {
    browser.stop().await;
    house.stop().await;
}

/// Shows the form on a host page, with these attributes.
async fn show(house: &House, browser: &Browser, attributes: &Value) {
    browser.goto(&house.page("plain.html")).await;
    FormOnPage::on(browser).await;
    browser.run(SHOW, std::slice::from_ref(attributes)).await;
}

/// Tries everything that a person has for changing what is fixed.
async fn try_to_change(form: FormOnPage<'_>) {
    form.field("First name").await.send_keys("Bob").await.unwrap();
    form.field("Topic").await.send_keys("Repair").await.unwrap();
    for label in ["Small", "Member"] {
        let element = form.field(label).await;
        element.scroll_into_view().await.unwrap();
        // A click on what is disabled is refused by some drivers, and does nothing in any browser.
        element.click().await.unwrap_or_default();
    }
}

async fn agree_and_book(form: FormOnPage<'_>) {
    form.choose("I agree").await;
    form.press("Book").await;
}

async fn assert_arrived(house: &House, email: &str) {
    let lead: Value = serde_json::from_str(&sole_lead(house.sim.webhook()).await.body).unwrap();
    let mut expected = values();
    expected["email"] = json!(email);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&lead["data"][name], value, "{name} of {lead}");
    }
}

#[tokio::test]
async fn values_of_a_token_stand_in_the_page_and_what_it_fixes_can_not_be_changed() {
    let (house, browser) = start().await;
    let unsigned = json!({ "email": "unsigned@analytical.example", "first_name": "Unsigned" }).to_string();
    let attributes = json!({ "form": "welcome", "prefill-token": token(&house), "prefill": unsigned });
    show(&house, &browser, &attributes).await;
    let form = FormOnPage::on(&browser).await;
    form.until("the token's values", FILLED).await;
    assert_eq!(form.read(STANDING).await, as_signed());
    try_to_change(form).await;
    assert_eq!(form.read(STANDING).await, as_signed());
    form.field("Email").await.clear().await.unwrap();
    form.fill("Email", "lovelace@analytical.example").await;
    let kept = browser.run("return JSON.stringify({ ...sessionStorage, ...localStorage })", &[]).await;
    assert!(
        kept.as_str().unwrap().contains("lovelace@") && !kept.as_str().unwrap().contains("1990"),
        "{kept}"
    );

    // As who opens the browser's tools would.
    let tamper = "const c = root.querySelector('[name=first_name]'); c.readOnly = false; c.value = 'Bob';
        c.dispatchEvent(new Event('input', { bubbles: true })); return 1";
    form.read(tamper).await;
    agree_and_book(form).await;
    form.until("the refusal", "return root.querySelector('.lf-problem')").await;
    let told = form.problem_of("First name").await.unwrap();
    assert_eq!(told, "This was filled in for you and can't be changed. Please reload the page.");
    assert_eq!(browser.run("return seen", &[]).await, json!(["problem"]));
    assert_eq!(
        form.read("return control('Email').value").await,
        "lovelace@analytical.example",
        "nothing is lost"
    );
    assert_eq!(house.sim.webhook().ledger().requests.len(), 0);

    browser.run("document.querySelector('lead-form').reload()", &[]).await;
    let form = FormOnPage::on(&browser).await;
    form.until("the token's values", FILLED).await;
    assert_eq!(form.read("return control('Email').value").await, "lovelace@analytical.example");
    agree_and_book(form).await;
    form.receipt().await;
    assert_arrived(&house, "lovelace@analytical.example").await;
    end(house, browser).await;
}

#[tokio::test]
async fn values_of_a_token_reach_the_iframe_and_its_faults_the_page_around_it() {
    let (house, browser) = start().await;
    let good = token(&house);
    show(&house, &browser, &json!({ "form": "welcome", "mode": "iframe", "prefill-token": good })).await;
    browser.enter_form_frame().await;
    let form = FormOnPage::on(&browser).await;
    form.until("the token's values", FILLED).await;
    try_to_change(form).await;
    assert_eq!(form.read(STANDING).await, as_signed());
    agree_and_book(form).await;
    form.receipt().await;
    assert_arrived(&house, "ada@analytical.example").await;

    browser.driver.enter_default_frame().await.unwrap();
    let middle = good.len() / 2;
    let flip = |(place, letter): (usize, char)| match (place == middle, letter) {
        (true, 'A') => 'B',
        (true, _) => 'A',
        (false, letter) => letter,
    };
    let forged: String = good.chars().enumerate().map(flip).collect();
    show(&house, &browser, &json!({ "form": "welcome", "mode": "iframe", "prefill-token": forged })).await;
    browser.until("the fault", "return seen.length", &[]).await;
    assert_eq!(browser.run("return seen", &[]).await, json!(["prefill_invalid"]));
    end(house, browser).await;
}

#[tokio::test]
async fn hosted_page_takes_the_token_from_its_fragment_which_no_server_is_sent() {
    let (house, browser) = start().await;
    let address = format!("/f/welcome?email=address@analytical.example#prefill={}", token(&house));
    browser.goto(&house.own(&address)).await;
    let form = FormOnPage::on(&browser).await;
    form.until("the token's values", FILLED).await;
    assert_eq!(form.read("return control('First name').value").await, "Ada");
    assert_eq!(
        form.read("return performance.getEntriesByType('resource').filter(({ name }) => name.includes('eyJ')).length").await,
        0
    );
    // What is signed counts more than what anybody can write into an address.
    assert_eq!(form.read("return control('Email').value").await, "ada@analytical.example");
    agree_and_book(form).await;
    form.receipt().await;
    assert_arrived(&house, "ada@analytical.example").await;
    end(house, browser).await;
}

#[tokio::test]
async fn token_that_is_not_taken_shows_nothing_and_leaves_a_form_to_fill_in_by_hand() {
    let (house, browser) = start().await;
    let other = house.prefill("contact-us", &values(), &["first_name"]);
    show(&house, &browser, &json!({ "form": "welcome", "prefill-token": other })).await;
    let form = FormOnPage::on(&browser).await;
    browser.until("the fault", "return seen.length", &[]).await;
    assert_eq!(browser.run("return seen", &[]).await, json!(["prefill_invalid"]));
    assert_eq!(
        form.read(STANDING).await,
        json!([["", false], ["", false], ["", false], ["", false], [null, false], [false, false], ""])
    );
    form.fill("First name", "Grace").await;
    form.fill("Email", "grace@navy.example").await;
    agree_and_book(form).await;
    form.receipt().await;
    assert!(sole_lead(house.sim.webhook()).await.body.contains("Grace"));
    end(house, browser).await;
}
