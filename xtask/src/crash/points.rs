//! Every named point, for each kind of credential: a house for each kind, a few of them at a time.
//!
//! Apart from the walk through one house. The list of points is the proxy's own file, read as it is compiled there.

#[path = "../../../proxy/src/crash/points.rs"]
#[allow(unreachable_pub, reason = "the proxy's file, in which it is reached")]
mod list;

pub(super) use list::{Brought, POINTS, Point};

use super::walk::{self, Walk, Walked};
use crate::{
    house::{database::Store, ports::Ports, programs::Programs, stop::Stop},
    promises::{count::Count, partners::Partner},
    sh,
};
use anyhow::{Context, Result};
use std::{thread, time::Instant};

/// Houses that stand at a time: their programs wait more than they work.
const HOUSES: usize = 3;

/// What to do.
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) store: Store,
    pub(super) partners: Vec<&'static Partner>,
    pub(super) programs: Programs,
}

/// Crashes everywhere and counts; what must not be.
pub(super) fn run(plan: &Plan, stop: &Stop) -> Result<Vec<String>> {
    let mut wrongs = Vec::new();
    for (at, partners) in plan.partners.chunks(HOUSES).enumerate() {
        // Chosen one after the other: two houses that look at the same time would find the same ones.
        let ports = partners.iter().map(|_| Ports::free()).collect::<Result<Vec<_>>>()?;
        let walks = partners.iter().zip(ports).zip(at * HOUSES..);
        let walks: Vec<Walk> =
            walks.map(|((partner, ports), number)| Walk::new(plan, partner, ports, number)).collect();
        let walked = thread::scope(|scope| {
            let walking: Vec<_> = walks
                .iter()
                .map(|walk| scope.spawn(move || (walk, Instant::now(), walk::run(walk, stop))))
                .collect();
            walking.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        });
        for ended in walked {
            let Ok((walk, began, walked)) = ended else { anyhow::bail!("a house of the campaign broke off") };
            let kind = walk.partner.kind;
            let walked =
                walked.with_context(|| format!("the house of {kind} could not be walked through"))?;
            wrongs.extend(tell(walk, &walked, began).into_iter().map(|wrong| format!("{kind}: {wrong}")));
        }
    }
    Ok(wrongs)
}

/// Prints what became of one kind; what must not be.
fn tell(walk: &Walk, walked: &Walked, began: Instant) -> Vec<String> {
    let Walked { crashed, missed, evidence } = walked;
    let (kind, account, store) = (walk.partner.kind, walk.partner.account, walk.store.name());
    let count = Count::of(evidence);
    println!(
        "\n{kind} ({account}, {store}): {crashed} of {} points, {}",
        crashed + missed.len(),
        sh::time(began.elapsed())
    );
    print!("{count}");
    let missed =
        missed.iter().map(|point| format!("the point {} was not reached: {}", point.name, point.when));
    count.wrongs().into_iter().chain(missed).collect()
}
