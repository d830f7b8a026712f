//! What can be wrong with a definition's steps and conditions.
//!
//! Apart from the other problems because only here fields are looked at together: each condition names one above.

use super::problems::{Report, is_slug};
use super::{FieldDefinition, FormDefinition};
use crate::condition::Condition;
use crate::field::FieldKind;

impl FormDefinition {
    /// Everything wrong with steps, with where the fields stand, and with conditions.
    pub(super) fn step_problems(&self, report: &mut Report) {
        self.name_problems(report);
        for field in
            self.own_fields.iter().filter(|field| field.on_step.is_some() || !field.visible_when.is_empty())
        {
            let path = format!("own_fields {:?}", field.name);
            let expected = "neither: what stands above it is known only when the partner's schema is";
            report.wrong(path, "on_step or visible_when", expected);
        }
        let mut place = 0;
        for (index, field) in self.fields.iter().enumerate() {
            let path = format!("fields[{index}] {:?}", field.name);
            if let Some(name) = &field.on_step {
                match self.step_place(name) {
                    Some(step) if step >= place => place = step,
                    Some(_) => {
                        let found = format!("{name:?}, a step before that of the field above");
                        report.wrong(format!("{path}.on_step"), found, "fields in the order of their steps");
                    }
                    None => {
                        let expected = format!("the name of a step: {:?}", self.step_names());
                        report.wrong(format!("{path}.on_step"), format!("{name:?}"), expected);
                    }
                }
            }
            let above = self.fields.get(..index).unwrap_or_default();
            condition_problems(&field.visible_when, &path, above, report);
        }
        for (index, step) in self.steps.iter().enumerate() {
            let first = self.first_field(index);
            let path = format!("steps[{index}] {:?}", step.name);
            if !self.fields.from_partner_schema() && first.is_none() {
                report.wrong(path.clone(), "no field", "at least one field with this on_step");
            }
            let above = first.and_then(|first| self.fields.get(..first)).unwrap_or_default();
            condition_problems(&step.visible_when, &path, above, report);
        }
    }

    /// Whether a field is asked of everybody: no condition stands before it.
    pub fn is_always_asked(&self, name: &str) -> bool {
        let form = self.localize(&self.default_locale, &[]);
        form.field(name).is_some_and(|field| form.is_always_asked(field))
    }

    fn name_problems(&self, report: &mut Report) {
        for (index, step) in self.steps.iter().enumerate() {
            let path = format!("steps[{index}] {:?}", step.name);
            if !is_slug(&step.name) {
                let expected = "1 to 64 lower-case letters, digits and inner hyphens";
                report.wrong(format!("{path}.name"), format!("{:?}", step.name), expected);
            }
            if self.steps.iter().take(index).any(|other| other.name == step.name) {
                report.wrong(path.clone(), "a name that stands above already", "each name once");
            }
            report.text(format!("{path}.title"), &step.title);
        }
        if self.steps.len() == 1 {
            report.wrong("steps".into(), "one step", "two or more, or none at all");
        }
    }

    fn step_names(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.name.as_str()).collect()
    }

    /// The first field of a step.
    fn first_field(&self, step: usize) -> Option<usize> {
        let wanted = u32::try_from(step).ok()?;
        let mut place = 0;
        self.fields.iter().position(|field| {
            place = field.on_step.as_ref().and_then(|name| self.step_place(name)).unwrap_or(place);
            place == wanted
        })
    }
}

fn condition_problems(conditions: &[Condition], path: &str, above: &[FieldDefinition], report: &mut Report) {
    for (index, condition) in conditions.iter().enumerate() {
        let at = format!("{path}.visible_when[{index}]");
        let Some(field) = above.iter().find(|field| field.name == condition.field) else {
            report.wrong(
                format!("{at}.field"),
                format!("{:?}", condition.field),
                "the name of a field above",
            );
            continue;
        };
        if condition.is.is_empty() == condition.is_not.is_empty() {
            report.wrong(
                at.clone(),
                "both or neither of is and is_not",
                "one of them, with at least one value",
            );
        }
        for value in condition.is.iter().chain(&condition.is_not) {
            if let Some(expected) = misfit(field, value) {
                report.wrong(at.clone(), format!("{value:?}"), expected);
            }
        }
    }
}

/// What the field can hold instead, where it can never hold this.
fn misfit(field: &FieldDefinition, value: &str) -> Option<String> {
    let kind = field.kind();
    if kind.is_box() {
        return (!matches!(value, "true" | "false"))
            .then(|| "true or false, since the field is a box".to_owned());
    }
    if kind == FieldKind::Hidden && field.value.is_some() {
        return Some("a field that can hold more than one value".to_owned());
    }
    let is_option = || value.is_empty() || field.options.iter().any(|option| option.value == value);
    (kind.has_options() && !is_option()).then(|| {
        let options: Vec<&str> = field.options.iter().map(|option| option.value.as_str()).collect();
        format!("one of {options:?}, or an empty text for nothing chosen")
    })
}
