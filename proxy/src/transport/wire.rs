//! What carries a request to a partner and its answer back: the network, or what a simulation puts in its place.
//!
//! Apart so that everything above it, deadlines, permits and the question whether a byte left, is the same code over both.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use crate::transport::{Permit, TransportErrorKind};

/// Carries one request at a time for whoever asks.
#[async_trait]
pub trait Wire: Send + Sync + 'static {
    /// Sends the request and reads the complete answer. Asks `departure` at the moment when the body's first byte is about to
    /// leave, and sends none of it where that refuses.
    async fn carry(
        &self,
        request: http::Request<Bytes>,
        departure: Departure,
    ) -> Result<http::Response<Bytes>, TransportErrorKind>;
}

/// The right of one body to leave, and whether it has begun to.
#[derive(Clone, Debug)]
pub struct Departure {
    left: Arc<AtomicBool>,
    permit: Option<Permit>,
}

/// The right to send has run out before the first byte left.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the right to send has run out")]
pub struct NotPermitted;

impl Departure {
    pub(super) fn new(permit: Option<Permit>) -> Self {
        Self { left: Arc::default(), permit }
    }

    /// The first byte leaves now. Asked again after that it says the same.
    ///
    /// # Errors
    /// When the permit is no longer good: nothing may leave.
    pub fn begin(&self) -> Result<(), NotPermitted> {
        if self.has_left() {
            return Ok(());
        }
        if self.permit.as_ref().is_some_and(|permit| !permit.is_good()) {
            return Err(NotPermitted);
        }
        self.left.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether a byte of the body has left.
    pub fn has_left(&self) -> bool {
        self.left.load(Ordering::Acquire)
    }
}
