//! The one writer: takes every waiting job into one transaction, commits once, and only then answers.
//!
//! Apart because here lies the promise behind every 2xx: no answer before the sync. Each job has a savepoint of its own,
//! so that one that fails takes no other with it.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::{Connection, Executor, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::clock::Timestamp;
use crate::crash;
use crate::store::sqlite::files::StoreFiles;
use crate::store::sqlite::hindrance::{InTheWay, hindrance_of};
use crate::store::sqlite::insert::Arrival;
use crate::store::sqlite::lock::StoreLock;
use crate::store::sqlite::persons::Persons;
use crate::store::sqlite::{accept, open, store_error};
use crate::store::{Accepted, Hindrance, NewSubmission, StoreError};

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

/// The writer's connection, and what belongs to it.
pub(super) struct WriterConnection {
    pub(super) connection: SqliteConnection,
    pub(super) persons: Persons,
}

/// Hands jobs to the writer.
pub(super) struct Writer {
    in_the_way: Arc<InTheWay>,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the writer on its connection. The lock is given up when the connection is closed.
    pub(super) fn start(
        path: PathBuf,
        connection: WriterConnection,
        lock: StoreLock,
        files: StoreFiles,
    ) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let in_the_way = Arc::<InTheWay>::default();
        let writing =
            Writing { path, connection: Some(connection), files, in_the_way: Arc::clone(&in_the_way) };
        let task = tokio::spawn(run(writing, waiting, lock));
        Self { in_the_way, jobs: Mutex::new(Some(jobs)), task: tokio::sync::Mutex::new(Some(task)) }
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
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(panic = error.is_panic(), "the store's writer did not end well");
        }
    }
}

/// What a caller hears once it is known whether the commit is synced.
fn answer_with<T: Send + 'static>(
    sender: oneshot::Sender<Result<T, StoreError>>,
    result: Result<T, StoreError>,
) -> Answer {
    Box::new(move |committed| {
        let result =
            result.and_then(|value| if committed { Ok(value) } else { Err(StoreError::NotCommitted) });
        // A caller that went away needs no answer.
        sender.send(result).ok();
    })
}

struct Writing {
    path: PathBuf,
    connection: Option<WriterConnection>,
    files: StoreFiles,
    in_the_way: Arc<InTheWay>,
}

async fn run(mut writing: Writing, mut waiting: mpsc::Receiver<Job>, mut lock: StoreLock) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
        writing.write_batch(&mut batch).await;
    }
    if let Some(WriterConnection { connection, .. }) = writing.connection {
        // Noted before it is done: closing takes the log away, and a process that is killed between the two must not
        // look as if it had lost its newest leads. Where files are gone, the next start shall look for them.
        if writing.files.are_ours() {
            lock.mark_closed();
        }
        crash::point("stop.marked");
        if let Err(error) = connection.close().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the store's log is left for the next start"
            );
        }
    }
}

impl Writing {
    async fn write_batch(&mut self, batch: &mut Vec<Job>) {
        // The connection is kept meanwhile: it alone still holds a file that was removed, and the file may come back.
        if !self.files.are_ours() {
            self.in_the_way.note(Some(Hindrance::FileGone));
            batch.clear();
            return;
        }
        if self.in_the_way.is_damage() {
            batch.retain(|job| !matches!(job, Job::Accept(..)));
        }
        let mut answers = Vec::with_capacity(batch.len());
        let committed = match self.commit(batch, &mut answers).await {
            // Asked again, for a commit into a file that is gone by now is lost.
            Ok(hindrance) => {
                let are_ours = self.files.are_ours();
                self.in_the_way.note(if are_ours { hindrance } else { Some(Hindrance::FileGone) });
                are_ours
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store could not commit");
                self.in_the_way.note(hindrance_of(&error));
                // After a failed sync nobody knows what the file holds: a new connection reads it afresh.
                if let Some(writer) = self.connection.take() {
                    writer.connection.close_hard().await.ok();
                    self.files.forget_log();
                }
                false
            }
        };
        for answer in answers {
            answer(committed);
        }
        // Those that were not even tried are dropped, and their callers told so.
        batch.clear();
    }

