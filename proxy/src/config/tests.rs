//! The reference against the code: a key in one is a key in the other.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};

use super::layers::{Layers, defaults};
use super::vault::Vault;
use super::{Finding, alerts, keys, parts};

fn keys_of(table: &Table, section: &str) -> BTreeSet<String> {
    table.get(section).and_then(Value::as_table).into_iter().flat_map(Table::keys).cloned().collect()
}

/// The defaults and one key, without which there is no start.
fn with_a_ring(table: &Table) -> Table {
    let mut table = table.clone();
    let keys = table["keys"].as_table_mut().unwrap();
    keys.insert("active".to_owned(), Value::from("a"));
    keys.insert("ring".to_owned(), toml::from_str::<Value>("a = { env = \"KEY\" }").unwrap());
    table
}

#[test]
fn code_reads_exactly_the_keys_of_the_reference() {
    let table = defaults();
    let env = |_: &str| Some("0123456789abcdef".repeat(4));
    let vault = Vault { env: &env, base_dir: Path::new(".") };
    let mut findings = Vec::new();
    let read = [
        ("public", parts::public(&table, &mut findings).1),
        ("operator", parts::operator(&table, &mut findings).1),
        ("forms", parts::forms(&table, vault.base_dir, &mut findings).1),
        ("assets", parts::assets(&table, vault.base_dir, &mut findings).1),
        ("store", parts::store(&table, &vault, &mut findings).1),
        ("delivery", parts::delivery(&table, vault.base_dir, &mut findings).1),
        ("keys", keys::read(&with_a_ring(&table), &vault, &mut findings).1),
        ("retention", parts::retention(&table, &mut findings).1),
        ("alerts", alerts::read(&table, &vault, false, &mut findings).1),
        ("log", parts::log(&table, &mut findings).1),
    ];
    assert_eq!(findings, [], "the defaults are within their own bounds");
    for (section, read) in &read {
        assert_eq!(*read, keys_of(&table, section), "[{section}]");
    }
    let sections: BTreeSet<&str> = read.iter().map(|(section, _)| *section).collect();
    assert_eq!(sections, table.keys().map(String::as_str).collect());
}

#[test]
fn environment_lies_over_the_file_and_the_file_over_the_defaults() {
    let mut findings: Vec<Finding> = Vec::new();
    let env = |name: &str| (name == "LEAD_PROXY__LOG__LEVEL").then(|| "debug".to_owned());
    let layers = Layers::merge("log.level = \"warn\"\nlog.format = \"json\"", &env, &mut findings);
    let value = |section: &str, key: &str| layers.table[section][key].clone();
    assert_eq!(findings, []);
    assert_eq!(value("log", "level"), Value::from("debug"));
    assert_eq!(value("log", "format"), Value::from("json"));
    assert_eq!(value("public", "body_bytes_max"), Value::from(65_536));
    assert_eq!(layers.located("log.format"), "log.format (line 2)");
    assert_eq!(layers.located("log.level"), "log.level (LEAD_PROXY__LOG__LEVEL)");
    assert_eq!(layers.located("public.listen"), "public.listen");
}
