//! The replicas of a world: the real delivery over the world's store and wire, started, stopped, killed and cut off.
//!
//! Apart because each has several lives, and a clock that outlasts them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lead_proxy::clock::{Clock, ClockHand};
use lead_proxy::credentials::tokens::{TokenKeeper, plan_of};
use lead_proxy::delivery::Delivery;
use lead_proxy::exchange::Exchange;
use lead_proxy::store::Store;
use lead_proxy::tasks::{self, Process};
use lead_proxy::transport::Transport;

use super::{START, World, lock};
use crate::accounts::{Kind, keys};
use crate::dice::Dice;
use crate::model::Owner;
use crate::model::handle::ModelStore;
use crate::process::Body;
use crate::wire::SimWire;

/// Longest that an orderly end may take: what runs, and the store.
const END_MAX: Duration = Duration::from_secs(120);

/// All replicas.
pub struct House {
    pub world: Arc<World>,
    replicas: Vec<Mutex<Replica>>,
    lives: Mutex<Owner>,
}

struct Replica {
    clock: Clock,
    hand: ClockHand,
    life: Option<Life>,
    /// The last life, which comes to an orderly end; before that no other begins.
    ending: Option<(Owner, Arc<Body>)>,
}

/// One life of a replica.
#[derive(Clone)]
pub struct Life {
    pub owner: Owner,
    pub body: Arc<Body>,
    pub store: Arc<dyn Store>,
    pub delivery: Arc<Delivery>,
    pub keeper: Arc<TokenKeeper>,
}

impl House {
    /// So many replicas, none of which lives yet; each clock is as far from the store's as the dice have it.
    pub fn new(world: Arc<World>, replicas: usize, seed: u64) -> Self {
        let dice = Dice::new(seed, 3);
        let replicas = (0..replicas).map(|_| {
            let (clock, hand) = Clock::running(START, dice.next());
            match dice.below(3) {
                0 => {}
                1 => hand.advance(dice.seconds(0, 120)),
                _ => hand.set_back(dice.seconds(0, 120)),
            }
            Mutex::new(Replica { clock, hand, life: None, ending: None })
        });
        Self { world, replicas: replicas.collect(), lives: Mutex::new(0) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.replicas.len()
    }

    /// The life of a replica, unless it has none.
    pub fn life(&self, at: usize) -> Option<Life> {
        lock(&self.replicas[at]).life.clone()
    }

    /// Starts a replica that has no life.
    pub fn start(&self, at: usize) {
        let mut replica = lock(&self.replicas[at]);
        if replica.life.is_none() && replica.ending.is_none() {
            let mut lives = lock(&self.lives);
            *lives += 1;
            replica.life = Some(self.begin(*lives, &replica.clock));
        }
    }

    fn begin(&self, owner: Owner, clock: &Clock) -> Life {
        let world = &self.world;
        let body = Arc::new(Body::default());
        let (kept, weather) = (Arc::clone(&world.kept), Arc::clone(world) as _);
        let store: Arc<dyn Store> =
            Arc::new(ModelStore::open(kept, owner, self.len() == 1, clock.clone(), weather));
        let wire = Arc::new(SimWire::new(Arc::clone(world), owner, Arc::clone(&body)));
        let transport = Transport::over(wire, world.limits.clone());
        let keeper = TokenKeeper::new(Arc::clone(&store), transport.clone(), clock.clone(), keys());
        let keeper = Arc::new(keeper);
        let exchange = Exchange::new(transport, Arc::clone(&keeper), clock.clone());
        let (accounts, config) = (Arc::clone(&world.accounts), world.config.clone());
        let start = || Delivery::start(Arc::clone(&store), accounts, exchange, keys(), clock.clone(), config);
        let delivery = tasks::enter(Arc::clone(&body) as Arc<dyn Process>, start);
        world.trace.note("begins", &[owner], &String::new);
        Life { owner, body, store, delivery: Arc::new(delivery), keeper }
    }

    /// Ends a replica at once.
    pub fn kill(&self, at: usize) {
        if let Some(life) = lock(&self.replicas[at]).life.take() {
            self.world.trace.note("killed", &[life.owner], &String::new);
            lock(&self.world.counts).crashes += 1;
            life.body.kill();
            self.world.hangs_up(life.owner);
        }
    }

    /// Stops a replica where it stands.
    pub fn stop(&self, at: usize) {
        if let Some(life) = self.life(at) {
            self.world.trace.note("stopped", &[life.owner], &String::new);
            lock(&self.world.counts).stops += 1;
            life.body.stop();
        }
    }

    /// Lets a replica go on, also one that was stopped before it was told to end.
    pub fn go_on(&self, at: usize) {
        let body = {
            let replica = lock(&self.replicas[at]);
            let life = replica.life.as_ref().map(|life| (life.owner, Arc::clone(&life.body)));
            life.or_else(|| replica.ending.clone())
        };
        if let Some((owner, body)) = body {
            self.world.trace.note("goes on", &[owner], &String::new);
            body.go_on();
        }
    }

    /// Cuts a replica from the store, or joins it again.
    pub fn cut(&self, at: usize, is_cut: bool) {
        if let Some(life) = self.life(at) {
            self.world.trace.note("cut", &[life.owner, is_cut.into()], &String::new);
            self.world.faults.cut(life.owner, is_cut);
        }
    }

    /// Sets a replica's clock.
    pub fn set_clock(&self, at: usize, by: Duration, back: bool) {
        let replica = lock(&self.replicas[at]);
        self.world.trace.note("clock", &[at as u64, by.as_secs(), back.into()], &String::new);
        if back { replica.hand.set_back(by) } else { replica.hand.advance(by) }
    }

    /// Ends a replica in good order, as at a new version; whether it has come to its end.
    pub async fn end(&self, at: usize) -> bool {
        let life = {
            let mut replica = lock(&self.replicas[at]);
            let Some(life) = replica.life.take() else { return replica.ending.is_none() };
            replica.ending = Some((life.owner, Arc::clone(&life.body)));
            life
        };
        self.world.trace.note("ends", &[life.owner], &String::new);
        let Life { owner, body, store, delivery, keeper } = life;
        let ending = tasks::within(Arc::clone(&body) as Arc<dyn Process>, async move {
            // Where a visitor still waits, what runs is cut off, as the proxy does it.
            if let Some(delivery) = Arc::into_inner(delivery) {
                delivery.stop().await;
            }
            keeper.settle().await;
            store.close().await;
        });
        let ended = tokio::time::timeout(END_MAX, ending).await.is_ok();
        body.kill();
        self.world.hangs_up(owner);
        lock(&self.replicas[at]).ending = None;
        ended
    }

    /// Consents for an account as its owner does, and resumes it; whether that has come to an end.
    pub async fn consent(&self, kind: Kind) -> bool {
        let Some(life) = self.life(0) else { return false };
        let accounts = Arc::clone(&self.world.accounts);
        let consenting = tasks::within(Arc::clone(&life.body) as Arc<dyn Process>, async move {
            let account = accounts.get(kind.name()).expect("its account is there");
            let plan = plan_of(account).expect("it has a plan for tokens");
            let url = life.keeper.begin_consent(account, &plan).await.ok()?;
            let state = url.query_pairs().find(|(name, _)| name == "state")?.1.into_owned();
            life.keeper.finish_consent(account, &plan, Some(&state), Some("made-up-code")).await.ok()?;
            life.delivery.resume_account(kind.name()).await.ok()
        });
        matches!(tokio::time::timeout(END_MAX, consenting).await, Ok(Some(())))
    }
}
