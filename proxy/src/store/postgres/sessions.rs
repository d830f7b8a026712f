//! Connections to the database: each one checked before it is used, none used after it broke, nothing without a deadline.
//!
//! Apart because a database goes away in many ways (restarted, replaced, cut off, silent), and all of them shall cost the
//! work that was under way and nothing else. Small and our own, since what matters here is what is thrown away, and when.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use crate::store::StoreError;
use crate::store::postgres::{guard, store_error};

/// Most connections for everything but accepts, which have their own.
const SESSIONS_MAX: usize = 8;
/// Most of them for what visitors ask: however many ask, the worker finds one for what it must write in time.
const VISITORS_MAX: usize = SESSIONS_MAX / 2;
/// How long work waits for a connection to be free.
const FREE_LIMIT: Duration = Duration::from_secs(3);
/// How long a new connection may take, name and handshake included.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// What the server itself keeps to: a statement, a wait for a lock, a transaction that we have left alone. And how much one
/// transaction sees of another: who has waited for a lock must see what its holder has written, whatever the server's
/// own setting is. And that it finds rows by an index: a plan is kept with its statement, so one that was made while a table
/// was small would look through all of it still when it has grown to a hundred thousand rows within a minute. No statement
/// of ours runs for so long that compiling it would pay.
const LIMITS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '3s'; \
                      SET idle_in_transaction_session_timeout = '10s'; SET enable_seqscan = off; SET jit = off; \
                      SET default_transaction_isolation = 'read committed'";
/// How long one piece of work may take, where the server does not answer at all.
pub(super) const WORK_LIMIT: Duration = Duration::from_secs(8);
/// A connection that has rested so long is asked whether it still is one.
const REST_MAX: Duration = Duration::from_secs(1);
/// A connection that is so old is closed, so that a change of the server's settings is seen.
const AGE_MAX: Duration = Duration::from_secs(1_800);
/// So often work is begun that the server has refused to begin.
const TURNS_MAX: u32 = 3;

/// A future that borrows the connection and what the work is about.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

/// The connections of one store.
pub(super) struct Sessions {
    options: PgConnectOptions,
    free: Arc<Semaphore>,
    visitors: Arc<Semaphore>,
    resting: Mutex<Vec<Session>>,
    /// Raised when a connection broke: those that are older have most likely broken with it.
    epoch: AtomicU64,
}

/// A connection, and what tells whether it is still good.
pub(super) struct Session {
    pub(super) connection: PgConnection,
    epoch: u64,
    opened: Instant,
    used: Instant,
}

impl Session {
    /// Notes that it has just answered.
    pub(super) fn used_now(mut self) -> Self {
        self.used = Instant::now();
        self
    }
}

