//! Holds an account's credentials against its connector's slots; all findings at once, none with a character of a secret.
//!
//! Apart from the settings: these are secrets, and come from elsewhere.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use crate::config::Finding;
use crate::connectors::parts::text::utf16_length;
use crate::connectors::{AccountSettings, Connector, CredentialPlace, CredentialSlot, Presence, Seal};
use crate::credentials::signature::{EXPECTED_KEY, check_key};
use crate::credentials::webhook;

/// Sorts the secrets into the connector's slots.
pub(super) fn read(
    path: &str,
    connector: &dyn Connector,
    settings: &AccountSettings,
    mut secrets: BTreeMap<String, SecretString>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<&'static str, SecretString> {
    let slots = connector.descriptor().credentials;
    // Settings that do not fit are no ground to say how a request is sealed.
    let seals = if findings.is_empty() { connector.seals(settings) } else { Vec::new() };
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
        if let Err((found, expected)) = check_place(slot, &seals, &secret) {
            findings.push(Finding::new(at, found, format!("{expected}: {}", slot.meaning)));
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
        Presence::Unless { setting, is } => settings.text(setting) != is,
    }
}

/// Says what is found and what is expected where a secret can't be used in its place, so that no lead finds it out.
fn check_place(
    slot: &CredentialSlot,
    seals: &[Seal],
    secret: &SecretString,
) -> Result<(), (String, &'static str)> {
    if seals.contains(&Seal::Webhook { slot: slot.name }) && webhook::check_secret(secret).is_err() {
        let found = "a secret that begins with whsec_ and is no base64 behind it".to_owned();
        return Err((found, "the secret as the receiver shows it"));
    }
    match slot.place {
        CredentialPlace::Signature => check_key(secret).map_err(|found| (found, EXPECTED_KEY)),
        CredentialPlace::Header(_) if !is_header_text(secret.expose_secret()) => Err((
            "a secret with a line end or a character beyond ASCII".to_owned(),
            "visible ASCII characters, since it is sent as a header",
        )),
        CredentialPlace::Header(_) | CredentialPlace::BodyField(_) | CredentialPlace::TokenRequest => Ok(()),
    }
}

/// HTTP would carry more; what the partner would read of it nobody knows.
fn is_header_text(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}
