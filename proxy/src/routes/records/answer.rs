//! What a partner's failure is to the person who asked: one list of problems for all partners.
//!
//! Apart because five partners' statuses and names become a few codes here, and nothing that a partner wrote goes further.

use lead_model::{Problem, ProblemCode};

use crate::account::Account;
use crate::clock::Timestamp;
use crate::connectors::{CallFault, OperationKind, Outcome, RetryAfter, Why};
use crate::intake::record::problems_of;
use crate::problem::{ApiProblem, ApiReason};

/// Seconds to wait where a busy partner does not say for how long.
const RETRY_SECONDS: u64 = 10;
/// Longest wait that is passed on: a partner that says more is not understood.
const RETRY_SECONDS_MAX: u64 = 86_400;

/// What is to be said where nobody knows whether a change was made.
const CHANGE_UNKNOWN: &str =
    "It is not known whether the change was made: read the record again before anything else.";

/// Says why an exchange brought nothing.
pub(super) fn problem_of(kind: OperationKind, outcome: &Outcome, now: Timestamp) -> ApiProblem {
    match outcome {
        Outcome::Rejected { why, .. } if is_about_one(kind) && status_of(*why) == Some(404) => {
            ApiProblem::from(ApiReason::RecordNotFound).of_partner(*why)
        }
        Outcome::Rejected { fields, why } => {
            let problems = fields.iter().map(|field| Problem::new(field, ProblemCode::RefusedByPartner));
            ApiProblem::with_problems(ApiReason::PartnerRefused, problems.collect()).of_partner(*why)
        }
        Outcome::Throttled { retry_after, why } => ApiProblem::from(ApiReason::PartnerBusy)
            .of_partner(*why)
            .after_seconds(seconds(*retry_after, now)),
        Outcome::Credential { why, .. } => ApiProblem::from(ApiReason::PartnerCredential).of_partner(*why),
        Outcome::NotSent { why } => ApiProblem::from(unsent(*why)).of_partner(*why),
        Outcome::InDoubt { why } if kind == OperationKind::Update => change_unknown(*why),
        Outcome::InDoubt { why } => ApiProblem::from(unanswered(*why)).of_partner(*why),
        // What it answered was no record, page or schema.
        Outcome::Delivered { .. } => problem_of(kind, &Outcome::InDoubt { why: Why::UnreadableBody }, now),
    }
}

/// Says that the partner's answer did not come while there was time.
pub(super) fn out_of_time(kind: OperationKind) -> ApiProblem {
    match kind {
        OperationKind::Update => change_unknown(Why::TimedOut),
        _ => ApiProblem::from(ApiReason::PartnerTimeout).of_partner(Why::TimedOut),
    }
}

/// Says why no request could be built; nothing was sent.
pub(super) fn problem_of_call(account: &Account, kind: OperationKind, fault: &CallFault) -> ApiProblem {
    match fault {
        CallFault::Unsupported => ApiReason::OperationNotSupported.into(),
        CallFault::Fields(faults) if kind == OperationKind::Update => {
            ApiProblem::with_problems(ApiReason::RecordInvalid, problems_of(account, faults))
        }
        // An id or a reference that can't be any record's.
        CallFault::Fields(_) | CallFault::Query(_) if is_about_one(kind) => ApiReason::RecordNotFound.into(),
        CallFault::Fields(_) => ApiReason::QueryInvalid.into(),
        CallFault::Query(what) => ApiProblem::with_detail(ApiReason::QueryInvalid, what),
    }
}

fn change_unknown(why: Why) -> ApiProblem {
    ApiProblem::with_detail(ApiReason::PartnerUnclear, CHANGE_UNKNOWN).of_partner(why)
}

fn is_about_one(kind: OperationKind) -> bool {
    matches!(kind, OperationKind::Get | OperationKind::GetByReference | OperationKind::Update)
}

fn status_of(why: Why) -> Option<u16> {
    match why {
        Why::Status(status) | Why::Named { status, .. } => Some(status),
        _ => None,
    }
}

/// Nothing left for the partner.
fn unsent(why: Why) -> ApiReason {
    match why {
        Why::TimedOut => ApiReason::PartnerTimeout,
        // A setting or a credential does not fit.
        Why::NotBuilt | Why::TokenRefused => ApiReason::PartnerCredential,
        // A question has no body that could have left: the partner has answered it all the same.
        Why::AnswerTooLarge => ApiReason::PartnerUnclear,
        _ => ApiReason::PartnerUnreachable,
    }
}

