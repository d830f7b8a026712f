//! The one writer: takes what waits into one transaction, commits once, and only then answers.
//!
//! Apart because here lies the promise behind every 2xx: no answer before the sync. It has a thread of its own, on which leads
//! are written by direct calls of SQLite: a batch of them takes one way there and one back. Other jobs come after them, in a
//! transaction of their own on a connection of sqlx, each with a savepoint, so that one that fails takes no other with it.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::clock::Timestamp;
use crate::crash;
use crate::store::sqlite::direct::direct_error;
use crate::store::sqlite::files::StoreFiles;
use crate::store::sqlite::hindrance::{InTheWay, hindrance_of};
use crate::store::sqlite::insert::Arrival;
use crate::store::sqlite::lock::StoreLock;
use crate::store::sqlite::seen::Seen;
use crate::store::sqlite::{accept, open, store_error};
use crate::store::{Accepted, Hindrance, NewSubmission, Refusal, StoreError};

/// Most jobs in one transaction.
const BATCH_MAX: usize = 256;
/// Most jobs that wait; who comes then waits to be let in.
const WAITING_MAX: usize = 1_024;
/// Longest wait of an accept to be let in.
const ACCEPT_PATIENCE: Duration = Duration::from_secs(2);

/// A future that borrows the connection.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;
type Run = Box<
    dyn for<'c> FnOnce(&'c mut SqliteConnection) -> Pin<Box<dyn Future<Output = Done> + Send + 'c>> + Send,
>;

/// What the writer is asked to do.
enum Job {
    /// Written together with all others of the batch.
    Accept(Box<Arrival>, oneshot::Sender<Result<Accepted, StoreError>>),
    /// Anything else, one after the other.
    Run(Run),
}

/// A job that has run inside the transaction: whether its changes stay, and whom to answer when they are synced.
struct Done {
    keep: bool,
    hindrance: Option<Hindrance>,
    answer: Answer,
}

type Answer = Box<dyn FnOnce(bool) + Send>;

/// The connection for leads, and what belongs to it.
pub(super) struct Leads {
    pub(super) connection: Connection,
    pub(super) seen: Seen,
}

/// Hands jobs to the writer.
pub(super) struct Writer {
    in_the_way: Arc<InTheWay>,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    /// Rings when the thread has closed everything.
    ended: tokio::sync::Mutex<Option<oneshot::Receiver<()>>>,
}

impl Writer {
    /// Starts the writer on its connections. The lock is given up when they are closed.
    pub(super) fn start(
        path: PathBuf,
        leads: Leads,
        jobs: SqliteConnection,
        lock: StoreLock,
        files: StoreFiles,
    ) -> Result<Self, StoreError> {
        let (sender, waiting) = mpsc::channel(WAITING_MAX);
        let (end, ended) = oneshot::channel();
        let in_the_way = Arc::<InTheWay>::default();
        let writing = Writing {
            path,
            leads: Some(leads),
            jobs: Some(jobs),
            files,
            in_the_way: Arc::clone(&in_the_way),
            runtime: Handle::current(),
        };
        let thread = thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            run(writing, waiting, lock);
            end.send(()).ok();
        });
        thread.map_err(|error| {
            let found = format!("the store's writer can't have a thread ({})", error.kind());
            let remedy = "allow this user more threads, or free some memory".to_owned();
            StoreError::Refused(Refusal { found, remedy })
        })?;
        let ended = tokio::sync::Mutex::new(Some(ended));
        Ok(Self { in_the_way, jobs: Mutex::new(Some(sender)), ended })
    }

    /// Runs work inside a transaction and answers when that is synced. The work goes on when its caller goes away.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        let run: Run = Box::new(move |connection| {
            let work = work(connection);
            Box::pin(async move {
                let result = work.await;
                let hindrance = result.as_ref().err().and_then(hindrance_of);
                Done { keep: result.is_ok(), hindrance, answer: answer_with(sender, result) }
            })
        });
        self.give(Job::Run(run), answer).await
    }

    /// Writes a submission with all others that wait, and answers when that is synced. It goes on when its caller goes away.
    pub(super) async fn accept(
        &self,
        submission: NewSubmission,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let (sender, answer) = oneshot::channel();
        let jobs = self.jobs()?;
        // What is not yet handed over is safely refused: nobody waits for a store that hangs with their lead in memory.
        let place = timeout(ACCEPT_PATIENCE, jobs.reserve()).await;
        let place = place.map_err(|_| StoreError::Busy(sqlx::Error::PoolTimedOut))?;
        let place = place.map_err(|_| StoreError::Closed)?;
        place.send(Job::Accept(Box::new((submission, now)), sender));
        self.answered(answer).await
    }

    async fn give<T>(
        &self,
        job: Job,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.jobs()?.send(job).await.map_err(|_| StoreError::Closed)?;
        self.answered(answer).await
    }

    /// One that is dropped without an answer: its transaction never began, or broke off before its turn.
    async fn answered<T>(&self, answer: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
        match answer.await.unwrap_or(Err(StoreError::NotCommitted)) {
            Err(StoreError::NotCommitted) => Err(self.in_the_way.error()),
            answer => answer,
        }
    }

    /// Whether the file was found damaged.
    pub(super) fn sound(&self) -> Result<(), StoreError> {
        if self.in_the_way.is_damage() { Err(self.in_the_way.error()) } else { Ok(()) }
    }

    fn jobs(&self) -> Result<mpsc::Sender<Job>, StoreError> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)
    }

    /// Finishes what it has taken, then closes the connection.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(ended) = self.ended.lock().await.take()
            && ended.await.is_err()
        {
            tracing::error!("the store's writer did not end well");
        }
    }
}

