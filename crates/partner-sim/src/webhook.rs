//! A webhook's sink: whoever posts JSON below `/webhook/` with a good signature or the secret is believed.
//!
//! By the document "Standard Webhooks" for the signature (`webhook/signature.rs`); for a bearer token and for a header
//! of any name there is no document. What is left open, and how it is read here:
//! - Which credential is meant is told by what was sent: `webhook-timestamp` or `webhook-signature` asks for a good
//!   signature, and so does a `webhook-id` without another credential, beside which it only names the lead; an
//!   `Authorization` header must be `Bearer` with the whole secret as its token; any other header may hold the secret,
//!   alone or behind one word. All that are sent must be good. A bad one, or none, is answered 401.
//! - Another method than `POST` is answered 405, another content type than JSON 415, a body that is no JSON object 400,
//!   one above 1 MiB 413.
//! - A success is `200 {"received": true}`.
//! - The lead's id is the `webhook-id`, which stays the same from one attempt to the next; without one the
//!   `Idempotency-Key`, and failing both what `receipt.rs` finds in the body.
//! - Each path is a place of its own. `fault`, `clear` and `ledger.json` are taken by the simulator itself.

mod signature;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use self::signature::{Secret, Signed};
use crate::answer::{Answer, noted, refusal};
use crate::arrival::Arrival;
use crate::console;
use crate::controls::Controls;
use crate::credentials::Credentials;
use crate::desk::{Desk, LeadChange, Verdict};
use crate::documented::Documented;
use crate::ledger::KeyCheck;
use crate::object::read;
use crate::page::Partner;
use crate::receipt;
use crate::redact::Redactor;
use crate::stream::Cutter;

/// What the index and the page say of it.
pub(crate) const PARTNER: Partner = Partner {
    slug: "webhook",
    name: "Webhook",
    summary: "Takes any JSON object at any path, signed as Standard Webhooks has it, or with the secret in a header.",
    operations: &[("POST", "/webhook/{anything}")],
    headline: &["first_name", "last_name", "company"],
    documented: DOCUMENTED,
};

/// The statuses that Standard Webhooks gives a meaning of their own, in its order, and the 503 that may name a time.
pub const DOCUMENTED: &[Documented] = &[
    Documented {
        name: "308 Permanent Redirect",
        status: 308,
        headers: &[("location", "https://{host}{path}")],
        body: "",
    },
    Documented::new("410 Gone", 410, ""),
    Documented::new("429 Too Many Requests", 429, ""),
    Documented::new("502 Bad Gateway", 502, ""),
    Documented::new("504 Gateway Timeout", 504, ""),
    Documented { name: "503 Service Unavailable", status: 503, headers: &[("retry-after", "2")], body: "" },
];

const OPERATION: &str = "deliver";
const SIGNATURE_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
/// Members that may hold our reference; no document names one.
const REFERENCES: [&str; 4] = ["receipt", "reference", "externalId", "id"];

/// The webhook's sink: its addresses, its ledger, its faults.
pub struct Webhook {
    keys: Arc<Keys>,
    controls: Controls,
}

/// The secret, as text and as key.
struct Keys {
    text: String,
    secret: Secret,
}

impl Deref for Webhook {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}

impl Webhook {
    /// Refuses a secret that Standard Webhooks would not have.
    pub(crate) fn new(credentials: &Credentials, root_url: &str) -> anyhow::Result<Self> {
        let text = credentials.webhook_secret.clone();
        let secret = Secret::read(&text)?;
        let desk = Desk::new(PARTNER, Redactor::new(vec![text.clone()], &[]));
        let keys = Arc::new(Keys { text, secret });
        Ok(Self { keys, controls: Controls::new(desk, root_url) })
    }

    pub(crate) fn routes(&self) -> Router {
        let desk = self.controls.desk();
        let sink = Router::new()
            .route("/webhook/{*rest}", any(receive))
            .with_state((Arc::clone(desk), Arc::clone(&self.keys)));
        sink.merge(console::routes(desk))
    }

    /// Gives the address of an endpoint, such as `leads`.
    pub fn endpoint_url(&self, path: &str) -> String {
        format!("{}/{}", self.base_url(), path.trim_start_matches('/'))
    }
}

