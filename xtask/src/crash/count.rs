//! Holds what visitors were promised against what the partner has. Pure: same evidence, same count.
//!
//! The partner's ledger decides, not the proxy's own word. The proxy is believed in one thing only, that a lead which
//! the partner does not have lies where a person sees it; and the verdict does not let that pass either.

use super::ledger::Ledger;
use crate::{
    load::{Moment, Sent},
    sh,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    time::Duration,
};

/// How much earlier than the partner's note of a request the kill may lie: its bytes were on their way.
const ON_THE_WAY_MS: i64 = 1_000;
/// For how long after the request the outcome may be unwritten. A kill later than that explains no second request.
const UNWRITTEN_MS: i64 = 2_000;
/// How many receipts a finding names.
const NAMED: usize = 5;

/// Everything that a campaign has seen.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) sent: Vec<Sent>,
    pub(super) ledger: Ledger,
    /// When the proxy was killed.
    pub(super) kills: Vec<Moment>,
    /// How many attempts are under way at a time at most, so how many a kill can leave in doubt.
    pub(super) attempts_at_once: usize,
    /// How many of the kills met a proxy that was not ready yet.
    pub(super) killed_while_starting: usize,
    /// How many met one that had been asked to end and was about to.
    pub(super) killed_while_stopping: usize,
    /// How long it took to be ready, for each start that got so far.
    pub(super) starts: Vec<Duration>,
    /// What the store still has to deliver or has given to a person: state by receipt.
    pub(super) open: HashMap<String, String>,
}

/// What became of all of it.
#[derive(Debug, Default)]
pub(super) struct Count {
    kills: usize,
    killed_while_starting: usize,
    killed_while_stopping: usize,
    starts: Vec<Duration>,
    pub(super) sent: usize,
    /// Submissions with a 2xx.
    pub(super) accepted: usize,
    /// Accepted, and at the partner.
    pub(super) delivered: usize,
    /// At the partner although the visitor never got the answer.
    pub(super) unanswered: usize,
    /// Deliveries that wait for a person, at the partner or not.
    pub(super) held: usize,
    /// Asked for twice, with an attempt in doubt before.
    pub(super) asked_twice: usize,
    /// Answers other than a 2xx, by status.
    pub(super) refusals: BTreeMap<u16, usize>,
    /// Receipts that are nowhere.
    pub(super) lost: Vec<String>,
    /// Receipts that are not at the partner but wait for a person.
    pub(super) held_back: Vec<String>,
    /// Receipts that are still on their way.
    pub(super) waiting: Vec<String>,
    /// What was done twice that may be done once.
    pub(super) doubled: Vec<String>,
}

