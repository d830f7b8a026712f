//! A connection's stream that fails when the other side takes nothing for too long.
//!
//! Apart because neither axum nor hyper has a deadline for writing: who asks for much and reads nothing would keep a
//! connection for as long as it likes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};

use crate::crash;

/// How long a stalled write may last once the server stops.
const STALL_AT_STOP_MAX: Duration = Duration::from_secs(1);

/// The stream with its deadline.
pub(super) struct StallGuard<S> {
    stream: S,
    stall_max: Duration,
    stopping: watch::Receiver<bool>,
    /// Since when nothing was taken, and what wakes us when that has lasted too long.
    stall: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> StallGuard<S> {
    pub(super) fn new(stream: S, stall_max: Duration, stopping: watch::Receiver<bool>) -> Self {
        Self { stream, stall_max, stopping, stall: None }
    }

    /// Passes on what became of a write, unless it is one stalled write too many.
    fn judge<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            crash::point("answer.written");
            self.stall = None;
            return written;
        }
        let stall_max =
            if *self.stopping.borrow() { self.stall_max.min(STALL_AT_STOP_MAX) } else { self.stall_max };
        let (since, sleep) = self.stall.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(tokio::time::sleep_until(now + stall_max)))
        });
        let deadline = *since + stall_max;
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallGuard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // A socket's flush and shutdown never wait: only writes need the deadline.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::watch;
    use tokio::time::Instant;

    use super::{STALL_AT_STOP_MAX, StallGuard};

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn write_that_nobody_takes_fails_in_time_and_not_before() {
        let (_stop, stopping) = watch::channel(false);
        let (mut other, near) = tokio::io::duplex(4);
        let mut near = StallGuard::new(near, Duration::from_millis(200), stopping);
        near.write_all(b"four").await.unwrap();
        other.read_exact(&mut [0; 4]).await.unwrap();
        let begun = Instant::now();
        let error = near.write_all(b"four and more").await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= Duration::from_millis(200));
    }

    #[tokio::test]
    async fn end_of_the_server_shortens_the_patience_with_a_stalled_write() {
        let (stop, stopping) = watch::channel(false);
        let (_other, near) = tokio::io::duplex(4);
        let mut near = StallGuard::new(near, LONG, stopping);
        stop.send_replace(true);
        let begun = Instant::now();
        near.write_all(b"four and more").await.unwrap_err();
        assert!(begun.elapsed() >= STALL_AT_STOP_MAX && begun.elapsed() < LONG / 2);
    }
}
