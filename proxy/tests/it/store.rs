//! What every store promises, asked of each driver; and what one of them alone must refuse.

mod files;
mod kept;
mod postgres_alone;
mod postgres_proxy;
mod sqlite_alone;

use std::sync::Arc;
use std::time::Duration;

use lead_model::{Problem, ProblemCode, SubmissionState};
use lead_proxy::clock::Timestamp;
use lead_proxy::ids::Receipt;
use lead_proxy::store::{
    Accepted, AccountRoom, AttemptClass, ClaimRequest, Claimed, DuplicateRule, Ending, Fence, FlowRule,
    GateCause, GateChange, NewSubmission, Standing, Verdict,
};

use kept::{Kept, beside, delivered, ending, open, room, submission};

const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
const MINUTE: Duration = Duration::from_secs(60);
const FLOW: FlowRule = FlowRule {
    per_minute: None,
    burst: 1,
    breaker_failures: 2,
    broken_wait: MINUTE,
    paused_wait: Duration::from_secs(900),
};

/// The contract: each test is asked of every driver, most also of the model under the simulation. Below it stand the parts with files of their own.
macro_rules! contract {
    (each: $($test:ident),+ $(,)?; each_and_model: $($both:ident),+ $(,)?;) => {
        contract! { sqlite: $($test),+, $($both),+; postgres: $($test),+, $($both),+; model: $($both),+; }
    };
    (each: $($test:ident),+ $(,)?;) => {
        contract! { sqlite: $($test),+; postgres: $($test),+; }
    };
    (each_and_model: $($test:ident),+ $(,)?;) => {
        contract! { sqlite: $($test),+; postgres: $($test),+; model: $($test),+; }
    };
    ($($driver:ident: $($test:ident),+ $(,)?;)+) => {
        $(mod $driver {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Kept::$driver().await).await;
            })+
        })+
    };
}

mod clock;
mod followers;
mod keys;
mod quarantine;
mod settling;
mod tokens;

pub(crate) use keys::note;

contract! {
    each_and_model:
        same_key_and_same_submission_is_known_with_its_first_receipt,
        same_key_with_another_submission_is_told,
        same_key_in_another_form_is_another_submission,
        receipt_tells_how_far_the_submission_has_come,
        sixty_four_equal_submissions_at_once_make_one_row,
        only_what_is_due_is_claimed_and_only_once,
        claim_keeps_to_the_room_of_each_account,
        claimed_delivery_holds_what_was_accepted,
        attempt_counts_from_one_and_ends_with_its_class,
        older_fence_can_write_nothing,
        paused_account_is_not_claimed_until_resumed,
        broken_flow_lets_one_probe_through_and_opens_when_it_is_answered,
        rate_of_an_account_bounds_its_claims_and_no_other_accounts,
        stopped_account_is_opened_by_its_operator_alone,
        wait_that_a_partner_asked_for_is_shown_and_ended_by_an_operator,
        renewed_lease_lasts_and_a_lost_one_is_told,
        second_submission_of_a_person_is_flagged_and_by_rule_merged,
        one_person_at_the_same_moment_is_first_once,
        reference_of_a_partner_is_kept_whatever_it_is,
        doubts_are_counted,
        refused_fields_free_the_key_for_a_corrected_submission,
        what_a_dead_process_left_is_recovered_once,
        expired_lease_is_recovered_unless_it_still_runs,
        everything_is_there_after_opening_again,
        closed_store_takes_nothing_more;
}

async fn same_key_and_same_submission_is_known_with_its_first_receipt(kept: Kept) {
    let first = submission("key", 1);
    let receipt = first.receipt.clone();
    assert!(matches!(kept.store.accept(first).await.unwrap(), Accepted::New(_)));
    assert_eq!(kept.accept("key", 1).await, Accepted::Known { receipt, state: SubmissionState::Received });
}

async fn same_key_with_another_submission_is_told(kept: Kept) {
    kept.accept_new("key").await;
    assert_eq!(kept.accept("key", 2).await, Accepted::KeyReused);
}

async fn same_key_in_another_form_is_another_submission(kept: Kept) {
    kept.accept_new("key").await;
    let other = NewSubmission { form: "callback".to_owned(), ..submission("key", 2) };
    assert!(matches!(kept.store.accept(other).await.unwrap(), Accepted::New(_)));
}

