//! The sign-up of a property: its fields by the partner's tutorial of 2019, and the properties that there are.
//!
//! The tutorial gives an example and no table: which fields must be there is known of the coordinates alone, and the
//! other types follow from the example.

use serde_json::{Map, Value};

use crate::object::{Object, read};

use super::glossary::Detail;

/// Every field of the example; `true` for those that are numbers, which are also those that are required.
const FIELDS: [(&str, bool); 13] = [
    ("website", false),
    ("zipCode", false),
    ("city", false),
    ("given_name", false),
    ("family_name", false),
    ("name", false),
    ("latitude", true),
    ("longitude", true),
    ("email", false),
    ("phone", false),
    ("address", false),
    ("isoCountry", false),
    ("isoCurrency", false),
];

/// The fields that hold an ISO code, with its length.
const CODES: [(&str, usize); 2] = [("isoCountry", 2), ("isoCurrency", 3)];

/// What makes two sign-ups the same property. The tutorial says only that a property that exists is answered with its id.
const SAME: [&str; 6] = ["name", "address", "zipCode", "city", "latitude", "longitude"];

/// Reads the members of a body; of a name given twice the last one.
pub(super) fn members(object: &Object<'_>) -> Map<String, Value> {
    object.members().filter_map(|(name, raw)| Some((name.to_owned(), read(raw)?))).collect()
}

/// Finds everything that is wrong: first the example's order, then what it does not have.
pub(super) fn find_problems(object: &Object<'_>) -> Vec<Detail> {
    let members = members(object);
    let known = FIELDS.iter().filter_map(|(name, is_number)| {
        let problem = match members.get(*name) {
            None if *is_number => Some(("is required", "RejectRequired")),
            None => None,
            Some(value) => mistype(name, *is_number, value),
        };
        problem.map(|(message, kind)| detail(name, message, kind))
    });
    let mut problems: Vec<_> = known.collect();
    let mut seen = std::collections::HashSet::new();
    for (name, _) in object.members() {
        if !seen.insert(name) {
            problems.push(detail(name, "is given twice", "RejectTwice"));
        } else if !FIELDS.iter().any(|(field, _)| *field == name) {
            problems.push(detail(name, "is not a field of a property", "RejectUnknown"));
        }
    }
    problems
}

fn detail(name: &str, message: &'static str, kind: &'static str) -> Detail {
    Detail { name: name.to_owned(), in_json: true, message, kind }
}

fn mistype(name: &str, is_number: bool, value: &Value) -> Option<(&'static str, &'static str)> {
    const LENGTH: (&str, &str) = ("is not as long as its ISO code", "RejectLenght");
    let code_length = CODES.iter().find(|(code, _)| *code == name).map(|(_, length)| *length);
    let range = if name == "latitude" { 90.0 } else { 180.0 };
    match (is_number, value) {
        (true, Value::Number(number)) => {
            let fits = number.as_f64().is_some_and(|number| number.abs() <= range);
            (!fits).then_some(("is out of range", "RejectRange"))
        }
        (true, _) => Some(("is not a number", "RejectType")),
        (false, Value::String(text)) => {
            let fits = code_length.is_none_or(|length| text.len() == length);
            (!fits).then_some(LENGTH)
        }
        (false, _) => Some(("is not a string", "RejectType")),
    }
}

/// One property: its id, what it was signed up with, and whether in test mode.
struct Property {
    id: String,
    fields: Map<String, Value>,
    test: bool,
}

/// Every property that was signed up.
#[derive(Default)]
pub(super) struct Properties(Vec<Property>);

impl Properties {
    /// Gives the id of the same property, or else the one that the next property will have, with `false`.
    pub(super) fn find_or_next(&self, fields: &Map<String, Value>, test: bool) -> (String, bool) {
        let same = |property: &&Property| {
            property.test == test && SAME.iter().all(|name| property.fields.get(*name) == fields.get(*name))
        };
        match self.0.iter().find(same) {
            Some(property) => (property.id.clone(), true),
            None => ((100_001 + self.0.len()).to_string(), false),
        }
    }

    pub(super) fn add(&mut self, id: String, fields: Map<String, Value>, test: bool) {
        self.0.push(Property { id, fields, test });
    }

    /// Lists the ids of one environment, oldest first.
    pub(super) fn ids(&self, test: bool) -> Vec<String> {
        self.0.iter().filter(|property| property.test == test).map(|property| property.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[&str]) {
        let problems = find_problems(&Object::parse(body).unwrap());
        let words: Vec<_> =
            problems.iter().map(|problem| format!("{}: {}", problem.describe(), problem.kind)).collect();
        assert_eq!(words, expected, "{body}");
    }

    #[test]
    fn coordinates_are_required_numbers_and_the_rest_are_texts() {
        check(r#"{"latitude":43.7,"longitude":-180}"#, &[]);
        check("{}", &["latitude is required: RejectRequired", "longitude is required: RejectRequired"]);
        check(
            r#"{"city":7,"latitude":"43.7","longitude":181}"#,
            &[
                "city is not a string: RejectType",
                "latitude is not a number: RejectType",
                "longitude is out of range: RejectRange",
            ],
        );
    }

    #[test]
    fn codes_have_their_length_and_unknown_or_repeated_fields_are_refused() {
        check(
            r#"{"latitude":0,"longitude":0,"isoCountry":"ITA","isoCurrency":"EUR","Name":"x","city":"a","city":"b"}"#,
            &[
                "isoCountry is not as long as its ISO code: RejectLenght",
                "Name is not a field of a property: RejectUnknown",
                "city is given twice: RejectTwice",
            ],
        );
    }

    #[test]
    fn same_property_keeps_its_id_in_its_environment() {
        let fields = |name: &str| {
            serde_json::json!({ "name": name, "latitude": 1, "email": "e" }).as_object().cloned().unwrap()
        };
        let mut properties = Properties::default();
        let (id, known) = properties.find_or_next(&fields("one"), false);
        assert!(!known);
        properties.add(id.clone(), fields("one"), false);
        let mut again = fields("one");
        again.insert("email".to_owned(), Value::from("another"));
        assert_eq!(properties.find_or_next(&again, false), (id.clone(), true));
        assert_ne!(properties.find_or_next(&fields("two"), false), (id.clone(), true));
        assert!(!properties.find_or_next(&again, true).1, "test mode has properties of its own");
        assert_eq!((properties.ids(false), properties.ids(true)), (vec![id], vec![]));
    }
}
