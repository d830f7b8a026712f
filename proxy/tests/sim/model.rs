//! A store in memory that is small enough to be seen to be right: what the drivers do with tables, done with lists.
//!
//! Apart from its handle (`model/handle.rs`), which lets calls fail, be late and lose their answer: here every change is
//! whole and at once. The contract suite in `tests/it` holds it to what it asks of the drivers.

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
    Fence, Finished, FlowRule, Gate, NewSubmission, Standing, StoredSchema,
};

use crate::sabotage::Sabotage;
use tokens::Token;

/// Which handle of the store is asking: one life of one replica.
pub type Owner = u64;

/// Everything that is kept.
#[derive(Default)]
pub struct Rows {
    /// The delivery of number N is at N - 1.
    rows: Vec<Row>,
    gates: BTreeMap<String, Gate>,
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
    /// As [`DeliveryView::state`] has it.
    pub state: &'static str,
    /// When it may be tried, while it waits.
    pub due_at: Timestamp,
    fence: i64,
    /// Whose lease it is.
    pub owner: Option<Owner>,
    /// Until when.
    pub lease_until: Timestamp,
    /// Every attempt.
    pub attempts: Vec<AttemptView>,
    doubts: u32,
    reason: Option<String>,
    fields: Vec<Problem>,
    reference: Option<String>,
}

impl Row {
    fn settle(&mut self, standing: Standing, now: Timestamp) {
        self.owner = None;
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
    pub fn gate(&self, account: &str) -> Gate {
        self.gates.get(account).cloned().unwrap_or_default()
    }

    fn row(&self, id: DeliveryId) -> Option<&Row> {
        self.rows.get(usize::try_from(id.get() - 1).ok()?)
    }

    /// The delivery, as long as this is its lease.
    fn held(&mut self, id: DeliveryId, fence: Fence) -> Option<&mut Row> {
        let all = self.is(Sabotage::FenceIgnored);
        let row = self.rows.get_mut(usize::try_from(id.get() - 1).ok()?)?;
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
            received_at: row.received_at,
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
            let refused = row.state == "dead_letter" && !row.fields.is_empty();
            match (is_same, refused) {
                (true, false) => {
                    return Accepted::Known { receipt: row.submission.receipt.clone(), state: row.told() };
                }
                (true, true) => return Accepted::Refused { fields: row.fields.clone() },
                (false, false) => return Accepted::KeyReused,
                (false, true) => (row.has_key, row.state) = (false, "replaced"),
            }
        }
        let since = now.before(submission.duplicates.window);
        let is_duplicate = submission.person.is_some()
            && self.rows.iter().any(|row| {
                row.submission.account == submission.account
                    && row.submission.person == submission.person
                    && row.received_at > since
                    && row.state != "replaced"
            });
        let merged = is_duplicate && submission.duplicates.merge;
        if self.is(Sabotage::AcceptLost) && self.rows.len() % 5 == 4 {
            return Accepted::New(DeliveryId::new(i64::MAX));
        }
        self.rows.push(Row {
            submission,
            has_key: true,
            received_at: now,
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
            let mut gate = self.gate(account);
            let room = gate.room(left.min(*room), flow, now);
            let twice = self.is(Sabotage::LeasedTwice);
            let is_due = |row: &Row| {
                let free =
                    row.state == "waiting" || (twice && row.state == "leased" && row.owner != Some(owner));
                free && row.submission.account == *account && row.due_at <= now
            };
            let mut due: Vec<usize> = (0..self.rows.len()).filter(|at| is_due(&self.rows[*at])).collect();
            due.sort_by_key(|at| self.rows[*at].due_at);
            due.truncate(room as usize);
            gate.took(due.len() as u32, flow, now);
            self.gates.insert(account.clone(), gate);
            left -= due.len() as u32;
            for at in due {
                self.lease(at, owner, now.after(request.lease));
                claimed.push(self.claimed(at));
            }
        }
        claimed
    }

    fn lease(&mut self, at: usize, owner: Owner, until: Timestamp) {
        let row = &mut self.rows[at];
        row.fence += 1;
        (row.state, row.owner, row.lease_until) = ("leased", Some(owner), until);
    }

    fn next_due(&self, accounts: &[AccountRoom], now: Timestamp) -> Option<Duration> {
        let dues = accounts.iter().filter_map(|AccountRoom { account, flow, .. }| {
            let waiting = self.rows.iter().filter(|row| row.state == "waiting");
            let due = waiting.filter(|row| row.submission.account == *account).map(|row| row.due_at).min()?;
            let open = self.gates.get(account).map_or(now, |gate| gate.next_at(flow, now));
            Some(due.max(open)).filter(|at| at.as_ms() < i64::MAX)
        });
        dues.min().map(|at| at.since(now))
    }

    fn begin(&mut self, id: DeliveryId, fence: Fence, digest: String, until: Timestamp) -> Option<u32> {
        let unwritten = self.is(Sabotage::AttemptUnwritten);
        let row = self.held(id, fence)?;
        let number = row.attempts.len() as u32 + 1;
        row.lease_until = until;
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
        let gate = self.gates.entry(account).or_default();
        Some(Finished { gate: gate.note(ending.verdict, &ending.why, flow, now) })
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
        true
    }

    fn renew(&mut self, held: &[(DeliveryId, Fence)], until: Timestamp) -> Vec<DeliveryId> {
        let mut lost = Vec::new();
        for (id, fence) in held {
            match self.held(*id, *fence) {
                Some(row) => row.lease_until = until,
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
        let mut abandoned = Vec::new();
        for at in 0..self.rows.len() {
            let row = &self.rows[at];
            let over = !never && row.lease_until <= now || sole && row.owner != Some(owner);
            if row.state != "leased" || !over || running.contains(&DeliveryId::new(at as i64 + 1)) {
                continue;
            }
            let sending = row.is_sending().then_some(row.attempts.len() as u32).filter(|_| !forgets);
            self.lease(at, owner, now.after(lease));
            abandoned.push(Abandoned { claimed: self.claimed(at), sending });
        }
        abandoned
    }

    fn resume(&mut self, is_meant: impl Fn(&str, &Gate) -> bool) -> u64 {
        let closed =
            self.gates.iter_mut().filter(|(account, gate)| gate.closed.is_some() && is_meant(account, gate));
        closed.map(|(_, gate)| gate.open()).count() as u64
    }

    fn stop(&mut self, account: &str, reason: &str, now: Timestamp) -> bool {
        let gate = self.gates.entry(account.to_owned()).or_default();
        let was = gate.closed.as_ref().map(|closed| closed.cause);
        gate.stop(reason, now);
        was != Some(lead_proxy::store::GateCause::Stopped)
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
