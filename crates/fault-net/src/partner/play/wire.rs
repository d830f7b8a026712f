//! Reading and writing of one connection: no byte further than asked for, and every byte counted.
//!
//! Apart from the order of an exchange, which is what the positions mean.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Next, Play};
use crate::answer::Answer;
use crate::arrival::HEAD_END;

/// Most that is read at once.
const CHUNK: usize = 16 * 1_024;

impl Play {
    /// Says that no more will come, and reads on: what still came was sent.
    pub(super) async fn close(&mut self) -> io::Result<Next> {
        self.stream.shutdown().await?;
        self.read_to_end().await?;
        Ok(Next::Over)
    }

    /// Waits for the next byte without taking it; whether there is none.
    pub(super) async fn is_at_end(&self) -> io::Result<bool> {
        Ok(self.stream.peek(&mut [0]).await? == 0)
    }

    /// Reads up to the empty line and not a byte further.
    pub(super) async fn read_head(&mut self) -> io::Result<Next> {
        let mut bytes = vec![0; CHUNK];
        loop {
            let count = self.stream.peek(&mut bytes).await?;
            if count == 0 {
                return Ok(Next::Over);
            }
            let come = bytes.get(..count).unwrap_or_default();
            let before = self.ledger.get(self.place).head;
            // The empty line may have come in pieces.
            let seen = before.get(before.len().saturating_sub(HEAD_END.len() - 1)..).unwrap_or_default();
            let joined = [seen, come].concat();
            let end = joined.windows(HEAD_END.len()).position(|window| window == HEAD_END);
            let take = end.map_or(count, |end| end + HEAD_END.len() - seen.len());
            self.read_some(take).await?;
            if end.is_some() {
                return Ok(Next::GoOn);
            }
        }
    }

    /// Reads until so many bytes of the body are here, and not a byte further.
    pub(super) async fn read_body(&mut self, until: usize) -> io::Result<Next> {
        loop {
            let left = until.saturating_sub(self.ledger.get(self.place).body.len());
            if left == 0 {
                return Ok(Next::GoOn);
            }
            if self.read_some(left.min(CHUNK)).await? == 0 {
                return Ok(Next::Over);
            }
        }
    }

    pub(super) async fn read_to_end(&mut self) -> io::Result<()> {
        while self.read_some(CHUNK).await? > 0 {}
        Ok(())
    }

    /// Reads and counts at most so much; how much it was.
    async fn read_some(&mut self, most: usize) -> io::Result<usize> {
        let mut bytes = vec![0; most];
        let count = self.stream.read(&mut bytes).await?;
        self.count(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    /// Reads and counts what has come by now.
    pub(super) fn count_what_is_here(&mut self) {
        let mut bytes = vec![0; CHUNK];
        while let Ok(count @ 1..) = self.stream.try_read(&mut bytes) {
            self.count(bytes.get(..count).unwrap_or_default());
        }
    }

    fn count(&self, bytes: &[u8]) {
        self.ledger.note(self.place, |arrival| arrival.feed(bytes));
    }

    /// Writes a part of the answer, at its pace.
    pub(super) async fn write(&mut self, answer: &Answer, from: usize, until: usize) -> io::Result<()> {
        let part = answer.bytes.get(from..until).unwrap_or_default();
        let Some(pause) = answer.pace else { return self.stream.write_all(part).await };
        for byte in part {
            self.stream.write_all(&[*byte]).await?;
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// Goes on for ever, where the answer does; ends with an error, as the client does not take it for ever.
    pub(super) async fn write_more(&mut self, answer: &Answer) -> io::Result<()> {
        let Some(last) = answer.bytes.last().filter(|_| answer.endless) else { return Ok(()) };
        let length = if answer.pace.is_some() { 1 } else { CHUNK };
        loop {
            self.stream.write_all(&vec![*last; length]).await?;
            if let Some(pause) = answer.pace {
                tokio::time::sleep(pause).await;
            }
        }
    }
}
