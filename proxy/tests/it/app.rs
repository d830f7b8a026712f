//! A whole proxy in this process, with the partner's simulator beside it and a store of its own.
//!
//! Apart so that a test reads as what it is about: start, send, look.

pub mod bundle;
pub mod config_text;
pub mod partners;

use std::path::PathBuf;
use std::time::Duration;

use lead_proxy::clock::Clock;
use lead_proxy::{Config, ConfigError, Running, serve_by};
use partner_sim::{Credentials, Sim};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use config_text::ConfigText;
use config_text::{API_KEY_VARIABLE, PUBLIC_KEY, RING_KEY_VARIABLE, partner_secret};

/// What the simulator knows as its `ApiKey`, unless a test says otherwise.
pub const API_KEY: &str = "the-key-of-the-tests";
/// The operator's key, unless a test says otherwise: plainly nobody's.
pub const RING_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// An origin that the repository's forms allow.
pub const HOST_ORIGIN: &str = "http://127.0.0.1:8090";
/// Longest wait for anything that a test awaits.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running proxy.
pub struct TestApp {
    running: Option<Running>,
    pub sim: Sim,
    pub dir: TempDir,
    pub client: Client,
    text: ConfigText,
    base: String,
    operator: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Reads the whole answer.
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A header's text, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl TestApp {
    /// Starts with the repository's forms.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with a changed configuration.
    pub async fn start_with(change: impl FnOnce(&mut ConfigText)) -> Self {
        Self::start_with_secrets(API_KEY, RING_KEY, change).await
    }

    /// Starts with these secrets and a changed configuration.
    pub async fn start_with_secrets(
        api_key: &str,
        ring_key: &str,
        change: impl FnOnce(&mut ConfigText),
    ) -> Self {
        Self::start_whole(credentials(api_key), ring_key, Clock::system(), change).await
    }

    /// Starts by a clock that the test owns.
    pub async fn start_by(clock: Clock, change: impl FnOnce(&mut ConfigText)) -> Self {
        Self::start_whole(credentials(API_KEY), RING_KEY, clock, change).await
    }

    /// Starts with simulators that know these credentials; the changed configuration has to know them, too.
    pub async fn start_knowing(
        credentials: Credentials,
        ring_key: &str,
        change: impl FnOnce(&mut ConfigText),
    ) -> Self {
        Self::start_whole(credentials, ring_key, Clock::system(), change).await
    }

    async fn start_whole(
        credentials: Credentials,
        ring_key: &str,
        clock: Clock,
        change: impl FnOnce(&mut ConfigText),
    ) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let sim = partner_sim::start(partner_sim::Options::new(listen, credentials.clone())).await.unwrap();
        let dir = TempDir::new().unwrap();
        let mut text = ConfigText::new(sim.takepayments().insert_url(), dir.path().join("lead-proxy.db"));
        change(&mut text);
        partners::complete(&mut text, &sim, &credentials);
        let own =
            [(API_KEY_VARIABLE, credentials.takepayments_api_key.as_str()), (RING_KEY_VARIABLE, ring_key)];
        text.secrets.extend(own.map(|(name, secret)| (name.to_owned(), secret.to_owned())));
        let running = serve_text(&text, clock).await;
        let base = format!("http://{}", running.public_addr);
        let operator = format!("http://{}", running.operator_addr);
        Self { running: Some(running), sim, dir, client: client(), text, base, operator }
    }

    /// An address on the public listener.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// An address on the operator listener.
    pub fn operator_url(&self, path: &str) -> String {
        format!("{}{path}", self.operator)
    }

    /// The proxy's own origin.
    pub fn origin(&self) -> &str {
        &self.base
    }

    /// A request to the public listener.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// The answer to a GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Sends values as JSON, from a page that may.
    pub async fn submit(&self, form: &str, key: &str, values: &Value) -> Answer {
        let body = json!({ "form_version": 1, "locale": "en", "values": values });
        self.submit_body(form, key, body.to_string()).await
    }

    /// Sends any body as JSON, from a page that may.
    pub async fn submit_body(&self, form: &str, key: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self
            .request(Method::POST, &format!("/v1/forms/{form}/submissions"))
            .header("origin", HOST_ORIGIN)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(body);
        Answer::read(request.send().await.unwrap()).await
    }

    /// The configuration, as the proxy was started with it.
    pub fn text(&self) -> &ConfigText {
        &self.text
    }

    /// The same, read.
    pub fn config(&self) -> Config {
        read_text(&self.text)
    }

    /// The database file.
    pub fn store_path(&self) -> PathBuf {
        self.dir.path().join("lead-proxy.db")
    }

    /// How many submissions are stored.
    pub async fn count_submissions(&self) -> i64 {
        count_rows(&self.store_path(), "submissions").await
    }

    /// Stops the proxy and starts it again on the same store, with a changed configuration.
    pub async fn restart(&mut self, change: impl FnOnce(&mut ConfigText)) {
        self.restart_by(Clock::system(), change).await;
    }

    /// The same by another clock.
    pub async fn restart_by(&mut self, clock: Clock, change: impl FnOnce(&mut ConfigText)) {
        self.stop().await;
        change(&mut self.text);
        let running = serve_text(&self.text, clock).await;
        self.base = format!("http://{}", running.public_addr);
        self.operator = format!("http://{}", running.operator_addr);
        self.running = Some(running);
    }

    /// Stops the proxy; the store stays, and so does the simulator.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

