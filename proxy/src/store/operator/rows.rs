//! Rows as either driver reads them for an operator.
//!
//! Apart because both drivers name the same columns, and what is corrupt is so in both.

use lead_model::Problem;

use crate::clock::Timestamp;
use crate::ids::{DeliveryId, Receipt};
use crate::store::operator::{
    AttemptRecord, AuditAction, AuditDeed, AuditEntry, DeliveryDetail, DeliveryState, DeliverySummary,
    OpenCount, PartnerReference,
};
use crate::store::{AttemptView, OpenDelivery, StoreError};

/// The columns of a summary. Texts come as bytes: one whose bits have flipped need not be a text any more, and must hide no
/// other.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct SummaryRow {
    id: i64,
    receipt: Vec<u8>,
    form: Vec<u8>,
    account: Vec<u8>,
    state: String,
    reason: Option<String>,
    attempts: i64,
    fence: i64,
    received_at: i64,
    changed_at: i64,
    due_at: i64,
    reference: Option<String>,
    duplicate_of: Option<String>,
}

impl SummaryRow {
    /// The summary.
    pub(in crate::store) fn view(self) -> Result<DeliverySummary, StoreError> {
        Ok(DeliverySummary {
            delivery: DeliveryId::new(self.id),
            receipt: text(&self.receipt),
            form: text(&self.form),
            account: text(&self.account),
            state: state(&self.state)?,
            reason: self.reason,
            attempts: count(self.attempts, "deliveries.attempts")?,
            version: self.fence,
            received_at: Timestamp::from_ms(self.received_at),
            changed_at: Timestamp::from_ms(self.changed_at),
            due_at: Timestamp::from_ms(self.due_at),
            reference: self.reference,
            duplicate_of: self.duplicate_of,
        })
    }
}

/// What is told of a delivery beside its summary.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct RestRow {
    form_version: i64,
    erased_at: Option<i64>,
    fields_json: String,
}

impl RestRow {
    /// The whole of a delivery. The audit comes as it was read, the newest first.
    pub(in crate::store) fn detail(
        self,
        summary: DeliverySummary,
        attempts: Vec<AttemptRow>,
        mut audit: Vec<AuditEntry>,
    ) -> Result<DeliveryDetail, StoreError> {
        // The cause is dropped: it may quote a value.
        let fields: Vec<Problem> = serde_json::from_str(&self.fields_json)
            .map_err(|_| StoreError::Corrupt("deliveries.fields_json"))?;
        audit.reverse();
        Ok(DeliveryDetail {
            summary,
            form_version: count(self.form_version, "submissions.form_version")?,
            erased_at: self.erased_at.map(Timestamp::from_ms),
            fields,
            attempts: attempts.into_iter().map(AttemptRow::view).collect::<Result<_, _>>()?,
            audit,
        })
    }
}

/// The columns of an attempt.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct AttemptRow {
    number: i64,
    state: String,
    why: Option<String>,
    status: Option<i64>,
    request_digest: String,
    started_at: i64,
    ended_at: Option<i64>,
}

impl AttemptRow {
    fn view(self) -> Result<AttemptRecord, StoreError> {
        let view = AttemptView {
            number: count(self.number, "attempts.number")?,
            state: self.state,
            why: self.why,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            request_digest: self.request_digest,
        };
        let (started_at, ended_at) =
            (Timestamp::from_ms(self.started_at), self.ended_at.map(Timestamp::from_ms));
        Ok(AttemptRecord { view, started_at, ended_at })
    }
}

/// The columns of an audit row.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct AuditRow {
    id: i64,
    at: i64,
    operator: String,
    action: String,
    account: Option<String>,
    receipt: Option<String>,
    was: Option<String>,
    reference: Option<String>,
    batch: Option<String>,
    why: String,
}

