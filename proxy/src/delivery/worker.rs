//! The worker: sleeps until something is due, leases it, and gives each delivery a task of its own.
//!
//! Apart from the walk of an attempt: here is only when, and how many at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use crate::clock::Timestamp;
use crate::delivery::{Shared, walk};
use crate::ids::DeliveryId;
use crate::store::{ClaimRequest, StoreError};

/// Pause after the store has failed, so that it is not asked in a circle.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Delivers until told to stop, then waits for what is running.
pub(super) async fn run(shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let next_recovery = shared.clock.now();
    let mut worker =
        Worker { shared, running: JoinSet::new(), leased: HashMap::new(), next_recovery, resumed: false };
    // A dropped sender is a word to stop, too.
    while !*stopping.borrow_and_update() && stopping.has_changed().is_ok() {
        let wake_at = match worker.turn().await {
            Ok(wake_at) => wake_at,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the store failed the delivery worker"
                );
                tokio::select! {
                    () = tokio::time::sleep(STORE_PAUSE) => {}
                    _ = stopping.changed() => {}
                }
                continue;
            }
        };
        tokio::select! {
            _ = stopping.changed() => {}
            () = worker.shared.wake.notified() => {}
            Some(ended) = worker.running.join_next_with_id() => worker.forget(&ended),
            () = worker.shared.clock.sleep_until(wake_at) => {}
        }
    }
    worker.drain().await;
}

struct Worker {
    shared: Arc<Shared>,
    running: JoinSet<()>,
    leased: HashMap<Id, (DeliveryId, String)>,
    next_recovery: Timestamp,
    resumed: bool,
}

impl Worker {
    /// Leases what is due and answers when to look again unless woken before.
    async fn turn(&mut self) -> Result<Timestamp, StoreError> {
        self.resume().await?;
        self.recover().await?;
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.forget(&ended);
        }
        self.claim().await?;
        let accounts: Vec<String> = self.rooms().into_iter().map(|(account, _)| account).collect();
        if accounts.is_empty() || self.free() == 0 {
            return Ok(self.next_recovery);
        }
        let due = self.shared.store.next_due(&accounts).await?;
        Ok(due.map_or(self.next_recovery, |due| due.min(self.next_recovery)))
    }

    /// Once, at start: whoever starts the proxy has mended the credential, or will hear of it again.
    async fn resume(&mut self) -> Result<(), StoreError> {
        if !self.resumed {
            let lifted = self.shared.store.resume_accounts().await?;
            if lifted > 0 {
                tracing::info!(
                    accounts = lifted,
                    "paused accounts are tried again since the proxy has been started"
                );
            }
            self.resumed = true;
        }
        Ok(())
    }

    /// At start, and then once in a lease: takes up what dead workers have left.
    async fn recover(&mut self) -> Result<(), StoreError> {
        let now = self.shared.clock.now();
        if now < self.next_recovery {
            return Ok(());
        }
        let running: Vec<DeliveryId> = self.leased.values().map(|(id, _)| *id).collect();
        let lease = self.shared.config.lease();
        for abandoned in self.shared.store.recover(&running, now.after(lease)).await? {
            walk::take_up(&self.shared, &abandoned).await;
        }
        self.next_recovery = now.after(lease);
        Ok(())
    }

    async fn claim(&mut self) -> Result<(), StoreError> {
        let (accounts, limit) = (self.rooms(), self.free());
        if accounts.is_empty() || limit == 0 {
            return Ok(());
        }
        let now = self.shared.clock.now();
        let lease_until = now.after(self.shared.config.lease());
        for claimed in self.shared.store.claim(ClaimRequest { accounts, limit, now, lease_until }).await? {
            let leased = (claimed.delivery, claimed.account.clone());
            let shared = Arc::clone(&self.shared);
            let task = self.running.spawn(async move { walk::walk(&shared, &claimed).await });
            self.leased.insert(task.id(), leased);
        }
        Ok(())
    }

    /// How many more attempts may run at once.
    fn free(&self) -> u32 {
        self.shared.config.concurrent_max.saturating_sub(u32::try_from(self.leased.len()).unwrap_or(u32::MAX))
    }

    /// The enabled accounts that may run more attempts, and how many.
    fn rooms(&self) -> Vec<(String, u32)> {
        let enabled = self.shared.accounts.iter().filter(|account| account.is_enabled());
        let rooms = enabled.map(|account| {
            let busy = self.leased.values().filter(|(_, leased)| leased == account.id()).count();
            let busy = u32::try_from(busy).unwrap_or(u32::MAX);
            (account.id().to_owned(), self.shared.config.account_room().saturating_sub(busy))
        });
        rooms.filter(|(_, room)| *room > 0).collect()
    }

    fn forget(&mut self, ended: &Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        let leased = self.leased.remove(&id);
        if let (Err(error), Some((delivery, account))) = (ended, leased)
            && error.is_panic()
        {
            // A defect of ours. Its lease runs out, and the delivery is then taken up as in doubt.
            tracing::error!(delivery.id = %delivery, account, "an attempt broke off: please report this");
        }
    }

    /// Waits for the running attempts, so long at most. What is cut off is taken up at the next start.
    async fn drain(mut self) {
        let limit = Duration::from_millis(self.shared.config.stop_wait_ms);
        let ended =
            tokio::time::timeout(limit, async { while self.running.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            let cut_off = self.running.len();
            tracing::warn!(
                cut_off,
                "attempts still ran when the proxy stopped; the next start takes them up as in doubt"
            );
            self.running.shutdown().await;
        }
    }
}
