//! How long a claim takes where a store holds 1,000 and where it holds 1,000,000 finished deliveries.
//!
//! Measured below the proxy, by `proxy/benches/claim.rs`: over HTTP a claim can't be told from what stands around it. By the
//! development profile, which the tests have built already: it is the same slower work on both sides of the ratio.

use super::{
    Bench,
    table::{Goal, Row},
};
use crate::sh;
use anyhow::{Context, Result};

/// Runs the program and reads what it says.
pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    println!("claim: Cargo builds and runs proxy/benches/claim.rs, some minutes");
    let mut command = sh::command("cargo");
    command.args(["test", "--locked", "--package", "lead-proxy", "--bench", "claim"]);
    let said = sh::output(command.args(["--", "--nocapture", bench.store.name()]))?;
    let [few, many] = [1_000, 1_000_000]
        .map(|rows| read(&said, rows).with_context(|| format!("no claims over {rows} in:\n{said}")));
    let (few, many) = (few?, many?);
    let row = |measure: &str, found, unit, goal| {
        let (measure, note) = (measure.to_owned(), "once, 1000 claims of each".to_owned());
        Row { measure, found, unit, goal, note }
    };
    Ok(vec![
        row("p50 of a claim over 1,000 finished", few.0 / 1e3, " ms", None),
        row("p50 over 1,000,000, of it", many.0 / few.0, "", None),
        row("p99 of a claim over 1,000 finished", few.1 / 1e3, " ms", None),
        row("p99 over 1,000,000, of it", many.1 / few.1, "", Some(Goal::AtMost(2.0))),
    ])
}

/// Half and hundredth of the claims over so many finished deliveries, in microseconds.
fn read(said: &str, finished: u32) -> Option<(f64, f64)> {
    let numbers = said.lines().find_map(|line| line.strip_prefix(&format!("claim {finished} ")))?;
    let (half, hundredth) = numbers.split_once(' ')?;
    Some((half.parse().ok()?, hundredth.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn each_size_is_read_by_its_own_line() {
        let said = "warming up\nclaim 1000 250 900\nclaim 1000000 260 1100\n";
        assert_eq!(read(said, 1_000), Some((250.0, 900.0)));
        assert_eq!(read(said, 1_000_000), Some((260.0, 1_100.0)));
        assert_eq!(read(said, 10), None);
    }
}
