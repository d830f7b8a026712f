//! What the proxy answers, as it stands in docs/api.md. Unknown members are passed over, missing ones have a default, so that a
//! panel and a proxy of neighbouring versions understand each other.
//!
//! Apart because nothing here decides anything, and native tests read the proxy's own examples with it. Read by hand from one JSON
//! value: what serde derives for a dozen types was a tenth of the download.

use lead_model::{Problem, ProblemCode};
use serde_json::{Map, Value};

/// Something that is read from an answer.
pub trait Read: Sized {
    /// What the answer says; what it does not say has its default.
    fn read(value: &Value) -> Self;
}

fn text(value: &Value, name: &str) -> String {
    maybe(value, name).unwrap_or_default()
}

fn maybe(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn count(value: &Value, name: &str) -> u32 {
    u32::try_from(number(value, name)).unwrap_or_default()
}

fn list<T>(value: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    let mut list = Vec::new();
    for item in value.get(name).and_then(Value::as_array).into_iter().flatten() {
        list.extend(read(item));
    }
    list
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    list(value, name, |item| item.as_str().map(str::to_owned))
}

/// What the token's holder can do here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// `read` or `write`.
    pub scope: String,
    /// The only record that the token reaches.
    pub record: Option<String>,
    /// When the token ends, as RFC 3339 has it.
    pub expires_at: String,
    /// What the partner can be asked.
    pub operations: Operations,
    /// The partner's fields that a list shows.
    pub columns: Vec<String>,
    /// Whether our leads can be asked for.
    pub leads: bool,
}

impl Holder {
    /// Whether the token allows changes.
    pub fn writes(&self) -> bool {
        self.scope == "write"
    }
}

/// What a partner can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an operation that a partner has or has not")]
pub struct Operations {
    /// Pages of its records.
    pub list: bool,
    /// Whether the list can be searched.
    pub search: bool,
    /// One record by its id.
    pub get: bool,
    /// One record by our reference.
    pub get_by_reference: bool,
    /// Making a record.
    pub create: bool,
    /// Changing one.
    pub update: bool,
}

/// One record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The partner's id.
    pub id: String,
    /// Our reference, where the partner keeps one.
    pub reference: Option<String>,
    /// Under the partner's names.
    pub fields: Map<String, Value>,
    /// Fields that are left out of `fields` until somebody asks for them.
    pub masked: Vec<String>,
}

/// A page of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The records, in the partner's order.
    pub records: Vec<Record>,
    /// Counted from one.
    pub page: u32,
    /// Records on a page.
    pub limit: u32,
    /// How many there are in all, where the partner says so.
    pub total: Option<u64>,
    /// Whether there is a page behind this one.
    pub more: bool,
}

/// The fields of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// In no order; `order` says it.
    pub fields: Vec<Field>,
}

/// One field of the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "as the partner tells it")]
pub struct Field {
    /// The name under which it is written, with a dot between an object and its member.
    pub name: String,
    /// What a person reads beside it.
    pub label: String,
    /// The partner's word for what it holds.
    pub kind: String,
    /// The partner's word for how it is shown.
    pub display: String,
    /// Whether a record can't be made without it.
    pub required: bool,
    /// Whether it may be set when a record is made.
    pub creatable: bool,
    /// Whether it may be changed afterwards.
    pub updateable: bool,
    /// Where it stands among the others.
    pub order: i64,
    /// The choices, where it has any.
    pub options: Vec<String>,
}

/// A new record that is safe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Ours.
    pub receipt: String,
    /// `delivered` or `received`.
    pub state: String,
    /// The partner's id, where it is known.
    pub id: Option<String>,
}

/// A page of our leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leads {
    /// The leads.
    pub leads: Vec<Lead>,
}

/// What became of one of our leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// Ours.
    pub receipt: String,
    /// Where its delivery stands.
    pub state: String,
    /// Why, as a code.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it came in.
    pub received_at: String,
    /// When it is tried next.
    pub due_at: Option<String>,
    /// The partner's id of it.
    pub reference: Option<String>,
    /// Goes into whatever settles it.
    pub version: i64,
    /// What may be done: `delivered`, `send_again`.
    pub may: Vec<String>,
}

/// Why a request was refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    /// One of the codes of docs/api.md.
    pub code: String,
    /// Field by field.
    pub problems: Vec<Problem>,
    /// The record as it is now, where somebody else has changed it.
    pub record: Option<Record>,
}

