//! How far a partner's clock is from ours, by the `Date` of its answers.
//!
//! Apart because nothing fails by it at once: signed requests, tokens and links do, on some later day.

use super::Verdict;
use crate::clock::Timestamp;

/// How far the clocks may be apart before it is worth a warning. Partners allow minutes, where they say so at all.
const APART_MAX_S: i64 = 60;

/// Seconds by which a partner's clock is ahead of ours; less than none where it is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Apart(i64);

impl Apart {
    /// Reads an HTTP date that came between two moments of ours, within which nobody can tell the clocks apart.
    pub(super) fn read(date: &str, before: Timestamp, after: Timestamp) -> Option<Self> {
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?.as_second();
        let (before, after) = (before.as_ms().div_euclid(1_000), after.as_ms().div_euclid(1_000));
        Some(Self(if date < before {
            date.saturating_sub(before)
        } else {
            date.saturating_sub(after).max(0)
        }))
    }
}

/// Judges the distances of all origins by the largest.
pub(super) fn compare(all: &[Apart]) -> (Verdict, String) {
    let Some(Apart(seconds)) = all.iter().copied().max_by_key(|apart| apart.0.saturating_abs()) else {
        return (Verdict::NotChecked, "no answer told the partner's time".to_owned());
    };
    let (by, side) = (seconds.unsigned_abs(), if seconds > 0 { "behind" } else { "ahead of" });
    if by <= APART_MAX_S.unsigned_abs() {
        return (Verdict::Ok, format!("{by} s apart from the partner's"));
    }
    (
        Verdict::Warning,
        format!("this machine's clock is {by} s {side} the partner's: set it by a time server (NTP)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 00:00:10 to 00:00:12 of 1970.
    fn apart(date: &str) -> Option<Apart> {
        Apart::read(date, Timestamp::from_ms(10_900), Timestamp::from_ms(12_100))
    }

    #[test]
    fn distance_is_counted_from_the_nearer_end_of_the_exchange() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:09 GMT", -1),
            ("Thu, 01 Jan 1970 00:00:10 GMT", 0),
            ("Thu, 01 Jan 1970 00:00:12 GMT", 0),
            ("Thu, 01 Jan 1970 01:00:12 GMT", 3_600),
            ("Wed, 31 Dec 1969 23:00:10 GMT", -3_600),
        ] {
            assert_eq!(apart(date), Some(Apart(seconds)), "{date}");
        }
        assert_eq!(apart("soon"), None);
    }

    #[test]
    fn more_than_a_minute_is_a_warning_that_says_which_way() {
        assert_eq!(compare(&[Apart(60), Apart(-3)]).0, Verdict::Ok);
        let (verdict, note) = compare(&[Apart(2), Apart(-61)]);
        assert!(verdict == Verdict::Warning && note.contains("61 s ahead of"), "{note}");
        let (verdict, note) = compare(&[Apart(61)]);
        assert!(verdict == Verdict::Warning && note.contains("61 s behind"), "{note}");
        assert_eq!(compare(&[]).0, Verdict::NotChecked);
    }
}
