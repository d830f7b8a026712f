//! A TCP stream that a handler can break: reset it, or end it in the middle of an answer.
//!
//! Apart because HTTP libraries are built to end connections well, and a partner's worst answers are the broken ones.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

// The orders; 0 is none.
const RESET: u8 = 1;
const END_AFTER_FLUSH: u8 = 2;

/// Orders what becomes of one connection; every request carries the cutter of its own.
#[derive(Clone, Default)]
pub(crate) struct Cutter(Arc<AtomicU8>);

impl Cutter {
    /// Lets no further byte out: what the handler answers next becomes a TCP RST.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::Release);
    }

    /// Lets out what the handler has written so far, then ends the connection (FIN) without the rest.
    pub(crate) fn end_after_flush(&self) {
        self.0.store(END_AFTER_FLUSH, Ordering::Release);
    }

    fn order(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }
}

/// The stream under the HTTP connection: obeys its [`Cutter`].
pub(crate) struct CuttableStream {
    stream: TcpStream,
    cutter: Cutter,
    wrote_after_order: bool,
}

impl CuttableStream {
    pub(crate) fn new(stream: TcpStream, cutter: Cutter) -> Self {
        Self { stream, cutter, wrote_after_order: false }
    }

    /// Fails when a reset is ordered. The connection above then drops the stream, which SO_LINGER 0 turns into a RST.
    fn check_reset(&self) -> io::Result<()> {
        if self.cutter.order() != RESET {
            return Ok(());
        }
        self.stream.set_zero_linger()?;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset on purpose"))
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check_reset()?;
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, buf))?;
        this.wrote_after_order |= this.cutter.order() == END_AFTER_FLUSH;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check_reset()?;
        ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
        if this.wrote_after_order {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, "ended on purpose")));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check_reset()?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}
