//! What has been here before, persons and idempotency keys: in the index, and in memory what the index has not yet.
//!
//! Apart because the index is written behind the answers. A place in it is by chance, so each lead would change pages of its
//! own; some ten thousand at once, in the index's own order, change few. Nothing is lost with the memory: key and person stand
//! in a submission's row, and what comes after the stored mark is read again whenever the writer opens its connection. What is
//! found here only says where to look: each row is asked whether it is the same, so an entry too many does no harm. None is
//! missing, for nobody but the writer, who has the memory, writes submissions; hence no key is taken twice.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, Row, Statement, params};
use sqlx::SqliteConnection;

use crate::ids::IdempotencyKey;
use crate::store::sqlite::direct::direct_error;
use crate::store::sqlite::insert::Arrival;
use crate::store::sqlite::store_error;
use crate::store::{NewSubmission, StoreError};

/// So many in memory are brought into the index as one lot.
const LOT: usize = 65_536;
/// Entries of a lot that are brought there with each lead, so that no lead waits for a whole lot: twice as many as a lead has
/// itself, so that a lot is there before the next one is together.
const STEP: usize = 4;
/// No fewer are brought at once: a page of the index that is split has SQLite look through its whole cache at the commit.
const STRIDE: usize = 256;

/// Whether anybody with this sign is in the index at all.
pub(super) const KNOWN: &str = "SELECT 1 FROM seen WHERE sign = ? AND received_at > ?";
/// What the index knows under this key.
pub(super) const KEYED: &str = "SELECT s.id FROM seen k CROSS JOIN submissions s ON s.id = k.submission \
    WHERE k.sign = ?1 AND s.form = ?2 AND (s.retry_key = ?3 OR s.idempotency_key = ?3)";
/// Whether this one has the key.
const HAS_KEY: &str = "SELECT s.id FROM submissions s WHERE s.id = ?1 AND s.form = ?2 AND (s.retry_key = ?3 OR s.idempotency_key = ?3)";
const ROW: &str = "SELECT s.id, s.received_at, substr(s.person, 1, 8), \
    substr(CAST(coalesce(s.retry_key, s.idempotency_key) AS BLOB), -8) FROM";
static LOAD: LazyLock<String> =
    LazyLock::new(|| format!("{ROW} seen_upto u CROSS JOIN submissions s ON s.id > u.submission"));
static AGAIN: LazyLock<String> = LazyLock::new(|| format!("{ROW} submissions s WHERE s.id = ?"));
const BRING: &str = "INSERT OR IGNORE INTO seen (sign, received_at, submission) VALUES (?, ?, ?)";
const LAST: &str = "SELECT coalesce(max(id), 0) FROM submissions";
const MARK: &str = "UPDATE seen_upto SET submission = ?";
const FORGET: &str = "DELETE FROM seen WHERE (sign, received_at, submission) IN \
    (SELECT substr(person, 1, 8), received_at, id FROM submissions WHERE id = ? AND person IS NOT NULL)";
/// Of what may still be in memory.
const FORGET_LATER: &str = "INSERT OR IGNORE INTO seen_not (submission) SELECT s.id FROM seen_upto u \
    CROSS JOIN submissions s ON s.id = ? AND s.id > u.submission WHERE s.person IS NOT NULL";
const FORGOTTEN: &str = "SELECT submission FROM seen_not";
const FORGOTTEN_NOW: &str = "DELETE FROM seen_not";
/// The first whose partner has the lead or will get it, which of one in quarantine nobody knows; where all were given up,
/// which is no reason to keep the next one back, the first of those, as a negative number. What was replaced is the same
/// visit, corrected. The index comes before the memory, which has later ones, and is read in its order, so that the first of
/// thousands is found at once.
static FIRST: LazyLock<String> = LazyLock::new(|| {
    let same = "s.account = ?1 AND s.person = ?2 AND s.received_at > ?3";
    let first = |states: &str| {
        format!(
            "(SELECT s.id FROM seen p CROSS JOIN submissions s ON s.id = p.submission \
             CROSS JOIN deliveries d ON d.submission = s.id WHERE p.sign = substr(?2, 1, 8) AND p.received_at > ?3 \
             AND {same} AND d.state {states} ORDER BY p.received_at, p.submission LIMIT 1), \
             (SELECT s.id FROM json_each(?4) h CROSS JOIN submissions s ON s.id = h.value \
             CROSS JOIN deliveries d ON d.submission = s.id WHERE {same} AND d.state {states} LIMIT 1)"
        )
    };
    let (alive, any) = (first(ALIVE), first("<> 'replaced'"));
    format!("SELECT coalesce({alive}, -coalesce({any}))")
});

