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
use crate::store::sqlite::seen::{self, Earlier, Seen};
use crate::store::{NewSubmission, StoreError};

const SUBMISSION: &str = "INSERT INTO submissions (receipt, form, form_version, locale, account, retry_key, \
    fingerprint, person, duplicate_of, key_id, data_key, sealed, received_at) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const DELIVERY: &str = "INSERT INTO deliveries (id, submission, account, state, reason, due_at, changed_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
/// The deliveries of a row of submissions that wait to be sent, in one statement: SQLite makes the lists of states in a
/// table's rules and indices anew for each.
pub(super) const WAITING: &str = "INSERT INTO deliveries (id, submission, account, state, due_at, changed_at) \
    SELECT s.id + ?3, s.id, s.account, 'waiting', s.received_at, s.received_at FROM submissions s \
    WHERE s.id BETWEEN ?1 AND ?2 ORDER BY s.id";
const NEXT_DELIVERY: &str = "SELECT coalesce(max(id), 0) + 1 FROM deliveries";

/// A submission and when it came.
pub(super) type Arrival = (NewSubmission, Timestamp);

/// What writes new ones.
pub(super) struct Inserts<'c> {
    connection: &'c Connection,
    seen: &'c mut Seen,
    known: CachedStatement<'c>,
    keyed: CachedStatement<'c>,
    submission: CachedStatement<'c>,
    next_delivery: i64,
    waiting: Option<Waiting>,
}

/// Submissions one after the other whose deliveries, one after the other, are still to be written.
struct Waiting {
    first: i64,
    last: i64,
    /// From a submission's number to its delivery's.
    offset: i64,
}

impl<'c> Inserts<'c> {
    pub(super) fn new(connection: &'c Connection, seen: &'c mut Seen) -> Result<Self, StoreError> {
        let prepare = |text| connection.prepare_cached(text).map_err(direct_error);
        let (known, keyed) = (prepare(seen::KNOWN)?, prepare(seen::KEYED)?);
        let submission = prepare(SUBMISSION)?;
        let next_delivery = next_delivery(connection)?;
        Ok(Self { connection, seen, known, keyed, submission, next_delivery, waiting: None })
    }

    /// The submission that is stored under the key of this one. All deliveries are written then.
    pub(super) fn keyed(&mut self, submission: &NewSubmission) -> Result<Option<i64>, StoreError> {
        let fresh = self.seen.of_key(&submission.idempotency_key);
        let keyed = seen::keyed(self.connection, &mut self.keyed, submission, &fresh)?;
        if keyed.is_some() {
            self.write_waiting()?;
        }
        Ok(keyed)
    }

    /// Writes one whose key nobody has, and tells its delivery, which is written with the next ones or by
    /// [`Self::write_waiting`].
    pub(super) fn insert(&mut self, arrival: &Arrival) -> Result<DeliveryId, StoreError> {
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
        self.submission.execute(row).map_err(direct_error)?;
        let id = self.connection.last_insert_rowid();
        self.seen.note(arrival, id);
        crash::point("accept.submission");
        let delivery = self.next_delivery;
        // Kept back and not sent: in quarantine, or beside the first one.
        let is_merged = || submission.duplicates.merge && first.is_some_and(|first| first.is_alive);
        match submission.quarantine.as_deref() {
            Some(why) => self.keep_back(arrival, id, ("held", why))?,
            None if is_merged() => self.keep_back(arrival, id, ("merged", "duplicate_person"))?,
            None => self.let_wait(id, delivery)?,
        }
        self.next_delivery = delivery.saturating_add(1);
        Ok(DeliveryId::new(delivery))
    }

    fn keep_back(
        &mut self,
        (submission, now): &Arrival,
        id: i64,
        (state, reason): (&str, &str),
    ) -> Result<(), StoreError> {
        let mut delivery = self.connection.prepare_cached(DELIVERY).map_err(direct_error)?;
        let row = params![self.next_delivery, id, submission.account, state, reason, now.as_ms()];
        delivery.execute(row).map_err(direct_error)?;
        both_are_written();
        Ok(())
    }

    fn let_wait(&mut self, id: i64, delivery: i64) -> Result<(), StoreError> {
        let offset = delivery.saturating_sub(id);
        match &mut self.waiting {
            Some(waiting) if waiting.offset == offset && waiting.last.checked_add(1) == Some(id) => {
                waiting.last = id;
            }
            _ => {
                self.write_waiting()?;
                self.waiting = Some(Waiting { first: id, last: id, offset });
            }
        }
        Ok(())
    }

    /// Writes the deliveries that are still to be written.
    pub(super) fn write_waiting(&mut self) -> Result<(), StoreError> {
        if let Some(Waiting { first, last, offset }) = self.waiting.take() {
            let mut waiting = self.connection.prepare_cached(WAITING).map_err(direct_error)?;
            waiting.execute(params![first, last, offset]).map_err(direct_error)?;
            both_are_written();
        }
        Ok(())
    }

    /// Begins anew behind what was rolled back.
    pub(super) fn roll_back(&mut self) -> Result<(), StoreError> {
        self.waiting = None;
        self.next_delivery = next_delivery(self.connection)?;
        self.seen.roll_back(self.connection)
    }

    /// The first submission of the same person, where anybody asks for it.
    fn first(&mut self, arrival: &Arrival) -> Result<Option<Earlier>, StoreError> {
        let (submission, now) = arrival;
        let window = submission.duplicates.window;
        let Some(person) = submission.person.as_ref().filter(|_| !window.is_zero()) else {
            return Ok(None);
        };
        let since = now.before(window).as_ms();
        let fresh = self.seen.of_person(person, since);
        if fresh.is_empty() {
            let sign = seen::sign_of(person).map(<[u8; 8]>::as_slice);
            if !self.known.exists(params![sign, since]).map_err(direct_error)? {
                return Ok(None);
            }
        }
        self.write_waiting()?;
        seen::first(self.connection, arrival, &fresh)
    }
}

fn both_are_written() {
    crash::point("accept.delivery");
}

fn next_delivery(connection: &Connection) -> Result<i64, StoreError> {
    let mut next = connection.prepare_cached(NEXT_DELIVERY).map_err(direct_error)?;
    next.query_row([], |row| row.get(0)).map_err(direct_error)
}
