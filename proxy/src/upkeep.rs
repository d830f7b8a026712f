//! What the running proxy does for what it keeps: opens the store's own secret, wraps anew what older keys have wrapped, and
//! erases what is over.
//!
//! Apart from delivery, which it never waits for and never holds up: it works in small steps, each whole in itself, so that it
//! can be broken off anywhere and begun again.

mod rotation;

pub use rotation::Rotation;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::crash;
use crate::keys::{IndexKey, Keyring, Keys, OpenFault};
use crate::store::{Refusal, Retention, Store, StoreError, StoredSecret};

/// How often it looks.
const TURN: Duration = Duration::from_secs(60 * 60);
/// How soon it looks again after the store has failed it.
const STORE_PAUSE: Duration = Duration::from_secs(60);
/// Leads that are erased in one step.
const STEP: u32 = 256;
/// Pause between steps, so that leads on their way come first.
const STEP_PAUSE: Duration = Duration::from_millis(5);

/// Opens the store's own secret, or makes one for a store that has none; wraps it by the active key.
///
/// # Errors
/// [`StoreError::Refused`] where its key is not in the ring, or is another than it was.
pub async fn open_keys(ring: Keyring, store: &dyn Store) -> Result<Keys, StoreError> {
    let stored = match store.secret(IndexKey::NAME).await? {
        Some(stored) => stored,
        None => {
            let (key_id, sealed) = ring.wrap_secret(IndexKey::NAME, &IndexKey::random());
            // Where another replica was faster, its secret counts.
            store.keep_secret(IndexKey::NAME, StoredSecret { key_id, sealed }).await?
        }
    };
    let root = ring.open_secret(IndexKey::NAME, &stored.key_id, &stored.sealed).map_err(|fault| {
        let id = &stored.key_id;
        StoreError::Refused(match fault {
            OpenFault::UnknownKey { .. } => Refusal {
                found: format!("the store's own secret is wrapped by the key {id:?}, which is not in [keys.ring]"),
                remedy: "put that key back: it may go once everything is wrapped by another".to_owned(),
            },
            OpenFault::Broken => Refusal {
                found: format!("the key {id:?} of [keys.ring] does not open the store's own secret"),
                remedy: "give that id the 32 bytes that it had, for another key needs another id; or put back a backup of \
                         the store"
                    .to_owned(),
            },
        })
    })?;
    if stored.key_id != ring.active().as_str() {
        let (key_id, sealed) = ring.wrap_secret(IndexKey::NAME, &root);
        store.rewrap_secret(IndexKey::NAME, stored, StoredSecret { key_id, sealed }).await?;
        crash::point("rotation.secret");
    }
    Ok(Keys { ring, index: IndexKey::new(root) })
}

/// Everything that upkeep needs.
pub struct Upkeep {
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    retention: Retention,
    clock: Clock,
}

impl Upkeep {
    /// Readies it.
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keys>, retention: Retention, clock: Clock) -> Self {
        Self { store, keys, retention, clock }
    }

    /// Goes on until it is broken off.
    pub fn start(self) -> JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                let wait = match self.turn().await {
                    Ok(()) => TURN,
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::error!(error, "the store failed its upkeep; it is tried again in a minute");
                        STORE_PAUSE
                    }
                };
                self.clock.sleep_until(self.clock.now().after(wait)).await;
            }
        })
    }

    /// Wraps and erases whatever is due.
    ///
    /// # Errors
    /// When the store fails; what was done until then is done.
    pub async fn turn(&self) -> Result<(), StoreError> {
        self.rotate().await?;
        self.erase_old().await?;
        match self.store.scrub().await {
            Err(StoreError::Busy(_)) => {
                tracing::warn!(
                    "the store's log still holds what was erased, for somebody reads it; tried again in an hour"
                );
                Ok(())
            }
            scrubbed => scrubbed,
        }
    }

    /// Erases the content of every lead whose time is over; how many there were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erase_old(&self) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let erased = self.store.erase_old(self.retention, STEP).await?;
            crash::point("retention.batch");
            all += erased;
            if erased < u64::from(STEP) {
                break;
            }
            tokio::time::sleep(STEP_PAUSE).await;
        }
        if all > 0 {
            tracing::info!(leads = all, "the content of leads whose time is over was erased");
        }
        Ok(all)
    }
}
