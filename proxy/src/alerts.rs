//! Tells a person what is waiting for one: leads that are held or given up, accounts that let none go, a store that takes none.
//!
//! Apart from the log lines of single attempts, which tell each and are read by nobody at night: this looks at the whole every
//! quarter of a minute, says each cause once, and again every hour while it lasts.

mod cause;
mod config;
mod post;
mod watch;

use std::collections::BTreeMap;
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
/// How long a look may take before the store counts as one that takes nothing.
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
        tokio::spawn(async move {
            loop {
                alerts.turn().await;
                let next = alerts.clock.now().after(TURN);
                // Also by a clock that nobody sets: one that was set back would keep a cause untold.
                tokio::select! {
                    () = alerts.clock.sleep_until(next) => {}
                    () = tokio::time::sleep(2 * TURN) => {}
                }
            }
        })
    }

    /// Looks once, and tells what is to be told.
    async fn turn(&mut self) {
        let seen = tokio::time::timeout(LOOK_MAX, self.look()).await;
        let now = self.clock.now();
        let look = match seen {
            Ok(Ok(seen)) => self.watch.look(now, seen),
            Ok(Err(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the store failed who looks after it"
                );
                self.watch.blind(now)
            }
            Err(_) => self.watch.blind(now),
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
        self.store.ready().await?;
        let mut seen = BTreeMap::new();
        for count in self.store.open_counts().await? {
            let is_unknown = !self.accounts.known.contains(&count.account);
            let cause = match count.state {
                DeliveryState::Held => Cause::LeadHeld,
                DeliveryState::DeadLetter => Cause::LeadDead,
                DeliveryState::Waiting if is_unknown => Cause::AccountUnknown,
                _ => continue,
            };
            seen.insert((cause, Some(count.account)), count.count);
        }
        for view in self.store.closed_gates().await? {
            let cause = match view.gate.closed.map(|closed| closed.cause) {
                Some(GateCause::Broken) => Cause::AccountBroken,
                Some(GateCause::Paused) => Cause::AccountPaused,
                // A person has done so, and knows.
                Some(GateCause::Stopped) | None => continue,
            };
            seen.insert((cause, Some(view.account)), 1);
        }
        Ok(seen)
    }
}

/// Writes one line.
fn tell(alert: &Alert) {
    let account = alert.account.as_deref();
    let (name, count, repeated) = (alert.cause.as_str(), alert.count, alert.repeated);
    tracing::error!(alert = name, account, count, repeated, "alert: {}", alert.cause.sentence());
}
