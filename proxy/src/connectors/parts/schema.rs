//! Reads a payload type's rules out of its JSON schema, so that they are declared once, on the type.
//!
//! Apart because the start-up check, the docs and the payload check of every connector need the same reading.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use validator::ValidationErrors;

use crate::connectors::{Fault, FieldFault, PartnerField, PartnerFieldKind};

/// The schema key by which a payload marks a length that is ours, not the document's.
pub const OWN_CAP: &str = "x-own-cap";

/// The fields of a payload type, in its order.
pub fn fields_of<T: JsonSchema>() -> Vec<PartnerField> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties
        .map(|(name, property)| PartnerField {
            name: name.clone(),
            required: required.contains(&name.as_str()),
            kind: kind_of(property),
            own_cap: property.get(OWN_CAP).and_then(Value::as_bool).unwrap_or(false),
            meaning: one_line(property.get("description").and_then(Value::as_str).unwrap_or_default()),
        })
        .collect()
}

fn kind_of(property: &Value) -> PartnerFieldKind {
    let is = |wanted: &str| match property.get("type") {
        Some(Value::String(kind)) => kind == wanted,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
        _ => false,
    };
    if is("boolean") {
        return PartnerFieldKind::Bool;
    }
    if is("number") || is("integer") {
        return PartnerFieldKind::Number;
    }
    let max = property.get("maxLength").and_then(Value::as_u64).and_then(|max| u32::try_from(max).ok());
    // A text without a length can't be checked; the contract suite refuses a payload that has one.
    PartnerFieldKind::Text { length_max: max.unwrap_or(u32::MAX) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Turns the validator's findings on a payload into faults of partner fields, in the document's order.
pub fn faults_of(errors: &ValidationErrors, fields: &[PartnerField]) -> Vec<FieldFault> {
    let broken: Vec<String> = errors.errors().keys().map(|member| flat(member)).collect();
    let broken = fields.iter().filter(|field| broken.contains(&flat(&field.name)));
    broken
        .map(|field| {
            let by_length = errors.field_errors().iter().any(|(member, broken)| {
                flat(member) == flat(&field.name) && broken.iter().any(|error| error.code == "length")
            });
            let fault = match field.kind.length_max() {
                Some(max) if by_length => Fault::TooLong { max },
                Some(_) => Fault::WrongForm,
                None => Fault::WrongType,
            };
            FieldFault { partner_field: field.name.clone(), fault }
        })
        .collect()
}

/// A member's name and its partner's name differ in case, underscores and dots only.
fn flat(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '.')).flat_map(char::to_lowercase).collect()
}
