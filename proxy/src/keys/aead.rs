//! AES-256-GCM as everything here uses it: one byte of version first, one label bound to each text.
//!
//! Apart so that nonces are chosen in one place: by chance under a key that lives long, none under a key that seals once.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use crate::keys::KEY_BYTES;

/// Stands first in everything sealed and in everything bound.
const VERSION: u8 = 1;
/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 12;
/// Bytes of a tag.
const TAG_BYTES: usize = 16;

/// A key that seals many texts, each under a nonce of its own.
///
/// Random nonces of 96 bits: after 2^32 texts under one key, two of them are alike with a chance of one in 2^33. An operator
/// who takes four thousand million leads rotates before.
pub(super) struct LongKey(LessSafeKey);

impl LongKey {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(aes_key(key))
    }

    /// Version, nonce, text and tag.
    pub(super) fn seal(&self, nonce: [u8; NONCE_BYTES], label: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + plain.len() + TAG_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        close(&self.0, nonce, label, &mut sealed, 1 + NONCE_BYTES);
        sealed
    }

    /// The text, where it was sealed by this key under this label.
    pub(super) fn open(&self, label: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (head, text) = sealed.split_first_chunk::<{ 1 + NONCE_BYTES }>()?;
        let (&[VERSION], nonce) = head.split_first_chunk::<1>()? else { return None };
        open(&self.0, nonce.try_into().ok()?, label, text)
    }
}

/// A key that seals one text in its life, and so needs no nonce.
pub(super) struct OnceKey(LessSafeKey);

impl OnceKey {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(aes_key(key))
    }

    /// Room for a text of about this length, into which it is written before [`OnceKey::seal`].
    pub(super) fn room(length: usize) -> Vec<u8> {
        let mut room = Vec::with_capacity(1 + length + TAG_BYTES);
        room.push(VERSION);
        room
    }

    /// Seals where it lies what was written behind [`OnceKey::room`]: version, text and tag. The key is spent with it.
    pub(super) fn seal(self, label: &[u8], room: &mut Vec<u8>) {
        close(&self.0, [0; NONCE_BYTES], label, room, 1);
    }

    /// The text, where it was sealed by this key under this label.
    pub(super) fn open(&self, label: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (&[VERSION], text) = sealed.split_first_chunk::<1>()? else { return None };
        open(&self.0, [0; NONCE_BYTES], label, text)
    }
}

fn aes_key(key: &[u8; KEY_BYTES]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of AES-256 has 32 bytes"))
}

/// Seals in place what stands behind `start`, and puts the tag behind it.
fn close(key: &LessSafeKey, nonce: [u8; NONCE_BYTES], label: &[u8], text: &mut Vec<u8>, start: usize) {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let plain = text.get_mut(start..).unwrap_or_default();
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(label), plain)
        .expect("a lead is far shorter than what one nonce may seal");
    text.extend_from_slice(tag.as_ref());
}

fn open(
    key: &LessSafeKey,
    nonce: [u8; NONCE_BYTES],
    label: &[u8],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(text.to_vec());
    let length =
        key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(label), &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

/// What a text is bound to: version, what it is, and each part with its length before it, so that no two lists of parts
/// give the same bytes.
pub(super) fn label(parts: &[&str]) -> Vec<u8> {
    let mut label = Vec::with_capacity(1 + parts.iter().map(|part| 4 + part.len()).sum::<usize>());
    label.push(VERSION);
    for part in parts {
        label.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        label.extend_from_slice(part.as_bytes());
    }
    label
}

/// A key for one purpose out of another that has many.
pub(super) fn derive(root: &[u8; KEY_BYTES], purpose: &str) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(root)
        .expand(&[b"lead-proxy v1: ", purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|derived| derived.fill(key.as_mut_slice()))
        .expect("as many bytes as the hash gives at once");
    key
}
