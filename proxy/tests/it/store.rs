//! What every store promises, asked of each driver; and what SQLite alone must refuse.

mod files;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lead_model::{Problem, ProblemCode, SubmissionState};
use lead_proxy::clock::{Clock, ClockHand, Timestamp};
use lead_proxy::ids::{DeliveryId, IdempotencyKey, Receipt};
use lead_proxy::store::{
    Accepted, AccountRoom, AttemptClass, ClaimRequest, Claimed, DuplicateRule, Ending, Fence, FlowRule,
    GateCause, GateChange, NewSubmission, SealedLead, SqliteStore, Standing, Store, StoreConfig, Verdict,
};
use sqlx::{Connection as _, Executor as _, Row as _, SqliteConnection};
use tempfile::TempDir;

const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
const MINUTE: Duration = Duration::from_secs(60);
const FLOW: FlowRule = FlowRule {
    per_minute: None,
    burst: 1,
    breaker_failures: 2,
    broken_wait: MINUTE,
    paused_wait: Duration::from_secs(900),
};

/// A store of one driver on a clock that stands still, and what it takes to open it again.
struct Kept {
    store: Arc<dyn Store>,
    clock: Clock,
    hand: ClockHand,
    dir: TempDir,
}

impl Kept {
    async fn sqlite() -> Self {
        let dir = TempDir::new().unwrap();
        let (clock, hand) = Clock::manual(START);
        let store = open(dir.path(), &clock).await.unwrap();
        Self { store: Arc::new(store), clock, hand, dir }
    }

    /// As a process that ended and one that began.
    async fn again(self) -> Self {
        self.store.close().await;
        let store = open(self.dir.path(), &self.clock).await.unwrap();
        Self { store: Arc::new(store), ..self }
    }

    async fn accept(&self, key: &str, fingerprint: u8) -> Accepted {
        self.store.accept(submission(key, fingerprint)).await.unwrap()
    }

    async fn accept_new(&self, key: &str) -> DeliveryId {
        match self.accept(key, 1).await {
            Accepted::New(id) => id,
            other => panic!("{other:?} is not new"),
        }
    }

    async fn claim(&self, limit: u32) -> Vec<Claimed> {
        self.store.claim(Self::request("web", limit)).await.unwrap()
    }

    fn request(account: &str, limit: u32) -> ClaimRequest {
        ClaimRequest { accounts: vec![room(account, limit)], limit, lease: MINUTE }
    }

    /// Accepts, claims and begins one attempt.
    async fn begin(&self, key: &str) -> (Claimed, u32) {
        self.accept_new(key).await;
        let claimed = self.claim(1).await.remove(0);
        let begun =
            self.store.begin_attempt(claimed.delivery, claimed.fence, "d1".to_owned(), MINUTE).await.unwrap();
        (claimed, begun.unwrap())
    }

    async fn finish(&self, claimed: &Claimed, attempt: u32, ending: Ending) -> bool {
        self.finished(claimed, attempt, ending).await.is_some()
    }

    async fn finished(&self, claimed: &Claimed, attempt: u32, ending: Ending) -> Option<GateChange> {
        let (delivery, fence) = (claimed.delivery, claimed.fence);
        let finished = self.store.finish_attempt(delivery, fence, attempt, ending, &FLOW).await.unwrap();
        finished.map(|finished| finished.gate)
    }

    /// One whole attempt of a leased delivery.
    async fn attempt(&self, claimed: &Claimed, ending: Ending) -> Option<GateChange> {
        let (delivery, fence) = (claimed.delivery, claimed.fence);
        let number = self.store.begin_attempt(delivery, fence, "d1".to_owned(), MINUTE).await.unwrap();
        self.finished(claimed, number.unwrap(), ending).await
    }

    /// The accounts whose gate is closed, and why.
    async fn closed(&self) -> Vec<(String, GateCause)> {
        let gates = self.store.closed_gates().await.unwrap();
        gates.into_iter().map(|view| (view.account, view.gate.closed.unwrap().cause)).collect()
    }

    async fn state(&self, delivery: DeliveryId) -> String {
        self.store.delivery(delivery).await.unwrap().unwrap().state
    }
}

async fn open(dir: &Path, clock: &Clock) -> Result<SqliteStore, String> {
    let config = StoreConfig { path: dir.join("store.db") };
    SqliteStore::open(&config, clock.clone()).await.map_err(|error| error.to_string())
}

fn submission(key: &str, fingerprint: u8) -> NewSubmission {
    NewSubmission {
        receipt: Receipt::new(),
        form: "quote".to_owned(),
        form_version: 3,
        locale: "de".to_owned(),
        account: "web".to_owned(),
        idempotency_key: IdempotencyKey::parse(&format!("{key:-<16}")).unwrap(),
        fingerprint: [fingerprint; 32],
        person: None,
        duplicates: DuplicateRule::default(),
        lead: SealedLead { key_id: "k1".to_owned(), data_key: vec![1; 61], sealed: vec![2; 200] },
    }
}

fn ending(class: AttemptClass, standing: Standing) -> Ending {
    Ending {
        class,
        why: "status_200".to_owned(),
        status: Some(200),
        reference: None,
        fields: Vec::new(),
        standing,
        verdict: Verdict::Good,
    }
}

fn room(account: &str, room: u32) -> AccountRoom {
    AccountRoom { account: account.to_owned(), room, flow: FLOW }
}

fn delivered() -> Ending {
    ending(AttemptClass::Delivered, Standing::Delivered)
}

/// The contract: each test is asked of every driver. Below it stand the parts with files of their own.
macro_rules! contract {
    ($($driver:ident: $($test:ident),+ $(,)?;)+) => {
        $(mod $driver {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Kept::$driver().await).await;
            })+
        })+
    };
}

