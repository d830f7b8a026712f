//! Finds words of failure in the JSON of an answer whose status says success.
//!
//! Apart because it is a guess: where a partner promises no body, a body that speaks of failure proves nothing either
//! way, so it is doubt. A kind word, an id or anything else stays a success.

use serde_json::{Map, Value};

/// How many objects deep the guess looks below the outermost; lists do not count, JSON's own reader bounds them.
const LEVELS: u32 = 2;

/// Parts of a text that speak of failure, in small letters.
const WORDS: [&str; 11] = [
    "error",
    "exception",
    "fail",
    "invalid",
    "not valid",
    "rejected",
    "denied",
    "refused",
    "forbidden",
    "expired",
    "unauthori",
];

/// Phrases that hold such a word and say the opposite.
const KIND_PHRASES: [&str; 6] =
    ["no error", "without error", "0 error", "no exception", "without fail", "no fail"];

/// Whether this JSON speaks of a failure.
pub(super) fn speaks_of_failure(value: &Value) -> bool {
    value_fails(value, LEVELS)
}

fn value_fails(value: &Value, levels: u32) -> bool {
    match value {
        Value::Null | Value::Number(_) => false,
        Value::Bool(yes) => !yes,
        Value::String(text) => text_fails(text),
        Value::Array(items) => items.iter().any(|item| value_fails(item, levels)),
        Value::Object(members) => object_fails(members, levels),
    }
}

fn object_fails(members: &Map<String, Value>, levels: u32) -> bool {
    members.iter().any(|(key, value)| {
        let key: String = key.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        member_fails(&key, value) || levels.checked_sub(1).is_some_and(|levels| holds_failure(value, levels))
    })
}

/// Whether the objects in a member's value speak of a failure. Its own texts and booleans may be about anything.
fn holds_failure(value: &Value, levels: u32) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| holds_failure(item, levels)),
        Value::Object(members) => object_fails(members, levels),
        _ => false,
    }
}

/// Whether a member says so by its own name. The name comes in small letters and without marks.
fn member_fails(key: &str, value: &Value) -> bool {
    match key {
        "success" | "succeeded" | "successful" | "issuccess" | "issuccessful" | "ok" => is_no(value),
        "status" | "result" | "outcome" => {
            value == &Value::Bool(false)
                || number_of(value).is_some_and(|number| number >= 400.0)
                || value.as_str().is_some_and(text_fails)
        }
        "code" | "statuscode" => number_of(value).is_some_and(|number| number >= 400.0),
        "message" | "messages" | "messagedetail" | "msg" | "detail" | "details" | "title" | "reason" => {
            text_in_fails(value)
        }
        "modelstate" | "haserror" | "haserrors" | "iserror" | "failed" => is_filled(value),
        _ => (key.starts_with("error") || key.starts_with("exception")) && is_filled(value),
    }
}

fn text_in_fails(value: &Value) -> bool {
    match value {
        Value::String(text) => text_fails(text),
        Value::Array(items) => items.iter().any(text_in_fails),
        _ => false,
    }
}

fn text_fails(text: &str) -> bool {
    let mut text = text.trim().to_lowercase();
    for phrase in KIND_PHRASES {
        text = text.replace(phrase, "");
    }
    text == "false" || WORDS.iter().any(|word| text.contains(word))
}

/// False or nought, also as a text.
fn is_no(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => !yes,
        Value::String(text) => text.trim().eq_ignore_ascii_case("false") || text.trim() == "0",
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    }
}

/// Whether there is an error to speak of: nought of them is none.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) if text.trim().is_empty() => false,
        Value::Bool(_) | Value::String(_) | Value::Number(_) => !is_no(value),
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
