//! What happened in a world, in order: as a hash always, as lines where somebody reads along.
//!
//! Apart so that ten thousand worlds need not write what nobody reads.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// The record of one world.
pub struct Trace {
    began: Instant,
    shows: bool,
    hash: Mutex<u64>,
}

impl Trace {
    /// Begins now.
    pub fn new(shows: bool) -> Self {
        Self { began: Instant::now(), shows, hash: Mutex::new(0xCBF2_9CE4_8422_2325) }
    }

    /// Notes what happened, and with which numbers.
    pub fn note(&self, what: &'static str, numbers: &[u64], more: &dyn Fn() -> String) {
        let at = self.began.elapsed();
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        let head = [
            u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
            what.len() as u64,
            u64::from(what.as_bytes()[0]),
        ];
        for number in head.iter().chain(numbers) {
            *hash = (*hash ^ number).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
        }
        if self.shows {
            println!("{:>10.3}s {what:<12} {numbers:?} {}", at.as_secs_f64(), more());
        }
    }

    /// The hash of everything so far.
    pub fn hash(&self) -> u64 {
        *self.hash.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
