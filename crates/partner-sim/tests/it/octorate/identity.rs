//! Three ways to a token, the consent before the first, and what refreshing does.

use std::time::Duration;

use partner_sim::FaultSetting;
use partner_sim::oauth::{TokenFault, TokenRequests};
use serde_json::json;

use super::caller::{Answer, BACK, Caller, property, send};

/// `BACK` as a form writes it.
const BACK_ENCODED: &str = "https%3A%2F%2Fportal.example%2Fback%3Ffrom%3Doctorate";

impl Caller {
    async fn authorize(&self, query: &str) -> Answer {
        send(self.client.get(format!("{}?{query}", self.octorate().authorize_url()))).await
    }

    async fn redeem(&self, code: &str) -> Answer {
        let params = format!("grant_type=code&code={code}&redirect_uri={BACK_ENCODED}");
        self.identity(&self.octorate().production_url(), "token", &params).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        let params = format!("refresh_token={token}");
        self.identity(&self.octorate().production_url(), "refresh", &params).await
    }

    async fn works(&self, token: &str) -> bool {
        let base = self.octorate().production_url();
        send(self.sign_up(&base, &property("one")).bearer_auth(token)).await.status == 200
    }
}

#[tokio::test]
async fn owner_allows_and_the_code_becomes_tokens_once() {
    let caller = Caller::new().await;
    let query = format!("client_id={}&redirect_uri={BACK_ENCODED}&state=a%26b", caller.client_id);
    let page = caller.authorize(&query).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<button name=\"approve\" value=\"true\">Allow</button>"), "{}", page.text);
    assert!(page.text.contains("name=\"state\" value=\"a&amp;b\"") && !page.text.contains("<script"));

    let back = caller.authorize(&format!("{query}&approve=true")).await;
    assert_eq!(back.status, 302);
    let location = back.headers["location"].to_str().unwrap();
    let code = location.strip_prefix(&format!("{BACK}&code=")).unwrap().strip_suffix("&state=a%26b").unwrap();
    let tokens = caller.redeem(code).await;
    assert_eq!(tokens.status, 200);
    let members: Vec<_> = tokens.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "refresh_token", "expireDate"]);
    let date = tokens.string("expireDate");
    let expires: jiff::Timestamp = date.strip_suffix("[UTC]").unwrap().parse().unwrap();
    let hours = expires.duration_since(jiff::Timestamp::now()).as_secs_f64() / 3600.0;
    assert!((23.9..=24.0).contains(&hours), "{date}");
    assert!(caller.works(&tokens.string("access_token")).await);

    assert_eq!(caller.redeem(code).await.name(), "400 ApiValidationFailed");
    let refused = caller.authorize(&format!("{query}&approve=false")).await;
    assert!(refused.headers["location"].to_str().unwrap().contains("error=access_denied&state="));
}

#[tokio::test]
async fn page_goes_back_to_nobody_but_the_client() {
    let caller = Caller::new().await;
    caller.octorate().oauth().allow_redirect(BACK);
    let id = &caller.client_id;
    for query in [
        format!("client_id=another&redirect_uri={BACK_ENCODED}"),
        format!("client_id={id}"),
        format!("client_id={id}&redirect_uri=https%3A%2F%2Felsewhere.example"),
        format!("client_id={id}&redirect_uri=javascript%3Aalert(1)"),
    ] {
        let answer = caller.authorize(&format!("{query}&approve=true")).await;
        assert_eq!((answer.status, answer.headers.get("location")), (400, None), "{query}");
    }
    let answer = caller.authorize(&format!("client_id={id}&redirect_uri={BACK_ENCODED}&approve=true")).await;
    assert_eq!(answer.status, 302);
}

