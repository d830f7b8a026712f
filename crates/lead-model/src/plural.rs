//! Which of a sentence's forms a number takes, by language.
//!
//! Apart because it is grammar and nothing of forms. Of Unicode's plural rules (CLDR) those of our languages for whole
//! numbers as they stand in a rule; a language without a line here says "one" for 1, as most do.

/// The plural category of a number: `zero`, `one`, `two`, `few`, `many` or `other`.
pub(crate) fn category(locale: &str, number: u32) -> &'static str {
    let (ten, hundred) = (number % 10, number % 100);
    match (locale.split('-').next().unwrap_or(locale), number) {
        ("ja", _) => "other",
        ("ar", 0) => "zero",
        ("ar", 2) => "two",
        ("ar", _) if (3..=10).contains(&hundred) => "few",
        ("ar", _) if hundred >= 11 => "many",
        ("fr" | "pt", 0) | (_, 1) => "one",
        ("pl", _) if (2..=4).contains(&ten) && !(12..=14).contains(&hundred) => "few",
        ("pl", _) => "many",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::category;

    #[test]
    fn numbers_take_the_form_of_their_language() {
        for (locale, numbers) in [
            ("en", "0 other, 1 one, 2 other, 21 other"),
            ("de-AT", "0 other, 1 one, 2 other"),
            ("fr", "0 one, 1 one, 2 other"),
            ("pt", "0 one, 1 one, 2 other"),
            ("pl", "0 many, 1 one, 2 few, 4 few, 5 many, 12 many, 14 many, 22 few, 112 many, 101 many"),
            ("ar", "0 zero, 1 one, 2 two, 3 few, 10 few, 11 many, 99 many, 100 other, 102 other, 103 few"),
            ("ja", "0 other, 1 other, 2 other"),
        ] {
            for pair in numbers.split(", ") {
                let (number, wanted) = pair.split_once(' ').unwrap_or_default();
                let number = number.parse().unwrap_or(u32::MAX);
                assert_eq!(category(locale, number), wanted, "{number} in {locale}");
            }
        }
    }
}
