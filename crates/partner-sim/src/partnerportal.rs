//! PartnerPortal.io, by its document alone: a company's leads and their schema, with an OAuth 2 access token.
//!
//! The document is a page whose paths, methods, statuses and errors were lost. What it leaves open, and how it is read
//! here:
//! - Paths: `/companies/{companyId}/leads`, `…/leads/{leadId}`, `…/schemas/{object}` and
//!   `…/partner-organizations/{partnerOrganizationId}/schemas/{object}`, below our own base. A create is a `POST`, an
//!   update a `PATCH`; the first is answered 201, everything else 200.
//! - The flow is client credentials at `/oauth/token`, as a form or as JSON, the client's secret in the body or in a
//!   `Basic` header; an `audience` is wanted only when a test sets one. A token is good for an hour. Errors are those of
//!   RFC 6749.
//! - Errors are not documented: `{"message", "errors": [{"field", "message"}], "context": {"requestId"}}` is our pick,
//!   with 400, 401, 404, 405, 413 or 415. An unknown field or parameter is refused, so that a misspelling shows.
//! - `skip` and `limit` are strings that hold whole numbers. A page holds 50 leads unless `limit` says otherwise, and
//!   never more than 100: a longer `limit` is answered with fewer. The oldest lead comes first.
//! - A member that the document prints as `{ }` is a value that may be null; it is answered as null, text or number, and
//!   as `{}` after [`PartnerPortal::answer_objects`].
//! - `customFields` are checked against the schema's custom fields, kept, and not answered. Without a reference of ours
//!   in the document, each create makes one more lead.

mod answers;
mod company;
mod fields;
mod judge;
mod operations;
mod records;
mod schema;
mod token;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use jiff::SignedDuration;
use serde_json::{Map, Value};

use crate::console;
use crate::controls::Controls;
use crate::credentials::Credentials;
use crate::desk::Desk;
use crate::documented::Documented;
use crate::oauth::{self, OAuth};
use crate::page::Partner;
use crate::partnerportal::company::{COMPANY_ID, Company, ORGANIZATION_ID};
use crate::redact::Redactor;
use crate::stream::Cutter;

/// What the index and the page say of it.
pub(crate) const PARTNER: Partner = Partner {
    slug: "partnerportal",
    name: "PartnerPortal.io",
    summary: "Keeps a company’s leads, tells their schema. OAuth 2 access token from client ID and secret.",
    operations: &[
        ("POST", "/partnerportal/companies/{companyId}/leads"),
        ("GET", "/partnerportal/companies/{companyId}/leads"),
        ("GET", "/partnerportal/companies/{companyId}/leads/{leadId}"),
        ("PATCH", "/partnerportal/companies/{companyId}/leads/{leadId}"),
        ("GET", "/partnerportal/companies/{companyId}/schemas/{object}"),
        (
            "GET",
            "/partnerportal/companies/{companyId}/partner-organizations/{partnerOrganizationId}/schemas/{object}",
        ),
        ("POST", "/partnerportal/oauth/token"),
    ],
    headline: &["firstName", "lastName", "companyName"],
    documented: DOCUMENTED,
};

/// The document has no error at all.
pub const DOCUMENTED: &[Documented] = &[];

const TOKEN: &str = "oauth/token";
/// How long a token is good; not documented.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// The PartnerPortal.io simulator: its ledger and faults, its tokens, its leads and schemas.
pub struct PartnerPortal {
    controls: Controls,
    oauth: Arc<OAuth>,
    company: Arc<Company>,
}

impl Deref for PartnerPortal {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}

#[derive(Clone)]
struct Parts {
    desk: Arc<Desk>,
    oauth: Arc<OAuth>,
    company: Arc<Company>,
}

impl PartnerPortal {
    pub(crate) fn new(credentials: &Credentials, root_url: &str) -> Self {
        let id = credentials.partnerportal_client_id.clone();
        let secret = credentials.partnerportal_client_secret.clone();
        let redactor =
            Redactor::new(vec![secret.clone()], &["client_secret", "access_token", "refresh_token"]);
        Self {
            controls: Controls::new(Desk::new(PARTNER, redactor), root_url),
            oauth: Arc::new(OAuth::new(id, secret, LIFETIME)),
            company: Arc::new(Company::new()),
        }
    }

    pub(crate) fn routes(&self) -> Router {
        let desk = self.controls.desk();
        let parts = Parts {
            desk: Arc::clone(desk),
            oauth: Arc::clone(&self.oauth),
            company: Arc::clone(&self.company),
        };
        let operations = Router::new().route("/partnerportal/{*path}", any(serve)).with_state(parts);
        operations.merge(oauth::console::routes(PARTNER.slug, &self.oauth)).merge(console::routes(desk))
    }

    /// Gives the address that answers tokens.
    pub fn token_url(&self) -> String {
        format!("{}/{TOKEN}", self.controls.base_url())
    }

    /// Gives the tokens' controls and counters.
    pub fn oauth(&self) -> &OAuth {
        &self.oauth
    }

    /// Names the only company that there is.
    pub fn company_id(&self) -> &'static str {
        COMPANY_ID
    }

    /// Names the only partner organization that there is.
    pub fn partner_organization_id(&self) -> &'static str {
        ORGANIZATION_ID
    }

    /// Adds so many leads that nobody sent, behind those that there are. 100,000 cost next to nothing.
    pub fn seed_records(&self, count: usize) {
        self.company.lock().records.seed(count);
    }

    /// Takes all leads out of the company; the ledger stays.
    pub fn clear_records(&self) {
        self.company.lock().records.clear();
    }

    /// Counts the company's leads.
    pub fn count_records(&self) -> usize {
        self.company.lock().records.count()
    }

    /// Gives everything that is known of a lead, `customFields` included.
    pub fn record(&self, id: &str) -> Option<Map<String, Value>> {
        let state = self.company.lock();
        state.records.get(state.records.find(id)?, COMPANY_ID)
    }

    /// Gives the schema that company and partner organization have at first, to change and set again.
    pub fn standard_schema() -> Value {
        schema::standard()
    }

    /// Sets what the company's schema operation answers as `data.schema`, and what `customFields` are checked against.
    pub fn set_schema(&self, schema: Value) {
        self.company.lock().schema = schema;
    }

    /// Sets what the partner organization's schema operation answers as `data.schema`.
    pub fn set_partner_schema(&self, schema: Value) {
        self.company.lock().partner_schema = schema;
    }

    /// Answers every member that may be null as `{}`, as the document's samples print it; off at first.
    pub fn answer_objects(&self, objects: bool) {
        self.company.lock().objects = objects;
    }

    /// Sets how many leads a page holds at most, whatever `limit` asks for; 100 at first.
    pub fn set_limit_max(&self, limit_max: usize) {
        self.company.lock().limit_max = limit_max;
    }
}

async fn serve(
    State(parts): State<Parts>,
    Extension(cutter): Extension<Cutter>,
    request: HttpRequest,
) -> Response {
    let mut wait = Duration::ZERO;
    let response = parts.desk.receive(request, cutter, |arrival| {
        // As sent: the operations decode it segment by segment.
        let path = arrival.path.strip_prefix("/partnerportal/").unwrap_or_default();
        let (mut verdict, answer_waits) = if path == TOKEN {
            token::judge(&parts.oauth, &parts.desk, arrival)
        } else {
            (judge::judge(&parts.oauth, &parts.company, arrival, path), Duration::ZERO)
        };
        wait = answer_waits;
        verdict.secrets.extend(parts.oauth.find_in(arrival));
        verdict
    });
    let response = response.await;
    tokio::time::sleep(wait).await;
    response
}
