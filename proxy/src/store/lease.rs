//! Leases: a worker's right to a delivery, for a time.
//!
//! Apart because everything that two workers could do at once hangs on the fence that is handed out with each.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{DeliveryId, Receipt};
use crate::store::{FlowRule, SealedLead};

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
    /// Values, source and purpose.
    pub lead: SealedLead,
    /// Attempts before this lease.
    pub attempts: u32,
    /// Those of them that ended in doubt.
    pub doubts: u32,
    /// When the submission was stored, or, since, an operator had it sent again: from then on its retries are counted.
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
    /// The accounts that have room, those first that shall be asked first.
    pub accounts: Vec<AccountRoom>,
    /// Most deliveries over all accounts.
    pub limit: u32,
    /// How long the lease lasts, by the store's clock.
    pub lease: Duration,
}

/// An account that may run more attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRoom {
    /// The account.
    pub account: String,
    /// For how many more deliveries this worker has room.
    pub room: u32,
    /// What its gate keeps to.
    pub flow: FlowRule,
}
