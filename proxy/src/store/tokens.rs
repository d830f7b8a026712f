//! What a store promises of access tokens: one renews at a time, no token is used before it is synced, none is written
//! over a newer one.
//!
//! Apart from leads and deliveries, which know nothing of it. What is kept here is sealed: no store can read a token.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::store::{Fence, StoreError};

/// What is kept of an account's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Raised with every token that the account gets.
    pub generation: i64,
    /// Raised with every lease and every token.
    pub fence: Fence,
    /// The tokens, sealed; none where there never were any, or an operator has cleared them.
    pub sealed: Option<Vec<u8>>,
    /// Whether the endpoint refuses the account.
    pub state: TokenState,
    /// Why the last try brought no token: a code.
    pub reason: Option<String>,
    /// Tries without a token since the last one.
    pub failures: u32,
    /// When the endpoint may be asked again. None with [`TokenState::Refused`]: not before a person has consented anew.
    pub retry_at: Option<Timestamp>,
    /// A keyed hash over the credentials that were refused.
    pub client: Option<Vec<u8>>,
    /// When token, state or wait were last written.
    pub changed_at: Timestamp,
}

/// How an account stands with its token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It gives tokens, or is not to be had for the moment.
    Good,
    /// It refuses the client or the refresh token.
    Refused,
}

/// The answer to who wants to renew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLease {
    /// He alone may.
    Granted(Fence),
    /// Somebody else does, until then at most.
    Busy {
        /// When that right ends.
        until: Timestamp,
    },
    /// The row is not the one that he has seen: look again.
    Newer,
}

/// A try that brought no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSetback {
    /// How the account stands now.
    pub state: TokenState,
    /// Why: a code.
    pub reason: String,
    /// When the endpoint may be asked again.
    pub retry_at: Option<Timestamp>,
    /// A keyed hash over the credentials that were refused.
    pub client: Option<Vec<u8>>,
}

/// Keeps sealed tokens and the consents that are waited for.
#[async_trait]
pub trait TokenStore {
    /// What is kept of an account's tokens.
    async fn token_row(&self, account: &str) -> Result<Option<TokenRow>, StoreError>;

    /// Gives the right to renew to one caller at a time; `seen` is the fence of the row that he has looked at, 0 where
    /// there was none.
    async fn lease_token(
        &self,
        account: &str,
        seen: Fence,
        lease_until: Timestamp,
    ) -> Result<TokenLease, StoreError>;

    /// Keeps new tokens as generation `seen_generation + 1` and ends whatever lease there is; answers after the sync.
    /// False, and nothing written, where the account has another generation by now.
    async fn save_token(
        &self,
        account: &str,
        seen_generation: i64,
        sealed: Vec<u8>,
    ) -> Result<bool, StoreError>;

    /// Notes a try without a token and ends its lease; how many there were since the last token. None, and nothing
    /// written, where the lease was lost.
    async fn note_setback(
        &self,
        account: &str,
        fence: Fence,
        setback: TokenSetback,
    ) -> Result<Option<u32>, StoreError>;

    /// Forgets an account's tokens and waits, for an operator. The generation goes on.
    async fn clear_token(&self, account: &str) -> Result<bool, StoreError>;

    /// Notes that a person was sent to consent. Those that have expired are forgotten.
    async fn add_consent(
        &self,
        state_hash: [u8; 32],
        account: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Takes the consent of a state, once: its account, unless it has expired.
    async fn take_consent(&self, state_hash: [u8; 32]) -> Result<Option<String>, StoreError>;
}
