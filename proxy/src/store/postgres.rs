//! The store on PostgreSQL: several replicas on one database, leases by its clock, accepts committed in batches.
//!
//! Apart as a driver; the promises it keeps are those of [`Store`], and one contract suite holds every driver to them.

mod accept;
mod attempt;
mod batcher;
mod claim;
mod followers;
mod gates;
mod guard;
mod heartbeat;
pub(super) mod history;
mod insert;
mod keys;
mod open;
mod operator;
pub mod outbox;
mod read;
mod recover;
mod schemas;
mod sessions;
mod time;
mod tokens;
mod url;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lead_model::ReceiptAnswer;
use sqlx::{Postgres, Transaction};

use crate::clock::Clock;
use crate::ids::{DeliveryId, Receipt};
use crate::store::{
    Abandoned, Accepted, AccountRoom, AttemptView, ClaimRequest, Claimed, DeliveryView, Ending, Fence,
    Finished, FlowRule, GateView, NewSubmission, Standing, Store, StoreError,
};
use batcher::Batcher;
use recover::Latest;
use sessions::Sessions;
use time::Time;

pub use url::{DatabaseUrl, UrlFault};

/// Keeps everything in one PostgreSQL database, beside other replicas.
pub struct PostgresStore {
    sessions: Arc<Sessions>,
    batcher: Batcher,
    time: Time,
    /// The caller's clock, in which moments come and go.
    clock: Clock,
    /// Names this opening of the store in its leases, for whoever looks at the rows.
    owner: String,
    latest: Latest,
}

impl PostgresStore {
    /// Opens the database and brings it to this version.
    ///
    /// # Errors
    /// [`StoreError::Refused`] with the remedy: it can't be reached, it is not ours, or it does not keep what it is told
    /// to keep.
    pub async fn open(url: &DatabaseUrl, clock: Clock) -> Result<Self, StoreError> {
        // A clock whose hand is moved by a test is the whole proxy's.
        let time = if clock.is_manual() { Time::Given(clock.clone()) } else { Time::Database };
        Self::open_by(url, clock, time).await
    }

