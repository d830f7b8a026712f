//! Opens the database: lock first, then what must be there, then the guards, then the migrations.
//!
//! Apart because the order is the point: nothing is created, changed or read before it is certain to be ours alone.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection, SqlitePool};

use crate::crash;
use crate::store::sqlite::files::StoreFiles;
use crate::store::sqlite::hindrance::hindrance_of;
use crate::store::sqlite::lock::StoreLock;
use crate::store::sqlite::seen::Seen;
use crate::store::sqlite::writer::{Leads, Writer};
use crate::store::sqlite::{direct, guard, lock, place, store_error};
use crate::store::{Hindrance, Refusal, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/sqlite");

/// Marks a file as ours: "Lead" in ASCII.
const APPLICATION_ID: u32 = 0x4c65_6164;
/// The part of SQLite's header that ends with the application id.
const HEADER_BYTES: usize = 72;
/// How long a transaction waits for another program that writes, before the caller hears "busy".
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
const READERS_MAX: u32 = 4;
/// What each connection keeps to, in SQLite's words, beside the log; [`options`] says the same to sqlx.
pub(super) const KEPT: [(&str, &str); 3] =
    [("synchronous", "FULL"), ("foreign_keys", "ON"), ("secure_delete", "ON")];
/// What the writer's connections have beside [`options`]. Copies of changed pages, which each statement of many rows keeps until
/// it ends, in memory and not in a file; room for the pages to which new keys and receipts go, which are any; and so much in
/// the log before it is put into the database that a page which changes often is put there once.
pub(super) const WRITER: [(&str, &str); 3] =
    [("temp_store", "MEMORY"), ("cache_size", "-16384"), ("wal_autocheckpoint", "4000")];

/// An open store.
pub(super) struct Opened {
    pub(super) writer: Writer,
    /// The one path of the file, every link followed.
    pub(super) path: PathBuf,
    pub(super) readers: SqlitePool,
}

/// Opens the database, or creates it where there never was one.
pub(super) async fn open(path: &Path) -> Result<Opened, StoreError> {
    place::check_folder(path)?;
    let path = &place::resolve(path)?;
    let mut lock = StoreLock::take(path)?;
    let is_new = lock.check_files(path)?;
    if is_new {
        create_private(path)?;
        crash::point("open.created");
        stamp(path).await?;
        crash::point("open.stamped");
    }
    place::check_names(path)?;
    // Asked of the file's bytes: a connection would already change a database that is not ours. Only here, before the
    // first connection: closing a file takes SQLite's own locks on it away (POSIX), in the whole process.
    check_is_ours(path)?;
    let mut connection = connect(path).await?;
    check_sound(path, &mut connection).await?;
    migrate(&mut connection).await?;
    crash::point("open.migrated");
    let leads = connect_leads(path)?;
    lock.mark_open()?;
    let readers = open_readers(path).await?;
    let files = StoreFiles::note(path, &lock);
    let writer = Writer::start(path.clone(), leads, connection, lock, files)?;
    Ok(Opened { writer, path: path.clone(), readers })
}

/// Opens for reading beside whoever has the store: no lock, nothing created, nothing written.
pub(super) async fn open_beside(path: &Path) -> Result<SqlitePool, StoreError> {
    if !path.is_file() {
        let (found, remedy) =
            (format!("there is no store {}", path.display()), "correct store.path, or start the proxy");
        return Err(StoreError::Refused(Refusal { found, remedy: remedy.to_owned() }));
    }
    let path = &place::resolve(path)?;
    place::check_names(path)?;
    check_is_ours(path)?;
    StoreLock::check_log(path)?;
    open_readers(path).await
}

/// Opens the writer's connection for leads.
pub(super) fn connect_leads(path: &Path) -> Result<Leads, StoreError> {
    let connection = direct::connect(path)?;
    let seen = Seen::load(&connection)?;
    Ok(Leads { connection, seen })
}

/// Opens the connection that may write.
pub(super) async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = WRITER.iter().fold(options(path), |options, (name, value)| options.pragma(*name, *value));
    let mut connection = options.connect().await.map_err(|error| unreadable(path, error))?;
    guard::check(&mut connection).await?;
    Ok(connection)
}

