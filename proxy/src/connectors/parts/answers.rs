//! The table of a partner's answers: status, the partner's name for the error, the class, and what an operator does.
//!
//! Apart as data, so that the code that classifies, the docs and the fixtures are held against one list. What stands in
//! no row is doubt, never a guess.

use std::time::Duration;

use crate::connectors::parts::answer::{Answer, RetryAfter};
use crate::connectors::parts::operation::{FactSource, OperationKind};
use crate::connectors::parts::outcome::{Outcome, Why};

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// The status.
    pub status: u16,
    /// The partner's name for the error, in its spelling; none for every answer of this status that no other row names.
    pub name: Option<&'static str>,
    /// The operations it is for; empty for all.
    pub operations: &'static [OperationKind],
    /// How it is read.
    pub class: AnswerClass,
    /// Who says so.
    pub source: FactSource,
    /// What it means and what an operator does about it.
    pub advice: &'static str,
}

impl AnswerRow {
    /// A row for every operation without a name.
    pub const fn new(status: u16, class: AnswerClass, source: FactSource, advice: &'static str) -> Self {
        Self { status, name: None, operations: &[], class, source, advice }
    }

    /// The same with the partner's name for the error.
    pub const fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The same for these operations only.
    pub const fn only(self, operations: &'static [OperationKind]) -> Self {
        Self { operations, ..self }
    }

    fn is_for(&self, kind: OperationKind) -> bool {
        self.operations.is_empty() || self.operations.contains(&kind)
    }
}

/// How an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerClass {
    /// Done, where the body fits.
    Success,
    /// Not now.
    Throttled,
    /// Not now where a `Retry-After` says when, else doubt: without one it may be a gateway's word.
    ThrottledIfTold,
    /// Refused as it is.
    Rejected,
    /// The credential is not known: a token is renewed once, then the account is paused.
    Credential,
    /// Every lead of this account would fare alike: it is paused, and its leads wait for the operator.
    Account,
    /// Nobody knows.
    InDoubt,
}

impl AnswerClass {
    /// The class of the attempt, for the docs.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Success => "`delivered`",
            Self::Throttled => "`throttled`",
            Self::ThrottledIfTold => "`throttled` with Retry-After, else `in_doubt`",
            Self::Rejected => "`rejected`",
            Self::Credential => "`credential`, after one new token where there are tokens",
            Self::Account => "`credential`",
            Self::InDoubt => "`in_doubt`",
        }
    }
}

/// The row of an answer: that of the name where there is one, else that of the bare status.
pub fn find_row<'a>(
    rows: &'a [AnswerRow],
    kind: OperationKind,
    status: u16,
    name: Option<&str>,
) -> Option<&'a AnswerRow> {
    let fitting = || rows.iter().filter(|row| row.status == status && row.is_for(kind));
    let specific = |row: &&AnswerRow| !row.operations.is_empty();
    let named = name.and_then(|name| fitting().find(|row| row.name == Some(name)));
    named
        .or_else(|| fitting().filter(specific).find(|row| row.name.is_none()))
        .or_else(|| fitting().find(|row| row.name.is_none()))
}

/// The outcome of an answer by its row. A success is given to `read_success`; `fields` are the partner fields that a
/// refusal names; `quota_wait` is for a partner that says "too much" and not for how long.
pub fn outcome_of(
    row: Option<&'static AnswerRow>,
    answer: &Answer,
    quota_wait: Option<Duration>,
    fields: impl FnOnce() -> Vec<String>,
    read_success: impl FnOnce() -> Outcome,
) -> Outcome {
    let Some(row) = row else { return Outcome::InDoubt { why: Why::Status(answer.status) } };
    let why = why_of(row);
    let told = answer.retry_after();
    match row.class {
        AnswerClass::Success => read_success(),
        AnswerClass::Throttled => {
            Outcome::Throttled { retry_after: told.or(quota_wait.map(RetryAfter::Wait)), why }
        }
        AnswerClass::ThrottledIfTold if told.is_some() => Outcome::Throttled { retry_after: told, why },
        AnswerClass::Rejected => Outcome::Rejected { fields: fields(), why },
        AnswerClass::Credential => Outcome::Credential { can_renew: true, why },
        AnswerClass::Account => Outcome::Credential { can_renew: false, why },
        AnswerClass::ThrottledIfTold | AnswerClass::InDoubt => Outcome::InDoubt { why },
    }
}

/// The code of a row: its status, with the partner's name where it has one.
pub fn why_of(row: &'static AnswerRow) -> Why {
    match row.name {
        Some(name) => Why::Named { status: row.status, name },
        None => Why::Status(row.status),
    }
}

/// Reads a success of a partner that promises no body: an empty one is as good as any JSON. A page, noise or a word of
/// failure in JSON is somebody else speaking (a log-in, a gateway) and proves nothing.
pub fn read_lenient_success(answer: &Answer, reference: impl FnOnce() -> Option<String>) -> Outcome {
    let why = if answer.is_empty() {
        None
    } else if answer.is_html() {
        Some(Why::HtmlBody)
    } else if answer.json().is_none() {
        Some(Why::UnreadableBody)
    } else {
        answer.speaks_of_error().then_some(Why::ErrorInBody)
    };
    match why {
        None => Outcome::Delivered { reference: reference() },
        Some(why) => Outcome::InDoubt { why },
    }
}
