//! Reads back from PostgreSQL what must hold, on every connection, and refuses anything less.
//!
//! Apart because a server may be changed, restarted or replaced by its standby while we run, and a lead could then be lost
//! with the power.

use sqlx::PgConnection;

use crate::store::postgres::store_error;
use crate::store::{Refusal, StoreError};

/// The oldest version that the community has kept when this was written, and whose settings are read here.
const VERSION_MIN: i32 = 130_000;

/// What a server says of itself.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Server {
    version: i32,
    version_name: String,
    is_standby: bool,
    read_only: String,
    fsync: String,
    synchronous_commit: String,
    full_page_writes: String,
    data_sync_retry: String,
    encoding: String,
}

/// Checks one connection.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    let server: Server = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int4 AS version, \
         current_setting('server_version') AS version_name, pg_is_in_recovery() AS is_standby, \
         current_setting('transaction_read_only') AS read_only, current_setting('fsync') AS fsync, \
         current_setting('synchronous_commit') AS synchronous_commit, \
         current_setting('full_page_writes') AS full_page_writes, \
         coalesce(current_setting('data_sync_retry', true), 'off') AS data_sync_retry, \
         current_setting('server_encoding') AS encoding",
    )
    .fetch_one(connection)
    .await
    .map_err(store_error)?;
    refusal(&server).map_or(Ok(()), |refusal| Err(StoreError::Refused(refusal)))
}

fn refusal(server: &Server) -> Option<Refusal> {
    let mut found = Vec::new();
    if server.version < VERSION_MIN {
        found.push(format!("PostgreSQL {} (needs 13 or newer)", server.version_name));
    }
    if server.is_standby {
        found.push("a standby (needs the primary)".to_owned());
    } else if server.read_only != "off" {
        found.push("default_transaction_read_only=on (needs off)".to_owned());
    }
    if server.fsync != "on" {
        found.push("fsync=off (needs on)".to_owned());
    }
    if server.synchronous_commit == "off" {
        found.push("synchronous_commit=off (needs on, or what waits for a standby too)".to_owned());
    }
    if server.full_page_writes != "on" {
        found.push("full_page_writes=off (needs on)".to_owned());
    }
    if server.data_sync_retry != "off" {
        found.push("data_sync_retry=on (needs off)".to_owned());
    }
    if server.encoding != "UTF8" {
        found.push(format!("a database in {} (needs UTF8)", server.encoding));
    }
    (!found.is_empty()).then(|| Refusal {
        found: format!("PostgreSQL would not keep what it is told to keep: {}", found.join(", ")),
        remedy:
            "correct the server's settings (also those of this database and this role), or name another one \
                 in store.url"
                .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right() -> Server {
        let on = || "on".to_owned();
        Server {
            version: 150_018,
            version_name: "15.18".to_owned(),
            is_standby: false,
            read_only: "off".to_owned(),
            fsync: on(),
            synchronous_commit: on(),
            full_page_writes: on(),
            data_sync_retry: "off".to_owned(),
            encoding: "UTF8".to_owned(),
        }
    }

    fn told(change: impl FnOnce(&mut Server)) -> String {
        let mut server = right();
        change(&mut server);
        refusal(&server).map(|refusal| refusal.to_string()).unwrap_or_default()
    }

    #[test]
    fn right_settings_are_taken_and_each_wrong_one_is_named() {
        assert_eq!(told(|_| ()), "");
        for mode in ["on", "local", "remote_write", "remote_apply"] {
            assert_eq!(told(|server| server.synchronous_commit = mode.to_owned()), "", "{mode}");
        }
        let off = || "off".to_owned();
        for (told, named) in [
            (told(|server| server.version = 120_022), "PostgreSQL 15.18 (needs 13 or newer)"),
            (told(|server| server.is_standby = true), "a standby (needs the primary)"),
            (
                told(|server| server.read_only = "on".to_owned()),
                "default_transaction_read_only=on (needs off)",
            ),
            (told(|server| server.fsync = off()), "fsync=off (needs on)"),
            (told(|server| server.synchronous_commit = off()), "synchronous_commit=off (needs on"),
            (told(|server| server.full_page_writes = off()), "full_page_writes=off (needs on)"),
            (told(|server| server.data_sync_retry = "on".to_owned()), "data_sync_retry=on (needs off)"),
            (told(|server| server.encoding = "SQL_ASCII".to_owned()), "a database in SQL_ASCII (needs UTF8)"),
        ] {
            assert!(told.contains(named) && told.contains("store.url"), "{told}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let told = told(|server| {
            server.fsync = "off".to_owned();
            server.full_page_writes = "off".to_owned();
        });
        assert!(told.contains("fsync=off (needs on), full_page_writes=off (needs on)"), "{told}");
    }
}
