//! Our whole accept beside nginx that only passes on, by turns in the same minutes.
//!
//! Checks, mapping, encryption and a synced commit against the forwarding of the same bytes. The account is stopped, so
//! that leads are kept and not sent: what delivery costs is another matter. Each round has a store of its own.

use super::{
    ACCOUNT, Bench,
    nginx::Nginx,
    process,
    table::{Goal, Row, over},
    wrk::{Leads, Sent},
};
use crate::{house::database::Store, sh};
use anyhow::{Context, Result};
use std::time::Duration;

const CONNECTIONS: [usize; 2] = [32, 128];
const WARM_UP: Duration = Duration::from_secs(1);

/// What was found in one turn.
struct Turn {
    sent: Sent,
    /// Time on a core for each lead, of the server.
    cpu_us: f64,
    /// The same of the database's processes behind it.
    behind_us: f64,
}

/// Both, in one round.
struct Round {
    nginx: Turn,
    ours: Turn,
    memory_mib: f64,
}

/// Measures, and tells each round as it goes.
pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let nginx = Nginx::start(&bench.tools.program("nginx")?, &bench.folder, &bench.stop)?;
    let leads = bench.leads()?;
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let rounds = (0..bench.rounds).map(|number| {
            let round = round(bench, &nginx, &leads, (connections, number % 2 == 0))?;
            let Round { nginx, ours, .. } = &round;
            println!(
                "accept, {connections} connections: {:.0}/s of {:.0}/s, {:.1} of {:.1} µs, p99 {:.1} of {:.1} ms",
                ours.sent.per_second, nginx.sent.per_second, ours.cpu_us, nginx.cpu_us, ours.sent.p99_ms, nginx.sent.p99_ms
            );
            Ok(round)
        });
        rows.extend(summed_up(bench.store, connections, &rounds.collect::<Result<Vec<_>>>()?));
    }
    Ok(rows)
}

/// One round; by turns one of the two is first, so that neither always has the quieter half.
fn round(
    bench: &Bench,
    nginx: &Nginx,
    leads: &Leads,
    (connections, is_first): (usize, bool),
) -> Result<Round> {
    let (house, database) = bench.house(&[])?;
    sh::output(&mut house.proxy_tool(&[
        "accounts",
        "stop",
        ACCOUNT,
        "--why",
        "only accepts are measured",
        "--operator",
        "bench",
    ]))?;
    let proxy = house.proxy.as_ref().context("the proxy was not started")?.id();
    let server = database.as_ref().and_then(pg_server::Server::process);
    let behind = || server.map_or(Ok(0.0), process::cpu_us_with_children);
    let passes_on = || {
        let cpu = || Ok((nginx.cpu_us()?, 0.0));
        turn(leads, nginx.port, (connections, bench.time), cpu)
    };
    let before = if is_first { None } else { Some(passes_on()?) };
    let cpu = || Ok((process::cpu_us(proxy)?, behind()?));
    let ours = turn(leads, house.ports.proxy, (connections, bench.time), cpu)?;
    let memory_mib = process::memory_mib(proxy)?;
    let nginx = before.map_or_else(passes_on, Ok)?;
    house.close()?;
    Ok(Round { nginx, ours, memory_mib })
}

fn turn(
    leads: &Leads,
    port: u16,
    (connections, time): (usize, Duration),
    cpu: impl Fn() -> Result<(f64, f64)>,
) -> Result<Turn> {
    leads.send(port, connections, WARM_UP)?;
    let before = cpu()?;
    let sent = leads.send(port, connections, time)?;
    let after = cpu()?;
    let each = |after: f64, before: f64| (after - before) / sent.requests;
    Ok(Turn { sent, cpu_us: each(after.0, before.0), behind_us: each(after.1, before.1) })
}

fn summed_up(store: Store, connections: usize, rounds: &[Round]) -> Vec<Row> {
    let least = if store == Store::Sqlite { 0.5 } else { 0.25 };
    let most = (store == Store::Sqlite).then_some(Goal::AtMost(30.0));
    let row = |measure: &str, unit, goal, of: &dyn Fn(&Round) -> f64| {
        let (found, note) = over(&rounds.iter().map(of).collect::<Vec<_>>());
        Row { measure: format!("{measure}, {connections} connections"), found, unit, goal, note }
    };
    let mut rows = vec![
        row("accepts a second, of nginx's", "", Some(Goal::AtLeast(least)), &|round| {
            round.ours.sent.per_second / round.nginx.sent.per_second
        }),
        row("accepts a second", "", None, &|round| round.ours.sent.per_second),
        row("nginx a second", "", None, &|round| round.nginx.sent.per_second),
        row("CPU a lead", " µs", most, &|round| round.ours.cpu_us),
        row("nginx's CPU a lead", " µs", None, &|round| round.nginx.cpu_us),
        row("p50", " ms", None, &|round| round.ours.sent.p50_ms),
        row("p99", " ms", None, &|round| round.ours.sent.p99_ms),
        row("nginx's p50", " ms", None, &|round| round.nginx.sent.p50_ms),
        row("nginx's p99", " ms", None, &|round| round.nginx.sent.p99_ms),
        row("memory", " MiB", None, &|round| round.memory_mib),
    ];
    if store == Store::Postgres {
        rows.push(row("the database's CPU a lead", " µs", None, &|round| round.ours.behind_us));
    }
    rows
}
