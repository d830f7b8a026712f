//! A panel: a proxy with every partner's account, and tokens as a CRM's server signs them.
//!
//! Apart so that a test reads as what it is about. The tokens are made by hand: what reads them has a library of its own.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lead_proxy::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::partners::{ALL, PANEL_KEY};
use crate::app::{Answer, ConfigText, TestApp};

/// A proxy with every account, TakePayments' with a panel, too.
pub struct Panel {
    pub app: TestApp,
}

impl Panel {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut ConfigText)) -> Self {
        let app = TestApp::start_with(|text| {
            text.accounts = ALL.to_owned();
            text.account = "panel_keys = [{ env = \"TEST_PANEL_KEY\" }]".to_owned();
            // One form is enough: it allows a page of another origin.
            let forms = text.store.with_file_name("forms");
            std::fs::create_dir(&forms).unwrap();
            let form = "card-machines.toml";
            std::fs::copy(text.forms_dir.join(form), forms.join(form)).unwrap();
            text.forms_dir = forms;
            change(text);
        });
        Self { app: app.await }
    }

    /// The same, with nothing at Algbra that is masked.
    pub async fn start_masking_nothing() -> Self {
        Self::start_with(|text| text.accounts += "\n[accounts.algbra.panel]\nsensitive = []\n").await
    }

    /// Asks with a good token of this scope.
    pub async fn ask(
        &self,
        scope: &str,
        method: Method,
        account: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let token = sign(&claims(account, scope));
        let key = format!("panel-key-{:0>16}", path.len());
        self.send(method, account, path, body, Some(&format!("Bearer {token}")), &key).await
    }

    /// Asks to read.
    pub async fn get(&self, account: &str, path: &str) -> Answer {
        self.ask("read", Method::GET, account, path, None).await
    }

    /// Asks to make a record.
    pub async fn create(&self, account: &str, key: &str, values: &Value) -> Answer {
        let token = format!("Bearer {}", sign(&claims(account, "write")));
        let body = json!({ "values": values });
        self.send(Method::POST, account, "/records", Some(&body), Some(&token), key).await
    }

    /// Asks to change a record.
    pub async fn change(&self, account: &str, id: &str, changes: &Value) -> Answer {
        let body = json!({ "changes": changes });
        self.ask("write", Method::PATCH, account, &format!("/records/{id}"), Some(&body)).await
    }

    /// Asks with any header `Authorization`, or none.
    pub async fn send(
        &self,
        method: Method,
        account: &str,
        path: &str,
        body: Option<&Value>,
        authorization: Option<&str>,
        key: &str,
    ) -> Answer {
        let mut request = self.app.request(method, &format!("/v1/accounts/{account}{path}"));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .header("idempotency-key", key)
                .body(body.to_string());
        }
        Answer::read(request.send().await.unwrap()).await
    }

    /// How many requests have reached any partner.
    pub fn arrivals(&self) -> usize {
        let sim = &self.app.sim;
        let ledgers = [
            sim.takepayments().ledger(),
            sim.spotcap().ledger(),
            sim.partnerportal().ledger(),
            sim.algbra().ledger(),
            sim.octorate().ledger(),
            sim.webhook().ledger(),
        ];
        ledgers.iter().map(|ledger| ledger.requests.len()).sum()
    }
}

/// The seconds since 1970.
pub fn now() -> i64 {
    Clock::system().now().as_ms() / 1_000
}

/// What a good token says.
pub fn claims(account: &str, scope: &str) -> Value {
    let now = now();
    json!({
        "aud": "lead-proxy/panel", "account": account, "scope": scope, "sub": "person-7", "iat": now, "exp": now + 600
    })
}

/// A token of these claims, signed as it should be.
pub fn sign(claims: &Value) -> String {
    sign_with("HS256", hmac::HMAC_SHA256, PANEL_KEY, claims)
}

/// A token that names this algorithm and is signed with that one.
pub fn sign_with(named: &str, algorithm: hmac::Algorithm, key: &str, claims: &Value) -> String {
    let signed = unsigned(named, claims);
    let signature = hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// Head and claims of a token, with nothing behind them.
pub fn unsigned(algorithm: &str, claims: &Value) -> String {
    let head = json!({ "alg": algorithm, "typ": "JWT" }).to_string();
    format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims.to_string()))
}
