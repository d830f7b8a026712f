//! The operator's keys, and what is sealed with them: content of leads, secrets of the store, access tokens.
//!
//! Apart and pure, because the form of everything that is secret on the disk is decided here and nowhere else. A lead has a
//! data key of its own, which seals its content once; the ring's active key wraps the data key. So a rotation writes 61 bytes
//! a lead, and a lead whose data key is gone is gone from every copy of its content (docs/decisions/0009).

mod aead;
mod index;
mod lead;
mod ring;

use std::fmt;

use lead_model::{NormalValues, Source};
use serde::{Deserialize, Serialize};

use crate::consents::Consent;
use crate::store::Purpose;

pub use index::IndexKey;
pub use ring::{Keyring, RingFault};

/// Bytes of every key here.
pub const KEY_BYTES: usize = 32;
/// Longest id of a key.
const ID_CHARS_MAX: usize = 32;

/// What the proxy seals and hashes with.
#[derive(Debug)]
pub struct Keys {
    /// The operator's keys.
    pub ring: Keyring,
    /// The store's own secret.
    pub index: IndexKey,
}

/// The name of one of the operator's keys, as it is kept beside what the key has wrapped. Not secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Reads an id: 1 to 32 of `a` to `z`, `0` to `9`, `-` and `_`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        ((1..=ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose content it is: sealed content opens at its own address and nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct LeadAddress<'a> {
    /// The submission's receipt.
    pub receipt: &'a str,
    /// The form's id.
    pub form: &'a str,
    /// The account that gets the lead.
    pub account: &'a str,
}

/// What is sealed of a submission: everything that a visitor has written or brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadContent {
    /// The checked values.
    pub values: NormalValues,
    /// Where it came from, as the browser tells.
    pub source: Source,
    /// What the values are for.
    pub purpose: Purpose,
    /// What the visitor has agreed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
}

/// Why something sealed does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// It was wrapped by a key that is not in the ring.
    #[error("the key {id:?} is not in the ring")]
    UnknownKey {
        /// The key's id, as it is stored.
        id: String,
    },
    /// It was changed, cut, or put in another's place; or the key of this id is another than it was.
    #[error("it was changed, or its key is another than it was")]
    Broken,
}
