//! A request body that notices when it is first asked for, and does not leave without a permit.
//!
//! Apart because the answer to "did a byte of the lead leave?" rests on these few lines: the HTTP library asks for the
//! body only when the connection stands and the head is being written.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::crash;
use crate::transport::halves::Halves;
use crate::transport::{Departure, NotPermitted};

/// A body of known length, sent whole.
pub(super) struct WatchedBody {
    bytes: Option<Bytes>,
    departure: Departure,
    halves: Halves,
}

impl WatchedBody {
    pub(super) fn new(bytes: Bytes, departure: Departure) -> Self {
        Self { bytes: Some(bytes).filter(|bytes| !bytes.is_empty()), departure, halves: Halves::default() }
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = NotPermitted;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NotPermitted>>> {
        let this = self.get_mut();
        if !this.departure.has_left() {
            crash::point("send.first_byte");
        }
        if let Err(refused) = this.departure.begin() {
            return Poll::Ready(Some(Err(refused)));
        }
        this.halves.take(&mut this.bytes, cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
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
