//! When a cause is told: at once when it begins, and at most hourly while it lasts.
//!
//! Apart and pure, because how often somebody is woken is decided here and nowhere else.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cause::{Cause, Subject};
use crate::clock::Timestamp;

/// Between two alerts of one cause that lasts.
const REPEAT: Duration = Duration::from_secs(60 * 60);
/// A cause that comes back within this time was never over.
const QUIET: Duration = Duration::from_secs(5 * 60);

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alert {
    pub(super) cause: Cause,
    pub(super) account: Option<String>,
    /// How many leads; 1 for what is no lead.
    pub(super) count: u64,
    /// Whether it was told before and still lasts.
    pub(super) repeated: bool,
}

/// What a look brings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) alerts: Vec<Alert>,
    pub(super) over: Vec<Subject>,
}

/// What was told of, and when.
#[derive(Default)]
pub(super) struct Watch(BTreeMap<Subject, Told>);

struct Told {
    at: Timestamp,
    gone_since: Option<Timestamp>,
}

impl Watch {
    /// Compares what there is with what was told.
    pub(super) fn look(&mut self, now: Timestamp, seen: BTreeMap<Subject, u64>) -> Look {
        let over = self.forget(now, &seen);
        let alerts = seen.into_iter().filter_map(|(subject, count)| self.note(now, subject, count)).collect();
        Look { alerts, over }
    }

    /// A look at which nothing could be seen: the store does not answer. Of everything else nothing is known, so all of it
    /// stays as it was.
    pub(super) fn blind(&mut self, now: Timestamp) -> Look {
        let alert = self.note(now, (Cause::StoreUnavailable, None), 1);
        Look { alerts: alert.into_iter().collect(), over: Vec::new() }
    }

    /// What to tell of something that there is.
    fn note(&mut self, now: Timestamp, subject: Subject, count: u64) -> Option<Alert> {
        let known = self.0.get_mut(&subject);
        let repeated = known.is_some();
        if let Some(told) = known {
            told.gone_since = None;
            // A moment that lies ahead was written before the clock was set back.
            if now >= told.at && now.since(told.at) < REPEAT {
                return None;
            }
            told.at = now;
        } else {
            self.0.insert(subject.clone(), Told { at: now, gone_since: None });
        }
        let (cause, account) = subject;
        Some(Alert { cause, account, count, repeated })
    }

    /// Forgets what is over; those of it that are.
    fn forget(&mut self, now: Timestamp, seen: &BTreeMap<Subject, u64>) -> Vec<Subject> {
        let mut over = Vec::new();
        self.0.retain(|subject, told| {
            if seen.contains_key(subject) {
                return true;
            }
            let since = *told.gone_since.get_or_insert(now);
            if subject.0.flaps() && now.since(since) < QUIET {
                return true;
            }
            over.push(subject.clone());
            false
        });
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn seen(subjects: &[(Cause, u64)]) -> BTreeMap<Subject, u64> {
        subjects.iter().map(|(cause, count)| ((*cause, Some("web".to_owned())), *count)).collect()
    }

    /// Causes and counts that are told so many minutes after the start.
    fn told(watch: &mut Watch, minutes: u32, subjects: &[(Cause, u64)]) -> Vec<(Cause, u64, bool)> {
        let look = watch.look(START.after(minutes * MINUTE), seen(subjects));
        look.alerts.into_iter().map(|alert| (alert.cause, alert.count, alert.repeated)).collect()
    }

    #[test]
    fn cause_is_told_when_it_begins_and_hourly_while_it_lasts() {
        let mut watch = Watch::default();
        assert_eq!(told(&mut watch, 0, &[(Cause::LeadHeld, 1)]), [(Cause::LeadHeld, 1, false)]);
        for minute in 1..60 {
            assert_eq!(told(&mut watch, minute, &[(Cause::LeadHeld, minute.into())]), []);
        }
        assert_eq!(told(&mut watch, 60, &[(Cause::LeadHeld, 99)]), [(Cause::LeadHeld, 99, true)]);
        assert_eq!(told(&mut watch, 61, &[(Cause::LeadHeld, 99)]), []);
    }

    #[test]
    fn causes_and_accounts_are_told_apart() {
        let mut watch = Watch::default();
        told(&mut watch, 0, &[(Cause::LeadHeld, 1)]);
        let both = [(Cause::LeadHeld, 1), (Cause::LeadDead, 2)];
        assert_eq!(told(&mut watch, 1, &both), [(Cause::LeadDead, 2, false)]);
        let other = BTreeMap::from([((Cause::LeadHeld, Some("other".to_owned())), 3)]);
        assert_eq!(watch.look(START.after(2 * MINUTE), other).alerts.len(), 1);
    }

    #[test]
    fn lead_that_is_held_after_all_were_settled_is_told_at_once() {
        let mut watch = Watch::default();
        told(&mut watch, 0, &[(Cause::LeadHeld, 1)]);
        let over = watch.look(START.after(MINUTE), BTreeMap::new()).over;
        assert_eq!(over, [(Cause::LeadHeld, Some("web".to_owned()))]);
        assert_eq!(told(&mut watch, 2, &[(Cause::LeadHeld, 1)]), [(Cause::LeadHeld, 1, false)]);
    }

    #[test]
    fn account_that_comes_and_goes_is_told_once() {
        let mut watch = Watch::default();
        assert_eq!(told(&mut watch, 0, &[(Cause::AccountBroken, 1)]).len(), 1);
        for minute in 1..40 {
            let is_broken = minute % 4 == 0;
            let now: &[_] = if is_broken { &[(Cause::AccountBroken, 1)] } else { &[] };
            assert_eq!(told(&mut watch, minute, now), [], "minute {minute}");
        }
        // Six quiet minutes end it.
        (40..47).for_each(|minute| drop(told(&mut watch, minute, &[])));
        assert_eq!(told(&mut watch, 47, &[(Cause::AccountBroken, 1)]), [(Cause::AccountBroken, 1, false)]);
    }

    #[test]
    fn store_that_does_not_answer_ends_nothing_else() {
        let mut watch = Watch::default();
        told(&mut watch, 0, &[(Cause::LeadHeld, 1)]);
        let blind = watch.blind(START.after(MINUTE));
        assert_eq!(blind.alerts.first().map(|alert| alert.cause), Some(Cause::StoreUnavailable));
        assert_eq!((watch.blind(START.after(2 * MINUTE)), blind.over), (Look::default(), Vec::new()));
        assert_eq!(told(&mut watch, 3, &[(Cause::LeadHeld, 1)]), []);
    }

    #[test]
    fn clock_that_is_set_back_leaves_nobody_untold() {
        let mut watch = Watch::default();
        told(&mut watch, 600, &[(Cause::LeadHeld, 1)]);
        assert_eq!(told(&mut watch, 0, &[(Cause::LeadHeld, 1)]), [(Cause::LeadHeld, 1, true)]);
        assert_eq!(told(&mut watch, 1, &[(Cause::LeadHeld, 1)]), []);
    }
}
