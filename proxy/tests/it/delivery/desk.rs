//! The delivery side alone, with a simulated partner, a store on disk and a clock that the test moves.
//!
//! Apart so that a test reads as what it is about; it needs no listener and no form.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;
use lead_model::Source;
use lead_proxy::account::{Account, AccountConfig, Accounts};
use lead_proxy::clock::{Clock, ClockHand, Timestamp};
use lead_proxy::credentials::tokens::TokenKeeper;
use lead_proxy::delivery::{Delivery, DeliveryConfig, FirstOutcome};
use lead_proxy::exchange::Exchange;
use lead_proxy::ids::{DeliveryId, IdempotencyKey, Receipt};
use lead_proxy::keys::{IndexKey, KeyId, Keyring, Keys, LeadAddress, LeadContent};
use lead_proxy::store::{Accepted, DuplicateRule, NewSubmission, Purpose, SqliteStore, Store, StoreConfig};
use lead_proxy::transport::Transport;
use partner_sim::Sim;
use partner_sim::takepayments::TakePayments;
use secrecy::SecretString;
use tempfile::TempDir;

/// The only credential that the partner knows.
pub(crate) const API_KEY: &str = "canary-key-of-the-deliveries";
pub(crate) const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How a desk differs from the usual one.
pub(crate) struct Setup {
    /// Another partner than the simulator.
    pub(crate) url: Option<String>,
    /// Most attempts at once.
    pub(crate) room: u32,
    /// Longest exchange.
    pub(crate) exchange_timeout_ms: u64,
    /// Whether deliveries begin at once.
    pub(crate) starts: bool,
    /// How the configuration has the account.
    pub(crate) account: Standing,
}

/// How a configuration has an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    Enabled,
    Disabled,
    /// Not there any more.
    Gone,
}

impl Default for Setup {
    fn default() -> Self {
        Self { url: None, room: 4, exchange_timeout_ms: 15_000, starts: true, account: Standing::Enabled }
    }
}

/// Store, deliveries and partner.
pub(crate) struct Desk {
    pub(crate) clock: Clock,
    pub(crate) hand: ClockHand,
    sim: Option<Sim>,
    store: Arc<dyn Store>,
    delivery: Option<Delivery>,
    setup: Setup,
    url: String,
    dir: TempDir,
}

impl Desk {
    pub(crate) async fn open(setup: Setup) -> Self {
        let sim = start_sim("127.0.0.1:0".parse().unwrap()).await;
        let dir = TempDir::new().unwrap();
        let (clock, hand) = Clock::manual(START);
        let store = open_store(&dir, &clock).await;
        let url = setup.url.clone().unwrap_or_else(|| sim.takepayments().insert_url());
        let mut desk = Self { clock, hand, sim: Some(sim), store, delivery: None, setup, url, dir };
        if desk.setup.starts {
            desk.start();
        }
        desk
    }

    fn start(&mut self) {
        let config = self.config();
        let account = match self.setup.account {
            Standing::Gone => None,
            standing => Some(account(&self.url, &config, standing == Standing::Enabled)),
        };
        let accounts = Arc::new(Accounts::new(account));
        let transport = Transport::build(config.transport_limits()).unwrap();
        let keeper = TokenKeeper::new(Arc::clone(&self.store), transport.clone(), self.clock.clone(), keys());
        let exchange = Exchange::new(transport, Arc::new(keeper), self.clock.clone());
        self.delivery = Some(Delivery::start(
            Arc::clone(&self.store),
            accounts,
            exchange,
            keys(),
            self.clock.clone(),
            config,
        ));
    }

    fn config(&self) -> DeliveryConfig {
        DeliveryConfig {
            allow_loopback: true,
            ca_file: Default::default(),
            authorities: Default::default(),
            concurrent_max: 64,
            account_concurrent_max: self.setup.room,
            account_per_minute: 0,
            account_burst: 1,
            breaker_failures: 5,
            breaker_wait_ms: 30_000,
            connect_timeout_ms: 5_000,
            exchange_timeout_ms: self.setup.exchange_timeout_ms,
            answer_bytes_max: 65_536,
            retry_waits_ms: vec![1_000, 5_000],
            retry_horizon_ms: 72 * 3_600_000,
            doubt_wait_ms: 5_000,
            probe_wait_ms: 900_000,
            lease_ms: 60_000,
            stop_wait_ms: 20_000,
        }
    }

    /// As a process that ended and one that began with another configuration.
    pub(crate) async fn restart_with(mut self, account: Standing) -> Self {
        self.setup.account = account;
        self.restart().await
    }

    /// As a process that ended and one that began.
    pub(crate) async fn restart(mut self) -> Self {
        if let Some(delivery) = self.delivery.take() {
            delivery.stop().await;
        }
        self.store.close().await;
        self.store = open_store(&self.dir, &self.clock).await;
        self.start();
        self
    }

