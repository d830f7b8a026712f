//! TakePayments, by its document "Partner Leads API" alone: one operation, Insert, with the credential in the body.
//!
//! What the document leaves open, and how it is read here:
//! - The body of a 200 is not documented: it is empty. So is that of a 401.
//! - A 400 carries "a note in the JSON response body"; its shape is not documented: `{"Message": "…"}` is our pick.
//! - Another method than `POST` is answered 405, another content type than `application/json` 415, a body above 1 MiB
//!   413; the document names none of them.
//! - "Max length" counts UTF-16 code units, as the partner runs .NET. `null` is no string. A required string that is
//!   blank counts as missing. An unknown field is refused, so that a misspelling shows.
//! - Whether the same `ID` sent twice makes one lead or two is not documented: the ledger shows one entry and how often
//!   it was asked for.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use anyhow::bail;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use serde_json::Value;

use crate::answer::{Answer, noted, refusal};
use crate::arrival::Arrival;
use crate::console;
use crate::controls::Controls;
use crate::credentials::Credentials;
use crate::desk::{Desk, LeadChange, Verdict};
use crate::documented::Documented;
use crate::object::{Object, read};
use crate::page::Partner;
use crate::redact::Redactor;
use crate::stream::Cutter;

/// What this partner's simulator speaks of, the same for every partner.
pub use crate::{Fault, KeyCheck, LeadEntry, Ledger, Request};

/// What the index and the page say of it.
pub(crate) const PARTNER: Partner = Partner {
    slug: "takepayments",
    name: "TakePayments",
    summary: "Takes leads for card machines into its dialler. One operation, with the credential in the body.",
    operations: &[("POST", INSERT)],
    headline: &["FirstName", "LastName", "Company"],
    documented: DOCUMENTED,
};

