//! What every store promises of a lead that looks like a robot's: kept as it came, seen, sent or dropped by a person alone, and
//! in nobody's way.
//!
//! Apart because it is held without a doubt: no partner has it.

use std::sync::Arc;
use std::time::Duration;

use lead_model::SubmissionState;
use lead_proxy::ids::{DeliveryId, Receipt};
use lead_proxy::store::operator::{DeliveryFilter, DeliveryQuery, KnownAccounts, Resolution, Resolved};
use lead_proxy::store::{Accepted, DeliveryState, DuplicateRule, NewSubmission};

use super::keys::note;
use super::{Kept, delivered, submission};

contract! {
    each:
        lead_in_quarantine_is_kept_and_not_claimed_until_it_is_sent_once,
        lead_in_quarantine_is_found_by_its_reason_and_counted_apart,
        only_who_asks_for_robots_sends_them_again_with_many_others,
        nobody_is_kept_beside_a_lead_in_quarantine,
        person_and_robot_at_the_same_moment_do_not_hold_each_other_up;
}

const WHY: &str = "robot:honeypot+no_proof";
const HOUR: Duration = Duration::from_secs(3_600);

/// A submission of one person, whose form merges duplicates.
fn of_person(key: &str, quarantine: Option<&str>) -> NewSubmission {
    NewSubmission {
        person: Some([7; 32]),
        duplicates: DuplicateRule { window: 24 * HOUR, merge: true },
        quarantine: quarantine.map(str::to_owned),
        ..submission(key, 1)
    }
}

impl Kept {
    async fn put(&self, new: NewSubmission) -> (DeliveryId, Receipt) {
        let receipt = new.receipt.clone();
        match self.store.accept(new).await.unwrap() {
            Accepted::New(id) => (id, receipt),
            other => panic!("{other:?} is not new"),
        }
    }

    async fn suspect(&self, key: &str) -> (DeliveryId, Receipt) {
        self.put(NewSubmission { quarantine: Some(WHY.to_owned()), ..submission(key, 1) }).await
    }

    async fn stands(&self, delivery: DeliveryId) -> (String, Option<String>) {
        let view = self.store.delivery(delivery).await.unwrap().unwrap();
        (view.state, view.reason)
    }

    async fn settle(&self, receipt: &Receipt, resolution: Resolution) -> Resolved {
        self.store.resolve(receipt, resolution, None, note()).await.unwrap()
    }
}

fn query(reason: Option<&str>) -> DeliveryQuery {
    let filter = DeliveryFilter {
        states: vec![DeliveryState::Held],
        account: None,
        form: None,
        min_age: None,
        reason: reason.map(str::to_owned),
    };
    let accounts = KnownAccounts { known: vec!["web".to_owned()], disabled: Vec::new() };
    DeliveryQuery { filter, accounts, after: None, limit: 10 }
}

fn in_quarantine() -> (String, Option<String>) {
    ("held".to_owned(), Some(WHY.to_owned()))
}

async fn lead_in_quarantine_is_kept_and_not_claimed_until_it_is_sent_once(kept: Kept) {
    let (suspect, receipt) = kept.suspect("robot").await;
    let (dropped, other) = kept.suspect("dropped").await;
    assert_eq!(kept.stands(suspect).await, in_quarantine());
    assert_eq!((kept.claim(9).await.len(), kept.store.receipt(&receipt).await.unwrap().unwrap().state), {
        (0, SubmissionState::Received)
    });
    let known = Accepted::Known { receipt: receipt.clone(), state: SubmissionState::Received };
    assert_eq!(kept.accept("robot", 1).await, known, "the same again, without any sign of a robot");
    let kept = kept.again().await;
    assert_eq!((kept.stands(suspect).await, kept.claim(9).await.len()), (in_quarantine(), 0));

    assert_eq!(kept.settle(&other, Resolution::Drop).await, Resolved::Done);
    assert_eq!(kept.settle(&receipt, Resolution::SendAgain).await, Resolved::Done);
    let claimed = kept.claim(9).await;
    assert_eq!(claimed.iter().map(|claimed| claimed.delivery).collect::<Vec<_>>(), [suspect]);
    assert!(matches!(kept.settle(&receipt, Resolution::SendAgain).await, Resolved::Conflict { .. }));
    kept.attempt(&claimed[0], delivered()).await.unwrap();
    assert_eq!(
        (kept.state(suspect).await, kept.state(dropped).await),
        ("delivered".into(), "dropped".into())
    );
    assert!(kept.claim(9).await.is_empty());
}

