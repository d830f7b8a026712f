//! A relay on loopback before any address, a database's or a partner's, that breaks what passes when it is told to.
//!
//! Apart from the partner because it takes no part in the conversation: both sides are real, only the way is broken.

mod pass;
mod rule;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::socket::{ANY, bind};

pub use rule::{Direction, Passed};
use rule::{Flow, Rule};

/// The relay. It passes until it is told otherwise, and ends with its handle.
#[derive(Debug)]
pub struct Relay {
    addr: SocketAddr,
    rule: watch::Sender<Rule>,
    passed: watch::Sender<Passed>,
    task: JoinHandle<()>,
    _port: tokio::net::TcpSocket,
}

impl Relay {
    /// Listens on a free port of loopback, before this address.
    ///
    /// # Errors
    /// When the system has no port.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        // Holds the port while nobody listens there.
        let port = bind(ANY)?;
        let addr = port.local_addr()?;
        let (rule, passed) = (watch::Sender::new(Rule::default()), watch::Sender::default());
        let listener = crate::socket::listen(addr)?;
        let task = tokio::spawn(pass::accept(listener, target, rule.subscribe(), passed.clone()));
        Ok(Self { addr, rule, passed, task, _port: port })
    }

    /// The address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Adds this delay to whatever passes, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.rule.send_modify(|rule| rule.delay = delay);
    }

    /// Passes nothing more in this direction, not even that a side has ended: a half-open link. New connections are taken.
    /// What comes meanwhile passes after [`heal`](Self::heal), as it does after a real hole.
    pub fn black_hole(&self, direction: Direction) {
        self.rule.send_modify(|rule| rule.hold(direction));
    }

    /// Refuses new connections; those that stand go on.
    pub async fn refuse(&self) {
        self.rule.send_modify(|rule| rule.refuses = true);
        self.until(|passed| !passed.listens).await;
    }

    /// Cuts every connection: both sides get an RST. New ones are taken as before.
    pub fn cut(&self) {
        self.rule.send_modify(|rule| rule.cuts += 1);
    }

    /// Cuts the next connection that sends these bytes towards the target, after the target has them and before an answer
    /// can come back: what was asked is done, and nobody is told. Once.
    pub fn cut_after(&self, bytes: impl Into<Vec<u8>>) {
        let bytes = Some(bytes.into()).filter(|bytes| !bytes.is_empty());
        self.rule.send_modify(|rule| rule.trap = bytes.map(rule::Trap::new));
    }

    /// Passes everything at once, and takes new connections.
    pub async fn heal(&self) {
        self.rule.send_modify(|rule| *rule = Rule { cuts: rule.cuts, ..Rule::default() });
        self.until(|passed| passed.listens).await;
    }

    /// What has passed so far.
    pub fn passed(&self) -> Passed {
        *self.passed.borrow()
    }

    /// Waits until what has passed is so. The sender is our own, so this can't fail.
    pub async fn until(&self, mut reached: impl FnMut(&Passed) -> bool) -> Passed {
        let mut watched = self.passed.subscribe();
        watched.wait_for(|passed| reached(passed)).await.map(|passed| *passed).unwrap_or_default()
    }

    /// Ends it and every connection, and waits until that is done.
    pub async fn stop(mut self) {
        self.task.abort();
        // Ended by the line above: that it was is all there is to learn.
        (&mut self.task).await.ok();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Flow {
    /// Waits until this flows.
    async fn until_passing(self, rule: &mut watch::Receiver<Rule>) {
        if rule.wait_for(|rule| !rule.holds(self)).await.is_err() {
            // The handle is gone, and this task with it in a moment.
            std::future::pending::<()>().await;
        }
    }
}
