//! Sending, trying again, and what an answer does to the form.
//!
//! Apart from the rest of a form at work so that the road of a submission is read in one place. What to do next is the
//! machine's word; here it is done.

use std::rc::Rc;

use lead_model::check;

use super::{Live, spawn};
use crate::controls;
use crate::events::Event;
use crate::state::Phase;
use crate::state::machine::{Answer, Task};
use crate::submit::{body::submission_body, receipt_state, send};

impl Live {
    /// The visitor presses send (or "try now"): all problems at once, or off it goes. With `as_new`, as a lead of its own.
    pub(super) fn submit(self: &Rc<Self>, as_new: bool) {
        if !self.machine.borrow().may_submit() {
            return;
        }
        let form = &self.shown.form;
        let values = controls::values(&self.root, form);
        self.changed.borrow_mut().fill(false);
        if let Err(problems) = check(form, &values) {
            self.machine.borrow_mut().stopped();
            self.follow();
            self.show_problems(problems);
            return;
        }
        self.set_problems(&[]);
        let more = self.teller.tell(&Event::Submitted);
        self.body.replace(submission_body(form, &values, &more));
        let mut machine = self.machine.borrow_mut();
        let task = if as_new { machine.sent_as_new() } else { machine.submitted() };
        drop(machine);
        self.run(task);
    }

    /// A pause is over or the network is back. Where the visitor has changed something meanwhile, they decide when it is
    /// sent: half-typed values are not, and what was typed is not passed over by a success of the older ones.
    pub(super) fn retry(self: &Rc<Self>) {
        let waiting = matches!(self.machine.borrow().phase(), Phase::Offline { .. });
        if waiting && self.changed.borrow().contains(&true) {
            return;
        }
        let task = self.machine.borrow_mut().retry_due();
        self.run(task);
    }

    fn run(self: &Rc<Self>, task: Task) {
        match task {
            Task::Rest => self.follow(),
            Task::Send => self.send(),
            Task::SendWithNewKey => {
                self.key.borrow_mut().renew();
                self.send();
            }
            Task::RetryIn(pause_ms) => {
                self.follow();
                // Up to a quarter more, so that a crowd of forms does not come back in one moment.
                let pause_ms = f64::from(pause_ms) * (1.0 + js_sys::Math::random() / 4.0);
                self.after(pause_ms as u64, |live| live.retry());
            }
            Task::AskReceiptIn(pause_ms) => {
                self.follow();
                self.after(u64::from(pause_ms), |live| live.ask_receipt());
            }
            Task::ShowProblems(problems) => {
                self.follow();
                self.show_problems(problems);
            }
        }
    }

    fn send(self: &Rc<Self>) {
        self.stop_timer();
        self.follow();
        let live = Rc::clone(self);
        spawn(Box::pin(async move {
            let (key, body) = (live.key.borrow().value(), live.body.borrow().clone());
            let answer = send(&live.submit_url, &key, &body).await;
            live.answered(answer);
        }));
    }

    fn answered(self: &Rc<Self>, answer: Answer) {
        let key_done = self.key.borrow().is_done();
        let code = match &answer {
            Answer::Safe { .. } => {
                self.key.borrow_mut().mark_done();
                String::new()
            }
            Answer::Refused { code, .. } => code.clone(),
            Answer::KeyReused => "idempotency_key_reused".to_owned(),
            _ => "unreachable".to_owned(),
        };
        // Taken off the page with a submission on its way: the key remembers, and there is nobody to tell.
        if self.gone.get() {
            return;
        }
        let was_offline = matches!(self.machine.borrow().phase(), Phase::Offline { .. });
        let task = self.machine.borrow_mut().answered(answer, key_done);
        self.run(task);
        let phase = self.machine.borrow().phase().clone();
        match &phase {
            Phase::Received { receipt } | Phase::Delivered { receipt } => {
                self.teller.tell(&Event::Received(receipt));
                if matches!(phase, Phase::Delivered { .. }) {
                    self.teller.tell(&Event::Delivered(receipt));
                }
                self.focus_soon(".lf-thanks");
            }
            Phase::Refused(_) => {
                self.teller.tell(&Event::Failed(&code));
            }
            Phase::Offline { .. } if !was_offline => {
                self.teller.tell(&Event::Failed(&code));
            }
            _ => {}
        }
    }

    fn ask_receipt(self: &Rc<Self>) {
        let live = Rc::clone(self);
        spawn(Box::pin(async move {
            let Some(receipt) = live.machine.borrow().phase().receipt().map(str::to_owned) else {
                return;
            };
            let state = receipt_state(&live.submit_url, &receipt).await;
            if live.gone.get() {
                return;
            }
            let task = live.machine.borrow_mut().receipt_answered(state);
            if matches!(live.machine.borrow().phase(), Phase::Delivered { .. }) {
                live.teller.tell(&Event::Delivered(&receipt));
            }
            live.run(task);
        }));
    }
}
