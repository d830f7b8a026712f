//! What every store promises of access tokens and consents.
//!
//! Apart from leads: other fences, and rows that nobody can read without the key.

use std::sync::Arc;

use lead_proxy::clock::Timestamp;
use lead_proxy::store::{Fence, TokenLease, TokenRow, TokenSetback, TokenState};

use super::{Kept, MINUTE, START};

const STATE: [u8; 32] = [7; 32];

contract! {
    each_and_model:
        token_comes_back_as_it_was_saved,
        only_one_of_many_gets_the_lease,
        lease_is_for_who_has_seen_the_newest_row,
        lease_ends_by_its_time_and_its_holder_can_then_note_nothing,
        lease_of_a_clock_that_was_set_back_holds_nobody_up,
        late_holder_may_save_while_the_generation_is_the_one_that_he_has_seen,
        older_generation_never_writes_over_a_newer_one,
        setback_is_counted_until_the_next_token,
        cleared_token_is_gone_and_its_generation_goes_on,
        tokens_are_there_after_opening_again,
        consent_is_taken_once_and_in_time,
        consents_of_one_account_are_bounded,
        one_account_is_resumed_and_no_other;
}

impl Kept {
    async fn token(&self) -> Option<TokenRow> {
        self.store.token_row("web").await.unwrap()
    }

    async fn lease(&self, seen: i64) -> TokenLease {
        let until = self.clock.now().after(MINUTE);
        self.store.lease_token("web", Fence(seen), until).await.unwrap()
    }

    async fn granted(&self, seen: i64) -> Fence {
        match self.lease(seen).await {
            TokenLease::Granted(fence) => fence,
            other => panic!("{other:?}"),
        }
    }

    async fn save(&self, seen_generation: i64, sealed: &[u8]) -> bool {
        self.store.save_token("web", seen_generation, sealed.to_vec()).await.unwrap()
    }
}

fn setback(state: TokenState) -> TokenSetback {
    let retry_at = Some(START.after(MINUTE));
    TokenSetback { state, reason: "status_503".to_owned(), retry_at, client: Some(vec![1, 2]) }
}

async fn token_comes_back_as_it_was_saved(kept: Kept) {
    assert_eq!(kept.token().await, None);
    kept.granted(0).await;
    assert!(kept.save(0, b"sealed").await);
    let row = kept.token().await.unwrap();
    assert_eq!((row.generation, row.sealed.as_deref()), (1, Some(&b"sealed"[..])));
    assert_eq!((row.state, row.failures, row.retry_at, row.changed_at), (TokenState::Good, 0, None, START));
    assert_eq!(kept.store.token_row("other").await.unwrap(), None);
}

async fn only_one_of_many_gets_the_lease(kept: Kept) {
    let asks: Vec<_> = (0..64)
        .map(|_| {
            let store = Arc::clone(&kept.store);
            tokio::spawn(
                async move { store.lease_token("web", Fence(0), START.after(MINUTE)).await.unwrap() },
            )
        })
        .collect();
    let mut granted = 0;
    for ask in asks {
        match ask.await.unwrap() {
            TokenLease::Granted(_) => granted += 1,
            TokenLease::Busy { until } => assert_eq!(until, START.after(MINUTE)),
            TokenLease::Newer => panic!("nothing has been written"),
        }
    }
    assert_eq!(granted, 1);
}

async fn lease_is_for_who_has_seen_the_newest_row(kept: Kept) {
    let fence = kept.granted(0).await;
    assert!(kept.save(0, b"sealed").await);
    assert_eq!(kept.lease(0).await, TokenLease::Newer);
    assert_eq!(kept.lease(fence.0).await, TokenLease::Newer);
    let seen = kept.token().await.unwrap().fence;
    assert!(kept.granted(seen.0).await.0 > seen.0);
}

async fn lease_ends_by_its_time_and_its_holder_can_then_note_nothing(kept: Kept) {
    let late = kept.granted(0).await;
    let seen = kept.token().await.unwrap().fence;
    assert!(matches!(kept.lease(seen.0).await, TokenLease::Busy { .. }));
    kept.hand.advance(MINUTE);
    let next = kept.granted(seen.0).await;
    let noted = kept.store.note_setback("web", late, setback(TokenState::Refused)).await.unwrap();
    assert_eq!(noted, None);
    assert_eq!(kept.token().await.unwrap().state, TokenState::Good);
    assert_eq!(kept.store.note_setback("web", next, setback(TokenState::Good)).await.unwrap(), Some(1));
}

async fn lease_of_a_clock_that_was_set_back_holds_nobody_up(kept: Kept) {
    let fence = kept.granted(0).await;
    kept.hand.set_back(60 * MINUTE);
    kept.granted(fence.0).await;
}

async fn late_holder_may_save_while_the_generation_is_the_one_that_he_has_seen(kept: Kept) {
    let late = kept.granted(0).await;
    kept.hand.advance(MINUTE);
    let next = kept.granted(late.0).await;
    assert!(kept.save(0, b"late").await, "its refresh token would be lost for ever");
    assert!(!kept.save(0, b"next").await, "and the next one's is the same again or refused");
    let noted = kept.store.note_setback("web", next, setback(TokenState::Refused)).await.unwrap();
    assert_eq!(noted, None, "the loser of the race marks nothing broken");
    assert_eq!(kept.token().await.unwrap().sealed.as_deref(), Some(&b"late"[..]));
}

