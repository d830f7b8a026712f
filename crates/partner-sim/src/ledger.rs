//! What a simulator received: the evidence on which tests assert and which its page shows.
//!
//! Apart because it is the one thing that leaves this crate as data. It never holds a credential: what is recorded has
//! passed `redact.rs`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Everything that arrived at one partner, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Every request to one of the partner's operations, whatever became of it.
    pub requests: Vec<Request>,
    /// Every lead the partner took, once for each ID.
    pub leads: Vec<LeadEntry>,
}

impl Ledger {
    /// Finds the lead with this ID.
    pub fn lead(&self, id: &str) -> Option<&LeadEntry> {
        self.leads.iter().find(|lead| lead.id == id)
    }

    /// Finds the request with this number.
    pub fn request(&self, number: u64) -> Option<&Request> {
        let place = self.requests.binary_search_by_key(&number, |request| request.number).ok()?;
        self.requests.get(place)
    }

    /// Lists the requests that carried this ID, oldest first.
    pub fn requests_for<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Request> {
        self.requests.iter().filter(move |request| request.id.as_deref() == Some(id))
    }
}

/// One request as it arrived, and how it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Counts from 1 over the simulator's life; clearing the ledger does not start it again.
    pub number: u64,
    /// When the whole request had been read: RFC 3339, UTC, milliseconds.
    pub received_at: String,
    /// The partner's name for what was asked, such as `insert`, `list` or `token`; empty where it is none of them.
    pub operation: String,
    /// The HTTP method as sent.
    pub method: String,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// What followed the `?`, as sent but for credentials.
    pub query: Option<String>,
    /// The headers but those of the transport, by name in small letters; credentials and signatures read `***`.
    pub headers: BTreeMap<String, String>,
    /// The `Content-Type` header as sent.
    pub content_type: Option<String>,
    /// What the credential was worth.
    pub credential: KeyCheck,
    /// The body byte for byte, but for credentials, which read `***`; bytes that are not UTF-8 read `�`.
    pub body: String,
    /// Our ID for the lead, where the body had one.
    pub id: Option<String>,
    /// The fault that this request met.
    pub fault: Option<crate::Fault>,
    /// For [`crate::Fault::Documented`] which of the partner's errors it was; for a token which
    /// [`crate::oauth::TokenFault`] it met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The status answered; `None` while there is no answer, and for ever when the connection was cut.
    pub status: Option<u16>,
    /// What is wrong with the request by the partner's document, fault or not. Names fields, repeats no values.
    pub problems: Vec<String>,
    /// Whether the partner made or changed a lead by it.
    pub lead: bool,
}

/// One lead that a partner took: with a success, or in a fault that takes it and then breaks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeadEntry {
    /// Our ID for the lead.
    pub id: String,
    /// Where the partner put it, if it has several places (`beta/leads`); the same ID in two of them is two leads.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// How many requests to make it the partner took; changes of it do not count. Whether the real one then has one lead or several is not
    /// documented, so more than 1 is a finding.
    pub times_asked: u64,
    /// The fields of the first of them, in the order sent, without the credential, as changed since.
    pub fields: Map<String, Value>,
    /// The `number` of the first of them.
    pub first_request: u64,
}

/// What the credential of a request was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyCheck {
    /// The one the simulator knows.
    Valid,
    /// None was sent, or none could be read.
    Missing,
    /// Another one.
    Wrong,
    /// One that was good once.
    Expired,
}

impl KeyCheck {
    /// Names it as the ledger's JSON does.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<&str> for KeyCheck {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
