//! Reads the partner accounts: their shape first, so that no message can repeat what might be a secret.
//!
//! Apart because accounts are the operator's own names, which the reference can't list.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::Finding;
use super::layers::{ACCOUNTS, kind, unknown};
use super::secret::{self, SecretSource};
use super::vault::Vault;
use crate::account::{Account, AccountConfig, AccountLimits};
use crate::mapping::MappingRule;

/// An account's keys.
const KEYS: [&str; 8] =
    ["connector", "enabled", "per_minute", "settings", "credentials", "panel_keys", "panel", "mapping"];
/// The keys of its panel, each a list of texts.
const PANEL_KEYS: [&str; 3] = ["origins", "sensitive", "columns"];

/// Builds every account that is right and tells what is wrong with the others.
pub(super) fn read(
    layers: &Table,
    vault: &Vault<'_>,
    limits: AccountLimits,
    findings: &mut Vec<Finding>,
) -> Vec<Account> {
    let Some(accounts) = layers.get(ACCOUNTS) else {
        findings.push(Finding::new(ACCOUNTS, "none", "at least one partner account: [accounts.NAME]"));
        return Vec::new();
    };
    let Some(accounts) = accounts.as_table() else {
        findings.push(Finding::new(ACCOUNTS, kind(accounts), "a table of accounts: [accounts.NAME]"));
        return Vec::new();
    };
    accounts.iter().filter_map(|(id, value)| account(id, value, vault, limits, findings)).collect()
}

fn account(
    id: &str,
    value: &Value,
    vault: &Vault<'_>,
    limits: AccountLimits,
    findings: &mut Vec<Finding>,
) -> Option<Account> {
    let path = format!("{ACCOUNTS}.{id}");
    let mut shape = Shape { path: &path, findings: Vec::new() };
    shape.check(id, value);
    let Shape { findings: mut wrong, .. } = shape;
    let config = if wrong.is_empty() { value.clone().try_into::<AccountConfig>().ok() } else { None };
    let Some(config) = config else {
        if wrong.is_empty() {
            wrong.push(Finding::new(
                path,
                "an account of another shape",
                "an account as docs/config.md shows",
            ));
        }
        findings.append(&mut wrong);
        return None;
    };
    let mut secrets = BTreeMap::new();
    for (name, source) in &config.credentials {
        match vault.fetch(source) {
            Ok(secret) => {
                secrets.insert(name.clone(), secret);
            }
            Err((found, expected)) => {
                findings.push(Finding::new(format!("{path}.credentials.{name}"), found, expected));
                // Only so that everything else about the account is told in the same run.
                secrets.insert(name.clone(), secrecy::SecretString::from("absent"));
            }
        }
    }
    let mut panel_keys = Vec::new();
    for (place, source) in config.panel_keys.iter().enumerate() {
        match vault.fetch(source) {
            Ok(key) => panel_keys.push(key),
            Err((found, expected)) => {
                findings.push(Finding::new(format!("{path}.panel_keys[{place}]"), found, expected));
            }
        }
    }
    let built = Account::build(id, &config, secrets, limits);
    match built.and_then(|account| account.with_panel(panel_keys, config.panel.as_ref())) {
        Ok(account) => Some(account),
        Err(wrong) => {
            findings.extend(wrong);
            None
        }
    }
}

/// Looks at an account's shape, key by key.
struct Shape<'a> {
    path: &'a str,
    findings: Vec<Finding>,
}

impl Shape<'_> {
    fn wrong(&mut self, key: &str, found: &str, expected: &str) {
        self.findings.push(Finding::new(format!("{}{key}", self.path), found, expected));
    }

    fn check(&mut self, id: &str, value: &Value) {
        let fits = !id.is_empty()
            && id.len() <= 64
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !fits {
            self.wrong("", "this name", "1 to 64 lower-case letters, digits, hyphens and underscores");
        }
        let Some(account) = value.as_table() else {
            return self.wrong("", kind(value), "a table with connector, settings and credentials");
        };
        for (key, value) in account {
            if !KEYS.contains(&key.as_str()) {
                let path = format!("{}.{key}", self.path);
                self.findings.push(unknown(path, "key", key, KEYS.iter().map(|key| (*key).to_owned())));
                continue;
            }
            let (fits, expected) = match key.as_str() {
                "connector" => (value.is_str(), "a text: the connector's name"),
                "enabled" => (value.is_bool(), "true or false"),
                "per_minute" => {
                    let fits = value.as_integer().is_some_and(|number| u32::try_from(number).is_ok());
                    (fits, "a whole number from 0")
                }
                "panel_keys" => (value.is_array(), "a list of places: [{ env = \"NAME\" }]"),
                _ => (value.is_table(), "a table"),
            };
            if !fits {
                self.wrong(&format!(".{key}"), kind(value), expected);
            }
        }
        if !account.contains_key("connector") {
            self.wrong(".connector", "nothing", "the name of a connector");
        }
        for (name, value) in tables(account, "credentials") {
            if value.clone().try_into::<SecretSource>().is_err() {
                self.wrong(&format!(".credentials.{name}"), kind(value), secret::ADVICE);
            }
        }
        let keys = account.get("panel_keys").and_then(Value::as_array).into_iter().flatten();
        for (place, value) in keys.enumerate() {
            if value.clone().try_into::<SecretSource>().is_err() {
                self.wrong(&format!(".panel_keys[{place}]"), kind(value), secret::ADVICE);
            }
        }
        for (name, value) in tables(account, "panel") {
            if !PANEL_KEYS.contains(&name.as_str()) {
                let path = format!("{}.panel.{name}", self.path);
                let known = PANEL_KEYS.iter().map(|key| (*key).to_owned());
                self.findings.push(unknown(path, "key", name, known));
            } else if !value.as_array().is_some_and(|list| list.iter().all(Value::is_str)) {
                self.wrong(&format!(".panel.{name}"), kind(value), "a list of texts: [\"…\"]");
            }
        }
        for (name, value) in tables(account, "mapping") {
            if value.clone().try_into::<MappingRule>().is_err() {
                let expected = "a form field's name, { constant = … } or { template = \"…\" }";
                self.wrong(&format!(".mapping.{name}"), "a rule that can't be read", expected);
            }
        }
    }
}

fn tables<'a>(account: &'a Table, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    account.get(key).and_then(Value::as_table).into_iter().flatten()
}
