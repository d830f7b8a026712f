//! The question: was each accepted submission on the disk before a word of it left?
//!
//! For each receipt: the frame of SQLite's log that holds it, then the frame that commits its transaction, then a
//! successful sync of the log that began after that write had ended, then the first write to any socket that holds
//! the receipt. The commit matters: a sync between the two would leave a transaction that a power cut takes back.

use super::calls::Call;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

/// A frame of the log is written as its header, which says whether it commits, and then its page.
const FRAME_HEADER_BYTES: usize = 24;

/// Calls that hand bytes over.
const WRITES: &[&str] =
    &["write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg"];
/// Calls that return when the file's bytes are on the disk; `fsync` takes the file's times along as well.
const SYNCS: &[&str] = &["fdatasync", "fsync"];

/// Lines of the trace at which the steps of one submission's way happened.
#[derive(Clone, Debug, Default)]
struct Steps {
    /// The log, once a frame of it held the receipt.
    log: Option<String>,
    /// Where the last write of its transaction ended.
    committed: Option<usize>,
    /// Where the sync after that ended.
    synced: Option<usize>,
    /// Where the first socket write that holds the receipt began, whoever it was for.
    left: Option<usize>,
    /// Where the 2xx with the receipt began.
    answered: Option<usize>,
}

/// What is wrong with one submission's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    NoFrame,
    NoCommit,
    NoSync,
    NoAnswer,
    AnswerBeforeSync,
    SentBeforeSync,
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Flaw::NoFrame => "no write to the log holds it",
            Flaw::NoCommit => "its transaction's commit frame was not written",
            Flaw::NoSync => "no successful sync of the log began after its commit",
            Flaw::NoAnswer => "no 2xx with it was written to a socket",
            Flaw::AnswerBeforeSync => "its 2xx began before the sync had ended",
            Flaw::SentBeforeSync => "it left through another socket before the sync had ended",
        })
    }
}

/// What the trace shows.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Receipts whose way was in order.
    pub(super) in_order: usize,
    /// The others, each with what is wrong.
    pub(super) flaws: Vec<(String, Flaw)>,
    /// Successful syncs of a log, by the call that made them.
    pub(super) syncs: BTreeMap<String, usize>,
    /// The most submissions that one sync made safe.
    pub(super) most_in_one_sync: usize,
}

/// Follows the receipts through the calls of a trace.
pub(super) struct Order {
    receipts: HashMap<Vec<u8>, Steps>,
    /// Receipts differ in nothing but their letters.
    receipt_bytes: usize,
    /// Logs whose last write was a frame's header, and whether it commits.
    headers: HashMap<String, bool>,
    /// Sockets with the line where their last answer began and whether it was a 2xx.
    answers: HashMap<String, (usize, bool)>,
    report: Report,
}

impl Order {
    pub(super) fn new(receipts: &[String]) -> Self {
        Self {
            receipts: receipts
                .iter()
                .map(|receipt| (receipt.clone().into_bytes(), Steps::default()))
                .collect(),
            receipt_bytes: receipts.first().map_or(1, |receipt| receipt.len().max(1)),
            headers: HashMap::new(),
            answers: HashMap::new(),
            report: Report::default(),
        }
    }

    /// Takes the next call, in the order of their ends.
    pub(super) fn take(&mut self, call: &Call) {
        let is_log = call.target.ends_with("-wal");
        let is_socket = ["TCP", "UNIX", "socket:"].iter().any(|mark| call.target.starts_with(mark));
        if SYNCS.contains(&call.name.as_str()) && is_log {
            self.take_sync(call);
        } else if WRITES.contains(&call.name.as_str()) && is_log {
            self.take_log_write(call);
        } else if WRITES.contains(&call.name.as_str()) && is_socket {
            self.take_socket_write(call);
        }
    }

