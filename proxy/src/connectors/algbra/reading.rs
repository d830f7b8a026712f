//! What a success holds: a prospect, or a page of them.
//!
//! Apart because it is lenient where the document is: any field but the id may be null, missing or of a new kind. The
//! document has the e-mail never null, and lets an update erase it: a prospect without one is still read.

use serde_json::{Map, Value};

use crate::connectors::{Answer, OperationKind, Reading, Record, RecordPage};

/// Reads the answer of an operation.
pub(super) fn read(kind: OperationKind, answer: &Answer) -> Option<Reading> {
    let body = if answer.is_html() { None } else { answer.json() }?;
    match kind {
        OperationKind::List => page(body).map(Reading::Page),
        OperationKind::Create
        | OperationKind::Get
        | OperationKind::GetByReference
        | OperationKind::Update => record(body).map(Reading::Record),
        OperationKind::Schema | OperationKind::PartnerSchema => None,
    }
}

/// A page as an earlier version of the document shows it, or a bare list: this version prints neither.
fn page(body: Value) -> Option<RecordPage> {
    let (items, total) = match body {
        Value::Array(items) => (items, None),
        Value::Object(mut page) => {
            let total = page.get("meta").and_then(|meta| meta.get("totalItems")).and_then(Value::as_u64);
            let Some(Value::Array(items)) = page.remove("items") else { return None };
            (items, total)
        }
        _ => return None,
    };
    // A prospect without an id can't be shown or changed; a page that leaves it out would be a wrong one.
    let records: Option<Vec<Record>> = items.into_iter().map(record).collect();
    Some(RecordPage { records: records?, total })
}

fn record(prospect: Value) -> Option<Record> {
    let Value::Object(fields) = prospect else { return None };
    let id = text(&fields, "id").filter(|id| uuid::Uuid::try_parse(id).is_ok())?.to_owned();
    // An earlier generation calls it externalId.
    let reference = text(&fields, "externalReference").or_else(|| text(&fields, "externalId"));
    Some(Record { id, reference: reference.map(str::to_owned), fields })
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}