impl Sessions {
    pub(super) fn new(options: PgConnectOptions) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(SESSIONS_MAX));
        let visitors = Arc::new(Semaphore::new(VISITORS_MAX));
        Arc::new(Self { options, free, visitors, resting: Mutex::default(), epoch: AtomicU64::new(0) })
    }

    /// Opens a connection and checks what it leads to.
    pub(super) async fn open(&self) -> Result<Session, StoreError> {
        let epoch = self.epoch.load(Ordering::Relaxed);
        let connected = async {
            let mut connection = self.options.connect().await.map_err(store_error)?;
            connection.execute(LIMITS).await.map_err(store_error)?;
            guard::check(&mut connection).await?;
            Ok(connection)
        };
        let connection = timeout(CONNECT_LIMIT, connected).await.unwrap_or_else(|_| Err(too_slow()))?;
        let now = Instant::now();
        Ok(Session { connection, epoch, opened: now, used: now })
    }

    /// Notes that a connection broke.
    pub(super) fn broke(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs work that writes. It goes on when its caller goes away. It may be begun again where the server has refused it
    /// before anything of it could last.
    pub(super) async fn write<A, T, F>(self: &Arc<Self>, with: A, work: F) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T> + Send + Sync + 'static,
    {
        self.run(with, work, is_refused).await
    }

    /// Runs work that only reads, once more where its connection broke.
    pub(super) async fn read<A, T, F>(self: &Arc<Self>, with: A, work: F) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T> + Send + Sync + 'static,
    {
        self.run(with, work, |error| is_refused(error) || is_broken(error)).await
    }

    /// The same for what visitors ask.
    pub(super) async fn read_for_visitor<A, T, F>(self: &Arc<Self>, with: A, work: F) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T> + Send + Sync + 'static,
    {
        let turn = permit(&self.visitors).await?;
        // It goes with the work, which goes on when its caller goes away.
        self.read((with, turn), move |connection, (with, _)| work(connection, with)).await
    }

    async fn run<A, T, F>(
        self: &Arc<Self>,
        with: A,
        work: F,
        may_repeat: fn(&StoreError) -> bool,
    ) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T> + Send + Sync + 'static,
    {
        let sessions = Arc::clone(self);
        let running = async move {
            let mut turn = 1;
            loop {
                match sessions.once(&with, &work).await {
                    Err(error) if turn < TURNS_MAX && may_repeat(&error) => turn += 1,
                    ended => return ended,
                }
            }
        };
        tokio::spawn(running.in_current_span()).await.unwrap_or(Err(StoreError::NotCommitted))
    }

    async fn once<A, T, F>(&self, with: &A, work: &F) -> Result<T, StoreError>
    where
        F: for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T>,
    {
        let (mut session, permit) = self.take().await?;
        match timeout(WORK_LIMIT, work(&mut session.connection, with)).await {
            Ok(Ok(value)) => {
                self.put_back(session, permit);
                Ok(value)
            }
            // Whatever it is in the middle of: the connection is dropped, and the server ends what it had begun.
            Ok(Err(error)) => {
                if is_broken(&error) {
                    self.broke();
                }
                Err(error)
            }
            Err(_) => {
                self.broke();
                Err(too_slow())
            }
        }
    }

    async fn take(&self) -> Result<(Session, OwnedSemaphorePermit), StoreError> {
        let permit = permit(&self.free).await?;
        let mut resting = self.lock().pop();
        while let Some(session) = resting {
            if let Some(session) = self.good(session).await {
                return Ok((session, permit));
            }
            resting = self.lock().pop();
        }
        Ok((self.open().await?, permit))
    }

    /// The connection where it still is one, else a new one.
    pub(super) async fn good_or_new(&self, session: Option<Session>) -> Result<Session, StoreError> {
        if let Some(session) = session
            && let Some(session) = self.good(session).await
        {
            return Ok(session);
        }
        self.open().await
    }

    /// The connection, where it is not too old, not older than one that broke, and answers after a rest.
    async fn good(&self, mut session: Session) -> Option<Session> {
        if session.epoch != self.epoch.load(Ordering::Relaxed) || session.opened.elapsed() > AGE_MAX {
            return None;
        }
        if session.used.elapsed() < REST_MAX
            || matches!(timeout(CONNECT_LIMIT, session.connection.ping()).await, Ok(Ok(())))
        {
            return Some(session);
        }
        self.broke();
        None
    }

    fn put_back(&self, session: Session, permit: OwnedSemaphorePermit) {
        if !self.free.is_closed() {
            self.lock().push(session.used_now());
        }
        drop(permit);
    }

    /// Lets what is under way end, and takes no more.
    pub(super) async fn close(&self) {
        // Every permit: whoever still works has one. The deadline of all work bounds this.
        let all = u32::try_from(SESSIONS_MAX).unwrap_or(u32::MAX);
        let Ok(_permits) = self.free.acquire_many(all).await else { return };
        self.free.close();
        let resting = std::mem::take(&mut *self.lock());
        for session in resting {
            // The server sees the socket close in any case.
            timeout(CONNECT_LIMIT, session.connection.close()).await.map(drop).unwrap_or_default();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a turn, but not for long.
async fn permit(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StoreError> {
    let free = Arc::clone(of).acquire_owned();
    timeout(FREE_LIMIT, free).await.map_err(|_| too_slow())?.map_err(|_| StoreError::Closed)
}

fn too_slow() -> StoreError {
    StoreError::Busy(sqlx::Error::PoolTimedOut)
}

fn code(error: &StoreError) -> Option<String> {
    let (StoreError::Database(error) | StoreError::Busy(error)) = error else { return None };
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Whether the server has undone everything and asks to begin again: a prepared statement that a pooler has lost or that
/// a migration has outdated, a deadlock, a conflict.
pub(super) fn is_refused(error: &StoreError) -> bool {
    matches!(code(error).as_deref(), Some("26000" | "0A000" | "40P01" | "40001"))
}

/// Whether the connection is gone, or its server is.
pub(super) fn is_broken(error: &StoreError) -> bool {
    match error {
        StoreError::NotCommitted => true,
        StoreError::Database(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)) => true,
        // Classes 08 and 57P: broken off, or shutting down.
        other => code(other).is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
    }
}
