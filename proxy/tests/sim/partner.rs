//! The partners: what each makes of a request, and a book of every body and every record.
//!
//! Apart from the wire, which brings requests and loses answers: what is written here has happened.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::accounts::{Kind, Rule, number_in};
use crate::faults::Treat;
use crate::numbers::visitor_of;
use crate::promise::Promise;

/// What all partners have seen and have.
#[derive(Default)]
pub struct Ledger {
    leads: BTreeMap<u32, Seen>,
    /// Numbers of leads that have become a record, in order; twice where there are two.
    records: Vec<(Kind, Record)>,
}

/// What a partner has seen of one lead.
#[derive(Default)]
pub struct Seen {
    /// Bodies that have begun to leave; for each whether it is clear to us that nothing came of it.
    pub bodies: Vec<bool>,
    /// Bodies that were refused for their token alone.
    pub unknown: usize,
    /// Records that were made of it.
    pub records: u32,
    first: Option<Bytes>,
}

struct Record {
    number: u32,
    /// What it says of our receipt.
    text: String,
}

/// One body on its way.
#[derive(Clone, Copy, Debug)]
pub struct BodyId {
    number: u32,
    place: usize,
}

impl Ledger {
    /// What was seen of a lead.
    pub fn seen(&self, number: u32) -> Option<&Seen> {
        self.leads.get(&number)
    }

    /// What was seen of a visitor's leads, by number.
    pub fn of_visitor(&self, visitor: u32) -> impl Iterator<Item = (u32, &Seen)> {
        self.all().filter(move |(number, _)| visitor_of(*number) == visitor)
    }

    /// Every lead of which anything was seen.
    pub fn all(&self) -> impl Iterator<Item = (u32, &Seen)> {
        self.leads.iter().map(|(number, seen)| (*number, seen))
    }

    /// A body begins to leave; what is wrong with that.
    pub fn departs(&mut self, kind: Kind, number: u32, body: &Bytes) -> (BodyId, Option<(Promise, String)>) {
        let is_beside = self
            .of_visitor(visitor_of(number))
            .any(|(other, seen)| other != number && (seen.records > 0 || seen.bodies.contains(&false)));
        let seen = self.leads.entry(number).or_default();
        let unclear = seen.bodies.iter().filter(|clear| !**clear).count();
        let most = match kind.rule() {
            Rule::Once => 0,
            Rule::OnceMore => 1,
            Rule::Asked | Rule::Known => usize::MAX,
        };
        let first = seen.first.get_or_insert_with(|| body.clone());
        let wrong = if unclear > most {
            Some((
                Promise::NothingDoubled,
                format!("lead {number} of {} leaves after {unclear} bodies in doubt", kind.name()),
            ))
        } else if is_beside {
            Some((
                Promise::NothingDoubled,
                format!("lead {number} of {} leaves, and its partner may have its like", kind.name()),
            ))
        } else if first != body {
            Some((
                Promise::WrittenAhead,
                format!("lead {number} of {} leaves with another body than before", kind.name()),
            ))
        } else {
            None
        };
        seen.bodies.push(false);
        (BodyId { number, place: seen.bodies.len() - 1 }, wrong)
    }

    /// Its sender has the clear answer that nothing came of it.
    pub fn refused(&mut self, body: BodyId, status: u16) {
        if let Some(seen) = self.leads.get_mut(&body.number) {
            seen.bodies[body.place] = true;
            seen.unknown += usize::from(status == 401);
        }
    }

    /// A request is there, whole.
    pub fn arrives(&mut self, kind: Kind, request: &Request<Bytes>, treat: Treat) -> Response<Bytes> {
        match treat {
            Treat::Take => self.take(kind, request),
            Treat::TakeAndFail(status) => {
                let response = answer(status, &[], json!({"message": "failed"}));
                // A partner whose word is that nothing came of it keeps it.
                if !is_clear(kind, &response) {
                    self.take(kind, request);
                }
                response
            }
            Treat::TakeAndBabble => {
                self.take(kind, request);
                answer(200, &[("content-type", "text/html")], Value::Null)
            }
            Treat::Fail(status) => answer(status, &[], json!({"message": "failed"})),
            Treat::Later(seconds) => {
                let status = if kind == Kind::Webhook { 503 } else { 429 };
                answer(status, &[("retry-after", &seconds.to_string())], json!({}))
            }
            Treat::Unknown => answer(401, &[], json!({"message": "who are you"})),
            Treat::Reject => {
                let nested = json!([{"machine_name": "$.email"}]);
                answer(
                    400,
                    &[],
                    json!({"message": "Email email", "type": "ApiParamsExemption", "nested": nested}),
                )
            }
        }
    }

    fn take(&mut self, kind: Kind, request: &Request<Bytes>) -> Response<Bytes> {
        if request.method() == Method::GET {
            return self.show(kind, request.uri().path());
        }
        let Some(number) = number_in(request.body()) else { return answer(400, &[], json!({})) };
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let text = match kind {
            Kind::PartnerPortal => body["notes"].as_str(),
            Kind::Algbra => body["externalReference"].as_str(),
            _ => None,
        };
        let knows = kind.rule() == Rule::Known || kind.rule() == Rule::OnceMore;
        let seen = self.leads.entry(number).or_default();
        if !(knows && seen.records > 0) {
            seen.records += 1;
            self.records.push((kind, Record { number, text: text.unwrap_or_default().to_owned() }));
        }
        match kind {
            Kind::TakePayments | Kind::Webhook => answer(200, &[], Value::Null),
            Kind::Spotcap => answer(201, &[], json!({"id": number.to_string()})),
            Kind::PartnerPortal => answer(201, &[], json!({"data": {"id": number.to_string()}, "status": 1})),
            Kind::Octorate => answer(200, &[], json!({"codice": [number.to_string()]})),
            Kind::Algbra => answer(200, &[], prospect(number, text.unwrap_or_default())),
        }
    }

    /// A list, or one record by its reference.
    fn show(&self, kind: Kind, path: &str) -> Response<Bytes> {
        let mut records = self.records.iter().rev().filter(|(of, _)| *of == kind).map(|(_, record)| record);
        if kind == Kind::PartnerPortal {
            let lead = |record: &Record| json!({"id": record.number.to_string(), "notes": record.text});
            return answer(200, &[], json!({"data": records.map(lead).collect::<Vec<_>>(), "status": 1}));
        }
        let reference = path.rsplit('/').next().unwrap_or_default();
        match records.find(|record| record.text == reference) {
            Some(record) => answer(200, &[], prospect(record.number, &record.text)),
            None => answer(404, &[], json!({"message": "there is none"})),
        }
    }
}

fn prospect(number: u32, reference: &str) -> Value {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    json!({"id": id, "externalReference": reference})
}

/// An answer in JSON, or of nothing.
pub fn answer(status: u16, headers: &[(&'static str, &str)], body: Value) -> Response<Bytes> {
    let is_page = headers.iter().any(|(_, value)| *value == "text/html");
    let bytes = match body {
        Value::Null if is_page => Bytes::from_static(b"<!doctype html><p>Welcome"),
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    };
    let mut builder = Response::builder().status(status);
    if !is_page {
        builder = builder.header("content-type", "application/json");
    }
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(bytes).unwrap()
}

/// Whether an answer says clearly that nothing came of the request.
pub fn is_clear(kind: Kind, response: &Response<Bytes>) -> bool {
    match response.status().as_u16() {
        400 | 401 | 429 => true,
        503 => kind == Kind::Spotcap || response.headers().contains_key("retry-after"),
        _ => false,
    }
}
