//! Sends alerts to an address of the operator's: signed as Standard Webhooks has it, tried again for an hour, never in the way.
//!
//! Apart from the looking, which goes on while the address does not answer.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use serde_json::json;
use tokio::task::JoinSet;

use super::config::AlertTarget;
use super::watch::Alert;
use crate::clock::{Clock, Timestamp};
use crate::credentials::webhook;
use crate::ids;
use crate::transport::Transport;

/// Most alerts under way; when more come, the address has been silent for long.
const UNDER_WAY_MAX: usize = 64;
/// Waits before each further try.
const WAITS: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(2_400),
];

/// The way to the address, and what is on it; dropped with it.
pub(super) struct Post {
    target: AlertTarget,
    transport: Transport,
    clock: Clock,
    under_way: JoinSet<()>,
}

/// An alert as it is sent: the same words under the same id at each try.
struct Letter {
    id: String,
    cause: &'static str,
    body: Bytes,
}

impl Post {
    /// Readies the way.
    pub(super) fn new(target: AlertTarget, transport: Transport, clock: Clock) -> Self {
        Self { target, transport, clock, under_way: JoinSet::new() }
    }

    /// Sends it, in its own time.
    pub(super) fn send(&mut self, alert: &Alert, now: Timestamp) {
        while self.under_way.try_join_next().is_some() {}
        if self.under_way.len() >= UNDER_WAY_MAX {
            tracing::error!(
                alert = alert.cause.as_str(),
                "too many alerts wait to be sent: this one stands in the log alone"
            );
            return;
        }
        let letter = Letter::of(alert, now);
        let (target, transport, clock) = (self.target.clone(), self.transport.clone(), self.clock.clone());
        // Each on its own: one that is refused again and again keeps no other waiting.
        self.under_way.spawn(async move { deliver(&letter, &target, &transport, &clock).await });
    }
}

impl Letter {
    fn of(alert: &Alert, now: Timestamp) -> Self {
        let id = ids::uuid_v4().to_string();
        let body = json!({
            "id": id,
            "type": "alert",
            "timestamp": now.to_string(),
            "data": {
                "cause": alert.cause.as_str(),
                "account": alert.account,
                "count": alert.count,
                "repeated": alert.repeated,
                "message": alert.cause.sentence(),
            },
        });
        Self { id, cause: alert.cause.as_str(), body: Bytes::from(body.to_string()) }
    }
}

/// Tries until it is taken, or too often.
async fn deliver(letter: &Letter, target: &AlertTarget, transport: &Transport, clock: &Clock) {
    for wait in WAITS.into_iter().map(Some).chain([None]) {
        let why = match request(letter, target, clock.now()) {
            None => "not_signed".to_owned(),
            Some(request) => match transport.exchange(request).await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => format!("status_{}", answer.status().as_u16()),
                Err(error) => error.kind.to_string(),
            },
        };
        let Some(wait) = wait else {
            tracing::error!(
                alert = letter.cause,
                why,
                "an alert could not be sent to alerts.url and is given up"
            );
            return;
        };
        let next = clock.now().after(wait);
        tracing::warn!(alert = letter.cause, why, "an alert could not be sent to alerts.url; trying again");
        clock.sleep_until(next).await;
    }
}

fn request(letter: &Letter, target: &AlertTarget, now: Timestamp) -> Option<Request<Bytes>> {
    let at = now.as_ms().div_euclid(1_000);
    let signature = webhook::sign(&target.secret, &letter.id, at, &letter.body).ok()?;
    Request::builder()
        .method(Method::POST)
        .uri(target.url.as_str())
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature)
        .body(letter.body.clone())
        .ok()
}
