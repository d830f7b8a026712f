//! The partner: every fault at every position, seen by the client and counted by the partner.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{BODY, HEAD, How, ask, connect, first, read_out, soon};
use crate::{Answer, Answers, Fault, FaultPartner, Plan, Position};

const DELAY: Duration = Duration::from_millis(30);
const ANSWER_BODY: &str = r#"{"id":"1"}"#;

fn healthy() -> Answer {
    Answer::json(201, ANSWER_BODY)
}

/// What the client has of the answer at most when the fault is played.
fn answer_before(position: Position) -> Vec<u8> {
    let whole = healthy().bytes;
    let body = whole.len() - ANSWER_BODY.len();
    let length = match position {
        Position::ResponseHeaders => body / 2,
        Position::HalfResponse => body + ANSWER_BODY.len() / 2,
        Position::Close => whole.len(),
        _ => 0,
    };
    whole[..length].to_vec()
}

/// What the partner has read of the body when the fault is played.
fn body_before(position: Position) -> usize {
    match position {
        Position::Connect | Position::Tls | Position::RequestHeaders => 0,
        Position::HalfBody => BODY.len() / 2,
        _ => BODY.len(),
    }
}

#[tokio::test]
async fn every_fault_is_played_where_the_plan_says_and_what_came_is_counted() {
    for plan in Plan::all(DELAY) {
        let partner = FaultPartner::start(Answers::Fixed(healthy())).unwrap();
        partner.arm(plan, Some(1));
        let mut stream = connect(partner.addr()).await;
        stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.ok();
        let began = Instant::now();
        let before = answer_before(plan.position);
        match plan.fault {
            Fault::Delay(_) => {
                let mut answer = vec![0; healthy().bytes.len()];
                soon(stream.read_exact(&mut answer)).await.unwrap();
                assert_eq!(answer, healthy().bytes, "{plan}");
                // At the end it is the connection's end that is late, and before the client had written it may have begun.
                let waited = plan.position == Position::Close || began.elapsed() >= DELAY / 2;
                assert!(waited, "{plan}: {:?}", began.elapsed());
            }
            Fault::Reset => {
                let (come, how) = read_out(&mut stream).await;
                assert_eq!((come, how), (before.clone(), How::Reset), "{plan}");
            }
            Fault::Close => {
                let (come, how) = read_out(&mut stream).await;
                assert_eq!((come, how), (before.clone(), How::Ended), "{plan}");
            }
            Fault::Silence => {
                let mut come = vec![0; before.len()];
                soon(stream.read_exact(&mut come)).await.unwrap();
                let is_all_here =
                    first(|arrival| arrival.is_whole() && arrival.body_bytes_at_fault.is_some());
                soon(partner.until(is_all_here)).await;
                assert_eq!(come, before, "{plan}");
                let more = stream.try_read(&mut [0]).unwrap_err();
                assert_eq!(more.kind(), std::io::ErrorKind::WouldBlock, "{plan}");
            }
        }
        drop(stream);
        let arrival = soon(partner.until(first(|arrival| arrival.ended))).await.remove(0);
        assert_eq!(arrival.body_bytes_at_fault, Some(body_before(plan.position)), "{plan}");
        assert_eq!(arrival.answered, before.len() == healthy().bytes.len() || is_delay(plan), "{plan}");
        if plan.fault != Fault::Reset {
            assert_eq!((arrival.head, arrival.body), (HEAD.into(), BODY.into()), "{plan}");
        }
        partner.stop().await;
    }
}

fn is_delay(plan: Plan) -> bool {
    matches!(plan.fault, Fault::Delay(_))
}

#[tokio::test]
async fn answer_without_a_body_is_whole_at_its_half() {
    for (position, expected) in [(Position::ResponseHeaders, false), (Position::HalfResponse, true)] {
        let partner = FaultPartner::start(Answers::Fixed(Answer::json(200, ""))).unwrap();
        partner.arm(Plan { position, fault: Fault::Close }, None);
        let (come, how) = ask(partner.addr()).await;
        assert_eq!((come == Answer::json(200, "").bytes, how), (expected, How::Ended), "{position:?}");
        assert_eq!(partner.arrivals()[0].answered, expected, "{position:?}");
    }
}

#[tokio::test]
async fn fault_meets_so_many_connections_and_no_more() {
    let partner = FaultPartner::start(Answers::Fixed(healthy())).unwrap();
    partner.arm(Plan { position: Position::WholeBody, fault: Fault::Close }, Some(2));
    for expected in [0, 0, healthy().bytes.len()] {
        let mut stream = connect(partner.addr()).await;
        stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.unwrap();
        let mut come = vec![0; expected.max(1)];
        let count = soon(stream.read_exact(&mut come)).await.unwrap_or(0);
        assert_eq!(count, expected);
    }
    assert_eq!(partner.whole_requests_with("receipt-07"), 3);
    assert_eq!(partner.whole_requests_with("receipt-08"), 0);
}

