//! One process's handle of the model store: its calls fail, are late and lose their answers as the world has it.
//!
//! Apart so that what is kept knows nothing of that. A call that has left its process is carried out although the process ends
//! meanwhile, as a database does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lead_model::ReceiptAnswer;
use lead_proxy::clock::{Clock, Timestamp};
use lead_proxy::ids::{DeliveryId, Receipt};
use lead_proxy::store::{
    Abandoned, Accepted, AccountRoom, AttemptView, ClaimRequest, Claimed, DeliveryView, Ending, Fence,
    Finished, FlowRule, GateView, NewSubmission, SchemaStore, Standing, Store, StoreError, StoredSchema,
    TokenLease, TokenRow, TokenSetback, TokenStore,
};

use super::{Owner, Rows};

/// The rows and the store's own clock.
pub struct Kept {
    rows: Mutex<Rows>,
    clock: Clock,
}

impl Kept {
    /// Empty, by this clock.
    pub fn new(clock: Clock) -> Self {
        Self { rows: Mutex::default(), clock }
    }

    /// A look at everything.
    pub fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mishap {
    /// Before it is carried out.
    pub delay: Duration,
    /// After that, until the answer is there.
    pub late: Duration,
    /// It is not carried out.
    pub fails: bool,
    /// It is carried out, and the answer is lost.
    pub loses_answer: bool,
}

/// Says what becomes of calls.
pub trait Weather: Send + Sync + 'static {
    /// Of the next one, by its name.
    fn mishap(&self, owner: Owner, call: &'static str) -> Mishap;

    /// A call of this name has been carried out.
    fn changed(&self, _owner: Owner, _call: &'static str) {}
}

/// A handle; closed by itself.
pub struct ModelStore {
    kept: Arc<Kept>,
    owner: Owner,
    /// Whether no other process can have the store at the same time.
    sole: bool,
    /// The caller's clock, by which the moments of tokens come and go.
    here: Clock,
    weather: Arc<dyn Weather>,
    closed: AtomicBool,
}

impl ModelStore {
    /// Opens it for one process.
    pub fn open(kept: Arc<Kept>, owner: Owner, sole: bool, here: Clock, weather: Arc<dyn Weather>) -> Self {
        Self { kept, owner, sole, here, weather, closed: AtomicBool::new(false) }
    }

    async fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        change: impl FnOnce(&mut Rows, Timestamp) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Closed);
        }
        let Mishap { delay, late, fails, loses_answer } = self.weather.mishap(self.owner, name);
        let (kept, weather, owner) = (Arc::clone(&self.kept), Arc::clone(&self.weather), self.owner);
        let carry_out = move || {
            let now = kept.now();
            let answer = (!fails).then(|| change(&mut kept.rows(), now));
            weather.changed(owner, name);
            answer
        };
        let answer = if delay.is_zero() && late.is_zero() {
            carry_out()
        } else {
            let under_way = tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let answer = carry_out();
                tokio::time::sleep(late).await;
                answer
            });
            under_way.await.unwrap_or(None)
        };
        answer.filter(|_| !loses_answer).ok_or(StoreError::NotCommitted)
    }

    /// A moment of the caller's clock by the store's, and the other way round.
    fn to_store(&self, moment: Timestamp) -> Timestamp {
        Timestamp::from_ms(moment.as_ms() - self.here.now().as_ms() + self.kept.now().as_ms())
    }
}

fn to_here(moment: Timestamp, here: Timestamp, now: Timestamp) -> Timestamp {
    Timestamp::from_ms(moment.as_ms() - now.as_ms() + here.as_ms())
}

#[async_trait]
impl Store for ModelStore {
    async fn accept(&self, submission: NewSubmission) -> Result<Accepted, StoreError> {
        self.call("accept", move |rows, now| rows.accept(submission, now)).await
    }

    async fn receipt(&self, receipt: &Receipt) -> Result<Option<ReceiptAnswer>, StoreError> {
        let receipt = receipt.clone();
        self.call("receipt", move |rows, _| rows.receipt(&receipt)).await
    }

    async fn reference(&self, receipt: &Receipt) -> Result<Option<String>, StoreError> {
        let receipt = receipt.clone();
        self.call("reference", move |rows, _| rows.by_receipt(&receipt)?.reference.clone()).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.call("ready", |_, _| ()).await
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let owner = self.owner;
        self.call("claim", move |rows, now| rows.claim(&request, owner, now)).await
    }

    async fn next_due(&self, accounts: &[AccountRoom]) -> Result<Option<Duration>, StoreError> {
        let accounts = accounts.to_vec();
        self.call("next_due", move |rows, now| rows.next_due(&accounts, now)).await
    }

