//! What a simulator does wrong on purpose: names and meanings, the same for every partner.
//!
//! Apart from `answer.rs`, which acts them out, so that this file is the list a person reads.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long [`Fault::Slow`] waits before it answers.
pub(crate) const SLOW_ANSWER: Duration = Duration::from_secs(10);
/// What [`Fault::RateLimited`] says in `Retry-After`, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: &str = "2";
/// Where [`Fault::Huge`] ends if the client has not hung up before.
pub(crate) const HUGE_BODY_BYTES: u64 = 8 * 1024 * 1024;

/// One thing that a partner can do wrong.
///
/// Those that take the lead first ([`Fault::takes_lead`]) meet only requests that the partner would have taken; every
/// other request is answered as ever and does not use the fault up. The rest meet every request to one of the partner's
/// operations, right or wrong; but never one by a wrong method, and never one for a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing: the partner answers as its document says.
    #[default]
    None,
    /// Takes nothing, answers 400 with a note.
    BadRequest,
    /// Takes nothing, answers 401, as if the credential had been withdrawn.
    Unauthorized,
    /// Takes nothing, answers 429 with `Retry-After: 2`.
    RateLimited,
    /// Takes nothing, answers 500. A client cannot know that nothing was taken.
    ServerError,
    /// Takes nothing, answers 503 without a word on when to come back.
    Unavailable,
    /// Takes the lead at once, answers 200 after 10 seconds.
    Slow,
    /// Takes nothing and never answers; the connection stays open.
    Silence,
    /// Reads the request, takes nothing, cuts the connection (TCP RST).
    Reset,
    /// Takes the lead, then cuts the connection (TCP RST) without an answer.
    AcceptsThenResets,
    /// Takes the lead, sends a 200 with half of the announced body, ends the connection.
    HalfAnswer,
    /// Takes the lead, answers 200 with noise that calls itself JSON.
    Garbage,
    /// Takes nothing, answers 299 with HTML: a status that nobody knows.
    GarbageStatus,
    /// Takes the lead, answers 200 with a body that goes on until the client hangs up, or 8 MiB.
    Huge,
    /// Takes nothing, answers 200 with a log-in page, as a misled gateway does.
    #[serde(rename = "html_200")]
    Html200,
    /// Takes nothing, answers one of the errors in the partner's own document; [`FaultSetting::answer`] says which.
    Documented,
}

impl Fault {
    /// Every fault that all partners have, `None` first; [`Fault::Documented`] is not among them.
    pub const ALL: [Self; 15] = [
        Self::None,
        Self::BadRequest,
        Self::Unauthorized,
        Self::RateLimited,
        Self::ServerError,
        Self::Unavailable,
        Self::Slow,
        Self::Silence,
        Self::Reset,
        Self::AcceptsThenResets,
        Self::HalfAnswer,
        Self::Garbage,
        Self::GarbageStatus,
        Self::Huge,
        Self::Html200,
    ];

    /// Names it as JSON and the page's switch do.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Says in a line what the partner then does.
    pub fn description(self) -> &'static str {
        self.row().1
    }

    /// Tells whether the partner takes the lead before it breaks.
    pub fn takes_lead(self) -> bool {
        matches!(self, Self::Slow | Self::AcceptsThenResets | Self::HalfAnswer | Self::Garbage | Self::Huge)
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("none", "Answers as its document says"),
            Self::BadRequest => ("bad_request", "400 with a note"),
            Self::Unauthorized => ("unauthorized", "401, as if the credential were withdrawn"),
            Self::RateLimited => ("rate_limited", "429 with Retry-After: 2"),
            Self::ServerError => ("server_error", "500"),
            Self::Unavailable => ("unavailable", "503"),
            Self::Slow => ("slow", "200 after 10 seconds"),
            Self::Silence => ("silence", "Never answers"),
            Self::Reset => ("reset", "Cuts the connection"),
            Self::AcceptsThenResets => ("accepts_then_resets", "Cuts the connection afterwards"),
            Self::HalfAnswer => ("half_answer", "Ends in the middle of a 200"),
            Self::Garbage => ("garbage", "200 with noise for a body"),
            Self::GarbageStatus => ("garbage_status", "299 with HTML"),
            Self::Huge => ("huge", "200 with an endless body"),
            Self::Html200 => ("html_200", "200 with a log-in page"),
            Self::Documented => ("documented", "An error of the partner's own document"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Tells that no fault has this name; lists those that there are.
#[derive(Debug)]
pub struct UnknownFault(String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        write!(f, "no fault is called {:?}; there are: {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        Self::ALL.into_iter().find(|fault| fault.name() == name).ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

/// Which fault is set, and for how many requests more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultSetting {
    /// The fault.
    pub fault: Fault,
    /// For [`Fault::Documented`] the name of the error: `403 ApiQuotaException`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Which of the partner's operations it meets, by the ledger's name; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// How many requests it still meets; `None` for all until it is changed.
    #[serde(default)]
    pub times: Option<u32>,
}

impl FaultSetting {
    /// One of the faults that all partners have.
    pub fn new(fault: Fault, times: Option<u32>) -> Self {
        Self { fault, times, ..Self::default() }
    }

    /// One of the errors of a partner's own document, by its name.
    pub fn documented(name: impl Into<String>, times: Option<u32>) -> Self {
        Self { fault: Fault::Documented, answer: Some(name.into()), times, ..Self::default() }
    }

    /// Meets this operation only, and leaves every other alone.
    #[must_use]
    pub fn only(self, operation: impl Into<String>) -> Self {
        Self { operation: Some(operation.into()), ..self }
    }

    /// Uses the fault for one request, if it meets it; after the last time it turns to [`Fault::None`].
    pub(crate) fn meet(&mut self, operation: &str, would_be_taken: bool) -> (Fault, Option<String>) {
        let elsewhere = self.operation.as_deref().is_some_and(|only| only != operation);
        if elsewhere || (self.fault.takes_lead() && !would_be_taken) {
            return (Fault::None, None);
        }
        let met = (self.fault, self.answer.clone());
        match &mut self.times {
            Some(0 | 1) => *self = Self::default(),
            Some(left) => *left -= 1,
            None => {}
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_one_name_in_rust_json_and_text() {
        for fault in Fault::ALL.into_iter().chain([Fault::Documented]) {
            assert_eq!(serde_json::json!(fault), serde_json::json!(fault.name()));
            assert_eq!(
                fault.name().parse::<Fault>().ok(),
                Some(fault).filter(|fault| *fault != Fault::Documented)
            );
        }
    }

    #[test]
    fn fault_set_for_two_requests_is_gone_at_the_third() {
        let mut setting = FaultSetting::new(Fault::ServerError, Some(2));
        assert_eq!(
            [true; 3].map(|taken| setting.meet("insert", taken).0),
            [Fault::ServerError, Fault::ServerError, Fault::None]
        );
    }

    #[test]
    fn fault_that_takes_the_lead_waits_for_a_request_that_would_be_taken() {
        let mut setting = FaultSetting::new(Fault::HalfAnswer, Some(1));
        assert_eq!(
            [false, true, true].map(|taken| setting.meet("insert", taken).0),
            [Fault::None, Fault::HalfAnswer, Fault::None]
        );
    }

    #[test]
    fn fault_for_one_operation_waits_for_it() {
        let mut setting = FaultSetting::new(Fault::ServerError, Some(1)).only("create");
        assert_eq!(
            ["list", "create", "create"].map(|operation| setting.meet(operation, true).0),
            [Fault::None, Fault::ServerError, Fault::None]
        );
    }
}
