//! What a store tells of what it keeps: states, counts and codes, nothing of a visitor.
//!
//! Apart from what is written, because these may be shown.

use lead_model::Problem;

use crate::clock::Timestamp;

/// What is told of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryView {
    /// Where it stands: `waiting`, `leased`, `delivered`, `held`, `dead_letter`, `replaced`, `merged` or `dropped`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// The code of why the last one ended so.
    pub reason: Option<String>,
    /// What the partner refused, by form field.
    pub fields: Vec<Problem>,
    /// When the next attempt is due.
    pub due_at: Timestamp,
}

/// A delivery that has not reached its partner, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDelivery {
    /// The submission's receipt, which is also the lead's id at the partner.
    pub receipt: String,
    /// The form's id.
    pub form: String,
    /// The account that gets the lead.
    pub account: String,
    /// Where it stands: `waiting`, `leased`, `held`, `dead_letter` or `merged`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// The code of why the last one ended so.
    pub reason: Option<String>,
    /// When the submission was stored.
    pub received_at: Timestamp,
    /// When the next attempt is due, for one that waits.
    pub due_at: Timestamp,
    /// The receipt of an earlier submission of the same person.
    pub duplicate_of: Option<String>,
}

/// One attempt as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptView {
    /// Counts from 1 within its delivery.
    pub number: u32,
    /// `sending`, or a class.
    pub state: String,
    /// The code of why it ended so.
    pub why: Option<String>,
    /// The partner's status, where it answered.
    pub status: Option<u16>,
    /// A keyed hash over the body as it was before the credential was put in, in hexadecimal.
    pub request_digest: String,
}
