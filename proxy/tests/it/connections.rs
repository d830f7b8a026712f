//! Connections from outside: callers that do not read, that stay for ever, that name no host, and more than there is room for.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::app::bundle::with_bundle;
use crate::app::config_text::{API_KEY_VARIABLE, RING_KEY_VARIABLE, partner_variables};
use crate::app::{API_KEY, ConfigText, PATIENCE, RING_KEY, TestApp};

/// Too much for the buffers of any connection, once it is asked for often enough.
const LARGE_BYTES: usize = 1024 * 1024;
const GET_LARGE: &str = "GET /assets/form.1.wasm HTTP/1.1\r\nhost: x\r\n\r\n";

/// A proxy with a large asset and these lines in `[public]`.
async fn start(public: &str) -> TestApp {
    TestApp::start_with(|config| {
        with_bundle(config, &[("form.1.css", b".lf{}"), ("form.1.wasm", &vec![b'x'; LARGE_BYTES])]);
        config.public = public.to_owned();
    })
    .await
}

fn address(origin: &str) -> std::net::SocketAddr {
    origin.trim_start_matches("http://").parse().unwrap()
}

/// Asks for far more than it ever reads; the proxy is writing to it when this returns.
async fn connect_and_read_nothing(app: &TestApp) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(address(app.origin())).await.unwrap();
    stream.write_all(GET_LARGE.repeat(60).as_bytes()).await.unwrap();
    timeout(PATIENCE, stream.peek(&mut [0])).await.unwrap().unwrap();
    stream
}

/// Sends one request and reads until the other side ends the connection.
async fn ask(origin: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address(origin)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn callers_that_read_nothing_lose_their_place_to_others() {
    let app = start("connections_max = 20\nwrite_stall_ms_max = 300").await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(connect_and_read_nothing(&app).await);
    }
    let answer = timeout(Duration::from_secs(5), app.get("/f/card-machines")).await;
    assert_eq!(answer.expect("room again, once the stalled are cut").status, 200);
}

#[tokio::test]
async fn caller_that_reads_slowly_gets_everything() {
    let app = start("write_stall_ms_max = 300").await;
    let mut stream = TcpStream::connect(address(app.origin())).await.unwrap();
    let last = GET_LARGE.replace("host: x", "host: x\r\nconnection: close");
    stream.write_all((GET_LARGE.repeat(7) + &last).as_bytes()).await.unwrap();
    let (mut read, mut part) = (0, vec![0; 256 * 1024]);
    // The caller's own slowness, which is what is tried here.
    let mut pace = tokio::time::interval(Duration::from_millis(30));
    loop {
        pace.tick().await;
        let bytes = timeout(PATIENCE, stream.read(&mut part)).await.unwrap().unwrap();
        if bytes == 0 {
            break;
        }
        read += bytes;
    }
    assert!(read > 8 * LARGE_BYTES, "{read}");
}

#[tokio::test]
async fn caller_that_reads_nothing_does_not_hold_up_the_end() {
    let mut app = start("").await;
    let _idle = connect_and_read_nothing(&app).await;
    timeout(Duration::from_secs(4), app.stop()).await.expect("the stalled one is not waited for");
}

#[tokio::test]
async fn connection_ends_when_it_is_old_and_no_answer_is_cut_short() {
    let app = start("connection_ms_max = 1000").await;
    let begun = Instant::now();
    let mut stream = BufReader::new(TcpStream::connect(address(app.origin())).await.unwrap());
    let mut answers = 0;
    while begun.elapsed() < PATIENCE {
        if stream.write_all(b"GET /assets/form.1.css HTTP/1.1\r\nhost: x\r\n\r\n").await.is_err() {
            break;
        }
        let mut line = String::new();
        // Ended between two requests, before or after the second was sent.
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            break;
        }
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
        while line != "\r\n" {
            line.clear();
            assert!(stream.read_line(&mut line).await.unwrap() > 0, "a head is whole");
        }
        stream.read_exact(&mut [0; ".lf{}".len()]).await.unwrap();
        answers += 1;
    }
    let lived = begun.elapsed();
    assert!(
        answers > 1 && lived >= Duration::from_millis(900) && lived < PATIENCE / 2,
        "{answers}, {lived:?}"
    );
}

#[tokio::test]
async fn old_connection_whose_answer_does_not_end_is_cut() {
    let app = start("connections_max = 1\nconnection_ms_max = 1000\nwrite_stall_ms_max = 60000").await;
    let _idle = connect_and_read_nothing(&app).await;
    let answer = timeout(Duration::from_secs(6), app.get("/f/card-machines")).await;
    assert_eq!(answer.expect("the old one is cut").status, 200);
}

