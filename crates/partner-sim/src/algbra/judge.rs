//! Says what the documents say of one request: path, method, caller (401), the prospect it names (404), content type,
//! query and body (400), in this order.
//!
//! Apart from the tables and from the guard because it is the order in which they are asked.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Bank;
use super::guard::Caller;
use super::prospect::{Body, Problem, Prospect, REFERENCE, read_body};
use super::target::{BASE, Page, Target};
use crate::answer::Answer;
use crate::arrival::Arrival;
use crate::desk::{LeadChange, Verdict};
use crate::ledger::KeyCheck;

/// Why a request is refused.
struct Refused {
    status: StatusCode,
    message: &'static str,
    problems: Vec<Problem>,
}

/// What a request gets that is not refused.
struct Taken {
    answer: Value,
    id: Option<String>,
    lead: LeadChange,
    fields: Map<String, Value>,
    change: Option<Box<dyn FnOnce() + Send>>,
}

impl Taken {
    /// Reads, and changes nothing.
    fn read(answer: Value) -> Self {
        Self { answer, id: None, lead: LeadChange::None, fields: Map::new(), change: None }
    }
}

pub(super) fn judge(arrival: &Arrival, bank: &Arc<Bank>) -> Verdict {
    let Some(target) = Target::read(&arrival.path) else {
        let refused = Refused::new(StatusCode::NOT_FOUND, "Not Found", "path", "is none of this API");
        return refused.verdict("", KeyCheck::Missing, None);
    };
    let operation = match target.operation(&arrival.method) {
        Ok(operation) => operation,
        Err(allow) => {
            let problems = vec![format!("the method is {}, expected {allow}", arrival.method)];
            return Verdict {
                problems,
                ..Verdict::new("", Answer::method_not_allowed(allow), KeyCheck::Missing)
            };
        }
    };
    let asked = match &target {
        Target::All => None,
        Target::Id(id) | Target::Reference(id) => Some(id.clone()),
    };
    // A wrong token may be the right one of somebody else.
    let secrets: Vec<_> = arrival.header("authorization").into_iter().collect();
    if let Some((status, why)) = arrival.unread {
        let refused = Refused::new(status, "Unreadable", "body", why);
        return Verdict { secrets, ..refused.verdict(operation, KeyCheck::Missing, asked) };
    }
    let query = arrival.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let url = format!("{}{query}", arrival.path.strip_prefix(BASE).unwrap_or_default());
    let caller =
        Caller { method: arrival.method.as_str(), url: &url, headers: &arrival.headers, body: &arrival.body };
    if let Err(refusal) = bank.guard.check(&caller, Timestamp::now()) {
        let refused =
            Refused { status: StatusCode::UNAUTHORIZED, message: "Unauthorized", problems: refusal.problems };
        return Verdict { secrets, ..refused.verdict(operation, refusal.check, asked) };
    }
    match decide(operation, &target, arrival, bank) {
        Err(refused) => refused.verdict(operation, KeyCheck::Valid, asked),
        Ok(taken) => Verdict {
            id: taken.id.or(asked),
            lead: taken.lead,
            fields: taken.fields,
            on_taken: taken.change,
            ..Verdict::new(operation, Answer::json(StatusCode::OK, &taken.answer), KeyCheck::Valid)
        },
    }
}

/// Does what a caller asks who may ask.
fn decide(operation: &str, target: &Target, arrival: &Arrival, bank: &Arc<Bank>) -> Result<Taken, Refused> {
    match (operation, target) {
        ("create", _) => create(arrival, bank),
        ("update", Target::Id(id)) => update(id, arrival, bank),
        _ if !arrival.body.is_empty() => Err(Refused::input("body", "expected none with GET")),
        (_, Target::All) => {
            let page = Page::read(arrival.query.as_deref().unwrap_or_default()).map_err(Refused::inputs)?;
            Ok(Taken::read(bank.records().page(&page)))
        }
        (_, Target::Id(id)) => found(bank.records().by_id(id)).map(|one| Taken::read(one.to_json())),
        (_, Target::Reference(reference)) => {
            found(bank.records().by_reference(reference)).map(|one| Taken::read(one.to_json()))
        }
    }
}

fn create(arrival: &Arrival, bank: &Arc<Bank>) -> Result<Taken, Refused> {
    let members = read_members(arrival, Body::Create)?;
    let mut records = bank.records();
    if records.has_reference_of(&members) {
        return Err(Refused::input(REFERENCE, "is that of another prospect"));
    }
    let prospect = records.draft(members.clone());
    Ok(Taken {
        answer: prospect.to_json(),
        id: Some(our_id(&prospect)),
        lead: LeadChange::Made,
        fields: members,
        change: Some(change(bank, move |bank| bank.records().keep(prospect))),
    })
}

fn update(id: &str, arrival: &Arrival, bank: &Arc<Bank>) -> Result<Taken, Refused> {
    let members = read_members(arrival, Body::Update);
    let mut prospect = found(bank.records().by_id(id))?.clone();
    let members = members?;
    prospect.update(members.clone());
    let id = our_id(&prospect);
    Ok(Taken {
        answer: prospect.to_json(),
        id: Some(id),
        lead: LeadChange::Changed,
        fields: members,
        change: Some(change(bank, move |bank| bank.records().replace(prospect))),
    })
}

/// Puts off a change until the desk knows that no fault comes first.
fn change(bank: &Arc<Bank>, change: impl FnOnce(&Bank) + Send + 'static) -> Box<dyn FnOnce() + Send> {
    let bank = Arc::clone(bank);
    Box::new(move || change(&bank))
}

fn our_id(prospect: &Prospect) -> String {
    prospect.external_reference().unwrap_or(prospect.id()).to_owned()
}

fn found(prospect: Option<&Prospect>) -> Result<Prospect, Refused> {
    let missing =
        || Refused::new(StatusCode::NOT_FOUND, "Not Found", "prospect", "there is none by this name");
    prospect.cloned().ok_or_else(missing)
}

fn read_members(arrival: &Arrival, body: Body) -> Result<Map<String, Value>, Refused> {
    if arrival.query.as_ref().is_some_and(|query| !query.is_empty()) {
        return Err(Refused::input("query", "is not a part of this operation"));
    }
    if !arrival.is_json() {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refused::new(
            status,
            "Unsupported Media Type",
            "content-type",
            "expected application/json",
        ));
    }
    let object = arrival.object().map_err(|problem| Refused::input("body", &problem))?;
    read_body(&object, body).map_err(Refused::inputs)
}

impl Refused {
    fn new(status: StatusCode, message: &'static str, property: &str, problem: &str) -> Self {
        Self { status, message, problems: vec![(property.to_owned(), problem.to_owned())] }
    }

    fn input(property: &str, problem: &str) -> Self {
        Self::inputs(vec![(property.to_owned(), problem.to_owned())])
    }

    fn inputs(problems: Vec<Problem>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: "Input validation error", problems }
    }

    fn verdict(self, operation: &'static str, check: KeyCheck, id: Option<String>) -> Verdict {
        let errors = self
            .problems
            .iter()
            .map(|(property, message)| json!({ "property": property, "message": message }));
        let body = json!({ "message": self.message, "errors": errors.collect::<Vec<_>>() });
        let problems =
            self.problems.iter().map(|(property, problem)| format!("{property}: {problem}")).collect();
        Verdict { id, problems, ..Verdict::new(operation, Answer::json(self.status, &body), check) }
    }
}
