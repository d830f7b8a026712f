//! Answers: every row of the table has its fixture, and every fixture the outcome and the reading that it declares.

use std::collections::BTreeSet;

use lead_proxy::connectors::parts::answers::why_of;
use lead_proxy::connectors::{
    AnswerClass, OperationKind, Outcome, Reading, Record, RetryAfter, SchemaField, Why,
};
use serde_json::{Value, json};

use super::fixture::{AnswerFixture, Case, for_each, kind_of, label_of};

/// An outcome as a fixture says it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    class: String,
    why: Option<String>,
    fields: Vec<String>,
    retry_after_ms: Option<u64>,
    reference: Option<String>,
}

impl Said {
    fn by_fixture(fixture: &AnswerFixture) -> Self {
        Self {
            class: fixture.outcome.clone(),
            why: fixture.why.clone(),
            fields: fixture.fields.clone(),
            retry_after_ms: fixture.retry_after_ms,
            reference: fixture.reference.clone(),
        }
    }

    fn by_connector(outcome: Outcome) -> Self {
        let because = |class: &str, why: Why| Self {
            class: class.to_owned(),
            why: Some(why.to_string()),
            ..Self::default()
        };
        match outcome {
            Outcome::Delivered { reference } => {
                Self { class: "delivered".to_owned(), reference, ..Self::default() }
            }
            Outcome::NotSent { why } => because("not_sent", why),
            Outcome::Throttled { retry_after, why } => {
                let wait = match retry_after {
                    Some(RetryAfter::Wait(wait)) => Some(u64::try_from(wait.as_millis()).unwrap()),
                    Some(RetryAfter::At(_)) | None => None,
                };
                Self { retry_after_ms: wait, ..because("throttled", why) }
            }
            Outcome::Rejected { fields, why } => Self { fields, ..because("rejected", why) },
            Outcome::Credential { why, .. } => because("credential", why),
            Outcome::InDoubt { why } => because("in_doubt", why),
        }
    }
}

/// What the connector makes of a fixture's answer.
fn outcome_of(case: &Case, fixture: &AnswerFixture) -> Outcome {
    let account = case.account_with(&fixture.settings);
    case.connector.outcome(kind_of(&fixture.operation), &fixture.answer(), account.settings())
}

#[test]
fn each_answer_has_the_outcome_that_the_fixture_declares() {
    for_each(|case| {
        for fixture in &case.fixture.answers {
            let at = format!("{}: {}", case.slug, fixture.name);
            let has = case.connector.descriptor().has(kind_of(&fixture.operation));
            assert!(has, "{at}: there is no operation {}", fixture.operation);
            let said = Said::by_connector(outcome_of(case, fixture));
            assert_eq!(said, Said::by_fixture(fixture), "{at}");
        }
    });
}

#[test]
fn each_row_of_the_table_has_one_fixture_and_each_label_a_row() {
    for_each(|case| {
        let rows = case.connector.descriptor().answers;
        let labels: Vec<String> = rows.iter().map(label_of).collect();
        assert_eq!(BTreeSet::from_iter(&labels).len(), labels.len(), "{}: {labels:?}", case.slug);
        for (row, label) in rows.iter().zip(&labels) {
            assert!(!row.advice.is_empty(), "{}: {label} needs its advice", case.slug);
            for kind in row.operations {
                let has = case.connector.descriptor().has(*kind);
                assert!(has, "{}: {label} is for an operation that there is not", case.slug);
            }
            let named = case.fixture.answers.iter().filter(|answer| answer.row.as_ref() == Some(label));
            let names: Vec<_> = named.map(|answer| answer.name.as_str()).collect();
            assert_eq!(names.len(), 1, "{}: fixtures of the row {label:?}: {names:?}", case.slug);
        }
        for answer in &case.fixture.answers {
            let Some(label) = &answer.row else { continue };
            let known = labels.contains(label);
            assert!(
                known,
                "{}: {:?} is of the row {label:?}, which is none of {labels:?}",
                case.slug, answer.name
            );
        }
    });
}

