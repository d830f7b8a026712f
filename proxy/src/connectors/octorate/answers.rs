//! How Octorate's answers are read: every name of its glossary, told apart by what an operator must do.
//!
//! Apart because two statuses mean nothing without the name beside them. The names are spelt as the document prints
//! them (`Exemption`, `Enviroment`), and where an answer has none, its status alone says little.

use std::time::Duration;

use serde_json::Value;

use crate::connectors::octorate::payload::FIELDS;
use crate::connectors::octorate::settings::is_test;
use crate::connectors::{
    AccountSettings, Answer, AnswerClass, AnswerRow, FactSource, OperationKind, Outcome, RetryAfter, Why,
    find_row, outcome_of,
};

/// How long to wait for a new quota, or for the test environment: integrators speak of 100 calls in five minutes.
pub(super) const QUOTA_WAIT: Duration = Duration::from_mins(5);
/// The one name that comes without a body.
const NOT_FOUND: &str = "NotFound";
/// Longest text that is taken for an id. The length is ours.
const REFERENCE_BYTES_MAX: usize = 200;

const fn glossary(status: u16, name: &'static str, class: AnswerClass, advice: &'static str) -> AnswerRow {
    AnswerRow::new(status, class, FactSource::Document, advice).named(name)
}

pub(super) const ANSWERS: &[AnswerRow] = &[
    AnswerRow::new(200, AnswerClass::Success, FactSource::Elsewhere, TAKEN),
    AnswerRow::new(201, AnswerClass::Success, FactSource::Ours, TAKEN),
    glossary(
        400,
        "Bad Request",
        AnswerClass::Rejected,
        "Octorate can't read the request: check sign_up_path and what base_url leads to.",
    ),
    glossary(
        400,
        "ApiParamsExemption",
        AnswerClass::Rejected,
        "A value is missing or not acceptable. A visitor who still waits hears which; else mend the form or the mapping.",
    ),
    glossary(
        400,
        "JsonParseExemption",
        AnswerClass::Rejected,
        "Octorate could not parse the body, which is always JSON: something between here and there changes it.",
    ),
    glossary(
        400,
        "ApiValidationFailed",
        AnswerClass::Rejected,
        "A rule of Octorate's own is broken, such as a step that must come before: do that step there, then send again.",
    ),
    glossary(
        401,
        "ApiKeyMissing",
        AnswerClass::Account,
        "Octorate saw no key or token: check authentication and api_key_header.",
    ),
    glossary(
        401,
        "ApiKeyInvalid",
        AnswerClass::Credential,
        "The key or token is wrong, a new token too: ask Octorate for the right credentials and restart.",
    ),
    glossary(
        403,
        "ApiSecurityException",
        AnswerClass::Account,
        "This needs consent again: open /connect/{account} on the operator listener, and let the owner agree.",
    ),
    glossary(
        403,
        "ApiQuotaException",
        AnswerClass::Throttled,
        "The quota is used up. Nothing to do: sent again after five minutes.",
    ),
    glossary(
        403,
        "WrongEnviroment",
        AnswerClass::Account,
        "Production and test are mixed up: make mode, base_url and the credentials those of one environment.",
    ),
    glossary(
        404,
        NOT_FOUND,
        AnswerClass::Account,
        "There is no such address: check base_url, rest_prefix and sign_up_path. In test mode, whose environment may be \
         away, it is `throttled` and sent again after five minutes.",
    ),
    glossary(
        404,
        "ApiResourceMissing",
        AnswerClass::Account,
        "The resource was moved or deleted, or is misspelt: check rest_prefix and sign_up_path.",
    ),
    glossary(
        404,
        "ApiResourceEmpty",
        AnswerClass::Account,
        "The resource was never filled: fill it at Octorate, then restart, or wait for the next probe.",
    ),
    glossary(405, "MethodNotAllowed", AnswerClass::Account, "The address takes no POST: check sign_up_path."),
    glossary(
        422,
        "ApiResourceMissing",
        AnswerClass::Rejected,
        "The lead makes no sense to Octorate, which does not say why: ask it with the lead's time and name.",
    ),
    glossary(
        500,
        "InternalServerError",
        AnswerClass::InDoubt,
        "Octorate failed. Whether it made the property nobody knows: look there, then decide on the lead in doubt.",
    ),
    glossary(
        550,
        "ApiPartnerServerError",
        AnswerClass::InDoubt,
        "A partner of Octorate's failed. Whether the property was made nobody knows: look there, ask that partner, then \
         Octorate, and decide on the lead in doubt.",
    ),
    AnswerRow::new(
        401,
        AnswerClass::Credential,
        FactSource::Ours,
        "The key or token is not taken, without a word why: check the credentials and restart.",
    ),
    AnswerRow::new(
        429,
        AnswerClass::Throttled,
        FactSource::Ours,
        "Nothing to do: sent again after five minutes.",
    ),
    AnswerRow::new(
        503,
        AnswerClass::ThrottledIfTold,
        FactSource::Ours,
        "With Retry-After nothing to do; without, see a lead in doubt.",
    ),
];

