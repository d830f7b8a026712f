//! How the partner's answers are read. No document names a status or an error, so every row is our own cautious reading.
//!
//! Apart because a success must prove itself by its data, and a refusal may name fields of ours and nothing else.

use serde_json::Value;

use crate::connectors::{
    Answer, AnswerClass, AnswerRow, FactSource, OperationKind, Outcome, Reading, Why, find_row, outcome_of,
};

use super::payload;
use super::reading;
use super::update;

const fn row(status: u16, class: AnswerClass, advice: &'static str) -> AnswerRow {
    AnswerRow::new(status, class, FactSource::Ours, advice)
}

const REFUSED: &str = "The lead is refused as it is: look at what the partner names, at `platform`, and whether the portal requires \
    custom fields, which the schema shows.";
const DOUBT: &str = "Nobody knows whether the lead was taken: see a lead in doubt.";

/// The table of answers.
pub(super) const ANSWERS: &[AnswerRow] = &[
    row(
        200,
        AnswerClass::Success,
        "Done, where the data can be read: a lead with its id, a list of such, or a schema. Anything else is `in_doubt`. \
         The number `status` in the body is not the HTTP status and is not looked at.",
    ),
    row(201, AnswerClass::Success, "The same."),
    row(400, AnswerClass::Rejected, REFUSED),
    row(
        401,
        AnswerClass::Credential,
        "The access token is not taken, a new one neither: look at the Client ID, the Client Secret and `audience`.",
    ),
    row(
        403,
        AnswerClass::Account,
        "The API key may not do this: look at `company_id` and at what the portal allows the key.",
    ),
    row(
        404,
        AnswerClass::Account,
        "There is nothing at this address: look at `base_url`, the paths and `company_id`.",
    ),
    row(404, AnswerClass::Rejected, "The partner has no lead of this id.")
        .only(&[OperationKind::Get, OperationKind::Update]),
    row(
        405,
        AnswerClass::Account,
        "The address is not that of this operation: look at `base_url` and the paths.",
    ),
    row(
        409,
        AnswerClass::Rejected,
        "The partner says that the lead stands against what it has: look for it there.",
    ),
    row(422, AnswerClass::Rejected, REFUSED),
    row(429, AnswerClass::Throttled, "Nothing to do: sent again later."),
    row(500, AnswerClass::InDoubt, DOUBT),
    row(502, AnswerClass::InDoubt, DOUBT),
    // With a word on when to come back it is the server's own refusal; without one it may be a gateway's.
    row(503, AnswerClass::ThrottledIfTold, "With Retry-After nothing to do; without, see a lead in doubt."),
    row(504, AnswerClass::InDoubt, DOUBT),
];

/// Reads a complete answer.
pub(super) fn outcome(kind: OperationKind, answer: &Answer) -> Outcome {
    let row = find_row(ANSWERS, kind, answer.status, None);
    outcome_of(row, answer, None, || refused_fields(kind, answer), || read_success(kind, answer))
}

/// A success shows the data that the operation promises; the rest of its body must not speak of an error.
fn read_success(kind: OperationKind, answer: &Answer) -> Outcome {
    if answer.is_html() {
        return Outcome::InDoubt { why: Why::HtmlBody };
    }
    let Some(body) = answer.json() else { return Outcome::InDoubt { why: Why::UnreadableBody } };
    if speaks_of_error(&body) {
        return Outcome::InDoubt { why: Why::ErrorInBody };
    }
    match reading::read(kind, &body) {
        Some(Reading::Record(record)) => Outcome::Delivered { reference: Some(record.id) },
        Some(Reading::Page(_) | Reading::Schema(_)) => Outcome::Delivered { reference: None },
        None => Outcome::InDoubt { why: Why::UnreadableBody },
    }
}

/// Whether the envelope speaks of an error beside its three documented members: `data` may hold any words of a lead's,
/// and the meaning of the number `status` is in no document.
fn speaks_of_error(body: &Value) -> bool {
    let Value::Object(members) = body else { return false };
    let rest = members.iter().filter(|(name, _)| !["data", "context", "status"].contains(&name.as_str()));
    let rest: Value = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
    let body = rest.to_string().into_bytes();
    Answer { status: 200, headers: http::HeaderMap::new(), body }.speaks_of_error()
}

/// The fields of ours that a refusal names, in the document's order: by `errors[].field`, else by the words of its text.
fn refused_fields(kind: OperationKind, answer: &Answer) -> Vec<String> {
    let fields = if kind == OperationKind::Update { &update::FIELDS } else { &payload::FIELDS };
    let names = || fields.iter().map(|field| field.name.as_str());
    let body = answer.json();
    let errors = body.as_ref().and_then(|body| body.get("errors")).and_then(Value::as_array);
    let told: Vec<&str> =
        errors.into_iter().flatten().filter_map(|error| error.get("field")?.as_str()).collect();
    if told.is_empty() {
        // In a sentence, `value` is a word like any other.
        return answer.names_in_note(names().filter(|name| *name != "value"));
    }
    names().filter(|name| told.contains(name)).map(str::to_owned).collect()
}