#[test]
fn answer_of_a_row_is_read_by_this_row() {
    for_each(|case| {
        for row in case.connector.descriptor().answers {
            let label = label_of(row);
            let wanted = |answer: &&AnswerFixture| answer.row.as_ref() == Some(&label);
            let Some(fixture) = case.fixture.answers.iter().find(wanted) else { continue };
            let at = format!("{}: {:?} of the row {label:?}", case.slug, fixture.name);
            let kind = kind_of(&fixture.operation);
            assert_eq!(fixture.status, row.status, "{at}");
            assert!(row.operations.is_empty() || row.operations.contains(&kind), "{at}");
            let (class, why) = match outcome_of(case, fixture) {
                Outcome::Delivered { .. } => {
                    assert_eq!(row.class, AnswerClass::Success, "{at}");
                    continue;
                }
                Outcome::Throttled { why, .. } => {
                    ([AnswerClass::Throttled, AnswerClass::ThrottledIfTold], why)
                }
                Outcome::Rejected { why, .. } => ([AnswerClass::Rejected; 2], why),
                Outcome::Credential { can_renew: true, why } => ([AnswerClass::Credential; 2], why),
                Outcome::Credential { can_renew: false, why } => ([AnswerClass::Account; 2], why),
                Outcome::InDoubt { why } => ([AnswerClass::InDoubt, AnswerClass::ThrottledIfTold], why),
                Outcome::NotSent { why } => panic!("{at}: {why} can't be known from an answer"),
            };
            assert!(class.contains(&row.class), "{at}: {:?}", row.class);
            assert_eq!(why, why_of(row), "{at}");
        }
    });
}

fn record(record: &Record) -> Value {
    json!({ "id": record.id, "reference": record.reference, "fields": record.fields })
}

fn schema_field(field: &SchemaField) -> Value {
    let SchemaField { name, label, kind, display, required, creatable, updateable, standard, order, options } =
        field;
    json!({
        "name": name, "label": label, "kind": kind, "display": display, "required": required,
        "creatable": creatable, "updateable": updateable, "standard": standard, "order": order,
        "options": options,
    })
}

/// A reading as a fixture says it.
fn said(reading: &Reading) -> Value {
    match reading {
        Reading::Record(read) => record(read),
        Reading::Page(page) => {
            json!({ "records": page.records.iter().map(record).collect::<Vec<_>>(), "total": page.total })
        }
        Reading::Schema(fields) => fields.iter().map(schema_field).collect(),
    }
}

#[test]
fn successful_answer_is_read_as_the_fixture_declares() {
    for_each(|case| {
        for fixture in &case.fixture.answers {
            let at = format!("{}: {}", case.slug, fixture.name);
            if fixture.outcome != "delivered" {
                assert_eq!(fixture.reading, None, "{at}: only a success is read");
                continue;
            }
            let kind = kind_of(&fixture.operation);
            let reading = case.connector.reading(kind, &fixture.answer());
            if let Some(expected) = &fixture.reading {
                let expected: Value = serde_json::from_str(expected).unwrap();
                assert_eq!(reading.as_ref().map(said), Some(expected), "{at}");
            }
            let fits = match kind {
                OperationKind::Create | OperationKind::Update => continue,
                OperationKind::List => matches!(reading, Some(Reading::Page(_))),
                OperationKind::Get | OperationKind::GetByReference => {
                    matches!(reading, Some(Reading::Record(_)))
                }
                OperationKind::Schema | OperationKind::PartnerSchema => {
                    matches!(reading, Some(Reading::Schema(_)))
                }
            };
            assert!(fits, "{at}: {reading:?}");
        }
        for kind in case.kinds() {
            let mut read = case.fixture.answers.iter().filter(|answer| kind_of(&answer.operation) == kind);
            let reads = !matches!(kind, OperationKind::Create | OperationKind::Update);
            let shown = read.any(|answer| answer.reading.is_some());
            assert!(shown || !reads, "{}: no fixture reads an answer to {}", case.slug, kind.as_str());
        }
    });
}
