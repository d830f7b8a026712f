//! Our own sign that two sends under one key hold the same submission.
//!
//! Apart because its exact bytes are a promise to what is stored already: changing them makes every retry look new.

use aws_lc_rs::digest::{Context, SHA256};
use lead_model::{Normal, NormalValues};

use crate::ids::IdempotencyKey;
use crate::store::Purpose;

/// SHA-256 over form, idempotency key and canonical JSON of the checked values.
///
/// The values are normal already, so that `" Ada"` and `"Ada"` are one submission, and sorted by name, so that a form
/// whose fields were moved meanwhile still knows its retry. The key is part of it because a hash over few and guessable
/// values (a name, a phone number) could be found by trying; the key's random bits salt it.
pub(super) fn fingerprint(
    form: &str,
    key: &IdempotencyKey,
    values: &NormalValues,
    purpose: &Purpose,
) -> [u8; 32] {
    let mut sorted: Vec<(&str, &Normal)> = values.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let canonical = serde_json::to_vec(&sorted).unwrap_or_default();
    let mut hash = Context::new(&SHA256);
    for part in [form.as_bytes(), key.as_str().as_bytes(), &canonical] {
        // Each part's length first, so that no two different triples give the same bytes.
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    // Left out for a new lead, whose fingerprints are older than purposes.
    if *purpose != Purpose::Lead {
        hash.update(&serde_json::to_vec(purpose).unwrap_or_default());
    }
    let mut fingerprint = [0; 32];
    for (to, from) in fingerprint.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    fingerprint
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn of(form: &str, key: &str, values: &str) -> [u8; 32] {
        fingerprint(
            form,
            &IdempotencyKey::parse(key).unwrap(),
            &serde_json::from_str(values).unwrap(),
            &Purpose::Lead,
        )
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
