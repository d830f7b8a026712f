//! What the partner's answers hold: leads and schemas in an envelope of `data`, `context` and `status`.
//!
//! Apart because it is lenient: most fields are null or one thing or another, and words may come that no document has.

use serde_json::{Map, Value};

use crate::connectors::{OperationKind, Reading, Record, RecordPage, SchemaField};

use super::payload::CUSTOM_FIELDS;
use super::update;

/// Reads an answer's data; nothing where it is not what the operation promises.
pub(super) fn read(kind: OperationKind, body: &Value) -> Option<Reading> {
    let data = body.get("data")?;
    match kind {
        OperationKind::Create | OperationKind::Get | OperationKind::Update => {
            record(data).map(Reading::Record)
        }
        OperationKind::List => {
            let records = data.as_array()?.iter().map(record).collect::<Option<_>>()?;
            Some(Reading::Page(RecordPage { records, total: None }))
        }
        OperationKind::Schema | OperationKind::PartnerSchema => schema(data).map(Reading::Schema),
        OperationKind::GetByReference => None,
    }
}

/// A lead: whatever its fields are, it has an id.
fn record(data: &Value) -> Option<Record> {
    let fields = data.as_object()?;
    let id = fields.get("id")?.as_str().filter(|id| !id.trim().is_empty())?;
    Some(Record { id: id.to_owned(), reference: None, fields: fields.clone() })
}

/// The fields in their order. One without a name can't be written, so it is left out.
fn schema(data: &Value) -> Option<Vec<SchemaField>> {
    let items = data.get("schema")?.get("unifiedFields")?.as_array()?;
    let mut fields: Vec<SchemaField> =
        (0..).zip(items).filter_map(|(position, item)| schema_field(position, item.as_object()?)).collect();
    fields.sort_by_key(|field| field.order);
    Some(fields)
}

fn schema_field(position: i64, item: &Map<String, Value>) -> Option<SchemaField> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let flag = |name: &str| item.get("flags").and_then(|flags| flags.get(name)) == Some(&Value::Bool(true));
    let id = Some(text("fieldId")).filter(|id| !id.trim().is_empty())?;
    let known = || update::FIELDS.iter().any(|field| field.name == id);
    let standard = item.get("isStandardField").and_then(Value::as_bool).unwrap_or_else(known);
    // The portal's own fields are written below `customFields`.
    let name = if standard || id.starts_with(CUSTOM_FIELDS) {
        id.to_owned()
    } else {
        format!("{CUSTOM_FIELDS}{id}")
    };
    let label = Some(text("label")).filter(|label| !label.trim().is_empty()).unwrap_or(id);
    Some(SchemaField {
        name,
        label: label.to_owned(),
        kind: text("type").to_owned(),
        display: text("displayType").to_owned(),
        required: item.get("required") == Some(&Value::Bool(true)),
        creatable: flag("creatable"),
        updateable: flag("updateable"),
        standard,
        order: item.get("order").and_then(whole).unwrap_or(position),
        options: ["options", "picklistValues"]
            .iter()
            .find_map(|name| options(item.get(*name)?))
            .unwrap_or_default(),
    })
}

/// A number without what stands behind its point.
fn whole(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it only sorts, and the cast stops at the bounds")]
    value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
}

/// Choices are in no document: texts, numbers, or objects with a value.
fn options(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let option = |item: &Value| {
        text(item).or_else(|| ["value", "label"].iter().find_map(|name| text(item.get(*name)?)))
    };
    Some(value.as_array()?.iter().filter_map(option).collect())
}

