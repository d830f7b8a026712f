//! Accepts connections: with deadlines for a request's head, a stalled write and a whole life, a cap on how many are
//! open, and a graceful end.
//!
//! Apart because axum's own `serve` has none of these.

mod files;
mod seldom;
mod stall;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

// tidy-allow(client): the serving half of the library; no connection is opened from here
use hyper::server::conn::http1;
// tidy-allow(client): as above
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::config::PublicConfig;
use crate::entrance::Entrance;

use files::Refusals;
pub(crate) use files::warn_if_too_few as warn_if_too_few_files;
use seldom::Seldom;
use stall::StallGuard;

/// How long open requests may go on when the server stops.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// How long to wait before accepting again, when the machine has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Bounds of one listener.
#[derive(Clone, Copy)]
pub(crate) struct ServerLimits {
    headers_max: Duration,
    write_stall_max: Duration,
    connection_max: Duration,
    connections_max: usize,
}

impl ServerLimits {
    /// As the operator wants them.
    pub(crate) fn of(config: &PublicConfig) -> Self {
        Self {
            headers_max: config.headers_max,
            write_stall_max: config.write_stall_max,
            connection_max: config.connection_max,
            connections_max: config.connections_max,
        }
    }
}

/// One listener at work.
pub(crate) struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves in the background until stopped.
    pub(crate) fn start(listener: TcpListener, entrance: Entrance, limits: ServerLimits) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(run(listener, entrance, limits, stopping));
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
    entrance: Entrance,
    limits: ServerLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let mut refusals = Refusals::default();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room, &mut refusals) => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let Some((stream, permit)) = accepted else { continue };
        let served = serve(stream, entrance.clone(), limits, stopping.clone());
        connections.spawn(async move {
            served.await;
            drop(permit);
        });
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(DRAIN_MAX, all_ended).await.is_err() {
        tracing::warn!("open requests were cut off");
    }
    connections.shutdown().await;
}

type Permit = tokio::sync::OwnedSemaphorePermit;

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
    refusals: &mut Refusals,
) -> Option<(TcpStream, Permit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(error) => {
            refusals.add(&error);
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Serves one connection to its end: the caller's, that of its longest life, or the server's.
///
/// A connection that breaks is the other side's business; nothing of it is logged.
async fn serve(
    stream: TcpStream,
    entrance: Entrance,
    limits: ServerLimits,
    mut stopping: watch::Receiver<bool>,
) {
    // Answers are small and whole: waiting to fill a packet only adds delay.
    let _unsupported = stream.set_nodelay(true);
    let stream = StallGuard::new(stream, limits.write_stall_max, stopping.clone());
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers_max)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service_fn(move |request| entrance.answer(request)));
    let mut connection = pin!(connection);
    let life = Box::pin(async {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            () = sleep(limits.connection_max) => {}
        }
    });
    tokio::select! {
        biased;
        _ended = connection.as_mut() => return,
        () = Seldom::new(life) => {}
    }
    connection.as_mut().graceful_shutdown();
    let last_answer = async {
        // The stream has less patience once the server stops, but only notices when it is asked again.
        tokio::select! {
            _ended = connection.as_mut() => return,
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        let _ended = connection.as_mut().await;
    };
    let _cut = timeout(limits.connection_max, last_answer).await;
}
