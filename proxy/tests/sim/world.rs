//! One world: a store, partners, and the record of what happens between them; every invariant that can be held against a
//! single moment is held here.
//!
//! Apart from its course (`world/course.rs`) and from what it must be like at the end (`world/judge.rs`).

pub mod course;
mod judge;
mod replica;
mod script;
mod tokens;
mod visitor;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use lead_proxy::account::Accounts;
use lead_proxy::clock::{Clock, ClockHand, Timestamp};
use lead_proxy::delivery::DeliveryConfig;
use lead_proxy::transport::TransportLimits;
use serde_json::Value;

use self::script::Ambush;
use self::tokens::TokenBook;
use crate::accounts::Kind;
use crate::dice::Dice;
use crate::faults::{Faults, Treat, Trip};
use crate::mint::Mint;
use crate::model::Owner;
use crate::model::handle::{Kept, Mishap, Weather};
use crate::partner::{BodyId, Ledger, answer};
use crate::promise::{Promise, Wrong};
use crate::sabotage::Sabotage;
use crate::trace::Trace;
use crate::wire::bearer;

/// When every world begins.
pub const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);

/// Everything that the parts of a world share.
pub struct World {
    pub kinds: Vec<Kind>,
    pub accounts: Arc<Accounts>,
    pub config: DeliveryConfig,
    limits: TransportLimits,
    pub kept: Arc<Kept>,
    store_hand: ClockHand,
    pub faults: Faults,
    pub sabotage: Option<Sabotage>,
    pub trace: Trace,
    pub counts: Mutex<Counts>,
    ledger: Mutex<Ledger>,
    mints: Mutex<BTreeMap<Kind, Mint>>,
    tokens: Mutex<BTreeMap<Kind, TokenBook>>,
    wrongs: Mutex<Vec<Wrong>>,
    ambush: Mutex<Option<Ambush>>,
    store_dice: Dice,
    wire_dice: Dice,
}