    async fn begin_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        digest: String,
        lease: Duration,
    ) -> Result<Option<u32>, StoreError> {
        self.call("begin", move |rows, now| rows.begin(delivery, fence, digest, (now, lease))).await
    }

    async fn finish_attempt(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        attempt: u32,
        ending: Ending,
        flow: &FlowRule,
    ) -> Result<Option<Finished>, StoreError> {
        let (of, flow) = ((delivery, fence, attempt), *flow);
        self.call("finish", move |rows, now| rows.finish(of, ending, &flow, now)).await
    }

    async fn release(
        &self,
        delivery: DeliveryId,
        fence: Fence,
        standing: Standing,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let reason = reason.to_owned();
        self.call("release", move |rows, now| rows.release(delivery, fence, standing, &reason, now)).await
    }

    async fn renew(
        &self,
        held: &[(DeliveryId, Fence)],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let held = held.to_vec();
        self.call("renew", move |rows, now| rows.renew(&held, (now, lease))).await
    }

    async fn recover(&self, running: &[DeliveryId], lease: Duration) -> Result<Vec<Abandoned>, StoreError> {
        let (running, of) = (running.to_vec(), (self.owner, self.sole));
        self.call("recover", move |rows, now| rows.recover(&running, of, lease, now)).await
    }

    async fn closed_gates(&self) -> Result<Vec<GateView>, StoreError> {
        self.call("closed_gates", |rows, now| {
            let shut = rows.gates(now).into_iter().filter(|(_, gate)| gate.is_shut(now));
            shut.map(|(account, gate)| GateView { account, gate }).collect()
        })
        .await
    }

    async fn stop_account(&self, account: &str, reason: &str) -> Result<bool, StoreError> {
        let (account, reason) = (account.to_owned(), reason.to_owned());
        self.call("stop_account", move |rows, now| rows.stop(&account, &reason, now)).await
    }

    async fn resume_accounts(&self) -> Result<u64, StoreError> {
        self.call("resume_accounts", Rows::resume_all).await
    }

    async fn resume_account(&self, account: &str) -> Result<bool, StoreError> {
        let account = account.to_owned();
        self.call("resume_account", move |rows, now| rows.change_gate(&account, now, |gate| gate.resume(now)))
            .await
    }

    async fn delivery(&self, delivery: DeliveryId) -> Result<Option<DeliveryView>, StoreError> {
        self.call("delivery", move |rows, _| rows.delivery(delivery)).await
    }

    async fn attempts(&self, delivery: DeliveryId) -> Result<Vec<AttemptView>, StoreError> {
        self.call("attempts", move |rows, _| {
            rows.row(delivery).map_or_else(Vec::new, |row| row.attempts.clone())
        })
        .await
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl TokenStore for ModelStore {
    async fn token_row(&self, account: &str) -> Result<Option<TokenRow>, StoreError> {
        let (account, here) = (account.to_owned(), self.here.clone());
        self.call("token_row", move |rows, now| {
            let mut row = rows.token(&account)?.clone();
            row.retry_at = row.retry_at.map(|at| to_here(at, here.now(), now));
            row.changed_at = to_here(row.changed_at, here.now(), now);
            Some(row)
        })
        .await
    }

    async fn lease_token(
        &self,
        account: &str,
        seen: Fence,
        lease_until: Timestamp,
    ) -> Result<TokenLease, StoreError> {
        let (account, of) = (account.to_owned(), (self.owner, self.sole));
        let lasts = lease_until.since(self.here.now());
        self.call("lease_token", move |rows, now| {
            rows.lease_token(&account, seen, of, (now, now.after(lasts)))
        })
        .await
    }

    async fn save_token(&self, account: &str, seen: i64, sealed: Vec<u8>) -> Result<bool, StoreError> {
        let account = account.to_owned();
        self.call("save_token", move |rows, now| rows.save_token(&account, seen, sealed, now)).await
    }

    async fn note_setback(
        &self,
        account: &str,
        fence: Fence,
        mut setback: TokenSetback,
    ) -> Result<Option<u32>, StoreError> {
        let account = account.to_owned();
        setback.retry_at = setback.retry_at.map(|at| self.to_store(at));
        self.call("note_setback", move |rows, now| rows.note_setback(&account, fence, setback, now)).await
    }

    async fn clear_token(&self, account: &str) -> Result<bool, StoreError> {
        let account = account.to_owned();
        self.call("clear_token", move |rows, now| rows.clear_token(&account, now)).await
    }

    async fn add_consent(&self, hash: [u8; 32], account: &str, until: Timestamp) -> Result<(), StoreError> {
        let (account, until) = (account.to_owned(), self.to_store(until));
        self.call("add_consent", move |rows, now| rows.add_consent(hash, &account, until, now)).await
    }

    async fn take_consent(&self, hash: [u8; 32]) -> Result<Option<String>, StoreError> {
        self.call("take_consent", move |rows, now| rows.take_consent(hash, now)).await
    }
}

#[async_trait]
impl SchemaStore for ModelStore {
    async fn save_schema(&self, schema: StoredSchema) -> Result<(), StoreError> {
        self.call("save_schema", move |rows, _| {
            let is_of = |kept: &StoredSchema| {
                kept.account == schema.account && kept.organization == schema.organization
            };
            rows.schemas.retain(|kept| !is_of(kept));
            rows.schemas.push(schema);
        })
        .await
    }

    async fn schemas(&self) -> Result<Vec<StoredSchema>, StoreError> {
        self.call("schemas", |rows, _| rows.schemas.clone()).await
    }
}
