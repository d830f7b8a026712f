//! The section `[keys]`: the operator's ring, read from where each key lies.
//!
//! Apart because a key is not any text that is secret: 32 bytes, of one owner, and none of them twice.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret as _, SecretString};
use toml::{Table, Value};
use zeroize::Zeroizing;

use super::Finding;
use super::layers::{RING, kind};
use super::nearest::did_you_mean;
use super::parts::Part;
use super::secret::{self, SecretSource};
use super::section::Section;
use super::vault::{Unreadable, Vault};
use crate::keys::{KEY_BYTES, KeyId, Keyring, RingFault};

/// What a key looks like.
const EXPECTED: &str =
    "32 bytes as 64 hexadecimal digits or in base64, such as `openssl rand -hex 32` prints";
/// What an id looks like.
const ID_EXPECTED: &str = "1 to 32 of a to z, 0 to 9, - and _";

type Key = Zeroizing<[u8; KEY_BYTES]>;

pub(super) fn read(table: &Table, vault: &Vault<'_>, findings: &mut Vec<Finding>) -> Part<Option<Keyring>> {
    let mut section = Section::open("keys", table, findings);
    let active = section.text("active");
    let read = section.read();
    let ring = table.get("keys").and_then(|keys| keys.get(RING)).and_then(Value::as_table);
    let ring = ring.cloned().unwrap_or_default();
    if ring.is_empty() {
        let expected = format!("a key: [keys.ring.ID] with env = \"NAME\" or file = \"path\" of {EXPECTED}");
        findings.push(Finding::new("keys.ring", "nothing", expected));
        return (None, read);
    }
    let ids: Vec<String> = ring.keys().cloned().collect();
    let active = active_of(active, &ids, findings);
    let before = findings.len();
    let keys: BTreeMap<KeyId, Key> =
        ring.iter().filter_map(|(id, place)| key(id, place, vault, findings)).collect();
    let complete = active.filter(|_| findings.len() == before);
    (complete.and_then(|active| made(active, &keys, findings)), read)
}

fn active_of(active: String, ids: &[String], findings: &mut Vec<Finding>) -> Option<KeyId> {
    if ids.contains(&active) {
        // An id that is none is told where its key stands.
        return KeyId::parse(&active);
    }
    let (found, expected) = match active.is_empty() {
        true => (
            "nothing".to_owned(),
            format!("the id of the key that seals everything new: one of {}", ids.join(", ")),
        ),
        false => (format!("{active:?}, which names no key of the ring"), did_you_mean(&active, ids)),
    };
    findings.push(Finding::new("keys.active", found, expected));
    None
}

fn key(id: &str, place: &Value, vault: &Vault<'_>, findings: &mut Vec<Finding>) -> Option<(KeyId, Key)> {
    let path = format!("keys.{RING}.{id}");
    let Some(key_id) = KeyId::parse(id) else {
        findings.push(Finding::new(path, "an id that can't be kept", ID_EXPECTED));
        return None;
    };
    let Ok(source) = place.clone().try_into::<SecretSource>() else {
        findings.push(Finding::new(path, kind(place), secret::ADVICE));
        return None;
    };
    match vault.fetch_own(&source).and_then(|text| bytes(&text, &source)) {
        Ok(key) => Some((key_id, key)),
        Err((found, expected)) => {
            findings.push(Finding::new(path, found, expected));
            None
        }
    }
}

fn made(active: KeyId, keys: &BTreeMap<KeyId, Key>, findings: &mut Vec<Finding>) -> Option<Keyring> {
    let (path, found, expected) = match Keyring::new(active, keys) {
        Ok(ring) => return Some(ring),
        Err(RingFault::SameKey(first, second)) => (
            format!("keys.{RING}.{second}"),
            format!("the same key as in keys.{RING}.{first}"),
            "a key of its own: one key under two ids is no rotation".to_owned(),
        ),
        Err(fault @ RingFault::UnknownActive(_)) => {
            ("keys.active".to_owned(), fault.to_string(), "the id of a key".to_owned())
        }
    };
    findings.push(Finding::new(path, found, expected));
    None
}

/// The key's bytes, out of hexadecimal or base64 with or without padding, in either alphabet.
fn bytes(text: &SecretString, source: &SecretSource) -> Result<Key, Unreadable> {
    let text = text.expose_secret().trim();
    let plain = match text.len() {
        64 => from_hex(text),
        43 | 44 => from_base64(text),
        _ => None,
    };
    let Some(key) = plain else {
        let length = text.chars().count();
        return Err((format!("{length} characters in {source} that are no key"), EXPECTED.to_owned()));
    };
    let distinct: BTreeSet<&u8> = key.iter().collect();
    if distinct.len() < 8 {
        return Err((format!("a key in {source} that nobody has drawn by chance"), EXPECTED.to_owned()));
    }
    Ok(key)
}

fn from_hex(text: &str) -> Option<Key> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(key)
}

fn from_base64(text: &str) -> Option<Key> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let plain = Zeroizing::new(GeneralPurpose::new(alphabet, config).decode(text).ok()?);
    plain.as_slice().try_into().ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::string_slice, reason = "tests")]

    use super::*;

    fn read_key(text: &str) -> Option<Vec<u8>> {
        let source = SecretSource::Env("KEY".to_owned());
        bytes(&SecretString::from(text), &source).ok().map(|key| key.to_vec())
    }

    #[test]
    fn key_is_read_from_hexadecimal_and_base64_alike() {
        let key: Vec<u8> = (0..32).map(|byte| byte * 8).collect();
        let hex = crate::hex::hex(&key);
        let base64 = base64::engine::general_purpose::STANDARD.encode(&key);
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&key);
        for text in [&hex, &hex.to_uppercase(), &base64, base64.trim_end_matches('='), &url] {
            assert_eq!(read_key(text), Some(key.clone()), "{text}");
        }
        let other: Vec<u8> = (0..32).map(|byte| 255 - byte).collect();
        let url = base64::engine::general_purpose::URL_SAFE.encode(&other);
        assert!(url.contains(['-', '_']), "{url}");
        assert_eq!(read_key(&url), Some(other));
    }

    #[test]
    fn what_is_not_32_bytes_is_no_key() {
        let hex = "0123456789abcdef".repeat(4);
        for text in [
            &hex[..62],
            &hex[..63],
            &format!("{hex}00"),
            &hex.replace('a', "g"),
            &base64::engine::general_purpose::STANDARD.encode([7; 31]),
            &base64::engine::general_purpose::STANDARD.encode([7; 33]),
            "thirty-two characters of a test!",
            &"0".repeat(64),
            &"é".repeat(32),
            "",
        ] {
            assert_eq!(read_key(text), None, "{text}");
        }
    }
}
