//! What a world must be like when everything that went wrong is over: nothing lost, nothing doubled, nothing left.
//!
//! Apart from the checks of single moments: here the books of store, partners and visitors are held side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use lead_proxy::store::FlowRule;

use super::visitor::Promises;
use super::{World, lock};
use crate::accounts::Kind;
use crate::model::{Row, Rows};
use crate::numbers::{lead_of, visitor_of};
use crate::partner::{Ledger, Seen};
use crate::promise::Promise;

/// Most that a delivery may wait after its time when nothing goes wrong.
const LATE_MAX: Duration = Duration::from_secs(60);

/// Where a delivery may stand at the end.
const ENDS: [&str; 5] = ["delivered", "held", "dead_letter", "replaced", "merged"];

impl World {
    /// Records of a lead at its partner.
    pub fn records_of(&self, number: u32) -> u32 {
        lock(&self.ledger).seen(number).map_or(0, |seen| seen.records)
    }

    /// Whether nothing is under way any more.
    pub fn is_over(&self) -> bool {
        self.kept.rows().all().iter().all(|row| ENDS.contains(&row.state))
    }

    /// What is late although nothing goes wrong.
    pub fn look_for_late(&self) {
        let (rows, now) = (self.kept.rows(), self.kept.now());
        let flow: FlowRule = self.config.flow(None);
        let lease = Duration::from_millis(self.config.lease_ms);
        let late = rows.all().iter().find(|row| match row.state {
            "waiting" => {
                let open_at = rows.gate(&row.submission.account, now).next_at(&flow, now);
                row.due_at.max(open_at).after(LATE_MAX) < now
            }
            "leased" => row.lease_until.after(2 * lease) < now,
            _ => false,
        });
        let late = late.map(|row| (row.submission.form_version, row.state));
        drop(rows);
        if let Some((number, state)) = late {
            self.wrong(
                Promise::InTime,
                format!("lead {number} is {state} and late, although nothing goes wrong"),
            );
        }
    }

    /// Holds the books side by side.
    pub fn judge(&self, promises: &Promises) {
        let rows = self.kept.rows();
        let mut wrongs = Vec::new();
        for (lead, receipt) in &promises.safe {
            let row = rows.all().iter().find(|row| row.submission.receipt == *receipt);
            if row.is_none_or(|row| lead_of(row.submission.form_version) != *lead) {
                wrongs.push((Promise::NothingLost, format!("lead {lead} was said to be safe and is lost")));
            }
        }
        let ledger = lock(&self.ledger);
        let mut counts = lock(&self.counts);
        for (at, row) in rows.all().iter().enumerate() {
            let number = row.submission.form_version;
            let seen = ledger.seen(number);
            let bodies = seen.map_or(0, |seen| seen.bodies.len());
            let wrong = wrong_end(&rows, at, seen);
            wrongs.extend(
                wrong.map(|(promise, wrong)| (promise, format!("lead {number} {wrong} ({})", row.state))),
            );
            let allowed = row.attempts.len() + seen.map_or(0, |seen| seen.unknown);
            if bodies > allowed {
                let what = format!("lead {number} left {bodies} times in {} attempts", row.attempts.len());
                wrongs.push((Promise::WrittenAhead, what));
            }
            if row.is_sending() {
                wrongs.push((Promise::Ends, format!("an attempt of lead {number} never ended")));
            }
            let twins = rows.all().iter().filter(|twin| twin.submission.form_version == number).count();
            if twins > 1 {
                wrongs.push((Promise::NothingDoubled, format!("lead {number} is stored {twins} times")));
            }
            *match row.state {
                "delivered" => &mut counts.delivered,
                "held" => &mut counts.held,
                "dead_letter" => &mut counts.dead,
                _ => &mut counts.others,
            } += 1;
            counts.leads += 1;
        }
        wrongs.extend(wrong_successions(&rows, &ledger));
        for (number, seen) in ledger.all() {
            let row = rows.all().iter().find(|row| row.submission.form_version == number);
            match row.map(|row| Kind::of(&row.submission.account)) {
                None => {
                    wrongs.push((
                        Promise::NothingLost,
                        format!("lead {number} reached a partner and is in no store"),
                    ));
                }
                Some(kind) if seen.records > 1 => {
                    let what = format!("{} has {} records of lead {number}", kind.name(), seen.records);
                    wrongs.push((Promise::NothingDoubled, what));
                }
                Some(_) => {}
            }
            counts.records += u64::from(seen.records);
        }
        for mint in lock(&self.mints).values() {
            counts.tokens += mint.given;
            counts.reused += mint.reused;
        }
        drop((rows, ledger, counts));
        wrongs.into_iter().for_each(|(promise, what)| self.wrong(promise, what));
    }
}

/// What is wrong with where a lead stands at the end.
fn wrong_end(rows: &Rows, at: usize, seen: Option<&Seen>) -> Option<(Promise, &'static str)> {
    let records = seen.map_or(0, |seen| seen.records);
    let bodies = seen.map_or(&[][..], |seen| &seen.bodies);
    match rows.all()[at].state {
        "delivered" => {
            (records == 0).then_some((Promise::NothingLost, "is delivered, and its partner has no record"))
        }
        "held" => None,
        "dead_letter" | "replaced" if records > 0 => {
            Some((Promise::NothingDoubled, "is given up, and its partner has a record"))
        }
        "dead_letter" | "replaced" if bodies.contains(&false) => {
            Some((Promise::NothingDoubled, "is given up, and a body of it was not refused"))
        }
        "replaced" if bodies.is_empty() => {
            Some((Promise::NothingLost, "is replaced, and its partner has never refused it"))
        }
        "dead_letter" | "replaced" => None,
        "merged" if !bodies.is_empty() => Some((Promise::NothingDoubled, "is merged, and was sent")),
        "merged" => (!rows.group_of(at).into_iter().any(|other| rows.all()[other].is_alive()))
            .then_some((Promise::NothingLost, "is merged, and all of its person's are given up")),
        _ => Some((Promise::Ends, "has not ended")),
    }
}

/// What is wrong with what is stored of each visitor. He has one key: each delivery took the place of the one before it, which
/// held other values and was refused, and at most one became a record. Whether he has heard of it changes nothing.
fn wrong_successions(rows: &Rows, ledger: &Ledger) -> Vec<(Promise, String)> {
    let mut visitors: BTreeMap<u32, Vec<&Row>> = BTreeMap::new();
    for row in rows.all() {
        visitors.entry(visitor_of(row.submission.form_version)).or_default().push(row);
    }
    let mut wrongs = Vec::new();
    for (visitor, stored) in visitors {
        for pair in stored.windows(2) {
            let number = pair[1].submission.form_version;
            if lead_of(pair[0].submission.form_version) == lead_of(number) {
                wrongs.push((Promise::NothingDoubled, format!("lead {number} is stored beside its like")));
            }
            if pair[0].state != "replaced" {
                let what = format!("lead {number} is stored beside one that is {}", pair[0].state);
                wrongs.push((Promise::NothingDoubled, what));
            }
        }
        if stored.last().is_some_and(|last| last.state == "replaced") {
            wrongs
                .push((Promise::NothingLost, format!("nothing replaces the last lead of visitor {visitor}")));
        }
        let records: u32 = ledger.of_visitor(visitor).map(|(_, seen)| seen.records).sum();
        if records > 1 {
            wrongs.push((Promise::NothingDoubled, format!("visitor {visitor} has {records} records")));
        }
    }
    wrongs
}
