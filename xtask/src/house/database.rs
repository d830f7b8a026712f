//! Which store a house has, and the database server of its own where that is PostgreSQL.
//!
//! Apart because a campaign names the store by a word and must keep the server for as long as the house stands.

use anyhow::{Context, Result, bail};
use pg_server::Server;
use std::str::FromStr;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    /// As `--store` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// Starts what the store needs: nothing for a file.
    pub(crate) fn start(self) -> Result<Option<Server>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres => Server::start().map(Some).context("could not start a PostgreSQL"),
        }
    }
}

impl FromStr for Store {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            _ => bail!("found the store `{text}`, expected `sqlite` or `postgres`"),
        }
    }
}
