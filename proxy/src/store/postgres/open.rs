//! Opens the database: guards first, then whose it is, then the migrations.
//!
//! Apart because the order is the point: nothing is created or changed before it is certain that it would last and that
//! the database is ours or empty.

use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::time::timeout;

use crate::store::postgres::sessions::Sessions;
use crate::store::postgres::{guard, store_error};
use crate::store::{DatabaseUrl, Refusal, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/postgres");

/// How long a start may take that finds another replica at the same migrations.
const MIGRATE_LIMIT: Duration = Duration::from_secs(120);
/// The same, as the server keeps to it.
const MIGRATE_LIMITS: &str = "SET statement_timeout = '100s'; SET lock_timeout = '60s'";

/// Connects, checks, migrates.
pub(super) async fn open(url: &DatabaseUrl) -> Result<Arc<Sessions>, StoreError> {
    let options = options(url);
    let opened = async {
        let mut connection = options.connect().await.map_err(unreachable)?;
        connection.execute(MIGRATE_LIMITS).await.map_err(store_error)?;
        guard::check(&mut connection).await?;
        check_is_ours(&mut connection).await?;
        migrate(&mut connection).await?;
        connection.close().await.map_err(store_error)
    };
    timeout(MIGRATE_LIMIT, opened).await.unwrap_or_else(|_| {
        let found = format!("the database does not answer within {} s", MIGRATE_LIMIT.as_secs());
        Err(refused(found, "look whether another replica is at its migrations, or the server is overloaded"))
    })?;
    Ok(Sessions::new(options))
}

pub(super) fn options(url: &DatabaseUrl) -> PgConnectOptions {
    // A statement's text is not worth a line, and its values must never be one.
    url.options().clone().application_name("lead-proxy").disable_statement_logging()
}

/// Refuses a database that another program has filled.
async fn check_is_ours(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (is_migrated, taken): (bool, Option<String>) = sqlx::query_as(
        "SELECT to_regclass('_sqlx_migrations') IS NOT NULL, \
         (SELECT min(name) FROM unnest(ARRAY['submissions', 'deliveries', 'attempts', 'account_gates']) name \
         WHERE to_regclass(name) IS NOT NULL)",
    )
    .fetch_one(connection)
    .await
    .map_err(store_error)?;
    match taken {
        Some(table) if !is_migrated => {
            let found = format!("the database holds a table {table} that is not ours");
            Err(refused(found, "name a database of its own in store.url"))
        }
        _ => Ok(()),
    }
}

async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    // It takes an advisory lock, so that replicas that start together do it one after another. `run` itself is too general
    // to be sent between threads.
    MIGRATIONS.run_direct(None, connection, false).await.map_err(|error| {
        let remedy = match &error {
            MigrateError::Execute(_) | MigrateError::ExecuteMigration(..) => {
                "let its role create tables in it, or name a database of its own in store.url"
            }
            _ => {
                "run the version that wrote it, or a newer one; or put back a backup; or name a database of its own"
            }
        };
        refused(format!("the database can't be brought to this version ({error})"), remedy)
    })
}

pub(super) fn unreachable(error: sqlx::Error) -> StoreError {
    let found = format!("the database can't be reached ({error})");
    refused(found, "start it, or correct store.url: host, port, database, role, password, sslmode")
}

pub(super) fn refused(found: String, remedy: &str) -> StoreError {
    StoreError::Refused(Refusal { found, remedy: remedy.to_owned() })
}
