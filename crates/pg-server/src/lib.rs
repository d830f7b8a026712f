//! A private PostgreSQL: started in a temporary folder from the system's own programs, broken in every way that a test
//! or a campaign wants, and gone with its owner.
//!
//! Apart as a crate because tests, `cargo xtask crash` and `cargo xtask chaos` all need one; it knows nothing of ours.
//!
//! A server costs a tenth of a second on a machine at rest: `initdb` runs once a machine and version, and every server is a copy of
//! what it made. So each test starts its own, and no test meets what another has left.
//!
//! ```no_run
//! let mut server = pg_server::Server::start()?;
//! let url = server.url(pg_server::DATABASE);
//! server.restart(pg_server::Shutdown::Immediate)?;
//! let tables = server.sql(pg_server::DATABASE, "SELECT count(*) FROM pg_tables")?;
//! println!("{tables} tables in {url}");
//! # Ok::<(), anyhow::Error>(())
//! ```

mod client;
mod process;
mod programs;
mod server;
mod template;

pub use process::Shutdown;
pub use server::{Options, Server};

/// The database that every server has: empty, and the ordinary role's. It spares [`Server::database`], a third of a start.
pub const DATABASE: &str = "leads";

/// The role that owns every database of [`Server::database`]: an ordinary one, as an operator would make it.
pub const ROLE: &str = "lead";

/// The PostgreSQL that servers are started from: its version, as it tells it, and the folder of its programs.
///
/// # Errors
/// There is none on this machine, or it is older than 13.
pub fn installed() -> anyhow::Result<(String, std::path::PathBuf)> {
    let programs = programs::Programs::find()?;
    Ok((programs.version, programs.folder))
}

/// The role that may everything; tests use it through [`Server::sql`].
const SUPERUSER: &str = "postgres";