/// What a caller hears once it is known whether the commit is synced.
fn answer_with<T: Send + 'static>(
    sender: oneshot::Sender<Result<T, StoreError>>,
    result: Result<T, StoreError>,
) -> Answer {
    Box::new(move |is_kept| tell(sender, result, is_kept))
}

/// Tells a caller what became of his job.
fn tell<T>(sender: oneshot::Sender<Result<T, StoreError>>, result: Result<T, StoreError>, is_kept: bool) {
    let result = result.and_then(|value| if is_kept { Ok(value) } else { Err(StoreError::NotCommitted) });
    // A caller that went away needs no answer.
    sender.send(result).ok();
}

/// What the writer's thread has. Its two connections take turns: it is never in a transaction on both.
struct Writing {
    path: PathBuf,
    leads: Option<Leads>,
    jobs: Option<SqliteConnection>,
    files: StoreFiles,
    in_the_way: Arc<InTheWay>,
    /// Drives the jobs, which are written for sqlx.
    runtime: Handle,
}

fn run(mut writing: Writing, mut waiting: mpsc::Receiver<Job>, mut lock: StoreLock) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        writing.write_batch(&mut batch);
    }
    // Noted before it is done: closing takes the log away, and a process that is killed between the two must not
    // look as if it had lost its newest leads. Where files are gone, the next start shall look for them; and for the log,
    // where nobody closes it: a commit has failed and no other came.
    let is_open = writing.leads.is_some() || writing.jobs.is_some();
    if is_open && writing.files.are_ours() {
        lock.mark_closed();
    }
    crash::point("stop.marked");
    if let Some(leads) = writing.leads
        && let Err((_, error)) = leads.connection.close()
    {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the store's log is left for the next start"
        );
    }
    if let Some(jobs) = writing.jobs
        && let Err(error) = writing.runtime.block_on(jobs.close())
    {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the store's log is left for the next start"
        );
    }
}

