//! The store's own secret: keyed hashes that say "the same" of things that are not kept, and keys for what we sign.
//!
//! Apart from the ring because it never changes: a rotation wraps it anew, so that a retry, a person and a link are known
//! again under another key. A plain hash of a name or a phone number would be found by trying.

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::ids;
use crate::keys::{KEY_BYTES, aead};

/// Hashes and derives by the store's secret named `index`.
pub struct IndexKey {
    root: Zeroizing<[u8; KEY_BYTES]>,
    fingerprints: hmac::Key,
    persons: hmac::Key,
    digests: hmac::Key,
    retries: hmac::Key,
}

impl IndexKey {
    /// The name under which the store keeps its secret.
    pub const NAME: &'static str = "index";

    /// A secret for a store that has none.
    pub fn random() -> Zeroizing<[u8; KEY_BYTES]> {
        let mut root = Zeroizing::new([0; KEY_BYTES]);
        ids::fill(root.as_mut_slice());
        root
    }

    /// Readies the hashes.
    pub fn new(root: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let key = |purpose| hmac::Key::new(hmac::HMAC_SHA256, aead::derive(&root, purpose).as_slice());
        let (fingerprints, persons) = (key("fingerprints"), key("persons"));
        let (digests, retries) = (key("digests"), key("retries"));
        Self { root, fingerprints, persons, digests, retries }
    }

    /// Says whether two submissions hold the same.
    pub fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32] {
        sign(&self.fingerprints, parts)
    }

    /// Says whether two submissions are of one person.
    pub fn person(&self, parts: &[&[u8]]) -> [u8; 32] {
        sign(&self.persons, parts)
    }

    /// Says whether two submissions came under one idempotency key.
    pub fn retry(&self, parts: &[&[u8]]) -> [u8; 32] {
        sign(&self.retries, parts)
    }

    /// Says whether two requests to a partner were alike.
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        sign(&self.digests, parts)
    }

    /// A key for this purpose alone, the same at every start and in every replica.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        aead::derive(&self.root, &["derived: ", purpose].concat())
    }
}

/// Shows only that it is one.
impl std::fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IndexKey(..)")
    }
}

/// Each part with its length before it, so that no two lists of parts give the same bytes.
fn sign(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut signed = [0; 32];
    for (to, from) in signed.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    signed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(byte: u8) -> IndexKey {
        IndexKey::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    #[test]
    fn hash_tells_keys_purposes_parts_and_their_borders_apart() {
        let ours = index(1);
        let first = ours.fingerprint(&[b"a", b"bc"]);
        assert_eq!(first, index(1).fingerprint(&[b"a", b"bc"]), "it is the same at the next start");
        for (other, what) in [
            (index(2).fingerprint(&[b"a", b"bc"]), "key"),
            (ours.fingerprint(&[b"ab", b"c"]), "border"),
            (ours.fingerprint(&[b"a", b"bc", b""]), "an empty part"),
            (ours.person(&[b"a", b"bc"]), "persons"),
            (ours.digest(&[b"a", b"bc"]), "digests"),
            (ours.retry(&[b"a", b"bc"]), "retries"),
        ] {
            assert_ne!(first, other, "{what}");
        }
        assert_ne!(ours.person(&[b"a"]), ours.digest(&[b"a"]));
    }

    #[test]
    fn derived_key_belongs_to_one_purpose_of_one_store() {
        let ours = index(1);
        assert_eq!(*ours.derive("form tokens"), *index(1).derive("form tokens"));
        assert_ne!(*ours.derive("form tokens"), *ours.derive("links"));
        assert_ne!(*ours.derive("form tokens"), *index(2).derive("form tokens"));
        assert_ne!(*ours.derive("form tokens"), [1; KEY_BYTES]);
        assert_ne!(*IndexKey::random(), *IndexKey::random());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", index(7)), "IndexKey(..)");
    }
}
