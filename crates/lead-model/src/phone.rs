//! Phone numbers to the shape of E.164: a plus, the country's calling code, the number, at most 15 digits.
//!
//! Apart because it carries a table. The shape is checked, not whether the number exists: numbering plans change faster
//! than releases, and a refused visitor is worse than a number that a person must look at.

use crate::problem::ProblemCode;

/// ISO 3166 code, calling code, and the trunk prefix that people dial inside the country and drop from abroad.
/// Calling codes are the ITU's (E.164 list); countries not listed can be typed with `+`.
#[rustfmt::skip]
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AE", "971", "0"), ("AL", "355", "0"), ("AM", "374", "0"), ("AR", "54", "0"), ("AT", "43", "0"), ("AU", "61", "0"),
    ("BA", "387", "0"), ("BD", "880", "0"), ("BE", "32", "0"), ("BG", "359", "0"), ("BH", "973", ""), ("BR", "55", "0"),
    ("CA", "1", "1"), ("CH", "41", "0"), ("CL", "56", ""), ("CN", "86", "0"), ("CO", "57", ""), ("CR", "506", ""),
    ("CY", "357", ""), ("CZ", "420", ""), ("DE", "49", "0"), ("DK", "45", ""), ("DO", "1", "1"), ("DZ", "213", "0"),
    ("EC", "593", "0"), ("EE", "372", ""), ("EG", "20", "0"), ("ES", "34", ""), ("FI", "358", "0"), ("FR", "33", "0"),
    ("GB", "44", "0"), ("GE", "995", "0"), ("GH", "233", "0"), ("GI", "350", ""), ("GR", "30", ""), ("HK", "852", ""),
    ("HR", "385", "0"), ("HU", "36", "06"), ("ID", "62", "0"), ("IE", "353", "0"), ("IL", "972", "0"), ("IN", "91", "0"),
    ("IS", "354", ""), ("IT", "39", ""), ("JO", "962", "0"), ("JP", "81", "0"), ("KE", "254", "0"), ("KR", "82", "0"),
    ("KW", "965", ""), ("LB", "961", "0"), ("LI", "423", ""), ("LT", "370", "0"), ("LU", "352", ""), ("LV", "371", ""),
    ("MA", "212", "0"), ("MD", "373", "0"), ("ME", "382", "0"), ("MK", "389", "0"), ("MT", "356", ""), ("MX", "52", ""),
    ("MY", "60", "0"), ("NG", "234", "0"), ("NL", "31", "0"), ("NO", "47", ""), ("NZ", "64", "0"), ("OM", "968", ""),
    ("PE", "51", "0"), ("PH", "63", "0"), ("PK", "92", "0"), ("PL", "48", ""), ("PT", "351", ""), ("QA", "974", ""),
    ("RO", "40", "0"), ("RS", "381", "0"), ("SA", "966", "0"), ("SE", "46", "0"), ("SG", "65", ""), ("SI", "386", "0"),
    ("SK", "421", "0"), ("TH", "66", "0"), ("TN", "216", ""), ("TR", "90", "0"), ("TW", "886", "0"), ("UA", "380", "0"),
    ("US", "1", "1"), ("UY", "598", "0"), ("VN", "84", "0"), ("ZA", "27", "0"),
];

/// Fewest digits of a number with its calling code: the shortest plans in use have seven.
const DIGITS_MIN: usize = 7;
/// E.164: at most fifteen digits.
const DIGITS_MAX: usize = 15;

/// The calling code of a country (ISO 3166, upper case), without the plus.
pub fn calling_code(country: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(iso, _, _)| *iso == country).map(|(_, code, _)| *code)
}

