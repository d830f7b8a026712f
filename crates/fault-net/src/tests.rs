//! The broken networks tried by plain sockets: what each promises, seen from the other side.
//!
//! Apart because partner, ports and relay are met by the same client.

mod partner;
mod port;
mod relay;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Arrival;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);
const HEAD: &str = "POST /leads HTTP/1.1\r\nhost: partner.example\r\nContent-Length: 10\r\n\r\n";
const BODY: &str = "receipt-07";

/// How a connection ended for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Ended,
    Reset,
}

/// Awaits with patience.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("never happened")
}

async fn connect(addr: SocketAddr) -> TcpStream {
    soon(TcpStream::connect(addr)).await.unwrap()
}

/// Reads to the end, whatever the end is.
async fn read_out(stream: &mut TcpStream) -> (Vec<u8>, How) {
    let mut come = Vec::new();
    let how = match soon(stream.read_to_end(&mut come)).await {
        Ok(_) => How::Ended,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => How::Reset,
        Err(error) => panic!("{error}"),
    };
    (come, how)
}

/// Sends the request and reads to the end.
async fn ask(addr: SocketAddr) -> (Vec<u8>, How) {
    let mut stream = connect(addr).await;
    // A connection that is cut meanwhile shows it when it is read.
    stream.write_all(&[HEAD, BODY].concat().into_bytes()).await.ok();
    read_out(&mut stream).await
}

/// Whether the first arrival is there and so.
fn first(is_so: impl Fn(&Arrival) -> bool) -> impl Fn(&[Arrival]) -> bool {
    move |arrivals| arrivals.first().is_some_and(&is_so)
}
