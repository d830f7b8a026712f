//! The count against made-up evidence: one campaign in which every promise was kept, and one for each way to break one.

use super::{
    count::{Count, Evidence},
    ledger::{Asked, Ledger, Taken},
};
use crate::load::{Moment, Promise, Sent};

/// A submission with its 2xx, or without one for an empty receipt.
fn sent(number: u64, receipt: &str) -> Sent {
    let promise = |receipt: &str| Promise { receipt: receipt.to_owned(), delivered: false, at: 2_000 };
    let promises = Some(receipt).filter(|receipt| !receipt.is_empty()).map(promise).into_iter().collect();
    Sent { number, email: format!("{number}@x.example"), promises, ..Sent::default() }
}

fn taken(number: u64, id: &str) -> Taken {
    Taken { id: id.to_owned(), email: format!("{number}@x.example") }
}

fn asked(id: &str, at: Moment) -> Asked {
    Asked { id: id.to_owned(), at }
}

/// Three submissions, all at the partner, one of them asked for twice around a kill, one never answered.
fn kept() -> Evidence {
    Evidence {
        sent: vec![sent(1, "A"), sent(2, "B"), sent(3, "")],
        ledger: Ledger {
            requests: vec![asked("A", 1_000), asked("B", 1_500), asked("C", 1_600), asked("B", 3_000)],
            leads: vec![taken(1, "A"), taken(2, "B"), taken(3, "C")],
        },
        kills: vec![1_700],
        attempts_at_once: 4,
        ..Evidence::default()
    }
}

/// The one complaint about the evidence, in the words with which it begins after its number.
fn check(evidence: &Evidence, expected: &str) {
    let wrongs = Count::of(evidence).wrongs();
    let [wrong] = wrongs.as_slice() else { panic!("expected one wrong, `{expected}`, found {wrongs:?}") };
    assert!(wrong.contains(expected), "expected `{expected}`, found `{wrong}`");
}

#[test]
fn kept_promises_count_as_delivered_and_nothing_is_wrong() {
    let count = Count::of(&kept());
    assert_eq!((count.sent, count.accepted, count.delivered), (3, 2, 2));
    assert_eq!((count.unanswered, count.asked_twice, count.held), (1, 1, 0));
    assert_eq!(count.wrongs(), Vec::<String>::new());
}

#[test]
fn promise_that_is_nowhere_is_lost() {
    let mut evidence = kept();
    evidence.ledger.leads.remove(0);
    evidence.ledger.requests.remove(0);
    check(&evidence, "lost, neither at the partner nor in anybody's sight: A");
}

#[test]
fn lead_under_another_visitors_email_is_lost() {
    let mut evidence = kept();
    evidence.ledger.leads[0].email = "9@x.example".to_owned();
    check(&evidence, "lost, neither");
}

#[test]
fn submission_never_answered_may_be_nowhere() {
    let mut evidence = kept();
    evidence.ledger.leads.pop();
    assert_eq!(Count::of(&evidence).wrongs(), Vec::<String>::new());
}

#[test]
fn held_lead_that_the_partner_does_not_have_is_told_and_not_called_lost() {
    let mut evidence = kept();
    evidence.ledger.leads.remove(0);
    evidence.open.insert("A".to_owned(), "held".to_owned());
    check(&evidence, "waiting for a person: A");
    evidence.open.insert("A".to_owned(), "waiting".to_owned());
    check(&evidence, "still on their way");
}

#[test]
fn held_lead_that_the_partner_has_is_delivered_and_shown_as_held() {
    let mut evidence = kept();
    evidence.open.insert("B".to_owned(), "held".to_owned());
    let count = Count::of(&evidence);
    assert_eq!((count.delivered, count.held, count.wrongs().len()), (2, 1, 0));
}

#[test]
fn one_submission_under_two_ids_is_doubled() {
    let mut evidence = kept();
    evidence.ledger.leads.push(taken(1, "D"));
    evidence.ledger.requests.push(asked("D", 1_100));
    check(&evidence, "is at the partner as");
}

#[test]
fn submission_never_answered_under_two_ids_is_doubled() {
    let mut evidence = kept();
    evidence.ledger.leads.push(taken(3, "D"));
    check(&evidence, "is at the partner as");
}

#[test]
fn one_submission_with_two_receipts_is_doubled() {
    let mut evidence = kept();
    let other = Promise { receipt: "Z".to_owned(), delivered: false, at: 2_500 };
    evidence.sent[0].promises.push(other);
    check(&evidence, "one submission has the receipts");
}

#[test]
fn third_request_is_doubled_whatever_happened() {
    let mut evidence = kept();
    evidence.ledger.requests.push(asked("B", 3_100));
    check(&evidence, "B was asked 3 times");
}

#[test]
fn second_request_without_a_kill_that_explains_it_is_doubled() {
    // The kill came long after the outcome was written, before the first request, or after the second.
    for kills in [vec![], vec![1_500 + 2_001], vec![400], vec![3_001]] {
        let evidence = Evidence { kills, ..kept() };
        check(&evidence, "no kill explains a doubt");
    }
}

#[test]
fn kill_explains_no_more_second_requests_than_attempts_were_under_way() {
    let mut evidence = kept();
    evidence.ledger.requests.push(asked("A", 3_100));
    assert_eq!(Count::of(&evidence).wrongs(), Vec::<String>::new());
    evidence.attempts_at_once = 1;
    check(&evidence, "B was asked again 1500 ms later, and no kill explains a doubt");
}

#[test]
fn second_request_after_the_visitor_heard_delivered_is_doubled() {
    let mut evidence = kept();
    evidence.sent[1].promises[0].delivered = true;
    check(&evidence, "though it was delivered");
    // Heard only after the second request, as when the answer to the retry says it.
    evidence.sent[1].promises[0].at = 3_001;
    assert_eq!(Count::of(&evidence).wrongs(), Vec::<String>::new());
}

#[test]
fn campaign_in_which_nothing_was_accepted_proves_nothing() {
    check(&Evidence { sent: vec![sent(1, "")], ..Evidence::default() }, "nothing was tested");
}

#[test]
fn refusal_of_a_good_submission_is_told_and_a_busy_proxy_is_not() {
    let mut evidence = kept();
    evidence.sent[2].refusals = vec![503, 409];
    assert_eq!(Count::of(&evidence).wrongs(), Vec::<String>::new());
    evidence.sent[2].refusals = vec![422];
    check(&evidence, "422 x 1");
}

#[test]
fn report_names_the_four_numbers_on_lines_of_their_own() {
    let text = Count::of(&kept()).to_string();
    let number = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(["accepted", "delivered", "lost", "doubled"].map(number), ["2", "2", "0", "0"], "{text}");
}