const ALIVE: &str =
    "IN ('waiting', 'leased', 'delivered', 'held') AND coalesce(d.reason, '') NOT LIKE 'robot:%'";

/// The beginning of a person's sign, or the end of a key.
type Sign = [u8; 8];

/// Where a submission is, in the order of the index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    sign: Sign,
    received_at: i64,
    submission: i64,
}

/// The first submission of the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    pub(super) submission: i64,
    /// Whether its partner has it or will get it.
    pub(super) is_alive: bool,
}

/// What the index has not yet.
pub(super) struct Seen {
    fresh: BTreeSet<Entry>,
    /// What is left of the lot that is on its way into the index.
    lot: BTreeSet<Entry>,
    /// The last submission of that lot: the mark, once all of it is there.
    lot_upto: i64,
    lot_size: usize,
    stride: usize,
    /// So many of the lot are to be brought with the next commit.
    owed: usize,
}

impl Seen {
    /// Reads what comes after the mark.
    pub(super) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let mut load = connection.prepare(&LOAD).map_err(direct_error)?;
        let rows = load.query_map([], entries_of).map_err(direct_error)?;
        let mut fresh = BTreeSet::new();
        for row in rows {
            fresh.extend(row.map_err(direct_error)?.into_iter().flatten());
        }
        Ok(Self { fresh, lot: BTreeSet::new(), lot_upto: 0, lot_size: LOT, stride: STRIDE, owed: 0 })
    }

    /// Remembers a submission that was written just now.
    pub(super) fn note(&mut self, (submission, now): &Arrival, id: i64) {
        let person = submission.person.as_ref().and_then(sign_of);
        for sign in [person, sign_of_key(&submission.idempotency_key)].into_iter().flatten() {
            self.fresh.insert(Entry { sign: *sign, received_at: now.as_ms(), submission: id });
        }
    }

    /// Forgets what was noted of rows that were rolled back.
    pub(super) fn roll_back(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let last: i64 = connection.query_row(LAST, [], |row| row.get(0)).map_err(direct_error)?;
        self.fresh.retain(|entry| entry.submission <= last);
        Ok(())
    }

    /// The submissions in memory that may be of this person and came later than this.
    pub(super) fn of_person(&self, person: &[u8; 32], since: i64) -> Vec<i64> {
        sign_of(person).map(|sign| self.find(*sign, since.saturating_add(1)).collect()).unwrap_or_default()
    }

    /// The submissions in memory that may have this key.
    pub(super) fn of_key(&self, key: &IdempotencyKey) -> Vec<i64> {
        sign_of_key(key).map(|sign| self.find(*sign, i64::MIN).collect()).unwrap_or_default()
    }

    fn find(&self, sign: Sign, since: i64) -> impl Iterator<Item = i64> {
        let range = Entry { sign, received_at: since, submission: 0 }..=Entry {
            sign,
            received_at: i64::MAX,
            submission: i64::MAX,
        };
        self.lot.range(range.clone()).chain(self.fresh.range(range)).map(|entry| entry.submission)
    }

    /// Brings some of what is in memory into the index, in the transaction of a commit to which so many came. An error means
    /// that the transaction must not be committed, and that the memory must be loaded anew.
    pub(super) fn bring(&mut self, connection: &Connection, came: usize) -> Result<(), StoreError> {
        self.forget_erased(connection)?;
        if self.lot.is_empty() {
            if self.fresh.len() < self.lot_size {
                return Ok(());
            }
            self.lot = std::mem::take(&mut self.fresh);
            self.lot_upto = connection.query_row(LAST, [], |row| row.get(0)).map_err(direct_error)?;
        }
        self.owed = self.owed.saturating_add(STEP.saturating_mul(came));
        if self.owed < self.stride {
            return Ok(());
        }
        let mut bring = connection.prepare_cached(BRING).map_err(direct_error)?;
        for _ in 0..std::mem::take(&mut self.owed) {
            let Some(Entry { sign, received_at, submission }) = self.lot.pop_first() else { break };
            bring.execute(params![sign.as_slice(), received_at, submission]).map_err(direct_error)?;
        }
        if self.lot.is_empty() {
            connection.execute(MARK, params![self.lot_upto]).map_err(direct_error)?;
        }
        Ok(())
    }

    /// Takes out of the memory whose person was erased since; the key stays.
    fn forget_erased(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let mut forgotten = connection.prepare_cached(FORGOTTEN).map_err(direct_error)?;
        let forgotten = forgotten.query_map([], |row| row.get(0)).map_err(direct_error)?;
        let forgotten: BTreeSet<i64> = forgotten.collect::<Result<_, _>>().map_err(direct_error)?;
        if forgotten.is_empty() {
            return Ok(());
        }
        let mut again = connection.prepare_cached(&AGAIN).map_err(direct_error)?;
        for set in [&mut self.lot, &mut self.fresh] {
            let size = set.len();
            set.retain(|entry| !forgotten.contains(&entry.submission));
            if set.len() == size {
                continue;
            }
            for submission in &forgotten {
                let row = again.query_row([submission], entries_of).optional().map_err(direct_error)?;
                set.extend(row.into_iter().flatten().flatten());
            }
        }
        connection.execute(FORGOTTEN_NOW, []).map(drop).map_err(direct_error)
    }
}

