//! The token endpoint: client credentials in every dress, each fault, and what a token is worth.

use std::time::{Duration, Instant};

use partner_sim::oauth::{TokenFault, TokenRequests};
use partner_sim::{Fault, KeyCheck};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;

use super::caller::{Answer, Caller, FORM, lead, send};

/// `Basic` with both parts as they are: the made-up credentials hold nothing that would need encoding.
fn basic(id: &str, secret: &str) -> String {
    use base64ct::{Base64, Encoding as _};
    format!("Basic {}", Base64::encode_string(format!("{id}:{secret}").as_bytes()))
}

#[tokio::test]
async fn token_is_given_in_every_dress_and_opens_the_operations() {
    let caller = Caller::new().await;
    let url = caller.portal().token_url();
    let json = json!({
        "grant_type": "client_credentials", "client_id": caller.client_id, "client_secret": caller.client_secret,
    });
    let basic = basic(&caller.client_id, &caller.client_secret);
    let form = Client::new().post(&url).header(CONTENT_TYPE, FORM);
    let requests = [
        form.try_clone().unwrap().body(caller.form()),
        form.header(AUTHORIZATION, basic).body("grant_type=client_credentials&scope=leads"),
        Client::new().post(&url).header(CONTENT_TYPE, "application/json").body(json.to_string()),
    ];
    for request in requests {
        let answer = send(request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            (&answer.body["token_type"], &answer.body["expires_in"]),
            (&json!("Bearer"), &json!(3600))
        );
        let token = answer.body["access_token"].as_str().unwrap();
        let list = send(caller.request("GET", "companies/company-1/leads").bearer_auth(token)).await;
        assert_eq!(list.status, 200);
    }
    let expected = TokenRequests { client_credentials: 3, given: 3, ..TokenRequests::default() };
    assert_eq!(caller.portal().oauth().token_requests(), expected);
}

#[tokio::test]
async fn wrong_request_for_a_token_is_refused_by_its_name() {
    let caller = Caller::new().await;
    caller.portal().oauth().set_audience(Some("https://api.example"));
    let (good, id) = (caller.form(), &caller.client_id);
    let rows = [
        (good.replace("client_secret=", "client_secret=x"), 401, "invalid_client"),
        (format!("grant_type=client_credentials&client_id={id}"), 401, "invalid_client"),
        (good.replace("client_credentials", "password"), 400, "unsupported_grant_type"),
        (good.replace("grant_type", "grant"), 400, "invalid_request"),
        (format!("{good}&client_id={id}"), 400, "invalid_request"),
        (good.clone(), 400, "invalid_target"),
        (format!("{good}&audience=https%3A%2F%2Fother.example"), 400, "invalid_target"),
    ];
    for (form, status, error) in rows {
        let answer = caller.ask_token(&form).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(error)), "{form}");
    }
    let answer = caller.ask_token(&format!("{good}&audience=https%3A%2F%2Fapi.example")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(caller.portal().oauth().token_requests().given, 1);

    let url = caller.portal().token_url();
    let both = Client::new().post(&url).header(CONTENT_TYPE, FORM).body(good.clone());
    let both = send(both.header(AUTHORIZATION, basic(id, &caller.client_secret))).await;
    assert_eq!((both.status, &both.body["error"]), (400, &json!("invalid_request")));
    let text = send(Client::new().post(&url).header(CONTENT_TYPE, "text/plain").body(good)).await;
    assert_eq!((text.status, &text.body["error"]), (400, &json!("invalid_request")));
    let get = send(Client::new().get(&url)).await;
    assert_eq!((get.status, get.allow.as_deref()), (405, Some("POST")));
}

