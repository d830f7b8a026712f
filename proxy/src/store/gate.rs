//! An account's gate: how many of its leads may go now, by its rate, its circuit breaker and its pauses.
//!
//! Apart and pure, because every driver keeps it and none may decide: a driver reads the row, asks here, and writes back.
//! Kept in the store, so that several workers share one rate, one breaker and one probe.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::Verdict;

/// In the place of a time in [`Gate::flow_us`]: one may go at once, and the others at the steady rate.
const NOTHING_SAVED: i64 = i64::MAX;

/// How far ahead of the clock a row may have been written before the clock counts as set back.
pub(super) const STEP_BACK_MIN: Duration = Duration::from_secs(60);

/// The longest wait that a partner may ask for. What lies further ahead was written before the clock was set back.
const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// What an account's gate keeps to; from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowRule {
    /// Most attempts in a minute; none for no bound.
    pub per_minute: Option<u32>,
    /// How many of them may go at once after a rest.
    pub burst: u32,
    /// So many attempts in a row that the partner did not answer break the flow.
    pub breaker_failures: u32,
    /// Between probes while the flow is broken.
    pub broken_wait: Duration,
    /// Between probes while the account is paused.
    pub paused_wait: Duration,
}

/// The gate of one account, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Why it is closed; none while it is open.
    pub closed: Option<Closed>,
    /// Attempts in a row that the partner did not answer.
    pub failures: u32,
    /// When the rate is used up to, in microseconds since 1970 (the "theoretical arrival time" of GCRA); `i64::MAX` where
    /// nothing is saved up for a burst.
    pub flow_us: i64,
    /// Nothing goes before this: the partner has asked for it.
    pub wait_until: Timestamp,
}

/// A closed gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Why.
    pub cause: GateCause,
    /// The code of the attempt that closed it, or an operator's word.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When one lead may go, to see whether things are mended.
    pub probe_at: Timestamp,
}

/// Why a gate is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateCause {
    /// The partner does not answer: the circuit breaker.
    Broken,
    /// The partner refuses the account.
    Paused,
    /// An operator has stopped it: nothing is tried.
    Stopped,
}

impl GateCause {
    /// The stable name, as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }

    /// Reads the stable name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Broken, Self::Paused, Self::Stopped].into_iter().find(|cause| cause.as_str() == name)
    }
}

/// What an attempt's end did to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateChange {
    /// Nothing.
    None,
    /// It was closed and is open.
    Opened(GateCause),
    /// It was open, or closed for another reason.
    Closed(GateCause),
    /// It was closed, and a probe has failed.
    StaysClosed(GateCause),
}

/// A gate with its account, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateView {
    /// The account.
    pub account: String,
    /// Its gate.
    pub gate: Gate,
}

impl Default for Gate {
    fn default() -> Self {
        Self { closed: None, failures: 0, flow_us: i64::MIN, wait_until: Timestamp::from_ms(i64::MIN) }
    }
}

impl Gate {
    /// The gate that was written at this time, as it stands by a clock that may have been set back since: waits and probes
    /// keep their lengths. Whoever reads one begins here, so that no stale time is written again as a new one.
    pub fn as_of(mut self, written_at: Timestamp, now: Timestamp) -> Self {
        if written_at <= now.after(STEP_BACK_MIN) {
            return self;
        }
        let step = written_at.since(now);
        self.wait_until = self.wait_until.before(step);
        if let Some(closed) = &mut self.closed
            && closed.cause != GateCause::Stopped
        {
            closed.probe_at = closed.probe_at.before(step);
        }
        self
    }

