//! The store on SQLite: one file, one writer with group commit, a few readers, and no second process.
//!
//! Apart as a driver; the promises it keeps are those of [`Store`], and one contract suite holds every driver to them.

mod accept;
mod attempt;
mod claim;
mod direct;
mod files;
mod followers;
mod gates;
mod guard;
mod heartbeat;
mod hindrance;
pub(super) mod history;
mod insert;
mod keys;
mod lock;
mod open;
mod operator;
pub mod outbox;
mod place;
mod read;
mod schemas;
mod scrub;
mod seen;
mod tokens;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lead_model::ReceiptAnswer;
use sqlx::SqlitePool;

use crate::clock::Clock;
use crate::ids::{DeliveryId, Receipt};
use crate::store::{
    Abandoned, Accepted, AccountRoom, AttemptView, ClaimRequest, Claimed, DeliveryView, Ending, Fence,
    Finished, FlowRule, GateView, NewSubmission, Standing, Store, StoreConfig, StoreError,
};
use scrub::Scrub;
use writer::Writer;

/// Keeps everything in one SQLite file.
pub struct SqliteStore {
    writer: Writer,
    scrub: Arc<Scrub>,
    readers: SqlitePool,
    clock: Clock,
    /// Names this opening of the store in its leases, so that what earlier processes left is told from our own.
    owner: String,
}

impl SqliteStore {
    /// Opens the database, or creates it where there never was one.
    ///
    /// # Errors
    /// [`StoreError::Refused`] with the remedy: another process has it, something of it is missing, it is not ours, or
    /// SQLite does not keep what it is told to keep.
    pub async fn open(config: &StoreConfig, clock: Clock) -> Result<Self, StoreError> {
        let opened = open::open(&config.path).await?;
        let owner = Receipt::new().to_string();
        Ok(Self {
            writer: opened.writer,
            scrub: Arc::new(Scrub::new(opened.path)),
            readers: opened.readers,
            clock,
            owner,
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn accept(&self, submission: NewSubmission) -> Result<Accepted, StoreError> {
        let now = self.clock.now();
        self.writer.accept(submission, now).await
    }

    async fn receipt(&self, receipt: &Receipt) -> Result<Option<ReceiptAnswer>, StoreError> {
        read::receipt(&self.readers, receipt).await
    }

    async fn reference(&self, receipt: &Receipt) -> Result<Option<String>, StoreError> {
        read::reference(&self.readers, receipt).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.writer.sound()?;
        let beaten = self.writer.write(move |conn| Box::pin(heartbeat::beat(conn, now))).await;
        beaten.map_err(|error| hindrance::hindrance_of(&error).map_or(error, StoreError::Hindered))
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let (now, owner) = (self.clock.now(), self.owner.clone());
        self.writer.write(move |conn| Box::pin(claim::claim(conn, request, owner, now))).await
    }

    async fn next_due(&self, accounts: &[AccountRoom]) -> Result<Option<Duration>, StoreError> {
        read::next_due(&self.readers, accounts, self.clock.now()).await
    }

    async fn begin_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        request_digest: String,
        lease: Duration,
    ) -> Result<Option<u32>, StoreError> {
        let now = self.clock.now();
        self.writer
            .write(move |conn| Box::pin(attempt::begin(conn, delivery, fence, request_digest, lease, now)))
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
        let (now, ending) = (self.clock.now(), (ending, *flow));
        self.writer
            .write(move |conn| Box::pin(attempt::finish(conn, delivery, fence, attempt, ending, now)))
            .await
    }

    async fn release(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        standing: Standing,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let (now, reason) = (self.clock.now(), reason.to_owned());
        self.writer
            .write(move |conn| Box::pin(attempt::release(conn, delivery, fence, standing, reason, now)))
            .await
    }

    async fn renew(
        &self,
        held: &[(DeliveryId, Fence)],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let (now, held) = (self.clock.now(), held.to_vec());
        self.writer.write(move |conn| Box::pin(attempt::renew(conn, held, lease, now))).await
    }

    async fn recover(&self, running: &[DeliveryId], lease: Duration) -> Result<Vec<Abandoned>, StoreError> {
        let (now, owner, running) = (self.clock.now(), self.owner.clone(), running.to_vec());
        self.writer.write(move |conn| Box::pin(claim::recover(conn, owner, running, lease, now))).await
    }

    async fn closed_gates(&self) -> Result<Vec<GateView>, StoreError> {
        let now = self.clock.now();
        let all = gates::all(&self.readers, now).await?;
        Ok(all.into_iter().filter(|view| view.gate.is_shut(now)).collect())
    }

    async fn stop_account(&self, account: &str, reason: &str) -> Result<bool, StoreError> {
        let (now, account, reason) = (self.clock.now(), account.to_owned(), reason.to_owned());
        self.writer.write(move |conn| Box::pin(gates::stop(conn, account, reason, now))).await
    }

    async fn resume_accounts(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        self.writer.write(move |conn| Box::pin(gates::resume_all(conn, now))).await
    }

    async fn resume_account(&self, account: &str) -> Result<bool, StoreError> {
        let (now, account) = (self.clock.now(), account.to_owned());
        self.writer.write(move |conn| Box::pin(gates::resume(conn, account, now))).await
    }

    async fn delivery(&self, delivery: DeliveryId) -> Result<Option<DeliveryView>, StoreError> {
        read::delivery(&self.readers, delivery).await
    }

    async fn attempts(&self, delivery: DeliveryId) -> Result<Vec<AttemptView>, StoreError> {
        read::attempts(&self.readers, delivery).await
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Sorts a database error by who must act.
fn store_error(error: sqlx::Error) -> StoreError {
    // SQLITE_BUSY and SQLITE_LOCKED; the low byte of an extended code is its primary one.
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => StoreError::Busy(error),
        _ => StoreError::Database(error),
    }
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