#[tokio::test]
async fn param_of_a_token_that_is_missing_or_wrong_is_named() {
    let caller = Caller::new().await;
    let base = caller.octorate().production_url();
    let code = caller.octorate().oauth().give_code(BACK);
    let good = format!("code={code}&redirect_uri={BACK_ENCODED}&grant_type=code");
    let rows = [
        ("token", good.replace("grant_type=code", "grant_type=authorization_code"), "grant_type"),
        ("token", good.replace("grant_type", "type"), "grant_type"),
        ("token", good.replace("redirect_uri", "uri"), "redirect_uri"),
        ("token", format!("redirect_uri={BACK_ENCODED}&grant_type=code"), "code"),
        ("refresh", String::new(), "refresh_token"),
        ("apilogin", "client_id=again".to_owned(), "client_id"),
    ];
    for (endpoint, params, name) in rows {
        let answer = caller.identity(&base, endpoint, &params).await;
        assert_eq!(answer.name(), "400 ApiParamsExemption", "{params}");
        assert_eq!(answer.body["nested"][0]["machine_name"], name, "{params}");
    }
    let wrong = format!("client_id={}&client_secret=another", caller.client_id);
    assert_eq!(caller.identity_bare(&base, "apilogin", wrong).await.name(), "401 ApiKeyInvalid");
    let elsewhere = good.replace(BACK_ENCODED, "https%3A%2F%2Fportal.example");
    assert_eq!(caller.identity(&base, "token", &elsewhere).await.name(), "400 ApiValidationFailed");
    let json = caller
        .client
        .post(format!("{base}/rest/v1/identity/apilogin"))
        .header("content-type", "application/json");
    assert_eq!(send(json.body("{}")).await.name(), "400 Bad Request");
    let get = send(caller.client.get(format!("{base}/rest/v1/identity/token"))).await;
    assert_eq!(get.name(), "405 MethodNotAllowed");
    assert_eq!(caller.identity(&base, "token", &good).await.status, 200, "nothing has used the code up");
}

#[tokio::test]
async fn api_login_gives_an_access_token_alone() {
    let caller = Caller::new().await;
    let answer = caller.identity(&caller.octorate().production_url(), "apilogin", "").await;
    let members: Vec<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "expireDate"]);
    assert!(caller.works(&answer.string("access_token")).await);
    assert_eq!(caller.octorate().ledger().requests[0].operation, "api_login");
    let expected = TokenRequests { api_login: 1, given: 1, ..TokenRequests::default() };
    assert_eq!(caller.octorate().oauth().token_requests(), expected);
}

#[tokio::test]
async fn refresh_token_stays_without_rotation() {
    let caller = Caller::new().await;
    let consent = caller.octorate().oauth().give_consent();
    caller.octorate().oauth().expire_now();
    assert!(!caller.works(&consent.access_token).await);
    for _ in 0..2 {
        let answer = caller.refresh(&consent.refresh_token).await;
        assert!(answer.body["refresh_token"].is_null());
        assert!(caller.works(&answer.string("access_token")).await);
    }
    caller.octorate().oauth().withdraw_consents();
    assert_eq!(caller.refresh(&consent.refresh_token).await.name(), "401 ApiKeyInvalid");
}

#[tokio::test]
async fn rotated_refresh_token_that_comes_again_ends_the_consent() {
    let caller = Caller::new().await;
    let oauth = caller.octorate().oauth();
    oauth.set_rotation(true);
    oauth.set_reuse_detection(true);
    let first = oauth.give_consent().refresh_token;
    let answer = caller.refresh(&first).await;
    let second = answer.string("refresh_token");
    assert_ne!(second, first);
    assert!(caller.works(&answer.string("access_token")).await);

    assert_eq!(caller.refresh(&first).await.name(), "401 ApiKeyInvalid");
    assert_eq!(oauth.ended_consents(), 1);
    assert_eq!(caller.refresh(&second).await.name(), "401 ApiKeyInvalid");
    assert!(!caller.works(&answer.string("access_token")).await);
}