/// The number as `+` and 7 to 15 digits.
///
/// Reads `+44 20 …`, `0044 20 …`, `+44 (0)20 …`, digits of other scripts, and, where a country is given, its national
/// form. `PhoneNeedsCountry` where only a national number was typed and no country is known; else `InvalidPhone`.
pub fn normalize_phone(text: &str, country: Option<&str>) -> Result<String, ProblemCode> {
    let (plus, typed) = digits_of(text).ok_or(ProblemCode::InvalidPhone)?;
    let international = if plus { Some(typed.as_str()) } else { typed.strip_prefix("00") };
    let number = match international {
        Some(number) => number.to_owned(),
        None => national(&typed, country)?,
    };
    let fits = (DIGITS_MIN..=DIGITS_MAX).contains(&number.len()) && !number.starts_with('0');
    fits.then(|| ["+", &number].concat()).ok_or(ProblemCode::InvalidPhone)
}

fn national(typed: &str, country: Option<&str>) -> Result<String, ProblemCode> {
    let known = country.and_then(|wanted| COUNTRIES.iter().find(|(iso, _, _)| *iso == wanted));
    let Some((_, code, trunk)) = known else {
        return Err(ProblemCode::PhoneNeedsCountry);
    };
    // A national number shorter than five digits is a mistake, whatever its country's code adds to it.
    let number = typed.strip_prefix(trunk).unwrap_or(typed);
    if number.len() < 5 {
        return Err(ProblemCode::InvalidPhone);
    }
    Ok([code, number].concat())
}

/// Whether it began with a plus, and its digits. `(0)` after a plus is a trunk prefix for show and is left out.
fn digits_of(text: &str) -> Option<(bool, String)> {
    let text = text.trim();
    let (plus, rest) = match text.strip_prefix(['+', '\u{ff0b}']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut digits = String::with_capacity(DIGITS_MAX);
    let (mut trunk_seen, mut chars) = (!plus, rest.chars());
    while let Some(c) = chars.next() {
        if c == '(' && !trunk_seen && chars.as_str().starts_with("0)") {
            trunk_seen = true;
            chars.next();
        }
        match digit(c) {
            Some(plain) => digits.push(plain),
            None if is_between_digits(c) => {}
            None => return None,
        }
    }
    Some((plus, digits))
}

/// What people put between digits: spaces, hyphens and dashes, dots, brackets, slashes, and marks of writing direction.
fn is_between_digits(c: char) -> bool {
    let mark = matches!(c, '-' | '.' | '(' | ')' | '/');
    let dash = matches!(c, '\u{2010}'..='\u{2014}');
    let direction = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}' | '\u{202c}');
    mark || dash || direction || c.is_whitespace()
}

/// ASCII, Arabic-Indic, Persian and full-width digits.
fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return None,
    };
    char::from_digit(u32::from(c) - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_to_one_shape() {
        for (typed, country, normal) in [
            ("020 7946 0018", Some("GB"), "+442079460018"),
            ("+44 (0)20 7946-0018", None, "+442079460018"),
            ("0044 20 7946 0018", Some("DE"), "+442079460018"),
            ("07911/123456", Some("GB"), "+447911123456"),
            ("06 698 12345", Some("IT"), "+390669812345"),
            ("(415) 555-2671", Some("US"), "+14155552671"),
            ("1 415 555 2671", Some("US"), "+14155552671"),
            ("+٤٤ ٢٠ ٧٩٤٦ ٠٠١٨", None, "+442079460018"),
        ] {
            assert_eq!(normalize_phone(typed, country).as_deref(), Ok(normal), "{typed}");
            assert_eq!(normalize_phone(normal, country).as_deref(), Ok(normal), "normal form is stable");
        }
    }

    #[test]
    fn national_number_without_a_country_says_what_is_missing() {
        assert_eq!(normalize_phone("020 7946 0018", None), Err(ProblemCode::PhoneNeedsCountry));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for typed in ["", "+", "abc", "+44", "+1234567890123456", "+0123456789", "12x34567", "1234"] {
            assert_eq!(normalize_phone(typed, Some("GB")), Err(ProblemCode::InvalidPhone), "{typed}");
        }
    }

    #[test]
    fn table_holds_each_country_once_in_order() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(calling_code("GB"), Some("44"));
        assert_eq!(calling_code("XX"), None);
    }
}
