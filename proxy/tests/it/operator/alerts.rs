//! Alerts: told within a minute, in the log and to the operator's address, signed, tried again, and without anything of a
//! visitor.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use lead_proxy::clock::{Clock, ClockHand, Timestamp};
use lead_proxy::credentials::webhook;
use partner_sim::Fault;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::house::{resolve, until_it, values_of};
use crate::app::{PATIENCE, TestApp, key};

const SECRET: &str = "whsec_YW4tb2J2aW91c2x5LWZha2UtYWxlcnQtc2VjcmV0";
const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
const LOOK: Duration = Duration::from_secs(15);
const HOUR: Duration = Duration::from_secs(3_600);

/// Whoever is told.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Inbox>>);

#[derive(Default)]
struct Inbox {
    arrived: Vec<(HeaderMap, Bytes)>,
    /// Refuses so many first.
    refuses: usize,
}

impl Receiver {
    async fn start(refuses: usize) -> (Self, String) {
        let receiver = Self(Arc::new(Mutex::new(Inbox { arrived: Vec::new(), refuses })));
        let take = async |State(receiver): State<Self>, headers: HeaderMap, body: Bytes| {
            let mut inbox = receiver.0.lock().unwrap();
            inbox.arrived.push((headers, body));
            if inbox.arrived.len() <= inbox.refuses {
                StatusCode::BAD_GATEWAY
            } else {
                StatusCode::NO_CONTENT
            }
        };
        let router = Router::new().route("/alerts", post(take)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        // Ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn arrived(&self) -> Vec<(HeaderMap, Bytes)> {
        self.0.lock().unwrap().arrived.clone()
    }

    /// Waits until so many have arrived; what they say, each without its id and moment.
    async fn told(&self, count: usize) -> Vec<Value> {
        let reached = async {
            while self.arrived().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, reached).await.is_ok(), "never {count}: {:?}", self.arrived());
        let body =
            |(_, body): (HeaderMap, Bytes)| serde_json::from_slice::<Value>(&body).unwrap()["data"].clone();
        self.arrived().into_iter().map(body).collect()
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Waits until these words are in it.
    async fn until(&self, words: &str) {
        let said = async {
            while !String::from_utf8_lossy(&self.0.lock().unwrap()).contains(words) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, said).await.is_ok(), "never {words:?}");
    }

    fn alerts(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("alert: ")).map(str::to_owned).collect()
    }
}

async fn start(url: &str) -> (TestApp, ClockHand) {
    let (clock, hand) = Clock::manual(START);
    let alerts = format!("[alerts]\nurl = {url:?}\nsecret = {{ env = \"TEST_ALERTS_SECRET\" }}\n");
    let app = TestApp::start_by(clock, |text| {
        text.inline_wait_ms = 500;
        // The second try comes before the next look.
        text.delivery = "doubt_wait_ms = 5000".to_owned();
        text.accounts = alerts;
        text.secrets.push(("TEST_ALERTS_SECRET".to_owned(), SECRET.to_owned()));
    })
    .await;
    (app, hand)
}

/// Lets a lead be held: its partner takes it and falls silent, twice.
async fn hold(app: &TestApp, hand: &ClockHand, word: &str) -> String {
    app.sim.takepayments().set_fault(Fault::AcceptsThenResets, None);
    let answer = app.submit("card-machines", &key(word), &values_of(word)).await;
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    until_it(app, &receipt, |shown| shown["tries"][0]["state"] == "in_doubt").await;
    hand.advance(LOOK);
    until_it(app, &receipt, |shown| shown["state"] == "held").await;
    receipt
}

fn is(told: &Value, cause: &str, count: u64, repeated: bool) -> bool {
    told["cause"] == cause && told["count"] == count && told["repeated"] == repeated
}

#[tokio::test]
async fn held_lead_is_told_within_a_minute_signed_until_it_is_heard_and_then_hourly() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _listening = tracing::subscriber::set_default(lines);
    let (receiver, url) = Receiver::start(1).await;
    let (mut app, hand) = start(&url).await;
    let receipt = hold(&app, &hand, "ada").await;
    hand.advance(LOOK);
    let told = receiver.told(1).await;
    assert!(is(&told[0], "lead_held", 1, false), "{told:?}");
    assert_eq!(told[0]["account"], "takepayments");

    // It has refused the first; the second try is the same alert.
    log.until("an alert could not be sent").await;
    hand.advance(LOOK);
    assert_eq!(receiver.told(2).await[1], told[0]);
    let arrived = receiver.arrived();
    for (headers, body) in &arrived {
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        let secret = SecretString::from(SECRET);
        let signature =
            webhook::sign(&secret, &text("webhook-id"), text("webhook-timestamp").parse().unwrap(), body);
        assert_eq!(headers["webhook-signature"], signature.unwrap());
        let body = String::from_utf8_lossy(body);
        for typed in ["Ada", "Lovelace", "ada@", "7946", receipt.as_str()] {
            assert!(!body.contains(typed), "{typed} in {body}");
        }
    }
    assert_eq!(arrived[0].0["webhook-id"], arrived[1].0["webhook-id"]);
    assert_eq!(log.alerts().len(), 1, "{:?}", log.alerts());
    assert!(log.alerts()[0].contains("ERROR") && log.alerts()[0].contains("alert=\"lead_held\""));

    let other = hold(&app, &hand, "eve").await;
    hand.advance(HOUR);
    assert!(is(&receiver.told(3).await[2], "lead_held", 2, true), "both, an hour later");
    for receipt in [&receipt, &other] {
        assert_eq!(resolve(&app, receipt, "drop").await.status, StatusCode::OK);
    }
    hand.advance(LOOK);
    log.until("what was told of is over").await;
    app.stop().await;
}

