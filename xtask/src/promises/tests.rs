//! The count against made-up evidence: one campaign in which every promise was kept, and one for each way to break one.

use super::{
    Evidence,
    book::{Attempt, Book, Entry},
    count::Count,
    ledger::{Arrived, Ledger},
};
use crate::load::{Moment, Promise, Sent};
use std::collections::BTreeMap;

/// A submission with its 2xx, or without one for an empty receipt.
fn sent(number: u64, account: &str, receipt: &str) -> Sent {
    let promise = |receipt: &str| Promise { receipt: receipt.to_owned(), delivered: false, at: 2_000 };
    let promises = Some(receipt).filter(|receipt| !receipt.is_empty()).map(promise).into_iter().collect();
    Sent {
        number,
        account: account.to_owned(),
        email: format!("{number}@x.example"),
        promises,
        ..Sent::default()
    }
}

fn arrived(asked: &[Moment], taken: usize, leads: usize) -> Arrived {
    Arrived { asked: asked.to_vec(), taken, leads }
}

/// A delivery with attempts of these classes, each a second long from its thousand on.
fn entry(account: &str, state: &str, classes: &[&str]) -> Entry {
    let attempt = |(number, class): (i64, &&str)| {
        let started_at = number * 1_000;
        Attempt {
            number,
            class: (*class).to_owned(),
            started_at,
            ended_at: Some(started_at + 900),
            timed_out: false,
        }
    };
    let attempts = (1..).zip(classes).map(attempt).collect();
    Entry { account: account.to_owned(), state: state.to_owned(), attempts }
}

/// Four submissions: one delivered, one delivered at the second try, one held, one never answered and delivered.
fn kept() -> Evidence {
    let takepayments = BTreeMap::from([
        (1, arrived(&[1_100], 1, 1)),
        (2, arrived(&[1_200, 2_200], 2, 1)),
        (4, arrived(&[1_500], 1, 1)),
    ]);
    let spotcap = BTreeMap::from([(3, arrived(&[1_300], 1, 1))]);
    let entries = [
        ("A", entry("takepayments", "delivered", &["delivered"])),
        ("B", entry("takepayments", "delivered", &["in_doubt", "delivered"])),
        ("C", entry("spotcap", "held", &["in_doubt"])),
        ("D", entry("takepayments", "delivered", &["delivered"])),
    ];
    Evidence {
        sent: vec![
            sent(1, "takepayments", "A"),
            sent(2, "takepayments", "B"),
            sent(3, "spotcap", "C"),
            sent(4, "takepayments", ""),
        ],
        ledgers: BTreeMap::from([
            ("takepayments", Ledger { visitors: takepayments }),
            ("spotcap", Ledger { visitors: spotcap }),
        ]),
        book: Book { entries: entries.map(|(receipt, entry)| (receipt.to_owned(), entry)).into() },
    }
}

/// What the partner has of a visitor, to be changed.
fn of<'a>(evidence: &'a mut Evidence, account: &str, number: u64) -> &'a mut Arrived {
    evidence.ledgers.get_mut(account).unwrap().visitors.get_mut(&number).unwrap()
}

/// The one complaint about the evidence, in the words that it holds.
fn check(evidence: &Evidence, expected: &str) {
    let wrongs = Count::of(evidence).wrongs();
    let [wrong] = wrongs.as_slice() else { panic!("expected one wrong, `{expected}`, found {wrongs:?}") };
    assert!(wrong.contains(expected), "expected `{expected}`, found `{wrong}`");
}

#[test]
fn kept_promises_count_as_delivered_or_held_and_nothing_is_wrong() {
    let count = Count::of(&kept());
    assert_eq!((count.sent, count.accepted, count.delivered), (4, 3, 3));
    assert_eq!((count.unanswered, count.asked_again, count.held["spotcap"]), (1, 1, 1));
    assert_eq!((count.requests, count.attempts), (5, 5));
    assert_eq!(count.wrongs(), Vec::<String>::new());
}

#[test]
fn promise_that_the_store_does_not_know_is_lost() {
    let mut evidence = kept();
    evidence.book.entries.remove("C");
    evidence.ledgers.remove("spotcap");
    check(&evidence, "lost: promised, and not in the store: C");
}

