//! A partner that answers a question about one record with another record, or with a page of somebody else's.
//!
//! Apart from the simulator because no document has such answers.

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::completion::{link, send};
use super::forms::{field, person};
use super::{start_in, until};
use crate::app::partners::PANEL_KEY;
use crate::app::{TestApp, key};

/// What it answers a question.
#[derive(Clone, Copy)]
enum Says {
    AnotherRecord,
    Page,
}

/// Answers every question alike and everything else with 500; keeps the methods.
#[derive(Clone)]
struct Partner {
    says: Says,
    asked: Arc<Mutex<Vec<Method>>>,
}

impl Partner {
    /// Opens it in the place of the simulator.
    async fn stand_in(app: &mut TestApp, says: Says) -> Self {
        let partner = Self { says, asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(Self::answer).with_state(partner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let simulator = app.sim.algbra().base_url();
        app.restart(|text| text.accounts = text.accounts.replace(&simulator, &url)).await;
        partner
    }

    fn answer(State(partner): State<Self>, method: Method) -> Ready<Response> {
        partner.asked.lock().unwrap().push(method.clone());
        let html = [(header::CONTENT_TYPE, "text/html")];
        ready(match (method, partner.says) {
            (Method::GET, Says::AnotherRecord) => axum::Json(json!({
                "id": "3f2a54b0-8a3e-4d0c-9c1f-6f1f0a1b2c3d",
                "externalReference": "9b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d",
                "email": "somebody@else.example",
            }))
            .into_response(),
            (Method::GET, Says::Page) => {
                (StatusCode::NOT_FOUND, html, "<html>no upstream</html>").into_response()
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        })
    }

    /// How often it was asked by this method.
    fn count(&self, method: &Method) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == method).count()
    }

    /// Waits until it has been asked so often that the first answer can't have ended the matter.
    async fn asked_again(&self) {
        until(async || self.count(&Method::GET), |count| *count >= 3).await.unwrap();
    }
}

async fn start(form: &str) -> TestApp {
    start_in(&[("algbra", form)], |text| {
        text.inline_wait_ms = 0;
        text.delivery.push_str("\nretry_waits_ms = [20]\ndoubt_wait_ms = 20\n");
    })
    .await
}

fn values() -> Value {
    json!({ "first_name": "Ada", "last_name": "Lovelace", "email": "ada@analytical.example" })
}

#[tokio::test]
async fn lead_in_doubt_is_neither_there_nor_sent_again_on_the_word_of_another_record_or_a_page() {
    for says in [Says::AnotherRecord, Says::Page] {
        let mut app = start(&person()).await;
        let partner = Partner::stand_in(&mut app, says).await;
        let answer = app.submit("for-algbra", &key("doubt"), &values()).await;
        assert_eq!(answer.status.as_u16(), 202, "{answer:?}");
        partner.asked_again().await;
        assert_eq!(partner.count(&Method::POST), 1);
    }
}

#[tokio::test]
async fn completion_changes_no_other_record_and_waits_out_a_page() {
    for says in [Says::AnotherRecord, Says::Page] {
        let mut app = start(&["^completes = true^", &field("phone", "required = true")].concat()).await;
        let partner = Partner::stand_in(&mut app, says).await;
        let link = link("for-algbra", "0b6f2a54-8a3e-4d0c-9c1f-6f1f0a1b2c3d", PANEL_KEY, 3_600);
        let answer = send(&app, Some(&link), &json!({ "phone": "020 7946 0018" })).await;
        assert_eq!(answer.status.as_u16(), 202, "{answer:?}");
        partner.asked_again().await;
        assert_eq!(partner.count(&Method::PATCH), 0);
    }
}
