//! The walk of one attempt: build, ready, write `sending`, seal, send, read, write the outcome, tell who waits.
//!
//! Apart from the worker, which only decides when an attempt is due; the order of these steps is the promise.

use std::fmt::Write as _;
use std::time::Duration;

use aws_lc_rs::digest;
use lead_model::Problem;

use crate::account::Account;
use crate::connectors::{InDoubtPolicy, Outcome, Why};
use crate::delivery::plan::{Plan, plan, policy_of};
use crate::delivery::retry::{History, next_step};
use crate::delivery::{FirstOutcome, Shared};
use crate::mapping::{refused_fields, refused_record_fields};
use crate::store::{Abandoned, AttemptClass, Claimed, Ending, Purpose, Standing, StoreError};

/// Pause before an outcome is written again that the store would not take.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Makes one attempt for a leased delivery; whether the partner has the lead now. A probe pauses its account again unless
/// it is delivered.
pub(super) async fn walk(shared: &Shared, claimed: &Claimed, is_probe: bool) -> bool {
    let told = match shared.accounts.get(&claimed.account) {
        Some(account) => attempt(shared, account, claimed, is_probe).await,
        // Only deliveries of known accounts are claimed.
        None => FirstOutcome::Pending,
    };
    shared.waiters.tell(claimed.delivery, &told);
    told == FirstOutcome::Delivered
}

async fn attempt(shared: &Shared, account: &Account, claimed: &Claimed, is_probe: bool) -> FirstOutcome {
    // Everything that can fail without a byte of the lead comes first: no doubt is left behind by a token or a question.
    let before = match plan(shared, account, claimed).await {
        Plan::Send(kind, request) => shared.exchange.ready(account).await.map(|seals| (kind, request, seals)),
        Plan::End(outcome) => Err(outcome),
        // Checked before accept, so the account's mapping has changed since.
        Plan::Unbuilt => return give_back_unbuilt(shared, account, claimed).await,
    };
    let body = before.as_ref().map_or(&[][..], |(_, request, _)| &request.body);
    let number = match shared.store.begin_attempt(claimed.delivery, claimed.fence, digest_of(body)).await {
        Ok(Some(number)) => number,
        Ok(None) => {
            tracing::warn!(delivery.id = %claimed.delivery, account = account.id(), "the lease was lost before the attempt");
            return FirstOutcome::Pending;
        }
        Err(error) => {
            let id = claimed.delivery;
            tracing::warn!(delivery.id = %id, error = cause(&error), "the attempt could not be written, so it was not made");
            return FirstOutcome::Pending;
        }
    };
    // From here on, and not before, a byte may leave.
    let (outcome, status) = match before {
        Ok((kind, request, seals)) => {
            let exchanged = shared.exchange.send(account, kind, &request, seals).await;
            let status = exchanged.status();
            (exchanged.outcome, status)
        }
        Err(outcome) => (outcome, None),
    };
    conclude(shared, Some(account), claimed, number, &outcome, status, is_probe).await
}

/// Ends the lease of a lead that breaks the payload's rules.
async fn give_back_unbuilt(shared: &Shared, account: &Account, claimed: &Claimed) -> FirstOutcome {
    tracing::error!(
        delivery.id = %claimed.delivery, account = account.id(), form = claimed.form,
        "the lead does not fit the partner's rules any more and is kept as a dead letter: check the account's mapping"
    );
    let standing = if claimed.doubts > 0 { Standing::Held } else { Standing::DeadLetter };
    let reason = Why::PayloadRules.to_string();
    if let Err(error) = shared.store.release(claimed.delivery, claimed.fence, standing, &reason).await {
        tracing::warn!(delivery.id = %claimed.delivery, error = cause(&error), "the store did not take it");
    }
    FirstOutcome::Pending
}

/// Takes up what a dead worker has left: in doubt where it was sending, else free for the next.
pub(super) async fn take_up(shared: &Shared, abandoned: &Abandoned) {
    let claimed = &abandoned.claimed;
    if let Some(number) = abandoned.sending {
        let outcome = Outcome::InDoubt { why: Why::ProcessEnded };
        conclude(shared, shared.accounts.get(&claimed.account), claimed, number, &outcome, None, false).await;
        return;
    }
    let standing = Standing::Waiting { due_at: shared.clock.now() };
    let reason = Why::ProcessEnded.to_string();
    if let Err(error) = shared.store.release(claimed.delivery, claimed.fence, standing, &reason).await {
        tracing::warn!(delivery.id = %claimed.delivery, error = cause(&error), "the store did not take it");
    }
}

