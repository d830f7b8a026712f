//! Decimal numbers as people type them, without floating point.
//!
//! Apart and own because `f64` would cost the browser's download its parsing tables and would show `0.1 + 0.2` to
//! somebody one day.

use core::fmt;

/// Digits after the point that are kept.
const PLACES: usize = 6;
const ONE: i64 = 1_000_000;

/// A number with up to six decimal places, of at most about nine million million either side of zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i64);

impl Decimal {
    /// Reads `-12`, `3.50`, `3,50` (one comma as the decimal mark) and `1 200`. `None` for anything else, for more than
    /// six places, and outside the range.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mut whole, mut places, mut seen_mark, mut seen_digit) = (0_i64, 0_usize, false, false);
        for c in digits.chars() {
            match c {
                '0'..='9' => {
                    seen_digit = true;
                    if seen_mark {
                        places += 1;
                    }
                    if places > PLACES {
                        return None;
                    }
                    let digit = i64::from(c.to_digit(10)?);
                    whole = whole.checked_mul(10)?.checked_add(digit)?;
                }
                '.' | ',' if !seen_mark => seen_mark = true,
                ' ' | '\u{a0}' | '\u{202f}' | '\'' if !seen_mark && seen_digit => {}
                _ => return None,
            }
        }
        if !seen_digit {
            return None;
        }
        for _ in places..PLACES {
            whole = whole.checked_mul(10)?;
        }
        Some(Self(if negative { -whole } else { whole }))
    }

    /// Whether this is a whole multiple of `step`; any number is one of a zero step.
    pub fn is_multiple_of(self, step: Self) -> bool {
        step.0 == 0 || self.0 % step.0 == 0
    }
}

/// The plain form: no plus, no trailing zeros, a point as the mark.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = ((self.0 / ONE).unsigned_abs(), (self.0 % ONE).unsigned_abs());
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if fraction != 0 {
            let digits = format!("{fraction:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::Decimal;

    fn shown(text: &str) -> Option<String> {
        Decimal::parse(text).map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_written_in_one_plain_form() {
        for (typed, plain) in [
            ("12", "12"),
            (" +12.50 ", "12.5"),
            ("3,5", "3.5"),
            ("1 200", "1200"),
            ("-0.000001", "-0.000001"),
            ("007", "7"),
            ("-0", "0"),
        ] {
            assert_eq!(shown(typed).as_deref(), Some(plain), "{typed}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for typed in ["", "-", "1.2.3", "1e5", "abc", "1.0000001", "99999999999999999999", " . ", "1.200,50"]
        {
            assert_eq!(shown(typed), None, "{typed}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        let step = Decimal::parse("0.1").unwrap();
        assert!(Decimal::parse("0.3").unwrap().is_multiple_of(step));
        assert!(!Decimal::parse("0.35").unwrap().is_multiple_of(step));
    }
}
