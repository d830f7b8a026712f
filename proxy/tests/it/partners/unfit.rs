//! A partner that tells a schema of which no form can be made.
//!
//! Apart from the simulator's schema because here every byte of it is the test's.

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use http::Uri;
use lead_proxy::clock::{Clock, Timestamp};
use serde_json::{Value, json};

use super::{forms, until};
use crate::app::{Answer, ConfigText, TestApp};

const FROM_SCHEMA: &str = "^fields = \"from partner schema\"^";
const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);

/// What the partner tells of its fields, and how often it was asked.
#[derive(Clone)]
struct Teller(Arc<Mutex<(Value, u32)>>);

impl Teller {
    async fn open(fields: Value) -> (Self, String) {
        let teller = Self(Arc::new(Mutex::new((fields, 0))));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(Self::answer).with_state(teller.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (teller, url)
    }

    fn answer(State(teller): State<Self>, uri: Uri) -> Ready<axum::Json<Value>> {
        if uri.path() == "/token" {
            return ready(axum::Json(json!({ "access_token": "a", "expires_in": 86_400 })));
        }
        let mut told = teller.0.lock().unwrap();
        told.1 += 1;
        let data = json!({ "schema": { "unifiedFields": told.0 } });
        ready(axum::Json(json!({ "data": data, "context": {}, "status": 200 })))
    }

    fn tells(&self, fields: Value) {
        self.0.lock().unwrap().0 = fields;
    }

    fn asked(&self) -> u32 {
        self.0.lock().unwrap().1
    }
}

fn good() -> Value {
    let flags = json!({ "creatable": true });
    ["firstName", "lastName", "email"].map(|id| json!({ "fieldId": id, "flags": flags })).to_vec().into()
}

fn accounts(url: &str) -> String {
    format!(
        r#"
            [accounts.partnerportal]
            connector = "partnerportal"
            credentials = {{ client_id = {{ env = "TEST_RING_KEY" }}, client_secret = {{ env = "TEST_RING_KEY" }} }}
            [accounts.partnerportal.settings]
            base_url = "{url}"
            token_url = "{url}/token"
            company_id = "company-1"
            platform = "website"
            leads_path = "/companies/{{companyId}}/leads"
            lead_path = "/companies/{{companyId}}/leads/{{leadId}}"
            schema_path = "/companies/{{companyId}}/schemas/{{object}}"
        "#
    )
}

fn config(text: &mut ConfigText, url: &str) {
    let folder = tempfile::tempdir().unwrap().keep();
    forms::write(&folder, &[("partnerportal", FROM_SCHEMA)]);
    text.forms_dir = folder;
    text.accounts = accounts(url);
}

async fn form(app: &TestApp) -> Result<Answer, Answer> {
    until(async || app.get("/v1/forms/for-partnerportal").await, |answer| answer.status.as_u16() == 200).await
}

#[tokio::test]
async fn unfit_schema_takes_no_good_one_out_of_the_store_and_is_asked_again_soon() {
    let (teller, url) = Teller::open(good()).await;
    let (clock, hand) = Clock::manual(START);
    let mut app = TestApp::start_by(clock.clone(), |text| config(text, &url)).await;
    let before = form(&app).await.unwrap().json();

    teller.tells(json!([]));
    let minute_later = async || {
        hand.advance(Duration::from_secs(60));
        teller.asked()
    };
    until(minute_later, |asked| *asked >= 2).await.unwrap();
    let started = clock.now();
    until(minute_later, |asked| *asked >= 3).await.unwrap();
    let waited = clock.now().since(started);
    assert!(waited < Duration::from_secs(30 * 60), "nothing that could be used had come: {waited:?}");
    assert_eq!(app.get("/v1/forms/for-partnerportal").await.json(), before);

    app.restart(|text| text.accounts = accounts("http://127.0.0.1:9")).await;
    let after = app.get("/v1/forms/for-partnerportal").await;
    assert_eq!((after.status.as_u16(), after.json()), (200, before), "at once, from the store");
}

#[tokio::test]
async fn stored_schema_that_makes_no_form_any_more_is_fetched_at_once() {
    let mut short = good();
    short.as_array_mut().unwrap().remove(1);
    let (teller, url) = Teller::open(short).await;
    let own = [
        FROM_SCHEMA,
        "[[own_fields]]\nname = \"last_name\"\nlabel = \"Last name\"\nmax_length = 100\nrequired = true\n",
    ]
    .concat();
    let mut app = TestApp::start_with(|text| {
        config(text, &url);
        forms::write(&text.forms_dir, &[("partnerportal", &own)]);
    })
    .await;
    form(&app).await.unwrap();

    teller.tells(good());
    app.restart(|text| forms::write(&text.forms_dir, &[("partnerportal", FROM_SCHEMA)])).await;
    form(&app).await.unwrap();
    assert_eq!(teller.asked(), 2);
}
