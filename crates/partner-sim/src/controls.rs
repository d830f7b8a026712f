//! What a test can do with any partner's simulator: read the ledger, wait for it, set a fault.
//!
//! Apart from `desk.rs` because this much is public, and every partner gives it ([`std::ops::Deref`]).

use std::sync::Arc;
use std::time::Duration;

use crate::desk::Desk;
use crate::documented::{Documented, UnknownAnswer};
use crate::fault::{Fault, FaultSetting};
use crate::ledger::Ledger;

/// The ledger and the faults of one partner.
pub struct Controls {
    desk: Arc<Desk>,
    base_url: String,
}

impl Controls {
    pub(crate) fn new(desk: Desk, root_url: &str) -> Self {
        let base_url = format!("{root_url}/{}", desk.partner().slug);
        Self { desk: Arc::new(desk), base_url }
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Gives the address under which all of this partner lies, without a slash at the end; its page is there.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Gives a copy of everything that has arrived so far.
    pub fn ledger(&self) -> Ledger {
        self.desk.ledger()
    }

    /// Lists the signatures that have arrived so far, which the ledger masks, for a test that seeks them where they must
    /// not be. No address shows them.
    pub fn signatures(&self) -> Vec<String> {
        self.desk.signatures()
    }

    /// Forgets everything that has arrived; records that the partner keeps stay.
    pub fn clear_ledger(&self) {
        self.desk.clear_ledger();
    }

    /// Sets a fault for so many requests, or for all until it is changed. `Fault::Documented` wants a name and is left
    /// to [`Controls::set_documented`]: here it sets nothing.
    pub fn set_fault(&self, fault: Fault, times: Option<u32>) {
        self.set(FaultSetting::new(fault, times)).unwrap_or_default();
    }

    /// Sets one of the errors of the partner's own document, by its name such as `403 ApiQuotaException`.
    ///
    /// # Errors
    /// When the document lists no such error; the error lists those that it does.
    pub fn set_documented(&self, name: &str, times: Option<u32>) -> Result<(), UnknownAnswer> {
        self.set(FaultSetting::documented(name, times))
    }

    /// Sets a fault with everything that can be said of it, such as the one operation that it meets.
    ///
    /// # Errors
    /// When it is an error that the partner's document does not list.
    pub fn set(&self, setting: FaultSetting) -> Result<(), UnknownAnswer> {
        self.desk.set_fault(setting)
    }

    /// Lists the errors of the partner's own document.
    pub fn documented(&self) -> &'static [Documented] {
        self.desk.partner().documented
    }

    /// Waits until the ledger is as wanted, woken by each change of it.
    ///
    /// # Errors
    /// The ledger as it is, when it has not become so within `limit`.
    pub async fn wait_for(&self, what: impl Fn(&Ledger) -> bool, limit: Duration) -> Result<Ledger, Ledger> {
        self.desk.wait_for(what, limit).await
    }
}
