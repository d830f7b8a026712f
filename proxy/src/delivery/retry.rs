//! What follows an attempt: the one table of classes and next steps.
//!
//! Apart and pure, because retry is decided here and nowhere else: connectors name an outcome, transport says whether a
//! byte left, and neither loops, sleeps or counts. What the attempt says of the account is decided here as well; what that does
//! to its rate, breaker and pause is the gate's (`store/gate.rs`).
//!
//! | class | next step |
//! |---|---|
//! | delivered | done |
//! | not sent | again after the next wait of the schedule; past the horizon a dead letter |
//! | throttled | again when the partner says, 1 s to 24 h from now, else as not sent |
//! | rejected | dead letter (a visitor still waiting hears which fields) |
//! | credential | the account is paused and its deliveries wait; one is tried every `probe_wait_ms` and at the next start |
//! | in doubt | the connector's word: one more try with the same receipt, then held; again; ask the partner first; or held |
//!
//! After doubt nothing is given up as if the partner surely did not have it: what would be a dead letter is held.

use std::time::Duration;

use crate::clock::{Clock, Timestamp};
use crate::connectors::{InDoubtPolicy, Outcome, RetryAfter, Why};
use crate::delivery::DeliveryConfig;
use crate::store::{AttemptClass, Standing, Verdict};

/// Bounds of a wait that a partner asks for.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of a delivery when an attempt ends.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// Attempts so far, this one included.
    pub attempts: u32,
    /// Attempts before this one that ended in doubt.
    pub doubts: u32,
    /// When the submission was stored.
    pub received_at: Timestamp,
}

/// Where an attempt leaves its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The class of the attempt.
    pub class: AttemptClass,
    /// Where the delivery stands now.
    pub standing: Standing,
    /// What the attempt says of the account.
    pub verdict: Verdict,
}

/// Decides what follows an attempt.
pub fn next_step(
    outcome: &Outcome,
    policy: InDoubtPolicy,
    history: History,
    clock: &Clock,
    config: &DeliveryConfig,
) -> Step {
    let now = clock.now();
    let give_up = if history.doubts > 0 { Standing::Held } else { Standing::DeadLetter };
    let again = |wait: Duration| match is_too_old(history, now, config) {
        true => give_up,
        false => Standing::Waiting { after: wait },
    };
    let (class, standing) = match outcome {
        Outcome::Delivered { .. } => (AttemptClass::Delivered, Standing::Delivered),
        Outcome::NotSent { .. } => {
            (AttemptClass::NotSent, again(scheduled_wait(history.attempts, clock, config)))
        }
        Outcome::Throttled { retry_after, .. } => {
            let wait = retry_after.map(|asked| asked_wait(asked, now));
            let wait = wait.unwrap_or_else(|| scheduled_wait(history.attempts, clock, config));
            (AttemptClass::Throttled, again(wait))
        }
        Outcome::Rejected { .. } => (AttemptClass::Rejected, give_up),
        Outcome::Credential { .. } => (AttemptClass::Credential, Standing::Waiting { after: Duration::ZERO }),
        Outcome::InDoubt { .. } => {
            let soon = Standing::Waiting { after: jittered(config.doubt_wait_ms, clock) };
            let standing = match policy {
                InDoubtPolicy::RetryOnceThenHold | InDoubtPolicy::AskThenHold if history.doubts == 0 => soon,
                InDoubtPolicy::Retry | InDoubtPolicy::AskThenRetry if history.doubts == 0 => soon,
                InDoubtPolicy::Retry | InDoubtPolicy::AskThenRetry => {
                    again(scheduled_wait(history.attempts, clock, config))
                }
                InDoubtPolicy::RetryOnceThenHold | InDoubtPolicy::AskThenHold | InDoubtPolicy::Hold => {
                    Standing::Held
                }
            };
            (AttemptClass::InDoubt, standing)
        }
    };
    Step { class, standing, verdict: verdict_of(outcome, now) }
}