#[tokio::test]
async fn request_that_does_not_name_one_host_is_refused() {
    let app = start("").await;
    for head in [
        "GET /f/card-machines HTTP/1.1\r\n",
        "GET /f/card-machines HTTP/1.1\r\nhost: one.example\r\nhost: two.example\r\n",
        "GET /f/card-machines HTTP/1.1\r\nhost: one.example\r\nhost: one.example\r\n",
        "GET /f/card-machines HTTP/1.0\r\nhost: one.example\r\nhost: two.example\r\n",
        "GET /f/card-machines HTTP/1.1\r\nhost:\r\n",
        "GET /f/card-machines HTTP/1.1\r\nhost: one.example/canary5f1d\r\n",
        "GET /f/card-machines HTTP/1.1\r\nhost: canary5f1d@one.example\r\n",
        "GET /f/card-machines HTTP/1.1\r\nhost: one.example, two.example\r\n",
        "GET http://one.example/f/card-machines HTTP/1.1\r\n",
        "GET ftp://one.example/f/card-machines HTTP/1.1\r\nhost: one.example\r\n",
        "GET /nowhere HTTP/1.1\r\n",
    ] {
        let answer = ask(app.origin(), &format!("{head}connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 "), "{head}{answer}");
        for part in [
            "\"code\":\"host_invalid\"",
            "content-type: application/problem+json\r\n",
            "x-content-type-options: nosniff\r\n",
            "content-security-policy: default-src 'none'",
            "x-request-id: ",
        ] {
            assert!(answer.contains(part), "{head}{answer}");
        }
        assert!(answer.len() < 2_048 && !answer.contains("canary"), "{answer}");
    }
}

#[tokio::test]
async fn request_that_names_one_host_is_answered_whatever_it_is() {
    let app = start("").await;
    for head in [
        "GET /f/card-machines HTTP/1.1\r\nhost: one.example\r\n",
        "GET /f/card-machines HTTP/1.1\r\nHOST: 127.0.0.1:8080\r\n",
        "GET /f/card-machines HTTP/1.1\r\nhost: [::1]:8080\r\n",
        "GET http://one.example/f/card-machines HTTP/1.1\r\nhost: one.example\r\n",
        // Hosts came with 1.1; balancers that ask for health still speak 1.0.
        "GET /f/card-machines HTTP/1.0\r\n",
    ] {
        let answer = ask(app.origin(), &format!("{head}connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.0 200 "), "{head}{answer}");
    }
    let operators = app.operator_url("");
    let answer = ask(&operators, "GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// A proxy in a process that may open this many files, its log, and where it listens.
fn start_with_files(dir: &TempDir, files_max: u32) -> (Child, impl AsyncFnMut() -> Value) {
    let config = ConfigText::new("http://127.0.0.1:9/insert".to_owned(), dir.path().join("lead-proxy.db"));
    let path = dir.path().join("lead-proxy.toml");
    std::fs::write(&path, config.to_toml() + "\n[log]\nformat = \"json\"\n").unwrap();
    let mut process = Command::new("/bin/sh")
        .args(["-c", &format!("ulimit -n {files_max}; exec \"$0\" serve --config \"$1\"")])
        .args([env!("CARGO_BIN_EXE_lead-proxy").as_ref(), path.as_os_str()])
        .env_clear()
        .env(API_KEY_VARIABLE, API_KEY)
        .env(RING_KEY_VARIABLE, RING_KEY)
        .envs(partner_variables())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
    let next = async move || {
        let line = timeout(PATIENCE, log.next_line()).await.expect("one more line").unwrap().unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    (process, next)
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells its limits")]
async fn too_few_files_are_told_at_the_start_and_when_they_run_out_but_not_every_time() {
    let dir = TempDir::new().unwrap();
    let (mut process, mut next) = start_with_files(&dir, 80);
    let (mut warned, mut addr) = (None, None);
    while addr.is_none() {
        let line = next().await;
        if line["connections_max"].is_number() {
            warned = Some(line.clone());
        }
        addr = line["public.addr"].as_str().map(str::to_owned);
    }
    let warned = warned.expect("a warning at the start");
    assert_eq!(warned["level"], "WARN");
    assert_eq!((&warned["files_max"], &warned["connections_max"]), (&80.into(), &4096.into()));
    assert!(warned["message"].as_str().unwrap().contains("ulimit -n"), "{warned}");

    let addr: std::net::SocketAddr = addr.unwrap().parse().unwrap();
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(TcpStream::connect(addr).await.unwrap());
    }
    let mut counts = Vec::new();
    while counts.len() < 2 {
        let line = next().await;
        if line["message"] == "connection not accepted" {
            let error = line["error"].as_str().unwrap().to_lowercase();
            assert!(error.contains("too many open files"), "{line}");
            counts.push(line["count"].as_u64().unwrap());
        }
    }
    assert!(counts[0] == 1 && counts[1] > 2, "one line stands for many: {counts:?}");
    process.kill().await.unwrap();
}
