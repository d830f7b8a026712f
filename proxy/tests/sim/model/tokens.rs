//! The model's access tokens and consents.
//!
//! Apart from the outbox, as in the drivers: other rows, other fences.

use lead_proxy::clock::Timestamp;
use lead_proxy::store::{Fence, TokenLease, TokenRow, TokenSetback, TokenState};

use super::{Owner, Rows, STEP_BACK_MIN};
use crate::sabotage::Sabotage;

/// Most consents of one account that are waited for.
const CONSENTS_MAX: usize = 100;

/// An account's row.
pub(super) struct Token {
    pub(super) row: TokenRow,
    /// Whose lease it is, and until when.
    lease: Option<(Owner, Timestamp)>,
}

impl Token {
    fn new(now: Timestamp) -> Self {
        let (fence, state) = (Fence(0), TokenState::Good);
        let (sealed, reason, retry_at, client) = (None, None, None, None);
        let row = TokenRow {
            generation: 0,
            fence,
            sealed,
            state,
            reason,
            failures: 0,
            retry_at,
            client,
            changed_at: now,
        };
        Self { row, lease: None }
    }

    /// As after new tokens, or none.
    fn put(&mut self, sealed: Option<Vec<u8>>, now: Timestamp) {
        let (generation, fence) = (self.row.generation + 1, Fence(self.row.fence.0 + 1));
        *self = Self::new(now);
        (self.row.generation, self.row.fence, self.row.sealed) = (generation, fence, sealed);
    }
}

impl Rows {
    /// What is kept of an account's tokens.
    pub fn token(&self, account: &str) -> Option<&TokenRow> {
        self.tokens.get(account).map(|token| &token.row)
    }

    /// Who may renew an account's token, and until when.
    pub fn token_lease(&self, account: &str) -> Option<(Owner, Timestamp)> {
        self.tokens.get(account)?.lease
    }

    pub(super) fn lease_token(
        &mut self,
        account: &str,
        seen: Fence,
        (owner, sole): (Owner, bool),
        (now, until): (Timestamp, Timestamp),
    ) -> TokenLease {
        let shared = self.is(Sabotage::TokenLeaseShared);
        let token = self.tokens.entry(account.to_owned()).or_insert_with(|| Token::new(now));
        // One that ends too far ahead was given by a clock that has been set back since.
        let latest = until.after(STEP_BACK_MIN);
        let holds = |of: Owner, until| until > now && until <= latest && !(shared || sole && of != owner);
        if let Some((_, until)) = token.lease.filter(|(of, until)| holds(*of, *until)) {
            return TokenLease::Busy { until };
        }
        if token.row.fence != seen && !shared {
            return TokenLease::Newer;
        }
        token.row.fence.0 += 1;
        token.lease = Some((owner, until));
        TokenLease::Granted(token.row.fence)
    }

    pub(super) fn save_token(&mut self, account: &str, seen: i64, sealed: Vec<u8>, now: Timestamp) -> bool {
        let (any, forgets) = (self.is(Sabotage::TokenOverwritten), self.is(Sabotage::TokenForgotten));
        let generation = self.token(account).map_or(0, |row| row.generation);
        if generation != seen && !any {
            return false;
        }
        let token = self.tokens.entry(account.to_owned()).or_insert_with(|| Token::new(now));
        if forgets && token.row.generation % 3 == 2 {
            token.lease = None;
            return true;
        }
        token.row.generation = seen;
        token.put(Some(sealed), now);
        true
    }

    pub(super) fn note_setback(
        &mut self,
        account: &str,
        fence: Fence,
        setback: TokenSetback,
        now: Timestamp,
    ) -> Option<u32> {
        let Token { row, lease } = self.tokens.get_mut(account).filter(|token| token.row.fence == fence)?;
        *lease = None;
        row.fence.0 += 1;
        row.failures += 1;
        let TokenSetback { state, reason, retry_at, client } = setback;
        (row.state, row.reason, row.retry_at, row.client) = (state, Some(reason), retry_at, client);
        row.changed_at = now;
        Some(row.failures)
    }

    pub(super) fn clear_token(&mut self, account: &str, now: Timestamp) -> bool {
        let token = self.tokens.get_mut(account);
        token.map(|token| token.put(None, now)).is_some()
    }

    pub(super) fn add_consent(&mut self, hash: [u8; 32], account: &str, until: Timestamp, now: Timestamp) {
        self.consents.retain(|_, (_, until)| *until > now);
        let mut others: Vec<_> = self
            .consents
            .iter()
            .filter(|(_, (of, _))| of == account)
            .map(|(hash, (_, until))| (*until, *hash))
            .collect();
        others.sort_unstable();
        let too_many = (others.len() + 1).saturating_sub(CONSENTS_MAX);
        others.iter().take(too_many).for_each(|(_, hash)| drop(self.consents.remove(hash)));
        self.consents.insert(hash, (account.to_owned(), until));
    }

    pub(super) fn take_consent(&mut self, hash: [u8; 32], now: Timestamp) -> Option<String> {
        self.consents.remove(&hash).filter(|(_, until)| *until > now).map(|(account, _)| account)
    }
}
