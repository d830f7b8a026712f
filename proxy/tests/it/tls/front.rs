//! A TLS server on loopback before the simulator's plain listener, which notices everything that reaches it.
//!
//! Apart because it must see both sides of the encryption: what crossed the wire, and what it meant.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ProtocolVersion, ServerConfig, SupportedProtocolVersion};

use super::certificates::{Identity, NAME};
use crate::app::PATIENCE;

/// Every version that the library has.
pub(crate) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// The server; it ends with the test's runtime.
pub(crate) struct Front {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    partner: OnceLock<SocketAddr>,
    acceptor: Mutex<TlsAcceptor>,
    seen: watch::Sender<Seen>,
}

/// What reached the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Connections that are over: the handshake failed, or all was passed on.
    pub(crate) ended: usize,
    /// Finished handshakes: the version, and the name that was asked for.
    pub(crate) handshakes: Vec<(ProtocolVersion, String)>,
    /// What the proxy sent, as it crossed the wire.
    pub(crate) wire: Vec<u8>,
    /// What the proxy sent, as it was meant.
    pub(crate) plain: Vec<u8>,
}

impl Front {
    /// Listens and shows this certificate, in every version.
    pub(crate) async fn open(identity: Identity) -> Self {
        Self::open_in(&VERSIONS, identity).await
    }

    /// Listens and shows this certificate, in these versions.
    pub(crate) async fn open_in(versions: &[&'static SupportedProtocolVersion], identity: Identity) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            partner: OnceLock::new(),
            acceptor: Mutex::new(acceptor(versions, identity)),
            seen: watch::Sender::default(),
        });
        tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(Arc::clone(&shared), stream));
                }
            }
        });
        Self { addr, shared }
    }

    /// The https address of what this plain address leads to; connections are passed on there from now on.
    pub(crate) fn before(&self, plain_url: &str) -> String {
        let url: url::Url = plain_url.parse().unwrap();
        let partner = url.socket_addrs(|| None).unwrap()[0];
        self.shared.partner.set(partner).unwrap();
        format!("https://{NAME}:{}{}", self.addr.port(), url.path())
    }

    /// Shows another certificate from now on.
    pub(crate) fn show(&self, identity: Identity) {
        *self.shared.acceptor.lock().unwrap() = acceptor(&VERSIONS, identity);
    }

    pub(crate) fn port(&self) -> u16 {
        self.addr.port()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.shared.seen.borrow().clone()
    }

    /// Waits until so many connections are over.
    pub(crate) async fn until_ended(&self, count: usize) -> Seen {
        let mut seen = self.shared.seen.subscribe();
        let reached = seen.wait_for(|seen| seen.ended >= count);
        tokio::time::timeout(PATIENCE, reached).await.unwrap().unwrap().clone()
    }
}

fn acceptor(versions: &[&'static SupportedProtocolVersion], identity: Identity) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)
        .unwrap();
    Arc::new(config).into()
}

async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    // Which side closes how is not what the tests are about: the bytes are.
    pass_on(&shared, stream).await.ok();
    shared.seen.send_modify(|seen| seen.ended += 1);
}

async fn pass_on(shared: &Arc<Shared>, stream: TcpStream) -> io::Result<()> {
    let acceptor = shared.acceptor.lock().unwrap().clone();
    let tls = acceptor.accept(Wire { stream, shared: Arc::clone(shared) }).await?;
    let (_, session) = tls.get_ref();
    let handshake =
        (session.protocol_version().unwrap(), session.server_name().unwrap_or_default().to_owned());
    shared.seen.send_modify(|seen| seen.handshakes.push(handshake));

    let (mut from_proxy, mut to_proxy) = tokio::io::split(tls);
    let partner = TcpStream::connect(shared.partner.get().unwrap()).await?;
    let (mut from_partner, mut to_partner) = partner.into_split();
    let there = async {
        let mut bytes = [0; 4_096];
        loop {
            let count = from_proxy.read(&mut bytes).await?;
            if count == 0 {
                return to_partner.shutdown().await;
            }
            shared.seen.send_modify(|seen| seen.plain.extend_from_slice(&bytes[..count]));
            to_partner.write_all(&bytes[..count]).await?;
        }
    };
    let back = async {
        tokio::io::copy(&mut from_partner, &mut to_proxy).await?;
        to_proxy.shutdown().await
    };
    tokio::try_join!(there, back).map(drop)
}

/// A connection that keeps what is read from it.
struct Wire {
    stream: TcpStream,
    shared: Arc<Shared>,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.shared.seen.send_modify(|seen| seen.wire.extend_from_slice(&buf.filled()[before..]));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