    pub(crate) async fn close(mut self) {
        if let Some(delivery) = self.delivery.take() {
            delivery.stop().await;
        }
        self.store.close().await;
        if let Some(sim) = self.sim.take() {
            sim.stop().await;
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The database file.
    pub(crate) fn store_path(&self) -> std::path::PathBuf {
        self.dir.path().join("store.db")
    }

    pub(crate) fn sim(&self) -> &TakePayments {
        self.sim.as_ref().unwrap().takepayments()
    }

    pub(crate) fn delivery(&self) -> &Delivery {
        self.delivery.as_ref().unwrap()
    }

    /// Hands the running deliveries over, for a test that stops them itself.
    pub(crate) fn take_delivery(mut self) -> (Self, Delivery) {
        let delivery = self.delivery.take().unwrap();
        (self, delivery)
    }

    /// Ends the partner; its port is free and refuses.
    pub(crate) async fn stop_partner(&mut self) -> SocketAddr {
        let sim = self.sim.take().unwrap();
        let addr = sim.addr();
        sim.stop().await;
        addr
    }

    pub(crate) async fn start_partner(&mut self, addr: SocketAddr) {
        self.sim = Some(start_sim(addr).await);
    }

    /// Stores a submission and tells the deliveries of it, as intake does.
    pub(crate) async fn accept(&self, key: &str) -> (Receipt, DeliveryId) {
        let submission = submission("web", key, 1);
        let receipt = submission.receipt.clone();
        let Accepted::New(id) = self.store.accept(submission).await.unwrap() else { panic!("{key} is new") };
        if let Some(delivery) = &self.delivery {
            delivery.notify(id);
        }
        (receipt, id)
    }

    /// Lets time go by and has the worker look at the clock, which by itself it does within half a minute of real time.
    pub(crate) fn advance(&self, by: Duration) {
        self.hand.advance(by);
        if let Some(delivery) = &self.delivery {
            delivery.wake();
        }
    }

    pub(crate) async fn accept_again(&self, key: &str, fingerprint: u8) -> Accepted {
        self.store.accept(submission("web", key, fingerprint)).await.unwrap()
    }

    pub(crate) async fn first_outcome(&self, id: DeliveryId) -> FirstOutcome {
        self.delivery().wait(id, PATIENCE).await
    }

    /// The accounts whose gate is closed.
    pub(crate) async fn closed(&self) -> Vec<String> {
        let gates = self.store.closed_gates().await.unwrap().into_iter();
        gates.filter(|view| view.gate.closed.is_some()).map(|view| view.account).collect()
    }

    /// The classes of a delivery's attempts.
    pub(crate) async fn attempts(&self, id: DeliveryId) -> Vec<String> {
        self.store.attempts(id).await.unwrap().into_iter().map(|attempt| attempt.state).collect()
    }

    /// Waits until a delivery's attempts are of these classes.
    pub(crate) async fn until_attempts(&self, id: DeliveryId, classes: &[&str]) {
        let reached = async {
            while self.attempts(id).await != classes {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            panic!("never {classes:?}: {:?}", self.attempts(id).await);
        }
    }

    /// Waits until a delivery stands so.
    pub(crate) async fn until(&self, id: DeliveryId, state: &str) {
        let reached = async {
            while self.store.delivery(id).await.unwrap().unwrap().state != state {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            panic!("never {state}: {:?}", self.store.delivery(id).await.unwrap());
        }
    }
}

async fn start_sim(listen: SocketAddr) -> Sim {
    let credentials = partner_sim::Credentials::with_takepayments(API_KEY);
    partner_sim::start(partner_sim::Options::new(listen, credentials)).await.unwrap()
}

pub(crate) async fn open_store(dir: &TempDir, clock: &Clock) -> Arc<dyn Store> {
    let config = StoreConfig { path: dir.path().join("store.db") };
    Arc::new(SqliteStore::open(&config, clock.clone()).await.unwrap())
}

fn account(url: &str, config: &DeliveryConfig, enabled: bool) -> Account {
    let section = format!("connector = \"takepayments\"\nenabled = {enabled}\nsettings.url = {url:?}");
    let section: AccountConfig = toml::from_str(&section).unwrap();
    let secrets = BTreeMap::from([("api_key".to_owned(), SecretString::from(API_KEY))]);
    Account::build("web", &section, secrets, config.account_limits()).unwrap()
}

/// A new lead for this account, as intake seals it.
pub(crate) fn submission(account: &str, key: &str, fingerprint: u8) -> NewSubmission {
    let values = r#"{"first_name":"Ada","last_name":"Lovelace","email":"ada@analytical.example",
        "phone":"+442079460018","notes":"Two tills.","consent":true}"#;
    let receipt = Receipt::new();
    let address = LeadAddress { receipt: receipt.as_str(), form: "quote", account };
    let content = LeadContent {
        values: serde_json::from_str(values).unwrap(),
        source: Source::default(),
        purpose: Purpose::Lead,
        consents: Vec::new(),
    };
    let lead = keys().ring.seal_lead(&address, &content);
    NewSubmission {
        receipt,
        form: "quote".to_owned(),
        form_version: 1,
        locale: "en".to_owned(),
        account: account.to_owned(),
        idempotency_key: IdempotencyKey::parse(&format!("{key:-<16}")).unwrap(),
        fingerprint: [fingerprint; 32],
        person: None,
        duplicates: DuplicateRule::default(),
        quarantine: None,
        lead,
    }
}

/// The same at every opening.
pub(crate) fn keys() -> Arc<Keys> {
    let active = KeyId::parse("test").unwrap();
    let ring = Keyring::new(active.clone(), &BTreeMap::from([(active, [1; 32].into())])).unwrap();
    Arc::new(Keys { ring, index: IndexKey::new([2; 32].into()) })
}

/// A partner that the simulator does not play; its address.
pub(crate) async fn serve_partner(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    // Ends with the test's runtime.
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{addr}/")
}

/// A partner that answers every request alike, in JSON.
pub(crate) async fn partner_answering(status: StatusCode, body: &'static str) -> String {
    let answer = any(move || async move { (status, [("content-type", "application/json")], body) });
    serve_partner(Router::new().route("/", answer)).await
}
