//! A leased delivery in a worker's hands: its content opened, and the permit that its lease gives.
//!
//! Apart because only here is a lead in clear, and only as long as its attempt lasts.

use crate::delivery::Shared;
use crate::keys::{LeadAddress, LeadContent, OpenFault};
use crate::store::Claimed;
use crate::transport::Permit;

/// What a walk works with.
pub(super) struct Work {
    pub(super) claimed: Claimed,
    pub(super) content: LeadContent,
    /// Good as long as the lease is.
    pub(super) permit: Permit,
}

impl Work {
    /// Opens what was sealed.
    pub(super) fn open(shared: &Shared, claimed: &Claimed, permit: &Permit) -> Result<Self, OpenFault> {
        let receipt = claimed.receipt.as_str();
        let address = LeadAddress { receipt, form: &claimed.form, account: &claimed.account };
        let content = shared.keys.ring.open_lead(&address, &claimed.lead)?;
        Ok(Self { claimed: claimed.clone(), content, permit: permit.clone() })
    }
}
