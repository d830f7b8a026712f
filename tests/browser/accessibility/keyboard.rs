//! A form from its first Tab to its receipt, without a mouse.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Shipped;
use crate::form::FormOnPage;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const DOWN: &str = "\u{e015}";
const SPACE: &str = " ";
/// More stops than any form has, with all its steps.
const STOPS_MAX: usize = 150;

/// What has focus: what it is, whether that is seen, and whether the whole of it is on the screen.
const FOCUSED: &str = r"
    let at = document.activeElement;
    while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
    const box = at.getBoundingClientRect();
    const hasRing = (node) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(node);
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    };
    // An option wears the ring of its radio button.
    const seen = hasRing(at) || (/radio|checkbox/.test(at.type) && [at.parentElement, at.parentElement.parentElement].some(hasRing));
    const onScreen = box.top >= -1 && box.left >= -1 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1;
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return { tag: at.tagName, type: at.type || '', name: at.name || '', value: at.value ?? '', checked: !!at.checked,
        text: at.textContent.trim().slice(0, 40), seen, onScreen, covered: !!top && top !== at && !at.contains(top) && !top.contains(at),
        submits: at.tagName === 'BUTTON' && at.type === 'submit' }";
/// Where a press of the button has led: thanks, the next step, or problems, told in words.
const LED: &str = r"
    if (root.querySelector('.lf-receipt code')) return 'thanks';
    const summary = root.querySelector('.lf-summary');
    if (summary && !summary.hidden) return 'problems: ' + summary.textContent;
    const step = [...root.querySelectorAll('.lf-step')].findIndex((step) => !step.hidden && step.getClientRects().length > 0);
    return step > before ? 'step' : null";
const STEP: &str = "return [...root.querySelectorAll('.lf-step')].findIndex((step) => !step.hidden && step.getClientRects().length > 0)";

/// The names of what is shown to be filled in.
const SHOWN: &str = "return [...root.querySelectorAll('[name]')].filter((control) => control.tabIndex >= 0 && control.getClientRects().length > 0).map(({ name }) => name)";

pub(super) struct Walk {
    pub(super) filled: usize,
    pub(super) tabs: usize,
}

async fn press(form: &FormOnPage<'_>, keys: &str) {
    form.browser.driver.action_chain().send_keys(keys).perform().await.unwrap();
}

/// Goes through the form by Tab, fills in what the example says, and sends it.
pub(super) async fn walk(form: &FormOnPage<'_>, shipped: &Shipped) -> Walk {
    let mut filled = BTreeSet::new();
    for tabs in 1..=STOPS_MAX {
        press(form, TAB).await;
        let at = form.read(FOCUSED).await;
        let what = format!("{}: {at}", shipped.id);
        if at["tag"] == "BODY" {
            continue;
        }
        assert!(at["seen"] == true, "focus is not seen: {what}");
        assert!(at["onScreen"] == true && at["covered"] == false, "focus is hidden: {what}");
        if at["submits"] == true {
            let before = form.read(STEP).await;
            let passed: Vec<String> = serde_json::from_value(form.read(SHOWN).await).unwrap();
            let passed: Vec<_> = passed
                .iter()
                .filter(|name| shipped.values.contains_key(*name) && !filled.contains(*name))
                .collect();
            assert!(passed.is_empty(), "no Tab leads to {passed:?} of {}", shipped.id);
            press(form, ENTER).await;
            let led = form
                .until(&format!("where Enter led, {what}"), &format!("const before = {before}; {LED}"))
                .await;
            match led.as_str() {
                Some("thanks") => return Walk { filled: filled.len(), tabs },
                Some("step") => {}
                led => panic!("{what}: {led:?}"),
            }
            continue;
        }
        let name = at["name"].as_str().unwrap_or_default();
        if let Some(value) = shipped.values.get(name).filter(|_| !filled.contains(name)) {
            enter(form, &at, value).await;
            filled.insert(name.to_owned());
        }
    }
    panic!("{}: {STOPS_MAX} times Tab, and no thanks", shipped.id);
}

/// Enters a value into the control that has focus, by the keys that its kind has.
async fn enter(form: &FormOnPage<'_>, at: &Value, value: &Value) {
    let wanted = value.as_str().unwrap_or_default();
    match (at["tag"].as_str().unwrap(), at["type"].as_str().unwrap()) {
        ("INPUT", "checkbox") => {
            if *value == json!(true) {
                press(form, SPACE).await;
            }
        }
        ("INPUT", "radio") => {
            press(form, SPACE).await;
            until_chosen(form, wanted).await;
        }
        ("SELECT", _) => until_chosen(form, wanted).await,
        // A key that sends would send too soon: lines are broken by Enter in a textarea alone.
        ("TEXTAREA", _) => press(form, wanted).await,
        _ => press(form, &wanted.replace('\n', " ")).await,
    }
}

/// Goes down until the wanted one is chosen.
async fn until_chosen(form: &FormOnPage<'_>, wanted: &str) {
    for _ in 0..300 {
        if form.read(FOCUSED).await["value"] == wanted {
            return;
        }
        press(form, DOWN).await;
    }
    panic!("no key leads to {wanted:?}");
}
