//! A field's problem, and how its control points at it.
//!
//! Apart because every kind of control says a problem in the same three ways: a sentence, `aria-invalid`,
//! `aria-describedby`.

use lead_model::Field;
use leptos::prelude::Get;

use super::label::hint_id;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A function that gives the sentence while there is a problem.
pub(crate) fn problem(shown: &Shown, field: &Field) -> impl FnMut() -> Option<Element> + Send + 'static {
    let signal = shown.problem(&field.name);
    let id = problem_id(shown, field);
    let shown = shown.clone();
    move || {
        let problem = signal?.get()?;
        // The code is for the take-over, which has to know what the first paint said.
        let line = element("p", "lf-problem")
            .attribute("id", id.clone())
            .attribute("data-code", problem.code.as_str());
        Some(line.text(shown.sentence(&problem)))
    }
}

/// The control, or the group of controls, made to say whether it has a problem and where help and problem are read.
pub(crate) fn described(control: Element, shown: &Shown, field: &Field) -> Element {
    let has_problem = shown.has_problem(&field.name);
    let hint = field.hint.as_ref().map(|_| hint_id(shown, field));
    let problem = problem_id(shown, field);
    control
        // Said either way, because a browser that hears nothing takes an empty required field for invalid at once.
        .live_attribute("aria-invalid", move || Some(if has_problem() { "true" } else { "false" }.into()))
        .live_attribute("aria-describedby", move || match (&hint, has_problem()) {
            (Some(hint), true) => Some([hint, " ", &problem].concat().into()),
            (Some(hint), false) => Some(hint.clone().into()),
            (None, true) => Some(problem.clone().into()),
            (None, false) => None,
        })
}

fn problem_id(shown: &Shown, field: &Field) -> String {
    [&shown.id(&field.name), "-problem"].concat()
}
