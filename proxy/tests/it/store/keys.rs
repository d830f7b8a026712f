//! What every store promises of wrapped secrets and keys, and of erasing.
//!
//! Apart from leads on their way: these rows change only where nobody works on them.

use std::sync::Arc;
use std::time::Duration;

use lead_model::SubmissionState;
use lead_proxy::ids::Receipt;
use lead_proxy::store::operator::{AuditNote, AuditQuery, AuditWhy, OperatorName};
use lead_proxy::store::{
    Accepted, AttemptClass, Ending, Erased, KeyCount, NewSubmission, Retention, Rewrapped, SealedToken,
    Standing, StoredSecret, WrappedKey,
};

use super::{Kept, MINUTE, delivered, ending, submission};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MONTH: Retention = Retention { delivered_days: 30, dead_days: 0 };

contract! {
    each:
        first_secret_of_a_name_is_kept_and_replaced_by_who_has_seen_it,
        pages_show_what_other_keys_wrap_and_nothing_else,
        data_key_is_wrapped_anew_only_where_it_is_what_it_was,
        token_is_sealed_anew_only_where_it_is_what_it_was,
        erased_lead_keeps_its_receipt_and_nothing_that_opens,
        lead_on_its_way_is_erased_only_when_nobody_sends_it,
        lead_is_erased_when_its_time_is_over_and_not_a_moment_before,
        what_nobody_has_got_is_erased_only_by_a_word_for_it;
}

/// Somebody's word for it.
pub(crate) fn note() -> AuditNote {
    let (operator, why) = (OperatorName::parse("ana"), AuditWhy::parse("the visitor asks for it"));
    AuditNote { operator: operator.unwrap(), why: why.unwrap() }
}

fn secret(key_id: &str, byte: u8) -> StoredSecret {
    StoredSecret { key_id: key_id.to_owned(), sealed: vec![byte; 61] }
}

async fn first_secret_of_a_name_is_kept_and_replaced_by_who_has_seen_it(kept: Kept) {
    assert_eq!(kept.store.secret("index").await.unwrap(), None);
    let keep = |byte| {
        let store = Arc::clone(&kept.store);
        tokio::spawn(async move { store.keep_secret("index", secret("a", byte)).await.unwrap() })
    };
    let answers = [keep(1), keep(2), keep(3)];
    let mut kept_ones = Vec::new();
    for answer in answers {
        kept_ones.push(answer.await.unwrap());
    }
    assert!(kept_ones.iter().all(|one| *one == kept_ones[0]), "{kept_ones:?}");
    let first = kept_ones.remove(0);
    assert_eq!(kept.store.secret("other").await.unwrap(), None);
    assert!(!kept.store.rewrap_secret("index", secret("a", 9), secret("b", 4)).await.unwrap());
    assert!(kept.store.rewrap_secret("index", first, secret("b", 4)).await.unwrap());
    let kept = kept.again().await;
    assert_eq!(kept.store.secret("index").await.unwrap(), Some(secret("b", 4)));
}

impl Kept {
    async fn accept_under(&self, key: &str, key_id: &str) -> Receipt {
        let mut submission = submission(key, 1);
        submission.lead.key_id = key_id.to_owned();
        let receipt = submission.receipt.clone();
        self.store.accept(submission).await.unwrap();
        receipt
    }

    /// Every data key that another key than `active` wraps, in pages of this length.
    async fn others(&self, active: &str, length: u32) -> Vec<WrappedKey> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page = self.store.wrapped_by_others(active, after, length).await.unwrap();
            all.extend(page.keys);
            let Some(next) = page.next else { return all };
            assert!(next > after, "it goes on");
            after = next;
        }
    }

    async fn erase(&self, receipt: &Receipt) -> Erased {
        self.store.erase(receipt, note()).await.unwrap()
    }

    /// Leads whose content is there.
    async fn unerased(&self) -> u64 {
        self.store.key_counts().await.unwrap().iter().map(|count| count.leads).sum()
    }
}