#[tokio::test]
async fn lost_answer_uses_the_refresh_token_up_unless_there_is_a_grace() {
    for grace in [Duration::ZERO, Duration::from_secs(600)] {
        let caller = Caller::new().await;
        let oauth = caller.octorate().oauth();
        oauth.set_rotation(true);
        oauth.set_grace(grace);
        let consent = oauth.give_consent();
        oauth.set_fault(TokenFault::LostAnswer, Some(1));
        let request =
            caller.client.post(format!("{}/rest/v1/identity/refresh", caller.octorate().production_url()));
        let form = format!(
            "client_id={}&client_secret={}&refresh_token={}",
            caller.client_id, caller.client_secret, consent.refresh_token
        );
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        assert!(request.send().await.is_err(), "the connection was cut");
        assert_eq!(oauth.token_requests().given, 1);
        let status = if grace.is_zero() { 401 } else { 200 };
        assert_eq!(caller.refresh(&consent.refresh_token).await.status, status, "{grace:?}");
    }
}

#[tokio::test]
async fn documented_error_aimed_at_the_refresh_comes_before_its_work() {
    let caller = Caller::new().await;
    let oauth = caller.octorate().oauth();
    oauth.set_rotation(true);
    let token = oauth.give_consent().refresh_token;
    let setting = FaultSetting::documented("403 ApiQuotaException", Some(1)).only("refresh");
    caller.octorate().set(setting).unwrap();
    assert!(caller.works(&oauth.give_access_token()).await, "another operation is left alone");
    assert_eq!(caller.refresh(&token).await.name(), "403 ApiQuotaException");
    assert_eq!(caller.refresh(&token).await.status, 200, "the token was not used up");
}

#[tokio::test]
async fn lifetime_is_said_as_a_date_in_every_absurd_way() {
    use TokenFault as F;
    let caller = Caller::new().await;
    let base = caller.octorate().production_url();
    let rows = [
        (F::NoLifetime, json!(null)),
        (F::NegativeLifetime, json!("2001-01-01T00:00:00Z[UTC]")),
        (F::NonsenseLifetime, json!("soon")),
        (F::HugeLifetime, json!("999999999-12-31T23:59:59Z[UTC]")),
    ];
    for (fault, date) in rows {
        caller.octorate().oauth().set_fault(fault, Some(1));
        let answer = caller.identity(&base, "apilogin", "").await;
        assert_eq!((answer.status, &answer.body["expireDate"]), (200, &date), "{fault}");
    }
    caller.octorate().oauth().set_fault(F::MistypedLifetime, Some(1));
    assert!(caller.identity(&base, "apilogin", "").await.body["expireDate"].is_i64());
}

#[tokio::test]
async fn no_key_code_or_token_is_in_ledger_or_page() {
    let caller = Caller::new().await;
    let oauth = caller.octorate().oauth();
    let code = oauth.give_code(BACK);
    let tokens = caller.redeem(&code).await;
    let (access, refresh) = (tokens.string("access_token"), tokens.string("refresh_token"));
    caller.refresh(&refresh).await;
    caller
        .authorize(&format!(
            "client_id={}&redirect_uri={BACK_ENCODED}&state=state-4711-0815",
            caller.client_id
        ))
        .await;
    let base = caller.octorate().production_url();
    let everything = format!("{code} {access} {refresh} {} {}", caller.api_key, caller.client_secret);
    for key in [&caller.api_key, &access] {
        send(caller.sign_up(&base, &property(&everything)).header("key", key).bearer_auth(&access)).await;
    }
    let ledger = serde_json::to_string(&caller.octorate().ledger()).unwrap();
    let page = crate::house::get_text(caller.octorate().base_url()).await;
    for secret in
        [&code, &access, &refresh, &caller.api_key, &caller.client_secret, &"state-4711-0815".to_owned()]
    {
        assert!(!ledger.contains(secret) && !page.contains(secret), "{secret} in {ledger}");
    }
    assert_eq!(caller.octorate().ledger().leads[0].fields["name"], "*** *** *** *** ***");
}