/// Whether a lead's notes hold the receipt as a word of its own. No document shows custom fields in an answer, but where
/// they come all the same, one that is the receipt will do.
pub(super) fn carries_receipt(record: &Record, receipt: &str) -> bool {
    let notes = record.fields.get("notes").and_then(Value::as_str);
    let custom = record.fields.get("customFields").and_then(Value::as_object);
    notes.is_some_and(|notes| has_word(notes, receipt))
        || custom.is_some_and(|members| members.values().any(|value| value.as_str() == Some(receipt)))
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    !word.is_empty()
        && text.match_indices(word).any(|(at, found)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record_of(data: Value) -> Record {
        record(&data).unwrap()
    }

    #[test]
    fn receipt_is_found_in_the_notes_as_a_whole_word_or_as_a_custom_field() {
        let receipt = "7K3F9-0QXJ2-MM8TD-4VYBR";
        for (fields, found) in [
            (json!({ "notes": "Two tills.\nReference: 7K3F9-0QXJ2-MM8TD-4VYBR" }), true),
            (json!({ "notes": "<p>7K3F9-0QXJ2-MM8TD-4VYBR</p>" }), true),
            (json!({ "notes": "X7K3F9-0QXJ2-MM8TD-4VYBR 7K3F9-0QXJ2-MM8TD-4VYBR." }), true),
            (json!({ "customFields": { "ours": "7K3F9-0QXJ2-MM8TD-4VYBR" } }), true),
            (json!({ "notes": "A7K3F9-0QXJ2-MM8TD-4VYBR" }), false),
            (json!({ "notes": "7K3F9-0QXJ2-MM8TD-4VYBR-1" }), false),
            (json!({ "notes": "7K3F9-0QXJ2-MM8TD" }), false),
            (json!({ "companyName": "7K3F9-0QXJ2-MM8TD-4VYBR" }), false),
            (json!({ "notes": null, "customFields": {} }), false),
            (json!({ "notes": { "text": 1 }, "customFields": null }), false),
            (json!({ "notes": 7 }), false),
        ] {
            let mut data = json!({ "id": "lead-1" });
            data.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            assert_eq!(carries_receipt(&record_of(data.clone()), receipt), found, "{data}");
        }
        assert!(!carries_receipt(&record_of(json!({ "id": "lead-1", "notes": "a b" })), ""));
    }

    #[test]
    fn lead_needs_an_id_and_nothing_else() {
        for (data, id) in [
            (
                json!({ "id": "lead-1", "email": {}, "value": "12", "phone": null, "notes": 7 }),
                Some("lead-1"),
            ),
            (json!({ "id": "" }), None),
            (json!({ "id": " " }), None),
            (json!({ "id": 7 }), None),
            (json!({ "id": null }), None),
            (json!({}), None),
            (json!([]), None),
            (json!(null), None),
        ] {
            assert_eq!(record(&data).map(|record| record.id).as_deref(), id, "{data}");
        }
    }

    #[test]
    fn schema_is_read_whatever_its_words_are() {
        let data = json!({ "schema": { "unifiedFields": [
            { "fieldId": "tills", "order": 2.5, "displayType": "slider", "type": "count", "picklistValues": [1, { "value": "2" }, {}, null] },
            { "fieldId": "lastName" },
            { "fieldId": "email", "order": "first", "isStandardField": true, "flags": null, "label": null, "required": "yes" },
            { "fieldId": "plan", "order": 0, "isStandardField": false, "label": "Plan", "required": true,
              "flags": { "creatable": true, "updateable": false }, "options": [{ "label": "Big" }, "Small"] },
            { "label": "without a name" },
            "noise",
        ] } });
        let fields = schema(&data).unwrap();
        let names: Vec<_> =
            fields.iter().map(|field| (field.name.as_str(), field.standard, field.order)).collect();
        assert_eq!(
            names,
            [
                ("customFields.plan", false, 0),
                ("lastName", true, 1),
                ("customFields.tills", false, 2),
                ("email", true, 2)
            ]
        );
        let options: Vec<_> = fields.iter().map(|field| field.options.clone()).collect();
        assert_eq!(options, [vec!["Big", "Small"], vec![], vec!["1", "2"], vec![]]);
        let plan = fields.first().unwrap();
        assert_eq!((plan.required, plan.creatable, plan.updateable), (true, true, false));
        assert_eq!(fields.last().map(|field| (field.label.as_str(), field.required)), Some(("email", false)));
    }
}
