//! What a store promises an operator: to see whatever has not reached its partner, to settle it, and to know who did so.
//!
//! Apart from the delivery of leads, which no operator is needed for. Every change is written together with its audit row, and
//! of two operators who settle the same delivery at once one alone does.

mod filter;
mod note;
pub(in crate::store) mod rows;
mod views;

use async_trait::async_trait;

use crate::ids::Receipt;
use crate::store::StoreError;

pub use filter::{DeliveryFilter, DeliveryQuery, DeliveryState, KnownAccounts, LeadQuery};
pub use note::{AuditNote, AuditWhy, OperatorName, PartnerReference};
pub use views::{AttemptRecord, AuditAction, AuditEntry, DeliveryDetail, DeliverySummary, OpenCount};

/// How an operator settles a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The partner has the lead; the operator has looked.
    Delivered {
        /// The partner's own id for it, where the operator knows it.
        reference: Option<PartnerReference>,
    },
    /// It is sent again at once, under the receipt that it has, as if there had been no doubt.
    SendAgain,
    /// It is not sent any more.
    Drop,
}

impl Resolution {
    /// As it stands in the audit.
    pub fn action(&self) -> AuditAction {
        match self {
            Self::Delivered { .. } => AuditAction::Delivered,
            Self::SendAgain => AuditAction::SendAgain,
            Self::Drop => AuditAction::Drop,
        }
    }
}

/// What became of a wish to settle a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It is done, and in the audit.
    Done,
    /// Nothing is written: the delivery stands where nobody may settle it, or not where the operator saw it.
    Conflict {
        /// Where it stands.
        state: DeliveryState,
        /// Its version now.
        version: i64,
    },
    /// Nothing is written: its content is erased, so that it can't be sent.
    Erased,
    /// There is no such receipt.
    Unknown,
}

/// What a replay in bulk has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The name under which the audit has it.
    pub batch: String,
    /// How many are sent again.
    pub sent_again: u32,
}

/// Most deliveries in one replay.
pub const REPLAY_MAX: u32 = 10_000;
/// Most deliveries, or audit rows, on a page.
pub const PAGE_MAX: u32 = 1_000;

/// Lists, settles, and keeps the audit.
#[async_trait]
pub trait OperatorStore {
    /// The deliveries of a query, the oldest first.
    async fn deliveries(&self, query: DeliveryQuery) -> Result<Vec<DeliverySummary>, StoreError>;

    /// One account's deliveries of a query, the newest first.
    async fn leads(&self, query: LeadQuery) -> Result<Vec<DeliverySummary>, StoreError>;

    /// Everything that is told of a delivery.
    async fn delivery_detail(
        &self,
        receipt: &Receipt,
        accounts: &KnownAccounts,
    ) -> Result<Option<DeliveryDetail>, StoreError>;

    /// Settles a delivery that is held, a dead letter or merged, and, where a version is given, is still the one that the
    /// operator has seen.
    async fn resolve(
        &self,
        receipt: &Receipt,
        resolution: Resolution,
        version: Option<i64>,
        note: AuditNote,
    ) -> Result<Resolved, StoreError>;

    /// Sends those of a query again that are held, dead letters or merged, `query.limit` of them at most, in batches that are
    /// each written as one.
    async fn replay(&self, query: DeliveryQuery, note: AuditNote) -> Result<Replayed, StoreError>;

    /// Closes an account's gate until an operator opens it again. False, and nothing written, where one had done so before.
    async fn stop_account_by(&self, account: &str, note: AuditNote) -> Result<bool, StoreError>;

    /// Opens an account's gate, whatever keeps it shut. False, and nothing written, where it was open.
    async fn resume_account_by(&self, account: &str, note: AuditNote) -> Result<bool, StoreError>;

    /// Writes an audit row alone, for what is done elsewhere.
    async fn note(&self, deed: AuditDeed, note: AuditNote) -> Result<(), StoreError>;

    /// The audit, the newest first; those before a row's id, and those of a receipt or an account.
    async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError>;

    /// How many deliveries have not reached their partner, by account and state.
    async fn open_counts(&self) -> Result<Vec<OpenCount>, StoreError>;
}

/// What is done elsewhere, to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditDeed {
    /// What.
    pub action: AuditAction,
    /// The account it is done for.
    pub account: String,
    /// The submission it is done to, where it is one.
    pub receipt: Option<Receipt>,
    /// The partner's record it is done to, where it is one.
    pub reference: Option<PartnerReference>,
}

/// Which rows of the audit are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Those of this submission.
    pub receipt: Option<Receipt>,
    /// Those of this account.
    pub account: Option<String>,
    /// Those before this row.
    pub before: Option<i64>,
    /// Most rows.
    pub limit: u32,
}
