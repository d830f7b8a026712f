//! One partner's desk: takes what arrives, writes it into the ledger, meets the fault that is set, answers.
//!
//! Apart from the partners' files because it is the same for all of them; a partner says only what its document says,
//! as a [`Verdict`].

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Request as HttpRequest;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::answer::{Answer, act};
use crate::arrival::Arrival;
use crate::documented::{Documented, UnknownAnswer};
use crate::fault::{Fault, FaultSetting, SLOW_ANSWER};
use crate::ledger::{KeyCheck, LeadEntry, Ledger, Request};
use crate::page::Partner;
use crate::redact::Redactor;
use crate::stream::Cutter;

/// What a partner makes of a request by its document alone.
pub(crate) struct Verdict {
    /// The partner's name for what was asked; empty where it is none of its operations.
    pub(crate) operation: &'static str,
    pub(crate) answer: Answer,
    pub(crate) credential: KeyCheck,
    /// Our ID for the lead, where the request has one.
    pub(crate) id: Option<String>,
    /// What a success does to the ledger's leads.
    pub(crate) lead: LeadChange,
    /// Where the partner puts the lead, if it has several places; else empty.
    pub(crate) place: String,
    pub(crate) problems: Vec<String>,
    /// The lead's fields, without the credential.
    pub(crate) fields: Map<String, Value>,
    /// What else must not be recorded of this request: tokens, wrong credentials.
    pub(crate) secrets: Vec<String>,
    /// What a success does to the partner's own records; not done when a fault comes first.
    pub(crate) on_taken: Option<Box<dyn FnOnce() + Send>>,
    /// Whether the set fault leaves this request alone: a wrong method, or a token's own controls break it.
    pub(crate) spared: bool,
    /// What breaks this request instead of the set fault, with the name that the ledger gives it.
    pub(crate) own_fault: Option<(Fault, &'static str)>,
}

/// What a success does to the ledger's leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeadChange {
    /// It was read, or only a token was given.
    None,
    /// There is one more; or, by an ID that is there, one that was asked for again.
    Made,
    /// The fields given replace those that it has.
    Changed,
}

impl Verdict {
    /// An answer that takes nothing, with nothing else known; change what is.
    pub(crate) fn new(operation: &'static str, answer: impl Into<Answer>, credential: KeyCheck) -> Self {
        let answer = answer.into();
        Self {
            operation,
            spared: answer.status == StatusCode::METHOD_NOT_ALLOWED,
            answer,
            credential,
            id: None,
            lead: LeadChange::None,
            place: String::new(),
            problems: Vec::new(),
            fields: Map::new(),
            secrets: Vec::new(),
            on_taken: None,
            own_fault: None,
        }
    }
}

/// Ledger and fault of one partner.
pub(crate) struct Desk {
    partner: Partner,
    redactor: Redactor,
    /// Held while one request is judged and recorded, so that a partner's own records change one request at a time.
    turn: Mutex<()>,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    /// Where in `ledger.leads` an ID in a place stands.
    places: HashMap<(String, String), usize>,
    requests_total: u64,
    setting: FaultSetting,
    /// Apart from the ledger, which anybody on the machine may read.
    signatures: Vec<String>,
}

impl Desk {
    pub(crate) fn new(partner: Partner, redactor: Redactor) -> Self {
        Self { partner, redactor, turn: Mutex::new(()), state: watch::Sender::new(State::default()) }
    }

    pub(crate) fn partner(&self) -> &Partner {
        &self.partner
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.state.borrow().ledger.clone()
    }

    pub(crate) fn signatures(&self) -> Vec<String> {
        self.state.borrow().signatures.clone()
    }

    pub(crate) fn clear_ledger(&self) {
        self.state.send_modify(|state| {
            state.ledger = Ledger::default();
            state.places.clear();
        });
    }

    pub(crate) fn setting(&self) -> FaultSetting {
        self.state.borrow().setting.clone()
    }

    /// Sets a fault, unless it is an error that the partner's document does not list.
    pub(crate) fn set_fault(&self, setting: FaultSetting) -> Result<(), UnknownAnswer> {
        if setting.fault == Fault::Documented {
            self.find_documented(setting.answer.as_deref().unwrap_or_default())?;
        }
        let none = setting.fault == Fault::None || setting.times == Some(0);
        self.state.send_modify(|state| state.setting = if none { FaultSetting::default() } else { setting });
        Ok(())
    }

