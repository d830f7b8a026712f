//! An operator's sight of PostgreSQL, and what he settles there.
//!
//! Apart from the outbox's own road. Of two operators on two replicas the row's lock lets one through, and the other then finds
//! that the delivery stands elsewhere.

pub(super) mod audit;
mod list;
mod settle;

use async_trait::async_trait;

use crate::ids::Receipt;
use crate::store::operator::rows::Deed;
use crate::store::operator::{
    AuditDeed, AuditEntry, AuditNote, AuditQuery, DeliveryDetail, DeliveryQuery, DeliverySummary,
    KnownAccounts, LeadQuery, OpenCount, OperatorStore, Replayed, Resolution, Resolved,
};
use crate::store::postgres::PostgresStore;
use crate::store::{StoreError, operator};

/// Deliveries that are sent again in one transaction: few enough to be within every time limit.
const BATCH: u32 = 250;

#[async_trait]
impl OperatorStore for PostgresStore {
    async fn deliveries(&self, query: DeliveryQuery) -> Result<Vec<DeliverySummary>, StoreError> {
        let with = (query, self.time.clone());
        self.sessions.read(with, |conn, (query, time)| Box::pin(list::deliveries(conn, query, time))).await
    }

    async fn leads(&self, query: LeadQuery) -> Result<Vec<DeliverySummary>, StoreError> {
        let with = (query, self.time.clone());
        self.sessions.read(with, |conn, (query, time)| Box::pin(list::leads(conn, query, time))).await
    }

    async fn delivery_detail(
        &self,
        receipt: &Receipt,
        accounts: &KnownAccounts,
    ) -> Result<Option<DeliveryDetail>, StoreError> {
        let with = (receipt.clone(), accounts.clone(), self.time.clone());
        self.sessions
            .read(with, |conn, (receipt, accounts, time)| {
                Box::pin(list::detail(conn, receipt, accounts, time))
            })
            .await
    }

    async fn resolve(
        &self,
        receipt: &Receipt,
        resolution: Resolution,
        version: Option<i64>,
        note: AuditNote,
    ) -> Result<Resolved, StoreError> {
        let with = (receipt.to_string(), resolution, note, self.time.clone());
        self.sessions
            .write(with, move |conn, (receipt, resolution, note, time)| {
                Box::pin(settle::resolve(conn, receipt, (resolution, version), note, time))
            })
            .await
    }

    async fn replay(&self, mut query: DeliveryQuery, note: AuditNote) -> Result<Replayed, StoreError> {
        let mut replayed = Replayed { batch: Receipt::new().to_string(), sent_again: 0 };
        let mut left = query.limit.min(operator::REPLAY_MAX);
        while left > 0 {
            let part = DeliveryQuery { limit: left.min(BATCH), ..query.clone() };
            let with = (part, note.clone(), replayed.batch.clone(), self.time.clone());
            let (count, last) = self
                .sessions
                .write(with, |conn, (part, note, batch, time)| {
                    Box::pin(settle::replay(conn, part, note, batch, time))
                })
                .await?;
            replayed.sent_again += count;
            left = left.saturating_sub(count);
            // Behind the last one: what is held again meanwhile is not sent a second time by this call.
            match last {
                Some(last) => query.after = Some(last),
                None => break,
            }
        }
        Ok(replayed)
    }

    async fn stop_account_by(&self, account: &str, note: AuditNote) -> Result<bool, StoreError> {
        let with = (account.to_owned(), note, self.time.clone());
        self.sessions
            .write(with, |conn, (account, note, time)| Box::pin(settle::stop(conn, account, note, time)))
            .await
    }

    async fn resume_account_by(&self, account: &str, note: AuditNote) -> Result<bool, StoreError> {
        let with = (account.to_owned(), note, self.time.clone());
        self.sessions
            .write(with, |conn, (account, note, time)| Box::pin(settle::resume(conn, account, note, time)))
            .await
    }

    async fn note(&self, deed: AuditDeed, note: AuditNote) -> Result<(), StoreError> {
        self.sessions
            .write((deed, note, self.time.clone()), |conn, (deed, note, time)| {
                Box::pin(async move { audit::write(conn, &Deed::elsewhere(deed), note, time).await })
            })
            .await
    }

    async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        self.sessions.read(query, |conn, query| Box::pin(audit::list(conn, query))).await
    }

    async fn open_counts(&self) -> Result<Vec<OpenCount>, StoreError> {
        self.sessions.read((), |conn, ()| Box::pin(list::open_counts(conn))).await
    }
}