/// Starts a proxy of this configuration, whose secrets come with it.
async fn serve_text(text: &ConfigText, clock: Clock) -> Running {
    serve_by(read_text(text), clock).await.unwrap()
}

fn read_text(text: &ConfigText) -> Config {
    let env = |name: &str| {
        let own = text.secrets.iter().find(|(known, _)| known == name);
        own.map(|(_, secret)| secret.clone()).or_else(|| partner_secret(name))
    };
    Config::from_toml(&text.to_toml(), std::path::Path::new("."), &env)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The rows of a table, read beside the running proxy.
pub async fn count_rows(path: &std::path::Path, table: &str) -> i64 {
    use sqlx::Connection as _;

    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    let count = sqlx::query_scalar::<_, i64>(query).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

/// A configuration of this text, with the tests' secrets in its environment.
pub fn read_config(text: &str, api_key: &str, ring_key: &str) -> Result<Config, ConfigError> {
    let env = |name: &str| match name {
        API_KEY_VARIABLE => Some(api_key.to_owned()),
        RING_KEY_VARIABLE => Some(ring_key.to_owned()),
        name => partner_secret(name),
    };
    Config::from_toml(text, std::path::Path::new("."), &env)
}

/// What the simulators know, as the configuration's variables have it.
pub fn credentials(api_key: &str) -> Credentials {
    let secret = |name| partner_secret(name).unwrap_or_default();
    Credentials {
        spotcap_api_key: secret("SIM_SPOTCAP_API_KEY"),
        partnerportal_client_id: secret("SIM_PARTNERPORTAL_CLIENT_ID"),
        partnerportal_client_secret: secret("SIM_PARTNERPORTAL_CLIENT_SECRET"),
        algbra_api_token: secret("SIM_ALGBRA_API_TOKEN"),
        algbra_public_key_pem: PUBLIC_KEY.to_owned(),
        octorate_client_id: secret("SIM_OCTORATE_CLIENT_ID"),
        octorate_client_secret: secret("SIM_OCTORATE_CLIENT_SECRET"),
        webhook_secret: secret("SIM_WEBHOOK_SECRET"),
        ..Credentials::with_takepayments(api_key)
    }
}

/// A client that follows nothing, packs nothing and keeps nothing.
#[expect(clippy::disallowed_methods, reason = "a test is the browser, not the proxy")]
pub fn client() -> Client {
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// A key that fits, made of a word.
pub fn key(word: &str) -> String {
    format!("test-key-{word:->16}")
}

/// Values that the card machine form takes.
pub fn good_values() -> Value {
    json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": "ada@analytical.example", "phone": "020 7946 0018",
        "customer_type": "New to cards", "consent": true
    })
}