/// What an attempt says of the partner and of our account there.
fn verdict_of(outcome: &Outcome, now: Timestamp) -> Verdict {
    match outcome {
        Outcome::Delivered { .. } => Verdict::Good,
        Outcome::Rejected { .. } => Verdict::Alive,
        // A partner that is away is not there, however politely it says so.
        Outcome::Throttled { retry_after, why } if why.is_server_error() => {
            Verdict::Away(retry_after.map(|asked| asked_wait(asked, now)))
        }
        Outcome::Throttled { retry_after: Some(asked), .. } => Verdict::Wait(asked_wait(*asked, now)),
        Outcome::Throttled { retry_after: None, .. } => Verdict::Alive,
        Outcome::Credential { .. } => Verdict::Refused,
        Outcome::NotSent { why } | Outcome::InDoubt { why } => match why {
            // Nothing was asked of the partner, or it was our own process that fell silent.
            Why::LeaseLost | Why::NotBuilt | Why::ProcessEnded | Why::PayloadRules | Why::StoreFailed => {
                Verdict::Neutral
            }
            // It was there and said that it does not know the lead.
            Why::NotFound => Verdict::Alive,
            _ => Verdict::Bad,
        },
    }
}

/// Both old and often tried: a lead that waited for a paused account still gets its tries.
fn is_too_old(history: History, now: Timestamp, config: &DeliveryConfig) -> bool {
    let tries = u32::try_from(config.retry_waits_ms.len()).unwrap_or(u32::MAX);
    history.attempts >= tries
        && now.since(history.received_at) >= Duration::from_millis(config.retry_horizon_ms)
}

fn scheduled_wait(attempts: u32, clock: &Clock, config: &DeliveryConfig) -> Duration {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = config.retry_waits_ms.get(place).or(config.retry_waits_ms.last());
    jittered(wait.copied().unwrap_or(1_000), clock)
}

/// The wait and up to half of it more, so that deliveries which failed together do not come back together.
fn jittered(wait_ms: u64, clock: &Clock) -> Duration {
    Duration::from_millis(wait_ms.saturating_add(clock.random_below(wait_ms / 2 + 1)))
}