async fn older_generation_never_writes_over_a_newer_one(kept: Kept) {
    assert!(kept.save(0, b"first").await, "a consent needs no lease");
    assert!(kept.save(1, b"second").await);
    for seen in [-1, 0, 1, 3] {
        assert!(!kept.save(seen, b"other").await, "generation {seen}");
    }
    let row = kept.token().await.unwrap();
    assert_eq!((row.generation, row.sealed.as_deref()), (2, Some(&b"second"[..])));
}

async fn setback_is_counted_until_the_next_token(kept: Kept) {
    assert!(kept.save(0, b"sealed").await);
    for failures in 1..=3 {
        let seen = kept.token().await.unwrap().fence;
        let fence = kept.granted(seen.0).await;
        let state = if failures == 3 { TokenState::Refused } else { TokenState::Good };
        assert_eq!(kept.store.note_setback("web", fence, setback(state)).await.unwrap(), Some(failures));
    }
    let row = kept.token().await.unwrap();
    assert_eq!(
        (row.state, row.reason.as_deref(), row.failures),
        (TokenState::Refused, Some("status_503"), 3)
    );
    assert_eq!((row.retry_at, row.client), (Some(START.after(MINUTE)), Some(vec![1, 2])));
    assert_eq!(row.sealed.as_deref(), Some(&b"sealed"[..]), "what there is stays");
    assert!(kept.save(1, b"sealed").await);
    let row = kept.token().await.unwrap();
    assert_eq!((row.state, row.reason, row.failures), (TokenState::Good, None, 0));
    assert_eq!((row.retry_at, row.client), (None, None));
}

async fn cleared_token_is_gone_and_its_generation_goes_on(kept: Kept) {
    assert!(!kept.store.clear_token("web").await.unwrap(), "there is none");
    assert!(kept.save(0, b"sealed").await);
    assert!(kept.store.clear_token("web").await.unwrap());
    let row = kept.token().await.unwrap();
    assert_eq!((row.generation, row.sealed), (2, None));
    assert!(!kept.save(1, b"late").await, "an errand from before brings nothing back");
    assert!(kept.save(2, b"new").await);
}

async fn tokens_are_there_after_opening_again(kept: Kept) {
    assert!(kept.save(0, b"sealed").await);
    kept.store.add_consent(STATE, "web", START.after(MINUTE)).await.unwrap();
    let kept = kept.again().await;
    assert_eq!(kept.token().await.unwrap().sealed.as_deref(), Some(&b"sealed"[..]));
    assert_eq!(kept.store.take_consent(STATE).await.unwrap().as_deref(), Some("web"));
}

async fn consent_is_taken_once_and_in_time(kept: Kept) {
    let until = START.after(MINUTE);
    kept.store.add_consent(STATE, "web", until).await.unwrap();
    assert_eq!(kept.store.take_consent([8; 32]).await.unwrap(), None);
    assert_eq!(kept.store.take_consent(STATE).await.unwrap().as_deref(), Some("web"));
    assert_eq!(kept.store.take_consent(STATE).await.unwrap(), None, "it was taken");
    kept.store.add_consent(STATE, "web", until).await.unwrap();
    kept.hand.advance(MINUTE);
    assert_eq!(kept.store.take_consent(STATE).await.unwrap(), None, "it has expired");
}

async fn consents_of_one_account_are_bounded(kept: Kept) {
    kept.store.add_consent([255; 32], "other", START.after(MINUTE)).await.unwrap();
    for number in 0..=100 {
        let expires_at = Timestamp::from_ms(START.after(MINUTE).as_ms() + i64::from(number));
        kept.store.add_consent([number; 32], "web", expires_at).await.unwrap();
    }
    assert_eq!(kept.store.take_consent([0; 32]).await.unwrap(), None, "the oldest made room");
    for (number, account) in [(1, "web"), (100, "web"), (255, "other")] {
        assert_eq!(
            kept.store.take_consent([number; 32]).await.unwrap().as_deref(),
            Some(account),
            "{number}"
        );
    }
}

async fn one_account_is_resumed_and_no_other(kept: Kept) {
    use lead_proxy::store::{AttemptClass, Ending, Standing, Verdict};

    let (claimed, attempt) = kept.begin("key").await;
    let waiting = Standing::Waiting { after: std::time::Duration::ZERO };
    let pause = Ending { verdict: Verdict::Refused, ..super::ending(AttemptClass::Credential, waiting) };
    assert!(kept.finish(&claimed, attempt, pause).await);
    assert!(!kept.store.resume_account("other").await.unwrap());
    assert_eq!(kept.claim(9).await.len(), 0);
    assert!(kept.store.resume_account("web").await.unwrap());
    assert_eq!(kept.claim(9).await.len(), 1);
}
