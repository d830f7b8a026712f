//! Sweeps: every status, and bodies broken in every way, against every operation. Nothing unknown counts as delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use lead_proxy::connectors::{Answer, OperationKind, Outcome};
use serde_json::{Value, json};

use super::fixture::{AnswerFixture, Case, for_each, kind_of};

const JSON: &str = "application/json";
const TEN_MIB: usize = 10 * 1024 * 1024;

fn answer(status: u16, content_type: &str, body: &[u8]) -> Answer {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())]);
    Answer { status, headers, body: body.to_vec() }
}

/// The fixtures in which an operation succeeds.
fn successes(case: &Case, kind: OperationKind) -> impl Iterator<Item = &AnswerFixture> {
    let answers = case.fixture.answers.iter();
    answers.filter(move |answer| answer.outcome == "delivered" && kind_of(&answer.operation) == kind)
}

/// What sort of body this is, so that a broken one is told from one that a fixture shows to be a success.
#[derive(Debug, PartialEq, Eq)]
enum Sort {
    Empty,
    Page,
    Noise,
    Json(Value),
}

impl Sort {
    fn of(answer: &Answer) -> Self {
        match answer.json() {
            _ if answer.is_empty() => Self::Empty,
            _ if answer.is_html() => Self::Page,
            Some(value) => Self::Json(shape(&value)),
            None => Self::Noise,
        }
    }
}

/// A value with its texts, numbers and booleans left out.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), shape(value))).collect())
        }
    }
}

/// Whether the fixtures show that such a body is a success. Where an empty one is, the body proves nothing, and so any
/// JSON may be one.
fn may_succeed(case: &Case, kind: OperationKind, answer: &Answer) -> bool {
    let sort = Sort::of(answer);
    let mut shown = successes(case, kind).filter(|fixture| fixture.status == answer.status);
    shown.any(|fixture| {
        let fixture = Sort::of(&fixture.answer());
        fixture == sort || (fixture == Sort::Empty && matches!(sort, Sort::Json(_)))
    })
}

/// The outcome, where there is no panic; with what is read, which is asked for whatever the outcome.
fn ask(case: &Case, kind: OperationKind, answer: &Answer) -> (Outcome, bool) {
    let asked = catch_unwind(AssertUnwindSafe(|| {
        let outcome = case.connector.outcome(kind, answer, case.account.settings());
        (outcome, case.connector.reading(kind, answer).is_some())
    }));
    let start = answer.body.get(..answer.body.len().min(80)).unwrap_or_default();
    asked.unwrap_or_else(|_| {
        panic!("{} {}: {answer:?} {:?}", case.slug, kind.as_str(), String::from_utf8_lossy(start))
    })
}

/// Holds one broken answer against what no answer may do.
fn hold(case: &Case, kind: OperationKind, answer: &Answer) {
    let (outcome, is_read) = ask(case, kind, answer);
    if may_succeed(case, kind, answer) {
        return;
    }
    let start = String::from_utf8_lossy(answer.body.get(..answer.body.len().min(80)).unwrap_or_default());
    let at = format!("{} {}: {answer:?} {start:?}", case.slug, kind.as_str());
    assert!(!matches!(outcome, Outcome::Delivered { .. }), "{at}: {outcome:?}");
    let succeeds = successes(case, kind).any(|fixture| fixture.status == answer.status);
    assert!(!succeeds || matches!(outcome, Outcome::InDoubt { .. }), "{at}: {outcome:?}");
    // JSON that calls itself a page is refused by its outcome, before anything is read.
    let is_typed_so = answer.is_html() && answer.json().is_some();
    assert!(!succeeds || !is_read || is_typed_so, "{at}: something was read");
}

/// The statuses of an operation's rows.
fn statuses(case: &Case, kind: OperationKind) -> BTreeSet<u16> {
    case.rows(kind).map(|row| row.status).collect()
}

#[test]
fn status_that_is_in_no_row_is_in_doubt_whatever_the_body() {
    for_each(|case| {
        for kind in case.kinds() {
            let known = statuses(case, kind);
            let bodies: BTreeSet<&str> =
                successes(case, kind).map(|fixture| fixture.body.as_str()).chain([""]).collect();
            for status in (100..1_000).filter(|status| !known.contains(status)) {
                for body in &bodies {
                    let (outcome, _) = ask(case, kind, &answer(status, JSON, body.as_bytes()));
                    let doubt = matches!(outcome, Outcome::InDoubt { .. });
                    assert!(doubt, "{} {} {status}: {outcome:?}", case.slug, kind.as_str());
                }
            }
        }
    });
}

