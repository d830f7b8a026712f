//! What is kept of an account's tokens, when they are renewed, and how long the endpoint is left alone.
//!
//! Apart and pure: here is every rule about time, so that a test can hold a day of it in a millisecond.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::{Clock, Timestamp};
use crate::credentials::tokens::answer::{Fresh, Life};
use crate::store::{TokenRow, TokenState};

/// How long a token is taken for good whose life is not said, or not to be believed: the partner's 401 renews it sooner.
const LIFE_ASSUMED: Duration = Duration::from_secs(60 * 60);
/// Longest time before its end at which a token is renewed.
const MARGIN_MAX: Duration = Duration::from_secs(60);
/// Shortest time between two tokens, however short they live.
const SPAN_MIN: Duration = Duration::from_secs(30);
/// Longest wait between two tries; with it and the waits before it, 20 tries fit into a day.
const WAIT_MAX: Duration = Duration::from_secs(2 * 60 * 60);
/// Longest patience that an endpoint can ask for.
const ASKED_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a refusal stands before it is tried again by itself.
const REFUSED_WAIT: Duration = Duration::from_secs(60 * 60);
/// How far ahead of the clock a row may have been written before the clock counts as set back.
const STEP_BACK_MIN: Duration = Duration::from_secs(60);

/// Tokens as they are sealed.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// How many tokens in a row were asked for because the partner refused the one before.
    pub(super) forced: u32,
    /// Which client of which endpoint they were given to: with other settings they are nobody's.
    pub(super) bound: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Written<T> {
    access: T,
    refresh: Option<T>,
    issued_at: i64,
    expires_at: i64,
    forced: u32,
    bound: Vec<u8>,
}

impl Kept {
    /// New tokens after older ones.
    pub(super) fn of(
        fresh: Fresh,
        before: Option<&Self>,
        forced: u32,
        bound: Vec<u8>,
        now: Timestamp,
    ) -> Self {
        let life = match fresh.life {
            Life::Known(life) => life.max(SPAN_MIN),
            Life::Unsaid | Life::Unbelievable => LIFE_ASSUMED,
        };
        let refresh = fresh.refresh.or_else(|| before.and_then(|before| before.refresh.clone()));
        Self { access: fresh.access, refresh, issued_at: now, expires_at: now.after(life), forced, bound }
    }

    /// As bytes to be sealed.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let written = Written {
            access: self.access.expose_secret(),
            refresh: self.refresh.as_ref().map(SecretString::expose_secret),
            issued_at: self.issued_at.as_ms(),
            expires_at: self.expires_at.as_ms(),
            forced: self.forced,
            bound: self.bound.clone(),
        };
        let room = written.access.len() + written.refresh.map_or(0, str::len) + self.bound.len() * 4 + 256;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *bytes, &written)
            .expect("texts and numbers always have a JSON form, and a vector takes every byte");
        bytes
    }

    /// From opened bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let written: Written<String> = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            access: SecretString::from(written.access),
            refresh: written.refresh.map(SecretString::from),
            issued_at: Timestamp::from_ms(written.issued_at),
            expires_at: Timestamp::from_ms(written.expires_at),
            forced: written.forced,
            bound: written.bound,
        })
    }

    /// Whether the token may be sent at all. One from the future was written before the clock was set back, and nobody
    /// knows its age.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at && !is_ahead(self.issued_at, now)
    }

    /// When the next one is fetched: a minute or a tenth of its life before its end, give or take a quarter of that.
    pub(super) fn renew_at(&self, clock: &Clock) -> Timestamp {
        let life = self.expires_at.since(self.issued_at);
        let margin = millis(MARGIN_MAX.min(life / 10));
        let early = margin - margin / 4 + clock.random_below(margin / 2 + 1);
        self.issued_at.after(life.saturating_sub(Duration::from_millis(early)).max(SPAN_MIN))
    }

    /// How many tokens in a row were forced, where this one is refused now.
    pub(super) fn forced_next(&self, now: Timestamp) -> u32 {
        let is_old = now.since(self.issued_at) >= WAIT_MAX * 2;
        if is_old { 1 } else { self.forced.saturating_add(1) }
    }

    /// When a token that the partner has refused may be followed by another. The first time at once; a partner that
    /// refuses each new token is asked more and more seldom.
    pub(super) fn next_forced_at(&self) -> Timestamp {
        match self.forced {
            0 => self.issued_at,
            forced => self.issued_at.after(doubled(forced)),
        }
    }
}

/// Whether this was written so far ahead of the clock that the clock must have been set back since.
fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    at > now.after(STEP_BACK_MIN)
}

/// 30 s, 60 s and so on, up to two hours.
fn doubled(failures: u32) -> Duration {
    SPAN_MIN.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)).min(WAIT_MAX)
}

/// When the endpoint is asked again after so many tries in a row without a token, or after the patience that it asks
/// for: never sooner than planned, and up to a quarter later, so that accounts which failed together do not come back so.
pub(super) fn retry_at(failures: u32, asked: Option<Duration>, clock: &Clock) -> Timestamp {
    let wait = doubled(failures).max(asked.unwrap_or_default().min(ASKED_MAX));
    let jitter = clock.random_below(millis(wait) / 4 + 1);
    clock.now().after(wait).after(Duration::from_millis(jitter))
}

/// When a refusal that a person need not lift is tried again.
pub(super) fn refused_until(now: Timestamp) -> Timestamp {
    now.after(REFUSED_WAIT)
}

/// What a row says of asking the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It may be asked.
    Open,
    /// Not yet.
    Waits,
    /// It refuses the account, and nothing has changed since.
    Refused,
}