    /// What a job that failed alone says of the disk and the file.
    async fn commit(
        &mut self,
        batch: &mut Vec<Job>,
        answers: &mut Vec<Answer>,
    ) -> Result<Option<Hindrance>, StoreError> {
        let mut hindrance = None;
        let WriterConnection { connection, persons } = match &mut self.connection {
            Some(connection) => connection,
            empty => empty.insert(open::connect_writer(&self.path).await?),
        };
        connection.execute("BEGIN IMMEDIATE").await.map_err(store_error)?;
        self.files.note_log();
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
        if !arrivals.is_empty() {
            let accepted = accept::accept_all(connection, persons, &arrivals).await?;
            let answered = senders.into_iter().zip(accepted);
            answers.extend(answered.map(|(sender, accepted)| answer_with(sender, accepted)));
        }
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
        persons.bring(connection, arrivals.len()).await?;
        crash::point("commit.before");
        connection.execute("COMMIT").await.map_err(store_error)?;
        crash::point("commit.after");
        Ok(hindrance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::{SqliteStore, StoreConfig};

    const ACCOUNT: &str = "INSERT INTO account_gates (account, flow_us, wait_until) VALUES (?, 0, 0)";

    async fn accounts(store: &SqliteStore) -> Vec<String> {
        let rows: Vec<(String,)> = sqlx::query_as("SELECT account FROM account_gates ORDER BY account")
            .fetch_all(&store.readers)
            .await
            .unwrap();
        rows.into_iter().map(|(account,)| account).collect()
    }

    async fn store(dir: &std::path::Path) -> SqliteStore {
        SqliteStore::open(&StoreConfig { path: dir.join("store.db") }, Clock::system()).await.unwrap()
    }

    /// What a test's job does after it has written its row.
    #[derive(Clone, Copy, PartialEq)]
    enum End {
        Well,
        Fails,
        BreaksTheCommit,
    }

    async fn pause(
        connection: &mut SqliteConnection,
        account: &'static str,
        end: End,
    ) -> Result<(), StoreError> {
        sqlx::query(ACCOUNT).bind(account).execute(&mut *connection).await.map_err(store_error)?;
        if end == End::BreaksTheCommit {
            // A missing parent that is looked for only at the end, as a full disk or a failed sync shows only then.
            let broken = "PRAGMA defer_foreign_keys = ON; INSERT INTO attempts (delivery, number, state, request_digest, \
                          started_at) VALUES (999, 1, 'sending', '', 0)";
            connection.execute(broken).await.map_err(store_error)?;
        }
        if end == End::Fails { Err(StoreError::Corrupt("test")) } else { Ok(()) }
    }

    /// Writes these in one transaction and answers what each caller heard, and which rows are kept.
    async fn write_together(ends: [(&'static str, End); 3]) -> (Vec<bool>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path()).await;
        let (open, gate) = oneshot::channel::<()>();
        let blocked = store.writer.write(move |_| {
            Box::pin(async {
                gate.await.unwrap();
                Ok(())
            })
        });
        let jobs =
            ends.map(|(account, end)| store.writer.write(move |conn| Box::pin(pause(conn, account, end))));
        let [first, second, third] = jobs;
        // Polled in this order: the three wait in the channel while the gate keeps the writer busy.
        let opened = async {
            tokio::task::yield_now().await;
            open.send(()).unwrap();
        };
        let (_, first, second, third, ()) = tokio::join!(blocked, first, second, third, opened);
        let heard = [first, second, third].iter().map(Result::is_ok).collect();
        let next = store.writer.write(|conn| Box::pin(pause(conn, "next", End::Well))).await;
        assert!(next.is_ok(), "the writer goes on");
        let kept = accounts(&store).await;
        (heard, kept)
    }

    #[tokio::test]
    async fn failed_commit_is_told_to_every_caller_and_nothing_of_it_is_kept() {
        let ends = [("a", End::Well), ("b", End::BreaksTheCommit), ("c", End::Well)];
        assert_eq!(write_together(ends).await, (vec![false, false, false], vec!["next".to_owned()]));
    }

    #[tokio::test]
    async fn failed_job_takes_no_other_with_it() {
        let ends = [("a", End::Well), ("b", End::Fails), ("c", End::Well)];
        let kept = ["a", "c", "next"].map(str::to_owned).to_vec();
        assert_eq!(write_together(ends).await, (vec![true, false, true], kept));
    }

    #[tokio::test]
    async fn work_goes_on_when_its_caller_goes_away() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path()).await;
        let (open, gate) = oneshot::channel::<()>();
        let work = store.writer.write(move |conn| {
            Box::pin(async move {
                gate.await.unwrap();
                pause(conn, "a", End::Well).await
            })
        });
        assert!(
            tokio::time::timeout(std::time::Duration::from_millis(50), work).await.is_err(),
            "it is behind the gate"
        );
        open.send(()).unwrap();
        store.writer.write(|_| Box::pin(async { Ok(()) })).await.unwrap();
        assert_eq!(accounts(&store).await, ["a"]);
    }
}