/// The errors of the document, in its spelling.
pub const DOCUMENTED: &[Documented] = &[
    Documented::new("400 Bad Request", 400, r#"{"Message":"something is missing or invalid"}"#),
    Documented::new("401 Unauthorised", 401, ""),
];

const INSERT: &str = "/takepayments/umbraco/api/PartnerLeadsApi/Insert";
const API_KEY: &str = "ApiKey";
const API_KEY_LENGTH_MAX: usize = 200;

/// The document's table, in its order and its spelling (`Existig…` is the partner's).
const FIELDS: [Field; 18] = [
    Field::required("FirstName", 200),
    Field::required("LastName", 200),
    Field::required("Email", 200),
    Field::required("ID", 200),
    Field::required(API_KEY, API_KEY_LENGTH_MAX),
    Field::text("Notes", 2000),
    Field::text("Postcode", 200),
    Field::text("Company", 200),
    Field::text("Address", 2000),
    Field::text("Referrer", 200),
    Field::text("ReferrerEmail", 200),
    Field::text("Devices", 2000),
    Field::text("Locations", 2000),
    Field::text("Industry", 200),
    Field::text("CustomerType", 200),
    Field { name: "HotTransfer", required: false, kind: Kind::Boolean },
    Field::text("ExternalLeadType", 200),
    // The only string without a length in the document.
    Field::text("ExistigCustomerReferenceNumber", usize::MAX),
];

struct Field {
    name: &'static str,
    required: bool,
    kind: Kind,
}

enum Kind {
    /// A string of so many UTF-16 code units at most.
    Text {
        length_max: usize,
    },
    Boolean,
}

impl Field {
    const fn required(name: &'static str, length_max: usize) -> Self {
        Self { name, required: true, kind: Kind::Text { length_max } }
    }

    const fn text(name: &'static str, length_max: usize) -> Self {
        Self { name, required: false, kind: Kind::Text { length_max } }
    }
}

/// The TakePayments simulator: its address, its ledger, its faults.
pub struct TakePayments {
    insert_url: String,
    api_key: Arc<str>,
    controls: Controls,
}

impl Deref for TakePayments {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}

impl TakePayments {
    pub(crate) fn new(credentials: &Credentials, root_url: &str) -> Self {
        let api_key = credentials.takepayments_api_key.clone();
        let known = Arc::from(api_key.as_str());
        let desk = Desk::new(PARTNER, Redactor::new(vec![api_key], &[API_KEY]));
        let insert_url = format!("{root_url}{INSERT}");
        Self { insert_url, api_key: known, controls: Controls::new(desk, root_url) }
    }

    pub(crate) fn routes(&self) -> Router {
        let desk = self.controls.desk();
        let operation = Router::new()
            .route(INSERT, any(insert))
            .with_state((Arc::clone(desk), Arc::clone(&self.api_key)));
        operation.merge(console::routes(desk))
    }

    /// Gives the address of Insert.
    pub fn insert_url(&self) -> String {
        self.insert_url.clone()
    }
}

/// Refuses a credential that the partner could not have given.
pub(crate) fn check_api_key(api_key: &str) -> anyhow::Result<()> {
    let length = length(api_key);
    if api_key.trim().is_empty() || length > API_KEY_LENGTH_MAX {
        bail!(
            "the TakePayments ApiKey has {length} characters; its document wants 1 to {API_KEY_LENGTH_MAX}, not blank"
        );
    }
    Ok(())
}

async fn insert(
    State((desk, api_key)): State<(Arc<Desk>, Arc<str>)>,
    Extension(cutter): Extension<Cutter>,
    request: HttpRequest,
) -> Response {
    desk.receive(request, cutter, |arrival| judge(arrival, &api_key)).await
}

/// Says what the document says: method, content type, object, credential (401), fields (400), in this order.
fn judge(arrival: &Arrival, api_key: &str) -> Verdict {
    let object = arrival.object();
    let check = object.as_ref().map_or(KeyCheck::Missing, |object| check_credential(object, api_key));
    let mut problems = match (&object, arrival.unread) {
        (_, Some((_, why))) => vec![why.to_owned()],
        (Ok(object), None) => find_problems(object),
        (Err(problem), None) => vec![problem.clone()],
    };

    let answer = if arrival.method != Method::POST {
        problems = vec![format!("the method is {}, expected POST", arrival.method)];
        Answer::method_not_allowed("POST")
    } else if let Some((status, why)) = arrival.unread {
        noted(status, why)
    } else if !arrival.is_json() {
        problems.insert(0, "the content type is not application/json".to_owned());
        StatusCode::UNSUPPORTED_MEDIA_TYPE.into()
    } else if object.is_ok() && check != KeyCheck::Valid {
        problems.insert(0, format!("{API_KEY} is {check}"));
        StatusCode::UNAUTHORIZED.into()
    } else if problems.is_empty() {
        StatusCode::OK.into()
    } else {
        refusal(problems.join("; "))
    };

    let id = object.as_ref().ok().and_then(|object| object.value("ID")?.as_str().map(str::to_owned));
    let fields = object.iter().flat_map(Object::members).filter(|(name, _)| *name != API_KEY);
    let fields = fields.filter_map(|(name, raw)| Some((name.to_owned(), read(raw)?))).collect();
    Verdict { id, problems, fields, lead: LeadChange::Made, ..Verdict::new("insert", answer, check) }
}

fn check_credential(object: &Object<'_>, api_key: &str) -> KeyCheck {
    match object.value(API_KEY) {
        None | Some(Value::Null) => KeyCheck::Missing,
        Some(Value::String(given)) if given == api_key => KeyCheck::Valid,
        Some(_) => KeyCheck::Wrong,
    }
}

/// Finds everything that the table forbids, in the table's order; the credential is the 401's business.
fn find_problems(object: &Object<'_>) -> Vec<String> {
    let table = FIELDS.iter().filter(|field| field.name != API_KEY);
    let mut problems: Vec<String> = table.filter_map(|field| find_problem(object, field)).collect();
    let mut seen = HashSet::new();
    for (name, _) in object.members() {
        if !seen.insert(name) {
            problems.push(format!("{name} is given twice"));
        } else if !FIELDS.iter().any(|field| field.name == name) {
            problems.push(format!("{name} is not a field of this operation"));
        }
    }
    problems
}

fn find_problem(object: &Object<'_>, field: &Field) -> Option<String> {
    let name = field.name;
    let Some((_, raw)) = object.members().filter(|(member, _)| *member == name).last() else {
        return field.required.then(|| format!("{name} is required"));
    };
    match (&field.kind, read(raw)) {
        (Kind::Text { length_max }, Some(Value::String(text))) => {
            let length = length(&text);
            if field.required && text.trim().is_empty() {
                Some(format!("{name} is required, but blank"))
            } else {
                (length > *length_max)
                    .then(|| format!("{name} has {length} characters, {length_max} are allowed"))
            }
        }
        (Kind::Boolean, Some(Value::Bool(_))) => None,
        (Kind::Text { .. }, other) => {
            Some(format!("{name} is {}, expected a string", kind_of(other.as_ref())))
        }
        (Kind::Boolean, other) => Some(format!("{name} is {}, expected a boolean", kind_of(other.as_ref()))),
    }
}

/// Counts as .NET does: UTF-16 code units.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "unreadable",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    }
}
