//! The walk of one attempt: build, ready, write `sending`, seal, send, read, write the outcome, tell who waits.
//!
//! Apart from the worker, which only decides when an attempt is due; the order of these steps is the promise.

use std::time::Duration;

use lead_model::Problem;
use tokio::time::Instant;

use crate::account::Account;
use crate::connectors::{InDoubtPolicy, Outcome, Why};
use crate::crash;
use crate::delivery::plan::{Plan, plan, policy_of};
use crate::delivery::retry::{History, next_step};
use crate::delivery::work::Work;
use crate::delivery::{FirstOutcome, Shared, tell};
use crate::hex::hex;
use crate::keys::{LeadContent, OpenFault};
use crate::mapping::{refused_fields, refused_record_fields};
use crate::store::{Abandoned, Claimed, Ending, FlowRule, Purpose, Standing, StoreError};
use crate::transport::Permit;

/// Why a lead is held that can't be opened.
const UNREADABLE: &str = "unreadable";

/// Pause before an outcome is written again that the store would not take.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Makes one attempt for a leased delivery.
pub(super) async fn walk(shared: &Shared, claimed: &Claimed, permit: &Permit) {
    let told = match (shared.accounts.get(&claimed.account), Work::open(shared, claimed, permit)) {
        (Some(account), Ok(work)) => attempt(shared, account, &work).await,
        (_, Err(fault)) => give_back_unreadable(shared, claimed, &fault).await,
        // Only deliveries of known accounts are claimed.
        (None, Ok(_)) => FirstOutcome::Pending,
    };
    shared.waiters.tell(claimed.delivery, &told);
}

async fn attempt(shared: &Shared, account: &Account, work: &Work) -> FirstOutcome {
    let claimed = &work.claimed;
    // Everything that can fail without a byte of the lead comes first: no doubt is left behind by a token or a question.
    let before = match plan(shared, account, work).await {
        Plan::Send(kind, request) => shared.exchange.ready(account).await.map(|seals| (kind, request, seals)),
        Plan::End(outcome) => Err(outcome),
        // Checked before accept, so the account's mapping has changed since.
        Plan::Unbuilt => return give_back_unbuilt(shared, account, work).await,
    };
    let body = before.as_ref().map_or(&[][..], |(_, request, _)| &request.body);
    crash::point("attempt.ready");
    let Some(number) = begin(shared, account, work, body).await else { return FirstOutcome::Pending };
    crash::point("begin.written");
    // From here on, and not before, a byte may leave.
    let (outcome, status) = match before {
        Ok((kind, request, seals)) => {
            let exchanged = shared.exchange.send(account, kind, &request, seals, Some(&work.permit)).await;
            let status = exchanged.status();
            (exchanged.outcome, status)
        }
        Err(outcome) => (outcome, None),
    };
    crash::point("send.answered");
    conclude(shared, Some(account), claimed, Some(&work.content), number, &outcome, status).await
}

/// Writes the attempt as `sending`; its number, or none where it must not be made.
async fn begin(shared: &Shared, account: &Account, work: &Work, body: &[u8]) -> Option<u32> {
    let (claimed, asked_at) = (&work.claimed, Instant::now());
    if *shared.stopping.borrow() {
        hand_back(shared, claimed).await;
        return None;
    }
    let digest = hex(&shared.keys.index.digest(&[body]));
    let begun =
        shared.store.begin_attempt(claimed.delivery, claimed.fence, digest, shared.config.lease()).await;
    match begun {
        Ok(Some(number)) => {
            work.permit.renew(asked_at + shared.config.lease());
            Some(number)
        }
        Ok(None) => {
            tracing::warn!(delivery.id = %claimed.delivery, account = claimed.account, "the lease was lost before the attempt");
            None
        }
        Err(error) => {
            let id = claimed.delivery;
            tracing::warn!(delivery.id = %id, error = cause(&error), "the attempt could not be written, so it is not made");
            // Perhaps it is written all the same. Left so it would be taken for one that may have arrived; no byte has left,
            // and that is written down now, under the number that it has then.
            let (number, outcome) = (claimed.attempts + 1, Outcome::NotSent { why: Why::StoreFailed });
            conclude(shared, Some(account), claimed, Some(&work.content), number, &outcome, None).await;
            None
        }
    }
}

/// Ends the lease of a lead that was claimed while the proxy began to stop: another worker need not wait for it to run out.
async fn hand_back(shared: &Shared, claimed: &Claimed) {
    release(shared, claimed, Standing::Waiting { after: Duration::ZERO }, "handed_back").await;
}

