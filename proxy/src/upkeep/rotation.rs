//! Rotation: what older keys of the ring have wrapped is wrapped by the active one, while leads come and go.
//!
//! Apart because it must be true of every moment: each row opens before and after its own small write, and a row that was
//! changed meanwhile is left as it is.

use std::collections::BTreeMap;

use super::{STEP, STEP_PAUSE, Upkeep};
use crate::crash;
use crate::keys::{LeadAddress, OpenFault};
use crate::store::{Rewrapped, StoreError, WrappedKey};

/// What a look through the whole store has brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Leads that are wrapped by the active key now and were not before.
    pub leads: u64,
    /// Accounts' tokens that are.
    pub tokens: u64,
    /// Leads that no key of the ring opens, by the id of the key that they name.
    pub stuck: BTreeMap<String, u64>,
}

impl Upkeep {
    /// Looks through the whole store once.
    ///
    /// # Errors
    /// When the store fails; what was wrapped until then stays so.
    pub async fn rotate(&self) -> Result<Rotation, StoreError> {
        let mut rotation = Rotation { tokens: self.reseal_tokens().await?, ..Rotation::default() };
        let active = self.keys.ring.active().as_str();
        let mut after = 0;
        loop {
            let page = self.store.wrapped_by_others(active, after, STEP).await?;
            let keys = page.keys.into_iter().filter_map(|key| self.rewrapped(key, &mut rotation)).collect();
            rotation.leads += self.store.rewrap(keys).await?;
            crash::point("rotation.batch");
            let Some(next) = page.next else { break };
            after = next;
            tokio::time::sleep(STEP_PAUSE).await;
        }
        self.tell(&rotation);
        Ok(rotation)
    }

    fn rewrapped(&self, was: WrappedKey, rotation: &mut Rotation) -> Option<Rewrapped> {
        let WrappedKey { receipt, form, account, key_id, data_key, .. } = &was;
        match self.keys.ring.rewrap(&LeadAddress { receipt, form, account }, key_id, data_key) {
            Ok((key_id, data_key)) => Some(Rewrapped { was, key_id, data_key }),
            Err(fault) => {
                let id = match fault {
                    OpenFault::UnknownKey { id } => id,
                    OpenFault::Broken => key_id.clone(),
                };
                *rotation.stuck.entry(id).or_default() += 1;
                None
            }
        }
    }

    async fn reseal_tokens(&self) -> Result<u64, StoreError> {
        let ring = &self.keys.ring;
        let mut resealed = 0;
        for token in self.store.sealed_tokens().await? {
            if ring.is_token_of_active(&token.sealed) {
                continue;
            }
            // One that does not open is told by who wants to use it.
            let Ok(plain) = ring.open_token(&token.account, token.generation, &token.sealed) else {
                continue;
            };
            let sealed = ring.seal_token(&token.account, token.generation, &plain);
            resealed += u64::from(self.store.reseal_token(token, sealed).await?);
            crash::point("rotation.token");
        }
        Ok(resealed)
    }

    fn tell(&self, rotation: &Rotation) {
        let (active, Rotation { leads, tokens, stuck }) = (self.keys.ring.active(), rotation);
        if *leads > 0 || *tokens > 0 {
            tracing::info!(%active, leads, tokens, "what older keys had sealed is sealed by the active key now");
        }
        for (key, leads) in stuck {
            tracing::error!(
                key,
                leads,
                "leads can't be opened: their key is not in [keys.ring], is another than it was, or they were changed; put the \
                 key back, or a backup of the store"
            );
        }
    }
}
