//! The document's fields of a lead, and what is wrong with one that was sent.
//!
//! The document prints names and types in two lists without a link between them; they are joined by position, which
//! the three named rows (`lastName`, `platform`, `firstName`) confirm. It gives no lengths.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::object::{Object, read};

use super::schema;

/// Which operation a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Create,
    Update,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A string; `null` is none.
    Text,
    TextOrNull,
    NumberOrNull,
    ObjectOrNull,
    /// A string of RFC 3339, or `null`.
    TimeOrNull,
}

/// In the document's order. `phaseId` is the one that only an update has.
const FIELDS: [(&str, Kind); 14] = [
    ("lastName", Kind::Text),
    ("agentId", Kind::TextOrNull),
    ("notes", Kind::TextOrNull),
    (CUSTOM_FIELDS, Kind::ObjectOrNull),
    ("companyName", Kind::TextOrNull),
    ("phaseId", Kind::TextOrNull),
    ("partnerOrganizationId", Kind::TextOrNull),
    ("platform", Kind::Text),
    ("closeDate", Kind::TimeOrNull),
    ("firstName", Kind::Text),
    ("phone", Kind::TextOrNull),
    ("websiteUrl", Kind::TextOrNull),
    ("value", Kind::NumberOrNull),
    ("email", Kind::TextOrNull),
];

/// What a create must have.
const REQUIRED: [&str; 3] = ["lastName", "platform", "firstName"];

pub(super) const CUSTOM_FIELDS: &str = "customFields";

/// What is wrong with one field; the words repeat no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) field: String,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

/// Reads the members of a body; of a name given twice the last one.
pub(super) fn members(object: &Object<'_>) -> Map<String, Value> {
    object.members().filter_map(|(name, raw)| Some((name.to_owned(), read(raw)?))).collect()
}

/// Finds everything that the table and the schema's custom fields forbid: first the table's order, then the body's.
pub(super) fn find_problems(object: &Object<'_>, purpose: Purpose, schema: &Value) -> Vec<Problem> {
    let members = members(object);
    let mut problems = Vec::new();
    for (name, kind) in FIELDS.iter().filter(|(name, _)| allowed(name, purpose)) {
        match members.get(*name) {
            Some(value) => problems.extend(mistype(*kind, value).map(|message| Problem::new(name, message))),
            // There, but nothing that can be read: a lone surrogate, nesting without end.
            None if object.members().any(|(member, _)| member == *name) => {
                problems.push(Problem::new(name, "cannot be read"));
            }
            None if purpose == Purpose::Create && REQUIRED.contains(name) => {
                problems.push(Problem::new(name, "is required"));
            }
            None => {}
        }
    }
    problems.extend(schema::find_problems(members.get(CUSTOM_FIELDS), purpose, schema));

    let mut seen = HashSet::new();
    for (name, _) in object.members() {
        if !seen.insert(name) {
            problems.push(Problem::new(name, "is given twice"));
        } else if !FIELDS.iter().any(|(field, _)| *field == name) {
            problems.push(Problem::new(name, "is not a field of a lead"));
        } else if !allowed(name, purpose) {
            problems.push(Problem::new(name, "cannot be set when a lead is created"));
        }
    }
    problems
}

fn allowed(name: &str, purpose: Purpose) -> bool {
    purpose == Purpose::Update || name != "phaseId"
}

/// Says what a value is instead of what it should be.
fn mistype(kind: Kind, value: &Value) -> Option<String> {
    let expected = match (kind, value) {
        (Kind::Text, Value::String(text)) if text.trim().is_empty() => {
            return Some("is blank, expected a text".to_owned());
        }
        (Kind::Text | Kind::TextOrNull, Value::String(_))
        | (Kind::NumberOrNull, Value::Number(_) | Value::Null)
        | (Kind::ObjectOrNull, Value::Object(_) | Value::Null)
        | (Kind::TextOrNull | Kind::TimeOrNull, Value::Null) => return None,
        (Kind::TimeOrNull, Value::String(text)) => {
            let is_time = text.parse::<Timestamp>().is_ok();
            return (!is_time).then(|| "is not a date with time and zone (RFC 3339)".to_owned());
        }
        (Kind::Text, _) => "a string",
        (Kind::TextOrNull, _) => "a string or null",
        (Kind::NumberOrNull, _) => "a number or null",
        (Kind::ObjectOrNull, _) => "an object or null",
        (Kind::TimeOrNull, _) => "a date as a string, or null",
    };
    Some(format!("is {}, expected {expected}", kind_of(value)))
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn create_has_thirteen_fields_and_update_fourteen() {
        let count = |purpose| FIELDS.iter().filter(|(name, _)| allowed(name, purpose)).count();
        assert_eq!((count(Purpose::Create), count(Purpose::Update)), (13, 14));
    }

    #[test]
    fn each_type_takes_its_values_and_names_every_other() {
        let values = [json!(null), json!(true), json!(7), json!("x"), json!([]), json!({})];
        let rows = [
            (Kind::Text, [false, false, false, true, false, false]),
            (Kind::TextOrNull, [true, false, false, true, false, false]),
            (Kind::NumberOrNull, [true, false, true, false, false, false]),
            (Kind::ObjectOrNull, [true, false, false, false, false, true]),
            (Kind::TimeOrNull, [true, false, false, false, false, false]),
        ];
        for (kind, taken) in rows {
            assert_eq!(values.each_ref().map(|value| mistype(kind, value).is_none()), taken);
        }
        assert_eq!(mistype(Kind::TimeOrNull, &json!("2026-05-01T10:00:00+02:00")), None);
        assert_eq!(mistype(Kind::Text, &json!(" ")).as_deref(), Some("is blank, expected a text"));
        assert_eq!(
            mistype(Kind::NumberOrNull, &json!("7")).as_deref(),
            Some("is a string, expected a number or null")
        );
    }
}
