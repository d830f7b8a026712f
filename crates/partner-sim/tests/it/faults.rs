//! Every fault as a client sees it on the wire, and as the ledger tells it afterwards.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use partner_sim::{Fault, Ledger, Sim};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::house::{LIMIT, ask_bare, house, lead, post, read_to_end};

async fn house_with(fault: Fault) -> Sim {
    let sim = house().await;
    sim.takepayments().set_fault(fault, Some(1));
    sim
}

/// Tells of one request with a valid lead: its fault and status, and whether the lead was taken.
fn ended(ledger: &Ledger) -> (Option<Fault>, Option<u16>, bool) {
    let request = ledger.requests.first().unwrap();
    (request.fault, request.status, ledger.leads.len() == 1)
}

/// Asks over the bare stream and reads to the end, as text.
async fn answer_to(sim: &Sim) -> (String, std::io::Result<()>) {
    let (bytes, end) = read_to_end(&mut ask_bare(sim, "one").await).await;
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

#[tokio::test]
async fn faults_that_answer_and_take_nothing_answer_their_status() {
    let rows = [
        (Fault::BadRequest, 400),
        (Fault::Unauthorized, 401),
        (Fault::RateLimited, 429),
        (Fault::ServerError, 500),
        (Fault::Unavailable, 503),
        (Fault::GarbageStatus, 299),
        (Fault::Html200, 200),
    ];
    for (fault, status) in rows {
        let sim = house_with(fault).await;
        let answer = post(&sim, lead("one")).await;
        assert_eq!(answer.status(), status, "{fault}");
        assert_eq!(ended(&sim.takepayments().ledger()), (Some(fault), Some(status), false), "{fault}");
        assert_eq!(post(&sim, lead("one")).await.status(), 200, "{fault} is over after one request");
    }
}

#[tokio::test]
async fn refusing_fault_carries_a_note_and_rate_limit_a_time() {
    let sim = house_with(Fault::BadRequest).await;
    let note: Value = serde_json::from_str(&post(&sim, lead("one")).await.text().await.unwrap()).unwrap();
    assert!(note["Message"].is_string(), "{note}");
    let sim = house_with(Fault::RateLimited).await;
    assert_eq!(post(&sim, lead("one")).await.headers()["retry-after"], "2");
}

#[tokio::test]
async fn pages_instead_of_answers_are_html() {
    for fault in [Fault::GarbageStatus, Fault::Html200] {
        let answer = post(&house_with(fault).await, lead("one")).await;
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{fault}");
        assert!(answer.text().await.unwrap().starts_with("<!doctype html>"), "{fault}");
    }
}

#[tokio::test]
async fn reset_cuts_the_connection_and_takes_nothing() {
    let sim = house_with(Fault::Reset).await;
    let (text, end) = answer_to(&sim).await;
    assert_eq!((text.as_str(), end.unwrap_err().kind()), ("", ErrorKind::ConnectionReset));
    assert_eq!(ended(&sim.takepayments().ledger()), (Some(Fault::Reset), None, false));
}

#[tokio::test]
async fn accepts_then_resets_takes_the_lead_and_cuts_the_connection() {
    let sim = house_with(Fault::AcceptsThenResets).await;
    let (text, end) = answer_to(&sim).await;
    assert_eq!((text.as_str(), end.unwrap_err().kind()), ("", ErrorKind::ConnectionReset));
    assert_eq!(ended(&sim.takepayments().ledger()), (Some(Fault::AcceptsThenResets), None, true));

    assert_eq!(post(&sim, lead("one")).await.status(), 200);
    assert_eq!(sim.takepayments().ledger().lead("one").unwrap().times_asked, 2);
}

#[tokio::test]
async fn half_answer_ends_well_in_the_middle_of_the_body() {
    let sim = house_with(Fault::HalfAnswer).await;
    let (text, end) = answer_to(&sim).await;
    end.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains(&format!("content-length: {}", body.len() * 2)) && !body.is_empty(), "{text}");
    assert_eq!(ended(&sim.takepayments().ledger()), (Some(Fault::HalfAnswer), None, true));
}

