//! How a request leaves when a crash is wanted in the middle of it: its body by halves, its end looked for.
//!
//! Apart because nothing of it happens otherwise: without an armed crash point a body leaves whole and nobody looks.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;

use crate::crash;
use crate::transport::Departure;

/// How often it is looked whether the body has left.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// How far a body has come that leaves by halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Halves {
    /// Nothing has left, or the body leaves whole.
    #[default]
    None,
    /// The first half was handed over.
    Given,
    /// And was brought on its way.
    Left,
}

impl Halves {
    /// The next piece of a body, which is nothing but the rest of it where no crash is wanted.
    pub(super) fn take(&mut self, bytes: &mut Option<Bytes>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match (*self, bytes.as_mut()) {
            (Self::None, Some(whole)) if crash::is_armed("send.half") => {
                *self = Self::Given;
                return Poll::Ready(Some(whole.split_to(whole.len() / 2)));
            }
            (Self::Given, _) => {
                // The connection writes what it has as soon as it gets no more.
                *self = Self::Left;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            (Self::Left, _) => crash::point("send.half"),
            (Self::None, _) => {}
        }
        Poll::Ready(bytes.take())
    }
}

/// Sends, and answers the head of the answer.
pub(super) async fn send(
    request: reqwest::RequestBuilder,
    departure: &Departure,
) -> Result<reqwest::Response, reqwest::Error> {
    let mut sending = std::pin::pin!(request.send());
    let early =
        if crash::is_armed("send.whole") { until_left(sending.as_mut(), departure).await } else { None };
    crash::point("send.whole");
    match early {
        Some(answer) => answer,
        None => sending.await,
    }
}

/// Waits until the body has left; an answer that is there by then is handed on.
async fn until_left<T>(mut sending: Pin<&mut impl Future<Output = T>>, departure: &Departure) -> Option<T> {
    loop {
        tokio::select! {
            answer = sending.as_mut() => return Some(answer),
            () = tokio::time::sleep(LOOK_AGAIN) => {
                if departure.has_left() {
                    return None;
                }
            }
        }
    }
}
