//! A lead's envelope: its content under a data key of its own, the data key under the ring's.
//!
//! Apart because sealing stands on the road of every lead: one draw of chance, one text written, nothing copied twice.

use zeroize::Zeroizing;

use crate::ids;
use crate::keys::aead::{self, NONCE_BYTES, OnceKey};
use crate::keys::ring::key_of;
use crate::keys::{KEY_BYTES, Keyring, LeadAddress, LeadContent, OpenFault};
use crate::store::SealedLead;

/// The columns, as they are bound: neither opens in the other's place.
const DATA_KEY: &str = "submissions.data_key";
const SEALED: &str = "submissions.sealed";
/// About as long as a lead's content is.
const CONTENT_BYTES: usize = 1_024;

impl Keyring {
    /// Seals a lead's content for its address, under a data key that nothing else has.
    pub fn seal_lead(&self, address: &LeadAddress<'_>, content: &LeadContent) -> SealedLead {
        let mut random = Zeroizing::new([0; KEY_BYTES + NONCE_BYTES]);
        ids::fill(random.as_mut_slice());
        let (data_key, nonce) = random.split_first_chunk::<KEY_BYTES>().expect("it is longer than a key");
        let nonce = nonce.try_into().expect("it is a key and a nonce");
        let mut sealed = OnceKey::room(CONTENT_BYTES);
        serde_json::to_writer(&mut sealed, content)
            .expect("values always have a JSON form, and a vector takes every byte");
        OnceKey::new(data_key).seal(&aead::label(&address.parts(SEALED)), &mut sealed);
        let (key_id, data_key) = self.wrap(&address.parts(DATA_KEY), nonce, data_key);
        SealedLead { key_id, data_key, sealed }
    }

    /// Opens what was sealed for this address.
    ///
    /// # Errors
    /// When the key is not in the ring, or anything of it was changed, cut or put in another's place.
    pub fn open_lead(&self, address: &LeadAddress<'_>, lead: &SealedLead) -> Result<LeadContent, OpenFault> {
        let data_key = self.unwrap(&address.parts(DATA_KEY), &lead.key_id, &lead.data_key)?;
        let plain = OnceKey::new(&*key_of(&data_key)?)
            .open(&aead::label(&address.parts(SEALED)), &lead.sealed)
            .ok_or(OpenFault::Broken)?;
        serde_json::from_slice(&plain).map_err(|_| OpenFault::Broken)
    }

    /// The same data key under the active key: its id, and what to keep in the old one's place.
    ///
    /// # Errors
    /// As [`Keyring::open_lead`].
    pub fn rewrap(
        &self,
        address: &LeadAddress<'_>,
        key_id: &str,
        data_key: &[u8],
    ) -> Result<(String, Vec<u8>), OpenFault> {
        let data_key = self.unwrap(&address.parts(DATA_KEY), key_id, data_key)?;
        let mut nonce = [0; NONCE_BYTES];
        ids::fill(&mut nonce);
        Ok(self.wrap(&address.parts(DATA_KEY), nonce, &key_of(&data_key)?[..]))
    }
}

impl<'a> LeadAddress<'a> {
    fn parts(&self, column: &'a str) -> [&'a str; 4] {
        [column, self.receipt, self.form, self.account]
    }
}

#[cfg(test)]
mod tests;