    /// Whether nothing may go because the partner has asked for it.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.wait_until > now && self.wait_until <= now.after(WAIT_MAX)
    }

    /// Whether anything but the rate keeps leads from going.
    pub fn is_shut(&self, now: Timestamp) -> bool {
        self.closed.is_some() || self.waits(now)
    }

    /// How many of `wanted` may go now.
    pub fn room(&self, wanted: u32, rule: &FlowRule, now: Timestamp) -> u32 {
        if self.next_at(rule, now) > now {
            return 0;
        }
        match (&self.closed, interval_us(rule)) {
            (Some(_), _) => wanted.min(1),
            (None, None) => wanted,
            (None, Some(interval)) => {
                let spare = us(now)
                    .saturating_add(tolerance_us(rule, interval))
                    .saturating_sub(self.base_us(rule, now));
                wanted.min(u32::try_from(spare / interval + 1).unwrap_or(u32::MAX))
            }
        }
    }

    /// Notes that so many have gone.
    pub fn took(&mut self, count: u32, rule: &FlowRule, now: Timestamp) {
        if count == 0 {
            return;
        }
        if let Some(interval) = interval_us(rule) {
            self.flow_us = self.base_us(rule, now).saturating_add(interval.saturating_mul(i64::from(count)));
        }
        if let Some(closed) = &mut self.closed {
            closed.probe_at = now.after(wait_of(closed.cause, rule));
        }
    }

    /// When at least one may go; never for an account that an operator has stopped.
    pub fn next_at(&self, rule: &FlowRule, now: Timestamp) -> Timestamp {
        let flow_at = match interval_us(rule) {
            // Rounded up: a moment too early would be asked for in a circle.
            Some(interval) => Timestamp::from_ms(
                self.base_us(rule, now)
                    .saturating_sub(tolerance_us(rule, interval))
                    .saturating_add(999)
                    .div_euclid(1_000),
            ),
            None => now,
        };
        let probe_at = match &self.closed {
            None => now,
            Some(Closed { cause: GateCause::Stopped, .. }) => Timestamp::from_ms(i64::MAX),
            Some(closed) if closed.probe_at > now.after(wait_of(closed.cause, rule)) => now,
            Some(closed) => closed.probe_at,
        };
        let wait_until = if self.waits(now) { self.wait_until } else { now };
        flow_at.max(probe_at).max(wait_until)
    }

    /// Notes what an attempt says of the account.
    pub fn note(&mut self, verdict: Verdict, why: &str, rule: &FlowRule, now: Timestamp) -> GateChange {
        let cause = self.closed.as_ref().map(|closed| closed.cause);
        match (verdict, cause) {
            (Verdict::Neutral, _) => GateChange::None,
            // What an operator has stopped, no answer of a last attempt opens.
            (_, Some(GateCause::Stopped)) => GateChange::None,
            (Verdict::Good, Some(cause))
            | (Verdict::Alive | Verdict::Wait(_), Some(cause @ GateCause::Broken)) => {
                self.open();
                self.wait(verdict, now);
                GateChange::Opened(cause)
            }
            (Verdict::Good | Verdict::Alive | Verdict::Wait(_), None) => {
                self.failures = 0;
                self.wait(verdict, now);
                GateChange::None
            }
            (Verdict::Refused, Some(GateCause::Paused)) => GateChange::StaysClosed(GateCause::Paused),
            (Verdict::Refused, _) => self.close(GateCause::Paused, why, rule, now),
            (Verdict::Bad | Verdict::Away(_), None) => {
                self.wait(verdict, now);
                self.failures = self.failures.saturating_add(1);
                if self.failures < rule.breaker_failures {
                    return GateChange::None;
                }
                self.close(GateCause::Broken, why, rule, now)
            }
            (Verdict::Bad | Verdict::Away(_) | Verdict::Alive | Verdict::Wait(_), Some(cause)) => {
                self.wait(verdict, now);
                GateChange::StaysClosed(cause)
            }
        }
    }

    /// Opens it, and forgets what was counted. That nothing went was no rest: what has gathered goes at the steady rate, so
    /// that a partner which is just back is not run over.
    pub fn open(&mut self) {
        if self.closed.take().is_some() {
            self.flow_us = NOTHING_SAVED;
        }
        self.failures = 0;
    }

    /// Opens it for an operator, who need not wait for what a partner has asked for either; whether anything was shut.
    pub fn resume(&mut self, now: Timestamp) -> bool {
        let was_shut = self.is_shut(now);
        if was_shut {
            self.open();
            self.wait_until = Self::default().wait_until;
        }
        was_shut
    }

    /// Closes it for an operator, who alone opens it again.
    pub fn stop(&mut self, reason: &str, now: Timestamp) {
        let probe_at = Timestamp::from_ms(i64::MAX);
        self.closed =
            Some(Closed { cause: GateCause::Stopped, reason: reason.to_owned(), since: now, probe_at });
    }

    /// Closes it.
    fn close(&mut self, cause: GateCause, why: &str, rule: &FlowRule, now: Timestamp) -> GateChange {
        let probe_at = now.after(wait_of(cause, rule));
        self.closed = Some(Closed { cause, reason: why.to_owned(), since: now, probe_at });
        GateChange::Closed(cause)
    }

    fn wait(&mut self, verdict: Verdict, now: Timestamp) {
        if let Verdict::Wait(wait) | Verdict::Away(Some(wait)) = verdict {
            let before = if self.waits(now) { self.wait_until } else { now };
            self.wait_until = before.max(now.after(wait.min(WAIT_MAX)));
        }
    }

    /// Up to when the rate is used; a time that lies further ahead than the rate can bring it was written before the
    /// clock was set back.
    fn base_us(&self, rule: &FlowRule, now: Timestamp) -> i64 {
        let now = us(now);
        let interval = interval_us(rule).unwrap_or(0);
        if self.flow_us == NOTHING_SAVED {
            return now.saturating_add(tolerance_us(rule, interval));
        }
        let furthest = now.saturating_add(interval.saturating_mul(i64::from(rule.burst.max(1)) + 1));
        if self.flow_us > furthest { now } else { self.flow_us.max(now) }
    }
}

