//! Tells a person what is waiting for one: leads that are held or given up, accounts that let none go, a store that takes none.
//!
//! Apart from the log lines of single attempts, which tell each and are read by nobody at night: this looks at the whole every
//! quarter of a minute, says each cause once, and again every hour while it lasts.

mod cause;
mod config;
mod post;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::account::Accounts;
use crate::app::known_accounts;
use crate::clock::Clock;
use crate::store::operator::KnownAccounts;
use crate::store::{DeliveryState, GateCause, Store, StoreError};
use crate::transport::Transport;

pub use cause::Cause;
pub use config::{AlertTarget, AlertsConfig};

use cause::Subject;
use post::Post;
use watch::{Alert, Watch};

/// How often it looks: often enough for a cause to be told within a minute, whatever one look takes.
const TURN: Duration = Duration::from_secs(15);
/// How long a look may take before the store counts as one that takes nothing, or its rows as ones that can't be read.
const LOOK_MAX: Duration = Duration::from_secs(20);

/// Everything that is looked at.
pub(crate) struct Alerts {
    store: Arc<dyn Store>,
    accounts: KnownAccounts,
    clock: Clock,
    post: Option<Post>,
    watch: Watch,
}

impl Alerts {
    /// Looks until it is broken off.
    pub(crate) fn start(
        config: AlertsConfig,
        store: Arc<dyn Store>,
        accounts: &Accounts,
        transport: Transport,
        clock: Clock,
    ) -> JoinHandle<()> {
        let accounts = known_accounts(accounts);
        let post = config.target.map(|target| Post::new(target, transport, clock.clone()));
        let mut alerts = Self { store, accounts, clock, post, watch: Watch::default() };
        // Not at once: a start resumes the accounts that were paused, and what it mends is told to nobody.
        let mut next = alerts.clock.now().after(TURN);
        tokio::spawn(async move {
            loop {
                // Also by a clock that nobody sets: one that was set back would keep a cause untold.
                tokio::select! {
                    () = alerts.clock.sleep_until(next) => {}
                    () = tokio::time::sleep(2 * TURN) => {}
                }
                next = alerts.clock.now().after(TURN);
                alerts.turn().await;
            }
        })
    }

    /// Looks once, and tells what is to be told.
    async fn turn(&mut self) {
        let is_ready = bounded(self.store.ready()).await.is_some();
        let seen = if is_ready { bounded(self.look()).await } else { None };
        let now = self.clock.now();
        let look = match seen {
            Some(seen) => self.watch.look(now, seen),
            None if !is_ready => self.watch.blind(now),
            // It takes leads: what can't be read of it stays as it was told.
            None => return,
        };
        for alert in look.alerts {
            tell(&alert);
            if let Some(post) = &mut self.post {
                post.send(&alert, now);
            }
        }
        for (cause, account) in look.over {
            tracing::info!(alert = cause.as_str(), account, "what was told of is over");
        }
    }

    /// What there is, counted.
    async fn look(&self) -> Result<BTreeMap<Subject, u64>, StoreError> {
        let mut seen = BTreeMap::new();
        let mut waiting = BTreeSet::new();
        for count in self.store.open_counts().await? {
            if matches!(count.state, DeliveryState::Waiting | DeliveryState::Leased) {
                waiting.insert(count.account.clone());
            }
            let is_unknown = !self.accounts.known.contains(&count.account);
            let cause = match count.state {
                // Nobody is woken for robots: who is in quarantine is no lead in doubt.
                DeliveryState::Held if count.count == count.quarantined => continue,
                DeliveryState::Held => Cause::LeadHeld,
                DeliveryState::DeadLetter => Cause::LeadDead,
                DeliveryState::Waiting if is_unknown => Cause::AccountUnknown,
                _ => continue,
            };
            *seen.entry((cause, Some(count.account))).or_default() += count.count - count.quarantined;
        }
        for view in self.store.closed_gates().await? {
            let cause = match view.gate.closed.map(|closed| closed.cause) {
                Some(GateCause::Broken) => Cause::AccountBroken,
                Some(GateCause::Paused) => Cause::AccountPaused,
                // A person has done so, and knows.
                Some(GateCause::Stopped) | None => continue,
            };
            // While no lead waits for it, nobody need be woken.
            if waiting.contains(&view.account) {
                seen.insert((cause, Some(view.account)), 1);
            }
        }
        Ok(seen)
    }
}

/// What the store answers; none where it fails, or takes too long.
async fn bounded<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    match tokio::time::timeout(LOOK_MAX, answer).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the store failed who looks after it");
            None
        }
        Err(_) => {
            tracing::warn!(seconds = LOOK_MAX.as_secs(), "the store did not answer who looks after it");
            None
        }
    }
}

/// Writes one line.
fn tell(alert: &Alert) {
    let account = alert.account.as_deref();
    let (name, count, repeated) = (alert.cause.as_str(), alert.count, alert.repeated);
    tracing::error!(alert = name, account, count, repeated, "alert: {}", alert.cause.sentence());
}

#[cfg(test)]
mod tests;
