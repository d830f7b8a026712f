//! Proves that each rule can fail, and that it leaves alone what it should.

use super::{
    bans::BANS,
    check,
    tree::{Source, glob},
};
use std::path::PathBuf;

fn source(path: &str, text: &str) -> Source {
    Source { path: PathBuf::from(path), text: text.to_owned() }
}

/// The names of the rules that the files break, in order.
fn broken(files: &[(&str, &str)]) -> Vec<&'static str> {
    let sources: Vec<Source> = files.iter().map(|(path, text)| source(path, text)).collect();
    let mut names: Vec<&str> = check(&sources).iter().map(|finding| finding.rule).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A file that breaks nothing, with the line in it.
fn with(path: &str, line: &str) -> Vec<&'static str> {
    broken(&[(path, &format!("//! A file.\n{line}\n"))])
}

#[test]
fn each_ban_finds_its_own_sample() {
    for ban in BANS {
        let (path, line) = ban.sample;
        assert!(with(path, line).contains(&ban.name), "`{line}` in {path} did not break `{}`", ban.name);
    }
}

#[test]
fn each_ban_can_be_allowed_with_a_reason_and_only_so() {
    for ban in BANS {
        let (path, line) = ban.sample;
        if path.ends_with(".md") {
            continue;
        }
        let allowed =
            broken(&[(path, &format!("//! A file.\n// tidy-allow({}): a test says so\n{line}\n", ban.name))]);
        assert!(!allowed.contains(&ban.name) && !allowed.contains(&"allowance"), "{}: {allowed:?}", ban.name);
        let reasonless = broken(&[(path, &format!("//! A file.\n// tidy-allow({}):\n{line}\n", ban.name))]);
        assert!(reasonless.contains(&"allowance"), "{}: {reasonless:?}", ban.name);
    }
}

#[test]
fn allowance_that_allows_nothing_is_a_finding() {
    assert_eq!(with("src/form.rs", "// tidy-allow(fetch): was needed once\nfn form() {}"), ["allowance"]);
}

#[test]
fn room_that_may_use_a_word_is_left_alone() {
    for (path, line) in [
        ("proxy/src/store/sqlite.rs", "use sqlx::Row;"),
        ("proxy/src/transport.rs", "use reqwest::Client;"),
        ("proxy/src/config/secret.rs", "    std::env::var(name)"),
        ("proxy/src/render.rs", "use lead_form::LeadForm;"),
        ("src/submit.rs", "use gloo_net::http::Request;"),
        ("crates/partner-sim/src/faults.rs", "    tokio::time::sleep(wait).await;"),
    ] {
        assert!(with(path, line).is_empty(), "{path}: {line}");
    }
}

#[test]
fn import_rules_leave_comments_and_tests_alone() {
    assert!(with("proxy/src/intake.rs", "/// The store speaks sqlx, not this room.").is_empty());
    assert!(with("proxy/src/intake.rs", "#[cfg(test)]\nmod tests {\n    use sqlx::Row;\n}").is_empty());
    assert!(
        with("crates/lead-model/src/rules.rs", "fn brand(random: u8) {}").is_empty(),
        "a piece of a name is not the word"
    );
}

#[test]
fn test_that_sleeps_is_found_in_a_test_module_too() {
    assert_eq!(
        with(
            "proxy/src/clock.rs",
            "#[cfg(test)]\nmod tests {\n    fn wait() { std::thread::sleep(WAIT); }\n}"
        ),
        ["sleep"]
    );
    assert_eq!(with("tests/browser/journey.rs", "    tokio::time::sleep(SECOND).await;"), ["sleep"]);
    let poll = "    while !page.is_ready() {\n        tokio::time::sleep(SHORT).await;\n    }";
    assert!(with("tests/browser/journey.rs", poll).is_empty(), "a pause between two looks at a condition");
    assert!(with("proxy/src/clock.rs", "fn wait() { tokio::time::sleep(WAIT) }").is_empty());
    let paused =
        "#[tokio::test(start_paused = true)]\nasync fn waits() {\n    tokio::time::sleep(DAY).await;\n}\n";
    assert!(with("tests/it/slow.rs", paused).is_empty(), "no time goes by");
    assert!(with("proxy/tests/sim/wire.rs", "    tokio::time::sleep(DAY).await;").is_empty(), "a simulation");
    let next =
        format!("{paused}#[tokio::test]\nasync fn waits_too() {{\n    tokio::time::sleep(DAY).await;\n}}");
    assert_eq!(with("tests/it/slow.rs", &next), ["sleep"], "it ends with the test");
}

