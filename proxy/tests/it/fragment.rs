//! The first paint on a host page: given to whom may show the form, and the plain form in it that posts to our page.

use reqwest::Method;
use serde_json::Value;

use crate::app::{Answer, HOST_ORIGIN, TestApp};

const GOOD: &str = "first_name=Ada&last_name=Lovelace&email=ada%40analytical.example&phone=020+7946+0018\
                    &customer_type=New+to+cards&consent=on";

async fn fragment(app: &TestApp, query: &str, origin: &str) -> Answer {
    let request = app.request(Method::GET, &format!("/v1/forms/card-machines/fragment{query}"));
    Answer::read(request.header("origin", origin).send().await.unwrap()).await
}

async fn post(app: &TestApp, path: &str, body: String, origin: &str) -> Answer {
    let request = app
        .request(Method::POST, path)
        .header("origin", origin)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    Answer::read(request.send().await.unwrap()).await
}

/// The first node with an attribute of this value, in `[tag, {attributes}, …children]`.
fn find<'a>(tree: &'a Value, name: &str, value: &str) -> Option<&'a Value> {
    if tree[1][name] == value {
        return Some(tree);
    }
    tree.as_array()?.iter().skip(2).find_map(|child| find(child, name, value))
}

#[tokio::test]
async fn fragment_is_the_definition_and_a_form_that_works_as_it_stands() {
    let app = TestApp::start().await;
    let answer = fragment(&app, "?locale=de", HOST_ORIGIN).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), HOST_ORIGIN);
    let json = answer.json();
    assert_eq!(json["form"], app.get("/v1/forms/card-machines?locale=de").await.json());
    let form = find(&json["paint"], "method", "post").unwrap();
    assert_eq!((&form[1]["class"], &form[1]["part"]), (&Value::from("lf-form"), &Value::from("form")));
    let action = form[1]["action"].as_str().unwrap();
    assert_eq!(action, format!("{}/f/card-machines?locale=de", app.origin()));
    let token = find(form, "name", "_token").unwrap()[1]["value"].as_str().unwrap().to_owned();
    let path = action.strip_prefix(app.origin()).unwrap();
    let sent = post(&app, path, format!("_token={token}&{GOOD}"), HOST_ORIGIN).await;
    assert_eq!(sent.status, 303, "{sent:?}");
    let ledger = app.sim.takepayments().ledger();
    assert_eq!(ledger.leads[0].fields["LastName"], "Lovelace");
    let again = post(&app, path, format!("_token={token}&{GOOD}"), HOST_ORIGIN).await;
    assert_eq!(again.header("location"), sent.header("location"), "the token is the lead's key");
    assert_eq!(app.count_submissions().await, 1);
}

#[tokio::test]
async fn stranger_gets_no_fragment_and_his_page_can_post_none() {
    let app = TestApp::start().await;
    assert_eq!(fragment(&app, "", "https://stranger.example").await.status, 403);
    let json = fragment(&app, "", HOST_ORIGIN).await.json();
    let token = find(&json["paint"], "name", "_token").unwrap()[1]["value"].as_str().unwrap().to_owned();
    for (path, origin) in
        [("/f/card-machines", "https://stranger.example"), ("/embed/card-machines", HOST_ORIGIN)]
    {
        let refused = post(&app, path, format!("_token={token}&{GOOD}"), origin).await;
        assert_eq!(refused.status, 403, "{path} from {origin}");
    }
    assert_eq!(app.count_submissions().await, 0);
}