#[tokio::test]
async fn token_that_is_missing_wrong_or_expired_opens_nothing() {
    let caller = Caller::new().await;
    let oauth = caller.portal().oauth();
    let expired = oauth.give_access_token();
    oauth.expire_now();
    assert_eq!(oauth.good_access_tokens(), 0);
    let short = {
        oauth.set_lifetime(Duration::ZERO);
        oauth.give_access_token()
    };
    let rows = [
        (None, KeyCheck::Missing),
        (Some("Bearer".to_owned()), KeyCheck::Wrong),
        (Some(format!("Basic {expired}")), KeyCheck::Wrong),
        (Some("Bearer another".to_owned()), KeyCheck::Wrong),
        (Some(format!("Bearer {expired}")), KeyCheck::Expired),
        (Some(format!("bearer {short}")), KeyCheck::Expired),
    ];
    for (header, check) in rows {
        let mut request = caller.request("POST", "companies/company-1/leads").body(lead().to_string());
        if let Some(header) = &header {
            request = request.header(AUTHORIZATION, header);
        }
        let answer = send(request).await;
        assert_eq!(answer.status, 401, "{header:?}");
        assert_eq!(caller.portal().ledger().requests.last().unwrap().credential, check, "{header:?}");
    }
    assert_eq!(caller.portal().count_records(), 0);
}

#[tokio::test]
async fn fault_of_the_endpoint_shows_in_its_answer() {
    use TokenFault as F;
    let caller = Caller::new().await;
    let oauth = caller.portal().oauth();
    let ask = async |fault: F| -> Answer {
        oauth.set_fault(fault, Some(1));
        caller.ask_token(&caller.form()).await
    };
    for (fault, status) in [(F::Down, 503), (F::ServerError, 500), (F::RateLimited, 429), (F::Html, 200)] {
        let answer = ask(fault).await;
        assert_eq!((answer.status, &answer.body), (status, &json!(null)), "{fault}");
    }
    assert_eq!(oauth.token_requests().given, 0);
    let lifetimes = [
        (F::NoLifetime, json!(null)),
        (F::ZeroLifetime, json!(0)),
        (F::NegativeLifetime, json!(-3600)),
        (F::MistypedLifetime, json!("3600")),
        (F::NonsenseLifetime, json!("soon")),
        (F::HugeLifetime, json!(u64::MAX)),
    ];
    for (fault, lifetime) in lifetimes {
        let answer = ask(fault).await;
        assert_eq!(answer.body["expires_in"], lifetime, "{fault}");
        assert!(answer.body["access_token"].is_string(), "{fault}");
    }
    let without = ask(F::NoTokenType).await.body;
    assert!(without["token_type"].is_null() && without["access_token"].is_string());
    assert_eq!(oauth.token_requests().given, 7);
    let without = ask(F::NoAccessToken).await;
    assert!(without.status == 200 && without.body["access_token"].is_null());
    assert_eq!(oauth.token_requests().given, 7);
    let huge = ask(F::HugeBody).await.body;
    assert!(huge["padding"].as_str().unwrap().len() == 10 * 1024 * 1024 && huge["access_token"].is_string());
    assert_eq!(ask(F::None).await.body["expires_in"], 3600);
    let names: Vec<_> =
        caller.portal().ledger().requests.into_iter().filter_map(|request| request.answer).collect();
    assert_eq!((names.len(), names[0].as_str(), names[12].as_str()), (13, "down", "huge_body"));
}

#[tokio::test]
async fn lost_answer_gives_a_token_that_nobody_got() {
    let caller = Caller::new().await;
    let oauth = caller.portal().oauth();
    for (fault, given) in [(TokenFault::LostAnswer, 1), (TokenFault::HalfAnswer, 2), (TokenFault::Reset, 2)] {
        oauth.set_fault(fault, Some(1));
        let request = Client::new().post(caller.portal().token_url());
        let answer = request.header(CONTENT_TYPE, FORM).body(caller.form()).send().await;
        let broken = match answer {
            Ok(answer) => answer.text().await.is_err(),
            Err(_) => true,
        };
        assert!(broken, "{fault}");
        assert_eq!(oauth.token_requests().given, given, "{fault}");
    }
}

