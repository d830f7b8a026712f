//! "Did you mean": the known name nearest to a misspelt one.
//!
//! Apart because sections, keys, accounts and variables all ask it.

/// How alike two names must be, from 0 to 1, before one is suggested for the other.
const ALIKE_MIN: f64 = 0.75;

/// The known name that was meant, perhaps; none where no known name is like this one.
pub(crate) fn nearest<'k>(name: &str, known: &'k [String]) -> Option<&'k String> {
    let alike = known.iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    let alike = alike.filter(|(alike, _)| *alike >= ALIKE_MIN);
    alike.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, nearest)| nearest)
}

/// What to expect in place of an unknown name.
pub(super) fn did_you_mean(name: &str, known: &[String]) -> String {
    match nearest(name, known) {
        Some(nearest) => format!("a known one; did you mean {nearest:?}?"),
        None if known.is_empty() => "none here".to_owned(),
        None => format!("one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn near_name_is_suggested_and_a_far_one_gets_the_list() {
        let known = ["listen".to_owned(), "origin".to_owned()];
        assert_eq!(did_you_mean("lisen", &known), "a known one; did you mean \"listen\"?");
        assert_eq!(did_you_mean("xyz", &known), "one of listen, origin");
    }
}
