//! A store of one driver, and what tests do with it again and again.
//!
//! Apart from the promises, which read better without it.

use std::path::Path;
use std::sync::Arc;

use lead_proxy::clock::{Clock, ClockHand};
use lead_proxy::ids::{DeliveryId, IdempotencyKey, Receipt};
use lead_proxy::store::{
    Accepted, AccountRoom, AttemptClass, ClaimRequest, Claimed, DatabaseUrl, DuplicateRule, Ending,
    GateCause, GateChange, NewSubmission, PostgresStore, SealedLead, SqliteStore, Standing, Store,
    StoreConfig, Verdict,
};
use pg_server::{DATABASE, Server};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use super::{FLOW, MINUTE, START};
use crate::model::handle::{self, Mishap, ModelStore, Weather};

/// A store of one driver on a clock that stands still, and what it takes to open it again.
pub(super) struct Kept {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Clock,
    pub(super) hand: ClockHand,
    /// The file of SQLite lies in it.
    pub(super) dir: TempDir,
    /// PostgreSQL, one of this test's own.
    pub(super) server: Option<Server>,
    /// The rows of the model, and how often it was opened.
    model: Option<(Arc<handle::Kept>, u64)>,
}

impl Kept {
    pub(super) async fn sqlite() -> Self {
        let dir = TempDir::new().unwrap();
        let (clock, hand) = Clock::manual(START);
        let store = open(dir.path(), &clock).await.unwrap();
        Self { store: Arc::new(store), clock, hand, dir, server: None, model: None }
    }

    pub(super) async fn postgres() -> Self {
        let (clock, hand) = Clock::manual(START);
        let server = Server::start().unwrap();
        let store = open_postgres(&server, &clock).await.unwrap();
        Self {
            store: Arc::new(store),
            clock,
            hand,
            dir: TempDir::new().unwrap(),
            server: Some(server),
            model: None,
        }
    }

    pub(super) async fn model() -> Self {
        let (clock, hand) = Clock::manual(START);
        let rows = Arc::new(handle::Kept::new(clock.clone()));
        let store = open_model(&rows, 1, &clock);
        store.ready().await.unwrap();
        let (dir, model) = (TempDir::new().unwrap(), Some((rows, 1)));
        Self { store: Arc::new(store), clock, hand, dir, server: None, model }
    }

    /// As a process that ended and one that began.
    pub(super) async fn again(self) -> Self {
        self.store.close().await;
        let mut model = self.model;
        let store: Arc<dyn Store> = match &self.server {
            _ if model.is_some() => {
                let (rows, opened) = model.as_mut().unwrap();
                *opened += 1;
                Arc::new(open_model(rows, *opened, &self.clock))
            }
            Some(server) => Arc::new(open_postgres(server, &self.clock).await.unwrap()),
            None => Arc::new(open(self.dir.path(), &self.clock).await.unwrap()),
        };
        Self { store, model, ..self }
    }

    pub(super) async fn accept(&self, key: &str, fingerprint: u8) -> Accepted {
        self.store.accept(submission(key, fingerprint)).await.unwrap()
    }

    pub(super) async fn accept_new(&self, key: &str) -> DeliveryId {
        match self.accept(key, 1).await {
            Accepted::New(id) => id,
            other => panic!("{other:?} is not new"),
        }
    }

    pub(super) async fn claim(&self, limit: u32) -> Vec<Claimed> {
        self.store.claim(Self::request("web", limit)).await.unwrap()
    }

    pub(super) fn request(account: &str, limit: u32) -> ClaimRequest {
        ClaimRequest { accounts: vec![room(account, limit)], limit, lease: MINUTE }
    }

    /// Accepts, claims and begins one attempt.
    pub(super) async fn begin(&self, key: &str) -> (Claimed, u32) {
        self.accept_new(key).await;
        let claimed = self.claim(1).await.remove(0);
        let begun =
            self.store.begin_attempt(claimed.delivery, claimed.fence, "d1".to_owned(), MINUTE).await.unwrap();
        (claimed, begun.unwrap())
    }

