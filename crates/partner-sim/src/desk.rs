//! One partner's desk: takes what arrives, writes it into the ledger, meets the fault that is set, answers.
//!
//! Apart from the partners' files because it is the same for all of them; a partner says only what its document says,
//! as a [`Verdict`].

use std::collections::HashMap;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request as HttpRequest;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::answer::{Answer, act};
use crate::fault::{Fault, FaultSetting, SLOW_ANSWER};
use crate::ledger::{KeyCheck, LeadEntry, Ledger, Request};
use crate::page::Partner;
use crate::redact::Redactor;
use crate::stream::Cutter;

/// The longest body that is read. No document names a limit; this one only keeps a mistake from filling the memory.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A request, read to its end.
pub(crate) struct Arrival {
    pub(crate) method: Method,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
    /// Why the body could not be read, with the status that says so.
    pub(crate) unread: Option<(StatusCode, &'static str)>,
}

/// What a partner makes of a request by its document alone.
pub(crate) struct Verdict {
    pub(crate) answer: Answer,
    pub(crate) api_key: KeyCheck,
    pub(crate) id: Option<String>,
    pub(crate) problems: Vec<String>,
    /// Everything but the credential.
    pub(crate) fields: Map<String, Value>,
}

/// Ledger and fault of one partner.
pub(crate) struct Desk {
    partner: Partner,
    redactor: Redactor,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    /// Where in `ledger.leads` an ID stands.
    places: HashMap<String, usize>,
    requests_total: u64,
    setting: FaultSetting,
}

impl Desk {
    pub(crate) fn new(partner: Partner, redactor: Redactor) -> Self {
        Self { partner, redactor, state: watch::Sender::new(State::default()) }
    }

    pub(crate) fn partner(&self) -> &Partner {
        &self.partner
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.state.borrow().ledger.clone()
    }

    pub(crate) fn clear_ledger(&self) {
        self.state.send_modify(|state| {
            state.ledger = Ledger::default();
            state.places.clear();
        });
    }

    pub(crate) fn setting(&self) -> FaultSetting {
        self.state.borrow().setting
    }

    pub(crate) fn set_fault(&self, setting: FaultSetting) {
        let none = setting.fault == Fault::None || setting.times == Some(0);
        self.state.send_modify(|state| state.setting = if none { FaultSetting::default() } else { setting });
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
        let arrival = read(request).await;
        let verdict = judge(&arrival);
        let (number, fault, response) = self.record(&arrival, verdict, &cutter);
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

    /// Writes request, lead and fault in one step, so that nobody sees one without the others.
    fn record(&self, arrival: &Arrival, verdict: Verdict, cutter: &Cutter) -> (u64, Fault, Response) {
        let redacted = |text: &str| self.redactor.text(text);
        let id = verdict.id.as_deref().map(redacted);
        let mut request = Request {
            number: 0,
            received_at: format!("{:.3}", Timestamp::now()),
            method: redacted(arrival.method.as_str()),
            content_type: arrival.content_type.as_deref().map(redacted),
            api_key: verdict.api_key,
            body: self.redactor.body(&arrival.body),
            id: id.clone(),
            fault: None,
            status: None,
            problems: verdict.problems.iter().map(|problem| redacted(problem)).collect(),
        };
        let would_be_taken = verdict.answer.status.is_success();
        let fields = self.redactor.fields(verdict.fields);

        let mut recorded = None;
        self.state.send_modify(|state| {
            let fault = match verdict.answer.status {
                // Not one of the partner's operations at all.
                StatusCode::METHOD_NOT_ALLOWED => Fault::None,
                _ => state.setting.meet(would_be_taken),
            };
            let (response, complete) = act(fault, verdict.answer, cutter);
            state.requests_total += 1;
            request.number = state.requests_total;
            request.fault = (fault != Fault::None).then_some(fault);
            request.status = complete.then(|| response.status().as_u16());
            if would_be_taken && (fault == Fault::None || fault.takes_lead()) {
                state.take_lead(id.unwrap_or_default(), fields, request.number);
            }
            recorded = Some((request.number, fault, response));
            state.ledger.requests.push(request);
        });
        recorded.unwrap_or_default()
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
    fn take_lead(&mut self, id: String, fields: Map<String, Value>, number: u64) {
        let leads = &mut self.ledger.leads;
        if let Some(lead) = self.places.get(&id).and_then(|place| leads.get_mut(*place)) {
            lead.times_asked += 1;
            return;
        }
        self.places.insert(id.clone(), leads.len());
        leads.push(LeadEntry { id, times_asked: 1, fields, first_request: number });
    }
}

async fn read(request: HttpRequest) -> Arrival {
    let (head, body) = request.into_parts();
    let content_type =
        head.headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let announced = http_body::Body::size_hint(&body).lower();
    let (body, unread) = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => (body, None),
        Err(_) if announced > BODY_BYTES_MAX as u64 => {
            (Bytes::new(), Some((StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 1 MiB")))
        }
        Err(_) => {
            (Bytes::new(), Some((StatusCode::BAD_REQUEST, "the body broke off, or is longer than 1 MiB")))
        }
    };
    Arrival { method: head.method, content_type, body, unread }
}
