//! What the log is told of attempts and gates, each once, at the level of who must act.
//!
//! Apart so that the walk reads as its steps; nothing of a visitor stands in any line.

use crate::store::{AttemptClass, Claimed, GateCause, GateChange, Standing};

/// Says it once, at the level of who must act: nobody, perhaps somebody, the operator.
pub(super) fn attempt(claimed: &Claimed, number: u32, class: AttemptClass, why: &str, standing: Standing) {
    let (id, receipt, account) = (claimed.delivery, &claimed.receipt, claimed.account.as_str());
    let name = class.as_str();
    match (class, standing) {
        (AttemptClass::Credential, _) => tracing::error!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "the partner refuses the account, not this lead"
        ),
        (_, Standing::Held) => tracing::error!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "nobody knows whether the partner has this lead: it is held for a person to decide"
        ),
        (_, Standing::DeadLetter) => tracing::error!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "a delivery was given up and is kept as a dead letter"
        ),
        (_, Standing::Waiting { after }) => tracing::warn!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            wait_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            "an attempt did not deliver; the next is due"
        ),
        (_, Standing::Delivered) => tracing::info!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "a lead was delivered"
        ),
    }
}

/// Says what an attempt did to its account's gate.
pub(super) fn gate(account: &str, change: GateChange, why: &str) {
    match change {
        GateChange::None => {}
        GateChange::Closed(GateCause::Paused) => tracing::error!(
            account,
            why,
            "the partner refuses the account: it is paused and its leads wait; mend what `why` names and restart or \
             resume it (until then one lead is tried every probe_wait_ms)"
        ),
        GateChange::Closed(_) => tracing::error!(
            account,
            why,
            "the partner does not answer: the account's circuit breaker is open and its leads wait; one is tried every \
             breaker_wait_ms"
        ),
        GateChange::StaysClosed(cause) => tracing::warn!(
            account,
            why,
            cause = cause.as_str(),
            "the account stays closed: the lead that was tried for it was not delivered"
        ),
        GateChange::Opened(cause) => {
            tracing::info!(account, cause = cause.as_str(), "the partner answers again: the account is open");
        }
    }
}
