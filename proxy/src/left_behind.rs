//! Work that goes on when whoever asked for it goes away, and that a stop waits for.
//!
//! Apart because a task that nobody holds is cut off in the middle when the process ends.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::tasks;

/// All of it.
#[derive(Clone, Default)]
pub(crate) struct LeftBehind(TaskTracker);

impl LeftBehind {
    /// Gives work a task of its own. Only inside a runtime.
    pub(crate) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn(tasks::ours(work))
    }

    /// Waits until all of it has ended, so long at most.
    pub(crate) async fn finish(&self, limit: Duration) {
        self.0.close();
        if timeout(limit, self.0.wait()).await.is_err() {
            tracing::warn!(cut_off = self.0.len(), "work of visitors who had gone away was cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stop_waits_for_what_goes_on_but_not_for_ever() {
        let (left, done) = (LeftBehind::default(), Arc::new(AtomicBool::new(false)));
        let work = Arc::clone(&done);
        drop(left.spawn(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            work.store(true, Ordering::Relaxed);
        }));
        left.finish(Duration::from_secs(30)).await;
        assert!(done.load(Ordering::Relaxed));

        let (_held, never) = oneshot::channel::<()>();
        drop(left.spawn(never));
        left.finish(Duration::from_secs(30)).await;
    }
}
