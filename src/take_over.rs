//! Taking over the form that is on the page already: what was typed, where focus and caret are, what problems are shown.
//!
//! Apart because it is the one moment when two forms exist. The first paint is not walked node by node: it is looked at,
//! replaced, and what the visitor did is put into the new form. So it does not matter which version made it, nor what
//! the host page did to it; what that costs and spares is in `docs/decisions/0001-own-view-of-an-element.md`.

use lead_model::{Form, Problem, ProblemCode, Values, check_field};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, HtmlInputElement};

use crate::controls;
use crate::js;

/// What the visitor has done so far.
pub(crate) struct Before {
    /// What the controls held.
    pub(crate) values: Values,
    /// What the first paint showed: the problems of a submission without our script.
    pub(crate) problems: Vec<Problem>,
    focus: Option<Focus>,
}

struct Focus {
    selector: String,
    /// Start and end, for controls that have a caret and tell.
    selection: Option<(u32, u32)>,
}

impl Before {
    /// Looks at the form under `target`, if there is one.
    pub(crate) fn look(target: &Element, form: &Form) -> Self {
        let values = controls::values(target, form);
        let problems = problems(target, form, &values);
        Self { values, problems, focus: focus(target) }
    }

    /// Puts focus and selection back. Where nothing had focus, nothing gets it.
    pub(crate) fn restore(&self, target: &Element) {
        let Some(focus) = &self.focus else {
            return;
        };
        let Some(element) = controls::first(target, &focus.selector) else {
            return;
        };
        let control: &HtmlInputElement = element.unchecked_ref();
        if let Some((start, end)) = focus.selection {
            control.set_selection_range(start, end).unwrap_or_default();
        } else if control.type_() == "email" {
            // An e-mail control keeps its caret to itself, and a new one has it in front of the text. Who is typing an
            // address is most likely at its end; as a text for a moment, the control lets itself be told so.
            control.set_type("text");
            control.set_selection_range(u32::MAX, u32::MAX).unwrap_or_default();
            control.set_type("email");
        }
        controls::focus(&element);
    }
}

fn focus(target: &Element) -> Option<Focus> {
    // The document, or the shadow root that we are in.
    let active = js::get(&target.get_root_node(), "activeElement");
    let active: HtmlElement = active.dyn_into().ok()?;
    if !target.contains(Some(&active)) {
        return None;
    }
    let Some(name) = active.get_attribute("name") else {
        let selector = if active.tag_name() == "BUTTON" { ".lf-button" } else { ".lf-summary" };
        return Some(Focus { selector: selector.to_owned(), selection: None });
    };
    let control: &HtmlInputElement = active.unchecked_ref();
    let mut selector = ["[name=\"", &name, "\"]"].concat();
    if control.type_() == "radio" {
        selector = [&selector, "[value=\"", &control.value(), "\"]"].concat();
    }
    let position = |name: &str| js::whole(&JsValue::from(&active), name);
    Some(Focus { selector, selection: position("selectionStart").zip(position("selectionEnd")) })
}

/// The problems that the first paint shows. The rules say them again, with all that their sentences need; what only the
/// partner knows is taken by its code.
fn problems(target: &Element, form: &Form, values: &Values) -> Vec<Problem> {
    let mut problems = Vec::new();
    for line in controls::all(target, ".lf-problem") {
        problems.extend(problem(&line, form, values));
    }
    problems
}

fn problem(line: &Element, form: &Form, values: &Values) -> Option<Problem> {
    let code = ProblemCode::parse(&line.get_attribute("data-code")?)?;
    let control = controls::first(&line.parent_element()?, "[name]")?;
    let field = form.field(&control.get_attribute("name")?)?;
    Some(check_field(field, values.get(&field.name)).err().unwrap_or_else(|| Problem::new(&field.name, code)))
}
