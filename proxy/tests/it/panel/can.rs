//! What the holder of a token can do: by the partner's operations, the token's scope and its record.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::records::panel::{Panel, claims, sign};

/// What a token of these claims is told.
async fn told(panel: &Panel, claims: &Value) -> Value {
    let account = claims["account"].as_str().unwrap();
    let header = format!("Bearer {}", sign(claims));
    let answer = panel.send(Method::GET, account, "/panel", None, Some(&header), "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

fn operations(told: &Value) -> Vec<&str> {
    let all = told["operations"].as_object().unwrap();
    assert_eq!(all.len(), 6, "{told}");
    let mut can: Vec<&str> =
        all.iter().filter(|(_, can)| **can == json!(true)).map(|(name, _)| name.as_str()).collect();
    can.sort_unstable();
    can
}

#[tokio::test]
async fn panel_learns_what_its_token_and_its_partner_allow() {
    let panel = Panel::start_with(|text| {
        text.accounts +=
            "\n[accounts.algbra.panel]\norigins = [\"https://crm.example\"]\ncolumns = [\"email\"]\n";
    })
    .await;
    let mut writes = claims("algbra", "write");
    let all = told(&panel, &writes).await;
    assert_eq!(operations(&all), ["create", "get", "get_by_reference", "list", "search", "update"]);
    assert_eq!(
        (&all["account"], &all["connector"], &all["scope"], &all["record"], &all["limit_max"], &all["leads"]),
        (&json!("algbra"), &json!("algbra"), &json!("write"), &Value::Null, &json!(100), &json!(true))
    );
    assert_eq!(all["columns"], json!(["email"]));
    assert_eq!(all["sensitive"], json!(["dateOfBirth", "identificationNumber"]));
    let end = all["expires_at"].as_str().unwrap();
    assert!(end.ends_with('Z') && end.len() >= 20, "{end}");
    assert_eq!(
        operations(&told(&panel, &claims("algbra", "read")).await),
        ["get", "get_by_reference", "list", "search"]
    );
    writes["record"] = json!("00000000-0000-4000-8000-000000000001");
    let one = told(&panel, &writes).await;
    assert_eq!((operations(&one), &one["record"]), (vec!["get", "update"], &writes["record"]));
    // PartnerPortal has neither a search nor a reference of ours.
    let portal = told(&panel, &claims("partnerportal", "write")).await;
    assert_eq!(operations(&portal), ["create", "get", "list", "update"]);
    // Nobody was asked.
    assert_eq!(panel.arrivals(), 0);
}

#[tokio::test]
async fn nobody_learns_it_without_a_token_or_from_a_page_of_another_origin() {
    let panel = Panel::start().await;
    let answer = panel.send(Method::GET, "algbra", "/panel", None, None, "").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "panel_token_missing"));
    let request = panel.app.request(Method::GET, "/v1/accounts/algbra/panel");
    let request = request.header("authorization", format!("Bearer {}", sign(&claims("algbra", "read"))));
    let answer = request.header("origin", "https://crm.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}
