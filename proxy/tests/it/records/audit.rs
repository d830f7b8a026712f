//! What is written down of a panel's requests: who did what with whose record, and no word of the record's.

use std::io;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::panel::{Panel, claims, sign};

/// What was logged, down to trace, by this test's thread: all of the proxy runs on it.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_request_of_a_panel_is_written_down_once_without_a_value_or_a_token() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let panel = Panel::start().await;
    let sim = panel.app.sim.algbra();
    let id = sim.insert(&json!({ "email": "canary-known@analytical.example" })).unwrap().id().to_owned();
    let mut who = claims("algbra", "write");
    who["sub"] = json!("person \"7\" = x");
    let token = sign(&who);
    let header = format!("Bearer {token}");
    let made = json!({ "values": { "email": "canary-made@analytical.example" } });
    let changed = json!({ "changes": { "firstName": "canary-changed", "phoneNumber": null } });
    let refused = json!({ "changes": { "canary-field\nforged": "x" } });
    let record = format!("/records/{id}");
    for (method, path, body) in [
        (Method::GET, "/records?search=canary-search", None),
        (Method::GET, record.as_str(), None),
        (Method::GET, "/records/by-reference/canary-reference", None),
        (Method::POST, "/records", Some(&made)),
        (Method::PATCH, record.as_str(), Some(&changed)),
        (Method::PATCH, record.as_str(), Some(&refused)),
    ] {
        let key = "canary-key-of-the-audit";
        panel.send(method, "algbra", path, body, Some(&header), key).await;
    }

    let text = captured.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("panel.sub=")).collect();
    let expected = [
        ("list", "[]", "answered"),
        ("get", "[]", "answered"),
        ("get_by_reference", "[]", "record_not_found"),
        ("create", "[\"email\"]", "delivered"),
        ("update", "[\"firstName\", \"phoneNumber\"]", "answered"),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, (operation, fields, outcome)) in lines.iter().zip(expected) {
        for part in [
            r#"panel.sub="person \"7\" = x""#,
            "account=\"algbra\"",
            &format!("operation=\"{operation}\""),
            &format!("record.fields={fields}"),
            &format!("outcome=\"{outcome}\""),
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
    assert_eq!(text.lines().filter(|line| line.contains(&format!("record.id=\"{id}\""))).count(), 2);
    for word in ["canary", token.as_str(), token.rsplit_once('.').unwrap().1] {
        let found: Vec<_> = text.lines().filter(|line| line.contains(word)).collect();
        assert_eq!(found, Vec::<&str>::new(), "{word}");
    }
}
