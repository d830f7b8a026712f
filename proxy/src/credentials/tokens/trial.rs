//! One token asked for and kept nowhere, to see whether the endpoint knows the client.
//!
//! Apart from errands: no store, no lease, no second try. What is asked for with a person's consent has no place here,
//! since the answer may end the refresh token that the store has.

use secrecy::SecretString;

use crate::account::Account;
use crate::clock::Clock;
use crate::connectors::parts::seal::{Grant, TokenPlan};
use crate::connectors::{Answer, Why};
use crate::credentials::tokens::answer::{self, NoToken};
use crate::credentials::tokens::request::{self, Ask, Client};
use crate::exchange::why_of;
use crate::transport::Transport;

/// Asks once for a token by the client's own id and secret.
///
/// # Errors
/// A code for why there is none.
pub async fn try_token(
    transport: &Transport,
    clock: &Clock,
    account: &Account,
    plan: &TokenPlan,
) -> Result<SecretString, String> {
    let credential = |slot| account.credential(slot).cloned().filter(|_| !needs_consent(plan));
    let client = credential(plan.client_id).zip(credential(plan.client_secret));
    let (id, secret) = client.ok_or_else(|| Why::NotBuilt.to_string())?;
    let request = request::build(plan, &Client { id, secret }, &Ask::Client);
    let request = request.map_err(|_| Why::NotBuilt.to_string())?;
    let response = transport.exchange(request).await.map_err(|error| why_of(error.kind).to_string())?;
    let (head, body) = response.into_parts();
    let answer = Answer { status: head.status.as_u16(), headers: head.headers, body: body.into() };
    match answer::read(&answer, clock.now()) {
        Ok(fresh) => Ok(fresh.access),
        Err(NoToken::Later { reason, .. } | NoToken::Refused { reason, .. }) => Err(reason),
    }
}

fn needs_consent(plan: &TokenPlan) -> bool {
    matches!(plan.grant, Grant::Consent { .. })
}