/// A question that changes nothing has had no answer, or none that is understood.
fn unanswered(why: Why) -> ApiReason {
    match why {
        Why::TimedOut => ApiReason::PartnerTimeout,
        Why::Broken | Why::Connect | Why::Dns | Why::Tls => ApiReason::PartnerUnreachable,
        _ => ApiReason::PartnerUnclear,
    }
}

fn seconds(told: Option<RetryAfter>, now: Timestamp) -> u64 {
    let seconds = match told {
        None => RETRY_SECONDS,
        Some(RetryAfter::Wait(wait)) => wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)),
        Some(RetryAfter::At(moment)) => {
            let wait = moment.saturating_sub(now.as_ms().div_euclid(1_000));
            u64::try_from(wait).unwrap_or(0)
        }
    };
    seconds.clamp(1, RETRY_SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_500);

    #[test]
    fn wait_that_a_partner_asks_for_is_whole_seconds_within_a_day() {
        for (told, expected) in [
            (None, 10),
            (Some(RetryAfter::Wait(Duration::ZERO)), 1),
            (Some(RetryAfter::Wait(Duration::from_millis(1_500))), 2),
            (Some(RetryAfter::Wait(Duration::MAX)), 86_400),
            (Some(RetryAfter::At(1_767_225_630)), 30),
            (Some(RetryAfter::At(1_767_225_000)), 1),
            (Some(RetryAfter::At(i64::MIN)), 1),
            (Some(RetryAfter::At(i64::MAX)), 86_400),
        ] {
            assert_eq!(seconds(told, NOW), expected, "{told:?}");
        }
    }

    #[test]
    fn each_outcome_has_one_code_and_a_change_in_doubt_is_never_a_failure_to_reach() {
        use OperationKind::{Get, List, Update};
        let refused = |status| Outcome::Rejected { fields: Vec::new(), why: Why::Status(status) };
        let doubt = |why| Outcome::InDoubt { why };
        let unsent = |why| Outcome::NotSent { why };
        for (kind, outcome, code) in [
            (Get, refused(404), "record_not_found"),
            (Update, refused(404), "record_not_found"),
            (List, refused(404), "partner_refused"),
            (Get, refused(400), "partner_refused"),
            (List, Outcome::Throttled { retry_after: None, why: Why::Status(429) }, "partner_busy"),
            (List, Outcome::Credential { can_renew: true, why: Why::Status(401) }, "partner_credential"),
            (List, unsent(Why::Dns), "partner_unreachable"),
            (List, unsent(Why::AnswerTooLarge), "partner_unclear"),
            (List, unsent(Why::Token), "partner_unreachable"),
            (List, unsent(Why::TimedOut), "partner_timeout"),
            (Update, unsent(Why::TimedOut), "partner_timeout"),
            (Update, unsent(Why::NotBuilt), "partner_credential"),
            (List, doubt(Why::TimedOut), "partner_timeout"),
            (List, doubt(Why::Broken), "partner_unreachable"),
            (List, doubt(Why::Status(500)), "partner_unclear"),
            (List, doubt(Why::AnswerTooLarge), "partner_unclear"),
            (Get, Outcome::Delivered { reference: None }, "partner_unclear"),
            (Update, doubt(Why::TimedOut), "partner_unclear"),
            (Update, doubt(Why::Broken), "partner_unclear"),
            (Update, doubt(Why::Status(500)), "partner_unclear"),
            (Update, Outcome::Delivered { reference: None }, "partner_unclear"),
        ] {
            let problem = problem_of(kind, &outcome, NOW);
            assert_eq!(problem.reason().code(), code, "{kind:?} {outcome:?}");
            let says = problem.body("id").contains("It is not known whether the change was made");
            assert_eq!(says, kind == Update && code == "partner_unclear", "{kind:?} {outcome:?}");
        }
        assert_eq!(out_of_time(Update).reason(), ApiReason::PartnerUnclear);
        assert_eq!(out_of_time(List).reason(), ApiReason::PartnerTimeout);
    }
}
