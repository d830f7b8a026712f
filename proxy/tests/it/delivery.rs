//! Deliveries against the simulated partner: every fault has its class, and no lead is sent blindly a second time.

mod broken;
pub(crate) mod desk;
mod unreadable;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;
use desk::{Desk, Setup, partner_answering, serve_partner};
use lead_model::{Problem, ProblemCode, SubmissionState};
use lead_proxy::delivery::FirstOutcome;
use lead_proxy::store::{Accepted, AccountRoom, ClaimRequest, FlowRule};
use partner_sim::Fault;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::sync::Notify;

const DAY: Duration = Duration::from_secs(24 * 3_600);
const PROBE_WAIT: Duration = Duration::from_secs(15 * 60);
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn lead_reaches_the_partner_once_under_its_receipt_and_the_visitor_hears_so() {
    let desk = Desk::open(Setup::default()).await;
    let (receipt, id) = desk.accept("first").await;
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Delivered);

    let ledger = desk.sim().ledger();
    let lead = ledger.lead(receipt.as_str()).unwrap();
    assert_eq!((ledger.requests.len(), lead.times_asked), (1, 1));
    let fields = serde_json::to_value(&lead.fields).unwrap();
    assert_eq!(fields["Notes"], "Phone: +442079460018\nTwo tills.");
    assert_eq!(fields["Email"], "ada@analytical.example");
    assert_eq!(ledger.requests[0].problems, Vec::<String>::new());
    assert_eq!(desk.attempts(id).await, ["delivered"]);
    assert_eq!(desk.store().receipt(&receipt).await.unwrap().unwrap().state, SubmissionState::Delivered);
    desk.close().await;
}

#[tokio::test]
async fn wait_that_begins_after_the_end_hears_it_too() {
    let desk = Desk::open(Setup::default()).await;
    let (_, id) = desk.accept("first").await;
    desk.until(id, "delivered").await;
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Delivered);
    desk.close().await;
}

/// What the table says of each fault: class and code of the first attempt, and where the delivery then stands.
fn expected(fault: Fault) -> (&'static str, &'static str, &'static str) {
    match fault {
        Fault::None => ("delivered", "status_200", "delivered"),
        Fault::BadRequest => ("rejected", "status_400", "dead_letter"),
        Fault::Unauthorized => ("credential", "status_401", "waiting"),
        Fault::RateLimited => ("throttled", "status_429", "waiting"),
        Fault::ServerError => ("in_doubt", "status_500", "waiting"),
        Fault::Unavailable => ("in_doubt", "status_503", "waiting"),
        Fault::Slow | Fault::Silence => ("in_doubt", "timed_out", "waiting"),
        Fault::Reset | Fault::AcceptsThenResets | Fault::HalfAnswer => ("in_doubt", "broken", "waiting"),
        Fault::Garbage => ("in_doubt", "unreadable_body", "waiting"),
        Fault::GarbageStatus => ("in_doubt", "status_299", "waiting"),
        Fault::Huge => ("in_doubt", "answer_too_large", "waiting"),
        Fault::Html200 => ("in_doubt", "html_body", "waiting"),
        Fault::Documented => unreachable!("each partner has its own; none is among those that all have"),
    }
}

/// Little where the partner lets us wait for nothing, and else more than a busy machine needs.
fn patience_for(fault: Fault) -> Setup {
    match fault {
        Fault::Slow | Fault::Silence => Setup { exchange_timeout_ms: 700, ..Setup::default() },
        _ => Setup::default(),
    }
}

#[tokio::test]
async fn every_fault_has_the_class_and_the_next_step_of_the_table() {
    for fault in Fault::ALL {
        let desk = Desk::open(patience_for(fault)).await;
        desk.sim().set_fault(fault, None);
        let (_, id) = desk.accept("first").await;
        let first = desk.first_outcome(id).await;
        let (class, why, state) = expected(fault);
        assert_eq!(first == FirstOutcome::Delivered, fault == Fault::None, "{fault}: {first:?}");
        assert_eq!(desk.attempts(id).await, [class], "{fault}");
        let view = desk.store().delivery(id).await.unwrap().unwrap();
        assert_eq!((view.reason.as_deref(), view.state.as_str()), (Some(why), state), "{fault}");
        assert_eq!(desk.sim().ledger().requests.len(), 1, "{fault}: nothing is sent again before it is due");
        desk.close().await;
    }
}

