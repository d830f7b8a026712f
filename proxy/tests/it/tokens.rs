//! Access tokens: one caller fetches, everybody uses, nothing is lost, nobody asks in a loop.

mod consent;
mod faults;
mod mint;
mod races;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lead_proxy::account::{Account, AccountConfig, AccountLimits};
use lead_proxy::clock::{Clock, ClockHand, Timestamp};
use lead_proxy::connectors::parts::seal::TokenPlan;
use lead_proxy::credentials::sealed::Sealer;
use lead_proxy::credentials::tokens::{AccessToken, TokenFault, TokenKeeper, plan_of};
use lead_proxy::keys::{IndexKey, KeyId, Keyring, Keys};
use lead_proxy::store::{SqliteStore, Store, StoreConfig, TokenState};
use lead_proxy::transport::{Transport, TransportLimits};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use mint::{Manner, Mint};

const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const PATIENCE: Duration = Duration::from_secs(20);
const KEY: u8 = 1;
/// Another one under the same id.
const OTHER_KEY: u8 = 2;

/// A keeper with its store, an endpoint, and a clock that the test moves.
struct Desk {
    clock: Clock,
    hand: ClockHand,
    mint: Mint,
    store: Arc<dyn Store>,
    dir: TempDir,
    account: Arc<Account>,
    plan: TokenPlan,
    keeper: Arc<TokenKeeper>,
}

impl Desk {
    /// With client id and secret alone.
    async fn api_login() -> Self {
        Self::open("api_login").await
    }

    /// With a person's consent, given just now: access and refresh token number 1, good for an hour.
    async fn consented() -> Self {
        let desk = Self::open("consent").await;
        desk.consent().await;
        desk
    }

    async fn open(authentication: &str) -> Self {
        let mint = Mint::open().await;
        let (clock, hand) = Clock::manual(START);
        let dir = TempDir::new().unwrap();
        let store = open_store(&dir, &clock).await;
        let account = Arc::new(account(&mint.url, authentication, "canary-secret"));
        let plan = plan_of(&account).unwrap();
        let keeper = keeper(&store, &clock, KEY, PATIENCE);
        Self { clock, hand, mint, store, dir, account, plan, keeper }
    }

    /// As a person does, from the page to the callback.
    async fn consent(&self) {
        let url = self.keeper.begin_consent(&self.account, &self.plan).await.unwrap();
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        self.keeper.finish_consent(&self.account, &self.plan, Some(&state), Some("a-code")).await.unwrap();
    }

    async fn get(&self) -> Result<AccessToken, TokenFault> {
        self.keeper.token(&self.account, &self.plan).await
    }

    async fn token(&self) -> String {
        text(&self.get().await.unwrap())
    }

    async fn renew(&self, refused: &AccessToken) -> Result<AccessToken, TokenFault> {
        self.keeper.renew(&self.account, &self.plan, refused).await
    }

    /// As a process that ended and one that began, with this key.
    async fn restart(mut self, key: u8) -> Self {
        self.keeper.settle().await;
        self.store.close().await;
        self.store = open_store(&self.dir, &self.clock).await;
        self.keeper = keeper(&self.store, &self.clock, key, PATIENCE);
        self
    }

    async fn state(&self) -> TokenState {
        self.store.token_row("hotel").await.unwrap().unwrap().state
    }

    async fn generation(&self) -> i64 {
        self.store.token_row("hotel").await.unwrap().map_or(0, |row| row.generation)
    }

