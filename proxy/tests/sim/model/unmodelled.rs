//! What a store promises besides leads and tokens on their way, which no simulated world asks for.
//!
//! Apart so that it is plain what is not modelled: each of these answers that it can't.

use async_trait::async_trait;
use lead_proxy::ids::Receipt;
use lead_proxy::store::operator::{
    AuditDeed, AuditEntry, AuditNote, AuditQuery, DeliveryDetail, DeliveryQuery, DeliverySummary,
    KnownAccounts, LeadQuery, OpenCount, OperatorStore, Replayed, Resolution, Resolved,
};
use lead_proxy::store::{
    Erased, KeyCount, KeyStore, Retention, Rewrapped, SealedToken, StoreError, StoredSecret,
    StoredSubmission, WrappedPage,
};

use super::handle::ModelStore;

const NOT_MODELLED: StoreError = StoreError::Corrupt("this is not modelled");

#[async_trait]
impl KeyStore for ModelStore {
    async fn secret(&self, _: &str) -> Result<Option<StoredSecret>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn keep_secret(&self, _: &str, _: StoredSecret) -> Result<StoredSecret, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn rewrap_secret(&self, _: &str, _: StoredSecret, _: StoredSecret) -> Result<bool, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn key_counts(&self) -> Result<Vec<KeyCount>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn wrapped_by_others(&self, _: &str, _: i64, _: u32) -> Result<WrappedPage, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn rewrap(&self, _: Vec<Rewrapped>) -> Result<u64, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn sealed_tokens(&self) -> Result<Vec<SealedToken>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn reseal_token(&self, _: SealedToken, _: Vec<u8>) -> Result<bool, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn submission(&self, _: &Receipt) -> Result<Option<StoredSubmission>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn erase(&self, _: &Receipt, _: AuditNote) -> Result<Erased, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn erase_old(&self, _: Retention, _: u32) -> Result<u64, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        Err(NOT_MODELLED)
    }
}

#[async_trait]
impl OperatorStore for ModelStore {
    async fn deliveries(&self, _: DeliveryQuery) -> Result<Vec<DeliverySummary>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn leads(&self, _: LeadQuery) -> Result<Vec<DeliverySummary>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn delivery_detail(
        &self,
        _: &Receipt,
        _: &KnownAccounts,
    ) -> Result<Option<DeliveryDetail>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn resolve(
        &self,
        _: &Receipt,
        _: Resolution,
        _: Option<i64>,
        _: AuditNote,
    ) -> Result<Resolved, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn replay(&self, _: DeliveryQuery, _: AuditNote) -> Result<Replayed, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn stop_account_by(&self, _: &str, _: AuditNote) -> Result<bool, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn resume_account_by(&self, _: &str, _: AuditNote) -> Result<bool, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn note(&self, _: AuditDeed, _: AuditNote) -> Result<(), StoreError> {
        Err(NOT_MODELLED)
    }

    async fn audit(&self, _: AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        Err(NOT_MODELLED)
    }

    async fn open_counts(&self) -> Result<Vec<OpenCount>, StoreError> {
        Err(NOT_MODELLED)
    }
}
