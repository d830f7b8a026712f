//! Time and chance, from one source that tests can own.
//!
//! Apart because a retry after an hour is tested in a millisecond only where nobody else asks what time it is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::ids;

/// Longest sleep before the system's clock is read again, so that a clock set forward or back is noticed.
const NAP_MAX: Duration = Duration::from_secs(30);

/// A moment: milliseconds since 1970 UTC. Shown as RFC 3339 with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment so many milliseconds after 1970 began.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970 began.
    pub fn as_ms(self) -> i64 {
        self.0
    }

    /// The moment so much later; the last one there is where that is out of range.
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The moment so much earlier; the first one there is where that is out of range.
    pub fn before(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; nothing where it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            // Beyond the calendar: shown as the number it is.
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// Tells the time, waits, and throws dice.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Manual>),
    Running(Arc<Running>),
}

struct Manual {
    now: watch::Sender<Timestamp>,
    dice: AtomicU64,
}

/// Goes with the runtime's time.
struct Running {
    began: Instant,
    start: Timestamp,
    /// How far its hand was set forward, in milliseconds.
    set_by: AtomicI64,
    dice: AtomicU64,
}

impl Clock {
    /// The machine's clock and its randomness.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until its hand is moved, with dice that fall alike in every run.
    pub fn manual(start: Timestamp) -> (Self, ClockHand) {
        let manual = Arc::new(Manual { now: watch::Sender::new(start), dice: AtomicU64::new(0) });
        (Self(Source::Manual(Arc::clone(&manual))), ClockHand(Hand::Manual(manual)))
    }

    /// A clock that goes with the runtime's own time, which a simulation pauses, from this start; its dice fall as the seed
    /// has it. Its hand sets it forward and back as an operator does: whoever sleeps notices as late as by the system's.
    pub fn running(start: Timestamp, seed: u64) -> (Self, ClockHand) {
        let running = Arc::new(Running {
            began: Instant::now(),
            start,
            set_by: AtomicI64::new(0),
            dice: AtomicU64::new(seed),
        });
        (Self(Source::Running(Arc::clone(&running))), ClockHand(Hand::Running(running)))
    }

    /// Whether somebody moves its hand: then a database's own time would be another.
    pub fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }

    /// What time it is.
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the time")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Source::Manual(manual) => *manual.now.borrow(),
            Source::Running(running) => {
                let set_by = running.set_by.load(Ordering::Relaxed);
                Timestamp(running.start.after(running.began.elapsed()).0.saturating_add(set_by))
            }
        }
    }

    /// Waits until it is that time; not at all where it already is.
    pub async fn sleep_until(&self, at: Timestamp) {
        match &self.0 {
            Source::System | Source::Running(_) => loop {
                let left = at.since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(NAP_MAX)).await;
            },
            Source::Manual(manual) => {
                let mut now = manual.now.subscribe();
                // Only a dropped sender is an error, and this clock holds it.
                now.wait_for(|now| *now >= at).await.ok();
            }
        }
    }

    /// A number below `bound`, each as likely; 0 where the bound is 0.
    pub fn random_below(&self, bound: u64) -> u64 {
        let random = match &self.0 {
            Source::System => {
                let mut bytes = [0; 8];
                ids::fill(&mut bytes);
                u64::from_le_bytes(bytes)
            }
            Source::Manual(manual) => throw(&manual.dice),
            Source::Running(running) => throw(&running.dice),
        };
        // The high word of the product: even enough for waits, and without a division.
        u64::try_from((u128::from(random) * u128::from(bound)) >> 64).unwrap_or(0)
    }
}

/// Moves a clock that is not the machine's.
pub struct ClockHand(Hand);

enum Hand {
    Manual(Arc<Manual>),
    Running(Arc<Running>),
}

impl ClockHand {
    /// Lets so much time pass at once, and wakes whoever waited for it.
    pub fn advance(&self, by: Duration) {
        self.turn(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
    }

    /// Sets the clock back, as an operator or a time server does.
    pub fn set_back(&self, by: Duration) {
        self.turn(i64::try_from(by.as_millis()).unwrap_or(i64::MAX).saturating_neg());
    }

    fn turn(&self, by: i64) {
        match &self.0 {
            Hand::Manual(manual) => {
                manual.now.send_modify(|now| *now = Timestamp(now.0.saturating_add(by)));
            }
            Hand::Running(running) => _ = running.set_by.fetch_add(by, Ordering::Relaxed),
        }
    }
}

/// The next number of dice that fall alike in every run.
fn throw(dice: &AtomicU64) -> u64 {
    mix(dice.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed))
}

/// Spreads a counter over all 64 bits (the finalizer of SplitMix64).
fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_is_shown_as_rfc_3339_with_milliseconds() {
        assert_eq!(Timestamp::from_ms(1_767_225_600_007).to_string(), "2026-01-01T00:00:00.007Z");
        assert_eq!(Timestamp::from_ms(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_ms(i64::MAX).to_string(), "9223372036854775807ms");
    }

    #[test]
    fn time_never_wraps() {
        assert_eq!(Timestamp::from_ms(i64::MAX).after(Duration::MAX), Timestamp::from_ms(i64::MAX));
        assert_eq!(Timestamp::from_ms(5).since(Timestamp::from_ms(9)), Duration::ZERO);
    }

    #[tokio::test]
    async fn sleeper_wakes_when_the_hand_reaches_its_time() {
        let (clock, hand) = Clock::manual(Timestamp::from_ms(1_000));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(Timestamp::from_ms(2_000)).await }
        });
        hand.advance(Duration::from_millis(999));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        hand.advance(Duration::from_millis(1));
        sleeper.await.unwrap();
        assert_eq!(clock.now(), Timestamp::from_ms(2_000));
    }

    #[tokio::test(start_paused = true)]
    async fn running_clock_goes_with_the_runtime_and_is_set_by_its_hand() {
        let (clock, hand) = Clock::running(Timestamp::from_ms(1_000), 7);
        clock.sleep_until(Timestamp::from_ms(61_000)).await;
        assert_eq!(clock.now(), Timestamp::from_ms(61_000));
        hand.set_back(Duration::from_secs(10));
        assert_eq!(clock.now(), Timestamp::from_ms(51_000));
        let began = Instant::now();
        clock.sleep_until(Timestamp::from_ms(61_000)).await;
        assert_eq!(began.elapsed(), Duration::from_secs(10));
    }

    #[tokio::test]
    async fn dice_of_a_running_clock_fall_as_its_seed_has_it() {
        let throws = |seed| {
            let (clock, _) = Clock::running(Timestamp::from_ms(0), seed);
            (0..8).map(|_| clock.random_below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(1), throws(1));
        assert_ne!(throws(1), throws(2));
    }

    #[test]
    fn dice_stay_below_their_bound() {
        let (manual, _) = Clock::manual(Timestamp::from_ms(0));
        for clock in [Clock::system(), manual] {
            assert!((0..1_000).all(|_| clock.random_below(7) < 7));
            assert!((0..1_000).any(|_| clock.random_below(7) == 6));
            assert_eq!(clock.random_below(0), 0);
        }
    }
}