#[tokio::test]
async fn slow_endpoint_takes_as_long_as_it_was_told() {
    let caller = Caller::new().await;
    let slowness = Duration::from_millis(300);
    caller.portal().oauth().set_slowness(slowness);
    caller.portal().oauth().set_fault(TokenFault::Slow, Some(1));
    let started = Instant::now();
    assert_eq!(caller.ask_token(&caller.form()).await.status, 200);
    assert!(started.elapsed() >= slowness);
}

#[tokio::test]
async fn faults_of_leads_and_of_tokens_leave_each_other_alone() {
    let caller = Caller::new().await;
    caller.portal().set_fault(Fault::ServerError, Some(1));
    caller.portal().oauth().set_fault(TokenFault::Down, Some(1));
    assert_eq!(caller.ask("GET", "leads", None).await.status, 500);
    assert_eq!(caller.ask_token(&caller.form()).await.status, 503);
    assert_eq!(caller.ask("GET", "leads", None).await.status, 200);
    assert_eq!(caller.ask_token(&caller.form()).await.status, 200);

    let aimed = partner_sim::FaultSetting::new(Fault::BadRequest, Some(1)).only("token");
    caller.portal().set(aimed).unwrap();
    assert_eq!(caller.ask("GET", "leads", None).await.status, 200);
    assert_eq!(caller.ask_token(&caller.form()).await.status, 400);
    assert_eq!(caller.portal().oauth().token_requests().given, 1, "the fault came before the work");
}

#[tokio::test]
async fn no_credential_or_token_is_in_ledger_or_page() {
    let caller = Caller::new().await;
    let token = caller.ask_token(&caller.form()).await.body["access_token"].as_str().unwrap().to_owned();
    let basic = basic(&caller.client_id, &caller.client_secret);
    for header in [format!("Bearer {token}"), basic.clone()] {
        let request = caller.request("GET", &format!("companies/company-1/leads?skip={token}"));
        send(request.header(AUTHORIZATION, header)).await;
    }
    let wrong = caller.form().replace("client_secret=", "client_secret=wrong-");
    caller.ask_token(&wrong).await;
    let page = crate::house::get_text(caller.portal().base_url()).await;
    let ledger = serde_json::to_string(&caller.portal().ledger()).unwrap();
    for secret in [token.as_str(), caller.client_secret.as_str(), basic.trim_start_matches("Basic ")] {
        assert!(!page.contains(secret) && !ledger.contains(secret), "{secret} in {ledger}");
    }
    assert!(ledger.contains("client_secret=***"), "{ledger}");
}

#[tokio::test]
async fn tokens_are_watched_and_broken_over_http_as_well() {
    let caller = Caller::new().await;
    caller.portal().oauth().give_access_token();
    let set = |body: &'static str| send(caller.request("POST", "oauth/fault").body(body));
    assert_eq!(set(r#"{"fault":"down","times":2}"#).await.body, json!({ "fault": "down", "times": 2 }));
    assert_eq!(caller.ask_token(&caller.form()).await.status, 503);
    let told = send(caller.request("GET", "oauth")).await.body;
    assert_eq!((&told["fault"], &told["times"]), (&json!("down"), &json!(1)));
    assert_eq!(
        (&told["requests"]["client_credentials"], &told["good_access_tokens"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(told["faults"].as_array().unwrap().len(), TokenFault::ALL.len());
    assert_eq!(send(caller.request("POST", "oauth/expire")).await.status, 204);
    assert_eq!(caller.portal().oauth().good_access_tokens(), 0);
    for wrong in [r#"{"fault":"nonsense"}"#, r#"{"fault":"down","times":0}"#, "{"] {
        let answer = set(wrong).await;
        assert!(answer.status == 400 && answer.body["problem"].is_string(), "{wrong}");
    }
}