impl AuditRow {
    /// The row as it is told.
    pub(in crate::store) fn view(self) -> Result<AuditEntry, StoreError> {
        Ok(AuditEntry {
            id: self.id,
            at: Timestamp::from_ms(self.at),
            operator: self.operator,
            action: AuditAction::parse(&self.action).ok_or(StoreError::Corrupt("audit.action"))?,
            account: self.account,
            receipt: self.receipt,
            was: self.was,
            reference: self.reference,
            batch: self.batch,
            why: self.why,
        })
    }
}

/// What was done, to what.
pub(in crate::store) struct Deed<'d> {
    pub(in crate::store) action: AuditAction,
    pub(in crate::store) account: Option<&'d str>,
    pub(in crate::store) receipt: Option<&'d str>,
    pub(in crate::store) was: Option<&'d str>,
    pub(in crate::store) reference: Option<&'d str>,
    pub(in crate::store) batch: Option<&'d str>,
}

impl<'d> Deed<'d> {
    /// What is done elsewhere.
    pub(in crate::store) fn elsewhere(deed: &'d AuditDeed) -> Self {
        Self {
            account: Some(&deed.account),
            receipt: deed.receipt.as_ref().map(Receipt::as_str),
            reference: deed.reference.as_ref().map(PartnerReference::as_str),
            ..Self::of(deed.action)
        }
    }

    /// A deed of which nothing more is known.
    pub(in crate::store) fn of(action: AuditAction) -> Self {
        Self { action, account: None, receipt: None, was: None, reference: None, batch: None }
    }
}

/// What is left to a person, as it is about to be sent again.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct LeftRow {
    pub(in crate::store) id: i64,
    receipt: Vec<u8>,
    account: Vec<u8>,
    pub(in crate::store) state: String,
}

impl LeftRow {
    /// Its receipt.
    pub(in crate::store) fn receipt(&self) -> String {
        text(&self.receipt)
    }

    /// Its account.
    pub(in crate::store) fn account(&self) -> String {
        text(&self.account)
    }
}

/// Puts the rows of several states into one order, and takes the first of them.
pub(in crate::store) fn first<T>(mut rows: Vec<T>, limit: u32, id: impl Fn(&T) -> i64) -> Vec<T> {
    rows.sort_by_key(&id);
    rows.dedup_by_key(|row| id(row));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    rows
}

/// An open delivery: receipt, form, account, state, attempts, reason, received, due, first receipt of the same person.
pub(in crate::store) type OpenRow =
    (Vec<u8>, Vec<u8>, Vec<u8>, String, i64, Option<String>, i64, i64, Option<Vec<u8>>);

/// Reads one.
pub(in crate::store) fn open_delivery(row: OpenRow) -> Result<OpenDelivery, StoreError> {
    let (receipt, form, account, state, attempts, reason, received_at, due_at, duplicate_of) = row;
    Ok(OpenDelivery {
        receipt: text(&receipt),
        form: text(&form),
        account: text(&account),
        state,
        attempts: u32::try_from(attempts).map_err(|_| StoreError::Corrupt("deliveries.attempts"))?,
        reason,
        received_at: Timestamp::from_ms(received_at),
        due_at: Timestamp::from_ms(due_at),
        duplicate_of: duplicate_of.as_deref().map(text),
    })
}

/// Counts by account and state.
pub(in crate::store) fn counts(rows: Vec<(Vec<u8>, String, i64, i64)>) -> Result<Vec<OpenCount>, StoreError> {
    let view = |(account, name, count, quarantined): (Vec<u8>, String, i64, i64)| {
        let [count, quarantined] = [count, quarantined].map(|count| u64::try_from(count).unwrap_or(0));
        Ok(OpenCount { account: text(&account), state: state(&name)?, count, quarantined })
    };
    rows.into_iter().map(view).collect()
}

/// Reads a state.
pub(in crate::store) fn state(name: &str) -> Result<DeliveryState, StoreError> {
    DeliveryState::parse(name).ok_or(StoreError::Corrupt("deliveries.state"))
}

/// A text as it is, whatever bits have flipped.
pub(in crate::store) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn count(number: i64, column: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Corrupt(column))
}