    /// The same by the database's time in any case: `clock` is a replica's, which may be wrong.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub async fn open_by_database_time(url: &DatabaseUrl, clock: Clock) -> Result<Self, StoreError> {
        Self::open_by(url, clock, Time::Database).await
    }

    async fn open_by(url: &DatabaseUrl, clock: Clock, time: Time) -> Result<Self, StoreError> {
        let sessions = open::open(url).await?;
        let batcher = Batcher::start(&sessions, &time);
        let owner = Receipt::new().to_string();
        Ok(Self { sessions, batcher, time, clock, owner, latest: Latest::new() })
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn accept(&self, submission: NewSubmission) -> Result<Accepted, StoreError> {
        self.batcher.accept(submission).await
    }

    async fn receipt(&self, receipt: &Receipt) -> Result<Option<ReceiptAnswer>, StoreError> {
        let receipt = receipt.to_string();
        self.sessions.read_for_visitor(receipt, |conn, receipt| Box::pin(read::receipt(conn, receipt))).await
    }

    async fn reference(&self, receipt: &Receipt) -> Result<Option<String>, StoreError> {
        let receipt = receipt.to_string();
        self.sessions
            .read_for_visitor(receipt, |conn, receipt| Box::pin(read::reference(conn, receipt)))
            .await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let time = self.time.clone();
        self.sessions.write(time, |conn, time| Box::pin(heartbeat::beat(conn, time))).await
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let with = (request, self.owner.clone(), self.time.clone());
        self.sessions
            .write(with, |conn, (request, owner, time)| Box::pin(claim::claim(conn, request, owner, time)))
            .await
    }

    async fn next_due(&self, accounts: &[AccountRoom]) -> Result<Option<Duration>, StoreError> {
        let with = (accounts.to_vec(), self.time.clone());
        self.sessions
            .read(with, |conn, (accounts, time)| Box::pin(read::next_due(conn, accounts, time)))
            .await
    }

    async fn begin_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        request_digest: String,
        lease: Duration,
    ) -> Result<Option<u32>, StoreError> {
        let with = (request_digest, self.time.clone());
        self.sessions
            .write(with, move |conn, (digest, time)| {
                Box::pin(attempt::begin(conn, (delivery, fence), digest, lease, time))
            })
            .await
    }

    async fn finish_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        attempt: u32,
        ending: Ending,
        flow: &FlowRule,
    ) -> Result<Option<Finished>, StoreError> {
        let with = (ending, *flow, self.time.clone());
        self.sessions
            .write(with, move |conn, (ending, flow, time)| {
                Box::pin(attempt::finish(conn, (delivery, fence, attempt), ending, flow, time))
            })
            .await
    }

    async fn release(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        standing: Standing,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let with = (reason.to_owned(), self.time.clone());
        self.sessions
            .write(with, move |conn, (reason, time)| {
                Box::pin(attempt::release(conn, (delivery, fence), standing, reason, time))
            })
            .await
    }

    async fn renew(
        &self,
        held: &[(DeliveryId, Fence)],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let with = (held.to_vec(), self.time.clone());
        self.sessions
            .write(with, move |conn, (held, time)| Box::pin(attempt::renew(conn, held, lease, time)))
            .await
    }

    async fn recover(&self, running: &[DeliveryId], lease: Duration) -> Result<Vec<Abandoned>, StoreError> {
        if let Err(error) = recover::shift_after_step_back(&self.sessions, &self.latest, &self.time).await {
            // It is tried again the next time; what dead workers have left by now need not wait for it.
            let error = &error as &dyn std::error::Error;
            tracing::error!(
                error,
                "the clock may have been set back, and due times could not be set back with it"
            );
        }
        let with = (running.to_vec(), self.owner.clone(), self.time.clone());
        self.sessions
            .write(with, move |conn, (running, owner, time)| {
                Box::pin(recover::recover(conn, running, (owner, lease), time))
            })
            .await
    }

    async fn closed_gates(&self) -> Result<Vec<GateView>, StoreError> {
        let time = self.time.clone();
        self.sessions.read(time, |conn, time| Box::pin(gates::shut(conn, time))).await
    }

    async fn stop_account(&self, account: &str, reason: &str) -> Result<bool, StoreError> {
        let with = (account.to_owned(), reason.to_owned(), self.time.clone());
        self.sessions
            .write(with, |conn, (account, reason, time)| Box::pin(gates::stop(conn, account, reason, time)))
            .await
    }

    async fn resume_accounts(&self) -> Result<u64, StoreError> {
        let time = self.time.clone();
        self.sessions.write(time, |conn, time| Box::pin(gates::resume_all(conn, time))).await
    }

    async fn resume_account(&self, account: &str) -> Result<bool, StoreError> {
        let with = (account.to_owned(), self.time.clone());
        self.sessions.write(with, |conn, (account, time)| Box::pin(gates::resume(conn, account, time))).await
    }

    async fn delivery(&self, delivery: DeliveryId) -> Result<Option<DeliveryView>, StoreError> {
        self.sessions
            .read_for_visitor(delivery, |conn, delivery| Box::pin(read::delivery(conn, *delivery)))
            .await
    }

    async fn attempts(&self, delivery: DeliveryId) -> Result<Vec<AttemptView>, StoreError> {
        self.sessions.read(delivery, |conn, delivery| Box::pin(read::attempts(conn, *delivery))).await
    }

    async fn close(&self) {
        self.batcher.close().await;
        self.sessions.close().await;
    }
}

/// Sorts a database error by who must act.
fn store_error(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        // A lock, a statement's time, a connection: there was none to be had in time.
        Some("55P03" | "57014" | "53300") => StoreError::Busy(error),
        _ => StoreError::Database(error),
    }
}

/// Commits. After a failure nobody knows whether it did: the answer may be what was lost.
async fn commit(transaction: Transaction<'_, Postgres>) -> Result<(), StoreError> {
    transaction.commit().await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "the database did not answer a commit");
        StoreError::NotCommitted
    })
}

/// A text without the one character that PostgreSQL can't keep; a partner may write it.
fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Reads JSON of ours back from a column.
fn read_json<T: serde::de::DeserializeOwned>(text: &str, column: &'static str) -> Result<T, StoreError> {
    // The cause is dropped: it may quote a value.
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt(column))
}

/// Writes JSON of ours for a column.
fn to_json<T: serde::Serialize>(value: &T, column: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt(column))
}

/// Reads a count that we wrote.
fn to_u32(number: i64, column: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Corrupt(column))
}
