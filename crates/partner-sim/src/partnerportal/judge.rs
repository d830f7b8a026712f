//! Says what the partner makes of a request to one of its six operations.
//!
//! In this order: path (404), method (405), token (401), company (404), then the operation's own.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::arrival::Arrival;
use crate::desk::{LeadChange, Verdict};
use crate::ledger::KeyCheck;
use crate::oauth::OAuth;
use crate::oauth::params::Params;

use super::answers::{enveloped, method_not_allowed, refused};
use super::company::{COMPANY_ID, Company, ORGANIZATION_ID};
use super::fields::{Problem, Purpose, find_problems, members};
use super::operations::Place;
use super::records::{answered, draft};
use super::schema;

/// What a list may ask, each a string by the document, each a whole number by its sense.
const QUERY: [&str; 2] = ["skip", "limit"];

/// A request that is one of the operations, with its credential checked.
struct Asked<'a> {
    operation: &'static str,
    credential: KeyCheck,
    company: &'a Arc<Company>,
    arrival: &'a Arrival,
}

pub(super) fn judge(oauth: &OAuth, company: &Arc<Company>, arrival: &Arrival, path: &str) -> Verdict {
    let (credential, _) = oauth.check_bearer(arrival.header("authorization").as_deref());
    let Some(place) = Place::find(path) else {
        let answer = refused(StatusCode::NOT_FOUND, "there is nothing at this path", &[]);
        let problems = vec!["the path is none of this API".to_owned()];
        return Verdict { spared: true, problems, ..Verdict::new("", answer, credential) };
    };
    let operation = match place.operation(&arrival.method) {
        Ok(operation) => operation,
        Err(allow) => {
            let problems = vec![format!("the method is {}, expected {allow}", arrival.method)];
            return Verdict { problems, ..Verdict::new("", method_not_allowed(allow), credential) };
        }
    };
    let asked = Asked { operation, credential, company, arrival };
    if credential != KeyCheck::Valid {
        return asked.refuse(StatusCode::UNAUTHORIZED, &format!("the access token is {credential}"));
    }
    if place.company() != COMPANY_ID {
        return asked.refuse(StatusCode::NOT_FOUND, "there is no company with this id");
    }
    if let Some((status, why)) = arrival.unread {
        return asked.refuse(status, why);
    }
    match place {
        Place::Leads { .. } if operation == "list" => asked.list(),
        Place::Leads { .. } => asked.create(),
        Place::Lead { lead, .. } => Verdict { id: Some(lead.clone()), ..asked.one(&lead) },
        Place::Schema { object, .. } => asked.schema(&object, None),
        Place::PartnerSchema { object, organization, .. } => asked.schema(&object, Some(&organization)),
    }
}

