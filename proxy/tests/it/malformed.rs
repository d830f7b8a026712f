//! Two thousand bodies that are no submission: a short refusal each, nothing echoed, nothing stored, nothing broken.
//!
//! They are generated from one seed, so that a failure names a body that can be made again.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{Answer, HOST_ORIGIN, PATIENCE, TestApp, good_values, key};

const BODIES: u64 = 2_000;
/// Stands in most bodies; no answer may repeat it.
const CANARY: &str = "canary5f1d";

/// A small generator (SplitMix64): the same bodies in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// A body that would be taken, were it not for what is done to it next.
fn good_body() -> Value {
    let mut values = good_values();
    values["notes"] = json!(CANARY);
    json!({ "form_version": 1, "locale": "en", "values": values, "source": { "mode": "inline", "page": "https://shop.example/" } })
}

const FIELDS: [&str; 8] =
    ["first_name", "last_name", "email", "phone", "customer_type", "consent", "notes", "industry"];

fn wrong_value(dice: &mut Dice) -> Value {
    let deep = (0..dice.below(20)).fold(json!(CANARY), |inner, _| json!([inner]));
    match dice.below(10) {
        0 => Value::Null,
        1 => json!(dice.next()),
        2 => json!(-1.5e300),
        3 => json!([CANARY]),
        4 => json!({ CANARY: CANARY }),
        5 => deep,
        6 => json!(format!("{CANARY}\0{CANARY}")),
        7 => json!(CANARY.repeat(300)),
        8 => json!({}),
        _ => json!([[], {}, null, 1]),
    }
}

/// One malformed body: which way it is wrong, and its bytes.
fn malformed(dice: &mut Dice) -> (&'static str, Vec<u8>) {
    let good = good_body().to_string();
    match dice.below(14) {
        0 => {
            let end = dice.below(good.len());
            ("truncated", good.as_bytes()[..end].to_vec())
        }
        1 => {
            let depth = 33 + dice.below(20_000);
            ("deep", [b"[".repeat(depth), CANARY.as_bytes().to_vec(), b"]".repeat(depth)].concat())
        }
        2 => {
            let depth = 33 + dice.below(5_000);
            ("deep objects", format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)).into_bytes())
        }
        3 => {
            let mut body = good_body();
            body["values"][*dice.pick(&FIELDS)] = wrong_value(dice);
            ("wrong type of a value", body.to_string().into_bytes())
        }
        4 => {
            let mut body = good_body();
            body[*dice.pick(&["form_version", "locale", "values", "source"])] = wrong_value(dice);
            // A long text is a locale too: then the body is good but for a key that it may not have.
            body[CANARY] = json!(1);
            ("wrong type of a member", body.to_string().into_bytes())
        }
        5 => {
            let bytes = 65_537 + dice.below(40_000);
            ("huge", good.replace(CANARY, &CANARY.repeat(bytes / CANARY.len() + 1)).into_bytes())
        }
        6 => {
            let mut bytes = good.into_bytes();
            let at = bytes.windows(CANARY.len()).position(|part| part == CANARY.as_bytes()).unwrap();
            bytes[at + dice.below(CANARY.len())] = *dice.pick(&[0xff, 0xc0, 0xfe, 0x80, 0x00, 0x1f, 0x0a]);
            ("bytes that are no text", bytes)
        }
        7 => {
            let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
            ("UTF-16", wide)
        }
        8 => ("byte order mark", [b"\xef\xbb\xbf".to_vec(), good.into_bytes()].concat()),
        9 => {
            let tail = dice.pick(&["x", "{}", "null", ",", "]", "\0", CANARY]);
            ("more behind it", format!("{good}{tail}").into_bytes())
        }
        10 => {
            let twice =
                dice.pick(&["\"form_version\":1,", "\"locale\":\"en\",", "\"values\":{},", "\"source\":{},"]);
            ("a name twice", good.replacen('{', &format!("{{{twice}"), 1).into_bytes())
        }
        11 => {
            let escape = dice.pick(&["\\ud800", "\\udfff", "\\ud83d", "\\u12", "\\x", "\\u0000"]);
            ("an escape that is none", good.replace(CANARY, escape).into_bytes())
        }
        12 => {
            let number =
                dice.pick(&["1e400", "-1", "1.5", "99999999999999999999", "01", "+1", "0x1", "NaN", "1e"]);
            ("a number that is none", good.replacen(":1,", &format!(":{number},"), 1).into_bytes())
        }
        _ => {
            // Anything at all: a handful of bytes changed until it is no longer what the form would take.
            let mut bytes = good.into_bytes();
            bytes.insert(0, *dice.pick(b"}],:\"0x"));
            for _ in 0..dice.below(8) {
                let at = dice.below(bytes.len());
                bytes[at] = dice.next() as u8;
            }
            ("mutated", bytes)
        }
    }
}

