//! What must follow from a fault: the one table of the class of an attempt, and of what becomes of its lead.
//!
//! Apart and pure, so that it can be read beside the class table of the delivery, which it is not made of: it judges by the
//! bytes that the partner counted, and by nothing that the proxy says of itself.

use fault_net::{Fault, Plan, Position};
use lead_proxy::connectors::InDoubtPolicy;

/// What the partner counted of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Bytes of the body that came to it.
    pub(crate) body_bytes: usize,
    /// Whether the whole body came.
    pub(crate) is_whole: bool,
    /// Whether its whole answer was written.
    pub(crate) answered: bool,
}

/// The classes that an attempt may have which met this fault.
///
/// A reset throws away what is on its way, so that nobody can count it: where none has come, the body may have left.
pub(crate) fn classes(fault: Fault, seen: Seen) -> &'static [&'static str] {
    match (seen.answered, seen.body_bytes, fault) {
        (true, _, _) => &["delivered"],
        (false, 0, Fault::Reset) => &["not_sent", "in_doubt"],
        (false, 0, _) => &["not_sent"],
        (false, _, _) => &["in_doubt"],
    }
}

/// Whether the partner took what came before the fault: it begins an answer only to what it has taken.
pub(crate) fn takes_lead(plan: Plan) -> bool {
    matches!(plan.position, Position::ResponseHeaders | Position::HalfResponse | Position::Close)
}

/// What becomes of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Where its delivery stands in the end.
    pub(crate) state: &'static str,
    /// Whether it was sent once more after the fault.
    pub(crate) again: bool,
}

/// What becomes of a lead whose first attempt had this class, at a partner that is well from then on.
pub(crate) fn end(class: &str, policy: InDoubtPolicy, partner_has_it: bool) -> End {
    let delivered = |again| End { state: "delivered", again };
    match (class, policy) {
        ("delivered", _) => delivered(false),
        // Nothing was sent, so nothing is sent twice.
        ("not_sent", _) => delivered(true),
        ("in_doubt", InDoubtPolicy::Retry | InDoubtPolicy::RetryOnceThenHold) => delivered(true),
        ("in_doubt", InDoubtPolicy::Hold) => End { state: "held", again: false },
        ("in_doubt", InDoubtPolicy::AskThenHold | InDoubtPolicy::AskThenRetry) if partner_has_it => {
            delivered(false)
        }
        ("in_doubt", InDoubtPolicy::AskThenHold) => End { state: "held", again: false },
        ("in_doubt", InDoubtPolicy::AskThenRetry) => delivered(true),
        (class, _) => panic!("no fault of the network leads to {class}"),
    }
}

/// How often a lead may come whole to a partner that takes each and never answers; none for as often as the schedule goes.
pub(crate) fn most_whole_requests(policy: InDoubtPolicy) -> Option<usize> {
    match policy {
        InDoubtPolicy::Retry => None,
        InDoubtPolicy::RetryOnceThenHold => Some(2),
        // A question that is not answered allows nothing.
        InDoubtPolicy::Hold | InDoubtPolicy::AskThenHold | InDoubtPolicy::AskThenRetry => Some(1),
    }
}
