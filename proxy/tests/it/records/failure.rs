//! What a partner's failure is to the person in the panel: one list of codes for all partners, and none of their text.

use reqwest::{Method, StatusCode};
use serde_json::json;

use partner_sim::Fault;

use super::panel::Panel;

/// Deadlines that a test can wait for.
async fn impatient() -> Panel {
    Panel::start_with(|text| text.delivery = "exchange_timeout_ms = 500\nconnect_timeout_ms = 400".to_owned())
        .await
}

#[tokio::test]
async fn each_failure_of_a_question_has_one_code() {
    let panel = impatient().await;
    let sim = panel.app.sim.algbra();
    sim.seed(1);
    let id = sim.records()[0].id().to_owned();
    for (fault, status, code, error) in [
        (Fault::BadRequest, 422, "partner_refused", "status_400"),
        (Fault::Unauthorized, 502, "partner_credential", "status_401"),
        (Fault::RateLimited, 503, "partner_busy", "status_429"),
        (Fault::ServerError, 502, "partner_unclear", "status_500"),
        (Fault::Silence, 504, "partner_timeout", "timed_out"),
        (Fault::Reset, 502, "partner_unreachable", "broken"),
        (Fault::HalfAnswer, 502, "partner_unreachable", "broken"),
        (Fault::Garbage, 502, "partner_unclear", "unreadable_body"),
        (Fault::GarbageStatus, 502, "partner_unclear", "status_299"),
        (Fault::Huge, 502, "partner_unclear", "answer_too_large"),
        (Fault::Html200, 502, "partner_unclear", "html_body"),
    ] {
        for path in ["/records".to_owned(), format!("/records/{id}")] {
            sim.set_fault(fault, Some(1));
            let answer = panel.get("algbra", &path).await;
            let told = answer.json();
            assert_eq!(
                (answer.status.as_u16(), answer.code().as_str()),
                (status, code),
                "{fault} {path}: {}",
                answer.text
            );
            assert!(told["partner_error"].as_str().unwrap().starts_with(error), "{fault} {path}: {told}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let wait = if fault == Fault::RateLimited { "2" } else { "" };
            assert_eq!(answer.header("retry-after"), wait, "{fault} {path}");
            assert_eq!(told.get("detail"), None, "{fault} {path}");
            sim.set_fault(Fault::None, None);
        }
    }
}

#[tokio::test]
async fn change_of_which_nobody_knows_says_so() {
    let panel = impatient().await;
    let sim = panel.app.sim.algbra();
    sim.seed(1);
    let id = sim.records()[0].id().to_owned();
    let changes = json!({ "firstName": "Ada" });
    for (fault, code, in_doubt) in [
        (Fault::BadRequest, "partner_refused", false),
        (Fault::Unauthorized, "partner_credential", false),
        (Fault::RateLimited, "partner_busy", false),
        (Fault::ServerError, "partner_unclear", true),
        (Fault::Silence, "partner_unclear", true),
        (Fault::Reset, "partner_unclear", true),
        (Fault::AcceptsThenResets, "partner_unclear", true),
        (Fault::HalfAnswer, "partner_unclear", true),
        (Fault::Garbage, "partner_unclear", true),
        (Fault::GarbageStatus, "partner_unclear", true),
        (Fault::Huge, "partner_unclear", true),
        (Fault::Html200, "partner_unclear", true),
    ] {
        sim.set_fault(fault, Some(1));
        let answer = panel.change("algbra", &id, &changes).await;
        assert_eq!(answer.code(), code, "{fault}");
        let says = answer.text.contains("It is not known whether the change was made: read the record again");
        assert_eq!(says, in_doubt, "{fault}");
        sim.set_fault(Fault::None, None);
    }
}

#[tokio::test]
async fn refusal_names_the_partners_fields_and_repeats_none_of_its_words() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.algbra();
    sim.seed(1);
    let id = sim.records()[0].id().to_owned();
    sim.set_documented("400 Input validation error", Some(1)).unwrap();
    let answer = panel.change("algbra", &id, &json!({ "email": "ada@analytical.example" })).await;
    let told = answer.json();
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "partner_refused")
    );
    assert_eq!(told["problems"], json!([{ "field": "email", "code": "refused_by_partner" }]));
    assert!(told["partner_error"].as_str().unwrap().starts_with("status_400"));
    assert!(!answer.text.contains("a fault is set"));
}

#[tokio::test]
async fn partner_that_is_gone_is_unreachable_and_a_change_was_not_made() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let panel = Panel::start_with(|text| {
        let key = text.store.with_file_name("algbra.private.pem");
        text.accounts += &format!(
            r#"
            [accounts.gone]
            connector = "algbra"
            panel_keys = [{{ env = "TEST_PANEL_KEY" }}]
            settings = {{ base_url = "http://{address}" }}
            credentials = {{ api_token = {{ env = "TEST_ALGBRA_API_TOKEN" }}, private_key = {{ file = {key:?} }} }}
            "#
        );
    });
    let panel = panel.await;
    let change = json!({ "changes": { "firstName": "Ada" } });
    for (method, body) in [(Method::GET, None), (Method::PATCH, Some(&change))] {
        let answer = panel.ask("write", method, "gone", "/records/1", body).await;
        let told = (answer.status.as_u16(), answer.code(), answer.json()["partner_error"].clone());
        assert_eq!(told, (502, "partner_unreachable".to_owned(), json!("connect")));
    }
}

#[tokio::test]
async fn answer_comes_before_the_whole_request_is_cut_off() {
    let panel = Panel::start_with(|text| {
        text.public = "request_ms_max = 1500\nbody_ms_max = 500".to_owned();
        text.inline_wait_ms = 500;
        text.delivery = "exchange_timeout_ms = 20000".to_owned();
    });
    let panel = panel.await;
    let sim = panel.app.sim.algbra();
    sim.seed(1);
    let id = sim.records()[0].id().to_owned();
    sim.set_fault(Fault::Silence, None);
    let read = panel.get("algbra", "/records").await;
    assert_eq!((read.status.as_u16(), read.code().as_str()), (504, "partner_timeout"));
    let changed = panel.change("algbra", &id, &json!({ "firstName": "Ada" })).await;
    assert_eq!((changed.status.as_u16(), changed.code().as_str()), (502, "partner_unclear"));
}
