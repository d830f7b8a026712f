//! Asks a server in SQL, by PostgreSQL's own client.
//!
//! Apart because tests ask seldom and from outside: a program that runs for ten milliseconds needs no connection that a
//! restart of the server would break.

use anyhow::Result;

use crate::SUPERUSER;
use crate::programs::{Programs, run};

/// Runs statements as the superuser; rows as lines, columns parted by `|`.
pub(crate) fn sql(programs: &Programs, port: u16, database: &str, statements: &str) -> Result<String> {
    let mut psql = programs.command("psql");
    psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password"]);
    psql.args(["--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1", "--username", SUPERUSER]);
    psql.args(["--port", &port.to_string(), "--dbname", database, "--command", statements]);
    psql.env("PGCONNECT_TIMEOUT", "10");
    Ok(run(&mut psql)?.trim_end().to_owned())
}
