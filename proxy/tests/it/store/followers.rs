//! What every store promises of a lead that was merged: it is sent once the one beside which it was kept is given up.
//!
//! Apart because each road on which a lead is given up is gone here by itself.

use std::sync::Arc;
use std::time::Duration;

use lead_model::{Problem, ProblemCode};
use lead_proxy::ids::{DeliveryId, Receipt};
use lead_proxy::store::operator::{Resolution, Resolved};
use lead_proxy::store::{
    Accepted, AttemptClass, DuplicateRule, Ending, Erased, NewSubmission, Retention, Standing,
};

use super::keys::note;
use super::{Kept, MINUTE, delivered, ending, submission};

contract! {
    each:
        merged_lead_is_sent_when_the_one_before_it_is_dropped_or_erased,
        merged_leads_follow_one_by_one_and_only_while_none_has_arrived;
    each_and_model:
        merged_lead_is_sent_when_the_attempt_of_the_one_before_it_ends_as_a_dead_letter,
        merged_lead_is_sent_when_the_one_before_it_is_given_up_without_an_attempt,
        lead_is_not_merged_with_one_that_is_given_up,
        merged_lead_follows_also_those_that_came_before_it_and_were_sent_after_its_own,
        merged_lead_stays_where_the_one_before_it_is_replaced,
        lead_that_comes_while_the_one_before_it_is_given_up_is_sent;
}

const HOUR: Duration = Duration::from_secs(3_600);

impl Kept {
    async fn of_person(&self, key: &str, person: u8) -> (DeliveryId, Receipt) {
        let new = of_person(key, person);
        let receipt = new.receipt.clone();
        match self.store.accept(new).await.unwrap() {
            Accepted::New(id) => (id, receipt),
            other => panic!("{other:?} is not new"),
        }
    }

    /// The next lead that is due ends so.
    async fn next_ends(&self, ending: Ending) -> DeliveryId {
        let claimed = self.claim(1).await.remove(0);
        self.attempt(&claimed, ending).await.unwrap();
        claimed.delivery
    }

    async fn standing(&self, delivery: DeliveryId) -> (String, Option<String>) {
        let view = self.store.delivery(delivery).await.unwrap().unwrap();
        (view.state, view.reason)
    }
}

fn of_person(key: &str, person: u8) -> NewSubmission {
    NewSubmission {
        person: Some([person; 32]),
        duplicates: DuplicateRule { window: 24 * HOUR, merge: true },
        ..submission(key, 1)
    }
}

fn dead() -> Ending {
    ending(AttemptClass::Rejected, Standing::DeadLetter)
}

fn follows() -> (String, Option<String>) {
    ("waiting".to_owned(), Some("forerunner_given_up".to_owned()))
}

async fn merged_lead_is_sent_when_the_attempt_of_the_one_before_it_ends_as_a_dead_letter(kept: Kept) {
    let (first, _) = kept.of_person("first", 1).await;
    let (merged, _) = kept.of_person("merged", 1).await;
    let (stranger, _) = kept.of_person("stranger", 2).await;
    let (strangers, _) = kept.of_person("strangers", 2).await;
    assert_eq!(kept.state(merged).await, "merged");
    kept.hand.advance(HOUR);
    assert_eq!(kept.next_ends(dead()).await, first);
    assert_eq!(kept.standing(merged).await, follows());
    assert_eq!(kept.state(strangers).await, "merged", "another person's");
    let mut claimed = kept.claim(9).await;
    claimed.sort_by_key(|claimed| claimed.delivery);
    let ids: Vec<_> = claimed.iter().map(|claimed| claimed.delivery).collect();
    assert_eq!(ids, [merged, stranger], "due now");
    let fresh = claimed[0].received_at;
    assert_eq!(fresh, kept.clock.now(), "it has its whole time for retries");
}