    pub(super) async fn finish(&self, claimed: &Claimed, attempt: u32, ending: Ending) -> bool {
        self.finished(claimed, attempt, ending).await.is_some()
    }

    pub(super) async fn finished(
        &self,
        claimed: &Claimed,
        attempt: u32,
        ending: Ending,
    ) -> Option<GateChange> {
        let (delivery, fence) = (claimed.delivery, claimed.fence);
        let finished = self.store.finish_attempt(delivery, fence, attempt, ending, &FLOW).await.unwrap();
        finished.map(|finished| finished.gate)
    }

    /// One whole attempt of a leased delivery.
    pub(super) async fn attempt(&self, claimed: &Claimed, ending: Ending) -> Option<GateChange> {
        let (delivery, fence) = (claimed.delivery, claimed.fence);
        let number = self.store.begin_attempt(delivery, fence, "d1".to_owned(), MINUTE).await.unwrap();
        self.finished(claimed, number.unwrap(), ending).await
    }

    /// The accounts whose gate is closed, and why.
    pub(super) async fn closed(&self) -> Vec<(String, GateCause)> {
        let gates = self.store.closed_gates().await.unwrap();
        gates.into_iter().filter_map(|view| Some((view.account, view.gate.closed?.cause))).collect()
    }

    pub(super) async fn state(&self, delivery: DeliveryId) -> String {
        self.store.delivery(delivery).await.unwrap().unwrap().state
    }
}

/// The model by itself: nothing goes wrong.
fn open_model(rows: &Arc<handle::Kept>, owner: u64, clock: &Clock) -> ModelStore {
    struct Calm;

    impl Weather for Calm {
        fn mishap(&self, _: u64, _: &'static str) -> Mishap {
            Mishap::default()
        }
    }

    ModelStore::open(Arc::clone(rows), owner, true, clock.clone(), Arc::new(Calm))
}

pub(super) async fn open(dir: &Path, clock: &Clock) -> Result<SqliteStore, String> {
    let config = StoreConfig { path: dir.join("store.db") };
    SqliteStore::open(&config, clock.clone()).await.map_err(|error| error.to_string())
}

pub(super) fn submission(key: &str, fingerprint: u8) -> NewSubmission {
    NewSubmission {
        receipt: Receipt::new(),
        form: "quote".to_owned(),
        form_version: 3,
        locale: "de".to_owned(),
        account: "web".to_owned(),
        idempotency_key: IdempotencyKey::parse(&format!("{key:-<16}")).unwrap(),
        fingerprint: [fingerprint; 32],
        person: None,
        duplicates: DuplicateRule::default(),
        quarantine: None,
        lead: SealedLead { key_id: "k1".to_owned(), data_key: vec![1; 61], sealed: vec![2; 200] },
    }
}

pub(super) fn ending(class: AttemptClass, standing: Standing) -> Ending {
    Ending {
        class,
        why: "status_200".to_owned(),
        status: Some(200),
        reference: None,
        fields: Vec::new(),
        standing,
        verdict: Verdict::Good,
    }
}

pub(super) fn room(account: &str, room: u32) -> AccountRoom {
    AccountRoom { account: account.to_owned(), room, flow: FLOW }
}

pub(super) fn delivered() -> Ending {
    ending(AttemptClass::Delivered, Standing::Delivered)
}

/// The database of a server, as a replica opens it.
pub(super) async fn open_postgres(server: &Server, clock: &Clock) -> Result<PostgresStore, String> {
    let url = DatabaseUrl::parse(&server.url(DATABASE)).unwrap();
    PostgresStore::open(&url, clock.clone()).await.map_err(|error| error.to_string())
}

/// A program beside ours, as a backup tool is one.
pub(super) async fn beside(kept: &Kept) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", kept.dir.path().join("store.db").display()))
        .await
        .unwrap()
}
