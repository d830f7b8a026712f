//! Answers that are whole on the wire and nothing that a partner says: garbled, dripping, endless; and connections that a
//! partner keeps, or is about to end.
//!
//! Apart from the table, whose faults are the connection's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fault_net::{Answer, Answers, Fault, FullPort, Plan, Position};
use lead_proxy::transport::{Transport, TransportErrorKind, TransportLimits};
use tokio::task::JoinSet;

use super::house::{EXCHANGE_MS, House, Way};
use super::kind::Kind;
use crate::app::PATIENCE;

/// What no partner's document has, by name.
fn noise() -> Vec<(&'static str, Answer)> {
    let ok = "HTTP/1.1 200 OK\r\n";
    let raw = |text: String| Answer::raw(text.into_bytes());
    vec![
        ("nothing-of-http", Answer::raw(vec![0xf3, 0x00, 0x0d, 0x0a, 0x7f, 0x80, 0x0d, 0x0a, 0x0d, 0x0a])),
        ("http-0-9", Answer::raw("<p>Thank you</p>")),
        ("http-2", Answer::raw(b"\0\0\0\x04\0\0\0\0\0".to_vec())),
        ("longer-than-told", raw(format!("{ok}content-length: 90\r\nconnection: close\r\n\r\n{{}}"))),
        ("length-no-number", raw(format!("{ok}content-length: many\r\n\r\n{{}}"))),
        ("two-lengths", raw(format!("{ok}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"))),
        ("bad-chunk", raw(format!("{ok}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"))),
        ("half-a-chunk", raw(format!("{ok}transfer-encoding: chunked\r\n\r\n9\r\n{{}}"))),
        ("huge-header", raw(format!("{ok}x-a: {}\r\ncontent-length: 2\r\n\r\n{{}}", "x".repeat(1 << 20)))),
        ("many-headers", raw(format!("{ok}{}content-length: 2\r\n\r\n{{}}", "x-a: b\r\n".repeat(10_000)))),
        ("nul-in-header", raw(format!("{ok}x-a: \0\r\ncontent-length: 2\r\n\r\n{{}}"))),
        ("no-utf-8", Answer::raw([ok.as_bytes(), b"content-length: 2\r\n\r\n\xff\xfe"].concat())),
        ("only-interim", raw("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(50))),
        ("unknown-status", Answer::json(299, "{}")),
        ("status-999", Answer::json(999, "{}")),
        ("dripping-head", Answer::json(200, "{}").dripping(Duration::from_millis(200))),
        ("dripping-body", raw(format!("{ok}\r\n{{")).dripping(Duration::from_millis(20)).endless()),
        ("endless-body", raw(format!("{ok}\r\n ")).endless()),
    ]
}

#[tokio::test]
async fn answer_that_is_nothing_a_partner_says_leaves_the_lead_in_doubt_and_is_asked_for_once() {
    let noise = noise();
    let doors: Vec<_> = noise.iter().map(|(name, _)| ((*name).to_owned(), Way::Plain)).collect();
    let (by_name, names) = (Arc::new(noise.clone()), Arc::new(doors.clone()));
    // All partners answer alike, so each tells by the lead which of them it is.
    let answers = Answers::by(move |request| {
        let body = String::from_utf8_lossy(request.body).into_owned();
        let place = names.iter().position(|(name, _)| body.contains(&format!("\"{name}@")));
        by_name[place.unwrap_or_else(|| panic!("whose is {body}?"))].1.clone()
    });
    let (house, doors) = House::open(Kind::HeaderKey, &doors, Some(answers)).await;
    let house = Arc::new(house);
    let mut cells = JoinSet::new();
    for door in doors {
        let house = Arc::clone(&house);
        cells.spawn(async move {
            let began = Instant::now();
            let receipt = house.submit(&door, &door.name).await;
            let (state, classes) = (house.settled(&receipt).await, house.attempts(&receipt, 1).await);
            let came = door.partner.whole_requests_with(&door.name);
            let expected = ("held".to_owned(), vec!["in_doubt".to_owned()], 1);
            assert_eq!((state, classes, came), expected, "{}", door.name);
            let most = Duration::from_millis(EXCHANGE_MS) + Duration::from_secs(5);
            assert!(began.elapsed() < most, "{}: {:?}", door.name, began.elapsed());
        });
    }
    while let Some(ended) = cells.join_next().await {
        ended.unwrap();
    }
    let mut house = Arc::into_inner(house).unwrap();
    house.app.stop().await;
}

#[tokio::test]
async fn connection_that_a_partner_ends_when_it_could_be_used_again_costs_no_lead_and_doubles_none() {
    const LEADS: usize = 20;
    let faults = [Fault::Reset, Fault::Close, Fault::Silence];
    let doors: Vec<_> = faults.iter().map(|fault| (fault.name().to_owned(), Way::Plain)).collect();
    let (mut house, doors) = House::open(Kind::HeaderKey, &doors, None).await;
    for (fault, door) in faults.into_iter().zip(&doors) {
        door.partner.arm(Plan { position: Position::Close, fault }, None);
        for number in 0..LEADS {
            let word = format!("{}-lead-{number:02}", door.name);
            let receipt = house.submit(door, &word).await;
            assert_eq!(house.settled(&receipt).await, "delivered", "{fault:?}, lead {number}");
            assert_eq!(house.attempts(&receipt, 1).await, ["delivered"], "{fault:?}, lead {number}");
            assert_eq!(door.partner.whole_requests_with(&word), 1, "{fault:?}, lead {number}");
        }
        let connections = door.partner.arrivals().iter().map(|arrival| arrival.connection).max();
        assert_eq!(connections, Some(LEADS - 1), "{fault:?}: each lead has a connection of its own");
    }
    house.app.stop().await;
}

#[tokio::test]
async fn nothing_left_where_the_partner_takes_no_connection() {
    let port = FullPort::open().await.unwrap();
    let limits = TransportLimits {
        connect_timeout: Duration::from_millis(300),
        exchange_timeout: PATIENCE,
        answer_bytes_max: 4_096,
        allow_loopback: true,
        authorities: Default::default(),
    };
    let request = http::Request::post(format!("http://{}/", port.addr())).body("{}".into()).unwrap();
    let error = Transport::build(limits).unwrap().exchange(request).await.unwrap_err();
    assert_eq!((error.body_left, error.kind), (false, TransportErrorKind::TimedOut));
}
