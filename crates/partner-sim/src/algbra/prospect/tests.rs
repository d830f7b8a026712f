//! The tables, row by row.

use super::*;

/// Reads one body; `problem` is what is said of `name`.
fn check(body: Body, name: &str, value: &Value, problem: Option<&str>) {
    let mut text = json!({ "email": "ada@example.com" });
    text[name] = value.clone();
    let text = text.to_string();
    let found = read_body(&Object::parse(&text).unwrap(), body).err().unwrap_or_default();
    let expected: Vec<_> = problem.iter().map(|problem| (name.to_owned(), (*problem).to_owned())).collect();
    assert_eq!(found, expected, "{text}");
}

fn check_both(name: &str, value: Value, problem: Option<&str>) {
    check(Body::Create, name, &value, problem);
    check(Body::Update, name, &value, problem);
}

#[test]
fn text_is_a_string_or_null() {
    for name in ["firstName", "middleName", "lastName", "identificationNumber"] {
        check_both(name, json!("Zoë"), None);
        check_both(name, json!(""), None);
        check_both(name, Value::Null, None);
        check_both(name, json!(7), Some("expected a string or null"));
        check_both(name, json!(["x"]), Some("expected a string or null"));
    }
}

#[test]
fn email_is_required_on_create_and_never_erased() {
    check_both("email", Value::Null, Some("expected text: a prospect always has an e-mail"));
    check_both("email", json!(" "), Some("expected a string that is not blank"));
    check_both("email", json!(1), Some("expected a string that is not blank"));
    let none = Object::parse("{}").unwrap();
    assert_eq!(read_body(&none, Body::Create), Err(vec![("email".to_owned(), "is required".to_owned())]));
    assert_eq!(read_body(&none, Body::Update), Ok(Map::new()));
}

#[test]
fn references_are_uuids_and_belong_to_create_alone() {
    for name in [REFERENCE, "externalAccountReference"] {
        check(Body::Create, name, &json!("0B2c0000-0000-4000-8000-00000000000f"), None);
        check(Body::Create, name, &Value::Null, None);
        for wrong in [json!("b2"), json!(""), json!("0b2c0000-0000-4000-8000-00000000000g"), json!(1)] {
            check(Body::Create, name, &wrong, Some("expected a uuid or null"));
        }
        check(Body::Update, name, &Value::Null, Some("is not a field of this operation"));
    }
}

#[test]
fn date_of_birth_is_a_day_that_there_was() {
    check_both("dateOfBirth", json!("2000-02-29"), None);
    check_both("dateOfBirth", Value::Null, None);
    for wrong in ["1900-02-29", "2000-13-01", "31.12.1990", "19901231", "1990-12-31T00:00:00", "1990-1-1", ""]
    {
        check_both("dateOfBirth", json!(wrong), Some("expected a date such as 1990-12-31, or null"));
    }
}

#[test]
fn phone_number_has_digits_and_at_most_a_plus_before_them() {
    for right in ["+440000000000", "0440000000", "1"] {
        check_both("phoneNumber", json!(right), None);
    }
    check_both("phoneNumber", Value::Null, None);
    for wrong in ["+44 0000", "+44-0000", "(0)44", "++44", "44+", "+", "", "+44x", "+44٠"] {
        let problem = "expected digits with at most a + before them, no space or other character, or null";
        check_both("phoneNumber", json!(wrong), Some(problem));
    }
}

#[test]
fn address_is_structured_or_null() {
    let whole = json!({ "type": "STRUCTURED", "line1": "1 Test Street", "line2": null, "line3": "", "postcode": "ZZ1 1ZZ",
        "country": "GBR" });
    check_both("address", whole, None);
    check_both("address", Value::Null, None);
    check_both("address", json!("1 Test Street"), Some("expected an object or null"));
    let kind = "expected a type, and STRUCTURED is the only one known";
    check_both("address", json!({}), Some(kind));
    check_both("address", json!({ "type": "FREE" }), Some(kind));
    let unknown = "expected no member but type, line1, line2, line3, postcode, country";
    check_both("address", json!({ "type": "STRUCTURED", "city": "x" }), Some(unknown));
    let line = "expected each line to be a string or null";
    check_both("address", json!({ "type": "STRUCTURED", "line1": 1 }), Some(line));
    for wrong in ["GB", "gbr", "UNITED KINGDOM"] {
        let country = "expected a country of three letters such as GBR";
        check_both("address", json!({ "type": "STRUCTURED", "country": wrong }), Some(country));
    }
}

#[test]
fn unknown_and_repeated_members_are_refused() {
    for name in ["id", "createDate", "phone", "firstname", "externalId"] {
        check_both(name, json!("x"), Some("is not a field of this operation"));
    }
    let twice = Object::parse(r#"{"firstName":"Ada","firstName":null}"#).unwrap();
    let problem = ("firstName".to_owned(), "is given twice".to_owned());
    assert_eq!(read_body(&twice, Body::Update), Err(vec![problem]));
}

#[test]
fn every_problem_is_told_at_once() {
    let body = Object::parse(r#"{"firstName":1,"phoneNumber":"x","unknown":1}"#).unwrap();
    let names: Vec<_> =
        read_body(&body, Body::Create).unwrap_err().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["firstName", "phoneNumber", "unknown", "email"]);
}

fn members(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[test]
fn answer_has_the_members_of_the_table_and_leaves_out_an_optional_null() {
    let prospect = Prospect::new(7, "now".to_owned(), members(json!({ "email": "a@example.com" })));
    let shown = json!({ "id": "a1000000-0000-4000-8000-000000000007", "externalReference": null, "firstName": null,
        "middleName": null, "lastName": null, "email": "a@example.com", "dateOfBirth": null, "phoneNumber": null,
        "createDate": "now" });
    assert_eq!(prospect.to_json(), shown);
}

#[test]
fn update_leaves_what_is_absent_and_erases_what_is_null() {
    let address = json!({ "type": "STRUCTURED", "line1": "1 Test Street" });
    let body = json!({ "email": "a@example.com", "firstName": "Ada", "middleName": "M", "address": address });
    let mut prospect = Prospect::new(1, "now".to_owned(), members(body));
    let address_id = json!("ad000000-0000-4000-8000-000000000001");
    assert_eq!(prospect.to_json()["address"]["id"], address_id);
    prospect.update(members(json!({ "middleName": null, "lastName": "L" })));
    let shown = prospect.to_json();
    assert_eq!(
        [&shown["firstName"], &shown["middleName"], &shown["lastName"]],
        [&json!("Ada"), &Value::Null, &json!("L")]
    );
    assert_eq!(shown["address"]["line1"], "1 Test Street");
    prospect.update(members(json!({ "address": null })));
    assert_eq!(prospect.to_json().get("address"), None);
}

#[test]
fn keyword_is_sought_in_names_and_email_whatever_its_case() {
    let body = json!({ "email": "a.l@example.com", "firstName": "Zoë", "lastName": "Lovelace", "phoneNumber": "123" });
    let prospect = Prospect::new(1, "now".to_owned(), members(body));
    for (keyword, found) in [
        ("ZOË", true),
        ("ë lOVE", true),
        ("A.L@", true),
        ("", true),
        ("123", false),
        ("x", true),
        ("q", false),
    ] {
        assert_eq!(prospect.mentions(keyword), found, "{keyword}");
    }
}
