//! What operators are answered: names, states, counts, codes and times. Nothing of a visitor has a member here.
//!
//! Apart from the handlers, so that everything that can be answered stands on one page.

use lead_model::Problem;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::store::operator::{AttemptRecord, AuditEntry, DeliveryDetail, DeliverySummary};
use crate::store::{Closed, DeliveryState};

#[derive(Serialize)]
pub(super) struct ListView {
    deliveries: Vec<SummaryView>,
    /// What to give as `after` for the next page; none where there is no more.
    next: Option<i64>,
}

impl ListView {
    pub(super) fn of(deliveries: Vec<DeliverySummary>, limit: u32) -> Self {
        let is_full = deliveries.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next = deliveries.last().map(|last| last.delivery.get()).filter(|_| is_full);
        Self { deliveries: deliveries.into_iter().map(SummaryView::from).collect(), next }
    }
}

#[derive(Serialize)]
pub(in crate::routes) struct SummaryView {
    receipt: String,
    form: String,
    account: String,
    state: &'static str,
    reason: Option<String>,
    attempts: u32,
    version: i64,
    received_at: String,
    changed_at: String,
    /// For one that waits.
    due_at: Option<String>,
    reference: Option<String>,
    duplicate_of: Option<String>,
}

impl From<DeliverySummary> for SummaryView {
    fn from(summary: DeliverySummary) -> Self {
        let due_at = (summary.state == DeliveryState::Waiting).then(|| summary.due_at.to_string());
        Self {
            receipt: summary.receipt,
            form: summary.form,
            account: summary.account,
            state: summary.state.as_str(),
            reason: summary.reason,
            attempts: summary.attempts,
            version: summary.version,
            received_at: summary.received_at.to_string(),
            changed_at: summary.changed_at.to_string(),
            due_at,
            reference: summary.reference,
            duplicate_of: summary.duplicate_of,
        }
    }
}

#[derive(Serialize)]
pub(in crate::routes) struct DetailView {
    #[serde(flatten)]
    summary: SummaryView,
    form_version: u32,
    erased_at: Option<String>,
    fields: Vec<Problem>,
    tries: Vec<AttemptView>,
    audit: Vec<AuditView>,
}

impl From<DeliveryDetail> for DetailView {
    fn from(detail: DeliveryDetail) -> Self {
        Self {
            summary: SummaryView::from(detail.summary),
            form_version: detail.form_version,
            erased_at: detail.erased_at.as_ref().map(Timestamp::to_string),
            fields: detail.fields,
            tries: detail.attempts.into_iter().map(AttemptView::from).collect(),
            audit: detail.audit.into_iter().map(AuditView::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct AttemptView {
    number: u32,
    state: String,
    why: Option<String>,
    status: Option<u16>,
    started_at: String,
    ended_at: Option<String>,
    request_digest: String,
}

impl From<AttemptRecord> for AttemptView {
    fn from(record: AttemptRecord) -> Self {
        Self {
            number: record.view.number,
            state: record.view.state,
            why: record.view.why,
            status: record.view.status,
            started_at: record.started_at.to_string(),
            ended_at: record.ended_at.as_ref().map(Timestamp::to_string),
            request_digest: record.view.request_digest,
        }
    }
}

#[derive(Serialize)]
pub(super) struct AuditListView {
    entries: Vec<AuditView>,
    /// What to give as `before` for the next page; none where there is no more.
    next: Option<i64>,
}

impl AuditListView {
    pub(super) fn of(entries: Vec<AuditEntry>, limit: u32) -> Self {
        let is_full = entries.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next = entries.last().map(|last| last.id).filter(|_| is_full);
        Self { entries: entries.into_iter().map(AuditView::from).collect(), next }
    }
}

#[derive(Serialize)]
struct AuditView {
    id: i64,
    at: String,
    operator: String,
    action: &'static str,
    account: Option<String>,
    receipt: Option<String>,
    was: Option<String>,
    reference: Option<String>,
    batch: Option<String>,
    why: String,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at.to_string(),
            operator: entry.operator,
            action: entry.action.as_str(),
            account: entry.account,
            receipt: entry.receipt,
            was: entry.was,
            reference: entry.reference,
            batch: entry.batch,
            why: entry.why,
        }
    }
}

#[derive(Serialize)]
pub(super) struct AccountListView {
    pub(super) accounts: Vec<AccountView>,
}

#[derive(Serialize)]
pub(super) struct AccountView {
    account: String,
    /// Whether it is in the configuration.
    known: bool,
    /// Whether its leads are sent.
    enabled: bool,
    /// Why none of its leads goes, or only one now and then; none where all may.
    closed: Option<ClosedView>,
    /// Until when none of its leads goes because the partner has asked for it.
    wait_until: Option<String>,
    waiting: u64,
    leased: u64,
    held: u64,
    /// How many of those that are held are in quarantine.
    quarantined: u64,
    dead_letter: u64,
    merged: u64,
}

#[derive(Serialize)]
struct ClosedView {
    cause: &'static str,
    reason: String,
    since: String,
}

impl AccountView {
    pub(super) fn new(account: String, known: bool, enabled: bool) -> Self {
        let (waiting, leased, held, quarantined, dead_letter, merged) = (0, 0, 0, 0, 0, 0);
        let (closed, wait_until) = (None, None);
        Self {
            account,
            known,
            enabled,
            closed,
            wait_until,
            waiting,
            leased,
            held,
            quarantined,
            dead_letter,
            merged,
        }
    }

    pub(super) fn close(&mut self, closed: Option<Closed>) {
        self.closed = closed.map(|closed| ClosedView {
            cause: closed.cause.as_str(),
            reason: closed.reason,
            since: closed.since.to_string(),
        });
    }

    pub(super) fn wait(&mut self, until: Option<Timestamp>) {
        self.wait_until = until.map(|until| until.to_string());
    }

    pub(super) fn count(&mut self, state: DeliveryState, count: u64, quarantined: u64) {
        match state {
            DeliveryState::Waiting => self.waiting = count,
            DeliveryState::Leased => self.leased = count,
            DeliveryState::Held => (self.held, self.quarantined) = (count, quarantined),
            DeliveryState::DeadLetter => self.dead_letter = count,
            DeliveryState::Merged => self.merged = count,
            DeliveryState::Delivered | DeliveryState::Replaced | DeliveryState::Dropped => {}
        }
    }
}

/// What became of a word on an account.
#[derive(Serialize)]
pub(super) struct ChangedView {
    pub(super) account: String,
    /// False where it stood so already.
    pub(super) changed: bool,
}
