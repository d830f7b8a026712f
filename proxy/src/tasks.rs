//! Which process a task belongs to, where one runtime plays several: only a simulation has more than the one there is.
//!
//! Apart so that whoever spawns says one word, and a simulated process can be stopped and killed with everything that it
//! has under way, as the system does it: without a word to the code that runs.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

tokio::task_local! {
    static PROCESS: Arc<dyn Process>;
}

/// A process of a simulation.
pub trait Process: Send + Sync + 'static {
    /// Pending while it is stopped; wakes the task when that changes.
    fn poll_life(&self, context: &mut Context<'_>) -> Poll<Life>;
}

/// How a process stands that is not stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Runs,
    /// It has been killed: nothing of it goes on.
    Ended,
}

/// A task that stands and falls with the process of whoever spawns it.
pub(crate) fn ours<F>(future: F) -> impl Future<Output = F::Output> + Send + 'static
where
    F: Future + Send + 'static,
{
    let process = PROCESS.try_with(Arc::clone).ok();
    async move {
        match process {
            // The one process there is: it can't outlive itself.
            None => future.await,
            Some(process) => within(process, future).await,
        }
    }
}

/// Runs a future as a part of this process. One that is killed never ends.
pub fn within<F>(process: Arc<dyn Process>, future: F) -> impl Future<Output = F::Output> + Send + 'static
where
    F: Future + Send + 'static,
{
    let future = Some(Box::pin(PROCESS.scope(Arc::clone(&process), future)));
    Part { process, future }
}

/// Calls a function as a part of this process, so that what it spawns is one, too.
pub fn enter<T>(process: Arc<dyn Process>, function: impl FnOnce() -> T) -> T {
    PROCESS.sync_scope(process, function)
}

struct Part<F> {
    process: Arc<dyn Process>,
    /// None once the process is killed.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Part<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        match this.process.poll_life(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Life::Ended) => {
                this.future = None;
                Poll::Pending
            }
            Poll::Ready(Life::Runs) => match &mut this.future {
                Some(future) => future.as_mut().poll(context),
                None => Poll::Pending,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;

    /// None while it is stopped.
    struct Toy(watch::Sender<Option<Life>>, Mutex<Vec<std::task::Waker>>);

    impl Toy {
        fn set(&self, life: Option<Life>) {
            self.0.send_replace(life);
            self.1.lock().unwrap().drain(..).for_each(std::task::Waker::wake);
        }
    }

    impl Process for Toy {
        fn poll_life(&self, context: &mut Context<'_>) -> Poll<Life> {
            let life = *self.0.borrow();
            life.map_or_else(
                || {
                    self.1.lock().unwrap().push(context.waker().clone());
                    Poll::Pending
                },
                Poll::Ready,
            )
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_of_a_process_stop_and_end_with_it_and_those_that_they_spawn_too() {
        let toy = Arc::new(Toy(watch::Sender::new(Some(Life::Runs)), Mutex::default()));
        let steps = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&steps);
        enter(Arc::clone(&toy) as Arc<dyn Process>, || {
            tokio::spawn(ours(async move {
                let inner = ours(async move {
                    loop {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                });
                tokio::spawn(inner);
            }));
        });
        let after = async |seconds: u64| {
            tokio::time::sleep(Duration::from_millis(seconds * 1_000 + 1)).await;
            steps.load(Ordering::Relaxed)
        };
        assert_eq!(after(3).await, 3);
        toy.set(None);
        assert_eq!(after(5).await, 3, "stopped");
        toy.set(Some(Life::Runs));
        assert_eq!(after(2).await, 6, "the one whose time has come meanwhile, and two more");
        toy.set(Some(Life::Ended));
        assert_eq!(after(5).await, 6, "killed");
        assert_eq!(Arc::strong_count(&steps), 1, "and gone");
    }
}
