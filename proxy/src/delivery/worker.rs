//! The worker: sleeps until something is due, leases it, and gives each delivery a task of its own.
//!
//! Apart from the walk of an attempt: here is only when, and how many at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::account::Account;
use crate::clock::Timestamp;
use crate::crash;
use crate::delivery::{Shared, walk};
use crate::ids::DeliveryId;
use crate::store::{AccountRoom, ClaimRequest, Fence, StoreError};
use crate::tasks;
use crate::transport::Permit;

/// Pause after the store has failed, so that it is not asked in a circle.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Longest sleep before a turn, by a clock that nobody sets: a wait that was planned before the wall clock was set back
/// would last as much longer.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// How often a lease is renewed before it would end.
const RENEWALS: u32 = 3;

/// Least step back of the wall clock that is acted upon; smaller ones are its ordinary correction.
const STEP_BACK_MIN: Duration = Duration::from_secs(60);

/// Least time from one turn to the next. A turn asks the store twice, and under load every accept is a word to take one; what
/// has come within this time is claimed together.
const TURN_MIN: Duration = Duration::from_millis(5);

/// Delivers until told to stop, then waits for what is running.
pub(super) async fn run(shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let now = shared.clock.now();
    let next_renewal = Instant::now() + shared.config.lease() / RENEWALS;
    let mut worker = Worker {
        shared,
        running: JoinSet::new(),
        leased: HashMap::new(),
        last_turn: now,
        next_recovery: Instant::now(),
        next_renewal,
        resumed: false,
        first: 0,
    };
    // A dropped sender is a word to stop, too.
    while !*stopping.borrow_and_update() && stopping.has_changed().is_ok() {
        let next_turn = Instant::now() + TURN_MIN;
        let wake_at = match worker.turn().await {
            Ok(wake_at) => wake_at,
            // Nothing opens it again: whoever watches the process must start another.
            Err(StoreError::Closed) => {
                tracing::error!("the store has closed under the delivery worker");
                break;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the store failed the delivery worker"
                );
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(STORE_PAUSE) => {}
                    _ = stopping.changed() => {}
                }
                continue;
            }
        };
        // In this order, so that a simulation repeats itself; each of them leads to a whole turn, and none is left waiting.
        tokio::select! {
            biased;
            _ = stopping.changed() => {}
            () = worker.shared.wake.notified() => {}
            Some(ended) = worker.running.join_next_with_id() => worker.forget(&ended),
            () = tokio::time::sleep_until(wake_at) => {}
            () = tokio::time::sleep_until(worker.next_renewal) => {}
            () = tokio::time::sleep(SLEEP_MAX) => {}
        }
        tokio::time::sleep_until(next_turn).await;
    }
    worker.drain().await;
}

struct Worker {
    shared: Arc<Shared>,
    running: JoinSet<()>,
    leased: HashMap<Id, Leased>,
    last_turn: Timestamp,
    /// By a clock that nobody sets, as leases are counted here.
    next_recovery: Instant,
    /// By the same.
    next_renewal: Instant,
    resumed: bool,
    /// Whose turn it is to be asked first.
    first: usize,
}

/// A delivery that a task of ours works on.
struct Leased {
    delivery: DeliveryId,
    fence: Fence,
    account: String,
    permit: Permit,
}

