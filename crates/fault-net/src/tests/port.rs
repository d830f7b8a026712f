//! Ports without a connection.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};

use super::soon;
use crate::{FullPort, RefusingPort};

#[tokio::test]
async fn refusing_port_refuses_and_is_nobody_elses() {
    let port = RefusingPort::open().unwrap();
    let error = soon(TcpStream::connect(port.addr())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    // Without leave to share it, as a server binds.
    let error = TcpSocket::new_v4().unwrap().bind(port.addr()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[tokio::test]
async fn full_port_neither_takes_nor_refuses() {
    let port = FullPort::open().await.unwrap();
    let connects = TcpStream::connect(port.addr());
    let waited = tokio::time::timeout(Duration::from_millis(100), connects).await;
    assert!(waited.is_err(), "{waited:?}");
}