#[tokio::test]
async fn account_that_the_partner_refuses_and_lead_that_is_given_up_are_told_apart() {
    let (receiver, url) = Receiver::start(0).await;
    let (mut app, hand) = start(&url).await;
    for (word, fault, state) in
        [("dead", Fault::BadRequest, "dead_letter"), ("paused", Fault::Unauthorized, "waiting")]
    {
        app.sim.takepayments().set_fault(fault, None);
        let answer = app.submit("card-machines", &key(word), &values_of(word)).await;
        let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
        until_it(&app, &receipt, |shown| shown["state"] == state && shown["attempts"] == 1).await;
    }
    hand.advance(LOOK);
    let mut told = receiver.told(2).await;
    told.sort_by_key(|told| told["cause"].as_str().unwrap().to_owned());
    assert!(is(&told[0], "account_paused", 1, false) && is(&told[1], "lead_dead", 1, false), "{told:?}");
    app.stop().await;
}

#[tokio::test]
async fn store_that_takes_nothing_is_told_and_so_is_nothing_that_it_hides() {
    let (receiver, url) = Receiver::start(0).await;
    let (mut app, hand) = start(&url).await;
    let aside = app.dir.path().join("aside");
    std::fs::rename(app.store_path(), &aside).unwrap();
    hand.advance(LOOK);
    assert!(is(&receiver.told(1).await[0], "store_unavailable", 1, false));
    std::fs::rename(&aside, app.store_path()).unwrap();
    hold(&app, &hand, "ada").await;
    hand.advance(LOOK);
    assert!(is(&receiver.told(2).await[1], "lead_held", 1, false), "it looks again");
    app.stop().await;
}

#[tokio::test]
async fn address_without_a_good_secret_and_secret_without_an_address_are_told_and_not_repeated() {
    let text = |alerts: &str| {
        let mut text = crate::app::ConfigText::new("http://127.0.0.1:9/".to_owned(), "leads.db".into());
        text.accounts = format!("[alerts]\n{alerts}");
        text.to_toml()
    };
    for (alerts, path, hidden) in [
        (
            "url = \"http://ops.example/hook-7c1f\"\nsecret = { env = \"TEST_RING_KEY\" }",
            "alerts.url",
            "hook-7c1f",
        ),
        ("url = \"not an address\"\nsecret = { env = \"TEST_RING_KEY\" }", "alerts.url", "not an address"),
        ("url = \"https://ops.example/hook-7c1f\"", "alerts.secret", "hook-7c1f"),
        ("url = \"https://ops.example/\"\nsecret = { env = \"NO_SUCH_SECRET\" }", "alerts.secret", "https"),
        ("secret = { env = \"TEST_RING_KEY\" }", "alerts.url", crate::app::RING_KEY),
        ("url = \"https://ops.example/\"\nsecret = \"hook-7c1f\"", "alerts.secret", "hook-7c1f"),
    ] {
        let error = crate::app::read_config(&text(alerts), crate::app::API_KEY, crate::app::RING_KEY).err();
        let error = error.unwrap_or_else(|| panic!("{alerts} is taken")).to_string();
        assert!(error.contains(path) && !error.contains(hidden), "{error}");
    }
    let good = "url = \"https://ops.example/\"\nsecret = { env = \"TEST_RING_KEY\" }";
    let config = crate::app::read_config(&text(good), crate::app::API_KEY, crate::app::RING_KEY).unwrap();
    assert!(!json!(format!("{:?}", config.alerts)).to_string().contains("ops.example"));
}

#[tokio::test]
async fn account_that_a_restart_mends_is_told_once() {
    let (receiver, url) = Receiver::start(0).await;
    let (mut app, hand) = start(&url).await;
    app.sim.takepayments().set_fault(Fault::Unauthorized, None);
    let answer = app.submit("card-machines", &key("paused"), &values_of("paused")).await;
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    until_it(&app, &receipt, |shown| shown["state"] == "waiting" && shown["attempts"] == 1).await;
    hand.advance(LOOK);
    assert!(is(&receiver.told(1).await[0], "account_paused", 1, false));
    app.sim.takepayments().set_fault(Fault::None, None);
    // An hour later, when the lead is long due.
    let (clock, hand) = Clock::manual(START.after(HOUR));
    app.restart_by(clock, |_| {}).await;
    until_it(&app, &receipt, |shown| shown["state"] == "delivered").await;
    // Its partner is back, and gets its rate without a burst.
    hand.advance(LOOK);
    hold(&app, &hand, "ada").await;
    hand.advance(LOOK);
    assert!(is(&receiver.told(2).await[1], "lead_held", 1, false), "and nothing before");
    app.stop().await;
}
