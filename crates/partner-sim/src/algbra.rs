//! Algbra, by its document "Managing Prospects", and by its pages on creating prospects and on payload signing: personal
//! prospects are listed, read, made and changed; each request carries an API token and is signed.
//!
//! What the documents leave open, and how it is read here:
//! - Hash, padding and encoding of the signature, and the order and white space of the payload, are not documented:
//!   RSA PKCS#1 v1.5 with SHA-256, padded base64, compact JSON in the order in which the document lists the members. A
//!   test may set another [`Scheme`]. The payload's JSON escapes what JSON must and nothing else.
//! - All four headers are wanted, although the tables say "Optional": the page on signing calls them required.
//! - `authorization` is the API token as it is, without `Bearer`. `date` is the one form that RFC 7231 has senders make,
//!   at most five minutes off; the allowed distance is not documented. A nonce serves once, for a request that came in,
//!   whatever then became of it.
//! - 400, 401 and 403 are documented for create and taken for all; their body is not:
//!   `{"message": …, "errors": [{"property": …, "message": …}]}` is our pick, and so are 404 for a prospect that there is
//!   not, 405, 413 and 415.
//! - The same `externalReference` on two creates is not documented: the second is refused with 400.
//! - `email` may be null in a PATCH, and may not in an answer: null is refused. A date is a day, a phone number digits
//!   with at most a `+` before them, an address `STRUCTURED`, the only variant that is shown. Unknown fields and
//!   parameters are refused, so that a misspelling shows.
//! - A page behind the last is empty. The keyword is sought in the joined names and in the e-mail, whatever its case.
//! - Answers leave out the two optional members when they are null. Ids look like uuids and count from 1.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use serde_json::Value;

use crate::console;
use crate::controls::Controls;
use crate::credentials::Credentials;
use crate::desk::Desk;
use crate::documented::Documented;
use crate::object::Object;
use crate::page::Partner;
use crate::redact::Redactor;
use crate::stream::Cutter;

use self::guard::Guard;
use self::prospect::{Body, read_body};
use self::records::Records;
use self::signature::read_key;
use self::target::PROSPECTS;

pub use self::prospect::Prospect;
pub use self::scheme::{Algorithm, Encoding, Order, Scheme, UnknownName};

mod guard;
mod judge;
mod prospect;
mod records;
mod scheme;
mod signature;
mod target;

/// What the index and the page say of it.
pub(crate) const PARTNER: Partner = Partner {
    slug: "algbra",
    name: "Algbra",
    summary: "Keeps personal prospects of a bank. An API token, and every request signed.",
    operations: &[
        ("POST", "/algbra/v1/partner/prospects/personal"),
        ("GET", "/algbra/v1/partner/prospects/personal"),
        ("GET", "/algbra/v1/partner/prospects/personal/{prospectId}"),
        ("PATCH", "/algbra/v1/partner/prospects/personal/{prospectId}"),
        ("GET", "/algbra/v1/partner/prospects/personal/externalReference/{externalReference}"),
    ],
    headline: &["firstName", "lastName", "email"],
    documented: &DOCUMENTED,
};

/// The errors that the document names; the bodies are our pick.
pub(crate) const DOCUMENTED: [Documented; 3] = [
    Documented::new(
        "400 Input validation error",
        400,
        r#"{"message":"Input validation error","errors":[{"property":"email","message":"a fault is set: this is refused whatever it holds"}]}"#,
    ),
    Documented::new("401 Unauthorized", 401, r#"{"message":"Unauthorized","errors":[]}"#),
    Documented::new("403 Forbidden", 403, r#"{"message":"Forbidden","errors":[]}"#),
];

/// The Algbra simulator: its address, its ledger, its faults, its prospects, and how requests must be signed.
pub struct Algbra {
    bank: Arc<Bank>,
    controls: Controls,
}

/// What the partner knows.
struct Bank {
    guard: Guard,
    records: Mutex<Records>,
}

impl Bank {
    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Algbra {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}

impl Algbra {
    pub(crate) fn new(credentials: &Credentials, root_url: &str) -> Self {
        let token = credentials.algbra_api_token.clone();
        let desk = Desk::new(PARTNER, Redactor::new(vec![token.clone()], &[]));
        let guard = Guard::new(token, read_key(&credentials.algbra_public_key_pem).ok());
        let bank = Bank { guard, records: Mutex::default() };
        Self { bank: Arc::new(bank), controls: Controls::new(desk, root_url) }
    }

    pub(crate) fn routes(&self) -> Router {
        let desk = self.controls.desk();
        let operations = Router::new()
            .route("/algbra/v1/{*rest}", any(receive))
            .with_state((Arc::clone(desk), Arc::clone(&self.bank)));
        operations.merge(console::routes(desk))
    }

    /// Gives the address of the prospects, which are listed and made there.
    pub fn prospects_url(&self) -> String {
        format!("{}{PROSPECTS}", self.base_url())
    }

    /// Wants requests signed in another way from now on.
    pub fn set_scheme(&self, scheme: Scheme) {
        self.bank.guard.set_scheme(scheme);
    }

    /// Sets how far a request's date may be from now; five minutes at first.
    pub fn set_skew(&self, skew: Duration) {
        self.bank.guard.set_skew(skew);
    }

    /// Takes signatures by another key from now on: PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// When it is no RSA public key.
    pub fn set_public_key(&self, pem: &str) -> anyhow::Result<()> {
        self.bank.guard.set_key(pem)
    }

    /// Gives a copy of every prospect, oldest first.
    pub fn records(&self) -> Vec<Prospect> {
        self.bank.records().all().to_vec()
    }

    /// Adds so many made-up prospects.
    pub fn seed(&self, count: usize) {
        self.bank.records().seed(count);
    }

    /// Adds a prospect by the body of a create, as if it had been there before.
    ///
    /// # Errors
    /// When a create with this body would be refused.
    pub fn insert(&self, body: &Value) -> anyhow::Result<Prospect> {
        let text = body.to_string();
        let members = Object::parse(&text).map_err(anyhow::Error::msg)?;
        let members = read_body(&members, Body::Create).map_err(|problems| {
            let problems: Vec<_> =
                problems.iter().map(|(name, problem)| format!("{name} {problem}")).collect();
            anyhow::anyhow!("{}", problems.join("; "))
        })?;
        let mut records = self.bank.records();
        if records.has_reference_of(&members) {
            anyhow::bail!("there is a prospect with this externalReference");
        }
        let prospect = records.draft(members);
        records.keep(prospect.clone());
        Ok(prospect)
    }
}

/// Refuses a key that cannot be read; none at all is a partner who knows nobody.
pub(crate) fn check_public_key(pem: &str) -> anyhow::Result<()> {
    if pem.is_empty() { Ok(()) } else { read_key(pem).map(drop) }
}

async fn receive(
    State((desk, bank)): State<(Arc<Desk>, Arc<Bank>)>,
    Extension(cutter): Extension<Cutter>,
    request: HttpRequest,
) -> Response {
    desk.receive(request, cutter, |arrival| judge::judge(arrival, &bank)).await
}