/// Writes how an attempt ended, and says what a waiting visitor can be told.
async fn conclude(
    shared: &Shared,
    account: Option<&Account>,
    claimed: &Claimed,
    number: u32,
    outcome: &Outcome,
    status: Option<u16>,
    is_probe: bool,
) -> FirstOutcome {
    // An account that is gone from the configuration can't be asked again.
    let policy =
        account.map_or(InDoubtPolicy::Hold, |account| policy_of(account.connector(), &claimed.purpose));
    let history = History { attempts: number, doubts: claimed.doubts, received_at: claimed.received_at };
    let step = next_step(outcome, policy, history, &shared.clock, &shared.config);
    let (why, reference, named) = match outcome {
        Outcome::Delivered { reference } => {
            // Without an answer to this attempt it was found after an earlier one.
            (status.map_or(Why::Found, Why::Status).to_string(), reference.clone(), &[][..])
        }
        Outcome::Rejected { fields, why } => (why.to_string(), None, fields.as_slice()),
        Outcome::NotSent { why }
        | Outcome::Throttled { why, .. }
        | Outcome::Credential { why, .. }
        | Outcome::InDoubt { why } => (why.to_string(), None, &[][..]),
    };
    let fields = account.map(|account| refused(account, claimed, named)).unwrap_or_default();
    log(claimed, number, step.class, &why, step.standing);
    let probe_failed = is_probe && step.standing != Standing::Delivered;
    if probe_failed && !step.pauses_account {
        tracing::warn!(
            account = claimed.account,
            class = step.class.as_str(),
            why,
            "the account stays paused: the lead that was tried for it was not delivered"
        );
    }
    let told = match step.standing {
        Standing::Delivered => FirstOutcome::Delivered,
        Standing::DeadLetter if !fields.is_empty() => FirstOutcome::Rejected { fields: fields.clone() },
        _ => FirstOutcome::Pending,
    };
    let ending = Ending {
        class: step.class,
        why,
        status,
        reference,
        fields,
        standing: step.standing,
        pauses_account: step.pauses_account || probe_failed,
    };
    if write(shared, claimed, number, ending).await { told } else { FirstOutcome::Pending }
}

/// What the partner refused, under the names that the sender knows: a form's fields, or the partner's own.
fn refused(account: &Account, claimed: &Claimed, named: &[String]) -> Vec<Problem> {
    match claimed.purpose {
        Purpose::Record => refused_record_fields(named),
        Purpose::Lead | Purpose::Completion { .. } => {
            refused_fields(&account.mapping_for(&claimed.form), named, &claimed.values)
        }
    }
}

/// Writes an outcome, as often as it takes: what the partner has said must not be forgotten while this process lives.
async fn write(shared: &Shared, claimed: &Claimed, number: u32, ending: Ending) -> bool {
    loop {
        match shared.store.finish_attempt(claimed.delivery, claimed.fence, number, ending.clone()).await {
            Ok(held) => {
                if !held {
                    tracing::warn!(delivery.id = %claimed.delivery, "the lease was lost, so the outcome was not written");
                }
                return held;
            }
            Err(error) => {
                let id = claimed.delivery;
                tracing::error!(delivery.id = %id, error = cause(&error), "an outcome could not be written; trying again");
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }
}

/// Says it once, at the level of who must act: nobody, perhaps somebody, the operator.
fn log(claimed: &Claimed, number: u32, class: AttemptClass, why: &str, standing: Standing) {
    let (id, receipt, account) = (claimed.delivery, &claimed.receipt, claimed.account.as_str());
    let name = class.as_str();
    match (class, standing) {
        (AttemptClass::Credential, _) => tracing::error!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "the partner refuses the account, not this lead: it is paused and its leads wait; \
             mend what `why` names and restart (until then one lead is tried every probe_wait_ms)"
        ),
        (_, Standing::Held) => tracing::error!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "nobody knows whether the partner has this lead: it is held for a person to decide"
        ),
        (_, Standing::DeadLetter) => tracing::error!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "a delivery was given up and is kept as a dead letter"
        ),
        (_, Standing::Waiting { due_at }) => tracing::warn!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why, %due_at,
            "an attempt did not deliver; the next is due"
        ),
        (_, Standing::Delivered) => tracing::info!(
            delivery.id = %id, delivery.attempt = number, %receipt, account, class = name, why,
            "a lead was delivered"
        ),
    }
}

/// An error with its chain, as log lines take it.
fn cause(error: &StoreError) -> &(dyn std::error::Error + 'static) {
    error
}

/// SHA-256 over the body before the credential is in it, in hexadecimal.
fn digest_of(body: &[u8]) -> String {
    digest::digest(&digest::SHA256, body).as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing into a text can't fail.
        write!(hex, "{byte:02x}").ok();
        hex
    })
}
