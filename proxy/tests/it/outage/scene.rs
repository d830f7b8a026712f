//! The delivery side with two accounts, each with its partner, on a clock that the test moves.
//!
//! Apart so that a test reads as the course of an outage.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lead_proxy::account::{Account, AccountConfig, Accounts};
use lead_proxy::clock::{Clock, ClockHand, Timestamp};
use lead_proxy::credentials::tokens::TokenKeeper;
use lead_proxy::delivery::{Delivery, DeliveryConfig};
use lead_proxy::exchange::Exchange;
use lead_proxy::store::{AccountRoom, DeliveryState, Store};
use lead_proxy::transport::Transport;
use secrecy::SecretString;
use tempfile::TempDir;

use super::partner::Partner;
use crate::delivery::desk::{START, keys, open_store, submission};

/// The account whose partner goes away.
pub(crate) const STRUCK: &str = "struck";
/// The account whose partner stays.
pub(crate) const SOUND: &str = "sound";
/// Most attempts at once for an account, where a test has no other word.
pub(crate) const ROOM: u32 = 4;
/// So many failures in a row break the flow.
pub(crate) const FAILURES: u32 = 5;
/// The rate of each account.
pub(crate) const PER_MINUTE: u32 = 6_000;

/// Store, deliveries, partners.
pub(crate) struct Scene {
    pub(crate) struck: Partner,
    pub(crate) sound: Partner,
    clock: Clock,
    hand: ClockHand,
    store: Arc<dyn Store>,
    delivery: Delivery,
    rooms: Vec<AccountRoom>,
    accepted: BTreeMap<&'static str, BTreeSet<String>>,
    _dir: TempDir,
}

impl Scene {
    /// With so many attempts at once for an account.
    pub(crate) async fn open(room: u32) -> Self {
        let (struck, sound) = (Partner::open(), Partner::open());
        let dir = TempDir::new().unwrap();
        let (clock, hand) = Clock::manual(START);
        let store = open_store(&dir, &clock).await;
        let config = config(room);
        let accounts = [(STRUCK, &struck), (SOUND, &sound)];
        let to_room = |(account, _): &(&str, &Partner)| AccountRoom {
            account: (*account).to_owned(),
            room,
            flow: config.flow(Some(PER_MINUTE)),
        };
        let rooms = accounts.iter().map(to_room).collect();
        let accounts = accounts.map(|(account, partner)| self::account(account, &partner.url(), &config));
        let transport = Transport::build(config.transport_limits()).unwrap();
        let keeper = TokenKeeper::new(Arc::clone(&store), transport.clone(), clock.clone(), keys());
        let exchange = Exchange::new(transport, Arc::new(keeper), clock.clone());
        let delivery = Delivery::start(
            Arc::clone(&store),
            Arc::new(Accounts::new(accounts)),
            exchange,
            keys(),
            clock.clone(),
            config,
        );
        let accepted = BTreeMap::from([(STRUCK, BTreeSet::new()), (SOUND, BTreeSet::new())]);
        Self { struck, sound, clock, hand, store, delivery, rooms, accepted, _dir: dir }
    }

    /// Stores so many new leads of an account at once, as intake does, and tells the deliveries.
    pub(crate) async fn accept(&mut self, account: &'static str, count: u32) {
        let mut accepts = tokio::task::JoinSet::new();
        let receipts = self.accepted.get_mut(account).unwrap();
        for _ in 0..count {
            let submission = submission(account, &format!("{account}-{:06}", receipts.len()), 1);
            receipts.insert(submission.receipt.as_str().to_owned());
            let store = Arc::clone(&self.store);
            accepts.spawn(async move { store.accept(submission).await.unwrap() });
        }
        accepts.join_all().await;
        self.delivery.wake();
    }

    /// How many leads of an account were accepted.
    pub(crate) fn accepted(&self, account: &str) -> u32 {
        u32::try_from(self.accepted[account].len()).unwrap()
    }

