//! A partner account: connector, settings, credentials and mapping, built from configuration or refused with all findings.
//!
//! Apart because an account is data: one is added without a build, and everything wrong with it is told at start.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::SecretString;
use serde::Deserialize;

use crate::config::{Finding, SecretSource};
use crate::connectors::{AccountSettings, CONNECTORS, Connector, find_connector};
use crate::mapping::{Mapping, MappingRule};

mod credentials;
mod panel;
mod settings;

pub use panel::{Panel, PanelConfig};

/// Highest bound of a rate; more is none.
pub(crate) const PER_MINUTE_MAX: u32 = 60_000;

/// One section `[accounts.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// The connector's slug.
    pub connector: String,
    /// Whether its leads are sent; those of a disabled account wait.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Most attempts in a minute, 0 for no bound, to 60000; `delivery.account_per_minute` where left out.
    #[serde(default)]
    pub per_minute: Option<u32>,
    /// The connector's own settings; docs/connectors.md lists them.
    #[serde(default)]
    pub settings: toml::Table,
    /// Where each credential lies.
    #[serde(default)]
    pub credentials: BTreeMap<String, SecretSource>,
    /// Where the keys lie with which a CRM's server signs panel tokens and links for this account: none, one, or two while
    /// one takes the other's place.
    #[serde(default)]
    pub panel_keys: Vec<SecretSource>,
    /// How its records are shown in a CRM's panel.
    #[serde(default)]
    pub panel: Option<PanelConfig>,
    /// Partner field to what fills it, over the connector's default mapping.
    #[serde(default)]
    pub mapping: BTreeMap<String, MappingRule>,
}

fn enabled() -> bool {
    true
}

/// What the operator allows every account.
#[derive(Clone, Copy, Debug)]
pub struct AccountLimits {
    /// Whether a partner may be on loopback, also by plain http.
    pub allow_loopback: bool,
}

/// Our relation to one partner, ready for use.
pub struct Account {
    id: String,
    enabled: bool,
    per_minute: Option<u32>,
    connector: &'static dyn Connector,
    settings: AccountSettings,
    credentials: BTreeMap<&'static str, SecretString>,
    panel_keys: Vec<SecretString>,
    panel: Panel,
    mapping: Arc<Mapping>,
    /// Of forms whose fields come from the partner's schema.
    form_mappings: RwLock<BTreeMap<String, Arc<Mapping>>>,
}

impl Account {
    /// Builds an account of its section and of the secrets that its sources held.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn build(
        id: &str,
        config: &AccountConfig,
        secrets: BTreeMap<String, SecretString>,
        limits: AccountLimits,
    ) -> Result<Self, Vec<Finding>> {
        let path = format!("accounts.{id}");
        let Some(connector) = find_connector(&config.connector) else {
            let known: Vec<_> = CONNECTORS.iter().map(|connector| connector.descriptor().slug).collect();
            let expected = format!("one of {}", known.join(", "));
            return Err(vec![Finding::new(
                format!("{path}.connector"),
                format!("{:?}", config.connector),
                expected,
            )]);
        };
        let mut findings = Vec::new();
        if let Some(found) = config.per_minute.filter(|found| *found > PER_MINUTE_MAX) {
            let expected = format!("0 to {PER_MINUTE_MAX}");
            findings.push(Finding::new(format!("{path}.per_minute"), found.to_string(), expected));
        }
        let settings = settings::read(&path, connector, &config.settings, limits, &mut findings);
        let credentials = credentials::read(&path, connector, &settings, secrets, &mut findings);
        let mapping = match Mapping::build(&path, connector, &settings, &config.mapping) {
            Ok(mapping) => mapping,
            Err(more) => {
                findings.extend(more);
                return Err(findings);
            }
        };
        if !findings.is_empty() {
            return Err(findings);
        }
        let panel = Panel::of_document(connector, &mapping);
        Ok(Self {
            id: id.to_owned(),
            enabled: config.enabled,
            per_minute: config.per_minute,
            connector,
            settings,
            credentials,
            panel_keys: Vec::new(),
            panel,
            mapping: Arc::new(mapping),
            form_mappings: RwLock::default(),
        })
    }

    /// Its own bound of attempts in a minute, 0 for none; none where it keeps to the common one.
    pub fn per_minute(&self) -> Option<u32> {
        self.per_minute
    }

    /// The keys with which its CRM's server signs; none where it has no panel and no links.
    pub fn panel_keys(&self) -> &[SecretString] {
        &self.panel_keys
    }

    /// Who may show its records in a frame, and what of them is shown.
    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// Its name in configuration and form definitions.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether its leads are sent.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The connector that speaks for it.
    pub fn connector(&self) -> &'static dyn Connector {
        self.connector
    }

    /// Its settings, without credentials.
    pub fn settings(&self) -> &AccountSettings {
        &self.settings
    }

    /// How its partner's fields are filled.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// How its partner's fields are filled by this form: the account's own mapping, or with more fields for a form that
    /// was drawn from the partner's schema.
    pub fn mapping_for(&self, form: &str) -> Arc<Mapping> {
        let mappings = self.form_mappings.read().unwrap_or_else(PoisonError::into_inner);
        mappings.get(form).cloned().unwrap_or_else(|| Arc::clone(&self.mapping))
    }

    /// Sets the mapping of a form that was drawn from the partner's schema.
    pub(crate) fn set_form_mapping(&self, form: &str, mapping: Mapping) {
        let mut mappings = self.form_mappings.write().unwrap_or_else(PoisonError::into_inner);
        mappings.insert(form.to_owned(), Arc::new(mapping));
    }

    /// A credential by its slot's name.
    pub fn credential(&self, slot: &str) -> Option<&SecretString> {
        self.credentials.get(slot)
    }
}

/// Shows which account of which connector it is, nothing of its settings or credentials.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({} by {}, ..)", self.id, self.connector.descriptor().slug)
    }
}

/// All accounts by id.
#[derive(Debug, Default)]
pub struct Accounts(BTreeMap<String, Account>);

impl Accounts {
    /// Keeps these accounts.
    pub fn new(accounts: impl IntoIterator<Item = Account>) -> Self {
        Self(accounts.into_iter().map(|account| (account.id.clone(), account)).collect())
    }

    /// The account of an id.
    pub fn get(&self, id: &str) -> Option<&Account> {
        self.0.get(id)
    }

    /// All accounts in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.values()
    }
}
