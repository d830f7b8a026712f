//! The count: what became of every promise, and everything that must not be.
//!
//! The partners' ledgers decide. The store is believed where it says that a lead lies in somebody's sight, and only with
//! a doubt to show for it; and where it says which attempts were made, since a request without one is told.

use super::{
    Evidence,
    book::Entry,
    ledger::Arrived,
    overlaps,
    partners::{self, Repeat},
};
use crate::load::Sent;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// How many receipts a finding names.
const NAMED: usize = 5;

/// What became of all of it.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(super) sent: usize,
    /// Submissions with a 2xx.
    pub(super) accepted: usize,
    /// Accepted, and at the partner.
    pub(super) delivered: usize,
    /// At the partner although the visitor never got the answer.
    pub(super) unanswered: usize,
    /// Accepted, not known to be at the partner, and left to a person after a doubt, as their connector says; by account.
    pub(super) held: BTreeMap<&'static str, usize>,
    /// Asked for more than once, with an attempt in doubt before each further request.
    pub(super) asked_again: usize,
    /// Requests that brought a lead, and the attempts that were written down.
    pub(super) requests: usize,
    pub(super) attempts: usize,
    /// Answers other than a 2xx, by status.
    pub(super) refusals: BTreeMap<u16, usize>,
    /// What must not be: the sort of it, and each case.
    wrongs: BTreeMap<&'static str, Vec<String>>,
}

impl Count {
    pub(crate) fn of(evidence: &Evidence) -> Self {
        let mut count = Self { sent: evidence.sent.len(), ..Self::default() };
        let nothing = Arrived::default();
        for sent in &evidence.sent {
            for status in &sent.refusals {
                *count.refusals.entry(*status).or_default() += 1;
                // Taken away by a kill, or busy: the visitor may send again. Anything else no good submission should get.
                if !matches!(status, 409 | 500..) {
                    count.wrong("statuses that no good submission should get", status.to_string());
                }
            }
            let ledger = evidence.ledgers.get(sent.account.as_str());
            let arrived = ledger.and_then(|ledger| ledger.visitors.get(&sent.number)).unwrap_or(&nothing);
            count.judge(sent, arrived, sent.receipt().and_then(|receipt| evidence.book.entries.get(receipt)));
        }
        count.requests = arrivals(evidence).map(|arrived| arrived.asked.len()).sum();
        for entry in evidence.book.entries.values() {
            count.attempts += entry.attempts.len();
            if overlaps::overlap(&entry.attempts) {
                count.wrong("deliveries with two attempts at a time", entry.account.clone());
            }
        }
        if count.requests > count.attempts {
            let more = format!("{} requests, {} attempts", count.requests, count.attempts);
            count.wrong("requests without an attempt that was written down", more);
        }
        if count.accepted == 0 {
            count.wrong("nothing was accepted, so nothing was tested", String::new());
        }
        count
    }

    /// One visitor, and what the partner and the store have of it.
    fn judge(&mut self, sent: &Sent, arrived: &Arrived, entry: Option<&Entry>) {
        let name = sent.receipt().map_or_else(|| sent.email.clone(), str::to_owned);
        let receipts: BTreeSet<&str> = sent.promises.iter().map(|promise| promise.receipt.as_str()).collect();
        if receipts.len() > 1 {
            self.wrong("doubled: one submission has several receipts", name.clone());
        }
        if arrived.leads > 1 {
            self.wrong("doubled: one submission is several leads at the partner", name.clone());
        }
        let repeat = partners::of_account(&sent.account).map_or(Repeat::Never, |partner| partner.repeat);
        if arrived.taken > 1 && matches!(repeat, Repeat::Never | Repeat::AfterAsking) {
            self.wrong("doubled: taken twice by a partner that can't tell", name.clone());
        }
        let asked_max = match repeat {
            Repeat::Never => 1,
            Repeat::Once => 2,
            Repeat::AfterAsking | Repeat::Always => usize::MAX,
        };
        if arrived.asked.len() > asked_max {
            self.wrong("doubled: asked for more often than may be after a doubt", name.clone());
        }
        if sent.receipt().is_none() {
            self.unanswered += usize::from(arrived.leads > 0);
            return;
        }
        self.accepted += 1;
        let Some(entry) = entry else {
            return self.wrong("lost: promised, and not in the store", name);
        };
        self.judge_attempts(&name, arrived, entry);
        match (arrived.leads > 0, entry.state.as_str()) {
            (true, "delivered") => self.delivered += 1,
            (at_partner, "held") if may_be_held(repeat, entry) => {
                self.delivered += usize::from(at_partner);
                if let Some(partner) = partners::of_account(&sent.account) {
                    *self.held.entry(partner.account).or_default() += 1;
                }
            }
            (false, "delivered") => self.wrong("lost: said to be delivered, and not at the partner", name),
            (_, "waiting" | "leased") => self.wrong("still on their way when the time was over", name),
            (_, state) => self.wrong("left to a person without a doubt", format!("{name} ({state})")),
        }
    }

