//! The server as its users have it: started, written to, broken, and gone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test may start what stands outside of the server")]

use std::io::BufRead as _;
use std::time::{Duration, Instant};

use pg_server::{DATABASE, Options, Server, Shutdown};

fn with_a_row() -> Server {
    let server = Server::start().unwrap();
    server.sql(DATABASE, "CREATE TABLE kept (id integer); INSERT INTO kept VALUES (1)").unwrap();
    server
}

fn rows(server: &Server) -> String {
    server.sql(DATABASE, "SELECT count(*) FROM kept").unwrap()
}

#[test]
fn server_keeps_what_is_committed_by_default() {
    let server = Server::start().unwrap();
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert_eq!(server.sql("postgres", &format!("SHOW {setting}")).unwrap(), "on", "{setting}");
    }
    let encoding =
        "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = 'postgres'";
    assert_eq!(server.sql("postgres", encoding).unwrap(), "UTF8|C");
}

#[test]
fn setting_of_the_caller_goes_over_ours_and_can_change_at_a_restart() {
    let mut server = Options::new().set("fsync", "off").start().unwrap();
    assert_eq!(server.sql("postgres", "SHOW fsync").unwrap(), "off");
    server.set("fsync", "on");
    server.restart(Shutdown::Fast).unwrap();
    assert_eq!(server.sql("postgres", "SHOW fsync").unwrap(), "on");
}

#[test]
fn database_is_of_the_ordinary_role_and_empty() {
    let server = Server::start().unwrap();
    let url = server.database("more").unwrap();
    assert_eq!(url, format!("postgres://lead@127.0.0.1:{}/more", server.port()));
    for database in ["more", DATABASE] {
        let owner = format!(
            "SELECT pg_get_userbyid(datdba), rolsuper FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba \
             WHERE datname = '{database}'"
        );
        assert_eq!(server.sql(database, &owner).unwrap(), "lead|f");
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(server.sql(database, tables).unwrap(), "0");
    }
    assert!(server.database("more").unwrap_err().to_string().contains("already exists"));
}

#[test]
fn committed_row_survives_every_kind_of_end() {
    let mut server = with_a_row();
    let port = server.port();
    server.restart(Shutdown::Fast).unwrap();
    server.restart(Shutdown::Immediate).unwrap();
    server.kill().unwrap();
    assert!(server.sql(DATABASE, "SELECT 1").is_err(), "nobody answers");
    server.launch().unwrap();
    assert_eq!((rows(&server).as_str(), server.port()), ("1", port));
}

#[test]
fn killed_backend_makes_the_server_recover_under_the_same_process() {
    let server = with_a_row();
    let process = server.process().unwrap();
    assert!(!server.kill_backend(DATABASE).unwrap(), "nobody is connected");
    let mut sleeper = std::process::Command::new("sh")
        .args(["-c", "exec psql -X -q \"$0\" -c 'SELECT generate_series(1, 1e9)'"])
        .arg(server.url(DATABASE))
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    until(|| {
        server.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = 'leads'").unwrap()
            == "1"
    });
    assert!(server.kill_backend(DATABASE).unwrap());
    assert!(!sleeper.wait().unwrap().success());
    until(|| server.sql(DATABASE, "SELECT 1").is_ok());
    assert_eq!((rows(&server).as_str(), server.process()), ("1", Some(process)));
    assert!(server.log().contains("was terminated by signal 9"), "{}", server.log());
}

#[test]
fn standby_can_be_read_and_not_written_to() {
    let server = Options::new().standby().start().unwrap();
    assert_eq!(server.sql("postgres", "SELECT pg_is_in_recovery()").unwrap(), "t");
    assert!(server.database("more").unwrap_err().to_string().contains("read-only"));
}

#[test]
fn dropped_server_leaves_neither_process_nor_folder() {
    let server = with_a_row();
    let (data, port) = (server.data(), server.port());
    drop(server);
    assert!(!data.parent().unwrap().exists());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens");
}

#[test]
fn two_servers_know_nothing_of_each_other() {
    let (one, other) = (with_a_row(), Server::start().unwrap());
    assert_ne!(one.port(), other.port());
    assert!(other.sql(DATABASE, "SELECT * FROM kept").unwrap_err().to_string().contains("does not exist"));
}

#[test]
fn setting_that_postgres_does_not_know_is_told_in_its_words() {
    let error = Options::new().set("no_such_setting", "1").start().err().unwrap().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
}

fn until(mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        std::thread::sleep(Duration::from_millis(10));
        assert!(started.elapsed() < Duration::from_secs(20), "it does not come");
    }
}

#[test]
fn server_ends_with_its_owner_even_where_that_is_killed() {
    let mut owner = std::process::Command::new(env!("CARGO_BIN_EXE_pg-server"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut words = std::io::BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (url, data) = (words.next().unwrap(), words.next().unwrap());
    let address = url.split(['@', '/']).nth(3).unwrap().to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok(), "{address} listens");
    owner.kill().unwrap();
    owner.wait().unwrap();
    until(|| std::net::TcpStream::connect(&address).is_err());
    until(|| !std::path::Path::new(&data).exists());
}