impl Writing {
    /// Jobs that are not even tried are dropped, and their callers told so.
    fn write_batch(&mut self, batch: &mut Vec<Job>) {
        let (mut arrivals, mut senders, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for job in batch.drain(..) {
            match job {
                Job::Accept(arrival, sender) => {
                    arrivals.push(*arrival);
                    senders.push(sender);
                }
                Job::Run(run) => runs.push(run),
            }
        }
        if !arrivals.is_empty() && self.may_write() && !self.in_the_way.is_damage() {
            let written = self.write_leads(&arrivals);
            let (accepted, outcome) = match written {
                Ok(accepted) => (accepted, Ok(None)),
                Err(error) => (Vec::new(), Err(error)),
            };
            let is_kept = self.settle(outcome);
            for (sender, accepted) in senders.into_iter().zip(accepted) {
                tell(sender, accepted, is_kept);
            }
            // Whatever is in the way, the jobs would only wait for it once more, and whoever comes next for them.
            if !is_kept {
                return;
            }
        }
        if !runs.is_empty() && self.may_write() {
            let mut answers = Vec::with_capacity(runs.len());
            let outcome = self.write_jobs(runs, &mut answers);
            let is_kept = self.settle(outcome);
            for answer in answers {
                answer(is_kept);
            }
        }
    }

    /// Whether the files are ours. The connections are kept where not: they alone still hold a file that was removed, and the
    /// file may come back.
    fn may_write(&mut self) -> bool {
        let are_ours = self.files.are_ours();
        if !are_ours {
            self.in_the_way.note(Some(Hindrance::FileGone));
        }
        are_ours
    }

    /// Whether what a transaction wrote is kept.
    fn settle(&mut self, outcome: Result<Option<Hindrance>, StoreError>) -> bool {
        match outcome {
            // Asked again, for a commit into a file that is gone by now is lost.
            Ok(hindrance) => {
                let are_ours = self.files.are_ours();
                self.in_the_way.note(if are_ours { hindrance } else { Some(Hindrance::FileGone) });
                are_ours
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store could not commit");
                self.in_the_way.note(hindrance_of(&error));
                // After a failed sync nobody knows what the file holds: new connections read it afresh.
                self.leads = None;
                if let Some(jobs) = self.jobs.take() {
                    self.runtime.block_on(jobs.close_hard()).ok();
                }
                self.files.forget_log();
                false
            }
        }
    }

    /// Writes leads and commits them.
    fn write_leads(&mut self, arrivals: &[Arrival]) -> Result<Vec<Result<Accepted, StoreError>>, StoreError> {
        let Leads { connection, seen } = match &mut self.leads {
            Some(leads) => leads,
            empty => empty.insert(open::connect_leads(&self.path)?),
        };
        connection.execute_batch("BEGIN IMMEDIATE").map_err(direct_error)?;
        self.files.note_log();
        let accepted = accept::accept_all(connection, seen, arrivals)?;
        seen.bring(connection, arrivals.len())?;
        commit(|| connection.execute_batch("COMMIT").map_err(direct_error))?;
        Ok(accepted)
    }

    /// Runs other jobs and commits them. Answers what a job that failed alone says of the disk and the file.
    fn write_jobs(
        &mut self,
        runs: Vec<Run>,
        answers: &mut Vec<Answer>,
    ) -> Result<Option<Hindrance>, StoreError> {
        let runtime = &self.runtime;
        let connection = match &mut self.jobs {
            Some(connection) => connection,
            empty => empty.insert(runtime.block_on(open::connect(&self.path))?),
        };
        runtime.block_on(connection.execute("BEGIN IMMEDIATE")).map_err(store_error)?;
        self.files.note_log();
        let hindrance = runtime.block_on(run_jobs(connection, runs, answers))?;
        commit(|| runtime.block_on(connection.execute("COMMIT")).map(drop).map_err(store_error))?;
        Ok(hindrance)
    }
}

async fn run_jobs(
    connection: &mut SqliteConnection,
    runs: Vec<Run>,
    answers: &mut Vec<Answer>,
) -> Result<Option<Hindrance>, StoreError> {
    let mut hindrance = None;
    for run in runs {
        connection.execute("SAVEPOINT job").await.map_err(store_error)?;
        let done = run(connection).await;
        answers.push(done.answer);
        hindrance = hindrance.or(done.hindrance);
        if !done.keep {
            connection.execute("ROLLBACK TO job").await.map_err(store_error)?;
        }
        connection.execute("RELEASE job").await.map_err(store_error)?;
    }
    Ok(hindrance)
}

/// Commits, on whichever connection.
fn commit(commit: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
    crash::point("commit.before");
    commit()?;
    crash::point("commit.after");
    Ok(())
}

#[cfg(test)]
mod tests;
