//! How an account's records are shown in a CRM's panel: with whose keys, in whose frames, and what of a record.
//!
//! Apart from settings and credentials, which are for the partner: this is for people.

use std::collections::BTreeSet;

use lead_model::{Origin, vocabulary_entry};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::Account;
use crate::config::{Finding, nearest};
use crate::connectors::Connector;
use crate::mapping::{Mapping, Rule};

/// Most keys of a CRM's server at a time.
const KEYS_MAX: usize = 2;
/// Fewest characters of such a key.
const KEY_LENGTH_MIN: usize = 32;
/// Most origins that may show the panel.
const ORIGINS_MAX: usize = 20;
/// Most names of fields in a list.
const NAMES_MAX: usize = 64;
/// Longest name of a field, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// What a list of people shows where nobody says so: fields that are filled from these.
const COLUMNS: [&str; 5] = ["first_name", "last_name", "company", "email", "phone"];

/// The section `[accounts.NAME.panel]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelConfig {
    /// The origins whose pages may show the panel in a frame.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Partner fields that are shown only when a person asks for them.
    #[serde(default)]
    pub sensitive: Option<Vec<String>>,
    /// Partner fields that the list shows.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
}

/// Who may show an account's records, and what of them is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// The origins whose pages may show the panel in a frame; nobody's where it is empty.
    pub origins: Vec<Origin>,
    /// Partner fields that are shown only when a person asks for them.
    pub sensitive: Vec<String>,
    /// Partner fields that the list shows, in this order; where it is empty, what the record has.
    pub columns: Vec<String>,
}

impl Panel {
    /// As it is where the account says nothing: by what the vocabulary knows of the fields.
    pub(super) fn of_document(connector: &dyn Connector, mapping: &Mapping) -> Self {
        let filled_from = |name: &str| match mapping.rule(name) {
            Some(Rule::Field(field)) => Some(field.clone()),
            _ => None,
        };
        let is_sensitive = |name: &str| {
            let named = in_words(name.rsplit('.').next().unwrap_or(name));
            let words = [Some(named), filled_from(name)];
            words.iter().flatten().filter_map(|word| vocabulary_entry(word)).any(|entry| entry.sensitive)
        };
        let columns = COLUMNS.iter().filter_map(|column| {
            let mut rules = mapping.iter();
            let from = rules.find(|(_, rule)| matches!(rule, Rule::Field(field) if field == column));
            from.map(|(field, _)| field.name.clone())
        });
        Self {
            origins: Vec::new(),
            sensitive: known_fields(connector, mapping)
                .into_iter()
                .filter(|name| is_sensitive(name))
                .collect(),
            columns: columns.collect(),
        }
    }
}

/// Every partner field that is known by name before anything was read.
fn known_fields(connector: &dyn Connector, mapping: &Mapping) -> Vec<String> {
    let fields = mapping.fields().iter().chain(connector.update_fields());
    let names: BTreeSet<&String> = fields.map(|field| &field.name).collect();
    names.into_iter().cloned().collect()
}

/// `dateOfBirth` as the vocabulary writes it: `date_of_birth`.
fn in_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

impl Account {
    /// The same with the keys of its CRM's server, and with what its panel shows.
    ///
    /// # Errors
    /// Keys that are too short, or more than two; origins that are none; a panel without a key.
    pub fn with_panel(
        mut self,
        keys: Vec<SecretString>,
        config: Option<&PanelConfig>,
    ) -> Result<Self, Vec<Finding>> {
        let path = format!("accounts.{}", self.id);
        let mut findings = check_keys(&path, &keys);
        if let Some(config) = config {
            let path = format!("{path}.panel");
            if keys.is_empty() {
                let expected = "panel_keys beside it, with which your server signs who may see it";
                findings.push(Finding::new(path.clone(), "a panel that nobody can sign in to", expected));
            }
            self.panel.origins = read_origins(&path, &config.origins, &mut findings);
            let known = known_fields(self.connector, &self.mapping);
            let lists = [
                ("sensitive", &config.sensitive, &mut self.panel.sensitive),
                ("columns", &config.columns, &mut self.panel.columns),
            ];
            for (name, given, kept) in lists {
                if let Some(names) = given {
                    check_names(&format!("{path}.{name}"), names, &known, &mut findings);
                    kept.clone_from(names);
                }
            }
        }
        self.panel_keys = keys;
        if findings.is_empty() { Ok(self) } else { Err(findings) }
    }
}