async fn pages_show_what_other_keys_wrap_and_nothing_else(kept: Kept) {
    assert_eq!(kept.others("a", 10).await, [], "an empty store");
    let mut receipts = Vec::new();
    for number in 0..23 {
        let key_id = if number % 3 == 0 { "b" } else { "a" };
        receipts.push((key_id, kept.accept_under(&format!("key-{number}"), key_id).await));
    }
    let of = |wanted: &str| -> Vec<String> {
        receipts.iter().filter(|(id, _)| *id == wanted).map(|(_, receipt)| receipt.to_string()).collect()
    };
    for length in [1, 2, 7, 22, 23, 24, 1_000] {
        let found: Vec<_> = kept.others("a", length).await.into_iter().map(|key| key.receipt).collect();
        assert_eq!(found, of("b"), "in pages of {length}");
    }
    let first = kept.others("b", 100).await.remove(0);
    let shown = (first.form.as_str(), first.account.as_str(), first.key_id.as_str(), first.data_key.len());
    assert_eq!(shown, ("quote", "web", "a", 61));
    assert_eq!(kept.others("c", 100).await.len(), 23);
    let counts = kept.store.key_counts().await.unwrap();
    let count = |key_id: &str, leads| KeyCount { key_id: key_id.to_owned(), leads };
    assert_eq!(counts, [count("a", 15), count("b", 8)]);
}

async fn data_key_is_wrapped_anew_only_where_it_is_what_it_was(kept: Kept) {
    for key in ["first", "second", "third"] {
        kept.accept_new(key).await;
    }
    let others = kept.others("new", 10).await;
    let rewrapped =
        |was: &WrappedKey| Rewrapped { was: was.clone(), key_id: "new".to_owned(), data_key: vec![5; 61] };
    let stale = WrappedKey { data_key: vec![9; 61], ..others[1].clone() };
    let keys = vec![rewrapped(&others[0]), rewrapped(&stale), rewrapped(&others[2])];
    assert_eq!(kept.store.rewrap(keys.clone()).await.unwrap(), 2);
    assert_eq!(kept.store.rewrap(keys).await.unwrap(), 0, "once");
    assert_eq!(kept.store.rewrap(Vec::new()).await.unwrap(), 0);
    assert_eq!(kept.others("new", 10).await, [others[1].clone()]);
    let leads: Vec<_> = kept.claim(9).await.into_iter().map(|claimed| claimed.lead).collect();
    assert_eq!((leads[0].key_id.as_str(), &leads[0].data_key), ("new", &vec![5; 61]));
    assert!(leads.iter().all(|lead| lead.sealed == vec![2; 200]), "the content stays as it is");
}

async fn token_is_sealed_anew_only_where_it_is_what_it_was(kept: Kept) {
    assert_eq!(kept.store.sealed_tokens().await.unwrap(), []);
    assert!(kept.store.save_token("web", 0, vec![1; 80]).await.unwrap());
    assert!(kept.store.save_token("other", 0, vec![3; 80]).await.unwrap());
    assert!(kept.store.clear_token("other").await.unwrap());
    let token = SealedToken { account: "web".to_owned(), generation: 1, sealed: vec![1; 80] };
    assert_eq!(
        kept.store.sealed_tokens().await.unwrap(),
        std::slice::from_ref(&token),
        "a cleared one is none"
    );
    for stale in [
        SealedToken { generation: 2, ..token.clone() },
        SealedToken { sealed: vec![9; 80], ..token.clone() },
        SealedToken { account: "other".to_owned(), ..token.clone() },
    ] {
        assert!(!kept.store.reseal_token(stale, vec![2; 80]).await.unwrap());
    }
    let before = kept.store.token_row("web").await.unwrap().unwrap();
    assert!(kept.store.reseal_token(token, vec![2; 80]).await.unwrap());
    let after = kept.store.token_row("web").await.unwrap().unwrap();
    assert_eq!(after.sealed, Some(vec![2; 80]));
    assert_eq!(
        (after.generation, after.fence),
        (before.generation, before.fence),
        "nobody has to look again"
    );
}

