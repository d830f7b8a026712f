//! The good example that each form definition carries, as a submission.
//!
//! Apart because the definitions are the proxy's to understand: here they are read as plain TOML, for these values
//! alone.

use crate::sh;
use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use std::{fs, path::PathBuf};

/// A form with the first of its examples that is without problems.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    pub(crate) form: String,
    /// The account that gets the leads; in the demo each has the name of its partner's simulator.
    pub(crate) account: String,
    /// Whether it completes a record that is there, and so opens by a link only.
    pub(crate) completes: bool,
    pub(crate) version: i64,
    pub(crate) locale: String,
    pub(crate) values: Map<String, Value>,
}

impl Example {
    /// The body of a submission.
    pub(crate) fn body(&self) -> String {
        json!({ "form_version": self.version, "locale": self.locale, "values": self.values }).to_string()
    }

    /// What was entered under this name; empty where it is no text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The same by another prospect, for another company where the form asks for one: a partner that signs up companies
    /// has each of them once. The email is given to the partner, so that its ledger tells one from the other.
    pub(crate) fn by(&self, email: &str) -> Self {
        let mut example = self.clone();
        example.values.insert("email".to_owned(), Value::from(email));
        if let Some(company) = example.values.get_mut("company") {
            let name = company.as_str().unwrap_or_default();
            *company = Value::from(format!("{name} of {}", email.split('@').next().unwrap_or_default()));
        }
        example
    }
}

/// The definitions' files, in the order of their names.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let folder = sh::root().join("forms");
    let entries = fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry.context("could not list the forms")?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    ensure!(!files.is_empty(), "found no form in {}, expected one at least", folder.display());
    Ok(files)
}

/// One good example of every form.
pub(crate) fn all() -> Result<Vec<Example>> {
    files()?
        .iter()
        .map(|file| {
            let text =
                fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
            read(&text).with_context(|| format!("could not use {}", file.display()))
        })
        .collect()
}

/// One good example of every form whose leads go to these accounts as new ones.
pub(crate) fn of_accounts(accounts: &[&str]) -> Result<Vec<Example>> {
    let mut examples = all()?;
    examples.retain(|example| accounts.contains(&example.account.as_str()) && !example.completes);
    let missing =
        accounts.iter().find(|account| !examples.iter().any(|example| example.account == **account));
    ensure!(
        missing.is_none(),
        "found no form of the account {}, expected one at least",
        missing.unwrap_or(&"")
    );
    Ok(examples)
}

fn read(text: &str) -> Result<Example> {
    let table: toml::Table = text.parse().context("it is not TOML")?;
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let form = text("id").context("found no `id`, expected a text")?;
    let account = text("account").context("found no `account`, expected a text")?;
    let completes = table.get("completes").and_then(toml::Value::as_bool).unwrap_or_default();
    let version = table.get("version").and_then(toml::Value::as_integer);
    let version = version.context("found no `version`, expected a number")?;
    let locale = text("default_locale").unwrap_or_else(|| "en".to_owned());
    let examples = table.get("examples").and_then(toml::Value::as_array);
    let is_good = |example: &&toml::Value| {
        example.get("problems").and_then(toml::Value::as_table).is_none_or(toml::Table::is_empty)
    };
    let good = examples.into_iter().flatten().find(is_good);
    let values = good.and_then(|example| example.get("values")?.as_table());
    let values =
        values.context("found no example without problems, expected `[[examples]]` with `values`")?;
    let values =
        values.iter().map(|(name, value)| Ok((name.clone(), json(value)?))).collect::<Result<_>>()?;
    Ok(Example { form, account, completes, version, locale, values })
}

/// Entries are texts and ticks, as they travel.
fn json(value: &toml::Value) -> Result<Value> {
    match value {
        toml::Value::String(text) => Ok(Value::from(text.as_str())),
        toml::Value::Boolean(ticked) => Ok(Value::from(*ticked)),
        other => anyhow::bail!(
            "found an example's value of type {}, expected a text or a boolean",
            other.type_str()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_repository_has_a_good_example_with_an_email() {
        let examples = all().unwrap();
        assert_eq!(examples.len(), files().unwrap().len());
        assert!(examples.iter().all(|example| example.values.contains_key("email")), "{examples:?}");
    }

    #[test]
    fn first_example_without_problems_is_taken() {
        let example = read(concat!(
            "id = 'f'\naccount = 'a'\nversion = 3\ndefault_locale = 'de'\n",
            "[[examples]]\nvalues = {}\nproblems = { email = 'required' }\n",
            "[[examples]]\nvalues = { email = 'a@b.example', consent = true }\n",
            "[[examples]]\nvalues = {}\n",
        ));
        let body = example.unwrap().by("c@d.example").body();
        let expected = json!({
            "form_version": 3, "locale": "de", "values": { "email": "c@d.example", "consent": true },
        });
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    }

    #[test]
    fn form_without_a_good_example_is_told() {
        let error = read("id = 'f'\naccount = 'a'\nversion = 1\n").unwrap_err().to_string();
        assert!(error.contains("[[examples]]"), "{error}");
    }
}
