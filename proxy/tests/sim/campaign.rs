//! Many seeds, over the machine's cores, and what is said of them; how many, from the environment.
//!
//! Apart from what a seed does.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::promise::{Promise, Wrong};
use crate::sabotage::Sabotage;
use crate::world::Counts;
use crate::world::course::{PANICS, run};

/// Seeds where nobody asks for others; `cargo xtask test` asks for ten thousand.
const SEEDS: u64 = 300;
/// Cores that are used.
const CORES: usize = 2;
/// Wrong seeds after which a campaign ends.
const WRONGS_MAX: usize = 5;

/// Which seeds.
pub struct Campaign {
    from: u64,
    seeds: u64,
    /// Only this one, with its course.
    only: Option<u64>,
}

/// What the environment asks for.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever starts the test says so there, and no other way leads in"
)]
pub fn from_environment() -> Campaign {
    let number = |name| {
        std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: no number")))
    };
    Campaign {
        from: number("FROM").unwrap_or(0),
        seeds: number("SEEDS").unwrap_or(SEEDS),
        only: number("SEED"),
    }
}

/// Panics of tasks are caught by the runtime: counted, they are found all the same.
fn count_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            usual(panic);
        }));
    });
}

/// What many seeds have come to.
#[derive(Default)]
struct Sum {
    seeds: u64,
    counts: Counts,
    wrongs: Vec<(u64, Wrong)>,
    /// Of all hashes, whatever the order in which they came.
    hash: u64,
}

impl Campaign {
    /// Runs them.
    ///
    /// # Errors
    /// The seeds that broke a promise, which one, and how to see it again.
    pub fn run(&self) -> Result<(), String> {
        count_panics();
        let (began, next, sum) = (Instant::now(), AtomicU64::new(self.from), Mutex::new(Sum::default()));
        if let Some(seed) = self.only {
            sum.lock().unwrap().take(seed, true);
        } else {
            let end = self.from + self.seeds;
            let some = || {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < end) {
                    let one = Sum::of(seed);
                    let mut sum = sum.lock().unwrap();
                    sum.add(one);
                    if sum.wrongs.len() >= WRONGS_MAX {
                        break;
                    }
                }
            };
            std::thread::scope(|scope| (0..CORES).for_each(|_| drop(scope.spawn(some))));
        }
        let sum = sum.into_inner().unwrap();
        let which = match self.only {
            Some(seed) => format!("seed {seed}"),
            None => format!("seeds {} to {}", self.from, self.from + self.seeds - 1),
        };
        println!(
            "{which}: {} run in {:.1} s, hash {:016x}",
            sum.seeds,
            began.elapsed().as_secs_f64(),
            sum.hash
        );
        sum.tell();
        if sum.wrongs.is_empty() { Ok(()) } else { Err(sum.blame()) }
    }
}

impl Sum {
    fn of(seed: u64) -> Self {
        let mut sum = Self::default();
        sum.take(seed, false);
        sum
    }

    fn take(&mut self, seed: u64, shows: bool) {
        let report = run(seed, None, shows);
        self.seeds += 1;
        self.counts.add(&report.counts);
        self.wrongs.extend(report.wrongs.into_iter().map(|wrong| (seed, wrong)));
        self.hash ^= report.hash;
    }

    fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.counts.add(&other.counts);
        self.wrongs.extend(other.wrongs);
        self.hash ^= other.hash;
    }

    /// The counts, and every promise with how often it was broken.
    fn tell(&self) {
        let Counts {
            leads,
            delivered,
            held,
            dead,
            others,
            calls,
            bodies,
            records,
            tokens,
            reused,
            crashes,
            stops,
            hours,
        } = self.counts;
        println!(
            "  leads      {leads}: {delivered} delivered, {held} held, {dead} given up, {others} replaced or merged"
        );
        println!(
            "  partners   {bodies} bodies, {records} records; {tokens} tokens, {reused} refresh tokens lost on their way"
        );
        println!(
            "  processes  {crashes} killed, {stops} stopped; {calls} calls of the store; {hours:.1} simulated hours"
        );
        for promise in Promise::ALL {
            let broken = self.wrongs.iter().filter(|(_, wrong)| wrong.promise == promise).count();
            println!("  {broken} broken   {}", promise.text());
        }
    }

    fn blame(&self) -> String {
        let told = self.wrongs.iter().map(|(seed, wrong)| {
            format!("seed {seed}: {}\n  see it again: cargo xtask simulate --seed {seed}", wrong.what)
        });
        told.collect::<Vec<_>>().join("\n")
    }
}

/// The first of so many seeds in which a sabotage breaks this promise, and what is found.
pub fn first_wrong(seeds: u64, sabotage: Sabotage, promise: Promise) -> Option<(u64, Wrong)> {
    count_panics();
    (0..seeds).find_map(|seed| {
        let report = run(seed, Some(sabotage), false);
        report.wrongs.into_iter().find(|wrong| wrong.promise == promise).map(|wrong| (seed, wrong))
    })
}

impl Counts {
    fn add(&mut self, other: &Self) {
        let Self {
            leads,
            calls,
            bodies,
            records,
            delivered,
            held,
            dead,
            others,
            crashes,
            stops,
            tokens,
            reused,
            hours,
        } = other;
        self.hours += hours;
        for (sum, more) in [
            (&mut self.leads, leads),
            (&mut self.calls, calls),
            (&mut self.bodies, bodies),
            (&mut self.records, records),
            (&mut self.delivered, delivered),
            (&mut self.held, held),
            (&mut self.dead, dead),
            (&mut self.others, others),
            (&mut self.crashes, crashes),
            (&mut self.stops, stops),
            (&mut self.tokens, tokens),
            (&mut self.reused, reused),
        ] {
            *sum += more;
        }
    }
}