fn asked_wait(asked: RetryAfter, now: Timestamp) -> Duration {
    let wait = match asked {
        RetryAfter::Wait(wait) => wait,
        RetryAfter::At(seconds) => Timestamp::from_ms(seconds.saturating_mul(1_000)).since(now),
    };
    wait.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_MS: i64 = 1_767_225_600_000;
    const HOUR: Duration = Duration::from_secs(3_600);

    fn config() -> DeliveryConfig {
        DeliveryConfig {
            allow_loopback: false,
            ca_file: Default::default(),
            authorities: Default::default(),
            concurrent_max: 64,
            account_concurrent_max: 4,
            account_per_minute: 1_200,
            account_burst: 100,
            breaker_failures: 5,
            breaker_wait_ms: 30_000,
            connect_timeout_ms: 5_000,
            exchange_timeout_ms: 20_000,
            answer_bytes_max: 65_536,
            retry_waits_ms: vec![1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000],
            retry_horizon_ms: 72 * 3_600_000,
            doubt_wait_ms: 5_000,
            probe_wait_ms: 900_000,
            lease_ms: 60_000,
            stop_wait_ms: 25_000,
        }
    }

    fn step(outcome: &Outcome, policy: InDoubtPolicy, attempts: u32, doubts: u32, age: Duration) -> Step {
        let (clock, hand) = Clock::manual(Timestamp::from_ms(START_MS));
        hand.advance(age);
        let history = History { attempts, doubts, received_at: Timestamp::from_ms(START_MS) };
        next_step(outcome, policy, history, &clock, &config())
    }

    fn wait_of(step: Step) -> Duration {
        match step.standing {
            Standing::Waiting { after } => after,
            other => panic!("{other:?} is no wait"),
        }
    }

    #[test]
    fn not_sent_waits_longer_each_time_and_never_less_than_the_schedule() {
        let outcome = Outcome::NotSent { why: Why::Connect };
        for (attempts, floor_ms) in [
            (1, 1_000),
            (2, 5_000),
            (3, 30_000),
            (4, 120_000),
            (5, 600_000),
            (6, 3_600_000),
            (7, 3_600_000),
            (900, 3_600_000),
        ] {
            let wait = wait_of(step(&outcome, InDoubtPolicy::Hold, attempts, 0, HOUR)).as_millis();
            assert!((floor_ms..=floor_ms * 3 / 2).contains(&wait), "attempt {attempts} waits {wait} ms");
        }
    }

    #[test]
    fn lead_that_is_old_and_often_tried_becomes_a_dead_letter() {
        let outcome = Outcome::NotSent { why: Why::Dns };
        let old = 72 * HOUR;
        let standing =
            |attempts, doubts, age| step(&outcome, InDoubtPolicy::Hold, attempts, doubts, age).standing;
        assert_eq!(standing(6, 0, old), Standing::DeadLetter);
        assert_eq!(standing(6, 1, old), Standing::Held, "the partner may have it");
        assert!(matches!(standing(5, 0, old), Standing::Waiting { .. }), "its account was paused for days");
        assert!(matches!(standing(60, 0, old - HOUR), Standing::Waiting { .. }));
    }

    #[test]
    fn throttled_waits_as_asked_within_bounds() {
        let now_s = START_MS / 1_000;
        for (asked, wait_s) in [
            (RetryAfter::Wait(Duration::from_secs(2)), 2),
            (RetryAfter::Wait(Duration::ZERO), 1),
            (RetryAfter::Wait(Duration::from_secs(u64::MAX)), 86_400),
            (RetryAfter::At(now_s + 90), 90),
            (RetryAfter::At(now_s - 90), 1),
            (RetryAfter::At(i64::MAX), 86_400),
            (RetryAfter::At(i64::MIN), 1),
        ] {
            let outcome = Outcome::Throttled { retry_after: Some(asked), why: Why::Status(429) };
            let step = step(&outcome, InDoubtPolicy::Hold, 1, 0, Duration::ZERO);
            assert_eq!(wait_of(step).as_secs(), wait_s, "{asked:?}");
        }
    }

    #[test]
    fn doubt_follows_the_connectors_word() {
        let outcome = Outcome::InDoubt { why: Why::TimedOut };
        let standing = |policy, doubts| step(&outcome, policy, 1, doubts, Duration::ZERO).standing;
        assert!(matches!(standing(InDoubtPolicy::RetryOnceThenHold, 0), Standing::Waiting { .. }));
        assert_eq!(standing(InDoubtPolicy::RetryOnceThenHold, 1), Standing::Held);
        assert_eq!(standing(InDoubtPolicy::Hold, 0), Standing::Held);
    }

    #[test]
    fn refusal_after_doubt_is_held_because_the_first_try_may_have_been_taken() {
        let outcome = Outcome::Rejected { fields: Vec::new(), why: Why::Status(400) };
        assert_eq!(step(&outcome, InDoubtPolicy::Hold, 1, 0, Duration::ZERO).standing, Standing::DeadLetter);
        assert_eq!(step(&outcome, InDoubtPolicy::Hold, 2, 1, Duration::ZERO).standing, Standing::Held);
    }

    #[test]
    fn partner_that_is_away_is_not_there_however_it_says_so() {
        let verdict = |status, retry_after| {
            let outcome = Outcome::Throttled { retry_after, why: Why::Status(status) };
            step(&outcome, InDoubtPolicy::Hold, 1, 0, Duration::ZERO).verdict
        };
        let minute = Duration::from_secs(60);
        assert_eq!(verdict(503, None), Verdict::Away(None));
        assert_eq!(verdict(503, Some(RetryAfter::Wait(minute))), Verdict::Away(Some(minute)));
        assert_eq!(verdict(429, None), Verdict::Alive);
        assert_eq!(verdict(429, Some(RetryAfter::Wait(minute))), Verdict::Wait(minute));
    }

    #[test]
    fn only_an_unknown_credential_pauses_the_account() {
        let why = Why::Status(401);
        let paused =
            step(&Outcome::Credential { can_renew: false, why }, InDoubtPolicy::Hold, 1, 0, Duration::ZERO);
        assert_eq!(paused.verdict, Verdict::Refused);
        assert_eq!(wait_of(paused), Duration::ZERO);
        let unsent = step(&Outcome::NotSent { why }, InDoubtPolicy::Hold, 1, 0, Duration::ZERO);
        assert_eq!(unsent.verdict, Verdict::Bad);
    }
}
