//! How Algbra's answers are read: by their status, and a success by the prospect in it.
//!
//! Apart because no page prints the body of an error: what is read of it is a guess, kept in one place.

use std::collections::BTreeSet;

use crate::connectors::algbra::payload::FIELDS;
use crate::connectors::algbra::reading;
use crate::connectors::{
    Answer, AnswerClass, AnswerRow, FactSource, OperationKind, Outcome, Reading, Why, find_row, outcome_of,
};

/// The table.
pub(super) const ROWS: &[AnswerRow] = &[
    AnswerRow::new(
        200,
        AnswerClass::Success,
        FactSource::Document,
        "Done, where the body holds a prospect with its id, or a list of such; anything else is `in_doubt`.",
    ),
    AnswerRow::new(
        400,
        AnswerClass::Rejected,
        FactSource::Elsewhere,
        "Input validation error. A visitor who still waits hears which fields, where the body names any.",
    ),
    AnswerRow::new(
        401,
        AnswerClass::Credential,
        FactSource::Elsewhere,
        "Unauthorized. Look at this machine's clock first (the signed date must be right), then at the API token, then \
         whether Algbra has the public half of the private key, then at the settings signature_*.",
    ),
    AnswerRow::new(
        403,
        AnswerClass::Account,
        FactSource::Elsewhere,
        "Forbidden: ask Algbra whether this machine's address is on its list and the token may do this, then restart.",
    ),
    AnswerRow::new(
        404,
        AnswerClass::Rejected,
        FactSource::Ours,
        "No prospect by this id or reference; after a doubt it says that the lead is not there yet.",
    )
    .only(&[OperationKind::Get, OperationKind::GetByReference, OperationKind::Update]),
    AnswerRow::new(
        404,
        AnswerClass::Account,
        FactSource::Ours,
        "Nothing at this address: check base_url, then restart.",
    )
    .only(&[OperationKind::Create, OperationKind::List]),
    AnswerRow::new(429, AnswerClass::Throttled, FactSource::Ours, "Nothing to do: sent again later."),
    // With a word on when to come back it is the server's own refusal; without one it may be a gateway's.
    AnswerRow::new(
        503,
        AnswerClass::ThrottledIfTold,
        FactSource::Ours,
        "With Retry-After nothing to do; without, the prospect is asked for first.",
    ),
];

/// Words of prose, too: an error says them of anything.
const COMMON_WORDS: [&str; 1] = ["type"];

pub(super) fn outcome(kind: OperationKind, answer: &Answer) -> Outcome {
    let row = find_row(ROWS, kind, answer.status, None);
    outcome_of(row, answer, None, || named_fields(answer), || read_success(kind, answer))
}

/// A success proves itself by what it was asked for.
fn read_success(kind: OperationKind, answer: &Answer) -> Outcome {
    if answer.is_html() {
        return Outcome::InDoubt { why: Why::HtmlBody };
    }
    if answer.speaks_of_error() {
        return Outcome::InDoubt { why: Why::ErrorInBody };
    }
    match reading::read(kind, answer) {
        Some(Reading::Record(record)) => Outcome::Delivered { reference: Some(record.id) },
        Some(Reading::Page(_)) => Outcome::Delivered { reference: None },
        Some(Reading::Schema(_)) | None => Outcome::InDoubt { why: Why::UnreadableBody },
    }
}

/// The fields that a refusal names, in the document's order: by their own names, members of the address also by the
/// last part of theirs, or all of them where only `address` is named.
fn named_fields(answer: &Answer) -> Vec<String> {
    let parts = FIELDS.iter().flat_map(|field| field.name.split('.'));
    let parts: BTreeSet<&str> = parts.filter(|part| !COMMON_WORDS.contains(part)).collect();
    let named = answer.names_in_note(parts.into_iter());
    let is_named = |part: &str| named.iter().any(|name| name == part);
    let members = || FIELDS.iter().filter_map(|field| field.name.split_once('.'));
    let whole_address = is_named("address") && !members().any(|(_, member)| is_named(member));
    let fields = FIELDS.iter().filter(|field| match field.name.split_once('.') {
        Some((_, member)) => is_named(member) || (whole_address && !COMMON_WORDS.contains(&member)),
        None => is_named(&field.name),
    });
    fields.map(|field| field.name.clone()).collect()
}