async fn receipt_tells_how_far_the_submission_has_come(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    let told = kept.store.receipt(&claimed.receipt).await.unwrap().unwrap();
    assert_eq!(
        (told.state, told.received_at.as_str()),
        (SubmissionState::Received, "2026-01-01T00:00:00.000Z")
    );
    assert!(kept.finish(&claimed, attempt, delivered()).await);
    let told = kept.store.receipt(&claimed.receipt).await.unwrap().unwrap();
    assert_eq!((told.state, told.receipt), (SubmissionState::Delivered, claimed.receipt.to_string()));
    assert_eq!(kept.store.receipt(&Receipt::new()).await.unwrap(), None);
}

async fn sixty_four_equal_submissions_at_once_make_one_row(kept: Kept) {
    let accepts: Vec<_> = (0..64)
        .map(|_| {
            let store = Arc::clone(&kept.store);
            let submission = submission("key", 1);
            tokio::spawn(async move { (submission.receipt.clone(), store.accept(submission).await.unwrap()) })
        })
        .collect();
    let mut first = Vec::new();
    let mut known = Vec::new();
    for accept in accepts {
        match accept.await.unwrap() {
            (receipt, Accepted::New(_)) => first.push(receipt),
            (_, Accepted::Known { receipt, .. }) => known.push(receipt),
            (_, other) => panic!("{other:?}"),
        }
    }
    assert_eq!((first.len(), known.len()), (1, 63));
    assert!(known.iter().all(|receipt| *receipt == first[0]));
    assert_eq!(kept.claim(64).await.len(), 1);
}

async fn only_what_is_due_is_claimed_and_only_once(kept: Kept) {
    let delivery = kept.accept_new("key").await;
    let web = [room("web", 9)];
    assert_eq!(kept.store.next_due(&web).await.unwrap(), Some(Duration::ZERO));
    assert_eq!(kept.store.next_due(&[room("other", 9)]).await.unwrap(), None);
    let claimed = kept.claim(9).await.remove(0);
    assert_eq!(kept.claim(9).await.len(), 0);
    assert_eq!(kept.store.next_due(&web).await.unwrap(), None);

    let standing = Standing::Waiting { after: MINUTE };
    assert!(kept.store.release(delivery, claimed.fence, standing, "dns").await.unwrap());
    assert_eq!(kept.store.next_due(&web).await.unwrap(), Some(MINUTE));
    assert_eq!(kept.claim(9).await.len(), 0);
    kept.hand.advance(MINUTE);
    assert_eq!(kept.claim(9).await.len(), 1);
}

async fn claim_keeps_to_the_room_of_each_account(kept: Kept) {
    for key in ["a", "b", "c"] {
        kept.accept_new(key).await;
        let other = NewSubmission { account: "other".to_owned(), ..submission(&format!("other-{key}"), 1) };
        kept.store.accept(other).await.unwrap();
    }
    let mut request = Kept::request("web", 2);
    request.accounts.push(room("other", 9));
    request.limit = 4;
    let claimed = kept.store.claim(request).await.unwrap();
    let of = |account: &str| claimed.iter().filter(|claimed| claimed.account == account).count();
    assert_eq!((of("web"), of("other")), (2, 2));
}

async fn claimed_delivery_holds_what_was_accepted(kept: Kept) {
    let accepted = submission("key", 1);
    kept.store.accept(accepted.clone()).await.unwrap();
    let claimed = kept.claim(1).await.remove(0);
    assert_eq!((claimed.receipt, claimed.lead), (accepted.receipt, accepted.lead));
    assert_eq!((claimed.form.as_str(), claimed.account.as_str()), ("quote", "web"));
    assert_eq!((claimed.attempts, claimed.doubts, claimed.received_at), (0, 0, START));
}

async fn attempt_counts_from_one_and_ends_with_its_class(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    assert_eq!(attempt, 1);
    let attempts = kept.store.attempts(claimed.delivery).await.unwrap();
    assert_eq!((attempts[0].state.as_str(), attempts[0].request_digest.as_str()), ("sending", "d1"));

    let again = ending(AttemptClass::Throttled, Standing::Waiting { after: Duration::ZERO });
    assert!(kept.finish(&claimed, attempt, again).await);
    let claimed = kept.claim(1).await.remove(0);
    assert_eq!(claimed.attempts, 1);
    let second =
        kept.store.begin_attempt(claimed.delivery, claimed.fence, "d1".to_owned(), MINUTE).await.unwrap();
    assert_eq!(second, Some(2));
    assert!(kept.finish(&claimed, 2, delivered()).await);
    let attempts = kept.store.attempts(claimed.delivery).await.unwrap();
    let states: Vec<_> = attempts.iter().map(|attempt| (attempt.number, attempt.state.as_str())).collect();
    assert_eq!(states, [(1, "throttled"), (2, "delivered")]);
}

