//! Where an exchange breaks, and how: names and meanings.
//!
//! Apart so that the whole list can be read, and walked by a table of tests.

use std::fmt;
use std::time::Duration;

/// Where in an exchange a fault is played, in the order in which an exchange goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// As soon as the connection is taken, before anything is read.
    Connect,
    /// When something has come and before it is read: of a client that speaks TLS the beginning of its hello.
    Tls,
    /// When the head of the request has been read, and nothing of its body.
    RequestHeaders,
    /// When half of the request's body has been read.
    HalfBody,
    /// When the whole request has been read.
    WholeBody,
    /// When half of the answer's head is written.
    ResponseHeaders,
    /// When the answer's head and half of its body are written.
    HalfResponse,
    /// When the whole answer is written.
    Close,
}

impl Position {
    /// Every position.
    pub const ALL: [Self; 8] = [
        Self::Connect,
        Self::Tls,
        Self::RequestHeaders,
        Self::HalfBody,
        Self::WholeBody,
        Self::ResponseHeaders,
        Self::HalfResponse,
        Self::Close,
    ];

    /// Names it as tables and logs do.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::RequestHeaders => "request_headers",
            Self::HalfBody => "half_body",
            Self::WholeBody => "whole_body",
            Self::ResponseHeaders => "response_headers",
            Self::HalfResponse => "half_response",
            Self::Close => "close",
        }
    }
}

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Goes on after this time, as if nothing had been.
    Delay(Duration),
    /// Cuts the connection: the other side gets an RST, and what was on its way is lost.
    Reset,
    /// Says that no more will come (FIN), and reads on until the other side ends, too.
    Close,
    /// Says nothing any more, holds the connection open and reads on.
    Silence,
}

impl Fault {
    /// Every fault, with this delay.
    pub fn all(delay: Duration) -> [Self; 4] {
        [Self::Delay(delay), Self::Reset, Self::Close, Self::Silence]
    }

    /// Names it as tables and logs do.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Reset => "reset",
            Self::Close => "close",
            Self::Silence => "silence",
        }
    }
}

/// One fault at one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Where.
    pub position: Position,
    /// What.
    pub fault: Fault,
}

impl Plan {
    /// Every position with every fault.
    pub fn all(delay: Duration) -> impl Iterator<Item = Self> {
        let faults = Fault::all(delay);
        Position::ALL
            .into_iter()
            .flat_map(move |position| faults.into_iter().map(move |fault| Self { position, fault }))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.fault.name(), self.position.name())
    }
}
