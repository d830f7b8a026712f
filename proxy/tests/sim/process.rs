//! A simulated process: runs, is stopped and continued as by signals, and is killed.
//!
//! Apart because the store and the wire of a world ask it, too: what has left a process before its end goes on without it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use lead_proxy::tasks::{Life, Process};

/// One life of one replica.
#[derive(Default)]
pub struct Body(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    state: State,
    asleep: Vec<Waker>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Runs,
    Stopped,
    Killed,
}

impl Body {
    fn set(&self, state: State) {
        let asleep = {
            let mut inner = self.inner();
            if inner.state != State::Killed {
                inner.state = state;
            }
            std::mem::take(&mut inner.asleep)
        };
        asleep.into_iter().for_each(Waker::wake);
    }

    /// Stops it, as SIGSTOP does.
    pub fn stop(&self) {
        self.set(State::Stopped);
    }

    /// Lets it go on, as SIGCONT does.
    pub fn go_on(&self) {
        self.set(State::Runs);
    }

    /// Ends it at once, as SIGKILL does.
    pub fn kill(&self) {
        self.set(State::Killed);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process for Body {
    fn poll_life(&self, context: &mut Context<'_>) -> Poll<Life> {
        let mut inner = self.inner();
        match inner.state {
            State::Runs => Poll::Ready(Life::Runs),
            State::Killed => Poll::Ready(Life::Ended),
            State::Stopped => {
                inner.asleep.push(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
