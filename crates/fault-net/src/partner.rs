//! A partner on raw TCP that speaks just enough HTTP/1.1 to break an exchange at a chosen place, and counts what came.
//!
//! Apart from the simulators, which know a partner's document: this one knows bytes, and can stand before a simulator.

mod play;
mod tunnel;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::answer::Answers;
use crate::arrival::{Arrival, Ledger};
use crate::fault::Plan;
use crate::partner::play::Play;
use crate::socket::{ANY, listen};

/// The partner. It is well until it is armed, and ends with its handle.
#[derive(Debug)]
pub struct FaultPartner {
    addr: SocketAddr,
    armed: Arc<Mutex<Armed>>,
    ledger: Ledger,
    task: JoinHandle<()>,
}

/// Which fault the next connections get.
#[derive(Debug, Default)]
struct Armed {
    plan: Option<Plan>,
    times: Option<u32>,
}

impl Armed {
    /// The fault of a new connection.
    fn take(&mut self) -> Option<Plan> {
        let plan = self.plan?;
        match &mut self.times {
            Some(0) => return None,
            Some(left) => *left -= 1,
            None => {}
        }
        Some(plan)
    }
}

/// What a partner does with its connections when no fault is in the way.
#[derive(Clone, Debug)]
enum Service {
    /// Answers.
    Answers(Answers),
    /// Hands bytes on, whatever they mean.
    Tunnel(SocketAddr),
}

impl FaultPartner {
    /// Listens on a free port of loopback and answers so.
    ///
    /// # Errors
    /// When the system has no port.
    pub fn start(answers: Answers) -> io::Result<Self> {
        Self::serve(Service::Answers(answers))
    }

    /// Listens on a free port of loopback and hands every connection on to this address, byte by byte. Only faults at
    /// [`Position::Connect`](crate::Position::Connect) and [`Position::Tls`](crate::Position::Tls) can be played then: the
    /// rest of the exchange may be encrypted.
    ///
    /// # Errors
    /// When the system has no port.
    pub fn before(addr: SocketAddr) -> io::Result<Self> {
        Self::serve(Service::Tunnel(addr))
    }

    fn serve(service: Service) -> io::Result<Self> {
        let listener = listen(ANY)?;
        let addr = listener.local_addr()?;
        let (armed, ledger) = (Arc::<Mutex<Armed>>::default(), Ledger::new());
        let task = tokio::spawn(accept(listener, service, Arc::clone(&armed), ledger.clone()));
        Ok(Self { addr, armed, ledger, task })
    }

    /// The address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A plain address of this path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Plays this fault on the next so many connections; on all until told otherwise where no number is given. Connections
    /// that stand already go on as they began.
    pub fn arm(&self, plan: Plan, times: Option<u32>) {
        *self.armed() = Armed { plan: Some(plan), times };
    }

    /// Plays no fault on new connections.
    pub fn heal(&self) {
        *self.armed() = Armed::default();
    }

    fn armed(&self) -> std::sync::MutexGuard<'_, Armed> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that has come so far, in the order in which it began.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.ledger.all()
    }

    /// How many they are.
    pub fn arrived(&self) -> usize {
        self.ledger.len()
    }

    /// Waits until what has come is so.
    pub async fn until(&self, mut reached: impl FnMut(&[Arrival]) -> bool) -> Vec<Arrival> {
        self.ledger.until(|arrivals| reached(arrivals)).await
    }

    /// How many whole requests hold this text: how often a lead came, where the text is its receipt.
    pub fn whole_requests_with(&self, text: &str) -> usize {
        self.arrivals().iter().filter(|arrival| arrival.is_whole() && arrival.holds(text)).count()
    }

    /// Ends it and every connection, and waits until that is done.
    pub async fn stop(mut self) {
        self.task.abort();
        // Ended by the line above: that it was is all there is to learn.
        (&mut self.task).await.ok();
    }
}

impl Drop for FaultPartner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes connections until it is dropped, and all of them with it.
async fn accept(listener: TcpListener, service: Service, armed: Arc<Mutex<Armed>>, ledger: Ledger) {
    let mut plays = JoinSet::new();
    for connection in 0.. {
        // Without a listener there is nothing more to come; what stands is ended with the handle.
        let Ok((stream, _)) = listener.accept().await else { break };
        let plan = armed.lock().unwrap_or_else(PoisonError::into_inner).take();
        plays.spawn(Play::new(stream, plan, connection, ledger.clone()).run(service.clone()));
        while plays.try_join_next().is_some() {}
    }
    while plays.join_next().await.is_some() {}
}
