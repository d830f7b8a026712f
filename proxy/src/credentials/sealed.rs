//! Seals what is kept of tokens, by the operator's keys, and tells whether credentials are those that were refused.
//!
//! Apart from the keys, which know accounts and generations only as what a token is bound to.

use std::sync::Arc;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::keys::{Keys, OpenFault};

/// Whom the key for prints belongs to.
const PRINTS: &str = "prints of account credentials";

/// Seals, opens and prints.
pub struct Sealer {
    keys: Arc<Keys>,
    prints: hmac::Key,
}

impl Sealer {
    /// Readies it.
    pub fn new(keys: Arc<Keys>) -> Self {
        let prints = hmac::Key::new(hmac::HMAC_SHA256, keys.index.derive(PRINTS).as_slice());
        Self { keys, prints }
    }

    /// Seals for this account and this generation.
    pub fn seal(&self, account: &str, generation: i64, plain: &[u8]) -> Vec<u8> {
        self.keys.ring.seal_token(account, generation, plain)
    }

    /// Opens what was sealed for this account and this generation.
    ///
    /// # Errors
    /// When its key is not in the ring, or it is anything else.
    pub fn open(
        &self,
        account: &str,
        generation: i64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenFault> {
        self.keys.ring.open_token(account, generation, sealed)
    }

    /// A keyed hash over texts, each told from its neighbors: says whether they are the same, and nothing of them.
    pub fn print(&self, texts: &[&str]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.prints);
        for text in texts {
            context.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(text.as_bytes());
        }
        context.sign().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{IndexKey, KeyId, Keyring};

    fn sealer(index: u8) -> Sealer {
        let id = KeyId::parse("a").unwrap();
        let ring = Keyring::new(id.clone(), &[(id, Zeroizing::new([7; 32]))].into()).unwrap();
        Sealer::new(Arc::new(Keys { ring, index: IndexKey::new(Zeroizing::new([index; 32])) }))
    }

    #[test]
    fn print_tells_texts_and_their_borders_apart() {
        let ours = sealer(1);
        assert_eq!(ours.print(&["a", "bc"]), sealer(1).print(&["a", "bc"]));
        assert_ne!(ours.print(&["a", "bc"]), ours.print(&["ab", "c"]));
        assert_ne!(ours.print(&["a"]), sealer(2).print(&["a"]));
    }

    #[test]
    fn sealed_token_opens_whatever_the_index_is() {
        let sealed = sealer(1).seal("web", 1, b"token");
        assert_eq!(sealer(2).open("web", 1, &sealed).map(|plain| plain.to_vec()), Ok(b"token".to_vec()));
    }
}
