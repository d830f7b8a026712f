//! A future that hardly ever has anything to say, and is asked only once it has rung.
//!
//! Apart because a connection's task runs a few times for each request, and its end and the server's stop come once in its
//! life: asked each time, the two would cost as much as reading a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The future, and its bell.
pub(super) struct Seldom<F> {
    future: F,
    bell: Arc<Bell>,
    /// The bell as the future knows it.
    waker: Waker,
    /// Whom the bell wakes.
    sleeper: Option<Waker>,
}

struct Bell {
    rung: AtomicBool,
    sleeper: Mutex<Option<Waker>>,
}

impl<F: Future + Unpin> Seldom<F> {
    /// Asks it once at first, and then when it has rung.
    pub(super) fn new(future: F) -> Self {
        let bell = Arc::new(Bell { rung: AtomicBool::new(true), sleeper: Mutex::default() });
        let waker = Waker::from(Arc::clone(&bell));
        Self { future, bell, waker, sleeper: None }
    }
}

impl<F: Future + Unpin> Future for Seldom<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        if !this.sleeper.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            let waker = context.waker().clone();
            // Before the bell is looked at: what rings from here on wakes the right one.
            *this.bell.sleeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
            this.sleeper = Some(waker);
        }
        // Looked at before it is changed: the look alone takes nothing from other cores.
        if !this.bell.rung.load(Ordering::Acquire) || !this.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        Pin::new(&mut this.future).poll(&mut Context::from_waker(&this.waker))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let sleeper = self.sleeper.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicU32;

    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn future_is_asked_at_first_and_when_it_has_rung() {
        let (open, mut gate) = oneshot::channel::<u32>();
        let asked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&asked);
        let mut seldom = Seldom::new(poll_fn(move |context| {
            counted.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut gate).poll(context)
        }));
        for _ in 0..5 {
            let polled = poll_fn(|context| Poll::Ready(Pin::new(&mut seldom).poll(context))).await;
            assert!(polled.is_pending());
            yield_now().await;
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        open.send(7).unwrap();
        assert_eq!(seldom.await, Ok(7));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn bell_wakes_the_task_to_which_its_future_has_gone() {
        let (open, gate) = oneshot::channel::<u32>();
        let mut seldom = Seldom::new(gate);
        assert!(poll_fn(|context| Poll::Ready(Pin::new(&mut seldom).poll(context))).await.is_pending());
        let elsewhere = tokio::spawn(seldom);
        yield_now().await;
        open.send(7).unwrap();
        assert_eq!(elsewhere.await.unwrap(), Ok(7));
    }
}
