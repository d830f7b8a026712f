//! The body that changes a lead: every field may be left out, and most may be null, which erases.
//!
//! Apart because absent and null differ only here, and because a change comes from the API and not from a mapping.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};
use validator::Validate;

use crate::connectors::parts::schema::{faults_of, fields_of};
use crate::connectors::parts::text::{Text, utf16_length};
use crate::connectors::{Change, Fault, FieldFault, PartnerField, PartnerFieldKind};
use crate::mapping::OWN_LENGTH_MAX;

use super::date_time::{self, DateTime};
use super::payload::{self, CUSTOM_FIELDS, custom_name};

/// The object that holds the portal's custom fields.
const CUSTOM_OBJECT: &str = "customFields";

/// The fields that may be changed. The custom ones are not among them: each portal has its own.
pub(super) static FIELDS: LazyLock<Vec<PartnerField>> = LazyLock::new(fields_of::<LeadUpdate>);

/// Absent leaves a field as it is, null erases it.
type Changed<T> = Option<Option<T>>;

/// The body of Update lead, in the document's order and spelling. The document gives no lengths: all are ours.
#[derive(Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LeadUpdate {
    /// Last name; can't be erased.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<Text>,
    /// The partner's id of the agent who brings the lead.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    agent_id: Option<Option<Text>>,
    /// Notes; they carry the receipt, by which a lead is found again after a doubt.
    #[validate(length(max = 4000))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    notes: Option<Option<Text>>,
    /// The portal's own fields, each under its name.
    #[schemars(skip)]
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    custom_fields: Option<Option<Map<String, Value>>>,
    /// Company.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    company_name: Option<Option<Text>>,
    /// The partner's id of the phase that the lead is in; only an update knows it.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    phase_id: Option<Option<Text>>,
    /// The partner's id of the organisation that refers the lead.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    partner_organization_id: Option<Option<Text>>,
    /// The platform; can't be erased.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<Text>,
    /// When the deal is to be closed: a date and time with offset, or a day.
    #[validate(custom(function = "date_time::check"))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    close_date: Option<Option<DateTime>>,
    /// First name; can't be erased.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<Text>,
    /// Phone number.
    #[validate(length(max = 200))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    phone: Option<Option<Text>>,
    /// Website.
    #[validate(length(max = 2000))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    website_url: Option<Option<Text>>,
    /// What the deal is worth.
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    value: Option<Option<Number>>,
    /// E-mail address.
    #[validate(length(max = 254))]
    #[schemars(extend("x-own-cap" = true))]
    #[serde(default, deserialize_with = "changed", skip_serializing_if = "Option::is_none")]
    email: Option<Option<Text>>,
}

/// Reads a member that is there: serde alone would take null for absent.
fn changed<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Changed<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Makes the body of a change, or says everything that is wrong with it.
///
/// A custom field may stand in the object `customFields`, as the partner writes it, or by itself under its full name,
/// as a schema names it.
pub(super) fn of_change(change: &Change) -> Result<LeadUpdate, Vec<FieldFault>> {
    let mut faults: Vec<FieldFault> = FIELDS.iter().filter_map(|field| fault_of(change, field)).collect();
    // What is sound by its kind is held against the type's own rules, so that all faults come at once.
    let sound = FIELDS.iter().filter(|field| !faults.iter().any(|fault| fault.partner_field == field.name));
    let sound: Map<String, Value> =
        sound.filter_map(|field| Some((field.name.clone(), change.0.get(&field.name)?.clone()))).collect();
    let names: Vec<String> = sound.keys().cloned().collect();
    let payload = serde_json::from_value::<LeadUpdate>(Value::Object(sound));
    match &payload {
        Ok(payload) => {
            faults.extend(
                payload.validate().err().map(|errors| faults_of(&errors, &FIELDS)).unwrap_or_default(),
            );
        }
        // Names and kinds have been looked at, so nothing is left that the type could refuse but a form.
        Err(_) => faults.extend(names.into_iter().map(|name| fault(&name, Fault::WrongForm))),
    }
    let custom_fields = custom_of(change, &mut faults);
    let unknown = change.0.keys().filter(|name| {
        !FIELDS.iter().any(|field| field.name == **name)
            && name.as_str() != CUSTOM_OBJECT
            && custom_name(name).is_none()
    });
    faults.extend(unknown.map(|name| fault(name, Fault::Unknown)));
    match payload {
        Ok(payload) if faults.is_empty() => Ok(LeadUpdate { custom_fields, ..payload }),
        _ => Err(faults),
    }
}

