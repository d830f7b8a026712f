//! Reads the bodies that make and change a record: their shape by a plain scan, then their types. Errors say nothing of the
//! bytes.
//!
//! Apart because these bytes come from outside: each name stands once, and a value is a text, a number, true or false.

use serde_json::{Number, Value};

use crate::intake::body::check_shape;
use crate::intake::record::RecordValue;
use crate::problem::ApiReason;

/// One value of a body.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    Bool(bool),
    Number(Number),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRecord {
    #[serde(deserialize_with = "lead_model::pairs::deserialize")]
    values: Vec<(String, Given)>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangedRecord {
    #[serde(deserialize_with = "lead_model::pairs::deserialize")]
    changes: Vec<(String, Option<Given>)>,
    #[serde(default, deserialize_with = "lead_model::pairs::deserialize")]
    expected: Vec<(String, Option<Given>)>,
}

/// A change of a record.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Wanted {
    /// What becomes of which partner field; null erases.
    pub(super) changes: Vec<(String, Value)>,
    /// What these fields hold as far as the person knows.
    pub(super) expected: Vec<(String, Value)>,
}

/// The values of a new record, by partner field.
pub(super) fn read_values(bytes: &[u8], depth_max: usize) -> Result<Vec<(String, RecordValue)>, ApiReason> {
    check_shape(bytes, depth_max)?;
    let body: NewRecord = serde_json::from_slice(bytes).map_err(|_| ApiReason::UnreadableBody)?;
    let values = body.values.into_iter().map(|(name, value)| {
        let value = match value {
            Given::Text(text) => RecordValue::Text(text),
            Given::Bool(value) => RecordValue::Bool(value),
            Given::Number(number) => RecordValue::Number(number),
        };
        (name, value)
    });
    let values: Vec<_> = values.collect();
    let has_nul = |(name, value): &(String, RecordValue)| {
        name.contains('\0') || matches!(value, RecordValue::Text(text) if text.contains('\0'))
    };
    if values.iter().any(has_nul) { Err(ApiReason::UnreadableBody) } else { Ok(values) }
}

/// The change that a person wants.
pub(super) fn read_changes(bytes: &[u8], depth_max: usize) -> Result<Wanted, ApiReason> {
    check_shape(bytes, depth_max)?;
    let body: ChangedRecord = serde_json::from_slice(bytes).map_err(|_| ApiReason::UnreadableBody)?;
    let (changes, expected) = (values_of(body.changes)?, values_of(body.expected)?);
    Ok(Wanted { changes, expected })
}

fn values_of(given: Vec<(String, Option<Given>)>) -> Result<Vec<(String, Value)>, ApiReason> {
    let values = given.into_iter().map(|(name, value)| {
        let value = match value {
            None => Value::Null,
            Some(Given::Text(text)) => Value::String(text),
            Some(Given::Bool(value)) => Value::Bool(value),
            Some(Given::Number(number)) => Value::Number(number),
        };
        (name, value)
    });
    let values: Vec<_> = values.collect();
    let has_nul = |(name, value): &(String, Value)| {
        name.contains('\0') || value.as_str().is_some_and(|text| text.contains('\0'))
    };
    if values.iter().any(has_nul) { Err(ApiReason::UnreadableBody) } else { Ok(values) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn change_tells_null_from_absent() {
        let read = read_changes(br#"{"changes":{"a":null,"b":"x","c":1.5,"d":false}}"#, 4).unwrap();
        assert_eq!(read.expected, Vec::new());
        let object = |pairs: Vec<(String, Value)>| Value::Object(pairs.into_iter().collect());
        assert_eq!(object(read.changes), json!({ "a": null, "b": "x", "c": 1.5, "d": false }));
        let read = read_changes(br#"{"changes":{},"expected":{"a":null,"b":"x"}}"#, 4).unwrap();
        assert_eq!((read.changes.len(), object(read.expected)), (0, json!({ "a": null, "b": "x" })));
    }

    #[test]
    fn what_is_not_one_record_is_unreadable() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"values":{}} x"#,
            r#"{"values":{},"more":1}"#,
            r#"{"values":{},"values":{}}"#,
            r#"{"values":{"a":"x","a":"y"}}"#,
            r#"{"values":{"a":{}}}"#,
            r#"{"values":{"a":[]}}"#,
            r#"{"values":{"a":null}}"#,
            r#"{"values":{"a":1e400}}"#,
            r#"{"values":{"a":"\ud800"}}"#,
            r#"{"values":{"a":"\u0000"}}"#,
            r#"{"values":{"a\u0000":"x"}}"#,
            r#"{"values":{},"expected":{"a":[]}}"#,
            r#"{"values":{},"expected":{"a":"x","a":"y"}}"#,
            r#"{"values":{},"expected":{"a":"\u0000"}}"#,
            r#"{"values":{},"expected":7}"#,
            r#"{"changes":{"a":"x"}}"#,
            &"[".repeat(10_000),
        ] {
            assert_eq!(read_values(body.as_bytes(), 4).err(), Some(ApiReason::UnreadableBody), "{body}");
            // The same of a change, in which null is a value.
            let body = body.replace("changes", "CHANGES").replace("values", "changes");
            let expected = (!body.contains("null}")).then_some(ApiReason::UnreadableBody);
            assert_eq!(read_changes(body.as_bytes(), 4).err(), expected, "{body}");
        }
    }
}
