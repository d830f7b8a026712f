//! Transport alone: whether a byte of the body left, under every way in which an exchange can break.

use std::time::{Duration, Instant};

use bytes::Bytes;
use lead_proxy::transport::{Transport, TransportError, TransportErrorKind, TransportLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANSWER_BYTES_MAX: usize = 4_096;
const PATIENCE: Duration = Duration::from_secs(20);

fn transport(change: impl Fn(&mut TransportLimits)) -> Transport {
    let mut limits = TransportLimits {
        connect_timeout: PATIENCE,
        exchange_timeout: PATIENCE,
        answer_bytes_max: ANSWER_BYTES_MAX,
        allow_loopback: true,
        authorities: Default::default(),
    };
    change(&mut limits);
    Transport::build(limits).unwrap()
}

fn request(url: &str) -> http::Request<Bytes> {
    http::Request::post(url).body(Bytes::from_static(b"{\"Email\":\"canary\"}")).unwrap()
}

/// A partner that gets each connection raw; its address.
async fn raw<F, T>(serve: F) -> String
where
    F: Fn(TcpStream) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    addr.to_string()
}

/// Reads a request until its body has arrived.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut bytes = [0; 1_024];
    while !text.ends_with("\"canary\"}") {
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "the request ended early: {text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    text
}

fn failed(body_left: bool, kind: TransportErrorKind) -> TransportError {
    TransportError { body_left, kind }
}

#[tokio::test]
async fn answer_is_read_whole_up_to_the_cap() {
    for (length, fits) in [(0, true), (ANSWER_BYTES_MAX, true), (ANSWER_BYTES_MAX + 1, false)] {
        let addr = raw(move |mut stream| async move {
            let asked = read_request(&mut stream).await;
            assert!(asked.starts_with("POST /insert HTTP/1.1\r\n"), "{asked}");
            assert!(asked.contains("content-length: 18\r\n") && !asked.contains("chunked"), "{asked}");
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nx-kept: yes\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&vec![b'x'; length]).await.ok();
        })
        .await;
        let answer = transport(|_| {}).exchange(request(&format!("http://{addr}/insert"))).await;
        match answer {
            Ok(answer) => {
                assert!(fits, "{length}");
                assert_eq!(
                    (answer.body().len(), answer.headers()["x-kept"].as_bytes()),
                    (length, &b"yes"[..])
                );
            }
            Err(error) => {
                assert!(!fits, "{length}: {error}");
                assert_eq!(error, failed(true, TransportErrorKind::AnswerTooLarge));
            }
        }
    }
}

#[tokio::test]
async fn nothing_left_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = transport(|_| {}).exchange(request(&format!("http://{addr}/"))).await.unwrap_err();
    assert_eq!(error, failed(false, TransportErrorKind::Connect));
}

#[tokio::test]
async fn nothing_left_where_the_name_has_no_address() {
    // Reserved never to exist (RFC 6761); answered without asking anybody.
    let error = transport(|_| {}).exchange(request("https://partner.invalid/")).await.unwrap_err();
    assert_eq!(error, failed(false, TransportErrorKind::Dns));
}

#[tokio::test]
async fn nothing_left_where_the_other_side_does_not_speak_tls() {
    let addr = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok();
        stream.read_exact(&mut [0; 64]).await.ok();
    })
    .await;
    let error = transport(|_| {}).exchange(request(&format!("https://{addr}/"))).await.unwrap_err();
    assert_eq!(error, failed(false, TransportErrorKind::Tls));
}

#[tokio::test]
async fn nothing_left_where_the_handshake_is_never_answered() {
    let addr = raw(|stream| async move {
        // Held open, silent.
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let impatient = transport(|limits| limits.connect_timeout = Duration::from_millis(200));
    let error = impatient.exchange(request(&format!("https://{addr}/"))).await.unwrap_err();
    assert_eq!(error, failed(false, TransportErrorKind::TimedOut));
}

#[tokio::test]
async fn private_address_is_refused_in_every_way_it_can_be_written() {
    let strict = transport(|limits| limits.allow_loopback = false);
    for url in [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "http://partner.example/",
    ] {
        let error = strict.exchange(request(url)).await.unwrap_err();
        assert_eq!(error, failed(false, TransportErrorKind::Blocked), "{url}");
    }
}

#[tokio::test]
async fn name_that_leads_to_loopback_is_refused_when_it_is_dialed() {
    let strict = transport(|limits| limits.allow_loopback = false);
    // The system's resolver answers names below localhost with loopback; where it does not, there is no address.
    let error = strict.exchange(request("https://partner.localhost/")).await.unwrap_err();
    let expected = [TransportErrorKind::Blocked, TransportErrorKind::Dns];
    assert!(!error.body_left && expected.contains(&error.kind), "{error:?}");
}

#[tokio::test]
async fn in_doubt_where_the_connection_breaks_after_the_body() {
    for answer in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "nonsense\r\n\r\n"]
    {
        let addr = raw(move |mut stream| async move {
            read_request(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let error = transport(|_| {}).exchange(request(&format!("http://{addr}/"))).await.unwrap_err();
        assert_eq!(error, failed(true, TransportErrorKind::Broken), "{answer:?}");
    }
}

#[tokio::test]
async fn answer_that_drips_for_ever_ends_at_the_deadline() {
    for head in ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n"] {
        let addr = raw(move |mut stream| async move {
            read_request(&mut stream).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            let drip: &[u8] = if head.contains("chunked") { b"1\r\nx\r\n" } else { b"x-a: b\r\n" };
            while stream.write_all(drip).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let impatient = transport(|limits| limits.exchange_timeout = Duration::from_millis(400));
        let began = Instant::now();
        let error = impatient.exchange(request(&format!("http://{addr}/"))).await.unwrap_err();
        assert_eq!(error, failed(true, TransportErrorKind::TimedOut));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn storm_of_interim_answers_is_no_answer() {
    let addr = raw(|mut stream| async move {
        read_request(&mut stream).await;
        for _ in 0..100 {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n").await.unwrap();
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    })
    .await;
    let answer = transport(|_| {}).exchange(request(&format!("http://{addr}/"))).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own() {
    let addr = raw(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        // A second request on this connection would be in doubt for nothing if it were closed now.
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or(0), 0, "the connection was used again");
    })
    .await;
    let transport = transport(|_| {});
    for _ in 0..3 {
        transport.exchange(request(&format!("http://{addr}/"))).await.unwrap();
    }
}

#[tokio::test]
async fn error_says_nothing_of_address_or_body() {
    let error = transport(|_| {}).exchange(request("https://partner.invalid/secret-path")).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    for hidden in ["partner", "secret", "canary"] {
        assert!(!shown.replace("the partner's", "").contains(hidden), "{shown}");
    }
}