    fn take_log_write(&mut self, call: &Call) {
        let Some(ended) = call.ended.filter(|_| call.succeeded()) else { return };
        if call.data.len() == FRAME_HEADER_BYTES {
            self.headers.insert(call.target.clone(), commits(&call.data));
            return;
        }
        for receipt in found(&call.data, self.receipt_bytes, &self.receipts) {
            if let Some(steps) = self.receipts.get_mut(&receipt) {
                steps.log.get_or_insert_with(|| call.target.clone());
            }
        }
        if self.headers.remove(&call.target) == Some(true) {
            let open = |steps: &&mut Steps| {
                steps.committed.is_none() && steps.log.as_deref() == Some(call.target.as_str())
            };
            for steps in self.receipts.values_mut().filter(open) {
                steps.committed = Some(ended);
            }
        }
    }

    fn take_sync(&mut self, call: &Call) {
        let Some(ended) = call.ended.filter(|_| call.succeeded()) else { return };
        *self.report.syncs.entry(call.name.clone()).or_default() += 1;
        let waiting = |steps: &&mut Steps| {
            steps.synced.is_none()
                && steps.log.as_deref() == Some(call.target.as_str())
                && steps.committed.is_some_and(|committed| committed < call.began)
        };
        let mut count = 0;
        for steps in self.receipts.values_mut().filter(waiting) {
            steps.synced = Some(ended);
            count += 1;
        }
        self.report.most_in_one_sync = self.report.most_in_one_sync.max(count);
    }

    fn take_socket_write(&mut self, call: &Call) {
        if call.data.starts_with(b"HTTP/1.") {
            let is_2xx = call.data.get(8..10) == Some(b" 2");
            self.answers.insert(call.target.clone(), (call.began, is_2xx));
        }
        let answer = self.answers.get(&call.target).filter(|(_, is_2xx)| *is_2xx).map(|(began, _)| *began);
        for receipt in found(&call.data, self.receipt_bytes, &self.receipts) {
            let Some(steps) = self.receipts.get_mut(&receipt) else { continue };
            let began = answer.unwrap_or(call.began);
            steps.left = Some(steps.left.map_or(began, |left| left.min(began)));
            if answer.is_some() {
                steps.answered = Some(steps.answered.map_or(began, |answered| answered.min(began)));
            }
        }
    }

    /// The verdict, when there is no call left.
    pub(super) fn report(mut self) -> Report {
        for (receipt, steps) in self.receipts {
            match judge(&steps) {
                Ok(()) => self.report.in_order += 1,
                Err(flaw) => {
                    self.report.flaws.push((String::from_utf8_lossy(&receipt).into_owned(), flaw));
                }
            }
        }
        self.report.flaws.sort_by(|one, other| one.0.cmp(&other.0));
        self.report
    }
}

fn judge(steps: &Steps) -> Result<(), Flaw> {
    steps.log.as_ref().ok_or(Flaw::NoFrame)?;
    steps.committed.ok_or(Flaw::NoCommit)?;
    let synced = steps.synced.ok_or(Flaw::NoSync)?;
    let answered = steps.answered.ok_or(Flaw::NoAnswer)?;
    if answered <= synced {
        return Err(Flaw::AnswerBeforeSync);
    }
    match steps.left {
        Some(left) if left <= synced => Err(Flaw::SentBeforeSync),
        _ => Ok(()),
    }
}

/// Bytes 4 to 8 of a frame's header: the size of the database after the commit, zero in all other frames.
fn commits(header: &[u8]) -> bool {
    header.get(4..8).is_some_and(|size| size.iter().any(|byte| *byte != 0))
}

/// The receipts that stand in the bytes.
fn found(data: &[u8], length: usize, receipts: &HashMap<Vec<u8>, Steps>) -> Vec<Vec<u8>> {
    // A hash of every window would take minutes; a receipt's letters are few among a page's bytes.
    let may_start = |window: &&[u8]| {
        let is_letter =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        is_letter(window.first()) && is_letter(window.get(length / 2)) && is_letter(window.last())
    };
    let windows = data.windows(length).filter(may_start);
    windows.filter(|window| receipts.contains_key(*window)).map(<[u8]>::to_vec).collect()
}
