//! The form's controls in the document: what they hold, and moving focus among them.
//!
//! Apart because the take-over, the checks and the submission all read the same controls. They are uncontrolled: the
//! document holds what was typed, and nothing of ours writes into it.

use lead_model::{FieldKind, Form, RawValue, Values};
use wasm_bindgen::JsCast;
use web_sys::{
    Element, FocusOptions, HtmlElement, HtmlInputElement, ScrollIntoViewOptions, ScrollLogicalPosition,
};

/// What the controls under `root` hold, by field; empty texts are left out. Controls that are no field's (a token) are
/// passed over.
pub(crate) fn values(root: &Element, form: &Form) -> Values {
    let mut values = Values::new();
    for control in all(root, "[name]") {
        let name = control.get_attribute("name").unwrap_or_default();
        let Some(field) = form.field(&name) else {
            continue;
        };
        // All that is asked of it, a select and a text area have under the same names.
        let control: &HtmlInputElement = control.unchecked_ref();
        if field.kind.is_box() {
            values.set(&name, RawValue::Bool(control.checked()));
        } else if field.kind != FieldKind::Radio || control.checked() {
            let text = control.value();
            if !text.is_empty() {
                values.set(&name, RawValue::Text(text));
            }
        }
    }
    values
}

/// Every element under `root` of this selector.
pub(crate) fn all(root: &Element, selector: &str) -> Vec<Element> {
    let mut all = Vec::new();
    if let Ok(found) = root.query_selector_all(selector) {
        for index in 0..found.length() {
            // What a selector finds is an element.
            all.extend(found.item(index).map(JsCast::unchecked_into::<Element>));
        }
    }
    all
}

/// The first element under `root` of this selector.
pub(crate) fn first(root: &Element, selector: &str) -> Option<HtmlElement> {
    root.query_selector(selector).ok().flatten().map(JsCast::unchecked_into)
}

/// Focus, without the jump that browsers make of it.
pub(crate) fn focus(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    element.focus_with_options(&options).unwrap_or_default();
}

/// Brings the element into sight, no further than needed.
pub(crate) fn show(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Focus on the control of an id, with its label in sight.
pub(crate) fn focus_field(root: &Element, id: &str) {
    let Some(control) = first(root, &["[id=\"", id, "\"]"].concat()) else {
        return;
    };
    focus(&control);
    if let Ok(Some(field)) = control.closest(".lf-field") {
        show(&field);
    }
}
