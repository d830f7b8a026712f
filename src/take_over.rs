//! Taking over the form that is on the page already: what was typed, and what problems are shown.
//!
//! Apart because it is the one moment when a first paint is read. Its nodes are kept where the new form has the same ones
//! (`view::dom`); a first paint of another version, or one that the host page has changed, loses focus at most, for what its
//! controls held is put into new ones.

use lead_model::{Form, Problem, ProblemCode, Values, check_field};
use web_sys::Element;

use crate::controls;

/// What the visitor has done so far.
pub(crate) struct Before {
    /// What the controls held.
    pub(crate) values: Values,
    /// What the first paint showed: the problems of a submission without our script.
    pub(crate) problems: Vec<Problem>,
}

impl Before {
    /// Looks at the form under `target`, if there is one.
    pub(crate) fn look(target: &Element, form: &Form) -> Self {
        let values = controls::values(target, form);
        let problems = problems(target, form, &values);
        Self { values, problems }
    }
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