const TAKEN: &str = "Taken, where `codice` holds the property's id; without one it is `in_doubt`.";

/// The outcome of an answer.
pub(super) fn read(kind: OperationKind, answer: &Answer, settings: &AccountSettings) -> Outcome {
    let row = find_row(ANSWERS, kind, answer.status, name_of(answer).as_deref());
    let outcome = outcome_of(row, answer, Some(QUOTA_WAIT), || named_fields(answer), || read_success(answer));
    match outcome {
        // The document: a 404 without details may also be a test environment that is not reachable for some minutes.
        Outcome::Credential { why: why @ Why::Named { name: NOT_FOUND, .. }, .. } if is_test(settings) => {
            let retry_after = answer.retry_after().or(Some(RetryAfter::Wait(QUOTA_WAIT)));
            Outcome::Throttled { retry_after, why }
        }
        outcome => outcome,
    }
}

/// The partner's name for the error.
fn name_of(answer: &Answer) -> Option<String> {
    match answer.json() {
        Some(Value::Object(mut members)) => match members.remove("type") {
            Some(Value::String(name)) => Some(name),
            _ => None,
        },
        // "No json details provided".
        _ => (answer.status == 404).then(|| NOT_FOUND.to_owned()),
    }
}

/// The payload's fields that a refusal names in its details: `$.latitude` is the latitude of the body.
fn named_fields(answer: &Answer) -> Vec<String> {
    let body = answer.json().unwrap_or_default();
    let details = body.get("nested").and_then(Value::as_array).into_iter().flatten();
    let names = details.filter_map(|detail| detail.get("machine_name")?.as_str());
    let names: Vec<&str> = names.map(|name| name.strip_prefix("$.").unwrap_or(name)).collect();
    let fields = FIELDS.iter().map(|field| &field.name);
    fields.filter(|field| names.contains(&field.as_str())).cloned().collect()
}

/// Reads a success, which proves itself by the property's id.
fn read_success(answer: &Answer) -> Outcome {
    let doubt = |why| Outcome::InDoubt { why };
    if answer.is_html() {
        return doubt(Why::HtmlBody);
    }
    let Some(body) = answer.json() else { return doubt(Why::UnreadableBody) };
    if answer.speaks_of_error() {
        return doubt(Why::ErrorInBody);
    }
    let id = match body.get("codice").and_then(|ids| ids.get(0)) {
        Some(Value::String(id)) => Some(id.trim().to_owned()),
        Some(Value::Number(id)) if !id.is_f64() => Some(id.to_string()),
        _ => None,
    };
    match id.filter(|id| (1..=REFERENCE_BYTES_MAX).contains(&id.len())) {
        Some(id) => Outcome::Delivered { reference: Some(id) },
        None => doubt(Why::UnreadableBody),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_beside_another_status_than_its_own_is_no_name() {
        let answer = Answer {
            status: 403,
            headers: http::HeaderMap::new(),
            body: br#"{"type":"ApiKeyInvalid","nested":[]}"#.to_vec(),
        };
        let outcome = read(OperationKind::Create, &answer, &AccountSettings::default());
        assert_eq!(outcome, Outcome::InDoubt { why: Why::Status(403) });
    }

    #[test]
    fn glossary_has_its_sixteen_rows_each_with_advice_of_its_own() {
        let rows: Vec<_> = ANSWERS.iter().filter(|row| row.name.is_some()).collect();
        let advice: std::collections::BTreeSet<_> = rows.iter().map(|row| row.advice).collect();
        assert_eq!((rows.len(), advice.len()), (16, 16));
    }
}