fn wait_of(cause: GateCause, rule: &FlowRule) -> Duration {
    match cause {
        GateCause::Broken => rule.broken_wait,
        GateCause::Paused => rule.paused_wait,
        GateCause::Stopped => Duration::MAX,
    }
}

/// Between two attempts at a steady rate.
fn interval_us(rule: &FlowRule) -> Option<i64> {
    rule.per_minute.map(|per_minute| (60_000_000 / i64::from(per_minute.max(1))).max(1))
}

/// How far ahead of the steady rate a burst may run.
fn tolerance_us(rule: &FlowRule, interval: i64) -> i64 {
    interval.saturating_mul(i64::from(rule.burst.max(1)) - 1)
}

fn us(at: Timestamp) -> i64 {
    at.as_ms().saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
    const SECOND: Duration = Duration::from_secs(1);
    const RULE: FlowRule = FlowRule {
        per_minute: Some(60),
        burst: 5,
        breaker_failures: 3,
        broken_wait: Duration::from_secs(30),
        paused_wait: Duration::from_secs(900),
    };

    /// Takes whatever may go.
    fn take(gate: &mut Gate, wanted: u32, now: Timestamp) -> u32 {
        let room = gate.room(wanted, &RULE, now);
        gate.took(room, &RULE, now);
        room
    }

    #[test]
    fn rate_that_nothing_reaches_is_none() {
        for per_minute in [60_000_000, 60_000_001, u32::MAX] {
            let rule = FlowRule { per_minute: Some(per_minute), ..RULE };
            assert!(Gate::default().room(4, &rule, START) > 0, "{per_minute}");
        }
    }

    #[test]
    fn rate_lets_a_burst_through_and_then_its_steady_share() {
        let mut gate = Gate::default();
        assert_eq!(take(&mut gate, 100, START), 5);
        assert_eq!(take(&mut gate, 100, START), 0);
        assert_eq!(gate.next_at(&RULE, START), START.after(SECOND));
        let taken: u32 = (1..=600).map(|tenth| take(&mut gate, 100, START.after(tenth * SECOND / 10))).sum();
        assert_eq!(taken, 60, "in the minute after");
        assert_eq!(
            take(&mut gate, 100, START.after(1_000 * SECOND)),
            5,
            "a rest fills the burst and no more"
        );
    }

    #[test]
    fn gate_without_a_rate_lets_everything_through() {
        let rule = FlowRule { per_minute: None, ..RULE };
        assert_eq!(Gate::default().room(10_000, &rule, START), 10_000);
    }

    #[test]
    fn partner_that_does_not_answer_breaks_the_flow_and_is_probed_by_one() {
        let mut gate = Gate::default();
        assert_eq!(gate.note(Verdict::Bad, "timed_out", &RULE, START), GateChange::None);
        assert_eq!(gate.note(Verdict::Alive, "status_422", &RULE, START), GateChange::None);
        for _ in 0..2 {
            assert_eq!(gate.note(Verdict::Bad, "timed_out", &RULE, START), GateChange::None);
        }
        assert_eq!(gate.note(Verdict::Bad, "timed_out", &RULE, START), GateChange::Closed(GateCause::Broken));
        assert_eq!(gate.room(9, &RULE, START), 0);
        let probe = START.after(30 * SECOND);
        assert_eq!(gate.next_at(&RULE, START), probe);
        assert_eq!(take(&mut gate, 9, probe), 1);
        assert_eq!(take(&mut gate, 9, probe), 0, "one probe, whoever asks");
        assert_eq!(
            gate.note(Verdict::Bad, "timed_out", &RULE, probe),
            GateChange::StaysClosed(GateCause::Broken)
        );
        assert_eq!(
            gate.note(Verdict::Alive, "status_422", &RULE, probe),
            GateChange::Opened(GateCause::Broken)
        );
        let taken: Vec<u32> = (1..=3).map(|s| take(&mut gate, 9, probe.after(s * SECOND))).collect();
        assert_eq!(taken, [1, 1, 1], "no burst for a partner that is just back");
        assert_eq!(take(&mut gate, 9, probe.after(60 * SECOND)), 5, "only after a rest");
    }

    #[test]
    fn partner_that_says_it_is_away_breaks_the_flow_and_is_left_alone_as_long_as_it_asked() {
        let mut gate = Gate::default();
        for _ in 0..2 {
            assert_eq!(gate.note(Verdict::Away(None), "status_503", &RULE, START), GateChange::None);
        }
        assert_eq!(gate.next_at(&RULE, START), START);
        let asked = Verdict::Away(Some(90 * SECOND));
        assert_eq!(gate.note(asked, "status_503", &RULE, START), GateChange::Closed(GateCause::Broken));
        assert_eq!(gate.next_at(&RULE, START), START.after(90 * SECOND), "later than a probe would go");
        let probe = START.after(90 * SECOND);
        assert_eq!(take(&mut gate, 9, probe), 1);
        let told = gate.note(Verdict::Away(Some(SECOND)), "status_503", &RULE, probe);
        assert_eq!(told, GateChange::StaysClosed(GateCause::Broken));
        assert_eq!(gate.next_at(&RULE, probe), probe.after(30 * SECOND), "no sooner than a probe goes");
    }

    #[test]
    fn refused_account_opens_only_for_a_delivered_lead() {
        let mut gate = Gate::default();
        assert_eq!(
            gate.note(Verdict::Refused, "status_401", &RULE, START),
            GateChange::Closed(GateCause::Paused)
        );
        for verdict in [Verdict::Alive, Verdict::Bad, Verdict::Refused] {
            assert_eq!(gate.note(verdict, "x", &RULE, START), GateChange::StaysClosed(GateCause::Paused));
        }
        assert_eq!(gate.next_at(&RULE, START), START.after(900 * SECOND));
        assert_eq!(
            gate.note(Verdict::Good, "status_200", &RULE, START),
            GateChange::Opened(GateCause::Paused)
        );
    }

    #[test]
    fn stopped_account_waits_for_its_operator_alone() {
        let mut gate = Gate::default();
        gate.stop("by hand", START);
        assert_eq!(gate.room(9, &RULE, START.after(1_000_000 * SECOND)), 0);
        assert_eq!(gate.note(Verdict::Good, "status_200", &RULE, START), GateChange::None);
        gate.open();
        assert_eq!(gate.room(9, &RULE, START), 1, "and the others at the rate");
        let mut stood_open = Gate::default();
        stood_open.open();
        assert_eq!(stood_open.room(9, &RULE, START), 5, "an open one has its burst");
    }

    #[test]
    fn partner_that_asks_to_wait_is_left_alone_so_long() {
        let mut gate = Gate::default();
        gate.note(Verdict::Wait(60 * SECOND), "status_429", &RULE, START);
        gate.note(Verdict::Wait(SECOND), "status_429", &RULE, START);
        assert_eq!(gate.room(9, &RULE, START.after(59 * SECOND)), 0);
        assert_eq!(gate.room(9, &RULE, START.after(60 * SECOND)), 5);
    }

    #[test]
    fn clock_that_is_set_back_shuts_nobody_out() {
        let mut gate = Gate::default();
        gate.close(GateCause::Broken, "timed_out", &RULE, START);
        take(&mut gate, 9, START.after(30 * SECOND));
        let back = Timestamp::from_ms(START.as_ms() - 3_600_000);
        assert_eq!(gate.room(9, &RULE, back), 1, "the probe");
        gate.closed = None;
        assert_eq!(gate.room(9, &RULE, back), 5, "the rate");
        gate.note(Verdict::Wait(60 * SECOND), "status_429", &RULE, START);
        assert_eq!(gate.room(9, &RULE, Timestamp::from_ms(START.as_ms() - 90_000_000)), 5, "the wait");
    }

    #[test]
    fn gate_that_a_clock_wrote_before_it_was_set_back_keeps_its_lengths() {
        let mut gate = Gate::default();
        gate.note(Verdict::Wait(60 * SECOND), "status_429", &RULE, START);
        gate.note(Verdict::Refused, "status_401", &RULE, START);
        let back = Timestamp::from_ms(START.as_ms() - 3_600_000);
        let shifted = gate.clone().as_of(START, back);
        assert_eq!(shifted.wait_until, back.after(60 * SECOND));
        assert_eq!(shifted.closed.as_ref().map(|closed| closed.probe_at), Some(back.after(900 * SECOND)));
        let soon = Timestamp::from_ms(START.as_ms() - 60_000);
        assert_eq!(gate.clone().as_of(START, soon), gate, "an ordinary correction");
        gate.stop("by hand", START);
        assert_eq!(gate.as_of(START, back).next_at(&RULE, back), Timestamp::from_ms(i64::MAX));
        assert_eq!(Gate::default().as_of(START, back), Gate::default());
    }

    #[test]
    fn resumed_account_waits_for_nothing() {
        let mut gate = Gate::default();
        assert!(!gate.resume(START), "it is open");
        gate.note(Verdict::Wait(60 * SECOND), "status_429", &RULE, START);
        assert!(gate.resume(START));
        assert_eq!(gate.room(9, &RULE, START), 5);
    }
}
