//! An operator's sight of SQLite, and what he settles there.
//!
//! Apart from the outbox's own road: it reads on the readers, and writes by the one writer like everybody.

pub(super) mod audit;
mod detail;
mod list;
mod settle;

use async_trait::async_trait;

use crate::ids::Receipt;
use crate::store::operator::rows::Deed;
use crate::store::operator::{
    AuditDeed, AuditEntry, AuditNote, AuditQuery, DeliveryDetail, DeliveryQuery, DeliverySummary,
    KnownAccounts, LeadQuery, OpenCount, OperatorStore, Replayed, Resolution, Resolved,
};
use crate::store::sqlite::SqliteStore;
use crate::store::{StoreError, operator};

/// Deliveries that are sent again in one transaction: few enough to hold up no lead.
const BATCH: u32 = 250;

#[async_trait]
impl OperatorStore for SqliteStore {
    async fn deliveries(&self, query: DeliveryQuery) -> Result<Vec<DeliverySummary>, StoreError> {
        list::deliveries(&self.readers, &query, self.clock.now()).await
    }

    async fn leads(&self, query: LeadQuery) -> Result<Vec<DeliverySummary>, StoreError> {
        list::leads(&self.readers, &query).await
    }

    async fn delivery_detail(
        &self,
        receipt: &Receipt,
        accounts: &KnownAccounts,
    ) -> Result<Option<DeliveryDetail>, StoreError> {
        detail::detail(&self.readers, receipt, accounts).await
    }

    async fn resolve(
        &self,
        receipt: &Receipt,
        resolution: Resolution,
        version: Option<i64>,
        note: AuditNote,
    ) -> Result<Resolved, StoreError> {
        let (now, receipt) = (self.clock.now(), receipt.clone());
        self.writer
            .write(move |conn| Box::pin(settle::resolve(conn, receipt, resolution, version, note, now)))
            .await
    }

    async fn replay(&self, query: DeliveryQuery, note: AuditNote) -> Result<Replayed, StoreError> {
        let (batch, mut query) = (Receipt::new().to_string(), query);
        let mut replayed = Replayed { batch: batch.clone(), sent_again: 0 };
        let mut left = query.limit.min(operator::REPLAY_MAX);
        while left > 0 {
            let now = self.clock.now();
            let (part, part_note, part_batch) =
                (DeliveryQuery { limit: left.min(BATCH), ..query.clone() }, note.clone(), batch.clone());
            let (count, last) = self
                .writer
                .write(move |conn| Box::pin(settle::replay(conn, part, part_note, part_batch, now)))
                .await?;
            replayed.sent_again += count;
            left = left.saturating_sub(count);
            // Behind the last one: what is held again meanwhile is not sent a second time by this call.
            match last {
                Some(last) if count > 0 => query.after = Some(last),
                _ => break,
            }
        }
        Ok(replayed)
    }

    async fn stop_account_by(&self, account: &str, note: AuditNote) -> Result<bool, StoreError> {
        let (now, account) = (self.clock.now(), account.to_owned());
        self.writer.write(move |conn| Box::pin(settle::stop(conn, account, note, now))).await
    }

    async fn resume_account_by(&self, account: &str, note: AuditNote) -> Result<bool, StoreError> {
        let (now, account) = (self.clock.now(), account.to_owned());
        self.writer.write(move |conn| Box::pin(settle::resume(conn, account, note, now))).await
    }

    async fn note(&self, deed: AuditDeed, note: AuditNote) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.writer
            .write(move |conn| {
                Box::pin(async move { audit::write(conn, &Deed::elsewhere(&deed), &note, now).await })
            })
            .await
    }

    async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        audit::list(&self.readers, &query).await
    }

    async fn open_counts(&self) -> Result<Vec<OpenCount>, StoreError> {
        list::open_counts(&self.readers).await
    }
}
