//! Work that goes on by itself when whoever waits for it goes away.
//!
//! Apart because nearly nobody goes away: a task for each submission would be made and woken for nothing.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::left_behind::LeftBehind;

/// A future that is ended by a task of its own where it is dropped before.
pub(super) struct GoesOn<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    left_behind: LeftBehind,
}

impl<T: Send + 'static> GoesOn<T> {
    pub(super) fn new(left_behind: &LeftBehind, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { work: Some(Box::pin(work)), left_behind: left_behind.clone() }
    }
}

impl<T: Send + 'static> Future for GoesOn<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Taken out meanwhile: what panics is not polled again.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for GoesOn<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(_)) = (self.work.take(), Handle::try_current()) {
            drop(self.left_behind.spawn(work));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn work_answers_whoever_waits_and_goes_on_when_nobody_does() {
        assert_eq!(GoesOn::new(&LeftBehind::default(), async { 7 }).await, 7);
        for waits in [true, false] {
            let (open, gate) = oneshot::channel::<()>();
            let (done, ended) = oneshot::channel();
            let work = GoesOn::new(&LeftBehind::default(), async move {
                gate.await.unwrap();
                done.send(()).unwrap();
            });
            let caller = tokio::spawn(work);
            yield_now().await;
            if !waits {
                caller.abort();
                yield_now().await;
            }
            open.send(()).unwrap();
            ended.await.unwrap();
        }
    }
}
