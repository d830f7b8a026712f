//! One client of Octorate: knows its credentials, asks, reads the answer.

use std::net::SocketAddr;

use partner_sim::octorate::Octorate;
use partner_sim::{Credentials, Options, Sim, start};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// Where an owner's browser comes back to.
pub(super) const BACK: &str = "https://portal.example/back?from=octorate";

pub(super) struct Caller {
    pub(super) sim: Sim,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) api_key: String,
    pub(super) client: Client,
}

/// What came back: the status, the headers, the text, and the text as JSON (`null` where it is none).
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) body: Value,
}

impl Answer {
    /// The status with the name in the body, as the glossary has them.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.status, self.body["type"].as_str().unwrap_or_default())
    }

    pub(super) fn string(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_default().to_owned()
    }
}

impl Caller {
    pub(super) async fn new() -> Self {
        let credentials = Credentials::with_takepayments("key-of-the-tests-4711");
        let client_id = credentials.octorate_client_id.clone();
        let client_secret = credentials.octorate_client_secret.clone();
        let api_key = credentials.octorate_api_key.clone();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let sim = start(Options::new(listen, credentials)).await.unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { sim, client_id, client_secret, api_key, client }
    }

    pub(super) fn octorate(&self) -> &Octorate {
        self.sim.octorate()
    }

    /// A sign-up at one of the two bases, still without a credential.
    pub(super) fn sign_up(&self, base: &str, body: &Value) -> RequestBuilder {
        let request = self.client.post(format!("{base}/rest/v1/accommodation"));
        request.header(CONTENT_TYPE, "application/json").body(body.to_string())
    }

    /// Signs up in production with a good token.
    pub(super) async fn sign_up_well(&self, body: &Value) -> Answer {
        let token = self.octorate().oauth().give_access_token();
        send(self.sign_up(&self.octorate().production_url(), body).bearer_auth(token)).await
    }

    /// Asks an identity endpoint with the client's credentials and these params.
    pub(super) async fn identity(&self, base: &str, endpoint: &str, params: &str) -> Answer {
        let Self { client_id, client_secret, .. } = self;
        let form = format!("client_id={client_id}&client_secret={client_secret}&{params}");
        self.identity_bare(base, endpoint, form).await
    }

    pub(super) async fn identity_bare(&self, base: &str, endpoint: &str, form: String) -> Answer {
        let request = self.client.post(format!("{base}/rest/v1/identity/{endpoint}"));
        send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)).await
    }
}

pub(super) async fn send(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status, headers, text, body }
}

/// A property with every field of the tutorial.
pub(super) fn property(name: &str) -> Value {
    json!({
        "website": "https://example.com", "zipCode": "47921", "city": "Rimini", "given_name": "Ada",
        "family_name": "Lovelace", "name": name, "latitude": 44.06, "longitude": 12.57,
        "email": "ada@example.com", "phone": "+39 0541 000000", "address": "Via Roma 1",
        "isoCountry": "IT", "isoCurrency": "EUR",
    })
}
