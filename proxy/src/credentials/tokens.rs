//! Access tokens: fetched and renewed by one caller per account, kept in the store, never asked for in a loop.
//!
//! Apart because a token is a credential that changes: who holds an old one must not spoil the new one. Within the process
//! one errand per account is under way at a time; between processes the store's lease sees to it. An errand runs in a task
//! of its own, so that a caller who goes away takes no new refresh token with him.

mod answer;
mod consent;
mod errand;
mod kept;
mod request;
mod trial;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;

use crate::account::Account;
use crate::clock::{Clock, Timestamp};
use crate::connectors::Seal;
use crate::connectors::parts::seal::TokenPlan;
use crate::credentials::sealed::Sealer;
use crate::credentials::tokens::errand::Errand;
use crate::keys::Keys;
use crate::store::Store;
use crate::transport::Transport;

pub use consent::ConsentFault;
pub use trial::try_token;

/// How much longer than one exchange a caller waits for an errand, or for somebody else's.
const PATIENCE: Duration = Duration::from_secs(10);

/// An access token and which one in its account's row of tokens it is.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub secret: SecretString,
    /// Raised with every token that the account gets.
    pub generation: i64,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// The token endpoint is slow, down or not understood: leads wait.
    #[error("no access token can be had now")]
    Later,
    /// The token endpoint refuses our client or our refresh token, or nobody has consented yet: a person must act.
    #[error("the token endpoint refuses this account")]
    Refused,
}

/// How an account gets its tokens; none where its connector needs none.
pub fn plan_of(account: &Account) -> Option<TokenPlan> {
    account.connector().seals(account.settings()).into_iter().find_map(|seal| match seal {
        Seal::Bearer(plan) => Some(plan),
        _ => None,
    })
}

/// Gets tokens for accounts.
pub struct TokenKeeper {
    shop: Arc<Shop>,
}

/// What every errand works with.
struct Shop {
    store: Arc<dyn Store>,
    transport: Transport,
    clock: Clock,
    sealer: Sealer,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

/// One account's place in this process.
#[derive(Default)]
struct Slot {
    known: Mutex<Option<Known>>,
    /// Held while an errand is under way.
    errand: Arc<tokio::sync::Mutex<()>>,
    /// What the operator has been told already: each is said once.
    told: Mutex<Option<&'static str>>,
}

/// The token in memory.
#[derive(Clone)]
struct Known {
    token: AccessToken,
    issued_at: Timestamp,
    renew_at: Timestamp,
    expires_at: Timestamp,
    bound: Vec<u8>,
}

/// How fresh a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    Fresh,
    /// It is time for the next one, and still safe to send.
    Soon,
    /// It may end on its way.
    Late,
    /// It has ended.
    Over,
}

impl Known {
    fn freshness(&self, now: Timestamp) -> Freshness {
        let margin = self.expires_at.since(self.renew_at);
        if now >= self.expires_at || self.issued_at > now.after(Duration::from_secs(60)) {
            Freshness::Over
        } else if now < self.renew_at {
            Freshness::Fresh
        } else if now.after(margin / 2) < self.expires_at {
            Freshness::Soon
        } else {
            Freshness::Late
        }
    }
}

impl TokenKeeper {
    /// Readies it; the keys seal what is kept in the store.
    pub fn new(store: Arc<dyn Store>, transport: Transport, clock: Clock, keys: Arc<Keys>) -> Self {
        let sealer = Sealer::new(keys);
        Self { shop: Arc::new(Shop { store, transport, clock, sealer, slots: Mutex::default() }) }
    }

    /// A token that is good now, from memory, from the store or from the token endpoint.
    ///
    /// # Errors
    /// When there is none now, or none without a person.
    pub async fn token(&self, account: &Account, plan: &TokenPlan) -> Result<AccessToken, TokenFault> {
        let errand = Errand::new(&self.shop, account, plan).ok_or(TokenFault::Refused)?;
        match errand.known() {
            Some((token, Freshness::Fresh)) => Ok(token),
            Some((token, Freshness::Soon)) => {
                errand.run_aside();
                Ok(token)
            }
            Some((_, Freshness::Late | Freshness::Over)) | None => errand.wait(None).await,
        }
    }

    /// A token other than this one, which the partner has refused. Asks the endpoint once for each refused token,
    /// however many callers bring it.
    ///
    /// # Errors
    /// As [`TokenKeeper::token`].
    pub async fn renew(
        &self,
        account: &Account,
        plan: &TokenPlan,
        refused: &AccessToken,
    ) -> Result<AccessToken, TokenFault> {
        let errand = Errand::new(&self.shop, account, plan).ok_or(TokenFault::Refused)?;
        errand.wait(Some(refused.generation)).await
    }

    /// Forgets an account's tokens, refusals and waits, for an operator; whether there were any.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clear(&self, account: &Account) -> Result<bool, crate::store::StoreError> {
        let cleared = self.shop.store.clear_token(account.id()).await?;
        *lock(&self.shop.slot(account.id()).known) = None;
        Ok(cleared)
    }

    /// Waits for the errands under way, so long as one may last: a new refresh token that is not stored is lost for ever.
    pub async fn settle(&self) {
        let slots: Vec<Arc<Slot>> = lock(&self.shop.slots).values().cloned().collect();
        let settled = async {
            for slot in slots {
                drop(slot.errand.lock().await);
            }
        };
        if tokio::time::timeout(self.shop.errand_max(), settled).await.is_err() {
            tracing::error!("a token endpoint was still to answer when the proxy stopped");
        }
    }
}

impl Shop {
    fn slot(&self, account: &str) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        match slots.get(account) {
            Some(slot) => Arc::clone(slot),
            None => Arc::clone(slots.entry(account.to_owned()).or_default()),
        }
    }

    /// Longest that an errand lasts, or waits for another.
    fn errand_max(&self) -> Duration {
        self.transport.exchange_timeout() + PATIENCE
    }
}

/// Nothing is left half done under these locks, so a panic elsewhere takes nothing from them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