impl Read for Holder {
    fn read(value: &Value) -> Self {
        Self {
            scope: text(value, "scope"),
            record: maybe(value, "record"),
            expires_at: text(value, "expires_at"),
            operations: Operations::read(value.get("operations").unwrap_or(&Value::Null)),
            columns: texts(value, "columns"),
            leads: flag(value, "leads"),
        }
    }
}

impl Read for Operations {
    fn read(value: &Value) -> Self {
        Self {
            list: flag(value, "list"),
            search: flag(value, "search"),
            get: flag(value, "get"),
            get_by_reference: flag(value, "get_by_reference"),
            create: flag(value, "create"),
            update: flag(value, "update"),
        }
    }
}

impl Read for Record {
    fn read(value: &Value) -> Self {
        Self {
            id: text(value, "id"),
            reference: maybe(value, "reference"),
            fields: value.get("fields").and_then(Value::as_object).cloned().unwrap_or_default(),
            masked: texts(value, "masked"),
        }
    }
}

impl Read for Page {
    fn read(value: &Value) -> Self {
        Self {
            records: list(value, "records", |item| Some(Record::read(item))),
            page: count(value, "page"),
            limit: count(value, "limit"),
            total: value.get("total").and_then(Value::as_u64),
            more: flag(value, "more"),
        }
    }
}

impl Read for Schema {
    fn read(value: &Value) -> Self {
        Self { fields: list(value, "fields", |item| Some(Field::read(item))) }
    }
}

impl Read for Field {
    fn read(value: &Value) -> Self {
        Self {
            name: text(value, "name"),
            label: text(value, "label"),
            kind: text(value, "kind"),
            display: text(value, "display"),
            required: flag(value, "required"),
            creatable: flag(value, "creatable"),
            updateable: flag(value, "updateable"),
            order: number(value, "order"),
            options: texts(value, "options"),
        }
    }
}

impl Read for Made {
    fn read(value: &Value) -> Self {
        Self { receipt: text(value, "receipt"), state: text(value, "state"), id: maybe(value, "id") }
    }
}

impl Read for Leads {
    fn read(value: &Value) -> Self {
        Self { leads: list(value, "leads", |item| Some(Lead::read(item))) }
    }
}

impl Read for Lead {
    fn read(value: &Value) -> Self {
        Self {
            receipt: text(value, "receipt"),
            state: text(value, "state"),
            reason: maybe(value, "reason"),
            attempts: count(value, "attempts"),
            received_at: text(value, "received_at"),
            due_at: maybe(value, "due_at"),
            reference: maybe(value, "reference"),
            version: number(value, "version"),
            may: texts(value, "may"),
        }
    }
}

impl Read for Refusal {
    fn read(value: &Value) -> Self {
        Self {
            code: text(value, "code"),
            problems: list(value, "problems", read_problem),
            record: value.get("record").filter(|record| record.is_object()).map(Record::read),
        }
    }
}

/// A problem whose code we know.
fn read_problem(value: &Value) -> Option<Problem> {
    let mut params = Vec::new();
    for (name, wanted) in value.get("params").and_then(Value::as_object).into_iter().flatten() {
        params.extend(wanted.as_str().map(|wanted| (name.clone(), wanted.to_owned())));
    }
    let code = ProblemCode::parse(&text(value, "code")).unwrap_or(ProblemCode::RefusedByPartner);
    Some(Problem { field: text(value, "field"), code, params })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn read<T: Read>(text: &str) -> T {
        T::read(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn answer_of_a_newer_proxy_is_read_and_missing_members_have_defaults() {
        let holder = read::<Holder>(
            r#"{"account":"algbra","scope":"write","operations":{"list":true,"weigh":true},"new":1}"#,
        );
        assert!(holder.writes() && holder.operations.list && !holder.operations.create);
        let page = read::<Page>(r#"{"records":[{"id":"1","reference":null}],"total":null}"#);
        assert_eq!((page.records.len(), page.total, page.more), (1, None, false));
    }

    #[test]
    fn refusal_names_fields_and_the_record_as_it_is_now() {
        let refusal = read::<Refusal>(
            r#"{"type":"about:blank","code":"record_changed","record":{"id":"1","fields":{"a":"b"}},
                "problems":[{"field":"email","code":"too_long","params":{"max":"80"}}]}"#,
        );
        assert_eq!(refusal.code, "record_changed");
        assert_eq!(refusal.problems.first().unwrap().field, "email");
        assert_eq!(refusal.record.unwrap().id, "1");
    }
}
