//! Settings: each that is required is missed by its name and the line to add, each that does not fit is told unrepeated.

use std::collections::BTreeMap;

use lead_proxy::account::{Account, AccountConfig, AccountLimits};
use lead_proxy::config::Finding;
use lead_proxy::connectors::{CONNECTORS, Presence, Setting, SettingKind};
use secrecy::SecretString;
use toml::Value;

use super::fixture::{build, for_each};

/// Something that a setting of this kind may hold.
pub fn sample(kind: SettingKind) -> String {
    match kind {
        SettingKind::Url | SettingKind::BaseUrl => "https://sample.example".to_owned(),
        SettingKind::Path(names) | SettingKind::PathWith { required: names, .. } => {
            names.iter().fold("/sample".to_owned(), |path, name| format!("{path}/{{{name}}}"))
        }
        SettingKind::Text { .. } => "sample".to_owned(),
        SettingKind::Word(words) => words[0].to_owned(),
        SettingKind::Flag => "false".to_owned(),
        SettingKind::HeaderName => "x-sample".to_owned(),
        SettingKind::Number { min, .. } => min.to_string(),
    }
}

/// What a setting of this kind may not hold. Each has a canary in it, where there is room for one.
fn misfits(kind: SettingKind) -> Vec<Value> {
    let addresses = [
        "canary",
        "http://canary.example/",
        "ftp://canary.example/",
        "https://127.0.0.1/canary",
        "https://10.0.0.1/canary",
        "https://user:canary@partner.example",
    ];
    let mut values: Vec<Value> = match kind {
        SettingKind::Url => addresses.map(Value::from).to_vec(),
        SettingKind::BaseUrl => {
            let more = ["https://canary.example/", "https://canary.example?q=1", "https://canary.example/a/"];
            addresses.into_iter().chain(more).map(Value::from).collect()
        }
        SettingKind::Path(names) | SettingKind::PathWith { required: names, .. } => {
            let fits = sample(kind);
            let mut paths = vec![
                "canary".to_owned(),
                format!("{fits}/canary?x=1"),
                format!("{fits}/../canary"),
                format!("{fits}/{{canary}}"),
                format!("{fits}/canary ä"),
            ];
            if !names.is_empty() {
                paths.extend(["/canary".to_owned(), format!("{fits}{fits}/canary")]);
            }
            paths.into_iter().map(Value::from).collect()
        }
        SettingKind::Text { length_max } => {
            vec!["".into(), " \t".into(), "canary".repeat(usize::try_from(length_max).unwrap()).into()]
        }
        SettingKind::Word(_) | SettingKind::Flag => vec!["canary".into(), "".into(), 7.into()],
        SettingKind::HeaderName => {
            ["canary x", "", "content-length", "Host", "content-type"].map(Value::from).to_vec()
        }
        SettingKind::Number { min, max } => {
            let outside = [i64::from(min) - 1, i64::from(max) + 1, i64::MAX];
            outside.into_iter().map(Value::from).chain(["canary".into(), "".into()]).collect()
        }
    };
    values.push(Value::Array(vec!["canary".into()]));
    values
}

/// The setting on which this one depends, its value, and whether this one is wanted with it or without it.
fn condition(setting: &Setting) -> Option<(&'static str, &'static str, bool)> {
    match setting.presence {
        Presence::If { setting, is } => Some((setting, is, true)),
        Presence::Unless { setting, is } => Some((setting, is, false)),
        Presence::Default(_) | Presence::Required | Presence::Optional => None,
    }
}

fn paths(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.path.as_str()).collect()
}

/// Whether a finding says which line is to be added to which section.
fn names_the_line(finding: &Finding, slug: &str, name: &str) -> bool {
    finding.found == "nothing"
        && finding.expected.contains(&format!("{name} = "))
        && finding.expected.contains(&format!("[accounts.{slug}.settings]"))
}

#[test]
fn required_setting_that_is_left_out_is_named_with_the_line_to_add() {
    for_each(|case| {
        let known = case.connector.descriptor().settings;
        for setting in known.iter().filter(|setting| setting.presence == Presence::Required) {
            let built = build(case.slug, &case.fixture.account, |draft| {
                let given = draft.settings.remove(setting.name);
                assert!(given.is_some(), "{}: the fixture gives no {}", case.slug, setting.name);
                // Without it nobody knows whether these belong there.
                let depends = |other: &&Setting| condition(other).is_some_and(|(on, ..)| on == setting.name);
                for dependent in known.iter().filter(depends) {
                    draft.settings.remove(dependent.name);
                }
            });
            let findings = built.err().unwrap_or_default();
            assert_eq!(paths(&findings), [format!("accounts.{}.settings.{}", case.slug, setting.name)]);
            assert!(names_the_line(&findings[0], case.slug, setting.name), "{}", findings[0]);
        }
    });
}

