//! Spotcap, by its document "Partner API" alone: a lead or a user is sent to a stage, with the key in a header.
//!
//! The document has no requests and no bodies. What it leaves open, and how it is read here:
//! - The paths end in `v1` or `beta`, then `leads` or `users`, in small letters. Anything else is a 404.
//! - "GET implies that you want to fetch something", but nothing that could be fetched is named: only `POST` is allowed.
//! - A wrong key is answered 401, as the table says; none at all 403, as gateways with this header do.
//! - "A format that isn't json" (406) is a body that does not call itself JSON, or an `Accept` that leaves none.
//! - Every field is taken, nested or flat. The body must be one JSON object that names nothing twice (400).
//! - A success is `200 {"id": "…"}`, with an id of its own for each request. An error is `{"message": "…"}`.
//! - A body above 1 MiB is answered 413, which the table does not have.
//! - By which of its texts a lead is known again: see `receipt.rs`. One without any is known by the id that it was given.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::bail;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::arrival::Arrival;
use crate::console;
use crate::controls::Controls;
use crate::credentials::Credentials;
use crate::desk::{Desk, LeadChange, Verdict};
use crate::documented::Documented;
use crate::ledger::KeyCheck;
use crate::object::{Object, read};
use crate::page::Partner;
use crate::receipt;
use crate::redact::Redactor;
use crate::stream::Cutter;

/// What the index and the page say of it.
pub(crate) const PARTNER: Partner = Partner {
    slug: "spotcap",
    name: "Spotcap",
    summary: "Takes leads for loans, and users whose application starts at once. The key is in a header; nothing else of \
              the request is documented, so any JSON object is taken.",
    operations: &[("POST", "/spotcap/{stage}/leads"), ("POST", "/spotcap/{stage}/users")],
    headline: &["firstName", "lastName", "company"],
    documented: DOCUMENTED,
};

const API_KEY: &str = "x-api-key";
const STAGES: [&str; 2] = ["v1", "beta"];
/// The path's segment, and the operation's name in the ledger.
const RESOURCES: [(&str, &str); 2] = [("leads", "send_lead"), ("users", "send_user")];
/// Members that may hold our reference; no document names one.
const REFERENCES: [&str; 2] = ["reference", "externalId"];
const MOVED: &str = "301 Moved Permanently";

