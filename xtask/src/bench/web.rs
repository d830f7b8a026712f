//! `cargo xtask bench web`: how soon a visitor can use the form, beside the same eight fields in other libraries.
//!
//! The peers, the browser's part and the table are `benches/web`, in JavaScript as the peers are; here is the house that they
//! are measured in: the release program with a form of eight fields, and a website that may show it.

use crate::{
    assets,
    house::{self, House, options::Options, ports::Ports, programs::Build, stop::Stop},
    sh,
    tools::{self, Need},
};
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path};

/// The form's definition, below `benches/web`.
const FORM: &str = "forms/eight.toml";

/// `cargo xtask bench web`.
pub(super) fn main(arguments: &[String]) -> Result<()> {
    let options = Options::read("bench web", arguments, &["--no-build"], &["--rounds"])?;
    let rounds = options.value("--rounds", "a number of rounds, from 1 on")?.unwrap_or(9_usize);
    ensure!(rounds > 0, "found --rounds 0, expected 1 at least");
    let tools = tools::ensure(&[Need::WebPeers, Need::Browser])?;
    if !options.has("--no-build") {
        assets::build()?;
    }
    let programs =
        if options.has("--no-build") { Build::ReleaseAsTheyAre } else { Build::Release }.programs()?;
    let stop = Stop::listen()?;
    let folder = sh::target().join("bench-web");
    let _lock = tools::lock_file(&sh::target().join("bench.lock"), "measures")?;
    house::clear(&folder)?;
    let ports = Ports::free()?;
    let forms = moved_form(&folder, &ports)?;
    let mut plan = house::Plan::new(folder.join("house"), ports, programs);
    plan.overrides = vec![("LEAD_PROXY__FORMS__DIR", forms)];
    let mut house = House::open(plan, &stop)?;
    house.start_proxy()?;
    println!("web: {rounds} rounds; {}", super::load());
    let mut run = sh::command("node");
    run.arg(sources(&folder)?.join("run.mjs")).arg(tools.program("chromium")?);
    run.args([house.ports.proxy_url(), house.ports.website.to_string(), rounds.to_string()]);
    let status = run.status().context("could not start node")?;
    println!("{}", super::load());
    house.close()?;
    ensure!(status.success(), "not every goal was reached: see above");
    Ok(())
}

/// A folder with the form alone, allowed on the website's port.
fn moved_form(folder: &Path, ports: &Ports) -> Result<String> {
    let forms = folder.join("forms");
    fs::create_dir_all(&forms).with_context(|| format!("could not make {}", forms.display()))?;
    let text = fs::read_to_string(sh::root().join("benches/web").join(FORM))
        .with_context(|| format!("could not read benches/web/{FORM}"))?;
    fs::write(folder.join(FORM), ports.moved(&text)).context("could not write the form")?;
    Ok(forms.to_string_lossy().into_owned())
}

/// The scripts beside their packages, where Node looks for those.
fn sources(folder: &Path) -> Result<std::path::PathBuf> {
    let here = folder.join("web");
    for part in ["", "peers"] {
        fs::create_dir_all(here.join(part)).context("could not make the folder of the peers")?;
        let from = sh::root().join("benches/web").join(part);
        for entry in fs::read_dir(&from).with_context(|| format!("could not list {}", from.display()))? {
            let path = entry.context("could not list the peers")?.path();
            if let (true, Some(name)) = (path.is_file(), path.file_name()) {
                fs::copy(&path, here.join(part).join(name)).context("could not copy the peers")?;
            }
        }
    }
    let modules = tools::web_peers_folder()?.join("node_modules");
    std::os::unix::fs::symlink(modules, here.join("node_modules"))
        .context("could not link the peers' packages")?;
    Ok(here)
}
