//! What every store promises when its clock is set back: whatever was given for a time lasts as long as it was given for.
//!
//! Apart from the promises that hold by a clock that goes on.

use std::time::Duration;

use lead_proxy::store::{AttemptClass, Ending, GateCause, GateChange, Standing, Verdict};

use super::{Kept, MINUTE, delivered, ending};

const DAY: Duration = Duration::from_secs(86_400);
/// Less than the longest wait that a partner may ask for.
const HALF_DAY: Duration = Duration::from_secs(43_200);
const AGAIN: Standing = Standing::Waiting { after: Duration::ZERO };

contract! {
    each_and_model:
        lease_of_a_dead_worker_ends_in_its_time,
        lease_of_a_dead_process_ends_in_its_time,
        renewed_lease_keeps_its_length,
        wait_of_a_partner_keeps_its_length_though_its_gate_is_opened_first,
        wait_of_a_partner_keeps_its_length_though_an_attempt_ends_first,
        wait_that_is_over_does_not_begin_anew,
        probe_of_a_broken_flow_keeps_its_time;
}

/// An ending after which it is due at once.
fn again(class: AttemptClass, verdict: Verdict) -> Ending {
    Ending { verdict, ..ending(class, AGAIN) }
}

fn asks_to_wait(wait: Duration) -> Ending {
    again(AttemptClass::Throttled, Verdict::Wait(wait))
}

impl Kept {
    /// How many a look for what dead workers have left brings.
    async fn left(&self) -> usize {
        self.store.recover(&[], MINUTE).await.unwrap().len()
    }
}

async fn lease_of_a_dead_worker_ends_in_its_time(kept: Kept) {
    kept.begin("key").await;
    assert_eq!(kept.left().await, 0);
    kept.hand.set_back(DAY);
    assert_eq!(kept.left().await, 0, "a living holder keeps all of its time");
    kept.hand.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(kept.left().await, 0);
    kept.hand.advance(Duration::from_millis(1));
    assert_eq!(kept.left().await, 1);
}

async fn lease_of_a_dead_process_ends_in_its_time(kept: Kept) {
    kept.begin("key").await;
    kept.hand.set_back(DAY);
    let kept = kept.again().await;
    // At once in a store of one process; where others may still run, when the lease is over.
    let mut left = kept.left().await;
    if left == 0 {
        kept.hand.advance(MINUTE);
        left = kept.left().await;
    }
    assert_eq!(left, 1);
}

async fn renewed_lease_keeps_its_length(kept: Kept) {
    let (claimed, _) = kept.begin("key").await;
    for _ in 0..120 {
        kept.hand.advance(MINUTE / 2);
        assert_eq!(kept.store.renew(&[(claimed.delivery, claimed.fence)], MINUTE).await.unwrap(), []);
    }
    assert_eq!(kept.left().await, 0);
    kept.hand.set_back(30 * MINUTE);
    assert_eq!(kept.left().await, 0);
    kept.hand.advance(MINUTE);
    assert_eq!(kept.left().await, 1);
}

async fn wait_of_a_partner_keeps_its_length_though_its_gate_is_opened_first(kept: Kept) {
    for step in [HALF_DAY, DAY] {
        for key in ["first", "second"] {
            kept.accept(&format!("{key}-{}", step.as_secs()), 1).await;
        }
    }
    let mut kept = kept;
    for step in [HALF_DAY, DAY] {
        let claimed = kept.claim(2).await;
        kept.attempt(&claimed[0], asks_to_wait(MINUTE)).await;
        let refused = again(AttemptClass::Credential, Verdict::Refused);
        assert_eq!(kept.attempt(&claimed[1], refused).await, Some(GateChange::Closed(GateCause::Paused)));
        kept.hand.set_back(step);
        kept = kept.again().await;
        // Whoever starts the proxy opens what was refused, also where the look for what was left has failed.
        assert_eq!(kept.store.resume_accounts().await.unwrap(), 1);
        kept.left().await;
        assert_eq!(kept.claim(9).await.len(), 0, "a minute is left, no more and no less");
        kept.hand.advance(MINUTE);
        let claimed = kept.claim(2).await;
        assert_eq!(claimed.len(), 2, "{step:?}");
        for claimed in claimed {
            kept.attempt(&claimed, delivered()).await;
        }
    }
}

async fn wait_of_a_partner_keeps_its_length_though_an_attempt_ends_first(kept: Kept) {
    for key in ["first", "second", "third"] {
        kept.accept_new(key).await;
    }
    let claimed = kept.claim(2).await;
    kept.left().await;
    kept.attempt(&claimed[0], asks_to_wait(MINUTE)).await;
    kept.hand.set_back(HALF_DAY);
    let bad = again(AttemptClass::NotSent, Verdict::Bad);
    assert_eq!(kept.attempt(&claimed[1], bad).await, Some(GateChange::None));
    kept.left().await;
    assert_eq!(kept.claim(9).await.len(), 0);
    kept.hand.advance(MINUTE);
    assert_eq!(kept.claim(9).await.len(), 3);
}

async fn wait_that_is_over_does_not_begin_anew(kept: Kept) {
    for key in ["first", "second"] {
        kept.accept_new(key).await;
    }
    let claimed = kept.claim(2).await;
    kept.left().await;
    kept.attempt(&claimed[0], asks_to_wait(MINUTE)).await;
    kept.hand.advance(2 * MINUTE);
    kept.attempt(&claimed[1], again(AttemptClass::NotSent, Verdict::Bad)).await;
    kept.hand.set_back(HALF_DAY);
    kept.left().await;
    assert_eq!(kept.claim(9).await.len(), 2);
}

async fn probe_of_a_broken_flow_keeps_its_time(kept: Kept) {
    for key in ["first", "second"] {
        kept.accept_new(key).await;
    }
    for claimed in kept.claim(2).await {
        kept.attempt(&claimed, again(AttemptClass::NotSent, Verdict::Bad)).await;
    }
    kept.hand.advance(MINUTE / 2);
    kept.left().await;
    kept.hand.set_back(HALF_DAY);
    kept.left().await;
    kept.hand.advance(MINUTE);
    assert_eq!(kept.claim(9).await.len(), 1);
    assert_eq!(kept.closed().await, [("web".to_owned(), GateCause::Broken)]);
}
