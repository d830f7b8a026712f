//! A new submission with its delivery.
//!
//! Apart from what the same key means the second time (`accept`). The statements are prepared once for a connection and
//! taken in hand once for a batch.

use rusqlite::{CachedStatement, Connection, params};

use crate::clock::Timestamp;
use crate::crash;
use crate::ids::DeliveryId;
use crate::store::sqlite::direct::direct_error;
use crate::store::sqlite::keys;
use crate::store::sqlite::persons::{self, Earlier, Persons};
use crate::store::{NewSubmission, StoreError};

const SUBMISSION: &str = "INSERT INTO submissions (receipt, form, form_version, locale, account, idempotency_key, \
    fingerprint, person, duplicate_of, key_id, data_key, sealed, received_at) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (form, idempotency_key) DO NOTHING";
const DELIVERY: &str = "INSERT INTO deliveries (submission, account, state, reason, due_at, changed_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?5)";

/// A submission and when it came.
pub(super) type Arrival = (NewSubmission, Timestamp);

/// What writes new ones.
pub(super) struct Inserts<'c> {
    connection: &'c Connection,
    persons: &'c mut Persons,
    known: CachedStatement<'c>,
    submission: CachedStatement<'c>,
    delivery: CachedStatement<'c>,
}

impl<'c> Inserts<'c> {
    pub(super) fn new(connection: &'c Connection, persons: &'c mut Persons) -> Result<Self, StoreError> {
        let prepare = |text| connection.prepare_cached(text).map_err(direct_error);
        let (known, submission, delivery) =
            (prepare(persons::KNOWN)?, prepare(SUBMISSION)?, prepare(DELIVERY)?);
        Ok(Self { connection, persons, known, submission, delivery })
    }

    /// Writes one, and tells its delivery; none where its key is known.
    pub(super) fn insert(&mut self, arrival: &Arrival) -> Result<Option<DeliveryId>, StoreError> {
        let (submission, now) = arrival;
        let first = self.first(arrival)?;
        let row = params![
            submission.receipt.as_str(),
            submission.form,
            submission.form_version,
            submission.locale,
            submission.account,
            submission.idempotency_key.as_str(),
            submission.fingerprint.as_slice(),
            submission.person.as_ref().map(<[u8; 32]>::as_slice),
            first.map(|first| first.submission),
            keys::padded(&submission.lead.key_id),
            submission.lead.data_key,
            submission.lead.sealed,
            now.as_ms(),
        ];
        if self.submission.execute(row).map_err(direct_error)? == 0 {
            return Ok(None);
        }
        let id = self.connection.last_insert_rowid();
        self.persons.note(arrival, id);
        crash::point("accept.submission");
        // Kept back and not sent: in quarantine, or beside the first one.
        let is_merged = || submission.duplicates.merge && first.is_some_and(|first| first.is_alive);
        let (state, reason) = match submission.quarantine.as_deref() {
            Some(why) => ("held", Some(why)),
            None if is_merged() => ("merged", Some("duplicate_person")),
            None => ("waiting", None),
        };
        let row = params![id, submission.account, state, reason, now.as_ms()];
        self.delivery.execute(row).map_err(direct_error)?;
        crash::point("accept.delivery");
        Ok(Some(DeliveryId::new(self.connection.last_insert_rowid())))
    }

    /// The first submission of the same person, where anybody asks for it.
    fn first(&mut self, arrival: &Arrival) -> Result<Option<Earlier>, StoreError> {
        let (submission, now) = arrival;
        let window = submission.duplicates.window;
        let Some(person) = submission.person.as_ref().filter(|_| !window.is_zero()) else {
            return Ok(None);
        };
        let since = now.before(window).as_ms();
        let fresh = self.persons.find(person, since);
        if fresh.is_empty() {
            let sign = persons::sign_of(person).map(<[u8; 8]>::as_slice);
            if !self.known.exists(params![sign, since]).map_err(direct_error)? {
                return Ok(None);
            }
        }
        persons::first(self.connection, arrival, &fresh)
    }
}
