//! Holds one lead against its partner's payload before it is accepted, and says what a visitor can do about it.
//!
//! Apart because faults are found in the partner's words and must be told in the form's.

use lead_model::{FieldKind, Form, NormalValues, Problem, ProblemCode};

use crate::account::Account;
use crate::connectors::parts::text::utf16_length;
use crate::connectors::{Fault, FieldFault, Lead, PartnerValue};
use crate::ids::Receipt;
use crate::mapping::{Mapping, Rule, Said, Template, compose_by, say_in_text};

/// Runs the connector's payload rules over a submission's values. All problems at once, each on a field of the form.
///
/// A fault that no field of the form can mend is not the visitor's: the start-up check and the account's own checks
/// have ruled it out, and should it come all the same, the delivery ends as a dead letter for the operator.
///
/// # Errors
/// The problems.
pub fn check_payload(
    form: &Form,
    account: &Account,
    receipt: &Receipt,
    said: Said<'_>,
) -> Result<(), Vec<Problem>> {
    let mapping = account.mapping_for(&form.id);
    let lead = compose_by(&mapping, account.connector().descriptor(), receipt, said);
    let faults = account.connector().check(&lead);
    let problems: Vec<Problem> =
        faults.iter().filter_map(|fault| problem_of(form, &mapping, &lead, said.values, fault)).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn problem_of(
    form: &Form,
    mapping: &Mapping,
    lead: &Lead,
    values: &NormalValues,
    fault: &FieldFault,
) -> Option<Problem> {
    let shown = |name: &str| form.field(name).is_some_and(|field| field.kind != FieldKind::Hidden);
    match mapping.rule(&fault.partner_field)? {
        Rule::Constant(_) => None,
        Rule::Field(name) => shown(name).then(|| match fault.fault {
            Fault::TooLong { max } => Problem::with(name, ProblemCode::TooLong, "max", &max.to_string()),
            Fault::Missing => Problem::new(name, ProblemCode::Required),
            Fault::WrongType | Fault::WrongForm | Fault::Unknown => {
                Problem::new(name, ProblemCode::WrongType)
            }
        }),
        Rule::Template(template) => {
            let Fault::TooLong { max } = fault.fault else {
                let name = template.fields().into_iter().find(|name| shown(name))?;
                return Some(Problem::new(name, ProblemCode::Required));
            };
            let (name, length) = longest(template, values, shown)?;
            let whole = match lead.get(&fault.partner_field) {
                Some(PartnerValue::Text(text)) => utf16_length(text),
                _ => length,
            };
            // What is left for this field when everything around it stays as it is.
            let left = max.saturating_sub(whole.saturating_sub(length));
            Some(Problem::with(name, ProblemCode::TooLong, "max", &left.to_string()))
        }
    }
}

/// The field of a template that takes the most room, which is the one to shorten.
fn longest<'a>(
    template: &'a Template,
    values: &NormalValues,
    shown: impl Fn(&str) -> bool,
) -> Option<(&'a str, u32)> {
    let fields = template.fields().into_iter().filter(|name| shown(name));
    fields
        .filter_map(|name| values.get(name).map(|value| (name, utf16_length(&say_in_text(value)))))
        .max_by_key(|(_, length)| *length)
}

/// Says a partner's refusal of a record made in the panel, whose values stand under the partner's own names.
pub fn refused_record_fields(partner_fields: &[String]) -> Vec<Problem> {
    partner_fields.iter().map(|field| Problem::new(field, ProblemCode::RefusedByPartner)).collect()
}

/// Says a partner's refusal of its own fields as problems of the form fields that filled them.
///
/// Names only fields that were filled in: one that the visitor never saw can't be mended.
pub fn refused_fields(mapping: &Mapping, partner_fields: &[String], values: &NormalValues) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for partner_field in partner_fields {
        let name = match mapping.rule(partner_field) {
            Some(Rule::Field(name)) => values.get(name).is_some().then_some(name.as_str()),
            Some(Rule::Template(template)) => longest(template, values, |_| true).map(|(name, _)| name),
            Some(Rule::Constant(_)) | None => None,
        };
        if let Some(name) = name
            && !problems.iter().any(|problem| problem.field == name)
        {
            problems.push(Problem::new(name, ProblemCode::RefusedByPartner));
        }
    }
    problems
}
