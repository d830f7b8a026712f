//! A partner who repeats everything: the whole request in each text of its answer, the credential alone in its codes.
//!
//! Apart because no simulator does so, and real partners do: "the key … is not known".

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::accounts::{DEMO, echo_of};
use super::house::House;

/// What it answers, in turn.
const STATUSES: [u16; 13] = [200, 400, 401, 403, 404, 405, 409, 422, 429, 500, 503, 302, 299];
/// Headers that hold a credential or a signature.
const SEALED: [&str; 6] =
    ["authorization", "x-api-key", "x-alg-signature", "webhook-signature", "key", "x-hook-key"];

/// Every request, one behind the other.
type Heard = Arc<Mutex<String>>;

/// The partner; gone when dropped.
pub(super) struct Echo {
    pub(super) url: String,
    heard: Heard,
    task: JoinHandle<()>,
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Echo {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (turn, heard) = (Arc::new(AtomicUsize::new(0)), Heard::default());
        let told = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (turn, told) = (Arc::clone(&turn), Arc::clone(&told));
                tokio::spawn(async move {
                    let status = STATUSES[turn.fetch_add(1, Ordering::Relaxed) % STATUSES.len()];
                    repeat(stream, status, &told).await;
                });
            }
        });
        Self { url, heard, task }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

async fn repeat(mut stream: TcpStream, status: u16, heard: &Heard) {
    let Some(request) = read(&mut stream).await else { return };
    heard.lock().unwrap().push_str(&request);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let mut sealed =
        headers.filter(|(name, _)| SEALED.contains(&name.to_lowercase().as_str())).map(|(_, value)| value);
    let bare = sealed.next_back().unwrap_or(body).rsplit(' ').next().unwrap();
    let bare = if body.contains("ApiKey") {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["ApiKey"].as_str().unwrap().to_owned()
    } else {
        bare.to_owned()
    };
    let detail = json!({
        "property": bare, "field": bare, "message": request, "human_name": request, "machine_name": bare, "type": bare
    });
    let answer = json!({
        "message": request, "Message": request, "error": bare, "error_description": request, "type": bare, "code": bare,
        "errors": [detail], "nested": [detail], "context": { "requestId": bare }
    });
    let body = answer.to_string();
    let bare: String = bare.chars().filter(char::is_ascii_graphic).take(200).collect();
    let head = format!(
        "HTTP/1.1 {status} {bare}\r\ncontent-type: application/json; charset={bare}\r\nretry-after: {bare}\r\n\
         location: /{bare}\r\nwww-authenticate: Bearer error=\"{bare}\"\r\nx-{bare}: {bare}\r\n\
         set-cookie: a={bare}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // The header's own name holds it, too, where it can.
    let head = if bare.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        head
    } else {
        head.replace(&format!("x-{bare}: "), "x-other: ")
    };
    // Whoever has gone has read enough.
    stream.write_all([head, body].concat().as_bytes()).await.unwrap_or_default();
}

/// A whole request; none where the other side has gone.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4_096];
        let length = stream.read(&mut part).await.ok().filter(|length| *length > 0)?;
        read.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}

/// A lead of each account for each of its answers.
pub(super) async fn everything_is_repeated(house: &mut House) {
    for _ in STATUSES {
        for (account, _) in DEMO {
            house.submit(&echo_of(account)).await;
            house.forgive().await;
        }
    }
    let known = &house.secrets.known;
    let heard = house.echo.heard();
    for secret in [
        &known.takepayments_api_key,
        &known.spotcap_api_key,
        &known.algbra_api_token,
        &known.octorate_client_secret,
    ] {
        assert!(heard.contains(secret.as_str()), "it did not come there, so it was not repeated");
    }
    let tokens = house.app.sim.partnerportal().oauth().given();
    assert!(tokens.iter().any(|token| heard.contains(token)), "no token came there");
    for name in ["x-alg-signature", "webhook-signature"] {
        assert!(heard.contains(name), "no {name} came there");
    }
}
