//! A form's look by name: said by the element, by the form's definition or by an address, and changed while it is shown.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::form::FormOnPage;
use crate::house::{House, on_page};

/// A form whose definition names a look.
const SOFT: &str = include_str!("../../forms/callback.toml");

fn soft() -> String {
    SOFT.replace("id = \"callback\"", "id = \"soft-callback\"\npreset = \"soft\"\ndensity = \"roomy\"")
}

/// What the form's card and button show of a look: the button's corner, the border of a line of text, and a distance.
async fn look(form: &FormOnPage<'_>) -> Value {
    let seen = r"
        const of = (name, property) => getComputedStyle(root.querySelector(name))[property];
        return [of('.lf-button', 'borderRadius'), of('.lf-input', 'borderBottomWidth'), of('.lf-header', 'marginBottom')]";
    form.read(seen).await
}

async fn set(browser: &Browser, name: &str, value: Option<&str>) {
    let script = "const e = document.querySelector('lead-form'), [name, value] = arguments;
        value === null ? e.removeAttribute(name) : e.setAttribute(name, value)";
    browser.run(script, &[json!(name), json!(value)]).await;
}

#[tokio::test]
async fn look_changes_while_the_form_is_shown_and_keeps_what_was_typed() {
    on_page("plain.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        let classic = json!(["10px", "1px", "24px"]);
        assert_eq!(look(&form).await, classic);
        form.fill("Last name", "Restyled").await;
        for (preset, density, seen) in [
            (Some("soft"), Some("roomy"), json!(["99px", "1px", "30px"])),
            (Some("bold"), Some("compact"), json!(["2px", "2px", "18px"])),
            (Some("classic"), Some("comfortable"), classic.clone()),
            (Some("no such thing"), None, classic.clone()),
            (None, None, classic.clone()),
        ] {
            set(browser, "preset", preset).await;
            set(browser, "density", density).await;
            assert_eq!(look(&form).await, seen, "{preset:?}");
        }
        assert_eq!(form.read("return control('Last name').value").await, "Restyled");
    })
    .await;
}

#[tokio::test]
async fn host_page_changes_single_tokens_of_a_preset() {
    on_page("plain.html", async |_, browser| {
        let form = FormOnPage::on(browser).await;
        set(browser, "preset", Some("bold")).await;
        let rule = "const sheet = new CSSStyleSheet(); sheet.replaceSync('lead-form { --lf-radius: 7px }');
            document.adoptedStyleSheets = [sheet]";
        browser.run(rule, &[]).await;
        assert_eq!(look(&form).await, json!(["7px", "2px", "24px"]));
    })
    .await;
}

#[tokio::test]
async fn form_looks_as_its_definition_says_where_the_element_says_nothing() {
    let house = House::start_in("tests/pages", &[("soft-callback", &soft())]).await;
    let browser = Browser::start().await;
    browser.goto(&house.page("plain.html")).await;
    FormOnPage::on(&browser).await;
    let put = "document.querySelector('lead-form').outerHTML = `<lead-form form=soft-callback ${arguments[0]}></lead-form>`";
    for (said, seen) in [
        ("", json!(["99px", "1px", "30px"])),
        ("preset=bold", json!(["2px", "2px", "30px"])),
        ("preset=classic density=compact", json!(["10px", "1px", "18px"])),
    ] {
        browser.run(put, &[json!(said)]).await;
        let form = FormOnPage::on(&browser).await;
        assert_eq!(look(&form).await, seen, "inline, {said:?}");
    }
    // The look was the other form's, and goes with it.
    browser.run(put, &[json!("")]).await;
    FormOnPage::on(&browser).await;
    set(&browser, "form", Some("card-machines")).await;
    let form = FormOnPage::on(&browser).await;
    form.until("the other form", "return control('Work email')").await;
    assert_eq!(look(&form).await, json!(["10px", "1px", "24px"]));
    for (said, seen) in
        [("", json!(["99px", "1px", "30px"])), ("preset=bold density=compact", json!(["2px", "2px", "18px"]))]
    {
        browser.run(put, &[json!(format!("mode=iframe {said}"))]).await;
        let frame = "return document.querySelector('lead-form').shadowRoot.querySelector('iframe')";
        browser.until("a frame", frame, &[]).await;
        let element = browser.driver.execute(frame, vec![]).await.unwrap().element().unwrap();
        element.enter_frame().await.unwrap();
        let form = FormOnPage::on(&browser).await;
        assert_eq!(look(&form).await, seen, "in an iframe, {said:?}");
        browser.driver.enter_default_frame().await.unwrap();
    }
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn form_in_an_iframe_follows_its_element_and_nobody_else() {
    on_page("iframe.html", async |_, browser| {
        let frame = "return document.querySelector('lead-form').shadowRoot.querySelector('iframe')";
        browser.until("a frame", frame, &[]).await;
        set(browser, "preset", Some("soft")).await;
        let inside = async || {
            browser.driver.execute(frame, vec![]).await.unwrap().element().unwrap().enter_frame().await.unwrap();
            FormOnPage::on(browser).await
        };
        let form = inside().await;
        form.fill("Last name", "Framed").await;
        let wears = "return element.getAttribute('preset')";
        form.until("it follows", &format!("{wears} === 'soft'")).await;
        browser.driver.enter_default_frame().await.unwrap();

        set(browser, "data-theme", Some("dark")).await;
        set(browser, "preset", None).await;
        set(browser, "density", Some("roomy")).await;
        let form = inside().await;
        form.until("all of it", "return element.getAttribute('density') === 'roomy'").await;
        assert_eq!(form.read("return [element.getAttribute('preset'), element.dataset.theme]").await, json!([null, "dark"]));
        assert_eq!(form.read("return control('Last name').value").await, "Framed", "not shown anew");
        browser.driver.enter_default_frame().await.unwrap();

        // The host page itself, without the name of this embed; and a name that is no look.
        let forged = "const frame = document.querySelector('lead-form').shadowRoot.querySelector('iframe');
            const { instance } = JSON.parse(frame.name), to = (leadForm, name) =>
                frame.contentWindow.postMessage({ leadForm, type: 'look', name, value: 'forged' }, '*');
            to('1', 'preset'); to(undefined, 'preset'); to(instance, 'onclick'); to(instance, 'form'); to(instance, 'density')";
        browser.run(forged, &[]).await;
        let form = inside().await;
        form.until("the last one", "return element.getAttribute('density') === 'forged'").await;
        let seen = "return [element.getAttribute('preset'), element.getAttribute('onclick'), element.getAttribute('form')]";
        assert_eq!(form.read(seen).await, json!([null, null, "card-machines"]));
        browser.driver.enter_default_frame().await.unwrap();
    })
    .await;
}