async fn lead_in_quarantine_is_found_by_its_reason_and_counted_apart(kept: Kept) {
    let (suspect, _) = kept.suspect("robot").await;
    let (claimed, attempt) = kept.begin("doubt").await;
    let held = super::ending(super::AttemptClass::InDoubt, super::Standing::Held);
    assert!(kept.finish(&claimed, attempt, held).await);
    for (reason, found) in [
        (None, vec![suspect, claimed.delivery]),
        (Some("robot"), vec![suspect]),
        (Some(WHY), vec![suspect]),
        (Some("rob"), vec![]),
        (Some("robot:honeypot"), vec![]),
        (Some("status_200"), vec![claimed.delivery]),
    ] {
        let list = kept.store.deliveries(query(reason)).await.unwrap();
        assert_eq!(list.iter().map(|view| view.delivery).collect::<Vec<_>>(), found, "{reason:?}");
    }
    let counts = kept.store.open_counts().await.unwrap();
    assert_eq!(
        counts.iter().map(|count| (count.state, count.count, count.quarantined)).collect::<Vec<_>>(),
        [(DeliveryState::Held, 2, 1)]
    );
}

async fn only_who_asks_for_robots_sends_them_again_with_many_others(kept: Kept) {
    let (suspect, _) = kept.suspect("robot").await;
    let (claimed, attempt) = kept.begin("doubt").await;
    let held = super::ending(super::AttemptClass::InDoubt, super::Standing::Held);
    assert!(kept.finish(&claimed, attempt, held).await);
    assert_eq!(kept.store.replay(query(None), note()).await.unwrap().sent_again, 1);
    assert_eq!(kept.stands(suspect).await, in_quarantine());
    assert_eq!(kept.store.replay(query(Some("robot")), note()).await.unwrap().sent_again, 1);
    assert_eq!(kept.state(suspect).await, "waiting");
}

async fn nobody_is_kept_beside_a_lead_in_quarantine(kept: Kept) {
    let (robot, receipt) = kept.put(of_person("robot", Some(WHY))).await;
    let (person, of_person_receipt) = kept.put(of_person("person", None)).await;
    assert_eq!(kept.state(person).await, "waiting", "a robot that took somebody's address holds nobody up");
    let (again, _) = kept.put(of_person("again", Some(WHY))).await;
    assert_eq!(kept.stands(again).await, in_quarantine(), "quarantine goes before merging");
    let (second, _) = kept.put(of_person("second", None)).await;
    assert_eq!(kept.state(second).await, "merged", "beside the person's own");

    // The person's own is given up: the merged one follows, whatever is in quarantine, which does not.
    let claimed = kept.claim(9).await.remove(0);
    assert_eq!(claimed.delivery, person);
    let dead = super::ending(super::AttemptClass::Rejected, super::Standing::DeadLetter);
    kept.attempt(&claimed, dead).await.unwrap();
    assert_eq!(kept.state(second).await, "waiting");
    assert_eq!(kept.stands(again).await, in_quarantine());
    assert_eq!(kept.settle(&of_person_receipt, Resolution::Drop).await, Resolved::Done);
    assert_eq!(kept.settle(&receipt, Resolution::Drop).await, Resolved::Done);
    assert_eq!((kept.state(robot).await, kept.stands(again).await), ("dropped".into(), in_quarantine()));
}

async fn person_and_robot_at_the_same_moment_do_not_hold_each_other_up(kept: Kept) {
    let new = |n: u8| of_person(&format!("lead-{n}"), n.is_multiple_of(2).then_some(WHY));
    let accepts: Vec<_> = (0..8)
        .map(|n| {
            let store = Arc::clone(&kept.store);
            tokio::spawn(async move { store.accept(new(n)).await.unwrap() })
        })
        .collect();
    let mut states = Vec::new();
    for accept in accepts {
        let Accepted::New(delivery) = accept.await.unwrap() else { panic!("every key is new") };
        states.push(kept.state(delivery).await);
    }
    let count = |state: &str| states.iter().filter(|known| *known == state).count();
    assert_eq!((count("held"), count("waiting"), count("merged")), (4, 1, 3), "{states:?}");
}
