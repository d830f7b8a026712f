//! A store in memory that is small enough to be seen to be right: what the drivers do with tables, done with lists.
//!
//! Apart from its handle (`model/handle.rs`), which lets calls fail, be late and lose their answer: here every change is
//! whole and at once. The contract suite in `tests/it` holds it to what it asks of the drivers.

mod followers;
pub mod handle;
mod tokens;
mod unmodelled;

use std::collections::BTreeMap;
use std::time::Duration;

use lead_model::{Problem, ReceiptAnswer, SubmissionState};
use lead_proxy::clock::Timestamp;
use lead_proxy::ids::{DeliveryId, Receipt};
use lead_proxy::store::{
    Abandoned, Accepted, AccountRoom, AttemptClass, AttemptView, ClaimRequest, Claimed, DeliveryView, Ending,
    Fence, Finished, FlowRule, Gate, GateCause, NewSubmission, Standing, StoredSchema,
};

use crate::sabotage::Sabotage;
use tokens::Token;

/// How far ahead of the clock something may have been written before the clock counts as set back.
const STEP_BACK_MIN: Duration = Duration::from_secs(60);

/// Which handle of the store is asking: one life of one replica.
pub type Owner = u64;

/// Everything that is kept.
#[derive(Default)]
pub struct Rows {
    /// The delivery of number N is at N - 1.
    rows: Vec<Row>,
    /// With the time at which each was written.
    gates: BTreeMap<String, (Gate, Timestamp)>,
    tokens: BTreeMap<String, Token>,
    consents: BTreeMap<[u8; 32], (String, Timestamp)>,
    schemas: Vec<StoredSchema>,
    /// What is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// A submission with its delivery.
pub struct Row {
    /// As it was accepted.
    pub submission: NewSubmission,
    /// Whether its key is still its own.
    has_key: bool,
    received_at: Timestamp,
    /// The place of the first lead of the same person.
    first: Option<usize>,
    /// When it began to wait that was kept beside another.
    sent_again_at: Option<Timestamp>,
    /// As [`DeliveryView::state`] has it.
    pub state: &'static str,
    /// When it may be tried, while it waits.
    pub due_at: Timestamp,
    fence: i64,
    /// Whose lease it is.
    pub owner: Option<Owner>,
    /// Until when.
    pub lease_until: Timestamp,
    /// When any of these was last written.
    changed_at: Timestamp,
    /// Every attempt.
    pub attempts: Vec<AttemptView>,
    doubts: u32,
    reason: Option<String>,
    fields: Vec<Problem>,
    reference: Option<String>,
}

fn place(id: DeliveryId) -> Option<usize> {
    usize::try_from(id.get() - 1).ok()
}

impl Row {
    fn settle(&mut self, standing: Standing, now: Timestamp) {
        (self.owner, self.changed_at) = (None, now);
        self.state = match standing {
            Standing::Waiting { after } => {
                self.due_at = now.after(after);
                "waiting"
            }
            Standing::Delivered => "delivered",
            Standing::Held => "held",
            Standing::DeadLetter => "dead_letter",
        };
    }

    fn told(&self) -> SubmissionState {
        if self.state == "delivered" { SubmissionState::Delivered } else { SubmissionState::Received }
    }

