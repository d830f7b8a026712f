//! The repository's own tasks: `cargo xtask COMMAND`.
//!
//! Apart from the product on purpose: plain processes and text, none of our crates, so that it builds in seconds.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program: printing is what it does"
)]

mod assets;
mod bench;
mod chaos;
mod crash;
mod demo;
mod disk;
mod house;
mod load;
mod new_connector;
mod promises;
mod release;
mod sh;
mod simulate;
mod size;
mod test;
mod tidy;
mod tools;
mod trace;

use anyhow::{Result, bail};
use std::process::ExitCode;

/// One command of `cargo xtask`: its name, what follows it, one line of help, and what it does.
struct Task {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<()>,
}

/// Every command, in the order in which a newcomer meets them.
const TASKS: &[Task] = &[
    Task {
        name: "demo",
        arguments: "[--once] [--port-base N]",
        help: "everything on this machine with a simulated partner; --once sends a lead through each form",
        run: demo::main,
    },
    Task {
        name: "new",
        arguments: "connector NAME | trial",
        help: "write a new partner that builds and is tested; trial does it in a copy and looks",
        run: new_connector::main,
    },
    Task {
        name: "tools",
        arguments: "",
        help: "install every pinned tool that is missing, and show them all",
        run: tools::main,
    },
    Task {
        name: "assets",
        arguments: "",
        help: "build the browser's files into target/lead-form-assets",
        run: assets::main,
    },
    Task {
        name: "size",
        arguments: "",
        help: "compressed bytes of those files against their budgets",
        run: size::main,
    },
    Task {
        name: "release",
        arguments: "",
        help: "build target/release/lead-proxy with the browser's files inside",
        run: release::main,
    },
    Task {
        name: "tidy",
        arguments: "",
        help: "house rules that no compiler checks: imports, names, file sizes, links",
        run: tidy::main,
    },
    Task {
        name: "test",
        arguments: "[--only STAGE,…] [--from STAGE]",
        help: "everything that must hold, cheapest first",
        run: test::main,
    },
    Task {
        name: "crash",
        arguments: "[--kills N] [--points] [--store S] [--kinds K,…] [--seed N]",
        help: "end the proxy under load again and again, and count every promise",
        run: crash::main,
    },
    Task {
        name: "chaos",
        arguments: "[--replicas N] [--minutes M] [--seed N]",
        help: "break replicas, their database and the ways between by turns, and count every promise",
        run: chaos::main,
    },
    Task {
        name: "simulate",
        arguments: "[--seeds N] [--from S] [--seed S] [--sabotage] [--optimized]",
        help: "the real delivery in simulated worlds, each decided by a seed; --seed shows the course of one",
        run: simulate::main,
    },
    Task {
        name: "trace",
        arguments: "[--accepts N] [--release]",
        help: "show from the system calls that each lead is on the disk before its answer",
        run: trace::main,
    },
    Task {
        name: "bench",
        arguments: "accept [--seconds S] [--rounds N] [--store S] [--only M,…] | web [--rounds N]",
        help: "what an accept costs beside nginx that only passes on, and how soon leads leave; or how soon a visitor can use the form, beside other libraries",
        run: bench::main,
    },
    Task {
        name: "disk",
        arguments: "[--release] [--seed N]",
        help: "take the disk away from the running proxy in every way, and count every promise",
        run: disk::main,
    },
    Task { name: "help", arguments: "", help: "this list", run: help },
];

fn main() -> ExitCode {
    leave_quietly_when_nobody_reads();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = arguments.collect();
    match run(&name, &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `cargo xtask help | head` closes our output early: that needs no panic message. The panic itself goes on, so that
/// whatever was started is ended.
fn leave_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to") && said.contains("Broken pipe") {
            return;
        }
        usual(panic);
    }));
}

/// Finds the command and runs it.
fn run(name: &str, rest: &[String]) -> Result<()> {
    let name = if matches!(name, "-h" | "--help") { "help" } else { name };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        let names: Vec<&str> = TASKS.iter().map(|task| task.name).collect();
        bail!(
            "found the command `{name}`, expected one of: {}. `cargo xtask help` explains each",
            names.join(", ")
        );
    };
    (task.run)(rest)
}

/// Prints each command with its one line of help.
fn help(_: &[String]) -> Result<()> {
    println!("cargo xtask COMMAND\n");
    for task in TASKS {
        println!("  {:<41} {}", format!("{} {}", task.name, task.arguments), task.help);
    }
    println!("\nStages of `test`, in order: {}", test::stage_names().join(", "));
    Ok(())
}

/// Refuses arguments for a command that takes none, so that a misspelt flag is not ignored.
fn expect_no_arguments(command: &str, arguments: &[String]) -> Result<()> {
    match arguments {
        [] => Ok(()),
        found => bail!(
            "found `{}` after `{command}`, expected nothing: this command takes no arguments",
            found.join(" ")
        ),
    }
}
