//! A request body that notices when it is first asked for, and does not leave without a permit.
//!
//! Apart because the answer to "did a byte of the lead leave?" rests on these few lines: the HTTP library asks for the
//! body only when the connection stands and the head is being written.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::transport::Permit;

/// A body of known length, sent whole.
pub(crate) struct WatchedBody {
    bytes: Option<Bytes>,
    left: Left,
    permit: Option<Permit>,
}

/// The right to send has run out before the first byte left.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the right to send has run out")]
pub(crate) struct NotPermitted;

/// Whether a body has been asked for.
#[derive(Clone, Default)]
pub(crate) struct Left(Arc<AtomicBool>);

impl Left {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl WatchedBody {
    pub(crate) fn new(bytes: Bytes, permit: Option<Permit>) -> (Self, Left) {
        let left = Left::default();
        (Self { bytes: Some(bytes).filter(|bytes| !bytes.is_empty()), left: left.clone(), permit }, left)
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = NotPermitted;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NotPermitted>>> {
        let this = self.get_mut();
        if this.permit.take().is_some_and(|permit| !permit.is_good()) {
            return Poll::Ready(Some(Err(NotPermitted)));
        }
        this.left.0.store(true, Ordering::Release);
        Poll::Ready(this.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(
            self.bytes.as_ref().map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
        )
    }
}
