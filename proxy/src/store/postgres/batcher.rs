//! Accepts, many in one commit: what waits is gathered while the commit before is synced.
//!
//! Apart because here lies the promise behind every 2xx: no answer before the commit. One statement a lead would cost the
//! database six times as much.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::store::postgres::accept;
use crate::store::postgres::sessions::{Session, Sessions, WORK_LIMIT, is_broken, is_refused};
use crate::store::postgres::time::Time;
use crate::store::{Accepted, NewSubmission, Refusal, StoreError};

/// Most accepts in one commit.
const BATCH_MAX: usize = 256;
/// Most accepts that wait; who comes then waits to be let in.
const WAITING_MAX: usize = 1_024;
/// Longest wait of an accept to be let in.
const ACCEPT_PATIENCE: Duration = Duration::from_secs(2);
/// While one batch is being synced, another is made.
const BATCHERS: usize = 2;
/// So often a batch is tried that the server has refused to begin.
const TURNS_MAX: u32 = 3;

/// An accept that waits for its commit.
struct Job {
    submission: NewSubmission,
    answer: oneshot::Sender<Result<Accepted, StoreError>>,
}

/// Hands accepts to the batchers.
pub(super) struct Batcher {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    tasks: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Batcher {
    /// Starts the batchers, each with a connection of its own.
    pub(super) fn start(sessions: &Arc<Sessions>, time: &Time) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
        let under_way = watch::Sender::new(0);
        let batching = || Batching {
            sessions: Arc::clone(sessions),
            time: time.clone(),
            waiting: Arc::clone(&waiting),
            under_way: under_way.clone(),
            session: None,
        };
        let tasks = (0..BATCHERS).map(|_| tokio::spawn(batching().run())).collect();
        Self { jobs: Mutex::new(Some(jobs)), tasks: tokio::sync::Mutex::new(tasks) }
    }

    /// Writes a submission with whatever waits beside it; answers after the commit. It goes on when its caller goes away.
    pub(super) async fn accept(&self, submission: NewSubmission) -> Result<Accepted, StoreError> {
        let jobs =
            self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        // What is not yet handed over is safely refused: nobody waits for a store that hangs with their lead in memory.
        let place = timeout(ACCEPT_PATIENCE, jobs.reserve()).await;
        let place = place.map_err(|_| StoreError::Busy(sqlx::Error::PoolTimedOut))?;
        place.map_err(|_| StoreError::Closed)?.send(Job { submission, answer });
        answered.await.unwrap_or(Err(StoreError::NotCommitted))
    }

    /// Finishes what it has taken.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        for task in std::mem::take(&mut *self.tasks.lock().await) {
            if let Err(error) = task.await {
                tracing::error!(panic = error.is_panic(), "a batcher of the store did not end well");
            }
        }
    }
}

struct Batching {
    sessions: Arc<Sessions>,
    time: Time,
    waiting: Arc<tokio::sync::Mutex<mpsc::Receiver<Job>>>,
    /// How many accepts are being written, by all of them.
    under_way: watch::Sender<usize>,
    session: Option<Session>,
}

/// Counts a batch for as long as it is being written, whatever becomes of it.
struct Writing {
    under_way: watch::Sender<usize>,
    count: usize,
}

impl Writing {
    fn begin(under_way: &watch::Sender<usize>, count: usize) -> Self {
        under_way.send_modify(|all| *all += count);
        Self { under_way: under_way.clone(), count }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.under_way.send_modify(|all| *all = all.saturating_sub(self.count));
    }
}

impl Batching {
    async fn run(mut self) {
        loop {
            let batch = self.gather().await;
            if batch.is_empty() {
                return;
            }
            let writing = Writing::begin(&self.under_way, batch.len());
            self.write(batch).await;
            drop(writing);
        }
    }

    /// What waits, once it is as much as what is being written: a statement and a commit cost the database about as much for
    /// two leads as for ten. None once no more will come.
    async fn gather(&self) -> Vec<Job> {
        let mut under_way = self.under_way.subscribe();
        let mut batch = Vec::with_capacity(BATCH_MAX);
        // Held only while gathering: the other one gathers while this one writes.
        let mut waiting = self.waiting.lock().await;
        waiting.recv_many(&mut batch, BATCH_MAX).await;
        while batch.len() < (*under_way.borrow_and_update()).min(BATCH_MAX) {
            let room = BATCH_MAX - batch.len();
            tokio::select! {
                came = waiting.recv_many(&mut batch, room) => if came == 0 { break },
                _ = under_way.changed() => {}
            }
        }
        batch
    }

    async fn write(&mut self, batch: Vec<Job>) {
        let (submissions, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|job| (job.submission, job.answer)).unzip();
        let mut turn = 1;
        let written = loop {
            match self.try_write(&submissions).await {
                Err(error) if turn < TURNS_MAX && is_refused(&error) => turn += 1,
                written => break written,
            }
        };
        match written {
            Ok(accepted) => {
                for (answer, accepted) in answers.into_iter().zip(accepted) {
                    // A caller that went away needs no answer.
                    answer.send(accepted).ok();
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store could not commit");
                for answer in answers {
                    answer.send(Err(same_for_all(&error))).ok();
                }
            }
        }
    }

    /// Writes the batch; one that failed takes its connection with it.
    async fn try_write(
        &mut self,
        submissions: &[NewSubmission],
    ) -> Result<Vec<Result<Accepted, StoreError>>, StoreError> {
        let mut session = self.sessions.good_or_new(self.session.take()).await?;
        let writing = accept::accept_all(&mut session.connection, submissions, &self.time);
        let written = timeout(WORK_LIMIT, writing).await.unwrap_or(Err(StoreError::NotCommitted));
        match &written {
            Ok(_) => self.session = Some(session.used_now()),
            Err(error) if is_broken(error) => self.sessions.broke(),
            Err(_) => {}
        }
        written
    }
}

/// An error can't be copied; what callers act on is its kind.
fn same_for_all(error: &StoreError) -> StoreError {
    match error {
        StoreError::Busy(_) => StoreError::Busy(sqlx::Error::PoolTimedOut),
        StoreError::Refused(refusal) => {
            let (found, remedy) = (refusal.found.clone(), refusal.remedy.clone());
            StoreError::Refused(Refusal { found, remedy })
        }
        StoreError::Hindered(hindrance) => StoreError::Hindered(*hindrance),
        StoreError::Closed => StoreError::Closed,
        StoreError::Corrupt(column) => StoreError::Corrupt(column),
        StoreError::NotCommitted | StoreError::Database(_) => StoreError::NotCommitted,
    }
}