mod keys;
mod tokens;

contract! {
    sqlite:
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
        renewed_lease_lasts_and_a_lost_one_is_told,
        second_submission_of_a_person_is_flagged_and_by_rule_merged,
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

// What SQLite alone must refuse, and its order of sync and answer.

/// A program beside ours, as a backup tool is one.
async fn beside(kept: &Kept) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", kept.dir.path().join("store.db").display()))
        .await
        .unwrap()
}

#[tokio::test]
async fn every_answer_comes_after_its_commit_can_be_seen_from_outside() {
    let kept = Kept::sqlite().await;
    let (store, dir) = (&kept.store, kept.dir.path().join("store.db"));
    let accepts = (0..64).map(|number| {
        let (store, dir) = (Arc::clone(store), dir.clone());
        tokio::spawn(async move {
            let mut outside =
                SqliteConnection::connect(&format!("sqlite://{}", dir.display())).await.unwrap();
            let submission = submission(&format!("key-{number}"), 1);
            let receipt = submission.receipt.to_string();
            store.accept(submission).await.unwrap();
            let seen = sqlx::query("SELECT count(*) FROM submissions WHERE receipt = ?").bind(receipt);
            seen.fetch_one(&mut outside).await.unwrap().get::<i64, _>(0)
        })
    });
    for accept in accepts.collect::<Vec<_>>() {
        assert_eq!(accept.await.unwrap(), 1);
    }
}

#[tokio::test]
async fn accept_hears_that_the_store_is_busy_while_another_program_writes_and_works_again_after() {
    let kept = Kept::sqlite().await;
    let mut outside = beside(&kept).await;
    outside.execute("BEGIN IMMEDIATE").await.unwrap();
    assert!(kept.store.accept(submission("key", 1)).await.is_err());
    outside.execute("ROLLBACK").await.unwrap();
    kept.accept_new("key").await;
    assert_eq!(kept.claim(9).await.len(), 1, "the one that was refused is not kept");
}

#[tokio::test]
async fn row_that_can_not_be_read_is_set_aside_and_holds_up_no_other() {
    let kept = Kept::sqlite().await;
    let broken = kept.accept_new("broken").await;
    let whole = kept.accept_new("whole").await;
    let mut outside = beside(&kept).await;
    let spoil = sqlx::query("UPDATE submissions SET receipt = '{' WHERE id = ?").bind(broken.get());
    spoil.execute(&mut outside).await.unwrap();
    let claimed: Vec<_> = kept.claim(9).await.into_iter().map(|claimed| claimed.delivery).collect();
    assert_eq!(claimed, [whole]);
    let view = kept.store.delivery(broken).await.unwrap().unwrap();
    assert_eq!((view.state.as_str(), view.reason.as_deref()), ("dead_letter", Some("unreadable_row")));
}

#[tokio::test]
async fn second_opening_is_refused_with_the_remedy() {
    let kept = Kept::sqlite().await;
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("another process has the store"), "{refused}");
    assert!(refused.contains("stop it first, or give this one another store.path"), "{refused}");
    kept.again().await;
}

#[tokio::test]
async fn database_that_has_gone_missing_is_never_made_anew() {
    let kept = Kept::sqlite().await;
    kept.accept_new("key").await;
    kept.store.close().await;
    let path = kept.dir.path().join("store.db");
    std::fs::remove_file(&path).unwrap();
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("was here before and is missing"), "{refused}");
    assert!(!path.exists(), "nothing was created");
}

#[tokio::test]
async fn missing_log_of_a_process_that_did_not_close_is_refused() {
    let kept = Kept::sqlite().await;
    kept.store.close().await;
    // What a killed process leaves, with its newest leads taken away.
    std::fs::write(kept.dir.path().join("store.db.lock"), "open").unwrap();
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("store.db-wal is missing"), "{refused}");
    assert!(refused.contains("store.db.lock to go on without"), "{refused}");

    let alone = TempDir::new().unwrap();
    std::fs::write(alone.path().join("store.db-wal"), "log").unwrap();
    let refused = open(alone.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("store.db is missing"), "{refused}");
}

#[tokio::test]
async fn file_of_another_program_and_noise_are_refused_and_left_as_they_are() {
    let clock = Clock::manual(START).0;
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("store.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    other.execute("CREATE TABLE theirs (id INTEGER)").await.unwrap();
    other.close().await.unwrap();
    for bytes in [std::fs::read(&path).unwrap(), b"noise".repeat(1_000), b"SQLite format 3\0".to_vec()] {
        std::fs::write(&path, &bytes).unwrap();
        let refused = open(dir.path(), &clock).await.err().unwrap();
        assert!(refused.contains("store.db is not one of our stores; name another file"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "it is left as it was");
    }
}

#[tokio::test]
async fn store_of_a_newer_version_is_refused() {
    let kept = Kept::sqlite().await;
    let mut outside = beside(&kept).await;
    let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'from the future', 1, x'00', 0)";
    outside.execute(insert).await.unwrap();
    outside.close().await.unwrap();
    kept.store.close().await;
    let refused = open(kept.dir.path(), &kept.clock).await.err().unwrap();
    assert!(refused.contains("run the version that wrote it, or a newer one"), "{refused}");
}

#[tokio::test]
async fn folder_that_is_not_there_is_named() {
    let clock = Clock::manual(START).0;
    let dir = TempDir::new().unwrap();
    let refused = open(&dir.path().join("missing"), &clock).await.err().unwrap();
    assert!(refused.contains("missing does not exist; create it"), "{refused}");
    std::fs::create_dir(dir.path().join("store.db")).unwrap();
    let refused = open(dir.path(), &clock).await.err().unwrap();
    assert!(refused.contains("is a folder; name a file in it"), "{refused}");
}