#[test]
fn success_is_proved_by_a_status_that_a_row_says_is_one() {
    use lead_proxy::connectors::AnswerClass;

    for_each(|case| {
        for kind in case.kinds() {
            let rows = case.rows(kind).filter(|row| row.class == AnswerClass::Success);
            let expected: BTreeSet<u16> = rows.map(|row| row.status).collect();
            let shown: BTreeSet<u16> = successes(case, kind).map(|fixture| fixture.status).collect();
            let extra: Vec<_> = shown.difference(&expected).collect();
            assert!(extra.is_empty(), "{} {}: {extra:?}", case.slug, kind.as_str());
            assert!(!shown.is_empty(), "{}: no fixture shows {} succeed", case.slug, kind.as_str());
            for fixture in successes(case, kind) {
                for status in statuses(case, kind).difference(&expected) {
                    let (outcome, _) = ask(case, kind, &answer(*status, JSON, fixture.body.as_bytes()));
                    let delivered = matches!(outcome, Outcome::Delivered { .. });
                    assert!(!delivered, "{} {} {status}", case.slug, kind.as_str());
                }
            }
        }
    });
}

/// Bodies that are broken whoever the partner is.
fn broken_bodies() -> Vec<Vec<u8>> {
    let canary = "canary@analytical.example";
    let texts = [
        "",
        " \r\n",
        "\0",
        "{\"id\":\"\0\"}",
        "<",
        "<html><p>Log in</p></html>",
        "<!DOCTYPE html>",
        "canary",
        "{",
        "[",
        "\"",
        "nul",
        "{\"id\":1}}",
        "{\"id\":1,}",
        "\u{feff}{}",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1e999",
        "\"\"",
        "\"\\ud800\"",
        "{}",
        "[]",
        "[null]",
        "[[]]",
        "[{}]",
        "{\"\":null}",
        "{\"id\":null}",
        "{\"id\":{}}",
        "{\"id\":[]}",
        "{\"id\":true}",
        "{\"id\":\"\"}",
        "{\"id\":1e400}",
        "{\"data\":null}",
        "{\"data\":[null]}",
        "{\"data\":\"x\"}",
        "{\"data\":{\"id\":null}}",
        "{\"items\":{}}",
        "{\"items\":[1,\"x\",null]}",
        "{\"data\":{\"schema\":7}}",
        "{\"type\":7,\"nested\":{}}",
        "{\"nested\":[{\"machine_name\":{}}]}",
        "{\"Message\":{\"a\":[1,null,true,{\"Email\":1e400}]}}",
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend([
        b"\xff\xfe\x00".to_vec(),
        b"{\"id\":\"\xc3\x28\"}".to_vec(),
        b"\x1f\x8b\x08\x00".to_vec(),
    ]);
    bodies.push(format!("{{\"Message\":\"{}\"}}", canary.repeat(2_000)).into_bytes());
    bodies.push("{\"a\":".repeat(50_000).into_bytes());
    bodies
}

#[test]
fn broken_body_never_counts_as_success_and_is_never_quoted() {
    let bodies = broken_bodies();
    for_each(|case| {
        for kind in case.kinds() {
            for status in statuses(case, kind) {
                for content_type in ["", JSON, "text/html", "text/plain"] {
                    for body in &bodies {
                        let answer = answer(status, content_type, body);
                        hold(case, kind, &answer);
                        let shown = format!("{:?} {answer:?}", ask(case, kind, &answer).0);
                        assert!(!shown.contains("canary"), "{} {status}: {shown}", case.slug);
                    }
                }
            }
        }
    });
}

/// Holds ten mebibytes of one byte against a body of one: size alone changes nothing. One status a class is enough.
fn hold_big(byte: u8) {
    for_each(|case| {
        let mut big = answer(200, JSON, &vec![byte; TEN_MIB]);
        for kind in case.kinds() {
            let statuses: BTreeMap<String, u16> =
                case.rows(kind).map(|row| (format!("{:?}", row.class), row.status)).collect();
            for status in statuses.into_values() {
                big.status = status;
                let small = answer(status, JSON, &[byte]);
                let at = format!("{} {} {status}", case.slug, kind.as_str());
                assert_eq!(ask(case, kind, &big), ask(case, kind, &small), "{at}");
            }
        }
    });
}

#[test]
fn ten_mebibytes_of_white_space_say_no_more_than_one_byte_of_it() {
    hold_big(b' ');
}

#[test]
fn ten_mebibytes_of_open_brackets_say_no_more_than_one() {
    hold_big(b'[');
}

#[test]
fn success_that_was_cut_anywhere_is_in_doubt() {
    for_each(|case| {
        for kind in case.kinds() {
            for fixture in successes(case, kind) {
                for end in (0..fixture.body.len()).step_by(7) {
                    for status in statuses(case, kind) {
                        hold(case, kind, &answer(status, JSON, &fixture.body.as_bytes()[..end]));
                    }
                }
            }
        }
    });
}

/// The value with one of its parts, at any depth, put out of form; one copy a part and a form.
fn deformed(value: &Value, forms: &[Value]) -> Vec<Value> {
    let mut all = forms.to_vec();
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                for other in deformed(item, forms) {
                    let mut items = items.clone();
                    items[at] = other;
                    all.push(Value::Array(items));
                }
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                for other in deformed(member, forms) {
                    let mut members = members.clone();
                    members.insert(name.clone(), other);
                    all.push(Value::Object(members));
                }
                let mut without = members.clone();
                without.remove(name);
                all.push(Value::Object(without));
            }
        }
        _ => {}
    }
    all
}

