//! What the proxy and the simulators are told: the demo's configuration on this house's ports, and secrets of the day.
//!
//! The secrets are made when a folder is new and kept in it (`environment`), so that what one run has sealed the next can open.

use super::{
    Plan, environment,
    ports::{Ports, WRITTEN},
};
use crate::{assets, sh};
use anyhow::{Context, Result, ensure};
use std::{
    fmt::Write as _,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
};

/// The variable with the simulated partner's credential, as `demo/lead-proxy.toml` names it.
pub(crate) const TAKEPAYMENTS_KEY: &str = "DEMO_TAKEPAYMENTS_API_KEY";
/// The variable with the key that seals what is kept of leads.
const RING_KEY: &str = "DEMO_RING_KEY";
/// The accounts with a panel, and the variables with the keys that sign its tokens, and links to `complete-account`.
pub(crate) const PANELS: [(&str, &str); 2] =
    [("algbra", "DEMO_ALGBRA_PANEL_KEY"), ("partnerportal", "DEMO_PARTNERPORTAL_PANEL_KEY")];
/// For whom the CRM signs panel tokens.
pub(crate) const PANEL_AUDIENCE: &str = "lead-proxy/panel";
/// The variables with the other partners' credentials: the simulators know them by these names, and the configuration
/// reads the same.
const CREDENTIALS: [&str; 6] = [
    "SIM_SPOTCAP_API_KEY",
    "SIM_PARTNERPORTAL_CLIENT_ID",
    "SIM_PARTNERPORTAL_CLIENT_SECRET",
    "SIM_ALGBRA_API_TOKEN",
    "SIM_OCTORATE_CLIENT_ID",
    "SIM_OCTORATE_CLIENT_SECRET",
];
/// The variable with a secret that is written as Standard Webhooks have it.
const WEBHOOK_SECRET: &str = "SIM_WEBHOOK_SECRET";
/// The variable with the address of a database that is the store.
pub(crate) const DATABASE_URL: &str = "HOUSE_DATABASE_URL";
/// Where Octorate's settings begin in the demo's configuration.
const OCTORATE_SETTINGS: &str = "[accounts.octorate.settings]\n";
/// What connects the account by a consent: the simulator's page, and the proxy's own on its operator listener.
const CONSENT: &str = "authentication = \"consent\"\n\
    authorize_url = \"http://127.0.0.1:9101/octorate/octobook/identity/oauth.xhtml\"\n\
    redirect_uri = \"http://127.0.0.1:9090/connect/octorate/callback\"\n";
/// The second key of a campaign's ring, and its variable.
pub(crate) const NEXT_KEY: &str = "next";
const NEXT_KEY_VARIABLE: &str = "HOUSE_NEXT_RING_KEY";
/// The two halves of the key that signs requests to Algbra, each with its variable. It is the one of the simulator's
/// signature vectors, published on purpose: nothing but a simulator believes it.
const SIGNING_KEY: [(&str, &str); 2] = [
    ("DEMO_ALGBRA_PRIVATE_KEY", "crates/partner-sim/tests/vectors/test-key-2048.private.pem"),
    ("SIM_ALGBRA_PUBLIC_KEY_PEM", "crates/partner-sim/tests/vectors/test-key-2048.public.pem"),
];
/// What the proxy's own variables begin with: none of the user's may reach a house.
const PREFIX: &str = "LEAD_PROXY__";

/// The configuration file and the environment of one house.
pub(crate) struct Settings {
    config: PathBuf,
    variables: Vec<(String, String)>,
}

impl Settings {
    /// Writes the configuration into the plan's folder, moved to its ports.
    pub(crate) fn write(plan: &Plan) -> Result<Self> {
        let Plan { folder, ports, .. } = plan;
        let mut text = read(&sh::root().join("demo/lead-proxy.toml"))?;
        if plan.campaign {
            text = for_campaign(&text)?;
        }
        let config = folder.join("lead-proxy.toml");
        write(&config, &ports.moved(&text))?;
        let forms = if *ports == WRITTEN { sh::root().join("forms") } else { moved_forms(folder, ports)? };
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        let file = folder.join(environment::FILE);
        let mut variables = secrets()?;
        if plan.campaign {
            variables.push((NEXT_KEY_VARIABLE.to_owned(), random()?));
        }
        environment::recall(&file, &mut variables)?;
        variables.push((format!("{PREFIX}FORMS__DIR"), path(forms)));
        match &plan.database {
            None => variables.push((format!("{PREFIX}STORE__PATH"), path(folder.join("leads.sqlite")))),
            Some(url) => {
                variables.push((format!("{PREFIX}STORE__URL"), format!("{{ env = \"{DATABASE_URL}\" }}")));
                variables.push((DATABASE_URL.to_owned(), url.clone()));
            }
        }
        if assets::read_manifest().is_ok() {
            variables.push((format!("{PREFIX}ASSETS__DIR"), path(assets::folder())));
        }
        variables.extend(plan.overrides.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        environment::write(&file, &variables)?;
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

/// The configuration of a campaign: with Octorate's account as one that a person has to connect, and a second key.
fn for_campaign(text: &str) -> Result<String> {
    ensure!(text.contains(OCTORATE_SETTINGS), "found no {OCTORATE_SETTINGS:?} in demo/lead-proxy.toml");
    let text = text.replacen(OCTORATE_SETTINGS, &format!("{OCTORATE_SETTINGS}{CONSENT}"), 1);
    Ok(format!("{text}\n[keys.ring.{NEXT_KEY}]\nenv = \"{NEXT_KEY_VARIABLE}\"\n"))
}

/// Every credential of the demo with its variable.
pub(crate) fn secrets() -> Result<Vec<(String, String)>> {
    let mut variables = vec![(WEBHOOK_SECRET.to_owned(), format!("whsec_{}", random()?))];
    let panels = PANELS.map(|(_, name)| name);
    for name in [TAKEPAYMENTS_KEY, RING_KEY].into_iter().chain(panels).chain(CREDENTIALS) {
        variables.push((name.to_owned(), random()?));
    }
    for (name, file) in SIGNING_KEY {
        variables.push((name.to_owned(), read(&sh::root().join(file))?.trim().to_owned()));
    }
    Ok(variables)
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
pub(crate) fn random() -> Result<String> {
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