    /// Waits until the store has this generation.
    async fn until_generation(&self, generation: i64) {
        let reached = async {
            while self.generation().await != generation {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap();
    }
}

async fn open_store(dir: &TempDir, clock: &Clock) -> Arc<dyn Store> {
    let config = StoreConfig { path: dir.path().join("store.db") };
    Arc::new(SqliteStore::open(&config, clock.clone()).await.unwrap())
}

fn keeper(store: &Arc<dyn Store>, clock: &Clock, key: u8, exchange_timeout: Duration) -> Arc<TokenKeeper> {
    let transport = Transport::build(TransportLimits {
        connect_timeout: PATIENCE,
        exchange_timeout,
        answer_bytes_max: 65_536,
        allow_loopback: true,
        authorities: Default::default(),
    });
    Arc::new(TokenKeeper::new(Arc::clone(store), transport.unwrap(), clock.clone(), keys(key)))
}

/// A ring of one key, and the index that the store has whatever its keys are.
fn keys(key: u8) -> Arc<Keys> {
    let id = KeyId::parse("test").unwrap();
    let ring = Keyring::new(id.clone(), &[(id, [key; 32].into())].into()).unwrap();
    Arc::new(Keys { ring, index: IndexKey::new([7; 32].into()) })
}

fn account(url: &str, authentication: &str, secret: &str) -> Account {
    let redirect = match authentication {
        "consent" => "redirect_uri = \"http://127.0.0.1:9090/connect/hotel/callback\"",
        _ => "",
    };
    let section = format!(
        "connector = \"octorate\"\n[settings]\nmode = \"production\"\nproperty_sign_up = true\ncurrency = \"EUR\"\n\
         base_url = {url:?}\nauthentication = {authentication:?}\n{redirect}\n[mapping]\n\
         latitude = \"latitude\"\nlongitude = \"longitude\""
    );
    let section: AccountConfig = toml::from_str(&section).unwrap();
    let secrets = [("client_id", "canary-client"), ("client_secret", secret)]
        .map(|(slot, secret)| (slot.to_owned(), SecretString::from(secret)));
    let limits = AccountLimits { allow_loopback: true };
    Account::build("hotel", &section, BTreeMap::from(secrets), limits).unwrap()
}

fn text(token: &AccessToken) -> String {
    token.secret.expose_secret().to_owned()
}

#[tokio::test]
async fn token_is_fetched_once_and_used_until_it_is_time_for_the_next() {
    let desk = Desk::api_login().await;
    for _ in 0..3 {
        assert_eq!(desk.token().await, "canary-access-1");
        desk.hand.advance(HOUR / 4);
    }
    assert_eq!(desk.mint.asked(), 1);
    desk.hand.advance(HOUR / 4);
    assert_eq!(desk.token().await, "canary-access-2");
    let books = desk.mint.books();
    let asked = &books.asked[0];
    assert_eq!((asked["path"].as_str(), asked["client_id"].as_str()), ("apilogin", "canary-client"));
    assert_eq!((asked["client_secret"].as_str(), asked.len()), ("canary-secret", 3));
}

#[tokio::test]
async fn next_token_is_fetched_early_while_the_present_one_is_still_used() {
    let desk = Desk::api_login().await;
    let first = desk.token().await;
    desk.mint.hold_answers();
    desk.hand.advance(HOUR - 44 * SECOND);
    assert_eq!(desk.token().await, first, "nobody waits for the next one");
    desk.mint.until_asked(2).await;
    assert_eq!(desk.token().await, first);
    desk.mint.let_go(1);
    desk.until_generation(2).await;
    desk.keeper.settle().await;
    assert_eq!(desk.token().await, "canary-access-2");
    assert_eq!(desk.mint.asked(), 2);
}

#[tokio::test]
async fn token_that_may_end_on_its_way_is_not_sent_where_another_can_be_had() {
    let desk = Desk::api_login().await;
    desk.token().await;
    desk.hand.advance(HOUR - 5 * SECOND);
    assert_eq!(desk.token().await, "canary-access-2");
    desk.mint.says(503, "");
    desk.hand.advance(HOUR - 5 * SECOND);
    assert_eq!(desk.token().await, "canary-access-2", "it is better than none");
    desk.hand.advance(5 * SECOND);
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Later, "it has ended");
}

#[tokio::test]
async fn refresh_token_is_replaced_where_the_answer_brings_one_and_kept_where_not() {
    let desk = Desk::consented().await;
    for (number, refresh) in [(2, "canary-refresh-1"), (3, "canary-refresh-2")] {
        desk.hand.advance(HOUR);
        assert_eq!(desk.token().await, format!("canary-access-{number}"));
        assert_eq!(desk.mint.times_used(refresh), 1);
    }
    desk.mint.books().rotates = false;
    for _ in 0..3 {
        desk.hand.advance(HOUR);
        desk.token().await;
    }
    assert_eq!(desk.mint.times_used("canary-refresh-3"), 3);
    let books = desk.mint.books();
    let asked = books.asked.last().unwrap();
    assert_eq!((asked["path"].as_str(), asked["grant_type"].as_str()), ("refresh", "refresh_token"));
}

#[tokio::test]
async fn restart_uses_the_stored_token_without_a_call() {
    for desk in [Desk::api_login().await, Desk::consented().await] {
        let token = desk.token().await;
        let desk = desk.restart(KEY).await;
        assert_eq!(desk.token().await, token);
        assert_eq!(desk.mint.asked(), 1);
    }
}

#[tokio::test]
async fn row_of_another_key_or_another_account_counts_as_no_token() {
    let desk = Desk::api_login().await;
    desk.token().await;
    let desk = desk.restart(OTHER_KEY).await;
    assert_eq!(desk.token().await, "canary-access-2", "it is fetched anew");

    let desk = Desk::consented().await;
    let asked = desk.mint.asked();
    let desk = desk.restart(OTHER_KEY).await;
    assert_eq!(desk.get().await.unwrap_err(), TokenFault::Refused, "a person must consent anew");
    assert_eq!(desk.mint.asked(), asked);
    desk.consent().await;
    assert_eq!(desk.token().await, "canary-access-2");

    let desk = Desk::api_login().await;
    let sealed = Sealer::new(keys(KEY)).seal("other", 1, b"{}");
    assert!(desk.store.save_token("hotel", 0, sealed).await.unwrap());
    assert_eq!(desk.token().await, "canary-access-1");
}

#[tokio::test]
async fn token_of_other_settings_is_not_used() {
    let desk = Desk::api_login().await;
    desk.token().await;
    let other = Mint::open().await;
    let account = account(&other.url, "api_login", "canary-secret");
    let plan = plan_of(&account).unwrap();
    desk.keeper.token(&account, &plan).await.unwrap();
    assert_eq!((desk.mint.asked(), other.asked()), (1, 1), "the sandbox's token never goes to production");
}

#[tokio::test]
async fn no_token_lies_on_the_disk_as_it_is() {
    let desk = Desk::consented().await;
    desk.hand.advance(HOUR);
    desk.token().await;
    desk.store.close().await;
    let mut files = 0;
    for file in std::fs::read_dir(desk.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        files += usize::from(!bytes.is_empty());
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
    }
    assert!(files > 0);
}

#[tokio::test]
async fn cleared_account_fetches_anew() {
    let desk = Desk::api_login().await;
    desk.token().await;
    assert!(desk.keeper.clear(&desk.account).await.unwrap());
    assert_eq!(desk.token().await, "canary-access-2");
}

#[tokio::test]
async fn tokens_and_credentials_are_not_shown() {
    let desk = Desk::consented().await;
    let shown = format!("{:?} {:?} {:?}", desk.get().await, desk.account, desk.plan);
    assert!(!shown.contains("canary"), "{shown}");
}
