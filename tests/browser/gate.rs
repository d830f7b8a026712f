//! A door before the proxy, at which a test holds back, refuses or hides what browsers ask for.
//!
//! Apart because it works on the network's side: the same for every browser, and unknown to the page. It answers nothing by
//! itself that the proxy could answer, and takes away every leave to keep an answer, so that each page asks anew.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longest head of a request or an answer.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The answer where there is no such thing.
const NOTHING: &[u8] = b"HTTP/1.1 404 Not Found\r\naccess-control-allow-origin: *\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passage {
    /// Waits until its rule is gone.
    Held,
    /// Is told that there is no such thing.
    Missing,
    /// The connection is cut, as when there is no network.
    Cut,
}

/// Which requests are meant: those whose path contains this, or each part of it around a `*`.
type Rules = Vec<(&'static str, Passage)>;

/// Keeps the door open; dropping it shuts it.
pub(crate) struct Gate {
    rules: Arc<watch::Sender<Rules>>,
    door: JoinHandle<()>,
}

impl Gate {
    /// Everything that comes to `listen` goes to the proxy there.
    pub(crate) async fn open(listen: SocketAddr, proxy: SocketAddr) -> Self {
        let rules = Arc::new(watch::Sender::new(Rules::new()));
        let listener = TcpListener::bind(listen).await.unwrap();
        let known = Arc::clone(&rules);
        let door = tokio::spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                let known = known.subscribe();
                // Who hangs up has had enough.
                tokio::spawn(async move { pass(visitor, proxy, known).await.ok() });
            }
        });
        Self { rules, door }
    }

    /// From now on these rules hold, and no others.
    pub(crate) fn rule(&self, rules: &[(&'static str, Passage)]) {
        self.rules.send_replace(rules.to_vec());
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.door.abort();
    }
}

/// One request and its answer; the connection ends with it.
async fn pass(
    mut visitor: TcpStream,
    proxy: SocketAddr,
    mut rules: watch::Receiver<Rules>,
) -> std::io::Result<()> {
    let Some((head, begun)) = read_head(&mut visitor).await? else { return Ok(()) };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let meant = |rules: &Rules| {
        rules
            .iter()
            .find(|(parts, _)| parts.split('*').all(|part| path.contains(part)))
            .map(|(_, passage)| *passage)
    };
    let now = rules.wait_for(|rules| meant(rules) != Some(Passage::Held)).await.map(|rules| meant(&rules));
    match now.unwrap_or(Some(Passage::Cut)) {
        None => {}
        Some(Passage::Missing) => return visitor.write_all(NOTHING).await,
        Some(_) => return Ok(()),
    }
    let mut upstream = TcpStream::connect(proxy).await?;
    upstream.write_all(with_header(&head, "connection", "close").as_bytes()).await?;
    upstream.write_all(&begun).await?;
    let (mut from_visitor, mut to_visitor) = visitor.into_split();
    let (mut from_proxy, mut to_proxy) = upstream.into_split();
    let rest = tokio::spawn(async move { tokio::io::copy(&mut from_visitor, &mut to_proxy).await });
    let answered = async {
        if let Some((head, begun)) = read_head(&mut from_proxy).await? {
            to_visitor.write_all(with_header(&head, "cache-control", "no-store").as_bytes()).await?;
            to_visitor.write_all(&begun).await?;
            tokio::io::copy(&mut from_proxy, &mut to_visitor).await?;
        }
        to_visitor.shutdown().await
    }
    .await;
    rest.abort();
    answered
}

/// Everything up to the empty line, with it, and what came along after it; nothing where nothing is said.
async fn read_head(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    while bytes.len() < HEAD_BYTES_MAX {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let begun = bytes.split_off(end + 4);
            return Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), begun)));
        }
        if from.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    Ok(None)
}

/// The head with this header in the place of any of its name.
fn with_header(head: &str, name: &str, value: &str) -> String {
    let other = |line: &&str| !line.split(':').next().unwrap_or_default().eq_ignore_ascii_case(name);
    let lines: Vec<&str> = head.trim_end().split("\r\n").filter(other).collect();
    format!("{}\r\n{name}: {value}\r\n\r\n", lines.join("\r\n"))
}
