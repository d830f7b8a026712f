//! What is stored of a submission, and what becomes of an accept.
//!
//! Apart from deliveries: nothing here changes once it is written, but for being erased.

use std::time::Duration;

use lead_model::{Problem, SubmissionState};
use serde::{Deserialize, Serialize};

use crate::ids::{DeliveryId, IdempotencyKey, Receipt};
use crate::store::SealedLead;

/// What a submission is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Purpose {
    /// A new lead: the values are a form's, and the account's mapping says them in the partner's words.
    #[default]
    Lead,
    /// To complete a record that the partner has.
    Completion {
        /// Our reference of the record, as the partner has it.
        reference: String,
    },
    /// A new record by a person in the panel: the values are in the partner's words already.
    Record,
}

/// A checked submission on its way into the store, sealed already.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    /// Made for it just now.
    pub receipt: Receipt,
    /// The form's id.
    pub form: String,
    /// The form's version that the values were checked against.
    pub form_version: u32,
    /// Language in which the visitor saw the form.
    pub locale: String,
    /// The account that gets the lead.
    pub account: String,
    /// The caller's word that two sends are one.
    pub idempotency_key: IdempotencyKey,
    /// Our own keyed sign that two submissions hold the same.
    pub fingerprint: [u8; 32],
    /// Our own keyed sign that two submissions are of one person; none where the form asks for nothing that tells.
    pub person: Option<[u8; 32]>,
    /// What becomes of a second submission of one person.
    pub duplicates: DuplicateRule,
    /// Why it is kept back from the beginning, until an operator says so: a code, no words of a visitor.
    pub quarantine: Option<String>,
    /// Values, source and purpose.
    pub lead: SealedLead,
}

#[cfg(test)]
impl NewSubmission {
    /// One for tests that care for its key alone. The key is made long enough.
    pub(crate) fn sample(key: &str) -> Self {
        Self {
            receipt: Receipt::new(),
            form: "callback".to_owned(),
            form_version: 1,
            locale: "en".to_owned(),
            account: "takepayments".to_owned(),
            idempotency_key: IdempotencyKey::parse(&format!("{key:-<16}")).unwrap(),
            fingerprint: [0; 32],
            person: None,
            duplicates: DuplicateRule::default(),
            quarantine: None,
            lead: SealedLead { key_id: "first".to_owned(), data_key: vec![1], sealed: vec![2] },
        }
    }
}

/// What becomes of a second submission of one person to one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DuplicateRule {
    /// How long after the first one a second counts as a duplicate; nothing is one within no time.
    pub window: Duration,
    /// Whether it is kept beside the first and not sent; else it is sent, with a flag.
    pub merge: bool,
}

/// What became of an accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Stored and synced, with a delivery that is due now, or that is merged with an earlier one, or held in quarantine.
    New(DeliveryId),
    /// The same submission was stored before.
    Known {
        /// The receipt it got then.
        receipt: Receipt,
        /// How far it has come.
        state: SubmissionState,
    },
    /// The same submission was stored before, and the partner refused these fields. Nothing is stored now: answer as
    /// to [`crate::delivery::FirstOutcome::Rejected`]. (The same key with corrected values is [`Accepted::New`].)
    Refused {
        /// What the partner refused, by form field.
        fields: Vec<Problem>,
    },
    /// The key belongs to a submission with other values.
    KeyReused,
}