async fn older_fence_can_write_nothing(kept: Kept) {
    let (late, attempt) = kept.begin("key").await;
    kept.hand.advance(2 * MINUTE);
    let abandoned = kept.store.recover(&[], MINUTE).await.unwrap().remove(0);
    assert!(abandoned.claimed.fence.0 > late.fence.0);

    assert!(!kept.finish(&late, attempt, delivered()).await);
    let standing = Standing::Delivered;
    assert!(!kept.store.release(late.delivery, late.fence, standing, "late").await.unwrap());
    assert_eq!(
        kept.store.begin_attempt(late.delivery, late.fence, "d2".to_owned(), MINUTE).await.unwrap(),
        None
    );
    assert_eq!(kept.state(late.delivery).await, "leased");
    assert_eq!(kept.store.attempts(late.delivery).await.unwrap()[0].state, "sending");
    let unknown = Fence(abandoned.claimed.fence.0 + 1);
    assert!(!kept.store.release(late.delivery, unknown, standing, "early").await.unwrap());
}

async fn paused_account_is_not_claimed_until_resumed(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    kept.accept_new("second").await;
    let again = Standing::Waiting { after: Duration::ZERO };
    let pause = Ending { verdict: Verdict::Refused, ..ending(AttemptClass::Credential, again) };
    assert_eq!(kept.finished(&claimed, attempt, pause).await, Some(GateChange::Closed(GateCause::Paused)));
    assert_eq!(kept.claim(9).await.len(), 0);
    assert_eq!(
        kept.store.next_due(&[room("web", 9)]).await.unwrap(),
        Some(FLOW.paused_wait),
        "the next probe"
    );
    assert_eq!(kept.closed().await, [("web".to_owned(), GateCause::Paused)]);
    assert_eq!(kept.store.resume_accounts().await.unwrap(), 1);
    assert_eq!(kept.claim(9).await.len(), 2);
    assert_eq!(kept.closed().await, []);
}

async fn broken_flow_lets_one_probe_through_and_opens_when_it_is_answered(kept: Kept) {
    for key in ["a", "b", "c"] {
        kept.accept_new(key).await;
    }
    let again = Standing::Waiting { after: Duration::ZERO };
    let bad = || Ending { verdict: Verdict::Bad, ..ending(AttemptClass::NotSent, again) };
    for change in [GateChange::None, GateChange::Closed(GateCause::Broken)] {
        let claimed = kept.claim(1).await.remove(0);
        assert_eq!(kept.attempt(&claimed, bad()).await, Some(change));
    }
    assert_eq!(kept.claim(9).await.len(), 0);
    kept.hand.advance(MINUTE);
    let probe = kept.claim(9).await;
    assert_eq!((probe.len(), kept.claim(9).await.len()), (1, 0), "one, whoever asks");
    assert_eq!(kept.attempt(&probe[0], bad()).await, Some(GateChange::StaysClosed(GateCause::Broken)));
    let kept = kept.again().await;
    assert_eq!(kept.closed().await, [("web".to_owned(), GateCause::Broken)], "also after a restart");
    kept.hand.advance(MINUTE);
    let probe = kept.claim(9).await.remove(0);
    assert_eq!(kept.attempt(&probe, delivered()).await, Some(GateChange::Opened(GateCause::Broken)));
    assert_eq!(kept.claim(9).await.len(), 2);
}

