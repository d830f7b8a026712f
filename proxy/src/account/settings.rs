//! Reads an account's settings against its connector's descriptor; all findings at once.
//!
//! Apart from the account itself: a value is never repeated in a finding, since an address may hold a password.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::account::AccountLimits;
use crate::config::Finding;
use crate::connectors::parts::text::utf16_length;
use crate::connectors::{AccountSettings, Connector, Presence, Setting, SettingKind};
use crate::transport::address::check_url;

/// Longest text of any setting, in bytes.
const SETTING_BYTES_MAX: usize = 4_096;

/// Reads and checks the settings, with the defaults filled in.
pub(super) fn read(
    path: &str,
    connector: &dyn Connector,
    table: &toml::Table,
    limits: AccountLimits,
    findings: &mut Vec<Finding>,
) -> AccountSettings {
    let known = connector.descriptor().settings;
    for key in table.keys().filter(|key| !known.iter().any(|setting| setting.name == key.as_str())) {
        let names: Vec<_> = known.iter().map(|setting| setting.name).collect();
        let expected = format!("only the settings of this connector: {}", names.join(", "));
        findings.push(Finding::new(format!("{path}.settings.{key}"), "an unknown setting", expected));
    }
    let before = findings.len();
    let mut settings = BTreeMap::new();
    for setting in known {
        let at = format!("{path}.settings.{}", setting.name);
        let text = match (table.get(setting.name).map(text_of), setting.presence) {
            (Some(Some(text)), _) => text,
            (Some(None), _) => {
                findings.push(Finding::new(
                    at,
                    "neither a text, a number, true nor false",
                    advice(path, setting),
                ));
                continue;
            }
            (None, Presence::Default(default)) => default.to_owned(),
            (None, Presence::Required) => {
                findings.push(Finding::new(at, "nothing", advice(path, setting)));
                continue;
            }
            (None, Presence::Optional | Presence::If { .. } | Presence::Unless { .. }) => continue,
        };
        match check_setting(setting, &text, limits) {
            Ok(()) => _ = settings.insert(setting.name, text),
            Err(expected) => findings.push(Finding::new(at, "another text", expected)),
        }
    }
    check_conditions(path, known, &settings, table, findings);
    let settings = AccountSettings::new(settings);
    // Between settings that are wrong one by one there is nothing to be found.
    if findings.len() == before {
        findings.extend(connector.review(&settings).into_iter().map(|fault| {
            Finding::new(format!("{path}.settings.{}", fault.setting), fault.found, fault.expected)
        }));
    }
    settings
}

/// Settings that another one asks for, or forbids.
fn check_conditions(
    path: &str,
    known: &[Setting],
    settings: &BTreeMap<&'static str, String>,
    table: &toml::Table,
    findings: &mut Vec<Finding>,
) {
    let refused: BTreeSet<&str> =
        known.iter().filter(|s| table.contains_key(s.name)).map(|s| s.name).collect();
    for setting in known {
        let (other, is, with) = match setting.presence {
            Presence::If { setting, is } => (setting, is, true),
            Presence::Unless { setting, is } => (setting, is, false),
            Presence::Default(_) | Presence::Required | Presence::Optional => continue,
        };
        let wanted = settings.get(other).is_some_and(|value| (value == is) == with);
        let at = format!("{path}.settings.{}", setting.name);
        if wanted && !refused.contains(setting.name) {
            findings.push(Finding::new(at, "nothing", advice(path, setting)));
        } else if !wanted && refused.contains(setting.name) {
            findings.push(Finding::new(
                at,
                "a value",
                format!("nothing, {} {other} = {is:?}", if with { "unless" } else { "while" }),
            ));
        }
    }
}

/// What is expected, and the line that says it.
fn advice(path: &str, setting: &Setting) -> String {
    let Setting { name, meaning, .. } = setting;
    format!("{meaning}: add the line {name} = … below [{path}.settings]")
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Boolean(value) => Some(value.to_string()),
        toml::Value::Integer(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Says what is expected where a setting's text is not that.
fn check_setting(setting: &Setting, text: &str, limits: AccountLimits) -> Result<(), String> {
    if text.len() > SETTING_BYTES_MAX {
        return Err(format!("at most {SETTING_BYTES_MAX} bytes"));
    }
    match setting.kind {
        SettingKind::Url | SettingKind::BaseUrl => check_address(setting.kind, text, limits),
        SettingKind::Path(names) => check_path(text, names, &[]),
        SettingKind::PathWith { required, optional } => check_path(text, required, optional),
        SettingKind::Text { length_max } => {
            let fits = !text.trim().is_empty() && utf16_length(text) <= length_max;
            fits.then_some(())
                .ok_or_else(|| format!("1 to {length_max} characters, not blank: {}", setting.meaning))
        }
        SettingKind::Word(words) => {
            let list: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
            let expected = || format!("one of {}: {}", list.join(", "), setting.meaning);
            words.contains(&text).then_some(()).ok_or_else(expected)
        }
        SettingKind::Flag => {
            matches!(text, "true" | "false").then_some(()).ok_or_else(|| "true or false".to_owned())
        }
        SettingKind::HeaderName => {
            let name =
                http::HeaderName::from_bytes(text.as_bytes()).map_err(|_| "the name of an HTTP header")?;
            let ours = [http::header::CONTENT_LENGTH, http::header::HOST, http::header::CONTENT_TYPE];
            let taken = ours.contains(&name) || name == http::header::TRANSFER_ENCODING;
            (!taken).then_some(()).ok_or_else(|| "the name of a header that is not set otherwise".to_owned())
        }
        SettingKind::Number { min, max } => {
            let fits = text.parse::<u32>().is_ok_and(|number| (min..=max).contains(&number));
            fits.then_some(()).ok_or_else(|| format!("a whole number from {min} to {max}"))
        }
    }
}

fn check_address(kind: SettingKind, text: &str, limits: AccountLimits) -> Result<(), String> {
    let url = Url::parse(text)
        .map_err(|_| "a complete address, such as https://partner.example/leads".to_owned())?;
    check_url(&url, limits.allow_loopback).map_err(|fault| fault.to_string())?;
    if kind == SettingKind::BaseUrl && (url.query().is_some() || text.ends_with('/')) {
        return Err(
            "an address without query and without a slash at its end: paths are put behind it".to_owned()
        );
    }
    Ok(())
}

fn check_path(text: &str, required: &[&str], optional: &[&str]) -> Result<(), String> {
    let in_braces = |names: &[&str]| names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>();
    let (required, optional) = (in_braces(required), in_braces(optional));
    let mut rest = text.to_owned();
    let mut complete = true;
    for (names, least) in [(&required, 1), (&optional, 0)] {
        for name in names {
            complete &= (least..=1).contains(&rest.matches(name.as_str()).count());
            rest = rest.replace(name.as_str(), "x");
        }
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let fits = complete && rest.starts_with('/') && rest.chars().all(plain) && !rest.contains("..");
    let with = match (required.join(" and "), optional.join(" and ")) {
        (must, may) if must.is_empty() && may.is_empty() => String::new(),
        (must, may) if may.is_empty() => format!(" with {must}, each once"),
        (must, may) if must.is_empty() => format!(" with {may} at most once"),
        (must, may) => format!(" with {must}, each once, and {may} at most once"),
    };
    fits.then_some(()).ok_or_else(|| {
        format!("a path that begins with a slash{with}, of letters, digits and / - _ . ~ alone")
    })
}
