//! One connection: read, count, and break where the plan says so.
//!
//! Apart because the order of these steps is what the positions mean.

mod wire;

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::{Service, tunnel};
use crate::answer::Answers;
use crate::arrival::Ledger;
use crate::fault::{Fault, Plan, Position};
use crate::socket::end_by_force;

/// A connection and its fault.
pub(super) struct Play {
    pub(super) stream: TcpStream,
    pub(super) ledger: Ledger,
    pub(super) place: usize,
    connection: usize,
    plan: Option<Plan>,
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    Over,
}

impl Play {
    pub(super) fn new(stream: TcpStream, plan: Option<Plan>, connection: usize, ledger: Ledger) -> Self {
        let place = ledger.begin(connection);
        Self { stream, ledger, place, connection, plan }
    }

    /// Plays to the end. How the client ends the connection is its own business: what came is counted.
    pub(super) async fn run(mut self, service: Service) {
        let ended = match service {
            Service::Answers(answers) => self.converse(&answers).await,
            Service::Tunnel(addr) => self.hand_on(addr).await,
        };
        let Self { stream, ledger, place, .. } = self;
        drop(stream);
        ended.ok();
        ledger.note(place, |arrival| arrival.ended = true);
    }

    async fn hand_on(&mut self, addr: SocketAddr) -> io::Result<()> {
        match self.begin().await? {
            Next::GoOn => tunnel::hand_on(self, addr).await,
            Next::Over => Ok(()),
        }
    }

    /// One request after the other, until the client or an answer ends the connection.
    async fn converse(&mut self, answers: &Answers) -> io::Result<()> {
        if self.begin().await? == Next::Over {
            return Ok(());
        }
        while self.exchange(answers).await? == Next::GoOn && !self.is_at_end().await? {
            self.ledger.note(self.place, |arrival| arrival.ended = true);
            self.place = self.ledger.begin(self.connection);
            // A connection has one fault.
            self.plan = None;
        }
        Ok(())
    }

    async fn begin(&mut self) -> io::Result<Next> {
        if self.meet(Position::Connect).await? == Next::Over {
            return Ok(Next::Over);
        }
        if self.is_planned(Position::Tls) && self.is_at_end().await? {
            return Ok(Next::Over);
        }
        self.meet(Position::Tls).await
    }

    /// Reads a request and answers it.
    async fn exchange(&mut self, answers: &Answers) -> io::Result<Next> {
        if self.read_head().await? == Next::Over || self.meet(Position::RequestHeaders).await? == Next::Over {
            return Ok(Next::Over);
        }
        let length = self.ledger.get(self.place).body_length.unwrap_or(0);
        for (until, position) in [(length / 2, Position::HalfBody), (length, Position::WholeBody)] {
            if self.read_body(until).await? == Next::Over || self.meet(position).await? == Next::Over {
                return Ok(Next::Over);
            }
        }
        let arrival = self.ledger.get(self.place);
        let answer = answers.answer(arrival.request()).await?;
        let (body, end) = (answer.body_start(), answer.bytes.len());
        let halves = [(0, body / 2), (body / 2, body + (end - body) / 2), (body + (end - body) / 2, end)];
        for ((from, until), position) in
            halves.into_iter().zip([Position::ResponseHeaders, Position::HalfResponse, Position::Close])
        {
            self.write(&answer, from, until).await?;
            if until == end {
                self.write_more(&answer).await?;
                // An answer without a body is whole before its half is.
                self.ledger.note(self.place, |arrival| arrival.answered = true);
            }
            if self.meet(position).await? == Next::Over {
                return Ok(Next::Over);
            }
        }
        let is_last = arrival.request().is_last() || !answer.keeps_connection();
        let closes = is_last || self.is_planned(Position::Close);
        if closes { self.close().await } else { Ok(Next::GoOn) }
    }

    fn is_planned(&self, position: Position) -> bool {
        self.plan.is_some_and(|plan| plan.position == position)
    }

    /// Plays the fault, where it belongs here.
    async fn meet(&mut self, position: Position) -> io::Result<Next> {
        let Some(plan) = self.plan.filter(|plan| plan.position == position) else { return Ok(Next::GoOn) };
        self.ledger.note(self.place, |arrival| arrival.body_bytes_at_fault = Some(arrival.body.len()));
        match plan.fault {
            Fault::Delay(wait) => {
                tokio::time::sleep(wait).await;
                return Ok(Next::GoOn);
            }
            Fault::Reset => {
                self.count_what_is_here();
                end_by_force(&self.stream);
            }
            Fault::Close => {
                self.close().await?;
            }
            Fault::Silence => self.read_to_end().await?,
        }
        Ok(Next::Over)
    }
}