/// What the index has of a row.
fn entries_of(row: &Row<'_>) -> rusqlite::Result<[Option<Entry>; 2]> {
    let (submission, received_at) = (row.get(0)?, row.get(1)?);
    let entry = |sign: Option<Sign>| sign.map(|sign| Entry { sign, received_at, submission });
    Ok([entry(row.get(2)?), entry(row.get(3)?)])
}

/// The submission under this key, where there is one; `keyed` is [`KEYED`], `fresh` what the memory knows of it.
pub(super) fn keyed(
    connection: &Connection,
    keyed: &mut Statement<'_>,
    submission: &NewSubmission,
    fresh: &[i64],
) -> Result<Option<i64>, StoreError> {
    let key = submission.idempotency_key.as_str();
    for id in fresh {
        let asked = params![id, submission.form, key];
        let mut has_key = connection.prepare_cached(HAS_KEY).map_err(direct_error)?;
        let found = has_key.query_row(asked, |row| row.get(0)).optional().map_err(direct_error)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    let asked =
        params![sign_of_key(&submission.idempotency_key).map(<[u8; 8]>::as_slice), submission.form, key];
    keyed.query_row(asked, |row| row.get(0)).optional().map_err(direct_error)
}

/// The first submission of the person of this one, where there is one; `fresh` is what the memory knows of him.
pub(super) fn first(
    connection: &Connection,
    (submission, now): &Arrival,
    fresh: &[i64],
) -> Result<Option<Earlier>, StoreError> {
    let asked = params![
        submission.account,
        submission.person.as_ref().map(<[u8; 32]>::as_slice),
        now.before(submission.duplicates.window).as_ms(),
        serde_json::json!(fresh).to_string(),
    ];
    let mut statement = connection.prepare_cached(&FIRST).map_err(direct_error)?;
    let found: Option<i64> = statement.query_row(asked, |row| row.get(0)).map_err(direct_error)?;
    Ok(found.map(|first| Earlier { submission: first.abs(), is_alive: first > 0 }))
}

/// Takes a submission out of the index, whose person is about to be erased.
pub(super) async fn forget(connection: &mut SqliteConnection, submission: i64) -> Result<(), StoreError> {
    for forget in [FORGET, FORGET_LATER] {
        sqlx::query(forget).bind(submission).execute(&mut *connection).await.map_err(store_error)?;
    }
    Ok(())
}

/// The beginning of a sign, as the index has it.
pub(super) fn sign_of(person: &[u8; 32]) -> Option<&Sign> {
    person.first_chunk()
}

/// The end of a key, as the index has it.
fn sign_of_key(key: &IdempotencyKey) -> Option<&Sign> {
    key.as_str().as_bytes().last_chunk()
}

#[cfg(test)]
mod tests;