#[tokio::test]
async fn malformed_bodies_get_a_short_refusal_and_leave_nothing_behind() {
    let app = TestApp::start().await;
    let mut dice = Dice(20_261_121);
    let mut seen = std::collections::BTreeMap::new();
    for number in 0..BODIES {
        let (kind, body) = malformed(&mut dice);
        let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        let answer = app.submit_body("card-machines", &key(&format!("malformed-{number}")), body).await;
        let place = || format!("body {number}, {kind}: {shown}\n{answer:?}");
        assert!([400, 413, 415, 422].contains(&answer.status.as_u16()), "{}", place());
        assert!(answer.text.len() <= 1_024, "{}", place());
        assert!(!answer.text.contains("canary"), "{}", place());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{}", place());
        *seen.entry((kind, answer.status.as_u16())).or_insert(0) += 1;
    }
    let kinds: std::collections::BTreeSet<_> = seen.keys().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.len(), 14, "every kind was among them: {seen:?}");
    assert!(
        seen.keys().any(|(_, status)| *status == 413) && seen.keys().any(|(_, status)| *status == 422),
        "{seen:?}"
    );
    assert_eq!(app.count_submissions().await, 0);
    // And the house still stands.
    assert_eq!(app.submit("card-machines", &key("after"), &good_values()).await.status, 200);
}

#[tokio::test]
async fn body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
    let app = TestApp::start().await;
    let body = |bytes: usize| {
        let mut text = good_body().to_string();
        text.push_str(&" ".repeat(bytes - text.len()));
        text
    };
    assert_eq!(app.submit_body("card-machines", &key("limit"), body(65_536)).await.status, 200);
    assert_eq!(app.submit_body("card-machines", &key("above"), body(65_537)).await.status, 413);
}

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.origin().trim_start_matches("http://")).await.unwrap()
}

/// Everything that comes until the other side ends the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the proxy ends the connection")
        .unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn head_that_does_not_arrive_ends_the_connection() {
    let app = TestApp::start_with(|config| config.public = "headers_ms_max = 200".to_owned()).await;
    for part in ["", "POST /v1/forms/card-machines/submissions HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = connect(&app).await;
        stream.write_all(part.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test]
async fn body_that_does_not_arrive_is_refused_in_time() {
    let app = TestApp::start_with(|config| config.public = "body_ms_max = 200".to_owned()).await;
    let mut stream = connect(&app).await;
    let key = key("slow");
    let head = format!(
        "POST /v1/forms/card-machines/submissions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         idempotency-key: {key}\r\ncontent-length: 100\r\n\r\n{{\"form"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
}

#[tokio::test]
async fn slow_callers_do_not_hold_up_the_others() {
    let app = TestApp::start().await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(&app).await;
        stream.write_all(b"POST /v1/forms/card-machines/submissions HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        slow.push(stream);
    }
    let (key, values) = (key("quick"), good_values());
    let answer =
        tokio::time::timeout(Duration::from_secs(5), app.submit("card-machines", &key, &values)).await;
    assert_eq!(answer.unwrap().status, 200);
}

#[tokio::test]
async fn plain_form_refuses_what_it_did_not_send_without_repeating_it() {
    let app = TestApp::start().await;
    let many = format!("{CANARY}=x&").repeat(200);
    for (kind, body, status) in [
        ("application/json", format!("{{\"{CANARY}\":1}}"), 415),
        ("application/x-www-form-urlencoded", many, 400),
        ("application/x-www-form-urlencoded", CANARY.repeat(10_000), 413),
    ] {
        let request = app.request(Method::POST, "/f/card-machines").header("content-type", kind).body(body);
        let answer = Answer::read(request.header("origin", app.origin()).send().await.unwrap()).await;
        assert_eq!(answer.status, status, "{kind}");
        assert!(!answer.text.contains(CANARY));
    }
    for (origin, status) in [("https://stranger.example", 403), (HOST_ORIGIN, 415)] {
        let request = app.request(Method::POST, "/f/card-machines").header("origin", origin).body("");
        assert_eq!(request.send().await.unwrap().status(), status, "only pages on the form's list post here");
    }
}
