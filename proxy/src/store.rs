//! What every store promises: nothing is said to be kept before it is synced, and only the newest lease may write.
//!
//! Apart from its drivers, so that intake and delivery know promises and not SQL. Waits are told as durations and the
//! store's own clock adds them, so that several workers on one store keep one time.

mod config;
mod ending;
mod error;
mod gate;
mod history;
mod keys;
mod lease;
pub mod operator;
pub mod postgres;
mod schemas;
mod sealed;
pub mod sqlite;
mod submission;
mod tokens;
mod views;

use std::time::Duration;

use async_trait::async_trait;
use lead_model::ReceiptAnswer;

use crate::ids::{DeliveryId, Receipt};

pub use config::{StoreConfig, StorePlace};
pub use ending::{AttemptClass, Ending, Finished, Standing, Verdict};
pub use error::{Hindrance, Refusal, StoreError};
pub use gate::{Closed, FlowRule, Gate, GateCause, GateChange, GateView};
pub use history::{AttemptHistory, DeliveryHistory, tell_history};
pub use keys::{
    Erased, KeyCount, KeyStore, Retention, Rewrapped, SealedToken, StoredSecret, StoredSubmission,
    WrappedKey, WrappedPage,
};
pub use lease::{Abandoned, AccountRoom, ClaimRequest, Claimed, Fence};
pub use operator::{DeliveryState, OperatorStore};
pub use postgres::{DatabaseUrl, PostgresStore};
pub use schemas::{SchemaStore, StoredSchema};
pub use sealed::SealedLead;
pub use sqlite::SqliteStore;
pub use submission::{Accepted, DuplicateRule, NewSubmission, Purpose};
pub use tokens::{TokenLease, TokenRow, TokenSetback, TokenState, TokenStore};
pub use views::{AttemptView, DeliveryView, OpenDelivery};

/// Keeps submissions, deliveries and attempts; and tokens, schemas and wrapped keys, as a [`TokenStore`], a [`SchemaStore`]
/// and a [`KeyStore`]; and what operators see and do, as an [`OperatorStore`].
#[async_trait]
pub trait Store: TokenStore + SchemaStore + KeyStore + OperatorStore + Send + Sync + 'static {
    /// Writes submission and delivery in one transaction; answers after the sync.
    async fn accept(&self, submission: NewSubmission) -> Result<Accepted, StoreError>;

    /// Tells how far the submission of a receipt has come.
    async fn receipt(&self, receipt: &Receipt) -> Result<Option<ReceiptAnswer>, StoreError>;

    /// The partner's own id for the lead of a receipt, where it gave one.
    async fn reference(&self, receipt: &Receipt) -> Result<Option<String>, StoreError>;

    /// Tells whether the store can be written to now.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Leases due deliveries of accounts that have room and whose gate lets them go, the longest due first.
    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError>;

    /// How long until the next delivery of these accounts is due and may go; none where none waits, or none may.
    async fn next_due(&self, accounts: &[AccountRoom]) -> Result<Option<Duration>, StoreError>;

    /// Writes the attempt as `sending`, and the lease as lasting so long from now; only when this has answered may a
    /// byte leave. Its number, or none where the lease was lost.
    async fn begin_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        request_digest: String,
        lease: Duration,
    ) -> Result<Option<u32>, StoreError>;

    /// Writes how an attempt ended, and what that says of its account. None, and nothing written, where the lease was
    /// lost.
    async fn finish_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        attempt: u32,
        ending: Ending,
        flow: &FlowRule,
    ) -> Result<Option<Finished>, StoreError>;

    /// Ends a lease without an attempt. False, and nothing written, where the lease was lost.
    async fn release(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        standing: Standing,
        reason: &str,
    ) -> Result<bool, StoreError>;

    /// Lets leases last so long from now. Those that were lost.
    async fn renew(
        &self,
        held: &[(DeliveryId, Fence)],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError>;

    /// Leases anew what dead workers have left, so long from now: expired leases but for those in `running`; and, where
    /// the store has one process at a time, those of processes before this one.
    async fn recover(&self, running: &[DeliveryId], lease: Duration) -> Result<Vec<Abandoned>, StoreError>;

    /// The gates that are closed, and those whose partner has asked to wait.
    async fn closed_gates(&self) -> Result<Vec<GateView>, StoreError>;

    /// Closes an account's gate for an operator, until he opens it again. False where he had done so before.
    async fn stop_account(&self, account: &str, reason: &str) -> Result<bool, StoreError>;

    /// Opens the gates that were closed because partners refuse the account or do not answer; how many.
    async fn resume_accounts(&self) -> Result<u64, StoreError>;

    /// Opens an account's gate, whatever keeps it shut, a partner's wait as well; whether it was shut.
    async fn resume_account(&self, account: &str) -> Result<bool, StoreError>;

    /// What is told of a delivery.
    async fn delivery(&self, delivery: DeliveryId) -> Result<Option<DeliveryView>, StoreError>;

    /// A delivery's attempts, first to last.
    async fn attempts(&self, delivery: DeliveryId) -> Result<Vec<AttemptView>, StoreError>;

    /// Takes nothing more, writes what it has taken, and closes.
    async fn close(&self);
}
