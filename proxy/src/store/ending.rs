//! How an attempt ends, and where that leaves its delivery and its account.
//!
//! Apart because the three are written as one.

use std::time::Duration;

use lead_model::Problem;

use crate::store::GateChange;

/// The class of an attempt that has ended; `sending` is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptClass {
    /// The partner has the lead.
    Delivered,
    /// No byte of the body left.
    NotSent,
    /// The partner asks for patience.
    Throttled,
    /// Refused for good.
    Rejected,
    /// The credential is not known.
    Credential,
    /// Nobody knows.
    InDoubt,
}

impl AttemptClass {
    /// The stable name, as stored and logged.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::NotSent => "not_sent",
            Self::Throttled => "throttled",
            Self::Rejected => "rejected",
            Self::Credential => "credential",
            Self::InDoubt => "in_doubt",
        }
    }
}

/// How an attempt ended and where that leaves its delivery; written as one.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The class.
    pub class: AttemptClass,
    /// The code of why.
    pub why: String,
    /// The partner's status, where it answered.
    pub status: Option<u16>,
    /// The partner's own id for the lead, where it gave one.
    pub reference: Option<String>,
    /// What the partner refused, by form field.
    pub fields: Vec<Problem>,
    /// Where that leaves the delivery.
    pub standing: Standing,
    /// What it says of the account.
    pub verdict: Verdict,
}

/// Where a delivery stands between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Waits for its next attempt.
    Waiting {
        /// How long, by the store's clock.
        after: Duration,
    },
    /// The partner has the lead.
    Delivered,
    /// In doubt, for a person to decide.
    Held,
    /// Given up, kept for a person.
    DeadLetter,
}

/// What an attempt says of the partner and of our account there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has taken a lead: nothing is wrong with it.
    Good,
    /// It gave a complete and understood answer, so it is there.
    Alive,
    /// It could not be reached, or nobody knows what it did.
    Bad,
    /// It refuses the account.
    Refused,
    /// It asks the account to wait.
    Wait(Duration),
    /// It says that it is away, and perhaps for how long: as good as no answer.
    Away(Option<Duration>),
    /// It says nothing: the cause is ours.
    Neutral,
}

/// What became of an ending that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What it did to the account's gate.
    pub gate: GateChange,
}
