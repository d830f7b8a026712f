//! Configuration: defaults, file and environment merged, and everything wrong with them found at once.
//!
//! Apart because this is the only room that reads the environment and files at start; every other room is handed its
//! own part and keeps nothing else.

mod accounts;
mod alerts;
mod authorities;
mod environment;
mod finding;
mod forms;
mod keys;
mod layers;
mod nearest;
mod parts;
mod secret;
mod section;
mod vault;

use std::fmt;
use std::fs;
use std::path::Path;

use lead_model::FormDefinition;
use toml::Table;

use crate::account::{Account, AccountLimits};
use crate::alerts::AlertsConfig;
use crate::assets::Assets;
use crate::delivery::DeliveryConfig;
use crate::keys::Keyring;
use crate::locales::Locales;
use crate::store::{Retention, StorePlace};

pub use environment::Environment;
pub use finding::Finding;
pub(crate) use nearest::nearest;
pub use parts::{LogConfig, LogFormat, OperatorConfig, PublicConfig};
pub use secret::SecretSource;

use layers::{ACCOUNTS, Layers};
use vault::Vault;

/// Everything that the proxy was told, checked.
pub struct Config {
    /// The listener for browsers.
    pub public: PublicConfig,
    /// The listener for operators.
    pub operator: OperatorConfig,
    /// How long a partner's schema counts as fresh.
    pub schema_life: std::time::Duration,
    /// The forms.
    pub forms: Vec<FormDefinition>,
    /// The sentences in every language.
    pub locales: Locales,
    /// The files that a browser gets.
    pub(crate) assets: Assets,
    /// The store.
    pub store: StorePlace,
    /// Delivery and transport.
    pub delivery: DeliveryConfig,
    /// The partner accounts.
    pub accounts: Vec<Account>,
    /// The operator's keys.
    pub keys: Keyring,
    /// How long the content of leads is kept.
    pub retention: Retention,
    /// Who is told of troubles beside the log.
    pub alerts: AlertsConfig,
    /// What is logged.
    pub log: LogConfig,
    merged: Table,
}

/// Everything wrong with the configuration, in the order in which it was found.
#[derive(Debug)]
pub struct ConfigError(Vec<Finding>);

impl ConfigError {
    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} wrong in the configuration:", self.0.len())?;
        self.0.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file over the defaults, and the environment over both.
    ///
    /// # Errors
    /// Everything that is wrong with file, environment, secrets, accounts and forms.
    pub fn load(path: &Path, env: &Environment) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|error| {
            let found = format!("a file that can't be read ({})", error.kind());
            ConfigError(vec![Finding::new(path.display().to_string(), found, "a configuration file in TOML")])
        })?;
        let base_dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::read(&text, base_dir, &|name| env.get(name), env.strays())
    }

    /// Reads a configuration that is already text; paths in it are relative to `base_dir`.
    ///
    /// # Errors
    /// Everything that is wrong with text, environment, secrets, accounts and forms.
    pub fn from_toml(
        text: &str,
        base_dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        Self::read(text, base_dir, env, Vec::new())
    }

    fn read(
        text: &str,
        base_dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
        strays: Vec<Finding>,
    ) -> Result<Self, ConfigError> {
        let mut findings = strays;
        let layers = Layers::merge(text, env, &mut findings);
        let vault = Vault { env, base_dir };
        let config = gather(&layers, &vault, &mut findings);
        match config {
            Some(config) if findings.is_empty() => Ok(config),
            _ => {
                for finding in &mut findings {
                    finding.path = layers.located(&finding.path);
                }
                Err(ConfigError(findings))
            }
        }
    }

    /// The merged configuration as TOML. It holds no secret, since none can be written in it; only where they lie.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(&self.merged).unwrap_or_default()
    }
}

fn gather(layers: &Layers, vault: &Vault<'_>, findings: &mut Vec<Finding>) -> Option<Config> {
    let table = &layers.table;
    let (public, _) = parts::public(table, findings);
    let (operator, _) = parts::operator(table, findings);
    let ((forms_dir, schema_life), _) = parts::forms(table, vault.base_dir, findings);
    let ([assets_dir, archive], _) = parts::assets(table, vault.base_dir, findings);
    let (store, _) = parts::store(table, vault, findings);
    let (delivery, _) = parts::delivery(table, vault.base_dir, findings);
    let (keys, _) = keys::read(table, vault, findings);
    let (retention, _) = parts::retention(table, findings);
    let loopback = delivery.as_ref().is_some_and(|delivery| delivery.allow_loopback);
    let (alerts, _) = alerts::read(table, vault, loopback, findings);
    let (log, _) = parts::log(table, findings);

    let assets = Assets::load(assets_dir.as_deref(), archive.as_deref());
    let assets = assets.map_err(|finding| findings.push(finding)).ok();
    let locales = Locales::compiled();
    let limits = AccountLimits { allow_loopback: loopback };
    let accounts = accounts::read(table, vault, limits, findings);
    let names: Vec<String> = table
        .get(ACCOUNTS)
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(Table::keys)
        .cloned()
        .collect();
    let forms = forms::read(&forms_dir, findings);
    forms::check(&forms, &accounts, &names, &locales, findings);
    Some(Config {
        public,
        operator,
        schema_life,
        forms: forms.into_iter().map(|(_, form)| form).collect(),
        locales,
        assets: assets?,
        store: store?,
        delivery: delivery?,
        accounts,
        keys: keys?,
        retention,
        alerts: alerts?,
        log: log?,
        merged: table.clone(),
    })
}

#[cfg(test)]
mod tests;
