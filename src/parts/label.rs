//! A field's question and its line of help.
//!
//! Apart because a label, a legend and a box's text say the same thing in different elements.

use lead_model::Field;

use crate::shown::Shown;
use crate::view::{Element, element};

/// The question, in a `label` or `legend`. Required fields carry no mark: most are, so the few others say so.
pub(crate) fn question(tag: &'static str, shown: &Shown, field: &Field) -> Element {
    let question = element(tag, "lf-label").text(field.label.clone());
    if field.rules.required {
        return question;
    }
    question.text(" ").child(element("span", "lf-optional").text(shown.text("optional")))
}

/// The line of help, where there is one; its id is the control's with `-hint`.
pub(crate) fn hint(shown: &Shown, field: &Field) -> Option<Element> {
    let text = field.hint.clone()?;
    Some(element("p", "lf-hint").attribute("id", hint_id(shown, &field.name)).text(text))
}

/// The id of a field's line of help.
pub(crate) fn hint_id(shown: &Shown, name: &str) -> String {
    [&shown.id(name), "-hint"].concat()
}
