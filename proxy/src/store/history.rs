//! Every delivery with every attempt that was made of it: what a campaign, or an operator in doubt, holds against a
//! partner's own list.
//!
//! Apart from the views of one delivery because this reads a whole store, beside whoever has it.

use crate::store::{StoreError, StorePlace, postgres, sqlite};

/// Most deliveries that are read at a time.
pub(super) const PAGE: i64 = 1_000;

/// A delivery and its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryHistory {
    /// The submission's receipt.
    pub receipt: String,
    /// The account that gets the lead.
    pub account: String,
    /// Where it stands.
    pub state: String,
    /// The code of why the last attempt ended so.
    pub reason: Option<String>,
    /// First to last.
    pub attempts: Vec<AttemptHistory>,
}

/// One attempt and when it was made. Times are milliseconds since 1970 by the store's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptHistory {
    /// Counts from 1 within its delivery.
    pub number: i64,
    /// `sending`, or a class.
    pub state: String,
    /// The code of why it ended so.
    pub why: Option<String>,
    /// When it was written down as sending.
    pub started_at: i64,
    /// When its outcome was written down.
    pub ended_at: Option<i64>,
}

/// A delivery's columns, and those of one of its attempts where it has any: its id first, the attempt's from the sixth on.
pub(super) type Row = (
    i64,
    String,
    String,
    String,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
);

/// Hands every delivery to `tell`, the oldest first.
///
/// # Errors
/// [`StoreError::Refused`] with the remedy where there is no store of ours.
pub async fn tell_history(
    place: &StorePlace,
    tell: &mut (dyn FnMut(DeliveryHistory) + Send),
) -> Result<(), StoreError> {
    match place {
        StorePlace::Sqlite(file) => sqlite::history::tell(file, tell).await,
        StorePlace::Postgres(url) => postgres::history::tell(url, tell).await,
    }
}

/// Gathers the rows of one page, which lie in order, and hands on what they tell; the id of the last delivery.
pub(super) fn tell_rows(rows: Vec<Row>, tell: &mut (dyn FnMut(DeliveryHistory) + Send)) -> Option<i64> {
    let mut open: Option<(i64, DeliveryHistory)> = None;
    for (id, receipt, account, state, reason, number, class, why, started_at, ended_at) in rows {
        if open.as_ref().is_none_or(|(before, _)| *before != id) {
            let history = DeliveryHistory { receipt, account, state, reason, attempts: Vec::new() };
            if let Some((_, told)) = open.replace((id, history)) {
                tell(told);
            }
        }
        if let (Some((_, history)), Some(number), Some(state), Some(started_at)) =
            (&mut open, number, class, started_at)
        {
            history.attempts.push(AttemptHistory { number, state, why, started_at, ended_at });
        }
    }
    let (id, last) = open?;
    tell(last);
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, receipt: &str, attempt: Option<(i64, &str)>) -> Row {
        let (number, class) = (attempt.map(|(number, _)| number), attempt.map(|(_, class)| class.to_owned()));
        let started_at = number.map(|number| number * 10);
        let state = "held".to_owned();
        (id, receipt.to_owned(), "web".to_owned(), state, None, number, class, None, started_at, None)
    }

    #[test]
    fn rows_of_one_delivery_become_one_with_its_attempts_in_their_order() {
        let rows =
            vec![row(4, "A", Some((1, "in_doubt"))), row(4, "A", Some((2, "sending"))), row(7, "B", None)];
        let mut told = Vec::new();
        assert_eq!(tell_rows(rows, &mut |history| told.push(history)), Some(7));
        let attempts: Vec<Vec<_>> = told
            .iter()
            .map(|history| {
                history.attempts.iter().map(|attempt| (attempt.number, attempt.state.as_str())).collect()
            })
            .collect();
        assert_eq!(told.iter().map(|history| history.receipt.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(attempts, [vec![(1, "in_doubt"), (2, "sending")], vec![]]);
        assert_eq!(tell_rows(Vec::new(), &mut |_| panic!("nothing is to be told")), None);
    }
}
