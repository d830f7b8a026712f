//! Seals what is kept of tokens: AES-256-GCM, for one account and one generation, so that no row can be read without the
//! key, changed, or put in another's place.
//!
//! Apart and pure, because the form of what lies on the disk is decided here and nowhere else.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::ids;

/// Names the key that sealed a row, so that a new key can read on what an older one has sealed.
const KEY_ID: u8 = 1;
/// Stand before what is derived and sealed here, so that no key and no row of ours means anything else.
const SEAL_PURPOSE: &[u8] = b"lead-proxy account tokens v1: seal";
const PRINT_PURPOSE: &[u8] = b"lead-proxy account tokens v1: print";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const HEAD_BYTES: usize = 1 + NONCE_BYTES;

/// Seals and opens; its keys are derived from the operator's.
pub struct Sealer {
    key: LessSafeKey,
    prints: hmac::Key,
}

impl Sealer {
    /// Derives the keys.
    pub fn new(secret: &SecretString) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret.expose_secret().as_bytes());
        let key = derive(&root, SEAL_PURPOSE);
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("a key of AES-256 has 32 bytes");
        let prints = hmac::Key::new(hmac::HMAC_SHA256, derive(&root, PRINT_PURPOSE).as_slice());
        Self { key: LessSafeKey::new(key), prints }
    }

    /// Seals for this account and this generation: key id, nonce, text and tag.
    pub fn seal(&self, account: &str, generation: i64, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        ids::fill(&mut nonce);
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + AES_256_GCM.tag_len());
        sealed.push(KEY_ID);
        sealed.extend_from_slice(&nonce);
        let mut text = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
        text.extend_from_slice(plain);
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to(account, generation)),
                &mut *text,
            )
            .expect("a token is far shorter than what one nonce may seal");
        sealed.extend_from_slice(&text);
        sealed
    }

    /// Opens what was sealed for this account and this generation; none for anything else.
    pub fn open(&self, account: &str, generation: i64, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (head, text) = sealed.split_at_checked(HEAD_BYTES)?;
        let (&[KEY_ID], nonce) = head.split_first_chunk::<1>()? else { return None };
        let nonce = Nonce::assume_unique_for_key(nonce.try_into().ok()?);
        let mut plain = Zeroizing::new(text.to_vec());
        let aad = Aad::from(bound_to(account, generation));
        let length = self.key.open_in_place(nonce, aad, &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }

    /// A keyed hash over texts, each told from its neighbors: says whether they are the same, and nothing of them.
    pub fn print(&self, texts: &[&str]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.prints);
        for text in texts {
            context.update(&length_of(text));
            context.update(text.as_bytes());
        }
        context.sign().as_ref().to_vec()
    }
}

fn derive(root: &hkdf::Prk, purpose: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    root.expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|derived| derived.fill(key.as_mut_slice()))
        .expect("as many bytes as the hash gives at once");
    key
}

/// What a sealed row is bound to: key id, account and generation.
fn bound_to(account: &str, generation: i64) -> Vec<u8> {
    [&[KEY_ID][..], &length_of(account), account.as_bytes(), &generation.to_be_bytes()].concat()
}

fn length_of(text: &str) -> [u8; 8] {
    u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(key: &str) -> Sealer {
        Sealer::new(&SecretString::from(key))
    }

    const KEY: &str = "thirty-two characters of a test!";

    #[test]
    fn sealed_row_opens_for_its_account_and_generation_alone() {
        let sealed = sealer(KEY).seal("web", 7, b"token");
        let opened =
            |account, generation| sealer(KEY).open(account, generation, &sealed).map(|plain| plain.to_vec());
        assert_eq!(opened("web", 7), Some(b"token".to_vec()));
        assert_eq!(opened("web", 8), None);
        assert_eq!(opened("we", 7), None);
        assert_eq!(opened("other", 7), None);
        assert_eq!(sealer("another key of thirty-two chars!").open("web", 7, &sealed), None);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealer = sealer(KEY);
        let sealed = sealer.seal("web", 7, b"token");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealer.open("web", 7, &changed), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(sealer.open("web", 7, &sealed[..length]), None, "cut to {length} bytes");
        }
    }

    #[test]
    fn same_text_is_never_sealed_alike() {
        let sealer = sealer(KEY);
        let (first, second) = (sealer.seal("web", 7, b"token"), sealer.seal("web", 7, b"token"));
        assert_ne!(first, second);
        assert!(!first.windows(5).any(|window| window == b"token"));
    }

    #[test]
    fn print_tells_texts_and_their_borders_apart() {
        let sealer = sealer(KEY);
        assert_eq!(sealer.print(&["a", "bc"]), sealer.print(&["a", "bc"]));
        assert_ne!(sealer.print(&["a", "bc"]), sealer.print(&["ab", "c"]));
        assert_ne!(
            sealer.print(&["a"]),
            super::tests::sealer("another key of thirty-two chars!").print(&["a"])
        );
    }
}
