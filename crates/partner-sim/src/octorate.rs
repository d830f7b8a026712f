//! Octorate, by its document alone: a glossary of errors, a token or a key in a header; the operation is a property's
//! sign-up, since there is none for a lead.
//!
//! The document lists errors and no operation. What it leaves open, and how it is read here:
//! - Paths and params of the tokens are those of the partner's page on authentication and of its integrators:
//!   `/rest/v1/identity/token` (`grant_type=code`, nothing else), `/refresh`, `/apilogin`, each a form, each answered
//!   with `expireDate`; tokens are good for 24 hours, a code for a minute, a refresh token until somebody ends it.
//! - The sign-up is `POST /rest/v1/accommodation` with the fields of the tutorial of 2019; the coordinates are required,
//!   the same property (name, address and coordinates) is answered with the id that it has.
//! - The secondary method is the header `key`, as in the tutorials of 2019.
//! - Test mode is a base of its own, `/octorate/sandbox/connect`, with tokens of its own; the key is good in both.
//! - An error's body is `{"type", "message", "nested": [{"human_name", "machine_name", "message", "type"}]}` as in the
//!   partner's tutorial; 404 `NotFound` has none.

mod consent;
mod glossary;
mod identity;
mod judge;
mod property;

use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use jiff::SignedDuration;

use crate::arrival::Arrival;
use crate::console;
use crate::controls::Controls;
use crate::credentials::Credentials;
use crate::desk::{Desk, Verdict};
use crate::oauth::tokens::Environment;
use crate::oauth::{self, OAuth};
use crate::octorate::judge::Known;
use crate::octorate::property::Properties;
use crate::page::Partner;
use crate::redact::Redactor;
use crate::stream::Cutter;

pub use crate::octorate::glossary::DOCUMENTED;

/// What the index and the page say of it.
pub(crate) const PARTNER: Partner = Partner {
    slug: "octorate",
    name: "Octorate",
    summary: "Signs properties up. OAuth code with refresh, api login, or a key; sixteen errors by name.",
    operations: &[
        ("POST", "/octorate/connect/rest/v1/accommodation"),
        ("POST", "/octorate/connect/rest/v1/identity/token"),
        ("POST", "/octorate/connect/rest/v1/identity/refresh"),
        ("POST", "/octorate/connect/rest/v1/identity/apilogin"),
        ("GET", "/octorate/octobook/identity/oauth.xhtml"),
    ],
    headline: &["given_name", "family_name", "name"],
    documented: DOCUMENTED,
};

const AUTHORIZE: &str = "octobook/identity/oauth.xhtml";
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The Octorate simulator: its ledger and faults, its tokens, its properties.
pub struct Octorate {
    controls: Controls,
    parts: Parts,
}

impl Deref for Octorate {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}

#[derive(Clone)]
struct Parts {
    desk: Arc<Desk>,
    oauth: Arc<OAuth>,
    api_key: Arc<str>,
    properties: Arc<Mutex<Properties>>,
}

impl Octorate {
    pub(crate) fn new(credentials: &Credentials, root_url: &str) -> Self {
        let id = credentials.octorate_client_id.clone();
        let secret = credentials.octorate_client_secret.clone();
        let api_key = credentials.octorate_api_key.clone();
        let redactor = Redactor::new(
            vec![secret.clone(), api_key.clone()],
            &["client_secret", "code", "refresh_token", "access_token", "state"],
        );
        let controls = Controls::new(Desk::new(PARTNER, redactor), root_url);
        let parts = Parts {
            desk: Arc::clone(controls.desk()),
            oauth: Arc::new(OAuth::new(id, secret, LIFETIME)),
            api_key: Arc::from(api_key),
            properties: Arc::default(),
        };
        Self { controls, parts }
    }

    pub(crate) fn routes(&self) -> Router {
        let operations = Router::new().route("/octorate/{*path}", any(serve)).with_state(self.parts.clone());
        let tokens = oauth::console::routes(PARTNER.slug, &self.parts.oauth);
        operations.merge(tokens).merge(console::routes(&self.parts.desk))
    }

    /// Gives the base of the production environment, `…/octorate/connect`.
    pub fn production_url(&self) -> String {
        format!("{}/connect", self.controls.base_url())
    }

    /// Gives the base of the test mode, `…/octorate/sandbox/connect`.
    pub fn sandbox_url(&self) -> String {
        format!("{}/sandbox/connect", self.controls.base_url())
    }

    /// Gives the address of the page on which an owner allows a client.
    pub fn authorize_url(&self) -> String {
        format!("{}/{AUTHORIZE}", self.controls.base_url())
    }

    /// Gives the tokens' controls and counters; both environments count together.
    pub fn oauth(&self) -> &OAuth {
        &self.parts.oauth
    }

    /// Lists the ids of the properties of production, oldest first.
    pub fn properties(&self) -> Vec<String> {
        judge::lock(&self.parts.properties).ids(false)
    }

    /// Lists the ids of the properties of the test mode, oldest first.
    pub fn sandbox_properties(&self) -> Vec<String> {
        judge::lock(&self.parts.properties).ids(true)
    }
}

impl Parts {
    /// Judges a request; tells also how long its answer waits.
    fn judge(&self, arrival: &Arrival) -> (Verdict, Duration) {
        let known = Known { oauth: &self.oauth, api_key: &self.api_key, properties: &self.properties };
        let path = arrival.path.strip_prefix("/octorate/").unwrap_or_default();
        if path == AUTHORIZE {
            return (consent::judge(&self.oauth, arrival), Duration::ZERO);
        }
        let (environment, path) = match path.strip_prefix("sandbox/") {
            Some(path) => (Environment::Test, path),
            None => (Environment::Production, path),
        };
        let operation = path.strip_prefix("connect/rest/v1/").unwrap_or_default();
        if let Some(grant) = operation.strip_prefix("identity/").and_then(identity::grant_of) {
            return identity::judge(&self.oauth, &self.desk, arrival, grant, environment);
        }
        let verdict = match operation {
            "accommodation" => judge::sign_up(&known, arrival, environment),
            _ => judge::not_found(&known, arrival),
        };
        (verdict, Duration::ZERO)
    }
}

async fn serve(
    State(parts): State<Parts>,
    Extension(cutter): Extension<Cutter>,
    request: HttpRequest,
) -> Response {
    let mut wait = Duration::ZERO;
    let response = parts.desk.receive(request, cutter, |arrival| {
        let (mut verdict, answer_waits) = parts.judge(arrival);
        wait = answer_waits;
        verdict.secrets.extend(parts.oauth.find_in(arrival));
        verdict
    });
    let response = response.await;
    tokio::time::sleep(wait).await;
    response
}