#[test]
fn note_for_later_needs_a_name() {
    assert!(with("src/form.rs", "// TODO(ana): wrap long labels").is_empty());
    assert_eq!(with("src/form.rs", "// TODO() wrap"), ["todo"]);
    assert_eq!(with("style/base.css", "/* FIXME */"), ["todo"]);
}

#[test]
fn secret_and_machine_path_are_found_in_any_file() {
    assert_eq!(with("proxy/tests/fixtures/algbra.pem.txt", "-----BEGIN PRIVATE KEY-----"), ["secret"]);
    assert_eq!(with("forms/quote.toml", "key = 'public_00112233445566778899aabb'"), ["secret"]);
    assert_eq!(with("docs/api.md", "Look at /root/notes."), ["machine-path"]);
    assert!(
        with("docs/api.md", "Open https://shop.example/home/page and https://x.example/work/").is_empty()
    );
}

#[test]
fn file_without_module_docs_is_found() {
    assert_eq!(broken(&[("src/form.rs", "use leptos::prelude::*;\n")]), ["docs"]);
}

#[test]
fn file_of_more_than_500_lines_is_found() {
    let lines = |count: usize| "//! Long.\n".repeat(count);
    assert!(broken(&[("src/form.rs", &lines(500))]).is_empty());
    assert_eq!(broken(&[("src/form.rs", &lines(501))]), ["length"]);
    assert_eq!(broken(&[("style/base.css", &"a{}\n".repeat(501))]), ["length"]);
}

#[test]
fn package_without_the_shared_lints_is_found() {
    let package = "[package]\nname = \"x\"\n";
    assert_eq!(broken(&[("crates/x/Cargo.toml", package)]), ["lints"]);
    assert!(broken(&[("crates/x/Cargo.toml", &format!("{package}[lints]\nworkspace = true\n"))]).is_empty());
}

#[test]
fn lock_file_that_names_a_host_is_found() {
    let lock = "{\n  \"packages\": {\n    \"resolved\": \"https://registry.example/x.tgz\"\n  }\n}\n";
    assert_eq!(broken(&[("xtask/web/package-lock.json", lock)]), ["lock"]);
}

#[test]
fn link_to_a_missing_file_is_found() {
    let there = ("docs/api.md", "# API\n");
    assert!(
        broken(&[there, ("README.md", "See [the API](docs/api.md#errors) and [us](https://x.example).\n")])
            .is_empty()
    );
    assert!(
        broken(&[
            there,
            ("docs/forms.md", "See [the API](api.md), [docs](../docs).\n```\n[x](gone.md)\n```\n")
        ])
        .is_empty()
    );
    assert_eq!(broken(&[("README.md", "See [the API](docs/never-written.md).\n")]), ["links"]);
    assert_eq!(broken(&[("README.md", "<img src=\"docs/never-taken.png\">\n")]), ["links"]);
}

#[test]
fn connector_that_uses_another_is_found() {
    let other = ("proxy/src/connectors/spotcap.rs", "//! Spotcap.\n");
    let own = ("proxy/src/connectors/webhook.rs", "//! Webhook.\nuse super::spotcap::Payload;\n");
    assert_eq!(broken(&[other, own]), ["connectors"]);
    assert!(
        broken(&[other, ("proxy/src/connectors/webhook.rs", "//! Webhook.\nuse super::Outcome;\n")])
            .is_empty()
    );
}

#[test]
fn pattern_star_crosses_folders() {
    assert!(
        glob("proxy/src/*", "proxy/src/store/sqlite.rs")
            && glob("*.rs", "a/b.rs")
            && glob("*/tests/*", "proxy/tests/it/main.rs")
    );
    assert!(glob("proxy/src/store*", "proxy/src/store.rs") && !glob("proxy/src/store*", "proxy/src/stop.rs"));
    assert!(!glob("*.rs", "a/b.rs.txt") && !glob("src/*", "proxy/src/main.rs"));
}
