//! A record's values: found by the schema's dotted names, written as text, put into an order that a person reads.
//!
//! Apart because list, record and draft all read the same record, and none of this needs a browser.

use serde_json::{Map, Value};

use crate::wire::{Field, Record};

/// The value of a dotted name; null where there is none.
pub fn value_of(fields: &Map<String, Value>, name: &str) -> Value {
    let mut parts = name.split('.');
    let mut found = parts.next().and_then(|part| fields.get(part));
    for part in parts {
        found = found.and_then(|value| value.get(part));
    }
    found.cloned().unwrap_or(Value::Null)
}

/// A value as a person reads it; nothing for null. What is nested is written as its parts.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().map(text_of).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
        }
        Value::Object(members) => {
            let texts = members.values().map(text_of).filter(|text| !text.is_empty());
            texts.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The dotted name.
    pub name: String,
    /// What a person reads beside it.
    pub label: String,
    /// The partner's word for what it holds.
    pub kind: String,
    /// Null where there is nothing, or where it is masked.
    pub value: Value,
    /// Whether it is there and not shown.
    pub masked: bool,
}

/// All lines of a record: the schema's fields in their order, then what the partner has beside them.
pub fn lines_of(record: &Record, schema: &[Field]) -> Vec<Line> {
    let is_masked = |name: &str| record.masked.iter().any(|masked| masked == name);
    let mut lines: Vec<Line> = schema
        .iter()
        .map(|field| Line {
            name: field.name.clone(),
            label: field.label.clone(),
            kind: field.kind.clone(),
            value: value_of(&record.fields, &field.name),
            masked: is_masked(&field.name),
        })
        .collect();
    let mut rest = Vec::new();
    flatten("", &record.fields, &mut rest);
    rest.extend(record.masked.iter().map(|name| (name.clone(), Value::Null)));
    for (name, value) in rest {
        let known = |line: &Line| line.name == name || name.starts_with(&[line.name.as_str(), "."].concat());
        if !lines.iter().any(known) {
            let masked = is_masked(&name);
            lines.push(Line { label: label_of(&name), kind: String::new(), value, masked, name });
        }
    }
    lines
}

fn flatten(prefix: &str, members: &Map<String, Value>, into: &mut Vec<(String, Value)>) {
    for (name, value) in members {
        let name = if prefix.is_empty() { name.clone() } else { [prefix, ".", name].concat() };
        match value {
            Value::Object(members) if !members.is_empty() => flatten(&name, members, into),
            value => into.push((name, value.clone())),
        }
    }
}

/// A name in words, for what no schema has a label for: `createdAt` becomes `Created at`.
pub fn label_of(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        // Field names are programmers' words: tables of the world's letters would be kilobytes of the download.
        let parts = matches!(c, '_' | '.' | '-' | ' ');
        if (parts || (c.is_ascii_uppercase() && before.is_ascii_lowercase())) && !label.ends_with(' ') {
            label.push(' ');
        }
        if !parts {
            let first = label.trim().is_empty();
            label.push(if first { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
        }
        before = c;
    }
    label.trim().to_owned()
}

/// The schema in the order in which a person reads it.
pub fn in_order(mut fields: Vec<Field>) -> Vec<Field> {
    // Few enough for the plainest way; the library's sorts are three kilobytes.
    for end in 1..fields.len() {
        let mut at = end;
        while at > 0 && order(&fields, at - 1) > order(&fields, at) {
            fields.swap(at - 1, at);
            at -= 1;
        }
    }
    for field in &mut fields {
        if field.label.trim().is_empty() {
            field.label = label_of(&field.name);
        }
    }
    fields
}

fn order(fields: &[Field], at: usize) -> i64 {
    fields.get(at).map_or(0, |field| field.order)
}

/// What a record is called: its names, else the first column that says something, else its id.
pub fn title_of(record: &Record, columns: &[String]) -> String {
    let part = |wanted: &str| {
        let is_it = |name: &&String| {
            let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
            last == wanted || last.split('_').collect::<String>() == wanted
        };
        let name = columns.iter().find(is_it).or_else(|| record.fields.keys().find(is_it));
        name.map(|name| text_of(&value_of(&record.fields, name))).filter(|text| !text.trim().is_empty())
    };
    let named: Vec<String> = ["firstname", "lastname"].into_iter().filter_map(part).collect();
    if !named.is_empty() {
        return named.join(" ");
    }
    let mut columns = columns.iter().map(|name| text_of(&value_of(&record.fields, name)));
    columns
        .find(|text| !text.trim().is_empty())
        .or_else(|| part("email"))
        .unwrap_or_else(|| record.id.clone())
}

/// The columns of a list: those that the account names, else what tells people apart.
pub fn columns_of(named: &[String], schema: &[Field]) -> Vec<String> {
    if !named.is_empty() {
        return named.to_vec();
    }
    const TELLING: [&str; 6] = ["firstName", "lastName", "companyName", "email", "phoneNumber", "phone"];
    let known = |name: &&str| schema.iter().any(|field| field.name == **name);
    TELLING.into_iter().filter(known).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn record(fields: Value, masked: &[&str]) -> Record {
        let fields = fields.as_object().unwrap().clone();
        let masked = masked.iter().map(|name| (*name).to_owned()).collect();
        Record { id: "r-1".to_owned(), reference: None, fields, masked }
    }

    fn field(name: &str, order: i64) -> Field {
        Field { name: name.to_owned(), order, ..Field::default() }
    }

    #[test]
    fn lines_are_the_schemas_in_order_then_what_the_partner_has_beside_them() {
        let schema = in_order(vec![field("lastName", 2), field("address.line1", 3), field("firstName", 1)]);
        let record = record(
            json!({ "firstName": "Ada", "address": { "line1": "1 Row", "type": "STRUCTURED" }, "createdAt": "2026-01-02" }),
            &["dateOfBirth"],
        );
        let lines = lines_of(&record, &schema);
        let said: Vec<_> =
            lines.iter().map(|line| (line.label.as_str(), text_of(&line.value), line.masked)).collect();
        assert_eq!(
            said,
            [
                ("First name", "Ada".to_owned(), false),
                ("Last name", String::new(), false),
                ("Address line1", "1 Row".to_owned(), false),
                ("Address type", "STRUCTURED".to_owned(), false),
                ("Created at", "2026-01-02".to_owned(), false),
                ("Date of birth", String::new(), true),
            ]
        );
    }

    #[test]
    fn record_is_called_by_its_names_else_by_what_it_has() {
        let columns = ["email".to_owned()];
        assert_eq!(title_of(&record(json!({ "firstName": "Ada", "lastName": "L" }), &[]), &columns), "Ada L");
        assert_eq!(title_of(&record(json!({ "email": "a@b.example" }), &[]), &columns), "a@b.example");
        assert_eq!(title_of(&record(json!({ "lastName": null }), &[]), &columns), "r-1");
    }

    #[test]
    fn values_are_written_as_a_person_reads_them() {
        for (value, text) in [
            (json!(null), ""),
            (json!(1250.5), "1250.5"),
            (json!(true), "true"),
            (json!(["a", null, "b"]), "a, b"),
            (json!({ "a": "x", "b": { "c": "y" } }), "x, y"),
        ] {
            assert_eq!(text_of(&value), text);
        }
    }
}
