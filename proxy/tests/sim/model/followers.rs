//! Leads of one person in the model: which is the first, and which is sent when that one is given up.
//!
//! Apart from what becomes of a single lead.

use lead_proxy::clock::Timestamp;
use lead_proxy::store::NewSubmission;

use super::{Row, Rows};
use crate::sabotage::Sabotage;

impl Row {
    /// Whether its partner has it, will get it, or may have it.
    pub fn is_alive(&self) -> bool {
        ["waiting", "leased", "delivered", "held"].contains(&self.state)
    }

    fn is_given_up(&self) -> bool {
        ["dead_letter", "replaced"].contains(&self.state)
    }
}

impl Rows {
    /// Where the first lead of the same person is: one that is alive before every other.
    pub(super) fn first_of(&self, submission: &NewSubmission, now: Timestamp) -> Option<usize> {
        let window = submission.duplicates.window;
        let person = submission.person.filter(|_| !window.is_zero())?;
        let is_same = |row: &Row| {
            row.submission.account == submission.account
                && row.submission.person == Some(person)
                && row.received_at > now.before(window)
                && row.state != "replaced"
        };
        let same = (0..self.rows.len()).filter(|at| is_same(&self.rows[*at]));
        same.min_by_key(|at| (!self.rows[*at].is_alive(), self.rows[*at].received_at, *at))
    }

    /// Those that were kept beside one another, through whichever of them, in whatever state.
    pub fn group_of(&self, at: usize) -> Vec<usize> {
        let root = |mut at: usize| {
            while let Some(first) = self.rows[at].first {
                at = first;
            }
            at
        };
        (0..self.rows.len()).filter(|other| root(*other) == root(at)).collect()
    }

    /// Sends the oldest that was kept beside this one, which is given up, or beside others that were given up with it; not
    /// while one of them is alive.
    pub(super) fn send_next(&mut self, at: usize, now: Timestamp) {
        if self.is(Sabotage::FollowersForgotten) {
            return;
        }
        let mut given_up = vec![at];
        let mut looked = 0;
        while let Some(of) = given_up.get(looked).copied() {
            let is_beside =
                |other: &usize| self.rows[*other].first == Some(of) || self.rows[of].first == Some(*other);
            let beside =
                (0..self.rows.len()).filter(is_beside).filter(|other| self.rows[*other].is_given_up());
            let more: Vec<usize> = beside.filter(|other| !given_up.contains(other)).collect();
            given_up.extend(more);
            looked += 1;
        }
        let beside = |row: &Row| row.first.is_some_and(|first| given_up.contains(&first));
        if self.rows.iter().any(|row| beside(row) && row.is_alive()) {
            return;
        }
        let merged = self.rows.iter_mut().filter(|row| beside(row) && row.state == "merged");
        if let Some(row) = merged.min_by_key(|row| row.received_at) {
            (row.state, row.due_at, row.sent_again_at) = ("waiting", now, Some(now));
            (row.reason, row.changed_at) = (Some("forerunner_given_up".to_owned()), now);
        }
    }
}
