//! A proxy with every account of the walk, and everything that it has said.
//!
//! Apart so that a step of the walk reads as what it is about.

use lead_proxy::Config;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use sqlx::Connection as _;

use super::echo::Echo;
use super::{INLINE_WAIT, Secrets, accounts};
use crate::app::{Answer, TestApp, key};
use crate::privacy::canary::Canary;

/// The proxy and what must not be found of it.
pub(super) struct House {
    pub(super) app: TestApp,
    /// What the proxy was started with.
    pub(super) config: Config,
    pub(super) secrets: Secrets,
    /// Everything that was said to anybody.
    pub(super) seen: Vec<Seen>,
    /// Panel tokens and links.
    pub(super) signed: Vec<String>,
    /// What else is a secret for a while, with its kind.
    pub(super) passing: Vec<(&'static str, String)>,
    /// What visitors and persons in panels have typed.
    pub(super) typed: Vec<Canary>,
    /// The partner who repeats everything.
    pub(super) echo: Echo,
    keys: usize,
}

/// Something that was said.
pub(super) struct Seen {
    /// Where.
    pub(super) what: String,
    pub(super) text: String,
    /// What may stand there, for it is what was asked for.
    pub(super) allowed: Vec<String>,
    /// Whether it is a record that somebody with a good token has asked for.
    pub(super) shows_record: bool,
}

impl House {
    pub(super) async fn open() -> Self {
        let (secrets, echo) = (Secrets::new(), Echo::open().await);
        let app = TestApp::start_knowing(secrets.known.clone(), &secrets.ring_key, |text| {
            secrets.tell(text);
            accounts::add_to(text, &echo.url);
            text.inline_wait_ms = u32::try_from(INLINE_WAIT.as_millis()).unwrap();
            text.public = "request_ms_max = 60000".to_owned();
            // After doubt the partner is asked at once, and a paused account tries again soon; nothing else comes back.
            text.delivery = "retry_waits_ms = [600000]\ndoubt_wait_ms = 50\nprobe_wait_ms = 1000\n\
                             exchange_timeout_ms = 5000\nlease_ms = 10000"
                .to_owned();
        });
        let app = app.await;
        let config = app.config();
        let (seen, signed, passing, typed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { app, config, secrets, seen, signed, passing, typed, echo, keys: 0 }
    }

    /// Keeps what was said.
    pub(super) fn note(&mut self, what: &str, text: String) -> &mut Seen {
        self.seen.push(Seen { what: what.to_owned(), text, allowed: Vec::new(), shows_record: false });
        self.seen.last_mut().unwrap()
    }

    /// Keeps an answer with all its headers.
    pub(super) fn note_answer(&mut self, what: &str, answer: &Answer) -> &mut Seen {
        self.note(what, format!("{} {:?} {}", answer.status, answer.headers, answer.text))
    }

    /// Sends a request and keeps its answer.
    pub(super) async fn send(&mut self, what: &str, request: RequestBuilder) -> Answer {
        let answer = Answer::read(request.send().await.unwrap()).await;
        self.note_answer(what, &answer);
        answer
    }

    /// The answer to a GET on the operator listener.
    pub(super) async fn operator(&mut self, path: &str) -> Answer {
        let request = self.app.client.request(Method::GET, self.app.operator_url(path));
        self.send("operator listener", request).await
    }

    /// Sends a lead through a form, made of words of this run.
    pub(super) async fn submit(&mut self, form: &str) -> Answer {
        let (values, words) = accounts::values(&self.app.text().forms_dir, form);
        self.typed.extend(words);
        self.submit_values(form, &values).await
    }

    /// Sends these values.
    pub(super) async fn submit_values(&mut self, form: &str, values: &Value) -> Answer {
        let key = self.key();
        let answer = self.app.submit(form, &key, values).await;
        self.note_answer(form, &answer);
        answer
    }

    /// A key that no other submission has.
    pub(super) fn key(&mut self) -> String {
        self.keys += 1;
        key(&self.keys.to_string())
    }

    /// Lets every account begin anew: none is paused, none waits before it asks for a token. The hotel's are those of a
    /// consent, and stay.
    pub(super) async fn forgive(&self) {
        let url = format!("sqlite://{}", self.app.store_path().display());
        let mut outside = sqlx::SqliteConnection::connect(&url).await.unwrap();
        for statement in [
            "DELETE FROM account_gates",
            "DELETE FROM account_tokens WHERE account <> 'hotel'",
            "UPDATE account_tokens SET retry_at = NULL, state = 'good', failures = 0",
        ] {
            sqlx::query(statement).execute(&mut outside).await.unwrap();
        }
        outside.close().await.unwrap();
    }
}
