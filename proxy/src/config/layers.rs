//! Three layers made one: compiled defaults, the file, the environment.
//!
//! Apart from the sections so that no section knows where a value came from. The defaults are the reference: a key that
//! is not among them is unknown, and a value of another type than theirs is wrong.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::Finding;
use super::nearest::did_you_mean;
use super::secret::{self, SecretSource};

/// The reference, compiled in.
pub(crate) const DEFAULTS: &str = include_str!("../../lead-proxy.default.toml");
/// The section whose keys are the operator's own.
pub(super) const ACCOUNTS: &str = "accounts";
/// The section with a table whose keys are the operator's own, and that table's name.
const KEYS: &str = "keys";
pub(super) const RING: &str = "ring";

/// Every value that counts, and where it stands.
pub(super) struct Layers {
    /// Section, then key.
    pub(super) table: Table,
    /// Path to its place: a line of the file, or a variable.
    places: BTreeMap<String, String>,
}

/// The compiled defaults; empty only if the reference were no TOML, which a test rules out.
pub(super) fn defaults() -> Table {
    toml::from_str(DEFAULTS).unwrap_or_default()
}

/// The name that sets a key from the environment.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("LEAD_PROXY__{}__{}", section.to_uppercase(), key.to_uppercase())
}

impl Layers {
    /// Lays the file over the defaults and the environment over both. What is wrong is left out and told.
    pub(super) fn merge(
        text: &str,
        env: &dyn Fn(&str) -> Option<String>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut layers = Self { table: defaults(), places: BTreeMap::new() };
        layers.lay_file(text, findings);
        layers.lay_environment(env, findings);
        layers
    }

    /// A path with its place behind it, such as `public.listen (line 3)`.
    pub(super) fn located(&self, path: &str) -> String {
        let mut prefix = path;
        loop {
            if let Some(place) = self.places.get(prefix) {
                return format!("{path} ({place})");
            }
            match prefix.rsplit_once(['.', '[']) {
                Some((shorter, _)) => prefix = shorter,
                None => return path.to_owned(),
            }
        }
    }

    fn lay_file(&mut self, text: &str, findings: &mut Vec<Finding>) {
        let (spanned, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            // The message names what is wrong with the notation, never the text that stands there: it may be a secret.
            let line = error.span().map_or(0, |span| line_of(text, span.start));
            findings.push(Finding::new(
                format!("line {line}"),
                format!("TOML that can't be read ({})", error.message()),
                "TOML",
            ));
        }
        if !errors.is_empty() {
            return;
        }
        gather_places(text, "", spanned.get_ref(), &mut self.places);
        let Ok(file) = toml::from_str::<Table>(text) else { return };
        for (section, value) in file {
            if section == ACCOUNTS {
                self.table.insert(section, value);
                continue;
            }
            self.lay_section(&section, value, findings);
        }
    }

    fn lay_section(&mut self, section: &str, value: Value, findings: &mut Vec<Finding>) {
        let known = self.table.get_mut(section).and_then(Value::as_table_mut);
        let Some(known) = known else {
            let sections = defaults().into_iter().map(|(name, _)| name).chain([ACCOUNTS.to_owned()]);
            findings.push(unknown(section.to_owned(), "section", section, sections));
            return;
        };
        let Value::Table(table) = value else {
            findings.push(Finding::new(section, kind(&value), format!("a section: [{section}]")));
            return;
        };
        for (key, value) in table {
            let path = format!("{section}.{key}");
            match known.get(&key) {
                None if section == KEYS && key == RING => match value {
                    Value::Table(_) => {
                        known.insert(key, value);
                    }
                    _ => findings.push(Finding::new(
                        path,
                        kind(&value),
                        "a section for each key: [keys.ring.ID]",
                    )),
                },
                None => findings.push(unknown(path, "key", &key, known.keys().cloned())),
                Some(default) => match fit(default, value) {
                    Ok(value) => {
                        known.insert(key, value);
                    }
                    Err((found, expected)) => findings.push(Finding::new(path, found, expected)),
                },
            }
        }
    }

    fn lay_environment(&mut self, env: &dyn Fn(&str) -> Option<String>, findings: &mut Vec<Finding>) {
        for (section, keys) in defaults() {
            for (key, default) in keys.as_table().into_iter().flatten() {
                let name = variable(&section, key);
                let Some(text) = env(&name) else { continue };
                let path = format!("{section}.{key}");
                self.places.insert(path.clone(), name);
                match read_variable(default, text).and_then(|value| fit(default, value)) {
                    Ok(value) => {
                        if let Some(table) = self.table.get_mut(&section).and_then(Value::as_table_mut) {
                            table.insert(key.clone(), value);
                        }
                    }
                    Err((found, expected)) => findings.push(Finding::new(path, found, expected)),
                }
            }
        }
    }
}

/// A finding about a name that nobody knows.
pub(super) fn unknown(path: String, what: &str, name: &str, known: impl Iterator<Item = String>) -> Finding {
    let known: Vec<String> = known.collect();
    Finding::new(path, format!("an unknown {what} {name:?}"), did_you_mean(name, &known))
}

/// What a value is, without its text.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

type Misfit = (&'static str, String);

/// The value, if it is of its default's type. A default that is a table stands for a secret's place.
fn fit(default: &Value, value: Value) -> Result<Value, Misfit> {
    if default.is_table() {
        return match value.clone().try_into::<SecretSource>() {
            Ok(_) => Ok(value),
            Err(_) => Err((kind(&value), secret::ADVICE.to_owned())),
        };
    }
    if default.same_type(&value) { Ok(value) } else { Err((kind(&value), kind(default).to_owned())) }
}

/// A variable's text as a value of its default's type.
fn read_variable(default: &Value, text: String) -> Result<Value, Misfit> {
    let misfit = || ("a text", kind(default).to_owned());
    match default {
        Value::String(_) => Ok(Value::String(text)),
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| misfit()),
        Value::Float(_) => text.trim().parse().map(Value::Float).map_err(|_| misfit()),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|_| misfit()),
        _ => {
            let line = format!("value = {}", text.trim());
            let read = toml::from_str::<Table>(&line).ok().and_then(|mut table| table.remove("value"));
            Ok(read.unwrap_or(Value::String(text)))
        }
    }
}

fn gather_places(text: &str, prefix: &str, table: &DeTable<'_>, places: &mut BTreeMap<String, String>) {
    for (key, value) in table.iter() {
        let path =
            if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        places.insert(path.clone(), format!("line {}", line_of(text, Spanned::span(key).start)));
        if let DeValue::Table(inner) = value.get_ref() {
            gather_places(text, &path, inner, places);
        }
    }
}

/// The line, counted from 1, on which a byte stands.
pub(super) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn reference_is_toml_with_sections_of_plain_values_and_places_of_secrets() {
        for keys in toml::from_str::<Table>(DEFAULTS).unwrap().values() {
            // An empty one says that there is none unless somebody names one.
            let places = keys.as_table().unwrap().values();
            for value in places.filter(|value| value.as_table().is_some_and(|place| !place.is_empty())) {
                value.clone().try_into::<SecretSource>().unwrap();
            }
        }
    }

    #[test]
    fn line_is_counted_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
