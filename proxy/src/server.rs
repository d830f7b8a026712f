//! Accepts connections: with a deadline for a request's head, a cap on how many are open, and a graceful end.
//!
//! Apart because axum's own `serve` has none of the three.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
// tidy-allow(client): the serving half of the library; no connection is opened from here
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

/// How long open requests may go on when the server stops.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// How long to wait before accepting again, when the machine has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Bounds of one listener.
#[derive(Clone, Copy)]
pub(crate) struct ServerLimits {
    pub(crate) headers_max: Duration,
    pub(crate) connections_max: usize,
}

/// One listener at work.
pub(crate) struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves in the background until stopped.
    pub(crate) fn start(listener: TcpListener, router: Router, limits: ServerLimits) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(run(listener, router, limits, stopping));
        Ok(Self { addr, stop, task })
    }

    /// The bound address.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Accepts nothing more, lets open requests end, and cuts what is still open after ten seconds.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            tracing::error!("a listener did not end well");
        }
    }
}

async fn run(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let Some((stream, permit)) = accepted else { continue };
        let connection = graceful.watch(serve(stream, router.clone(), limits));
        connections.spawn(async move {
            // A connection that breaks is the other side's business; nothing of it is logged.
            let _ended = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("open requests were cut off");
    }
    connections.shutdown().await;
}

type Permit = tokio::sync::OwnedSemaphorePermit;

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, Permit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(error) => {
            tracing::warn!(error = %error.kind(), "connection not accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

fn serve(
    stream: TcpStream,
    router: Router,
    limits: ServerLimits,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = impl std::error::Error> + use<> {
    // Answers are small and whole: waiting to fill a packet only adds delay.
    let _unsupported = stream.set_nodelay(true);
    let service = router.map_request(|request: http::Request<_>| request.map(axum::body::Body::new));
    let service = service.map_err(|never: Infallible| never);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers_max)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}