#[tokio::test]
async fn lead_in_doubt_is_asked_once_more_with_the_same_id_and_then_held() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::AcceptsThenResets, None);
    let (receipt, id) = desk.accept("first").await;
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Pending);
    desk.advance(DAY);
    desk.until(id, "held").await;
    desk.advance(30 * DAY);
    // Another lead goes all the way, so the worker has looked: the held one was not among what is due.
    desk.sim().set_fault(Fault::None, None);
    let (_, other) = desk.accept("second").await;
    desk.until(other, "delivered").await;

    let ledger = desk.sim().ledger();
    assert_eq!(ledger.lead(receipt.as_str()).unwrap().times_asked, 2);
    let bodies: Vec<&str> =
        ledger.requests_for(receipt.as_str()).map(|request| request.body.as_str()).collect();
    assert_eq!((bodies.len(), bodies[0]), (2, bodies[1]), "the same bytes both times");
    assert_eq!(desk.attempts(id).await, ["in_doubt", "in_doubt"]);
    desk.close().await;
}

#[tokio::test]
async fn second_try_after_doubt_delivers() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::AcceptsThenResets, Some(1));
    let (receipt, id) = desk.accept("first").await;
    desk.first_outcome(id).await;
    desk.advance(DAY);
    desk.until(id, "delivered").await;
    assert_eq!(desk.attempts(id).await, ["in_doubt", "delivered"]);
    assert_eq!(desk.sim().ledger().leads.len(), 1, "one lead under one ID: {receipt}");
    desk.close().await;
}

#[tokio::test]
async fn attempt_that_a_dead_process_left_sending_is_in_doubt_and_asked_once_more() {
    let desk = Desk::open(Setup { starts: false, ..Setup::default() }).await;
    let (receipt, id) = desk.accept("first").await;
    // What a process does before it is killed between the attempt's row and the answer.
    let flow = FlowRule {
        per_minute: None,
        burst: 1,
        breaker_failures: 5,
        broken_wait: PROBE_WAIT,
        paused_wait: PROBE_WAIT,
    };
    let accounts = vec![AccountRoom { account: "web".to_owned(), room: 1, flow }];
    let claim = ClaimRequest { accounts, limit: 1, lease: DAY };
    let claimed = desk.store().claim(claim).await.unwrap().remove(0);
    desk.store().begin_attempt(id, claimed.fence, "digest".to_owned(), DAY).await.unwrap();

    let desk = desk.restart().await;
    desk.until(id, "waiting").await;
    assert_eq!(desk.attempts(id).await, ["in_doubt"]);
    let view = desk.store().delivery(id).await.unwrap().unwrap();
    assert_eq!(view.reason.as_deref(), Some("process_ended"));
    desk.advance(DAY);
    desk.until(id, "delivered").await;
    assert_eq!(desk.sim().ledger().lead(receipt.as_str()).unwrap().times_asked, 1);
    desk.close().await;
}

#[tokio::test]
async fn throttled_lead_waits_as_long_as_it_was_asked_to() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::RateLimited, Some(1));
    let (_, id) = desk.accept("first").await;
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Pending);
    let due_at = desk.store().delivery(id).await.unwrap().unwrap().due_at;
    assert_eq!(due_at.since(desk.clock.now()), Duration::from_secs(2));

    desk.advance(Duration::from_millis(1_999));
    let (_, other) = desk.accept("second").await;
    assert_eq!(desk.delivery().wait(other, Duration::from_millis(300)).await, FirstOutcome::Pending);
    assert_eq!(desk.sim().ledger().requests.len(), 1, "a millisecond is left, for every lead of the account");
    desk.advance(Duration::from_millis(1));
    desk.until(id, "delivered").await;
    desk.until(other, "delivered").await;
    desk.close().await;
}

#[tokio::test]
async fn unknown_credential_pauses_the_account_until_the_next_start() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::Unauthorized, Some(1));
    let (_, first) = desk.accept("first").await;
    desk.first_outcome(first).await;
    assert_eq!(desk.closed().await, ["web"]);
    let (_, second) = desk.accept("second").await;
    desk.advance(PROBE_WAIT - Duration::from_millis(1));
    assert_eq!(desk.delivery().wait(second, Duration::from_millis(300)).await, FirstOutcome::Pending);
    assert_eq!(desk.sim().ledger().requests.len(), 1, "nothing is sent with a credential that is not known");

    let desk = desk.restart().await;
    desk.until(first, "delivered").await;
    desk.until(second, "delivered").await;
    assert_eq!(desk.closed().await, Vec::<String>::new());
    desk.close().await;
}

#[tokio::test]
async fn account_whose_credential_was_just_mended_goes_on_at_once() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::Unauthorized, Some(1));
    let (_, first) = desk.accept("first").await;
    desk.first_outcome(first).await;
    let (_, second) = desk.accept("second").await;
    desk.delivery().resume_account("other").await.unwrap();
    assert_eq!(desk.closed().await, ["web"]);
    desk.delivery().resume_account("web").await.unwrap();
    desk.until(first, "delivered").await;
    desk.until(second, "delivered").await;
    desk.close().await;
}

