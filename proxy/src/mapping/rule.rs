//! How a mapping is written in configuration, and its reading into rules that can be used.
//!
//! Apart from the rules themselves so that a wrong one is found at start and never met by a lead.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::config::Finding;
use crate::connectors::parts::text::utf16_length;
use crate::connectors::{Connector, PartnerField, PartnerFieldKind, PartnerValue};
use crate::mapping::{Rule, Template, number};

/// What fills a partner field: `"email"`, `{ constant = "Web" }` or `{ template = "Phone: {phone}\n{notes}" }`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a field name, { constant = … } or { template = \"Phone: {phone}\" }"
)]
pub enum MappingRule {
    /// The value of a form field.
    Field(String),
    /// The same for every lead.
    Constant {
        /// What.
        constant: ConstantValue,
    },
    /// Composed of several form fields.
    Template {
        /// The template; see [`Template`].
        template: String,
    },
}

/// A value that is the same for every lead.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a text, a number, or true or false")]
pub enum ConstantValue {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

/// Finds the rules whose partner field there is not, or that is not theirs to fill.
pub(super) fn find_unknown(
    path: &str,
    connector: &dyn Connector,
    own: &BTreeMap<String, MappingRule>,
) -> Vec<Finding> {
    let receipt_field = connector.descriptor().receipt.map(|slot| slot.field);
    let mut findings = Vec::new();
    for name in own.keys() {
        let path = format!("{path}.mapping.{name}");
        if Some(name.as_str()) == receipt_field {
            findings.push(Finding::new(path, "a rule", "none: this field always carries the receipt"));
        } else if !connector.fields().iter().any(|field| field.name == *name)
            && !connector.descriptor().own_fields.allow(name)
        {
            let known = connector.fields().iter().map(|field| field.name.as_str());
            let known: Vec<_> = known.filter(|name| Some(*name) != receipt_field).collect();
            findings.push(Finding::new(
                path,
                "an unknown partner field",
                format!("one of {}", known.join(", ")),
            ));
        } else if let Some(found) = find_clash(name, own) {
            let expected = "names whose parts between dots are not empty, and none of which stands before a dot in another";
            findings.push(Finding::new(path, found, expected));
        }
    }
    findings
}

/// A dot stands between an object and its member, so that `a` beside `a.b` would be a value and an object at once.
fn find_clash(name: &str, own: &BTreeMap<String, MappingRule>) -> Option<String> {
    if name.split('.').any(|part| part.trim().is_empty()) {
        return Some("a name with an empty part".to_owned());
    }
    let is_inside = |other: &&String| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    own.keys().find(is_inside).map(|other| format!("a value beside {other:?}, which makes an object of it"))
}

/// Reads one rule against the partner field that it fills.
pub(super) fn read(path: &str, field: &PartnerField, rule: &MappingRule) -> Result<Option<Rule>, Finding> {
    match rule {
        MappingRule::Field(name) if name.trim().is_empty() => {
            Err(Finding::new(path, "an empty text", "the name of a form field"))
        }
        MappingRule::Field(name) => Ok(Some(Rule::Field(name.clone()))),
        MappingRule::Constant { constant } => read_constant(path, field, constant).map(Some),
        MappingRule::Template { template } => match (Template::parse(template), field.kind) {
            (_, PartnerFieldKind::Bool) => Err(Finding::new(
                path,
                "a template",
                "a checkbox field or a constant: the partner wants true or false",
            )),
            (_, PartnerFieldKind::Number) => Err(Finding::new(
                path,
                "a template",
                "a number field or a constant: the partner wants a number",
            )),
            (Ok(template), PartnerFieldKind::Text { .. } | PartnerFieldKind::Any { .. }) => {
                Ok(Some(Rule::Template(template)))
            }
            (Err(why), _) => Err(Finding::new(path, why, "a template such as \"Phone: {phone}\"")),
        },
    }
}

fn read_constant(path: &str, field: &PartnerField, constant: &ConstantValue) -> Result<Rule, Finding> {
    use PartnerFieldKind as Kind;

    match (constant, field.kind) {
        (ConstantValue::Bool(value), Kind::Bool | Kind::Any { .. }) => {
            Ok(Rule::Constant(PartnerValue::Bool(*value)))
        }
        (ConstantValue::Number(value), Kind::Number | Kind::Any { .. }) => {
            let number = number(&value.to_string());
            let finding = || Finding::new(path, "another number", "a number that JSON can say");
            number.map(|number| Rule::Constant(PartnerValue::Number(number))).ok_or_else(finding)
        }
        (ConstantValue::Text(text), Kind::Text { length_max } | Kind::Any { length_max }) => {
            let length = utf16_length(text);
            if text.trim().is_empty() || length > length_max {
                let found = format!("a constant of {length} characters");
                return Err(Finding::new(path, found, format!("1 to {length_max} characters, not blank")));
            }
            Ok(Rule::Constant(PartnerValue::Text(text.clone())))
        }
        (found, kind) => {
            let expected = match kind {
                Kind::Bool => "true or false",
                Kind::Number => "a number",
                Kind::Text { .. } | Kind::Any { .. } => "a text",
            };
            let found = match found {
                ConstantValue::Bool(_) => "true or false",
                ConstantValue::Number(_) => "a number",
                ConstantValue::Text(_) => "a text",
            };
            Err(Finding::new(path, found, expected))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::find_connector;

    #[test]
    fn name_that_is_a_value_and_an_object_at_once_is_told() {
        let connector = find_connector("spotcap").unwrap();
        let told = |names: &[&str]| {
            let rule = || MappingRule::Field("email".to_owned());
            let own = names.iter().map(|name| ((*name).to_owned(), rule())).collect();
            let findings = find_unknown("accounts.web", connector, &own);
            findings.into_iter().map(|finding| finding.path).collect::<Vec<_>>()
        };
        assert_eq!(told(&["a", "a.b", "ab"]), ["accounts.web.mapping.a"]);
        assert_eq!(told(&["a.b.c", "a.b"]), ["accounts.web.mapping.a.b"]);
        assert_eq!(told(&["a.", ".b"]), ["accounts.web.mapping..b", "accounts.web.mapping.a."]);
        assert_eq!(told(&["a.b", "a.c", "ab"]), [""; 0]);
    }
}
