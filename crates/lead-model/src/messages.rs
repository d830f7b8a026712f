//! Sentences for people: a code's text in the form's language, with the label and the rule's wish put in.
//!
//! Apart so that both sides word a problem alike: the browser beside the field, the proxy on the page without JavaScript.

use crate::form::Form;
use crate::problem::Problem;

/// The sentence of a problem. `{label}` and the problem's params are put in; a missing text falls back to the code, so
/// that nothing is ever blank.
pub fn message(form: &Form, problem: &Problem) -> String {
    let code = problem.code.as_str();
    let label = form.field(&problem.field).map_or(problem.field.as_str(), |field| field.label.as_str());
    let mut text = text_for(form, code).replace("{label}", label);
    for (name, wanted) in &problem.params {
        text = text.replace(&["{", name, "}"].concat(), wanted);
    }
    text
}

/// The form's text for a key of the locale; the key itself where the locale lacks it.
pub fn text_for<'a>(form: &'a Form, key: &'a str) -> &'a str {
    form.messages.iter().find(|(known, _)| known == key).map_or(key, |(_, text)| text.as_str())
}
