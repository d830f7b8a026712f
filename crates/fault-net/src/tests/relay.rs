//! The relay, before a partner that is well.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{BODY, HEAD, How, connect, first, read_out, soon};
use crate::{Answer, Answers, Direction, FaultPartner, Relay};

fn before_partner() -> (FaultPartner, Relay) {
    let partner = FaultPartner::start(Answers::Fixed(healthy())).unwrap();
    let relay = Relay::start(partner.addr()).unwrap();
    (partner, relay)
}

fn healthy() -> Answer {
    Answer::json(200, "{}")
}

async fn send(stream: &mut TcpStream) {
    stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.unwrap();
}

async fn read_answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = vec![0; healthy().bytes.len()];
    soon(stream.read_exact(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn what_is_sent_passes_both_ways_and_is_counted() {
    let (partner, relay) = before_partner();
    let mut stream = connect(relay.addr()).await;
    send(&mut stream).await;
    assert_eq!(read_answer(&mut stream).await, healthy().bytes);
    assert_eq!(partner.whole_requests_with(BODY), 1);
    // The end of one side reaches the other.
    stream.shutdown().await.unwrap();
    assert_eq!(read_out(&mut stream).await, (Vec::new(), How::Ended));
    let passed = soon(relay.until(|passed| passed.open == 0)).await;
    assert_eq!((passed.taken, passed.cut), (1, 0));
    assert_eq!(usize::try_from(passed.to_target).unwrap(), HEAD.len() + BODY.len());
    assert_eq!(usize::try_from(passed.to_client).unwrap(), healthy().bytes.len());
}

#[tokio::test]
async fn delay_is_added_in_each_direction() {
    let (_partner, relay) = before_partner();
    relay.delay(Duration::from_millis(40));
    let mut stream = connect(relay.addr()).await;
    let began = Instant::now();
    send(&mut stream).await;
    read_answer(&mut stream).await;
    assert!(began.elapsed() >= Duration::from_millis(80), "{:?}", began.elapsed());
}

#[tokio::test]
async fn cut_resets_every_connection_that_stands_and_none_that_comes_after() {
    let (partner, relay) = before_partner();
    let mut streams = [connect(relay.addr()).await, connect(relay.addr()).await];
    for stream in &mut streams {
        send(stream).await;
        read_answer(stream).await;
    }
    relay.cut();
    for stream in &mut streams {
        assert_eq!(read_out(stream).await, (Vec::new(), How::Reset));
    }
    soon(partner.until(|arrivals| arrivals.iter().all(|arrival| arrival.ended))).await;
    assert_eq!(soon(relay.until(|passed| passed.open == 0)).await.cut, 2);
    let mut stream = connect(relay.addr()).await;
    send(&mut stream).await;
    assert_eq!(read_answer(&mut stream).await, healthy().bytes);
}

#[tokio::test]
async fn black_hole_passes_nothing_until_it_is_healed_and_then_everything() {
    for direction in [Direction::ToTarget, Direction::ToClient, Direction::Both] {
        let (partner, relay) = before_partner();
        let mut stream = connect(relay.addr()).await;
        send(&mut stream).await;
        read_answer(&mut stream).await;
        relay.black_hole(direction);
        send(&mut stream).await;
        if direction == Direction::ToClient {
            soon(partner.until(|arrivals| arrivals.get(1).is_some_and(|arrival| arrival.answered))).await;
        }
        // It takes a new connection all the same.
        let mut late = connect(relay.addr()).await;
        send(&mut late).await;
        soon(relay.until(|passed| passed.taken == 2)).await;
        let count = usize::try_from(relay.passed().to_client).unwrap();
        assert_eq!(count, healthy().bytes.len(), "{direction:?}");
        assert_eq!(partner.whole_requests_with(BODY) > 1, direction == Direction::ToClient, "{direction:?}");
        assert!(stream.try_read(&mut [0]).is_err(), "{direction:?}: something came");
        soon(relay.heal()).await;
        for stream in [&mut stream, &mut late] {
            assert_eq!(read_answer(stream).await, healthy().bytes, "{direction:?}");
        }
    }
}

#[tokio::test]
async fn end_of_a_side_does_not_pass_a_black_hole() {
    let (partner, relay) = before_partner();
    let mut stream = connect(relay.addr()).await;
    send(&mut stream).await;
    read_answer(&mut stream).await;
    relay.black_hole(Direction::Both);
    drop(stream);
    let mut other = connect(relay.addr()).await;
    send(&mut other).await;
    soon(relay.until(|passed| passed.taken == 2)).await;
    assert!(!partner.arrivals()[0].ended);
    soon(relay.heal()).await;
    soon(partner.until(first(|arrival| arrival.ended))).await;
}

#[tokio::test]
async fn refusing_relay_refuses_new_connections_and_keeps_old_ones() {
    let (_partner, relay) = before_partner();
    let mut old = connect(relay.addr()).await;
    send(&mut old).await;
    read_answer(&mut old).await;
    soon(relay.refuse()).await;
    let error = soon(TcpStream::connect(relay.addr())).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    send(&mut old).await;
    assert_eq!(read_answer(&mut old).await, healthy().bytes);
    soon(relay.heal()).await;
    let mut new = connect(relay.addr()).await;
    send(&mut new).await;
    assert_eq!(read_answer(&mut new).await, healthy().bytes);
}

#[tokio::test]
async fn trap_cuts_the_asker_once_what_was_asked_is_done() {
    let (partner, relay) = before_partner();
    relay.cut_after("receipt-07");
    let mut stream = connect(relay.addr()).await;
    // In two pieces, so that the bytes come in two reads.
    let (begin, rest) = BODY.split_at(4);
    stream.write_all(&[HEAD, begin].concat().into_bytes()).await.unwrap();
    soon(partner.until(|arrivals| arrivals.iter().any(|arrival| arrival.body_bytes() == 4))).await;
    stream.write_all(rest.as_bytes()).await.unwrap();
    assert_eq!(read_out(&mut stream).await, (Vec::new(), How::Reset));
    soon(partner.until(first(|arrival| arrival.answered))).await;
    assert_eq!(soon(relay.until(|passed| passed.open == 0)).await.cut, 1);
    let mut stream = connect(relay.addr()).await;
    send(&mut stream).await;
    assert_eq!(read_answer(&mut stream).await, healthy().bytes, "it was set for once");
}

#[tokio::test]
async fn unreachable_target_is_a_cut() {
    let nobody = crate::RefusingPort::open().unwrap();
    let relay = Relay::start(nobody.addr()).unwrap();
    let mut stream = connect(relay.addr()).await;
    assert_eq!(read_out(&mut stream).await, (Vec::new(), How::Reset));
}

#[tokio::test]
async fn stopped_relay_leaves_no_connection_and_no_listener() {
    let (_partner, relay) = before_partner();
    let addr = relay.addr();
    let mut stream = connect(addr).await;
    send(&mut stream).await;
    read_answer(&mut stream).await;
    relay.stop().await;
    assert_eq!(read_out(&mut stream).await.0, []);
    assert!(soon(TcpStream::connect(addr)).await.is_err());
}