    /// Lets this much time pass at once.
    pub(crate) fn advance(&self, by: Duration) {
        self.hand.advance(by);
    }

    /// How long it has been.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.now().since(START)
    }

    /// Waits until nothing is under way and nothing may go before the clock goes on.
    pub(crate) async fn settle(&self) {
        while !self.is_settled().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Looked at from both sides: an attempt may begin or end between two questions.
    async fn is_settled(&self) -> bool {
        let asked = || self.struck.asked() + self.sound.asked();
        let before = asked();
        self.leased().await == 0
            && self.store.next_due(&self.rooms).await.unwrap().is_none_or(|wait| !wait.is_zero())
            && self.leased().await == 0
            && asked() == before
    }

    async fn leased(&self) -> u32 {
        self.count(STRUCK, DeliveryState::Leased).await + self.count(SOUND, DeliveryState::Leased).await
    }

    /// A lead for the account whose partner is well, which must have it before the clock goes on and whatever the other
    /// account does.
    pub(crate) async fn expect_no_delay_elsewhere(&mut self) {
        self.accept(SOUND, 1).await;
        let now: Timestamp = self.clock.now();
        while self.sound.leads() != self.accepted[SOUND].len() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(self.clock.now(), now);
    }

    /// How many deliveries of an account stand so.
    pub(crate) async fn count(&self, account: &str, state: DeliveryState) -> u32 {
        let counts = self.store.open_counts().await.unwrap();
        let fits = counts.into_iter().filter(|count| count.account == account && count.state == state);
        u32::try_from(fits.map(|count| count.count).sum::<u64>()).unwrap()
    }

    /// Whether this account's gate is closed.
    pub(crate) async fn is_closed(&self, account: &str) -> bool {
        let shut = self.store.closed_gates().await.unwrap();
        shut.iter().any(|view| view.account == account && view.gate.closed.is_some())
    }

    /// Ends it; of both accounts what was accepted is there, and taken once.
    pub(crate) async fn close(self) {
        assert_eq!(self.store.open_counts().await.unwrap().len(), 0, "nothing waits, is held or given up");
        for (account, partner) in [(STRUCK, &self.struck), (SOUND, &self.sound)] {
            let taken = partner.taken();
            let lost = self.accepted[account].iter().filter(|receipt| !taken.contains_key(*receipt)).count();
            let doubled = taken.values().filter(|times| **times > 1).count();
            let asked = partner.asked();
            println!("{account}: {} accepted, {asked} requests, {lost} lost, {doubled} doubled", taken.len());
            assert_eq!((lost, doubled), (0, 0), "{account}");
            assert_eq!(taken.len(), self.accepted[account].len(), "{account}: none that was not accepted");
        }
        self.delivery.stop().await;
        self.store.close().await;
    }
}

fn config(room: u32) -> DeliveryConfig {
    DeliveryConfig {
        allow_loopback: true,
        ca_file: Default::default(),
        authorities: Default::default(),
        concurrent_max: 64,
        account_concurrent_max: room,
        account_per_minute: 1_200,
        account_burst: 100,
        breaker_failures: FAILURES,
        breaker_wait_ms: 30_000,
        connect_timeout_ms: 1_500,
        exchange_timeout_ms: 1_500,
        answer_bytes_max: 65_536,
        retry_waits_ms: vec![1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000],
        retry_horizon_ms: 72 * 3_600_000,
        doubt_wait_ms: 5_000,
        probe_wait_ms: 900_000,
        lease_ms: 60_000,
        stop_wait_ms: 20_000,
    }
}

fn account(id: &str, url: &str, config: &DeliveryConfig) -> Account {
    let section = format!("connector = \"webhook\"\nper_minute = {PER_MINUTE}\nsettings.url = {url:?}");
    let section: AccountConfig = toml::from_str(&section).unwrap();
    let secrets = BTreeMap::from([("secret".to_owned(), SecretString::from("canary-secret-of-an-outage"))]);
    Account::build(id, &section, secrets, config.account_limits()).unwrap()
}