    /// Whether the last attempt is still under way.
    pub fn is_sending(&self) -> bool {
        self.attempts.last().is_some_and(|attempt| attempt.state == "sending")
    }
}

impl Rows {
    fn is(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    /// Every submission with its delivery.
    pub fn all(&self) -> &[Row] {
        &self.rows
    }

    /// The gate of an account.
    pub fn gate(&self, account: &str, now: Timestamp) -> Gate {
        let written = self.gates.get(account).cloned();
        let blind = self.is(Sabotage::StepBackIgnored);
        written.map_or_else(Gate::default, |(gate, at)| if blind { gate } else { gate.as_of(at, now) })
    }

    /// Every gate.
    fn gates(&self, now: Timestamp) -> Vec<(String, Gate)> {
        self.gates.keys().map(|account| (account.clone(), self.gate(account, now))).collect()
    }

    /// Changes the gate of an account, and writes it where that is another one.
    fn change_gate<T>(&mut self, account: &str, now: Timestamp, change: impl FnOnce(&mut Gate) -> T) -> T {
        let before = self.gate(account, now);
        let mut gate = before.clone();
        let changed = change(&mut gate);
        if gate != before {
            self.gates.insert(account.to_owned(), (gate, now));
        }
        changed
    }

    /// Brings what was written before the store's clock was set back into its present: everything keeps its length.
    fn shift_after_step_back(&mut self, now: Timestamp) {
        let is_ahead = |at: Timestamp| at > now.after(STEP_BACK_MIN);
        for row in self.rows.iter_mut().filter(|row| is_ahead(row.changed_at)) {
            let step = row.changed_at.since(now);
            match row.state {
                "waiting" => row.due_at = row.due_at.before(step),
                "leased" => row.lease_until = row.lease_until.before(step),
                _ => continue,
            }
            row.changed_at = now;
        }
        let gates: Vec<_> =
            self.gates(now).into_iter().filter(|(of, _)| is_ahead(self.gates[of].1)).collect();
        self.gates.extend(gates.into_iter().map(|(account, gate)| (account, (gate, now))));
    }

    fn row(&self, id: DeliveryId) -> Option<&Row> {
        self.rows.get(place(id)?)
    }

    /// The delivery, as long as this is its lease.
    fn held(&mut self, id: DeliveryId, fence: Fence) -> Option<&mut Row> {
        let all = self.is(Sabotage::FenceIgnored);
        let row = self.rows.get_mut(place(id)?)?;
        (all || (row.state == "leased" && row.fence == fence.0)).then_some(row)
    }

    fn claimed(&self, place: usize) -> Claimed {
        let row = &self.rows[place];
        Claimed {
            delivery: DeliveryId::new(place as i64 + 1),
            fence: Fence(row.fence),
            account: row.submission.account.clone(),
            form: row.submission.form.clone(),
            receipt: row.submission.receipt.clone(),
            lead: row.submission.lead.clone(),
            attempts: row.attempts.len() as u32,
            doubts: row.doubts,
            received_at: row.sent_again_at.unwrap_or(row.received_at),
        }
    }

    fn accept(&mut self, submission: NewSubmission, now: Timestamp) -> Accepted {
        let is_key = |row: &&mut Row| {
            row.has_key
                && row.submission.form == submission.form
                && row.submission.idempotency_key == submission.idempotency_key
        };
        if let Some(row) =
            self.rows.iter_mut().find(is_key).filter(|_| self.sabotage != Some(Sabotage::KeyIgnored))
        {
            let is_same = row.submission.fingerprint == submission.fingerprint;
            let loose = self.sabotage == Some(Sabotage::ReplacedUnrefused) && !is_same;
            let refused = loose || row.state == "dead_letter" && !row.fields.is_empty();
            match (is_same, refused) {
                (true, false) => {
                    return Accepted::Known { receipt: row.submission.receipt.clone(), state: row.told() };
                }
                (true, true) => return Accepted::Refused { fields: row.fields.clone() },
                (false, false) => return Accepted::KeyReused,
                (false, true) => (row.has_key, row.state, row.changed_at) = (false, "replaced", now),
            }
        }
        let first = self.first_of(&submission, now);
        let merged = submission.duplicates.merge && first.is_some_and(|first| self.rows[first].is_alive());
        if self.is(Sabotage::AcceptLost) && self.rows.len() % 5 == 4 {
            return Accepted::New(DeliveryId::new(i64::MAX));
        }
        self.rows.push(Row {
            submission,
            has_key: true,
            received_at: now,
            first,
            sent_again_at: None,
            changed_at: now,
            state: if merged { "merged" } else { "waiting" },
            due_at: now,
            fence: 0,
            owner: None,
            lease_until: now,
            attempts: Vec::new(),
            doubts: 0,
            reason: merged.then(|| "duplicate_person".to_owned()),
            fields: Vec::new(),
            reference: None,
        });
        Accepted::New(DeliveryId::new(self.rows.len() as i64))
    }

    fn claim(&mut self, request: &ClaimRequest, owner: Owner, now: Timestamp) -> Vec<Claimed> {
        let (mut claimed, mut left) = (Vec::new(), request.limit);
        for AccountRoom { account, room, flow } in &request.accounts {
            let room = self.gate(account, now).room(left.min(*room), flow, now);
            let twice = self.is(Sabotage::LeasedTwice);
            let is_due = |row: &Row| {
                let free =
                    row.state == "waiting" || (twice && row.state == "leased" && row.owner != Some(owner));
                free && row.submission.account == *account && row.due_at <= now
            };
            let mut due: Vec<usize> = (0..self.rows.len()).filter(|at| is_due(&self.rows[*at])).collect();
            due.sort_by_key(|at| self.rows[*at].due_at);
            due.truncate(room as usize);
            self.change_gate(account, now, |gate| gate.took(due.len() as u32, flow, now));
            left -= due.len() as u32;
            for at in due {
                self.lease(at, owner, (now, request.lease));
                claimed.push(self.claimed(at));
            }
        }
        claimed
    }

    fn lease(&mut self, at: usize, owner: Owner, (now, lasts): (Timestamp, Duration)) {
        let row = &mut self.rows[at];
        row.fence += 1;
        (row.state, row.owner, row.lease_until) = ("leased", Some(owner), now.after(lasts));
        row.changed_at = now;
    }

    fn next_due(&self, accounts: &[AccountRoom], now: Timestamp) -> Option<Duration> {
        let dues = accounts.iter().filter_map(|AccountRoom { account, flow, .. }| {
            let waiting = self.rows.iter().filter(|row| row.state == "waiting");
            let due = waiting.filter(|row| row.submission.account == *account).map(|row| row.due_at).min()?;
            let open = self.gate(account, now).next_at(flow, now);
            Some(due.max(open)).filter(|at| at.as_ms() < i64::MAX)
        });
        dues.min().map(|at| at.since(now))
    }

    fn begin(
        &mut self,
        id: DeliveryId,
        fence: Fence,
        digest: String,
        (now, lease): (Timestamp, Duration),
    ) -> Option<u32> {
        let unwritten = self.is(Sabotage::AttemptUnwritten);
        let row = self.held(id, fence)?;
        let number = row.attempts.len() as u32 + 1;
        (row.lease_until, row.changed_at) = (now.after(lease), now);
        let attempt = AttemptView {
            number,
            state: "sending".to_owned(),
            why: None,
            status: None,
            request_digest: digest,
        };
        if !unwritten {
            row.attempts.push(attempt);
        }
        Some(number)
    }

    fn finish(
        &mut self,
        (id, fence, number): (DeliveryId, Fence, u32),
        ending: Ending,
        flow: &FlowRule,
        now: Timestamp,
    ) -> Option<Finished> {
        let (resends, forgets) = (self.is(Sabotage::HeldSentAgain), self.is(Sabotage::DoubtsForgotten));
        let row = self.held(id, fence)?;
        if let Some(attempt) = row.attempts.iter_mut().find(|attempt| attempt.number == number) {
            ending.class.as_str().clone_into(&mut attempt.state);
            (attempt.why, attempt.status) = (Some(ending.why.clone()), ending.status);
        }
        row.doubts += u32::from(ending.class == AttemptClass::InDoubt && !forgets);
        (row.reason, row.fields) = (Some(ending.why.clone()), ending.fields);
        row.reference = ending.reference.or(row.reference.take());
        let again = Standing::Waiting { after: Duration::from_secs(1) };
        row.settle(if resends && ending.standing == Standing::Held { again } else { ending.standing }, now);
        let account = row.submission.account.clone();
        if ending.standing == Standing::DeadLetter {
            self.send_next(place(id)?, now);
        }
        let gate = self.change_gate(&account, now, |gate| gate.note(ending.verdict, &ending.why, flow, now));
        Some(Finished { gate })
    }

    fn release(
        &mut self,
        id: DeliveryId,
        fence: Fence,
        standing: Standing,
        why: &str,
        now: Timestamp,
    ) -> bool {
        let Some(row) = self.held(id, fence) else { return false };
        row.reason = Some(why.to_owned());
        row.settle(standing, now);
        if let (Standing::DeadLetter, Some(at)) = (standing, place(id)) {
            self.send_next(at, now);
        }
        true
    }

    fn renew(
        &mut self,
        held: &[(DeliveryId, Fence)],
        (now, lease): (Timestamp, Duration),
    ) -> Vec<DeliveryId> {
        let mut lost = Vec::new();
        for (id, fence) in held {
            match self.held(*id, *fence) {
                Some(row) => (row.lease_until, row.changed_at) = (now.after(lease), now),
                None => lost.push(*id),
            }
        }
        lost
    }

    /// `sole`: whoever else has a lease is gone, since one process has the store at a time.
    fn recover(
        &mut self,
        running: &[DeliveryId],
        (owner, sole): (Owner, bool),
        lease: Duration,
        now: Timestamp,
    ) -> Vec<Abandoned> {
        let (never, forgets) = (self.is(Sabotage::LeaseNeverEnds), self.is(Sabotage::SendingForgotten));
        if !self.is(Sabotage::StepBackIgnored) {
            self.shift_after_step_back(now);
        }
        let mut abandoned = Vec::new();
        for at in 0..self.rows.len() {
            let row = &self.rows[at];
            let over = !never && row.lease_until <= now || sole && row.owner != Some(owner);
            if row.state != "leased" || !over || running.contains(&DeliveryId::new(at as i64 + 1)) {
                continue;
            }
            let sending = row.is_sending().then_some(row.attempts.len() as u32).filter(|_| !forgets);
            self.lease(at, owner, (now, lease));
            abandoned.push(Abandoned { claimed: self.claimed(at), sending });
        }
        abandoned
    }

    /// Opens those that no operator has stopped; how many.
    fn resume_all(&mut self, now: Timestamp) -> u64 {
        let is_ours =
            |gate: &Gate| gate.closed.as_ref().is_some_and(|closed| closed.cause != GateCause::Stopped);
        let closed: Vec<_> = self.gates(now).into_iter().filter(|(_, gate)| is_ours(gate)).collect();
        closed.iter().for_each(|(account, _)| self.change_gate(account, now, Gate::open));
        closed.len() as u64
    }

    fn stop(&mut self, account: &str, reason: &str, now: Timestamp) -> bool {
        self.change_gate(account, now, |gate| {
            let is_new = gate.closed.as_ref().is_none_or(|closed| closed.cause != GateCause::Stopped);
            if is_new {
                gate.stop(reason, now);
            }
            is_new
        })
    }

    fn by_receipt(&self, receipt: &Receipt) -> Option<&Row> {
        self.rows.iter().find(|row| row.submission.receipt == *receipt)
    }

    fn receipt(&self, receipt: &Receipt) -> Option<ReceiptAnswer> {
        self.by_receipt(receipt).map(|row| ReceiptAnswer {
            receipt: receipt.to_string(),
            state: row.told(),
            received_at: row.received_at.to_string(),
        })
    }

    fn delivery(&self, id: DeliveryId) -> Option<DeliveryView> {
        self.row(id).map(|row| DeliveryView {
            state: row.state.to_owned(),
            attempts: row.attempts.len() as u32,
            reason: row.reason.clone(),
            fields: row.fields.clone(),
            due_at: row.due_at,
        })
    }
}
