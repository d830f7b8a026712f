//! Our own sign that two sends under one key hold the same submission.
//!
//! Apart because its exact bytes are a promise to what is stored already: changing them makes every retry look new.

use lead_model::Normal;

use crate::ids::IdempotencyKey;
use crate::keys::{IndexKey, LeadContent};

/// About as long as a lead's canonical values are.
const CANONICAL_BYTES: usize = 1_024;

/// What is kept in the place of a caller's idempotency key: a keyed hash, for a caller may have made it of a name.
pub(super) fn kept_key(index: &IndexKey, form: &str, key: &IdempotencyKey) -> IdempotencyKey {
    IdempotencyKey::of_hash(&index.retry(&[form.as_bytes(), key.as_str().as_bytes()]))
}

/// A keyed hash over form, idempotency key, purpose and canonical JSON of the checked values.
///
/// The values are normal already, so that `" Ada"` and `"Ada"` are one submission, and sorted by name, so that a form
/// whose fields were moved meanwhile still knows its retry. Keyed, because a hash over few and guessable values (a name, a
/// phone number) could be found by trying.
pub(super) fn fingerprint(
    index: &IndexKey,
    form: &str,
    key: &IdempotencyKey,
    content: &LeadContent,
) -> [u8; 32] {
    let mut sorted: Vec<(&str, &Normal)> = content.values.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let mut canonical = Vec::with_capacity(CANONICAL_BYTES);
    if serde_json::to_writer(&mut canonical, &(sorted, &content.purpose)).is_err() {
        canonical.clear();
    }
    index.fingerprint(&[form.as_bytes(), key.as_str().as_bytes(), &canonical])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use lead_model::Source;

    use super::*;
    use crate::store::Purpose;

    fn of(form: &str, key: &str, values: &str) -> [u8; 32] {
        fingerprint(
            &IndexKey::new([7; 32].into()),
            form,
            &IdempotencyKey::parse(key).unwrap(),
            &LeadContent {
                values: serde_json::from_str(values).unwrap(),
                source: Source::default(),
                purpose: Purpose::Lead,
                consents: Vec::new(),
            },
        )
    }

    #[test]
    fn kept_key_tells_keys_forms_and_stores_apart_and_shows_nothing() {
        let kept = |index, form, key| {
            let index = IndexKey::new([index; 32].into());
            kept_key(&index, form, &IdempotencyKey::parse(key).unwrap())
        };
        let first = kept(7, "quote", "ada@analytical.example");
        assert_eq!(first, kept(7, "quote", "ada@analytical.example"));
        assert!(IdempotencyKey::parse(first.as_str()).is_ok() && !first.as_str().contains("ada"));
        for other in [
            kept(8, "quote", "ada@analytical.example"),
            kept(7, "callback", "ada@analytical.example"),
            kept(7, "quote", "bob@analytical.example"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn only_the_same_form_key_and_values_give_the_same_fingerprint() {
        let (key, values) = ("0123456789abcdef", r#"{"a":"x","b":true}"#);
        let first = of("quote", key, values);
        assert_eq!(first, of("quote", key, r#"{"b":true,"a":"x"}"#), "order does not count");
        for (form, key, values) in [
            ("callback", key, values),
            ("quote", "0123456789abcdeF", values),
            ("quote", key, r#"{"a":"x","b":false}"#),
            ("quote", key, r#"{"a":"x"}"#),
            ("quote", key, r#"{"a":"true","b":"x"}"#),
        ] {
            assert_ne!(first, of(form, key, values), "{form} {key} {values}");
        }
    }
}
