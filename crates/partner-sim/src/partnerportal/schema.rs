//! The schema of a lead: a plausible one to start from, and what it asks of `customFields`.
//!
//! The document tells the shape of `unifiedFields` and nothing of what is in it: labels, types and custom fields here
//! are made up. A test may put any value in its place, so everything is read with patience.

use serde_json::{Map, Value, json};

use super::fields::{CUSTOM_FIELDS, Problem, Purpose};

/// The one object that there is a schema of.
pub(super) const OBJECT: &str = "lead";

/// Makes the `data.schema` that each company has at first: the standard fields that can be written, and three custom
/// ones, none required.
pub(super) fn standard() -> Value {
    let standard = [
        ("firstName", "First name", "string", "input", true),
        ("lastName", "Last name", "string", "input", true),
        ("email", "E-mail", "email", "input", false),
        ("phone", "Phone", "phone", "input", false),
        ("companyName", "Company", "string", "input", false),
        ("websiteUrl", "Website", "url", "input", false),
        ("value", "Deal value", "number", "input", false),
        ("closeDate", "Expected close", "date", "datePicker", false),
        ("notes", "Notes", "string", "textarea", false),
    ];
    let custom = [
        ("cf_employees", "Number of employees", "number", "input", true, true),
        ("cf_interest", "Interested in", "string", "input", true, true),
        ("cf_score", "Score", "number", "input", false, true),
    ];
    let standard_fields = standard.map(|(id, label, kind, display, required)| {
        field((id, label, kind, display), required, true, (true, true))
    });
    let custom_fields = custom.map(|(id, label, kind, display, creatable, updateable)| {
        field((id, label, kind, display), false, false, (creatable, updateable))
    });
    let fields: Vec<Value> =
        standard_fields.into_iter().chain(custom_fields).enumerate().map(ordered).collect();
    json!({
        "unifiedFields": fields,
        "standardFields": {},
        "customFields": {},
        "type": "object",
        "object": OBJECT,
    })
}

fn field(
    (id, label, kind, display): (&str, &str, &str, &str),
    required: bool,
    is_standard: bool,
    (creatable, updateable): (bool, bool),
) -> Value {
    json!({
        "displayType": display,
        "isStandardField": is_standard,
        "flags": { "updateable": updateable, "creatable": creatable },
        "label": label,
        "type": kind,
        "required": required,
        "order": 0,
        "fieldId": id,
    })
}

fn ordered((order, mut field): (usize, Value)) -> Value {
    if let Some(place) = field.get_mut("order") {
        *place = json!(order);
    }
    field
}

/// Finds custom fields that the schema does not have, does not let be written, or misses on a create.
pub(super) fn find_problems(given: Option<&Value>, purpose: Purpose, schema: &Value) -> Vec<Problem> {
    let none = Map::new();
    let given = given.and_then(Value::as_object).unwrap_or(&none);
    let (flag, refused) = match purpose {
        Purpose::Create => ("creatable", "cannot be set when a lead is created"),
        Purpose::Update => ("updateable", "cannot be changed"),
    };
    let problem = |id: &str, message: &str| Problem::new(&format!("{CUSTOM_FIELDS}.{id}"), message);
    let mut problems = Vec::new();
    for (id, value) in given {
        match custom_fields(schema).find(|field| id_of(field) == Some(id)) {
            None => problems.push(problem(id, "is not a custom field of this company")),
            Some(field) if !flagged(field, flag) => problems.push(problem(id, refused)),
            Some(field) if is_required(field) && is_blank(value) => {
                problems.push(problem(id, "is required, but blank"));
            }
            Some(_) => {}
        }
    }
    if purpose == Purpose::Create {
        let wanted = custom_fields(schema).filter(|field| is_required(field) && flagged(field, flag));
        let missing = wanted.filter_map(id_of).filter(|id| !given.contains_key(*id));
        problems.extend(missing.map(|id| problem(id, "is required")));
    }
    problems
}

fn custom_fields(schema: &Value) -> impl Iterator<Item = &Value> {
    let fields = schema.get("unifiedFields").and_then(Value::as_array).into_iter().flatten();
    fields.filter(|field| field.get("isStandardField") == Some(&Value::Bool(false)))
}

fn id_of(field: &Value) -> Option<&str> {
    field.get("fieldId")?.as_str()
}

fn is_required(field: &Value) -> bool {
    field.get("required") == Some(&Value::Bool(true))
}

fn flagged(field: &Value, flag: &str) -> bool {
    field.get("flags").and_then(|flags| flags.get(flag)) == Some(&Value::Bool(true))
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: Value, purpose: Purpose, expected: &[(&str, &str)]) {
        let mut schema = standard();
        schema["unifiedFields"][9]["required"] = json!(true);
        let problems = find_problems(Some(&given), purpose, &schema);
        let expected: Vec<_> =
            expected.iter().map(|(field, message)| Problem::new(field, *message)).collect();
        assert_eq!(problems, expected, "{given}");
    }

    #[test]
    fn custom_fields_are_those_of_the_schema_with_its_flags() {
        check(json!({ "cf_employees": 5, "cf_interest": "x" }), Purpose::Create, &[]);
        check(json!({}), Purpose::Update, &[]);
        check(json!({}), Purpose::Create, &[("customFields.cf_employees", "is required")]);
        check(
            json!({ "cf_employees": " ", "cf_other": 1, "cf_score": 1, "email": "x" }),
            Purpose::Create,
            &[
                ("customFields.cf_employees", "is required, but blank"),
                ("customFields.cf_other", "is not a custom field of this company"),
                ("customFields.cf_score", "cannot be set when a lead is created"),
                ("customFields.email", "is not a custom field of this company"),
            ],
        );
        check(json!({ "cf_score": 1 }), Purpose::Update, &[]);
    }

    #[test]
    fn any_value_in_place_of_the_schema_is_read_as_one_without_custom_fields() {
        for schema in
            [json!(null), json!([]), json!({ "unifiedFields": {} }), json!({ "unifiedFields": [1, null] })]
        {
            assert_eq!(find_problems(None, Purpose::Create, &schema), []);
        }
    }
}
