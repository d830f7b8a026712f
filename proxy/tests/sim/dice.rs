//! Dice that fall alike in every run of a seed.
//!
//! Apart so that each part of a world has its own: what one part asks changes nothing for the others.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// SplitMix64.
pub struct Dice(Mutex<u64>);

impl Dice {
    /// The dice of one part of a seed's world.
    pub fn new(seed: u64, part: u64) -> Self {
        let dice = Self(Mutex::new(seed ^ part.wrapping_mul(0xD6E8_FEB8_6659_FD93)));
        dice.next();
        dice
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A number between these, both included.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in so many cases of a thousand.
    pub fn chance(&self, of_thousand: u64) -> bool {
        self.below(1_000) < of_thousand
    }

    /// A span between these, in milliseconds.
    pub fn ms(&self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.between(low, high))
    }

    /// A span between these, in seconds.
    pub fn seconds(&self, low: u64, high: u64) -> Duration {
        self.ms(low * 1_000, high * 1_000)
    }

    /// One of these.
    pub fn one<T: Copy>(&self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap_or(0)]
    }
}
