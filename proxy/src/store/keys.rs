//! What a store promises of what is sealed in it: its own secrets, rows to be wrapped anew, and erasing for good.
//!
//! Apart from leads on their way: none of this hurries, and all of it can be broken off at any point and done again.

use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::ids::Receipt;
use crate::store::operator::AuditNote;
use crate::store::{SealedLead, StoreError};

/// The section `[retention]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days after which the content of a lead is erased that is delivered, replaced or dropped.
    pub delivered_days: u32,
    /// Days after which the content of a lead is erased that is held, a dead letter or merged; 0 for never.
    pub dead_days: u32,
}

impl Retention {
    /// How long the content of a lead is kept that nobody has to look at any more.
    pub fn delivered(&self) -> Duration {
        days(self.delivered_days)
    }

    /// How long that of one is kept which a person should look at; none for ever.
    pub fn dead(&self) -> Option<Duration> {
        (self.dead_days > 0).then(|| days(self.dead_days))
    }
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 60 * 60)
}

/// A secret of the store's own, wrapped by one of the operator's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// The id of the key that wraps it.
    pub key_id: String,
    /// The wrapped secret.
    pub sealed: Vec<u8>,
}

/// A lead's data key, and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The submission's number in the store.
    pub submission: i64,
    /// Its receipt.
    pub receipt: String,
    /// The form's id.
    pub form: String,
    /// The account that gets the lead.
    pub account: String,
    /// The id of the key that wraps the data key.
    pub key_id: String,
    /// The wrapped data key.
    pub data_key: Vec<u8>,
}

/// A stretch of the store, looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedPage {
    /// The data keys in it that another key than the active one wraps.
    pub keys: Vec<WrappedKey>,
    /// Where the next stretch begins; none at the end.
    pub next: Option<i64>,
}

/// A data key wrapped anew.
#[derive(Clone, Debug)]
pub struct Rewrapped {
    /// As it was read; where it is no more so, nothing is written.
    pub was: WrappedKey,
    /// The id of the key that wraps it now.
    pub key_id: String,
    /// The wrapped data key.
    pub data_key: Vec<u8>,
}

/// An account's sealed tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedToken {
    /// The account.
    pub account: String,
    /// Which of its tokens it is.
    pub generation: i64,
    /// The tokens, sealed.
    pub sealed: Vec<u8>,
}

/// How many leads' content one of the operator's keys opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCount {
    /// The key's id, as it is stored.
    pub key_id: String,
    /// Leads whose data key it wraps.
    pub leads: u64,
}

/// What is kept of a submission, as it lies there.
#[derive(Clone, Debug)]
pub struct StoredSubmission {
    /// The form's id.
    pub form: String,
    /// The form's version that the values were checked against.
    pub form_version: u32,
    /// Language in which the visitor saw the form.
    pub locale: String,
    /// The account that gets the lead.
    pub account: String,
    /// When it was stored.
    pub received_at: Timestamp,
    /// When its content was erased.
    pub erased_at: Option<Timestamp>,
    /// Values, source and purpose.
    pub lead: SealedLead,
}

/// What became of a wish to erase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// Its content is gone. One that was not delivered is dropped with it.
    Done,
    /// Its content was erased before.
    Already,
    /// An attempt is under way: ask again in a moment.
    Sending,
    /// There is no such receipt.
    Unknown,
}

/// Keeps wrapped secrets and keys, and erases.
#[async_trait]
pub trait KeyStore {
    /// A secret of the store's own.
    async fn secret(&self, name: &str) -> Result<Option<StoredSecret>, StoreError>;

    /// Keeps a secret where there is none of this name; the one that is there afterwards.
    async fn keep_secret(&self, name: &str, secret: StoredSecret) -> Result<StoredSecret, StoreError>;

    /// The same secret, wrapped anew. False, and nothing written, where it is not what it was.
    async fn rewrap_secret(
        &self,
        name: &str,
        was: StoredSecret,
        now: StoredSecret,
    ) -> Result<bool, StoreError>;

    /// How many leads' content each key opens: looks at every row.
    async fn key_counts(&self) -> Result<Vec<KeyCount>, StoreError>;

    /// Looks through the next `length` submissions behind `after` for data keys that another key than `active` wraps.
    async fn wrapped_by_others(
        &self,
        active: &str,
        after: i64,
        length: u32,
    ) -> Result<WrappedPage, StoreError>;

    /// Writes data keys wrapped anew; how many of them were still as they had been read.
    async fn rewrap(&self, keys: Vec<Rewrapped>) -> Result<u64, StoreError>;

    /// Every account's sealed tokens.
    async fn sealed_tokens(&self) -> Result<Vec<SealedToken>, StoreError>;

    /// The same tokens, sealed anew. False, and nothing written, where they are not what they were.
    async fn reseal_token(&self, was: SealedToken, sealed: Vec<u8>) -> Result<bool, StoreError>;

    /// What is kept of a submission.
    async fn submission(&self, receipt: &Receipt) -> Result<Option<StoredSubmission>, StoreError>;

    /// Erases the content of one submission, whatever its state, together with the audit row of it.
    async fn erase(&self, receipt: &Receipt, note: AuditNote) -> Result<Erased, StoreError>;

    /// Erases the content of at most so many submissions whose time is over; how many there were.
    async fn erase_old(&self, retention: Retention, limit: u32) -> Result<u64, StoreError>;

    /// Sees to it that no file of the store holds what was erased before.
    async fn scrub(&self) -> Result<(), StoreError>;
}
