//! `cargo run -p pg-server`: a PostgreSQL of one's own to try things with, until Enter, or the end of what started it.
//!
//! Apart from the library for people, and for the test that kills the owner of a server.

use std::io::Write as _;

fn main() -> anyhow::Result<()> {
    let server = pg_server::Server::start()?;
    let url = server.url(pg_server::DATABASE);
    let mut said = std::io::stdout();
    writeln!(said, "{url}\n{}", server.data().display())?;
    said.flush()?;
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
