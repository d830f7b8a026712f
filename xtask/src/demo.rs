//! `cargo xtask demo`: everything on this machine, with a simulated partner, until Ctrl-C.

mod once;

use crate::{
    assets,
    house::{
        House, LOOK_AGAIN, Plan, examples,
        options::Options,
        ports::{Ports, WRITTEN},
        programs::Build,
        stop::Stop,
    },
    sh,
};
use anyhow::Result;
use std::{path::PathBuf, thread};

/// Where the demo's store and logs lie, from one run to the next.
fn folder() -> PathBuf {
    sh::target().join("demo")
}

/// `cargo xtask demo`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let switches = ["--once", "--release", "--no-build"];
    let options = Options::read("demo", arguments, &switches, &["--port-base"])?;
    if options.has("--once") {
        return once::run(Build::chosen(&options)?);
    }
    let base: Option<u16> = options.value("--port-base", "a port from 1024 to 65532")?;
    let ports = base.map_or(Ok(WRITTEN), Ports::from_base)?;
    // Before the build: nobody wants to wait minutes for this message.
    ports.check_free()?;
    let build = Build::chosen(&options)?;
    if build != Build::AsTheyAre {
        assets::build()?;
    }
    let programs = build.programs()?;
    ports.check_free()?;

    let stop = Stop::listen()?;
    let plan = Plan { folder: folder(), ports, programs, website: true, overrides: Vec::new() };
    let mut house = House::open(plan, &stop)?;
    house.start_proxy()?;
    println!("{}", welcome(&ports)?);
    while !stop.wanted() {
        house.check_alive()?;
        thread::sleep(LOOK_AGAIN);
    }
    println!("\nending lead-proxy and partner-sim");
    house.close()
}

/// The addresses, and what to try at each.
fn welcome(ports: &Ports) -> Result<String> {
    let (website, proxy, simulator) = (ports.website_url(), ports.proxy_url(), ports.simulator_url());
    let mut lines = vec![
        "\nlead-form is running. Try:\n".to_owned(),
        row(
            "Form in the page",
            &format!("{website}/"),
            "a partner's website on another origin, by script tag",
        ),
        row("Form in an iframe", &format!("{website}/framed.html"), "the same website"),
    ];
    for example in examples::all()? {
        let address = format!("{proxy}/f/{}", example.form);
        lines.push(row("Hosted page", &address, "also without JavaScript; ?locale=de for German"));
    }
    let arrived = format!("{simulator}/takepayments");
    lines.extend([
        row("What has arrived", &arrived, "the simulated partner, with a switch for each fault"),
        row("Is the proxy well?", &ports.ready_url(), "for operators"),
        format!("\nLeads are kept in {}: one that still waits", folder().display()),
        "when you stop is delivered after the next start. Remove the folder to begin afresh.".to_owned(),
        "\nCtrl-C ends everything.".to_owned(),
    ]);
    Ok(lines.join("\n"))
}

fn row(what: &str, address: &str, note: &str) -> String {
    format!("  {what:<19} {address:<39} {note}")
}