async fn rate_of_an_account_bounds_its_claims_and_no_other_accounts(kept: Kept) {
    for key in ["a", "b", "c", "d"] {
        kept.accept_new(key).await;
    }
    let other = NewSubmission { account: "other".to_owned(), ..submission("other", 1) };
    kept.store.accept(other).await.unwrap();
    let slow = FlowRule { per_minute: Some(60), burst: 2, ..FLOW };
    let accounts = vec![AccountRoom { flow: slow, ..room("web", 9) }, room("other", 9)];
    let request = ClaimRequest { accounts, limit: 9, lease: MINUTE };
    let counts = |claimed: &[Claimed]| {
        let web = claimed.iter().filter(|claimed| claimed.account == "web").count();
        (web, claimed.len() - web)
    };
    assert_eq!(counts(&kept.store.claim(request.clone()).await.unwrap()), (2, 1));
    assert_eq!(kept.store.next_due(&request.accounts).await.unwrap(), Some(Duration::from_secs(1)));
    kept.hand.advance(Duration::from_secs(1));
    assert_eq!(counts(&kept.store.claim(request.clone()).await.unwrap()), (1, 0));
    assert_eq!(counts(&kept.store.claim(request).await.unwrap()), (0, 0));
}

async fn stopped_account_is_opened_by_its_operator_alone(kept: Kept) {
    kept.accept_new("key").await;
    assert!(kept.store.stop_account("web", "by hand").await.unwrap());
    assert!(!kept.store.stop_account("web", "by hand").await.unwrap(), "it is stopped already");
    kept.hand.advance(Duration::from_secs(365 * 86_400));
    assert_eq!(kept.claim(9).await.len(), 0);
    assert_eq!(kept.store.next_due(&[room("web", 9)]).await.unwrap(), None);
    assert_eq!(kept.store.resume_accounts().await.unwrap(), 0);
    assert!(kept.store.resume_account("web").await.unwrap());
    assert_eq!(kept.claim(9).await.len(), 1);
}

async fn wait_that_a_partner_asked_for_is_shown_and_ended_by_an_operator(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    let again = Standing::Waiting { after: Duration::ZERO };
    let wait = Ending { verdict: Verdict::Wait(60 * MINUTE), ..ending(AttemptClass::Throttled, again) };
    assert_eq!(kept.finished(&claimed, attempt, wait).await, Some(GateChange::None));
    assert_eq!(kept.claim(9).await.len(), 0);
    let shut = kept.store.closed_gates().await.unwrap();
    let told: Vec<_> = shut.iter().map(|view| (view.account.as_str(), view.gate.wait_until)).collect();
    assert_eq!(told, [("web", START.after(60 * MINUTE))]);
    assert_eq!(kept.store.resume_accounts().await.unwrap(), 0, "a new start is no reason to ask sooner");
    assert!(kept.store.resume_account("web").await.unwrap());
    assert!(!kept.store.resume_account("web").await.unwrap(), "it is open already");
    assert_eq!(kept.store.closed_gates().await.unwrap(), []);
    assert_eq!(kept.claim(9).await.len(), 1);
}

async fn renewed_lease_lasts_and_a_lost_one_is_told(kept: Kept) {
    let (claimed, _) = kept.begin("key").await;
    let held = [(claimed.delivery, claimed.fence)];
    kept.hand.advance(MINUTE / 2);
    assert_eq!(kept.store.renew(&held, MINUTE).await.unwrap(), []);
    kept.hand.advance(MINUTE / 2);
    assert_eq!(kept.store.recover(&[], MINUTE).await.unwrap().len(), 0, "half a minute is left");
    kept.hand.advance(MINUTE / 2);
    assert_eq!(kept.store.recover(&[], MINUTE).await.unwrap().len(), 1);
    assert_eq!(kept.store.renew(&held, MINUTE).await.unwrap(), [claimed.delivery]);
}

async fn second_submission_of_a_person_is_flagged_and_by_rule_merged(kept: Kept) {
    let of = |key: &str, merge, person| NewSubmission {
        person: Some([person; 32]),
        duplicates: DuplicateRule { window: 10 * MINUTE, merge },
        ..submission(key, 1)
    };
    let accept = async |submission| match kept.store.accept(submission).await.unwrap() {
        Accepted::New(id) => id,
        other => panic!("{other:?} is not new"),
    };
    let first = accept(of("first", true, 1)).await;
    let merged = accept(of("merged", true, 1)).await;
    let flagged = accept(of("flagged", false, 1)).await;
    let stranger = accept(of("stranger", true, 2)).await;
    kept.hand.advance(10 * MINUTE);
    let later = accept(of("later", true, 1)).await;
    assert_eq!(kept.state(merged).await, "merged");
    let claimed: Vec<_> = kept.claim(9).await.into_iter().map(|claimed| claimed.delivery).collect();
    assert_eq!(claimed, [first, flagged, stranger, later], "none of them is dropped or held up");
}

