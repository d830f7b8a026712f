//! The ring: one key that wraps, and others that only open until the rotation has passed them.
//!
//! Apart from leads because everything that is sealed for long hangs on it.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::ids;
use crate::keys::aead::{self, LongKey, NONCE_BYTES};
use crate::keys::{KEY_BYTES, KeyId, OpenFault};

/// Stands before the key's id in the purpose of a ring's key: the operator's own 32 bytes seal nothing themselves.
const PURPOSE: &str = "ring";

/// The operator's keys. Shows its ids and nothing else.
pub struct Keyring {
    active: KeyId,
    keys: BTreeMap<String, LongKey>,
}

/// Why keys make no ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingFault {
    /// No key has the active one's id.
    #[error("no key of the ring is named {0}")]
    UnknownActive(KeyId),
    /// Two ids stand for one key.
    #[error("{0} and {1} are one key")]
    SameKey(KeyId, KeyId),
}

impl Keyring {
    /// Makes the ring of these keys, of which `active` wraps everything new.
    ///
    /// # Errors
    /// When no key is named so, or two are one.
    pub fn new(active: KeyId, keys: &BTreeMap<KeyId, Zeroizing<[u8; KEY_BYTES]>>) -> Result<Self, RingFault> {
        if !keys.contains_key(&active) {
            return Err(RingFault::UnknownActive(active));
        }
        let mut seen = BTreeMap::new();
        for (id, key) in keys {
            if let Some(other) = seen.insert(key.as_slice(), id) {
                return Err(RingFault::SameKey(other.clone(), id.clone()));
            }
        }
        let keys = keys.iter().map(|(id, key)| {
            let derived = aead::derive(key, PURPOSE);
            (id.as_str().to_owned(), LongKey::new(&derived))
        });
        Ok(Self { active, keys: keys.collect() })
    }

    /// The id of the key that wraps everything new.
    pub fn active(&self) -> &KeyId {
        &self.active
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Wraps a secret of the store: the active key's id, and what to keep beside it.
    pub fn wrap_secret(&self, name: &str, secret: &[u8; KEY_BYTES]) -> (String, Vec<u8>) {
        self.wrap(&["store_secrets.sealed", name], random(), secret)
    }

    /// Opens a secret of the store.
    ///
    /// # Errors
    /// When its key is not in the ring, or it is not what was wrapped under this name.
    pub fn open_secret(
        &self,
        name: &str,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, OpenFault> {
        let plain = self.unwrap(&["store_secrets.sealed", name], key_id, sealed)?;
        key_of(&plain)
    }

    /// Seals an account's tokens of one generation, with the active key's id before them.
    pub fn seal_token(&self, account: &str, generation: i64, plain: &[u8]) -> Vec<u8> {
        let (key_id, sealed) =
            self.wrap(&["account_tokens.sealed", account, &generation.to_string()], random(), plain);
        // An id has 32 characters at most.
        let length = u8::try_from(key_id.len()).unwrap_or(u8::MAX);
        [&[length], key_id.as_bytes(), &sealed].concat()
    }

    /// Opens an account's tokens of one generation.
    ///
    /// # Errors
    /// When their key is not in the ring, or they are not what was sealed for this account and generation.
    pub fn open_token(
        &self,
        account: &str,
        generation: i64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenFault> {
        let (key_id, sealed) = split_token(sealed).ok_or(OpenFault::Broken)?;
        self.unwrap(&["account_tokens.sealed", account, &generation.to_string()], key_id, sealed)
    }

    /// Whether the active key has sealed these tokens.
    pub fn is_token_of_active(&self, sealed: &[u8]) -> bool {
        split_token(sealed).is_some_and(|(key_id, _)| key_id == self.active.as_str())
    }

    /// Seals with the active key under a label of these parts and the key's id.
    pub(super) fn wrap(&self, parts: &[&str], nonce: [u8; NONCE_BYTES], plain: &[u8]) -> (String, Vec<u8>) {
        let id = self.active.as_str();
        let key = self.keys.get(id).expect("a ring is not made without its active key");
        (id.to_owned(), key.seal(nonce, &label(parts, id), plain))
    }

    pub(super) fn unwrap(
        &self,
        parts: &[&str],
        key_id: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenFault> {
        let unknown = || OpenFault::UnknownKey { id: key_id.chars().take(super::ID_CHARS_MAX).collect() };
        let key = self.keys.get(key_id).ok_or_else(unknown)?;
        key.open(&label(parts, key_id), sealed).ok_or(OpenFault::Broken)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.ids().collect();
        write!(f, "Keyring(active {}, of {})", self.active, ids.join(", "))
    }
}

/// The id of the key that has sealed tokens, and what it has sealed.
fn split_token(sealed: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = sealed.split_first()?;
    let (key_id, sealed) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(key_id).ok()?, sealed))
}

fn label(parts: &[&str], key_id: &str) -> Vec<u8> {
    let mut label = aead::label(parts);
    label.extend_from_slice(key_id.as_bytes());
    label
}

/// Exactly a key's bytes.
pub(super) fn key_of(plain: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, OpenFault> {
    plain.try_into().map(Zeroizing::new).map_err(|_| OpenFault::Broken)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    ids::fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
