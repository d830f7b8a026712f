//! Gets each lead in the outbox to its partner, once: the workers, and the door at which a visitor's answer waits.
//!
//! Apart from `store`, which keeps, and from `connectors`, which speak: here is only the walk between them.

mod ask;
mod config;
mod plan;
pub mod retry;
mod tell;
mod waiters;
mod walk;
mod work;
mod worker;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lead_model::Problem;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::account::{Account, Accounts};
use crate::clock::Clock;
use crate::delivery::waiters::Waiters;
use crate::exchange::Exchange;
use crate::ids::DeliveryId;
use crate::keys::Keys;
use crate::store::{FlowRule, Store, StoreError};
use crate::tasks;

pub use config::DeliveryConfig;

/// Longest wait for the store when the proxy stops.
const STORE_STOP_WAIT: Duration = Duration::from_secs(5);

/// What a waiting visitor can be told after the first attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstOutcome {
    /// The partner has the lead.
    Delivered,
    /// The partner refused these fields; the visitor may correct them and send again with the same key.
    Rejected {
        /// By form field.
        fields: Vec<Problem>,
    },
    /// Safe, and on its way.
    Pending,
}

/// The running delivery side.
pub struct Delivery {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    /// None once it was waited for.
    worker: Mutex<Option<JoinHandle<()>>>,
    /// Ends with the worker, however that ends.
    alive: watch::Receiver<()>,
}

struct Shared {
    store: Arc<dyn Store>,
    accounts: Arc<Accounts>,
    exchange: Exchange,
    clock: Clock,
    config: DeliveryConfig,
    keys: Arc<Keys>,
    waiters: Waiters,
    wake: Notify,
    stopping: watch::Receiver<bool>,
}

impl Shared {
    /// What an account's gate keeps to.
    fn flow(&self, account: &str) -> FlowRule {
        self.config.flow(self.accounts.get(account).and_then(Account::per_minute))
    }
}

impl Delivery {
    /// Recovers what a process before this one has left, then starts to deliver.
    pub fn start(
        store: Arc<dyn Store>,
        accounts: Arc<Accounts>,
        exchange: Exchange,
        keys: Arc<Keys>,
        clock: Clock,
        config: DeliveryConfig,
    ) -> Self {
        let (stop, stopping) = watch::channel(false);
        let shared = Arc::new(Shared {
            store,
            accounts,
            exchange,
            clock,
            config,
            keys,
            waiters: Waiters::default(),
            wake: Notify::new(),
            stopping: stopping.clone(),
        });
        let (life, alive) = watch::channel(());
        let working = worker::run(Arc::clone(&shared), stopping);
        let worker = tokio::spawn(tasks::ours(async move {
            let _life = life;
            working.await;
        }));
        Self { shared, stop, worker: Mutex::new(Some(worker)), alive }
    }

    /// Tells that this delivery has been stored and is due.
    pub fn notify(&self, _id: DeliveryId) {
        self.shared.wake.notify_one();
    }

    /// Tells that something may be due now that was not before.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Lifts the pause of an account whose credential has just been mended, and looks at once for what waits.
    ///
    /// # Errors
    /// When the store fails; the account is then tried again by itself, later.
    pub async fn resume_account(&self, account: &str) -> Result<(), StoreError> {
        if self.shared.store.resume_account(account).await? {
            tracing::info!(account, "a paused account is resumed");
        }
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Waits for the first attempt of a delivery, so long at most.
    pub async fn wait(&self, id: DeliveryId, limit: Duration) -> FirstOutcome {
        waiters::wait(&self.shared, id, limit).await
    }

    /// Claims nothing more from now on, and lets the running attempts go on.
    pub fn begin_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether it claims nothing more.
    pub fn is_stopping(&self) -> bool {
        *self.shared.stopping.borrow()
    }

    /// Waits until the worker has ended: unless it was told to stop, nothing is delivered any more, and the process is of no
    /// more use.
    pub async fn ended(&self) {
        let mut alive = self.alive.clone();
        while alive.changed().await.is_ok() {}
    }

    /// Claims nothing more and waits for the running attempts, bounded by `stop_wait_ms`. What is cut off then is in
    /// doubt, and taken up at the next start.
    pub async fn stop(&self) {
        self.begin_stop();
        let Some(mut worker) = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        // The worker keeps to `stop_wait_ms` itself, unless the store holds it up.
        let limit = Duration::from_millis(self.shared.config.stop_wait_ms) + STORE_STOP_WAIT;
        match tokio::time::timeout(limit, &mut worker).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(panic = error.is_panic(), "the delivery worker did not end well")
            }
            Err(_) => {
                tracing::error!("the store held the delivery worker up, so it was cut off");
                worker.abort();
            }
        }
    }
}
