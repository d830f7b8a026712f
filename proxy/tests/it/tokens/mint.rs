//! A token endpoint of the tests' own: counts what it is asked, rotates, forgets, lies and waits as a test says.
//!
//! Apart from the partners' simulators because here every byte of an answer is the test's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use tokio::sync::watch;

/// How it answers.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    /// As it should, with these members beside the token, such as `,"expires_in":600`.
    Gives(String),
    /// Status and body, and nothing given.
    Says(u16, String),
    /// Gives, and cuts the answer.
    LosesAnswer,
    /// Takes the request and never answers.
    Hangs,
}

/// What it does and has seen.
pub(super) struct Books {
    pub(super) manner: Manner,
    /// Whether a refresh token is used up by its use.
    pub(super) rotates: bool,
    /// Whether one that is used up is taken once more.
    pub(super) grace: bool,
    /// The parameters of each request, with its path as `path`.
    pub(super) asked: Vec<HashMap<String, String>>,
    given: u32,
    refresh: Vec<String>,
    used: Vec<String>,
}

#[derive(Clone)]
pub(super) struct Mint {
    pub(super) url: String,
    books: Arc<Mutex<Books>>,
    /// How many requests are answered; further ones wait.
    answered: watch::Sender<usize>,
    arrived: watch::Sender<usize>,
}

impl Mint {
    pub(super) async fn open() -> Self {
        let books = Books {
            manner: Manner::Gives(r#","expires_in":3600"#.to_owned()),
            rotates: true,
            grace: false,
            asked: Vec::new(),
            given: 0,
            refresh: Vec::new(),
            used: Vec::new(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (books, answered) = (Arc::new(Mutex::new(books)), watch::Sender::new(usize::MAX));
        let mint = Self { url, books, answered, arrived: watch::Sender::new(0) };
        let router = Router::new().route("/rest/v1/identity/{what}", post(answer)).with_state(mint.clone());
        // Ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, router).await });
        mint
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    pub(super) fn set(&self, manner: Manner) {
        self.books().manner = manner;
    }

    pub(super) fn gives(&self, members: &str) {
        self.set(Manner::Gives(members.to_owned()));
    }

    pub(super) fn says(&self, status: u16, body: &str) {
        self.set(Manner::Says(status, body.to_owned()));
    }

    pub(super) fn asked(&self) -> usize {
        self.books().asked.len()
    }

    /// How often each refresh token came.
    pub(super) fn times_used(&self, token: &str) -> usize {
        let of = |asked: &&HashMap<String, String>| asked.get("refresh_token").is_some_and(|t| t == token);
        self.books().asked.iter().filter(of).count()
    }

    /// Takes requests from now on and holds their answers back, until as many are let go.
    pub(super) fn hold_answers(&self) {
        self.answered.send_replace(self.asked());
    }

    /// Lets so many more be answered, in the order in which they came.
    pub(super) fn let_go(&self, answers: usize) {
        self.answered.send_modify(|answered| *answered += answers);
    }

    /// Waits until so many requests have come.
    pub(super) async fn until_asked(&self, times: usize) {
        let come = async {
            self.arrived.subscribe().wait_for(|come| *come >= times).await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(20), come).await.unwrap();
    }
}

async fn answer(State(mint): State<Mint>, Path(what): Path<String>, body: Bytes) -> Response {
    let mut asked: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    asked.insert("path".to_owned(), what);
    let (manner, number, (status, text)) = {
        let mut books = mint.books();
        let said = books.judge(asked);
        (books.manner.clone(), books.asked.len(), said)
    };
    mint.arrived.send_replace(number);
    mint.answered.subscribe().wait_for(|answered| *answered >= number).await.unwrap();
    // Lets others come in between.
    tokio::task::yield_now().await;
    if matches!(manner, Manner::Hangs) {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    if matches!(manner, Manner::LosesAnswer) {
        // More is promised than comes, so the connection is cut.
        response = response.header("content-length", text.len() + 100);
    }
    response.body(Body::from(text)).unwrap()
}

impl Books {
    fn judge(&mut self, asked: HashMap<String, String>) -> (u16, String) {
        let token = asked.get("refresh_token").cloned();
        self.asked.push(asked);
        let members = match &self.manner {
            Manner::Says(status, body) => return (*status, body.clone()),
            Manner::Gives(members) => members.clone(),
            Manner::LosesAnswer | Manner::Hangs => r#","expires_in":3600"#.to_owned(),
        };
        if let Some(token) = token {
            let in_grace = self.grace && self.used.contains(&token);
            if !self.refresh.contains(&token) && !in_grace {
                return (400, r#"{"error":"invalid_grant"}"#.to_owned());
            }
            if self.rotates {
                self.refresh.retain(|known| *known != token);
                self.used.push(token);
            }
        }
        self.given += 1;
        let path = self.asked.last().map_or("", |asked| asked["path"].as_str());
        let refresh = if path == "token" || (path == "refresh" && self.rotates) {
            let refresh = format!("canary-refresh-{}", self.given);
            self.refresh.push(refresh.clone());
            format!(r#","refresh_token":"{refresh}""#)
        } else {
            String::new()
        };
        (200, format!(r#"{{"access_token":"canary-access-{}"{refresh}{members}}}"#, self.given))
    }
}
