//! From a mapped lead to a payload type, with every rule that the type carries; and from flat names to nested JSON.
//!
//! Apart because every connector whose document names its fields goes the same road.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use validator::Validate;

use crate::connectors::parts::from_lead::from_lead;
use crate::connectors::parts::schema::faults_of;
use crate::connectors::{Fault, FieldFault, Lead, PartnerField, PartnerFieldKind, PartnerValue};

/// Makes a payload of a lead whose names are those of `fields`.
///
/// # Errors
/// Every wrong type, missing or blank required field, unknown name; and where there is none of these, every rule of the
/// type itself that is broken.
pub fn payload_of<T: DeserializeOwned + Validate>(
    lead: &Lead,
    fields: &[PartnerField],
) -> Result<T, Vec<FieldFault>> {
    let mut faults: Vec<FieldFault> = fields.iter().filter_map(|field| fault_of(lead, field)).collect();
    let unknown = lead.names().filter(|name| !fields.iter().any(|field| field.name == *name));
    faults.extend(unknown.map(|name| FieldFault { partner_field: name.to_owned(), fault: Fault::Unknown }));
    if !faults.is_empty() {
        return Err(faults);
    }
    // The kinds are right by now, so what the type refuses is the form of a text.
    let payload: T = from_lead(lead).map_err(|_| {
        let texts = fields.iter().filter(|field| lead.get(&field.name).is_some());
        texts
            .map(|field| FieldFault { partner_field: field.name.clone(), fault: Fault::WrongForm })
            .collect::<Vec<_>>()
    })?;
    payload.validate().map_err(|errors| faults_of(&errors, fields))?;
    Ok(payload)
}

fn fault_of(lead: &Lead, field: &PartnerField) -> Option<FieldFault> {
    let fault = match (lead.get(&field.name), field.kind) {
        (None, _) => field.required.then_some(Fault::Missing),
        (Some(PartnerValue::Text(text)), PartnerFieldKind::Text { .. } | PartnerFieldKind::Any { .. }) => {
            (field.required && text.trim().is_empty()).then_some(Fault::Missing)
        }
        (Some(PartnerValue::Bool(_)), PartnerFieldKind::Bool | PartnerFieldKind::Any { .. })
        | (Some(PartnerValue::Number(_)), PartnerFieldKind::Number | PartnerFieldKind::Any { .. }) => None,
        (Some(_), _) => Some(Fault::WrongType),
    };
    fault.map(|fault| FieldFault { partner_field: field.name.clone(), fault })
}

/// Faults of a lead whose fields only the account names: text within the length that the account's fields have.
pub fn own_faults(lead: &Lead, length_max: u32) -> Vec<FieldFault> {
    let long = lead.iter().filter(|(_, value)| match value {
        PartnerValue::Text(text) => crate::connectors::parts::text::utf16_length(text) > length_max,
        PartnerValue::Bool(_) | PartnerValue::Number(_) => false,
    });
    long.map(|(name, _)| FieldFault {
        partner_field: name.to_owned(),
        fault: Fault::TooLong { max: length_max },
    })
    .collect()
}

/// Puts members whose names have dots into objects: `address.line1` becomes `{"address": {"line1": …}}`. The order of
/// first mention is kept; a name that stands in the way of another (`a` beside `a.b`) gives way to the object.
pub fn nest(flat: Map<String, Value>) -> Map<String, Value> {
    let mut nested = Map::new();
    for (name, value) in flat {
        put(&mut nested, &name, value);
    }
    nested
}

fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    let Some((outer, inner)) = name.split_once('.') else {
        if !object.get(name).is_some_and(Value::is_object) {
            object.insert(name.to_owned(), value);
        }
        return;
    };
    let entry = object.entry(outer.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if !entry.is_object() {
        *entry = Value::Object(Map::new());
    }
    if let Value::Object(members) = entry {
        put(members, inner, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dotted_names_become_objects_in_the_order_of_first_mention() {
        let flat = json!({ "b": 1, "a.x": 2, "c": 3, "a.y.z": 4 });
        let nested = nest(flat.as_object().unwrap().clone());
        assert_eq!(Value::Object(nested).to_string(), r#"{"b":1,"a":{"x":2,"y":{"z":4}},"c":3}"#);
    }

    #[test]
    fn object_wins_over_a_plain_value_of_the_same_name_in_either_order() {
        for flat in [json!({ "a": 1, "a.x": 2 }), json!({ "a.x": 2, "a": 1 })] {
            assert_eq!(Value::Object(nest(flat.as_object().unwrap().clone())), json!({ "a": { "x": 2 } }));
        }
    }
}