    fn judge_attempts(&mut self, name: &str, arrived: &Arrived, entry: &Entry) {
        let strays = overlaps::strays(&arrived.asked, &entry.attempts);
        if strays > 0 {
            self.wrong("requests outside of every attempt", name.to_owned());
        }
        if arrived.asked.len() > 1 {
            self.asked_again += 1;
            if arrived.asked.len() > 1 + entry.doubts() {
                self.wrong("doubled: asked for again without a doubt before", name.to_owned());
            }
        }
    }

    pub(crate) fn wrong(&mut self, what: &'static str, which: String) {
        self.wrongs.entry(what).or_default().push(which);
    }

    /// Everything that must not be, each sort as a line; empty when all promises were kept.
    pub(crate) fn wrongs(&self) -> Vec<String> {
        let line = |(what, which): (&&str, &Vec<String>)| {
            let shown: Vec<&str> = which.iter().take(NAMED).map(String::as_str).collect();
            format!("{} {what}: {}", which.len(), shown.join(", "))
        };
        self.wrongs.iter().map(line).collect()
    }

    /// How many cases there are of what begins so.
    fn wrong_count(&self, begin: &str) -> usize {
        self.wrongs.iter().filter(|(what, _)| what.starts_with(begin)).map(|(_, which)| which.len()).sum()
    }
}

/// Whether a lead may be left to a person: where its partner can be neither asked nor trusted with a second one.
fn may_be_held(repeat: Repeat, entry: &Entry) -> bool {
    match repeat {
        Repeat::Never => entry.doubts() >= 1,
        Repeat::Once => entry.doubts() >= 2,
        Repeat::AfterAsking | Repeat::Always => false,
    }
}

fn arrivals(evidence: &Evidence) -> impl Iterator<Item = &Arrived> {
    evidence.ledgers.values().flat_map(|ledger| ledger.visitors.values())
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, number: usize, note: &str| {
            let line = format!("{name:<12} {number:>7}  {note}");
            writeln!(out, "{}", line.trim_end())
        };
        let list = |pairs: Vec<(String, usize)>| {
            let pairs: Vec<String> =
                pairs.into_iter().map(|(what, number)| format!("{what} x {number}")).collect();
            pairs.join(", ")
        };
        let held = self.held.iter().map(|(account, number)| ((*account).to_owned(), *number)).collect();
        let refusals = self.refusals.iter().map(|(status, number)| (status.to_string(), *number)).collect();
        row("sent", self.sent, "")?;
        row("accepted", self.accepted, "got a 2xx")?;
        row("delivered", self.delivered, "of those, at the partner")?;
        row("held", self.held.values().sum(), &format!("after a doubt, for a person: {}", list(held)))?;
        row("lost", self.wrong_count("lost"), "")?;
        row("doubled", self.wrong_count("doubled"), "")?;
        row("requests", self.requests, &format!("that brought a lead, in {} attempts", self.attempts))?;
        row("asked again", self.asked_again, "after an attempt in doubt")?;
        row("unanswered", self.unanswered, "at the partner, though a fault took the answer")?;
        row("refusals", self.refusals.values().sum(), &list(refusals))
    }
}