/// The answers of the document that are no success: its redirect of plain http, then its table in its order.
pub const DOCUMENTED: &[Documented] = &[
    Documented {
        name: MOVED,
        status: 301,
        headers: &[("location", "https://{host}{path}")],
        body: r#"{"message":"Moved Permanently"}"#,
    },
    Documented::new("400 Bad Request", 400, r#"{"message":"Bad Request"}"#),
    Documented::new("401 Unauthorized", 401, r#"{"message":"Unauthorized"}"#),
    Documented::new("403 Forbidden", 403, r#"{"message":"Forbidden"}"#),
    Documented::new("404 Not Found", 404, r#"{"message":"Not Found"}"#),
    Documented::new("405 Method Not Allowed", 405, r#"{"message":"Method Not Allowed"}"#),
    Documented::new("406 Not Acceptable", 406, r#"{"message":"Not Acceptable"}"#),
    Documented::new("410 Gone", 410, r#"{"message":"Gone"}"#),
    Documented::new("429 Too Many Requests", 429, r#"{"message":"Too Many Requests"}"#),
    Documented::new("500 Internal Server Error", 500, r#"{"message":"Internal Server Error"}"#),
    Documented::new("503 Service Unavailable", 503, r#"{"message":"Service Unavailable"}"#),
];

/// The Spotcap simulator: its addresses, its ledger, its faults.
pub struct Spotcap {
    state: Arc<Office>,
    controls: Controls,
}

/// What judging a request needs to know.
struct Office {
    api_key: String,
    ids: AtomicU64,
}

impl Deref for Spotcap {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}

impl Spotcap {
    pub(crate) fn new(credentials: &Credentials, root_url: &str) -> Self {
        let api_key = credentials.spotcap_api_key.clone();
        let desk = Desk::new(PARTNER, Redactor::new(vec![api_key.clone()], &[]));
        let state = Arc::new(Office { api_key, ids: AtomicU64::new(1) });
        Self { state, controls: Controls::new(desk, root_url) }
    }

    pub(crate) fn routes(&self) -> Router {
        let desk = self.controls.desk();
        let operations = Router::new()
            .route("/spotcap/{*rest}", any(receive))
            .with_state((Arc::clone(desk), Arc::clone(&self.state)));
        operations.merge(console::routes(desk))
    }

    /// Gives the address of a resource (`leads`, `users`) in a stage (`v1`, `beta`).
    pub fn resource_url(&self, stage: &str, resource: &str) -> String {
        format!("{}/{stage}/{resource}", self.base_url())
    }

    /// Answers as if it had been called by plain http: 301 to the same host and path by https. Whoever follows it
    /// arrives here a second time, if something speaks TLS before this simulator.
    pub fn redirect_plain_http(&self, times: Option<u32>) {
        // Its document has this answer, so nothing can be unknown.
        self.set_documented(MOVED, times).unwrap_or_default();
    }
}

/// Refuses a credential that no header could carry.
pub(crate) fn check_api_key(api_key: &str) -> anyhow::Result<()> {
    if api_key.is_empty() || !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!(
            "the Spotcap key cannot stand in a header: expected one visible ASCII character or more, no space"
        );
    }
    Ok(())
}

async fn receive(
    State((desk, office)): State<(Arc<Desk>, Arc<Office>)>,
    Extension(cutter): Extension<Cutter>,
    request: HttpRequest,
) -> Response {
    desk.receive(request, cutter, |arrival| judge(arrival, &office)).await
}

/// Says what the document says: path (404), method (405), key (401, 403), format (406), body (400), in this order.
fn judge(arrival: &Arrival, office: &Office) -> Verdict {
    let (status, problem, credential) = match check(arrival, &office.api_key) {
        Ok((operation, place, fields)) => return take(operation, place, fields, office),
        Err(refusal) => refusal,
    };
    let operation = find_operation(&arrival.path).map_or("", |(_, operation)| operation);
    let reason = status.canonical_reason().unwrap_or_default();
    let mut answer = Answer::json(status, &json!({ "message": format!("{reason}: {problem}") }));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        answer = answer.with(axum::http::header::ALLOW, "POST");
    }
    let fields = arrival.object().map(fields).unwrap_or_default();
    let id = receipt::find(&fields, &REFERENCES);
    let secrets = arrival.header(API_KEY).into_iter().collect();
    Verdict { id, fields, secrets, problems: vec![problem], ..Verdict::new(operation, answer, credential) }
}

fn take(operation: &'static str, place: String, fields: Map<String, Value>, office: &Office) -> Verdict {
    let given = format!("spotcap-{}", office.ids.fetch_add(1, Ordering::Relaxed));
    let answer = Answer::json(StatusCode::OK, &json!({ "id": given }));
    let id = Some(receipt::find(&fields, &REFERENCES).unwrap_or(given));
    let lead = LeadChange::Made;
    Verdict { id, fields, place, lead, ..Verdict::new(operation, answer, KeyCheck::Valid) }
}

type Taken = (&'static str, String, Map<String, Value>);
type Refused = (StatusCode, String, KeyCheck);

fn check(arrival: &Arrival, api_key: &str) -> Result<Taken, Refused> {
    let credential = match arrival.header(API_KEY) {
        None => KeyCheck::Missing,
        Some(given) if given == api_key => KeyCheck::Valid,
        Some(_) => KeyCheck::Wrong,
    };
    let refuse = |status, problem: &str| Err((status, problem.to_owned(), credential));
    let Some((place, operation)) = find_operation(&arrival.path) else {
        return refuse(StatusCode::NOT_FOUND, "expected the stage v1 or beta, then leads or users");
    };
    if arrival.method != Method::POST {
        let problem = format!("the method is {}, expected POST", arrival.method);
        return refuse(StatusCode::METHOD_NOT_ALLOWED, &problem);
    }
    match credential {
        KeyCheck::Valid => {}
        KeyCheck::Missing => return refuse(StatusCode::FORBIDDEN, "the header X-Api-Key is missing"),
        _ => return refuse(StatusCode::UNAUTHORIZED, "the header X-Api-Key is wrong"),
    }
    if let Some((status, why)) = arrival.unread {
        return refuse(status, why);
    }
    if !arrival.is_json() {
        return refuse(StatusCode::NOT_ACCEPTABLE, "the content type is not application/json");
    }
    if !arrival.accepts_json() {
        return refuse(StatusCode::NOT_ACCEPTABLE, "the Accept header leaves no JSON");
    }
    let bad = |problem: String| (StatusCode::BAD_REQUEST, problem, credential);
    let object = arrival.object().map_err(bad)?;
    if let Some(name) = object.name_given_twice() {
        return Err(bad(format!("{name} is given twice")));
    }
    Ok((operation, place, fields(object)))
}

/// Finds where a path leads: the place of the ledger, and the operation.
fn find_operation(path: &str) -> Option<(String, &'static str)> {
    let (stage, resource) = path.strip_prefix("/spotcap/")?.split_once('/')?;
    let stage = STAGES.iter().find(|known| **known == stage)?;
    let (resource, operation) = RESOURCES.iter().find(|(known, _)| *known == resource)?;
    Some((format!("{stage}/{resource}"), operation))
}

fn fields(object: Object<'_>) -> Map<String, Value> {
    object.members().filter_map(|(name, raw)| Some((name.to_owned(), read(raw)?))).collect()
}
