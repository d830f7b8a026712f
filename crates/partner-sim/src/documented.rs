//! The errors that a partner's own document lists, each by its name: faults of that partner alone.
//!
//! Apart from `fault.rs`, whose faults every partner has.

use std::fmt;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};

use crate::answer::Answer;
use crate::arrival::Arrival;

/// One error as a partner's document has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Documented {
    /// The status and the document's own word for it: `403 ApiQuotaException`.
    pub name: &'static str,
    /// The status.
    pub status: u16,
    /// Headers; in a value `{host}` and `{path}` stand for those of the request.
    pub headers: &'static [(&'static str, &'static str)],
    /// The body, sent as JSON; empty where the document has none.
    pub body: &'static str,
}

impl Documented {
    /// An error without headers of its own.
    pub(crate) const fn new(name: &'static str, status: u16, body: &'static str) -> Self {
        Self { name, status, headers: &[], body }
    }

    /// Answers it to a request.
    pub(crate) fn answer(&self, arrival: &Arrival) -> Answer {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = Answer { body: self.body.into(), ..status.into() };
        if !self.body.is_empty() {
            answer = answer.with(CONTENT_TYPE, "application/json");
        }
        for (name, value) in self.headers {
            let value = value.replace("{host}", &arrival.host()).replace("{path}", &arrival.path);
            if let Ok(value) = HeaderValue::try_from(value) {
                answer.headers.push((HeaderName::from_static(name), value));
            }
        }
        answer
    }
}

/// Tells that a partner's document lists no error by this name; lists those that it does.
#[derive(Debug)]
pub struct UnknownAnswer {
    asked: String,
    known: &'static [Documented],
}

impl UnknownAnswer {
    /// Finds the error of this name.
    pub(crate) fn or_find(known: &'static [Documented], name: &str) -> Result<&'static Documented, Self> {
        let found = known.iter().find(|documented| documented.name == name);
        found.ok_or_else(|| Self { asked: name.to_owned(), known })
    }
}

impl fmt::Display for UnknownAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.known.iter().map(|documented| documented.name).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        write!(f, "this partner documents no answer called {:?}; there are: {names}", self.asked)
    }
}

impl std::error::Error for UnknownAnswer {}
