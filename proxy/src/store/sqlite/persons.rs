//! Who has been here before: in the index, and in memory what the index has not yet.
//!
//! Apart because the index is written behind the answers. A place in it is by chance, so each lead would change a page of its
//! own; some thousand at once, in the index's own order, change few. Nothing is lost with the memory: whom a submission is of
//! stands in its row, and what comes after the stored mark is read again whenever the writer opens its connection. What is
//! found here only says where to look: each row is asked whether it is of the same person, so an entry too many does no harm.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rusqlite::{Connection, params, params_from_iter};
use sqlx::SqliteConnection;

use crate::store::StoreError;
use crate::store::sqlite::direct::direct_error;
use crate::store::sqlite::insert::Arrival;
use crate::store::sqlite::store_error;

/// So many in memory are brought into the index as one lot.
const LOT: usize = 8_192;
/// Entries of a lot that are brought there by one statement; each commit takes a few, so that no lead waits for a whole lot.
const STEP: usize = 128;

/// Whether anybody with this sign is in the index at all.
pub(super) const KNOWN: &str = "SELECT 1 FROM persons WHERE sign = ? AND received_at > ?";
const LOAD: &str = "SELECT substr(s.person, 1, 8), s.received_at, s.id FROM persons_upto u \
    CROSS JOIN submissions s ON s.id > u.submission WHERE s.person IS NOT NULL";
/// From the rows as they are now: what was erased meanwhile is nobody's any more.
static BRING: LazyLock<String> = LazyLock::new(|| {
    let asked = vec!["(?)"; STEP].join(", ");
    format!(
        "INSERT OR IGNORE INTO persons (sign, received_at, submission) \
         SELECT substr(s.person, 1, 8), s.received_at, s.id \
         FROM (VALUES {asked}) asked CROSS JOIN submissions s ON s.id = asked.column1 WHERE s.person IS NOT NULL"
    )
});
const LAST: &str = "SELECT coalesce(max(id), 0) FROM submissions";
const MARK: &str = "UPDATE persons_upto SET submission = ?";
const FORGET: &str = "DELETE FROM persons WHERE (sign, received_at, submission) IN \
    (SELECT substr(person, 1, 8), received_at, id FROM submissions WHERE id = ? AND person IS NOT NULL)";
/// The first whose partner has the lead or will get it, which of one in quarantine nobody knows; where all were given up, which is no reason to keep the next one back,
/// the first of those, as a negative number. What was replaced is the same visit, corrected. The index comes before the memory,
/// which has later ones, and is read in its order, so that the first of thousands is found at once.
static FIRST: LazyLock<String> = LazyLock::new(|| {
    let same = "s.account = ?1 AND s.person = ?2 AND s.received_at > ?3";
    let first = |states: &str| {
        format!(
            "(SELECT s.id FROM persons p CROSS JOIN submissions s ON s.id = p.submission \
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

/// The beginning of a person's sign.
type Sign = [u8; 8];

/// Where a submission of a person is, in the order of the index.
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
pub(super) struct Persons {
    fresh: BTreeSet<Entry>,
    /// What is left of the lot that is on its way into the index.
    lot: BTreeSet<Entry>,
    /// The last submission of that lot: the mark, once all of it is there.
    lot_upto: i64,
    lot_size: usize,
}

impl Persons {
    /// Reads what comes after the mark.
    pub(super) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let mut load = connection.prepare(LOAD).map_err(direct_error)?;
        let entries = load
            .query_map([], |row| {
                Ok(Entry { sign: row.get(0)?, received_at: row.get(1)?, submission: row.get(2)? })
            })
            .map_err(direct_error)?;
        let fresh = entries.collect::<Result<_, _>>().map_err(direct_error)?;
        Ok(Self { fresh, lot: BTreeSet::new(), lot_upto: 0, lot_size: LOT })
    }

    /// Remembers a submission that was written just now.
    pub(super) fn note(&mut self, (submission, now): &Arrival, id: i64) {
        if let Some(sign) = submission.person.as_ref().and_then(sign_of) {
            self.fresh.insert(Entry { sign: *sign, received_at: now.as_ms(), submission: id });
        }
    }

    /// The submissions in memory that may be of this person and came later than this.
    pub(super) fn find(&self, person: &[u8; 32], since: i64) -> Vec<i64> {
        let Some(&sign) = sign_of(person) else {
            return Vec::new();
        };
        let range = Entry { sign, received_at: since.saturating_add(1), submission: 0 }..=Entry {
            sign,
            received_at: i64::MAX,
            submission: i64::MAX,
        };
        self.lot.range(range.clone()).chain(self.fresh.range(range)).map(|entry| entry.submission).collect()
    }

    /// Brings some of what is in memory into the index, in the transaction of a commit to which so many came. An error means
    /// that the transaction must not be committed, and that the memory must be loaded anew.
    pub(super) fn bring(&mut self, connection: &Connection, came: usize) -> Result<(), StoreError> {
        if self.lot.is_empty() {
            if self.fresh.len() < self.lot_size {
                return Ok(());
            }
            self.lot = std::mem::take(&mut self.fresh);
            // Asked, for what was noted of a row that was rolled back has a number that another row may get.
            self.lot_upto = connection.query_row(LAST, [], |row| row.get(0)).map_err(direct_error)?;
        }
        let mut bring = connection.prepare_cached(&BRING).map_err(direct_error)?;
        // Twice as many as came, so that a lot is there before the next one is together.
        for _ in 0..(2 * came).div_ceil(STEP) {
            let step = std::iter::from_fn(|| self.lot.pop_first()).take(STEP);
            let numbers = step.map(|entry| Some(entry.submission)).chain(std::iter::repeat(None)).take(STEP);
            bring.execute(params_from_iter(numbers)).map_err(direct_error)?;
            if self.lot.is_empty() {
                connection.execute(MARK, params![self.lot_upto]).map_err(direct_error)?;
                break;
            }
        }
        Ok(())
    }
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
    sqlx::query(FORGET).bind(submission).execute(connection).await.map_err(store_error)?;
    Ok(())
}

/// The beginning of a sign, as the index has it.
pub(super) fn sign_of(person: &[u8; 32]) -> Option<&Sign> {
    person.first_chunk()
}

#[cfg(test)]
mod tests;
