//! When a submission that did not get through is sent again.
//!
//! Apart so that the schedule is one table. Every try carries the same idempotency key, so trying often can't double a
//! lead; the pauses only spare the visitor's battery and a proxy that has trouble already.

/// Pauses between tries, in milliseconds; the last one repeats for as long as the page is open.
const PAUSES_MS: &[u32] = &[2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/// Longest pause that an answer may ask for, in seconds: a visitor does not wait for hours.
const ASKED_MAX_S: u32 = 300;

/// Pauses before a receipt is asked for news, in milliseconds. After the last one "on its way" stays on the page.
const RECEIPT_PAUSES_MS: &[u32] = &[2_000, 5_000, 15_000];

/// The pause after this many tries in vain, in milliseconds; what the answer asked for (in seconds) where it is longer.
pub(super) fn pause_ms(tries: usize, asked_s: Option<u32>) -> u32 {
    let last = PAUSES_MS.last().copied().unwrap_or_default();
    let pause = PAUSES_MS.get(tries).copied().unwrap_or(last);
    asked_s.map_or(pause, |asked| pause.max(asked.min(ASKED_MAX_S) * 1_000))
}

/// The pause before a receipt is asked again, in milliseconds, while there is a point in asking.
pub(super) fn receipt_pause_ms(asked: usize) -> Option<u32> {
    RECEIPT_PAUSES_MS.get(asked).copied()
}

#[cfg(test)]
mod tests {
    use super::pause_ms;

    #[test]
    fn pauses_grow_and_then_stay() {
        let pauses: Vec<u32> = (0..9).map(|tries| pause_ms(tries, None)).collect();
        assert!(pauses.is_sorted());
        assert_eq!(pauses.last(), Some(&60_000));
    }

    #[test]
    fn asked_pause_counts_where_it_is_longer_and_bounded() {
        assert_eq!(pause_ms(0, Some(10)), 10_000);
        assert_eq!(pause_ms(4, Some(1)), 30_000);
        assert_eq!(pause_ms(0, Some(u32::MAX)), 300_000);
    }
}