/// How much has happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub leads: u64,
    pub calls: u64,
    pub bodies: u64,
    pub records: u64,
    pub delivered: u64,
    pub held: u64,
    pub dead: u64,
    pub others: u64,
    pub crashes: u64,
    pub stops: u64,
    pub tokens: u64,
    pub reused: u64,
    pub hours: f64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// An empty world of this seed.
    pub fn new(
        seed: u64,
        (kinds, accounts): (Vec<Kind>, Arc<Accounts>),
        config: DeliveryConfig,
        token_life: Duration,
        sabotage: Option<Sabotage>,
        shows: bool,
    ) -> Self {
        let (store_clock, store_hand) = Clock::running(START, seed);
        let kept = Kept::new(store_clock);
        kept.rows().sabotage = sabotage;
        let with_tokens = || kinds.iter().copied().filter(|kind| kind.has_tokens());
        Self {
            mints: Mutex::new(with_tokens().map(|kind| (kind, Mint::new(token_life))).collect()),
            tokens: Mutex::new(with_tokens().map(|kind| (kind, TokenBook::default())).collect()),
            limits: config.transport_limits(),
            kinds,
            accounts,
            config,
            kept: Arc::new(kept),
            store_hand,
            faults: Faults::default(),
            sabotage,
            trace: Trace::new(shows),
            counts: Mutex::default(),
            ledger: Mutex::default(),
            wrongs: Mutex::default(),
            ambush: Mutex::default(),
            store_dice: Dice::new(seed, 1),
            wire_dice: Dice::new(seed, 2),
        }
    }

    /// Notes what breaks a promise.
    pub fn wrong(&self, promise: Promise, what: String) {
        self.trace.note("WRONG", &[], &|| what.clone());
        let mut wrongs = lock(&self.wrongs);
        if wrongs.len() < 20 {
            wrongs.push(Wrong { promise, what });
        }
    }

    /// Everything that was not as it must be.
    pub fn wrongs(&self) -> Vec<Wrong> {
        lock(&self.wrongs).clone()
    }

    /// Longest wait for a connection.
    pub fn connect_timeout(&self) -> Duration {
        self.limits.connect_timeout
    }

    /// What the next request meets.
    pub fn trip(&self, kind: Kind, to_mint: bool) -> Trip {
        self.faults.trip(kind.name(), to_mint, &self.wire_dice)
    }

    /// The body of a lead begins to leave: under a lease that lasts for the whole exchange, with its attempt written down,
    /// and not where that would double it.
    pub fn lead_departs(&self, owner: Owner, kind: Kind, number: u32, body: &Bytes) -> BodyId {
        self.trace.note("departs", &[owner, number.into()], &|| kind.name().to_owned());
        lock(&self.counts).bodies += 1;
        let wrong = {
            let rows = self.kept.rows();
            let row = rows.all().iter().find(|row| row.submission.form_version == number);
            let until = self.kept.now().after(self.limits.exchange_timeout);
            match row {
                None => Some((Promise::NothingLost, "without being in the store")),
                Some(row) if row.state != "leased" || row.owner != Some(owner) => {
                    Some((Promise::LeaseHeld, "under a lease that is lost"))
                }
                Some(row) if row.lease_until.after(Duration::from_millis(2)) < until => {
                    Some((Promise::LeaseHeld, "under a lease that ends before the exchange"))
                }
                Some(row) if !row.is_sending() => {
                    Some((Promise::WrittenAhead, "before its attempt is written"))
                }
                Some(_) => None,
            }
        };
        if let Some((promise, wrong)) = wrong {
            self.wrong(promise, format!("lead {number} of {} leaves process {owner} {wrong}", kind.name()));
        }
        let (id, wrong) = lock(&self.ledger).departs(kind, number, body);
        wrong.into_iter().for_each(|(promise, what)| self.wrong(promise, what));
        id
    }

    /// A request is there, whole.
    pub fn arrives(&self, kind: Kind, request: &Request<Bytes>, treat: Treat) -> Response<Bytes> {
        if request.uri().path().ends_with("/token") {
            let mut mints = lock(&self.mints);
            let mint = mints.get_mut(&kind).expect("only accounts with tokens ask for one");
            let response = mint.arrives(&String::from_utf8_lossy(request.body()), treat);
            self.trace
                .note("mint", &[kind as u64, response.status().as_u16().into()], &|| format!("{treat:?}"));
            return response;
        }
        let is_known = !kind.has_tokens() || self.is_let_in(kind, request);
        let response = match is_known {
            true => lock(&self.ledger).arrives(kind, request, treat),
            false => answer(401, &[], Value::Null),
        };
        let number = crate::accounts::number_in(request.body()).unwrap_or_default();
        let numbers = [number.into(), response.status().as_u16().into()];
        self.trace.note("arrives", &numbers, &|| format!("{} {} {treat:?}", kind.name(), request.method()));
        response
    }

    /// Whether the partner knows the access token, which must have been stored before.
    fn is_let_in(&self, kind: Kind, request: &Request<Bytes>) -> bool {
        let token = bearer(request).unwrap_or_default();
        if !lock(&self.tokens).get(&kind).is_some_and(|book| book.was_stored(token)) {
            self.wrong(
                Promise::TokensStored,
                format!("{} is shown the token {token:?}, which is not stored", kind.name()),
            );
        }
        lock(&self.mints).get(&kind).is_some_and(|mint| mint.knows(token))
    }

    /// The sender of a body has the clear answer that nothing came of it.
    pub fn refused(&self, body: BodyId, status: u16) {
        lock(&self.ledger).refused(body, status);
    }

    /// Waits for an exchange to stop somebody in.
    pub fn lie_in_ambush(&self, ambush: Ambush) {
        *lock(&self.ambush) = Some(ambush);
    }

    /// Sets the store's clock back, as where another server takes over whose clock is behind.
    pub fn set_store_back(&self, by: Duration) {
        self.trace.note("store's clock", &[by.as_secs()], &String::new);
        self.store_hand.set_back(by);
        self.forgive_rights();
    }

    /// Everything that goes wrong ends.
    pub fn calm(&self) {
        self.faults.end();
        lock(&self.ambush).take();
    }

    /// An exchange comes past a place where somebody may lie in wait; whether it is stopped there, and for how long.
    pub fn passes(&self, owner: Owner, for_token: bool, departed: bool) -> Option<Duration> {
        let waits = |ambush: &mut Ambush| (ambush.for_token, ambush.departed) == (for_token, departed);
        let ambush = lock(&self.ambush).take_if(waits)?;
        self.trace.note("stopped", &[owner, for_token.into(), departed.into()], &|| format!("{ambush:?}"));
        lock(&self.counts).stops += 1;
        Some(ambush.lasts)
    }

    /// Ends an account's access tokens before their time.
    pub fn forget_access(&self, kind: Kind) {
        lock(&self.mints).entry(kind).and_modify(Mint::forget_access);
    }
}

impl Weather for World {
    fn mishap(&self, owner: Owner, call: &'static str) -> Mishap {
        self.trace.note("store", &[owner, call.len() as u64], &|| call.to_owned());
        lock(&self.counts).calls += 1;
        self.faults.mishap(owner, &self.store_dice)
    }

    fn changed(&self, owner: Owner, call: &'static str) {
        if call.ends_with("_token") || call == "note_setback" {
            self.read_tokens(owner, call == "clear_token");
        }
    }
}
