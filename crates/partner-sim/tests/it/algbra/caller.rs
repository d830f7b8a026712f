//! A caller of Algbra who signs: a request with everything right, of which a test changes one thing.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base64ct::{Base64, Encoding as _};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use partner_sim::{Credentials, Options, Sim, start};
use reqwest::{Client, Method};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::{Value, json};

pub(super) const TOKEN: &str = "not-a-real-token-4711";
pub(super) const PROSPECTS: &str = "/v1/partner/prospects/personal";
pub(super) const PUBLIC_KEY: &str = include_str!("../../vectors/test-key-2048.public.pem");

static KEY: LazyLock<SigningKey<Sha256>> = LazyLock::new(|| {
    let pem = include_str!("../../vectors/test-key-2048.private.pem");
    SigningKey::new(RsaPrivateKey::from_pkcs8_pem(pem).unwrap())
});
static NONCES: AtomicU64 = AtomicU64::new(1);

/// A simulator that knows this token and this key.
pub(super) async fn bank(token: &str, public_key: &str) -> Sim {
    let mut credentials = Credentials::with_takepayments("not-asked-for");
    token.clone_into(&mut credentials.algbra_api_token);
    public_key.clone_into(&mut credentials.algbra_public_key_pem);
    start(Options::new(([127, 0, 0, 1], 0).into(), credentials)).await.unwrap()
}

/// The same for [`Call`]s.
pub(super) async fn house() -> Sim {
    bank(TOKEN, PUBLIC_KEY).await
}

/// A request before it is signed.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) authorization: String,
    pub(super) date: String,
    pub(super) nonce: String,
    pub(super) body: String,
}

/// One of which everything is set, signature and all, with the headers as they go out.
pub(super) struct Signed {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Call {
    pub(super) fn new(method: Method, rest: &str, body: impl ToString) -> Self {
        Self {
            method,
            url: format!("{PROSPECTS}{rest}"),
            authorization: TOKEN.to_owned(),
            date: date(0),
            nonce: format!("nonce-{}", NONCES.fetch_add(1, Ordering::Relaxed)),
            body: body.to_string(),
        }
    }

    pub(super) fn get(rest: &str) -> Self {
        Self::new(Method::GET, rest, "")
    }

    pub(super) fn create(body: &Value) -> Self {
        Self::new(Method::POST, "", body)
    }

    pub(super) fn update(id: &str, body: &Value) -> Self {
        Self::new(Method::PATCH, &format!("/{id}"), body)
    }

    /// The text to be signed, written from the document once more.
    pub(super) fn payload(&self) -> String {
        let Self { method, url, authorization, date, nonce, body } = self;
        let headers = json!({ "authorization": authorization, "date": date, "x-alg-nonce": nonce });
        json!({ "url": url, "method": method.as_str(), "headers": headers, "body": body }).to_string()
    }

    pub(super) fn sign(self) -> Signed {
        let signature = sign(&self.payload());
        self.with_signature(signature)
    }

    pub(super) fn with_signature(self, signature: String) -> Signed {
        let Self { method, url, authorization, date, nonce, body } = self;
        let headers = vec![
            ("authorization", authorization),
            ("date", date),
            ("x-alg-nonce", nonce),
            ("x-alg-signature", signature),
        ];
        Signed { method, url, headers, body }
    }

    /// Signs and sends; gives status and body.
    pub(super) async fn send(self, sim: &Sim) -> (u16, Value) {
        self.sign().send(sim).await
    }
}

impl Signed {
    pub(super) async fn send(self, sim: &Sim) -> (u16, Value) {
        let mut request =
            Client::new().request(self.method, format!("{}{}", sim.algbra().base_url(), self.url));
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if !self.body.is_empty() {
            request = request.header("content-type", "application/json").body(self.body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// Signs a text as the document's default has it.
pub(super) fn sign(payload: &str) -> String {
    Base64::encode_string(&KEY.sign(payload.as_bytes()).to_bytes())
}

/// An HTTP date so many seconds from now.
pub(super) fn date(seconds: i64) -> String {
    let at = Timestamp::now() + SignedDuration::from_secs(seconds);
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap()
}