/// What a row says of asking the endpoint with these credentials (by their print).
pub(super) fn stand(row: &TokenRow, client: &[u8], now: Timestamp) -> Stand {
    // A wait that was planned by a clock that has been set back since would last as much longer.
    let waits = row.retry_at.is_some_and(|at| now < at) && !is_ahead(row.changed_at, now);
    match row.state {
        TokenState::Good if waits => Stand::Waits,
        TokenState::Good => Stand::Open,
        TokenState::Refused => {
            let others = row.client.as_ref().is_some_and(|refused| refused != client);
            let over = row.retry_at.is_some() && !waits;
            if others || over { Stand::Open } else { Stand::Refused }
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fence;

    const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn kept(life: Life) -> Kept {
        let fresh = Fresh { access: SecretString::from("a"), refresh: None, life };
        Kept::of(fresh, None, 0, vec![7], START)
    }

    fn known(seconds: u64) -> Life {
        Life::Known(Duration::from_secs(seconds))
    }

    #[test]
    fn what_is_kept_reads_back() {
        let before = Kept { refresh: Some(SecretString::from("r1")), ..kept(known(600)) };
        let fresh = Fresh { access: SecretString::from("a2"), refresh: None, life: known(60) };
        let after = Kept::of(fresh, Some(&before), 3, vec![1, 255], START.after(DAY));
        let read = Kept::from_bytes(&after.to_bytes()).unwrap();
        assert_eq!(read.access.expose_secret(), "a2");
        assert_eq!(read.refresh.unwrap().expose_secret(), "r1", "kept where the answer brings none");
        assert_eq!((read.issued_at, read.expires_at), (after.issued_at, after.expires_at));
        assert_eq!((read.forced, read.bound), (3, vec![1, 255]));
        assert!(Kept::from_bytes(b"{}").is_none());
        assert!(!format!("{after:?}").contains("r1"));
    }

    #[test]
    fn token_is_renewed_a_minute_or_a_tenth_before_its_end() {
        let (clock, _hand) = Clock::manual(START);
        for (seconds, earliest, latest) in [
            (86_400, 86_325_000, 86_355_000),
            (600, 525_000, 555_000),
            (100, 87_500, 92_500),
            (5, 30_000, 30_000),
        ] {
            for _ in 0..1_000 {
                let at = kept(known(seconds)).renew_at(&clock).since(START).as_millis();
                assert!((earliest..=latest).contains(&at), "{seconds} s: {at} ms");
            }
        }
    }

    #[test]
    fn life_that_is_not_believed_is_an_hour() {
        for life in [Life::Unsaid, Life::Unbelievable] {
            assert_eq!(kept(life).expires_at.since(START), LIFE_ASSUMED);
        }
    }

    #[test]
    fn token_is_good_to_its_end_and_not_before_the_clock_was_set_back() {
        let kept = kept(known(600));
        for (now_ms, good) in
            [(0, true), (599_999, true), (600_000, false), (-60_000, true), (-60_001, false)]
        {
            assert_eq!(kept.is_good(Timestamp::from_ms(START.as_ms() + now_ms)), good, "{now_ms}");
        }
    }

    #[test]
    fn endpoint_that_is_down_is_asked_twenty_times_a_day_at_most() {
        let (clock, hand) = Clock::manual(START);
        let mut tries = 1;
        let mut shortest = Duration::MAX;
        loop {
            let wait = retry_at(tries, None, &clock).since(clock.now());
            shortest = shortest.min(wait);
            hand.advance(wait);
            if clock.now().since(START) >= DAY {
                break;
            }
            tries += 1;
        }
        assert!((10..=20).contains(&tries), "{tries}");
        assert!(shortest >= SPAN_MIN, "{shortest:?}");
    }

    #[test]
    fn patience_that_is_asked_for_is_kept_up_to_a_day() {
        let (clock, _hand) = Clock::manual(START);
        let wait = |asked| retry_at(1, Some(Duration::from_secs(asked)), &clock).since(START);
        assert!(wait(1) >= SPAN_MIN);
        assert!((Duration::from_secs(600)..=Duration::from_secs(750)).contains(&wait(600)));
        assert!(wait(u64::MAX / 2_000) <= DAY * 5 / 4);
    }

    #[test]
    fn partner_that_refuses_each_new_token_is_asked_more_and_more_seldom() {
        let waits = [0, 1, 2, 3, 9, 100]
            .map(|forced| Kept { forced, ..kept(known(600)) }.next_forced_at().since(START).as_secs());
        assert_eq!(waits, [0, 30, 60, 120, 7_200, 7_200]);
    }

    #[test]
    fn refusal_stands_until_its_time_or_other_credentials() {
        let row = |state, retry_at, changed_at| TokenRow {
            generation: 1,
            fence: Fence(1),
            sealed: None,
            state,
            reason: None,
            failures: 1,
            retry_at,
            client: Some(vec![1]),
            changed_at,
        };
        let later = Some(START.after(DAY));
        for (state, retry_at, changed_at, client, expected) in [
            (TokenState::Good, None, START, 1, Stand::Open),
            (TokenState::Good, later, START, 1, Stand::Waits),
            (TokenState::Good, Some(START), START, 1, Stand::Open),
            (TokenState::Good, later, START.after(DAY), 1, Stand::Open),
            (TokenState::Refused, later, START, 1, Stand::Refused),
            (TokenState::Refused, Some(START), START, 1, Stand::Open),
            (TokenState::Refused, None, START, 1, Stand::Refused),
            (TokenState::Refused, later, START, 2, Stand::Open),
        ] {
            assert_eq!(stand(&row(state, retry_at, changed_at), &[client], START), expected);
        }
    }
}
