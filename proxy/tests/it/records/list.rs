//! Lists and single records, in the same terms for every partner.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::panel::Panel;

#[tokio::test]
async fn algbras_list_is_searched_and_paged_with_its_total() {
    let panel = Panel::start_masking_nothing().await;
    let sim = panel.app.sim.algbra();
    sim.seed(30);
    sim.insert(&json!({ "email": "ada@analytical.example", "firstName": "Ada" })).unwrap();

    let first = panel.get("algbra", "/records").await.json();
    assert_eq!(first["records"].as_array().unwrap().len(), 25);
    assert_eq!((&first["page"], &first["limit"]), (&json!(1), &json!(25)));
    assert_eq!((&first["total"], &first["more"]), (&json!(31), &json!(true)));
    let known = &sim.records()[0];
    assert_eq!(first["records"][0]["id"], known.id());
    assert_eq!(first["records"][0]["reference"], known.external_reference().unwrap());
    assert_eq!(first["records"][0]["fields"], known.to_json());

    let last = panel.get("algbra", "/records?page=4&limit=10").await.json();
    assert_eq!(last["records"].as_array().unwrap().len(), 1);
    assert_eq!((&last["total"], &last["more"]), (&json!(31), &json!(false)));

    let found = panel.get("algbra", "/records?search=%20ada%40analytical").await.json();
    assert_eq!((&found["total"], &found["records"][0]["fields"]["firstName"]), (&json!(1), &json!("Ada")));
    let asked = sim.ledger().requests.last().unwrap().query.clone().unwrap();
    assert_eq!(asked, "searchKeyword=ada%40analytical&page=1&limit=25");
    let none = panel.get("algbra", "/records?search=nobody&page=2").await.json();
    assert_eq!(none, json!({ "records": [], "page": 2, "limit": 25, "total": 0, "more": false }));
}

#[tokio::test]
async fn portals_list_is_paged_by_what_is_skipped_and_cant_be_searched() {
    let panel = Panel::start().await;
    let sim = panel.app.sim.partnerportal();
    sim.seed_records(30);
    let page = |number| format!("/records?page={number}&limit=10");
    for (number, more) in [(1, true), (3, true), (4, false)] {
        let page = panel.get("partnerportal", &page(number)).await.json();
        assert_eq!((&page["total"], &page["more"]), (&Value::Null, &json!(more)), "{number}");
    }
    let ledger = sim.ledger();
    let asked: Vec<_> =
        ledger.requests.iter().filter(|r| r.operation == "list").map(|r| r.query.clone()).collect();
    assert_eq!(asked, [0, 20, 30].map(|skip| Some(format!("skip={skip}&limit=10"))));

    let before = panel.arrivals();
    let answer = panel.get("partnerportal", "/records?search=ada&page=0").await;
    assert_eq!(answer.code(), "search_not_supported");
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.json()["problems"][0]["field"], "page");
    assert_eq!(panel.arrivals(), before);
}

#[tokio::test]
async fn page_as_long_as_may_be_is_read_whole() {
    let panel = Panel::start().await;
    // As full as a record is in earnest: a page of them is far longer than an answer to a lead.
    let line = "Flat 12, Analytical Engine House, 12 St James's Square, London".repeat(3);
    for number in 0..100 {
        let prospect = json!({
            "email": format!("prospect-{number}@analytical.example"), "firstName": line, "lastName": line,
            "address": { "type": "STRUCTURED", "line1": line, "line2": line, "line3": line, "postcode": "SW1Y 4JH" }
        });
        panel.app.sim.algbra().insert(&prospect).unwrap();
    }
    panel.app.sim.partnerportal().seed_records(100);
    for account in ["algbra", "partnerportal"] {
        let answer = panel.get(account, "/records?limit=100").await;
        assert_eq!(answer.status, StatusCode::OK, "{account}: {}", answer.text);
        assert_eq!(answer.json()["records"].as_array().unwrap().len(), 100, "{account}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_the_parameters_is_told_at_once() {
    let panel = Panel::start().await;
    let answer = panel.get("algbra", "/records?page=none&limit=101&canary=canary").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "query_invalid"));
    assert_eq!(
        answer.json()["problems"],
        json!([
            { "field": "page", "code": "invalid_number" },
            { "field": "limit", "code": "too_large", "params": { "max": "100" } },
            { "field": "", "code": "unknown_field" },
        ])
    );
    assert!(!answer.text.contains("canary"));
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn record_is_found_by_its_id_and_by_our_reference() {
    let panel = Panel::start_masking_nothing().await;
    let sim = panel.app.sim.algbra();
    sim.seed(2);
    let wanted = sim.records()[1].clone();
    let expected = json!({
        "id": wanted.id(), "reference": wanted.external_reference().unwrap(), "fields": wanted.to_json(),
        "masked": []
    });
    for path in [
        format!("/records/{}", wanted.id()),
        format!("/records/by-reference/{}", wanted.external_reference().unwrap()),
    ] {
        let answer = panel.get("algbra", &path).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected.clone()), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }

    let portal = panel.app.sim.partnerportal();
    portal.seed_records(1);
    let id = panel.get("partnerportal", "/records").await.json()["records"][0]["id"].clone();
    let answer = panel.get("partnerportal", &format!("/records/{}", id.as_str().unwrap())).await.json();
    assert_eq!((&answer["id"], &answer["reference"]), (&id, &Value::Null));
    assert_eq!(answer["fields"]["id"], id);
}

