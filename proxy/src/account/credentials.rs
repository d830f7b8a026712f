//! Holds an account's credentials against its connector's slots; all findings at once, none with a character of a secret.
//!
//! Apart from the settings: these are secrets, and come from elsewhere.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use crate::config::Finding;
use crate::connectors::parts::text::utf16_length;
use crate::connectors::{AccountSettings, Connector, CredentialSlot, Presence};

/// Sorts the secrets into the connector's slots.
pub(super) fn read(
    path: &str,
    connector: &dyn Connector,
    settings: &AccountSettings,
    mut secrets: BTreeMap<String, SecretString>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<&'static str, SecretString> {
    let slots = connector.descriptor().credentials;
    let mut credentials = BTreeMap::new();
    for slot in slots {
        let at = format!("{path}.credentials.{}", slot.name);
        let Some(secret) = secrets.remove(slot.name) else {
            if is_required(slot, settings) {
                let expected = format!("{{ env = \"NAME\" }} or {{ file = \"path\" }}: {}", slot.meaning);
                findings.push(Finding::new(at, "nothing", expected));
            }
            continue;
        };
        let text = secret.expose_secret();
        let length = utf16_length(text);
        let max = u32::try_from(slot.length_max).unwrap_or(u32::MAX);
        if text.trim().is_empty() || text.trim() != text || length > max {
            let expected = format!("1 to {max} characters without white space around them: {}", slot.meaning);
            findings.push(Finding::new(at, format!("a secret of {length} characters"), expected));
            continue;
        }
        credentials.insert(slot.name, secret);
    }
    for name in secrets.keys() {
        let names: Vec<_> = slots.iter().map(|slot| slot.name).collect();
        let expected = format!("only the credentials of this connector: {}", names.join(", "));
        findings.push(Finding::new(format!("{path}.credentials.{name}"), "an unknown credential", expected));
    }
    credentials
}

fn is_required(slot: &CredentialSlot, settings: &AccountSettings) -> bool {
    match slot.presence {
        Presence::Required | Presence::Default(_) => true,
        Presence::Optional => false,
        Presence::If { setting, is } => settings.text(setting) == is,
    }
}
