//! The accept loop under simulators and partner website: HTTP/1 on loopback, ended all at once.
//!
//! Apart from axum's own `serve` for two reasons: a handler must be able to cut its connection, and stopping must not
//! wait for a request that is never answered on purpose.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::stream::{CuttableStream, Cutter};

/// How long to rest when the system has no descriptor left for a new connection.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Keeps one listener serving; dropping it ends listener and connections.
pub(crate) struct Server {
    addr: SocketAddr,
    // Never sent on: the loop ends when this end is gone.
    alive: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Binds a loopback address.
pub(crate) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    crate::check_loopback(listen)?;
    TcpListener::bind(listen).await.with_context(|| {
        format!("{listen} cannot be bound: is another simulator running, or is the port in use?")
    })
}

impl Server {
    pub(crate) fn start(listener: TcpListener, addr: SocketAddr, router: Router) -> Self {
        let (alive, ended) = oneshot::channel();
        let task = tokio::spawn(accept_until(ended, listener, router));
        Self { addr, alive, task }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Ends the listener and every connection, and waits until they are gone.
    pub(crate) async fn stop(self) {
        drop(self.alive);
        // An error here is a panic of the loop, which has then ended as well.
        self.task.await.unwrap_or_default();
    }
}

async fn accept_until(mut ended: oneshot::Receiver<()>, listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut ended => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, router.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_REST).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve_connection(stream: TcpStream, router: Router) {
    // Without this a small answer may wait for the client's acknowledgement; a failure costs time only.
    stream.set_nodelay(true).unwrap_or_default();
    let cutter = Cutter::default();
    let service = TowerToHyperService::new(router.layer(Extension(cutter.clone())));
    let stream = TokioIo::new(CuttableStream::new(stream, cutter));
    // An error is the client's (it hung up, it spoke no HTTP) or ours on purpose; nobody is left to tell.
    http1::Builder::new().serve_connection(stream, service).await.unwrap_or_default();
}
