//! What the proxy and the simulators are told: the demo's configuration on this house's ports, and secrets of the day.
//!
//! The secrets are made anew for each run and live in the children's environment only.

use super::ports::{Ports, WRITTEN};
use crate::{assets, sh};
use anyhow::{Context, Result};
use std::{
    fmt::Write as _,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
};

/// The variable with the simulated partner's credential, as `demo/lead-proxy.toml` names it.
pub(crate) const TAKEPAYMENTS_KEY: &str = "DEMO_TAKEPAYMENTS_API_KEY";
/// The variable with the key that signs the tokens of the form without JavaScript.
const TOKEN_KEY: &str = "DEMO_TOKEN_KEY";
/// What the proxy's own variables begin with: none of the user's may reach a house.
const PREFIX: &str = "LEAD_PROXY__";

/// The configuration file and the environment of one house.
pub(crate) struct Settings {
    config: PathBuf,
    variables: Vec<(String, String)>,
}

impl Settings {
    /// Writes the configuration into the folder, moved to these ports.
    pub(crate) fn write(
        folder: &Path,
        ports: &Ports,
        overrides: Vec<(&'static str, String)>,
    ) -> Result<Self> {
        let text = read(&sh::root().join("demo/lead-proxy.toml"))?;
        let config = folder.join("lead-proxy.toml");
        write(&config, &ports.moved(&text))?;
        let forms = if *ports == WRITTEN { sh::root().join("forms") } else { moved_forms(folder, ports)? };
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut variables = vec![
            (TAKEPAYMENTS_KEY.to_owned(), random()?),
            (TOKEN_KEY.to_owned(), random()?),
            (format!("{PREFIX}FORMS__DIR"), path(forms)),
            (format!("{PREFIX}STORE__PATH"), path(folder.join("leads.sqlite"))),
        ];
        if assets::read_manifest().is_ok() {
            variables.push((format!("{PREFIX}ASSETS__DIR"), path(assets::folder())));
        }
        variables.extend(overrides.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Ok(Self { config, variables })
    }

    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// Sets this house's variables and removes the user's own.
    pub(crate) fn set_environment(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(PREFIX) {
                command.env_remove(&name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

/// Copies of the forms that allow the website on its moved port.
fn moved_forms(folder: &Path, ports: &Ports) -> Result<PathBuf> {
    let moved = folder.join("forms");
    super::clear(&moved)?;
    fs::create_dir_all(&moved).with_context(|| format!("could not make {}", moved.display()))?;
    for form in super::examples::files()? {
        let name = form.file_name().context("a form's file has no name")?;
        write(&moved.join(name), &ports.moved(&read(&form)?))?;
    }
    Ok(moved)
}

/// A secret that nobody has had before: 32 random bytes in hexadecimal.
fn random() -> Result<String> {
    let mut bytes = [0_u8; 32];
    let mut source = fs::File::open("/dev/urandom").context("could not open /dev/urandom")?;
    source.read_exact(&mut bytes).context("could not read /dev/urandom")?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    }))
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("could not write {}", file.display()))
}
