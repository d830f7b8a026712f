//! `cargo xtask demo`: everything on this machine, with a simulated partner, until Ctrl-C.

mod lead;
mod once;

use crate::{
    assets,
    house::{
        self, House, LOOK_AGAIN, Plan, environment,
        examples::{self, Example},
        options::Options,
        ports::{Ports, WRITTEN},
        programs::Build,
        settings,
        stop::Stop,
    },
    sh,
};
use anyhow::{Context, Result};
use std::{collections::BTreeSet, path::PathBuf, thread, time::Duration};

/// How long the one lead that the demo sends itself may take to its partner.
const ARRIVE_LIMIT: Duration = Duration::from_secs(10);

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
    let base: Option<u16> = options.value("--port-base", "a port from 1024 to 65531")?;
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
    let plan = Plan { website: true, ..Plan::new(folder(), ports, programs) };
    let mut house = House::open(plan, &stop)?;
    house.start_proxy().with_context(|| {
        format!("the demo does not start; remove {} to begin with an empty store", folder().display())
    })?;
    println!("{}", welcome(&house, &stop)?);
    while !stop.wanted() {
        house.check_alive()?;
        thread::sleep(LOOK_AGAIN);
    }
    println!("\nending lead-proxy and partner-sim");
    house.close()
}

/// The addresses, and what to try at each.
fn welcome(house: &House, stop: &Stop) -> Result<String> {
    let ports = &house.ports;
    let program = house.programs.proxy.display();
    let (website, proxy, simulator) = (ports.website_url(), ports.proxy_url(), ports.simulator_url());
    let examples = examples::all()?;
    let mut lines = vec!["\nlead-form is running. A partner's website, on another origin:\n".to_owned()];
    lines.push(row("Form in the page", &format!("{website}/"), "by script tag"));
    lines.push(row("Form in an iframe", &format!("{website}/framed.html"), ""));
    lines.push(row("Every form", &format!("{website}/forms.html"), "a page for each"));
    lines.push(row("Playground", &format!("{website}/playground.html"), "choose, see, copy the snippet"));
    lines.push(
        "\nA CRM on a third origin, with the partners' records in a frame, signed in by the CRM's own server:\n"
            .to_owned(),
    );
    for account in settings::PANELS.map(|(account, _)| account) {
        lines.push(row(account, &format!("{}/?account={account}", ports.crm_url()), ""));
    }
    lines.push(
        "\nThe same forms on pages of the proxy's own, also without JavaScript; ?locale=de for German:\n"
            .to_owned(),
    );
    for example in examples.iter().filter(|example| !example.completes) {
        lines.push(row(&example.form, &format!("{proxy}/f/{}", example.form), &example.account));
    }
    for example in examples.iter().filter(|example| example.account == "partnerportal") {
        // So that each account of the CRM has a lead to look at; for the other one a completed record's is there.
        lead::send(house, example, &settings::random()?, &[])?;
    }
    for (form, address) in completing(house, &examples, stop)? {
        lines.push(format!(
            "\nThe form {form} completes a record; this link opens it for one that is there:\n\n  {address}"
        ));
    }
    lines.push("\nWhat has arrived at the simulated partners, with a switch for each fault:\n".to_owned());
    let partners: BTreeSet<&str> = examples.iter().map(|example| example.account.as_str()).collect();
    for partner in partners {
        lines.push(row(partner, &format!("{simulator}/{partner}"), ""));
    }
    lines.extend([
        String::new(),
        row("Is the proxy well?", &ports.ready_url(), "for operators"),
        "\nWhat has not arrived, and what to do about it (docs/operations.md):\n".to_owned(),
        format!("  set -a; . {}; set +a", folder().join(environment::FILE).display()),
        format!("  {} deliveries list --config {}", program, folder().join("lead-proxy.toml").display()),
        format!("\nLeads are kept in {}: one that still waits", folder().display()),
        "when you stop is delivered after the next start. Remove the folder to begin afresh.".to_owned(),
        "\nCtrl-C ends everything.".to_owned(),
    ]);
    Ok(lines.join("\n"))
}

/// Each form that completes a record, with a signed link to a record that is made for it now.
fn completing(house: &House, examples: &[Example], stop: &Stop) -> Result<Vec<(String, String)>> {
    let mut links = Vec::new();
    for example in examples.iter().filter(|example| example.completes) {
        let maker = examples.iter().find(|other| other.account == example.account && !other.completes);
        let maker =
            maker.with_context(|| format!("found no form that makes records for {}", example.form))?;
        let lead = lead::send(house, maker, &settings::random()?, &[])?;
        if house::until(ARRIVE_LIMIT, stop, || Ok(lead::find(house, &lead)?.is_some()))? {
            links.push((example.form.clone(), lead::link_for(house, &example.form, &lead)?));
        }
    }
    Ok(links)
}

fn row(what: &str, address: &str, note: &str) -> String {
    format!("  {what:<19} {address:<43} {note}").trim_end().to_owned()
}
