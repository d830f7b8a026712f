//! Standard Webhooks' symmetric signature, verified: HMAC-SHA256 over `{id}.{timestamp}.{body}`, as `v1,` and base64.
//!
//! Apart from `webhook.rs`, and with a library that nothing else here uses, so that agreement with whoever signed
//! means something.

use anyhow::{Context as _, ensure};
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::ledger::KeyCheck;

const SECRET_PREFIX: &str = "whsec_";
/// What the document asks of a secret, in bytes.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// How far the sender's clock may be away, in seconds. The document says "some allowable tolerance".
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// The key, read.
pub(super) struct Secret(Vec<u8>);

impl Secret {
    /// Reads `whsec_` and base64, or says what it is instead, without a part of it.
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        let base64 =
            text.strip_prefix(SECRET_PREFIX).context("the webhook's secret does not begin with whsec_")?;
        // The decoder's own error says nothing of the text.
        let bytes = Base64::decode_vec(base64).context("the webhook's secret is not base64 behind whsec_")?;
        let length = bytes.len();
        ensure!(
            SECRET_BYTES.contains(&length),
            "the webhook's secret has {length} bytes, expected {} to {}",
            SECRET_BYTES.start(),
            SECRET_BYTES.end()
        );
        Ok(Self(bytes))
    }

    fn matches(&self, signed: &Signed<'_>, signature: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return false };
        for part in [signed.id.as_bytes(), b".", signed.timestamp.as_bytes(), b".", signed.body] {
            mac.update(part);
        }
        mac.verify_slice(signature).is_ok()
    }
}

/// What was signed, as it arrived, and what it was signed with.
pub(super) struct Signed<'a> {
    pub(super) id: &'a str,
    pub(super) timestamp: &'a str,
    pub(super) body: &'a [u8],
    /// One or several, with a space between.
    pub(super) signatures: &'a str,
}

/// Checks signature and timestamp at this moment (seconds since 1970); with what is wrong about them.
pub(super) fn check(secret: &Secret, signed: &Signed<'_>, now: i64) -> (KeyCheck, Option<String>) {
    let wrong = |problem: &str| (KeyCheck::Wrong, Some(problem.to_owned()));
    if signed.id.is_empty() || signed.id.contains('.') {
        return wrong("webhook-id is empty or holds a full stop, which would make the signed text ambiguous");
    }
    if signed.timestamp.is_empty() || !signed.timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return wrong("webhook-timestamp is no whole number of seconds");
    }
    let versions = signed.signatures.split(' ').filter_map(|signature| signature.split_once(','));
    let mut decoded = versions
        .filter(|(version, _)| *version == "v1")
        .filter_map(|(_, base64)| Base64::decode_vec(base64).ok())
        .peekable();
    if decoded.peek().is_none() {
        return wrong("webhook-signature holds no v1 signature in base64");
    }
    if !decoded.any(|signature| secret.matches(signed, &signature)) {
        return wrong("webhook-signature does not fit id, timestamp and body");
    }
    let away = signed.timestamp.parse::<i64>().unwrap_or(i64::MAX).abs_diff(now);
    if away > TOLERANCE_SECONDS {
        let problem = format!("webhook-timestamp is {away} s away, {TOLERANCE_SECONDS} s are allowed");
        return (KeyCheck::Expired, Some(problem));
    }
    (KeyCheck::Valid, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by openssl: printf '%s' 'msg_1.1700000000.{"a":1}' | openssl dgst -sha256 -mac HMAC \
    //   -macopt key:an-obviously-fake-webhook-key -binary | base64
    const SECRET: &str = "whsec_YW4tb2J2aW91c2x5LWZha2Utd2ViaG9vay1rZXk=";
    const SIGNATURE: &str = "v1,df/t+k2rvXcKKXL77ox5TVAxA4S+LJOu5yvjMJI3Uag=";
    const NOW: i64 = 1_700_000_000;

    fn signed() -> Signed<'static> {
        Signed { id: "msg_1", timestamp: "1700000000", body: br#"{"a":1}"#, signatures: SIGNATURE }
    }

    fn verdict(signed: &Signed<'_>, now: i64) -> KeyCheck {
        check(&Secret::read(SECRET).unwrap(), signed, now).0
    }

    #[test]
    fn signature_that_openssl_made_is_good_and_with_any_part_changed_it_is_not() {
        assert_eq!(verdict(&signed(), NOW), KeyCheck::Valid);
        let changed = [
            Signed { id: "msg_2", ..signed() },
            Signed { timestamp: "1700000001", ..signed() },
            Signed { body: br#"{"a":2}"#, ..signed() },
            Signed { body: br#"{"a": 1}"#, ..signed() },
            Signed { signatures: &SIGNATURE.replace("v1,", "v1a,"), ..signed() },
            Signed { signatures: SIGNATURE.trim_start_matches("v1,"), ..signed() },
            Signed { signatures: "v1,", ..signed() },
            Signed { id: "", ..signed() },
            Signed { id: "msg_1.1700000000", timestamp: "1700000000", ..signed() },
            Signed { timestamp: "+1700000000", ..signed() },
        ];
        for signed in &changed {
            assert_eq!(verdict(signed, NOW), KeyCheck::Wrong, "{} {}", signed.id, signed.signatures);
        }
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let several = format!("v1a,AAAA v1,AAAA {SIGNATURE}");
        assert_eq!(verdict(&Signed { signatures: &several, ..signed() }, NOW), KeyCheck::Valid);
    }

    #[test]
    fn timestamp_may_be_five_minutes_away_and_not_a_second_more() {
        for (away, expected) in [
            (300, KeyCheck::Valid),
            (-300, KeyCheck::Valid),
            (301, KeyCheck::Expired),
            (-301, KeyCheck::Expired),
        ] {
            assert_eq!(verdict(&signed(), NOW + away), expected, "{away} s");
        }
    }

    #[test]
    fn secret_of_another_form_is_refused_without_a_word_of_it() {
        for (text, problem) in [
            ("YW4tb2J2aW91c2x5", "does not begin with whsec_"),
            ("whsec_?", "is not base64"),
            ("whsec_c2hvcnQ=", "has 5 bytes, expected 24 to 64"),
        ] {
            let error = format!("{:#}", Secret::read(text).err().unwrap());
            assert!(error.contains(problem) && !error.contains("c2hvcnQ"), "{error}");
        }
    }
}
