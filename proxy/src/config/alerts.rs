//! The section `[alerts]`: an address and the secret that signs what is sent there, both or none.
//!
//! Apart because an address may hold a secret of its own, so that no finding repeats it.

use secrecy::SecretString;
use toml::Table;
use url::Url;

use super::Finding;
use super::parts::Part;
use super::section::Section;
use super::vault::Vault;
use crate::alerts::{AlertTarget, AlertsConfig};
use crate::credentials::webhook;
use crate::transport::address::check_url;

pub(super) fn read(
    table: &Table,
    vault: &Vault<'_>,
    allow_loopback: bool,
    findings: &mut Vec<Finding>,
) -> Part<Option<AlertsConfig>> {
    let mut section = Section::open("alerts", table, findings);
    let (url, secret) = (section.text("url"), section.secret("secret"));
    if url.is_empty() && secret.is_none() {
        return (Some(AlertsConfig::default()), section.read());
    }
    let url = url_of(&url, allow_loopback, &mut section);
    let secret = match secret.map(|place| vault.fetch(&place)) {
        None => {
            section.wrong("secret", "nothing".to_owned(), "the place of the secret that signs alerts");
            None
        }
        Some(Err((found, expected))) => {
            section.wrong("secret", found, &expected);
            None
        }
        Some(Ok(secret)) => checked(secret, &mut section),
    };
    let target = url.zip(secret).map(|(url, secret)| AlertTarget { url, secret });
    (target.map(|target| AlertsConfig { target: Some(target) }), section.read())
}

/// The address; none where alerts may not be sent there. It is not repeated.
fn url_of(text: &str, allow_loopback: bool, section: &mut Section<'_>) -> Option<Url> {
    let checked = match Url::parse(text) {
        Ok(url) => check_url(&url, allow_loopback).map(|()| url).map_err(|fault| fault.to_string()),
        Err(_) if text.is_empty() => Err("the address that gets alerts, since there is a secret".to_owned()),
        Err(_) => Err("an address such as https://ops.example/alerts".to_owned()),
    };
    let found = if text.is_empty() { "nothing" } else { "an address that can't be used" };
    checked.map_err(|expected| section.wrong("url", found.to_owned(), &expected)).ok()
}

fn checked(secret: SecretString, section: &mut Section<'_>) -> Option<SecretString> {
    match webhook::check_secret(&secret) {
        Ok(()) => Some(secret),
        Err(_) => {
            let expected = "base64 behind whsec_, or a text without it";
            section.wrong("secret", "a secret that can't be read".to_owned(), expected);
            None
        }
    }
}