#[tokio::test]
async fn garbage_calls_itself_json_and_is_not_even_text() {
    let sim = house_with(Fault::Garbage).await;
    let answer = post(&sim, lead("one")).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert!(std::str::from_utf8(&answer.bytes().await.unwrap()).is_err());
    assert_eq!(ended(&sim.takepayments().ledger()), (Some(Fault::Garbage), Some(200), true));
}

#[tokio::test]
async fn huge_ends_after_8_mebibytes_or_when_the_client_hangs_up() {
    let sim = house().await;
    sim.takepayments().set_fault(Fault::Huge, None);
    let mut stream = ask_bare(&sim, "one").await;
    stream.read_exact(&mut [0; 100_000]).await.unwrap();
    drop(stream);
    assert_eq!(ended(&sim.takepayments().ledger()), (Some(Fault::Huge), Some(200), true));
    assert_eq!(post(&sim, lead("one")).await.bytes().await.unwrap().len(), 8 * 1024 * 1024);
}

#[tokio::test]
async fn silence_never_answers_and_takes_nothing() {
    let sim = house_with(Fault::Silence).await;
    let mut stream = ask_bare(&sim, "one").await;
    let ledger = sim.takepayments().wait_for(|ledger| ledger.requests.len() == 1, LIMIT).await.unwrap();
    assert_eq!(ended(&ledger), (Some(Fault::Silence), None, false));
    // Another request is answered meanwhile; only stopping ends the silent one, without a byte.
    assert_eq!(post(&sim, lead("two")).await.status(), 200);
    let addr = sim.addr();
    sim.stop().await;
    let (bytes, _) = read_to_end(&mut stream).await;
    assert!(bytes.is_empty(), "{}", String::from_utf8_lossy(&bytes));
    drop(tokio::net::TcpListener::bind(addr).await.expect("the port is free once stopped"));
}

#[tokio::test]
async fn slow_takes_the_lead_at_once_and_answers_after_ten_seconds() {
    let sim = house_with(Fault::Slow).await;
    let started = Instant::now();
    let (answer, taken) = tokio::join!(
        post(&sim, lead("one")),
        sim.takepayments().wait_for(|ledger| ledger.leads.len() == 1, LIMIT)
    );
    assert_eq!(ended(&taken.unwrap()), (Some(Fault::Slow), None, true));
    assert_eq!(answer.status(), 200);
    assert!(started.elapsed() >= Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(ended(&sim.takepayments().ledger()), (Some(Fault::Slow), Some(200), true));
}

#[tokio::test]
async fn fault_that_takes_a_lead_leaves_a_wrong_request_alone_and_waits() {
    let sim = house_with(Fault::AcceptsThenResets).await;
    assert_eq!(post(&sim, json!({})).await.status(), 401);
    assert_eq!(sim.takepayments().ledger().requests[0].fault, None);
    assert!(answer_to(&sim).await.1.is_err());
}

#[tokio::test]
async fn request_by_another_method_does_not_use_a_fault_up() {
    let sim = house_with(Fault::ServerError).await;
    assert_eq!(reqwest::get(sim.takepayments().insert_url()).await.unwrap().status(), 405);
    assert_eq!(post(&sim, lead("one")).await.status(), 500);
}

#[tokio::test]
async fn fault_without_times_stays_until_it_is_changed() {
    let sim = house().await;
    sim.takepayments().set_fault(Fault::Unavailable, None);
    for _ in 0..5 {
        assert_eq!(post(&sim, lead("one")).await.status(), 503);
    }
    sim.takepayments().set_fault(Fault::None, None);
    assert_eq!(post(&sim, lead("one")).await.status(), 200);
}

#[tokio::test]
async fn waiting_in_vain_gives_the_ledger_as_it_is() {
    let sim = house().await;
    post(&sim, lead("one")).await;
    let limit = Duration::from_millis(20);
    let ledger = sim.takepayments().wait_for(|ledger| ledger.leads.len() == 2, limit).await.unwrap_err();
    assert_eq!(ledger.leads.len(), 1);
}