fn fault(name: &str, fault: Fault) -> FieldFault {
    FieldFault { partner_field: name.to_owned(), fault }
}

fn fault_of(change: &Change, field: &PartnerField) -> Option<FieldFault> {
    // What a new lead must have can't be erased.
    let needed = payload::FIELDS.iter().any(|known| known.name == field.name && known.required);
    let found = match (change.0.get(&field.name)?, field.kind) {
        (Value::Null, _) => needed.then_some(Fault::WrongType),
        (Value::String(text), PartnerFieldKind::Text { .. }) => {
            (needed && text.trim().is_empty()).then_some(Fault::Missing)
        }
        (Value::Number(_), PartnerFieldKind::Number) => None,
        _ => Some(Fault::WrongType),
    };
    found.map(|found| fault(&field.name, found))
}

/// The object of custom fields with those that stand by themselves put into it. What the portal wants in each is the
/// portal's to say; only texts are kept to a length.
fn custom_of(change: &Change, faults: &mut Vec<FieldFault>) -> Changed<Map<String, Value>> {
    let mut custom = match change.0.get(CUSTOM_OBJECT) {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::Object(members)) => Some(Some(members.clone())),
        Some(_) => {
            faults.push(fault(CUSTOM_OBJECT, Fault::WrongType));
            None
        }
    };
    for (name, value) in &change.0 {
        if let Some(name) = custom_name(name) {
            let members = custom.get_or_insert_default().get_or_insert_default();
            members.insert(name.to_owned(), value.clone());
        }
    }
    for (name, value) in custom.iter().flatten().flatten() {
        if value.as_str().is_some_and(|text| utf16_length(text) > OWN_LENGTH_MAX) {
            faults.push(fault(&format!("{CUSTOM_FIELDS}{name}"), Fault::TooLong { max: OWN_LENGTH_MAX }));
        }
    }
    custom
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(change: Value) -> Result<String, Vec<(String, Fault)>> {
        let change = Change(change.as_object().unwrap().clone());
        let payload = of_change(&change);
        let faults =
            |faults: Vec<FieldFault>| faults.into_iter().map(|f| (f.partner_field, f.fault)).collect();
        payload.map(|payload| serde_json::to_string(&payload).unwrap()).map_err(faults)
    }

    #[test]
    fn null_erases_and_absent_leaves() {
        for (change, body) in [
            (json!({}), "{}"),
            (json!({ "email": null, "lastName": "Lovelace" }), r#"{"lastName":"Lovelace","email":null}"#),
            (
                json!({ "value": 1200.5, "closeDate": null, "phaseId": "won" }),
                r#"{"phaseId":"won","closeDate":null,"value":1200.5}"#,
            ),
            (json!({ "notes": "" }), r#"{"notes":""}"#),
            (json!({ "customFields": null }), r#"{"customFields":null}"#),
            (
                json!({ "customFields": { "tills": 2 }, "customFields.vip": null }),
                r#"{"customFields":{"tills":2,"vip":null}}"#,
            ),
        ] {
            assert_eq!(written(change).unwrap(), body);
        }
    }

    #[test]
    fn every_field_but_the_three_that_a_lead_must_have_can_be_erased() {
        let needed = ["lastName", "platform", "firstName"];
        for field in FIELDS.iter() {
            let erased = written(json!({ (field.name.clone()): null })).is_ok();
            assert_eq!(erased, !needed.contains(&field.name.as_str()), "{}", field.name);
        }
        assert_eq!(FIELDS.len(), 13);
    }

    #[test]
    fn all_faults_of_a_change_come_at_once() {
        let faults = written(json!({
            "companyId": "c-1",
            "email": "x".repeat(255),
            "customFields": [],
            "customFields.note": "x".repeat(2001),
            "customFields.": 1,
            "value": "12",
            "closeDate": "soon",
            "firstName": " ",
            "lastName": null,
            "phone": 44,
        }));
        let named = |name: &str, fault| (name.to_owned(), fault);
        assert_eq!(
            faults.unwrap_err(),
            [
                named("lastName", Fault::WrongType),
                named("firstName", Fault::Missing),
                named("phone", Fault::WrongType),
                named("value", Fault::WrongType),
                named("closeDate", Fault::WrongForm),
                named("email", Fault::TooLong { max: 254 }),
                named("customFields", Fault::WrongType),
                named("customFields.note", Fault::TooLong { max: 2000 }),
                named("companyId", Fault::Unknown),
                named("customFields.", Fault::Unknown),
            ]
        );
    }
}
