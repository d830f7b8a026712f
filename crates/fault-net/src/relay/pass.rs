//! Taking connections and passing their bytes, under the rule of the moment.
//!
//! Apart from the handle because this runs in tasks of its own, which end with it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::rule::{Flow, Passed, Rule};
use crate::socket::{end_by_force, listen};

/// Most that is passed at once.
const CHUNK: usize = 16 * 1_024;

type Rules = watch::Receiver<Rule>;
type Counts = watch::Sender<Passed>;

/// Takes connections until it is dropped, and all of them with it.
pub(super) async fn accept(listener: TcpListener, target: SocketAddr, mut rules: Rules, counts: Counts) {
    let Ok(addr) = listener.local_addr() else { return };
    let mut links = JoinSet::new();
    let mut listening = Some(listener);
    loop {
        let refuses = rules.borrow_and_update().refuses;
        if refuses {
            listening = None;
        } else if listening.is_none() {
            // The port is still ours: the handle holds it.
            listening = listen(addr).ok();
        }
        let listens = listening.is_some();
        counts.send_if_modified(|passed| std::mem::replace(&mut passed.listens, listens) != listens);
        tokio::select! {
            changed = rules.changed() => if changed.is_err() { return },
            Some(stream) = next(listening.as_ref()) => {
                links.spawn(link(stream, target, rules.clone(), counts.clone()));
            }
            Some(_) = links.join_next() => {}
        }
    }
}

/// The next connection, where anybody listens.
async fn next(listener: Option<&TcpListener>) -> Option<TcpStream> {
    listener?.accept().await.ok().map(|(stream, _)| stream)
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Both sides had said all.
    Whole,
    /// Cut by order, or broken by one side: the other side learns that something broke, and not that all was said.
    Cut,
    /// Cut by a trap.
    Trapped,
}

/// One connection, from its beginning to its end.
async fn link(mut client: TcpStream, target: SocketAddr, rules: Rules, counts: Counts) {
    // Before it is counted: who has seen it counted can cut it.
    let cuts = rules.borrow().cuts;
    counts.send_modify(|passed| {
        passed.taken += 1;
        passed.open += 1;
    });
    let mut order = rules.clone();
    let mut target_stream = None;
    let end = tokio::select! {
        // An error means that the handle is gone, and this task with it in a moment.
        _ = order.wait_for(|rule| rule.cuts > cuts) => End::Cut,
        end = pass_both(&mut client, &mut target_stream, target, rules, &counts) => end,
    };
    if end != End::Whole {
        end_by_force(&client);
    }
    drop(client);
    if let Some(mut stream) = target_stream {
        match end {
            End::Whole => {}
            End::Cut => end_by_force(&stream),
            End::Trapped => swallow(&mut stream).await,
        }
    }
    counts.send_modify(|passed| {
        passed.open -= 1;
        passed.cut += u64::from(end != End::Whole);
    });
}

/// Lets the target do what it was asked, and keeps its answer from everybody.
async fn swallow(target: &mut TcpStream) {
    // However it ends: nobody hears of it.
    if target.shutdown().await.is_ok() {
        tokio::io::copy(target, &mut tokio::io::sink()).await.ok();
    }
}

/// Passes both ways until both have ended or one broke.
async fn pass_both(
    client: &mut TcpStream,
    target_stream: &mut Option<TcpStream>,
    target: SocketAddr,
    mut rules: Rules,
    counts: &Counts,
) -> End {
    // Behind a hole nobody sees that a connection begins.
    Flow::ToTarget.until_passing(&mut rules).await;
    let Ok(stream) = TcpStream::connect(target).await else { return End::Cut };
    let target = target_stream.insert(stream);
    // Small packets must not wait for one another: the relay adds what it is told to, and nothing else.
    client.set_nodelay(true).ok();
    target.set_nodelay(true).ok();
    let (from_client, to_client) = client.split();
    let (from_target, to_target) = target.split();
    let there = pass(Flow::ToTarget, from_client, to_target, rules.clone(), counts);
    let back = pass(Flow::ToClient, from_target, to_client, rules.clone(), counts);
    match tokio::try_join!(there, back) {
        Ok(_) => End::Whole,
        Err(Broken::Trapped) => End::Trapped,
        Err(Broken::Side) => End::Cut,
    }
}

/// Why one way ended before its source had.
enum Broken {
    Side,
    Trapped,
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Side
    }
}

/// Passes one way until its source ends. A break of either way ends both at once.
async fn pass(
    flow: Flow,
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut rules: Rules,
    counts: &Counts,
) -> Result<(), Broken> {
    let mut bytes = vec![0; CHUNK];
    let mut before = Vec::new();
    loop {
        // What nobody fetches stays where it is, and the sender's window fills, as behind a real hole.
        flow.until_passing(&mut rules).await;
        let count = from.read(&mut bytes).await?;
        let delay = rules.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        // The hole may have come while this waited.
        flow.until_passing(&mut rules).await;
        let come = bytes.get(..count).unwrap_or_default();
        if come.is_empty() {
            to.shutdown().await?;
            return Ok(());
        }
        to.write_all(come).await?;
        counts.send_modify(|passed| passed.add(flow, count));
        let trap = rules.borrow().trap.clone().filter(|_| flow == Flow::ToTarget);
        if trap.is_some_and(|trap| trap.springs(&mut before, come)) {
            return Err(Broken::Trapped);
        }
    }
}