async fn merged_lead_is_sent_when_the_one_before_it_is_given_up_without_an_attempt(kept: Kept) {
    kept.of_person("first", 1).await;
    let (merged, _) = kept.of_person("merged", 1).await;
    let claimed = kept.claim(1).await.remove(0);
    let (delivery, fence) = (claimed.delivery, claimed.fence);
    let again = Standing::Waiting { after: MINUTE };
    assert!(kept.store.release(delivery, fence, again, "dns").await.unwrap());
    assert_eq!(kept.state(merged).await, "merged", "it waits on");
    kept.hand.advance(MINUTE);
    let claimed = kept.claim(1).await.remove(0);
    let (delivery, fence) = (claimed.delivery, claimed.fence);
    assert!(kept.store.release(delivery, fence, Standing::Held, "in_doubt").await.unwrap());
    assert_eq!(kept.state(merged).await, "merged", "the partner may have it");
    assert!(!kept.store.release(delivery, fence, Standing::DeadLetter, "late").await.unwrap());
    assert_eq!(kept.state(merged).await, "merged", "nothing was given up");

    kept.of_person("second", 2).await;
    let (merged, _) = kept.of_person("merged-too", 2).await;
    let claimed = kept.claim(1).await.remove(0);
    let (delivery, fence) = (claimed.delivery, claimed.fence);
    assert!(kept.store.release(delivery, fence, Standing::DeadLetter, "record_missing").await.unwrap());
    assert_eq!(kept.standing(merged).await, follows());
}

async fn merged_lead_is_sent_when_the_one_before_it_is_dropped_or_erased(kept: Kept) {
    let (_, receipt) = kept.of_person("held", 1).await;
    let (merged, _) = kept.of_person("of-held", 1).await;
    kept.next_ends(ending(AttemptClass::InDoubt, Standing::Held)).await;
    let dropped = kept.store.resolve(&receipt, Resolution::Drop, None, note()).await.unwrap();
    assert_eq!(dropped, Resolved::Done);
    assert_eq!(kept.standing(merged).await, follows());
    assert_eq!(kept.next_ends(delivered()).await, merged);

    let (_, receipt) = kept.of_person("waiting", 2).await;
    let (merged, _) = kept.of_person("of-waiting", 2).await;
    assert_eq!(kept.store.erase(&receipt, note()).await.unwrap(), Erased::Done);
    assert_eq!(kept.standing(merged).await, follows());
    assert_eq!(kept.next_ends(delivered()).await, merged);

    kept.of_person("old", 3).await;
    kept.next_ends(ending(AttemptClass::InDoubt, Standing::Held)).await;
    kept.hand.advance(24 * HOUR - MINUTE);
    let (merged, _) = kept.of_person("of-old", 3).await;
    kept.hand.advance(MINUTE);
    let retention = Retention { delivered_days: 30, dead_days: 1 };
    assert_eq!(kept.store.erase_old(retention, 9).await.unwrap(), 1);
    assert_eq!(kept.standing(merged).await, follows());
    kept.next_ends(delivered()).await;

    let (_, receipt) = kept.of_person("delivered", 4).await;
    kept.next_ends(delivered()).await;
    let (merged, _) = kept.of_person("of-delivered", 4).await;
    assert_eq!(kept.store.erase(&receipt, note()).await.unwrap(), Erased::Done);
    assert_eq!(kept.state(merged).await, "merged", "its partner has the first one");
}