#[test]
fn setting_that_another_one_asks_for_is_missed_with_it_and_refused_without() {
    for_each(|case| {
        let known = case.connector.descriptor().settings;
        for setting in known {
            let Some((other, is, with)) = condition(setting) else { continue };
            let at = format!("accounts.{}.settings.{}", case.slug, setting.name);
            let kind = known.iter().find(|known| known.name == other).expect("the other setting").kind;
            let values: &[&str] = match kind {
                SettingKind::Word(words) => words,
                SettingKind::Flag => &["true", "false"],
                kind => panic!("{at} depends on {other}, a {kind:?}"),
            };
            assert!(values.contains(&is), "{at} depends on {other} = {is:?}, which can't be");
            for value in values {
                let wanted = (*value == is) == with;
                let built = build(case.slug, &case.fixture.account, |draft| {
                    draft.settings.insert(other.to_owned(), (*value).into());
                    draft.settings.remove(setting.name);
                    if !wanted {
                        draft.settings.insert(setting.name.to_owned(), sample(setting.kind).into());
                    }
                });
                let findings = built.err().unwrap_or_default();
                let finding = findings.iter().find(|finding| finding.path == at);
                let told = finding
                    .is_some_and(|finding| !wanted || names_the_line(finding, case.slug, setting.name));
                assert!(told, "{at} with {other} = {value:?}: {findings:?}");
            }
        }
    });
}

#[test]
fn setting_that_does_not_fit_is_named_and_not_repeated() {
    for_each(|case| {
        for setting in case.connector.descriptor().settings {
            let at = format!("accounts.{}.settings.{}", case.slug, setting.name);
            for value in misfits(setting.kind) {
                let built = build(case.slug, &case.fixture.account, |draft| {
                    draft.settings.insert(setting.name.to_owned(), value.clone());
                });
                let findings = built.err().unwrap_or_default();
                assert!(paths(&findings).contains(&at.as_str()), "{at} = {value}: {findings:?}");
                let shown = format!("{findings:?}");
                assert!(!shown.contains("canary"), "{at} = {value}: {shown}");
            }
        }
    });
}

#[test]
fn default_of_a_setting_fits_it_and_every_setting_is_described() {
    for_each(|case| {
        for setting in case.connector.descriptor().settings {
            let Setting { name, presence, meaning, .. } = setting;
            assert!(!meaning.is_empty(), "{}: {name} needs its meaning", case.slug);
            let Presence::Default(default) = presence else { continue };
            let built = build(case.slug, &case.fixture.account, |draft| {
                draft.settings.insert((*name).to_owned(), (*default).into());
            });
            let at = format!("accounts.{}.settings.{name}", case.slug);
            let findings = built.err().unwrap_or_default();
            assert!(!paths(&findings).contains(&at.as_str()), "{findings:?}");
        }
    });
}

#[test]
fn account_names_everything_that_is_wrong_with_it_at_once() {
    let config: AccountConfig = toml::from_str(
        r#"
        connector = "takepayments"
        [settings]
        url = "http://partner.example/"
        stage = "beta"
        [mapping]
        ID = "email"
        ApiKey = { constant = "k" }
        Notes = { template = "Phone: {phone" }
        HotTransfer = { constant = "yes" }
        Company = { constant = "" }
        "#,
    )
    .unwrap();
    let secrets = BTreeMap::from([("token".to_owned(), SecretString::from("canary-token"))]);
    let findings =
        Account::build("web", &config, secrets, AccountLimits { allow_loopback: true }).err().unwrap();
    let mut paths = paths(&findings);
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "accounts.web.credentials.api_key",
            "accounts.web.credentials.token",
            "accounts.web.mapping.ApiKey",
            "accounts.web.mapping.Company",
            "accounts.web.mapping.HotTransfer",
            "accounts.web.mapping.ID",
            "accounts.web.mapping.Notes",
            "accounts.web.settings.stage",
            "accounts.web.settings.url",
        ]
    );
    let shown: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    assert!(!shown.contains("canary") && !shown.contains("partner.example"), "{shown}");
}

#[test]
fn connector_that_there_is_not_is_refused_with_those_that_there_are() {
    let config: AccountConfig = toml::from_str(r#"connector = "takepayment""#).unwrap();
    let findings = Account::build("web", &config, BTreeMap::new(), AccountLimits { allow_loopback: false })
        .err()
        .unwrap();
    let known: Vec<_> = CONNECTORS.iter().map(|connector| connector.descriptor().slug).collect();
    assert_eq!(
        findings[0].to_string(),
        format!("accounts.web.connector: found \"takepayment\", expected one of {}", known.join(", "))
    );
}