async fn one_person_at_the_same_moment_is_first_once(kept: Kept) {
    let accepts: Vec<_> = (0..32)
        .map(|number| {
            let submission = NewSubmission {
                person: Some([1; 32]),
                duplicates: DuplicateRule { window: MINUTE, merge: true },
                ..submission(&format!("key-{number}"), 1)
            };
            let store = Arc::clone(&kept.store);
            tokio::spawn(async move { store.accept(submission).await.unwrap() })
        })
        .collect();
    let mut states = Vec::new();
    for accept in accepts {
        let Accepted::New(delivery) = accept.await.unwrap() else { panic!("every key is new") };
        states.push(kept.state(delivery).await);
    }
    states.sort();
    assert_eq!(
        (states.iter().filter(|state| *state == "merged").count(), states[31].as_str()),
        (31, "waiting")
    );
}

async fn reference_of_a_partner_is_kept_whatever_it_is(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    let odd = Ending { reference: Some("a\0b\u{1F600}'\"".to_owned()), ..delivered() };
    assert!(kept.finish(&claimed, attempt, odd).await);
    let reference = kept.store.reference(&claimed.receipt).await.unwrap().unwrap();
    assert!(reference.starts_with('a') && reference.ends_with("b\u{1F600}'\""), "{reference:?}");
}

async fn doubts_are_counted(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    let again = Standing::Waiting { after: Duration::ZERO };
    assert!(kept.finish(&claimed, attempt, ending(AttemptClass::InDoubt, again)).await);
    assert_eq!(kept.claim(1).await[0].doubts, 1);
}

async fn refused_fields_free_the_key_for_a_corrected_submission(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    let fields = vec![Problem::new("email", ProblemCode::RefusedByPartner)];
    let refused = Ending { fields: fields.clone(), ..ending(AttemptClass::Rejected, Standing::DeadLetter) };
    assert!(kept.finish(&claimed, attempt, refused).await);

    assert_eq!(kept.accept("key", 1).await, Accepted::Refused { fields });
    let Accepted::New(corrected) = kept.accept("key", 2).await else { panic!("the corrected one is new") };
    assert_eq!(kept.state(claimed.delivery).await, "replaced");
    assert_eq!(kept.claim(9).await[0].delivery, corrected);
    assert!(matches!(kept.accept("key", 2).await, Accepted::Known { .. }));
}

async fn what_a_dead_process_left_is_recovered_once(kept: Kept) {
    let (sending, attempt) = kept.begin("sending").await;
    let idle = kept.accept_new("idle").await;
    kept.claim(1).await;
    let kept = kept.again().await;
    // At once in a store of one process; where others may still run, when the lease is over.
    kept.hand.advance(MINUTE);
    let abandoned = kept.store.recover(&[], MINUTE).await.unwrap();
    let found: Vec<_> = abandoned.iter().map(|found| (found.claimed.delivery, found.sending)).collect();
    assert_eq!(found, [(sending.delivery, Some(attempt)), (idle, None)]);
    assert_eq!(kept.store.recover(&[], MINUTE).await.unwrap().len(), 0);
    assert!(kept.finish(&abandoned[0].claimed, attempt, delivered()).await);
}

async fn expired_lease_is_recovered_unless_it_still_runs(kept: Kept) {
    let (claimed, _) = kept.begin("key").await;
    assert_eq!(kept.store.recover(&[], MINUTE).await.unwrap().len(), 0, "the lease still holds");
    kept.hand.advance(MINUTE);
    assert_eq!(kept.store.recover(&[claimed.delivery], MINUTE).await.unwrap().len(), 0, "it still runs");
    assert_eq!(kept.store.recover(&[], MINUTE).await.unwrap().len(), 1);
}

async fn everything_is_there_after_opening_again(kept: Kept) {
    let (claimed, attempt) = kept.begin("key").await;
    assert!(kept.finish(&claimed, attempt, delivered()).await);
    let kept = kept.again().await;
    let known = Accepted::Known { receipt: claimed.receipt, state: SubmissionState::Delivered };
    assert_eq!(kept.accept("key", 1).await, known);
}

async fn closed_store_takes_nothing_more(kept: Kept) {
    kept.store.ready().await.unwrap();
    kept.store.close().await;
    assert!(kept.store.ready().await.is_err());
    assert!(kept.store.accept(submission("key", 1)).await.is_err());
    kept.store.close().await;
}
