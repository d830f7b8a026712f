//! What a store tells an operator: states, counts, codes and operators' own words, nothing of a visitor.
//!
//! Apart from what is promised, because these are shown.

use lead_model::Problem;

use crate::clock::Timestamp;
use crate::ids::DeliveryId;
use crate::store::{AttemptView, DeliveryState};

/// A delivery as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverySummary {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The submission's receipt, which is also the lead's id at the partner.
    pub receipt: String,
    /// The form's id.
    pub form: String,
    /// The account that gets the lead.
    pub account: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it stands there: a code. Of one that waits for its account `account_` and why.
    pub reason: Option<String>,
    /// Attempts so far.
    pub attempts: u32,
    /// Raised before each attempt, so that who settles it can say which one he has seen.
    pub version: i64,
    /// When the submission was stored.
    pub received_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// When the next attempt is due, for one that waits.
    pub due_at: Timestamp,
    /// The partner's own id for the lead.
    pub reference: Option<String>,
    /// The receipt of an earlier submission of the same person.
    pub duplicate_of: Option<String>,
}

/// Everything that is told of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryDetail {
    /// As a list has it.
    pub summary: DeliverySummary,
    /// The form's version that the values were checked against.
    pub form_version: u32,
    /// When the content was erased.
    pub erased_at: Option<Timestamp>,
    /// What the partner refused, by form field.
    pub fields: Vec<Problem>,
    /// Its attempts, first to last.
    pub attempts: Vec<AttemptRecord>,
    /// What operators did, first to last.
    pub audit: Vec<AuditEntry>,
}

/// One attempt, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// What is kept of it.
    pub view: AttemptView,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What an operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    /// Said that the partner has the lead.
    Delivered,
    /// Sent it again.
    SendAgain,
    /// Gave it up.
    Drop,
    /// Stopped an account.
    StopAccount,
    /// Opened an account's gate.
    ResumeAccount,
    /// Read what is kept of a submission.
    Export,
    /// Erased what is kept of a submission.
    Erase,
    /// Looked at a field of a partner's record that is masked.
    Reveal,
}

impl AuditAction {
    const ALL: [Self; 8] = [
        Self::Delivered,
        Self::SendAgain,
        Self::Drop,
        Self::StopAccount,
        Self::ResumeAccount,
        Self::Export,
        Self::Erase,
        Self::Reveal,
    ];

    /// The stable name, as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::SendAgain => "send_again",
            Self::Drop => "drop",
            Self::StopAccount => "stop_account",
            Self::ResumeAccount => "resume_account",
            Self::Export => "export",
            Self::Erase => "erase",
            Self::Reveal => "reveal",
        }
    }

    /// Reads the stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// A row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Counts upwards.
    pub id: i64,
    /// When, by the store's clock.
    pub at: Timestamp,
    /// Who.
    pub operator: String,
    /// What.
    pub action: AuditAction,
    /// The account it was done to or for.
    pub account: Option<String>,
    /// The submission it was done to.
    pub receipt: Option<String>,
    /// Where the delivery stood, or what had closed the account's gate.
    pub was: Option<String>,
    /// The partner's id that the operator has given.
    pub reference: Option<String>,
    /// The replay in bulk that it was part of.
    pub batch: Option<String>,
    /// Why, in the operator's words.
    pub why: String,
}

/// How many deliveries of an account stand so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCount {
    /// The account.
    pub account: String,
    /// Where they stand.
    pub state: DeliveryState,
    /// How many.
    pub count: u64,
    /// How many of them are in quarantine.
    pub quarantined: u64,
}