#[test]
fn answer_with_any_part_of_the_wrong_type_or_out_of_range_is_read_without_a_panic() {
    let huge = serde_json::from_str::<Value>("123456789012345678901234567890").unwrap();
    let forms = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(1e308),
        huge,
        json!("x\0"),
        json!([]),
        json!({}),
    ];
    for_each(|case| {
        for fixture in &case.fixture.answers {
            let Ok(value) = serde_json::from_str::<Value>(&fixture.body) else { continue };
            let kind = kind_of(&fixture.operation);
            for other in deformed(&value, &forms) {
                ask(case, kind, &answer(fixture.status, JSON, other.to_string().as_bytes()));
            }
            // At the top, another type is no success but where a fixture shows it.
            for other in forms.iter().filter(|_| fixture.outcome == "delivered") {
                hold(case, kind, &answer(fixture.status, JSON, other.to_string().as_bytes()));
            }
        }
    });
}

#[test]
fn outcome_depends_on_no_header_but_content_type_and_retry_after() {
    let others = [
        ("location", "https://elsewhere.example/"),
        ("www-authenticate", "Bearer error=\"invalid_token\""),
        ("allow", "GET"),
        ("content-length", "0"),
        ("content-encoding", "gzip"),
        ("transfer-encoding", "chunked"),
        ("set-cookie", "a=b"),
        ("server", "gateway"),
        ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("x-ratelimit-remaining", "0"),
        ("x-request-id", "7"),
    ];
    for_each(|case| {
        for fixture in &case.fixture.answers {
            let kind = kind_of(&fixture.operation);
            let account = case.account_with(&fixture.settings);
            let plain = case.connector.outcome(kind, &fixture.answer(), account.settings());
            let mut more = fixture.answer();
            for (name, value) in others {
                more.headers.insert(name, HeaderValue::from_static(value));
            }
            more.headers.insert("x-bytes", HeaderValue::from_bytes(b"\xff").unwrap());
            let outcome = case.connector.outcome(kind, &more, account.settings());
            assert_eq!(outcome, plain, "{}: {}", case.slug, fixture.name);

            for value in [&b"\xff"[..], b"", b"soon", b"-1", b"99999999999999999999999"] {
                let mut odd = fixture.answer();
                odd.headers.remove(RETRY_AFTER);
                let plain = case.connector.outcome(kind, &odd, account.settings());
                odd.headers.insert(RETRY_AFTER, HeaderValue::from_bytes(value).unwrap());
                let outcome = case.connector.outcome(kind, &odd, account.settings());
                assert_eq!(outcome, plain, "{}: {} with {value:?}", case.slug, fixture.name);
            }
        }
    });
}
