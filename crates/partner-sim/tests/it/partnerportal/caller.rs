//! One client of the portal: knows its credentials, asks, reads the answer.

use std::net::SocketAddr;

use partner_sim::partnerportal::PartnerPortal;
use partner_sim::{Credentials, Options, Sim, start};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

pub(super) struct Caller {
    pub(super) sim: Sim,
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

/// What came back: the status, and the body as JSON (`null` where it is none).
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) allow: Option<String>,
    pub(super) body: Value,
}

impl Caller {
    pub(super) async fn new() -> Self {
        let credentials = Credentials::with_takepayments("key-of-the-tests-4711");
        let client_id = credentials.partnerportal_client_id.clone();
        let client_secret = credentials.partnerportal_client_secret.clone();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let sim = start(Options::new(listen, credentials)).await.unwrap();
        Self { sim, client_id, client_secret }
    }

    pub(super) fn portal(&self) -> &PartnerPortal {
        self.sim.partnerportal()
    }

    /// Asks with a good token below the company, such as `leads?skip=1`.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let token = self.portal().oauth().give_access_token();
        let request = self.request(method, &format!("companies/company-1/{path}"));
        let mut request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        send(request).await
    }

    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}/{path}", self.portal().base_url());
        Client::new().request(Method::from_bytes(method.as_bytes()).unwrap(), url)
    }

    /// Asks for a token with this form.
    pub(super) async fn ask_token(&self, form: &str) -> Answer {
        send(Client::new().post(self.portal().token_url()).header(CONTENT_TYPE, FORM).body(form.to_owned()))
            .await
    }

    /// The form that is given a token.
    pub(super) fn form(&self) -> String {
        let Self { client_id, client_secret, .. } = self;
        format!("grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}")
    }
}

pub(super) async fn send(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let allow = answer.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    let body = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    Answer { status, allow, body }
}

/// The required fields only.
pub(super) fn lead() -> Value {
    json!({ "firstName": "Ada", "lastName": "Lovelace", "platform": "website" })
}

/// The same with more fields.
pub(super) fn lead_with(fields: Value) -> Value {
    let mut lead = lead();
    lead.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    lead
}
