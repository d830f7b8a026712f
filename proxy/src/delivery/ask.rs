//! After a doubt: asks the partner whether it has the lead, where it can be asked.
//!
//! Apart from the walk because nothing of the lead leaves here: a question may fail and be put again.

use crate::account::Account;
use crate::connectors::{
    Answer, Call, InDoubtPolicy, Lead, ListQuery, Outcome, PartnerValue, Reading, Record, Why,
};
use crate::delivery::Shared;
use crate::exchange::Exchanged;
use crate::store::Claimed;

/// Most records on a page of the search, where the partner names no maximum.
const PAGE_LIMIT: u32 = 100;
/// Most pages that are searched.
const PAGES_MAX: u32 = 5;

/// What the question led to.
pub(super) enum Asked {
    /// Nothing stands in the way of sending.
    GoOn,
    /// The attempt ends so, and nothing is sent.
    Ended(Outcome),
}

/// Asks, where an earlier attempt ended in doubt and the partner can be asked.
pub(super) async fn ask(shared: &Shared, account: &Account, claimed: &Claimed, lead: &Lead) -> Asked {
    let policy = account.connector().descriptor().in_doubt;
    if claimed.doubts == 0 {
        return Asked::GoOn;
    }
    match policy {
        InDoubtPolicy::AskThenRetry => ask_by_reference(shared, account, lead).await,
        InDoubtPolicy::AskThenHold => search(shared, account, claimed).await,
        InDoubtPolicy::Retry | InDoubtPolicy::RetryOnceThenHold | InDoubtPolicy::Hold => Asked::GoOn,
    }
}

/// Asks by our reference: a clear "not there" is the only word on which it is sent again.
async fn ask_by_reference(shared: &Shared, account: &Account, lead: &Lead) -> Asked {
    let field = account.connector().descriptor().receipt.map(|slot| slot.field);
    let Some(PartnerValue::Text(reference)) = field.and_then(|field| lead.get(field)) else {
        return Asked::Ended(Outcome::InDoubt { why: Why::NotBuilt });
    };
    match shared.exchange.ask(account, &Call::GetByReference { reference }).await {
        Ok(Ok(Reading::Record(record))) if is_asked_for(&record, reference) => {
            Asked::Ended(Outcome::Delivered { reference: Some(record.id) })
        }
        Ok(Err(exchanged)) if is_missing(&exchanged.outcome) && !is_page(&exchanged) => Asked::GoOn,
        Ok(Err(exchanged)) => Asked::Ended(unasked(exchanged.outcome)),
        Ok(Ok(_)) | Err(_) => Asked::Ended(Outcome::NotSent { why: Why::UnreadableBody }),
    }
}

/// Searches the newest pages of the list for the receipt.
async fn search(shared: &Shared, account: &Account, claimed: &Claimed) -> Asked {
    let limit = account.connector().descriptor().limits.page_limit_max.unwrap_or(PAGE_LIMIT);
    for page in 1..=PAGES_MAX {
        let query = ListQuery { search: None, page, limit };
        let records = match shared.exchange.ask(account, &Call::List(&query)).await {
            Ok(Ok(Reading::Page(page))) => page.records,
            Ok(Err(exchanged)) => return Asked::Ended(unasked(exchanged.outcome)),
            Ok(Ok(_)) | Err(_) => return Asked::Ended(Outcome::NotSent { why: Why::UnreadableBody }),
        };
        let receipt = claimed.receipt.as_str();
        let found = records.iter().find(|record| account.connector().carries_receipt(record, receipt));
        if let Some(record) = found {
            return Asked::Ended(Outcome::Delivered { reference: Some(record.id.clone()) });
        }
        if records.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
            break;
        }
    }
    // A list may lag behind or be cut: that it does not show the lead proves nothing.
    Asked::Ended(Outcome::InDoubt { why: Why::NotFound })
}

/// Whether the partner says that there is no such record.
fn is_missing(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected { why: Why::Status(404) | Why::Named { status: 404, .. }, .. })
}

/// Whether the record is that of the reference: a partner that shows another one has not answered the question.
pub(super) fn is_asked_for(record: &Record, reference: &str) -> bool {
    record.reference.as_ref().is_none_or(|found| found.eq_ignore_ascii_case(reference))
}

/// Whether the answer is a web page: a gateway's word, and not the partner's on its records.
pub(super) fn is_page(exchanged: &Exchanged) -> bool {
    exchanged.answer.as_ref().is_some_and(Answer::is_html)
}

/// The outcome of an attempt whose question was not answered: nothing of the lead left this time.
pub(super) fn unasked(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Rejected { why, .. } | Outcome::InDoubt { why } => Outcome::NotSent { why },
        Outcome::Delivered { .. } => Outcome::NotSent { why: Why::UnreadableBody },
        same @ (Outcome::NotSent { .. } | Outcome::Throttled { .. } | Outcome::Credential { .. }) => same,
    }
}