/// Ends the lease of a lead that breaks the payload's rules.
async fn give_back_unbuilt(shared: &Shared, account: &Account, work: &Work) -> FirstOutcome {
    let claimed = &work.claimed;
    tracing::error!(
        delivery.id = %claimed.delivery, account = account.id(), form = claimed.form,
        "the lead does not fit the partner's rules any more and is kept as a dead letter: check the account's mapping"
    );
    let standing = if claimed.doubts > 0 { Standing::Held } else { Standing::DeadLetter };
    release(shared, claimed, standing, &Why::PayloadRules.to_string()).await;
    FirstOutcome::Pending
}

/// Ends the lease of a lead that can't be opened: it alone is held, and others go on.
async fn give_back_unreadable(shared: &Shared, claimed: &Claimed, fault: &OpenFault) -> FirstOutcome {
    tracing::error!(
        delivery.id = %claimed.delivery, receipt = %claimed.receipt, account = claimed.account, %fault,
        "a stored lead can't be opened and is held: put its key back into the ring, or a backup in the store's place"
    );
    release(shared, claimed, Standing::Held, UNREADABLE).await;
    FirstOutcome::Pending
}

async fn release(shared: &Shared, claimed: &Claimed, standing: Standing, reason: &str) {
    if let Err(error) = shared.store.release(claimed.delivery, claimed.fence, standing, reason).await {
        tracing::warn!(delivery.id = %claimed.delivery, error = cause(&error), "the store did not take it");
    }
    crash::point("release.written");
}

/// Takes up what a dead worker has left: in doubt where it was sending, else free for the next.
pub(super) async fn take_up(shared: &Shared, abandoned: &Abandoned) {
    let claimed = &abandoned.claimed;
    let Some(number) = abandoned.sending else {
        let standing = Standing::Waiting { after: Duration::ZERO };
        return release(shared, claimed, standing, &Why::ProcessEnded.to_string()).await;
    };
    let permit = Permit::new(Instant::now(), Duration::MAX);
    // Where it can't be opened its policy is not known, and the strictest one holds.
    let content = Work::open(shared, claimed, &permit).ok().map(|work| work.content);
    let account = shared.accounts.get(&claimed.account).filter(|_| content.is_some());
    let outcome = Outcome::InDoubt { why: Why::ProcessEnded };
    conclude(shared, account, claimed, content.as_ref(), number, &outcome, None).await;
    crash::point("recover.taken_up");
}

/// Writes how an attempt ended, and says what a waiting visitor can be told.
async fn conclude(
    shared: &Shared,
    account: Option<&Account>,
    claimed: &Claimed,
    content: Option<&LeadContent>,
    number: u32,
    outcome: &Outcome,
    status: Option<u16>,
) -> FirstOutcome {
    // An account that is gone from the configuration can't be asked again.
    let policy = account
        .zip(content)
        .map_or(InDoubtPolicy::Hold, |(account, content)| policy_of(account.connector(), &content.purpose));
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
    let fields = account
        .zip(content)
        .map(|(account, content)| refused(account, claimed, content, named))
        .unwrap_or_default();
    tell::attempt(claimed, number, step.class, &why, step.standing);
    let told = match step.standing {
        Standing::Delivered => FirstOutcome::Delivered,
        Standing::DeadLetter if !fields.is_empty() => FirstOutcome::Rejected { fields: fields.clone() },
        _ => FirstOutcome::Pending,
    };
    let (class, standing, verdict) = (step.class, step.standing, step.verdict);
    let ending = Ending { class, why, status, reference, fields, standing, verdict };
    let flow = shared.flow(&claimed.account);
    if write(shared, claimed, number, ending, &flow).await { told } else { FirstOutcome::Pending }
}

/// What the partner refused, under the names that the sender knows: a form's fields, or the partner's own.
fn refused(account: &Account, claimed: &Claimed, content: &LeadContent, named: &[String]) -> Vec<Problem> {
    match content.purpose {
        Purpose::Record => refused_record_fields(named),
        Purpose::Lead | Purpose::Completion { .. } => {
            refused_fields(&account.mapping_for(&claimed.form), named, &content.values)
        }
    }
}

/// Writes an outcome, as often as it takes: what the partner has said must not be forgotten while this process lives.
async fn write(shared: &Shared, claimed: &Claimed, number: u32, ending: Ending, flow: &FlowRule) -> bool {
    loop {
        let finished =
            shared.store.finish_attempt(claimed.delivery, claimed.fence, number, ending.clone(), flow).await;
        match finished {
            Ok(Some(finished)) => {
                crash::point("finish.written");
                tell::gate(&claimed.account, finished.gate, &ending.why);
                return true;
            }
            Ok(None) => {
                tracing::warn!(delivery.id = %claimed.delivery, "the lease was lost, so the outcome was not written");
                return false;
            }
            Err(error) => {
                let id = claimed.delivery;
                tracing::error!(delivery.id = %id, error = cause(&error), "an outcome could not be written; trying again");
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }
}

/// An error with its chain, as log lines take it.
fn cause(error: &StoreError) -> &(dyn std::error::Error + 'static) {
    error
}
