//! The moves between phases: what happened goes in, what to do next comes out.
//!
//! Apart from `live`, which does it, so that every move is tested without browser, clock or network.

use lead_model::{Problem, SubmissionState};

use super::retry::{pause_ms, receipt_pause_ms};
use super::{Phase, Refusal};

/// Pause before asking again about a submission that the proxy is just taking, in milliseconds.
const IN_PROGRESS_MS: u32 = 1_000;

/// Tries during which "just being taken" still looks like sending to the visitor.
const IN_PROGRESS_TRIES: usize = 3;

/// What came of one try to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The lead is safe.
    Safe { receipt: String, state: SubmissionState },
    /// Some values broke a rule.
    Problems(Vec<Problem>),
    /// The key was used before with other values.
    KeyReused,
    /// Another try with this key is just being taken.
    InProgress,
    /// Nothing understood came back, or a word to try later (after so many seconds).
    Unreachable { after_s: Option<u32> },
    /// Trying again will not help.
    Refused { code: String, refusal: Refusal },
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Nothing: it is the visitor's turn, or an answer is awaited.
    Rest,
    /// Send.
    Send,
    /// Make a new idempotency key, then send.
    SendWithNewKey,
    /// Try again after this many milliseconds.
    RetryIn(u32),
    /// Ask for the receipt's news after this many milliseconds.
    AskReceiptIn(u32),
    /// Show these problems at their fields.
    ShowProblems(Vec<Problem>),
}

/// One form's way from idle to delivered.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    phase: Phase,
    /// A try is out and its answer not in: there is never a second one beside it.
    in_flight: bool,
    tries: usize,
    receipt_asked: usize,
    /// The key was already renewed for this submission, so a second "key reused" is not answered by a third key.
    renewed: bool,
}

impl Machine {
    pub(crate) fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Whether a press of the button would send: not while an answer is awaited, not after the lead is safe.
    pub(crate) fn may_submit(&self) -> bool {
        !self.in_flight && self.phase != Phase::Sending && self.phase.receipt().is_none()
    }

    /// The visitor submitted values without problems.
    pub(crate) fn submitted(&mut self) -> Task {
        if !self.may_submit() {
            return Task::Rest;
        }
        self.renewed = false;
        self.tries = 0;
        self.phase = match self.phase {
            Phase::Offline { .. } => Phase::Offline { asked: true },
            _ => Phase::Sending,
        };
        self.send()
    }

    /// The visitor submitted values with problems: nothing is on its way any more.
    pub(crate) fn stopped(&mut self) {
        if self.may_submit() {
            self.phase = Phase::Idle;
        }
    }

    /// A pause is over, or the network is back.
    pub(crate) fn retry_due(&mut self) -> Task {
        match self.phase {
            Phase::Sending | Phase::Offline { .. } if !self.in_flight => self.send(),
            _ => Task::Rest,
        }
    }

    /// The visitor wants details that differ from the ones received to be a new submission.
    pub(crate) fn sent_as_new(&mut self) -> Task {
        if self.phase != Phase::Refused(Refusal::Reused) {
            return Task::Rest;
        }
        self.phase = Phase::Sending;
        self.renewed = true;
        self.tries = 0;
        self.in_flight = true;
        Task::SendWithNewKey
    }

    /// The answer of a try came. `key_done` says whether the proxy had confirmed this key before.
    pub(crate) fn answered(&mut self, answer: Answer, key_done: bool) -> Task {
        self.in_flight = false;
        match answer {
            Answer::Safe { receipt, state: SubmissionState::Delivered } => {
                self.phase = Phase::Delivered { receipt };
                Task::Rest
            }
            Answer::Safe { receipt, state: SubmissionState::Received } => {
                self.phase = Phase::Received { receipt };
                self.receipt_asked = 0;
                self.ask_receipt()
            }
            Answer::Problems(problems) => {
                self.phase = Phase::Idle;
                Task::ShowProblems(problems)
            }
            // The lead of that key is safe and known to be: other values are a new lead, and the visitor meant one.
            Answer::KeyReused if key_done && !self.renewed => {
                self.renewed = true;
                self.in_flight = true;
                Task::SendWithNewKey
            }
            Answer::KeyReused => self.refused(Refusal::Reused),
            Answer::InProgress if self.tries < IN_PROGRESS_TRIES => {
                self.tries += 1;
                Task::RetryIn(IN_PROGRESS_MS)
            }
            Answer::InProgress => self.unreachable(None),
            Answer::Unreachable { after_s } => self.unreachable(after_s),
            Answer::Refused { refusal, .. } => self.refused(refusal),
        }
    }

    /// The receipt's news came, or failed to come (`None`).
    pub(crate) fn receipt_answered(&mut self, state: Option<SubmissionState>) -> Task {
        match (&mut self.phase, state) {
            (Phase::Received { receipt }, Some(SubmissionState::Delivered)) => {
                self.phase = Phase::Delivered { receipt: std::mem::take(receipt) };
                Task::Rest
            }
            (Phase::Received { .. }, _) => self.ask_receipt(),
            _ => Task::Rest,
        }
    }

    fn send(&mut self) -> Task {
        self.in_flight = true;
        Task::Send
    }

    fn refused(&mut self, refusal: Refusal) -> Task {
        self.phase = Phase::Refused(refusal);
        Task::Rest
    }

    fn unreachable(&mut self, after_s: Option<u32>) -> Task {
        self.phase = Phase::Offline { asked: false };
        let pause = pause_ms(self.tries, after_s);
        self.tries += 1;
        Task::RetryIn(pause)
    }

    fn ask_receipt(&mut self) -> Task {
        let pause = receipt_pause_ms(self.receipt_asked);
        self.receipt_asked += 1;
        pause.map_or(Task::Rest, Task::AskReceiptIn)
    }
}

#[cfg(test)]
mod tests;
