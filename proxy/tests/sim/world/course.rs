//! The course of a world: a time in which things go wrong, and a time in which they no longer do and everything must end.
//!
//! Apart from what happens in it: here is only when.

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::replica::House;
use super::script::{Event, Script};
use super::visitor::{Promises, Visitor};
use super::{Counts, World, lock};
use crate::accounts::{Kind, accounts};
use crate::dice::Dice;
use crate::promise::{Promise, Wrong};
use crate::sabotage::Sabotage;

/// How often is looked whether everything has ended.
const LOOK: Duration = Duration::from_secs(10);
/// Longest that it may take: longer than every wait that the code plans by itself and nobody shortens.
const END_MAX: Duration = Duration::from_secs(6 * 60 * 60);

/// What became of a seed.
pub struct Report {
    /// Everything that was not as it must be.
    pub wrongs: Vec<Wrong>,
    /// Of everything that happened, in order.
    pub hash: u64,
    pub counts: Counts,
}

thread_local! {
    /// Panics on this thread.
    pub static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// Runs the world of a seed.
pub fn run(seed: u64, sabotage: Option<Sabotage>, shows: bool) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let before = PANICS.get();
    let mut report =
        runtime.expect("a runtime without a network needs nothing").block_on(course(seed, sabotage, shows));
    let panics = PANICS.get() - before;
    if panics > 0 {
        report.wrongs.push(Wrong { promise: Promise::NoPanic, what: format!("{panics} panics") });
    }
    report
}

async fn course(seed: u64, sabotage: Option<Sabotage>, shows: bool) -> Report {
    let script = Script::of(seed);
    let made = (script.kinds.clone(), accounts(&script.kinds));
    let world = Arc::new(World::new(seed, made, script.config.clone(), script.token_life, sabotage, shows));
    if shows {
        println!("{:?}, {} replicas, {:?}", script.kinds, script.replicas, script.config);
    }
    let house = Arc::new(House::new(Arc::clone(&world), script.replicas, seed));
    (0..house.len()).for_each(|at| house.start(at));
    consent(&house).await;
    let promises = Arc::new(Mutex::new(Promises::default()));
    let visitors: Vec<_> = (1..)
        .zip(script.leads)
        .map(|(part, plan)| {
            let (house, promises) = (Arc::clone(&house), Arc::clone(&promises));
            tokio::spawn(Visitor { house, promises, plan, dice: Dice::new(seed, 1_000 + part) }.visit())
        })
        .collect();

    let began = Instant::now();
    for (at, event) in script.events {
        tokio::time::sleep_until(began + at).await;
        happen(&house, event);
    }
    tokio::time::sleep_until(began + script.calm_at).await;
    calm(&house, Dice::new(seed, 5).chance(500)).await;
    for visitor in visitors {
        if visitor.await.is_err() {
            world.wrong(Promise::Ends, "a visitor broke off".to_owned());
        }
    }
    rest(&house).await;
    world.judge(&lock(&promises));
    let mut counts = *lock(&world.counts);
    counts.hours = began.elapsed().as_secs_f64() / 3_600.0;
    Report { wrongs: world.wrongs(), hash: world.trace.hash(), counts }
}

/// Waits until everything has ended, and ends every replica. One that is told to end while a late request still brings it a
/// lead has stored it for its next life, as a proxy has: then all of them live once more.
async fn rest(house: &Arc<House>) {
    let (world, calm_since) = (&house.world, Instant::now());
    loop {
        while !world.is_over() && world.wrongs().is_empty() && calm_since.elapsed() <= END_MAX {
            tokio::time::sleep(LOOK).await;
            world.look_for_late();
        }
        for at in 0..house.len() {
            if !house.end(at).await {
                world.wrong(Promise::Ends, "a replica did not come to its end".to_owned());
            }
        }
        if world.is_over() || !world.wrongs().is_empty() || calm_since.elapsed() > END_MAX {
            break;
        }
        (0..house.len()).for_each(|at| house.start(at));
    }
}

/// The consents without which there are no tokens.
async fn consent(house: &House) {
    for kind in house.world.kinds.clone() {
        if kind == Kind::Octorate && !house.consent(kind).await {
            house.world.wrong(Promise::InTime, "a consent came to nothing on a fair day".to_owned());
        }
    }
}

fn happen(house: &Arc<House>, event: Event) {
    let world = &house.world;
    world.trace.note("event", &[], &|| format!("{event:?}"));
    match event {
        Event::Partner(kind, sky) => world.faults.partner(kind.name(), sky),
        Event::Mint(kind, sky) => world.faults.mint(kind.name(), sky),
        Event::Store(fails, loses, longest) => world.faults.store(fails, loses, longest),
        Event::Cut(at, is_cut) => house.cut(at, is_cut),
        Event::Kill(at) => house.kill(at),
        Event::Start(at) => house.start(at),
        Event::Stop(at) => house.stop(at),
        Event::GoOn(at) => house.go_on(at),
        Event::Clock(at, by, back) => house.set_clock(at, by, back),
        Event::StoreClock(by) => world.set_store_back(by),
        Event::Ambush(ambush) => world.lie_in_ambush(ambush),
        Event::ForgetAccess(kind) => world.forget_access(kind),
        Event::Restart(at) => {
            let house = Arc::clone(house);
            tokio::spawn(async move {
                house.end(at).await;
                house.start(at);
            });
        }
    }
}

/// Everything that goes wrong ends, and whoever must act does so.
async fn calm(house: &Arc<House>, operator_acts: bool) {
    house.world.trace.note("calm", &[operator_acts.into()], &String::new);
    house.world.calm();
    for at in 0..house.len() {
        house.go_on(at);
        house.start(at);
        // One that comes to its end at the moment begins again after that.
        while house.life(at).is_none() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            house.start(at);
        }
    }
    // A refresh token that was lost on its way, or taken for stolen, is lost for ever.
    if house.world.kinds.contains(&Kind::Octorate) {
        consent(house).await;
    }
    if operator_acts && let Some(life) = house.life(0) {
        for kind in house.world.kinds.clone() {
            if let Some(account) =
                house.world.accounts.get(kind.name()).filter(|_| kind.has_tokens() && kind != Kind::Octorate)
            {
                life.keeper.clear(account).await.ok();
            }
            life.delivery.resume_account(kind.name()).await.ok();
        }
    }
}