#[tokio::test]
async fn record_that_is_not_there_is_told_so_whatever_its_id() {
    let panel = Panel::start().await;
    let long = "a".repeat(300);
    for id in ["00000000-0000-4000-8000-000000000001", "nobody", "a%2Fb", "%20", "%00", &long] {
        for path in [format!("/records/{id}"), format!("/records/by-reference/{id}")] {
            let answer = panel.get("algbra", &path).await;
            let told = (answer.status, answer.code());
            assert_eq!(told, (StatusCode::NOT_FOUND, "record_not_found".to_owned()), "{path}");
        }
    }
    let asked = panel.app.sim.algbra().ledger();
    let paths = asked.requests.iter().map(|request| request.path.as_str());
    let asked_below: Vec<_> =
        paths.filter(|path| !path.starts_with("/algbra/v1/partner/prospects/personal/")).collect();
    assert_eq!(asked_below, Vec::<&str>::new());
}

#[tokio::test]
async fn partner_without_an_operation_is_told_apart_from_one_without_the_record() {
    let panel = Panel::start().await;
    let changed = json!({ "changes": { "FirstName": "Ada" } });
    for (account, method, path, body) in [
        ("takepayments", Method::GET, "/records", None),
        ("takepayments", Method::GET, "/records/1", None),
        ("takepayments", Method::GET, "/records/by-reference/1", None),
        ("takepayments", Method::PATCH, "/records/1", Some(&changed)),
        ("partnerportal", Method::GET, "/records/by-reference/1", None),
        ("algbra", Method::GET, "/schema?organization=1", None),
    ] {
        let answer = panel.ask("write", method, account, path, body).await;
        let told = (answer.status, answer.code());
        assert_eq!(told, (StatusCode::NOT_FOUND, "operation_not_supported".to_owned()), "{account} {path}");
    }
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn account_that_is_switched_off_asks_its_partner_nothing_and_keeps_what_is_made() {
    let panel = Panel::start_with(|text| {
        let key = text.store.with_file_name("algbra.private.pem");
        text.accounts += &format!(
            r#"
            [accounts.off]
            connector = "algbra"
            enabled = false
            panel_keys = [{{ env = "TEST_PANEL_KEY" }}]
            settings = {{ base_url = "https://bank.example" }}
            credentials = {{ api_token = {{ env = "TEST_ALGBRA_API_TOKEN" }}, private_key = {{ file = {key:?} }} }}
            "#
        );
        text.inline_wait_ms = 50;
    });
    let panel = panel.await;
    let changed = json!({ "changes": { "firstName": "Ada" } });
    for (method, path, body) in [
        (Method::GET, "/records", None),
        (Method::GET, "/records/1", None),
        (Method::PATCH, "/records/1", Some(&changed)),
    ] {
        let answer = panel.ask("write", method, "off", path, body).await;
        let told = (answer.status, answer.code());
        assert_eq!(told, (StatusCode::SERVICE_UNAVAILABLE, "account_disabled".to_owned()), "{path}");
    }
    let values = json!({ "email": "ada@analytical.example" });
    let made = panel.create("off", "panel-key-switched-off", &values).await;
    assert_eq!((made.status, &made.json()["state"]), (StatusCode::ACCEPTED, &json!("received")));
    assert_eq!(panel.arrivals(), 0);
}