    fn find_documented(&self, name: &str) -> Result<&'static Documented, UnknownAnswer> {
        UnknownAnswer::or_find(self.partner.documented, name)
    }

    /// Waits until the ledger is as wanted; gives it as it is after `limit` otherwise.
    pub(crate) async fn wait_for(
        &self,
        what: impl Fn(&Ledger) -> bool,
        limit: Duration,
    ) -> Result<Ledger, Ledger> {
        let mut state = self.state.subscribe();
        match tokio::time::timeout(limit, state.wait_for(|state| what(&state.ledger))).await {
            Ok(Ok(state)) => Ok(state.ledger.clone()),
            _ => Err(self.ledger()),
        }
    }

    /// Reads a request to its end, lets the partner judge it, records it, answers.
    pub(crate) async fn receive(
        &self,
        request: HttpRequest,
        cutter: Cutter,
        judge: impl FnOnce(&Arrival) -> Verdict,
    ) -> Response {
        let arrival = Arrival::read(request).await;
        let (number, fault, response) = self.judge_and_record(&arrival, &cutter, judge);
        match fault {
            Fault::Slow => {
                tokio::time::sleep(SLOW_ANSWER).await;
                self.set_status(number, response.status());
            }
            Fault::Silence => std::future::pending().await,
            _ => {}
        }
        response
    }

    fn judge_and_record(
        &self,
        arrival: &Arrival,
        cutter: &Cutter,
        judge: impl FnOnce(&Arrival) -> Verdict,
    ) -> (u64, Fault, Response) {
        // Guards no data of its own, so a panic while it was held broke nothing here.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = judge(arrival);
        self.record(arrival, verdict, cutter)
    }

    /// Writes request, lead and fault in one step, so that nobody sees one without the others.
    fn record(&self, arrival: &Arrival, verdict: Verdict, cutter: &Cutter) -> (u64, Fault, Response) {
        let mut request = self.request(arrival, &verdict);
        let would_be_taken = verdict.answer.status.is_success();
        let fields = self.redactor.fields(verdict.fields, &verdict.secrets);
        let place = self.redactor.text(&verdict.place, &verdict.secrets);

        let mut recorded = None;
        self.state.send_modify(|state| {
            let (fault, name) = match verdict.own_fault {
                Some((fault, name)) => (fault, Some(name.to_owned())),
                None if verdict.spared => (Fault::None, None),
                None => state.setting.meet(verdict.operation, would_be_taken),
            };
            let documented = name.as_deref().and_then(|name| self.find_documented(name).ok());
            let (response, complete) = act(fault, documented, verdict.answer, arrival, cutter);
            state.requests_total += 1;
            state.signatures.extend(arrival.signatures());
            request.number = state.requests_total;
            request.fault = (fault != Fault::None).then_some(fault);
            request.answer = name;
            request.status = complete.then(|| response.status().as_u16());
            if would_be_taken && (fault == Fault::None || fault.takes_lead()) {
                request.lead = verdict.lead != LeadChange::None;
                let id = request.id.clone().unwrap_or_default();
                state.take_lead(
                    verdict.lead,
                    LeadEntry { id, place, times_asked: 1, fields, first_request: request.number },
                );
                if let Some(on_taken) = verdict.on_taken {
                    on_taken();
                }
            }
            recorded = Some((request.number, fault, response));
            state.ledger.requests.push(request);
        });
        recorded.unwrap_or_default()
    }

    /// Describes a request without its credentials, before anything has become of it.
    fn request(&self, arrival: &Arrival, verdict: &Verdict) -> Request {
        let redacted = |text: &str| self.redactor.text(text, &verdict.secrets);
        let is_form = arrival.is_media_type("application/x-www-form-urlencoded");
        Request {
            number: 0,
            received_at: format!("{:.3}", Timestamp::now()),
            operation: verdict.operation.to_owned(),
            method: redacted(arrival.method.as_str()),
            path: redacted(&arrival.path),
            query: arrival.query.as_deref().map(|query| self.redactor.query(query, &verdict.secrets)),
            headers: arrival.ledger_headers(&self.redactor, &verdict.secrets),
            content_type: arrival.content_type.as_deref().map(redacted),
            credential: verdict.credential,
            body: self.redactor.body(&arrival.body, is_form, &verdict.secrets),
            id: verdict.id.as_deref().map(redacted),
            fault: None,
            answer: None,
            status: None,
            problems: verdict.problems.iter().map(|problem| redacted(problem)).collect(),
            lead: false,
        }
    }

    fn set_status(&self, number: u64, status: StatusCode) {
        self.state.send_modify(|state| {
            // Cleared in the meantime: nothing to note.
            if let Some(request) =
                state.ledger.requests.iter_mut().rev().find(|request| request.number == number)
            {
                request.status = Some(status.as_u16());
            }
        });
    }
}

impl State {
    fn take_lead(&mut self, change: LeadChange, entry: LeadEntry) {
        let leads = &mut self.ledger.leads;
        let key = (entry.place.clone(), entry.id.clone());
        let known = self.places.get(&key).and_then(|place| leads.get_mut(*place));
        match (change, known) {
            (LeadChange::None, _) => {}
            (LeadChange::Made, Some(lead)) => lead.times_asked += 1,
            (LeadChange::Changed, Some(lead)) => lead.fields.extend(entry.fields),
            // A change of one that was there before the ledger began is the first that it knows of it.
            (_, None) => {
                self.places.insert(key, leads.len());
                leads.push(entry);
            }
        }
    }
}