#[test]
fn lead_that_is_called_delivered_and_is_not_at_the_partner_is_lost() {
    let mut evidence = kept();
    *of(&mut evidence, "takepayments", 1) = arrived(&[1_100], 0, 0);
    check(&evidence, "lost: said to be delivered, and not at the partner: A");
}

#[test]
fn submission_never_answered_may_be_nowhere() {
    let mut evidence = kept();
    evidence.ledgers.get_mut("takepayments").unwrap().visitors.remove(&4);
    assert_eq!(Count::of(&evidence).wrongs(), Vec::<String>::new());
}

#[test]
fn lead_held_without_a_doubt_or_before_its_one_more_try_is_told() {
    let mut evidence = kept();
    evidence.book.entries.insert("C".to_owned(), entry("spotcap", "held", &["not_sent"]));
    check(&evidence, "left to a person without a doubt: C (held)");
    let mut evidence = kept();
    evidence.book.entries.insert("A".to_owned(), entry("takepayments", "held", &["in_doubt"]));
    check(&evidence, "left to a person without a doubt: A (held)");
    let mut evidence = kept();
    evidence.book.entries.insert("A".to_owned(), entry("takepayments", "dead_letter", &["rejected"]));
    check(&evidence, "left to a person without a doubt: A (dead_letter)");
}

#[test]
fn lead_that_still_waits_at_the_end_is_told() {
    let mut evidence = kept();
    evidence.book.entries.insert("A".to_owned(), entry("takepayments", "waiting", &["not_sent"]));
    check(&evidence, "still on their way when the time was over: A");
}

#[test]
fn one_submission_as_two_leads_is_doubled_answered_or_not() {
    for (number, name) in [(1, "A"), (4, "4@x.example")] {
        let mut evidence = kept();
        of(&mut evidence, "takepayments", number).leads = 2;
        check(&evidence, &format!("doubled: one submission is several leads at the partner: {name}"));
    }
}

#[test]
fn one_submission_with_two_receipts_is_doubled() {
    let mut evidence = kept();
    let other = Promise { receipt: "Z".to_owned(), delivered: false, at: 2_500 };
    evidence.sent[1].promises.push(other);
    check(&evidence, "doubled: one submission has several receipts: B");
}

#[test]
fn second_request_without_a_doubt_before_is_doubled() {
    let mut evidence = kept();
    let classes = ["not_sent", "delivered"];
    evidence.book.entries.insert("B".to_owned(), entry("takepayments", "delivered", &classes));
    check(&evidence, "doubled: asked for again without a doubt before: B");
}

#[test]
fn second_request_to_a_partner_that_cannot_tell_is_doubled_whatever_happened() {
    let mut evidence = kept();
    evidence.book.entries.insert("C".to_owned(), entry("spotcap", "held", &["in_doubt", "in_doubt"]));
    of(&mut evidence, "spotcap", 3).asked.push(2_300);
    check(&evidence, "doubled: asked for more often than may be after a doubt: C");
}

#[test]
fn request_outside_of_every_attempt_is_told() {
    let mut evidence = kept();
    of(&mut evidence, "takepayments", 1).asked = vec![2_500];
    check(&evidence, "requests outside of every attempt: A");
}

#[test]
fn two_attempts_at_a_time_are_told() {
    let mut evidence = kept();
    evidence.book.entries.get_mut("B").unwrap().attempts[0].ended_at = Some(2_100);
    check(&evidence, "two attempts at a time: takepayments");
}

#[test]
fn campaign_in_which_nothing_was_accepted_proves_nothing() {
    check(&Evidence { sent: vec![sent(1, "webhook", "")], ..Evidence::default() }, "nothing was tested");
}

#[test]
fn refusal_of_a_good_submission_is_told_and_a_busy_proxy_is_not() {
    let mut evidence = kept();
    evidence.sent[2].refusals = vec![503, 409];
    assert_eq!(Count::of(&evidence).wrongs(), Vec::<String>::new());
    evidence.sent[2].refusals = vec![422];
    check(&evidence, "statuses that no good submission should get: 422");
}

#[test]
fn report_names_the_four_numbers_on_lines_of_their_own() {
    let text = Count::of(&kept()).to_string();
    let number = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(["accepted", "delivered", "lost", "doubled"].map(number), ["3", "3", "0", "0"], "{text}");
}