#[tokio::test]
async fn paused_account_tries_one_lead_at_a_time_and_is_resumed_when_it_is_delivered() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::Unauthorized, Some(2));
    let (_, first) = desk.accept("first").await;
    desk.first_outcome(first).await;
    let (_, second) = desk.accept("second").await;

    desk.advance(PROBE_WAIT);
    desk.until_attempts(first, &["credential", "credential"]).await;
    assert_eq!(desk.delivery().wait(second, Duration::from_millis(300)).await, FirstOutcome::Pending);
    assert_eq!(desk.closed().await, ["web"], "paused again");
    assert_eq!(desk.sim().ledger().requests.len(), 2, "one lead, once");

    desk.advance(PROBE_WAIT);
    desk.until(first, "delivered").await;
    desk.until(second, "delivered").await;
    assert_eq!(desk.closed().await, Vec::<String>::new());
    desk.close().await;
}

#[tokio::test]
async fn account_stays_paused_when_the_lead_that_is_tried_fails_for_another_reason() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::Unauthorized, Some(1));
    let (_, first) = desk.accept("first").await;
    desk.first_outcome(first).await;
    let (_, second) = desk.accept("second").await;
    desk.sim().set_fault(Fault::BadRequest, Some(1));
    desk.advance(PROBE_WAIT);
    desk.until(first, "dead_letter").await;
    assert_eq!(desk.delivery().wait(second, Duration::from_millis(300)).await, FirstOutcome::Pending);
    assert_eq!(desk.closed().await, ["web"]);
    desk.advance(PROBE_WAIT);
    desk.until(second, "delivered").await;
    desk.close().await;
}

#[tokio::test]
async fn waiting_lead_keeps_its_wait_when_the_clock_is_set_back() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::RateLimited, Some(1));
    let (_, id) = desk.accept("first").await;
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Pending);
    desk.hand.set_back(DAY);
    // Wakes the worker, which else looks at the clock within half a minute.
    let (_, other) = desk.accept("second").await;
    assert_eq!(desk.delivery().wait(other, Duration::from_millis(300)).await, FirstOutcome::Pending);
    assert_eq!(desk.attempts(id).await, ["throttled"], "two seconds are left, no more and no less");
    desk.advance(Duration::from_secs(2));
    desk.until(id, "delivered").await;
    desk.until(other, "delivered").await;
    desk.close().await;
}

#[tokio::test]
async fn waiting_lead_keeps_its_wait_when_the_clock_is_set_back_between_two_starts() {
    let desk = Desk::open(Setup::default()).await;
    desk.sim().set_fault(Fault::RateLimited, Some(1));
    let (_, id) = desk.accept("first").await;
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Pending);
    desk.hand.set_back(DAY);
    let desk = desk.restart().await;
    let (_, other) = desk.accept("second").await;
    assert_eq!(desk.delivery().wait(other, Duration::from_millis(300)).await, FirstOutcome::Pending);
    assert_eq!(desk.attempts(id).await, ["throttled"]);
    desk.advance(Duration::from_secs(2));
    desk.until(id, "delivered").await;
    desk.until(other, "delivered").await;
    desk.close().await;
}

#[tokio::test]
async fn look_for_what_was_left_holds_up_nothing_that_is_due_where_it_fails() {
    let desk = Desk::open(Setup { starts: false, ..Setup::default() }).await;
    let (_, left) = desk.accept("left").await;
    let path = format!("sqlite://{}", desk.store_path().display());
    let mut outside = SqliteConnection::connect(&path).await.unwrap();
    let fails = "UPDATE deliveries SET state = 'leased', lease_owner = 'gone', lease_until = 0; \
                 CREATE TRIGGER fails BEFORE UPDATE ON deliveries WHEN old.lease_owner = 'gone' \
                 BEGIN SELECT RAISE(ABORT, 'not now'); END";
    outside.execute(fails).await.unwrap();
    let (_, due) = desk.accept("due").await;
    let desk = desk.restart().await;
    desk.until(due, "delivered").await;
    outside.execute("DROP TRIGGER fails").await.unwrap();
    desk.advance(Duration::from_secs(1));
    desk.until(left, "delivered").await;
    desk.close().await;
}

#[tokio::test]
async fn partner_that_is_down_gets_the_lead_when_it_is_back() {
    let mut desk = Desk::open(Setup::default()).await;
    let addr = desk.stop_partner().await;
    let (receipt, id) = desk.accept("first").await;
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Pending);
    let view = desk.store().delivery(id).await.unwrap().unwrap();
    assert_eq!(
        (desk.attempts(id).await, view.reason.as_deref()),
        (vec!["not_sent".to_owned()], Some("connect"))
    );

    desk.start_partner(addr).await;
    desk.advance(DAY);
    desk.until(id, "delivered").await;
    assert_eq!(desk.sim().ledger().lead(receipt.as_str()).unwrap().times_asked, 1);
    desk.close().await;
}

