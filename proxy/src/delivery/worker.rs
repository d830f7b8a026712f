//! The worker: sleeps until something is due, leases it, and gives each delivery a task of its own.
//!
//! Apart from the walk of an attempt: here is only when, and how many at once.

use std::collections::{HashMap, HashSet};
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

/// Longest sleep before a turn, by a clock that nobody sets: a wait that was planned before the wall clock was set back
/// would last as much longer.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Least step back of the wall clock that is acted upon; smaller ones are its ordinary correction.
const STEP_BACK_MIN: Duration = Duration::from_secs(60);

/// Delivers until told to stop, then waits for what is running.
pub(super) async fn run(shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let now = shared.clock.now();
    let mut worker = Worker {
        next_probe: now.after(shared.config.probe_wait()),
        shared,
        running: JoinSet::new(),
        leased: HashMap::new(),
        last_turn: now,
        next_recovery: now,
        resumed: false,
        probing: HashSet::new(),
    };
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
            () = tokio::time::sleep(SLEEP_MAX) => {}
        }
    }
    worker.drain().await;
}

struct Worker {
    shared: Arc<Shared>,
    /// Each ends with whether the partner has the lead.
    running: JoinSet<bool>,
    leased: HashMap<Id, (DeliveryId, String)>,
    last_turn: Timestamp,
    next_recovery: Timestamp,
    next_probe: Timestamp,
    resumed: bool,
    /// Accounts whose pause was lifted for one lead at a time: until one is delivered they are not trusted again.
    probing: HashSet<String>,
}

impl Worker {
    /// Leases what is due and answers when to look again unless woken before.
    async fn turn(&mut self) -> Result<Timestamp, StoreError> {
        self.notice_step_back();
        self.resume().await?;
        self.recover().await?;
        self.probe().await?;
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.forget(&ended);
        }
        self.claim().await?;
        let look_again = self.next_recovery.min(self.next_probe);
        let accounts: Vec<String> = self.rooms().into_iter().map(|(account, _)| account).collect();
        if accounts.is_empty() || self.free() == 0 {
            return Ok(look_again);
        }
        let due = self.shared.store.next_due(&accounts).await?;
        Ok(due.map_or(look_again, |due| due.min(look_again)))
    }

    /// What was planned by a clock that has been set back since is planned anew; the store does the same with its due
    /// times when it recovers.
    fn notice_step_back(&mut self) {
        let now = self.shared.clock.now();
        let step = self.last_turn.since(now);
        if step >= STEP_BACK_MIN {
            tracing::warn!(
                step_ms = u64::try_from(step.as_millis()).unwrap_or(u64::MAX),
                "the clock was set back: waiting leads keep their waits, not their times"
            );
            self.next_recovery = now;
            self.next_probe = now.after(self.shared.config.probe_wait());
        }
        self.last_turn = now;
    }

    /// Once in `probe_wait_ms`: lets paused accounts try one lead each. A 401 proves that nothing was taken, so this
    /// can't double a lead; the walk pauses the account again unless it is delivered.
    async fn probe(&mut self) -> Result<(), StoreError> {
        let now = self.shared.clock.now();
        if now < self.next_probe {
            return Ok(());
        }
        let paused = self.shared.store.paused_accounts().await?;
        if !paused.is_empty() {
            self.probing.extend(paused);
            self.shared.store.resume_accounts().await?;
        }
        self.next_probe = now.after(self.shared.config.probe_wait());
        Ok(())
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
            let is_probe = self.probing.contains(&claimed.account);
            let task = self.running.spawn(async move { walk::walk(&shared, &claimed, is_probe).await });
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
            let room =
                if self.probing.contains(account.id()) { 1 } else { self.shared.config.account_room() };
            (account.id().to_owned(), room.saturating_sub(busy))
        });
        rooms.filter(|(_, room)| *room > 0).collect()
    }

    fn forget(&mut self, ended: &Result<(Id, bool), JoinError>) {
        let (id, delivered) = match ended {
            Ok((id, delivered)) => (*id, *delivered),
            Err(error) => (error.id(), false),
        };
        let leased = self.leased.remove(&id);
        if let Some((_, account)) = &leased
            && delivered
            && self.probing.remove(account)
        {
            tracing::info!(account, "the partner took a lead of a paused account, which is resumed");
        }
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
