//! What every test starts from: a running simulator, a lead it takes, a bare stream.

use std::net::SocketAddr;
use std::time::Duration;

use partner_sim::{Credentials, Options, Sim, start};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const KEY: &str = "key-of-the-tests-4711";
/// Longer than anything here takes; reached only when a test fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) async fn house() -> Sim {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    start(Options::new(listen, Credentials::with_takepayments(KEY))).await.unwrap()
}

/// A lead with the required fields only.
pub(crate) fn lead(id: &str) -> Value {
    json!({ "FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.com", "ID": id, "ApiKey": KEY })
}

/// The same with one field set, or with `None` taken out.
pub(crate) fn lead_with(name: &str, value: impl Into<Option<Value>>) -> Value {
    let mut lead = lead("one");
    match value.into() {
        Some(value) => lead[name] = value,
        None => drop(lead.as_object_mut().unwrap().remove(name)),
    }
    lead
}

pub(crate) async fn post(sim: &Sim, body: impl ToString) -> Response {
    let request = reqwest::Client::new().post(sim.takepayments().insert_url());
    request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send().await.unwrap()
}

pub(crate) async fn get_text(url: String) -> String {
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

/// Sends a lead over a bare stream and leaves the answer to be read.
pub(crate) async fn ask_bare(sim: &Sim, id: &str) -> TcpStream {
    let path = sim.takepayments().insert_url().replace(&sim.url(), "");
    let body = lead(id).to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: partner\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(sim.addr()).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

/// Reads until the other side ends the connection; gives the bytes, and how it ended.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> (Vec<u8>, std::io::Result<()>) {
    let mut bytes = Vec::new();
    let ended = tokio::time::timeout(LIMIT, stream.read_to_end(&mut bytes)).await.unwrap();
    (bytes, ended.map(drop))
}
