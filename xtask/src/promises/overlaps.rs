//! Requests against attempts: each request belongs to one attempt that was written down before it, and no two attempts of
//! one delivery are made at a time.
//!
//! Apart because this is what a worker breaks that sends under a lease which is somebody else's by now.

use super::book::Attempt;
use crate::load::Moment;

/// How far the clocks of store and partner may differ: all of them are this machine's, read to the millisecond.
const SLACK_MS: i64 = 10;

/// How much later than its attempt a request may be read that left in time: a partner that the machine keeps waiting reads what
/// lies in its socket after the sender has given up. So it is with an attempt that its own sender has ended; what others
/// have ended, because its lease was over, is held to the clock.
const READ_LATE_MS: i64 = 60_000;

/// Requests that fall into no attempt of their own.
pub(super) fn strays(asked: &[Moment], attempts: &[Attempt]) -> usize {
    let mut asked = asked.to_vec();
    asked.sort_unstable();
    let mut free: Vec<&Attempt> = attempts.iter().collect();
    let mut strays = 0;
    for at in asked {
        let fits = |attempt: &&Attempt| {
            at >= attempt.started_at - SLACK_MS
                && attempt.ended_at.is_none_or(|ended_at| {
                    at <= ended_at + if attempt.timed_out { READ_LATE_MS } else { SLACK_MS }
                })
        };
        match free.iter().position(fits) {
            Some(place) => _ = free.remove(place),
            None => strays += 1,
        }
    }
    strays
}

/// Whether an attempt began before the one before it had ended.
pub(super) fn overlap(attempts: &[Attempt]) -> bool {
    let pairs = attempts.iter().zip(attempts.iter().skip(1));
    let mut pairs = pairs.map(|(first, second)| (first.ended_at, second.started_at));
    pairs.any(|(ended_at, started_at)| ended_at.is_none_or(|ended_at| started_at + SLACK_MS < ended_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(started_at: Moment, ended_at: Option<Moment>) -> Attempt {
        Attempt { started_at, ended_at, ..Attempt::default() }
    }

    #[test]
    fn request_belongs_to_an_attempt_of_its_own_or_strays() {
        let attempts = [attempt(1_000, Some(2_000)), attempt(3_000, None)];
        for (asked, expected) in [
            (vec![], 0),
            (vec![1_500, 9_000], 0),
            (vec![995, 2_005], 1),
            (vec![900], 1),
            (vec![2_500], 1),
            (vec![3_500, 3_600, 3_700], 2),
        ] {
            assert_eq!(strays(&asked, &attempts), expected, "{asked:?}");
        }
    }

    #[test]
    fn request_that_left_before_its_sender_gave_up_may_be_read_later_and_once() {
        let gave_up = Attempt { timed_out: true, ..attempt(1_000, Some(3_000)) };
        let attempts = [gave_up, attempt(9_000, Some(9_500))];
        assert_eq!(strays(&[8_000], &attempts), 0);
        assert_eq!(strays(&[8_000, 8_100], &attempts), 1);
        assert_eq!(strays(&[9_100, 9_200], &attempts), 0);
        assert_eq!(strays(&[9_800], &[attempt(9_000, Some(9_500))]), 1);
    }

    #[test]
    fn attempt_that_begins_before_the_last_has_ended_overlaps() {
        assert!(!overlap(&[attempt(1_000, Some(2_000)), attempt(2_000, None)]));
        assert!(overlap(&[attempt(1_000, Some(2_000)), attempt(1_900, None)]));
        assert!(overlap(&[attempt(1_000, None), attempt(5_000, None)]));
    }
}
