//! What an attempt sends: a new lead, a record made in the panel, or the completion of a record that the partner has.
//!
//! Apart from the walk because a completion asks first which record it is; nothing of the lead leaves for that.

use crate::account::Account;
use crate::connectors::{
    Call, CallFault, Connector, InDoubtPolicy, Lead, OperationKind, Outcome, PartnerRequest, Reading, Why,
};
use crate::delivery::Shared;
use crate::delivery::ask::{Asked, ask, is_asked_for, is_page, unasked};
use crate::delivery::work::Work;
use crate::mapping::{Said, compose_for, compose_record};
use crate::store::Purpose;

/// What the walk is to do.
pub(super) enum Plan {
    /// Send this.
    Send(OperationKind, PartnerRequest),
    /// End the attempt so; nothing is sent.
    End(Outcome),
    /// The lead does not fit the partner's rules any more.
    Unbuilt,
}

/// Plans an attempt; asks the partner where that has to come first.
pub(super) async fn plan(shared: &Shared, account: &Account, work: &Work) -> Plan {
    let Work { claimed, content, .. } = work;
    match &content.purpose {
        Purpose::Lead => {
            let lead = compose_for(account, &claimed.form, &claimed.receipt, Said::of(content));
            create(shared, account, work, lead).await
        }
        Purpose::Record => {
            create(shared, account, work, compose_record(account, &claimed.receipt, &content.values)).await
        }
        Purpose::Completion { reference } => complete(shared, account, work, reference).await,
    }
}

async fn create(shared: &Shared, account: &Account, work: &Work, lead: Lead) -> Plan {
    let Ok(request) = account.connector().request(&Call::Create(&lead), account.settings()) else {
        return Plan::Unbuilt;
    };
    match ask(shared, account, &work.claimed, &lead).await {
        Asked::GoOn => Plan::Send(OperationKind::Create, request),
        Asked::Ended(outcome) => Plan::End(outcome),
    }
}

async fn complete(shared: &Shared, account: &Account, work: &Work, reference: &str) -> Plan {
    let Work { claimed, content, .. } = work;
    let lead = compose_for(account, &claimed.form, &claimed.receipt, Said::of(content));
    let Some(change) = account.connector().completion(&lead) else { return Plan::Unbuilt };
    let id = match shared.exchange.ask(account, &Call::GetByReference { reference }).await {
        Ok(Ok(Reading::Record(record))) if is_asked_for(&record, reference) => record.id,
        // "There is no such record" is the partner's last word; anything else is no answer to the question.
        Ok(Err(exchanged)) => {
            let is_page = is_page(&exchanged);
            return Plan::End(match exchanged.outcome {
                rejected @ Outcome::Rejected { .. } if !is_page => rejected,
                other => unasked(other),
            });
        }
        Ok(Ok(_)) => return Plan::End(Outcome::NotSent { why: Why::UnreadableBody }),
        Err(_) => return Plan::Unbuilt,
    };
    let call = Call::Update { id: &id, change: &change };
    match account.connector().request(&call, account.settings()) {
        Ok(request) => Plan::Send(OperationKind::Update, request),
        Err(CallFault::Unsupported | CallFault::Fields(_) | CallFault::Query(_)) => Plan::Unbuilt,
    }
}

/// What follows a doubt: setting the same fields to the same values twice is as good as once.
pub(super) fn policy_of(connector: &dyn Connector, purpose: &Purpose) -> InDoubtPolicy {
    match purpose {
        Purpose::Lead | Purpose::Record => connector.descriptor().in_doubt,
        Purpose::Completion { .. } => InDoubtPolicy::Retry,
    }
}