async fn merged_leads_follow_one_by_one_and_only_while_none_has_arrived(kept: Kept) {
    let (first, receipt) = kept.of_person("first", 1).await;
    let mut merged = Vec::new();
    for key in ["second", "third", "fourth"] {
        kept.hand.advance(MINUTE);
        merged.push(kept.of_person(key, 1).await.0);
    }
    let states = async || {
        let mut states = Vec::new();
        for delivery in &merged {
            states.push(kept.state(*delivery).await);
        }
        states
    };
    assert_eq!(kept.next_ends(dead()).await, first);
    assert_eq!(states().await, ["waiting", "merged", "merged"]);
    let drop = kept.store.resolve(&receipt, Resolution::Drop, None, note());
    assert_eq!(drop.await.unwrap(), Resolved::Done, "what was given up is given up once");
    assert_eq!(states().await, ["waiting", "merged", "merged"]);
    let (fifth, _) = kept.of_person("fifth", 1).await;
    assert_eq!(kept.state(fifth).await, "merged", "beside the second");
    assert_eq!(kept.next_ends(dead()).await, merged[0]);
    assert_eq!(states().await, ["dead_letter", "waiting", "merged"]);
    assert_eq!(kept.next_ends(delivered()).await, merged[1]);
    assert_eq!(states().await, ["dead_letter", "delivered", "merged"]);
    assert_eq!((kept.state(fifth).await.as_str(), kept.claim(9).await.len()), ("merged", 0));
}

async fn lead_is_not_merged_with_one_that_is_given_up(kept: Kept) {
    kept.of_person("first", 1).await;
    kept.next_ends(dead()).await;
    let (second, _) = kept.of_person("second", 1).await;
    assert_eq!(kept.state(second).await, "waiting");
    let (third, _) = kept.of_person("third", 1).await;
    assert_eq!(kept.state(third).await, "merged", "beside the second");
    assert_eq!(kept.next_ends(dead()).await, second);
    assert_eq!(kept.standing(third).await, follows());
}

async fn merged_lead_follows_also_those_that_came_before_it_and_were_sent_after_its_own(kept: Kept) {
    let mut all = Vec::new();
    for key in ["first", "second", "third"] {
        all.push(kept.of_person(key, 1).await.0);
        kept.hand.advance(MINUTE);
    }
    assert_eq!(kept.next_ends(dead()).await, all[0]);
    let (fourth, _) = kept.of_person("fourth", 1).await;
    assert_eq!(kept.next_ends(dead()).await, all[1], "beside which the fourth is kept");
    assert_eq!(kept.state(fourth).await, "merged", "the third is older");
    assert_eq!(kept.next_ends(dead()).await, all[2]);
    assert_eq!(kept.standing(fourth).await, follows());
}

async fn merged_lead_stays_where_the_one_before_it_is_replaced(kept: Kept) {
    kept.of_person("first", 1).await;
    let (second, _) = kept.of_person("second", 1).await;
    let (third, _) = kept.of_person("third", 1).await;
    let fields = vec![Problem::new("email", ProblemCode::RefusedByPartner)];
    let first = kept.next_ends(Ending { fields, ..dead() }).await;
    assert_eq!((kept.state(second).await, kept.state(third).await), ("waiting".into(), "merged".into()));
    let corrected = NewSubmission { fingerprint: [2; 32], ..of_person("first", 9) };
    assert!(matches!(kept.store.accept(corrected).await.unwrap(), Accepted::New(_)));
    assert_eq!(kept.state(first).await, "replaced");
    assert_eq!(kept.state(third).await, "merged", "the second is on its way");
}

async fn lead_that_comes_while_the_one_before_it_is_given_up_is_sent(kept: Kept) {
    for person in 0..24 {
        kept.of_person(&format!("first-{person}"), person).await;
        let claimed = kept.claim(1).await.remove(0);
        let store = Arc::clone(&kept.store);
        let next = of_person(&format!("next-{person}"), person);
        let accept = tokio::spawn(async move { store.accept(next).await.unwrap() });
        let (store, delivery, fence) = (Arc::clone(&kept.store), claimed.delivery, claimed.fence);
        let release = tokio::spawn(async move {
            store.release(delivery, fence, Standing::DeadLetter, "record_missing").await.unwrap()
        });
        let Accepted::New(next) = accept.await.unwrap() else { panic!("every key is new") };
        assert!(release.await.unwrap());
        assert_eq!(kept.state(next).await, "waiting");
        kept.next_ends(delivered()).await;
    }
}