async fn open_readers(path: &Path) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(Duration::from_secs(5))
        // The guards are asked again whenever the pool opens one more.
        .after_connect(|connection, _| {
            Box::pin(async move {
                guard::check(connection).await.map_err(|error| sqlx::Error::Configuration(Box::new(error)))
            })
        });
    pool.connect_with(options(path).read_only(true)).await.map_err(|error| unreadable(path, error))
}

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // Made by `create_private`, or else it must be there.
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is erased is overwritten, not left lying until its place is needed.
        .pragma("secure_delete", "ON")
        .busy_timeout(BUSY_TIMEOUT)
        // A statement's text is not worth a line, and its values must never be one.
        .disable_statement_logging()
}

/// Creates the file for its owner's eyes alone; SQLite gives its other files the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    lock::private(options.write(true).create(true).truncate(false)).open(path).map(drop).map_err(|error| {
        let found = format!("the store {} can't be created ({})", path.display(), error.kind());
        StoreError::Refused(Refusal { found, remedy: "let this user write in its folder".to_owned() })
    })
}

/// Marks a new file as ours. Before it turns to write-ahead logging, so that the mark lies in the file itself.
async fn stamp(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).synchronous(SqliteSynchronous::Full);
    let mut connection = options.connect().await.map_err(|error| unreadable(path, error))?;
    connection.execute("PRAGMA application_id = 1281712484").await.map_err(store_error)?;
    connection.close().await.map_err(store_error)
}

/// Reads the mark from the file's header: 16 bytes of magic, and the application id at 68.
fn check_is_ours(path: &Path) -> Result<(), StoreError> {
    let mut header = [0; HEADER_BYTES];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let found = match read {
        Ok(())
            if header.starts_with(b"SQLite format 3\0")
                && header.ends_with(&APPLICATION_ID.to_be_bytes()) =>
        {
            return Ok(());
        }
        Ok(()) => format!("{} is not one of our stores", path.display()),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            format!("{} is not one of our stores", path.display())
        }
        Err(error) => format!("the store {} can't be read ({})", path.display(), error.kind()),
    };
    Err(StoreError::Refused(Refusal { found, remedy: "name another file as store.path".to_owned() }))
}

/// Refuses a file whose pages do not fit together: a lead accepted into it might be lost with them. Reads all of it.
async fn check_sound(path: &Path, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: Result<(String,), _> =
        sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut *connection).await;
    match found {
        Ok((said,)) if said == "ok" => Ok(()),
        Ok(_) => Err(damaged(path)),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn damaged(path: &Path) -> StoreError {
    let found = format!("the store {} is damaged: its pages do not fit together", path.display());
    let remedy = "put back a backup, or have SQLite recover the file (`sqlite3 FILE .recover`) and keep a copy of it as it is";
    StoreError::Refused(Refusal { found, remedy: remedy.to_owned() })
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    MIGRATIONS.run(connection).await.map_err(|error| {
        let found = format!("the store can't be brought to this version ({error})");
        let remedy = "run the version that wrote it, or a newer one; or put back a backup";
        StoreError::Refused(Refusal { found, remedy: remedy.to_owned() })
    })
}

fn unreadable(path: &Path, error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Configuration(cause) = error {
        return match cause.downcast::<StoreError>() {
            Ok(refused) => *refused,
            Err(cause) => StoreError::Database(sqlx::Error::Configuration(cause)),
        };
    }
    let (shown, error) = (path.display(), store_error(error));
    if hindrance_of(&error) == Some(Hindrance::Damaged) {
        return damaged(path);
    }
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    let found = format!("the store {shown} can't be opened ({cause})");
    StoreError::Refused(Refusal {
        found,
        remedy: "check that it is an undamaged store and may be written".to_owned(),
    })
}