#[tokio::test]
async fn half_a_request_is_not_a_whole_one() {
    let partner = FaultPartner::start(Answers::Fixed(healthy())).unwrap();
    let mut stream = connect(partner.addr()).await;
    stream.write_all(HEAD.as_bytes()).await.unwrap();
    soon(partner.until(first(|arrival| arrival.head == HEAD.as_bytes()))).await;
    stream.write_all(&BODY.as_bytes()[..9]).await.unwrap();
    drop(stream);
    let arrival = soon(partner.until(first(|arrival| arrival.ended))).await.remove(0);
    assert_eq!((arrival.head_bytes(), arrival.body_bytes(), arrival.is_whole()), (HEAD.len(), 9, false));
}

#[tokio::test]
async fn two_requests_on_one_connection_are_two_arrivals() {
    let partner = FaultPartner::start(Answers::by(|request| Answer::json(200, &request.line()))).unwrap();
    let mut stream = connect(partner.addr()).await;
    for _ in 0..2 {
        stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.unwrap();
        let mut come = vec![0; Answer::json(200, "POST /leads").bytes.len()];
        soon(stream.read_exact(&mut come)).await.unwrap();
        assert!(come.ends_with(b"POST /leads"), "{come:?}");
    }
    let arrivals = partner.arrivals();
    let counted: Vec<_> = arrivals.iter().map(|arrival| (arrival.connection, arrival.is_whole())).collect();
    assert_eq!(counted, [(0, true), (0, true)]);
}

#[tokio::test]
async fn partner_before_a_server_answers_what_the_server_does() {
    let server = FaultPartner::start(Answers::Fixed(healthy())).unwrap();
    let partner = FaultPartner::start(Answers::Behind(server.addr())).unwrap();
    let mut stream = connect(partner.addr()).await;
    stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.unwrap();
    let mut come = vec![0; healthy().bytes.len()];
    soon(stream.read_exact(&mut come)).await.unwrap();
    assert_eq!(come, healthy().bytes);
    let asked = server.arrivals().remove(0);
    assert!(asked.holds("connection: close\r\n\r\n") && asked.holds(BODY), "{asked:?}");
}

#[tokio::test]
async fn tunnel_breaks_before_the_handshake_is_read_or_hands_it_on() {
    let server = FaultPartner::start(Answers::Fixed(healthy())).unwrap();
    let partner = FaultPartner::before(server.addr()).unwrap();
    for (fault, expected) in [(Fault::Reset, How::Reset), (Fault::Close, How::Ended)] {
        partner.arm(Plan { position: Position::Tls, fault }, Some(1));
        assert_eq!(ask(partner.addr()).await, (Vec::new(), expected), "{fault:?}");
    }
    assert_eq!(server.arrivals(), []);
    partner.arm(Plan { position: Position::Tls, fault: Fault::Delay(DELAY) }, Some(1));
    let mut stream = connect(partner.addr()).await;
    // As a TLS hello begins.
    stream.write_all(&[0x16, 3, 1, 0]).await.unwrap();
    let arrivals = soon(server.until(|arrivals| arrivals.iter().any(|arrival| arrival.tls_bytes == 4))).await;
    assert_eq!((arrivals[0].head_bytes(), arrivals[0].body_bytes()), (0, 0));
    assert_eq!(partner.arrivals()[2].tls_bytes, 4);
}

#[tokio::test]
async fn dripping_and_endless_answers_come_at_their_pace_until_the_client_has_enough() {
    let drip = Answer::raw("HTTP/1.1 200 OK\r\n\r\nx").dripping(Duration::from_millis(1)).endless();
    let partner = FaultPartner::start(Answers::Fixed(drip)).unwrap();
    let mut stream = connect(partner.addr()).await;
    stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.unwrap();
    let mut come = [0; 60];
    soon(stream.read_exact(&mut come)).await.unwrap();
    assert!(come.ends_with(b"\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "{come:?}");
    drop(stream);
    let arrivals = soon(partner.until(first(|arrival| arrival.ended))).await;
    assert!(!arrivals[0].answered);
}

#[tokio::test]
async fn stopped_partner_leaves_no_connection_and_no_listener() {
    let partner = FaultPartner::start(Answers::Fixed(healthy())).unwrap();
    partner.arm(Plan { position: Position::WholeBody, fault: Fault::Silence }, None);
    let addr = partner.addr();
    let mut stream = connect(addr).await;
    stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.unwrap();
    soon(partner.until(first(|arrival| arrival.is_whole()))).await;
    partner.stop().await;
    assert_eq!(read_out(&mut stream).await.0, []);
    assert!(soon(tokio::net::TcpStream::connect(addr)).await.is_err());
}