impl Asked<'_> {
    fn taken(&self, status: StatusCode, data: &Value) -> Verdict {
        Verdict::new(self.operation, enveloped(status, data), self.credential)
    }

    fn refuse(&self, status: StatusCode, message: &str) -> Verdict {
        let problems = vec![message.to_owned()];
        Verdict { problems, ..Verdict::new(self.operation, refused(status, message, &[]), self.credential) }
    }

    fn refuse_fields(&self, message: &str, problems: &[Problem]) -> Verdict {
        let answer = refused(StatusCode::BAD_REQUEST, message, problems);
        let problems = problems.iter().map(|problem| format!("{} {}", problem.field, problem.message));
        Verdict { problems: problems.collect(), ..Verdict::new(self.operation, answer, self.credential) }
    }

    fn list(&self) -> Verdict {
        let params = Params::from_form(self.arrival.query.as_deref().unwrap_or_default().as_bytes());
        let (skip, limit) = match read_query(&params) {
            Ok(query) => query,
            Err(problems) => return self.refuse_fields("the query is wrong", &problems),
        };
        let state = self.company.lock();
        let limit = state.limit(limit);
        let page = state.records.page(skip, limit, COMPANY_ID, state.objects);
        self.taken(StatusCode::OK, &Value::Array(page))
    }

    fn create(&self) -> Verdict {
        let sent = match self.read_body(Purpose::Create) {
            Ok(sent) => sent,
            Err(verdict) => return *verdict,
        };
        let state = self.company.lock();
        let (id, now) = (state.records.next_id(), Timestamp::now());
        let lead = draft(&id, COMPANY_ID, sent.clone(), now);
        let answer = answered(lead, state.objects);
        let (company, fields) = (Arc::clone(self.company), sent.clone());
        Verdict {
            id: Some(id),
            lead: LeadChange::Made,
            fields,
            on_taken: Some(Box::new(move || company.lock().records.create(COMPANY_ID, sent, now))),
            ..self.taken(StatusCode::CREATED, &answer)
        }
    }

    /// Gets or updates one lead.
    fn one(&self, id: &str) -> Verdict {
        let found = self.company.lock().records.find(id);
        let Some(place) = found else {
            return self.refuse(StatusCode::NOT_FOUND, "there is no lead with this id");
        };
        if self.operation == "get" {
            let state = self.company.lock();
            let lead = state.records.get(place, COMPANY_ID).unwrap_or_default();
            return self.taken(StatusCode::OK, &answered(lead, state.objects));
        }
        let sent = match self.read_body(Purpose::Update) {
            Ok(sent) => sent,
            Err(verdict) => return *verdict,
        };
        let (state, now) = (self.company.lock(), Timestamp::now());
        let lead = state.records.changed(place, COMPANY_ID, sent.clone(), now).unwrap_or_default();
        let answer = answered(lead, state.objects);
        let (company, fields) = (Arc::clone(self.company), sent.clone());
        Verdict {
            lead: LeadChange::Changed,
            fields,
            on_taken: Some(Box::new(move || company.lock().records.update(place, COMPANY_ID, sent, now))),
            ..self.taken(StatusCode::OK, &answer)
        }
    }

    fn schema(&self, object: &str, organization: Option<&str>) -> Verdict {
        if organization.is_some_and(|organization| organization != ORGANIZATION_ID) {
            return self.refuse(StatusCode::NOT_FOUND, "there is no partner organization with this id");
        }
        if object != schema::OBJECT {
            return self.refuse(StatusCode::NOT_FOUND, "there is no schema of this object");
        }
        let state = self.company.lock();
        let schema = if organization.is_some() { &state.partner_schema } else { &state.schema };
        self.taken(StatusCode::OK, &json!({ "schema": schema }))
    }

    /// Reads what a create or an update sent, or refuses it with every problem.
    fn read_body(&self, purpose: Purpose) -> Result<Map<String, Value>, Box<Verdict>> {
        if !self.arrival.is_json() {
            let message = "the content type is not application/json";
            return Err(Box::new(self.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)));
        }
        let object = match self.arrival.object() {
            Ok(object) => object,
            Err(problem) => return Err(Box::new(self.refuse(StatusCode::BAD_REQUEST, &problem))),
        };
        let problems = find_problems(&object, purpose, &self.company.lock().schema);
        if problems.is_empty() {
            Ok(members(&object))
        } else {
            Err(Box::new(self.refuse_fields("the lead is wrong", &problems)))
        }
    }
}

/// Reads `skip` and `limit`, or says everything that is wrong with the query.
fn read_query(params: &Params) -> Result<(usize, Option<usize>), Vec<Problem>> {
    let number = |name: &str, least: usize| match params.get(name) {
        None => Ok(None),
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => match text.parse() {
            Ok(number) if number >= least => Ok(Some(number)),
            _ => Err(Problem::new(name, format!("is out of range, expected {least} or more"))),
        },
        Some(_) => Err(Problem::new(name, "is not a whole number")),
    };
    let (skip, limit) = (number("skip", 0), number("limit", 1));
    let mut problems: Vec<_> =
        params.repeated().iter().map(|name| Problem::new(name, "is given twice")).collect();
    let unknown = params.names().filter(|name| !QUERY.contains(name));
    problems.extend(unknown.map(|name| Problem::new(name, "is not a parameter of this operation")));
    match (skip, limit) {
        (Ok(skip), Ok(limit)) if problems.is_empty() => Ok((skip.unwrap_or_default(), limit)),
        (skip, limit) => {
            problems.extend(skip.err());
            problems.extend(limit.err());
            Err(problems)
        }
    }
}
