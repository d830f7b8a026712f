//! The visitors who wait for the first attempt of their delivery.
//!
//! Apart because a wait begins after the delivery may already have ended, and must neither miss that nor leave anything
//! behind.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::delivery::{FirstOutcome, Shared};
use crate::ids::DeliveryId;
use crate::store::DeliveryView;

/// Who waits for what.
#[derive(Default)]
pub(super) struct Waiters(Mutex<HashMap<DeliveryId, Vec<oneshot::Sender<FirstOutcome>>>>);

impl Waiters {
    fn register(&self, id: DeliveryId) -> oneshot::Receiver<FirstOutcome> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let senders = waiting.entry(id).or_default();
        senders.retain(|sender| !sender.is_closed());
        senders.push(sender);
        receiver
    }

    /// Tells everybody who waits for this delivery.
    pub(super) fn tell(&self, id: DeliveryId, outcome: &FirstOutcome) {
        let senders = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id).unwrap_or_default();
        for sender in senders {
            // Who has stopped waiting need not hear it.
            sender.send(outcome.clone()).ok();
        }
    }

    /// Forgets those of this delivery who have stopped waiting.
    fn tidy(&self, id: DeliveryId) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(senders) = waiting.get_mut(&id) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiting.remove(&id);
            }
        }
    }
}

/// Waits for the first attempt of a delivery, so long at most.
pub(super) async fn wait(shared: &Shared, id: DeliveryId, limit: Duration) -> FirstOutcome {
    if limit.is_zero() {
        return FirstOutcome::Pending;
    }
    let receiver = Registered { waiters: &shared.waiters, id, receiver: shared.waiters.register(id) };
    // Registered first and asked then: an attempt that ends in between is told by one or the other.
    match shared.store.delivery(id).await {
        Ok(Some(view)) => {
            if let Some(outcome) = first_outcome(&view) {
                return outcome;
            }
        }
        // Nothing is lost with it: the lead is stored, and the visitor hears so.
        Ok(None) | Err(_) => return FirstOutcome::Pending,
    }
    receiver.within(limit).await
}

struct Registered<'a> {
    waiters: &'a Waiters,
    id: DeliveryId,
    receiver: oneshot::Receiver<FirstOutcome>,
}

impl Registered<'_> {
    async fn within(mut self, limit: Duration) -> FirstOutcome {
        match tokio::time::timeout(limit, &mut self.receiver).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => FirstOutcome::Pending,
        }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        self.waiters.tidy(self.id);
    }
}

/// What is known after an attempt; nothing before the first has ended.
fn first_outcome(view: &DeliveryView) -> Option<FirstOutcome> {
    match view.state.as_str() {
        "delivered" => Some(FirstOutcome::Delivered),
        "dead_letter" if !view.fields.is_empty() => {
            Some(FirstOutcome::Rejected { fields: view.fields.clone() })
        }
        "waiting" if view.attempts == 0 => None,
        "leased" if view.attempts == 0 => None,
        // Its first attempt may be running; that it is told by the waiters.
        "leased" => None,
        _ => Some(FirstOutcome::Pending),
    }
}
