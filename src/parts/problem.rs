//! A field's problem, and how its control points at it.
//!
//! Apart because every kind of control says a problem in the same three ways: a sentence, `aria-invalid`,
//! `aria-describedby`.

use lead_model::Field;
use std::sync::Arc;

use super::label::hint_id;
use crate::shown::Shown;
use crate::view::{Element, element};

/// A function that gives the sentence while there is a problem.
pub(crate) fn problem(
    shown: &Arc<Shown>,
    field: &Field,
) -> impl FnMut() -> Option<Vec<Element>> + Send + 'static {
    let (shown, name) = (Arc::clone(shown), field.name.clone());
    move || {
        let Some(problem) = shown.problem(&name) else {
            return Some(Vec::new());
        };
        let line = element("p", "lf-problem")
            .attribute("id", problem_id(&shown, &name))
            // For the take-over, which has to know what the first paint said.
            .attribute("data-code", problem.code.as_str());
        Some(vec![line.text(shown.sentence(&problem))])
    }
}

/// The control, or the group of controls, made to say whether it has a problem and where help and problem are read.
pub(crate) fn described(control: Element, shown: &Arc<Shown>, field: &Field) -> Element {
    let has_hint = field.hint.is_some();
    let has_problem = has_problem(shown, field);
    let (shown, name) = (Arc::clone(shown), field.name.clone());
    control
        // Said either way, because a browser that hears nothing takes an empty required field for invalid at once.
        .live_attribute("aria-invalid", move || Some(if has_problem() { "true" } else { "false" }.into()))
        .live_attribute("aria-describedby", move || match (has_hint, shown.problem(&name).is_some()) {
            (true, true) => Some([&hint_id(&shown, &name), " ", &problem_id(&shown, &name)].concat().into()),
            (true, false) => Some(hint_id(&shown, &name).into()),
            (false, true) => Some(problem_id(&shown, &name).into()),
            (false, false) => None,
        })
}

/// A function that says whether a field has a problem, and follows it.
pub(crate) fn has_problem(shown: &Arc<Shown>, field: &Field) -> impl Fn() -> bool + Send + 'static {
    let (shown, name) = (Arc::clone(shown), field.name.clone());
    move || shown.problem(&name).is_some()
}

fn problem_id(shown: &Shown, name: &str) -> String {
    [&shown.id(name), "-problem"].concat()
}
