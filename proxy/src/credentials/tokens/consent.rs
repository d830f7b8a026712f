//! A person's consent: where the browser is sent, what it must bring back, and the code turned into tokens.
//!
//! Apart from errands because it begins and ends in a browser. A state is 256 bits of chance, good once, for ten minutes and
//! one account; the store knows only its hash.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::account::Account;
use crate::connectors::Why;
use crate::connectors::parts::seal::{Grant, TokenPlan};
use crate::credentials::tokens::answer::NoToken;
use crate::credentials::tokens::errand::Errand;
use crate::credentials::tokens::request::Ask;
use crate::credentials::tokens::{TokenFault, TokenKeeper};
use crate::ids;
use crate::store::StoreError;
use crate::tasks;

/// How long a person may take.
const CONSENT_LIFE: Duration = Duration::from_secs(10 * 60);
/// Longest code that is taken.
const CODE_BYTES_MAX: usize = 4_096;

/// Why a consent came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ConsentFault {
    /// The account gets its tokens without a consent.
    #[error("this account gets its tokens without a consent")]
    NotNeeded,
    /// No state, or one that is not ours, used, too old or of another account.
    #[error("the state is not one that is waited for")]
    State,
    /// No code that can be used.
    #[error("there is no usable code")]
    Code,
    /// The token endpoint did not turn the code into tokens.
    #[error("the token endpoint gave no tokens for the code")]
    Tokens(TokenFault),
    /// The tokens brought no refresh token, so the consent would end with the first of them.
    #[error("the token endpoint gave no refresh token")]
    NoRefreshToken,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl TokenKeeper {
    /// Where to send the person who consents.
    ///
    /// # Errors
    /// When the account needs no consent, or the store fails.
    pub async fn begin_consent(&self, account: &Account, plan: &TokenPlan) -> Result<Url, ConsentFault> {
        let Grant::Consent { authorize_url, redirect_uri, .. } = &plan.grant else {
            return Err(ConsentFault::NotNeeded);
        };
        let client_id = account.credential(plan.client_id).ok_or(ConsentFault::NotNeeded)?;
        let mut url = Url::parse(authorize_url).map_err(|_| ConsentFault::NotNeeded)?;
        let mut random = [0; 32];
        ids::fill(&mut random);
        let state = URL_SAFE_NO_PAD.encode(random);
        let expires_at = self.shop.clock.now().after(CONSENT_LIFE);
        self.shop.store.add_consent(hash_of(&state), account.id(), expires_at).await?;
        url.query_pairs_mut()
            .append_pair("client_id", client_id.expose_secret())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", &state);
        Ok(url)
    }

    /// Takes what the browser has brought back, and keeps the tokens. Goes on to its end when the browser goes away.
    ///
    /// # Errors
    /// When state or code are not good, the endpoint gives nothing, or the store fails.
    pub async fn finish_consent(
        &self,
        account: &Account,
        plan: &TokenPlan,
        state: Option<&str>,
        code: Option<&str>,
    ) -> Result<(), ConsentFault> {
        if !matches!(plan.grant, Grant::Consent { .. }) {
            return Err(ConsentFault::NotNeeded);
        }
        let state = state.ok_or(ConsentFault::State)?;
        let consented = self.shop.store.take_consent(hash_of(state)).await?;
        if consented.as_deref() != Some(account.id()) {
            return Err(ConsentFault::State);
        }
        let code =
            code.filter(|code| (1..=CODE_BYTES_MAX).contains(&code.len())).ok_or(ConsentFault::Code)?;
        let errand = Errand::new(&self.shop, account, plan).ok_or(ConsentFault::NotNeeded)?;
        let ask = Ask::Code(SecretString::from(code));
        let exchange = tokio::spawn(tasks::ours(async move { exchange_code(&errand, &ask).await }));
        exchange.await.unwrap_or(Err(ConsentFault::Tokens(TokenFault::Later)))
    }
}

async fn exchange_code(errand: &Errand, ask: &Ask) -> Result<(), ConsentFault> {
    let now = errand.shop.clock.now();
    let account = errand.account.as_str();
    // Without a permit nothing can take the right to ask away.
    let asked = errand.ask(ask, now, None).await.unwrap_or_else(|| Err(NoToken::later(Why::LeaseLost)));
    let fresh = asked.map_err(|no_token| {
        let (reason, fault) = match &no_token {
            NoToken::Later { reason, .. } => (reason, TokenFault::Later),
            NoToken::Refused { reason, .. } => (reason, TokenFault::Refused),
        };
        tracing::error!(account, reason, "the token endpoint gave no tokens for a consent: begin it anew");
        ConsentFault::Tokens(fault)
    })?;
    if fresh.refresh.is_none() {
        tracing::error!(
            account,
            "the token endpoint gave no refresh token for a consent, so nothing was kept"
        );
        return Err(ConsentFault::NoRefreshToken);
    }
    errand.keep_consented(fresh, now).await?;
    tracing::info!(account, "the account is connected");
    Ok(())
}

fn hash_of(state: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, state.as_bytes()).as_ref());
    hash
}
