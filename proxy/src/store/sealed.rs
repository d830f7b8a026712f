//! What a store keeps of a submission's content: sealed before it comes here, opened only after it has left.
//!
//! Apart so that drivers know three columns and no key.

use std::fmt;

/// A submission's content as it lies on the disk. [`crate::keys::Keyring`] makes it and opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedLead {
    /// The id of the operator's key that wraps the data key.
    pub key_id: String,
    /// The wrapped data key; empty or nothing but zeros once the content is erased.
    pub data_key: Vec<u8>,
    /// The content under the data key; empty or nothing but zeros once it is erased.
    pub sealed: Vec<u8>,
}

impl SealedLead {
    /// Whether the content was erased: nobody can open it any more.
    pub fn is_erased(&self) -> bool {
        self.data_key.iter().all(|byte| *byte == 0)
    }
}

/// Shows the key's id and lengths: even the sealed bytes have no business in a log.
impl fmt::Debug for SealedLead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key_id, data_key, sealed } = self;
        write!(f, "SealedLead({key_id:?}, {} and {} bytes)", data_key.len(), sealed.len())
    }
}