async fn erased_lead_keeps_its_receipt_and_nothing_that_opens(kept: Kept) {
    let person = NewSubmission { person: Some([7; 32]), ..submission("key", 1) };
    let receipt = person.receipt.clone();
    kept.store.accept(person).await.unwrap();
    let claimed = kept.claim(1).await.remove(0);
    kept.attempt(&claimed, delivered()).await.unwrap();
    assert_eq!(kept.erase(&Receipt::new()).await, Erased::Unknown);
    assert_eq!(kept.erase(&receipt).await, Erased::Done);
    assert_eq!(kept.erase(&receipt).await, Erased::Already);
    assert_eq!((kept.unerased().await, kept.others("other", 10).await), (0, Vec::new()));
    assert_eq!(kept.state(claimed.delivery).await, "delivered");
    assert!(kept.store.receipt(&receipt).await.unwrap().is_some());
    let digests: Vec<_> = kept.store.attempts(claimed.delivery).await.unwrap();
    assert_eq!(digests[0].request_digest, "", "no hash over what was sent");
    let audit = kept.store.audit(AuditQuery { limit: 9, ..AuditQuery::default() }).await.unwrap();
    let rows: Vec<_> = audit.iter().map(|row| (row.action.as_str(), row.was.as_deref())).collect();
    assert_eq!(rows, [("erase", Some("delivered"))], "once, whoever asks again");
    let stored = kept.store.submission(&receipt).await.unwrap().unwrap();
    assert!(stored.lead.is_erased() && stored.erased_at.is_some(), "{stored:?}");
    assert_eq!((stored.form.as_str(), stored.form_version, stored.locale.as_str()), ("quote", 3, "de"));
    // A late retry makes no second lead, and hears of the first.
    let known = Accepted::Known { receipt, state: SubmissionState::Delivered };
    assert_eq!(kept.accept("key", 1).await, known);
    assert_eq!(kept.claim(9).await.len(), 0);
}

async fn lead_on_its_way_is_erased_only_when_nobody_sends_it(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    assert_eq!(kept.erase(&claimed.receipt).await, Erased::Sending);
    assert_eq!(kept.unerased().await, 1);
    let again = ending(AttemptClass::NotSent, Standing::Waiting { after: Duration::ZERO });
    assert!(kept.finish(&claimed, attempt, again).await);
    assert_eq!(kept.erase(&claimed.receipt).await, Erased::Done);
    let view = kept.store.delivery(claimed.delivery).await.unwrap().unwrap();
    assert_eq!((view.state.as_str(), view.reason.as_deref()), ("dropped", Some("erased")));
    assert_eq!(kept.claim(9).await.len(), 0, "it is never sent");
}

async fn lead_is_erased_when_its_time_is_over_and_not_a_moment_before(kept: Kept) {
    for key in ["first", "second", "third"] {
        let (claimed, attempt) = kept.begin(key).await;
        assert!(kept.finish(&claimed, attempt, delivered()).await);
        kept.hand.advance(MINUTE);
    }
    kept.accept_new("waiting").await;
    kept.hand.advance(30 * DAY - 3 * MINUTE - Duration::from_millis(1));
    assert_eq!(kept.store.erase_old(MONTH, 10).await.unwrap(), 0);
    kept.hand.advance(Duration::from_millis(1));
    assert_eq!(kept.store.erase_old(MONTH, 10).await.unwrap(), 1);
    kept.hand.advance(MONTH.delivered());
    assert_eq!(kept.store.erase_old(MONTH, 1).await.unwrap(), 1, "no more than asked for");
    assert_eq!(kept.store.erase_old(MONTH, 10).await.unwrap(), 1);
    assert_eq!(kept.store.erase_old(MONTH, 10).await.unwrap(), 0);
    assert_eq!(kept.unerased().await, 1);
    assert_eq!(kept.claim(9).await.len(), 1, "what waits is never erased");
}

async fn what_nobody_has_got_is_erased_only_by_a_word_for_it(kept: Kept) {
    let mut left = Vec::new();
    for (key, standing) in [("held", Standing::Held), ("dead", Standing::DeadLetter)] {
        let (claimed, attempt) = kept.begin(key).await;
        let ended: Ending = ending(AttemptClass::InDoubt, standing);
        assert!(kept.finish(&claimed, attempt, ended).await);
        left.push(claimed.delivery);
    }
    kept.hand.advance(10_000 * DAY);
    assert_eq!(kept.store.erase_old(MONTH, 10).await.unwrap(), 0);
    let year = Retention { dead_days: 20_000, ..MONTH };
    assert_eq!(kept.store.erase_old(year, 10).await.unwrap(), 0);
    let month = Retention { dead_days: 30, ..MONTH };
    assert_eq!(kept.store.erase_old(month, 1).await.unwrap(), 1);
    assert_eq!(kept.store.erase_old(month, 10).await.unwrap(), 1);
    assert_eq!(kept.unerased().await, 0);
    for delivery in left {
        let view = kept.store.delivery(delivery).await.unwrap().unwrap();
        assert_eq!((view.state.as_str(), view.reason.as_deref()), ("dropped", Some("retention_over")));
    }
}