#[tokio::test]
async fn field_that_the_partner_refuses_is_told_and_may_be_corrected_under_the_same_key() {
    let note = r#"{"Message":"Email ada@analytical.example is not deliverable"}"#;
    let url = partner_answering(StatusCode::BAD_REQUEST, note).await;
    let desk = Desk::open(Setup { url: Some(url), ..Setup::default() }).await;
    let (_, id) = desk.accept("first").await;
    let fields = vec![Problem::new("email", ProblemCode::RefusedByPartner)];
    assert_eq!(desk.first_outcome(id).await, FirstOutcome::Rejected { fields: fields.clone() });

    assert_eq!(desk.accept_again("first", 1).await, Accepted::Refused { fields });
    assert!(matches!(desk.accept_again("first", 2).await, Accepted::New(_)));
    assert_eq!(desk.store().delivery(id).await.unwrap().unwrap().state, "replaced");
    desk.close().await;
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let elsewhere = any(move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let moved = any(|| async { (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]) });
    let url = serve_partner(Router::new().route("/", moved).route("/elsewhere", elsewhere)).await;
    let desk = Desk::open(Setup { url: Some(url), ..Setup::default() }).await;
    let (_, id) = desk.accept("first").await;
    desk.first_outcome(id).await;
    let view = desk.store().delivery(id).await.unwrap().unwrap();
    assert_eq!(
        (desk.attempts(id).await, view.reason.as_deref()),
        (vec!["in_doubt".to_owned()], Some("status_307"))
    );
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    desk.close().await;
}

#[tokio::test]
async fn account_never_has_more_attempts_at_once_than_its_room() {
    let (arrived, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let most = Arc::new(AtomicU32::new(0));
    let handler = {
        let (arrived, go, most) = (Arc::clone(&arrived), Arc::clone(&go), Arc::clone(&most));
        any(move || async move {
            let now = arrived.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            go.notified().await;
            arrived.fetch_sub(1, Ordering::SeqCst);
        })
    };
    let url = serve_partner(Router::new().route("/", handler)).await;
    let desk = Desk::open(Setup { url: Some(url), room: 2, ..Setup::default() }).await;
    let mut ids = Vec::new();
    for key in ["a", "b", "c", "d", "e", "f"] {
        ids.push(desk.accept(key).await.1);
    }
    // Nobody may go before as many are there as may be.
    let full = async {
        while arrived.load(Ordering::SeqCst) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, full).await.unwrap();
    for id in ids {
        // A permit is kept for who comes late, so no arrival is needed before it is given.
        let deliver = async { desk.until(id, "delivered").await };
        let give = async {
            loop {
                go.notify_one();
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { () = deliver => {}, () = give => {} }
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    desk.close().await;
}

#[tokio::test]
async fn stop_waits_for_the_attempt_that_is_running_and_starts_no_other() {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (arrived, go) = (Arc::clone(&arrived), Arc::clone(&go));
        any(move || async move {
            arrived.notify_one();
            go.notified().await;
        })
    };
    let url = serve_partner(Router::new().route("/", handler)).await;
    let desk = Desk::open(Setup { url: Some(url), room: 1, ..Setup::default() }).await;
    let (_, running) = desk.accept("running").await;
    arrived.notified().await;
    let (_, next) = desk.accept("next").await;
    let (desk, delivery) = desk.take_delivery();
    let stop = delivery.stop();
    tokio::pin!(stop);
    // Asked to stop while the partner still thinks: it does not end.
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut stop).await.is_err());
    go.notify_one();
    tokio::time::timeout(PATIENCE, stop).await.unwrap();
    assert_eq!(desk.store().delivery(running).await.unwrap().unwrap().state, "delivered");
    assert_eq!(desk.attempts(next).await, Vec::<String>::new());
    desk.close().await;
}

#[tokio::test]
async fn no_log_line_at_any_level_holds_the_credential_or_what_the_visitor_typed() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    for fault in Fault::ALL {
        let desk = Desk::open(patience_for(fault)).await;
        desk.sim().set_fault(fault, None);
        let (_, id) = desk.accept("first").await;
        desk.first_outcome(id).await;
        if expected(fault).0 == "in_doubt" {
            desk.advance(DAY);
            desk.until(id, "held").await;
        }
        desk.close().await;
    }
    let text = log.text();
    for told in [
        "a lead was delivered",
        "it is paused and its leads wait",
        "held for a person",
        "a delivery was given up",
    ] {
        assert!(text.contains(told), "the log is the one of this test: {told}");
    }
    for secret in [desk::API_KEY, "analytical.example", "Lovelace", "7946001", "Two tills"] {
        let line = text.lines().find(|line| line.contains(secret)).unwrap_or_default();
        assert_eq!(line, "", "{secret}");
    }
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