fn check_keys(path: &str, keys: &[SecretString]) -> Vec<Finding> {
    let path = format!("{path}.panel_keys");
    let mut findings = Vec::new();
    if keys.len() > KEYS_MAX {
        let expected = "at most two: the new and the old";
        findings.push(Finding::new(path.clone(), format!("{} keys", keys.len()), expected));
    }
    for (place, key) in keys.iter().enumerate() {
        let length = key.expose_secret().chars().count();
        if length < KEY_LENGTH_MIN {
            let expected = "at least 32 characters, such as `openssl rand -base64 32` prints";
            let found = format!("a key of {length} characters");
            findings.push(Finding::new(format!("{path}[{place}]"), found, expected));
        }
    }
    findings
}

fn read_origins(path: &str, given: &[String], findings: &mut Vec<Finding>) -> Vec<Origin> {
    if given.len() > ORIGINS_MAX {
        let found = format!("{} origins", given.len());
        findings.push(Finding::new(format!("{path}.origins"), found, format!("at most {ORIGINS_MAX}")));
    }
    let mut origins: Vec<Origin> = Vec::new();
    for (place, text) in given.iter().enumerate() {
        match Origin::parse(text) {
            Some(origin) if origins.contains(&origin) => {}
            Some(origin) => origins.push(origin),
            None => findings.push(Finding::new(
                format!("{path}.origins[{place}]"),
                format!("{text:?}"),
                "the origin of your CRM's pages, such as \"https://crm.example\": lower case, no path, no trailing slash",
            )),
        }
    }
    origins
}

/// Partners have fields that nobody knows before one was read, so an unknown name may be right; one that is like a known
/// name is not, and would show what should be hidden.
fn check_names(path: &str, names: &[String], known: &[String], findings: &mut Vec<Finding>) {
    if names.len() > NAMES_MAX {
        let found = format!("{} names", names.len());
        findings.push(Finding::new(path, found, format!("at most {NAMES_MAX}")));
    }
    for (place, name) in names.iter().enumerate() {
        let at = format!("{path}[{place}]");
        let is_plain = |letter: char| letter.is_alphanumeric() || letter.is_ascii_graphic() || letter == ' ';
        let fits = (1..=NAME_BYTES_MAX).contains(&name.len())
            && name.trim() == name
            && name.chars().all(is_plain)
            // Commas stand between the names that a person asks for.
            && !name.contains(',');
        if !fits {
            let expected = format!(
                "a partner field's name of 1 to {NAME_BYTES_MAX} bytes: letters, digits and signs, but no comma"
            );
            findings.push(Finding::new(at, "another text", expected));
        } else if let Some(meant) =
            nearest(name, known).filter(|meant| *meant != name && is_slip(name, meant))
        {
            let expected = format!("a partner field's name; did you mean {meant:?}?");
            findings.push(Finding::new(at, format!("{name:?}"), expected));
        } else if names.iter().take(place).any(|other| other == name) {
            findings.push(Finding::new(at, format!("{name:?} again"), "each name once"));
        }
    }
}

/// Whether one was written for the other: the same letters in other case or with other signs between, or two letters wrong.
fn is_slip(name: &str, meant: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    letters(name) == letters(meant) || strsim::levenshtein(name, meant) <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_partners_are_read_as_the_vocabulary_writes_them() {
        for (name, words) in
            [("dateOfBirth", "date_of_birth"), ("DateOfBirth", "date_of_birth"), ("email", "email"), ("", "")]
        {
            assert_eq!(in_words(name), words);
        }
    }

    #[test]
    fn slips_are_told_from_other_names() {
        for (name, meant) in
            [("date_of_birth", "dateOfBirth"), ("DateOfBirth", "dateOfBirth"), ("emial", "email")]
        {
            assert!(is_slip(name, meant), "{name}");
        }
        for (name, other) in
            [("emailOptOut", "email"), ("createdAt", "dateOfBirth"), ("phoneVerified", "phoneNumber")]
        {
            assert!(!is_slip(name, other), "{name}");
        }
    }
}
