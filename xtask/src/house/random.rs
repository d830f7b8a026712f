//! Random numbers that come out the same for the same seed.
//!
//! SplitMix64: eight lines, and good enough to choose moments.

use std::time::Duration;

/// A row of random numbers.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time below `limit`, each as likely as the other.
    pub(crate) fn below(&mut self, limit: Duration) -> Duration {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX).max(1);
        Duration::from_nanos(self.next() % nanos)
    }

    /// A number from 0 on, below `limit`.
    pub(crate) fn number(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_the_same_moments_and_another_gives_others() {
        let moments = |seed| {
            let mut random = Random::new(seed);
            [(); 8].map(|()| random.below(Duration::from_secs(1)))
        };
        assert_eq!(moments(7), moments(7));
        assert_ne!(moments(7), moments(8));
        assert!(moments(7).iter().all(|moment| *moment < Duration::from_secs(1)));
    }

    #[test]
    fn numbers_stay_below_their_limit_and_reach_each() {
        let mut random = Random::new(1);
        let seen: std::collections::BTreeSet<usize> = (0..100).map(|_| random.number(4)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}