impl Worker {
    /// Leases what is due and answers when to look again unless woken before.
    async fn turn(&mut self) -> Result<Instant, StoreError> {
        self.notice_step_back();
        self.renew().await?;
        self.recover().await?;
        self.resume().await?;
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.forget(&ended);
        }
        self.claim().await?;
        let accounts = self.rooms();
        if accounts.is_empty() || self.free() == 0 {
            return Ok(self.next_recovery);
        }
        let due = self.shared.store.next_due(&accounts).await?;
        // What is further away than this clock can say is looked for long before.
        let due = due.and_then(|wait| Instant::now().checked_add(wait));
        Ok(due.map_or(self.next_recovery, |due| due.min(self.next_recovery)))
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
            self.next_recovery = Instant::now();
        }
        self.last_turn = now;
    }

    /// Three times in a lease: lets the leases of running attempts last. A lease that is lost ends the right to send.
    async fn renew(&mut self) -> Result<(), StoreError> {
        let asked_at = Instant::now();
        if asked_at < self.next_renewal {
            return Ok(());
        }
        let lease = self.shared.config.lease();
        // Planned before it is asked for: where the store fails, the leases run out, and others take over.
        self.next_renewal = asked_at + lease / RENEWALS;
        if self.leased.is_empty() {
            return Ok(());
        }
        let held: Vec<_> = self.leased.values().map(|leased| (leased.delivery, leased.fence)).collect();
        crash::point("renew.asked");
        let lost = self.shared.store.renew(&held, lease).await?;
        crash::point("renew.written");
        for leased in self.leased.values().filter(|leased| held.contains(&(leased.delivery, leased.fence))) {
            if lost.contains(&leased.delivery) {
                leased.permit.revoke();
            } else {
                leased.permit.renew(asked_at + lease);
            }
        }
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

    /// At start, and then once in a lease: takes up what dead workers have left. What is due does not wait for it where it
    /// fails.
    async fn recover(&mut self) -> Result<(), StoreError> {
        let now = Instant::now();
        if now < self.next_recovery {
            return Ok(());
        }
        let running: Vec<DeliveryId> = self.leased.values().map(|leased| leased.delivery).collect();
        let lease = self.shared.config.lease();
        let left = match self.shared.store.recover(&running, lease).await {
            Ok(left) => left,
            Err(error @ StoreError::Closed) => return Err(error),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the store could not tell what dead workers have left");
                self.next_recovery = now + STORE_PAUSE;
                return Ok(());
            }
        };
        for abandoned in left {
            crash::point("recover.leased");
            walk::take_up(&self.shared, &abandoned).await;
        }
        self.next_recovery = now + lease;
        Ok(())
    }

    async fn claim(&mut self) -> Result<(), StoreError> {
        let (mut accounts, limit) = (self.rooms(), self.free());
        if accounts.is_empty() || limit == 0 {
            return Ok(());
        }
        // Each turn begins with the next account, so that none is always last when room is short.
        self.first = self.first.wrapping_add(1) % accounts.len();
        accounts.rotate_left(self.first);
        let (asked_at, lease) = (Instant::now(), self.shared.config.lease());
        for claimed in self.shared.store.claim(ClaimRequest { accounts, limit, lease }).await? {
            crash::point("claim.leased");
            let permit = Permit::new(asked_at + lease, self.shared.config.exchange());
            let leased = Leased {
                delivery: claimed.delivery,
                fence: claimed.fence,
                account: claimed.account.clone(),
                permit: permit.clone(),
            };
            let shared = Arc::clone(&self.shared);
            let walk = async move { walk::walk(&shared, &claimed, &permit).await };
            let task = self.running.spawn(tasks::ours(walk));
            self.leased.insert(task.id(), leased);
        }
        Ok(())
    }

    /// How many more attempts may run at once.
    fn free(&self) -> u32 {
        self.shared.config.concurrent_max.saturating_sub(u32::try_from(self.leased.len()).unwrap_or(u32::MAX))
    }

    /// The enabled accounts that may run more attempts, and how many.
    fn rooms(&self) -> Vec<AccountRoom> {
        let enabled = self.shared.accounts.iter().filter(|account| account.is_enabled());
        enabled.map(|account| self.room(account)).filter(|account| account.room > 0).collect()
    }

    fn room(&self, account: &Account) -> AccountRoom {
        let busy = self.leased.values().filter(|leased| leased.account == account.id()).count();
        let busy = u32::try_from(busy).unwrap_or(u32::MAX);
        AccountRoom {
            account: account.id().to_owned(),
            room: self.shared.config.account_room().saturating_sub(busy),
            flow: self.shared.config.flow(account.per_minute()),
        }
    }

    fn forget(&mut self, ended: &Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        if let (Err(error), Some(leased)) = (ended, self.leased.remove(&id))
            && error.is_panic()
        {
            // A defect of ours. Its lease runs out, and the delivery is then taken up as in doubt.
            tracing::error!(delivery.id = %leased.delivery, account = leased.account, "an attempt broke off: please report this");
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
