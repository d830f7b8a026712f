//! A connection handed on byte by byte.
//!
//! Apart because nothing of HTTP is known here: what passes may be encrypted.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::play::Play;

/// Most that is read at once.
const CHUNK: usize = 16 * 1_024;

/// Hands both directions on until both have ended; counts what the client sends.
pub(super) async fn hand_on(play: &mut Play, addr: SocketAddr) -> io::Result<()> {
    let mut target = TcpStream::connect(addr).await?;
    let (mut from_client, mut to_client) = play.stream.split();
    let (mut from_target, mut to_target) = target.split();
    let (ledger, place) = (&play.ledger, play.place);
    let there = async {
        let mut bytes = vec![0; CHUNK];
        loop {
            let count = from_client.read(&mut bytes).await?;
            let come = bytes.get(..count).unwrap_or_default();
            if come.is_empty() {
                return to_target.shutdown().await;
            }
            ledger.note(place, |arrival| arrival.feed(come));
            to_target.write_all(come).await?;
        }
    };
    let back = async {
        tokio::io::copy(&mut from_target, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(there, back).map(drop)
}