impl Count {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut count = Self {
            kills: evidence.kills.len(),
            killed_while_starting: evidence.killed_while_starting,
            killed_while_stopping: evidence.killed_while_stopping,
            starts: evidence.starts.clone(),
            sent: evidence.sent.len(),
            held: evidence.open.values().filter(|state| is_with_a_person(state)).count(),
            ..Self::default()
        };
        count.starts.sort();
        let emails: HashMap<&str, &str> =
            evidence.ledger.leads.iter().map(|lead| (lead.id.as_str(), lead.email.as_str())).collect();
        for sent in &evidence.sent {
            for status in &sent.refusals {
                *count.refusals.entry(*status).or_default() += 1;
            }
            let Some(receipt) = sent.receipt() else { continue };
            count.accepted += 1;
            let state = evidence.open.get(receipt).map(String::as_str);
            match (emails.get(receipt), state) {
                (Some(email), _) if *email == sent.email => count.delivered += 1,
                (None, Some(state)) if is_with_a_person(state) => count.held_back.push(receipt.to_owned()),
                (None, Some(_)) => count.waiting.push(receipt.to_owned()),
                // Under another visitor's email it is lost as well.
                _ => count.lost.push(receipt.to_owned()),
            }
        }
        count.count_doubles(evidence);
        count.count_unanswered(evidence);
        count
    }

    fn count_doubles(&mut self, evidence: &Evidence) {
        for sent in &evidence.sent {
            let receipts: BTreeSet<&str> =
                sent.promises.iter().map(|promise| promise.receipt.as_str()).collect();
            if receipts.len() > 1 {
                self.doubled.push(format!("one submission has the receipts {receipts:?}"));
            }
        }
        let mut ids: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for lead in &evidence.ledger.leads {
            ids.entry(&lead.email).or_default().insert(&lead.id);
        }
        let twice = ids.values().filter(|ids| ids.len() > 1);
        self.doubled.extend(twice.map(|ids| format!("one submission is at the partner as {ids:?}")));

        let mut asked: BTreeMap<&str, Vec<Moment>> = BTreeMap::new();
        for request in &evidence.ledger.requests {
            asked.entry(&request.id).or_default().push(request.at);
        }
        let promised = promised_delivered(&evidence.sent);
        let mut doubts = Doubts::new(evidence);
        let mut twice: Vec<(Moment, Moment, &str)> = Vec::new();
        for (id, moments) in asked {
            match moments.as_slice() {
                [_] => {}
                [first, second] => twice.push((*first, *second, id)),
                more => self.doubled.push(format!("{id} was asked {} times", more.len())),
            }
        }
        twice.sort_unstable();
        for (first, second, id) in twice {
            let after = second - first;
            if promised.get(id).is_some_and(|promised| *promised < second) {
                self.doubled.push(format!("{id} was asked again {after} ms later, though it was delivered"));
            } else if doubts.explain(first, second) {
                self.asked_twice += 1;
            } else {
                self.doubled
                    .push(format!("{id} was asked again {after} ms later, and no kill explains a doubt"));
            }
        }
    }

    fn count_unanswered(&mut self, evidence: &Evidence) {
        let unanswered: BTreeSet<&str> = evidence
            .sent
            .iter()
            .filter(|sent| sent.promises.is_empty())
            .map(|sent| sent.email.as_str())
            .collect();
        let leads = evidence.ledger.leads.iter();
        self.unanswered = leads.filter(|lead| unanswered.contains(lead.email.as_str())).count();
    }

    /// Everything that must not be, each as a line; empty when all promises were kept.
    pub(super) fn wrongs(&self) -> Vec<String> {
        let mut wrongs = Vec::new();
        if self.accepted == 0 {
            wrongs.push("nothing was accepted, so nothing was tested".to_owned());
        }
        let mut tell = |found: &[String], what: &str| {
            if !found.is_empty() {
                let shown = found.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
                wrongs.push(format!("{} {what}: {shown}", found.len()));
            }
        };
        tell(&self.lost, "lost, neither at the partner nor in anybody's sight");
        tell(&self.doubled, "doubled");
        tell(&self.held_back, "promised, not at the partner, waiting for a person");
        tell(&self.waiting, "promised and still on their way when the time was over");
        let refused: Vec<String> = self
            .refusals
            .iter()
            .filter(|(status, _)| !matches!(status, 409 | 500..))
            .map(|(status, count)| format!("{status} x {count}"))
            .collect();
        tell(&refused, "statuses that no good submission should get");
        wrongs
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, number: usize, note: &str| {
            let line = format!("{name:<12} {number:>7}  {note}");
            writeln!(out, "{}", line.trim_end())
        };
        let (starting, stopping) = (self.killed_while_starting, self.killed_while_stopping);
        row(
            "kills",
            self.kills,
            &format!("{starting} of them while it was starting, {stopping} while it was stopping"),
        )?;
        row("starts", self.starts.len(), &self.starts_note())?;
        row("sent", self.sent, "")?;
        row("accepted", self.accepted, "got a 2xx")?;
        row("delivered", self.delivered, "of those, at the partner")?;
        row("held", self.held, "in sight of a person")?;
        row("lost", self.lost.len(), "")?;
        row("doubled", self.doubled.len(), "")?;
        row("asked twice", self.asked_twice, "same ID, after an attempt in doubt")?;
        row("unanswered", self.unanswered, "at the partner, though the kill took the answer")?;
        let refusals: Vec<String> =
            self.refusals.iter().map(|(status, count)| format!("{status} x {count}")).collect();
        row("refusals", self.refusals.values().sum(), &refusals.join(", "))
    }
}

impl Count {
    fn starts_note(&self) -> String {
        let half = self.starts.get(self.starts.len() / 2).copied().unwrap_or_default();
        let most = self.starts.last().copied().unwrap_or_default();
        format!("ready after {} at the median, {} at most", sh::time(half), sh::time(most))
    }
}

fn is_with_a_person(state: &str) -> bool {
    matches!(state, "held" | "dead_letter")
}

/// The moment at which a visitor first heard that the partner has the lead, by receipt.
fn promised_delivered(sent: &[Sent]) -> HashMap<&str, Moment> {
    let mut moments: HashMap<&str, Moment> = HashMap::new();
    for promise in sent.iter().flat_map(|sent| &sent.promises).filter(|promise| promise.delivered) {
        let moment = moments.entry(&promise.receipt).or_insert(promise.at);
        *moment = promise.at.min(*moment);
    }
    moments
}

/// The doubts that kills can explain: each as many as there were attempts under way.
struct Doubts {
    kills: Vec<(Moment, usize)>,
}

impl Doubts {
    fn new(evidence: &Evidence) -> Self {
        Self { kills: evidence.kills.iter().map(|kill| (*kill, evidence.attempts_at_once)).collect() }
    }

    /// Whether a kill can have come between a first request and the note of its outcome, and the second after that.
    /// Asked in the order of the first requests, so that the earliest kill is rightly used up first.
    fn explain(&mut self, first: Moment, second: Moment) -> bool {
        let window = first - ON_THE_WAY_MS..=first + UNWRITTEN_MS;
        let fits =
            |(kill, left): &&mut (Moment, usize)| *left > 0 && window.contains(kill) && *kill <= second;
        let kill = self.kills.iter_mut().find(fits);
        kill.map(|(_, left)| *left -= 1).is_some()
    }
}