async fn receive(
    State((desk, keys)): State<(Arc<Desk>, Arc<Keys>)>,
    Extension(cutter): Extension<Cutter>,
    request: HttpRequest,
) -> Response {
    desk.receive(request, cutter, |arrival| judge(arrival, &keys, Timestamp::now().as_second())).await
}

/// Method (405), body that can be read (413), credential (401), content type (415), object (400), in this order.
fn judge(arrival: &Arrival, keys: &Keys, now: i64) -> Verdict {
    let (credential, mut problems) = check_credential(arrival, keys, now);
    let object = arrival.object();
    let answer = if arrival.method != Method::POST {
        problems = vec![format!("the method is {}, expected POST", arrival.method)];
        Answer::method_not_allowed("POST")
    } else if let Some((status, why)) = arrival.unread {
        problems.push(why.to_owned());
        noted(status, why)
    } else if credential != KeyCheck::Valid {
        noted(StatusCode::UNAUTHORIZED, problems.join("; "))
    } else if !arrival.is_json() {
        problems.push("the content type is not application/json".to_owned());
        noted(StatusCode::UNSUPPORTED_MEDIA_TYPE, problems.join("; "))
    } else if let Err(problem) = &object {
        problems.push(problem.clone());
        refusal(problem.clone())
    } else {
        Answer::json(StatusCode::OK, &json!({ "received": true }))
    };
    let members = object.iter().flat_map(|object| object.members());
    let fields: Map<String, Value> =
        members.filter_map(|(name, raw)| Some((name.to_owned(), read(raw)?))).collect();
    let id = ["webhook-id", "idempotency-key"].iter().find_map(|name| arrival.header(name));
    Verdict {
        id: id.or_else(|| receipt::find(&fields, &REFERENCES)),
        fields,
        problems,
        place: arrival.path.trim_start_matches("/webhook/").to_owned(),
        lead: LeadChange::Made,
        secrets: arrival.bearer().into_iter().chain(arrival.header("webhook-signature")).collect(),
        ..Verdict::new(OPERATION, answer, credential)
    }
}

/// Judges everything that was sent to prove who sends; the worst of it counts.
fn check_credential(arrival: &Arrival, keys: &Keys, now: i64) -> (KeyCheck, Vec<String>) {
    let mut checks = Vec::new();
    let [id, timestamp, signature] = SIGNATURE_HEADERS.map(|name| arrival.headers.contains_key(name));
    if timestamp || signature {
        checks.push(check_signature(arrival, keys, now));
    }
    if arrival.headers.contains_key(AUTHORIZATION) {
        let is_good = arrival.bearer().is_some_and(|token| token == keys.text);
        let problem = "Authorization is not Bearer with the secret as its token".to_owned();
        checks.push(if is_good { (KeyCheck::Valid, None) } else { (KeyCheck::Wrong, Some(problem)) });
    }
    let holds_secret = |value: &str| value.rsplit_once(' ').map_or(value, |(_, last)| last) == keys.text;
    let mut others = arrival.headers.iter().filter(|(name, _)| **name != AUTHORIZATION);
    if others.any(|(_, value)| value.to_str().is_ok_and(holds_secret)) {
        checks.push((KeyCheck::Valid, None));
    }
    if id && checks.is_empty() {
        checks.push(check_signature(arrival, keys, now));
    }
    if checks.is_empty() {
        let problem =
            "no credential: expected a webhook-signature, a bearer token or a header with the secret";
        return (KeyCheck::Missing, vec![problem.to_owned()]);
    }
    let worst = checks.iter().map(|(check, _)| *check).find(|check| *check != KeyCheck::Valid);
    (worst.unwrap_or(KeyCheck::Valid), checks.into_iter().filter_map(|(_, problem)| problem).collect())
}

fn check_signature(arrival: &Arrival, keys: &Keys, now: i64) -> (KeyCheck, Option<String>) {
    let [id, timestamp, signatures] = SIGNATURE_HEADERS.map(|name| arrival.header(name));
    let (Some(id), Some(timestamp), Some(signatures)) = (&id, &timestamp, &signatures) else {
        let problem = "one of webhook-id, webhook-timestamp and webhook-signature is missing";
        return (KeyCheck::Missing, Some(problem.to_owned()));
    };
    signature::check(&keys.secret, &Signed { id, timestamp, body: &arrival.body, signatures }, now)
}
