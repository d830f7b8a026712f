//! What a start meets: a disk that is read-only, and files that are not what they were.
//!
//! Apart because here nobody is served: the proxy says what it has found and ends, and starts once that is mended.

use super::fault::Place;
use crate::{
    house::{House, random::Random, stop::Stop},
    promises::book::Book,
    sh,
};
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path, time::Duration};

/// Where pages are cut and damaged.
const PAGE: usize = 4_096;
/// How much of a page is damaged: its head, by which it is read.
const HEAD: usize = 8;
/// How many times other pages are damaged.
const DAMAGED: usize = 4;
/// How many starts there are in all.
pub(super) const CASES: usize = 3 + DAMAGED;
/// How long a start may take to fail.
const LIMIT: Duration = Duration::from_secs(15);

/// Meets each of them, and the store as it was in the end; what must not be.
pub(super) fn run(house: &mut House, place: &Place, random: &mut Random, stop: &Stop) -> Result<Vec<String>> {
    let before = Book::of(house)?.entries;
    house.proxy.take().context("the proxy was not started")?.end()?;
    let store = place.store();
    let whole = fs::read(&store).context("could not read the store")?;
    ensure!(whole.len() > 8 * PAGE, "found a store of {} bytes, expected more to damage", whole.len());
    let mut wrongs = Vec::new();
    let mut meet = |house: &mut House, name: &str, expected: &str| -> Result<()> {
        stop.check()?;
        wrongs.extend(refusal(house, name, expected)?);
        Ok(())
    };

    remount(&place.mount, "ro")?;
    meet(house, "read-only at the start", "read-only")?;
    remount(&place.mount, "rw")?;

    let mut header = whole.clone();
    header.iter_mut().take(16).for_each(|byte| *byte ^= 0x55);
    write(&store, &header)?;
    meet(house, "header broken", "is not one of our stores")?;

    write(&store, whole.get(..whole.len() / 2 / PAGE * PAGE).unwrap_or_default())?;
    meet(house, "cut in half", "is damaged")?;

    for _ in 0..DAMAGED {
        let mut damaged = whole.clone();
        let mut pages = Vec::new();
        for _ in 0..8 {
            let page = 1 + random.number(whole.len() / PAGE - 1);
            pages.push(page);
            damaged.iter_mut().skip(page * PAGE).take(HEAD).for_each(|byte| *byte ^= 0xa5);
        }
        write(&store, &damaged)?;
        meet(house, &format!("pages {pages:?} damaged"), "is damaged")?;
    }

    write(&store, &whole)?;
    house.start_proxy()?;
    if Book::of(house)?.entries != before {
        wrongs.push("the store that was put back does not hold what it held".to_owned());
    }
    println!("put back     ready, with its {} deliveries", before.len());
    Ok(wrongs)
}

/// Starts a proxy that is to end by itself and say why.
fn refusal(house: &mut House, name: &str, expected: &str) -> Result<Option<String>> {
    let log = house.folder.join("lead-proxy.log");
    let said_before = fs::read(&log).map_or(0, |said| said.len());
    house.launch_proxy(house.proxy_command(&[]))?;
    let mut proxy = house.proxy.take().context("the proxy was not started")?;
    let status = proxy.await_end(LIMIT).with_context(|| format!("{name}: a start was to be refused"))?;
    let said = fs::read(&log).unwrap_or_default();
    let said = String::from_utf8_lossy(said.get(said_before..).unwrap_or_default()).into_owned();
    let line = said.lines().find(|line| line.contains(expected)).unwrap_or_default();
    println!("{name}: {status}, {line:?}");
    let panicked = said.contains("panicked");
    let is_told = !status.success() && !line.is_empty() && !panicked;
    Ok((!is_told)
        .then(|| format!("{name}: ended with {status}, expected a line with {expected:?}; it said:\n{said}")))
}

fn remount(mount: &Path, how: &str) -> Result<()> {
    sh::output(sh::command("mount").args(["-o", &format!("remount,{how}")]).arg(mount)).map(drop)
}

fn write(store: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(store, bytes).with_context(|| format!("could not write {}", store.display()))
}
