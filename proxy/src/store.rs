//! What every store promises: nothing is said to be kept before it is synced, and only the newest lease may write.
//!
//! Apart from its drivers, so that intake and delivery know promises and not SQL.

mod schemas;
mod sealed;
pub mod sqlite;
mod tokens;

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use lead_model::{NormalValues, Problem, ReceiptAnswer, Source, SubmissionState};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{DeliveryId, IdempotencyKey, Receipt};

pub use schemas::{SchemaStore, StoredSchema};
pub use sealed::SealedLead;
pub use sqlite::SqliteStore;
pub use tokens::{TokenLease, TokenRow, TokenSetback, TokenState, TokenStore};

/// The section `[store]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The database file. Its folder must exist; beside it lie `-wal`, `-shm` and `.lock`.
    pub path: PathBuf,
}

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

/// A checked submission on its way into the store.
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
    /// Our own sign that two submissions hold the same.
    pub fingerprint: [u8; 32],
    /// Where it came from, as the browser tells.
    pub source: Source,
    /// The checked values.
    pub values: NormalValues,
    /// What they are for.
    pub purpose: Purpose,
}

/// What became of an accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Stored and synced, with a delivery that is due now.
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

/// A worker's right to a delivery. A later lease has a higher number, and a write with an older one does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence(pub i64);

/// A leased delivery with everything that an attempt needs.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The right to it.
    pub fence: Fence,
    /// The account that gets the lead.
    pub account: String,
    /// The form's id.
    pub form: String,
    /// The receipt, which the partner gets as the lead's id on every attempt.
    pub receipt: Receipt,
    /// The checked values.
    pub values: NormalValues,
    /// What they are for.
    pub purpose: Purpose,
    /// Attempts before this lease.
    pub attempts: u32,
    /// Those of them that ended in doubt.
    pub doubts: u32,
    /// When the submission was stored.
    pub received_at: Timestamp,
}

/// A delivery whose worker is gone, leased anew.
#[derive(Clone, Debug)]
pub struct Abandoned {
    /// The delivery, under its new lease.
    pub claimed: Claimed,
    /// The number of the attempt that was left `sending`; none where no byte can have left.
    pub sending: Option<u32>,
}

/// Which deliveries a worker takes.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The accounts that have room, and for how many deliveries.
    pub accounts: Vec<(String, u32)>,
    /// Most deliveries over all accounts.
    pub limit: u32,
    /// What time it is.
    pub now: Timestamp,
    /// When the lease ends.
    pub lease_until: Timestamp,
}

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
    /// Whether the account is paused with it.
    pub pauses_account: bool,
}

/// Where a delivery stands between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Waits for its next attempt.
    Waiting {
        /// When that is due.
        due_at: Timestamp,
    },
    /// The partner has the lead.
    Delivered,
    /// In doubt, for a person to decide.
    Held,
    /// Given up, kept for a person.
    DeadLetter,
}

/// What is told of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryView {
    /// Where it stands: `waiting`, `leased`, `delivered`, `held`, `dead_letter` or `replaced`.
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
    /// Where it stands: `waiting`, `leased`, `held` or `dead_letter`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// The code of why the last one ended so.
    pub reason: Option<String>,
    /// When the submission was stored.
    pub received_at: Timestamp,
    /// When the next attempt is due, for one that waits.
    pub due_at: Timestamp,
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
    /// SHA-256 over the body as it was before the credential was put in, in hexadecimal.
    pub request_digest: String,
}

/// Keeps submissions, deliveries and attempts; and tokens and schemas, as a [`TokenStore`] and a [`SchemaStore`].
#[async_trait]
pub trait Store: TokenStore + SchemaStore + Send + Sync + 'static {
    /// Writes submission and delivery in one transaction; answers after the sync.
    async fn accept(&self, submission: NewSubmission) -> Result<Accepted, StoreError>;

    /// Tells how far the submission of a receipt has come.
    async fn receipt(&self, receipt: &Receipt) -> Result<Option<ReceiptAnswer>, StoreError>;

    /// The partner's own id for the lead of a receipt, where it gave one.
    async fn reference(&self, receipt: &Receipt) -> Result<Option<String>, StoreError>;

    /// Tells whether the store can be written to now.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Leases due deliveries of accounts that have room and are not paused, the longest due first.
    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError>;

    /// When the next delivery of these accounts is due; none where none waits.
    async fn next_due(&self, accounts: &[String]) -> Result<Option<Timestamp>, StoreError>;

    /// Writes the attempt as `sending`; only when this has answered may a byte leave. Its number, or none where the
    /// lease was lost.
    async fn begin_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        request_digest: String,
    ) -> Result<Option<u32>, StoreError>;

    /// Writes how an attempt ended. False, and nothing written, where the lease was lost.
    async fn finish_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        attempt: u32,
        ending: Ending,
    ) -> Result<bool, StoreError>;

    /// Ends a lease without an attempt. False, and nothing written, where the lease was lost.
    async fn release(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        standing: Standing,
        reason: &str,
    ) -> Result<bool, StoreError>;

    /// Leases anew what dead workers have left: of processes before this one, and expired leases but for those in
    /// `running`.
    async fn recover(
        &self,
        running: &[DeliveryId],
        lease_until: Timestamp,
    ) -> Result<Vec<Abandoned>, StoreError>;

    /// Lifts the pause of every account; how many were paused.
    async fn resume_accounts(&self) -> Result<u64, StoreError>;

    /// Lifts the pause of one account; whether it was paused.
    async fn resume_account(&self, account: &str) -> Result<bool, StoreError>;

    /// The accounts that are paused.
    async fn paused_accounts(&self) -> Result<Vec<String>, StoreError>;

    /// What is told of a delivery.
    async fn delivery(&self, delivery: DeliveryId) -> Result<Option<DeliveryView>, StoreError>;

    /// A delivery's attempts, first to last.
    async fn attempts(&self, delivery: DeliveryId) -> Result<Vec<AttemptView>, StoreError>;

    /// Takes nothing more, writes what it has taken, and closes.
    async fn close(&self);
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store can't be opened as it is; the operator must act.
    #[error("{0}")]
    Refused(Refusal),
    /// Another writer is in the way for too long.
    #[error("the store is busy")]
    Busy(#[source] sqlx::Error),
    /// The commit failed: whether the change is kept is not known, so ask again with the same key.
    #[error("the store could not commit")]
    NotCommitted,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// A stored row can't be read.
    #[error("a stored row can't be read: {0}")]
    Corrupt(&'static str),
    /// The database reported an error.
    #[error("the database reported an error")]
    Database(#[source] sqlx::Error),
}

/// Why a store is not opened: what was found and what to do, in one line.
#[derive(Debug)]
pub struct Refusal {
    /// What was found.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.found, self.remedy)
    }
}
